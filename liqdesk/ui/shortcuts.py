"""The key sequences of the commands, bound to one window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QShortcut

from liqdesk.ui.keys import BY_NAME, KEYS

if TYPE_CHECKING:
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.window import Window


def written(sequences: tuple[str, ...]) -> str:
    """Return how key sequences are written for people on this system: "Ctrl+K or /"; empty for none."""
    native = QKeySequence.SequenceFormat.NativeText
    return " or ".join(QKeySequence(one).toString(native) for one in sequences)


class Shortcuts(QObject):
    """Binds the sequences of every command to `act.press`."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self._bound: list[QShortcut] = []

    def bind(self) -> None:
        """Make the shortcuts, in place of those that were made before."""
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

    def sequences(self, name: str) -> tuple[str, ...]:
        """Return the sequences that a command is bound to, in portable text."""
        return BY_NAME[name].sequences

    def written(self, name: str) -> str:
        """Return how the first sequence of a command is written, empty where it has none."""
        return written(self.sequences(name)[:1])
