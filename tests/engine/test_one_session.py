"""One symbol's state, driven by events and answers alone: no thread, no socket."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from liqdesk.alerts import AlertBook, PriceCrosses
from liqdesk.clock import VenueClock
from liqdesk.engine.inbox import Arrival
from liqdesk.engine.loading import Loading
from liqdesk.engine.market_map import MarketMap
from liqdesk.engine.minute import Need
from liqdesk.engine.recorder import Recorder
from liqdesk.engine.session import NEED_TRIES, Session
from liqdesk.engine.trail import held_at
from liqdesk.history import History
from liqdesk.market import (
    MINUTE_MS,
    Event,
    ForcedOrder,
    Instrument,
    Kline,
    MarkPrice,
    OpenInterest,
    Side,
    Trade,
)
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.venues.binance import backfill
from liqdesk.venues.binance.brackets import shipped_brackets
from liqdesk.venues.venue import Reply, Request

T0 = 1_780_000_020_000 - 1_780_000_020_000 % MINUTE_MS
SECOND = 1_000_000_000


def page(request: Request) -> np.ndarray:
    """Answer a back-fill request with a market that stands nearly still."""
    if request.kind is Reply.INTEREST_HISTORY:
        return np.array(
            [(t, 80_000.0, math.nan) for t in range(request.from_ms, request.to_ms, 5 * MINUTE_MS)], INTEREST
        )
    rows = []
    for t in range(request.from_ms, request.to_ms, request.span_ms):
        price = 60_000.0 * (1 + 0.01 * math.sin(t / 3e8))
        rows.append((t, price, price * 1.001, price * 0.999, price, request.span_ms / 600.0, request.span_ms / 1200.0))
    return np.array(rows, BAR)


class Stage:
    """A session with its clock and its wall time."""

    def __init__(self, *rules: PriceCrosses, history: History | None = None) -> None:
        self.clock = VenueClock()
        self.book = AlertBook(rules)
        self.loading = Loading(backfill.plan("BTCUSDT", T0))
        instrument = Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001)
        market_map = MarketMap(shipped_brackets().table("BTCUSDT"))
        self.session = Session(instrument, market_map, Recorder(history), self.book, self.clock, self.loading, T0, 1.0)
        self.wall_ns = time.monotonic_ns()
        self.trade_id = 100

    def load(self) -> None:
        while requests := self.loading.ask():
            for request in requests:
                self.loading.answer(request, page(request))
        self.beat()
        assert self.session.loaded

    def beat(self) -> None:
        self.session.beat(self.wall_ns, lambda: True)

    def say(self, kind: str, time_ms: int, *events: Event) -> None:
        self.session.arrival(Arrival("market", kind, self.wall_ns, time_ms, events))

    def run(self, seconds: int, price: float, start_ms: int) -> None:
        """Let marks and trades come, one of each a second, and a final candle each minute."""
        for i in range(seconds):
            t = start_ms + i * 1000
            self.wall_ns += SECOND
            self.say("mark", t, MarkPrice("BTCUSDT", t, price, price, 0.0001, T0 + 8 * 3_600_000))
            self.say("trade", t, Trade("BTCUSDT", self.trade_id, t, round(price * 10), 0.5, i % 2 == 0))
            self.trade_id += 1
            if t % MINUTE_MS == 0:
                self.candle(t - MINUTE_MS, price)
            self.beat()

    def candle(self, t0: int, price: float) -> None:
        kline = Kline("BTCUSDT", False, t0, MINUTE_MS, price, price, price, price, 30.0, 15.0, True)
        self.say("kline", t0 + MINUTE_MS, kline)


def test_it_is_whole_once_every_page_has_come_and_grows_by_minutes() -> None:
    stage = Stage()
    session = stage.session
    stage.beat()
    assert not session.loaded
    assert session.now is None
    stage.load()
    spans = {p.span_ms: p.last for p in session.map.published()}
    assert spans[MINUTE_MS] == T0 // MINUTE_MS - 1
    stage.run(185, 60_100.0, T0)
    assert {p.span_ms: p.last for p in session.map.published()}[MINUTE_MS] == T0 // MINUTE_MS + 2
    assert session.map.audit_error < 1e-9
    assert session.prices.mark == 60_100.0
    assert session.now is not None
    assert session.now.usd.sum() > 0
    assert len(session.imbalance) == 3
    assert session.gaps == []
    ledger = session.map.ledger(session.prices.mark, session.open_interest)
    assert ledger is not None
    for side in (ledger.long, ledger.short):
        assert side.liquidatable_usd + side.not_liquidatable_usd == pytest.approx(ledger.open_interest_usd, rel=1e-9)


def test_events_of_other_symbols_and_events_twice_change_nothing() -> None:
    stage = Stage()
    stage.load()
    stage.run(30, 60_100.0, T0)
    before = stage.session.prices
    t = T0 + 31_000
    stage.say("mark", t, MarkPrice("ETHUSDT", t, 3_000.0, 3_000.0, 0.1, 0))
    stage.say("trade", t, Trade("ETHUSDT", 1, t, 30_000, 1.0, True))
    stage.say("mark", T0, MarkPrice("BTCUSDT", T0, 1.0, 1.0, 0.1, 0))
    assert stage.session.prices == before
    forced = ForcedOrder("ETHUSDT", Side.SHORT, t, t, 3_000.0, 3_001.0, 2.0)
    for _ in range(3):
        stage.say("forced", t, forced)
    assert stage.session.new_forced == [forced], "orders of every symbol are shown, each once"


def test_an_alert_fires_once_the_map_is_whole_and_not_on_what_lies_behind() -> None:
    stage = Stage(PriceCrosses(id="up", symbol="BTCUSDT", price=60_050.0))
    stage.say("mark", T0, MarkPrice("BTCUSDT", T0, 60_000.0, 60_000.0, 0.0001, 0))
    stage.say("mark", T0 + 1000, MarkPrice("BTCUSDT", T0 + 1000, 60_100.0, 60_100.0, 0.0001, 0))
    assert stage.session.new_fired == [], "nothing fires before the map is whole"
    stage.load()
    stage.run(5, 60_000.0, T0 + 2_000)
    stage.run(5, 60_100.0, T0 + 7_000)
    assert [f.rule_id for f in stage.session.new_fired] == ["up"]


def test_a_need_that_is_never_filled_is_given_up_and_shown_as_a_gap() -> None:
    stage = Stage()
    session = stage.session
    stage.load()
    stage.run(70, 60_100.0, T0)
    session.on_link_lost()
    stage.trade_id += 50
    stage.run(120, 60_100.0, T0 + 200_000)
    asked = 0
    for _ in range(3 * NEED_TRIES):
        for need in session.wanted(stage.wall_ns):
            asked += 1
            if need.kind == "trades":
                session.repaired_trades(need, [])
            else:
                session.repaired_klines(need, [])
        stage.run(1, 60_100.0, T0 + 320_000 + asked * 1000)
    assert session.gaps, "the stretch that nobody could give back"
    assert session.gaps[0].from_ms >= T0
    assert asked <= 6 * NEED_TRIES
    number = {p.span_ms: p.last for p in session.map.published()}[MINUTE_MS]
    stage.run(130, 60_100.0, T0 + 600_000)
    assert {p.span_ms: p.last for p in session.map.published()}[MINUTE_MS] >= number


def test_a_failed_repair_is_asked_again_and_one_under_way_is_not() -> None:
    stage = Stage()
    stage.load()
    stage.run(70, 60_100.0, T0)
    stage.trade_id += 50
    stage.run(70, 60_100.0, T0 + 70_000)
    first = stage.session.wanted(stage.wall_ns)
    assert [n.kind for n in first] == ["trades"]
    assert first[0] == Need("trades", first[0].first, first[0].first + 50)
    assert stage.session.wanted(stage.wall_ns) == []
    stage.session.not_repaired(first[0])
    assert stage.session.wanted(stage.wall_ns) == first


def test_what_was_doubted_alone_is_taken_once_a_second_stamp_agrees() -> None:
    stage = Stage()
    stage.load()
    stage.run(5, 60_000.0, T0)
    later = T0 + 3_600_000
    stage.say("mark", later, MarkPrice("BTCUSDT", later, 60_500.0, 60_500.0, 0.0, 0))
    assert stage.session.prices.mark == 60_000.0
    stage.say("trade", later + 400, Trade("BTCUSDT", stage.trade_id, later + 400, 600_000, 1.0, True))
    assert stage.session.prices.mark == 60_500.0
    wrong = later + 86_400_000
    stage.say("mark", wrong, MarkPrice("BTCUSDT", wrong, 1.0, 1.0, 0.0, 0))
    stage.say("mark", later + 1_000, MarkPrice("BTCUSDT", later + 1_000, 60_501.0, 60_501.0, 0.0, 0))
    assert stage.session.prices.mark == 60_501.0


def test_a_candle_that_did_not_come_is_asked_for() -> None:
    stage = Stage()
    session = stage.session
    stage.load()
    stage.run(60, 60_100.0, T0)
    stage.run(59, 60_100.0, T0 + 61_000)  # the message of the first candle is missing
    assert session.wanted(stage.wall_ns) == [Need("bars", T0, T0 + MINUTE_MS)]
    session.new_bars.clear()
    kline = Kline("BTCUSDT", False, T0, MINUTE_MS, 1.0, 4.0, 0.5, 2.0, 9.0, 3.0, True)
    session.repaired_klines(Need("bars", T0, T0 + MINUTE_MS), [kline])
    assert [(b.span_ms, b.rows["t"].tolist(), b.rows["high"].tolist()) for b in session.new_bars] == [
        (MINUTE_MS, [T0], [4.0])
    ]
    assert session.wanted(stage.wall_ns) == []


def test_a_mark_that_cannot_be_sweeps_nothing_and_is_counted() -> None:
    plain, troubled = Stage(), Stage()
    for stage in (plain, troubled):
        stage.load()
        stage.run(90, 60_000.0, T0)
    for factor in (1.5, 0.5):
        t = T0 + 89_500 + round(factor * 100)
        troubled.say("mark", t, MarkPrice("BTCUSDT", t, 60_000.0 * factor, 1.0, 0.0, 0))
    for stage in (plain, troubled):
        stage.run(60, 60_010.0, T0 + 90_000)
    one, two = (s.session.map.density.standing() for s in (plain, troubled))
    assert np.array_equal(one, two)
    assert troubled.session.prices.mark == 60_010.0
    (odd,) = troubled.session.quality.oddities(T0 + 151_000)
    assert (odd.kind, odd.count) == ("mark leap", 2)
    assert plain.session.quality.oddities(T0 + 151_000) == ()


def test_open_interest_that_leaps_alone_is_no_sample() -> None:
    stage = Stage()
    stage.load()
    session = stage.session
    for seconds, contracts in ((10, 80_000.0), (20, 8e6), (30, 80_001.0)):
        session.on_interest(OpenInterest("BTCUSDT", T0 + seconds * 1_000, contracts, None), stage.wall_ns)
    assert session.interest["contracts"][-2:].tolist() == [80_000.0, 80_001.0]
    assert [o.kind for o in session.quality.oddities(T0 + 31_000)] == ["interest leap"]


def test_open_interest_that_leaps_from_the_record_with_every_other_sample_is_never_believed() -> None:
    stage = Stage()
    stage.load()
    session = stage.session
    for i in range(8):
        contracts = 80_000.0 if i % 2 else 3.2e6  # the first one sampled leaps from what the record ends with
        session.on_interest(OpenInterest("BTCUSDT", T0 + (i + 1) * 10_000, contracts, None), stage.wall_ns)
        assert session.open_interest == 80_000.0
    assert [(o.kind, o.count) for o in session.quality.oddities(T0 + 81_000)] == [("interest leap", 4)]


def test_open_interest_is_held_between_samples() -> None:
    stage = Stage()
    stage.load()
    session = stage.session
    session.on_interest(OpenInterest("BTCUSDT", T0 + 30_000, 90_000.0, None), stage.wall_ns)
    assert session.open_interest == 90_000.0
    held = held_at(session.interest, T0 + 29_999)
    assert held is not None
    assert held[1] == 80_000.0
    assert held_at(session.interest, T0 + 30_000) == (T0 + 30_000, 90_000.0)
    held = held_at(session.interest, 0)
    assert held is not None
    assert held[1] == 80_000.0, "before the first sample, the first one"
