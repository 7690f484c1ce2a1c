"""Zones: stretches of price where the estimate stands out from its surroundings, and rises that do not by more than chance."""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from liqdesk.insight.sides import Density, Side64, edge, position, priors_of, sides_of
from liqdesk.insight.spread import Spread, band_of, chance_of
from liqdesk.insight.touch import Chance
from liqdesk.market import Side

REACH: Final = 0.12  # zones are looked for within this fraction of mark
MOST_ZONES: Final = 8
FINE_ROWS: Final = 1.0  # 10 bp
WIDE_ROWS: Final = 15.0  # 150 bp
SHARE: Final = 0.15  # of the background that the excess has to reach
SIGNIFICANT: Final = 2.0  # z
FLOOR: Final = 0.25  # of the side's mean within reach, below which no background is taken


class Zone(msgspec.Struct, frozen=True):
    """A stretch where one side's density stands clearly above its surroundings, in quote prices; `usd` is all of that side within it.

    `distance` is signed and relative to mark: (nearest edge − mark) / mark, zero inside. `prominence_usd` is the part of `usd`
    that stands above the surroundings. `low_usd` .. `high_usd` is the 80 % band of `usd`, `prior` the share of it that the
    prior sets, `z` the prominence over what chance makes of so much: √(lump·usd), the deviation of as many orders as lumpy
    as they come. Errors of the scale and of the model do not enter: the surroundings share them.

    It is a zone from z = 2 on. Below that it is a rise that may be chance: on ten simulated months such rises held no more than
    their surroundings.
    """

    side: Side
    low: float
    high: float
    peak: float
    usd: float
    prominence_usd: float
    distance: float
    low_usd: float = 0.0
    high_usd: float = math.inf
    prior: float = 1.0
    z: float = 0.0
    touch: Chance | None = None  # that the mark reaches the nearest edge; None where not known
    first_row: int = 0  # display bins, both included
    last_row: int = -1
    age_ms: float | None = None  # half of the USD entered within this time; None where not known
    hour_usd: float | None = None  # what stood in the same bins an hour ago, at today's gain; None where not known
    cohorts: tuple[int, ...] = ()  # of its peak, `Confluence.cohorts_at`; none where not known
    score: int | None = None  # of its peak, `Confluence.score`

    @property
    def significant(self) -> bool:
        return self.z >= SIGNIFICANT

    @property
    def growth_usd(self) -> float | None:
        """What it grew by within the hour, USD."""
        return None if self.hour_usd is None else self.usd - self.hour_usd

    @property
    def peak_row(self) -> int:
        """The display bin of its peak."""
        row = math.floor(position(self.peak, 0))
        return min(max(row, self.first_row), self.last_row)


class _Peak(msgspec.Struct, frozen=True):
    row: int
    first: int
    last: int
    above: float


def zones_of(
    base: int, usd: Density, mark: float, shares: NDArray[np.floating] | None = None, spread: Spread | None = None
) -> tuple[Zone, ...]:
    """Return zones and rises within 12 % of mark, highest price first: at most eight, the significant ones before the others and
    then those of most USD; none when nothing stands out.

    base: display bin of row 0; usd: [10, rows] or [2, rows], USD per row; shares: prior by class [5], default none; spread: default
    the shipped one. Per side, the background is the density smoothed over 150 bp
    (no less than a quarter of the side's mean within reach). A candidate is a local maximum of the density smoothed over 10 bp less that
    background, of at least 15 % of it: a ridge, or the front of a plateau where price has not been lately. It extends as far as
    the excess stays above half its height; of two that overlap the higher stays. Raises ValueError for input that is not a density.
    """
    longs, shorts = sides_of(usd, mark)
    prior = priors_of(usd, shares)
    rows = longs.size
    here = position(mark, base)
    found = [
        _zone(Side.LONG, p, longs, prior, base, mark) for p in _peaks(longs, here, position(mark * (1 - REACH), base))
    ]
    # Mirrored, shorts stand below mark as longs do.
    for p in _peaks(shorts[::-1], rows - here, rows - position(mark * (1 + REACH), base)):
        mirrored = _Peak(rows - 1 - p.row, rows - 1 - p.last, rows - 1 - p.first, p.above)
        found.append(_zone(Side.SHORT, mirrored, shorts, prior, base, mark))
    judged = _judged(found, spread or Spread())
    largest = sorted(judged, key=lambda z: (z.significant, z.usd), reverse=True)[:MOST_ZONES]
    return tuple(sorted(largest, key=lambda z: z.peak, reverse=True))


