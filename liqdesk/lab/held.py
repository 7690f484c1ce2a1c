"""How often the 80 % band of a bar's amount held what came, by a scale and a spread learned from earlier bars alone."""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.insight import Spread, band_of
from liqdesk.market import DAY_MS, HOUR_MS

MEMORY_DAYS: Final = 10.0


class Held(msgspec.Struct, frozen=True):
    """Of `count` bars and sides for which an order or more was expected (`least` USD), how many were held by the band, and
    how many fell below and above it; `lump` is the spread's own scale in the end, USD, after `hours` hours of record."""

    count: int
    held: int
    below: int
    above: int
    least: float
    lump: float
    hours: int


def bands_held(
    slots: NDArray[np.int64],
    swept: NDArray[np.float64],
    y: NDArray[np.float64],
    bar_ms: int,
    judged: NDArray[np.bool_],
) -> Held | None:
    """Judge the bands of bars [n, 2 side] that are `judged` [n]; None for bars that no hour is made of, or when none counts.

    What is expected of a bar is its swept mass at the ratio of liquidated to swept over the bars before, e-folding ten
    days. Every bar is judged before anything is learned of it.
    """
    if HOUR_MS % bar_ms:
        return None
    spread = Spread()
    liquidated = mass = 0.0
    counts = np.zeros(3, np.int64)
    hour = np.zeros((2, 2))
    full, seen, last = HOUR_MS // bar_ms, 0, int(slots[0])
    for slot, basis, came, counted in zip(slots.tolist(), swept, y, judged.tolist(), strict=True):
        forget = math.exp(-(slot - last) * bar_ms / (MEMORY_DAYS * DAY_MS))
        liquidated, mass = liquidated * forget, mass * forget
        if slot // full != last // full:
            hour[:], seen = 0.0, 0
        last = slot
        if mass > 0:
            expected = basis * (liquidated / mass)
            if counted:
                low, high = band_of(expected, 0.0, spread, spread.printed_lump_usd)
                worth = expected >= spread.order_usd
                parts = ((came >= low) & (came <= high), came < low, came > high)
                counts += [int((part & worth).sum()) for part in parts]
            hour += np.stack([expected, came])
            seen += 1
            if seen == full:
                for side in (0, 1):
                    spread = spread.observe(float(hour[0, side]), float(hour[1, side]))
        liquidated += float(came.sum())
        mass += float(basis.sum())
    if not counts.sum():
        return None
    held, below, above = counts.tolist()
    return Held(held + below + above, held, below, above, spread.order_usd, spread.printed_lump_usd, spread.hours)
