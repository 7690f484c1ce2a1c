"""What share of the map is prior: how far printed orders have told the bands of distance apart.

The weight of band k is a gamma variable: n0·P_k pseudo-orders of the prior, and S_k orders that are attributed to it. Its
prior share is n0·P_k / (n0·P_k + S_k), 1 where nothing was seen. An order printed while a_k contracts of band k were
swept belongs to band k by P_k·a_k / Σ P·a. Orders come in bursts, so BURST of them count as one independent order.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.model.bands import BANDS, CLASSES, components, distances

Floats = NDArray[np.float64]

PSEUDO_ORDERS: Final = 40.0
BURST: Final = (
    20.0  # variance over mean of hourly orders: 12 in the simulated market, 42 on Binance's BTCUSDT in one real week
)
FORGET_MS: Final = 10 * 86_400_000
HALF_AT: Final = 0.06  # log distance
STEEPNESS: Final = 4.0


def default_shares() -> Floats:
    """Return the prior share by band before anything is recorded, float64 [20]: 1 / (1 + (0.06 / δ)^4).

    On six real months of BTCUSDT the law of distances could be told within a factor of two up to about 5 %, and hardly
    at all beyond 10 %; one week of Binance's prints gives, by the rule above, 0.2 at 5 % and 0.6 at 9 %.
    """
    return np.asarray(1.0 / (1.0 + (HALF_AT / distances()) ** STEEPNESS))


def class_shares(classes: Floats, shares: Floats) -> NDArray[np.float32]:
    """Return the prior share by class, float32 [5]: of its bands, weighed by the prior. `classes` float64 [5, 20] as
    `bands.components` gives it; a class that is not offered is all prior."""
    weight = classes.sum(axis=1)
    mixed = classes @ shares
    shared: NDArray[np.float32] = np.divide(mixed, weight, out=np.ones(CLASSES), where=weight > 0).astype(np.float32)
    return shared


@cache
def usual_shares() -> NDArray[np.float32]:
    """Return the default shares by class, float32 [5], of a contract of 125x at a maintenance rate of 0.4 %; read-only."""
    shares = class_shares(components(0.004, 125), default_shares())
    shares.flags.writeable = False
    return shares


def cell_share(planes: NDArray[np.floating], shares: NDArray[np.floating]) -> Floats:
    """Return the prior share of cells, float64 [...]: of their classes, weighed by what stands there. planes [10, ...] USD,
    plane = side·5 + class; shares [5]. Where nothing stands it is 0."""
    both = planes.astype(np.float64).reshape(2, CLASSES, *planes.shape[1:]).sum(axis=0)
    total = both.sum(axis=0)
    mixed = np.tensordot(shares.astype(np.float64), both, axes=(0, 0))
    return np.asarray(np.divide(mixed, total, out=np.zeros_like(total), where=total > 0))


class Identified:
    """Attributes printed orders to bands and forgets them over ten days of record.

    It starts from the default shares, as evidence that is forgotten like any other while a record runs.
    """

    def __init__(self, prior: Floats) -> None:
        """`prior` float64 [20] as `Density.prior`."""
        self.prior = prior
        self.evidence: Floats = PSEUDO_ORDERS * prior * (1.0 / default_shares() - 1.0)
        self.orders = 0

    def observe(self, span_ms: int, swept: Floats, orders: NDArray[np.integer]) -> None:
        """Take a watched stretch: contracts swept, float64 [2 side, 20], and how many orders were printed, int [2].

        Orders printed while nothing was swept are left out: they say nothing of a band.
        """
        self.evidence *= math.exp(-span_ms / FORGET_MS)
        held = swept * self.prior
        for side in range(2):
            total = float(held[side].sum())
            if total > 0 and orders[side] > 0:
                self.evidence += held[side] / total * (float(orders[side]) / BURST)
                self.orders += int(orders[side])

    def shares(self) -> Floats:
        """Return the prior share by band, float64 [20], in [0, 1]."""
        pseudo = PSEUDO_ORDERS * self.prior
        total = pseudo + self.evidence
        return np.divide(pseudo, total, out=np.ones(BANDS), where=total > 0)
