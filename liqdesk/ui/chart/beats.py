"""Charts side by side take turns, so that what is large for one never falls together with what is large for another."""

from __future__ import annotations

import time
from typing import Final

FRAME_MS: Final = 33
BESIDE_MS: Final = 200  # between two looks of a chart window that is not worked with
APART_NS: Final = 42_000_000  # more than from one frame to the next
LATER_MS: Final = 16
MOST: Final = 5  # times that a chart stands back in a row


class Beats:
    """Shared by the charts of a program: when one of them last had much to do."""

    def __init__(self) -> None:
        self._worked_ns = 0

    def worked(self) -> None:
        self._worked_ns = time.monotonic_ns()

    @property
    def free(self) -> bool:
        return time.monotonic_ns() - self._worked_ns >= APART_NS


class Turn:
    """One chart's part in it. Without `beside` it never waits, and only says when it had much to do."""

    def __init__(self) -> None:
        self.beats = Beats()
        self.beside = False
        self._stood_back = 0

    @property
    def pace_ms(self) -> int:
        """Return how long a new frame may wait."""
        return BESIDE_MS if self.beside else FRAME_MS

    def stand_back(self) -> bool:
        """Return whether to wait a little, since another chart is at it."""
        if self.beside and self._stood_back < MOST and not self.beats.free:
            self._stood_back += 1
            return True
        self._stood_back = 0
        return False

    def took(self, much: bool) -> None:
        """Say that a look was taken; beside another chart every look is much."""
        if much or self.beside:
            self.beats.worked()
