"""The one door into the engine: what feed and poll threads leave for it, drained on a beat."""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

from liqdesk.errors import VenueError
from liqdesk.market import Event, LinkState

BOOK_LIMIT: Final = 2_000


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """The events of one frame, of one kind (`mark`, `trade`, `forced`, `book` …), and when it was received."""

    link: str
    kind: str
    recv_ns: int
    event_ms: int | None
    events: tuple[Event, ...]


class Garbled(msgspec.Struct, frozen=True):
    """A frame that could not be decoded: the log's text and its first bytes. `forced` says that it may have held a forced order."""

    link: str
    recv_ns: int
    log: str
    forced: bool = False


class LinkNews(msgspec.Struct, frozen=True):
    state: LinkState
    recv_ns: int


class Answer(msgspec.Struct, frozen=True):
    """What a poll job brought back. `job` names it; `payload` is what its parser made of the reply, `used_weight` the venue's count."""

    job: str
    payload: object
    recv_ns: int
    elapsed_ms: float
    used_weight: int | None = None


class Failure(msgspec.Struct, frozen=True):
    job: str
    error: VenueError
    recv_ns: int
    used_weight: int | None = None


Message = Arrival | Garbled | LinkNews | Answer | Failure


class Inbox:
    """A queue for many writers and one reader. Book updates are dropped when it holds more than `BOOK_LIMIT` messages, and counted."""

    def __init__(self) -> None:
        self._queue: deque[Message] = deque()
        self.dropped_book = 0

    def put(self, message: Message) -> None:
        if len(self._queue) > BOOK_LIMIT and isinstance(message, Arrival) and message.kind == "book":
            self.dropped_book += 1
            return
        self._queue.append(message)

    def drain(self, limit: int) -> list[Message]:
        """Return at most `limit` messages, oldest first."""
        taken: list[Message] = []
        queue = self._queue
        while queue and len(taken) < limit:
            taken.append(queue.popleft())
        return taken

    def __len__(self) -> int:
        return len(self._queue)
