"""Binance USDⓈ-M perpetual futures, public data only.

Law: no key, no signed path. JSON names stay in `wire`. Everything a frame or a reply can hold is read tolerantly
(unknown keys and values, numbers as text) but checked (finite, in range), since all-market streams mix in COIN-M
contracts and change without notice.
"""

from __future__ import annotations

from collections.abc import Mapping

from liqdesk.market import Instrument
from liqdesk.venues.binance.endpoints import DEFAULT, BinanceEndpoints
from liqdesk.venues.binance.endpoints import endpoints as checked_endpoints
from liqdesk.venues.binance.streams import DATA_WITHIN_S, LIFETIME_S, BinanceDialect, subscriptions
from liqdesk.venues.binance.streams import check_symbol as checked_symbol
from liqdesk.venues.venue import Endpoints, FrameCodec, Request, SocketPlan

__all__ = ["DEFAULT", "Binance", "BinanceEndpoints"]


class Binance:
    """The venue's entry in the registry; its heavier modules load on use."""

    name = "binance"
    dialect = BinanceDialect()

    def endpoints(self, rest: str | None = None, stream: str | None = None) -> BinanceEndpoints:
        return checked_endpoints(rest, stream)

    def check_symbol(self, text: str) -> str:
        return checked_symbol(text)

    def codec(self, instruments: Mapping[str, Instrument]) -> FrameCodec:
        from liqdesk.venues.binance.codec import Codec

        return Codec(instruments)

    def sockets(self, endpoints: Endpoints, symbol: str, lifetime_s: float = LIFETIME_S) -> tuple[SocketPlan, ...]:
        """Return the two sockets that one watched symbol needs: market data, and the order book apart."""
        routed = BinanceEndpoints(endpoints.rest, endpoints.stream)
        return tuple(
            SocketPlan(route, routed.socket_url(route), tuple(names), lifetime_s, DATA_WITHIN_S[route])
            for route, names in subscriptions(symbol).items()
        )

    def back_fill(self, symbol: str, now_ms: int) -> tuple[Request, ...]:
        from liqdesk.venues.binance.backfill import plan

        return tuple(plan(symbol, now_ms))
