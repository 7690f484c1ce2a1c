"""What of a session goes into the history. A recorder without a history (snapshots) records nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.minute import Minute
from liqdesk.market import MINUTE_MS, ForcedOrder, Funding, Instrument, MarkPrice
from liqdesk.market.rows import BAR
from liqdesk.model import bins_of

if TYPE_CHECKING:
    from liqdesk.history import History


class Recorder:
    """Hands events to the history in the form it keeps them."""

    def __init__(self, history: History | None) -> None:
        self._history = history
        self._marks: list[tuple[int, float]] = []
        self._symbol = ""

    def mark(self, event: MarkPrice) -> None:
        if self._history is None:
            return
        if event.symbol != self._symbol:
            self._write_marks()
            self._symbol = event.symbol
        self._marks.append((event.time_ms, event.mark))

    def _write_marks(self) -> None:
        if self._history is not None and self._marks:
            self._history.add_marks(self._symbol, self._marks)
        self._marks = []

    def forced(self, event: ForcedOrder) -> None:
        if self._history is not None:
            self._history.add_forced(event)

    def bars(self, symbol: str, span_ms: int, mark: bool, rows: NDArray[np.void]) -> None:
        if self._history is not None:
            self._history.add_bars(symbol, span_ms, mark, rows)

    def interest(self, symbol: str, rows: NDArray[np.void]) -> None:
        if self._history is not None:
            self._history.add_open_interest(symbol, rows)

    def funding(self, rows: list[Funding]) -> None:
        if self._history is not None:
            self._history.add_funding(rows)

    def gap(self, symbol: str, stream: str, from_ms: int, to_ms: int, reason: str) -> None:
        if self._history is not None:
            self._history.add_gap(symbol, stream, from_ms, to_ms, reason)

    def gain(self, symbol: str, time_ms: int, gain: NDArray[np.float32]) -> None:
        """Keep the gain (long, short) that holds from a moment on."""
        if self._history is not None:
            self._history.add_gain(symbol, time_ms, float(gain[0]), float(gain[1]))

    def minute(self, instrument: Instrument, minute: Minute) -> None:
        """Keep a closed minute's volume at price in 5 bp bins, and its mark path as a bar."""
        if self._history is None:
            return
        row = (
            minute.t0_ms,
            minute.marks[0] if minute.marks.size else minute.end,
            minute.high,
            minute.low,
            minute.end,
            0,
            0,
        )
        self._history.add_bars(instrument.symbol, MINUTE_MS, True, np.array([row], BAR))
        if minute.ticks is not None and minute.ticks.size and minute.quantity is not None:
            prices = (minute.ticks * instrument.tick).astype(np.float64)
            held, where = np.unique(bins_of(prices), return_inverse=True)
            quantity = np.bincount(where, weights=minute.quantity).astype(np.float64)
            self._history.add_volume_at_price(instrument.symbol, minute.t0_ms, held, quantity)

    def flush(self, now_ns: int) -> None:
        if self._history is not None:
            self._write_marks()
            self._history.flush(now_ns)
