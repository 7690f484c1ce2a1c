"""The history as a source: nothing is asked and nothing moves; the map is computed from what was imported or recorded."""

from __future__ import annotations

import math
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.clock import VenueClock
from liqdesk.engine.evidence import past_study
from liqdesk.engine.frames import Bars, Connection, FundingView, Health
from liqdesk.engine.inbox import Inbox
from liqdesk.engine.loading import Loading
from liqdesk.engine.market_map import MarketMap
from liqdesk.engine.opening import Orders, recorded_source
from liqdesk.engine.recorder import Recorder
from liqdesk.engine.scoring import Scoring
from liqdesk.engine.session import Session
from liqdesk.engine.traffic import Traffic
from liqdesk.errors import LiqdeskError, Refusal, VenueError
from liqdesk.history import FORCED, GENUINE, History
from liqdesk.market import DAY_MS, MINUTE_MS, Instrument, Universe
from liqdesk.model import best_steps

if TYPE_CHECKING:
    from liqdesk.alerts import AlertBook
    from liqdesk.insight import Study
    from liqdesk.venues.binance.brackets import Brackets

WARM_MS: Final = 62 * DAY_MS  # thirty days of warm-up before the thirty-two that the grid holds
SPANS: Final = (MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS)
BEAT_BUDGET_NS: Final = 40_000_000


