"""What may enter: finite numbers that are not negative, times of our era, texts that can be written. The rest is turned away."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.market import ForcedOrder
from liqdesk.market.rows import BAR, INTEREST, TRADE

LATEST_MS: Final = 1 << 46
LONGEST_SYMBOL: Final = 64
LONGEST_TEXT: Final = 400
LONGEST_KIND: Final = 40
LARGEST_BODY: Final = 1 << 20  # bytes

Rows = NDArray[np.void]
Flags = NDArray[np.bool_]


def is_text(text: object, longest: int) -> bool:
    """Tell whether something is a text of 1 to `longest` characters that UTF-8 can hold."""
    if not isinstance(text, str) or not 0 < len(text) <= longest:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_symbol(symbol: object) -> bool:
    return is_text(symbol, LONGEST_SYMBOL)


def is_time(time_ms: object) -> bool:
    return isinstance(time_ms, int | np.integer) and 0 < int(time_ms) < LATEST_MS


def is_stretch(symbol: object, stream: object, from_ms: int, to_ms: int) -> bool:
    """Tell whether [from_ms, to_ms) of a stream is a stretch of time that can be written."""
    return (
        is_symbol(symbol) and is_text(stream, LONGEST_TEXT) and is_time(from_ms) and is_time(to_ms) and from_ms < to_ms
    )


def is_amount(value: float, *, zero: bool = True) -> bool:
    return math.isfinite(value) and (value > 0 or (zero and value == 0))


def is_record(kind: object, time_ms: int, model: int, body: object) -> bool:
    return (
        is_text(kind, LONGEST_KIND)
        and is_time(time_ms)
        and 0 <= model < 1 << 31
        and isinstance(body, bytes)
        and 0 < len(body) <= LARGEST_BODY
    )


def is_forced(order: ForcedOrder) -> bool:
    return (
        is_symbol(order.symbol)
        and is_time(order.time_ms)
        and is_time(order.event_ms)
        and is_amount(order.price, zero=False)
        and is_amount(order.limit_price)
        and is_amount(order.quantity)
    )


def _times(rows: Rows) -> Flags:
    return np.asarray((rows["t"] > 0) & (rows["t"] < LATEST_MS))


def _need(rows: Rows, dtype: np.dtype[np.void]) -> None:
    if rows.dtype != dtype or rows.ndim != 1:
        raise TypeError(f"rows of {dtype} are wanted, not {rows.dtype} in {rows.ndim} dimensions")


def good_bars(rows: Rows) -> Rows:
    """Return the bars with positive, finite prices, low ≤ high, and volumes that are not negative. Raises TypeError for another dtype."""
    _need(rows, BAR)
    good = _times(rows) & (rows["high"] >= rows["low"])
    for name in ("open", "high", "low", "close"):
        good &= np.isfinite(rows[name]) & (rows[name] > 0)
    for name in ("volume", "taker_buy"):
        good &= np.isfinite(rows[name]) & (rows[name] >= 0)
    return rows[good]


def good_interest(rows: Rows) -> Rows:
    """Return the samples whose contracts are finite and not negative. Raises TypeError for another dtype."""
    _need(rows, INTEREST)
    good = _times(rows)
    good &= np.isfinite(rows["contracts"]) & (rows["contracts"] >= 0)
    return rows[good]


def good_trades(rows: Rows) -> Rows:
    """Return the trades with a positive, finite price and quantity. Raises TypeError for another dtype."""
    _need(rows, TRADE)
    good = _times(rows)
    for name in ("price", "quantity"):
        good &= np.isfinite(rows[name]) & (rows[name] > 0)
    return rows[good]
