"""The pages of one back-fill, asked for a few ahead; one that failed is asked for again after a growing delay."""

from __future__ import annotations

import time
from collections.abc import Callable

from liqdesk.engine.asking import Handler, OnFailure
from liqdesk.engine.loading import Loading
from liqdesk.errors import VenueError
from liqdesk.net.pacing import Backoff
from liqdesk.venues.venue import Request

Ask = Callable[[Request, Handler, OnFailure], None]
Tell = Callable[[VenueError | None], None]


class Paging:
    """Fills a `Loading`. `tell` is told why nothing comes, and None once something does; `then` is called once every page
    has been asked for, so that what it asks for stands behind them.
    """

    def __init__(self, loading: Loading, ask: Ask, backoff: Backoff, tell: Tell, then: Callable[[], None]) -> None:
        self._loading, self._ask, self._backoff, self._tell = loading, ask, backoff, tell
        self._then: Callable[[], None] | None = then
        self._again_ns: int | None = None

    def go(self) -> None:
        """Ask for the pages that are to be under way."""
        for request in self._loading.ask():
            self._ask_page(request)
        if self._loading.all_asked and self._then is not None:
            then, self._then = self._then, None
            then()

    def retry_now(self) -> None:
        """Cut a wait short."""
        if self._again_ns is not None:
            self._again_ns = None
            self.go()

    def beat(self, now_ns: int) -> None:
        """Ask again when a wait is over."""
        if self._again_ns is not None and now_ns >= self._again_ns:
            self.retry_now()

    def _ask_page(self, request: Request) -> None:
        def take(payload: object, _recv_ns: int) -> None:
            self._loading.answer(request, payload)  # type: ignore[arg-type]
            if self._again_ns is None:
                self._backoff.reset()
                self._tell(None)
                self.go()

        def again(error: VenueError) -> None:
            self._loading.again(request)
            if self._again_ns is None:
                self._tell(error)
                delay_s = error.retry_s if error.retry_s is not None else self._backoff.next_s()
                self._again_ns = time.monotonic_ns() + int(delay_s * 1e9)

        self._ask(request, take, again)
