"""Requests under way: each goes to the poll thread as a job, and its answer or failure comes back to whoever asked."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from liqdesk.engine.inbox import Answer, Failure
from liqdesk.engine.poll import Job, PollThread
from liqdesk.errors import VenueError
from liqdesk.market import Instrument
from liqdesk.net.rest import Rest
from liqdesk.venues.binance.reading import read
from liqdesk.venues.venue import Request

log = logging.getLogger(__name__)

Handler = Callable[[object, int], None]
OnFailure = Callable[[VenueError], None]


class _Asked(msgspec.Struct, frozen=True):
    handler: Handler
    on_failure: OnFailure


class Asking:
    """Keeps what was asked of one poll thread. Used by the engine thread alone; the poll thread sees only the jobs."""

    def __init__(self, poll: PollThread) -> None:
        self._poll = poll
        self._asked: dict[str, _Asked] = {}
        self._serial = 0

    def ask(
        self,
        request: Request,
        handler: Handler,
        on_failure: OnFailure | None = None,
        instrument: Instrument | None = None,
    ) -> None:
        """Make a request; `handler(payload, recv_ns)` or `on_failure(error)` is called from `answered` or `failed`."""
        self._serial += 1
        name = f"{self._serial} {request.kind}"
        self._asked[name] = _Asked(handler, on_failure or _log)

        def run(rest: Rest) -> object:
            return read(request, rest.fetch(request).data, instrument)

        self._poll.submit(Job(name, run))

    def forget(self) -> None:
        """Drop everything that has not been answered."""
        self._poll.forget()
        self._asked.clear()

    def answered(self, message: Answer) -> None:
        asked = self._asked.pop(message.job, None)
        if asked is not None:
            asked.handler(message.payload, message.recv_ns)

    def failed(self, message: Failure) -> None:
        asked = self._asked.pop(message.job, None)
        if asked is not None:
            asked.on_failure(message.error)


def _log(error: VenueError) -> None:
    log.info("a poll failed: %s", error)
