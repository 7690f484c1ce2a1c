"""The two times liqdesk knows. Venue time (an estimate of the venue's own clock) drives columns, staleness, funding and rate windows;
wall time drives back-off, pings and frames alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple


def wall_ns() -> int:
    """Return a monotonic reading in nanoseconds; it never jumps, and stands still or runs on during system sleep by platform."""
    return time.monotonic_ns()


_RUNS_ON: Final = getattr(time, "CLOCK_BOOTTIME", None) or getattr(time, "CLOCK_MONOTONIC", None)


def unsleeping_ns() -> int:
    """Return a monotonic reading that runs on during system sleep, where the system has one (Linux, macOS); else `wall_ns`."""
    return wall_ns() if _RUNS_ON is None else time.clock_gettime_ns(_RUNS_ON)


def utc_ms() -> int:
    """Return the machine's own idea of UTC in milliseconds. Only ever a first guess at venue time."""
    return time.time_ns() // 1_000_000


BUCKET_NS: Final = 5_000_000_000
LEAP_MS: Final = 60_000
AGREE_MS: Final = 10_000


class VenueClock:
    """Venue time, carried forward by the wall clock at the venue's own rate between stamps.

    A simulated venue may run faster than the wall (`speed`). The offset is the largest one of the last five to ten seconds: stamps that
    came late do not turn the clock back, and a venue that falls behind its rate is followed.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.newest_ms = 0
        self.newest_wall_ns = 0
        self._bucket = -1
        self._offset_ms: float | None = None
        self._before_ms: float | None = None
        self._ahead_ms: float | None = None  # the larger of the two
        self._doubted_ms: int | None = None

    def leaps(self, venue_ms: int, wall_at_ns: int) -> bool:
        """Say whether a stamp is too far ahead to be believed alone. A second one that agrees is believed: the machine has slept."""
        now_ms = self.now_ms(wall_at_ns)
        pace = max(self.speed, 1.0)
        if not now_ms or venue_ms - now_ms <= LEAP_MS * pace:
            return False
        agrees = self.agrees(self._doubted_ms, venue_ms)
        self._doubted_ms = None if agrees else venue_ms
        return not agrees

    def agrees(self, one_ms: int | None, other_ms: int | None) -> bool:
        """Say whether two stamps are near enough to be of one clock."""
        if one_ms is None or other_ms is None:
            return False
        return abs(other_ms - one_ms) <= AGREE_MS * max(self.speed, 1.0)

    def observe(self, venue_ms: int, wall_at_ns: int) -> None:
        """Take a stamp that the venue put on something received at `wall_at_ns`."""
        if venue_ms > self.newest_ms:
            self.newest_ms, self.newest_wall_ns = venue_ms, wall_at_ns
        offset = venue_ms - wall_at_ns * self.speed / 1e6
        bucket = wall_at_ns // BUCKET_NS
        if bucket != self._bucket:
            self._before_ms = self._offset_ms if bucket == self._bucket + 1 else None
            self._bucket, self._offset_ms = bucket, offset
        elif self._offset_ms is None or offset > self._offset_ms:
            self._offset_ms = offset
        else:
            return
        self._compare()

    def skip(self, stood_still_ns: int) -> None:
        """Say that the wall clock stood still for so long: the machine slept, the venue did not."""
        ahead_ms = stood_still_ns * self.speed / 1e6
        self._offset_ms = None if self._offset_ms is None else self._offset_ms + ahead_ms
        self._before_ms = None if self._before_ms is None else self._before_ms + ahead_ms
        self._compare()

    def _compare(self) -> None:
        self._ahead_ms = max((o for o in (self._offset_ms, self._before_ms) if o is not None), default=None)

    def now_ms(self, wall_at_ns: int) -> int:
        """Return venue time at a wall reading; 0 before the first stamp."""
        return 0 if self._ahead_ms is None else round(wall_at_ns * self.speed / 1e6 + self._ahead_ms)


SLEPT_NS: Final = 2_000_000_000
MISSED_NS: Final = 15_000_000_000


class Woke(NamedTuple):
    """How long the program was away, and for how long of that the wall clock stood still."""

    away_ns: int
    stood_still_ns: int


class SleepWatch:
    """Notices that the machine has slept: by a clock that runs on meanwhile, else by beats that did not come."""

    def __init__(self, unsleeping: Callable[[], int] = unsleeping_ns) -> None:
        self._unsleeping = unsleeping
        self._wall_ns: int | None = None
        self._running_ns = 0

    def beat(self, now_ns: int) -> Woke | None:
        """Take a beat of the wall clock; return what lies between it and the one before where that is a sleep."""
        running = self._unsleeping()
        before, self._wall_ns = self._wall_ns, now_ns
        ran, self._running_ns = running - self._running_ns, running
        if before is None:
            return None
        beat = now_ns - before
        stood_still = ran - beat
        if stood_still < SLEPT_NS and beat < MISSED_NS:
            return None
        return Woke(max(ran, beat), stood_still if stood_still >= SLEPT_NS else 0)
