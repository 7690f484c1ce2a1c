"""Touch odds as the engine keeps them: said every half hour, stored for good, held against what came, read again after a restart."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from support.month import START_MS, Month

from liqdesk.alerts import AlertBook
from liqdesk.clock import VenueClock
from liqdesk.engine.loading import Loading
from liqdesk.engine.market_map import MarketMap
from liqdesk.engine.odds import Odds, Said
from liqdesk.engine.recorder import Recorder
from liqdesk.engine.session import Session
from liqdesk.history import ODDS, History
from liqdesk.insight import Zone
from liqdesk.insight.touch import KNOTS, ODDS_VERSION, TICK_MS
from liqdesk.insight.volatility import HORIZONS_MS
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS, Instrument, Side
from liqdesk.venues.binance.brackets import shipped_brackets

SYMBOL = "BTCUSDT"
LIVE_MS = START_MS - 4 * HOUR_MS  # from here on the minutes come one by one


@pytest.fixture(scope="module")
def month() -> Month:
    return Month(2, 12)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = History.open(tmp_path / "history.sqlite", tmp_path / "lock")
    yield opened
    opened.close()


class Living:
    """A real session whose minutes are those of a simulated month."""

    def __init__(self, month: Month, from_ms: int, until_ms: int) -> None:
        clock = VenueClock(0.0)
        clock.observe(until_ms, time.monotonic_ns())
        table = shipped_brackets().table(SYMBOL)
        instrument = Instrument(SYMBOL, "BTC", "USDT", 0.1, 0.001)
        arguments = (Recorder(None), AlertBook(()), clock, Loading(()), until_ms, 1.0)
        self.session = Session(instrument, MarketMap(table), *arguments)
        self._steps = month.steps
        self.now_ms = from_ms
        self.go_on(until_ms)
        self.session.beat(time.monotonic_ns(), lambda: True)
        assert self.session.loaded

    def go_on(self, until_ms: int) -> None:
        """Let the minutes up to a moment come."""
        steps = self._steps
        self.session.map.queue_steps(steps.select((steps.t0 >= self.now_ms) & (steps.t1 <= until_ms)), MINUTE_MS)
        while self.session.map.load_slice():
            pass
        self.now_ms = until_ms


def say(odds: Odds, living: Living) -> None:
    for _ in range(6):
        odds.beat(living.session, living.now_ms + 5_000)


def rows_of(history: History) -> dict[int, Said]:
    return {r.t_ms: msgspec.msgpack.decode(r.body, type=Said) for r in history.records(SYMBOL, ODDS)}


def zone(low: float, high: float) -> Zone:
    return Zone(Side.SHORT, low, high, (low + high) / 2, 1e6, 5e5, 0.0)


def test_odds_are_said_kept_and_held_against_what_came(month: Month, history: History) -> None:
    living = Living(month, month.begin_ms, LIVE_MS)
    odds = Odds(SYMBOL, history)
    odds.beat(living.session, LIVE_MS)
    assert odds.curves == ()  # a horizon a beat
    say(odds, living)
    assert [c.horizon_ms for c in odds.curves] == list(HORIZONS_MS)
    rows = rows_of(history)
    assert all(row.back and row.held == () for t, row in rows.items() if t < LIVE_MS)
    assert len(rows) == pytest.approx((LIVE_MS - month.begin_ms - DAY_MS / 2) / TICK_MS, abs=4)
    cases = odds.curves[0].cases
    while living.now_ms < START_MS:
        living.go_on(living.now_ms + TICK_MS)
        say(odds, living)
    assert odds.curves[0].cases == cases + (START_MS - LIVE_MS) // TICK_MS
    assert odds.curves[0].cases > odds.curves[0].back > 0
    rows = rows_of(history)
    bars = month.mark_bars
    for t in (LIVE_MS + TICK_MS, START_MS - 3 * HOUR_MS, START_MS):
        row = rows[t]
        assert not row.back
        assert len(row.held) == len(HORIZONS_MS)
        assert len(row.held[0]) == len(KNOTS)
        at = int(np.searchsorted(bars["t"], t))
        assert row.mark == pytest.approx(bars["close"][at - 1])
        for h, horizon in enumerate(HORIZONS_MS):
            n = horizon // MINUTE_MS
            start = bars["close"][at - n - 1]
            up = max(math.log(bars["high"][at - n : at].max() / start), 0)
            down = max(math.log(start / bars["low"][at - n : at].min()), 0)
            assert row.came[h] == pytest.approx((up, down), abs=1e-12)


def test_after_a_restart_what_was_said_still_stands(month: Month, history: History) -> None:
    living = Living(month, month.begin_ms, START_MS - 2 * HOUR_MS)
    first = Odds(SYMBOL, history)
    say(first, living)
    for _ in range(3):
        living.go_on(living.now_ms + TICK_MS)
        say(first, living)
    before = {r.t_ms: r.body for r in history.records(SYMBOL, ODDS)}
    live = {t for t, row in rows_of(history).items() if not row.back}
    assert len(live) >= 3
    again = Odds(SYMBOL, history)
    short = Living(month, START_MS - 4 * DAY_MS, START_MS)  # most of the path is not at hand any more
    say(again, short)
    after = {r.t_ms: r.body for r in history.records(SYMBOL, ODDS)}
    assert {t: body for t, body in after.items() if t in before} == before
    assert again.curves[0].cases >= first.curves[0].cases
    assert again.curves[0].back <= again.curves[0].cases - len(live) + 1
    alone = Odds(SYMBOL, None)
    say(alone, short)
    assert alone.curves[0].cases < again.curves[0].cases / 2


@pytest.mark.expects_log("cannot be read")
def test_rows_that_cannot_be_read_are_left_out(month: Month, history: History) -> None:
    history.add_record(SYMBOL, ODDS, START_MS - 11 * DAY_MS, ODDS_VERSION, b"\xc1 nothing")
    history.add_record(SYMBOL, ODDS, START_MS - 12 * DAY_MS, ODDS_VERSION + 1, b"of another version")
    history.flush(0, at_once=True)
    odds = Odds(SYMBOL, history)
    say(odds, Living(month, START_MS - 3 * DAY_MS, START_MS))
    assert len(odds.curves) == 3


def test_zones_get_the_odds_of_their_nearest_edge(month: Month) -> None:
    odds = Odds(SYMBOL, None)
    plain = (zone(101.0, 102.0), zone(99.5, 100.5), zone(97.0, 98.0))
    assert odds.attached(plain, 100.0) is plain
    say(odds, Living(month, START_MS - 5 * DAY_MS, START_MS))
    above, inside, below = odds.attached(plain, 100.0)
    assert inside.touch is not None
    assert inside.touch.odds == (1.0, 1.0, 1.0)
    for z in (above, below):
        assert z.touch is not None
        assert 0 < z.touch.odds[0] < z.touch.odds[1] < z.touch.odds[2] < 1
        assert all(a <= p <= b for a, p, b in zip(z.touch.low, z.touch.odds, z.touch.high, strict=True))
    assert above.touch is not None
    assert below.touch is not None
    assert above.touch.odds[1] > below.touch.odds[1]
    assert odds.attached(plain, 100.0) is odds.attached(plain, 100.0)
    mirror = odds.attached((zone(100 * 100 / 102, 100 * 100 / 101),), 100.0)[0]
    assert mirror.touch is not None
    assert mirror.touch.odds == pytest.approx(above.touch.odds)
