"""A session that lives through the last hours of a simulated month, second by second, after a back-fill of the rest: every event comes
as from a socket, everything is kept in a real history, and the alert rules watch. No thread and no socket: the same each time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from support.month import START_MS, Month

from liqdesk.alerts import AlertBook, Fired, Rule
from liqdesk.clock import VenueClock
from liqdesk.engine.gathering import Gathering
from liqdesk.engine.inbox import Arrival
from liqdesk.engine.listening import Listening
from liqdesk.engine.loading import Loading
from liqdesk.engine.market_map import MarketMap
from liqdesk.engine.recorder import Recorder
from liqdesk.engine.rulepasts import RulePasts
from liqdesk.engine.session import Session
from liqdesk.history import History
from liqdesk.market import (
    HOUR_MS,
    MINUTE_MS,
    Event,
    ForcedOrder,
    Instrument,
    Kline,
    LinkPhase,
    LinkState,
    MarkPrice,
    OpenInterest,
    Side,
    Trade,
)
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.venues.binance import backfill
from liqdesk.venues.binance.brackets import shipped_brackets
from liqdesk.venues.venue import Reply, Request

SECOND_NS: Final = 1_000_000_000
FUNDING_MS: Final = 8 * HOUR_MS
SYMBOL: Final = "BTCUSDT"


def rate_at(time_ms: int) -> float:
    """Return a predicted funding rate that swings between −0.02 % and 0.06 % within six hours."""
    return 2e-4 + 4e-4 * math.sin(2 * math.pi * time_ms / (6 * HOUR_MS))


class Lived:
    """Lives the last `hours` of a month that keeps its seconds. `fired` is what the rules fired, in order."""

    def __init__(self, month: Month, folder: Path, hours: float) -> None:
        self.month = month
        self.history = History.open(folder / "history.sqlite", folder / "lock")
        self.listening = Listening()
        self.recorder = Recorder(self.history, self.listening)
        self.book = AlertBook()
        self.clock = VenueClock()
        self.t0 = START_MS - round(hours * HOUR_MS) // MINUTE_MS * MINUTE_MS
        self.now_ms = self.t0
        self.wall_ns = 10**15
        loading = Loading(backfill.plan(SYMBOL, self.t0))
        market_map = MarketMap(shipped_brackets().table(SYMBOL))
        instrument = Instrument(SYMBOL, "BTC", "USDT", 0.1, 0.001)
        self.session = Session(instrument, market_map, self.recorder, self.book, self.clock, loading, self.t0, 1.0)
        self.gathering = Gathering(SYMBOL, self.history, self.listening)
        self.pasts = RulePasts(self.history, self.listening)
        self.fired: list[Fired] = []
        self.since_ms = self.t0  # when rules were last put
        self._trade_id = 1
        self._forced = month.liquidations[month.liquidations["printed"]]
        while requests := loading.ask():
            for request in requests:
                loading.answer(request, self._page(request))
        self.session.beat(self.wall_ns, lambda: True)
        assert self.session.loaded
        self.recorder.begin(self.t0)
        self.recorder.link(LinkState("market", LinkPhase.OPEN))

    def _page(self, request: Request) -> NDArray[np.void]:
        if request.kind is Reply.INTEREST_HISTORY:
            rows = self.month.interest[self.month.interest["t"] % (5 * MINUTE_MS) == 0]
            return rows[(rows["t"] >= request.from_ms) & (rows["t"] < request.to_ms)].astype(INTEREST)
        source = self.month.mark_bars if request.kind is Reply.MARK_BARS else self.month.bars
        return coarser(source[(source["t"] >= request.from_ms) & (source["t"] < request.to_ms)], request.span_ms)

    def put(self, rules: Iterable[Rule]) -> None:
        """Put rules in force."""
        self.since_ms = self.now_ms
        for rule in rules:
            self.book.put(rule)  # type: ignore[arg-type]

    def live(self, seconds: int) -> None:
        """Let seconds go by."""
        for _ in range(seconds):
            self._second()

    def _say(self, kind: str, *events: Event) -> None:
        self.session.arrival(Arrival("market", kind, self.wall_ns, self.now_ms, events))

    def _second(self) -> None:
        t, month = self.now_ms, self.month
        i = (t - month.begin_ms) // 1000
        mark, (price, contracts) = float(month.seconds[i]), month.traded[i].tolist()
        self.wall_ns += SECOND_NS
        self._say("mark", MarkPrice(SYMBOL, t, mark, mark, rate_at(t), -(-t // FUNDING_MS) * FUNDING_MS))
        self._say("trade", Trade(SYMBOL, self._trade_id, t, round(price * 10), max(contracts, 0.001), i % 2 == 0))
        self._trade_id += 1
        for row in self._forced[(self._forced["t"] >= t) & (self._forced["t"] < t + 1000)]:
            when = int(row["t"])
            order = ForcedOrder(
                SYMBOL,
                Side(int(row["side"])),
                when,
                when + 3,
                float(row["price"]),
                float(row["limit"]),
                float(row["quantity"]),
            )
            self._say("forced", order)
        if t % MINUTE_MS == 0:
            bar = month.bars[(t - MINUTE_MS - month.begin_ms) // MINUTE_MS]
            numbers = (float(bar[name]) for name in ("open", "high", "low", "close", "volume", "taker_buy"))
            self._say("kline", Kline(SYMBOL, False, t - MINUTE_MS, MINUTE_MS, *numbers, True))
            interest = float(month.interest["contracts"][(t - month.begin_ms) // MINUTE_MS])
            self.session.on_interest(OpenInterest(SYMBOL, t, interest, None), self.wall_ns)
        self.recorder.heard(t, t)
        self.session.beat(self.wall_ns, lambda: True)
        self.recorder.flush(self.wall_ns, t)
        self.gathering.beat(self.session, self.wall_ns, t)
        self.fired += self.session.new_fired
        self.session.new_fired.clear()
        self.session.new_forced.clear()
        self.now_ms += 1000

    def close(self) -> None:
        self.history.close()


def coarser(bars: NDArray[np.void], span_ms: int) -> NDArray[np.void]:
    """Return bars of a longer span, dtype BAR."""
    if span_ms == MINUTE_MS or not len(bars):
        return bars.copy()
    starts = np.unique(bars["t"] // span_ms * span_ms, return_index=True)
    out = np.zeros(len(starts[0]), BAR)
    out["t"] = starts[0]
    ends = np.append(starts[1][1:], len(bars)) - 1
    out["open"], out["close"] = bars["open"][starts[1]], bars["close"][ends]
    out["high"] = np.maximum.reduceat(bars["high"], starts[1])
    out["low"] = np.minimum.reduceat(bars["low"], starts[1])
    for name in ("volume", "taker_buy"):
        out[name] = np.add.reduceat(bars[name], starts[1])
    return out
