"""The streaming side: sockets, their subscriptions and control messages, and the beat that tells every socket what happened."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import time
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web

from liqdesk.clock import utc_ms
from liqdesk.errors import LiqdeskError
from liqdesk.simulator import feeds
from liqdesk.simulator.feeds import Feed, Said
from liqdesk.simulator.market import Market
from liqdesk.simulator.wire import text

MOST_STREAMS: Final = 1024
MOST_CONTROLS: Final = 15  # within one second
BUFFER_BYTES: Final = 16 << 20
PING_S: Final = 180.0
PONG_S: Final = 600.0
METHODS: Final = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")


class ControlError(LiqdeskError):
    """A control message that is answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Connection:
    """One socket. `route` is "market", "public", "private" or "" (the legacy paths, which carry the public kinds alone)."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, route: str, combined: bool
    ) -> None:
        self.socket, self.route, self.combined = socket, route, combined
        self.names: dict[str, bool] = {}  # whether this path carries it
        self._transport = transport
        self._waiting: collections.deque[str] = collections.deque()
        self._bytes = 0
        self._more = asyncio.Event()
        self._controls: collections.deque[float] = collections.deque()
        self.heard = time.monotonic()

    def post(self, message: str) -> None:
        """Queue a message; a client that reads too slowly is dropped when 16 MB wait for it."""
        self._waiting.append(message)
        self._bytes += len(message)
        if self._bytes > BUFFER_BYTES:
            self.abort()
        self._more.set()

    def abort(self) -> None:
        """Cut the connection without a closing frame."""
        self._waiting.clear()
        self._bytes = 0
        if self._transport is not None:
            self._transport.abort()

    async def write(self) -> None:
        """Send what is queued, until cancelled or cut."""
        with contextlib.suppress(ConnectionError):
            while not self.socket.closed:
                await self._more.wait()
                self._more.clear()
                while self._waiting:
                    message = self._waiting.popleft()
                    self._bytes -= len(message)
                    await self.socket.send_str(message)

    async def ping(self, every_s: float) -> None:
        """Ping with the time as payload; drop a client that has not answered for ten minutes."""
        with contextlib.suppress(ConnectionError):
            while not self.socket.closed:
                await asyncio.sleep(every_s)
                if time.monotonic() - self.heard > max(PONG_S, 3 * every_s):
                    self.abort()
                    return
                await self.socket.ping(str(utc_ms()).encode())

    def too_many(self) -> bool:
        """Count a control message; True when more than the venue allows came within a second."""
        now = time.monotonic()
        self._controls.append(now)
        while now - self._controls[0] > 1.0:
            self._controls.popleft()
        return len(self._controls) > MOST_CONTROLS

    def carries(self, name: str) -> bool:
        """Return whether this socket's path delivers a stream, which exists."""
        found = feeds.route_of(name)
        return found is not None and found[0] == (self.route or "public")

    def control(self, data: str) -> str:
        """Carry out a control message and return the answer. Raises ControlError, with an `id` where it could be read."""
        number = None
        try:
            request = _parse(data)
            number = request.get("id")
            result = self._carry_out(request)
        except ControlError as e:
            fault: dict[str, Any] = {"error": {"code": e.code, "msg": e.message}}
            answer = text(fault if number is None else fault | {"id": number})
            if e.code == 4:
                raise ControlError(4, answer) from e
            return answer
        return text({"result": result, "id": number})

    def _carry_out(self, request: dict[str, Any]) -> Any:
        number, method, params = request.get("id"), request.get("method"), request.get("params", [])
        whole = isinstance(number, int) and not isinstance(number, bool) and number >= 0
        if not (whole or (isinstance(number, str) and 0 < len(number) <= 64)):
            raise ControlError(2, "Invalid request: request ID must be an unsigned integer")
        if method is None:
            raise ControlError(2, "Invalid request: missing field `method`")
        if method not in METHODS:
            options = ", ".join(f"`{m}`" for m in METHODS)
            raise ControlError(2, f"Invalid request: unknown variant `{method}`, expected one of {options}")
        if not isinstance(params, list):
            raise ControlError(2, "Invalid request: invalid type: expected a sequence")
        if method == "LIST_SUBSCRIPTIONS":
            return list(self.names)
        if method in ("SUBSCRIBE", "UNSUBSCRIBE"):
            if not params or not all(isinstance(p, str) for p in params):
                raise ControlError(2, "Invalid request: params must be stream names")
            return self.subscribe(params) if method == "SUBSCRIBE" else self.unsubscribe(params)
        if not params or not isinstance(params[0], str):
            raise ControlError(2, "Invalid request: property name must be a string")
        if params[0] != "combined":
            raise ControlError(0, "Unknown property")
        if method == "GET_PROPERTY":
            return self.combined
        if len(params) != 2 or not isinstance(params[1], bool):
            raise ControlError(1, "Invalid value type: expected Boolean")
        self.combined = params[1]
        return None

    def subscribe(self, names: list[str]) -> None:
        self.names |= {name: self.carries(name) for name in names}
        if len(self.names) > MOST_STREAMS:
            raise ControlError(4, "Too many subscriptions")

    def unsubscribe(self, names: list[str]) -> None:
        for name in names:
            self.names.pop(name, None)


