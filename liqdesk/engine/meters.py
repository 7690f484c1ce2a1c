"""Ages, rates and drops of each stream, in venue time; what the status bar and the pill are made of."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from liqdesk.engine.frames import GapView, StreamStatus

STALE_S: Final = 30.0
RATE_WINDOW_NS: Final = 5_000_000_000
SELDOM_WINDOW_NS: Final = 60_000_000_000
SELDOM: Final = ("oi", "forced", "contract")
SLOT_NS: Final = 250_000_000  # one entry per slot keeps a meter short at any rate

# name on screen, kind of arrival, venue seconds after which it counts as stale (None: silence is normal), minor
STREAMS: Final = (
    ("mark", "mark", 5.0, False),
    ("trades", "trade", 60.0, False),
    ("book", "book", 10.0, False),
    ("forced", "forced", None, False),
    ("OI", "oi", 90.0, False),
    ("funding", "funding", 30.0, False),
    ("candles", "kline", None, True),
    ("tickers", "ticker", 30.0, True),
    ("contracts", "contract", None, True),
)


class Meter:
    """One stream's newest event time and its arrivals over the last seconds of wall time."""

    __slots__ = ("_arrivals", "_window_ns", "count", "latency_ms", "link", "newest_ms")

    def __init__(self, window_ns: int = RATE_WINDOW_NS) -> None:
        self._window_ns = window_ns
        self.newest_ms: int | None = None
        self.latency_ms: float | None = None
        self.link = ""
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
        floor = (now_ns - self._window_ns) // SLOT_NS  # this slot is in part too old: what counts begins after it
        while self._arrivals and self._arrivals[0][0] <= floor:
            self._arrivals.popleft()
        return sum(n for _, n in self._arrivals) * 1e9 / (now_ns - (floor + 1) * SLOT_NS)


class Meters:
    """The meters of all streams."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = max(speed, 1.0)
        self._by_kind = {
            kind: Meter(SELDOM_WINDOW_NS if kind in SELDOM else RATE_WINDOW_NS) for _, kind, _, _ in STREAMS
        }

    def note(
        self,
        kind: str,
        event_ms: int | None,
        recv_ns: int,
        events: int = 1,
        link: str = "",
        late_ms: float | None = None,
    ) -> None:
        """Count events. `late_ms` is how long they were under way, where that is known; the meter keeps a mean of the last few."""
        meter = self._by_kind.get(kind)
        if meter is None:
            return
        meter.note(event_ms, recv_ns, events)
        meter.link = link or meter.link
        if late_ms is not None and self._speed == 1.0:
            meter.latency_ms = late_ms if meter.latency_ms is None else 0.8 * meter.latency_ms + 0.2 * late_ms

    def newest_ms(self, kind: str) -> int:
        """Return the time of the newest event; 0 before the first."""
        return self._by_kind[kind].newest_ms or 0

    def latency_ms(self, kind: str) -> float | None:
        return self._by_kind[kind].latency_ms

    def age_s(self, kind: str, venue_ms: int) -> float | None:
        newest = self._by_kind[kind].newest_ms
        return None if newest is None else max(venue_ms - newest, 0) / 1000

    def statuses(
        self, venue_ms: int, now_ns: int, dropped_book: int, gaps: Sequence[GapView] = ()
    ) -> tuple[StreamStatus, ...]:
        """Return the condition of each stream. A market that runs faster than the wall is allowed ages longer in its own time."""
        rows = []
        for name, kind, limit, minor in STREAMS:
            meter = self._by_kind[kind]
            mine = [gap.to_ms - gap.from_ms for gap in gaps if gap.stream == name]
            rows.append(
                StreamStatus(
                    name=name,
                    age_s=self.age_s(kind, venue_ms),
                    limit_s=None if limit is None else limit * self._speed,
                    rate=meter.rate(now_ns),
                    dropped=dropped_book if kind == "book" else 0,
                    events=meter.count,
                    latency_ms=meter.latency_ms,
                    gaps=len(mine),
                    gap_ms=sum(mine),
                    link=meter.link,
                    minor=minor,
                )
            )
        return tuple(rows)
