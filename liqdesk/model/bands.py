"""Distance from entry to liquidation: twenty bands, their deposit kernels, their hazards, and the prior that weighs
them.

Leverage cannot be seen from outside; a distance can. The classes 5x .. 100x are distances under their usual names.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.market import LEVERAGES, class_distance
from liqdesk.model.axis import BIN

BANDS: Final = 20
CLASSES: Final = len(LEVERAGES)
FAMILIES: Final = 2
NEAREST: Final = 0.003
FARTHEST: Final = 0.45
WIDTH: Final = 0.45  # of a class's component, in ln distance
FLOOR: Final = 0.03  # of the prior, spread evenly
FAMILY_SHARE: Final = (0.15, 0.85)
FAMILY_HAZARD: Final = (0.3, 3.0)
HAZARD_AT: Final = 0.037
HAZARD_POWER: Final = -1.2

_STEP: Final = math.log(FARTHEST / NEAREST) / (BANDS - 1)


def distances() -> NDArray[np.float64]:
    """Return the band centres, float64 [20], log distance from entry to liquidation."""
    return np.exp(np.linspace(math.log(NEAREST), math.log(FARTHEST), BANDS))


def hazards() -> NDArray[np.float64]:
    """Return float64 [2 family, 20]: the decay rate of each band per unit of turnover V / (2·OI)."""
    return np.outer(FAMILY_HAZARD, (distances() / HAZARD_AT) ** HAZARD_POWER)


def components(rate: float, max_leverage: int) -> NDArray[np.float64]:
    """Return the prior by class and band, float64 [5, 20]; all of it sums to 1.

    P_k = 0.97·norm(Σ_L exp(−½((ln δ_k − ln d_L)/0.45)²)) + 0.03/20 with d_L = −ln(1 − 1/L) − rate; each class carries
    its own term and an equal part of the floor. Classes above `max_leverage`, or with no distance left under `rate`
    (the maintenance margin rate of the lowest bracket), are zero; a symbol that offers less than 5x keeps the 5x
    class.
    """
    if not 0 <= rate < class_distance(LEVERAGES[0], 0.0):
        raise ValueError(f"maintenance rate {rate!r} leaves no distance at {LEVERAGES[0]}x")
    weights = np.zeros((CLASSES, BANDS))
    offered = [
        i for i, leverage in enumerate(LEVERAGES) if leverage <= max_leverage and class_distance(leverage, rate) > 0
    ] or [0]
    for i in offered:
        away = (np.log(distances()) - math.log(class_distance(LEVERAGES[i], rate))) / WIDTH
        weights[i] = np.exp(-0.5 * away**2)
    if weights.sum() <= 0:
        raise ValueError(f"maintenance rate {rate!r} puts every class beyond the bands")
    weights *= (1 - FLOOR) / weights.sum()
    weights[offered] += FLOOR / BANDS / len(offered)
    return weights


def _below(away: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mass of the unit hat on [−1, 1] below `away`."""
    u = np.clip(away, -1.0, 1.0)
    return np.where(u < 0, 0.5 * (1 + u) ** 2, 1 - 0.5 * (1 - u) ** 2)


def deposit_kernels() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return (first, length, mass): an entry in bin e puts mass[k, j] into the bin first[k] + j bins away, j <
    length[k].

    int64 [20], int64 [20], float64 [20, longest]. Band k is a hat in ln δ around ln δ_k that ends at its neighbours'
    centres, divided by δ and of mass 1; the bin n away gets δ in [n·h, (n+1)·h), n >= 1.
    """
    centre = np.log(distances())
    first = np.maximum(np.floor(np.exp(centre - _STEP) / BIN).astype(np.int64), 1)
    last = np.ceil(np.exp(centre + _STEP) / BIN).astype(np.int64)
    length = last - first
    mass = np.zeros((BANDS, int(length.max())))
    for k in range(BANDS):
        edges = np.arange(first[k], last[k] + 1) * BIN
        mass[k, : length[k]] = np.diff(_below((np.log(edges) - centre[k]) / _STEP))
        mass[k] /= mass[k].sum()
    return first, length, mass
