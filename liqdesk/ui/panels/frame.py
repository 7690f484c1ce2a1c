"""A panel: a header that folds it, and a body. Folded, the header carries the value that matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from liqdesk.ui import draw, icons
from liqdesk.ui.controls import BarButton
from liqdesk.ui.draw import Painted
from liqdesk.ui.theme import MEDIUM, REGULAR, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window

PAD = 10


class Header(BarButton):
    """Title, caption, and an arrow; a click folds the panel."""

    def __init__(self, title: str, caption: str) -> None:
        super().__init__()
        self.setText(title)
        self.caption = caption
        self.short = ""  # the caption where there is less room
        self.value = ""
        self.folded = False
        self.compact = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, current().px(PAD + 20), 0)
        self._row.setSpacing(current().px(8))
        self._row.addStretch(1)

    def add(self, widget: QWidget) -> None:
        """Put a control before the arrow."""
        self._row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def sizeHint(self) -> QSize:
        return QSize(current().px(200), current().px(26))

    def minimumSizeHint(self) -> QSize:
        return QSize(current().px(120), current().px(26))

    def say(self, caption: str | None = None, value: str | None = None) -> None:
        """Change the caption, or the value shown while folded."""
        before = (self.caption, self.value)
        self.caption = self.caption if caption is None else caption
        self.value = self.value if value is None else value
        if (self.caption, self.value) != before:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, h = self.width(), self.height()
        p.fillRect(QRectF(self.rect()), draw.colour(t.panel))
        over = self.underMouse()
        x = float(t.px(PAD))
        draw.put(p, x, 0, w, h, self.text(), t.text1 if over else t.text2, SMALL, SEMIBOLD)
        x += text_width(self.text(), SMALL, SEMIBOLD) + t.px(9)
        right = float(w - t.px(PAD) - t.px(14))
        for child in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if not child.isHidden():
                right = min(right, child.x() - t.px(6))
        if self.folded and self.value:
            wide = text_width(self.value, SMALL, MEDIUM)
            right -= wide + t.px(6)
            draw.put(p, right, 0, wide, h, self.value, t.text1, SMALL, MEDIUM)
            right -= t.px(8)
        room = right - x
        caption = self.caption if text_width(self.caption, SMALL) <= room or not self.short else self.short
        if room >= min(text_width(caption, SMALL), t.px(60)):
            draw.put(p, x, 0, room, h, caption, t.text3, SMALL, REGULAR, elide=True)
        side = t.px(14)
        arrow = icons.pixmap(
            "up" if self.folded else "down", t.text1 if over else t.text2, side, self.devicePixelRatioF()
        )
        p.drawPixmap(w - t.px(PAD) - side, (h - side) // 2, arrow)
        if not self.folded:
            draw.rule(p, 0, h - 1, w)
        self.ring(p, 0)


class Panel(Painted):
    """A header over a body. `folded_changed(bool)` when a hand folds or opens it.

    It is told, in the GUI thread: `join` once, by the window it stands in; `clear` at a new epoch, before the first `take` of it; `take`
    with every frame, in which only what comes once may be kept; `show_frame` at most ten times a second.
    """

    folded_changed = Signal(bool)

    def __init__(self, title: str, caption: str, body: QWidget) -> None:
        super().__init__()
        self.header = Header(title, caption)
        self.body = body
        self.by_hand = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(body)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.header.clicked.connect(self._pressed)

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
