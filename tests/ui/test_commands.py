"""Every command of the table does something, and nothing is learned that is not in the table."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot
from shell_frames import RULES, Furnish, frame

from liqdesk.ui.keys import KEYS
from liqdesk.ui.window import Window


@pytest.fixture
def window(furnish: Furnish) -> Window:
    return furnish(1600, 900)


def test_every_command_of_the_table_is_learned_and_every_learned_one_is_in_the_table(window: Window) -> None:
    window.load_chart()
    table, learned = {key.name for key in KEYS}, window.act.learned
    assert table - learned == set(), "no part says window.act.learn(…) for these lines of liqdesk/ui/keys.py"
    assert learned - table == set(), "these are learned, but have no line in liqdesk/ui/keys.py"


def test_the_table_names_each_command_and_each_key_once() -> None:
    names = [key.name for key in KEYS]
    sequences = [one for key in KEYS for one in key.sequences]
    assert sorted(names) == sorted(set(names))
    assert sorted(sequences) == sorted(set(sequences)), "two commands of liqdesk/ui/keys.py share a default key"
    for one in sequences:
        assert QKeySequence(one).toString(QKeySequence.SequenceFormat.PortableText) == one, "not Qt's portable text"
    assert [key for key in KEYS if not (key.section and key.words)] == []
    order = list(dict.fromkeys(key.section for key in KEYS))
    assert [key.section for key in KEYS] == sorted((key.section for key in KEYS), key=order.index), (
        "the lines of a section stand together"
    )


def test_a_panel_that_has_the_keyboard_keeps_its_own_keys(window: Window, qtbot: QtBot) -> None:
    """Delete drops a rule where the rules have the keyboard, Home and End look back in the tape; elsewhere they are commands."""
    window.load_chart()
    pressed: list[str] = []
    for name in ("line_delete", "reset", "now"):
        window.act._calls[name] = partial(pressed.append, name)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.apply(frame(rules=RULES))
    window.turns.everything()
    rules = window.column.alerts.content
    dropped: list[str] = []
    rules.drop_wanted.connect(dropped.append)
    rules.setFocus()
    qtbot.keyClick(rules, Qt.Key.Key_Down)
    qtbot.keyClick(rules, Qt.Key.Key_Delete)
    assert len(dropped) == 1
    tape = window.column.tape.content
    tape.setFocus()
    qtbot.keyClick(tape, Qt.Key.Key_Home)
    qtbot.keyClick(tape, Qt.Key.Key_End)
    assert pressed == []
    window.shell.take_focus()
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Home, Qt.Key.Key_End):
        qtbot.keyClick(window.shell, key)
    assert pressed == ["line_delete", "reset", "now"]


def test_what_is_not_in_the_table_or_learned_twice_is_refused(window: Window) -> None:
    with pytest.raises(ValueError, match="add its line to"):
        window.act.learn("dance", lambda: None)
    with pytest.raises(ValueError, match="learned already"):
        window.act.learn("theme", lambda: None)


def test_a_command_whose_part_is_not_there_says_so(window: Window) -> None:
    window.apply(frame())
    del window.act._calls["why"]
    window.act.press("why")
    message = window.stage.toast.message
    assert message is not None
    assert message.headline == "Not there yet"
    with pytest.raises(KeyError):
        window.act.press("dance")
