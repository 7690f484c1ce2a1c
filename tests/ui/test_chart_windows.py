"""Chart windows: fed like the main chart, linked by colour, never taken for live; and the layouts that bring them back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from chart_scene import Scene, scene, windows
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_frames import source

from liqdesk.engine.beside import Beside, CloseBeside, OpenBeside, TellBeside
from liqdesk.engine.frames import RetryNow, SetSymbol
from liqdesk.engine.whys import AskWhy
from liqdesk.market import HOUR_MS, MINUTE_MS, Instrument
from liqdesk.settings import Settings
from liqdesk.ui import present
from liqdesk.ui.dialogs.naming import NamingCard, SureCard
from liqdesk.ui.dialogs.symbols import SymbolSearch
from liqdesk.ui.layouts.document import FIRST, ChartPlace, Layouts, LayoutStore
from liqdesk.ui.theme import DARK, LIGHT
from liqdesk.ui.window import Window
from liqdesk.ui.windows.chartwindow import ChartWindow, title
from liqdesk.ui.windows.linkdot import GROUPS, fill_of

Make = Callable[..., Window]


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


@pytest.fixture
def make(qtbot: QtBot, qapp: QApplication, market: Scene) -> Iterator[Make]:
    yield from windows(qtbot, qapp, market, Settings(first_run_done=True, sounds=False))


def opened(window: Window, qtbot: QtBot) -> ChartWindow:
    window.shell.charts.open()
    one = window.shell.charts.windows[-1]
    qtbot.waitUntil(lambda: one.chart.state.lens.valid and one.chart.map.heat.kernels is not None, timeout=60_000)
    one.chart.refresh()
    return one


def contrast(one: str, two: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        lin = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * lin[0] + 0.7152 * lin[1] + 0.0722 * lin[2]

    a, b = sorted((light(one), light(two)))
    return (b + 0.05) / (a + 0.05)


def test_letters_of_groups_read_and_their_shades_differ() -> None:
    for t in (DARK, LIGHT):
        fills = [fill_of(group, t) for group in GROUPS]
        assert len({fill for fill, _ in fills}) == len(GROUPS)
        assert min(contrast(*pair) for pair in fills) >= 4.5


def test_a_second_chart_shows_what_the_first_has_gathered(make: Make, qtbot: QtBot, market: Scene) -> None:
    window = make()
    one = opened(window, qtbot)
    main = window.chart
    assert main is not None
    main.refresh()
    mine, its = one.chart.shown(), main.shown()
    for name in ("last", "mark", "candles", "from_ms", "to_ms", "profile_long_usd", "profile_short_usd"):
        assert mine[name] == pytest.approx(its[name], rel=1e-6), name
    assert mine["candles"] > 50
    later = market.frame(serial=2, new_bars=())
    later = msgspec.structs.replace(later, prices=msgspec.structs.replace(later.prices, last=12_345.6))
    window.apply(later)
    one._turns.everything()
    assert one.chart.state.last == 12_345.6
    assert one.state()["price.last"] == {"text": "12,345.6", "value": 12_345.6}
    assert len(one.chart.state.candles) == mine["candles"]


def test_what_is_chosen_in_a_window_is_its_own_and_the_rest_is_the_program_s(make: Make, qtbot: QtBot) -> None:
    window = make()
    one = opened(window, qtbot)
    one.bar.candles.choose(HOUR_MS)
    one.bar.sides.choose("short")
    one.foot.legend.levels_chosen.emit(False, 1_000.0, 9_000.0)
    assert (one.settings.candle_ms, one.settings.side) == (HOUR_MS, "short")
    assert one.chart.levels() == (1_000.0, 9_000.0)
    assert one.chart.state.side == "short"
    assert (window.settings.candle_ms, window.settings.side, window.settings.heat_auto) == (
        15 * MINUTE_MS,
        "both",
        True,
    )
    window.change(timezone="Asia/Kathmandu", side="long")
    assert (one.settings.timezone, one.settings.side) == ("Asia/Kathmandu", "short")
    assert one.chart.state.zone == "Asia/Kathmandu"


def test_charts_of_a_group_share_time_and_pointer_and_others_do_not(make: Make, qtbot: QtBot) -> None:
    window = make()
    one, two = opened(window, qtbot), opened(window, qtbot)
    main = window.chart
    assert main is not None
    charts = window.shell.charts
    assert (charts.group, one.link.group, two.link.group) == ("A", "A", "A")
    charts.link(two, "")
    still = (two.chart.state.aim.t0, two.chart.state.aim.t1)
    main.plot.pan(200, 0)
    qtbot.waitUntil(lambda: abs(one.chart.state.lens.t0 - main.state.lens.t0) < 1)
    assert (two.chart.state.aim.t0, two.chart.state.aim.t1) == still
    one.chart.plot.zoom_time(0.5, 100)
    qtbot.waitUntil(lambda: abs(one.chart.state.lens.t1 - main.state.lens.t1) < 1)
    assert main.state.lens.t1 - main.state.lens.t0 == pytest.approx(one.chart.state.lens.t1 - one.chart.state.lens.t0)
    one.chart.pointing.point((120.0, 80.0))
    lens = one.chart.state.lens
    marked = charts._link.mark.at
    assert marked == (lens.time(120.0), lens.price(80.5))
    assert one.chart.overlay.reading.price == present.price(marked[1], one.chart.state.decimals)
    assert two.link.mark.at is None
    one.chart.pointing.point(None)
    assert charts._link.mark.at is None
    charts.link(two, "A")
    qtbot.waitUntil(lambda: abs(two.chart.state.lens.t0 - main.state.lens.t0) < 1)
    assert not one.link.following
    main.plot.reset.emit()
    qtbot.waitUntil(lambda: one.link.following and two.link.following, timeout=3_000)
    span = main.state.lens.t1 - main.state.lens.t0
    qtbot.waitUntil(lambda: abs(one.chart.state.lens.t1 - one.chart.state.lens.t0 - span) < 1, timeout=3_000)
    one.resize(700, 500)
    qtbot.wait(50)
    one.chart.plot.pan(0, 30)  # up, not away: nobody loses the market
    qtbot.wait(150)
    assert charts._link.following
    assert two.link.following
    one.chart.travel.show_time(one.chart.state.lens.t0)
    qtbot.waitUntil(lambda: abs(main.state.lens.t0 - one.chart.state.lens.t0) < 1, timeout=3_000)
    assert not charts._link.following


def test_a_pointer_on_another_contract_marks_the_time_alone(make: Make, qtbot: QtBot, market: Scene) -> None:
    window = make()
    one = opened(window, qtbot)
    main = window.chart
    assert main is not None
    other = market.frame(epoch=2, instrument=Instrument("ETHUSDT", "ETH", "USDT", 0.01, 0.001))
    one.apply(other)
    one.chart.refresh()
    main.pointing.point((90.0, 70.0))
    assert one.link.mark.at == (main.state.lens.time(90.0), None)


def test_a_chart_window_never_looks_live_when_it_is_not(make: Make, qtbot: QtBot, market: Scene) -> None:
    window = make(source=source("demo", 20.0))
    one = opened(window, qtbot)
    one._turns.everything()
    assert "DEMO" in one.windowTitle()
    assert one.bar.pill.token == "demo"
    assert one.chart.ribbon.isVisibleTo(one.chart)
    assert one.chart.ribbon.text.startswith("DEMO")
    for kind in ("custom", "history"):
        assert title(market.frame(source=source(kind))) != title(market.frame())
    assert title(market.frame()).count(" · ") == 1


def test_keys_work_in_the_window_they_are_pressed_in(make: Make, qtbot: QtBot) -> None:
    window = make()
    one = opened(window, qtbot)
    one.activateWindow()
    qtbot.waitUntil(one.isActiveWindow)
    qtbot.keyClick(one, Qt.Key.Key_S)
    assert (one.settings.side, window.settings.side) == ("short", "both")
    qtbot.keyClick(one, Qt.Key.Key_T)
    assert window.settings.theme == one.settings.theme == "light"
    qtbot.keyClick(one, Qt.Key.Key_T)
    qtbot.keyClick(one, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert window.shell.charts.windows == []


def test_chart_windows_go_with_the_main_window(make: Make, qtbot: QtBot) -> None:
    window = make()
    one = opened(window, qtbot)
    window.hide()
    assert one.isHidden()
    window.show()
    assert one.isVisible()
    window.close()
    assert window.shell.charts.windows == []


# another contract beside the main one


def eth(market: Scene, epoch: int = 1 << 41, **changes: object) -> Beside:
    one = market.frame(epoch=epoch, instrument=Instrument("ETHUSDT", "ETH", "USDT", 0.01, 0.001), **changes)
    return Beside("ETHUSDT", one, market.grid)


def said(window: Window) -> list[object]:
    commands: list[object] = []
    window.command.connect(commands.append)
    return commands


def follow(window: Window, one: ChartWindow, symbol: str) -> None:
    """Choose a contract in a window, and say yes to what it costs."""
    window.shell.charts.served.ask(one, symbol)
    sure = window.act.dialog
    assert isinstance(sure, SureCard)
    sure.yes.click()


def test_another_contract_costs_an_engine_which_is_said_before(make: Make, qtbot: QtBot, market: Scene) -> None:
    window = make()
    charts = window.shell.charts
    one = opened(window, qtbot)
    charts.link(one, "")
    commands = said(window)
    charts.served.ask(one, "ETHUSDT")
    sure = window.act.dialog
    assert isinstance(sure, SureCard)
    assert "150 MB" in sure.rows.itemAt(0).widget().text()
    assert commands == []
    sure.yes.click()
    assert commands == [OpenBeside("ETHUSDT")]
    one._turns.everything()
    assert one.windowTitle().startswith("ETHUSDT – ")
    window.apply(market.frame(serial=2, source=source("demo")))
    assert one.frame.serial == 0  # the main window's frames are not for it any more
    one.chart.refresh()
    assert one.chart.shown()["candles"] == 0
    assert one.chart.cell_value(market.frame().venue_ms, market.frame().prices.mark) is None
    assert not one.grab().isNull()
    charts.take_beside(eth(market, source=source("demo")))
    one._turns.everything()
    assert commands[-1] == TellBeside("ETHUSDT")
    assert one.state()["symbol"]["text"] == "ETHUSDT"
    assert "DEMO" in one.windowTitle()
    assert one.bar.pill.token == "demo"
    assert window.topbar.symbol.text() == "BTCUSDT"
    two = opened(window, qtbot)
    charts.link(two, "D")
    charts.served.ask(two, "ETHUSDT")  # followed already: nothing to ask
    assert two.frame.instrument.symbol == "ETHUSDT"
    assert len(two.chart.series.book.bars(MINUTE_MS, 0, 1 << 50)) == len(
        one.chart.series.book.bars(MINUTE_MS, 0, 1 << 50)
    )
    one.close()
    assert CloseBeside("ETHUSDT") not in commands
    two.close()
    assert commands[-1] == CloseBeside("ETHUSDT")
    assert charts.beside == ()


def test_at_most_three_contracts_are_followed(make: Make, qtbot: QtBot) -> None:
    window = make()
    charts = window.shell.charts
    windows = [opened(window, qtbot) for _ in range(3)]
    for one in windows:
        charts.link(one, "")
    follow(window, windows[0], "ETHUSDT")
    follow(window, windows[1], "SOLUSDT")
    charts.served.ask(windows[2], "XRPUSDT")
    assert window.act.dialog is None
    assert "3 contracts" in window.stage.toast.message.headline
    follow(window, windows[1], "XRPUSDT")  # in the place of its own
    assert charts.beside == ("ETHUSDT", "XRPUSDT")


def test_a_group_shares_its_contract(make: Make, qtbot: QtBot, market: Scene) -> None:
    window = make()
    charts = window.shell.charts
    one, two = opened(window, qtbot), opened(window, qtbot)
    commands = said(window)
    charts.served.ask(one, "ETHUSDT")  # linked with the main chart: all of them go
    assert commands == [SetSymbol("ETHUSDT")]
    assert window.settings.symbol == "ETHUSDT"
    window.apply(eth(market, epoch=2).frame)
    assert one.frame.instrument.symbol == two.frame.instrument.symbol == "ETHUSDT"
    charts.link(one, "B")
    charts.link(two, "B")
    assert one.symbol == two.symbol == "ETHUSDT"
    window.apply(market.frame(epoch=3))  # the main chart goes on alone
    assert commands[-1] == OpenBeside("ETHUSDT")
    assert one.fed == two.fed == "ETHUSDT"
    charts.link_main("B")
    assert one.fed == two.fed == "main"
    assert commands[-1] == CloseBeside("ETHUSDT")
    assert two.frame.instrument.symbol == "BTCUSDT"


def test_what_is_asked_of_another_contract_goes_to_its_session(make: Make, qtbot: QtBot, market: Scene) -> None:
    window = make()
    charts = window.shell.charts
    one = opened(window, qtbot)
    charts.link(one, "")
    follow(window, one, "ETHUSDT")
    charts.take_beside(eth(market))
    commands = said(window)
    question = AskWhy(1, 1 << 41, 5, 0, (5,), None, None)
    one.chart.pointing.why.asked.emit(question)
    one.chart.retry.emit()
    assert commands == [TellBeside("ETHUSDT", question), TellBeside("ETHUSDT", RetryNow())]
    one.chart.alert_price.emit(3_000.0)
    assert window.act.dialog is None
    assert "ETHUSDT is not the main window's contract" in window.stage.toast.message.headline
    charts.choose(one, "BTCUSDT")
    one.chart.pointing.why.asked.emit(question)
    assert commands[-1] == question
    one.chart.alert_price.emit(67_000.0)
    assert window.act.dialog is not None


def test_a_contract_of_its_own_is_back_after_a_restart(make: Make, qtbot: QtBot, market: Scene, tmp_path: Path) -> None:
    window = make(tmp_path)
    one = opened(window, qtbot)
    window.shell.charts.link(one, "")
    follow(window, one, "ETHUSDT")
    window.close()
    again = make(tmp_path)
    (back,) = again.shell.charts.windows
    assert (back.symbol, back.fed, again.shell.charts.beside) == ("ETHUSDT", "ETHUSDT", ("ETHUSDT",))
    again.shell.charts.take_beside(eth(market))
    assert back.frame.instrument.symbol == "ETHUSDT"


def test_a_history_says_that_it_holds_one_contract(make: Make, qtbot: QtBot) -> None:
    window = make(source=source("history"))
    charts = window.shell.charts
    one = opened(window, qtbot)
    charts.link(one, "")
    charts.served.ask(one, "ETHUSDT")
    assert window.act.dialog is None
    assert window.stage.toast.message.headline == "A history holds one contract"
    charts.choose(one, "ETHUSDT")  # as a layout would have it
    assert one.frame.progress.text == "A history shows one contract; ETHUSDT is not this one."


# layouts of the whole window


def test_everything_is_back_after_a_restart(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    window = make(tmp_path)
    window.shell.arranging.save_as("Two charts")
    one = opened(window, qtbot)
    one.setGeometry(QRect(60, 70, 700, 500))
    one.bar.candles.choose(HOUR_MS)
    window.shell.charts.link(one, "C")
    window.column.dock("funding").setFloating(True)
    window.column.dock("funding").setGeometry(120, 130, 360, 150)
    window.column.show_panel("zones", False)
    window.close()
    kept = json.loads((tmp_path / "layouts.json").read_text())
    assert kept["current"] == "Two charts"
    assert [row["name"] for row in kept["layouts"]] == [FIRST, "Two charts"]

    again = make(tmp_path)
    assert again.topbar.desk.text() == "Two charts"
    dock = again.column.dock("funding")
    assert dock.isFloating()
    assert dock.geometry() == QRect(120, 130, 360, 150)
    assert not again.column.is_shown("zones")
    (back,) = again.shell.charts.windows
    assert back.geometry() == QRect(60, 70, 700, 500)
    assert (back.settings.candle_ms, back.link.group, again.shell.charts.group) == (HOUR_MS, "C", "A")
    again.shell.arranging.choose(FIRST)
    assert again.shell.charts.windows == []
    assert again.topbar.desk.text() == FIRST
    again.shell.arranging.choose("Two charts")
    assert len(again.shell.charts.windows) == 1
    again.shell.arranging.reset()
    assert again.shell.charts.windows == []
    assert again.column.is_shown("zones")
    assert not again.column.dock("funding").isFloating()


def test_changes_are_kept_without_being_asked(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    window = make(tmp_path)
    window.column.show_panel("zones", False)
    qtbot.waitUntil(lambda: (tmp_path / "layouts.json").exists(), timeout=6_000)
    assert LayoutStore(tmp_path / "layouts.json").load().shown.closed == ("zones",)


def test_a_profile_that_is_another_s_is_not_written(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    window = make(tmp_path)
    window.profile_writable = False
    window.column.show_panel("zones", False)
    window.shell.arranging.keep()
    window.close()
    assert not (tmp_path / "layouts.json").exists()


def test_a_damaged_file_is_said_and_the_window_opens(make: Make, tmp_path: Path) -> None:
    (tmp_path / "layouts.json").write_text("{")
    window = make(tmp_path)
    assert any("layouts.json.broken" in n.sentence for n in window.shell.notices.shown)
    assert window.column.is_shown("zones")


def test_charts_of_a_layout_wait_for_the_first_chart(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    layout = msgspec.structs.replace(Layouts().shown, charts=(ChartPlace((40, 40, 800, 600)),) * 2)
    assert LayoutStore(tmp_path / "layouts.json").save(Layouts((layout,))) == ""
    window = make(tmp_path)
    assert len(window.shell.charts.windows) == 2
    assert len(window.shell.arranging.taken("x").charts) == 2


def test_the_menu_shows_hides_names_and_deletes(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    window = make(tmp_path)
    desk = window.shell.desk_menu

    def act(words: str) -> None:
        menu = desk.menu()
        next(a for a in menu.actions() if a.text().split("\t")[0] == words).trigger()
        menu.deleteLater()

    act("Zones")
    assert not window.column.is_shown("zones")
    act("Zones")
    assert window.column.is_shown("zones")
    act("Save layout as…")
    card = window.act.dialog
    assert isinstance(card, NamingCard)
    assert card.field.text() == "Desk 2"
    card.field.setText("  ")
    card.yes.click()
    assert card.trouble.text() == "A layout needs a name."
    card.field.setText("Night")
    card.yes.click()
    assert window.topbar.desk.text() == "Night"
    act("Rename layout…")
    card = window.act.dialog
    assert isinstance(card, NamingCard)
    card.field.setText(FIRST)
    card.yes.click()
    assert "already" in card.trouble.text()
    card.field.setText("Day")
    card.yes.click()
    assert window.shell.arranging.layouts.names == (FIRST, "Day")
    act("Delete layout…")
    sure = window.act.dialog
    assert isinstance(sure, SureCard)
    sure.yes.click()
    assert window.shell.arranging.layouts.names == (FIRST,)
    assert window.topbar.desk.text() == FIRST
    path = tmp_path / "out.json"
    desk._exported(str(path))
    assert window.stage.toast.message.headline == "Layout exported"
    desk._imported(str(path))
    assert window.topbar.desk.text() == "Desk 1 2"
    path.write_text("{}")
    desk._imported(str(path))
    assert window.stage.toast.message.headline == "The layout was not imported"


def test_panels_are_worked_by_keyboard(make: Make, qtbot: QtBot) -> None:
    window = make()
    act, column = window.act, window.column
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    act.press("float")
    assert "Ctrl+F6" in window.stage.toast.message.facts
    act.press("panel_next")
    first = column.docks[0]
    qtbot.waitUntil(lambda: window.shell.arranging.focused() is first)
    act.press("panel_next")
    second = column.docks[1]
    qtbot.waitUntil(lambda: window.shell.arranging.focused() is second)
    act.press("float")
    assert second.isFloating()
    qtbot.waitUntil(lambda: window.shell.arranging.focused() is second)
    act.press("float")
    assert not second.isFloating()
    qtbot.waitUntil(lambda: window.isActiveWindow() and window.shell.arranging.focused() is second)
    act.press("panel_back")
    qtbot.waitUntil(lambda: window.shell.arranging.focused() is first)
    act.press("hide")
    assert not column.is_shown(first.name)


def test_ruler_lines_and_moments_are_of_the_window_they_are_asked_in(make: Make, qtbot: QtBot) -> None:
    window = make()
    one = opened(window, qtbot)
    main = window.chart
    assert main is not None

    def press(name: str) -> None:
        (sequence,) = window.act.shortcuts.sequences(name)
        next(key for key in one._keys if key.key() == QKeySequence(sequence)).activated.emit()

    press("ruler")
    assert one.chart.hand.armed
    assert not main.hand.armed
    press("close")
    assert not one.chart.hand.armed
    one.chart.pointing.point((200.0, 150.0))
    press("line")
    (line,) = one.chart.state.kept
    assert line.price == pytest.approx(one.chart.state.lens.price(150.0), rel=1e-3)
    assert main.state.kept == (line,), "a line is the contract's, on every chart of it"
    press("goto")
    assert one.chart.travel.field.isVisible()
    assert main.travel.field.isHidden()
    press("close")
    assert one.chart.travel.field.isHidden()
    one.chart.plot.pan(300.0, 0.0)
    one.chart.refresh()
    assert not one.chart.state.following
    press("now")
    one.chart.refresh()
    assert one.chart.state.following


def test_colours_and_unit_are_chosen_for_every_chart_from_any_legend(make: Make, qtbot: QtBot) -> None:
    window = make()
    one = opened(window, qtbot)
    main = window.chart
    assert main is not None
    actions = [action for action in one.foot.legend.menu().actions() if action.text()]
    next(action for action in actions if action.text().startswith("Two-sided")).trigger()
    actions[-1].trigger()
    assert (window.settings.heat_map, window.settings.unit) == ("two-sided", "coin")
    for chart in (main, one.chart):
        assert (chart.state.settings.heat_map, chart.state.settings.unit) == ("two-sided", "coin")
        assert chart.state.measure.unit == "BTC"


@pytest.mark.qt_log_ignore("^This plugin does not support")  # popups, on the offscreen platform
def test_a_name_typed_in_a_chart_window_opens_its_own_search(make: Make, qtbot: QtBot) -> None:
    window = make()
    one = opened(window, qtbot)
    qtbot.keyClick(one, Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    found = one.findChild(SymbolSearch)
    assert found is not None
    assert found.isVisible()
    assert found.field.text() == "S"
    assert window.act.market.symbols is None
    found.hide()


def test_a_chart_window_takes_turns_with_the_main_chart(make: Make, qtbot: QtBot) -> None:
    window = make()
    one = opened(window, qtbot)
    assert window.chart is not None
    assert one.chart.turn.beats is window.chart.turn.beats
    assert not window.chart.turn.beside
    assert one.chart.turn.beside is not one.isActiveWindow()
    one.activateWindow()
    qtbot.waitUntil(lambda: one.isActiveWindow() and not one.chart.turn.beside, timeout=3_000)
    window.activateWindow()
    qtbot.waitUntil(lambda: one.chart.turn.beside, timeout=3_000)
