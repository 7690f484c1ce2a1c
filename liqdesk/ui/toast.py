"""One toast at a time, over the chart: an alert that fired, or a word such as where a picture was saved. The rest wait, counted."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QEvent, QRectF, QTimer, Signal, Slot
from PySide6.QtGui import QEnterEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from liqdesk.ui import draw, icons, present
from liqdesk.ui.controls import IconButton, LinkButton
from liqdesk.ui.draw import Painted
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, SMALL, current, lines, text_width

if TYPE_CHECKING:
    from liqdesk.alerts.rules import Fired

SHOWN_MS: Final = 8_000
WAITING_MOST: Final = 200
WIDE: Final = 460
HEAD: Final = 20
LINE: Final = 18


class Message(msgspec.Struct, frozen=True):
    """What a toast says; `fired` is the alert behind it, None for a plain word."""

    headline: str
    facts: str
    time_ms: int | None = None
    fired: Fired | None = None


class Toast(Painted):
    """Raised, with a rose stripe when an alert fired; 8 s, stays while the pointer is on it."""

    show_wanted = Signal(object)
    rule_wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.message: Message | None = None
        self.timezone = "UTC"
        self._waiting: deque[Message] = deque(maxlen=WAITING_MOST)
        self._head: list[str] = []
        self._facts: list[str] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self._show = LinkButton("Show on chart", strong=True)
        self._rule = LinkButton("Rule…")
        self._close = IconButton("cross", 20)
        self._close.setToolTip("Dismiss (Esc)")
        self._close.setAccessibleName("dismiss")
        for button in (self._show, self._rule, self._close):
            button.setParent(self)
        self._show.clicked.connect(self._show_pressed)
        self._rule.clicked.connect(self._rule_pressed)
        self._close.clicked.connect(self.dismiss)
        self.setMouseTracking(True)
        self.hide()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def say(self, message: Message) -> None:
        """Show a message now, or after those that wait. A plain word replaces a plain word and never waits."""
        if message.fired is None and self.message is not None:
            if self.message.fired is None:
                self._show_message(message)
            return
        if self.message is not None and self.message.fired is not None:
            self._waiting.append(message)
            self.update()
            return
        self._show_message(message)

    def _show_message(self, message: Message) -> None:
        self.message = message
        self._show.setVisible(message.fired is not None)
        self._rule.setVisible(message.fired is not None)
        self.place()
        self.show()
        self.raise_()
        self.update()
        self._timer.start(SHOWN_MS)

    @Slot()
    def dismiss(self) -> None:
        """Take the toast away; the next one that waits follows."""
        self._timer.stop()
        self.message = None
        if self._waiting:
            self._show_message(self._waiting.popleft())
        else:
            self.hide()

    def clear(self) -> None:
        """Take away this one and all that wait."""
        self._waiting.clear()
        self.dismiss()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if self.message is not None:
            self._timer.start(SHOWN_MS)
        super().leaveEvent(event)

    @Slot()
    def _show_pressed(self) -> None:
        if self.message is not None and self.message.fired is not None:
            self.show_wanted.emit(self.message.fired)
        self.dismiss()

    @Slot()
    def _rule_pressed(self) -> None:
        if self.message is not None and self.message.fired is not None:
            self.rule_wanted.emit(self.message.fired.rule_id)
        self.dismiss()

    def place(self) -> None:
        """Stand in the lower left corner of the parent, clear of its axis."""
        t = current()
        parent = self.parentWidget()
        if parent is None:
            return
        fired = self.message is not None and self.message.fired is not None
        wide = min(t.px(WIDE), parent.width() - 2 * t.px(16))
        self._break(wide)
        high = t.px(58 if fired else 36) + len(self._head) * t.px(HEAD) + len(self._facts) * t.px(LINE) - t.px(18)
        self.setGeometry(t.px(16), parent.height() - high - t.px(40), wide, high)
        x = t.px(44)
        for button in (self._show, self._rule):
            size = button.sizeHint()
            button.setGeometry(x - t.px(4), high - t.px(28), size.width(), size.height())
            x += size.width() + t.px(12)
        side = t.px(20)
        self._close.setGeometry(wide - side - t.px(8), t.px(8), side, side)

    def _when(self, m: Message) -> str:
        if m.time_ms is None:
            return ""
        return f"{present.clock(m.time_ms, self.timezone)} {present.zone_label(m.time_ms, self.timezone)}"

    def _break(self, wide: int) -> None:
        """Break headline and facts to the width; the headline leaves room for the time."""
        m, t = self.message, current()
        room = wide - t.px(44) - t.px(36)
        self._head = lines(m.headline, room - text_width(self._when(m), SMALL) - t.px(10), 13, SEMIBOLD) if m else []
        self._facts = lines(m.facts, wide - t.px(44) - t.px(12), BODY) if m else []

    def restyle(self) -> None:
        super().restyle()
        self.place()

    def paintEvent(self, _event: QPaintEvent) -> None:
        m = self.message
        if m is None:
            return
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, h = self.width(), self.height()
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(0.5, 0.5, w - 1, h - 1), t.px(6), t.px(6))
        p.fillPath(shape, draw.colour(t.raised))
        ink = t.alert if m.fired is not None else t.text2
        p.setClipPath(shape)
        p.fillRect(QRectF(0, 0, t.px(4), h), draw.colour(ink))
        p.setClipping(False)
        draw.outline(p, 0, 0, w, h, t.border, t.px(6))
        side = t.px(16)
        icon = "bell" if m.fired is not None else "info"
        p.drawPixmap(t.px(16), t.px(12), icons.pixmap(icon, ink, side, self.devicePixelRatioF()))
        left, right = t.px(44), w - t.px(36)
        when = self._when(m)
        draw.put(p, 0, t.px(9), right, t.px(20), when, t.text2, SMALL, align=draw.RIGHT)
        y = t.px(9)
        for line in self._head:
            draw.put(p, left, y, w, t.px(HEAD), line, t.text1, 13, SEMIBOLD)
            y += t.px(HEAD)
        for line in self._facts:
            draw.put(p, left, y, w, t.px(LINE), line, t.text2, BODY)
            y += t.px(LINE)
        if self._waiting:
            words = f"{len(self._waiting)} more waiting"
            draw.put(p, 0, h - t.px(28), w - t.px(14), t.px(20), words, t.text2, SMALL, MEDIUM, draw.RIGHT)
