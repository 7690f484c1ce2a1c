"""Imbalance: estimated USD to each side of mark, within a radius."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from liqdesk.insight.sides import Density, Side64, position, sides_of

RADII: Final = (0.01, 0.02, 0.05)


class Imbalance(msgspec.Struct, frozen=True):
    """Longs below and shorts above mark within `radius` (a fraction of mark), USD. It says where liquidation prices stand;
    it cannot say who is long, since open longs always equal open shorts."""

    radius: float
    long_usd: float
    short_usd: float

    @property
    def ratio(self) -> float:
        """(short − long) / (short + long), in [−1, 1]; 0 when both are empty."""
        total = self.long_usd + self.short_usd
        return (self.short_usd - self.long_usd) / total if total > 0 else 0.0


def imbalance_of(base: int, usd: Density, mark: float, radii: Sequence[float] = RADII) -> tuple[Imbalance, ...]:
    """Return longs from mark·(1 − radius) to mark and shorts from mark to mark·(1 + radius), one per radius.

    base: display bin of row 0; usd: [10, rows] or [2, rows], USD per row. Within a row the mass is spread evenly over that part of
    it where its side can stand, so that the row that holds mark counts whole. Raises ValueError for input that is not a density.
    """
    longs, shorts = sides_of(usd, mark)
    here = position(mark, base)
    found = []
    for radius in radii:
        low, high = position(mark * (1 - radius), base), position(mark * (1 + radius), base)
        # Mirrored, shorts stand below mark as longs do.
        above = _below(shorts[::-1], shorts.size - here, shorts.size - high)
        found.append(Imbalance(radius, _below(longs, here, low), above))
    return tuple(found)


def _below(side: Side64, here: float, low: float) -> float:
    """Return the mass between `low` and `here`, both in rows."""
    start = np.arange(side.size, dtype=np.float64)
    stop = np.minimum(start + 1, here)
    room = stop - start
    inside = np.clip(stop - np.maximum(start, low), 0.0, None)
    share = np.divide(inside, room, out=np.zeros_like(room), where=room > 0)
    return float(side @ np.minimum(share, 1.0))
