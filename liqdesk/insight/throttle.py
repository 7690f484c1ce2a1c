"""The one-a-second rule of the stream of forced orders: what a second's print, or its silence, says of the orders behind it.

Law of a second: N orders on both sides, independent sizes of one law F. N is Poisson of mean `rate`, or, since orders come in clumps,
negative binomial of that mean and of `clumping` k (k = ∞ is Poisson): G(z) = E z^N = (1 + rate·(1 − z)/k)^−k. The venue prints nothing
where N = 0, else one order: the largest, or the latest. With m the print's size:

    largest   P(no print) = G(0), p(print of size m) = f(m)·G'(F(m)),
              E[N | m] = 1 + F(m)·G''(F(m))/G'(F(m)), E[hidden | m] = G''(F(m))/G'(F(m))·∫₀^m q dF(q);
              of Poisson p = rate·f(m)·e^(−rate·(1 − F(m))), E[N | m] = 1 + rate·F(m), E[hidden | m] = rate·∫₀^m q dF(q)
    latest    P(no print) = G(0), p(print of size m) = f(m)·(1 − G(0)), E[N | m] = rate/(1 − G(0)), E[hidden | m] = (E[N] − 1)·E[q]

So under the first rule prints grow with the rate, as maxima do, and under the second they do not: that tells them apart.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

POISSON: Final = math.inf
TAIL_SHARE: Final = 0.05  # of the sizes, from which the tail's exponent is taken
LEAST_TAIL: Final = 1.2  # a flatter tail would have no mean to speak of


class Rule(StrEnum):
    """Which order of a second the venue prints."""

    LARGEST = "largest"
    LATEST = "latest"


class SizeLaw:
    """The law F of order sizes: that of a sample, with a Pareto tail beyond its largest.

    sizes: float64 [n], USD, n ≥ 2, all above zero. The tail holds 1/(n + 1) of the mass; its exponent is Hill's, of the largest 5 %.
    Raises ValueError for a sample that is none.
    """

    def __init__(self, sizes: Numbers) -> None:
        if sizes.ndim != 1 or sizes.size < 2 or not (np.isfinite(sizes).all() and (sizes > 0).all()):
            raise ValueError("a law of sizes needs two or more, all above zero")
        self.sizes = np.sort(sizes.astype(np.float64))
        n = self.sizes.size
        self._unit = 1.0 / (n + 1)
        self._mass = np.concatenate([[0.0], np.cumsum(self.sizes)]) * self._unit
        self._squares = np.concatenate([[0.0], np.cumsum(self.sizes**2)]) * self._unit
        top = self.sizes[-max(2, math.ceil(TAIL_SHARE * n)) :]
        spread = float(np.log(top / top[0]).sum())
        self.exponent = max((top.size - 1) / spread if spread > 0 else math.inf, LEAST_TAIL)
        self.largest = float(self.sizes[-1])

    @property
    def mean(self) -> float:
        a = self.exponent
        beyond = self.largest if math.isinf(a) else self.largest * a / (a - 1)
        return float(self._mass[-1] + self._unit * beyond)

    def below(self, size: Numbers) -> Numbers:
        """Return P(an order is smaller than `size`)."""
        return self._beyond(size, np.searchsorted(self.sizes, size, side="left"))

    def upto(self, size: Numbers) -> Numbers:
        """Return P(an order is not larger than `size`)."""
        return self._beyond(size, np.searchsorted(self.sizes, size, side="right"))

    def mass_below(self, size: Numbers) -> Numbers:
        """Return ∫ q dF(q) over q < size, USD; of the tail beyond the sample, nothing."""
        return np.asarray(self._mass[np.searchsorted(self.sizes, size, side="left")])

    def squares_below(self, size: Numbers) -> Numbers:
        """Return ∫ q² dF(q) over q < size, USD²; of the tail beyond the sample, nothing."""
        return np.asarray(self._squares[np.searchsorted(self.sizes, size, side="left")])

    def _beyond(self, size: Numbers, count: NDArray[np.int64]) -> Numbers:
        within = np.asarray(count * self._unit)
        over = size > self.largest
        if not over.any():
            return within
        power = (
            0.0 if math.isinf(self.exponent) else (self.largest / np.where(over, size, self.largest)) ** self.exponent
        )
        return np.asarray(np.where(over, 1.0 - self._unit * power, within))


def silence(rate: Numbers, clumping: float = POISSON) -> Numbers:
    """Return P(no order in the second), G(0)."""
    return generating(np.zeros_like(rate), rate, clumping)


def rate_of(occupied: Numbers, clumping: float = POISSON) -> Numbers:
    """Return the mean number of orders in seconds of which a share `occupied`, below one, has a print: `silence` solved backwards."""
    if math.isinf(clumping):
        return np.asarray(-np.log1p(-occupied))
    return np.asarray(clumping * np.expm1(-np.log1p(-occupied) / clumping))


def generating(z: Numbers, rate: Numbers, clumping: float = POISSON) -> Numbers:
    """Return G(z) = E z^N."""
    if math.isinf(clumping):
        return np.asarray(np.exp(-rate * (1 - z)))
    return np.asarray((1 + rate * (1 - z) / clumping) ** -clumping)


def _slope(z: Numbers, rate: Numbers, clumping: float) -> Numbers:
    """Return G'(z)."""
    if math.isinf(clumping):
        return np.asarray(rate * np.exp(-rate * (1 - z)))
    return np.asarray(rate * (1 + rate * (1 - z) / clumping) ** (-clumping - 1))


