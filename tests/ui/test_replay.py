"""Replay: what is shown of an earlier moment is what was frozen and printed by then, nothing later, and never taken for live."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pytest
from chart_scene import NOW, Scene, order, rule, scene, windows
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from liqdesk.engine.bookview import BookView
from liqdesk.engine.exporting import origin_of, source_words
from liqdesk.engine.frames import Bars, GapView, Progress, SourceKind, StreamStatus
from liqdesk.engine.gathering import MINUTE_USD
from liqdesk.engine.series import DayForced, SeriesView
from liqdesk.engine.then import Printed, Record, column_at, frame_then, reach, whole
from liqdesk.engine.whys import AskWhy
from liqdesk.insight import imbalance_of, zones_of
from liqdesk.insight.position import Position
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS, Side
from liqdesk.market.rows import BAR, FUNDING, INTEREST
from liqdesk.settings import Settings
from liqdesk.ui import picture
from liqdesk.ui.position.kept import origin_of as whose
from liqdesk.ui.tray import records
from liqdesk.ui.window import Window
from liqdesk.venues.binance.brackets import shipped_brackets

FIVE = 5 * MINUTE_MS
THEN = NOW // FIVE * FIVE - HOUR_MS // 2  # half an hour ago: drawn live
LONG_AGO = THEN - 2 * HOUR_MS  # only 5 min columns, computed afterwards
Make = Callable[..., Window]


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


def prints() -> tuple[object, ...]:
    """Return forced orders before, at and after the moment, one of another contract."""
    return (
        order(Side.LONG, THEN - 40_000, 66_000.0, 60_000.0),
        order(Side.SHORT, THEN - 1, 66_100.0, 20_000.0),
        order(Side.SHORT, THEN, 66_200.0, 30_000.0),
        order(Side.LONG, THEN + 3 * MINUTE_MS, 66_300.0, 90_000.0, "ETHUSDT"),
        order(Side.LONG, THEN + 12 * MINUTE_MS, 66_400.0, 250_000.0),
    )


def series() -> SeriesView:
    minutes = np.arange(THEN - 2 * DAY_MS, NOW, MINUTE_MS)
    interest = np.zeros(minutes.size, INTEREST)
    interest["t"], interest["contracts"] = minutes, 80_000 + np.arange(minutes.size)
    rates = np.zeros(minutes.size, FUNDING)
    rates["t"], rates["rate"] = minutes, 1e-4 + 1e-8 * np.arange(minutes.size)
    usd = np.zeros(minutes.size, MINUTE_USD)
    usd["t"], usd["long"], usd["short"] = minutes, 10.0, 20.0
    gap = (THEN - MINUTE_MS, THEN + MINUTE_MS)
    day = DayForced(14_400.0, 28_800.0, NOW - DAY_MS, 0)
    return SeriesView(interest, rates, (usd[:-30], usd[-30:]), THEN - 3 * HOUR_MS, (gap, (THEN + 1, THEN + 9)), day)


@pytest.fixture
def make(qtbot: QtBot, qapp: QApplication, market: Scene) -> Iterator[Make]:
    """Return a function that makes a shown window on the market, with orders and series."""
    chosen = Settings(first_run_done=True, sounds=False, candle_ms=FIVE, window_ms=12 * HOUR_MS)
    yield from windows(qtbot, qapp, market, chosen, new_forced=prints(), series=series())


def begun(window: Window, at_ms: float) -> Window:
    window.act.replaying.toggle()
    window.act.replaying.jump(at_ms)
    assert window.act.replaying.on
    assert window.chart is not None
    window.chart.refresh()
    window.turns.everything()
    return window


def test_a_moment_is_what_was_frozen_then(market: Scene) -> None:
    real, record = market.frame(series=series(), gaps=(GapView(THEN - 9, THEN + 9, "mark", "x"),)), Record("BTCUSDT")
    record.take(real.new_bars, prints())  # type: ignore[arg-type]
    then = frame_then(real, record, market.grid, THEN, -5)
    column = market.grid.ring(MINUTE_MS).read(THEN // MINUTE_MS - 1)
    assert column is not None
    assert then.now is not None
    assert then.now.usd == pytest.approx(column.usd)
    assert then.prices.mark == column.mark
    assert then.zones == zones_of(column.base, column.usd, column.mark, column.shares, real.spread)
    assert then.imbalance == imbalance_of(
        column.base, column.usd, column.mark, shares=column.shares, spread=real.spread
    )
    assert then.zones, "there is something to compare"
    assert then.venue_ms == THEN - 1
    assert [one.last for one in then.published] == [THEN // one.span_ms - 1 for one in real.published]
    before = market.bars[market.bars["t"] == THEN - MINUTE_MS]["close"][0]
    day_ago = market.bars[market.bars["t"] == THEN - MINUTE_MS - DAY_MS]["close"][0]
    assert then.prices.last == before
    assert then.prices.change_24h == pytest.approx(before / day_ago - 1)
    assert math.isnan(then.prices.index)
    assert then.gaps[0].to_ms == THEN
    assert then.funding.rate == pytest.approx(real.series.rates["rate"][real.series.rates["t"] < THEN][-1])  # type: ignore[union-attr]
    assert THEN <= then.funding.next_ms < THEN + 8 * HOUR_MS
    assert (then.funding.next_ms - real.funding.next_ms) % (8 * HOUR_MS) == 0
    assert then.open_interest == real.series.interest["contracts"][real.series.interest["t"] < THEN][-1]  # type: ignore[union-attr]
    assert then.series is not None
    assert then.series.day.long_usd == pytest.approx(10.0 * DAY_MS / MINUTE_MS)
    assert then.series.day.short_usd == pytest.approx(20.0 * DAY_MS / MINUTE_MS)
    assert then.series.day.from_ms == THEN - 3 * HOUR_MS
    assert then.series.day.missing_ms == MINUTE_MS
    assert then.series.forced_gaps == ((THEN - MINUTE_MS, THEN),)
    assert all(rows["t"].max(initial=0) < THEN for rows in (then.series.interest, then.series.rates))
    assert (then.ledger, then.squeeze, then.confluence, then.watch, then.why) == (None,) * 5
    assert (then.book, then.in_the_way) == (BookView(), ())


def test_coarser_columns_stand_for_what_is_older(market: Scene) -> None:
    published = market.frame().published
    live, old = column_at(market.grid, published, THEN), column_at(market.grid, published, LONG_AGO)
    assert live is not None
    assert (live.span_ms, live.afterwards) == (MINUTE_MS, False)
    assert old is not None
    assert (old.span_ms, old.afterwards) == (FIVE, True)
    assert column_at(market.grid, published, NOW - 30 * DAY_MS) is None
    ends = reach(published)
    assert ends is not None
    assert ends[1] == NOW
    assert ends[0] == (market.grid.rings[-1].first + 1) * market.grid.rings[-1].span_ms
    assert reach(()) is None
    empty = frame_then(market.frame(), Record("BTCUSDT"), market.grid, NOW - 30 * DAY_MS, -5)
    assert (empty.now, empty.zones, empty.imbalance) == (None, (), ())
    assert math.isnan(empty.prices.last)


def test_orders_are_kept_packed_and_whole() -> None:
    kept = Printed(3)
    assert kept.read(0, NOW * 2) == ()
    kept.add(prints()[:2])  # type: ignore[arg-type]
    assert kept.read(0, NOW) == prints()[:2]
    kept.add(prints()[2:])  # type: ignore[arg-type]
    assert kept.read(0, NOW) == prints()[2:], "the oldest give way"
    assert kept.read(THEN, THEN + MINUTE_MS) == prints()[2:3]
    assert kept.read(0, NOW, 100_000.0) == prints()[4:]


def test_orders_of_other_contracts_cost_none_of_this_one() -> None:
    record = Record("BTCUSDT")
    record.take((), prints())  # type: ignore[arg-type]
    many = [order(Side.LONG, THEN + 14 * MINUTE_MS + k, 2_000.0, 9e6, "ETHUSDT") for k in range(2_000)]
    record.take((), many)
    mine = [o for o in prints() if o.symbol == "BTCUSDT"]  # type: ignore[attr-defined]
    held = record.orders(0, NOW)
    assert [o for o in held if o.symbol == "BTCUSDT"] == mine
    assert [o for o in held if o.symbol != "BTCUSDT"] == many[-1_500:], "as many as the tape keeps"
    assert [o.event_ms for o in held] == sorted(o.event_ms for o in held)
    assert record.next_order(THEN, 100_000.0) == mine[-1]
    assert record.next_order(THEN, 1e6) is None


def test_bars_come_once_and_end_by_the_moment(market: Scene) -> None:
    record = Record("BTCUSDT")
    record.take((Bars(MINUTE_MS, market.bars),), ())
    first, more = record.bars(0, THEN), record.bars(THEN, THEN + FIVE)
    assert {one.span_ms for one in first} == {MINUTE_MS, FIVE, 15 * MINUTE_MS}
    assert all((one.rows["t"] + one.span_ms).max() <= THEN for one in first)
    minutes = next(one.rows for one in more if one.span_ms == MINUTE_MS)
    assert minutes["t"].tolist() == [THEN + k * MINUTE_MS for k in range(5)]
    copied = Record("BTCUSDT")
    copied.copy(record.book)
    for span in (MINUTE_MS, FIVE, 15 * MINUTE_MS):
        assert (copied.book.bars(span, 0, 1 << 60) == record.book.bars(span, 0, 1 << 60)).all()


def test_nothing_of_later_is_shown(make: Make) -> None:
    window = make()
    chart = window.chart
    assert chart is not None
    s = chart.state
    chart.refresh()
    cells = [(THEN - k * FIVE, s.mark * up) for k in range(2, 9) for up in (0.975, 1.025)]
    before = [chart.cell_value(*cell) for cell in cells]
    begun(window, THEN)
    assert [chart.cell_value(*cell) for cell in cells] == before, "the past is not painted anew"
    assert None not in before
    assert s.candles["t"].max() == THEN - FIVE
    assert s.orders["t"].tolist() == [THEN - 40_000, THEN - 1]
    shown = window.state()
    assert shown["frame"]["source"] == "replay"  # type: ignore[index]
    assert shown["frame"]["venue_ms"] == THEN - 1  # type: ignore[index]
    assert len(window.column.tape.content.shown) == 2
    edge = chart.plot.width() - 1
    assert s.lens.time(edge) < THEN + 3 * s.lens.ms_per_px + FIVE
    assert chart.cell_value(THEN - 1, s.mark * 1.02) is not None
    assert chart.cell_value(THEN + FIVE, s.mark * 1.02) is None
    then = window.frame
    assert then is not None
    assert then.now is not None
    assert window.topbar.state()["price.last"]["value"] == then.prices.last
    assert window.column.state()["zones.count"]["value"] == len(then.zones)


def test_it_is_never_taken_for_live(make: Make, qtbot: QtBot) -> None:
    window = begun(make(), THEN)
    chart = window.chart
    assert chart is not None
    assert window.topbar.pill.text() == "REPLAY · not live"
    assert window.topbar.pill.token == "demo"
    assert window.topbar.venue.text == "Replay"
    assert window.topbar.replay.isChecked()
    assert chart.ribbon.text == "REPLAY  ·  map as it was drawn then  ·  nothing here is live"
    assert not chart.state.live
    assert "REPLAY" in window.windowTitle()
    assert window.act.replaying.bar is not None
    assert window.act.replaying.bar.isVisible()
    window.act.replaying.jump(LONG_AGO)
    chart.refresh()
    assert "map computed afterwards" in chart.ribbon.text
    frame = window.frame
    assert frame is not None
    assert picture.file_name(frame).startswith("liqdesk-BTCUSDT-replay-")
    assert source_words(frame.source) == "REPLAY of an earlier moment, not live: Binance data"
    assert origin_of(frame).age_s is None
    assert whose(frame.source) == "binance", "the position of this market stays"
    assert records(frame, True), "what comes meanwhile is recorded"
    demo = msgspec.structs.replace(frame.source, of=SourceKind.DEMO)
    assert "DEMO" in source_words(demo)
    assert whose(demo) == "demo"


def test_steps_keep_the_view_and_go_both_ways(make: Make) -> None:
    window = begun(make(), THEN)
    chart, replaying = window.chart, window.act.replaying
    assert chart is not None
    span = chart.state.lens.t1 - chart.state.lens.t0
    replaying.forward()
    chart.refresh()
    assert chart.state.candles["t"].max() == THEN
    assert chart.state.orders["t"].tolist() == [THEN - 40_000, THEN - 1, THEN]
    replaying.forward()
    replaying.back()
    replaying.back()
    chart.refresh()
    assert chart.state.candles["t"].max() == THEN - FIVE
    assert chart.state.orders["t"].tolist() == [THEN - 40_000, THEN - 1]
    assert chart.state.lens.t1 - chart.state.lens.t0 == span
    window.choose_candle(15 * MINUTE_MS)
    replaying.forward()
    assert window.frame is not None
    assert (window.frame.venue_ms + 1) % (15 * MINUTE_MS) == 0


def test_the_end_and_the_beginning_hold(make: Make, market: Scene) -> None:
    window = begun(make(), 0)
    replaying, bar = window.act.replaying, window.act.replaying.bar
    assert bar is not None
    first, at, newest = bar.track.held
    assert first <= at < first + HOUR_MS
    assert not math.isnan(window.frame.prices.mark if window.frame is not None else math.nan)
    replaying.back()
    assert bar.track.held[1] == at
    replaying.jump(NOW + DAY_MS)
    at = bar.track.held[1]
    assert NOW - FIVE < at <= NOW
    replaying.forward()
    assert bar.track.held[1] == at
    replaying.play()
    assert replaying.playing
    replaying._play_on()
    assert not replaying.playing, "there is nothing further"
    assert newest == NOW


def test_it_plays_candle_by_candle(make: Make, qtbot: QtBot) -> None:
    window = begun(make(), THEN)
    replaying, bar = window.act.replaying, window.act.replaying.bar
    assert bar is not None
    bar.speeds.choose(10)
    QTest.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    assert replaying.playing
    assert replaying._timer.interval() == 100
    seen: list[int] = []
    window.frame_shown.connect(lambda: seen.append(window.frame.venue_ms if window.frame is not None else 0))
    qtbot.waitUntil(lambda: len(seen) >= 3, timeout=20_000)
    QTest.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    assert not replaying.playing
    assert np.diff([THEN - 1, *seen]).tolist() == [FIVE] * len(seen)


def test_the_next_large_liquidation_of_this_contract(make: Make) -> None:
    window = begun(make(), THEN)
    replaying, bar = window.act.replaying, window.act.replaying.bar
    assert bar is not None
    assert "$150K" in bar.onward.toolTip()
    bar.onward.click()
    assert bar.track.held[1] == (THEN + 12 * MINUTE_MS) // FIVE * FIVE + FIVE
    assert window.chart is not None
    assert window.chart.state.orders["usd"].max() == pytest.approx(250_000.0)
    at = bar.track.held[1]
    bar.onward.click()
    assert bar.track.held[1] == at
    message = window.stage.toast.message
    assert message is not None
    assert message.headline == "No further liquidation"
    window.change(bubble_min_usd=500_000.0)
    replaying.jump(THEN)
    bar.onward.click()
    assert bar.track.held[1] == THEN
    assert "$500K" in bar.onward.toolTip()


def test_what_comes_meanwhile_is_there_afterwards(make: Make, market: Scene) -> None:
    window = begun(make(), THEN)
    chart = window.chart
    assert chart is not None
    stream = StreamStatus("mark", 0.4, 5.0, 1.0, 0)
    late = np.zeros(1, BAR)
    late["t"], late["open"], late["high"], late["low"], late["close"] = NOW + MINUTE_MS, 1.0, 2.0, 0.5, 1.5
    more = order(Side.LONG, NOW + 500, 66_900.0, 70_000.0)
    taken: list[int] = []
    window.frame_taken.connect(lambda: taken.append(1))
    window.apply(
        market.frame(
            serial=2,
            venue_ms=NOW + 1_000,
            new_bars=(Bars(MINUTE_MS, late),),
            new_forced=(more,),
            streams=(stream,),
            rules=(msgspec.structs.replace(rule(70_000.0), quiet_until_ms=NOW + 60_000),),
        )
    )
    assert taken == [1]
    assert window.frame is not None
    assert window.frame.venue_ms == THEN - 1, "the moment stays"
    assert window.frame.streams == (stream,), "the age of the feed is the feed's"
    assert window.frame.feed_ms == NOW + 1_000, "and rules go by its time"
    window.turns.everything()
    rules = window.column.alerts.content.rows
    assert [row.note for row in rules] == ["quiet 59 s"]
    assert len(chart.state.orders) == 2
    window.act.replaying.leave()
    chart.refresh()
    assert window.frame.source.kind is SourceKind.LIVE
    assert window.frame.venue_ms == NOW + 1_000
    assert chart.state.orders["t"].tolist()[-1] == NOW + 500
    assert len(chart.state.orders) == len([o for o in prints() if o.symbol == "BTCUSDT"]) + 1  # type: ignore[attr-defined]
    assert chart.series.book.newest_ms == NOW + MINUTE_MS
    assert not window.act.replaying.bar.isVisible()  # type: ignore[union-attr]
    assert window.topbar.pill.text().startswith("live")
    assert taken == [1], "leaving asks for no frame of the engine"
    kept = chart.series.book.bars(MINUTE_MS, 0, 1 << 60)
    assert (kept[:-1] == market.bars).all()


def test_a_position_gains_nothing_before_it_was_there(make: Make) -> None:
    window = make(brackets=shipped_brackets().table("BTCUSDT"))
    chart = window.chart
    assert chart is not None
    window.act.mine.keep(Position(Side.LONG, 66_900.0, 0.5, 25.0))
    chart.refresh()
    assert any("USD" in line.text for line in chart.state.mine)
    begun(window, THEN)
    assert len(chart.state.mine) == 2
    assert all("USD" not in line.text and "away" not in line.text for line in chart.state.mine)
    window.act.replaying.leave()
    chart.refresh()
    assert any("USD" in line.text for line in chart.state.mine)


def test_another_market_ends_it(make: Make, market: Scene) -> None:
    window = begun(make(), THEN)
    window.apply(market.frame(epoch=2))
    assert not window.act.replaying.on
    assert window.frame is not None
    assert window.frame.epoch == 2
    assert not window.act.replaying.bar.isVisible()  # type: ignore[union-attr]
    assert any("Replay ended" in event.words for event in window.shell.journal.events)


def test_it_waits_for_a_map(make: Make) -> None:
    window = make(progress=Progress(1, 30, "loading"))
    window.act.press("replay")
    assert not window.act.replaying.on
    message = window.stage.toast.message
    assert message is not None
    assert message.headline == "Nothing to replay yet"


def test_a_cell_is_explained_by_the_column_of_then(make: Make) -> None:
    window = begun(make(), THEN)
    asked: list[object] = []
    window.command.connect(asked.append)
    window.act.replaying.ask_why(AskWhy(1, window.frame.epoch if window.frame else 0, 9, 0, (5,), None, None))
    assert asked == [AskWhy(1, 1, 9, 0, (5,), MINUTE_MS, THEN // MINUTE_MS - 1)]
    window.act.replaying.leave()
    window.act.replaying.ask_why(AskWhy(2, 1, 9, 0, (5,), None, None))
    assert asked[-1] == AskWhy(2, 1, 9, 0, (5,), None, None)


def test_hand_and_keys(make: Make, qtbot: QtBot) -> None:
    window = begun(make(), THEN)
    bar = window.act.replaying.bar
    assert bar is not None
    track = bar.track
    middle = round(track.x_of((track.held[0] + track.held[2]) / 2))
    QTest.mouseClick(track, Qt.MouseButton.LeftButton, pos=QPoint(middle, track.height() // 2))
    first, at, newest = track.held
    assert abs(at - (first + newest) / 2) < HOUR_MS
    QTest.keyClick(track, Qt.Key.Key_Right)
    step = track.held[1] - at
    assert step == FIVE
    QTest.keyClick(track, Qt.Key.Key_Left)
    assert track.held[1] == at
    for name, moved in (("replay_forward", step), ("replay_back", 0)):
        window.act.press(name)
        assert track.held[1] == at + moved
    window.act.press("replay")
    assert not window.act.replaying.on
    assert "J" in bar.leave.toolTip()


@pytest.mark.parametrize("width", [1_366, 900])
def test_the_row_fits(make: Make, width: int) -> None:
    window = begun(make(width=width), THEN)
    bar = window.act.replaying.bar
    assert bar is not None
    QApplication.processEvents()
    parts = [
        p
        for p in (bar.back, bar.play, bar.forward, bar.time, bar.track, bar.caption, bar.speeds, bar.onward, bar.leave)
        if p.isVisible()
    ]
    for one, two in itertools.pairwise(parts):
        assert one.geometry().right() < two.geometry().left()
        assert one.width() >= one.minimumSizeHint().width()
    assert parts[-1].geometry().right() <= bar.width()
    assert bar.leave in parts
    state = bar.state()
    assert state["replay.time"]["value"] == THEN
    assert state["replay.time"]["text"] == bar.time.text
    assert window.chart is not None
    assert window.chart.geometry().bottom() < bar.geometry().top()


def test_whole_is_all_there_was(market: Scene) -> None:
    record = Record("BTCUSDT")
    record.take((Bars(MINUTE_MS, market.bars),), prints())  # type: ignore[arg-type]
    again = whole(market.frame(new_bars=(), new_forced=()), record)
    assert again.new_forced == prints()
    assert (next(b.rows for b in again.new_bars if b.span_ms == MINUTE_MS) == market.bars).all()
