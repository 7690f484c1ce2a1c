"""The card that says what would follow if price went somewhere. It floats over the chart until it is closed."""

from __future__ import annotations

from textwrap import fill
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from liqdesk.ui.chart import whatsheet
from liqdesk.ui.chart.floating import SHADOW, FloatingCard
from liqdesk.ui.chart.whatifwords import TIP, WhatText, spoken
from liqdesk.ui.theme import current

SIDE: Final = 14
TOP: Final = 8
LEAST: Final = 430
KEYS: Final = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 20, Qt.Key.Key_PageDown: -20}


class WhatCard(FloatingCard):
    """Painted once per answer. `closed` when the cross is pressed, `nudged(steps)` by the arrow and page keys."""

    nudged = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text: WhatText | None = None
        self._low = False
        self._rows: list[float] = []
        self._room = QRect()
        self._widest = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(fill(TIP, 92))

    def show_text(self, text: WhatText, room: QRect, rows: list[float], low: bool) -> None:
        """Show an answer in the upper left corner of `room`, or in the lower one: away from price (`low` says which that is), unless the
        other one covers fewer of the pixel `rows`."""
        if not self.isVisible():
            self._widest = 0  # while it is open it grows and does not shrink
        anew = text != self.text
        self.text, self._room, self._rows, self._low = text, room, rows, low
        self._place()
        if anew:
            self.setAccessibleName(f"{text.title}, {text.away}")
            self.setAccessibleDescription(spoken(text))
            self.update()
        self.show()
        self.raise_()

    def _place(self) -> None:
        size, room = self._size(), self._room
        x = min(room.left(), max(room.left(), room.right() - size.width()))
        corners = [float(room.top()), float(max(room.top(), room.bottom() - size.height()))]
        covered = [sum(y <= row <= y + size.height() for row in self._rows) for y in corners]
        low = self._low if covered[self._low] <= covered[not self._low] else not self._low
        self.setGeometry(x, round(corners[low]), size.width(), size.height())
        side = current().px(20)
        self._cross.setGeometry(size.width() - SHADOW - side - current().px(8), current().px(8), side, side)

    def restyle(self) -> None:
        if self.isVisible():
            self._widest = 0
            self._place()
        super().restyle()

    def _inner(self) -> int:
        assert self.text is not None
        self._widest = max(self._widest, current().px(LEAST), whatsheet.needed(self.text))
        return self._widest

    def _size(self) -> QSize:
        t, text = current(), self.text
        assert text is not None
        wide = self._inner()
        high = t.px(TOP) + whatsheet.height(text, wide) + t.px(SIDE)
        return QSize(wide + 2 * t.px(SIDE) + SHADOW, high + SHADOW)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # not a click on the map beneath

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = KEYS.get(Qt.Key(event.key()))
        if steps is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        else:
            self.nudged.emit(steps)

    def said(self) -> WhatText | None:
        return self.text

    def paint_said(self, p: QPainter) -> None:
        t = current()
        assert self.text is not None
        whatsheet.paint(p, self.text, t.px(SIDE), t.px(TOP), self._inner())
