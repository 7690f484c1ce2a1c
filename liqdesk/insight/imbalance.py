"""Imbalance: estimated USD to each side of mark, within a radius."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.insight.sides import Density, below, position, priors_of, sides_of
from liqdesk.insight.spread import Spread, band_of, ratio_band

RADII: Final = (0.01, 0.02, 0.05)


class Imbalance(msgspec.Struct, frozen=True):
    """Longs below and shorts above mark within `radius` (a fraction of mark), USD. It says where liquidation prices stand;
    it cannot say who is long, since open longs always equal open shorts.

    `low` .. `high` is the 80 % interval of the ratio, `long_band` and `short_band` those of the amounts, USD."""

    radius: float
    long_usd: float
    short_usd: float
    low: float = -1.0
    high: float = 1.0
    long_band: tuple[float, float] = (0.0, math.inf)
    short_band: tuple[float, float] = (0.0, math.inf)

    @property
    def ratio(self) -> float:
        """(short − long) / (short + long), in [−1, 1]; 0 when both are empty."""
        total = self.long_usd + self.short_usd
        return (self.short_usd - self.long_usd) / total if total > 0 else 0.0


def imbalance_of(
    base: int,
    usd: Density,
    mark: float,
    radii: Sequence[float] = RADII,
    shares: NDArray[np.floating] | None = None,
    spread: Spread | None = None,
) -> tuple[Imbalance, ...]:
    """Return longs from mark·(1 − radius) to mark and shorts from mark to mark·(1 + radius), one per radius.

    base: display bin of row 0; usd: [10, rows] or [2, rows], USD per row; shares: prior by class [5], default none; spread: default
    the shipped one. Within a row the mass is spread evenly over that part of
    it where its side can stand, so that the row that holds mark counts whole. Raises ValueError for input that is not a density.
    """
    longs, shorts = sides_of(usd, mark)
    prior = priors_of(usd, shares)
    used = spread or Spread()
    here = position(mark, base)
    found = []
    for radius in radii:
        low, high = position(mark * (1 - radius), base), position(mark * (1 + radius), base)
        # Mirrored, shorts stand below mark as longs do.
        amounts = np.array([below(longs, here, low), below(shorts[::-1], shorts.size - here, shorts.size - high)])
        set_by_prior = np.array(
            [below(prior[0], here, low), below(prior[1][::-1], shorts.size - here, shorts.size - high)]
        )
        part = np.divide(set_by_prior, amounts, out=np.zeros(2), where=amounts > 0)
        long, short = amounts.tolist()
        ends = ratio_band(long, short, part, used)
        least, most = band_of(amounts, part, used)
        bands = list(zip(least.tolist(), most.tolist(), strict=True))
        found.append(Imbalance(radius, long, short, *ends, bands[0], bands[1]))
    return tuple(found)
