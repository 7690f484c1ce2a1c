"""The REST side: paths, weights, parameters and their errors. What is answered is in `answers`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from liqdesk.clock import utc_ms
from liqdesk.simulator.answers import Answers, BadRequestError
from liqdesk.simulator.limits import Limits
from liqdesk.simulator.wire import text

Query = dict[str, str]
KLINES: Final = "klines"


def kline_weight(query: Query) -> int:
    """Return the weight of candles by `limit`; the tops are inclusive, and leaving it out is dearer than asking for as many."""
    limit = _number(query.get("limit"))
    if limit is None:
        return 5
    return 1 if limit <= 100 else 2 if limit <= 500 else 5 if limit <= 1000 else 10


def depth_weight(query: Query) -> int:
    limit = _number(query.get("limit"))
    if limit is None:
        return 1
    return 2 if limit <= 50 else 5 if limit <= 100 else 10 if limit <= 500 else 20


def _number(value: str | None) -> int | None:
    return int(value) if value is not None and value.isdecimal() else None


def fixed(weight: int, of_all: int | None = None) -> Callable[[Query], int]:
    """Return a weight that does not depend on the query, but for `of_all` where no symbol is named."""
    return lambda query: weight if of_all is None or "symbol" in query else of_all


# path: (weight or pool, name of the answer)
PATHS: Final[dict[str, tuple[Callable[[Query], int] | str, str]]] = {
    "/fapi/v1/ping": (fixed(1), "ping"),
    "/fapi/v1/time": (fixed(1), "time"),
    "/fapi/v1/exchangeInfo": (fixed(1), "exchange_info"),
    "/fapi/v1/depth": (depth_weight, "depth"),
    "/fapi/v1/klines": (kline_weight, "klines"),
    "/fapi/v1/markPriceKlines": (kline_weight, "mark_klines"),
    "/fapi/v1/indexPriceKlines": (kline_weight, "index_klines"),
    "/fapi/v1/aggTrades": (fixed(20), "agg_trades"),
    "/fapi/v1/premiumIndex": (fixed(1, 10), "premium_index"),
    "/fapi/v1/fundingRate": ("funding", "funding_rate"),
    "/fapi/v1/fundingInfo": ("funding", "funding_info"),
    "/fapi/v1/openInterest": (fixed(1), "open_interest"),
    "/futures/data/openInterestHist": ("statistics", "open_interest_history"),
    "/fapi/v1/ticker/24hr": (fixed(1, 40), "ticker_day"),
    "/fapi/v1/ticker/price": (fixed(1, 2), "ticker_price"),
    "/fapi/v2/ticker/price": (fixed(1, 2), "ticker_price"),
    "/fapi/v1/ticker/bookTicker": (fixed(2, 5), "ticker_book"),
}


class Rest:
    """Answers requests: charges their weight, brings the market up to now, and turns faults into the venue's errors."""

    def __init__(self, answers: Answers, catch_up: Callable[[], int]) -> None:
        self.answers, self.limits = answers, Limits()
        self._catch_up = catch_up

    def routes(self) -> list[web.RouteDef]:
        return [
            *(web.get(path, self._route(weight, name)) for path, (weight, name) in PATHS.items()),
            web.get("/sim/state", self._route(None, "state")),
            web.get("/sim/truth/liquidations", self._route(None, "truth")),
            web.get("/{tail:.*}", self._unknown),
        ]

    def _route(
        self, weight: Callable[[Query], int] | str | None, name: str
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        answer: Callable[[Query, int], Any] = getattr(self.answers, name)

        async def handle(request: web.Request) -> web.Response:
            query = dict(request.query)
            headers = {}
            refusal = None
            if isinstance(weight, str):
                refusal = self.limits.charge_pool(weight, utc_ms())
            elif weight is not None:
                refusal = self.limits.charge(weight(query), utc_ms())
                headers["X-MBX-USED-WEIGHT-1M"] = str(self.limits.used)
            if refusal is not None:
                status, wait, message = refusal
                return self._reply(
                    request, {"code": -1003, "msg": message}, status, headers | {"Retry-After": str(wait)}
                )
            try:
                await self._bring(query)
                return self._reply(request, answer(query, self._catch_up()), 200, headers)
            except BadRequestError as e:
                return self._reply(request, {"code": e.code, "msg": e.message}, 400, headers)

        return handle

    async def _bring(self, query: Query) -> None:
        """Wait until the contract that is asked for has lived through its past."""
        symbol = self.answers.symbol_of(query.get("symbol") or query.get("pair") or "")
        if symbol not in self.answers.market.courses and symbol in self.answers.market.contracts:
            await asyncio.to_thread(self.answers.market.follow, symbol)

    async def _unknown(self, request: web.Request) -> web.Response:
        message = f"Path {request.path}, Method {request.method} is invalid"
        return self._reply(request, {"code": -5000, "msg": message}, 404, {})

    @staticmethod
    def _reply(request: web.Request, body: Any, status: int, headers: dict[str, str]) -> web.Response:
        response = web.Response(
            body=text(body).encode(), status=status, headers=headers, content_type="application/json", charset="utf-8"
        )
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response.enable_compression(web.ContentCoding.gzip)
        return response
