"""Intervals of means over seeds."""

from __future__ import annotations

import numpy as np

# 97.5 % points of Student's t, by degrees of freedom from 1 on
T_975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093,
)  # fmt: skip


def interval(differences: np.ndarray) -> tuple[float, float]:
    """Return (mean, half width of its 95 % interval); an infinite width for a single difference."""
    n = len(differences)
    if n < 2:
        return float(differences.mean()), float("inf")
    return float(differences.mean()), T_975[min(n - 2, len(T_975) - 1)] * float(differences.std(ddof=1)) / n**0.5
