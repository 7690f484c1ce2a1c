"""The exchange that serves recorded frames, byte for byte, at the pace at which they came."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from typing import Any, Final

from aiohttp import web

from liqdesk.clock import wall_ns
from liqdesk.simulator.connection import Connection
from liqdesk.simulator.derived import listed
from liqdesk.simulator.faults import Trouble
from liqdesk.simulator.host import Host, reply, unknown_path
from liqdesk.simulator.listing import exchange_info
from liqdesk.simulator.manner import Manner
from liqdesk.simulator.recording import Recorded, Recording, route_of
from liqdesk.simulator.sockets import Stage

BEHIND_BYTES: Final = 1 << 20
STUCK_NS: Final = 10_000_000_000
LEAD_NS: Final = 1_000_000_000


class Reel(Stage):
    """Plays a recording to all who listen. It begins a second after the first subscription, so that a client's other sockets
    are there by then, and anew once it has ended and all have left.

    A frame that names no stream goes to everybody who subscribed to something. A reader that cannot follow holds the recording up, for ten
    seconds at most.
    """

    def __init__(self, recording: Recording, speed: float) -> None:
        self._recording, self._speed = recording, speed
        self._audience: Collection[Connection] = ()
        self._frames: Iterator[Recorded] | None = None
        self._next: Recorded | None = None
        self._beat_ns = self._held_ns = 0
        self.now_ns = recording.start_ns

    def carries(self, route: str, name: str) -> bool:
        return route_of(name) == (route or "public")

    def attend(self, audience: Collection[Connection]) -> None:
        self._audience = audience
        if self._frames is None and any(any(c.names.values()) for c in audience):
            self._frames = iter(self._recording)
            self._next = next(self._frames, None)
            self._beat_ns, self.now_ns = wall_ns() + LEAD_NS, self._recording.start_ns
        elif self._frames is not None and self._next is None and not audience:
            self._frames = None

    def tell(self) -> None:
        """Queue on every socket what came by now of what it asked for."""
        wall = wall_ns()
        if self._frames is None or wall < self._beat_ns:
            return
        elapsed, self._beat_ns = wall - self._beat_ns, wall
        behind = self._behind()
        self._held_ns = self._held_ns + elapsed if behind else 0
        if behind and self._held_ns < STUCK_NS:
            return
        self.now_ns += int(elapsed * self._speed)
        while self._next is not None and self._next.ns <= self.now_ns:
            if not behind and self._behind():
                self.now_ns = self._next.ns
                break
            self._play(self._next)
            self._next = next(self._frames, None)

    def _behind(self) -> bool:
        return any(c.outlet.waiting_bytes > BEHIND_BYTES for c in self._audience)

    def _play(self, frame: Recorded) -> None:
        for connection in tuple(self._audience):
            if connection.names.get(frame.name, False) if frame.name else any(connection.names.values()):
                connection.outlet.post(frame.wrapped if connection.combined else frame.raw, name=frame.name or "?")


class Playback(Host):
    """Serves a recording. Of REST it knows what follows from the frames: the time, and which contracts there are."""

    def __init__(self, recording: Recording, speed: float, manner: Manner, trouble: Trouble | None = None) -> None:
        self._recording = recording
        self._listed: asyncio.Task[list[dict[str, Any]]] | None = None
        self._reel = Reel(recording, speed)
        super().__init__(self._reel, manner, trouble)
        self.start_ms = recording.start_ns // 1_000_000

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/fapi/v1/ping", self._ping),
            web.get("/fapi/v1/time", self._time),
            web.get("/fapi/v1/exchangeInfo", self._exchange_info),
            web.route("*", "/{tail:.*}", self._unknown),
        ]

    def beat(self) -> None:
        self._reel.tell()

    async def _ping(self, request: web.Request) -> web.StreamResponse:
        return reply({})

    async def _time(self, request: web.Request) -> web.StreamResponse:
        return reply({"serverTime": self._reel.now_ns // 1_000_000})

    async def _exchange_info(self, request: web.Request) -> web.StreamResponse:
        if self._listed is None:
            self._listed = asyncio.create_task(asyncio.to_thread(listed, self._recording))
        rows = await asyncio.shield(self._listed)  # who asks and leaves does not undo it for others
        return reply(exchange_info(rows, self._reel.now_ns // 1_000_000))

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        return unknown_path(request)
