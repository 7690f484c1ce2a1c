"""A simulated month as a record of prints under either rule, beside what truly was liquidated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from support.month import START_MS, Month

from liqdesk.history.coverage import without
from liqdesk.insight.throttle import Rule
from liqdesk.insight.unprinted import Prints

DAY_MS = 86_400_000


class Record:
    """Which order of a second is printed changes nothing else in the simulated market: one month serves both rules."""

    def __init__(self, month: Month) -> None:
        rows = month.liquidations
        self.begin_ms, self.end_ms = month.begin_ms, START_MS
        self._t, self._side = rows["t"].astype(np.int64), rows["side"].astype(np.int8)
        self._usd = rows["quantity"] * rows["price"]
        self._second = self._t // 1_000

    def prints(self, rule: Rule, t0: int, t1: int, holes: tuple[tuple[int, int], ...] = ()) -> Prints:
        """Return what would have been printed in [t0, t1) and not in `holes`."""
        rank = self._usd if rule is Rule.LARGEST else self._t % 1_000
        order = np.lexsort((-np.arange(rank.size), rank, self._second))
        seconds = self._second[order]
        shown = np.sort(order[np.append(seconds[1:] != seconds[:-1], True)])
        covered = without([(t0, t1)], list(holes))
        t = self._t[shown]
        inside = np.zeros(t.size, np.bool_)
        for a, b in covered:
            inside |= (t >= a) & (t < b)
        kept = shown[inside]
        return Prints(self._t[kept], self._usd[kept], self._side[kept], tuple(covered))

    def usd_between(self, t0: int, t1: int, side: int | None = None) -> float:
        """Return all that was liquidated, USD."""
        inside = (self._t >= t0) & (self._t < t1)
        return float(self._usd[inside if side is None else inside & (self._side == side)].sum())

    def orders_in(self, seconds: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many orders each second truly had."""
        first = np.searchsorted(self._second, seconds, side="left")
        return np.searchsorted(self._second, seconds, side="right") - first
