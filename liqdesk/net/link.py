"""A link: one socket kept open for as long as its owner wants, with its subscriptions.

`run` blocks the thread that calls it; `stop`, `retry_now` and `resubscribe` come from others. A lost socket is opened
again after a growing delay, one that only acknowledges and sends nothing is told of, asked again, and at last opened
anew.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from liqdesk.clock import wall_ns
from liqdesk.errors import Refusal, VenueError
from liqdesk.market import LinkPhase, LinkState
from liqdesk.net.pacing import Backoff
from liqdesk.venues import Dialect, SocketPlan

if TYPE_CHECKING:
    from liqdesk.net.channel import Channel

SECOND_NS: Final = 1_000_000_000
REFUSALS: Final = (Refusal.REGION, Refusal.BLOCKED, Refusal.BANNED)


class LinkTiming(msgspec.Struct, frozen=True):
    """All waits of a link, wall seconds.

    A quiet socket is pinged after `ping_s`. It counts as dead after `deadline_s`, or after `pinged_deadline_s` if this
    server is known to answer pings. Control messages keep `pace_s` apart (the venue closes sockets that send many).
    """

    connect_s: float = 10.0
    tick_s: float = 0.2
    pace_s: float = 0.25
    ping_s: float = 20.0
    pinged_deadline_s: float = 45.0
    deadline_s: float = 240.0
    lifetime_s: float = 23 * 3600.0
    steady_s: float = 30.0
    refused_s: float = 300.0
    first_retry_s: float = 1.0
    last_retry_s: float = 60.0


class Link:
    """One socket of a plan. `on_frame(data, recv_ns)` gets every message, `on_state(LinkState)` every change,
    `on_silent(stream)` each subscribed stream whose first data are overdue; all three are called in the thread of
    `run`.
    """

    def __init__(
        self,
        plan: SocketPlan,
        dialect: Dialect,
        *,
        on_frame: Callable[[bytes, int], None],
        on_state: Callable[[LinkState], None],
        on_silent: Callable[[str], None] | None = None,
        timing: LinkTiming | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.plan = plan
        self._dialect = dialect
        self._on_frame = on_frame
        self._on_state = on_state
        self._on_silent = on_silent
        self._timing = timing or LinkTiming()
        self._rng = rng or random.Random()
        self._backoff = Backoff(self._timing.first_retry_s, self._timing.last_retry_s, self._rng)
        self._host = urlsplit(plan.url).netloc
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._channel: Channel | None = None
        self._wanted: tuple[str, ...] = plan.streams
        self._subscribed: tuple[str, ...] = ()
        self._waiting: dict[str, tuple[int, int]] = {}  # stream: subscribed at, warnings given
        self._outbox: deque[str] = deque()
        self._request_id = 0

    # From other threads

    def stop(self) -> None:
        """End `run` soon, wherever it is."""
        with self._lock:
            self._stopping = True
            channel = self._channel
        if channel is not None:
            channel.abort()
        self._wake.set()

    def retry_now(self) -> None:
        """Cut a wait between attempts short."""
        self._wake.set()

    def resubscribe(self, streams: Iterable[str]) -> None:
        """Replace the subscriptions, without a new connection."""
        self._wanted = tuple(streams)

    def silent_streams(self, now_ns: int) -> list[str]:
        """Return the subscribed streams whose first data are overdue."""
        return [s for s, (since, _) in list(self._waiting.items()) if now_ns - since >= self._expected_ns(s)]

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

    def _serve(self) -> None:
        """Hold one connection until it ends. Returns at the end of its planned life; raises VenueError for any other
        end.
        """
        from liqdesk.net.channel import Channel

        self._tell(LinkPhase.CONNECTING, f"Connecting to {self._host}.")
        channel = Channel(self.plan.url, lambda: self._stopping)
        try:
            with self._lock:
                self._channel = channel
            channel.open(self._timing.connect_s)
            self._subscribed = ()
            self._waiting.clear()
            self._outbox.clear()
            self._request_id = 0
            self._tell(LinkPhase.OPEN)
            self._read(channel)
        finally:
            with self._lock:
                self._channel = None
            self._waiting.clear()
            channel.close()

    def _read(self, channel: Channel) -> None:
        timing = self._timing
        opened = wall_ns()
        ends = opened + int(timing.lifetime_s * (1 - 0.02 * self._rng.random()) * SECOND_NS)
        tick_ns = int(timing.tick_s * SECOND_NS)
        next_tick = next_send = opened
        pinged = 0
        while not self._stopping:
            now = wall_ns()
            if now >= next_tick:
                next_tick = now + tick_ns
                if now >= ends:
                    return
                if now - opened >= timing.steady_s * SECOND_NS:
                    self._backoff.reset()
                self._follow_wanted(now)
                pinged = self._check_quiet(channel, now, pinged)
                self._check_first_data(now)
                if self._outbox and now >= next_send:
                    channel.send(self._outbox.popleft())
                    next_send = now + int(timing.pace_s * SECOND_NS)
            data = channel.receive(timing.tick_s)
            if data is not None:
                if self._waiting:
                    name = self._dialect.stream_of(data)
                    if name is not None:
                        self._waiting.pop(name, None)
                self._on_frame(data, channel.last_ns)

    def _follow_wanted(self, now: int) -> None:
        wanted = self._wanted
        if wanted == self._subscribed:
            return
        old = set(self._subscribed)
        self._leave([s for s in self._subscribed if s not in wanted])
        self._enter([s for s in wanted if s not in old], now, 0)
        self._subscribed = wanted

    def _enter(self, streams: list[str], now: int, warnings: int) -> None:
        if streams:
            messages = self._dialect.subscribe(streams, self._request_id + 1)
            self._request_id += len(messages)
            self._outbox.extend(messages)
        for stream in streams:
            if self._dialect.expected_within_s(stream) is not None:
                self._waiting[stream] = (now, warnings)

    def _leave(self, streams: list[str]) -> None:
        if streams:
            messages = self._dialect.unsubscribe(streams, self._request_id + 1)
            self._request_id += len(messages)
            self._outbox.extend(messages)
        for stream in streams:
            self._waiting.pop(stream, None)

    def _check_quiet(self, channel: Channel, now: int, pinged: int) -> int:
        """Ping a quiet socket once per silence, and give up one that is dead. Returns when the last ping was sent."""
        quiet_s = (now - channel.last_ns) / SECOND_NS
        limit = self._timing.pinged_deadline_s if channel.pongs else self._timing.deadline_s
        if quiet_s >= limit:
            user = f"{self._host} has gone quiet."
            raise VenueError(Refusal.OFFLINE, f"{self._host}: nothing for {quiet_s:.0f} s", user)
        if quiet_s >= self._timing.ping_s and pinged <= channel.last_ns:
            channel.ping()
            return now
        return pinged

    def _check_first_data(self, now: int) -> None:
        """Follow up streams that were subscribed and never came: the venue acknowledges even what it will not send."""
        for stream, (since, warnings) in list(self._waiting.items()):
            late = (now - since) / self._expected_ns(stream)
            if late >= 1 and warnings == 0:
                self._waiting[stream] = (since, 1)
                if self._on_silent is not None:
                    self._on_silent(stream)
            elif late >= 3 and warnings == 1:
                self._leave([stream])
                self._enter([stream], now, 2)
        expecting = [s for s in self._subscribed if self._dialect.expected_within_s(s) is not None]
        if expecting and all(self._waiting.get(s, (0, 0))[1] >= 2 for s in expecting):
            first = min(expecting, key=self._expected_ns)
            if now - self._waiting[first][0] >= 3 * self._expected_ns(first):
                log = f"{self._host}: nothing on {', '.join(expecting)} though subscribed twice"
                raise VenueError(Refusal.PROTOCOL, log, f"{self._host} accepts subscriptions but sends nothing.")

    def _expected_ns(self, stream: str) -> int:
        return int((self._dialect.expected_within_s(stream) or 0.0) * SECOND_NS) or 1 << 62

    def _wait(self, error: VenueError) -> None:
        delay = self._backoff.next_s()
        phase = LinkPhase.WAITING
        if error.kind in REFUSALS:
            phase = LinkPhase.REFUSED
            delay = max(delay, error.retry_s or self._timing.refused_s)
        elif error.retry_s is not None:
            delay = max(delay, error.retry_s)
        self._wake.clear()
        if self._stopping:
            return
        self._tell(phase, error.user, delay, error.kind.value)
        if self._wake.wait(delay) and not self._stopping:
            self._backoff.reset()

    def _tell(self, phase: LinkPhase, user: str = "", retry_in_s: float | None = None, refusal: str = "") -> None:
        self._on_state(LinkState(self.plan.name, phase, user, retry_in_s, self._backoff.attempt, refusal))
