"""Confluence: where a price is hot in what was opened within 12 hours, a day and a week alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.insight.sides import position
from liqdesk.insight.spread import Spread
from liqdesk.insight.zones import zones_of
from liqdesk.market import DAY_MS, HOUR_MS

COHORTS: Final = ("12h", "1d", "1w")  # by age of entry; each holds the ones before it
COHORTS_MS: Final = (12 * HOUR_MS, DAY_MS, 7 * DAY_MS)
AROUND: Final = 0.10  # of mark, within which a price is ranked


class Confluence(msgspec.Struct, frozen=True):
    """Display bins base .. base + len(sure) − 1 as they were at `until_ms`: of each, one bit per cohort, 1 the youngest.

    `sure`: it lies in a zone of that cohort's density; `risen`: in a rise that may be chance (z < 2). `score` is 100 times the geometric
    mean over the cohorts of its percentile among the bins of its side within 10 % of mark, 0 beyond.
    """

    until_ms: int
    base: int
    sure: bytes
    risen: bytes
    score: bytes

    def at(self, row: int) -> tuple[int, int, int]:
        """Return (sure, risen, score) of a display bin; zeros outside."""
        i = row - self.base
        return (self.sure[i], self.risen[i], self.score[i]) if 0 <= i < len(self.sure) else (0, 0, 0)

    def cohorts_at(self, row: int) -> tuple[int, ...]:
        """Return for each cohort 2 where the bin lies in a zone of it, 1 in a rise, 0 in neither."""
        sure, risen, _ = self.at(row)
        return tuple(2 if sure >> i & 1 else 1 if risen >> i & 1 else 0 for i in range(len(COHORTS)))


def confluence_of(
    until_ms: int, base: int, cohorts: Sequence[NDArray[np.float64]], mark: float, spread: Spread | None = None
) -> Confluence:
    """Return where cohorts, each USD float64 [2 side, rows] from display bin `base` up, have their zones and rises."""
    rows = cohorts[0].shape[1]
    sure, risen = np.zeros(rows, np.uint8), np.zeros(rows, np.uint8)
    ranks = np.ones(rows)
    for i, usd in enumerate(cohorts):
        for zone in zones_of(base, usd, mark, spread=spread):
            into = sure if zone.significant else risen
            into[zone.first_row - base : zone.last_row + 1 - base] |= np.uint8(1 << i)
        ranks *= _percentiles(usd, base, mark)
    score = np.floor(100 * np.cbrt(ranks) + 1e-9).astype(np.uint8)
    return Confluence(until_ms, base, sure.tobytes(), (risen & ~sure).tobytes(), score.tobytes())


def _percentiles(usd: NDArray[np.float64], base: int, mark: float) -> NDArray[np.float64]:
    """Return what share of the bins of its own side within 10 % of mark holds no more than each, 0 elsewhere and where nothing stands."""
    rows = usd.shape[1]
    here = position(mark, base)
    low, high = position(mark * (1 - AROUND), base), position(mark * (1 + AROUND), base)
    first, middle, last = (min(max(round(x), 0), rows) for x in (low, here, high))
    out = np.zeros(rows)
    for side, part in ((0, slice(first, middle)), (1, slice(middle, last))):
        stands = usd[side, part]
        if stands.size:
            out[part] = np.searchsorted(np.sort(stands), stands, side="right") / stands.size * (stands > 0)
    return out
