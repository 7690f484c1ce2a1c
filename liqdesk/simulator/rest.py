"""The REST side: paths, weights, parameters and their errors. What is answered is in `answers`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from liqdesk.clock import utc_ms
from liqdesk.simulator.answers import Answers
from liqdesk.simulator.asked import BadRequestError, Query
from liqdesk.simulator.host import Handler, reply, unknown_path
from liqdesk.simulator.limits import Limits
from liqdesk.simulator.lived import needed_ms

TRUTHS: Final = {"/sim/state": "state", "/sim/truth/liquidations": "truth"}  # free of charge: no venue tells it


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
    "/fapi/v1/premiumIndexKlines": (kline_weight, "premium_klines"),
    "/fapi/v1/continuousKlines": (kline_weight, "continuous_klines"),
    "/fapi/v1/aggTrades": (fixed(20), "agg_trades"),
    "/fapi/v1/trades": (fixed(5), "recent_trades"),
    "/fapi/v1/premiumIndex": (fixed(1, 10), "premium_index"),
    "/fapi/v1/fundingRate": ("funding", "funding_rate"),
    "/fapi/v1/fundingInfo": ("funding", "funding_info"),
    "/fapi/v1/openInterest": (fixed(1), "open_interest"),
    "/futures/data/openInterestHist": ("statistics", "open_interest_history"),
    "/futures/data/globalLongShortAccountRatio": ("statistics", "account_ratio"),
    "/futures/data/topLongShortAccountRatio": ("statistics", "top_account_ratio"),
    "/futures/data/topLongShortPositionRatio": ("statistics", "top_position_ratio"),
    "/futures/data/takerlongshortRatio": ("statistics", "taker_ratio"),
    "/futures/data/basis": ("statistics", "basis"),
    "/fapi/v1/ticker/24hr": (fixed(1, 40), "ticker_day"),
    "/fapi/v1/ticker/price": (fixed(1, 2), "ticker_price"),
    "/fapi/v2/ticker/price": (fixed(1, 2), "ticker_price"),
    "/fapi/v1/ticker/bookTicker": (fixed(2, 5), "ticker_book"),
    "/fapi/v1/rpiDepth": (fixed(20), "retail_depth"),
    "/fapi/v1/constituents": (fixed(2), "constituents"),
    "/fapi/v1/assetIndex": (fixed(1, 10), "asset_index"),
    "/fapi/v1/tradingSchedule": (fixed(5), "trading_schedule"),
    "/fapi/v1/insuranceBalance": (fixed(1), "insurance_balance"),
    "/fapi/v1/symbolAdlRisk": (fixed(1), "adl_risk"),
    "/fapi/v1/historicalTrades": (fixed(200), "refuse"),
    "/fapi/v1/leverageBracket": (fixed(1), "refuse"),
    "/fapi/v1/forceOrders": (fixed(20, 50), "refuse"),
}


class Rest:
    """Answers requests, each through `answer`, which charges its weight before, and once the market has `lived` long enough for it."""

    def __init__(
        self,
        answers: Answers,
        now: Callable[[], int],
        lived: Callable[[int | None], Awaitable[bool]],
        catch_up: Callable[[], int],
    ) -> None:
        self.answers, self.limits = answers, Limits()
        self._now, self._lived, self._catch_up = now, lived, catch_up

    def routes(self) -> list[web.RouteDef]:
        paths = {path: name for path, (_, name) in PATHS.items()}
        return [
            *(web.get(path, self._handler(name)) for path, name in {**paths, **TRUTHS}.items()),
            web.route("*", "/{tail:.*}", self._unknown),
        ]

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse or answer a request, and turn faults into the venue's errors."""
        headers: dict[str, str] = {}
        response: web.StreamResponse | None = None
        refusal = self._charge(request, headers)
        if refusal is not None:
            status, wait, message = refusal
            response = reply({"code": -1003, "msg": message}, status)
            headers["Retry-After"] = str(wait)
        else:
            try:
                response = await handler(request)
            except BadRequestError as e:
                response = reply({"code": e.code, "msg": e.message}, e.status)
        response.headers.update(headers)
        return response

    def _charge(self, request: web.Request, headers: dict[str, str]) -> tuple[int, int, str] | None:
        weight, _ = PATHS.get(request.path, (None, ""))
        if weight is None:
            return None
        if isinstance(weight, str):
            return self.limits.charge_pool(weight, utc_ms())
        refusal = self.limits.charge(weight(dict(request.query)), utc_ms())
        headers["X-MBX-USED-WEIGHT-1M"] = str(self.limits.used)
        return refusal

    def _handler(self, name: str) -> Handler:
        answer: Callable[[Query, int], Any] = getattr(self.answers, name)

        async def handle(request: web.Request) -> web.StreamResponse:
            query = dict(request.query)
            if not await self._lived(needed_ms(name, query, self.answers.market, self._now())):
                raise web.HTTPServiceUnavailable
            await self._bring(query)
            return reply(answer(query, self._catch_up()))

        return handle

    async def _bring(self, query: Query) -> None:
        """Wait until the contract that is asked for has lived through its past."""
        symbol = self.answers.asked(query)
        if symbol not in self.answers.market.courses and symbol in self.answers.market.contracts:
            await asyncio.to_thread(self.answers.market.follow, symbol)

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        return unknown_path(request)
