"""The one way out of a connection: every frame it sends, of whatever kind, in order."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from typing import Final

from aiohttp import WSMsgType, web

BUFFER_BYTES: Final = 16 << 20


class Outlet:
    """Queues frames and writes them through `send`, from one task alone.

    A client that reads too slowly is cut off when 16 MB wait for it.
    """

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self.waiting_bytes = 0
        self.closing = False
        self._socket, self._transport = socket, transport
        self._waiting: collections.deque[tuple[WSMsgType, bytes, str]] = collections.deque()
        self._more = asyncio.Event()

    def post(self, data: bytes, kind: WSMsgType = WSMsgType.TEXT, name: str = "") -> None:
        """Queue one frame, of a stream where it has a name; nothing leaves after a closing one."""
        if self.closing:
            return
        self._waiting.append((kind, data, name))
        self.waiting_bytes += len(data)
        if self.waiting_bytes > BUFFER_BYTES:
            self.abort()
        self._more.set()

    def close(self, code: int, reason: bytes = b"") -> None:
        """Queue the closing frame, after all that waits."""
        self.post(code.to_bytes(2, "big") + reason, WSMsgType.CLOSE)
        self.closing = True

    def abort(self) -> None:
        """Cut the connection without a closing frame."""
        self._waiting.clear()
        self.waiting_bytes = 0
        self.closing = True
        if self._transport is not None:
            self._transport.abort()

    async def run(self) -> None:
        """Write what is queued, until cancelled or cut, or until the turn of the closing frame, which `finish` writes."""
        with contextlib.suppress(ConnectionError):
            while True:
                await self._more.wait()
                self._more.clear()
                while self._waiting and self._waiting[0][0] is not WSMsgType.CLOSE:
                    kind, data, name = self._waiting.popleft()
                    self.waiting_bytes -= len(data)
                    await self.send(kind, data, name)
                if self._waiting:
                    return

    async def finish(self) -> None:
        """Write the closing frame, if there is one; nobody may be reading the socket meanwhile."""
        with contextlib.suppress(ConnectionError):
            while self._waiting:
                await self.send(*self._waiting.popleft())

    async def send(self, kind: WSMsgType, data: bytes, name: str = "") -> None:
        """Write one frame. A closing one carries its code in the first two bytes, and the client's own is waited for."""
        if kind is WSMsgType.CLOSE:
            await self._socket.close(code=int.from_bytes(data[:2], "big"), message=data[2:])
        else:
            await self._socket.send_frame(data, kind)
