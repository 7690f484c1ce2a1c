"""The poll thread: REST jobs one after another, each parsed here and left in the inbox."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QThread

from liqdesk.engine.inbox import Answer, Failure, Inbox
from liqdesk.errors import DecodeError, LiqdeskError, Refusal, VenueError

if TYPE_CHECKING:
    from liqdesk.net.rest import Rest

log = logging.getLogger(__name__)


class Job(msgspec.Struct, frozen=True):
    """One request, or any other slow thing: `run` gets the REST client and returns the payload. `name` comes back with it."""

    name: str
    run: Callable[[Rest], object]


class PollThread(QThread):
    """Runs jobs in order against one REST client. `submit` may be called from the engine thread at any time."""

    def __init__(self, make_rest: Callable[[], Rest], inbox: Inbox) -> None:
        super().__init__()
        self.setObjectName("poll")
        self._make_rest = make_rest
        self._inbox = inbox
        self._jobs: deque[Job] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._rest: Rest | None = None

    def submit(self, job: Job, *, front: bool = False) -> None:
        with self._wake:
            if front:
                self._jobs.appendleft(job)
            else:
                self._jobs.append(job)
            self._wake.notify()

    def forget(self) -> None:
        """Drop the jobs that have not started."""
        with self._wake:
            self._jobs.clear()

    def renew(self) -> None:
        """Give up the connections in use: the machine has slept. The request under way fails."""
        if self._rest is not None:
            self._rest.renew()

    def stop(self) -> None:
        with self._wake:
            self._stopping = True
            self._jobs.clear()
            self._wake.notify()
        if self._rest is not None:
            self._rest.close()

    def _next(self) -> Job | None:
        with self._wake:
            while not self._jobs and not self._stopping:
                self._wake.wait()
            return None if self._stopping else self._jobs.popleft()

    def run(self) -> None:
        try:
            rest = self._rest = self._make_rest()
        except VenueError as e:
            self._inbox.put(Failure("rest", e, time.monotonic_ns()))
            return
        try:
            while (job := self._next()) is not None:
                self._run_one(rest, job)
        finally:
            rest.close()

    def _run_one(self, rest: Rest, job: Job) -> None:
        started = time.monotonic_ns()
        try:
            payload = job.run(rest)
        except VenueError as e:
            failure = e
        except DecodeError as e:
            user = f"{rest.host} answered something else than the venue would; does this network need a sign-in page first?"
            failure = VenueError(Refusal.PROTOCOL, str(e), user)
        except LiqdeskError as e:
            failure = VenueError(Refusal.PROTOCOL, str(e), e.user)
        except Exception as e:  # a parser that met what it does not know must not end the thread
            log.exception("job %s failed", job.name)
            failure = VenueError(Refusal.PROTOCOL, f"{job.name}: {e!r}", "The venue answered something unexpected.")
        else:
            now = time.monotonic_ns()
            self._inbox.put(Answer(job.name, payload, now, (now - started) / 1e6, rest.pacing.weight.used))
            return
        if not self._stopping:
            self._inbox.put(Failure(job.name, failure, time.monotonic_ns(), rest.pacing.weight.used))
