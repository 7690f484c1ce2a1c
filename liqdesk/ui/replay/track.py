"""The time line of a replay: from the first moment the map reaches to the newest, with a handle at the one that is shown."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from liqdesk.ui import draw, present
from liqdesk.ui.draw import Painted
from liqdesk.ui.theme import SMALL, current, text_width

HIGH: Final = 30
TIP: Final = "How far back the map reaches, up to now. Click or drag: show that moment. With the keyboard here: arrows step a candle."


class Track(Painted):
    """`jumped(ms)` where a hand put the handle, `stepped(±1)` by the keyboard."""

    jumped = Signal(float)
    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.timezone = "UTC"
        self._first = self._newest = self._at = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("time of the replay")
        self.setToolTip(TIP)

    @property
    def held(self) -> tuple[int, int, int]:
        """Return the first, the shown and the newest moment, venue ms."""
        return self._first, self._at, self._newest

    def show_time(self, first: int, at: int, newest: int) -> None:
        if (first, at, newest) != self.held:
            self._first, self._at, self._newest = first, at, newest
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(current().px(240), current().px(HIGH))

    def minimumSizeHint(self) -> QSize:
        return QSize(current().px(90), current().px(HIGH))

    def _ends(self) -> tuple[float, float]:
        """Return where the groove begins and ends: words stand at both ends where there is room."""
        t = current()
        words = max((text_width(word, SMALL) for word in self._words()), default=0.0) + t.px(8)
        pad = words if self.width() > 4 * words else float(t.px(7))
        return pad, self.width() - pad

    def _words(self) -> tuple[str, str]:
        if not self._first:
            return "", "now"
        return present.date(self._first, self.timezone), "now"

    def x_of(self, ms: float) -> float:
        """Return where a moment stands, px."""
        left, right = self._ends()
        return left + (right - left) * (ms - self._first) / max(1, self._newest - self._first)

    def _ms_at(self, x: float) -> float:
        left, right = self._ends()
        share = min(1.0, max(0.0, (x - left) / max(1.0, right - left)))
        return self._first + share * (self._newest - self._first)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.jumped.emit(self._ms_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.jumped.emit(self._ms_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.stepped.emit(step)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = self._ends()
        h, groove = self.height(), t.px(4)
        y = (h - groove) / 2
        at = self.x_of(self._at)
        draw.fill(p, left, y, right - left, groove, t.border, radius=groove / 2)
        draw.fill(p, left, y, max(0.0, at - left), groove, t.demo, radius=groove / 2)
        size = t.px(12)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(draw.colour(t.text1))
        p.drawEllipse(QPointF(at, h / 2), size / 2, size / 2)
        if left > t.px(7):
            first, newest = self._words()
            draw.put(p, 0, 0, left - t.px(8), h, first, t.text2, SMALL, align=draw.RIGHT)
            draw.put(p, right + t.px(8), 0, left, h, newest, t.text2, SMALL)
        if self.hasFocus():
            draw.outline(p, at - size / 2 - 3, h / 2 - size / 2 - 3, size + 6, size + 6, t.focus, size / 2 + 3)
