"""The reading half of a history. Ranges are half open, [t0, t1), in venue milliseconds; without bounds they are everything."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from liqdesk.errors import ProfileError
from liqdesk.history import coverage, reads, schema
from liqdesk.history.door import LATEST_MS
from liqdesk.history.records import Extent, Gap, Part, Record
from liqdesk.market import ForcedOrder

Rows = NDArray[np.void]
P = ParamSpec("P")
R = TypeVar("R")


class Reading:
    """Reads from `_db`. A writer's reads include what it has added, save what a full disk holds back.

    Every read raises ProfileError when the file proves damaged.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def _ready(self) -> sqlite3.Connection:
        return self._db

    def _broken(self, error: Exception) -> ProfileError:
        raise NotImplementedError

    def _ask(self, read: Callable[Concatenate[sqlite3.Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(self._ready(), *args, **kwargs)
        except schema.FAULTS as e:
            if schema.is_damage(e):
                raise self._broken(e) from e
            raise ProfileError(f"the history cannot be read: {e}", f"The history cannot be read ({e}).") from e

    def bars(self, symbol: str, span_ms: int, mark: bool, t0: int = 0, t1: int = LATEST_MS) -> Rows:
        """Return candles that start in the range, dtype `market.rows.BAR`."""
        return self._ask(reads.bars, symbol, span_ms, mark, t0, t1)

    def open_interest(self, symbol: str, t0: int = 0, t1: int = LATEST_MS) -> Rows:
        """Return samples, dtype `market.rows.INTEREST`; usd is NaN where the venue gave none."""
        return self._ask(reads.interest, symbol, t0, t1)

    def marks(self, symbol: str, t0: int = 0, t1: int = LATEST_MS) -> Rows:
        """Return mark prices, dtype `MARK`: t int64 ms, mark float64 quote units."""
        return self._ask(reads.marks, symbol, t0, t1)

    def mark_minutes(self, symbol: str, t0: int = 0, t1: int = LATEST_MS) -> NDArray[np.int64]:
        """Return the starts of the minutes that `marks` has something of, ms."""
        return self._ask(reads.mark_minutes, symbol, t0, t1)

    def volume_at_price(self, symbol: str, t0: int = 0, t1: int = LATEST_MS) -> Rows:
        """Return volume at price of the minutes that start in the range, dtype `VOLUME`: t int64 ms (start of the minute), bin int32
        (5 bp of ln price, an edge at ln 30000), quantity float64 base units; by minute, then bin."""
        return self._ask(reads.volume_at_price, symbol, t0, t1)

    def forced(self, symbol: str | None, t0: int = 0, t1: int = LATEST_MS) -> list[ForcedOrder]:
        """Return printed liquidations of one symbol, or of all."""
        return self._ask(reads.forced, symbol, t0, t1)

    def prints(self, symbol: str, t0: int = 0, t1: int = LATEST_MS) -> Rows:
        """Return printed liquidations of one symbol as amounts, dtype `PRINT`: t int64 ms, usd float64, side int8 (0 long)."""
        return self._ask(reads.prints, symbol, t0, t1)

    def funding(self, symbol: str, t0: int = 0, t1: int = LATEST_MS) -> Rows:
        """Return settled payments, dtype `market.rows.FUNDING`."""
        return self._ask(reads.funding, symbol, t0, t1)

    def gains(self, symbol: str, t0: int = 0, t1: int = LATEST_MS) -> Rows:
        """Return gains, dtype `reads.GAIN`: t int64 ms, long and short float64."""
        return self._ask(reads.gains, symbol, t0, t1)

    def gaps(self, symbol: str, t0: int = 0, t1: int = LATEST_MS) -> list[Gap]:
        """Return the gaps that reach into the range, of the symbol and of all symbols."""
        return self._ask(reads.gaps, symbol, t0, t1)

    def coverage(self, symbol: str, stream: str, t0: int = 0, t1: int = LATEST_MS) -> list[tuple[int, int]]:
        """Return the stretches of a stream (`records.FORCED`, TRADES, MARKS or INTEREST) that are known to be whole, ascending and
        disjoint. Raises ValueError for another stream."""
        return self._ask(coverage.coverage, symbol, stream, t0, t1)

    def unfinished(self, symbol: str, t0: int = 0, t1: int = LATEST_MS) -> list[Part]:
        """Return what was seen of minutes that no session has closed."""
        return self._ask(reads.unfinished, symbol, t0, t1)

    def records(self, symbol: str, kind: str, t0: int = 0, t1: int = LATEST_MS) -> list[Record]:
        """Return records of one kind (`records.SCORE`, EVIDENCE, ODDS, GAIN) by time, then model version."""
        return self._ask(reads.records, symbol, kind, t0, t1)

    def mapped(self) -> tuple[str, ...]:
        """Return the contracts of which there are candles and open interest, by name."""
        return self._ask(reads.mapped)

    def extent(self, symbol: str) -> tuple[Extent, ...]:
        """Return how far the bars reach, for each span and kind there is."""
        return self._ask(reads.extent, symbol)

    def symbols(self) -> tuple[str, ...]:
        """Return every symbol of which something is kept, by name."""
        return self._ask(reads.symbols)
