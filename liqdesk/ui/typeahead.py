"""Typing a contract's name anywhere in the window opens the search with it.

Single letters are commands, so a name is typed as it is written, in capitals: Shift and a letter. A letter that no command has needs
no Shift. Whatever follows goes into the search's field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from liqdesk.ui.dialogs.symbols import SymbolSearch

ALLOWED = Qt.KeyboardModifier.ShiftModifier


class TypeAhead(QObject):
    """Looks at keys that nothing in a window took. `search` opens that window's search and returns it."""

    def __init__(self, window: QWidget, search: Callable[[], SymbolSearch]) -> None:
        super().__init__(window)
        self._search = search
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and not event.isAutoRepeat():
            text = event.text()
            if len(text) == 1 and text.isalpha() and not event.modifiers() & ~ALLOWED:
                self._search().begin(text.upper())
                event.accept()
                return True
        return super().eventFilter(watched, event)
