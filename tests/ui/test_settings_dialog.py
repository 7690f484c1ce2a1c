"""The dialog of the settings is its declaration: a row for every field that has one, and what is typed comes back or is explained."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from liqdesk.settings import SECTIONS, OneOf, Row, Settings, Within, declared
from liqdesk.ui.dialogs.editors import Chosen, Number, ProxyAddress, Zone
from liqdesk.ui.dialogs.settings import READ_ONLY, SettingsDialog
from liqdesk.ui.theme import apply_theme

SHOWN = {name: field for name, field in declared().items() if isinstance(field.shown, Row)}


def opened(owner: QWidget, settings: Settings | None = None) -> SettingsDialog:
    dialog = SettingsDialog(owner, settings or Settings(), True, "2 Jul 2026")
    dialog.open_over()
    return dialog


def test_every_field_that_has_a_row_is_in_its_section_and_comes_back_untouched(owner: QWidget) -> None:
    before = Settings(symbol="ETHUSDT", bubble_min_usd=1_234_567.5, timezone="Asia/Kathmandu", demo_speed=12.5)
    dialog = opened(owner, before)
    assert list(dialog.lines) == list(SHOWN)
    assert list(dialog.sections) == [s for s in SECTIONS if any(f.shown.section == s for f in SHOWN.values())]  # type: ignore[union-attr]
    assert dialog.settings() == before
    for name, line in dialog.lines.items():
        assert line.row is SHOWN[name].shown
        for widget in line.editor.widgets:
            assert line.row.label in widget.accessibleName()
            assert line.row.help in widget.accessibleDescription()
    dialog.reject()


@pytest.mark.parametrize("name", [n for n, f in SHOWN.items() if isinstance(f.values, OneOf | Within)])
def test_every_value_that_is_declared_can_be_set(owner: QWidget, name: str) -> None:
    dialog = opened(owner)
    values = SHOWN[name].values
    tried = values.values if isinstance(values, OneOf) else (values.low, values.high)  # type: ignore[union-attr]
    for value in tried:
        dialog.lines[name].editor.put(value)
        made = dialog.settings()
        assert isinstance(made, Settings)
        assert getattr(made, name) == value
    dialog.reject()


def test_settings_come_back_changed_and_the_rest_untouched(owner: QWidget, qtbot: QtBot) -> None:
    before = Settings(symbol="ETHUSDT", demo_seed=11)
    dialog = opened(owner, before)
    changed = {
        "theme": "light",
        "text_scale": 150,
        "timezone": "Europe/Vienna",
        "history_days": 30,
        "sounds": False,
        "hued_candles": True,
    }
    for name, value in changed.items():
        dialog.lines[name].editor.put(value)
    tape = dialog.lines["tape_min_usd"].editor
    assert isinstance(tape, Number)
    tape.field.setText("25K")
    with qtbot.waitSignal(dialog.saved) as saved:
        qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    assert saved.args[0] == msgspec.structs.replace(before, tape_min_usd=25_000.0, **changed)


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("rest_url", "http://example.com", "https://"),
        ("stream_url", "ftp://x", "wss://"),
        ("proxy_url", "proxy:8080", "http:// or socks5h://"),
        ("tape_min_usd", "lots", "Tape from: “lots” must be a number from 0 to 1,000,000,000,000 USD."),
        ("history_days", "0", "Kept for: “0” must be a whole number from 1 to 36,500 days."),
        ("history_days", "1.5", "must be a whole number"),
        ("demo_speed", "0", "Speed: “0” must be a number from 0.1 to 600 ×."),
        ("timezone", "Mars/Olympus", "“Mars/Olympus” is not a time zone"),
    ],
)
def test_settings_that_cannot_be_used_say_why(owner: QWidget, qtbot: QtBot, name: str, text: str, part: str) -> None:
    dialog = opened(owner)
    field = dialog.lines[name].editor.widgets[0]
    if isinstance(field, QLineEdit):
        field.setText(text)
    else:
        field.setCurrentText(text)  # type: ignore[attr-defined]
    dialog.search.setText("theme")
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    assert part in dialog.wrong.text()
    assert dialog.wrong.isVisible()
    assert dialog.isVisible()
    assert field.isVisible(), "the row that is wrong is shown, whatever was searched for"
    assert not field.visibleRegion().isEmpty()
    dialog.reject()


def test_the_password_of_a_proxy_is_kept_and_never_shown(owner: QWidget, qtbot: QtBot) -> None:
    before = Settings(proxy_url="socks5h://me:s%40cret@10.0.0.1:1080")
    dialog = opened(owner, before)
    proxy = dialog.lines["proxy_url"].editor
    assert isinstance(proxy, ProxyAddress)

    def shown() -> str:
        return " ".join(f.displayText() for f in dialog.findChildren(QLineEdit))

    assert proxy.address.text() == "socks5h://me@10.0.0.1:1080"
    assert proxy.password.echoMode() is QLineEdit.EchoMode.Password
    assert "cret" not in shown()
    assert dialog.settings() == before
    proxy.address.selectAll()
    qtbot.keyClicks(proxy.address, "http://you:hunter2@proxy")
    assert proxy.address.text() == "http://you@proxy"
    assert "hunter" not in shown()
    changed = dialog.settings()
    assert isinstance(changed, Settings)
    assert changed.proxy_url == "http://you:hunter2@proxy:3128"
    proxy.address.clear()
    assert dialog.settings() == Settings()
    dialog.reject()


def test_the_time_zone_is_found_by_any_part_of_its_name(owner: QWidget) -> None:
    dialog = opened(owner)
    zone = dialog.lines["timezone"].editor
    assert isinstance(zone, Zone)
    completer = zone.list.completer()
    completer.setCompletionPrefix("kathm")
    assert completer.currentCompletion() == "Asia/Kathmandu"
    dialog.reject()


def test_a_search_leaves_what_it_finds_under_its_headings(owner: QWidget, qtbot: QtBot) -> None:
    dialog = opened(owner)
    assert dialog.focusWidget() is dialog.search
    qtbot.keyClicks(dialog.search, "forced bubble")
    assert [name for name, line in dialog.lines.items() if line.isVisible()] == ["bubble_min_usd"]
    assert [s for s, heading in dialog.headings.items() if heading.isVisible()] == ["Chart"]
    dialog.search.setText("no such thing")
    assert dialog.nothing.isVisible()
    at = dialog.sections.index("History")
    dialog.contents.setCurrentIndex(dialog.contents.model().index(at, 0))
    assert dialog.search.text() == ""
    assert not dialog.headings["History"].visibleRegion().isEmpty()
    assert not dialog.nothing.isVisible()
    dialog.reject()


def test_defaults_come_back_together_and_hidden_fields_stay(owner: QWidget, qtbot: QtBot) -> None:
    dialog = opened(owner, Settings(symbol="ETHUSDT", theme="light", demo_seed=3, keys=(("save", ("F5",)),)))
    qtbot.mouseClick(dialog.defaults, Qt.MouseButton.LeftButton)
    assert dialog.settings() == Settings(symbol="ETHUSDT", keys=(("save", ("F5",)),))
    dialog.reject()


def test_what_cannot_be_had_says_why(owner: QWidget) -> None:
    dialog = SettingsDialog(
        owner, Settings(keep_recording=True), False, "2 Jul 2026", {"keep_recording": "No tray here."}
    )
    line = dialog.lines["keep_recording"]
    assert not line.editor.widgets[0].isEnabled()
    said = [word.text() for word in dialog.findChildren(type(dialog.title))]
    assert "No tray here." in said
    assert READ_ONLY in said
    assert dialog.settings() == Settings(keep_recording=True)


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_every_row_has_room_for_its_words(owner: QWidget, qapp: QApplication, scale: float) -> None:
    apply_theme(qapp, "dark", scale)
    dialog = opened(owner)
    assert dialog.height() <= dialog.screen().availableGeometry().height()
    for line in dialog.lines.values():
        for widget in line.editor.widgets:
            if isinstance(line.editor, Chosen):
                assert widget.width() >= widget.sizeHint().width()
            corner = widget.mapTo(dialog.area.widget(), widget.rect().bottomRight())
            assert corner.x() < dialog.area.viewport().width(), line.row.label
    dialog.reject()
    apply_theme(qapp, "dark", 1.0)
