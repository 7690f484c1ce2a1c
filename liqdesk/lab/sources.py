"""What the lab reads and writes of a history."""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from liqdesk.market import ForcedOrder, Funding

BEGINNING: Final = 0
END: Final = 4_102_444_800_000  # ms, the year 2100


class Source(Protocol):
    """Rows of a symbol in [t0, t1), ascending by time."""

    def bars(self, symbol: str, span_ms: int, mark: bool, t0: int, t1: int) -> NDArray[np.void]:
        """Return klines or mark klines of one span, dtype `market.rows.BAR`."""
        ...

    def open_interest(self, symbol: str, t0: int, t1: int) -> NDArray[np.void]:
        """Return open interest, dtype `market.rows.INTEREST`."""
        ...

    def volume_at_price(self, symbol: str, t0: int, t1: int) -> NDArray[np.void]:
        """Return rows (t start of the minute, bin of 5 bp, quantity)."""
        ...


class Record(Source, Protocol):
    """A source that also holds what the venue printed, and knows when it was listened to."""

    def forced(self, symbol: str, t0: int, t1: int) -> list[ForcedOrder]:
        """Return printed liquidations."""
        ...

    def coverage(self, symbol: str, stream: str, t0: int, t1: int) -> list[tuple[int, int]]:
        """Return the stretches in ms over which a stream is known to be whole, ascending and disjoint."""
        ...


class Sink(Protocol):
    """A history that takes rows; they are on disk after `commit`. `rejected` counts rows it turned away."""

    rejected: int

    def add_bars(self, symbol: str, span_ms: int, mark: bool, rows: NDArray[np.void]) -> Any: ...

    def add_open_interest(self, symbol: str, rows: NDArray[np.void]) -> Any: ...

    def add_funding(self, rows: list[Funding]) -> Any: ...

    def add_trades(self, symbol: str, rows: NDArray[np.void]) -> Any: ...

    def commit(self) -> Any: ...
