"""What stands between the controls of the bars: the mark, words, a divider, the price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from liqdesk.ui import draw, icons, present
from liqdesk.ui.controls import IconButton
from liqdesk.ui.draw import Painted, Pressed
from liqdesk.ui.theme import BODY, BOLD, REGULAR, SEMIBOLD, current, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame


class Mark(Painted):
    """The program's mark."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(current().px(26), current().px(26))

    def paintEvent(self, _event: QPaintEvent) -> None:
        side = current().px(20)
        p = QPainter(self)
        p.drawPixmap(
            (self.width() - side) // 2, (self.height() - side) // 2, icons.logo(side, self.devicePixelRatioF())
        )


class Words(Painted):
    """A line of quiet text of fixed height."""

    def __init__(self, text: str, token: str = "text2", size: int = BODY, weight: int = REGULAR) -> None:  # nosec B107  # a colour's name
        super().__init__()
        self._text, self._token, self._size, self._weight = text, token, size, weight
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.restyle()

    def sizeHint(self) -> QSize:
        return QSize(round(text_width(self._text, self._size, self._weight)) + 2, current().px(26))

    def paintEvent(self, _event: QPaintEvent) -> None:
        p = QPainter(self)
        ink = str(getattr(current(), self._token))
        draw.put(p, 0, 0, self.width(), self.height(), self._text, ink, self._size, self._weight)


class Divider(Painted):
    """A short upright hairline."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(1, current().px(22))

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), draw.colour(current().border))


class PriceNow(Painted):
    """Last price and the change over 24 hours."""

    def __init__(self) -> None:
        super().__init__()
        self.last = present.UNKNOWN
        self.change = present.UNKNOWN
        self.values: tuple[float, float] = (float("nan"), float("nan"))
        self._room = draw.Steady()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip("Last traded price in the quote currency, and its change over the last 24 hours.")

    def show_prices(self, frame: Frame) -> None:
        last = present.price(frame.prices.last, frame.instrument.price_decimals)
        change = present.percent(frame.prices.change_24h, 2)
        self.values = (frame.prices.last, frame.prices.change_24h)
        if (last, change) == (self.last, self.change):
            return
        before = self.sizeHint()
        self.last, self.change = last, change
        if self.sizeHint() != before:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        t = current()
        width = text_width(self.last, 16, BOLD) + t.px(8) + text_width(self.change, BODY, SEMIBOLD)
        return QSize(round(self._room.fit(width + t.px(5) + text_width("24 h", BODY))) + 2, t.px(26))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        h = self.height()
        draw.put(p, 0, 0, 0, h, self.last, t.text1, 16, BOLD)
        x = text_width(self.last, 16, BOLD) + t.px(8)
        draw.put(p, x, 1, 0, h, self.change, t.text1, BODY, SEMIBOLD)
        x += text_width(self.change, BODY, SEMIBOLD) + t.px(5)
        draw.put(p, x, 1, 0, h, "24 h", t.text3, BODY)


class Line(Painted):
    """Words in a row, each in its own token and weight."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[tuple[str, str, int], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        return "".join(words for words, _, _ in self._parts)

    def set_parts(self, *parts: tuple[str, str, int]) -> bool:
        """Show parts of (words, token, weight); return whether the room needed has changed."""
        if parts == self._parts:
            return False
        before = self.sizeHint().width()
        self._parts = parts
        self.update()
        return self.sizeHint().width() != before

    def sizeHint(self) -> QSize:
        width = sum(text_width(words, BODY, weight) for words, _, weight in self._parts)
        return QSize(round(width) + 2, current().px(26))

    def paintEvent(self, _event: QPaintEvent) -> None:
        p = QPainter(self)
        x = 0.0
        for words, token, weight in self._parts:
            draw.put(p, x, 0, 0, self.height(), words, str(getattr(current(), token)), BODY, weight)
            x += text_width(words, BODY, weight)


class PressedLine(Line, Pressed):
    """Words that can be pressed, by mouse or keyboard."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        t = current()
        p = QPainter(self)
        if self.hasFocus():
            draw.outline(p, 0, 0, self.width(), self.height(), t.focus, t.px(4))
        elif self.underMouse():
            p.fillRect(0, self.height() - t.px(4), self.width(), 1, draw.colour(t.text3))


def icon(name: str, spoken: str, tip: str) -> IconButton:
    """Return an icon of the bar with its accessible name and tool tip."""
    made = IconButton(name)
    made.setAccessibleName(spoken)
    made.setToolTip(tip)
    return made
