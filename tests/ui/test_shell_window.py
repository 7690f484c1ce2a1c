"""The whole window off-screen: frames in, choices out, nothing left behind."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_frames import BTC, MARK, RULES, T0, busy, fired, frame, order, source

from liqdesk.engine.frames import DropRule, LiveOffer, PutRule, RetryNow, SetSymbol, UseDemo, UseLive
from liqdesk.market import Ticker, Tickers, Universe
from liqdesk.settings import Settings
from liqdesk.ui import picture, present
from liqdesk.ui.dialogs.streams import StreamsDialog
from liqdesk.ui.theme import apply_theme, current
from liqdesk.ui.turns import PARTS
from liqdesk.ui.window import Window

Make = Callable[..., Window]


@pytest.fixture
def make(qtbot: QtBot, qapp: QApplication) -> Iterator[Make]:
    """Return a function that makes a shown window, its controls built and its chart not."""
    apply_theme(qapp, "dark", 1.0)
    made: list[Window] = []

    def window(settings: Settings | None = None, **options: object) -> Window:
        one = Window(settings or Settings(first_run_done=True, sounds=False), True, **options)  # type: ignore[arg-type]
        one._painted = True  # the chart has tests of its own; here it is loaded only where it is asked for
        qtbot.addWidget(one)
        made.append(one)
        one.resize(1920, 1080)
        assert one.shell.parent() is one
        one.show()
        one.activateWindow()
        qtbot.waitUntil(one.isActiveWindow)
        return one

    yield window
    for one in made:
        one.close()
    apply_theme(qapp, "dark", 1.0)


def flush(window: Window) -> None:
    """Let the panels show the newest frame now."""
    window.turns.everything()


def test_the_first_paint_needs_nothing_heavy(tmp_path: Path) -> None:
    """In a process of its own: at the first paint neither the controls nor any large library has been imported."""
    text = """
import json, sys
from PySide6.QtWidgets import QApplication
from liqdesk.settings import Settings
from liqdesk.ui import window as module
app = QApplication([])
window = module.Window(Settings(first_run_done=True), True)
seen = {}
def note(event, **values):
    heavy = ("pyqtgraph", "numba", "numpy", "aiohttp", "requests", "websocket", "liqdesk.ui.draw", "liqdesk.ui.panels")
    seen[event] = [name for name in heavy if name in sys.modules]
    app.exit()
module.note = note
window.show()
app.exec()
print(json.dumps(seen))
import os; sys.stdout.flush(); os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == {"first_paint": []}


def test_no_control_wears_the_keyboard_s_ring_before_tab(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, "dark", 1.0)
    window = Window(Settings(first_run_done=True, sounds=False), True)
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(window.chart_ready, timeout=20_000):
        pass
    qtbot.waitUntil(window.isActiveWindow)
    assert qapp.focusWidget() is window.shell
    QTest.keyClick(window, Qt.Key.Key_Tab)
    assert qapp.focusWidget() is not window.shell
    window.close()


def test_every_frame_is_taken_and_acknowledged(make: Make, qtbot: QtBot) -> None:
    window = make()
    taken: list[int] = []
    window.frame_taken.connect(lambda: taken.append(1))
    for serial in range(1, 6):
        window.apply(frame(serial=serial, new_forced=(order(20_000.0, T0 + serial),)))
    assert len(taken) == 5
    flush(window)
    state = window.state()
    assert state["tape.count"] == {"text": "5", "value": 5}  # frames between two paints lose nothing
    assert state["frame"]["serial"] == 5  # type: ignore[index]


