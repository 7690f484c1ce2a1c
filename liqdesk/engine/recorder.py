"""What of a session goes into the history. A recorder without a history (snapshots) records nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.listening import Listening
from liqdesk.engine.minute import Minute, OpenMinute
from liqdesk.history import EVERY_SYMBOL, FORCED, MARKS, TRADES, Record
from liqdesk.market import MINUTE_MS, ForcedOrder, Funding, Instrument, LinkPhase, LinkState, MarkPrice
from liqdesk.market.rows import BAR
from liqdesk.model import bins_of

if TYPE_CHECKING:
    from liqdesk.history import History

HAND_OVER_NS: Final = 150_000_000  # with the half second of the history well within a second


class Recorder:
    """Hands events to the history in the form it keeps them. `listening` is shared by all that write one file."""

    def __init__(self, history: History | None, listening: Listening | None = None) -> None:
        self._history = history
        self._listening = listening if listening is not None else Listening()
        self._next_ns = 0

    def mark(self, event: MarkPrice) -> None:
        if self._history is not None:
            self._history.add_marks(event.symbol, [(event.time_ms, event.mark)])

    def forced(self, event: ForcedOrder) -> None:
        if self._history is not None:
            self._history.add_forced(event)

    def bars(self, symbol: str, span_ms: int, mark: bool, rows: NDArray[np.void]) -> None:
        if self._history is not None:
            self._history.add_bars(symbol, span_ms, mark, rows)

    def given_back(self, symbol: str, span_ms: int, mark: bool, rows: NDArray[np.void]) -> None:
        """Keep bars that the venue gave for the past: where they follow one another nothing is missing any more."""
        self.bars(symbol, span_ms, mark, rows)
        if self._history is None or not len(rows):
            return
        for run in np.split(rows["t"], np.flatnonzero(np.diff(rows["t"]) != span_ms) + 1):
            self._history.fill_gaps(symbol, MARKS if mark else TRADES, int(run[0]), int(run[-1]) + span_ms)

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

    def record(self, symbol: str, kind: str, time_ms: int, model: int, body: bytes) -> None:
        """Keep what was said for a time and what came."""
        if self._history is not None:
            self._history.add_record(symbol, kind, time_ms, model, body)

    def records(self, symbol: str, kind: str, t0: int, t1: int) -> list[Record]:
        """Return what was kept by `record`. Raises ProfileError where the file proves damaged."""
        return self._history.records(symbol, kind, t0, t1) if self._history is not None else []

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
            self._history.finish_minute(instrument.symbol, minute.t0_ms)

    def open_minute(self, instrument: Instrument, part: OpenMinute) -> None:
        """Keep what came so far of a minute that is not closed yet."""
        if self._history is not None:
            bins = bins_of((part.ticks * instrument.tick).astype(np.float64))
            self._history.add_unfinished(
                instrument.symbol, part.t0_ms, part.first_id, part.last_id, bins, part.quantity
            )

    # -- the stream of forced orders ---------------------------------------------------------------------------------

    def begin(self, now_ms: int) -> None:
        """Say that a session begins, at venue time: from now on the forced orders are listened to or missing."""
        self._listening.begin(now_ms)

    def link(self, state: LinkState) -> None:
        """Take the condition of the socket that carries forced orders."""
        if state.phase is LinkPhase.OPEN:
            self._listening.opened(self)
        else:
            told = state.phase in (LinkPhase.WAITING, LinkPhase.REFUSED)  # the others say nothing of why
            self._listening.lost(self, state.user if told else "")

    def heard(self, event_ms: int | None, now_ms: int) -> None:
        """Take the time of a message of that socket."""
        if event_ms is not None:
            self._listening.heard(self, event_ms, now_ms)

    def unreadable(self, now_ms: int) -> None:
        """Say that a message came that may have been a forced order."""
        self._listening.unreadable(self, now_ms)

    def heard_over(self, from_ms: int, to_ms: int) -> bool | None:
        """Return whether every forced order filled in [from_ms, to_ms) has come that was printed; None while that is not certain."""
        return self._listening.heard_over(from_ms, to_ms)

    # -- time --------------------------------------------------------------------------------------------------------

    def is_due(self, now_ns: int) -> bool:
        """Whether it is time to hand over what is gathered, that of open minutes among it."""
        return now_ns >= self._next_ns

    def flush(self, now_ns: int, venue_ms: int) -> None:
        """Hand over what is gathered when it is time, and have everything written when that is due."""
        if self.is_due(now_ns):
            self._next_ns = now_ns + HAND_OVER_NS
            self._hand_over(venue_ms)
        if self._history is not None:
            self._history.flush(now_ns)

    def close(self, now_ns: int, venue_ms: int) -> None:
        """Have everything written at once; what comes after is not listened to."""
        if self._history is None:
            return
        self._hand_over(venue_ms)
        self._listening.closed(self)
        self._history.flush(now_ns, at_once=True)

    def _hand_over(self, venue_ms: int) -> None:
        heard, missing = self._listening.settle(self, venue_ms)
        if self._history is None:
            return
        for a, b in heard:
            self._history.add_covered(EVERY_SYMBOL, FORCED, a, b)
        for gap in missing:
            self._history.add_gap(EVERY_SYMBOL, FORCED, gap.from_ms, gap.to_ms, gap.reason)
