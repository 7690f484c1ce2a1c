"""What came of things that must not be counted twice or missed: one-minute candles, forced orders, open interest."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.minute import Need, join_need
from liqdesk.market import DAY_MS, MINUTE_MS, ForcedOrder, floor_to

RECENT: Final = 4_000
SEEN: Final = 4_096  # far more than two connections carry while one takes over from the other
LATE_MS: Final = 10_000  # the last message of a candle may come this much after its end


class CandleTrail:
    """Which final candles came, from `first_ms` on. The stream gives each of them once: what a lost link swallowed is to be asked for."""

    def __init__(self, first_ms: int) -> None:
        self._next_ms = floor_to(first_ms, MINUTE_MS)
        self._came: set[int] = set()

    def came(self, open_ms: int) -> None:
        if open_ms >= self._next_ms:
            self._came.add(open_ms)
        while self._next_ms in self._came:
            self._came.discard(self._next_ms)
            self._next_ms += MINUTE_MS

    def missing(self, now_ms: int) -> list[Need]:
        """Return the candles that should have come by now."""
        wanted: list[Need] = []
        for t in range(self._next_ms, floor_to(now_ms - LATE_MS, MINUTE_MS), MINUTE_MS):
            if t not in self._came:
                join_need(wanted, Need("bars", t, t + MINUTE_MS))
        return wanted

    def give_up(self, until_ms: int) -> None:
        """Wait no more for candles before a time."""
        for t in range(self._next_ms, until_ms, MINUTE_MS):
            self.came(t)


class ForcedTrail:
    """Forced orders, each once, and those of one symbol over the last day."""

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self._seen: dict[int, None] = {}  # hashes, which take a fifth of the memory; oldest first
        self.recent: tuple[ForcedOrder, ...] = ()

    def take(self, order: ForcedOrder) -> bool:
        """Return whether an order came for the first time."""
        key = hash((order.symbol, order.side, order.time_ms, order.quantity, order.limit_price))
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > SEEN:
            del self._seen[next(iter(self._seen))]
        if order.symbol == self._symbol:
            day_ago = order.time_ms - DAY_MS
            self.recent = (*(o for o in self.recent[-RECENT:] if o.time_ms > day_ago), order)
        return True


def held_at(interest: NDArray[np.void], time_ms: int) -> tuple[int, float] | None:
    """Return when the open interest held at a time was sampled, and its contracts: the newest sample not after it, else the oldest
    there is. `interest` has the dtype INTEREST and ascends."""
    if not len(interest):
        return None
    row = interest[max(int(np.searchsorted(interest["t"], time_ms, side="right")) - 1, 0)]
    return int(row["t"]), float(row["contracts"])
