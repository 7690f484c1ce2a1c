"""Whose turn it is: parts of the window show the newest frame one after another, so that their work never falls together."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Slot

ROUND_NS: Final = 200_000_000
PARTS: Final = 4
TURN_MS: Final = ROUND_NS // PARTS // 1_000_000


class Turns(QObject):
    """Calls `show(part)` for each of `parts`, by default four, each at most five times a second and soon after every `frame`.

    `worked` tells, and forgets, whether something large was painted just now; a part then waits for one turn. `turn_ms` pass between two
    turns, so a part shows a frame every `parts` × `turn_ms` at most.
    """

    def __init__(
        self,
        parent: QObject,
        show: Callable[[int], None],
        worked: Callable[[], bool],
        parts: int = PARTS,
        turn_ms: int = TURN_MS,
    ) -> None:
        super().__init__(parent)
        self._parts, self._turn_ms = parts, turn_ms
        self._show = show
        self._worked = worked
        self._behind: set[int] = set()
        self._next = 0
        self._waited = False
        self._shown_ns = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._turn)

    @property
    def settled(self) -> bool:
        """Whether every part shows the newest frame."""
        return not self._behind

    def frame(self, anew: bool) -> None:
        """Take note of a frame. After a pause, and when `anew`, every part shows it at once."""
        if anew or (not self._timer.isActive() and time.monotonic_ns() - self._shown_ns >= ROUND_NS):
            self.everything()
            return
        self._behind.update(range(self._parts))
        if not self._timer.isActive() or self._timer.remainingTime() > self._turn_ms:
            self._timer.start(self._turn_ms)

    def everything(self) -> None:
        """Let every part show the newest frame now."""
        self.stop()
        self._shown_ns = time.monotonic_ns()
        for part in range(self._parts):
            self._show(part)

    def stop(self) -> None:
        """Leave every part as it is until the next frame."""
        self._timer.stop()
        self._behind.clear()

    @Slot()
    def _turn(self) -> None:
        self._waited = self._worked() and not self._waited
        if not self._waited:
            part = min(self._behind, key=lambda k: (k - self._next) % self._parts, default=None)
            if part is not None:
                self._next = part + 1
                self._behind.discard(part)
                self._shown_ns = time.monotonic_ns()
                self._show(part)
        if self._behind:
            self._timer.start(self._turn_ms)
