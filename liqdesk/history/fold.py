"""Trades folded into minutes: one bar, and the volume at price in 5 bp bins of ln price with an edge at ln 30000."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.history.blobs import volume_blob
from liqdesk.market import MINUTE_MS
from liqdesk.market.rows import TRADE

PHASE: Final = math.log(30_000.0)
BIN: Final = 5e-4


class Folded(msgspec.Struct, frozen=True):
    """One minute: its bar as (t, open, high, low, close, volume, taker_buy) and its volume at price as a blob."""

    bar: tuple[float, ...]
    volume: bytes


class Fold:
    """Folds one symbol's trades, given in order of id, in parts of any size. The last minute is kept, so that a part may end inside it."""

    def __init__(self) -> None:
        self._last: NDArray[np.void] = np.empty(0, TRADE)

    def minutes(self, rows: NDArray[np.void]) -> Iterator[Folded]:
        """Yield every minute that `rows` (dtype TRADE) touch, with what an earlier part held of the first one."""
        if not rows.size:
            return
        last = self._last
        continues = last.size and rows["id"][0] > last["id"][-1]
        if continues and rows["t"][0] // MINUTE_MS == last["t"][-1] // MINUTE_MS:
            rows = np.concatenate([last, rows])
        minute = rows["t"] // MINUTE_MS
        edges = np.flatnonzero(np.diff(minute)) + 1
        starts, ends = [0, *edges.tolist()], [*edges.tolist(), rows.size]
        for start, end in zip(starts, ends, strict=True):
            yield _fold(int(minute[start]) * MINUTE_MS, rows[start:end])
        self._last = rows[starts[-1] :].copy()


def _fold(t_ms: int, rows: NDArray[np.void]) -> Folded:
    price, quantity = rows["price"], rows["quantity"]
    bought = float(quantity[rows["taker_buys"]].sum())
    bins = np.floor((np.log(price) - PHASE) / BIN).astype(np.int64)
    bar = (
        t_ms,
        float(price[0]),
        float(price.max()),
        float(price.min()),
        float(price[-1]),
        float(quantity.sum()),
        bought,
    )
    return Folded(bar, volume_blob(bins, quantity))
