"""The funding payments of a month, asked for page after page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from liqdesk.clock import VenueClock
from liqdesk.engine.asking import Handler, OnFailure
from liqdesk.market import DAY_MS, HOUR_MS, Funding
from liqdesk.venues.binance import backfill
from liqdesk.venues.venue import Request

DEPTH_MS: Final = 30 * DAY_MS + HOUR_MS  # an hour to spare, so that the oldest of thirty days is among them
PAGE: Final = 1_000  # 41 days of hourly payments


class Payments:
    """Asks for one symbol's payments; `done` is told all of them, oldest first, after the last page."""

    def __init__(
        self,
        symbol: str,
        clock: VenueClock,
        ask: Callable[[Request, Handler, OnFailure | None], None],
        done: Callable[[list[Funding]], None],
        page: int = PAGE,
    ) -> None:
        self._symbol = symbol
        self._clock = clock
        self._ask = ask
        self._done = done
        self._page = page

    def go(self, now_ns: int) -> None:
        """Ask for the month up to now."""
        self._ask_from(self._clock.now_ms(now_ns) - DEPTH_MS, [])

    def _ask_from(self, since_ms: int, before: list[Funding]) -> None:
        def answered(payload: object, recv_ns: int) -> None:
            rows: list[Funding] = payload  # type: ignore[assignment]
            rows = sorted((row for row in rows if row.time_ms >= since_ms), key=lambda row: row.time_ms)
            if len(rows) >= self._page:
                self._ask_from(rows[-1].time_ms + 1, before + rows)
            else:
                self._done(before + rows)

        self._ask(backfill.funding(self._symbol, since_ms, self._page), answered, None)