def _parse(data: str) -> dict[str, Any]:
    try:
        request = json.loads(data)
    except ValueError as e:
        column = e.colno if isinstance(e, json.JSONDecodeError) else 1
        raise ControlError(3, f"Invalid JSON: expected value at line 1 column {column}") from e
    return request if isinstance(request, dict) else {}


class Sockets:
    """Every open socket, and the feeds that they asked for."""

    def __init__(self, market: Market, ping_s: float = PING_S) -> None:
        self.market, self.ping_s = market, ping_s
        self.open: set[Connection] = set()
        self._feeds: dict[str, Feed] = {}
        self._making: set[asyncio.Task[None]] = set()

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket. Names stand in the path (`/ws/a/b`) or the query (`/stream?streams=a/b`), parted by slashes alone."""
        route, mode = request.match_info.get("route", ""), request.match_info["mode"]
        given = request.match_info.get("names", "") if mode == "ws" else request.query.get("streams", "")
        if "," in given:
            raise web.HTTPBadRequest(text="")
        socket = web.WebSocketResponse(compress=False, autoping=False, max_msg_size=1 << 20, timeout=2.0)
        await socket.prepare(request)
        connection = Connection(socket, request.transport, route, mode == "stream")
        self.open.add(connection)
        tasks = [asyncio.create_task(connection.write()), asyncio.create_task(connection.ping(self.ping_s))]
        try:
            names = [n for n in given.split("/") if n]
            if len(names) > MOST_STREAMS:
                await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"Invalid request")
                return socket
            connection.subscribe(names)
            self._make_feeds()
            await self._listen(connection)
        finally:
            self.open.discard(connection)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._drop_feeds()
        return socket

    async def _listen(self, connection: Connection) -> None:
        socket = connection.socket
        async for message in socket:
            connection.heard = time.monotonic()
            if connection.too_many():
                await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"Too many requests")
            elif message.type is WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                try:
                    data = message.data if isinstance(message.data, str) else message.data.decode("utf-8", "replace")
                    connection.post(connection.control(data))
                except ControlError as e:
                    await socket.send_str(e.message)
                    await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"Invalid request")
                self._make_feeds()
                self._drop_feeds()

    def _make_feeds(self) -> None:
        """Make the feeds that are asked for and exist; a contract that has not lived yet is brought to life in a thread."""
        for connection in self.open:
            for name, carried in connection.names.items():
                if name in self._feeds or not carried:
                    continue
                found = feeds.route_of(name)
                assert found is not None
                _, lower, kind = found
                if not lower:
                    self._feeds[name] = feeds.whole_market(self.market, name)
                    continue
                contract = next((c for c in self.market.listed if c.lower == lower and c.symbol_type == 1), None)
                if contract is None or not contract.trades:
                    continue
                course = self.market.courses.get(contract.symbol)
                if course is not None:
                    self._feeds[name] = feeds.of_contract(self.market, course, kind)
                else:
                    task = asyncio.create_task(self._bring(contract.symbol))
                    self._making.add(task)
                    task.add_done_callback(self._making.discard)

    async def _bring(self, symbol: str) -> None:
        if await asyncio.to_thread(self.market.follow, symbol) is not None:
            self._make_feeds()

    def _drop_feeds(self) -> None:
        wanted = {name for connection in self.open for name in connection.names}
        for name in [n for n in self._feeds if n not in wanted]:
            del self._feeds[name]

    def tell(self, after_ms: int, to_ms: int) -> None:
        """Queue on every socket what its streams say of (after_ms, to_ms], in order of time."""
        said: dict[str, list[Said]] = {name: feed.say(after_ms, to_ms) for name, feed in tuple(self._feeds.items())}
        for connection in tuple(self.open):
            mine = [
                (ms, n, name, payload)
                for n, (name, carried) in enumerate(connection.names.items())
                if carried
                for ms, payload in said.get(name, ())
            ]
            mine.sort(key=lambda m: (m[0], m[1]))
            if connection.combined:
                for _, _, name, payload in mine:
                    connection.post(f'{{"stream":"{name}","data":{payload}}}')
            else:
                for _, _, _, payload in mine:
                    connection.post(payload)

    async def close(self) -> None:
        for connection in tuple(self.open):
            with contextlib.suppress(ConnectionError, asyncio.TimeoutError):
                await connection.socket.close(code=WSCloseCode.GOING_AWAY, message=b"")
