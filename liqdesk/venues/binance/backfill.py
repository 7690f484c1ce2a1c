"""Which REST requests fill a map from nothing, and which mend a gap. Plans only: no socket, no clock.

Law of back-filling: bars from coarse to fine and oldest first, so that the map on screen grows towards the present, and
before each page the open interest up to its end (no step is possible without). The three bar sizes do not overlap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from liqdesk.market import DAY_MS, MINUTE_MS, floor_to
from liqdesk.venues.venue import Pool, Reply, Request

KLINES: Final = 1500
INTERESTS: Final = 500
TRADES: Final = 1000
INTEREST_SPAN_MS: Final = 5 * MINUTE_MS
INTEREST_DEPTH_MS: Final = 30 * DAY_MS
INTERVALS: Final = {
    MINUTE_MS: "1m",
    3 * MINUTE_MS: "3m",
    5 * MINUTE_MS: "5m",
    15 * MINUTE_MS: "15m",
    30 * MINUTE_MS: "30m",
    60 * MINUTE_MS: "1h",
    240 * MINUTE_MS: "4h",
    DAY_MS: "1d",
}
STAGES: Final = ((15 * MINUTE_MS, 30 * DAY_MS), (5 * MINUTE_MS, 8 * DAY_MS), (MINUTE_MS, 2 * DAY_MS))


def plan(symbol: str, now_ms: int) -> list[Request]:
    """Return every request of a full back-fill at venue time `now_ms`, open interest and klines with mark klines over
    30 days, each when it is needed.

    Bars: 15 min from 30 to 8 days ago, 5 min to 2 days ago, 1 min up to now; the last one still open.
    """
    interest = deque(interest_pages(symbol, now_ms))
    requests: list[Request] = []
    edges = [floor_to(now_ms - depth, 15 * MINUTE_MS) for _, depth in STAGES] + [now_ms]
    for (span, _), start, end in zip(STAGES, edges, edges[1:], strict=False):
        for page in bars(symbol, span, start, end):
            while interest and interest[0].from_ms <= page.to_ms:
                requests.append(interest.popleft())
            requests.append(page)
    return [*requests, *interest]


def interest_pages(symbol: str, now_ms: int, depth_ms: int = INTEREST_DEPTH_MS) -> Iterator[Request]:
    """Yield the pages of 5 min open interest over the last `depth_ms`, oldest first.

    A page is named by its end alone: the venue refuses start times at or beyond its 30 days, and of a longer range it
    returns the LATEST rows. Each page then reaches 500 rows back from its end; a page may overlap the one before where
    the venue left out rows.
    """
    newest = floor_to(now_ms, INTEREST_SPAN_MS)
    rows = min(depth_ms, INTEREST_DEPTH_MS) // INTEREST_SPAN_MS
    pages = -(-rows // INTERESTS)
    for page in reversed(range(pages)):
        limit = min(INTERESTS, rows - page * INTERESTS)
        end = newest - page * INTERESTS * INTEREST_SPAN_MS
        params = {"symbol": symbol, "period": "5m", "limit": str(limit), "endTime": str(end)}
        yield Request(
            "/futures/data/openInterestHist",
            params,
            1,
            Reply.INTEREST_HISTORY,
            f"open interest, page {pages - page} of {pages}",
            Pool.STATISTICS,
            symbol,
            INTEREST_SPAN_MS,
            end - (limit - 1) * INTEREST_SPAN_MS,
            end + 1,
        )


def bars(symbol: str, span_ms: int, from_ms: int, to_ms: int) -> Iterator[Request]:
    """Yield pages of bars, each with its mark klines after it, of bars that open in [from_ms, to_ms), oldest first."""
    interval = INTERVALS[span_ms]
    start = -(-from_ms // span_ms) * span_ms
    count = max(0, -(-(to_ms - start) // span_ms))
    pages = -(-count // KLINES)
    for page in range(pages):
        rows = min(KLINES, count - page * KLINES)
        first = start + page * KLINES * span_ms
        end = first + rows * span_ms
        for kind, path, word in (
            (Reply.BARS, "/fapi/v1/klines", "candles"),
            (Reply.MARK_BARS, "/fapi/v1/markPriceKlines", "mark candles"),
        ):
            params = {
                "symbol": symbol,
                "interval": interval,
                "startTime": str(first),
                "endTime": str(end - 1),
                "limit": str(rows),
            }
            yield Request(
                path,
                params,
                kline_weight(rows),
                kind,
                f"{interval} {word}, page {page + 1} of {pages}",
                Pool.WEIGHT,
                symbol,
                span_ms,
                first,
                end,
            )


def missing_trades(symbol: str, from_id: int, to_id: int) -> Iterator[Request]:
    """Yield the pages that hold aggregated trades of ids [from_id, to_id); the venue keeps 48 hours."""
    pages = -(-(to_id - from_id) // TRADES)
    for page in range(pages):
        first = from_id + page * TRADES
        params = {"symbol": symbol, "fromId": str(first), "limit": str(min(TRADES, to_id - first))}
        yield Request(
            "/fapi/v1/aggTrades", params, 20, Reply.TRADES, f"missed trades, page {page + 1} of {pages}", symbol=symbol
        )


def kline_weight(limit: int) -> int:
    """Return what a page of klines costs; the steps' tops are inclusive, as measured (documented one off)."""
    return 1 if limit <= 100 else 2 if limit <= 500 else 5 if limit <= 1000 else 10


def clock() -> Request:
    return Request("/fapi/v1/time", {}, 1, Reply.CLOCK, "the venue's clock")


def universe() -> Request:
    return Request("/fapi/v1/exchangeInfo", {}, 1, Reply.UNIVERSE, "the list of contracts")


def tickers() -> Request:
    return Request("/fapi/v1/ticker/24hr", {}, 40, Reply.TICKERS, "the day's volumes")


def interest(symbol: str) -> Request:
    params = {"symbol": symbol}
    return Request("/fapi/v1/openInterest", params, 1, Reply.INTEREST, "open interest", symbol=symbol)


def mark(symbol: str) -> Request:
    return Request("/fapi/v1/premiumIndex", {"symbol": symbol}, 1, Reply.MARK, "the mark price", symbol=symbol)


def marks() -> Request:
    return Request("/fapi/v1/premiumIndex", {}, 10, Reply.MARKS, "funding of all contracts")


def funding(symbol: str, since_ms: int | None = None, limit: int = 1_000) -> Request:
    """Ask for settled payments: the newest, or from a moment on the oldest `limit` of them."""
    params = {"symbol": symbol, "limit": str(limit)}
    if since_ms is not None:
        params["startTime"] = str(since_ms)
    return Request("/fapi/v1/fundingRate", params, 1, Reply.FUNDING, "funding payments", Pool.FUNDING, symbol)


def funding_intervals() -> Request:
    return Request("/fapi/v1/fundingInfo", {}, 1, Reply.FUNDING_INTERVALS, "funding intervals", Pool.FUNDING)


def book(symbol: str) -> Request:
    params = {"symbol": symbol, "limit": "1000"}
    return Request("/fapi/v1/depth", params, 20, Reply.BOOK, "the order book", symbol=symbol)
