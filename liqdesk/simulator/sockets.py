"""The streaming side: where sockets are opened and listened to. What they are told is the stage's."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Collection

from aiohttp import WSCloseCode, web

from liqdesk.simulator.connection import Connection, ControlError
from liqdesk.simulator.faults import Trouble
from liqdesk.simulator.manner import Manner
from liqdesk.simulator.outlet import Outlet


class Stage(ABC):
    """What an exchange's streams say."""

    @abstractmethod
    def carries(self, route: str, name: str) -> bool:
        """Return whether a path delivers a stream. route: "market", "public", "private" or "" (the legacy paths)."""

    @abstractmethod
    def attend(self, audience: Collection[Connection]) -> None:
        """Take note that connections or their subscriptions changed."""


def is_socket(request: web.Request) -> bool:
    return "mode" in request.match_info


class Sockets:
    """Every open socket."""

    def __init__(self, stage: Stage, manner: Manner, trouble: Trouble | None = None) -> None:
        self.open: set[Connection] = set()
        self._stage, self._manner, self._trouble = stage, manner, trouble

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/{route:public|market|private}/{mode:ws|stream}", self._accept),
            web.get("/{route:public|market|private}/{mode:ws}/{names:.*}", self._accept),
            web.get("/{mode:ws|stream}", self._accept),
            web.get("/{mode:ws}/{names:.*}", self._accept),
        ]

    async def _accept(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket. Names stand in the path (`/ws/a/b`) or the query (`/stream?streams=a/b`), parted by slashes alone."""
        route, mode = request.match_info.get("route", ""), request.match_info["mode"]
        given = request.match_info.get("names", "") if mode == "ws" else request.query.get("streams", "")
        if "," in given:
            raise web.HTTPBadRequest(text="")
        socket = web.WebSocketResponse(compress=False, autoping=False, max_msg_size=1 << 20, timeout=2.0)
        await socket.prepare(request)
        outlet = self._trouble.outlet(socket, request) if self._trouble else Outlet(socket, request.transport)
        connection = Connection(outlet, lambda name: self._stage.carries(route, name), mode == "stream")
        self.open.add(connection)
        writing = asyncio.create_task(outlet.run())
        reading = asyncio.create_task(self._listen(socket, connection))
        besides = connection.ping(self._manner.ping_s), connection.expire(self._manner.max_age_s)
        tasks = [writing, reading, *(asyncio.create_task(work) for work in besides)]
        try:
            try:
                connection.subscribe([n for n in given.split("/") if n])
            except ControlError:
                outlet.close(WSCloseCode.POLICY_VIOLATION, b"Invalid request")
            self._stage.attend(self.open)
            await asyncio.wait([writing, reading], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if reading.cancelled():
                await outlet.finish()
            self.open.discard(connection)
            self._stage.attend(self.open)
        for task in (reading, writing):
            if not task.cancelled():
                task.result()
        return socket

    async def _listen(self, socket: web.WebSocketResponse, connection: Connection) -> None:
        async for message in socket:
            connection.hear(message.type, message.data)
            self._stage.attend(self.open)

    async def close(self) -> None:
        """Tell every client that the exchange goes, and wait a little until it left."""
        for connection in tuple(self.open):
            connection.outlet.close(WSCloseCode.GOING_AWAY)
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(1.0):
                while self.open:
                    await asyncio.sleep(0.01)
