"""Which stretch of time and price is in view: by rule while it follows the market, else where the user put it."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.model.axis import PHASE
from liqdesk.model.candles import SPANS
from liqdesk.ui.chart.scale import Lens

EDGE_PX: Final = 5  # between the end of the open candle and the edge of the plot
PAD_SHARE: Final = 0.35  # of the candles' range, above and below
PAD_LEAST: Final = 0.02  # log price: zones 2 % beyond the candles stay in view
PAD_MOST: Final = 0.06
KEEP: Final = 0.45  # of the pad that must be left before the range moves
SHRINK: Final = 1.5  # how much wider than asked the range may stay
DEPTH_MS: Final = 32 * DAY_MS


def newest_edge(venue_ms: int, interval_ms: int, span_ms: float) -> int:
    """Return where a view of `span_ms` that follows the market ends: at the end of the open candle, or, where a candle is more
    than an eighth of the view, at the end of the open step of a length that is at most a 24th."""
    step = interval_ms
    if interval_ms * 8 > span_ms:
        step = max((s for s in SPANS if s * 24 <= span_ms and s <= interval_ms), default=MINUTE_MS)
    return (venue_ms // step + 1) * step


def right_edge(venue_ms: int, interval_ms: int, span_ms: float, width: float) -> float:
    """Return the right edge of a view that follows: `newest_edge` and a few pixels more, so that it moves once per step."""
    return newest_edge(venue_ms, interval_ms, span_ms) + EDGE_PX * span_ms / max(width, 1.0)


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


class Sight:
    """The stretch of time in view. `following` says that its right edge is the market's, `span_ms` how long it is."""

    def __init__(self, span_ms: float) -> None:
        self.following = True
        self.span_ms = span_ms
        self.t0, self.t1 = 0.0, 1.0

    def follow(self, span_ms: float) -> None:
        self.following, self.span_ms = True, span_ms

    def aim(self, venue_ms: int, interval_ms: int, width: float) -> tuple[float, float]:
        """Return the times (from, to) to show now, for a plot `width` px wide."""
        if venue_ms and (self.following or self.t1 <= 1.0):
            self.t1 = right_edge(venue_ms, interval_ms, self.span_ms, width)
            self.t0 = self.t1 - self.span_ms
        return self.t0, self.t1

    def move(self, wanted: Lens, venue_ms: int, interval_ms: int, oldest_ms: int | None) -> None:
        """Take a stretch the user asked for, kept within reach of the data. One that ends at the market follows it."""
        span = wanted.t1 - wanted.t0
        end = right_edge(venue_ms, interval_ms, span, wanted.width)
        oldest = oldest_ms if oldest_ms is not None else end - DEPTH_MS
        resized = abs(span - self.span_ms) > 1
        held = self.following and resized  # while it follows, a change of length leaves the newest candle in place
        t1 = end if held else min(max(wanted.t1, oldest + span / 4), end + span / 2)
        self.following = held or abs(t1 - end) < 3 * wanted.ms_per_px
        self.span_ms, self.t0, self.t1 = span, t1 - span, t1
