"""Whether price is drawn to where liquidations stand: a score of the pull, and the bench that it has to pass.

The score is the hypothesis, not a finding: with E = P(touch within T)·USD of a row of the map,

    G = (Σ E above mark − Σ E below mark) / Σ E,  in [−1, 1].

The bench asks at moments t which of two levels equally far, ±k·σ√T from the mark, was reached first within T, and how often that was
on the side of G's sign. Without any magnetism that is half the time, whatever the map: the share less one half is reported with its
interval from days drawn anew, and the slope of a logistic regression on G beside the move of the T before, as price that has been
moving leaves swept levels on one side.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.insight.sides import Density, edge, sides_of
from liqdesk.insight.touch import touch
from liqdesk.insight.volatility import CELL_MS, HORIZONS_MS, MarkPath
from liqdesk.market import DAY_MS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HORIZON_MS: Final = HORIZONS_MS[1]
REACH: Final = 0.5  # of σ√T, where the two levels stand
RESAMPLES: Final = 1_000
LEAST_DAYS: Final = 60  # one month in ten was beyond its interval by chance
SURE: Final = (0.025, 0.975)
NEWTON: Final = 25
RIDGE: Final = 1e-6


class Bench(msgspec.Struct, frozen=True):
    """What the bench found: `edge` is the share of decided races that G called, less one half; `slope` the change in log odds per unit
    of G with the past move held; each with its 95 % interval. `races` were decided, on `days` days."""

    edge: float
    edge_low: float
    edge_high: float
    slope: float
    slope_low: float
    slope_high: float
    races: int
    days: int

    @property
    def detected(self) -> bool:
        """Whether the share is above one half beyond chance, over days enough to say so."""
        return self.days >= LEAST_DAYS and self.edge_low > 0

    @property
    def sentence(self) -> str:
        """Return the verdict in words."""
        if self.days < LEAST_DAYS:
            return f"magnet effect: too early, {self.days} of {LEAST_DAYS} days"
        word = "detected" if self.detected else "not detected"
        by = f"{self.edge:+.1%} over one half, 95 % {self.edge_low:+.1%} to {self.edge_high:+.1%}"
        return f"magnet effect: {word} ({by}, {self.races:,} races)"


def pull(base: int, usd: Density, mark: float, variance: float) -> float:
    """Return G, 0 where nothing stands.

    base: display bin of row 0; usd: [10, rows] or [2, rows], USD per row; variance: σ²T over four hours. Raises ValueError for input
    that is not a density.
    """
    longs, shorts = sides_of(usd, mark)
    near = np.log(np.array([edge(base + i) for i in range(longs.size + 1)]) / mark)
    odds = touch(np.maximum(np.abs(near), 0), np.full(near.size, variance), HORIZON_MS)
    above = float((shorts * odds[:-1])[near[:-1] >= 0].sum())
    below = float((longs * odds[1:])[near[1:] <= 0].sum())
    return (above - below) / (above + below) if above + below > 0 else 0.0


def races(path: MarkPath, at: Ints, reach: Floats) -> NDArray[np.int8]:
    """Return which of ±REACH·`reach` the mark touched first after the ends of cells `at` within four hours: 1 up, −1 down, 0 neither,
    both in one cell, or not known."""
    n = HORIZON_MS // CELL_MS
    out = np.zeros(len(at), np.int8)
    for i, (a, spread) in enumerate(zip(at.tolist(), reach.tolist(), strict=True)):
        if a + n >= len(path) or not (math.isfinite(spread) and math.isfinite(path.end[a])):
            continue
        high, low = path.high[a + 1 : a + 1 + n], path.low[a + 1 : a + 1 + n]
        if np.isnan(high).any():
            continue
        up, down = high >= path.end[a] + REACH * spread, low <= path.end[a] - REACH * spread
        first_up = int(up.argmax()) if up.any() else n
        first_down = int(down.argmax()) if down.any() else n
        out[i] = np.sign(first_down - first_up)
    return out


def bench(t_ms: Ints, score: Floats, first: NDArray[np.int8], past: Floats) -> Bench:
    """Hold scores against races. t_ms: when; score: G; first: of `races`; past: the log move of the four hours before, in σ√T."""
    ok = (first != 0) & np.isfinite(score) & np.isfinite(past) & (score != 0)
    day, score, first, past = t_ms[ok] // DAY_MS, score[ok], first[ok], past[ok]
    called = (np.sign(score) == first).astype(np.float64)
    days, where = np.unique(day, return_inverse=True)
    if len(days) < 2:
        return Bench(math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, len(first), len(days))
    hits, count = np.bincount(where, weights=called), np.bincount(where).astype(np.float64)
    rng = np.random.default_rng(0)
    draws = rng.multinomial(len(days), np.full(len(days), 1 / len(days)), RESAMPLES).astype(np.float64)
    shares = (draws @ hits) / (draws @ count) - 0.5
    table = np.stack([np.ones(len(score)), score, past], axis=1)
    up = (first > 0).astype(np.float64)
    slopes = [_logistic(table, up, weights[where])[1] for weights in draws[: RESAMPLES // 5]]
    low, high = np.quantile(shares, SURE)
    slope_low, slope_high = np.quantile(slopes, SURE)
    return Bench(
        float(called.mean() - 0.5),
        float(low),
        float(high),
        float(_logistic(table, up, np.ones(len(up)))[1]),
        float(slope_low),
        float(slope_high),
        len(first),
        len(days),
    )


def _logistic(table: Floats, up: Floats, weights: Floats) -> Floats:
    """Return the coefficients of a weighted logistic regression (Newton's method, a trace of ridge)."""
    beta = np.zeros(table.shape[1])
    for _ in range(NEWTON):
        p = 1 / (1 + np.exp(-np.clip(table @ beta, -30, 30)))
        gradient = table.T @ (weights * (up - p)) - RIDGE * beta
        curve = (table * (weights * p * (1 - p))[:, None]).T @ table + RIDGE * np.eye(len(beta))
        move = np.linalg.solve(curve, gradient)
        beta = beta + np.clip(move, -5, 5)
        if np.abs(move).max() < 1e-9:
            break
    return np.asarray(beta)
