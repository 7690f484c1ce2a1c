"""A contract's name typed in the window opens the search; letters that are commands stay commands."""

from __future__ import annotations

import string

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from shell_frames import Furnish, frame

from liqdesk.engine.frames import SetSymbol
from liqdesk.market import Instrument, Universe
from liqdesk.ui.keys import KEYS
from liqdesk.ui.window import Window

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")  # popups, on the offscreen platform


@pytest.fixture
def window(furnish: Furnish) -> Window:
    one = furnish(1600, 900, active=True)
    one.apply(frame())
    names = ("BTC", "ETH", "SOL", "LTC")
    listed = tuple(Instrument(f"{name}USDT", name, "USDT", 0.1, 0.001) for name in names)
    one.set_universe(Universe(0, listed))
    one.shell.take_focus()
    return one


def field(window: Window) -> QLineEdit:
    search = window.act.market.symbols
    assert search is not None
    assert search.isVisible()
    return search.field


def test_capitals_open_the_search_with_what_was_typed(window: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(window.shell, Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    edit = field(window)
    assert edit.text() == "S"
    assert window.settings.side == "both", "Shift+S is a name, not the command"
    qtbot.keyClicks(edit, "OL")
    search = window.act.market.symbols
    assert search is not None
    assert [i.symbol for i in search.list.found] == ["SOLUSDT"]
    sent: list[object] = []
    window.command.connect(sent.append)
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert sent == [SetSymbol("SOLUSDT")]
    assert not search.isVisible()


def test_letters_with_a_command_are_commands_and_the_others_search(window: Window, qtbot: QtBot) -> None:
    taken = {one for key in KEYS for one in key.sequences}
    free = [letter for letter in string.ascii_uppercase if letter not in taken]
    assert "E" in free
    assert {"S", "B", "L"} <= taken
    qtbot.keyClick(window.shell, Qt.Key.Key_S)
    assert window.settings.side == "short"
    assert window.act.market.symbols is None or not window.act.market.symbols.isVisible()
    qtbot.keyClick(window.shell, Qt.Key.Key_E)
    assert field(window).text() == "E"
    window.act.market.symbols.hide()
    qtbot.keyClick(window.shell, Qt.Key.Key_E, Qt.KeyboardModifier.AltModifier)
    assert not window.act.market.symbols.isVisible()


def test_a_field_keeps_its_letters(window: Window, qtbot: QtBot) -> None:
    edit = QLineEdit(window.shell)
    edit.show()
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(edit, Qt.Key.Key_E)
    assert edit.text() == "se"
    assert window.act.market.symbols is None