def test_each_part_changes_at_most_ten_times_a_second(
    make: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make()
    shown: list[tuple[int, int]] = []
    monkeypatch.setattr(window.shell, "show_frame", lambda f, part: shown.append((f.serial, part)))
    began = time.monotonic()
    for serial in range(1, 41):
        window.apply(frame(serial=serial))
        qtbot.wait(10)
    most = (time.monotonic() - began) / 0.1 + 2
    for part in range(PARTS):
        assert 2 <= sum(1 for _, one in shown if one == part) <= most
    qtbot.waitUntil(lambda: {part for serial, part in shown if serial == 40} == set(range(PARTS)))


def test_what_is_shown_equals_what_the_frame_holds(make: Make) -> None:
    window = make()
    one = frame()
    window.apply(one)
    flush(window)
    state = window.state()
    assert state["price.last"] == {"text": present.price(one.prices.last, 1), "value": one.prices.last}
    for i in one.imbalance:
        name = f"imbalance.±{i.radius * 100:g}%"
        assert state[f"{name}.long"] == {"text": present.usd(i.long_usd), "value": i.long_usd}
        assert state[f"{name}.short"] == {"text": present.usd(i.short_usd), "value": i.short_usd}
        assert state[f"{name}.ratio"]["value"] == i.ratio  # type: ignore[index]
    for k, zone in enumerate(one.zones):
        assert state[f"zones.{k}.usd"] == {"text": present.usd(zone.usd), "value": zone.usd}
        assert state[f"zones.{k}.distance"]["text"] == present.percent(zone.distance, 1)  # type: ignore[index]
    for s in one.streams:
        assert state[f"stream.{s.name}"] == {"text": present.age(s.age_s), "value": s.age_s}
    assert state["clock"]["text"] == "Tue 14 Apr  22:47:13 UTC"  # type: ignore[index]
    assert "BTCUSDT 67,081.4" in window.windowTitle()


def test_what_is_not_live_is_never_called_live(make: Make) -> None:
    window = make()
    for kind in ("demo", "custom", "history"):
        window.apply(frame(source=source(kind), epoch=2))
        flush(window)
        assert window.topbar.pill.token != "live"
        assert "live ·" not in window.windowTitle()
        assert window.windowTitle() != f"BTCUSDT {present.price(67_081.4, 1)} · liqdesk"


KEYS = [
    (Qt.Key.Key_1, Qt.KeyboardModifier.NoModifier, "candle_ms", 60_000),
    (Qt.Key.Key_5, Qt.KeyboardModifier.NoModifier, "candle_ms", 14_400_000),
    (Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier, "window_ms", 86_400_000),
    (Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier, "window_ms", 2_592_000_000),
    (Qt.Key.Key_6, Qt.KeyboardModifier.NoModifier, "classes", (10, 25, 50, 100)),
    (Qt.Key.Key_0, Qt.KeyboardModifier.NoModifier, "classes", (5, 10, 25, 50)),
    (Qt.Key.Key_L, Qt.KeyboardModifier.NoModifier, "side", "long"),
    (Qt.Key.Key_S, Qt.KeyboardModifier.NoModifier, "side", "short"),
    (Qt.Key.Key_M, Qt.KeyboardModifier.NoModifier, "sounds", True),
    (Qt.Key.Key_T, Qt.KeyboardModifier.NoModifier, "theme", "light"),
    (Qt.Key.Key_I, Qt.KeyboardModifier.NoModifier, "heat_auto", False),
]


@pytest.mark.parametrize(("key", "modifier", "field", "value"), KEYS)
def test_keys_change_what_is_shown_and_settings(
    make: Make, qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier, field: str, value: object
) -> None:
    window = make()
    with qtbot.waitSignal(window.settings_changed) as changed:
        QTest.keyClick(window, key, modifier)
    assert getattr(changed.args[0], field) == value
    assert getattr(window.settings, field) == value
    if field == "theme":
        assert current().name == "light"


def test_commands_leave_by_one_signal(make: Make, qtbot: QtBot) -> None:
    window = make()
    window.apply(frame(source=source("demo")))
    sent: list[object] = []
    window.command.connect(sent.append)
    QTest.keyClick(window, Qt.Key.Key_R)
    QTest.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    window.apply(frame(serial=2))
    QTest.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    window.act.alerting.put_rule(RULES[0].rule)
    window.act.alerting.drop_rule("up")
    window.act.market.choose_symbol("ETHUSDT")
    assert sent == [RetryNow(), UseLive(), UseDemo(), PutRule(RULES[0].rule), DropRule("up"), SetSymbol("ETHUSDT")]
    assert window.settings.symbol == "ETHUSDT"


def test_the_way_back_to_the_venue_is_one_click(make: Make, qtbot: QtBot) -> None:
    window = make()
    stood_in = source("demo", note="Binance cannot be reached.")
    window.apply(frame(source=stood_in, live_offer=LiveOffer(False, "Binance cannot be reached.", 12.0)))
    flush(window)
    (notice,) = window.shell.notices.shown
    assert "Binance cannot be reached." in notice.sentence
    row = window.shell.notices._rows[notice.key]
    with qtbot.waitSignal(window.command) as sent:
        qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    assert sent.args == [UseLive()]


def test_sentences_of_frames_and_of_the_start_are_shown(make: Make) -> None:
    window = make()
    window.notify("The settings file was damaged.")
    window.notify("The settings file was damaged.")
    window.apply(frame(notices=("Another window has this profile open.",)))
    flush(window)
    assert [n.sentence for n in window.shell.notices.shown] == [
        "The settings file was damaged.",
        "Another window has this profile open.",
    ]
    assert window.state()["notice.1"]["text"] == "Another window has this profile open."  # type: ignore[index]


def test_a_firing_shows_a_toast_a_log_row_and_a_badge(make: Make, qtbot: QtBot) -> None:
    window = make()
    window.apply(frame(new_fired=(fired("zone"), fired("up", T0 + 1))))
    flush(window)
    toast = window.stage.toast
    assert toast.message is not None
    assert toast.message.headline == "BTCUSDT is near a zone (zone)"
    assert toast.waiting == 1
    assert window.topbar.bell.count == 2
    assert window.state()["alerts.log.0"]["value"] == T0 + 1  # type: ignore[index]
    toast._rule_pressed()
    dialog = window.act.dialog
    assert dialog is not None
    assert "Edit alert rule" in dialog.title.text()
    dialog.reject()
    QTest.keyClick(window, Qt.Key.Key_N)
    assert window.topbar.bell.count == 0
    window.apply(frame(epoch=2))
    assert toast.message is None


def test_sound_is_asked_for_by_the_kind_of_rule_unless_muted(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[str] = []
    window = make(Settings(first_run_done=True, sounds=True))
    monkeypatch.setattr(window.act.alerting.player, "play", played.append)
    window.apply(frame(new_fired=(fired("tilt", sound=True), fired("up", sound=False))))
    window.change(sounds=False)
    window.apply(frame(serial=2, new_fired=(fired("zone", sound=True),)))
    assert played == ["imbalance"]


@pytest.mark.qt_log_ignore("^This plugin does not support")  # popups, on the offscreen platform
def test_search_knows_the_universe_and_its_prices(make: Make, qtbot: QtBot) -> None:
    window = make()
    window.apply(frame())
    window.set_universe(Universe(T0, (BTC, msgspec.structs.replace(BTC, symbol="ETHUSDT", base="ETH"))))
    window.set_tickers(Tickers((Ticker("ETHUSDT", T0, 2_381.4, 2_400.0, 0, 0, 0, 1e9),)))
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    search = window.act.market.symbols
    assert search is not None
    assert search.isVisible()
    assert search.list.tickers["ETHUSDT"].last == 2_381.4
    qtbot.keyClicks(search.field, "eth")
    with qtbot.waitSignal(window.command) as sent:
        qtbot.keyClick(search.field, Qt.Key.Key_Return)
    assert sent.args == [SetSymbol("ETHUSDT")]


def test_a_picture_carries_what_it_shows(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "pictures_folder", lambda: tmp_path)
    window = make()
    window.apply(frame())
    flush(window)
    for _ in range(2):
        QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["liqdesk-BTCUSDT-20260414-224713-2.png", "liqdesk-BTCUSDT-20260414-224713.png"]
    image = QImage(str(tmp_path / names[1]))
    assert image.width() == window.width()
    assert image.height() == window.height() + 22, "the strip that says what it shows"
    assert image.text("Symbol") == "BTCUSDT"
    assert image.text("Venue") == "Binance"
    assert image.text("Model") == "S2"
    assert image.text("Time") == "2026-04-14 22:47 UTC"
    window.act.pictures.copy()
    assert QGuiApplication.clipboard().image().size() == image.size()


def test_a_picture_that_cannot_be_written_is_a_sentence(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "pictures_folder", lambda: Path("/nowhere/at/all"))
    window = make()
    window.apply(frame())
    window.act.pictures.save()
    message = window.stage.toast.message
    assert message is not None
    assert message.headline == "No picture was saved"


def test_a_hostile_symbol_names_no_path() -> None:
    hostile = msgspec.structs.replace(BTC, symbol="../../x;rm")
    assert picture.file_name(frame(instrument=hostile)) == "liqdesk-xrm-20260414-224713.png"


def test_the_first_note_is_shown_once(make: Make, qtbot: QtBot) -> None:
    window = make(Settings(sounds=False))
    window.act.cards.first_run()
    note = window.act.dialog
    assert note is not None
    with qtbot.waitSignal(window.settings_changed) as changed:
        note.accept()
    assert changed.args[0].first_run_done is True


def test_a_compact_window_folds_and_a_wide_one_opens(make: Make, qtbot: QtBot) -> None:
    window = make()
    window.apply(frame())
    flush(window)
    qtbot.waitUntil(lambda: window.column.width_of() == 348)
    assert not window.column.funding.folded
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: window.column.width_of() == 276)
    assert window.column.funding.folded
    assert window.topbar.price.isHidden()
    assert not window.topbar.pill.isHidden()
    window.resize(1920, 1080)
    qtbot.waitUntil(lambda: not window.column.funding.folded)


def test_geometry_is_kept_and_closing_is_said(make: Make, qtbot: QtBot) -> None:
    window = make()
    kept: list[Settings] = []
    window.settings_changed.connect(kept.append)
    with qtbot.waitSignal(window.closing):
        window.close()
    assert kept[-1].window_geometry
    again = make(msgspec.structs.replace(kept[-1], first_run_done=True))
    assert again.size() == window.size()


def test_the_chart_takes_its_place_and_gets_every_early_frame(make: Make, qtbot: QtBot) -> None:
    from liqdesk.model.grid import DensityGrid

    window = make()
    window.set_grid(DensityGrid())
    window.apply(frame(new_forced=(order(400_000.0, T0 - 60_000),)))
    window.apply(frame(serial=2))
    with qtbot.waitSignal(window.chart_ready):
        window.load_chart()
    chart = window.chart
    assert chart is not None
    with qtbot.waitSignal(chart.kernels_ready, timeout=60_000):
        pass
    assert len(chart.state.orders) == 1
    window.apply(frame(serial=3))
    qtbot.waitUntil(lambda: window.chart_painted, timeout=10_000)
    low, high = chart.levels()
    assert (window.statusbar.legend.slider.low, window.statusbar.legend.slider.high) == (low, high)
    window.choose_levels(False, 1_000.0, 90_000.0)
    assert chart.levels() == (1_000.0, 90_000.0)
    window.act.charting.reveal(MARK * 1.2)
    qtbot.waitUntil(lambda: chart.state.lens.low < MARK * 1.2 < chart.state.lens.high)
    chart.alert_price.emit(70_000.0)
    assert window.act.dialog is not None
    assert window.state()["chart.mark"]["value"] == MARK  # type: ignore[index]


def test_the_streams_in_the_status_bar_open_their_card(make: Make, qtbot: QtBot) -> None:
    window = make()
    window.apply(busy())
    flush(window)
    ages = window.statusbar.streams
    shown = [cell[2] for cell in ages._cells()]
    assert shown == ["mark", "trades", "book", "forced", "OI", "funding"], "minor streams stand in the card alone"
    for ask in (
        lambda: qtbot.mouseClick(ages, Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(window, Qt.Key.Key_D),
        lambda: (ages.setFocus(), qtbot.keyClick(ages, Qt.Key.Key_Space)),
    ):
        ask()
        dialog = window.act.dialog
        assert isinstance(dialog, StreamsDialog)
        assert dialog.isVisible()
        assert dialog.streams.rows[0][1].text == "0.3 s"
        older = msgspec.structs.replace(busy().streams[0], age_s=7.0)
        window.apply(frame(streams=(older,)))
        flush(window)
        assert dialog.streams.rows[0][1].text == "7.0 s"
        window.apply(busy())
        flush(window)
        dialog.reject()
        qtbot.waitUntil(lambda: window.act.dialog is None)
    state = window.state()
    assert state["link.market.state"] == {"text": "open", "value": "open"}
    assert state["rest.weight"] == {"text": "212 of 2,400/min", "value": 212}
    assert state["stream.book.thinned"] == {"text": "1,234", "value": 1_234}
    assert state["stream.tickers"] == {"text": "0.9 s", "value": 0.9}


def test_the_first_window_fits_the_screen(qtbot: QtBot) -> None:
    window = Window()
    qtbot.addWidget(window)
    room = window.screen().availableSize()
    assert window.width() < min(room.width(), 1_601)
    assert window.height() < min(room.height(), 901)
