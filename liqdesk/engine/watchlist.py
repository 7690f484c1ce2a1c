"""The watchlist's own requests: all contracts' funding at once, and a day of open interest of each favourite, paced.

All marks stream as well (`!markPrice@arr`), but twice a second for every contract the venue lists; funding moves slowly, and one request
of weight 10 in half a minute tells as much. The statistics are paced to one request a second, in turns of five minutes.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.asking import Handler, OnFailure
from liqdesk.engine.session import Session
from liqdesk.engine.watches import MOST_INTERESTS, FundingRow, InterestChange, SetWatch, WatchView
from liqdesk.errors import VenueError
from liqdesk.market import DAY_MS, MINUTE_MS, MarkPrice
from liqdesk.venues.binance import backfill
from liqdesk.venues.venue import Request

log = logging.getLogger(__name__)

FUNDING_NS: Final = 30_000_000_000
INTEREST_NS: Final = 300_000_000_000
OWN_NS: Final = 5_000_000_000
AGAIN_NS: Final = 30_000_000_000
GAP_NS: Final = 1_000_000_000
OFF_MS: Final = 10 * MINUTE_MS  # how far from a day ago the older sample may be

Ask = Callable[[Request, Handler, OnFailure], None]
Hours = Callable[[], Mapping[str, int]]


def change_of(symbol: str, rows: NDArray[np.void]) -> InterestChange:
    """Return how open interest changed over the day that ends with the last of `rows` (market.rows.INTEREST, ascending)."""
    if not len(rows):
        return InterestChange(symbol, None, why="the venue has no record of its open interest")
    last = int(rows["t"][-1])
    at = int(np.abs(rows["t"] - (last - DAY_MS)).argmin())
    first, before, now = int(rows["t"][at]), float(rows["contracts"][at]), float(rows["contracts"][-1])
    if abs(first - (last - DAY_MS)) > OFF_MS:
        return InterestChange(symbol, None, why="less than a day of its open interest is on record")
    if not (before > 0 and math.isfinite(now)):
        return InterestChange(symbol, None, why="its open interest was none a day ago")
    return InterestChange(symbol, now / before - 1, first, last)


class Watchlist:
    """Keeps `view` up to date while the watchlist is looked at. `symbol` is on screen: its open interest is at hand."""

    def __init__(self, symbol: str, speed: float, ask: Ask, hours: Hours) -> None:
        self.view: WatchView | None = None
        self._symbol, self._ask, self._hours = symbol, ask, hours
        self._speed = max(1.0, speed)
        self._set = SetWatch()
        self._funding: dict[str, FundingRow] = {}
        self._funding_ms = 0
        self._interest: dict[str, InterestChange] = {}
        self._due: dict[str, int] = {}
        self._funding_due = self._own_due = self._next_ask = 0
        self._asked: str | None = None

    def follow(self, wanted: SetWatch) -> None:
        """Take other favourites, or the word that nobody looks any more."""
        self._set = wanted
        kept = {*wanted.favourites, self._symbol}
        if not kept.issuperset(self._interest):
            self._interest = {s: c for s, c in self._interest.items() if s in kept}
            self._show()

    def beat(self, session: Session, now_ns: int, now_ms: int) -> None:
        """Ask for what is due; `now_ms` is venue time."""
        if not self._set.looking:
            return
        if now_ns >= self._funding_due:
            self._funding_due = now_ns + self._every(FUNDING_NS)
            self._ask(backfill.marks(), self._on_marks, lambda e: self._late("funding", e))
        if now_ns >= self._own_due:
            self._own_due = now_ns + self._every(OWN_NS)
            self._take(change_of(self._symbol, session.interest))
        if self._asked is None and now_ns >= self._next_ask:
            symbol = self._next(now_ns)
            if symbol is not None:
                self._asked, self._next_ask = symbol, now_ns + GAP_NS
                self._due[symbol] = now_ns + self._every(INTEREST_NS)
                (request,) = backfill.interest_pages(symbol, now_ms, DAY_MS + 10 * MINUTE_MS)
                self._ask(request, self._on_interest, lambda e, s=symbol, ns=now_ns: self._refused(s, ns, e))  # type: ignore[misc]

    def _every(self, ns: int) -> int:
        """Return a wait in wall time that a fast market shortens, down to a fifth of it."""
        return int(ns / min(self._speed, 5.0))

    def _next(self, now_ns: int) -> str | None:
        others = [s for s in self._set.favourites if s != self._symbol][:MOST_INTERESTS]
        due = [s for s in others if now_ns >= self._due.get(s, 0)]
        return min(due, key=lambda s: self._due.get(s, 0), default=None)

    # -- answers -----------------------------------------------------------------------------------------------------

    def _on_marks(self, payload: object, recv_ns: int) -> None:
        marks: list[MarkPrice] = payload  # type: ignore[assignment]
        hours = self._hours()
        self._funding = {
            m.symbol: FundingRow(m.symbol, m.mark, m.funding_rate, m.next_funding_ms, hours.get(m.symbol, 8))
            for m in marks
        }
        self._funding_ms = max((m.time_ms for m in marks), default=0)
        self._show()

    def _on_interest(self, payload: object, recv_ns: int) -> None:
        assert isinstance(payload, np.ndarray)
        symbol, self._asked = self._asked, None
        if symbol is not None and symbol in self._set.favourites:
            self._take(change_of(symbol, payload))

    def _refused(self, symbol: str, asked_ns: int, error: VenueError) -> None:
        self._asked = None
        self._due[symbol] = asked_ns + AGAIN_NS
        if symbol not in self._interest:
            self._take(InterestChange(symbol, None, why="the venue did not answer; it is asked again"))
        self._late(f"open interest of {symbol}", error)

    def _late(self, what: str, error: VenueError) -> None:
        log.info("%s was not given: %s", what, error)

    def _take(self, change: InterestChange) -> None:
        if self._interest.get(change.symbol) != change:
            self._interest = {**self._interest, change.symbol: change}
            self._show()

    def _show(self) -> None:
        self.view = WatchView(self._funding_ms, self._funding, self._interest)
