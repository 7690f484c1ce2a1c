"""Keeps asking the venue whether it answers, while the built-in market stands in for it."""

from __future__ import annotations

import time
from typing import Final

from liqdesk.engine.frames import LiveOffer
from liqdesk.engine.inbox import Answer, Failure, Inbox
from liqdesk.engine.poll import Job, PollThread
from liqdesk.errors import VenueError
from liqdesk.net.pacing import Backoff
from liqdesk.net.proxy import Proxy, proxy_for
from liqdesk.net.rest import Rest
from liqdesk.venues.binance import backfill
from liqdesk.venues.binance.reading import read

STOP_MS: Final = 4_000


class Probe:
    """One request at a time to the venue's clock, with back-off. Lives in the engine thread."""

    def __init__(self, rest_url: str, error: VenueError, proxy: Proxy | None = None) -> None:
        self._inbox = Inbox()
        self._poll = PollThread(lambda: Rest(rest_url, proxy=proxy_for(rest_url, proxy)), self._inbox)
        self._backoff = Backoff()
        self._error: VenueError | None = error
        self._due_ns = time.monotonic_ns() + int(self._delay_s(error) * 1e9)
        self._asking = False
        self._poll.start()

    def _delay_s(self, error: VenueError) -> float:
        return max(self._backoff.next_s(), error.retry_s or 0.0, 5.0)

    def beat(self, now_ns: int) -> None:
        for message in self._inbox.drain(10):
            self._asking = False
            if isinstance(message, Answer):
                self._error = None
                self._backoff.reset()
                self._due_ns = now_ns + 30_000_000_000
            elif isinstance(message, Failure):
                self._error = message.error
                self._due_ns = now_ns + int(self._delay_s(message.error) * 1e9)
        if not self._asking and now_ns >= self._due_ns:
            self._asking = True
            request = backfill.clock()
            self._poll.submit(Job("probe", lambda rest: read(request, rest.fetch(request).data, None)))

    def offer(self, now_ns: int) -> LiveOffer:
        if self._error is None:
            return LiveOffer(True, "Binance answers again.", None)
        wait = None if self._asking else max(self._due_ns - now_ns, 0) / 1e9
        return LiveOffer(False, self._error.user, wait)

    def stop(self) -> None:
        self._poll.stop()
        self._poll.wait(STOP_MS)
