"""The key sequences of the commands, bound to one window and bound anew when the user changes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from liqdesk.ui.keymap import Keymap, native, read
from liqdesk.ui.keys import KEYS
from liqdesk.ui.segments import Segments

if TYPE_CHECKING:
    from liqdesk.settings import Settings
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.window import Window

IN_TIP: Final = re.compile(r" ?\((key )?([^()]{1,24})\)")


def written(sequences: tuple[str, ...]) -> str:
    """Return how key sequences are written for people on this system: "Ctrl+K or /"; empty for none."""
    return " or ".join(map(native, sequences))


class Shortcuts(QObject):
    """Binds the sequences of every command to `act.press`."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self._bound: list[QShortcut] = []
        self.keymap = Keymap({})
        self._stored: object = None

    def show_settings(self, settings: Settings) -> None:
        """Bind the keys of the settings, where they are not bound yet; what cannot be used is left out, with a notice."""
        if settings.keys == self._stored:
            return
        self._stored = settings.keys
        before, (self.keymap, notice) = self.keymap, read(settings.keys)
        self._bind()
        self._retell(before)
        if notice:
            self._window.notify(notice)

    def _bind(self) -> None:
        for old in self._bound:
            old.setEnabled(False)
            old.deleteLater()
        self._bound = []
        for key in KEYS:
            for sequence in self.sequences(key.name):
                shortcut = QShortcut(QKeySequence(sequence), self._window)
                shortcut.setAutoRepeat(False)
                shortcut.activated.connect(lambda name=key.name: self._act.press(name))
                self._bound.append(shortcut)

    def _retell(self, before: Keymap) -> None:
        """Write the new keys into tool tips that name the old ones, such as "Settings (Ctrl+,)"."""
        named = {native(before.sequences(key.name)[0]): key.name for key in KEYS if before.sequences(key.name)}
        moved = {old: self.written(name) for old, name in named.items() if self.written(name) != old}
        if not moved:
            return

        def retold(tip: str) -> str:
            def replaced(found: re.Match[str]) -> str:
                if found[2] not in moved:
                    return found[0]
                new = moved[found[2]]
                return f" ({found[1] or ''}{new})" if new else ""

            return IN_TIP.sub(replaced, tip)

        for widget in self._window.findChildren(QWidget):
            if isinstance(widget, Segments):
                widget.retell(retold)
            if widget.toolTip():
                widget.setToolTip(retold(widget.toolTip()))

    def sequences(self, name: str) -> tuple[str, ...]:
        """Return the sequences that a command is bound to, in portable text."""
        return self.keymap.sequences(name)

    def written(self, name: str) -> str:
        """Return how the first sequence of a command is written, empty where it has none."""
        return written(self.sequences(name)[:1])
