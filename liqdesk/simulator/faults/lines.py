"""A socket's way out with faults on it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Final

from aiohttp import WSMsgType, web

from liqdesk.simulator.faults.plan import Clock, Corrupt, Drop, Duplicate, Reorder, Slow, Split, WrongPath
from liqdesk.simulator.faults.spoiling import chunks, cut, frames_of, shifted, spoilt
from liqdesk.simulator.outlet import Outlet

if TYPE_CHECKING:
    from liqdesk.simulator.faults.trouble import Trouble

LINGER_NOT: Final = struct.pack("ii", 1, 0)
WRITE_PAUSE_S: Final = 0.002


def reset(transport: asyncio.BaseTransport | None) -> None:
    """End a connection as a crash would: with a TCP reset, and nothing else."""
    if not isinstance(transport, asyncio.Transport) or transport.is_closing():
        return
    held = transport.get_extra_info("socket")
    if held is not None:
        with contextlib.suppress(OSError):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    transport.abort()


class FaultyOutlet(Outlet):
    """Sends what the plan leaves of each frame. `number` counts sockets since the exchange began, `route` is the first part of its path."""

    def __init__(self, sock: web.WebSocketResponse, request: web.Request, trouble: Trouble, number: int) -> None:
        super().__init__(sock, request.transport)
        self.number = number
        self.route = request.match_info.get("route", "") or "legacy"
        self.mute = False
        self._trouble = trouble
        self._writing = asyncio.Lock()
        self._late: set[asyncio.Task[None]] = set()

    @property
    def ended(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def reset(self) -> None:
        """Cut the connection with a TCP reset."""
        reset(self._transport)
        self.abort()

    async def send(self, kind: WSMsgType, data: bytes, name: str = "") -> None:
        if self.mute:
            return
        if kind is not WSMsgType.TEXT or not name:
            async with self._writing:
                await super().send(kind, data, name)
            return
        late_s, again_s, slow, split = 0.0, [], None, None
        for occurrence in self._trouble.of_frame(self, name):
            fault, rng = occurrence.fault, occurrence.rng
            if isinstance(fault, WrongPath):
                self._trouble.tell_once(occurrence, self.number, route=self.route, stream=name)
                return
            if isinstance(fault, Drop):
                self._trouble.tell(occurrence, connection=self.number, route=self.route, stream=name)
                return
            if isinstance(fault, Clock):
                data = shifted(data, round(fault.shift_s * 1000))
                self._trouble.tell_once(occurrence, self.number, route=self.route, stream=name)
            elif isinstance(fault, Corrupt):
                data, how = spoilt(data, fault.how, rng)
                self._trouble.tell(occurrence, connection=self.number, route=self.route, stream=name, how=how)
            elif isinstance(fault, Duplicate):
                again_s.append(rng.uniform(0, fault.by_s))
                self._trouble.tell(occurrence, connection=self.number, route=self.route, stream=name)
            elif isinstance(fault, Reorder):
                late_s = rng.uniform(0, fault.by_s)
                self._trouble.tell(
                    occurrence, connection=self.number, route=self.route, stream=name, late_s=round(late_s, 3)
                )
            elif isinstance(fault, Slow):
                slow = fault
                self._trouble.tell_once(occurrence, self.number, route=self.route)
            elif isinstance(fault, Split):
                split = fault, rng
                self._trouble.tell_once(occurrence, self.number, route=self.route)
        pieces = [data]
        if split is not None:
            fault, rng = split
            pieces = cut(frames_of(data, fault.frames, rng), fault.writes, rng)
        if late_s:
            self._send_late(late_s, pieces, split is not None)
        else:
            await self._write(pieces, split is not None, slow)
        for delay_s in again_s:
            self._send_late(delay_s, [data], False)

    def _send_late(self, delay_s: float, pieces: list[bytes], framed: bool) -> None:
        async def later() -> None:
            await asyncio.sleep(delay_s)
            with contextlib.suppress(ConnectionError):
                if not (self.closing or self.mute):
                    await self._write(pieces, framed, None)

        task = asyncio.create_task(later())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _write(self, pieces: list[bytes], framed: bool, slow: Slow | None) -> None:
        """Write one message whole, so that no other comes between its pieces. `framed` pieces are bytes of frames, else there is one."""
        async with self._writing:
            if slow is not None:
                await asyncio.sleep(slow.delay_s)
            if self.mute:
                return
            if slow is not None and slow.bytes_at_once is not None:
                whole = b"".join(pieces) if framed else frames_of(pieces[0], 1, self._trouble.rng)
                pieces, framed = chunks(whole, slow.bytes_at_once), True
            if not framed:
                await super().send(WSMsgType.TEXT, pieces[0])
                return
            for piece in pieces:
                if self._transport is None or self._transport.is_closing():
                    raise ConnectionResetError("the client has gone")
                self._transport.write(piece)
                await asyncio.sleep(slow.pause_s if slow is not None else WRITE_PAUSE_S)
