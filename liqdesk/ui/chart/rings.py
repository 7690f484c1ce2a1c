"""One ring of the density grid as the window uses it: the engine's read-only view, and its columns summed in USD."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.frames import Published
from liqdesk.model.axis import ROWS
from liqdesk.model.codes import DECODE
from liqdesk.model.grid import RingView


class RingSums:
    """A ring's view, the range that is published, and a cache of columns summed over the chosen planes.

    The cache `usd` is f32 [capacity, 800] in the ring's modular row order, `levels` u8 the same: how much of it is
    prior and how much shorts, see `kernels.level`.
    """

    def __init__(self, view: RingView) -> None:
        self.view = view
        self.span_ms = view.span_ms
        self.capacity = view.codes.shape[0]
        self.first, self.last, self.live_from = 0, -1, 0
        self.factor = 1.0  # on top of every column's gain
        self.usd: NDArray[np.float32] = np.empty((0, ROWS), np.float32)
        self.levels: NDArray[np.uint8] = np.empty((0, ROWS), np.uint8)
        self._have: NDArray[np.int64] = np.full(self.capacity, -1, np.int64)

    def publish(self, published: Published) -> bool:
        """Take the range that may be read; return whether it changed."""
        before = self.first, self.last, self.live_from
        self.first, self.last, self.live_from = published.first, published.last, published.live_from
        return before != (self.first, self.last, self.live_from)

    def hide(self) -> None:
        self.first, self.last, self.live_from = 0, -1, 0
        self.forget()

    def holds(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return for each absolute column number whether it is published here and still in its slot."""
        inside = (numbers >= self.first) & (numbers <= self.last)
        held: NDArray[np.bool_] = inside & (self.view.numbers[numbers % self.capacity] == numbers)
        return held

    def forget(self) -> None:
        self._have.fill(-1)

    def combine(self, kernels: ModuleType, numbers: NDArray[np.int64], chosen: NDArray[np.bool_]) -> None:
        """Make sure `usd` holds these columns, summed over the chosen planes."""
        slots = numbers % self.capacity
        missing = self._have[slots] != numbers
        if not missing.any():
            return
        if not self.usd.size:
            self.usd = np.full((self.capacity, ROWS), 0, np.float32)  # all its memory now, not as time goes by
            self.levels = np.full((self.capacity, ROWS), 0, np.uint8)
        wanted = slots[missing]
        view = self.view
        gains = view.gains if self.factor == 1.0 else view.gains * np.float32(self.factor)
        gains.flags.writeable = False
        kernels.combine(view.codes, wanted, gains, view.shares, DECODE, chosen, self.usd, self.levels)
        self._have[wanted] = numbers[missing]