class Past:
    """A symbol's history up to a moment. Offers what `Run` offers."""

    def __init__(self, orders: Orders, alerts: AlertBook, brackets: Brackets) -> None:
        file = orders.recording.name if orders.recording is not None else ""
        self.source = recorded_source(orders.recording_of, file)
        self.symbol = orders.symbol
        self.session: Session | None = None
        self.error: VenueError | None = None
        self.universe: Universe | None = None
        self.unreachable = False
        self.traffic = Traffic()
        self.inbox = Inbox()
        self.clock = VenueClock(speed=0.0)
        self.brackets = brackets
        self.study: Study | None = None
        self.listened: list[tuple[int, int]] = []  # when printed liquidations were recorded
        self._orders = orders
        self._alerts = alerts

    def start(self) -> None:
        """Read the history and queue its steps; a history that holds nothing useful is told of in the connection's sentence."""
        try:
            history = self._history()
        except LiqdeskError as e:
            self.error = VenueError(Refusal.REQUEST, str(e), e.user)
            return
        try:
            self._read(history)
        except LiqdeskError as e:
            self.error = VenueError(Refusal.REQUEST, str(e), e.user)
        finally:
            if self.error is not None and history.notice:
                self.error = VenueError(Refusal.REQUEST, f"{self.error}; {history.notice}", history.notice)
            history.close()

    def _history(self) -> History:
        """Open what the orders name: a recording, or the profile's own history."""
        orders = self._orders
        if orders.recording is None:
            path = orders.folder / "history.sqlite"
            return History.open(path, orders.folder / "lock", origin=GENUINE, read_only=True)
        history = History.of_file(orders.recording)
        contracts = tuple(_instrument(s, _last_bars(history, s)) for s in history.mapped())
        self.universe = Universe(0, contracts)
        return history

    def _read(self, history: History) -> None:
        symbol, to = self.symbol, self._orders.history_to_ms
        end = to if to is not None else 2**62
        bars = {s: history.bars(symbol, s, False, end - WARM_MS if to is not None else 0, end) for s in SPANS}
        newest = max((int(rows["t"][-1]) + s for s, rows in bars.items() if len(rows)), default=None)
        if newest is None:
            until = "" if to is None else " before that moment"
            self.error = VenueError(
                Refusal.REQUEST,
                f"no bars of {symbol} in the history",
                f"The history holds no candles of {symbol}{until}; import them first (liqdesk import PATH…).",
            )
            return
        end = min(end, newest)
        start = end - WARM_MS
        bars = {s: _inside(rows, s, start, end) for s, rows in bars.items()}
        marks = {s: _inside(history.bars(symbol, s, True, start, end), s, start, end) for s in SPANS}
        interest = history.open_interest(symbol, start - DAY_MS, end)
        if not len(interest):
            self.error = VenueError(
                Refusal.REQUEST,
                f"no open interest of {symbol} in the history",
                f"The history holds no open interest of {symbol} for those days; import the metrics files too.",
            )
            return
        self._open(history, bars, marks, interest, end)

    def _open(
        self,
        history: History,
        bars: dict[int, NDArray[np.void]],
        marks: dict[int, NDArray[np.void]],
        interest: NDArray[np.void],
        end: int,
    ) -> None:
        symbol = self.symbol
        self.clock.observe(end, time.monotonic_ns())
        market_map = MarketMap(self.brackets.table(symbol), kept_days=WARM_MS // DAY_MS + 1)
        session = Session(
            _instrument(symbol, bars), market_map, Recorder(None), self._alerts, self.clock, Loading(()), end, 1.0
        )
        session.scoring = Scoring(symbol, market_map, Recorder(history), end, live=False)
        session.scoring.read_all()
        steps = best_steps(
            {s: r for s, r in bars.items() if len(r)},
            interest,
            {s: r for s, r in marks.items() if len(r)},
            history.volume_at_price(symbol, end - WARM_MS, end),
        )
        length = steps.t1 - steps.t0
        for a, b in _runs(length):
            part = np.zeros(len(steps), dtype=np.bool_)
            part[a:b] = True
            market_map.queue_steps(steps.select(part), int(length[a]))
        session.interest = interest
        for span, rows in bars.items():
            if len(rows):
                session.new_bars.append(Bars(span, rows))
        finest = min((rows for rows in bars.values() if len(rows)), key=lambda r: -int(r["t"][-1]))
        last = float(finest["close"][-1])
        day = finest[finest["t"] >= end - DAY_MS]
        session.prices = msgspec.structs.replace(
            session.prices, last=last, change_24h=last / float(day["open"][0]) - 1 if len(day) else math.nan
        )
        session.new_forced = history.forced(symbol, end - 32 * DAY_MS, end)
        self.study = past_study(symbol, history, end)
        self.listened = history.coverage(symbol, FORCED, end - 32 * DAY_MS, end)
        funding = history.funding(symbol, end - 32 * DAY_MS, end)
        if len(funding):
            rates = tuple((int(t), float(r)) for t, r in funding.tolist())
            session.funding = FundingView(rates[-1][1], 8, 0, rates)
        self.session = session

    def connection(self) -> Connection:
        if self.error is not None:
            return Connection(Health.ENDED, None, self.error.user, None, 0, ())
        health = Health.ENDED if self.session is not None and self.session.loaded else Health.LOADING
        return Connection(health, None, "", None, 0, ())

    def beat(self, now_ns: int) -> None:
        if self.session is not None:
            until = time.monotonic_ns() + BEAT_BUDGET_NS
            self.session.beat(now_ns, lambda: time.monotonic_ns() < until)

    def retry_now(self) -> None:
        """Nothing to try again: the past is what it is."""

    def stop(self) -> None:
        """Nothing runs."""


def _inside(rows: NDArray[np.void], span_ms: int, start: int, end: int) -> NDArray[np.void]:
    return rows[(rows["t"] >= start) & (rows["t"] + span_ms <= end)]


def _runs(values: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return [first, end) of each stretch of equal values."""
    if not len(values):
        return []
    edges = np.flatnonzero(np.diff(values)) + 1
    bounds = [0, *edges.tolist(), len(values)]
    return list(pairwise(bounds))


def _last_bars(history: History, symbol: str) -> dict[int, NDArray[np.void]]:
    """Return the newest candles of each length that there are."""
    lengths = {x.span_ms: x.last_ms for x in history.extent(symbol) if not x.mark}
    return {span: history.bars(symbol, span, False, last - 2_000 * span) for span, last in lengths.items()}


def _instrument(symbol: str, bars: dict[int, NDArray[np.void]]) -> Instrument:
    """Return a contract whose tick is the finest decimal the candles were written with."""
    prices = np.concatenate([rows["close"][-2_000:] for rows in bars.values() if len(rows)])
    decimals = next((d for d in range(9) if np.all(np.abs(prices - np.round(prices, d)) < 1e-9 * prices)), 8)
    quote = next((q for q in ("USDT", "USDC") if symbol.endswith(q)), "")
    return Instrument(symbol, symbol.removesuffix(quote), quote, 10.0**-decimals, 0.001)
