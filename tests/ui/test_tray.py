"""Closing the window: when it hides and the recording goes on, and what stands for it in the tray."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QSystemTrayIcon
from pytestqt.qtbot import QtBot
from shell_frames import T0, connection, fired, frame, source

from liqdesk.settings import Settings
from liqdesk.ui import tray
from liqdesk.ui.dialogs.settings import SettingsDialog
from liqdesk.ui.dialogs.tray import TrayNote
from liqdesk.ui.theme import apply_theme
from liqdesk.ui.tray import NO_TRAY, Keeping, TrayIcon, TrayKeeper, records, tooltip
from liqdesk.ui.window import Window

# Without a tray, Qt complains about itself as soon as an icon is to be shown; the off-screen platform raises no window.
offscreen = pytest.mark.qt_log_ignore("systemTrayWindowChanged|does not support raise")

WANTED = Settings(first_run_done=True, sounds=False, keep_recording=True)


def test_it_hides_only_where_that_is_wanted_possible_and_of_use() -> None:
    assert [k for k in product((False, True), repeat=3) if Keeping(*k).hides] == [(True, True, True)]
    assert Keeping(True, False, True).unavailable == NO_TRAY
    assert Keeping(False, True, False).unavailable == ""


@pytest.mark.parametrize(
    ("kind", "writable", "kept"),
    [
        ("live", True, True),
        ("custom", True, True),
        ("demo", True, False),
        ("history", True, False),
        ("live", False, False),
    ],
)
def test_what_is_shown_is_not_always_kept(kind: str, writable: bool, kept: bool) -> None:
    assert records(frame(source=source(kind)), writable) is kept
    assert not records(None, writable)


def test_the_tooltip_says_what_is_recorded_and_what_is_wrong() -> None:
    assert tooltip(frame()) == "liqdesk records BTCUSDT and all forced orders"
    assert tooltip(frame(connection=connection("stale", None, "The venue sends nothing."))).endswith(
        "\nThe venue sends nothing."
    )
    assert len(tooltip(frame(connection=connection("down", None, "word " * 60)))) <= 120
    assert tooltip(None) == "liqdesk"


def test_the_icon_has_a_menu_that_shows_and_quits(qtbot: QtBot, qapp: QApplication) -> None:
    icon = TrayIcon()
    try:
        assert not icon.icon().isNull()
        assert icon.contextMenu() is icon.menu
        assert [a.text() for a in icon.menu.actions()] == ["Show liqdesk", "Quit"]
        for action, signal in zip(icon.menu.actions(), (icon.show_asked, icon.quit_asked), strict=True):
            with qtbot.waitSignal(signal):
                action.trigger()
        with qtbot.waitSignal(icon.show_asked):
            icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
        icon.setToolTip("liqdesk records")
    finally:
        icon.menu.deleteLater()
        icon.deleteLater()


@pytest.fixture
def make(qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Window]]:
    """Return a function that makes a window with a keeper, on a desktop with or without a tray."""
    apply_theme(qapp, "dark", 1.0)
    made: list[Window] = []

    def window(settings: Settings = WANTED, has_tray: bool = True) -> Window:
        monkeypatch.setattr(tray, "has_tray", lambda: has_tray)
        one = Window(settings, True)
        one._painted = True
        made.append(one)
        one.keeper = TrayKeeper(one)  # type: ignore[attr-defined]
        assert one.shell.parent() is one
        one.show()
        one.apply(frame())
        return one

    yield window
    for one in made:
        one.leaving = True
        one.close()
        one.deleteLater()
    assert QApplication.quitOnLastWindowClosed()


@offscreen
def test_the_first_time_a_sentence_explains_and_then_it_hides_at_once(
    make: Callable[..., Window], qtbot: QtBot
) -> None:
    window = make()
    keeper: TrayKeeper = window.keeper  # type: ignore[attr-defined]
    kept: list[Settings] = []
    closed: list[int] = []
    window.settings_changed.connect(kept.append)
    window.closing.connect(lambda: closed.append(1))
    assert not window.close()
    note = window.act.dialog
    assert isinstance(note, TrayNote)
    assert window.isVisible()
    note.reject()
    assert window.isVisible(), "it may as well stay open"
    window.close()
    note = window.act.dialog
    assert isinstance(note, TrayNote)
    note.hide_window.click()
    assert not window.isVisible()
    assert kept[-1].tray_explained
    assert keeper.icon is not None
    assert keeper.icon.toolTip() == "liqdesk records BTCUSDT and all forced orders"
    assert not QApplication.quitOnLastWindowClosed()
    window.apply(frame(connection=connection("stale", None, "The venue sends nothing.")))
    assert "sends nothing" in keeper.icon.toolTip()
    keeper.icon.menu.actions()[0].trigger()
    assert window.isVisible()
    assert QApplication.quitOnLastWindowClosed()
    assert not window.close()
    assert not window.isVisible()
    assert closed == [], "for the engine the window was never closed"
    with qtbot.waitSignal(keeper.quit_asked):
        keeper.icon.menu.actions()[1].trigger()
    window.leaving = True
    window.close()
    assert closed == [1]
    assert keeper.icon is None


@pytest.mark.parametrize(
    ("settings", "has_tray", "kind"),
    [
        (WANTED, False, "live"),
        (msgspec.structs.replace(WANTED, keep_recording=False), True, "live"),
        (WANTED, True, "demo"),
    ],
)
def test_elsewhere_closing_closes(make: Callable[..., Window], settings: Settings, has_tray: bool, kind: str) -> None:
    window = make(settings, has_tray)
    window.apply(frame(source=source(kind)))
    assert window.close()
    assert window.act.dialog is None


@offscreen
def test_the_quit_key_quits_and_the_setting_holds_at_once(make: Callable[..., Window]) -> None:
    window = make(msgspec.structs.replace(WANTED, keep_recording=False, tray_explained=True))
    window.change(keep_recording=True)
    assert not window.close()
    window.keeper.show_window()  # type: ignore[attr-defined]
    window.change(keep_recording=False)
    window.change(keep_recording=True)
    window.act.press("quit")
    assert not window.isVisible()
    assert window.keeper.icon is None  # type: ignore[attr-defined]


def test_the_settings_say_why_it_cannot_be_had(make: Callable[..., Window], qtbot: QtBot) -> None:
    window = make(has_tray=False)
    window.act.cards.settings()
    dialog = window.act.dialog
    assert isinstance(dialog, SettingsDialog)
    assert not dialog.lines["keep_recording"].editor.widgets[0].isEnabled()
    assert NO_TRAY in [word.text() for word in dialog.findChildren(type(dialog.title))]
    made = dialog.settings()
    assert isinstance(made, Settings)
    assert made.keep_recording, "what was set elsewhere is kept"
    dialog.reject()
    there = make(msgspec.structs.replace(WANTED, keep_recording=False))
    there.act.cards.settings()
    dialog = there.act.dialog
    assert isinstance(dialog, SettingsDialog)
    dialog.lines["keep_recording"].editor.put(True)
    made = dialog.settings()
    assert isinstance(made, Settings)
    assert made.keep_recording
    dialog.reject()


@offscreen
def test_an_alert_that_fires_while_the_window_is_away_is_told_by_the_tray(
    make: Callable[..., Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(TrayIcon, "showMessage", lambda self, title, text, icon, ms: told.append((title, text)))
    window = make(msgspec.structs.replace(WANTED, tray_explained=True))
    keeper: TrayKeeper = window.keeper  # type: ignore[attr-defined]
    seen, one, two = fired("seen"), fired("zone"), fired("up", T0 + 1)
    window.apply(frame(serial=2, new_fired=(seen,)))
    window.close()
    assert not window.isVisible()
    window.apply(frame(serial=3, new_fired=(one, two)))
    window.apply(frame(serial=4))
    assert told == [(one.headline, one.facts), (two.headline, two.facts)], "each once; what was seen is not told again"
    assert keeper.icon is not None
    keeper.icon.messageClicked.emit()
    assert window.isVisible()
    window.apply(frame(serial=5, new_fired=(fired("zone"),)))
    assert len(told) == 2
