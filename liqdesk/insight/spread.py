"""How far an estimated amount may be off: the 80 % band of what would be printed.

An amount of USD on the map is what this venue is expected to print as liquidations if price swept that stretch now. What
it would then print is held to be gamma distributed, with the amount μ as its mean and the variance

    lump · μ  +  (near² + (prior · share)² + e^(scale²) − 1) · μ²

The first term counts lumps: orders that come independently, of size-weighted mean `lump`, have it exactly (a compound
Poisson sum). The others are errors in proportion: of the model where it can be checked, of that part of the amount,
`share`, which the prior law of distances sets alone, and of the gain, whose logarithm has the standard deviation `scale`.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from liqdesk.insight.gamma import gamma_quantile

Floats = NDArray[np.float64]

LOW: Final = 0.10
HIGH: Final = 0.90
SHAPES: Final = (0.02, 1e6)  # of the table; below its start a band reaches from 0 to the amount
KNOTS: Final = 200
PACE: Final = 0.05  # of learning, in ln lump per hour and side
FREEDOM: Final = 30.0  # how far from the shipped value a record may take the lump, as a factor


class Spread(msgspec.Struct, frozen=True):
    """What a band is made of. The shipped values are those under which 80 % bands hold 80 % of what stands in the rows
    within 5 % of mark on ten simulated months, where the truth is known; `order_usd` is the mean order that Binance
    printed for BTCUSDT, 2026-02-24 .. 2026-03-03.

    `lump_usd` is used for rows, zones and sums; `printed_lump_usd` for forecasts of what is printed over a stretch of
    time, where a record of its own, of `hours` hours, may have taught it. Positions away from price are larger than
    those that are closed beside it, and no record shows them: so a record may widen the bands of the map but not narrow
    them.
    """

    lump_usd: float = 100_000.0
    printed_lump_usd: float = 100_000.0
    order_usd: float = 10_300.0
    near: float = 0.4
    prior: float = 2.0
    scale: float = 0.2
    hours: int = 0

    def observe(self, expected_usd: float, printed_usd: float) -> Spread:
        """Learn from one hour and side of a record: the lump grows when the band missed, and shrinks a little when not.

        The step, 0.05·(missed − 0.2) in ln lump, leaves a fifth outside in the long run whatever the distribution
        (Gibbs and Candès 2021, adaptive conformal inference). Hours in which less than one order was expected teach
        nothing: their bands begin at zero.
        """
        if not expected_usd >= self.order_usd:
            return self
        low, high = band_of(expected_usd, 0.0, self, self.printed_lump_usd)
        missed = not float(low) <= printed_usd <= float(high)
        lump = self.printed_lump_usd * math.exp(PACE * (float(missed) - (1 - HIGH + LOW)))
        shipped = Spread().lump_usd
        lump = min(max(lump, shipped / FREEDOM), shipped * FREEDOM)
        return msgspec.structs.replace(self, printed_lump_usd=lump, lump_usd=max(shipped, lump), hours=self.hours + 1)

    def scaled(self, factor: float) -> Spread:
        """Return the same spread for amounts `factor` times as large (another market, another unit)."""
        return msgspec.structs.replace(
            self,
            lump_usd=self.lump_usd * factor,
            printed_lump_usd=self.printed_lump_usd * factor,
            order_usd=self.order_usd * factor,
        )


def deviation_of(usd: ArrayLike, share: ArrayLike, spread: Spread, lump_usd: float | None = None) -> Floats:
    """Return the standard deviation of what would be printed, USD, of amounts `usd` of which `share` is prior."""
    amount = np.asarray(usd, dtype=np.float64)
    lump = spread.lump_usd if lump_usd is None else lump_usd
    return np.asarray(np.sqrt(lump * amount + _relative(share, spread) * amount**2))


def chance_of(usd: ArrayLike, spread: Spread) -> Floats:
    """Return the part of the deviation that the lumps alone make, USD: √(lump · usd)."""
    return np.asarray(np.sqrt(spread.lump_usd * np.asarray(usd, dtype=np.float64)))


def band_of(usd: ArrayLike, share: ArrayLike, spread: Spread, lump_usd: float | None = None) -> tuple[Floats, Floats]:
    """Return the 80 % band (low, high) of amounts `usd`, of which the prior sets `share`; both of any shape, USD.

    One time in ten less is printed, one time in ten more. The low end is 0 where one time in ten no order at all comes
    (e^(−usd / order) ≥ 0.1), and the high end is never less than the amount itself.
    """
    amount = np.asarray(usd, dtype=np.float64)
    lump = spread.lump_usd if lump_usd is None else lump_usd
    relative = _relative(share, spread) + lump / np.maximum(amount, 1e-300)
    shape = -np.log(relative)
    knots, below, above = _table()
    low = amount * np.interp(shape, knots, below)
    low = np.where((shape < knots[0]) | (amount < spread.order_usd * -math.log(LOW)), 0.0, low)
    high = amount * np.maximum(np.interp(shape, knots, above), 1.0)
    return np.asarray(low), np.asarray(high)


def warm_bands() -> None:
    """Make the table that the bands are read from."""
    _table()


def ratio_band(long: float, short: float, share: ArrayLike, spread: Spread) -> tuple[float, float]:
    """Return the 80 % interval of (short − long) / (short + long) of two amounts, USD; `share` float [2] of each.

    The error of the scale is the same on both sides and leaves the ratio alone. The others are independent: the
    logarithm of short / long has about the sum of their relative variances, as ln(1 + v).
    """
    if not (long > 0 and short > 0):
        return (-1.0, 1.0)
    alone = msgspec.structs.replace(spread, scale=0.0)
    amounts = np.array([long, short])
    relative = (deviation_of(amounts, share, alone) / amounts) ** 2
    reach = 1.2815515655446004 * math.sqrt(float(np.log1p(relative).sum()))
    middle = math.log(short / long)
    return math.tanh((middle - reach) / 2), math.tanh((middle + reach) / 2)


def _relative(share: ArrayLike, spread: Spread) -> Floats:
    prior = (spread.prior * np.asarray(share, dtype=np.float64)) ** 2
    return np.asarray(spread.near**2 + prior + math.expm1(spread.scale**2))


@cache
def _table() -> tuple[Floats, Floats, Floats]:
    """Return (ln shape, low, high) as multiples of the mean; read-only."""
    knots = np.linspace(math.log(SHAPES[0]), math.log(SHAPES[1]), KNOTS)
    shape = np.exp(knots)
    out = (knots, gamma_quantile(LOW, shape) / shape, gamma_quantile(HIGH, shape) / shape)
    for array in out:
        array.flags.writeable = False
    return out
