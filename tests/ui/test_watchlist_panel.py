"""The watchlist: what stands in its rows is what came, sorted as chosen; stars are kept; a row switches the contract."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_frames import BTC, T0, Furnish, frame, source, zone

from liqdesk.engine.frames import SetSymbol
from liqdesk.engine.watches import FundingRow, InterestChange, SetWatch, WatchView
from liqdesk.market import Instrument, Side, Ticker, Tickers, Universe
from liqdesk.settings import load, save
from liqdesk.ui import present
from liqdesk.ui.panels.watched import COLUMNS, ordered, rows_of, value_of, words_of
from liqdesk.ui.panels.watchlist import WatchPanel
from liqdesk.ui.panels.watchrows import SAMPLES, WatchRows, width_of
from liqdesk.ui.window import Window

COUNT = 620


def universe() -> Universe:
    listed = [BTC]
    listed += [Instrument(f"C{i:03d}USDT", f"C{i:03d}", "USDT", 0.001, 1.0) for i in range(COUNT - 1)]
    listed += [
        Instrument("OLDUSDT", "OLD", "USDT", 0.1, 1.0, status="SETTLING"),
        Instrument("BTCUSDT_260925", "BTC", "USDT", 0.1, 0.001, contract_type="CURRENT_QUARTER"),
    ]
    return Universe(T0, tuple(listed))


def tickers(seed: int = 1, at: int = T0 - 900) -> Tickers:
    rng = random.Random(seed)
    rows = [Ticker("BTCUSDT", at, 67_081.4, 65_600.0, 68_000.0, 65_000.0, 1e5, 6.5e9)]
    for i in range(COUNT - 1):
        opened = rng.uniform(0.01, 50)
        rows.append(
            Ticker(f"C{i:03d}USDT", at, opened * rng.uniform(0.8, 1.2), opened, 60, 0.01, 1e6, rng.uniform(1e5, 1e9))
        )
    return Tickers(tuple(rows[:-20]))  # of twenty nothing has come


def view() -> WatchView:
    rng = random.Random(5)
    funding = {
        f"C{i:03d}USDT": FundingRow(
            f"C{i:03d}USDT", 1.0, rng.uniform(-0.001, 0.001) if i % 7 else None, T0, 4 if i % 2 else 8
        )
        for i in range(COUNT - 1)
    }
    funding["BTCUSDT"] = FundingRow("BTCUSDT", 67_074.0, 0.0001, T0, 8)
    interest = {
        "BTCUSDT": InterestChange("BTCUSDT", 0.023, T0 - 86_400_000, T0),
        "C005USDT": InterestChange("C005USDT", -0.117, T0 - 86_400_000, T0),
        "C006USDT": InterestChange("C006USDT", None, why="less than a day of its open interest is on record"),
    }
    return WatchView(T0, funding, interest)


ZONES = (zone(Side.SHORT, 68_000.0, 68_400.0, 3e6), zone(Side.LONG, 66_700.0, 66_900.0, 9e6, z=1.0))


@pytest.fixture
def make(furnish: Furnish) -> Callable[..., Window]:
    def window(**settings: object) -> Window:
        one = furnish(active=True, **settings)
        one.set_universe(universe())
        one.set_tickers(tickers())
        one.apply(frame(watch=view(), zones=ZONES))
        return one

    return window


def opened(w: Window, qtbot: QtBot) -> WatchPanel:
    QTest.keyClick(w, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    panel = w.column.panel("watchlist")
    assert isinstance(panel, WatchPanel)
    qtbot.waitUntil(panel.content.isVisible)
    panel.content.refresh()
    return panel


def figures(w: Window) -> list[object]:
    f = w.frame
    assert f is not None
    assert w.universe is not None
    return rows_of(
        w.universe.instruments,
        w.tickers,
        f.watch,
        w.settings.favourites,
        "BTCUSDT",
        {"BTCUSDT": f.zones},
        f.prices.last,
    )  # type: ignore[return-value]


def test_every_cell_is_the_figure_that_came(make: Callable[..., Window], qtbot: QtBot) -> None:
    w = make(favourites=("C005USDT", "C006USDT"))
    panel = opened(w, qtbot)
    state, held, now = panel.state(), view(), {t.symbol: t for t in tickers().rows}
    assert state["watch.count"]["value"] == COUNT  # those that settle or expire have no map
    assert len(panel.content.rows.in_view) > 5
    for i, row in enumerate(panel.content.rows.in_view):
        symbol = str(state[f"watch.{i}.contract"]["value"])
        ticker, rate = now.get(symbol), held.funding[symbol].rate
        last = w.frame.prices.last if symbol == "BTCUSDT" else ticker.last if ticker else math.nan  # type: ignore[union-attr]
        assert state[f"watch.{i}.price"]["text"] == present.price(last, row.decimals)
        change = last / ticker.open - 1 if ticker else math.nan
        assert state[f"watch.{i}.change"]["text"] == present.percent(change, 2).removesuffix(" %")
        assert state[f"watch.{i}.funding"]["text"] == present.percent(rate, 4).removesuffix(" %")
        day = held.interest.get(symbol)
        assert state[f"watch.{i}.interest"]["text"] == present.percent(day.change if day else None, 1).removesuffix(
            " %"
        )
        assert state[f"watch.{i}.zone"]["text"] == (
            present.percent(ZONES[0].distance, 1).removesuffix(" %") if symbol == "BTCUSDT" else "–"
        )
        assert state[f"watch.{i}.star"]["value"] is (symbol in ("C005USDT", "C006USDT"))
    assert [r.symbol for r in panel.content.rows.in_view[:2]] == sorted(
        ("C005USDT", "C006USDT"), key=lambda s: -now[s].quote_volume
    )
    assert panel.content.rows.in_view[2].symbol == "BTCUSDT"
    assert "68,000–68,400 · short $3.0M" in panel.content.footer.words


@pytest.mark.parametrize("by", list(COLUMNS))
@pytest.mark.parametrize("down", [True, False])
def test_sorting_puts_favourites_first_and_the_unknown_last(by: str, down: bool) -> None:
    held = {t.symbol: t for t in tickers().rows}
    rows = rows_of(
        universe().instruments,
        held,
        view(),
        ("C007USDT", "C611USDT", "C002USDT"),
        "BTCUSDT",
        {"BTCUSDT": ZONES},
        67_000.0,
    )
    random.Random(3).shuffle(rows)
    found = ordered(rows, by, down)
    assert len(found) == COUNT
    assert {r.symbol for r in found[:3]} == {"C007USDT", "C611USDT", "C002USDT"}
    for group in (found[:3], found[3:]):
        if by == "contract":
            assert [r.symbol for r in group] == sorted((r.symbol for r in group), reverse=down)
            continue
        values = [value_of(r, by) for r in group]
        known = [v for v in values if not math.isnan(v)]
        assert known == sorted(known, reverse=down)
        assert all(map(math.isnan, values[len(known) :]))


def test_a_filter_finds_parts_of_names_and_favourites() -> None:
    rows = rows_of(universe().instruments, {}, None, ("C007USDT",), "BTCUSDT", {}, math.nan)
    assert [r.symbol for r in ordered(rows, "volume", True, " c00/7 ")] == ["C007USDT"]
    assert [r.symbol for r in ordered(rows, "volume", True, "*")] == ["C007USDT"]
    assert len(ordered(rows, "volume", True, "c60")) == 10
    assert ordered(rows, "volume", True, "nothing") == []
    assert all(words_of(r, by) == "–" for r in rows for by in COLUMNS if by not in ("contract",))


def test_heads_sort_and_the_choice_is_kept(make: Callable[..., Window], qtbot: QtBot) -> None:
    w = make()
    rows = opened(w, qtbot).content.rows
    assert [n for n, _ in rows.columns()] == ["price", "change", "interest", "funding"]
    edges = dict(rows.columns())
    where = QPoint(round(edges["change"] - width_of("change") / 2), 10)
    QTest.mouseClick(rows, Qt.MouseButton.LeftButton, pos=where)
    assert (w.settings.watch_by, w.settings.watch_down) == ("change", True)
    assert rows.in_view[0].change == max(r.change for r in rows.rows if not math.isnan(r.change))
    QTest.mouseClick(rows, Qt.MouseButton.LeftButton, pos=where)
    assert (w.settings.watch_by, w.settings.watch_down) == ("change", False)
    assert rows.in_view[0].change == min(r.change for r in rows.rows if not math.isnan(r.change))
    rows.resize(700, rows.height())
    assert [n for n, _ in rows.columns()] == list(SAMPLES)
    rows.resize(220, rows.height())
    assert [n for n, _ in rows.columns()] == ["price", "change"]


def test_a_star_moves_a_row_up_and_outlives_the_program(
    make: Callable[..., Window], qtbot: QtBot, tmp_path: Path
) -> None:
    w = make()
    rows = opened(w, qtbot).content.rows
    sent: list[object] = []
    w.command.connect(sent.append)
    third = rows.in_view[3].symbol
    QTest.mouseClick(rows, Qt.MouseButton.LeftButton, pos=QPoint(15, 24 + 3 * 22 + 11))
    assert w.settings.favourites == (third,)
    assert rows.in_view[0].symbol == third
    assert rows.in_view[0].star
    assert sent[-1] == SetWatch((third,), True)
    QTest.keyClick(rows, Qt.Key.Key_Down)
    QTest.keyClick(rows, Qt.Key.Key_Space)
    assert len(w.settings.favourites) == 2
    path = tmp_path / "settings.json"
    save(path, w.settings)
    again = load(path)
    assert not again.notices
    assert again.settings.favourites == w.settings.favourites
    other = make(favourites=again.settings.favourites)
    found = opened(other, qtbot).content.rows
    assert {r.symbol for r in found.in_view[:2]} == set(again.settings.favourites)
    at = [r.symbol for r in found.rows].index(third)
    found.go_to(at)
    QTest.keyClick(found, Qt.Key.Key_Space)
    assert third not in other.settings.favourites


@pytest.mark.qt_log_ignore("^This plugin does not support")  # popups, on the offscreen platform
def test_the_search_of_contracts_and_the_watchlist_share_their_stars(make: Callable[..., Window], qtbot: QtBot) -> None:
    w = make()
    rows = opened(w, qtbot).content.rows
    w.act.press("search")
    search = w.act.market.symbols
    assert search is not None
    search.field.setText("C123")
    search._filter()
    search.starred.emit("C123USDT")
    assert w.settings.favourites == ("C123USDT",)
    assert rows.in_view[0].symbol == "C123USDT"
    assert search.list.favourites == {"C123USDT"}
    search.hide()
    rows.starred.emit("C123USDT")
    assert search.list.favourites == frozenset()


def test_damaged_favourites_fall_back_and_are_named(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"favourites": ["BTCUSDT", "BTCUSDT"], "watch_by": "moon", "tape_side": "up"}')
    found = load(path)
    assert found.settings.favourites == ()
    assert found.settings.watch_by == "volume"
    assert "favourites, watch_by" in found.notices[0] or "favourites" in found.notices[0]


@pytest.mark.parametrize("way", ["enter", "double click", "filter"])
def test_a_row_switches_the_contract(make: Callable[..., Window], qtbot: QtBot, way: str) -> None:
    w = make()
    content = opened(w, qtbot).content
    sent: list[object] = []
    w.command.connect(sent.append)
    wanted = content.rows.in_view[4].symbol
    if way == "enter":
        content.rows.go_to(4)
        QTest.keyClick(content.rows, Qt.Key.Key_Return)
    elif way == "double click":
        QTest.mouseDClick(content.rows, Qt.MouseButton.LeftButton, pos=QPoint(60, 24 + 4 * 22 + 11))
    else:
        content.filter.setFocus()
        QTest.keyClicks(content.filter, wanted[:4].lower())
        assert [r.symbol for r in content.rows.rows] == [wanted]
        QTest.keyClick(content.filter, Qt.Key.Key_Return)
    assert sent == [SetSymbol(wanted)]
    assert w.settings.symbol == wanted


def test_the_contract_on_screen_is_not_loaded_anew(make: Callable[..., Window], qtbot: QtBot) -> None:
    w = make()
    rows = opened(w, qtbot).content.rows
    sent: list[object] = []
    w.command.connect(sent.append)
    rows.go_to(next(i for i, r in enumerate(rows.rows) if r.symbol == "BTCUSDT"))
    QTest.keyClick(rows, Qt.Key.Key_Return)
    assert sent == []


def test_only_while_it_is_seen_the_engine_is_asked(make: Callable[..., Window], qtbot: QtBot) -> None:
    w = make(favourites=("C001USDT",))
    sent: list[object] = []
    w.command.connect(sent.append)
    panel = opened(w, qtbot)
    assert sent == [SetWatch(("C001USDT",), True)]
    w.column.show_panel("watchlist", False)
    qtbot.waitUntil(lambda: len(sent) == 2)
    assert sent[1] == SetWatch(("C001USDT",), False)
    assert not panel.content.isVisible()


def test_a_watchlist_that_stands_before_the_engine_is_told_with_the_first_frame(furnish: Furnish, qtbot: QtBot) -> None:
    w = furnish(favourites=("C001USDT",))
    w.column.show_panel("watchlist")
    qtbot.waitUntil(w.column.panel("watchlist").isVisible)
    sent: list[object] = []
    w.command.connect(sent.append)  # as the engine is connected: after the window stands
    w.apply(frame())
    assert sent == [SetWatch(("C001USDT",), True)]
    w.apply(frame(serial=2))
    assert len(sent) == 1
    w.close()


def test_prices_of_another_source_are_let_go(make: Callable[..., Window], qtbot: QtBot) -> None:
    w = make()
    panel = opened(w, qtbot)
    w.apply(frame(epoch=2, source=source("demo"), watch=None))
    assert w.tickers == {}
    panel.show_frame(w.frame)  # type: ignore[arg-type]
    panel.content.refresh()
    assert all(math.isnan(r.price) for r in panel.content.rows.rows if r.symbol != "BTCUSDT")
    assert all(math.isnan(r.funding) for r in panel.content.rows.rows)


def test_rows_are_words_only_in_view_and_at_most_every_two_seconds(
    make: Callable[..., Window], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = make()
    panel = opened(w, qtbot)
    said: list[str] = []
    from liqdesk.ui.panels import watchrows

    monkeypatch.setattr(watchrows, "words_of", lambda row, by: said.append(row.symbol) or words_of(row, by))
    panel.content.rows.repaint()
    assert 0 < len(set(said)) <= panel.content.rows.rows_in_view()
    counted: list[int] = []
    monkeypatch.setattr(panel.content, "refresh", lambda keep_order=False: counted.append(1))
    panel.content._next = 0.0
    for _ in range(30):
        panel.show_frame(w.frame)  # type: ignore[arg-type]
    assert len(counted) == 1


def test_tips_say_what_is_missing_and_why(make: Callable[..., Window], qtbot: QtBot) -> None:
    w = make(favourites=("C005USDT", "C006USDT"))
    content = opened(w, qtbot).content
    by_name = {r.symbol: r for r in content.rows.rows}
    assert "Open interest −11.7 % in contracts" in content._tip(by_name["C005USDT"])
    assert "less than a day of its open interest is on record" in content._tip(by_name["C006USDT"])
    assert "asked for favourites alone" in content._tip(by_name["C009USDT"])
    assert "per 4 h" in content._tip(by_name["C009USDT"])
    assert "predicted; 0.0 s old" in content._tip(by_name["C009USDT"])
    assert "Funding: it has none" in content._tip(by_name["C007USDT"])
    assert "nothing has come of it yet" in content._tip(by_name[f"C{COUNT - 2:03d}USDT"])
    assert "changed 0.9 s ago" in content._tip(by_name["C005USDT"])
    rows = content.rows
    assert "sort by it" in rows.tip_at(rows.columns()[0][1] - 3, 5)
    assert "Favourite" in rows.tip_at(12, 40)


def test_zones_of_contracts_in_other_chart_windows_are_known_too() -> None:
    near = zone(Side.LONG, 1.0, 1.1, 5e5)
    rows = rows_of(universe().instruments, {}, None, (), "BTCUSDT", {"BTCUSDT": ZONES, "C010USDT": (near,)}, 67_000.0)
    by_name = {r.symbol: r for r in rows}
    assert by_name["BTCUSDT"].zone is ZONES[0]  # the nearer one may be chance
    assert by_name["C010USDT"].away == near.distance
    assert by_name["C011USDT"].zone is None


def test_rows_hold_still_under_the_pointer(make: Callable[..., Window], qtbot: QtBot) -> None:
    w = make(watch_by="change")
    content = opened(w, qtbot).content
    before = [r.symbol for r in content.rows.rows]
    w.set_tickers(tickers(seed=9))
    content.refresh(keep_order=True)
    assert [r.symbol for r in content.rows.rows] == before
    assert content.rows.rows[0].change == pytest.approx(w.tickers[before[0]].last / w.tickers[before[0]].open - 1)
    content.refresh()
    assert [r.symbol for r in content.rows.rows] != before


def test_an_empty_list_says_why(qtbot: QtBot, qapp: QApplication) -> None:
    rows = WatchRows(lambda row: row.symbol)
    qtbot.addWidget(rows)
    rows.resize(348, 300)
    assert rows.blank.words == "starting"
    rows.grab()
    assert rows.at is None
    QTest.keyClick(rows, Qt.Key.Key_Down)
    QTest.keyClick(rows, Qt.Key.Key_Return)
    assert rows.at is None
