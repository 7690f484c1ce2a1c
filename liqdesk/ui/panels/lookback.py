"""Rows of which some are in view, newest first: how one looks back through them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy

from liqdesk.ui import draw
from liqdesk.ui.draw import Painted

KEYPAD: Final = Qt.KeyboardModifier.KeypadModifier


class LookBack(Painted):
    """Wheel, arrows and Page Up and Down look back; Home returns to the newest. `_offset` rows are newer than the first in view."""

    def __init__(self) -> None:
        super().__init__()
        self._offset = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def rows_in_view(self) -> int:
        """Return how many rows have room."""
        raise NotImplementedError

    def tip_at(self, y: float) -> str:
        """Return what is said of the place at `y` px."""
        raise NotImplementedError

    def _farthest(self) -> int:
        return max(0, self.count - max(1, self.rows_in_view()))

    def _scroll(self, offset: int) -> None:
        offset = min(max(0, offset), self._farthest())
        if offset != self._offset:
            self._offset = offset
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._scroll(self._offset - round(event.angleDelta().y() / 40))
        event.accept()

    def _move_of(self, event: QKeyEvent) -> int | None:
        page = max(1, self.rows_in_view() - 1)
        key = Qt.Key
        moves = {
            key.Key_Up: self._offset - 1,
            key.Key_Down: self._offset + 1,
            key.Key_PageUp: self._offset - page,
            key.Key_PageDown: self._offset + page,
            key.Key_Home: 0,
            key.Key_End: self.count,
        }
        return None if event.modifiers() & ~KEYPAD else moves.get(Qt.Key(event.key()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = self._move_of(event)
        if move is None:
            super().keyPressEvent(event)
        else:
            self._scroll(move)

    def event(self, event: QEvent) -> bool:
        overrides = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if overrides and self._move_of(event) is not None:  # type: ignore[arg-type]
            event.accept()  # looks back here, not in the chart
            return True
        return draw.tipped(self, event, self.tip_at) or super().event(event)