def _judged(found: list[Zone], spread: Spread) -> list[Zone]:
    """Return zones with their bands and z."""
    usd = np.array([z.usd for z in found])
    low, high = band_of(usd, np.array([z.prior for z in found]), spread)
    score = np.array([z.prominence_usd for z in found]) / np.maximum(chance_of(usd, spread), 1e-300)
    rows = zip(found, low.tolist(), high.tolist(), score.tolist(), strict=True)
    return [replace(zone, low_usd=a, high_usd=b, z=z) for zone, a, b, z in rows]


def _zone(side: Side, peak: _Peak, rows: Side64, prior: tuple[Side64, Side64], base: int, mark: float) -> Zone:
    low, high, centre = edge(base + peak.first), edge(base + peak.last + 1), edge(base + peak.row + 0.5)
    if side is Side.LONG:
        high, centre = min(high, mark), min(centre, mark)
        distance = (high - mark) / mark
    else:
        low, centre = max(low, mark), max(centre, mark)
        distance = (low - mark) / mark
    within = slice(peak.first, peak.last + 1)
    usd = float(rows[within].sum())
    share = float(prior[side][within].sum()) / usd if usd > 0 else 0.0
    rows_at = base + peak.first, base + peak.last
    found = Zone(side, low, high, centre, usd, min(peak.above, usd), distance, prior=min(share, 1.0))
    return replace(found, first_row=rows_at[0], last_row=rows_at[1])


def _kernel(rows: float) -> Side64:
    reach = math.ceil(3 * rows)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / rows) ** 2)
    return np.asarray(weights / weights.sum())


_FINE: Final = _kernel(FINE_ROWS)
_WIDE: Final = _kernel(WIDE_ROWS)


def _smooth(side: Side64, kernel: Side64) -> Side64:
    """Return the side smoothed; where the kernel reaches beyond the side, only what lies on it is averaged."""
    if side.size < kernel.size:
        half = kernel.size // 2
        weighted = np.convolve(side, kernel)[half : half + side.size]
        weight = np.convolve(np.ones(side.size), kernel)[half : half + side.size]
    else:
        weighted = np.convolve(side, kernel, "same")
        weight = np.convolve(np.ones(side.size), kernel, "same")
    return np.asarray(weighted / weight)


def _peaks(column: Side64, here: float, low: float) -> list[_Peak]:
    """Return the peaks of a side that stands below `here`, with their row between `low` and `here`, both in rows, highest first."""
    end = min(math.ceil(here), column.size)
    first = max(math.floor(low), 0)
    if end <= first:
        return []
    side = column[:end]
    mean = float(side[first:].mean())
    if mean <= 0:
        return []
    background = np.maximum(_smooth(side, _WIDE), FLOOR * mean)
    excess = _smooth(side, _FINE) - background
    left = np.concatenate([[np.inf], excess[:-1]])
    right = np.concatenate([excess[1:], [-np.inf]])
    tops = np.flatnonzero((excess > left) & (excess >= right) & (excess >= SHARE * background))
    kept: list[_Peak] = []
    for row in sorted((int(r) for r in tops if r >= first), key=lambda r: -excess[r]):
        a, b = _extent(excess, row)
        if all(b < k.first or a > k.last for k in kept):
            kept.append(_Peak(row, a, b, float(np.clip(excess[a : b + 1], 0.0, None).sum())))
    return kept


def _extent(excess: Side64, row: int) -> tuple[int, int]:
    level = excess[row] / 2
    first = last = row
    while first > 0 and excess[first - 1] > level:
        first -= 1
    while last + 1 < excess.size and excess[last + 1] > level:
        last += 1
    return first, last
