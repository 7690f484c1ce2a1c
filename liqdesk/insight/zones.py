"""Zones: stretches of price where the estimate stands out from its surroundings."""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np

from liqdesk.insight.sides import Density, Side64, edge, position, sides_of
from liqdesk.market import Side

REACH: Final = 0.12  # zones are looked for within this fraction of mark
MOST_ZONES: Final = 8
FINE_ROWS: Final = 1.0  # 10 bp
WIDE_ROWS: Final = 15.0  # 150 bp
SURROUNDINGS: Final = 30  # rows to either side against which a peak is measured
SHARE: Final = 0.5  # of the background that a prominence has to reach
FLOOR: Final = 0.25  # of the side's mean within reach, below which no background is taken


class Zone(msgspec.Struct, frozen=True):
    """A local maximum of the density and its half-prominence extent, in quote prices; `usd` is all of one side within it.

    `distance` is signed and relative to mark: (nearest edge − mark) / mark, zero inside. `prominence_usd` is the part of `usd`
    that stands above the surroundings.
    """

    side: Side
    low: float
    high: float
    peak: float
    usd: float
    prominence_usd: float
    distance: float


class _Peak(msgspec.Struct, frozen=True):
    row: int
    first: int
    last: int
    base: float
    prominence: float


def zones_of(base: int, usd: Density, mark: float) -> tuple[Zone, ...]:
    """Return the zones within 12 % of mark, highest price first: the eight of most USD, or none when nothing stands out.

    base: display bin of row 0; usd: [10, rows] or [2, rows], USD per row. Per side, a candidate is a local maximum of the density
    smoothed over 10 bp whose prominence within 3 % of log price is at least half the background (the density smoothed over 150 bp,
    no less than a quarter of the side's mean within reach). It extends as far as the smoothed density stays above half its prominence;
    a peak inside the extent of a more prominent one belongs to that. Raises ValueError for input that is not a density.
    """
    longs, shorts = sides_of(usd, mark)
    rows = longs.size
    here = position(mark, base)
    found = [_zone(Side.LONG, p, longs, base, mark) for p in _peaks(longs, here, position(mark * (1 - REACH), base))]
    # Mirrored, shorts stand below mark as longs do.
    for p in _peaks(shorts[::-1], rows - here, rows - position(mark * (1 + REACH), base)):
        mirrored = _Peak(rows - 1 - p.row, rows - 1 - p.last, rows - 1 - p.first, p.base, p.prominence)
        found.append(_zone(Side.SHORT, mirrored, shorts, base, mark))
    largest = sorted(found, key=lambda z: z.usd, reverse=True)[:MOST_ZONES]
    return tuple(sorted(largest, key=lambda z: z.peak, reverse=True))


def _zone(side: Side, peak: _Peak, rows: Side64, base: int, mark: float) -> Zone:
    low, high, centre = edge(base + peak.first), edge(base + peak.last + 1), edge(base + peak.row + 0.5)
    if side is Side.LONG:
        high, centre = min(high, mark), min(centre, mark)
        distance = (high - mark) / mark
    else:
        low, centre = max(low, mark), max(centre, mark)
        distance = (low - mark) / mark
    held = rows[peak.first : peak.last + 1]
    above = float(np.clip(held - peak.base, 0.0, None).sum())
    return Zone(side, low, high, centre, float(held.sum()), above, distance)


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
    """Return the peaks of a side that stands below `here`, with their row between `low` and `here`, both in rows.

    Beyond `here` the side is empty, so that what piles up against the mark counts as standing out there.
    """
    end = min(math.ceil(here), column.size)
    first = max(math.floor(low), 0)
    if end <= first:
        return []
    side = column[:end]
    mean = float(side[first:].mean())
    if mean <= 0:
        return []
    fine = _smooth(side, _FINE)
    background = np.maximum(_smooth(side, _WIDE), FLOOR * mean)
    left = np.concatenate([[np.inf], fine[:-1]])
    right = np.concatenate([fine[1:], [0.0]])
    rows = np.flatnonzero((fine > left) & (fine >= right))
    found = [_peak(fine, int(row)) for row in rows if row >= first]
    strong = [p for p in found if p.prominence >= SHARE * background[p.row]]
    kept: list[_Peak] = []
    for peak in sorted(strong, key=lambda p: p.prominence, reverse=True):
        if not any(k.first <= peak.row <= k.last for k in kept):
            kept.append(peak)
    return kept


def _peak(fine: Side64, row: int) -> _Peak:
    """Measure a peak against the lowest points between it and whatever is higher, or the end of its surroundings."""
    height = fine[row]
    before = fine[max(row - SURROUNDINGS, 0) : row][::-1]
    after = fine[row + 1 : row + 1 + SURROUNDINGS]
    # The side ends at the mark: beyond it there is nothing.
    if after.size < SURROUNDINGS:
        after = np.append(after, 0.0)
    base = float(max(_lowest(before, height), _lowest(after, height)))
    level = height - (height - base) / 2
    first, last = row, row
    while first > 0 and fine[first - 1] > level:
        first -= 1
    while last + 1 < fine.size and fine[last + 1] > level:
        last += 1
    return _Peak(row, first, last, base, float(height - base))


def _lowest(flank: Side64, height: float) -> float:
    """Return the lowest value before the flank exceeds `height`; the height itself when there is no flank."""
    higher = np.flatnonzero(flank > height)
    stretch = flank[: higher[0]] if higher.size else flank
    return float(stretch.min()) if stretch.size else float(height)
