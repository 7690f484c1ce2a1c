"""One socket of a client: its subscriptions, its control messages, its pings and its end."""

from __future__ import annotations

import asyncio
import collections
import json
import time
from collections.abc import Callable
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType

from liqdesk.clock import utc_ms
from liqdesk.errors import LiqdeskError
from liqdesk.simulator.outlet import Outlet
from liqdesk.simulator.wire import text

MOST_STREAMS: Final = 1024
MOST_CONTROLS: Final = 15  # within one second
PONGS_MISSED: Final = 10 / 3  # the venue pings every 3 minutes and drops who answered none for 10
METHODS: Final = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")


class ControlError(LiqdeskError):
    """A control message that is answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Connection:
    """One socket. `carries` tells whether its path delivers a stream; `combined` whether payloads are wrapped."""

    def __init__(self, outlet: Outlet, carries: Callable[[str], bool], combined: bool) -> None:
        self.outlet, self.combined = outlet, combined
        self.names: dict[str, bool] = {}  # whether this path carries it
        self._carries = carries
        self._controls: collections.deque[float] = collections.deque()
        self._ponged = time.monotonic()

    def hear(self, kind: WSMsgType, data: Any) -> None:
        """Take one message of the client, of any kind: each counts towards what the venue allows within a second."""
        if self.outlet.closing:
            return
        if self._too_many():
            self.outlet.close(WSCloseCode.POLICY_VIOLATION, b"Too many requests")
        elif kind is WSMsgType.PONG:
            self._ponged = time.monotonic()
        elif kind is WSMsgType.PING:
            self.outlet.post(bytes(data), WSMsgType.PONG)
        elif kind in (WSMsgType.TEXT, WSMsgType.BINARY):
            self._control(data if isinstance(data, str) else bytes(data).decode("utf-8", "replace"))

    async def ping(self, every_s: float) -> None:
        """Ping with the time as payload, until a client has missed its pongs; then cut it off."""
        while not self.outlet.closing:
            await asyncio.sleep(every_s)
            if time.monotonic() - self._ponged > every_s * PONGS_MISSED:
                self.outlet.abort()
            self.outlet.post(str(utc_ms()).encode(), WSMsgType.PING)

    async def expire(self, after_s: float) -> None:
        """Close the connection at the age the venue allows it."""
        await asyncio.sleep(after_s)
        self.outlet.close(WSCloseCode.GOING_AWAY)

    def subscribe(self, names: list[str]) -> None:
        """Add streams of any name. Raises ControlError when there are too many."""
        self.names |= {name: self._carries(name) for name in names}
        if len(self.names) > MOST_STREAMS:
            raise ControlError(4, "Too many subscriptions")

    def _too_many(self) -> bool:
        now = time.monotonic()
        self._controls.append(now)
        while now - self._controls[0] > 1.0:
            self._controls.popleft()
        return len(self._controls) > MOST_CONTROLS

    def _control(self, data: str) -> None:
        number = None
        try:
            request = _parse(data)
            number = request.get("id")
            answer = {"result": self._carry_out(request), "id": number}
            self.outlet.post(text(answer).encode())
        except ControlError as e:
            fault: dict[str, Any] = {"error": {"code": e.code, "msg": e.message}}
            self.outlet.post(text(fault if number is None else fault | {"id": number}).encode())
            if e.code == 4:
                self.outlet.close(WSCloseCode.POLICY_VIOLATION, b"Invalid request")

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
            if method == "SUBSCRIBE":
                return self.subscribe(params)
            for name in params:
                self.names.pop(name, None)
            return None
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


def _parse(data: str) -> dict[str, Any]:
    try:
        request = json.loads(data)
    except (ValueError, RecursionError) as e:
        column = e.colno if isinstance(e, json.JSONDecodeError) else 1
        raise ControlError(3, f"Invalid JSON: expected value at line 1 column {column}") from e
    return request if isinstance(request, dict) else {}
