"""What the alert rules are shown, and what they are not: nothing of before a sleep, and no map that has not caught up."""

from __future__ import annotations

from pathlib import Path

from test_one_session import MINUTE_MS, SECOND, T0, Stage

from liqdesk.alerts import AlertBook, ImbalanceBeyond, PriceCrosses, ZoneNear
from liqdesk.engine.inbox import Arrival
from liqdesk.engine.minute import Need
from liqdesk.engine.trail import SEEN, ForcedTrail
from liqdesk.engine.watching import Watch
from liqdesk.history import History
from liqdesk.insight import Imbalance, Zone
from liqdesk.market import ForcedOrder, Instrument, Kline, MarkPrice, Side, Ticker, Tickers, Trade
from liqdesk.model.axis import display_bin_of as row_of

BTC = Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001)
ZONE = Zone(Side.LONG, 59_000.0, 59_900.0, 59_500.0, 5e6, 1e6, -0.001)
TILT = Imbalance(0.02, 5e6, 1e6)
RULES = (
    ZoneNear(id="zone", symbol="BTCUSDT", within=0.01, min_usd=1e6, cooldown_s=1.0),
    ImbalanceBeyond(id="tilt", symbol="BTCUSDT", radius=0.02, threshold=-0.5, either=True, cooldown_s=1.0),
    PriceCrosses(id="price", symbol="BTCUSDT", price=60_050.0, cooldown_s=1.0),
)


class Looking:
    """A watch, with marks shown to it as a session does."""

    def __init__(self) -> None:
        self.watch = Watch(AlertBook(RULES), BTC, 1.0)

    def mark(
        self, time_ms: int, price: float = 60_000.0, late_ms: int = 0, map_until_ms: int | None = None
    ) -> list[str]:
        until = time_ms - 30_000 if map_until_ms is None else map_until_ms
        event = MarkPrice("BTCUSDT", time_ms, price, price, 0.0001, 0)
        fired = self.watch.look(event, time_ms, time_ms + late_ms, until, (ZONE,), (TILT,), 0.0001, ())
        self.watch.passed(event)
        return sorted(f.rule_id for f in fired)


def test_a_current_map_and_current_marks_are_shown() -> None:
    looking = Looking()
    assert looking.mark(T0) == ["tilt", "zone"]
    assert looking.mark(T0 + 2_000, 60_100.0) == ["price", "tilt", "zone"]


def test_a_map_that_waits_for_its_minutes_is_not_shown_but_prices_are() -> None:
    looking = Looking()
    looking.mark(T0)
    assert looking.mark(T0 + 5_000, 60_100.0, map_until_ms=T0 - 5 * MINUTE_MS) == ["price"]
    assert looking.mark(T0 + 8_000, 60_100.0) == ["tilt", "zone"], "it has caught up"


def test_on_waking_nothing_of_before_is_news() -> None:
    looking = Looking()
    looking.mark(T0, 60_000.0)
    wake = T0 + 8 * 3_600_000
    looking.watch.woke(wake)
    old = T0 + 1_000
    assert looking.mark(old, 60_100.0, late_ms=wake - old) == [], "it lay in a buffer through the night"
    behind = T0 - MINUTE_MS
    assert looking.mark(wake + 500, 60_020.0, map_until_ms=behind) == [], "no price was crossed that anybody saw"
    assert looking.mark(wake + 1_500, 60_040.0, map_until_ms=behind) == [], "the map is of yesterday"
    assert looking.mark(wake + 2_500, 60_060.0, map_until_ms=behind) == ["price"], "this one was seen"
    assert looking.mark(wake + 9_500, 60_060.0) == ["tilt", "zone"]


def test_a_wrong_idea_of_the_time_at_waking_silences_nothing_for_long() -> None:
    looking = Looking()
    looking.watch.woke(T0 + 10**9)
    assert looking.mark(T0 + 20_000, late_ms=100) == ["tilt", "zone"]


