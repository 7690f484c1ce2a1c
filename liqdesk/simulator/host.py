"""What serves, of whatever kind: bound to loopback, beating, and ending with all its tasks."""

from __future__ import annotations

import asyncio
import gzip
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from aiohttp import web

from liqdesk.errors import InputError
from liqdesk.simulator.faults import Trouble
from liqdesk.simulator.manner import Manner
from liqdesk.simulator.sockets import Sockets, Stage, is_socket
from liqdesk.simulator.wire import text

HOST: Final = "127.0.0.1"
BEAT_S: Final = 0.01
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Host(ABC):
    """Sockets and REST paths on one loopback port, and a beat in which the sockets are told what happened."""

    def __init__(self, stage: Stage, manner: Manner, trouble: Trouble | None = None) -> None:
        self.sockets = Sockets(stage, manner, trouble)
        self._trouble = trouble
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._port = 0
        self._tasks: list[asyncio.Task[None]] = []

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """Return the REST paths; the last takes what no other does."""

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer one request: every answer of REST leaves through here."""
        return await handler(request)

    async def whole(self) -> bool:
        """Wait until sockets can be served, and everything be brought up to now; return False where it will not come to that."""
        return True

    @abstractmethod
    def beat(self) -> None:
        """Bring everything up to now and tell the sockets. Raises what keeps it from being `whole`."""

    def besides(self) -> list[Coroutine[Any, Any, None]]:
        """Return what else is to run while it serves."""
        return []

    async def open(self, port: int) -> int:
        """Bind loopback and begin to beat; return the port. Raises InputError when the port is taken."""
        application = web.Application(middlewares=[self._pass])
        application.add_routes([*self.sockets.routes(), *self.routes()])
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        self._port = port
        try:
            await self._listen(True)
        except OSError as e:
            raise InputError(
                f"cannot bind {HOST}:{port}: {e}", f"Port {port} is taken; choose another --port or 0."
            ) from e
        self._port = self._runner.addresses[0][1]
        self._tasks = [asyncio.create_task(work) for work in (self._beat(), *self.besides(), self._strike())]
        return self._port

    async def _listen(self, wanted: bool) -> None:
        """Open or shut the door to new connections."""
        assert self._runner is not None
        if wanted and self._site is None:
            self._site = web.TCPSite(self._runner, HOST, self._port)
            await self._site.start()
        elif not wanted and self._site is not None:
            site, self._site = self._site, None
            await site.stop()

    @web.middleware
    async def _pass(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        async def proceed() -> web.StreamResponse:
            if not is_socket(request):
                return await self.answer(request, handler)
            if not await self.whole():
                raise web.HTTPServiceUnavailable
            return await handler(request)

        response = await (self._trouble.answer(request, proceed) if self._trouble else proceed())
        return response if is_socket(request) else _compressed(request, response)

    async def _beat(self) -> None:
        await self.whole()
        while True:
            self.beat()
            await asyncio.sleep(BEAT_S)

    async def _strike(self) -> None:
        if await self.whole() and self._trouble is not None:
            await self._trouble.run(self._listen)

    async def failed(self) -> None:
        """Return never, unless the beat died; then raise what it died of."""
        done, _ = await asyncio.wait(self._tasks[:1], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()


def _compressed(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Compress an answer for who asked for it; quickly, since on loopback time is dearer than bytes."""
    asked = "gzip" in request.headers.get("Accept-Encoding", "")
    if asked and isinstance(response, web.Response) and isinstance(response.body, bytes):
        response.body = gzip.compress(response.body, 1)
        response.headers["Content-Encoding"] = "gzip"
    return response


def reply(body: Any, status: int = 200) -> web.Response:
    """Return an answer in the venue's compact JSON."""
    return web.Response(body=text(body).encode(), status=status, content_type="application/json", charset="utf-8")


def unknown_path(request: web.Request) -> web.Response:
    return reply({"code": -5000, "msg": f"Path {request.path}, Method {request.method} is invalid"}, 404)
