"""Which stretch of time and price the chart shows by itself, and when that changes. Pure rules, no Qt."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.model.axis import PHASE

PAD_SHARE: Final = 0.35  # of the candles' range, above and below
PAD_LEAST: Final = 0.02  # log price: zones 2 % beyond the candles stay in view
PAD_MOST: Final = 0.06
KEEP: Final = 0.45  # of the pad that must be left before the range moves
SHRINK: Final = 1.5  # how much wider than asked the range may stay


def right_edge(venue_ms: int, interval_ms: int, ms_per_px: float, pad_px: float) -> float:
    """Return the end of the open candle and a few pixels more, so that the view moves once per candle."""
    return (venue_ms // interval_ms + 1) * interval_ms + pad_px * ms_per_px


def price_range(
    candles: NDArray[np.void], t0: float, t1: float, mark: float, current: tuple[float, float] | None
) -> tuple[float, float] | None:
    """Return log prices (low, high) that hold the candles between t0 and t1 and the mark with room around them.

    `current` is kept while it still has nearly half the room it should have and is not half again too wide. None when
    nothing is known.
    """
    inside = candles[(candles["t"] + candles["span"] > t0) & (candles["t"] < t1)]
    lows = [float(np.log(inside["low"].min())) - PHASE] if len(inside) else []
    highs = [float(np.log(inside["high"].max())) - PHASE] if len(inside) else []
    if mark > 0 and math.isfinite(mark):
        lows.append(math.log(mark) - PHASE)
        highs.append(math.log(mark) - PHASE)
    if not lows:
        return None
    low, high = min(lows), max(highs)
    pad = min(PAD_MOST, max(PAD_LEAST, PAD_SHARE * (high - low)))
    wanted = (low - pad, high + pad)
    if current is not None:
        roomy = low - current[0] >= KEEP * pad and current[1] - high >= KEEP * pad
        if roomy and current[1] - current[0] <= SHRINK * (wanted[1] - wanted[0]):
            return current
    return wanted