def test_the_rules_see_the_first_whole_map_at_once_and_only_with_a_mark_that_is_not_stale() -> None:
    tilt = ImbalanceBeyond(id="tilt", symbol="BTCUSDT", radius=0.05, threshold=1e-6, either=True)
    price = PriceCrosses(id="price", symbol="BTCUSDT", price=60_050.0)
    for age_ms, found in ((0, ["tilt"]), (29_000, ["tilt"]), (31_000, []), (None, [])):
        stage = Stage(tilt, price)
        session = stage.session
        if age_ms is not None:
            for t, mark in ((T0, 60_000.0), (T0 + 1_000, 60_100.0)):
                stage.say("mark", t, MarkPrice("BTCUSDT", t, mark, mark, 0.0001, 0))
            assert session.new_fired == []
            stage.wall_ns += age_ms * 1_000_000
        stage.load()
        assert session.imbalance or age_ms is None
        assert [f.rule_id for f in session.new_fired] == found, (
            "in the beat that has the map; no price was crossed in it"
        )
        assert all(f.time_ms == T0 + 1_000 for f in session.new_fired)
        if found:
            row = next(i for i in session.imbalance if i.radius == 0.05)
            assert f"{abs(row.ratio) * 100:.0f} %" in session.new_fired[0].headline
            stage.wall_ns += SECOND
            stage.beat()
            assert len(session.new_fired) == 1


def test_a_session_that_slept_waits_for_what_it_missed_and_fires_nothing_false() -> None:
    stage = Stage(PriceCrosses(id="price", symbol="BTCUSDT", price=60_500.0, cooldown_s=1.0))
    session = stage.session
    stage.load()
    stage.run(70, 60_100.0, T0)
    session.clock.skip(3_600 * SECOND)
    session.woke(stage.wall_ns)
    stage.trade_id += 70_000
    stage.run(70, 61_000.0, T0 + 3_670_000)
    assert session.new_fired == []
    kinds = {n.kind for n in session.wanted(stage.wall_ns)}
    assert {"klines", "marks"} <= kinds, "an hour is fetched in minutes"


def order(number: int) -> ForcedOrder:
    return ForcedOrder("BTCUSDT", Side.LONG, T0 + number, T0 + number + 1_000, 60_000.0, 59_800.0, 1.0)


def test_a_forced_order_is_new_once_however_often_it_comes() -> None:
    trail = ForcedTrail("BTCUSDT")
    for number in range(SEEN + 100):
        assert trail.take(order(number))
        assert not trail.take(order(max(0, number - 50)))
    assert len(trail._seen) == SEEN


def kline(time_ms: int, close: float, closed: bool) -> Arrival:
    bar = Kline("BTCUSDT", False, T0, MINUTE_MS, 60_000.0, 60_200.0, 59_900.0, close, 5.0, 2.0, closed)
    return Arrival("market", "kline", time_ms, time_ms, (bar,))


def test_a_candle_that_was_overtaken_changes_nothing() -> None:
    """Two connections bring each frame twice, and not always in the same order."""
    session = Stage().session
    for message in (kline(T0 + 60_100, 60_150.0, True), kline(T0 + 59_900, 60_100.0, False)):
        session.arrival(message)
    assert [float(bars.rows["close"][0]) for bars in session.new_bars] == [60_150.0]
    assert session.meters.statuses(T0, 0, 0)[6].events == 2, "both are counted"


def test_an_open_candle_is_shown_and_neither_kept_nor_taken_for_whole(tmp_path: Path) -> None:
    """Its final frame was missed: it is asked for again."""
    with History.open(tmp_path / "history.sqlite", tmp_path / "lock") as history:
        stage = Stage(history=history)
        stage.load()
        before = len(history.bars("BTCUSDT", MINUTE_MS, False, T0))
        stage.session.new_bars.clear()
        stage.session.arrival(kline(T0 + 30_000, 60_100.0, False))
        assert [float(bars.rows["close"][0]) for bars in stage.session.new_bars] == [60_100.0]
        history.commit()
        assert len(history.bars("BTCUSDT", MINUTE_MS, False, T0)) == before == 0
        stage.session.arrival(kline(T0 + 60_100, 60_150.0, True))
        history.commit()
        assert history.bars("BTCUSDT", MINUTE_MS, False, T0)["close"].tolist() == [60_150.0]


def test_a_candle_whose_end_was_missed_is_asked_for_again() -> None:
    stage = Stage()
    stage.load()
    stage.run(40, 60_000.0, T0)
    stage.say("kline", T0 + 30_000, *kline(T0 + 30_000, 60_100.0, False).events)
    missed = Need("bars", T0, T0 + MINUTE_MS)
    assert missed not in stage.session.wanted(stage.wall_ns), "it is still open"
    stage.wall_ns += 40 * SECOND
    assert missed in stage.session.wanted(stage.wall_ns)


