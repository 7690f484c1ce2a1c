"""Measurements of a running window, as JSON lines in the file that LIQDESK_TRACE names. Off, and free, without it."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path


class Trace:
    """Writes events with their wall time. Since the last frame the GUI thread was in events for `busy_ns`, of which it computed for
    `cpu_ns`; the rest it waited for the interpreter, or for a core."""

    current: Trace | None = None

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1, encoding="utf-8")
        self.busy_ns = 0
        self.cpu_ns = 0
        self._day = -1
        self._frames: list[tuple[int, int, int]] = []
        self._map_ready = False

    @classmethod
    def to(cls, path: str) -> Trace:
        cls.current = cls(Path(path))
        return cls.current

    def write(self, event: str, **values: object) -> None:
        line = {"event": event, "wall_ns": time.time_ns(), "pid": os.getpid(), **values}
        self._file.write(json.dumps(line) + "\n")

    def frame(self, venue_ms: int, whole: Callable[[], bool]) -> None:
        """Note that a frame was applied: the GUI's busy time since the last one, once that the map is `whole`, and once per market day the
        memory. Times of frames are written once a second, so that measuring adds little to what is measured."""
        self._frames.append((time.time_ns(), self.busy_ns, self.cpu_ns))
        self.busy_ns = self.cpu_ns = 0
        if not self._map_ready and whole():
            self._map_ready = True
            self.write("map_ready")
        if self._frames[-1][0] - self._frames[0][0] > 1_000_000_000:
            lines = [
                f'{{"event": "frame_busy", "wall_ns": {at}, "pid": {os.getpid()}, "ms": {busy / 1e6}, "cpu_ms": {cpu / 1e6}}}\n'
                for at, busy, cpu in self._frames
            ]
            self._frames.clear()
            self._file.write("".join(lines))
        day = venue_ms // 86_400_000
        if venue_ms and day != self._day:
            self._day = day
            self.write("day", venue_ms=venue_ms, rss_mb=rss_mb())


def rss_mb() -> float:
    """Return the process's resident memory in MB, NaN where the system has no /proc."""
    try:
        with open("/proc/self/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return math.nan


def note(event: str, **values: object) -> None:
    """Write an event when a trace is on."""
    if Trace.current is not None:
        Trace.current.write(event, **values)
