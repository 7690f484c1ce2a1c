"""The candles in view, kept while nothing in them changed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.frames import Bars
from liqdesk.model.candles import CANDLE, CandleBook

NEVER: Final = 1 << 62


class Series:
    """A book of bars, and the rows last asked for. Where only the newest candle changed, that one alone is made anew."""

    def __init__(self) -> None:
        self.book = CandleBook()
        self._rows: NDArray[np.void] = np.zeros(0, CANDLE)
        self._key: tuple[object, ...] = ()
        self.revision = 0  # rises when a bar of the past comes or changes
        self._newest_ms = -1
        self._fresh_ms = NEVER  # the start of the oldest bar that is not in the rows yet

    def clear(self) -> None:
        self.book.clear()
        self._rows, self._key = np.zeros(0, CANDLE), ()
        self._newest_ms = -1
        self.revision += 1

    def update(self, new_bars: tuple[Bars, ...]) -> None:
        """Take bars that are new or changed."""
        for bars in new_bars:
            self.book.update(bars.span_ms, bars.rows)
            if len(bars.rows):
                oldest = int(bars.rows["t"].min())
                self._fresh_ms = min(self._fresh_ms, oldest)
                self.revision += oldest < self._newest_ms
                self._newest_ms = max(self._newest_ms, int(bars.rows["t"].max()))

    def oldest_ms(self) -> int | None:
        """Return the start of the oldest bar of any span, None when there is none."""
        return self.book.oldest_ms

    def rows(self, interval_ms: int, t0: float, t1: float) -> NDArray[np.void]:
        """Return the candles that overlap [t0, t1], dtype CANDLE; a new array whenever one of them changed."""
        key = (interval_ms, t0, t1)
        newest = int(self._rows["t"][-1]) if len(self._rows) else 0
        if key != self._key or not newest or self._fresh_ms < newest:
            self._rows = self.book.series(interval_ms, int(t0), int(t1) + 1)
        elif self._fresh_ms < NEVER:
            tail = self.book.open_candle(interval_ms, newest)
            if tail is None:
                tail = self.book.series(interval_ms, newest, int(t1) + 1)
            self._rows = np.concatenate([self._rows[:-1], tail])
        self._key, self._fresh_ms = key, NEVER
        return self._rows
