"""Back-fill in order: which page is awaited, how far it is, and which stretch of bars the model can take next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.frames import Progress
from liqdesk.market.rows import INTEREST
from liqdesk.venues.venue import Reply, Request

AHEAD: Final = 16


class Stretch(msgspec.Struct, frozen=True):
    """Bars of one span, oldest first, with the mark bars of the same times where the venue has them (dtype BAR)."""

    span_ms: int
    bars: NDArray[np.void]
    marks: NDArray[np.void] | None


class Loading:
    """The requests of one back-fill, taken in order whatever order they are answered in.

    They are made in order, a few ahead; what failed is made again, and what came meanwhile waits for it.
    """

    def __init__(self, requests: Sequence[Request]) -> None:
        self._requests = list(requests)
        self._next = 0
        self._asked = 0
        self._failed: set[int] = set()
        self._held: dict[int, NDArray[np.void]] = {}
        self._interest: list[NDArray[np.void]] = []
        self._bars: NDArray[np.void] | None = None
        self._ready: list[Stretch] = []

    @property
    def done(self) -> bool:
        """Whether every page was answered and every stretch taken."""
        return self._next >= len(self._requests) and not self._ready

    @property
    def all_asked(self) -> bool:
        """Whether every page has been asked for, be it answered or not."""
        return self._asked == len(self._requests)

    @property
    def awaited(self) -> Request | None:
        return self._requests[self._next] if self._next < len(self._requests) else None

    def ask(self) -> list[Request]:
        """Return the requests to make now, so that `AHEAD` are always under way; those that failed come first."""
        end = min(self._next + AHEAD, len(self._requests))
        wanted = [*sorted(self._failed), *range(self._asked, end)]
        self._asked = max(self._asked, end)
        self._failed.clear()
        return [self._requests[i] for i in wanted]

    def again(self, request: Request) -> None:
        """Say that a request failed: `ask` will return it once more."""
        i = self._requests.index(request)
        if i >= self._next and i not in self._held:
            self._failed.add(i)

    @property
    def progress(self) -> Progress:
        total = len(self._requests)
        request = self.awaited
        return Progress(self._next, total, request.text if request else "computing the map")

    def answer(self, request: Request, rows: NDArray[np.void]) -> None:
        """Take the rows of a request that was asked for; a second answer to the same one is ignored."""
        i = self._requests.index(request)
        if i < self._next or i in self._held:
            return
        self._failed.discard(i)
        self._held[i] = rows
        while self._next in self._held:
            self._next += 1
            self._take(self._requests[self._next - 1], self._held.pop(self._next - 1))

    def _take(self, request: Request, rows: NDArray[np.void]) -> None:
        if request.kind is Reply.INTEREST_HISTORY:
            self._interest.append(rows)
        elif request.kind is Reply.BARS:
            # the venue may add the bar after the range, or one that is still open
            inside = (rows["t"] >= request.from_ms) & (rows["t"] + request.span_ms <= request.to_ms)
            self._bars = rows[inside]
        elif request.kind is Reply.MARK_BARS and self._bars is not None:
            self._ready.append(Stretch(request.span_ms, self._bars, rows if len(rows) else None))
            self._bars = None

    def interest(self) -> NDArray[np.void]:
        """Return all open interest loaded so far, ascending and without duplicates (dtype INTEREST)."""
        if not self._interest:
            return np.empty(0, INTEREST)
        rows = np.concatenate(self._interest)
        _, first = np.unique(rows["t"], return_index=True)
        return rows[first]

    def take(self) -> Stretch | None:
        """Return the next stretch of bars, None while its pages have not come."""
        return self._ready.pop(0) if self._ready else None
