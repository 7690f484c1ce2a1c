"""Gathers what runs beneath the chart: from the history what was recorded, from the session what comes."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.series import DayForced, SeriesView
from liqdesk.errors import LiqdeskError
from liqdesk.history import FORCED, PRINT, History
from liqdesk.history.coverage import joined, without
from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.market.rows import FUNDING, INTEREST

if TYPE_CHECKING:
    from liqdesk.engine.listening import Listening
    from liqdesk.engine.session import Session
    from liqdesk.market import ForcedOrder

Rows = NDArray[np.void]
Stretches = list[tuple[int, int]]
MINUTE_USD: Final = np.dtype([("t", np.int64), ("long", np.float64), ("short", np.float64)])  # t: start of the minute

DEPTH_MS: Final = 32 * DAY_MS
SLICE_MS: Final = 4 * DAY_MS  # read in one beat
TAIL: Final = 120  # minutes that may still change often
FRESH_MS: Final = 2 * MINUTE_MS  # of a sample that the mark of now may value
LOOK_NS: Final = 1_000_000_000


class MinuteSums:
    """USD of printed liquidations by minute and side. `parts` are arrays of dtype MINUTE_USD, the second short and newest."""

    def __init__(self) -> None:
        self._settled: Rows = np.empty(0, MINUTE_USD)
        self._tail: dict[int, list[float]] = {}
        self.parts: tuple[Rows, Rows] = (self._settled, np.empty(0, MINUTE_USD))

    def add(self, rows: Rows) -> None:
        """Add prints (dtype PRINT, any order)."""
        late = rows["t"] < self._settled_until
        if late.any():
            self._settle(_by_minute(rows[late]))
        for t, usd, side in rows[~late].tolist():
            self._tail.setdefault(t // MINUTE_MS * MINUTE_MS, [0.0, 0.0])[side] += usd
        if len(self._tail) > TAIL:
            old = sorted(self._tail)[: -TAIL // 2]
            self._settle(np.array([(t, *self._tail.pop(t)) for t in old], MINUTE_USD))
        tail = np.array([(t, *self._tail[t]) for t in sorted(self._tail)], MINUTE_USD)
        self.parts = (self._settled, tail)

    @property
    def _settled_until(self) -> int:
        """The start of the first minute that may stand in the tail."""
        return int(self._settled["t"][-1]) + MINUTE_MS if len(self._settled) else min(self._tail, default=0)

    def _settle(self, rows: Rows) -> None:
        joined_rows = np.concatenate([self._settled, rows])
        minutes, where = np.unique(joined_rows["t"], return_inverse=True)
        out = np.zeros(minutes.size, MINUTE_USD)
        out["t"] = minutes
        for side in ("long", "short"):
            out[side] = np.bincount(where, weights=joined_rows[side], minlength=minutes.size)
        self._settled = out


def _by_minute(rows: Rows) -> Rows:
    out = np.zeros(len(rows), MINUTE_USD)
    out["t"] = rows["t"] // MINUTE_MS * MINUTE_MS
    out["long"] = np.where(rows["side"] == 0, rows["usd"], 0.0)
    out["short"] = np.where(rows["side"] == 1, rows["usd"], 0.0)
    return out


class DaySums:
    """Prints of the last 24 h, and their sums by side."""

    def __init__(self) -> None:
        self._prints: list[tuple[int, int, float]] = []  # t, side, usd; ascending
        self.usd = [0.0, 0.0]

    def add(self, rows: Rows) -> None:
        """Add prints (dtype PRINT)."""
        for t, usd, side in rows.tolist():
            bisect.insort(self._prints, (t, side, usd))
            self.usd[side] += usd

    def until(self, now_ms: int) -> None:
        """Let go of what was filled 24 h before `now_ms` or earlier."""
        gone = bisect.bisect_right(self._prints, (now_ms - DAY_MS, 2, 0.0))
        if not gone:
            return
        for _, side, usd in self._prints[:gone]:
            self.usd[side] -= usd
        del self._prints[:gone]
        if not self._prints:
            self.usd = [0.0, 0.0]


class Gathering:
    """Follows one symbol. `view` is None before the first beat of a session; while nothing changes it stays the same object."""

    def __init__(self, symbol: str, history: History | None, listening: Listening | None = None) -> None:
        self.view: SeriesView | None = None
        self._symbol = symbol
        self._history = history  # until it is read
        self._listening = listening
        self._sums, self._day = MinuteSums(), DaySums()
        self._live: set[tuple[int, float, int]] = set()  # prints that came here, while the history is being read
        self._newest_read: set[tuple[int, float, int]] = set()
        self._read_from_ms = 0  # the history has been read from here to `_read_to_ms`
        self._read_to_ms = 0
        self._recorded: Stretches = []
        self._source_interest: Rows | None = None
        self._interest: Rows = np.empty(0, INTEREST)
        self._rates: Rows = np.empty(0, FUNDING)
        self._due_ns = 0
        self._changed = True

    def beat(self, session: Session | None, now_ns: int, venue_ms: int) -> None:
        """Take what came since the last beat, and one slice of what was recorded before."""
        if session is None or not venue_ms:
            return
        self._take(session.new_forced, venue_ms)
        self._read(venue_ms)
        if session.interest is not self._source_interest:
            self._value(session.interest, session.prices.mark, venue_ms)
        if now_ns >= self._due_ns:
            self._due_ns = now_ns + LOOK_NS
            self._sample(session.funding.rate, session.prices.mark_ms)
            self._day.until(venue_ms)
            self._changed = True
        if self._changed:
            self._changed = False
            self._show(venue_ms)

    def recorded(self, stretches: Sequence[tuple[int, int]]) -> None:
        """Say over which stretches printed liquidations were recorded that come with the session, as of a past that is shown."""
        self._recorded = list(stretches)

    # -- printed liquidations ----------------------------------------------------------------------------------------

    def _take(self, orders: Sequence[ForcedOrder], venue_ms: int) -> None:
        keys = [(o.time_ms, o.usd, int(o.side)) for o in orders if o.symbol == self._symbol]
        if not keys:
            return
        fresh = [key for key in keys if key not in self._newest_read]
        if self._history is not None:
            self._live.update(fresh)
        self._put(np.array(fresh, PRINT), venue_ms)

    def _put(self, rows: Rows, venue_ms: int) -> None:
        if len(rows):
            self._sums.add(rows)
            self._day.add(rows[rows["t"] > venue_ms - DAY_MS])
            self._changed = True

    def _read(self, venue_ms: int) -> None:
        """Read the next slice of the history, newest first. What cannot be read is left out; the notices of the history say why."""
        history = self._history
        if history is None:
            return
        try:
            if not self._read_to_ms:
                self._recorded = history.coverage(self._symbol, FORCED, venue_ms - DEPTH_MS, venue_ms)
                self._read_from_ms = self._read_to_ms = venue_ms + DAY_MS  # a fill may be stamped ahead of the clock
            first = max(self._read_from_ms - SLICE_MS, self._read_to_ms - DEPTH_MS)
            rows = history.prints(self._symbol, first, self._read_from_ms)
        except LiqdeskError:
            self._history = None
            return
        if self._read_from_ms == self._read_to_ms:
            newest = rows[rows["t"] > venue_ms - 60 * MINUTE_MS]
            self._newest_read = set(newest.tolist())
        self._read_from_ms = first
        mine = np.array([row not in self._live for row in rows.tolist()], np.bool_)
        self._put(rows[mine], venue_ms)
        self._changed = True
        if first <= self._read_to_ms - DEPTH_MS:
            self._history = None  # all of it is read
            self._live.clear()

    def _heard(self) -> tuple[int | None, Stretches]:
        """Return since when prints were recorded, and the stretches since then in which they were not."""
        heard, missed = self._listening.stretches() if self._listening is not None else ([], [])
        missed = joined(missed)
        known = without(joined([*self._recorded, *heard]), missed)
        if not known:
            return None, []
        end = max(known[-1][1], missed[-1][1] if missed else 0)
        return known[0][0], without([(known[0][0], end)], known)

    # -- the rest ----------------------------------------------------------------------------------------------------

    def _value(self, interest: Rows, mark: float, venue_ms: int) -> None:
        """Take open interest; what the venue did not value keeps the value it was given when it came."""
        self._source_interest = interest
        rows = interest.copy()
        blank = np.flatnonzero(np.isnan(rows["usd"]))
        if blank.size and len(self._interest):
            at = np.minimum(np.searchsorted(self._interest["t"], rows["t"][blank]), len(self._interest) - 1)
            same = self._interest["t"][at] == rows["t"][blank]
            rows["usd"][blank[same]] = self._interest["usd"][at[same]]
            blank = blank[np.isnan(rows["usd"][blank])]
        fresh = blank[rows["t"][blank] > venue_ms - FRESH_MS]
        rows["usd"][fresh] = rows["contracts"][fresh] * mark
        self._interest, self._changed = rows, True

    def _sample(self, rate: float | None, mark_ms: int) -> None:
        """Keep the predicted rate of now, the last one of each minute."""
        if rate is None or not mark_ms:
            return
        rows = self._rates
        if len(rows) and mark_ms <= rows["t"][-1]:
            return
        if len(rows) and rows["t"][-1] // MINUTE_MS == mark_ms // MINUTE_MS:
            rows = rows[:-1]
        rows = rows[rows["t"] > mark_ms - DEPTH_MS]
        self._rates = np.concatenate([rows, np.array([(mark_ms, rate)], FUNDING)])

    def _show(self, venue_ms: int) -> None:
        since, gaps = self._heard()
        long, short = (max(v, 0.0) for v in self._day.usd)
        day = DayForced.of(long, short, since, gaps, venue_ms)
        self.view = SeriesView(self._interest, self._rates, self._sums.parts, since, tuple(gaps), day)
