"""Answers of REST with faults on them, and what stands before the venue."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from aiohttp import web

from liqdesk.clock import utc_ms
from liqdesk.simulator.faults.lines import reset
from liqdesk.simulator.faults.plan import Clock, Refuse, Reset, SlowAnswer, Truncate
from liqdesk.simulator.faults.spoiling import chunks, shifted

if TYPE_CHECKING:
    from liqdesk.simulator.faults.trouble import Trouble

FIREWALL: Final = (
    "<!DOCTYPE html><html><head><title>ERROR: The request could not be satisfied</title></head>"
    "<body><h1>403 ERROR</h1><p>Request blocked.</p></body></html>"
)
GATEWAY: Final = "<html><head><title>{0} {1}</title></head><body><center><h1>{0} {1}</h1></center></body></html>"
GATEWAYS: Final = {502: "Bad Gateway", 504: "Gateway Time-out"}
REGION: Final = (
    "Service unavailable from a restricted location according to 'b. Eligibility' in https://www.binance.com/en/terms. "
    "Please contact customer service if you believe you received this message in error."
)


def refusal(fault: Refuse) -> web.Response:
    """Return what the venue, or what stands before it, says with a status."""
    status, headers = fault.status, {}
    if status == 403:
        return web.Response(status=status, text=FIREWALL, content_type="text/html")
    if status in GATEWAYS:
        return web.Response(status=status, text=GATEWAY.format(status, GATEWAYS[status]), content_type="text/html")
    if status in (418, 429):
        headers["Retry-After"] = str(fault.retry_s)
    code, message = {
        418: (
            -1003,
            f"Way too many requests; IP(127.0.0.1) banned until {utc_ms() + fault.retry_s * 1000}. "
            "Please use the websocket for live updates to avoid bans.",
        ),
        429: (
            -1003,
            "Too many requests; current limit of IP(127.0.0.1) is 2400 requests per minute. "
            "Please use the websocket for live updates to avoid polling the API.",
        ),
        451: (0, REGION),
        500: (-1000, "An unknown error occurred while processing the request."),
        503: (-1008, "Server is currently overloaded with other requests. Please try again in a few minutes."),
    }[status]
    body = json.dumps({"code": code, "msg": message}, separators=(",", ":"))
    return web.Response(status=status, text=body, content_type="application/json", headers=headers)


async def answered(
    request: web.Request, proceed: Callable[[], Awaitable[web.StreamResponse]], trouble: Trouble
) -> web.StreamResponse:
    """Return what is left of an answer."""
    slow: SlowAnswer | None = None
    truncate: Truncate | None = None
    shift_ms = 0
    for occurrence in trouble.of_request(request.path):
        fault = occurrence.fault
        trouble.tell(occurrence, path=request.path_qs)
        if isinstance(fault, Refuse):
            return refusal(fault)
        if isinstance(fault, SlowAnswer):
            slow = fault
        elif isinstance(fault, Truncate):
            truncate = fault
        elif isinstance(fault, Clock):
            shift_ms = round(fault.shift_s * 1000)
        else:
            reset(request.transport)
            return web.Response()
    if slow is not None:
        await asyncio.sleep(slow.delay_s)
    response = await proceed()
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return response
    body = response.body
    if shift_ms:
        body = response.body = shifted(body, shift_ms)
    if truncate is not None and not truncate.cut:
        response.body = body[: len(body) // 2]
    elif truncate is not None or (slow is not None and slow.bytes_at_once is not None):
        return await _in_pieces(request, response, body, slow, truncate is not None)
    return response


async def _in_pieces(
    request: web.Request, response: web.Response, body: bytes, slow: SlowAnswer | None, cut: bool
) -> web.StreamResponse:
    """Write an answer by hand; a cut one promises all of it and ends in its midst."""
    made = web.StreamResponse(status=response.status)
    for name, value in response.headers.items():
        if name.lower() not in ("content-length", "content-encoding"):
            made.headers[name] = value
    made.content_length = len(body)
    await made.prepare(request)
    for piece in chunks(body[: len(body) // 2] if cut else body, slow.bytes_at_once if slow is not None else None):
        await made.write(piece)
        if slow is not None:
            await asyncio.sleep(slow.pause_s)
    if cut and request.transport is not None:
        await asyncio.sleep(0.05)  # so that the part is read before the reset discards it
        reset(request.transport)
    return made


__all__ = ["Refuse", "Reset", "answered", "refusal"]
