"""The forced orders of one symbol as evidence: the record of the last week, looked through once a minute."""

from __future__ import annotations

from typing import Final

import numpy as np

from liqdesk.errors import LiqdeskError
from liqdesk.history import FORCED, PRINT, History
from liqdesk.insight import Prints, Study, study
from liqdesk.market import DAY_MS, MINUTE_MS

RECORD_MS: Final = 7 * DAY_MS
EVERY_NS: Final = 60_000_000_000
FIRST_NS: Final = 3_000_000_000
LATE_MS: Final = (
    2 * MINUTE_MS
)  # the newest of what was read is read again: orders come a second late, more where time runs fast


class Evidence:
    """Reads what the history holds of a symbol's prints, and studies it in a beat of its own.

    `study` is None until the first look, and stays so without a history: what nobody wrote down is no record.
    """

    def __init__(self, symbol: str, history: History | None) -> None:
        self.study: Study | None = None
        self._symbol = symbol
        self._history = history
        self._orders = np.zeros(0, PRINT)
        self._read_ms = 0
        self._due_ns = 0
        self._prints: Prints | None = None
        self._until_ms = 0

    def beat(self, now_ns: int, venue_ms: int) -> None:
        """Read in one beat, study in the next, then rest: a minute, or less while there is too little to estimate from."""
        if self._history is None or not venue_ms:
            return
        if self._prints is not None:
            prints, self._prints = self._prints, None
            self.study = study(prints, self._until_ms)
            if self.study.unprinted is None:
                self._due_ns = now_ns + FIRST_NS
            return
        if not self._due_ns:
            self._due_ns = now_ns + FIRST_NS
        if now_ns >= self._due_ns:
            self._due_ns = now_ns + EVERY_NS
            self._prints = self._read(self._history, venue_ms)

    def _read(self, history: History, venue_ms: int) -> Prints | None:
        from_ms = venue_ms - RECORD_MS
        since = max(self._read_ms - LATE_MS, from_ms)
        try:
            found = history.prints(self._symbol, since, venue_ms)
            covered = history.coverage(self._symbol, FORCED, from_ms, venue_ms)
        except LiqdeskError:  # the notices of the history say why
            return None
        kept = (self._orders["t"] >= from_ms) & (self._orders["t"] < since)
        self._orders = np.concatenate([self._orders[kept], found])
        self._read_ms = self._until_ms = venue_ms
        return Prints.of(self._orders, covered)


def past_study(symbol: str, history: History, until_ms: int) -> Study:
    """Return what a history's prints say at a moment of the past. Raises ProfileError where it cannot be read."""
    from_ms = until_ms - RECORD_MS
    prints = Prints.of(history.prints(symbol, from_ms, until_ms), history.coverage(symbol, FORCED, from_ms, until_ms))
    return study(prints, until_ms)
