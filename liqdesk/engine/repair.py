"""One repair: the pages of a need, asked for one after another and put back together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import numpy as np

from liqdesk.clock import VenueClock
from liqdesk.engine.asking import Handler, OnFailure
from liqdesk.engine.minute import TAIL, Need
from liqdesk.engine.session import Session
from liqdesk.errors import VenueError
from liqdesk.market import MINUTE_MS, Kline, Trade
from liqdesk.venues.binance import backfill
from liqdesk.venues.venue import Reply, Request

log = logging.getLogger(__name__)

MOST_PAGES: Final = 30

Ask = Callable[[Request, Handler, OnFailure], None]


def pages_of(symbol: str, need: Need) -> list[Request]:
    """Return the requests that fetch what a need names, thirty at most."""
    if need.kind == "trades":
        return list(backfill.missing_trades(symbol, need.first, need.end))[:MOST_PAGES]
    if need.kind == "tail":
        return list(backfill.missing_trades(symbol, need.first, need.first + TAIL))
    wanted = Reply.MARK_BARS if need.kind == "marks" else Reply.BARS
    pages = backfill.bars(symbol, MINUTE_MS, need.first, need.end)
    return [page for page in pages if page.kind is wanted][:MOST_PAGES]


class Repair:
    """Fetches what a need names. What came before a page failed is put back; the rest is asked for again later."""

    def __init__(self, session: Session, need: Need, requests: list[Request], ask: Ask, clock: VenueClock) -> None:
        self._session, self._need, self._requests = session, need, requests
        self._ask, self._clock = ask, clock
        self._trades: list[Trade] = []
        self._klines: list[Kline] = []

    def go(self) -> None:
        """Ask for the next page, or put everything back."""
        if self._requests:
            self._ask(self._requests.pop(0), self._take, self._fail)
        else:
            self._put_back()

    def _put_back(self) -> None:
        if self._need.kind in ("trades", "tail"):
            self._session.repaired_trades(self._need, self._trades)
        else:
            self._session.repaired_klines(self._need, self._klines)

    def _take(self, payload: object, recv_ns: int) -> None:
        if isinstance(payload, np.ndarray):
            now_ms = self._clock.now_ms(recv_ns)
            symbol, mark = self._session.instrument.symbol, self._need.kind == "marks"
            for t, o, h, low, c, volume, buy in payload.tolist():
                closed = t + MINUTE_MS <= now_ms
                self._klines.append(Kline(symbol, mark, t, MINUTE_MS, o, h, low, c, volume, buy, closed))
        elif isinstance(payload, list):
            self._trades.extend(payload)
        self.go()

    def _fail(self, error: VenueError) -> None:
        log.info("a repair failed: %s", error)
        if self._trades or self._klines:
            self._put_back()
        else:
            self._session.not_repaired(self._need)
