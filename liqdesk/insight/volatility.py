"""How far price is likely to move: the variance of the mark over a horizon, from its past path in cells of five minutes.

Heterogeneous autoregression (Corsi 2009) of five-minute realised variance: over a horizon T,

    σ²T = n · s(t, T) · Σ_j w_j · RV_j,     RV_j the mean of r²/s over the last hour, six hours, day and week,

n cells of five minutes in T, s the time-of-day factor (by UTC hour, 1 on average, from the absolute returns of the last thirty days
before the day began), s(t, T) its mean over the horizon. Weights w sum to one. What is missing of a component is left out, and the
component with it where less than half of it is there.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELL_MS: Final = 5 * MINUTE_MS
DAY: Final = DAY_MS // CELL_MS
HOUR: Final = HOUR_MS // CELL_MS
LOOKS: Final = (HOUR, 6 * HOUR, DAY, 7 * DAY)  # cells
HORIZONS_MS: Final = (HOUR_MS, 4 * HOUR_MS, 24 * HOUR_MS)
# By horizon, in the order of LOOKS.
WEIGHTS: Final = np.array([[0.35, 0.30, 0.20, 0.15], [0.25, 0.30, 0.25, 0.20], [0.10, 0.25, 0.35, 0.30]])
SEASON_DAYS: Final = 30
SEASON_PRIOR: Final = 60.0  # cells, by which an hour's factor is drawn to one
LEAST_VARIANCE: Final = 1e-10  # of a cell: a tenth of a basis point


class MarkPath(msgspec.Struct, frozen=True):
    """The mark in cells of five minutes from `first` (a cell's number since 1970) on: end, low and high, ln price float64 [n], NaN
    where it is not known."""

    first: int
    end: Floats
    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.end)

    @property
    def end_ms(self) -> int:
        return (self.first + len(self.end)) * CELL_MS

    @staticmethod
    def of(t0: Ints, t1: Ints, end: Floats, low: Floats, high: Floats) -> MarkPath:
        """Return the path of steps [t0, t1) in ms, ascending, none longer than five minutes or across a cell's edge; cells that they do
        not fill are not known. Raises ValueError for a longer one."""
        if not len(t0):
            return MarkPath(0, np.zeros(0), np.zeros(0), np.zeros(0))
        cell = t0 // CELL_MS
        if ((t1 - 1) // CELL_MS != cell).any():
            raise ValueError("a step crosses the edge of a five-minute cell")
        starts = np.flatnonzero(np.concatenate([[True], cell[1:] != cell[:-1]]))
        filled = np.add.reduceat(t1 - t0, starts) == CELL_MS
        at = (cell[starts] - cell[0])[filled]
        lasts = np.append(starts[1:], len(cell))[filled] - 1
        n = int(cell[-1] - cell[0]) + 1
        found = []
        for values in (end[lasts], np.minimum.reduceat(low, starts)[filled], np.maximum.reduceat(high, starts)[filled]):
            row = np.full(n, math.nan)
            row[at] = values
            found.append(row)
        return MarkPath(int(cell[0]), *found)


def variances(path: MarkPath, at: Ints) -> Floats:
    """Return σ²T, float64 [len(at), 3 horizons], as forecast at the ends of cells `at` (positions in the path) from what came before.

    NaN where less than a day of the path is known by then. Nothing after a cell's end goes into its forecast.
    """
    out = np.full((len(at), len(HORIZONS_MS)), math.nan)
    if not len(at):
        return out
    returns = np.diff(path.end, prepend=math.nan)
    size = np.abs(returns)
    number = path.first + np.arange(len(path))
    hour, day = number // HOUR % 24, number // DAY
    ends = path.first + at + 1  # the cell after
    for today in np.unique(ends // DAY).tolist():
        now = np.flatnonzero(ends // DAY == today)
        season = _season(size, hour, day, today)
        calm = np.square(returns) / season[hour]
        past = calm[: int(at[now].max()) + 1]
        known = np.isfinite(past)
        sums = np.concatenate([[0.0], np.cumsum(np.where(known, past, 0.0))])
        counts = np.concatenate([[0], np.cumsum(known)])
        stop = at[now] + 1
        means, weights = np.zeros((len(now), len(LOOKS))), np.zeros((len(now), len(LOOKS)))
        for j, look in enumerate(LOOKS):
            start = np.maximum(stop - look, 0)
            count = counts[stop] - counts[start]
            means[:, j] = (sums[stop] - sums[start]) / np.maximum(count, 1)
            weights[:, j] = count >= look // 2
        enough = weights[:, LOOKS.index(DAY)] > 0
        ahead = np.concatenate([[0.0], np.cumsum(np.tile(np.repeat(season, HOUR), 3))])
        first = ends[now] % DAY
        for h, horizon in enumerate(HORIZONS_MS):
            n = horizon // CELL_MS
            w = weights * WEIGHTS[h]
            rate = (w * means).sum(axis=1) / np.maximum(w.sum(axis=1), 1e-12)
            found = np.maximum(rate, LEAST_VARIANCE) * (ahead[first + n] - ahead[first])
            out[now, h] = np.where(enough, found, math.nan)
    return out


def _season(size: Floats, hour: Ints, day: Ints, today: int) -> Floats:
    """Return the variance factor of each UTC hour, float64 [24] of mean 1, from absolute returns of the days before `today`."""
    known = np.isfinite(size) & (day < today) & (day >= today - SEASON_DAYS)
    if not known.any():
        return np.ones(24)
    total = np.bincount(hour[known], weights=size[known], minlength=24)
    count = np.bincount(hour[known], minlength=24)
    mean = total.sum() / count.sum()
    if not mean > 0:
        return np.ones(24)
    level = (total + SEASON_PRIOR * mean) / (count + SEASON_PRIOR)
    around = (np.roll(level, 1) + 2 * level + np.roll(level, -1)) / 4
    factor = np.square(around)
    return np.asarray(factor / factor.mean())
