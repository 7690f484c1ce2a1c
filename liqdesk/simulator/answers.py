"""What the venue answers to each REST request, from the market as of now."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.simulator import book, book_feeds, trades, wire
from liqdesk.simulator import layout as at
from liqdesk.simulator.asked import BadRequestError, Query, needed, whole
from liqdesk.simulator.candles import INTERVALS, candles
from liqdesk.simulator.contracts import Contract
from liqdesk.simulator.course import FUNDINGS, Course
from liqdesk.simulator.figures import Figures
from liqdesk.simulator.listing import contract_row, exchange_info, unheard_of
from liqdesk.simulator.market import Market
from liqdesk.simulator.truth import liquidation_row

DEPTHS: Final = (5, 10, 20, 50, 100, 500, 1000)


class Answers(Figures):
    """One method for each path; each takes the query and the market's time in milliseconds, and returns what becomes JSON."""

    def __init__(self, market: Market) -> None:
        super().__init__(market)
        self._snapshots: Counter[str] = Counter()

    # General.

    def ping(self, query: Query, now_ms: int) -> Any:
        return {}

    def time(self, query: Query, now_ms: int) -> Any:
        return {"serverTime": now_ms}

    def exchange_info(self, query: Query, now_ms: int) -> Any:
        rows = [contract_row(c) for c in self.market.listed if c.symbol_type == 1]
        return exchange_info([*rows, unheard_of(self.market.start_ms)], now_ms)

    # Candles and trades.

    def klines(self, query: Query, now_ms: int) -> Any:
        course = self.course(query)
        return [wire.kline_row(course.contract, x) for x in self._candles(course, query, now_ms, "last")]

    def mark_klines(self, query: Query, now_ms: int) -> Any:
        return [wire.rate_row(x) for x in self._candles(self.course(query), query, now_ms, "mark")]

    def index_klines(self, query: Query, now_ms: int) -> Any:
        return [wire.rate_row(x) for x in self._candles(self.course(query, "pair"), query, now_ms, "index")]

    def premium_klines(self, query: Query, now_ms: int) -> Any:
        return [wire.rate_row(x) for x in self._candles(self.course(query), query, now_ms, "premium")]

    def continuous_klines(self, query: Query, now_ms: int) -> Any:
        needed(query, "contractType")
        course = self.course(query | {"symbol": self.asked(query)})
        return [wire.kline_row(course.contract, x) for x in self._candles(course, query, now_ms, "last")]

    def _candles(self, course: Course, query: Query, now_ms: int, kind: str) -> Any:
        if needed(query, "interval") not in INTERVALS:
            raise BadRequestError(-1120, "Invalid interval.")
        limit = whole(query, "limit", 1500, 500) or 500
        return candles(
            course, query["interval"], now_ms, whole(query, "startTime"), whole(query, "endTime"), limit, kind
        )

    def agg_trades(self, query: Query, now_ms: int) -> Any:
        course = self.course(query)
        limit = whole(query, "limit", 1000, 500) or 500
        first, start, end = (whole(query, name) for name in ("fromId", "startTime", "endTime"))
        oldest = now_ms - 2 * DAY_MS
        if (start is not None and start < oldest) or (first is not None and first < trades.oldest_id(course)):
            raise BadRequestError(-4166, "Search window is restricted to recent 2 days only.")
        if first is not None:
            found = trades.from_id(course, first, limit, now_ms)
        elif start is not None:
            stop = now_ms if end is None else min(end, now_ms)
            found = []
            at = start - 1
            while at < stop and len(found) < limit:
                found += trades.between(course, at, min(at + MINUTE_MS, stop))
                at += MINUTE_MS
            found = found[:limit]
        else:
            found = trades.latest(course, limit, now_ms if end is None else min(end, now_ms))
        return [wire.trade_row(course.contract, t) for t in found]

    def recent_trades(self, query: Query, now_ms: int) -> Any:
        course = self.course(query)
        limit = whole(query, "limit", 1000, 500) or 500
        rows = [row for t in trades.latest(course, limit, now_ms) for row in wire.fill_rows(course.contract, t)]
        return rows[-limit:]

    # Book.

    def depth(self, query: Query, now_ms: int) -> Any:
        limit = whole(query, "limit", None, 500)
        return self._book(query, now_ms, limit, DEPTHS, False)

    def retail_depth(self, query: Query, now_ms: int) -> Any:
        limit = whole(query, "limit", None, book.DEPTH)
        return self._book(query, now_ms, limit, (book.DEPTH,), True)

    def _book(self, query: Query, now_ms: int, limit: int | None, limits: tuple[int, ...], retail: bool) -> Any:
        course = self.course(query)
        if limit not in limits:
            raise BadRequestError(-4021, f"{limit} is not valid depth limit")
        self._snapshots[course.contract.symbol] += 1
        number = self._snapshots[course.contract.symbol]
        beat = book.snapshot_beat(course, now_ms, self.market.speed, number)
        bids, asks = book.sides(course, beat, self.market.speed, limit, retail)
        c = course.contract
        return {
            "lastUpdateId": book.last_id(beat), "E": now_ms, "T": beat * book.beat_ms(self.market.speed),
            "bids": book_feeds.levels(c, bids.tolist()), "asks": book_feeds.levels(c, asks.tolist()),
        }  # fmt: skip

    def ticker_book(self, query: Query, now_ms: int) -> Any:
        if "symbol" in query:
            return book_feeds.best(self.course(query), now_ms, self.market.speed)
        return [book_feeds.best(course, now_ms, self.market.speed) for course in self.courses()]

    # Marks, funding, open interest.

    def premium_index(self, query: Query, now_ms: int) -> Any:
        if "symbol" in query:
            contract = self.contract(query)
            return self._premium(contract, now_ms)
        return [self._premium(c, now_ms) for c in self.market.listed if c.symbol_type == 1]

    def _premium(self, c: Contract, now_ms: int) -> dict[str, Any]:
        course = self.market.courses.get(c.symbol)
        s = now_ms // 1000
        if course is None:
            mark = index = f"{c.price:.8f}"
            rate = "0.00000000"
        else:
            s = course.now_s
            f = course.second(s)[0].tolist()
            mark, index, rate = (f"{f[i]:.8f}" for i in (at.S_MARK, at.S_INDEX, at.S_RATE))
        return {
            "symbol": c.symbol, "markPrice": mark, "indexPrice": index, "estimatedSettlePrice": index, "lastFundingRate": rate,
            "interestRate": "0.00010000", "nextFundingTime": wire.next_funding(c, s * 1000), "time": s * 1000,
        }  # fmt: skip

    def funding_rate(self, query: Query, now_ms: int) -> Any:
        limit = whole(query, "limit", 1000, 100) or 100
        start, end = whole(query, "startTime"), whole(query, "endTime")
        courses = [self.course(query)] if "symbol" in query else self.courses()
        rows: list[dict[str, Any]] = []
        for course in courses:
            count = int(course.Q[at.FUNDINGS]) if course.contract.funded else 0
            for n in range(max(0, count - FUNDINGS), count):
                second, rate, mark = course.FU[n % FUNDINGS].tolist()
                ms = int(second) * 1000
                if (start is None or ms >= start) and (end is None or ms <= end):
                    rows.append(
                        {"symbol": course.contract.symbol, "fundingTime": ms + 2, "fundingRate": f"{rate:.8f}",
                         "markPrice": f"{mark:.8f}", "rateType": "Regular"}
                    )  # fmt: skip
        rows.sort(key=lambda row: row["fundingTime"])
        return rows[:limit] if start is not None else rows[-limit:]

    def funding_info(self, query: Query, now_ms: int) -> Any:
        return [
            {"symbol": c.symbol, "adjustedFundingRateCap": "0.00300", "adjustedFundingRateFloor": "-0.00300",
             "fundingIntervalHours": c.funding_hours, "disclaimer": False,
             "updateTime": (c.funding_since_ms or c.onboard_ms) if c.funding_hours != 8 else None}
            for c in self.market.listed
            if c.funded and (c.funding_hours != 8 or c.base == "BTC")
        ]  # fmt: skip

    def open_interest(self, query: Query, now_ms: int) -> Any:
        course = self.course(query)
        interest = float(course.second(course.now_s)[0][at.S_INTEREST])
        return {
            "symbol": course.contract.symbol, "openInterest": f"{interest:.{course.contract.quantity_places}f}", "time": now_ms
        }  # fmt: skip

    # Tickers.

    def ticker_day(self, query: Query, now_ms: int) -> Any:
        if "symbol" in query:
            return wire.day(self.course(query), now_ms)
        return [wire.day(course, now_ms) for course in self.courses()]

    def ticker_price(self, query: Query, now_ms: int) -> Any:
        if "symbol" in query:
            return self._last(self.course(query), now_ms)
        return [self._last(course, now_ms) for course in self.courses()]

    def _last(self, course: Course, now_ms: int) -> dict[str, Any]:
        c = course.contract
        last = trades.latest(course, 1, now_ms)
        ticks = last[0].ticks if last else int(course.Q[at.CLOSE_TICKS])
        return {"symbol": c.symbol, "price": wire.price(c, ticks), "time": last[0].time_ms if last else now_ms}

    def refuse(self, query: Query, now_ms: int) -> Any:
        raise BadRequestError(-2014, "API-key format invalid.", 401)

    # The truth, which no real venue tells.

    def state(self, query: Query, now_ms: int) -> Any:
        return {
            "seed": self.market.seed, "speed": self.market.speed, "start": self.market.start_ms, "now": now_ms,
            "contracts": {
                c.contract.symbol: {"trades": int(c.Q[at.NEXT_TRADE]), "liquidations": int(c.Q[at.EVENTS]), "positions": int(c.Q[1]),
                                    "second": c.now_s}
                for c in tuple(self.market.courses.values())
            },
        }  # fmt: skip

    def truth(self, query: Query, now_ms: int) -> Any:
        course = self.course(query)
        start, end = whole(query, "startTime", None, 0) or 0, whole(query, "endTime", None, now_ms) or now_ms
        return [liquidation_row(course, e) for e in trades.true_liquidations(course, start, min(end, now_ms))]
