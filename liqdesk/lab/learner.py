"""What every map is given before it is scored: a scale, a curve and a background, learned on past days alone.

y ≈ c0 + c1·m + c2·m^1.5 + c3·m² (+ c4·range), c ≥ 0, with m the swept mass of one bar or minute and side. It is fitted by
expectation-maximisation of a quasi-Poisson mixture (Richardson 1972, Lucy 1974), each row weighing exp(−age / 10 days), on
rows at most 45 days old, anew each day. Two things keep it from running away where liquidations fell while nothing was
swept: a floor beneath every rate, and a prior, of 2 % of what is explained, in which every term explains alike.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

USD_A_BAR: Final = 1e4  # floor for printed USD per bar and side
ORDERS_A_MINUTE: Final = 1e-3  # floor for printed orders per minute and side
FOLD_DAYS: Final = 10.0
MOST_DAYS: Final = 45
LEAST_DAYS: Final = 3
ROUNDS: Final = 40
PULL: Final = 0.02
POWERS: Final = (1.0, 1.5, 2.0)


class Head:
    """The curve of one map. `floor` is in the unit of what is predicted; `spread` adds the range as a second background.

    `unit` is the mass that counts as one, `reach` the range that does: the means over the rows of the last fit, unless a
    unit is given, which then stays. A tenth of the floor is part of every prediction, so that no deviance is infinite.
    """

    def __init__(self, floor: float, *, spread: bool = False, unit: float | None = None, bare: bool = False) -> None:
        self.floor = floor
        self.unit = 1.0 if unit is None else unit
        self.reach = 1.0
        self.weights: Floats = np.zeros(1 if bare else 1 + len(POWERS) + spread)
        self.fitted = False
        self._fixed = unit is not None
        self._spread = spread and not bare
        self._bare = bare

    @classmethod
    def null(cls, floor: float) -> Head:
        """Return a head that learns a constant alone: the prequential mean."""
        return cls(floor, bare=True)

    def copy(self) -> Head:
        twin = object.__new__(Head)
        for name, value in vars(self).items():
            setattr(twin, name, value)  # weights are replaced, never changed
        return twin

    def terms(self, mass: Floats, span: Floats | None = None) -> Floats:
        """Return the terms of rows, float64 [n, k]. `span` is the range of each row, any unit, for heads that use it."""
        rows = np.empty((len(mass), len(self.weights)))
        rows[:, 0] = 1.0
        if self._bare:
            return rows
        m = mass / self.unit
        rows[:, 1] = m
        rows[:, 2] = m * np.sqrt(m)
        rows[:, 3] = m * m
        if self._spread:
            if span is None:
                raise ValueError("this head needs the range of every row")
            rows[:, 4] = span / self.reach
        return rows

    def predict(self, mass: Floats, span: Floats | None = None) -> Floats:
        """Return what is expected of rows of swept mass, float64 of the same shape; NaN before the first fit."""
        if not self.fitted:
            return np.full(np.shape(mass), math.nan)
        flat = None if span is None else np.ravel(span)
        out: Floats = self.terms(np.ravel(mass), flat) @ self.weights + 0.1 * self.floor
        return out.reshape(np.shape(mass))

    def refit(self, mass: Floats, y: Floats, age_days: Floats, span: Floats | None = None) -> None:
        """Learn from rows [n] of past days; `age_days` is how long ago each was, at least 0.

        Starts from the last weights. Rows of zero weight are the caller's to leave out.
        """
        from liqdesk.lab import kernels

        if not len(mass):
            return
        weights = self.weights.copy()
        if not (self._bare or self._fixed):
            unit, self.unit = self.unit, _mean(mass)
            weights[1:4] *= (self.unit / unit) ** np.array(POWERS)
        if self._spread and span is not None:
            reach, self.reach = self.reach, _mean(span)
            weights[4] *= self.reach / reach
        age = np.exp(-np.asarray(age_days, dtype=np.float64) / FOLD_DAYS)
        y = np.require(y, dtype=np.float64, requirements=["C", "W"])
        kernels.fit(self.terms(mass, span), y, age, weights, PULL, self.floor, ROUNDS)
        self.weights = weights
        self.fitted = True


def _mean(values: Floats) -> float:
    """Return the mean, 1 where it is nothing to divide by."""
    mean = float(np.mean(values))
    return mean if math.isfinite(mean) and mean > 0 else 1.0


def prequential(head: Head, mass: Floats, y: Floats, day: NDArray[np.int64], span: Floats | None = None) -> Floats:
    """Return what `head` expects of each bar and side, float64 [n, 2], each day from the days before it.

    mass, y and span are float64 [n, 2], `day` int64 [n] ascending. NaN for the first three days.
    """
    out = np.full(y.shape, math.nan)
    if not len(day):
        return out
    for today in range(int(day[0]) + LEAST_DAYS, int(day[-1]) + 1):
        a, b, c = np.searchsorted(day, (today - MOST_DAYS, today, today + 1))
        if b == c:
            continue
        ages = np.repeat((today - day[a:b]).astype(np.float64), 2)
        head.refit(mass[a:b].ravel(), y[a:b].ravel(), ages, None if span is None else span[a:b].ravel())
        out[b:c] = head.predict(mass[b:c], None if span is None else span[b:c])
    return out
