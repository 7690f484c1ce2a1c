"""A line: one open connection of a link, what is subscribed on it, and whether what was asked for comes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

from liqdesk.errors import Refusal, VenueError
from liqdesk.venues import Dialect, SocketPlan

if TYPE_CHECKING:
    from liqdesk.net.channel import Channel

SECOND_NS: Final = 1_000_000_000
NEVER_NS: Final = 1 << 58
STOPPED: Final = 10  # times the wait for a stream's first data


class LinkTiming(msgspec.Struct, frozen=True):
    """All waits of a link, wall seconds; how long a connection lives and how long it may send no data is its plan's.

    A quiet socket is pinged after `ping_s`. It counts as dead after `deadline_s`, or after `pinged_deadline_s` if this
    server is known to answer. Control messages keep `pace_s` apart (the venue closes sockets that send many). What is
    subscribed is asked for after `first_list_s`, then every `list_s`. A new connection runs beside the old one for
    `overlap_s` after its data began; where not every stream has sent within `patience_s`, any data will do.
    """

    connect_s: float = 10.0
    tick_s: float = 0.2
    overlap_tick_s: float = 0.02
    pace_s: float = 0.25
    ping_s: float = 20.0
    pinged_deadline_s: float = 45.0
    deadline_s: float = 240.0
    first_list_s: float = 5.0
    list_s: float = 180.0
    overlap_s: float = 2.0
    patience_s: float = 10.0
    successor_s: float = 60.0
    steady_s: float = 30.0
    refused_s: float = 300.0
    first_retry_s: float = 1.0
    last_retry_s: float = 60.0


class Line:
    """One open connection. Used by the link's thread alone. Raises VenueError where it must be given up."""

    def __init__(self, channel: Channel, plan: SocketPlan, dialect: Dialect, timing: LinkTiming, now: int) -> None:
        self.channel = channel
        self.opened = now
        self.leaving = False  # the venue has said that it will close
        self.round_trip_ns: int | None = None
        self.seen: set[bytes] = set()
        self._plan = plan
        self._dialect = dialect
        self._timing = timing
        self._data_ns = 0
        self._ready_ns = 0
        self._pinged = 0
        self._next_tick = self._next_send = now
        self._next_list = now + int(timing.first_list_s * SECOND_NS)
        self._subscribed: tuple[str, ...] = ()
        self._names: frozenset[str] = frozenset()
        self._waiting: dict[str, tuple[int, int]] = {}  # stream: subscribed at, warnings given
        self._came: dict[str, int] = {}  # stream: when it last sent
        self._outbox: deque[tuple[int, str]] = deque()
        self._asked: dict[int, int] = {}  # request: sent at, zero while it waits to be sent
        self._last_id = 0
        self._answered = False

    # reading

    def take(self, wait_s: float) -> bytes | None:
        """Return the next message, None when none came in time."""
        data = self.channel.receive(wait_s)
        if data is None:
            return None
        name = self._dialect.stream_of(data)
        if name is None:
            self._take_reply(data)
        else:
            self._data_ns = self.channel.last_ns
            if name in self._names:
                self._came[name] = self._data_ns
            if self._waiting:
                self._waiting.pop(name, None)
        if self._dialect.says_goodbye(data):
            self.leaving = True
        return data

    def _take_reply(self, data: bytes) -> None:
        reply = self._dialect.reply_of(data)
        if reply is None or not isinstance(reply.id, int):
            return
        sent = self._asked.pop(reply.id, 0)
        self._answered = True
        if reply.names is None or not sent:
            return
        self.round_trip_ns = self.channel.last_ns - sent
        now = self.channel.last_ns
        self._enter([s for s in self._subscribed if s not in reply.names and s not in self._waiting], now, 1)

    # what is due

    def tick(self, now: int, wanted: tuple[str, ...]) -> None:
        """Follow what is wanted, and see that the connection lives and sends. Does nothing between its turns."""
        if now < self._next_tick:
            return
        self._next_tick = now + int(self._timing.tick_s * SECOND_NS)
        self._follow(wanted, now)
        self._check_quiet(now)
        self._check_stalled(now)
        self._check_first_data(now)
        if now >= self._next_list and not self._outbox:
            self._next_list = now + int(self._timing.list_s * SECOND_NS)
            self._post(self._dialect.list_subscriptions(self._last_id + 1))
        if self._outbox and now >= self._next_send:
            number, text = self._outbox.popleft()
            self._asked[number] = now
            self.channel.send(text)
            self._next_send = now + int(self._timing.pace_s * SECOND_NS)

    @property
    def whole(self) -> bool:
        """Whether what was subscribed is acknowledged and has sent."""
        return self._ready_ns > 0

    def is_ready(self, now: int) -> bool:
        """Say whether this line can stand alone: its subscriptions are acknowledged, its streams have sent, and what the
        line before it may still hold back has come here too.
        """
        if not self._ready_ns and self._subscribed:
            patient = now - self.opened >= self._timing.patience_s * SECOND_NS
            all_here = not self._outbox and not self._asked and not self._waiting
            if all_here or (patient and self._data_ns):
                self._ready_ns = now
        return bool(self._ready_ns) and now - self._ready_ns >= self._timing.overlap_s * SECOND_NS

    def silent(self, now: int) -> tuple[str, ...]:
        """Return the subscribed streams whose first data are overdue."""
        waiting = list(self._waiting.items())
        return tuple(s for s, (since, _) in waiting if now - since >= self._expected_ns(s))

    def _follow(self, wanted: tuple[str, ...], now: int) -> None:
        if wanted == self._subscribed:
            return
        old = set(self._subscribed)
        self._leave([s for s in self._subscribed if s not in wanted])
        self._enter([s for s in wanted if s not in old], now, 0)
        self._subscribed, self._names = wanted, frozenset(wanted)

    def _enter(self, streams: list[str], now: int, warnings: int) -> None:
        if streams:
            self._post(self._dialect.subscribe(streams, self._last_id + 1))
        for stream in streams:
            if self._dialect.expected_within_s(stream) is not None:
                self._waiting[stream] = (now, warnings)

    def _leave(self, streams: list[str]) -> None:
        if streams:
            self._post(self._dialect.unsubscribe(streams, self._last_id + 1))
        for stream in streams:
            self._waiting.pop(stream, None)

    def _post(self, messages: list[str]) -> None:
        for text in messages:
            self._last_id += 1
            self._asked[self._last_id] = 0
            self._outbox.append((self._last_id, text))

    def _check_quiet(self, now: int) -> None:
        """Ping a quiet socket once per silence, and give up one that is dead."""
        quiet_s = (now - self.channel.last_ns) / SECOND_NS
        answers = self.channel.pongs or self._answered
        limit = self._timing.pinged_deadline_s if answers else self._timing.deadline_s
        if quiet_s >= limit:
            user = f"{self.channel.host} has gone quiet."
            raise VenueError(Refusal.OFFLINE, f"{self.channel.host}: nothing for {quiet_s:.0f} s", user)
        if quiet_s >= self._timing.ping_s and self._pinged <= self.channel.last_ns:
            self.channel.ping()
            self._pinged = now

    def _check_stalled(self, now: int) -> None:
        """Give up a connection whose data stopped, whatever else still comes on it."""
        limit = self._plan.data_within_s
        if limit is None or not self._data_ns or now - self._data_ns < limit * SECOND_NS:
            return
        log = f"{self.channel.host}: no data on {self._plan.name} for {(now - self._data_ns) / SECOND_NS:.0f} s"
        raise VenueError(Refusal.OFFLINE, log, f"{self.channel.host} has stopped sending.")

    def _check_first_data(self, now: int) -> None:
        """Follow up streams that were subscribed and never came: the venue acknowledges even what it will not send. One that
        came and has stopped for long is treated like one that never came.
        """
        again = []
        for stream in self._subscribed:
            came = self._came.get(stream)
            if came is not None and now - came >= STOPPED * self._expected_ns(stream):
                del self._came[stream]
                self._waiting.setdefault(stream, (now, 0))
        for stream, (since, warnings) in list(self._waiting.items()):
            late = (now - since) / self._expected_ns(stream)
            if late >= 1 and warnings == 0:
                self._waiting[stream] = (since, 1)
            elif late >= 3 and warnings == 1:
                again.append(stream)
        self._leave(again)
        self._enter(again, now, 2)
        expecting = [s for s in self._subscribed if self._dialect.expected_within_s(s) is not None]
        if expecting and all(self._waiting.get(s, (0, 0))[1] >= 2 for s in expecting):
            first = min(expecting, key=self._expected_ns)
            if now - self._waiting[first][0] >= 3 * self._expected_ns(first):
                host = self.channel.host
                log = f"{host}: nothing on {', '.join(expecting)} though subscribed twice"
                raise VenueError(Refusal.PROTOCOL, log, f"{host} accepts subscriptions but sends nothing.")

    def _expected_ns(self, stream: str) -> int:
        return int((self._dialect.expected_within_s(stream) or 0.0) * SECOND_NS) or NEVER_NS
