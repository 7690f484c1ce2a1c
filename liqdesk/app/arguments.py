"""How words on the command line are read."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Final

SPANS: Final = {"12h": 12, "1d": 24, "3d": 72, "1w": 168, "1M": 720}  # hours
BARS: Final = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "1d": 1440}  # minutes
CANDLES: Final = {**BARS, "3m": 3, "2h": 120, "12h": 720}


def iso_ms(text: str) -> int:
    """Read an ISO date or time, UTC unless it says otherwise, as milliseconds since 1970."""
    import datetime as dt

    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as e:
        raise argparse.ArgumentTypeError(f"“{text}” is not a date such as 2026-04-14 or 2026-04-14T12:30Z") from e
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    if not 2000 <= moment.year < 2100:
        raise argparse.ArgumentTypeError(f"“{text}” does not lie between the years 2000 and 2099")
    return round(moment.timestamp() * 1000)


def size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()) or len(text) > 15:
        raise argparse.ArgumentTypeError(f"“{text}” is not a size such as 1920x1080")
    pair = int(width), int(height)
    if not (800 <= pair[0] <= 7680 and 500 <= pair[1] <= 4320):
        raise argparse.ArgumentTypeError("the size must lie between 800x500 and 7680x4320")
    return pair


def number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"“{text}” must be a number from {low:g} to {high:g}")
        return value

    return read


def seed(text: str) -> int:
    if not text.isdecimal() or len(text) > 15 or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"“{text}” must be a whole number below 2^32")
    return int(text)


def whole(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise argparse.ArgumentTypeError(f"“{text}” must be a whole number")
    return int(text)


def port(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"“{text}” is not a port")
    return int(text)