def _others(z: Numbers, rate: Numbers, clumping: float) -> Numbers:
    """Return G''(z)/G'(z): how many more orders a size rank z leaves room for, per unit of rank."""
    if math.isinf(clumping):
        return np.broadcast_to(rate, np.broadcast_shapes(rate.shape, z.shape)).astype(np.float64)
    return np.asarray(rate * (1 + 1 / clumping) / (1 + rate * (1 - z) / clumping))


def log_ratio(rate: Numbers, size: Numbers, law: SizeLaw, clumping: float = POISSON) -> Numbers:
    """Return ln p(size | print, largest) − ln p(size | print, latest), elementwise: the size law's density cancels.

    Where several orders of the law have that very size, its probability takes the place of the density.
    """
    low, high = law.below(size), law.upto(size)
    step = high - low
    atom = step > 1e-9
    width = np.where(atom, step, 1.0)
    jump = (generating(high, rate, clumping) - generating(low, rate, clumping)) / width
    given = np.where(atom, jump, _slope(high, rate, clumping))
    return np.asarray(np.log(given) - np.log1p(-silence(rate, clumping)))


def likelihood(rule: Rule, rate: Numbers, size: Numbers, law: SizeLaw, clumping: float = POISSON) -> Numbers:
    """Return p(a print of this size) in units of the size law's density f(size); `silence` is the probability of none."""
    if rule is Rule.LATEST:
        return 1 - silence(rate, clumping)
    return _slope(0.5 * (law.below(size) + law.upto(size)), rate, clumping)


def orders(rule: Rule, rate: Numbers, size: Numbers, law: SizeLaw, clumping: float = POISSON) -> Numbers:
    """Return E[N | a print of this size], the printed one among them."""
    if rule is Rule.LATEST:
        return np.asarray(rate / (1 - silence(rate, clumping)))
    rank = 0.5 * (law.below(size) + law.upto(size))
    return np.asarray(1 + rank * _others(rank, rate, clumping))


def hidden(rule: Rule, rate: Numbers, size: Numbers, law: SizeLaw, clumping: float = POISSON) -> Numbers:
    """Return E[USD of the orders that were not printed | a print of this size]."""
    if rule is Rule.LATEST:
        return np.asarray((orders(rule, rate, size, law, clumping) - 1) * law.mean)
    rank = 0.5 * (law.below(size) + law.upto(size))
    return np.asarray(_others(rank, rate, clumping) * law.mass_below(size))


def hidden_variance(rate: Numbers, size: Numbers, law: SizeLaw, clumping: float = POISSON) -> Numbers:
    """Return Var[USD not printed | a print of this size] under `largest`, USD²: given m the others are negative binomial of k + 1."""
    rank = 0.5 * (law.below(size) + law.upto(size))
    room = _others(rank, rate, clumping)
    clumped = 0.0 if math.isinf(clumping) else 1 / (clumping + 1)
    return np.asarray(room * law.squares_below(size) + clumped * (room * law.mass_below(size)) ** 2)
