"""Where the mark was in the past: candles of the mark, the finest there are, laid side by side without overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liqdesk.market import MINUTE_MS

if TYPE_CHECKING:
    from liqdesk.history import History
    from liqdesk.model import DensityGrid
    from liqdesk.model.grid import Ring

PATH: Final = np.dtype(
    [
        ("t", np.int64),  # start
        ("span", np.int64),  # ms
        ("open", np.float64),
        ("low", np.float64),
        ("high", np.float64),
        ("close", np.float64),
    ]
)
SPANS: Final = (MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS)
Rows = NDArray[np.void]


class Reach(NamedTuple):
    """The extremes of the mark over a stretch, in the order in which they came."""

    first: float
    second: float


def path_of(symbol: str, history: History | None, grid: DensityGrid, t0: int, t1: int) -> Rows:
    """Return dtype PATH, ascending: what the history recorded within [t0, t1), finest first, and in its holes what the map's columns kept.

    Raises ProfileError where the history proves damaged.
    """
    parts = []
    if history is not None:
        parts += [_of_bars(history.bars(symbol, span, True, t0, t1), span) for span in SPANS]
    parts += [_of_columns(ring, t0, t1) for ring in grid.rings[:2]]
    return _laid(parts, t0, t1)


def _of_bars(bars: Rows, span_ms: int) -> Rows:
    rows = np.empty(len(bars), PATH)
    rows["span"] = span_ms
    for name in ("t", "open", "low", "high", "close"):
        rows[name] = bars[name]
    return rows


def _of_columns(ring: Ring, t0: int, t1: int) -> Rows:
    """Return what two columns that follow one another say of the time between them: the marks at both ends."""
    first = max(ring.first, t0 // ring.span_ms - 1, 0)
    numbers = np.arange(first, min(ring.last, t1 // ring.span_ms) + 1)
    slots = numbers % ring.capacity
    held = numbers[ring.numbers[slots] == numbers]
    marks = ring.marks[held % ring.capacity]
    follows = np.flatnonzero(np.diff(held) == 1) + 1
    rows = np.empty(follows.size, PATH)
    rows["t"], rows["span"] = held[follows] * ring.span_ms, ring.span_ms
    rows["open"], rows["close"] = marks[follows - 1], marks[follows]
    rows["low"], rows["high"] = np.minimum(rows["open"], rows["close"]), np.maximum(rows["open"], rows["close"])
    return rows


def _laid(parts: Sequence[Rows], t0: int, t1: int) -> Rows:
    """Return rows of all parts, of those that overlap only those of the earlier part."""
    laid: Rows = np.empty(0, PATH)
    for rows in parts:
        rows = rows[(rows["t"] >= t0) & (rows["t"] + rows["span"] <= t1) & (rows["low"] > 0)]
        begun = np.searchsorted(laid["t"], rows["t"] + rows["span"], side="left")  # that begin before its end
        over = np.searchsorted(laid["t"] + laid["span"], rows["t"], side="right")  # that end by its start
        laid = np.concatenate([laid, rows[begun == over]])
        laid = laid[np.argsort(laid["t"], kind="stable")]
    return laid


def reach_of(path: Rows, t0: int, t1: int) -> Reach | None:
    """Return the extremes over [t0, t1); None where the path does not cover it from end to end with whole candles.

    Within one candle the low is taken to come first where it rose.
    """
    a, b = np.searchsorted(path["t"], (t0, t1), side="left")
    rows = path[a:b]
    if not len(rows) or int(rows["span"].sum()) != t1 - t0 or int(rows["t"][0]) != t0:
        return None
    low, high = int(rows["low"].argmin()), int(rows["high"].argmax())
    rising = low < high or (low == high and rows["close"][low] >= rows["open"][low])
    ends = float(rows["low"][low]), float(rows["high"][high])
    return Reach(*(ends if rising else ends[::-1]))
