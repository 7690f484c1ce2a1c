"""A panel: a header that folds it, and a body. Folded, the header carries the value that matters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from liqdesk.ui import draw, icons
from liqdesk.ui.controls import BarButton
from liqdesk.ui.draw import Painted
from liqdesk.ui.theme import MEDIUM, REGULAR, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window

PAD = 10
LEAST = 240  # px across, at 100 %: the columns of every panel have room in that
PART = re.compile(r"(, | · )")


class Origin(NamedTuple):
    """Whose numbers are shown: symbol, and of a source that is not live its words and the token of their colour."""

    symbol: str = ""
    words: str = ""
    token: str = "demo"  # nosec B105  # a colour's name


class Header(BarButton):
    """Title, caption, and an arrow; a click folds the panel. In a dock it is the title bar: dragged, it moves the panel, and a double
    click floats it. `menu_wanted(QPoint)` at a right click or the menu key."""

    menu_wanted = Signal(QPoint)
    close_wanted = Signal()

    def __init__(self, title: str, caption: str) -> None:
        super().__init__()
        self.setText(title)
        self.caption = caption
        self.short = ""  # the caption where there is less room
        self.value = ""
        self.origin = Origin()
        self.folded = False
        self.compact = False
        self.docked = False
        self.floating = False
        self.tabbed = False  # the tab has the title
        self._pressed_at: QPointF | None = None
        self._folds = False  # whether the click before this one folded
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.addStretch(1)
        self._space()

    def _space(self) -> None:
        self._row.setContentsMargins(0, 0, current().px(PAD + 20), 0)
        self._row.setSpacing(current().px(8))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in draw.RESTYLED:
            self._space()
        super().changeEvent(event)

    def add(self, widget: QWidget) -> None:
        """Put a control before the arrow."""
        self._row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def sizeHint(self) -> QSize:
        return QSize(current().px(200), current().px(26))

    def minimumSizeHint(self) -> QSize:
        return QSize(current().px(120), current().px(26))

    def say(self, caption: str | None = None, value: str | None = None) -> None:
        """Change the caption, or the value shown while folded."""
        before = self.caption, self.value if self.folded else ""
        self.caption = self.caption if caption is None else caption
        self.value = self.value if value is None else value
        if (self.caption, self.value if self.folded else "") != before:
            self.update()

    def show_origin(self, origin: Origin) -> None:
        """Take what a floating panel says of its source."""
        if origin != self.origin:
            troubled = self.trouble
            self.origin = origin
            if self.floating or self.trouble != troubled:
                self.update()

    @property
    def trouble(self) -> str:
        """Return that nothing here is current, and since when; empty while it is."""
        if self.origin.token != "alert":  # nosec B105  # a colour's name
            return ""
        parts = self.origin.words.split(" · ")
        return next((part for part in parts if part.startswith(("stale", "no connection"))), "")

    def set_floating(self, floating: bool) -> None:
        """Be the title bar of a window of its own, or of a dock."""
        self.floating = floating
        self.update()

    def set_tabbed(self, tabbed: bool) -> None:
        """Leave the title to the tab over it."""
        if tabbed != self.tabbed:
            self.tabbed = tabbed
            self.update()

    # Presses are passed on: a dock is dragged and floated by what reaches it.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = event.position() if event.button() == Qt.MouseButton.LeftButton else None
        event.setAccepted(not self.docked)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._pressed_at
        if at is not None and (event.position() - at).manhattanLength() >= QApplication.startDragDistance():
            self._pressed_at = None
        event.setAccepted(not self.docked)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        at, self._pressed_at = self._pressed_at, None
        event.setAccepted(not self.docked)
        if at is None or not self.rect().contains(event.position().toPoint()):
            return
        if self.floating:
            if at.x() >= self.width() - current().px(PAD + 20):
                self.close_wanted.emit()
            return
        self._folds = True
        self.click()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._folds and self.docked:
            self._folds = False
            self.click()  # the first click of the two was none
        event.setAccepted(not self.docked)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        self.menu_wanted.emit(self.mapToGlobal(self.rect().bottomLeft()) if by_key else event.globalPos())

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, h = self.width(), self.height()
        p.fillRect(QRectF(self.rect()), draw.colour(t.panel))
        over = self.underMouse()
        x = float(t.px(PAD))
        if not self.tabbed:
            draw.put(p, x, 0, w, h, self.text(), t.text1 if over else t.text2, SMALL, SEMIBOLD)
            x += text_width(self.text(), SMALL, SEMIBOLD) + t.px(9)
        if self.floating:
            x = self._origin(p, x, h)
        right = float(w - t.px(PAD) - t.px(14))
        for child in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if not child.isHidden():
                right = min(right, child.x() - t.px(6))
        wide = text_width(self.value, SMALL, MEDIUM)
        if self.folded and self.value and right - wide - t.px(6) >= x:
            right -= wide + t.px(6)
            draw.put(p, right, 0, wide, h, self.value, t.text1, SMALL, MEDIUM)
            right -= t.px(8)
        room = right - x
        caption = self._caption(room)
        if self.trouble and not self.floating:
            trouble = self.trouble
            if text_width(trouble, SMALL, SEMIBOLD) > room:
                trouble = "down" if trouble.startswith("no") else trouble.split()[0]
            draw.put(p, x, 0, room, h, trouble, t.alert, SMALL, SEMIBOLD, elide=True)
        elif caption:
            draw.put(p, x, 0, room, h, caption, t.text3, SMALL, REGULAR)
        side = t.px(14)
        name = "cross" if self.floating else "up" if self.folded else "down"
        icon = icons.pixmap(name, t.text1 if over else t.text2, side, self.devicePixelRatioF())
        p.drawPixmap(w - t.px(PAD) - side, (h - side) // 2, icon)
        if not self.folded:
            draw.rule(p, 0, h - 1, w)
        self.ring(p, 0)

    def _caption(self, room: float) -> str:
        """Return what of the caption has room: all, the short form, the first of its parts, or nothing."""
        cuts = reversed([m.start() for m in PART.finditer(self.caption)])
        offered = [self.caption, self.short, *(self.caption[:at] for at in cuts)]
        return next((words for words in offered if words and text_width(words, SMALL) <= room), "")

    def _origin(self, p: QPainter, x: float, h: int) -> float:
        """Write symbol and source of a floating panel; what is not live wears the colour of the demo. Returns where that ends."""
        t, o = current(), self.origin
        if o.symbol:
            draw.put(p, x, 0, self.width(), h, o.symbol, t.text1, SMALL, SEMIBOLD)
            x += text_width(o.symbol, SMALL, SEMIBOLD) + t.px(9)
        if o.words:
            ink = str(getattr(t, o.token))
            room, words = self.width() - t.px(PAD + 20) - x, o.words
            if text_width(words, SMALL, SEMIBOLD) + t.px(24) > room:
                words = words.split(" · ")[0]
            wide = text_width(words, SMALL, SEMIBOLD) + t.px(24)
            draw.fill(p, x, t.px(4), wide, h - t.px(9), ink, 0.14, t.px(3))
            draw.dot(p, x + t.px(9), h / 2 - 0.5, t.px(6), ink)
            draw.put(p, x + t.px(17), 0, wide, h - 1, words, ink, SMALL, SEMIBOLD)
            x += wide + t.px(9)
        return x


class Panel(Painted):
    """A header over a body. `folded_changed(bool)` when a hand folds or opens it, `reflowed` when its words break elsewhere and it needs
    another height.

    It is told, in the GUI thread: `join` once, by the window it stands in; `clear` at a new epoch, before the first `take` of it; `take`
    with every frame, in which only what comes once may be kept; `show_frame` at most five times a second.
    """

    folded_changed = Signal(bool)
    reflowed = Signal()

    def __init__(self, title: str, caption: str, body: QWidget) -> None:
        super().__init__()
        self.header = Header(title, caption)
        self.body = body
        for part in (self, body):
            part.setAccessibleName(title)
        self.by_hand = False
        self.squeezed = False  # folded because there was no room left at all
        self.wide = 0  # the width it asks for; 0: what its parts want
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        fixed = body.sizePolicy().verticalPolicy() == QSizePolicy.Policy.Fixed
        column.addWidget(body, 0, Qt.AlignmentFlag.AlignTop if fixed else Qt.AlignmentFlag(0))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.header.clicked.connect(self._pressed)

    @property
    def expands(self) -> bool:
        """Whether the body takes any height there is."""
        return self.body.sizePolicy().verticalPolicy() != QSizePolicy.Policy.Fixed

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(self.wide or hint.width(), hint.height())

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        return QSize(max(least.width(), current().px(LEAST)), least.height())

    @property
    def folded(self) -> bool:
        return self.header.folded

    def fold(self, folded: bool) -> None:
        """Fold or open the panel."""
        if folded != self.header.folded:
            self.header.folded = folded
            self.body.setVisible(not folded)
            self.header.update()
            self.updateGeometry()

    def open_by_hand(self) -> None:
        """Open the panel and keep it so."""
        self.by_hand = True
        if self.folded:
            self.fold(False)
            self.folded_changed.emit(False)

    def needed(self) -> int:
        """Return the height it wants, in px."""
        return self.header.sizeHint().height() + (0 if self.folded else self.body.sizeHint().height())

    @Slot()
    def _pressed(self) -> None:
        if self.header.floating:
            return
        self.by_hand = True
        self.fold(not self.folded)
        self.folded_changed.emit(self.folded)

    def set_compact(self, compact: bool) -> None:
        """Follow the window's size; a subclass that folds when compact says so here, unless a hand has decided."""
        self.header.compact = compact
        self.header.update()

    def join(self, window: Window) -> None:
        """Connect to the window what is asked for in the panel."""

    def clear(self, frame: Frame) -> None:
        """Forget the old market: contract or source are others from this frame on."""

    def take(self, frame: Frame) -> None:
        """Keep what a frame brings only once."""

    def show_frame(self, frame: Frame) -> None:
        """Show a frame."""

    def show_settings(self, settings: Settings) -> None:
        """Follow changed settings."""

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the panel shows by name, each as {"text": what is shown, "value": the raw value}."""
        return {}

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(QRectF(self.rect()), draw.colour(current().panel))


class Body(Painted):
    """The painted inside of a panel."""

    def __init__(self) -> None:
        super().__init__()
        self.compact = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_compact(self, compact: bool) -> None:
        if compact != self.compact:
            self.compact = compact
            self.restyle()

    def high(self) -> int:
        """Return the height it needs, in px."""
        raise NotImplementedError

    def sizeHint(self) -> QSize:
        return QSize(current().px(240), self.high())

    def minimumSizeHint(self) -> QSize:
        return QSize(current().px(160), self.high())
