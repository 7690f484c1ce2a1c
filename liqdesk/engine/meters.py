"""Ages, rates and drops of each stream, in venue time; what the status bar and the pill are made of."""

from __future__ import annotations

from collections import deque
from typing import Final

from liqdesk.engine.frames import StreamStatus

STALE_S: Final = 30.0
RATE_WINDOW_NS: Final = 5_000_000_000
SLOT_NS: Final = 250_000_000  # one entry per slot keeps a meter short at any rate

# name on screen, kind of arrival, venue seconds after which it counts as stale (None: silence is normal)
STREAMS: Final = (
    ("mark", "mark", 5.0),
    ("trades", "trade", 60.0),
    ("book", "book", 10.0),
    ("forced", "forced", None),
    ("OI", "oi", 90.0),
    ("funding", "funding", 30.0),
)


class Meter:
    """One stream's newest event time and its arrivals over the last five seconds of wall time."""

    __slots__ = ("_arrivals", "count", "newest_ms")

    def __init__(self) -> None:
        self.newest_ms: int | None = None
        self.count = 0
        self._arrivals: deque[tuple[int, int]] = deque()

    def note(self, event_ms: int | None, recv_ns: int, events: int) -> None:
        if event_ms is not None and (self.newest_ms is None or event_ms > self.newest_ms):
            self.newest_ms = event_ms
        self.count += events
        slot = recv_ns // SLOT_NS
        if self._arrivals and self._arrivals[-1][0] == slot:
            self._arrivals[-1] = (slot, self._arrivals[-1][1] + events)
        else:
            self._arrivals.append((slot, events))

    def rate(self, now_ns: int) -> float:
        floor = (now_ns - RATE_WINDOW_NS) // SLOT_NS  # this slot is in part too old: what counts begins after it
        while self._arrivals and self._arrivals[0][0] <= floor:
            self._arrivals.popleft()
        return sum(n for _, n in self._arrivals) * 1e9 / (now_ns - (floor + 1) * SLOT_NS)


class Meters:
    """The meters of all streams."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = max(speed, 1.0)
        self._by_kind = {kind: Meter() for _, kind, _ in STREAMS}

    def note(self, kind: str, event_ms: int | None, recv_ns: int, events: int = 1) -> None:
        meter = self._by_kind.get(kind)
        if meter is not None:
            meter.note(event_ms, recv_ns, events)

    def age_s(self, kind: str, venue_ms: int) -> float | None:
        newest = self._by_kind[kind].newest_ms
        return None if newest is None else max(venue_ms - newest, 0) / 1000

    def statuses(self, venue_ms: int, now_ns: int, dropped_book: int) -> tuple[StreamStatus, ...]:
        """Return the rows of the status bar. A market that runs faster than the wall is allowed ages longer in its own time."""
        rows = []
        for name, kind, limit in STREAMS:
            meter = self._by_kind[kind]
            dropped = dropped_book if kind == "book" else 0
            allowed = None if limit is None else limit * self._speed
            rows.append(StreamStatus(name, self.age_s(kind, venue_ms), allowed, meter.rate(now_ns), dropped))
        return tuple(rows)
