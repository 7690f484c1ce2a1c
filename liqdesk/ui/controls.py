"""The controls of the bars, painted in the theme: buttons, chips, segments, the pill. Every one can be reached and worked by keyboard."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from liqdesk.ui import draw, icons
from liqdesk.ui.draw import Painted
from liqdesk.ui.theme import BODY, BOLD, MEDIUM, REGULAR, SEMIBOLD, SMALL, current, text_width

HEIGHT = 26


class BarButton(QAbstractButton):
    """What all painted buttons share: hover, focus ring, sizes from the theme."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in draw.RESTYLED:
            self.updateGeometry()
            self.update()
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def ring(self, p: QPainter, radius: float) -> None:
        if self.hasFocus():
            draw.outline(p, 0, 0, self.width(), self.height(), current().focus, radius)

    def ground(self) -> str:
        t = current()
        if self.isChecked():
            return t.selected
        return t.hover if self.underMouse() or self.isDown() else t.raised


class TextButton(BarButton):
    """A raised button: bold text, a quiet note, an arrow when it opens something."""

    def __init__(
        self, text: str, note: str = "", arrow: bool = False, size: int = BODY, weight: int = SEMIBOLD
    ) -> None:
        super().__init__()
        self.setText(text)
        self.note = note
        self.arrow = arrow
        self._size = size
        self._weight = weight

    def sizeHint(self) -> QSize:
        t = current()
        width = t.px(10) + text_width(self.text(), self._size, self._weight) + t.px(10)
        if self.note:
            width += t.px(6) + text_width(self.note, BODY)
        if self.arrow:
            width += t.px(18)
        return QSize(round(width), t.px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        h = self.height()
        draw.fill(p, 0, 0, self.width(), h, self.ground(), radius=t.px(4))
        x = float(t.px(10))
        draw.put(
            p, x, 0, self.width(), h, self.text(), t.text1 if self.isEnabled() else t.text3, self._size, self._weight
        )
        x += text_width(self.text(), self._size, self._weight) + t.px(6)
        if self.note:
            draw.put(p, x, 0, self.width(), h, self.note, t.text2 if self.underMouse() else t.text3, BODY)
        if self.arrow:
            side = t.px(14)
            image = icons.pixmap("down", t.text2, side, self.devicePixelRatioF())
            p.drawPixmap(self.width() - t.px(8) - side, (h - side) // 2, image)
        self.ring(p, t.px(4))


class LinkButton(BarButton):
    """Words that act."""

    def __init__(self, text: str, strong: bool = False, size: int = BODY) -> None:
        super().__init__()
        self.setText(text)
        self._size = size
        self._strong = strong

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(round(text_width(self.text(), self._size, SEMIBOLD)) + t.px(8), t.px(20))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = t.text1 if self._strong or self.underMouse() else t.text2
        weight = SEMIBOLD if self._strong else MEDIUM
        draw.put(p, 0, 0, self.width(), self.height(), self.text(), ink, self._size, weight, draw.CENTRE)
        if self.underMouse():
            w = text_width(self.text(), self._size, weight)
            draw.rule(p, (self.width() - w) / 2, self.height() - t.px(3), w, t.text3)
        self.ring(p, t.px(3))


class IconButton(BarButton):
    """An icon, with a count badge when something waits to be seen."""

    def __init__(self, icon: str, size: int = HEIGHT) -> None:
        super().__init__()
        self.icon_name = icon
        self._size = size
        self._count = 0
        self.lit = False

    def set_icon(self, icon: str) -> None:
        if icon != self.icon_name:
            self.icon_name = icon
            self.update()

    @property
    def count(self) -> int:
        return self._count

    def set_count(self, count: int) -> None:
        if count != self._count:
            self._count = count
            self.update()

    def badge_text(self) -> str:
        return "" if not self._count else "99+" if self._count > 99 else str(self._count)

    def sizeHint(self) -> QSize:
        side = current().px(self._size)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.isDown():
            draw.fill(p, 0, 0, self.width(), self.height(), t.hover, radius=t.px(4))
        side = t.px(18 if self._size >= HEIGHT else 14)
        ink = t.text1 if self.underMouse() or self.lit else t.text2
        x, y = (self.width() - side) // 2, (self.height() - side) // 2
        p.drawPixmap(x, y, icons.pixmap(self.icon_name, ink, side, self.devicePixelRatioF()))
        badge = self.badge_text()
        if badge:
            high = t.px(14)
            wide = max(high, round(text_width(badge, SMALL, BOLD)) + t.px(6))
            left = self.width() - wide
            draw.fill(p, left, 0, wide, high, t.alert, radius=high / 2)
            draw.put(p, left, 0, wide, high, badge, t.ink, SMALL, BOLD, draw.CENTRE)
        self.ring(p, t.px(4))


class Chip(BarButton):
    """A switch for one leverage class, with its steel key."""

    def __init__(self, leverage: int, band: int) -> None:
        super().__init__()
        self.leverage = leverage
        self._band = band
        self.setCheckable(True)
        self.setText(f"{leverage}x")

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(
            round(text_width("100x" if self.leverage == 100 else "25x", BODY, SEMIBOLD)) + t.px(27), t.px(HEIGHT)
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        h = self.height()
        if on or self.underMouse():
            draw.fill(p, 0, 0, self.width(), h, t.hover if self.underMouse() else t.raised, radius=t.px(4))
        else:
            draw.outline(p, 0, 0, self.width(), h, t.line, t.px(4))
        key = t.steel[self._band] if on else t.border
        draw.fill(p, t.px(8), (h - t.px(12)) / 2, t.px(4), t.px(12), key, radius=1)
        if on and not t.dark:
            draw.outline(p, t.px(8), (h - t.px(12)) / 2, t.px(4), t.px(12), t.steel[min(4, self._band + 1)], 1)
        ink = t.text1 if on else t.text2 if self.underMouse() else t.text3
        draw.put(p, t.px(18), 0, self.width(), h, self.text(), ink, BODY, SEMIBOLD if on else REGULAR)
        self.ring(p, t.px(4))


class Pill(BarButton):
    """The condition of the connection: a dot, a few words, and a fill that is the colour at 12 %."""

    def __init__(self) -> None:
        super().__init__()
        self._ink = "text2"
        self._hollow = True
        self._room = draw.Steady()
        self.setText("starting")

    @property
    def token(self) -> str:
        """Return the theme token of its colour: live, demo, alert or text2."""
        return self._ink

    def show_state(self, text: str, token: str, hollow: bool = False) -> None:
        """Show words in a theme token's colour."""
        if (text, token, hollow) == (self.text(), self._ink, self._hollow):
            return
        before = self.sizeHint()
        self._ink, self._hollow = token, hollow
        self.setText(text)
        if self.sizeHint() != before:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(round(self._room.fit(text_width(self.text(), BODY, SEMIBOLD))) + t.px(34), t.px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        ink = str(getattr(t, self._ink))
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        h = self.height()
        draw.fill(p, 0, 0, self.width(), h, ink, 0.2 if self.underMouse() else 0.12, h / 2)
        draw.dot(p, t.px(14), h / 2, t.px(7), ink, self._hollow)
        draw.put(p, t.px(22), 0, self.width(), h, self.text(), ink, BODY, SEMIBOLD)
        if self.hasFocus():
            draw.outline(p, 0, 0, self.width(), h, t.focus, h / 2 - 0.5)


class Badge(Painted):
    """A small outlined word in a header, such as the scale it is on."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.restyle()

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(round(text_width(self._text, SMALL, MEDIUM)) + t.px(14), t.px(18))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw.outline(p, 0, 0, self.width(), self.height(), t.border, self.height() / 2 - 0.5)
        draw.put(p, 0, 0, self.width(), self.height(), self._text, t.text2, SMALL, MEDIUM, draw.CENTRE)
