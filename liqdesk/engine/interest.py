"""Open interest that no poll brought: asked for once more from the venue's five-minute record, and a gap where that has none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.asking import Handler, OnFailure
from liqdesk.engine.session import Session
from liqdesk.errors import Refusal, VenueError
from liqdesk.history import INTEREST
from liqdesk.market import MINUTE_MS
from liqdesk.market.rows import INTEREST as INTEREST_ROWS
from liqdesk.venues.binance import backfill
from liqdesk.venues.venue import Request

log = logging.getLogger(__name__)

EVERY_NS: Final = 10_000_000_000
AGAIN_NS: Final = 2_000_000_000
SECOND_NS: Final = 1_000_000_000
PASSING: Final = (Refusal.OFFLINE, Refusal.SERVER, Refusal.PROTOCOL)
HOLE_MS: Final = 10 * MINUTE_MS  # the record has a sample every five minutes; one may be missing

Ask = Callable[[Request, Handler, OnFailure], None]


class InterestPoll:
    """Asks for open interest every ten seconds, or oftener where the market is fast; two seconds after a failure that may pass."""

    def __init__(self, symbol: str, speed: float, ask: Ask) -> None:
        self._symbol, self._ask = symbol, ask
        self._every_ns = max(int(EVERY_NS / speed), SECOND_NS)
        self._now_ns = self._due_ns = 0

    def beat(self, session: Session, now_ns: int) -> None:
        """Ask when it is time."""
        self._now_ns = now_ns
        if now_ns >= self._due_ns:
            self._due_ns = now_ns + self._every_ns
            self._ask(backfill.interest(self._symbol), lambda payload, ns: self._take(session, payload, ns), self._fail)

    def _take(self, session: Session, payload: object, recv_ns: int) -> None:
        """Take a polled sample, and have mended what is missing before it."""
        before = session.interest["t"][-1:]
        session.on_interest(payload, recv_ns)  # type: ignore[arg-type]
        for a, b in holes(np.concatenate([before, session.interest["t"][-1:]])):
            InterestRepair(session, a, b, self._ask).go()

    def _fail(self, error: VenueError) -> None:
        log.info("open interest was not given: %s", error)
        if error.kind in PASSING:
            self._due_ns = min(self._due_ns, self._now_ns + AGAIN_NS)


class InterestRepair:
    """Mends one hole, (from_ms, to_ms) between two samples."""

    def __init__(self, session: Session, from_ms: int, to_ms: int, ask: Ask) -> None:
        self._session, self._from_ms, self._to_ms, self._ask = session, from_ms, to_ms, ask
        self._requests = list(
            backfill.interest_pages(session.instrument.symbol, to_ms, to_ms - from_ms + 5 * MINUTE_MS)
        )
        self._rows = np.empty(0, INTEREST_ROWS)

    def go(self) -> None:
        """Ask for the next page, or put everything back."""
        if self._requests:
            self._ask(self._requests.pop(0), self._take, self._fail)
        else:
            self._put_back()

    def _take(self, payload: object, _recv_ns: int) -> None:
        assert isinstance(payload, np.ndarray)
        self._rows = np.concatenate([self._rows, payload])
        self.go()

    def _fail(self, error: VenueError) -> None:
        log.info("open interest could not be given back: %s", error)
        self._put_back()

    def _put_back(self) -> None:
        inside = (self._rows["t"] > self._from_ms) & (self._rows["t"] < self._to_ms)
        rows = self._rows[inside]
        if len(rows):
            self._session.repaired_interest(rows)
        for a, b in holes(np.concatenate([[self._from_ms], np.unique(rows["t"]), [self._to_ms]])):
            self._session.add_gap(a, b, INTEREST, "the venue could not give it back")


def holes(times: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return the stretches between ascending samples that are too far apart."""
    wide = np.flatnonzero(np.diff(times) > HOLE_MS)
    return [(int(times[i]), int(times[i + 1])) for i in wide]
