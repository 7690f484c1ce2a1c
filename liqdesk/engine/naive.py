"""The naive maps beside ours: fed the same steps a little later, in pieces, so that neither the map nor the stream waits for them."""

from __future__ import annotations

from collections import deque

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.lab.baselines import SweptMap, shipped
from liqdesk.market import BracketTable
from liqdesk.model import StepBatch

Floats = NDArray[np.float64]


class LiveStep(msgspec.Struct, frozen=True):
    """What all maps swept in one live minute, basis USD: `mass` float64 [maps, 2 side], ours first; `span` float64 [2], how far price
    went down and up from its start (ln)."""

    t_ms: int
    mass: Floats
    span: Floats


class NaiveMaps:
    """All naive maps of a symbol, with the steps that they have not taken yet."""

    def __init__(self, table: BracketTable) -> None:
        self.maps: tuple[SweptMap, ...] = shipped(table)
        self.steps = 0  # taken in, of back-fill and live
        self._queue: deque[tuple[StepBatch, Floats, Floats | None]] = deque()
        self._at = 0  # the map whose turn it is at the first of the queue
        self._mass: list[Floats] = []
        self._done = 0

    @property
    def behind(self) -> bool:
        """Whether steps wait."""
        return bool(self._queue)

    @property
    def progress(self) -> float:
        """The share of all steps that every map has taken."""
        return self._done / self.steps if self.steps else 0.0

    def queue(self, batch: StepBatch, taker_buy: Floats, ours: Floats | None) -> None:
        """Queue steps; `ours` float64 [2] is what our map swept where this is one live minute that may be scored."""
        self._queue.append((batch, taker_buy, ours))
        self.steps += len(batch)

    @property
    def next_is_live(self) -> bool:
        return bool(self._queue) and len(self._queue[0][0]) == 1

    def advance(self) -> LiveStep | None:
        """Have the next steps taken: of back-fill by one map, of a single minute by all. Returns what was swept in a live minute.

        A map's first steps load its kernels, or compile them, which takes a second or two, once on a machine.
        """
        if not self._queue:
            return None
        batch, taker_buy, ours = self._queue[0]
        last = len(self.maps) if len(batch) == 1 else self._at + 1
        for naive in self.maps[self._at : last]:
            self._mass.append(naive.run(batch, taker_buy))
        self._at = last
        if self._at < len(self.maps):
            return None
        self._queue.popleft()
        self._done += len(batch)
        swept, self._mass, self._at = self._mass, [], 0
        if ours is None:
            return None
        span = np.array([batch.start[0] - batch.low[0], batch.high[0] - batch.start[0]])
        return LiveStep(int(batch.t0[0]), np.stack([ours, *(m[0] for m in swept)]), span)
