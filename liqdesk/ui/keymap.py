"""Which key does what: the defaults of `keys.KEYS` with what the user changed. Pure; sequences are Qt's portable text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from liqdesk.ui.keys import BY_NAME, KEYS

Stored = tuple[tuple[str, tuple[str, ...]], ...]

MODIFIERS: Final = (
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
    Qt.Key.Key_CapsLock,
    Qt.Key.Key_NumLock,
    Qt.Key.Key_ScrollLock,
    Qt.Key.Key_Mode_switch,
    Qt.Key.Key_Multi_key,
    Qt.Key.Key_unknown,
)
KEPT: Final[Mapping[str, str]] = {
    "Tab": "moves between controls",
    "Backtab": "moves between controls",
    "Shift+Tab": "moves between controls",
    "Return": "presses what has the keyboard",
    "Enter": "presses what has the keyboard",
    "Space": "presses what has the keyboard",
    "Left": "moves inside a control",
    "Right": "moves inside a control",
    "Up": "moves inside a control",
    "Down": "moves inside a control",
    "PgUp": "moves inside a control",
    "PgDown": "moves inside a control",
}


@lru_cache(maxsize=1_024)
def portable(text: str) -> str:
    """Return a sequence as Qt writes it, empty for what is no single key with its modifiers."""
    made = QKeySequence(text, QKeySequence.SequenceFormat.PortableText)
    if made.count() != 1 or made[0].key() in MODIFIERS:  # type: ignore[index]
        return ""
    written = made.toString(QKeySequence.SequenceFormat.PortableText)
    return written if written.isprintable() else ""  # a control character is on no keyboard, and is not kept


@lru_cache(maxsize=1_024)
def native(text: str) -> str:
    """Return a sequence as it is written for people on this system."""
    return QKeySequence(text).toString(QKeySequence.SequenceFormat.NativeText)


def pressed(key: int, modifiers: Qt.KeyboardModifier, text: str) -> str:
    """Return the sequence of a key press, empty for a modifier alone.

    Shift is left out where it only makes the character, such as "?" on any layout: which keys make a character differs between them.
    """
    if key in MODIFIERS:
        return ""
    wanted = modifiers & ~Qt.KeyboardModifier.KeypadModifier & ~Qt.KeyboardModifier.GroupSwitchModifier
    if (
        text
        and text.isprintable()
        and not text.isspace()
        and not text.isalpha()
        and wanted == Qt.KeyboardModifier.ShiftModifier
    ):
        wanted = Qt.KeyboardModifier.NoModifier
    combined = QKeySequence(wanted.value | key)
    return portable(combined.toString(QKeySequence.SequenceFormat.PortableText))


class Keymap(NamedTuple):
    """The sequences of every command. What `changes` does not name is at its default."""

    changes: Mapping[str, tuple[str, ...]]

    def sequences(self, name: str) -> tuple[str, ...]:
        """Return the sequences of a command, the one that is written beside it first."""
        return self.changes.get(name, BY_NAME[name].sequences)

    def owner(self, sequence: str) -> str:
        """Return the command that a sequence belongs to, empty where it is free."""
        return next((key.name for key in KEYS if sequence in self.sequences(key.name)), "")

    def changed(self, name: str) -> bool:
        return self.sequences(name) != BY_NAME[name].sequences

    def give(self, name: str, sequence: str) -> Keymap:
        """Return the map in which a sequence is the one key of a command, taken from whoever had it."""
        changes = dict(self.changes)
        other = self.owner(sequence)
        if other and other != name:
            changes[other] = tuple(one for one in self.sequences(other) if one != sequence)
        changes[name] = (sequence,) if sequence else ()
        return Keymap(_differing(changes))

    def reset(self, name: str) -> Keymap:
        """Return the map in which a command has its default keys again, taken from whoever has them now."""
        out = self
        for sequence in BY_NAME[name].sequences:
            other = out.owner(sequence)
            if other and other != name:
                out = Keymap({**out.changes, other: tuple(s for s in out.sequences(other) if s != sequence)})
        return Keymap(_differing({n: s for n, s in out.changes.items() if n != name}))

    def stored(self) -> Stored:
        """Return what differs from the defaults, in the order of the table."""
        return tuple((key.name, self.changes[key.name]) for key in KEYS if key.name in self.changes)


def _differing(changes: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {name: keys for name, keys in changes.items() if keys != BY_NAME[name].sequences}


def refusal(sequence: str) -> str:
    """Return why a sequence can be no command's key, empty where it can."""
    return f"{native(sequence)} {KEPT[sequence]} and stays so." if sequence in KEPT else ""


def read(stored: Stored) -> tuple[Keymap, str]:
    """Return the map that a settings file asks for, and a sentence on what of it was left out: commands that are not known, texts that
    are no key, and keys that the user would have given to two commands.

    A key of the user's that has become the default of another command since, as commands are added, stays the user's.
    """
    changes: dict[str, tuple[str, ...]] = {}
    out: list[str] = []
    for name, sequences in stored:
        good = tuple(dict.fromkeys(filter(None, map(portable, sequences))))
        if name not in BY_NAME or len(good) != len(sequences) or any(refusal(one) for one in good):
            out.append(name)
        else:
            changes[name] = good
    while name := _twice(changes):
        if name in changes:
            del changes[name]
            out.append(name)
        else:
            taken = {one for sequences in changes.values() for one in sequences}
            changes[name] = tuple(one for one in BY_NAME[name].sequences if one not in taken)
    if not out:
        return Keymap(_differing(changes)), ""
    return Keymap(
        _differing(changes)
    ), f"These keys of the settings were not usable and are back at their default: {_names(out)}."


def _twice(changes: Mapping[str, tuple[str, ...]]) -> str:
    """Return a command that has to give a key up to another one, empty where there is none: one at its defaults before one that was
    changed, and of two that were changed the later one."""
    keymap, seen = Keymap(changes), set[str]()
    for key in sorted(KEYS, key=lambda one: one.name not in changes):
        sequences = keymap.sequences(key.name)
        if not seen.isdisjoint(sequences):
            return key.name
        seen.update(sequences)
    return ""


def _names(names: Iterable[str]) -> str:
    """Return names for a sentence, without anything that a file could play tricks with."""
    shown = ["".join(c for c in name if c.isalnum() or c in "_-")[:40] or "a nameless one" for name in names]
    more = f" and {len(shown) - 8} more" if len(shown) > 8 else ""
    return ", ".join(shown[:8]) + more
