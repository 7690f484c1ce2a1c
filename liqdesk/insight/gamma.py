"""The gamma distribution, in numpy: its cumulative sum and its quantiles."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

TERMS: Final = 2_000
EXACT_TO: Final = (
    200.0  # a shape above it takes the quantile of Wilson and Hilferty, off by less than 1e-5 of itself there
)
TINY: Final = 1e-300


def log_gamma(shape: ArrayLike) -> Floats:
    """Return ln Γ of positive numbers (Stirling's series, carried up by recurrence), to 1e-13."""
    x = np.array(shape, dtype=np.float64)
    carried = np.zeros_like(x)
    while np.any(x < 12.0):
        low = x < 12.0
        carried = carried - np.where(low, np.log(np.where(low, x, 1.0)), 0.0)
        x = np.where(low, x + 1.0, x)
    y = 1.0 / (x * x)
    series = (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y / 1188)))) / x
    found: Floats = (x - 0.5) * np.log(x) - x + 0.5 * math.log(2 * math.pi) + series + carried
    return found


def gamma_cdf(x: ArrayLike, shape: ArrayLike) -> Floats:
    """Return P(X ≤ x) for a gamma variable of `shape` > 0 and scale 1.

    The series below shape + 1, the continued fraction (Lentz) above it (Press et al., Numerical Recipes, 6.2).
    """
    z, k = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(shape, dtype=np.float64))
    positive = np.maximum(z, TINY)
    front = np.exp(k * np.log(positive) - positive - log_gamma(k))
    low = positive < k + 1.0
    out = np.where(low, front * _series(np.where(low, positive, 0.0), k), 0.0)
    out = np.where(low, out, 1.0 - front * _fraction(np.where(low, k + 2.0, positive), k))
    return np.asarray(np.where(z > 0, np.clip(out, 0.0, 1.0), 0.0))


def _series(x: Floats, k: Floats) -> Floats:
    term = 1.0 / k
    total = term.copy()
    for n in range(1, TERMS):
        term = term * x / (k + n)
        total += term
        if np.all(term < 1e-16 * total):
            break
    return total


def _fraction(x: Floats, k: Floats) -> Floats:
    b = x + 1.0 - k
    c = np.full_like(x, 1.0 / TINY)
    d = 1.0 / np.where(np.abs(b) < TINY, TINY, b)
    found = d.copy()
    for i in range(1, TERMS):
        a = -i * (i - k)
        b = b + 2.0
        d = a * d + b
        d = 1.0 / np.where(np.abs(d) < TINY, TINY, d)
        c = b + a / c
        c = np.where(np.abs(c) < TINY, TINY, c)
        found = found * d * c
        if np.all(np.abs(d * c - 1.0) < 1e-15):
            break
    return found


def gamma_quantile(share: float, shape: ArrayLike) -> Floats:
    """Return x with P(X ≤ x) = `share` for gamma variables of `shape` > 0 and scale 1; 0 below the smallest float.

    Starts from Wilson and Hilferty (1931), or from x^k / Γ(k + 1) = share near zero, and goes on by Newton's steps in
    ln x, which are halved where they leave the bracket. Raises ValueError for a share outside (0, 1).
    """
    if not 0 < share < 1:
        raise ValueError(f"no quantile at {share!r}")
    k = np.atleast_1d(np.asarray(shape, dtype=np.float64))
    normal = normal_quantile(share)
    cube = 1.0 - 1.0 / (9.0 * k) + normal / (3.0 * np.sqrt(k))
    near_zero = (math.log(share) + log_gamma(k + 1.0)) / k
    at = np.where(cube > 0.2, np.log(k) + 3.0 * np.log(np.maximum(cube, 0.2)), near_zero)
    at = np.where(k < 0.5, np.minimum(near_zero, at), at)
    small = near_zero < -600.0  # the leading term is then exact
    inner = (k <= EXACT_TO) & ~small
    low = np.minimum(near_zero, at) - 1.0
    high = np.maximum(np.log(k + 20.0 * np.sqrt(k) + 40.0), at)
    kk = np.where(inner, k, 1.0)
    x = np.where(inner, np.clip(at, low, high), 0.0)
    gone = log_gamma(kk)
    for _ in range(80):
        off = gamma_cdf(np.exp(x), kk) - share
        low = np.where(off < 0, np.maximum(low, x), low)
        high = np.where(off > 0, np.minimum(high, x), high)
        slope = np.exp(kk * x - np.exp(x) - gone)
        step = x - off / np.maximum(slope, TINY)
        step = np.where((step >= low) & (step <= high), step, 0.5 * (low + high))  # at the root it stands on an end
        moved = np.max(np.abs(np.where(inner, step - x, 0.0)))
        x = np.where(inner, step, x)
        if moved < 1e-10:  # so near, the step just made leaves only what rounding does
            break
    out = np.where(inner, x, np.where(small, near_zero, at))
    found: Floats = np.where(out < -700.0, 0.0, np.exp(np.maximum(out, -700.0)))
    return found.reshape(np.shape(shape))


def normal_quantile(share: float) -> float:
    """Return the standard normal quantile, by bisection of erfc."""
    low, high = -40.0, 40.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if 0.5 * math.erfc(-middle / math.sqrt(2.0)) < share:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
