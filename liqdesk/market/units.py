"""Prices and ticks, sides, spans. All rounding lives here."""

from __future__ import annotations

import functools
import math
from enum import IntEnum
from typing import Final

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
YEAR_MS: Final = 365 * DAY_MS

LEVERAGES: Final = (5, 10, 25, 50, 100)


class Side(IntEnum):
    """Whose position is, or would be, liquidated. LONG stands below price, SHORT above."""

    LONG = 0
    SHORT = 1

    @property
    def word(self) -> str:
        return "long" if self is Side.LONG else "short"


def floor_to(time_ms: int, span_ms: int) -> int:
    """Return the start of the span that holds `time_ms`; both in milliseconds since 1970 UTC."""
    return time_ms - time_ms % span_ms


def ticks_from_price(price: float, tick: float) -> int:
    """Return `price` in whole ticks, to the nearest; venue prices are multiples of the tick up to float noise."""
    return round(price / tick)


def price_from_ticks(ticks: int, tick: float) -> float:
    """Return the price of `ticks`, rounded to the tick's own decimals so that it prints as the venue wrote it."""
    return round(ticks * tick, decimals_of(tick))


@functools.lru_cache(maxsize=4096)
def decimals_of(tick: float) -> int:
    """Return how many decimals a price on this tick needs: 0.1 -> 1, 0.005 -> 3, 10 -> 0."""
    if not (math.isfinite(tick) and tick > 0):
        raise ValueError(f"tick {tick!r} is not a positive number")
    text = f"{tick:.12f}".rstrip("0")
    return len(text.split(".")[1])
