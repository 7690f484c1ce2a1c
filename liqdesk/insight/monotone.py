"""Isotonic regression: the nearest values that never fall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def rising(values: Numbers, weights: Numbers) -> Numbers:
    """Return the weighted least-squares fit to `values` that never falls (pool adjacent violators, Ayer et al. 1955)."""
    means: list[float] = []
    sums: list[float] = []
    counts: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        means.append(value)
        sums.append(weight)
        counts.append(1)
        while len(means) > 1 and means[-2] >= means[-1]:
            total = sums[-2] + sums[-1]
            share = sums[-1] / total if total > 0 else 0.5
            means[-2:] = [means[-2] + (means[-1] - means[-2]) * share]
            sums[-2:] = [total]
            counts[-2:] = [counts[-2] + counts[-1]]
    return np.repeat(np.array(means, np.float64), counts)
