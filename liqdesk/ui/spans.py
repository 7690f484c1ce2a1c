"""The lengths of candles the chart offers, and what is said of each."""

from __future__ import annotations

from typing import Final

from liqdesk.ui import present
from liqdesk.ui.keys import BY_NAME
from liqdesk.ui.shortcuts import written

HOUR: Final = 3_600_000
CANDLES: Final = tuple(n * 60_000 for n in (1, 3, 5, 15, 30, 60, 120, 240, 720, 1_440))
IN_REACH: Final = (60_000, 300_000, 900_000, HOUR, 4 * HOUR, 24 * HOUR)  # without the menu
UTC_DAY: Final = "\nThey begin at midnight UTC{}, as the venue's do, whatever zone the axis shows."


def candle_tip(ms: int) -> str:
    """Return what is said of candles of a length, with the key that takes them."""
    key = written(BY_NAME[f"candle_{present.span(ms)}"].sequences[:1])
    counted = UTC_DAY.format("" if ms == 24 * HOUR else " and noon") if ms >= 12 * HOUR else ""
    return f"{present.span(ms)} candles{f' (key {key})' if key else ''}{counted}"


def window_tip(ms: int, number: int) -> str:
    """Return what is said of a stretch of time that can be shown, the `number`-th."""
    return f"Show the last {present.span(ms)} (Ctrl+{number}). The density is of all surviving opens."
