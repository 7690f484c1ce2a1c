"""A column of the density as two sides."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

PHASE: Final = math.log(30_000.0)
ROW: Final = 1e-3  # log price
ROUNDING: Final = 1e-8  # rows, more than a logarithm is off by

Density = NDArray[np.floating]
Side64 = NDArray[np.float64]


def edge(number: float) -> float:
    """Return the price at the lower edge of a display bin; fractions of bins are allowed."""
    return math.exp(PHASE + number * ROW)


def position(price: float, base: int) -> float:
    """Return where a price stands in a column whose row 0 is display bin `base`, in rows and fractions of rows; a price at an edge, as
    `edge` gives it, stands at a whole number."""
    rows = (math.log(price) - PHASE) / ROW - base
    whole = round(rows)
    return float(whole) if abs(rows - whole) < ROUNDING else rows


def priors_of(usd: Density, shares: NDArray[np.floating] | None) -> tuple[Side64, Side64]:
    """Return how much of longs and shorts per row is prior, USD, float64; shares [5] by class. Nothing is known to be prior where
    there are no shares, or a density has no classes."""
    if shares is None or usd.shape[0] == 2:
        return np.zeros(usd.shape[1]), np.zeros(usd.shape[1])
    both = np.tensordot(shares.astype(np.float64), usd.astype(np.float64).reshape(2, 5, -1), axes=(0, 1))
    return both[0], both[1]


def sides_of(usd: Density, mark: float) -> tuple[Side64, Side64]:
    """Return longs and shorts per row, float64.

    usd: [10, rows] (plane = side·5 + class) or [2, rows]; USD. Raises ValueError for another shape, for an amount that is negative or
    not finite, and for a mark that is not a positive number.
    """
    if usd.ndim != 2 or usd.shape[0] not in (2, 10):
        raise ValueError(f"a density of shape {usd.shape} is neither [10, rows] nor [2, rows]")
    if not (math.isfinite(mark) and mark > 0):
        raise ValueError(f"mark {mark!r} is not a positive number")
    both = usd.astype(np.float64).reshape(2, -1, usd.shape[1]).sum(axis=1)
    if not (np.isfinite(both).all() and (both >= 0).all()):
        raise ValueError("the density holds amounts that are negative or not finite")
    return both[0], both[1]


def below(side: Side64, here: float, low: float) -> float:
    """Return what a side that stands below `here` holds between `low` and `here`, both in rows.

    Within a row the mass is spread evenly over that part of it where the side can stand.
    """
    start = np.arange(side.size, dtype=np.float64)
    stop = np.minimum(start + 1, here)
    room = stop - start
    inside = np.clip(stop - np.maximum(start, low), 0.0, None)
    share = np.divide(inside, room, out=np.zeros_like(room), where=room > 0)
    return float(side @ np.minimum(share, 1.0))
