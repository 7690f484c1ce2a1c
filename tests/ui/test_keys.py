"""Keys can be changed: the map of keys, the sheet they are changed on, and what holds in the window then."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_frames import Furnish

from liqdesk.settings import Settings, is_sensible
from liqdesk.ui.dialogs.keys import HINT, KeyRow, KeysCard
from liqdesk.ui.dialogs.palette import PaletteCard
from liqdesk.ui.dialogs.settings import SettingsDialog
from liqdesk.ui.keymap import Keymap, portable, pressed, read, refusal
from liqdesk.ui.keys import BY_NAME, KEYS
from liqdesk.ui.theme import apply_theme
from liqdesk.ui.window import Window

PLAIN, CTRL, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


@pytest.fixture
def window(furnish: Furnish) -> Window:
    return furnish(1600, 900, active=True)


def sheet(window: Window) -> KeysCard:
    window.act.press("keys")
    card = window.act.dialog
    assert isinstance(card, KeysCard)
    return card


def begin(card: KeysCard, name: str) -> KeyRow:
    row = card.key_rows[name]
    card.area.ensureWidgetVisible(row)
    QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    assert row.waiting
    return row


# the map


def test_no_key_belongs_to_two_commands_whatever_is_given() -> None:
    keymap = Keymap({}).give("save", "M").give("copy", "Ctrl+S").give("mute", "F12")
    assert keymap.stored() == (("mute", ("F12",)), ("save", ("M",)), ("copy", ("Ctrl+S",)))
    assert keymap.owner("Ctrl+Shift+C") == ""
    back = keymap.reset("save")
    assert back.sequences("save") == ("Ctrl+S",)
    assert back.sequences("copy") == ()
    assert read(back.stored()) == (back, "")
    assert Keymap({}).give("save", "Ctrl+S").stored() == (), "what is at its default is not stored"


NAMES = st.sampled_from([key.name for key in KEYS])
TEXTS = st.sampled_from(
    ["A", "Ctrl+S", "F12", "M", "?", "Tab", "Shift", "nonsense", "", "Ctrl+K, Ctrl+S", "\x1b[2J", "ß", "😀"]
)


@example([("search", ("\x1f",))])
@given(st.lists(st.tuples(NAMES | st.text(max_size=10), st.lists(TEXTS | st.text(max_size=8), max_size=4).map(tuple))))
def test_whatever_a_file_asks_for_no_key_is_twice_and_every_key_is_one(
    asked: list[tuple[str, tuple[str, ...]]],
) -> None:
    keymap, notice = read(tuple(asked))
    found = [one for key in KEYS for one in keymap.sequences(key.name)]
    assert len(found) == len(set(found))
    assert all(portable(one) == one and not refusal(one) for one in found)
    assert is_sensible("keys", keymap.stored())
    assert notice.isprintable()
    assert read(keymap.stored()) == (keymap, ""), "what was kept is kept again, without a word"


def test_what_cannot_be_used_is_named_once_and_the_rest_holds() -> None:
    keymap, notice = read(
        (("save", ("F12",)), ("copy", ("gibberish",)), ("dance", ("F10",)), ("mute", ("T",)), ("seen", ("Tab",)))
    )
    assert keymap.stored() == (("mute", ("T",)), ("theme", ()), ("save", ("F12",)))
    assert notice == "These keys of the settings were not usable and are back at their default: copy, dance, seen."
    keymap, notice = read((("save", ("F12",)), ("copy", ("F12",))))
    assert keymap.stored() == (("save", ("F12",)),)
    assert notice == "These keys of the settings were not usable and are back at their default: copy."


def test_a_key_of_ones_own_stays_when_it_becomes_another_commands_default() -> None:
    before_export_had_it = (("save", ("Ctrl+E",)),)
    keymap, notice = read(before_export_had_it)
    assert keymap.owner("Ctrl+E") == "save"
    assert keymap.sequences("export") == ()
    assert notice == ""
    two = (("mute", ("?", "F1")),)  # of commands with several keys the others stay
    assert read(two)[0].sequences("search") == ("Ctrl+K", "/")
    assert read((("mute", ("/",)),))[0].sequences("search") == ("Ctrl+K",)


@pytest.mark.parametrize(
    ("key", "modifiers", "text", "sequence"),
    [
        (Qt.Key.Key_A, PLAIN, "a", "A"),
        (Qt.Key.Key_A, SHIFT, "A", "Shift+A"),
        (Qt.Key.Key_Question, SHIFT, "?", "?"),  # which keys make it differs between layouts
        (Qt.Key.Key_Slash, SHIFT, "/", "/"),  # German
        (Qt.Key.Key_Comma, CTRL, "", "Ctrl+,"),
        (Qt.Key.Key_5, Qt.KeyboardModifier.KeypadModifier, "5", "5"),
        (Qt.Key.Key_F12, SHIFT, "", "Shift+F12"),
        (Qt.Key.Key_Control, CTRL, "", ""),
        (Qt.Key.Key_AltGr, PLAIN, "", ""),
    ],
)
def test_a_press_is_read_as_the_character_it_makes(
    key: Qt.Key, modifiers: Qt.KeyboardModifier, text: str, sequence: str
) -> None:
    assert pressed(int(key), modifiers, text) == sequence


# the sheet


def test_the_sheet_shows_every_command_with_its_keys_in_its_section(window: Window) -> None:
    card = sheet(window)
    assert list(card.key_rows) == [key.name for key in KEYS]
    assert list(card.headings) == list(dict.fromkeys(key.section for key in KEYS))
    for key in KEYS:
        row = card.key_rows[key.name]
        assert [portable(one) for one in row.shown] == list(key.sequences)
        assert row.accessibleName().startswith(f"{key.words}: ")
    card.reject()


def test_a_row_takes_the_next_key_and_the_settings_keep_it(window: Window, qtbot: QtBot) -> None:
    card = sheet(window)
    row = begin(card, "theme")
    with qtbot.waitSignal(window.settings_changed) as changed:
        QTest.keyClick(row, Qt.Key.Key_F12)
    assert changed.args[0].keys == (("theme", ("F12",)),)
    assert row.shown == ("F12",)
    assert not row.waiting
    assert row.reset.isVisible()
    card.reject()


def test_the_window_obeys_the_keys_of_the_settings_and_its_tips_name_them(window: Window) -> None:
    window.change(keys=(("theme", ("F12",)),))
    assert window.act.shortcuts.keymap.owner("T") == ""
    QTest.keyClick(window, Qt.Key.Key_F12)
    assert window.settings.theme == "light"
    assert window.topbar.theme.toolTip() == "Light or dark (F12)"
    window.change(keys=())
    assert window.topbar.theme.toolTip() == "Light or dark (T)"


def test_a_key_that_is_taken_is_named_and_changes_hands_when_pressed_again(window: Window) -> None:
    card = sheet(window)
    row = begin(card, "copy")
    QTest.keyClick(row, Qt.Key.Key_S, CTRL)
    assert card.sentence.text() == "Ctrl+S is the key for “save a picture”. Press it once more to take it from there."
    assert window.settings.keys == ()
    QTest.keyClick(row, Qt.Key.Key_S, CTRL)
    assert window.settings.keys == (("save", ()), ("copy", ("Ctrl+S",)))
    assert card.key_rows["save"].shown == ()
    card.key_rows["save"].reset.click()
    assert window.settings.keys == (("copy", ()),)
    card.defaults.click()
    assert window.settings.keys == ()
    card.reject()


def test_escape_leaves_a_key_as_it_is_and_what_the_keyboard_needs_is_refused(window: Window) -> None:
    card = sheet(window)
    row = begin(card, "save")
    QTest.keyClick(row, Qt.Key.Key_Tab)
    assert card.sentence.text() == "Tab moves between controls and stays so."
    assert card.focusWidget() is row
    QTest.keyClick(row, Qt.Key.Key_Shift, SHIFT)
    assert row.waiting, "a modifier alone is no key"
    QTest.keyClick(row, Qt.Key.Key_Escape)
    assert card.isVisible()
    assert not row.waiting
    assert card.sentence.text() == HINT
    QTest.keyClick(row, Qt.Key.Key_Delete)
    assert window.settings.keys == (("save", ()),)
    QTest.keyClick(row, Qt.Key.Key_Return)
    assert row.waiting, "the keyboard begins a change too"
    QTest.keyClick(row, Qt.Key.Key_S, CTRL)
    assert window.settings.keys == ()
    card.reject()


def test_a_row_that_waits_swallows_the_key_of_another_command(window: Window, qapp: QApplication) -> None:
    card = sheet(window)
    row = begin(card, "save")
    override = QKeyEvent(QKeyEvent.Type.ShortcutOverride, int(Qt.Key.Key_Escape), PLAIN)
    qapp.sendEvent(row, override)
    assert override.isAccepted()
    card.reject()


def test_the_search_finds_words_sections_and_keys(window: Window, qtbot: QtBot) -> None:
    card = sheet(window)
    assert card.focusWidget() is card.search

    def found() -> list[str]:
        return [name for name, row in card.key_rows.items() if row.isVisible()]

    qtbot.keyClicks(card.search, "ctrl+shift+c")
    assert found() == ["copy"]
    card.search.setText("alerts badge")
    assert found() == ["seen"]
    assert [s for s, heading in card.headings.items() if heading.isVisible()] == ["Alerts"]
    card.search.setText("no such thing")
    assert card.nothing.isVisible()
    card.reject()


def test_keys_of_the_settings_hold_from_the_start_and_bad_ones_are_a_notice(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, "dark", 1.0)
    keys = (("theme", ("F12",)), ("nonsense", ("F10",)), ("mute", ("Tab",)))
    window = Window(Settings(first_run_done=True, sounds=False, keys=keys), True)
    window._painted = True
    qtbot.addWidget(window)
    assert window.act.shortcuts.written("theme") == "F12" if window.shell else False
    assert window.act.shortcuts.sequences("mute") == BY_NAME["mute"].sequences
    said = [notice.sentence for notice in window.shell.notices.shown]
    assert said == ["These keys of the settings were not usable and are back at their default: nonsense, mute."]
    window.close()


def test_a_command_is_typed_and_done(window: Window, qtbot: QtBot) -> None:
    window.act.press("palette")
    card = window.act.dialog
    assert isinstance(card, PaletteCard)
    assert card.focusWidget() is card.search
    assert set(card.found) == window.act.learned - {"palette", "close"}
    qtbot.keyClicks(card.search, "light dark")
    assert card.found == ["theme"]
    QTest.keyClick(card.search, Qt.Key.Key_Return)
    assert window.settings.theme == "light"
    window.change(theme="dark")
    window.act.press("palette")
    card = window.act.dialog
    assert isinstance(card, PaletteCard)
    qtbot.keyClicks(card.search, "sett")
    assert card.found[0] == "settings", "what begins so comes first"
    QTest.keyClick(card.search, Qt.Key.Key_Return)
    assert isinstance(window.act.dialog, SettingsDialog), "a command may open a card of its own"
    window.act.dialog.reject()
