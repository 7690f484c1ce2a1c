"""The editors of the settings dialog, one for each way a field can be declared: they show a value, and give back what was typed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import unquote
from zoneinfo import available_timezones

import msgspec
from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QSizePolicy, QWidget

from liqdesk.errors import InputError
from liqdesk.settings import OneOf, Row, Within
from liqdesk.ui import present
from liqdesk.ui.dialogs.fields import Dropdown, NumberField, Picker, Tick, plain
from liqdesk.ui.segments import Choice, Segments
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, current, font

if TYPE_CHECKING:
    from liqdesk.settings import Declared

PASSWORD: Final = re.compile(r"([a-z0-9]+://[^:@/]+):([^@/]*)@(.*)")
FEW: Final = 4  # as many choices stand side by side; more are a list


class Editor(Protocol):
    """Edits one field. `value` raises InputError with the sentence on what is wrong."""

    widgets: tuple[QWidget, ...]

    def value(self) -> object: ...

    def put(self, value: object) -> None: ...


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    return ("UTC", *sorted(available_timezones() - {"UTC", "localtime"}))


def _written(number: float) -> str:
    return present.number(number, 0 if number == int(number) else 1)


def line(text: str, wide: float, name: str) -> QLineEdit:
    """Return a field for one line of text, seen from its start."""
    field = QLineEdit(text)
    field.setFont(font(BODY, MEDIUM))
    field.setMinimumWidth(current().px(80))
    field.setMaximumWidth(current().px(wide))
    field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    field.setCursorPosition(0)
    field.setAccessibleName(name)
    return field


class OnOff:
    """A box to tick."""

    def __init__(self, field: Declared, row: Row) -> None:
        self.box = Tick("on", False)
        self.box.setAccessibleName(row.label)
        self.widgets: tuple[QWidget, ...] = (self.box,)

    def value(self) -> bool:
        return self.box.isChecked()

    def put(self, value: object) -> None:
        self.box.setChecked(bool(value))


class Chosen:
    """One of a few: side by side, or in a list where there are more."""

    def __init__(self, values: OneOf, row: Row) -> None:
        self.widget: Segments | Picker
        if len(values.choices) <= FEW:
            self.widget = Segments([Choice(value, word) for value, word in values.choices], values.values[0])
        else:
            self.widget = Picker([(word, value) for value, word in values.choices])
        self.widget.setAccessibleName(row.label)
        self.widgets: tuple[QWidget, ...] = (self.widget,)

    def value(self) -> object:
        return self.widget.value

    def put(self, value: object) -> None:
        if isinstance(self.widget, Segments):
            self.widget.set_value(value)
        else:
            self.widget.choose(value)


class Number:
    """A number with its unit, within what is declared."""

    def __init__(self, field: Declared, row: Row) -> None:
        assert isinstance(field.values, Within)
        self._whole = field.type is int
        self._within = field.values
        self._row = row
        self.field = NumberField(row.unit, "", 150)
        self.field.setAccessibleName(f"{row.label}, {row.unit}" if row.unit else row.label)
        self.widgets: tuple[QWidget, ...] = (self.field,)

    def value(self) -> float:
        number, low, high = self.field.number(), self._within.low, self._within.high
        good = number is not None and low <= number <= high and (not self._whole or number == int(number))
        self.field.mark(not good)
        if number is None or not good:
            kind = "a whole number" if self._whole else "a number"
            unit = f" {self._row.unit}" if self._row.unit else ""
            sentence = f"{self._row.label}: “{self.field.text()}” must be {kind} from {_written(low)} to {_written(high)}{unit}."
            raise InputError(f"{field_words(self._row)}: no such number", sentence)
        return int(number) if self._whole else number

    def put(self, value: object) -> None:
        assert isinstance(value, int | float)
        self.field.setText(plain(value))
        self.field.mark(False)


class Zone:
    """An IANA time zone, found by any part of its name."""

    def __init__(self, row: Row) -> None:
        self.list = Dropdown()
        self.list.setEditable(True)
        self.list.setFont(font(BODY, SEMIBOLD))
        self.list.addItems(list(_zones()))
        completer = QCompleter(self.list.model(), self.list)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.list.setCompleter(completer)
        self.list.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.list.setMinimumWidth(current().px(120))
        self.list.setMaximumWidth(current().px(230))
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.list.setAccessibleName(row.label)
        edited = self.list.lineEdit()
        if edited is not None:
            edited.setAccessibleName(row.label)
        self.widgets: tuple[QWidget, ...] = (self.list,)

    def value(self) -> str:
        zone = self.list.currentText().strip()
        if zone not in _zones():
            raise InputError(f"no zone {zone!r}", f"“{zone}” is not a time zone, such as Europe/Vienna.")
        return zone

    def put(self, value: object) -> None:
        self.list.setCurrentText(str(value))


class Text:
    """A line of text, such as an address; the dialog checks it."""

    def __init__(self, row: Row) -> None:
        self.field = line("", 380, row.label)
        self.widgets: tuple[QWidget, ...] = (self.field,)

    def value(self) -> str:
        return self.field.text().strip()

    def put(self, value: object) -> None:
        self.field.setText(str(value))
        self.field.setCursorPosition(0)


class ProxyAddress(QObject):
    """A proxy's address, and its password in a field that does not show it."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.address = line("", 250, row.label)
        self.address.setPlaceholderText("as this machine is set up")
        self.password = line("", 120, f"{row.label}, password")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setPlaceholderText("password")
        self.address.textChanged.connect(self._hide_password)
        self.widgets: tuple[QWidget, ...] = (self.address, self.password)

    @Slot(str)
    def _hide_password(self, text: str) -> None:
        found = PASSWORD.fullmatch(text)
        if found is not None:
            self.password.setText(unquote(found[2]))
            self.address.setText(f"{found[1]}@{found[3]}")

    def value(self) -> str:
        """Return the proxy's whole address. Raises InputError."""
        from liqdesk.net.proxy import proxy_from

        proxy = proxy_from(self.address.text())
        if proxy is None:
            return ""
        whole = msgspec.structs.replace(proxy, password=self.password.text())
        proxy_from(whole.url)
        return whole.url

    def put(self, value: object) -> None:
        self.password.clear()
        self.address.setText(str(value))
        self.address.setCursorPosition(0)


def field_words(row: Row) -> str:
    """Return a row as the log names it."""
    return f"{row.section}, {row.label}"


def editor_of(field: Declared) -> Editor:
    """Return the editor of a field that has a row. Raises TypeError for a type that has none."""
    row, values = field.shown, field.values
    assert isinstance(row, Row)
    if isinstance(values, OneOf):
        return Chosen(values, row)
    if field.type is bool:
        return OnOff(field, row)
    if field.type in (int, float):
        return Number(field, row)
    if field.type is str:
        kinds: dict[str, type[Zone | ProxyAddress | Text]] = {"zone": Zone, "proxy": ProxyAddress}
        return kinds.get(row.kind, Text)(row)
    raise TypeError(f"no editor for {field.name}: {field.type}")