def test_a_mark_some_seconds_ahead_of_the_clock_is_taken() -> None:
    stage = Stage()
    stage.load()
    stage.run(3, 60_000.0, T0)
    ahead = T0 + 2_000 + 4_900
    stage.say("mark", ahead, MarkPrice("BTCUSDT", ahead, 60_010.0, 60_010.0, 0.0001, T0 + 8 * 3_600_000))
    assert (stage.session.prices.mark, stage.session.prices.mark_ms) == (60_010.0, ahead)


def test_a_mark_that_was_overtaken_is_kept_and_does_not_turn_the_price_back(tmp_path: Path) -> None:
    """Where one socket takes over from another, two marks may come the wrong way round."""
    with History.open(tmp_path / "history.sqlite", tmp_path / "lock") as history:
        stage = Stage(history=history)
        for t, price in ((T0, 60_000.0), (T0 + 2_000, 60_020.0), (T0 + 1_000, 60_010.0), (T0 + 2_000, 60_020.0)):
            stage.say("mark", t, MarkPrice("BTCUSDT", t, price, price, 0.0001, T0 + 8 * 3_600_000))
        assert stage.session.prices.mark == 60_020.0
        history.commit()
        assert history.marks("BTCUSDT").tolist() == [(T0, 60_000.0), (T0 + 1_000, 60_010.0), (T0 + 2_000, 60_020.0)]


def test_a_ticker_that_was_overtaken_changes_nothing() -> None:
    session = Stage().session
    for time_ms, last in ((T0 + 2_000, 61_000.0), (T0 + 1_000, 60_000.0)):
        row = Ticker("BTCUSDT", time_ms, last, 59_000.0, 62_000.0, 58_000.0, 1.0, 1.0)
        session.arrival(Arrival("market", "ticker", time_ms, time_ms, (Tickers((row,)),)))
    assert session.tickers["BTCUSDT"].last == 61_000.0


def test_a_frame_of_many_symbols_is_not_the_universe() -> None:
    """The venue tells of its symbols in two frames a second, and of tickers only what changed."""
    session = Stage().session
    rows = [Ticker(s, T0, 2.0, 1.0, 3.0, 1.0, 1.0, 1.0) for s in ("BTCUSDT", "XAUUSDT")]
    for row in rows:
        session.arrival(Arrival("market", "ticker", 0, T0, (Tickers((row,)),)))
    assert set(session.tickers) == {"BTCUSDT", "XAUUSDT"}
    marks = [MarkPrice(s, T0 + 1_000, 60_000.0, 60_000.0, 0.0001, 0) for s in ("BTCUSDT", "XAUUSDT")]
    session.arrival(Arrival("market", "mark", 0, T0 + 1_000, (marks[0],)))
    session.arrival(Arrival("market", "mark", 0, T0 + 1_684, (marks[1],)))
    assert session.prices.mark == 60_000.0
    assert session.prices.mark_ms == T0 + 1_000


def test_alerts_and_the_map_follow_the_mark_and_not_the_last_trade() -> None:
    """What is liquidated is liquidated by the mark; trades print through levels that the mark never reaches."""
    stage = Stage(PriceCrosses(id="price", symbol="BTCUSDT", price=60_500.0, cooldown_s=1.0))
    stage.load()
    stage.run(60, 60_000.0, T0)
    session = stage.session
    for i in range(90):
        t = T0 + 60_000 + i * 1_000
        stage.wall_ns += SECOND
        stage.say("mark", t, MarkPrice("BTCUSDT", t, 60_000.0, 60_000.0, 0.0001, 0))
        stage.say("trade", t, Trade("BTCUSDT", stage.trade_id, t, 612_000, 0.5, True))
        stage.trade_id += 1
        stage.beat()
    assert session.prices.last == 61_200.0
    assert session.new_fired == []
    assert session.now is not None
    assert session.now.mark == 60_000.0
    column = session.map.grid.ring(MINUTE_MS).read((T0 + MINUTE_MS) // MINUTE_MS)
    assert column is not None
    swept = slice(row_of(60_100.0) - column.base, row_of(60_900.0) - column.base)
    assert column.basis[5:, swept].sum() > 0, "shorts between mark and last still stand"
