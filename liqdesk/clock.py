"""The two times liqdesk knows. Venue time (an estimate of the venue's own clock) drives columns, staleness, funding and rate windows;
wall time drives back-off, pings and frames alone."""

from __future__ import annotations

import time


def wall_ns() -> int:
    """Return a monotonic reading in nanoseconds; it never jumps, and stands still or runs on during system sleep by platform."""
    return time.monotonic_ns()


def utc_ms() -> int:
    """Return the machine's own idea of UTC in milliseconds. Only ever a first guess at venue time."""
    return time.time_ns() // 1_000_000


class VenueClock:
    """Venue time, as the newest stamp seen carried forward by the wall clock at the venue's own rate.

    A simulated venue may run faster than the wall (`speed`). Stamps that lag (a late frame) never turn the clock back.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._venue_ms = 0
        self._wall_ns = 0

    def observe(self, venue_ms: int, wall_at_ns: int) -> None:
        """Take a stamp that the venue put on something received at `wall_at_ns`."""
        if venue_ms >= self.now_ms(wall_at_ns) or not self._venue_ms:
            self._venue_ms, self._wall_ns = venue_ms, wall_at_ns

    def reset(self, venue_ms: int, wall_at_ns: int) -> None:
        self._venue_ms, self._wall_ns = venue_ms, wall_at_ns

    def now_ms(self, wall_at_ns: int) -> int:
        """Return venue time at a wall reading; 0 before the first stamp."""
        if not self._venue_ms:
            return 0
        return self._venue_ms + int((wall_at_ns - self._wall_ns) * self.speed) // 1_000_000
