"""When the stream of forced orders was listened to, and when it was not. No clock is read here: all times are venue milliseconds.

Forced orders can be silent for hours and are never given back, so a stretch counts as listened to only between two messages of the
socket that carries them. An order is printed some time after its fill: the last moments before a message prove nothing yet.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

PRINTED_MS: Final = 3_000  # 1,015 ms after the fill in captures of 2026-10-07; three times that, with the way to us
LEAP_MS: Final = 60_000
CONNECTING: Final = "the stream was not up yet"
SWITCHED: Final = "another market or symbol was shown"
LOST: Final = "the link was lost"
BACK: Final = "the venue's clock went back"
UNREADABLE: Final = "a message could not be read"
LONGEST: Final = 400
REMEMBERED: Final = 1_000  # stretches


class Missing(msgspec.Struct, frozen=True):
    """A stretch, [from_ms, to_ms), that nobody listened over."""

    from_ms: int
    to_ms: int
    reason: str


class _Ear:
    """One socket: when its first message came, and its newest. None before the first."""

    __slots__ = ("newest_ms", "start_ms")

    def __init__(self) -> None:
        self.start_ms: int | None = None
        self.newest_ms = 0


class Listening:
    """Follows all sockets that carry the stream, over the sessions of one program. From the first `begin` on, every moment comes out of
    `settle` as listened to or as missing, in order of time.

    `key` names a socket. A market that runs `speed` times as fast as the wall is allowed times longer in its own time.
    """

    def __init__(self, speed: float = 1.0) -> None:
        pace = max(speed, 1.0)
        self._printed_ms = round(PRINTED_MS * pace)
        self._leap_ms = round(LEAP_MS * pace)
        self._ears: dict[object, _Ear] = {}
        self._clocks: dict[object, int] = {}  # what time it is for each session: one may know it later than another
        self._until_ms = 0  # all before this has been settled
        self._why = CONNECTING
        self._unread: list[Missing] = []
        self._heard: deque[tuple[int, int]] = deque(maxlen=REMEMBERED)
        self._missed: deque[tuple[int, int]] = deque(maxlen=REMEMBERED)

    def begin(self, now_ms: int) -> None:
        """Say that a session begins."""
        if self._until_ms:
            self._why = SWITCHED
        else:
            self._until_ms = now_ms

    def opened(self, key: object) -> None:
        """Say that a socket is open; nothing when it was. What it carries counts from its first message on."""
        self._ears.setdefault(key, _Ear())

    def lost(self, key: object, why: str = "") -> None:
        """Say that a socket is not open, and why in a sentence."""
        if self._ears.pop(key, None) is not None:
            self._why = LOST
        if why:
            self._why = why[:LONGEST]

    def closed(self, key: object) -> None:
        """Say that a session is over."""
        self.lost(key)
        self._clocks.pop(key, None)

    def heard(self, key: object, event_ms: int, now_ms: int) -> None:
        """Take the time of a message. One that is far ahead of the venue's clock proves nothing."""
        ear = self._ears.get(key)
        if ear is None or event_ms - now_ms > self._leap_ms:
            return
        if ear.start_ms is None:
            ear.start_ms = event_ms
        ear.newest_ms = max(ear.newest_ms, event_ms)

    def unreadable(self, key: object, now_ms: int) -> None:
        """Say that a message came that may have been a forced order."""
        ear = self._ears.get(key)
        before = min(ear.newest_ms, now_ms) if ear is not None and ear.start_ms is not None else now_ms
        self._unread.append(Missing(before - self._printed_ms, now_ms + 1, UNREADABLE))

    def settle(self, key: object, now_ms: int) -> tuple[list[tuple[int, int]], list[Missing]]:
        """Return what was listened to since the last call, and what is missing, as one session's clock stands. What is missing still is
        returned again, prolonged."""
        self._clocks[key] = now_ms
        now_ms = max(self._clocks.values())
        heard: list[tuple[int, int]] = []
        missing, self._unread = self._unread, []
        if not self._until_ms:
            return heard, missing
        if now_ms and now_ms < self._until_ms - self._leap_ms:
            missing.append(Missing(now_ms, self._until_ms, BACK))
            self._until_ms = now_ms
            for ear in self._ears.values():
                ear.start_ms = None
                ear.newest_ms = 0
        started = [(ear.start_ms, ear.newest_ms - self._printed_ms) for ear in self._ears.values() if ear.start_ms]
        for start, end in sorted(started):
            if end <= max(start, self._until_ms):
                continue
            if start > self._until_ms:
                missing.append(Missing(self._until_ms, start, self._why))
                self._until_ms = start
            heard.append((self._until_ms, end))
            self._until_ms = end
        if not self._ears and now_ms > self._until_ms:
            missing.append(Missing(self._until_ms, now_ms, self._why))
        self._remember(heard, missing)
        return heard, missing

    def _remember(self, heard: list[tuple[int, int]], missing: list[Missing]) -> None:
        for start, end in heard:
            if self._heard and self._heard[-1][1] == start:
                self._heard[-1] = self._heard[-1][0], end
            else:
                self._heard.append((start, end))
        for gap in missing:
            if self._missed and self._missed[-1][0] == gap.from_ms:
                self._missed.pop()
            self._missed.append((gap.from_ms, gap.to_ms))

    def stretches(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the newest stretches that were listened to, and those that were not."""
        return list(self._heard), list(self._missed)

    def heard_over(self, from_ms: int, to_ms: int) -> bool | None:
        """Return whether [from_ms, to_ms) was listened to from end to end; None while that is not certain."""
        if any(a < to_ms and b > from_ms for a, b in self._missed):
            return False
        if to_ms > self._until_ms:
            return None
        return any(a <= from_ms and to_ms <= b for a, b in self._heard)
