"""A link: one socket kept open for as long as its owner wants, with its subscriptions.

`run` blocks the thread that calls it; `stop`, `retry_now`, `renew` and `resubscribe` come from others. A lost socket is
opened again after a growing delay, one that only acknowledges and sends nothing is told of, asked again, and at last
opened anew. Before its planned life ends, or when the venue says that it will close, a successor opens beside it; both
are read until the successor has everything, and what came by both is handed over once.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from liqdesk.clock import wall_ns
from liqdesk.errors import InputError, Refusal, VenueError
from liqdesk.market import LinkPhase, LinkState
from liqdesk.net.line import SECOND_NS, Line, LinkTiming
from liqdesk.net.pacing import Backoff
from liqdesk.net.proxy import Proxy
from liqdesk.net.successor import Successor
from liqdesk.venues import Dialect, SocketPlan

if TYPE_CHECKING:
    from liqdesk.net.channel import Channel

REFUSALS: Final = (Refusal.REGION, Refusal.BLOCKED, Refusal.BANNED)
MOST_STREAMS: Final = 900  # the venue answers the 1,025th by closing, and all are lost
MEMORY_NS: Final = 10 * SECOND_NS  # how long what the line before sent is remembered after it went


class Link:
    """One socket of a plan. `on_frame(data, recv_ns)` gets every message, `on_state(LinkState)` every change; both are
    called in the thread of `run`.
    """

    def __init__(
        self,
        plan: SocketPlan,
        dialect: Dialect,
        *,
        on_frame: Callable[[bytes, int], None],
        on_state: Callable[[LinkState], None],
        timing: LinkTiming | None = None,
        rng: random.Random | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        self.plan = plan
        self._dialect = dialect
        self._on_frame = on_frame
        self._on_state = on_state
        self._timing = timing or LinkTiming()
        self._rng = rng or random.Random()
        self._proxy = proxy
        self._backoff = Backoff(self._timing.first_retry_s, self._timing.last_retry_s, self._rng)
        self._host = urlsplit(plan.url).netloc
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._renewing = False
        self._channels: list[Channel] = []
        self._wanted = _bounded(plan.streams)
        self._next: Successor | None = None
        self._memory: set[bytes] = set()
        self._memory_until = 0
        self._losses = 0
        self._renewals = 0
        self._said: LinkState | None = None

    # From other threads

    def stop(self) -> None:
        """End `run` soon, wherever it is."""
        with self._lock:
            self._stopping = True
        self._abort()

    def retry_now(self) -> None:
        """Cut a wait between attempts short."""
        self._wake.set()

    def renew(self) -> None:
        """Leave the connection at once and open another: the machine has slept, and nobody knows what became of it."""
        self._renewing = True
        self._abort()

    def resubscribe(self, streams: Iterable[str]) -> None:
        """Replace the subscriptions, without a new connection. Raises InputError for more than one connection may hold."""
        self._wanted = _bounded(tuple(streams))

    def _abort(self) -> None:
        with self._lock:
            channels = list(self._channels)
        for channel in channels:
            channel.abort()
        self._wake.set()

    # In the owner's thread

    def run(self) -> None:
        """Keep the socket open until `stop`."""
        try:
            while not self._stopping:
                try:
                    self._serve()
                except VenueError as e:
                    if not self._stopping:
                        self._wait(e)
        finally:
            self._tell(LinkPhase.CLOSED)

    def _make_channel(self) -> Channel:
        from liqdesk.net.channel import Channel

        channel = Channel(self.plan.url, lambda: self._stopping, self._proxy)
        with self._lock:
            self._channels.append(channel)
        return channel

    def _drop_channel(self, channel: Channel) -> None:
        with self._lock:
            self._channels.remove(channel)
        channel.close()

    def _serve(self) -> None:
        """Hold a connection, and those that take its place in time, until one is lost. Raises VenueError then."""
        self._tell(LinkPhase.CONNECTING, f"Connecting to {self._host}.")
        channel = self._make_channel()
        line: Line | None = None
        try:
            channel.open(self._timing.connect_s)
            line = self._line(channel)
            self._tell(LinkPhase.OPEN)
            while not self._stopping:
                line = self._read(line)
        finally:
            self._end_successor()
            self._drop_channel(line.channel if line is not None else channel)

    def _line(self, channel: Channel) -> Line:
        return Line(channel, self.plan, self._dialect, self._timing, wall_ns())

    def _read(self, line: Line) -> Line:
        """Read one line to the end of its life and return the one after it; at a stop, the line itself."""
        timing = self._timing
        ends = line.opened + int(self.plan.lifetime_s * (1 - 0.02 * self._rng.random()) * SECOND_NS)
        tick_ns = int(timing.tick_s * SECOND_NS)
        next_tick = retry = line.opened
        while not self._stopping:
            now = wall_ns()
            if now >= next_tick:
                next_tick = now + tick_ns
                if now - line.opened >= timing.steady_s * SECOND_NS:
                    self._backoff.reset()
                if self._next is None and now >= retry and (now >= ends or line.leaving):
                    self._next = Successor(self._make_channel(), timing.connect_s, now)
                    retry = now + int(timing.successor_s * SECOND_NS)
                self._look_after_successor(now)
                self._report(line, now)
            successor = self._next.line if self._next is not None else None
            try:
                line.tick(now, self._wanted)
                if successor is None:
                    self._take(line, None, timing.tick_s)
                    continue
                self._take_all(line, successor)
            except VenueError:
                if successor is None or not successor.whole or self._stopping or self._renewing:
                    raise
                return self._hand_over(line, successor)
            if self._take_successor(successor, line):
                return self._hand_over(line, successor)
        return line

    def _take_all(self, line: Line, other: Line) -> None:
        until = wall_ns() + int(self._timing.overlap_tick_s * SECOND_NS)
        while self._take(line, other, self._timing.overlap_tick_s) and wall_ns() < until:
            pass

    def _take(self, line: Line, other: Line | None, wait_s: float) -> bool:
        data = line.take(wait_s)
        if data is None:
            return False
        if other is not None:
            if data in other.seen:
                return True
            line.seen.add(data)
        elif self._memory:
            if line.channel.last_ns > self._memory_until:
                self._memory = set()
            elif data in self._memory:
                return True
        self._on_frame(data, line.channel.last_ns)
        return True

    # the one after

    def _look_after_successor(self, now: int) -> None:
        successor = self._next
        if successor is None or successor.opening:
            return
        if successor.error is not None or now - successor.began > self._timing.successor_s * SECOND_NS:
            self._end_successor()
        elif successor.line is None:
            successor.line = self._line(successor.channel)

    def _take_successor(self, line: Line, old: Line) -> bool:
        """Read the new line; True once it can stand alone. One that fails is given up, and the old one goes on."""
        try:
            now = wall_ns()
            line.tick(now, self._wanted)
            self._take_all(line, old)
        except VenueError:
            if self._stopping or self._renewing:
                raise
            self._end_successor()
            return False
        return line.is_ready(now)

    def _hand_over(self, old: Line, new: Line) -> Line:
        self._next = None
        self._memory, self._memory_until = old.seen, wall_ns() + MEMORY_NS
        new.seen = set()
        self._drop_channel(old.channel)
        self._renewals += 1
        return new

    def _end_successor(self) -> None:
        successor, self._next = self._next, None
        if successor is not None:
            successor.end()
            self._drop_channel(successor.channel)

    # what is said

    def _report(self, line: Line, now: int) -> None:
        trip = None if line.round_trip_ns is None else line.round_trip_ns / 1e6
        silent = line.silent(now)
        said = self._said
        if said is None or (said.round_trip_ms, said.silent, said.renewals) != (trip, silent, self._renewals):
            self._tell(LinkPhase.OPEN, round_trip_ms=trip, silent=silent)

    def _wait(self, error: VenueError) -> None:
        self._losses += 1
        delay = self._backoff.next_s()
        phase = LinkPhase.WAITING
        self._wake.clear()
        if self._renewing:
            delay = 0.0
        elif error.kind in REFUSALS:
            phase = LinkPhase.REFUSED
            delay = max(delay, error.retry_s or self._timing.refused_s)
        elif error.retry_s is not None:
            delay = max(delay, error.retry_s)
        if self._stopping:
            return
        user = "This machine was asleep; connecting again." if self._renewing else error.user
        self._tell(phase, user, delay, error.kind.value)
        if (self._wake.wait(delay) or self._renewing) and not self._stopping:
            self._backoff.reset()
        self._renewing = False

    def _tell(
        self,
        phase: LinkPhase,
        user: str = "",
        retry_in_s: float | None = None,
        refusal: str = "",
        round_trip_ms: float | None = None,
        silent: tuple[str, ...] = (),
    ) -> None:
        attempt = self._backoff.attempt
        self._said = LinkState(
            self.plan.name,
            phase,
            user,
            retry_in_s,
            attempt,
            refusal,
            round_trip_ms,
            self._losses,
            self._renewals,
            silent,
        )
        self._on_state(self._said)


def _bounded(streams: tuple[str, ...]) -> tuple[str, ...]:
    if len(streams) > MOST_STREAMS:
        raise InputError(f"{len(streams)} streams on one connection", f"One connection holds {MOST_STREAMS} streams.")
    return streams
