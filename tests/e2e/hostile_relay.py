"""A relay in front of an exchange that hands everything on, and puts between it what no exchange should say."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
from collections import Counter, deque
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web
from support.background import BackgroundServer

WRONG: tuple[Any, ...] = (None, {}, [], "x", "NaN", "-Infinity", "", True, "\x00", [[[]]], "1e999")
BODIES = (
    b"<html>Sign in</html>",
    b"",
    b"null",
    b'[["x"]]',
    b'{"serverTime":"soon"}',
    b"[[1,2,3",
    b"\xff\xfe\x00",
    b"[" * 60_000,
    b'{"code":0,"msg":{}}',
)
NOISE = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"x"',
    b'{"stream":1,"data":2}',
    b'{"stream":"btcusdt@aggTrade"}',
    b'{"stream":"btcusdt@aggTrade","data":[1,2,3]}',
    b'{"stream":"no@such","data":{"e":"noSuch"}}',
    b"[" * 60_000,
    b'{"a":' * 60_000,
    b"\x00" * 500,
    b'{"result":null,"id":{}}',
)


def spoilt(message: bytes, turn: int) -> bytes:
    """Return a frame made from a real one that no decoder may take for it."""
    kind = turn % 5
    if kind == 0:
        return message[: len(message) // 2 + turn % 7]
    if kind == 1:
        return message[: len(message) // 2] + b"\xff\xfe\x80" + message[len(message) // 2 :]
    if kind == 2:
        return NOISE[turn // 5 % len(NOISE)]
    if kind == 3:
        return message.replace(b":", b";", 3)
    frame = json.loads(message)
    data = frame.get("data")
    if isinstance(data, list):
        data = data[0] if data else {}
    if isinstance(data, dict):
        inner = data.get("o") if isinstance(data.get("o"), dict) else data.get("k") if "k" in data else data
        for place in (data, inner):
            keys = [key for key in place if not isinstance(place[key], dict)]
            if keys:
                place[keys[turn // 5 % len(keys)]] = WRONG[turn // 7 % len(WRONG)]
    return json.dumps(frame).encode()


MARK = re.compile(rb'("e":\s*"markPriceUpdate".*?"p":\s*")([0-9.]+)"')
HELD = re.compile(rb'("openInterest":\s*")([0-9.]+)"')


def leapt(data: bytes, pattern: re.Pattern[bytes], factor: float) -> bytes:
    """Return a message whose mark or open interest is another by a factor."""
    return pattern.sub(lambda m: m[1] + f"{float(m[2]) * factor:.3f}".encode() + b'"', data)


class HostileRelay(BackgroundServer):
    """Runs in a thread of its own. While `hostile`, every third frame is followed by a spoilt one, every fourth answer is one. While
    `leaping`, every ninth mark and every second open interest cannot be."""

    def __init__(self, rest: str, stream: str) -> None:
        super().__init__()
        self._rest, self._stream = rest, stream
        self.hostile = self.leaping = False
        self.sent: Counter[str] = Counter()
        self._turn = itertools.count()
        self._asked = itertools.count()
        self._marks = itertools.count()
        self._held = itertools.count()
        self._once: deque[bytes] = deque()
        self._sockets: set[web.WebSocketResponse] = set()

    def say(self, data: bytes) -> None:
        """Send one message on every socket, as text."""
        for socket in list(self._sockets):
            with contextlib.suppress(ConnectionError):  # the other end need not hear it out
                asyncio.run_coroutine_threadsafe(socket.send_frame(data, WSMsgType.TEXT), self.loop).result(20)
        self.sent["once"] += 1

    def cut(self) -> None:
        """Break every connection in the middle of a frame."""

        def now() -> None:
            for socket in list(self._sockets):
                transport = socket._req.transport if socket._req is not None else None
                if transport is not None:
                    transport.write(b'\x81\x7e\x10\x00{"stream":')
                    transport.abort()

        self.loop.call_soon_threadsafe(now)
        self.sent["cut"] += 1

    async def serve(self) -> None:
        async with aiohttp.ClientSession() as self._client:
            app = web.Application()
            app.router.add_get("/{tail:.*}", self._take)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.port = runner.addresses[0][1]
            self.up()
            await self.ending.wait()
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._relay(request)
        asked = next(self._asked)
        if self.hostile and asked % 4 == 1:
            self.sent["answers"] += 1
            return web.Response(body=BODIES[asked // 4 % len(BODIES)], status=500 if asked % 8 == 5 else 200)
        async with self._client.get(self._rest + request.path_qs) as answer:
            body = await answer.read()
            if self.leaping and request.path.endswith("/openInterest") and next(self._held) % 2 == 0:
                self.sent["interest"] += 1
                body = leapt(body, HELD, 40.0)
            return web.Response(body=body, status=answer.status, content_type="application/json")

    async def _relay(self, request: web.Request) -> web.StreamResponse:
        ours = web.WebSocketResponse()
        await ours.prepare(request)
        async with self._client.ws_connect(self._stream + request.path_qs, max_msg_size=0) as theirs:
            back = asyncio.create_task(self._back(ours, theirs))
            self._sockets.add(ours)
            try:
                await self._forth(theirs, ours)
            except ConnectionError:
                pass
            finally:
                self._sockets.discard(ours)
                back.cancel()
                await asyncio.gather(back, return_exceptions=True)
        return ours

    async def _back(self, ours: web.WebSocketResponse, theirs: aiohttp.ClientWebSocketResponse) -> None:
        async for message in ours:
            if message.type is WSMsgType.TEXT:
                await theirs.send_str(message.data)
        await theirs.close()

    async def _forth(self, theirs: aiohttp.ClientWebSocketResponse, ours: web.WebSocketResponse) -> None:
        past: deque[bytes] = deque(maxlen=40)
        async for message in theirs:
            data = message.data.encode()
            if self.leaping and MARK.search(data) and next(self._marks) % 9 == 4:
                self.sent["marks"] += 1
                data = leapt(data, MARK, 1.6 if self.sent["marks"] % 2 else 0.6)
            await ours.send_frame(data, WSMsgType.TEXT)
            past.append(data)
            turn = next(self._turn)
            if self.hostile and turn % 3 == 0:
                self.sent["frames"] += 1
                kind = WSMsgType.BINARY if turn % 2 else WSMsgType.TEXT
                await ours.send_frame(spoilt(data, turn // 3), kind)
            if self.hostile and turn % 5 == 0:
                self.sent["again"] += 1
                await ours.send_frame(past[0], WSMsgType.TEXT)
