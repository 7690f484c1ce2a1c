"""What the venue answers to each REST request, from the market as of now."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from liqdesk.errors import LiqdeskError
from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.simulator import book, book_feeds, statistics, trades, wire
from liqdesk.simulator import layout as at
from liqdesk.simulator.candles import INTERVALS, candles
from liqdesk.simulator.contracts import Contract, symbol_of
from liqdesk.simulator.course import FUNDINGS, Course
from liqdesk.simulator.listing import contract_row, exchange_info, unheard_of
from liqdesk.simulator.market import Market
from liqdesk.simulator.truth import liquidation_row

Query = dict[str, str]
DEPTHS: Final = (5, 10, 20, 50, 100, 500, 1000)


class BadRequestError(LiqdeskError):
    """A request that the venue refuses with a code of its own; HTTP 400 but where a key is missing."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def whole(query: Query, name: str, most: int | None = None, default: int | None = None) -> int | None:
    """Read a whole number. Raises BadRequestError -1102 where it is not one, -1130 where it is beyond `most`."""
    given = query.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal()):
        raise BadRequestError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    value = int(given)
    if most is not None and not 1 <= value <= most:
        raise BadRequestError(-1130, f"Data sent for parameter '{name}' is not valid.")
    return value


def _needed(query: Query, name: str) -> str:
    given = query.get(name)
    if not given:
        raise BadRequestError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    return given


class Answers:
    """One method for each path; each takes the query and the market's time in milliseconds, and returns what becomes JSON."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._snapshots: Counter[str] = Counter()

    # Which contract.

    def asked(self, query: Query) -> str:
        """Return the symbol that a request is about, however it names it; "" where it names none."""
        pair = symbol_of(query.get("pair", ""))
        if kind := query.get("contractType"):
            found = (
                c.symbol for c in self.market.listed if (c.pair, c.contract_type, c.symbol_type) == (pair, kind, 1)
            )
            return next(found, "?")
        return symbol_of(query.get("symbol", "")) or pair

    def _contract(self, query: Query, name: str = "symbol") -> Contract:
        contract = self.market.contracts.get(symbol_of(_needed(query, name)))
        if contract is None or contract.symbol_type != 1:
            raise BadRequestError(-1121, "Invalid symbol.")
        return contract

    def _course(self, query: Query, name: str = "symbol") -> Course:
        contract = self._contract(query, name)
        course = self.market.courses.get(contract.symbol)
        if course is None:
            raise BadRequestError(-1122, "Invalid symbol status.")
        return course

    def _courses(self) -> list[Course]:
        ready = self.market.courses
        return [ready[c.symbol] for c in self.market.listed if c.symbol in ready and c.symbol_type == 1]

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
        course = self._course(query)
        return [wire.kline_row(course.contract, x) for x in self._candles(course, query, now_ms, "last")]

    def mark_klines(self, query: Query, now_ms: int) -> Any:
        return [wire.rate_row(x) for x in self._candles(self._course(query), query, now_ms, "mark")]

    def index_klines(self, query: Query, now_ms: int) -> Any:
        return [wire.rate_row(x) for x in self._candles(self._course(query, "pair"), query, now_ms, "index")]

    def premium_klines(self, query: Query, now_ms: int) -> Any:
        return [wire.rate_row(x) for x in self._candles(self._course(query), query, now_ms, "premium")]

    def continuous_klines(self, query: Query, now_ms: int) -> Any:
        _needed(query, "contractType")
        course = self._course(query | {"symbol": self.asked(query)})
        return [wire.kline_row(course.contract, x) for x in self._candles(course, query, now_ms, "last")]

    def _candles(self, course: Course, query: Query, now_ms: int, kind: str) -> Any:
        if _needed(query, "interval") not in INTERVALS:
            raise BadRequestError(-1120, "Invalid interval.")
        limit = whole(query, "limit", 1500, 500) or 500
        return candles(
            course, query["interval"], now_ms, whole(query, "startTime"), whole(query, "endTime"), limit, kind
        )

    def agg_trades(self, query: Query, now_ms: int) -> Any:
        course = self._course(query)
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
        course = self._course(query)
        limit = whole(query, "limit", 1000, 500) or 500
        rows = [row for t in trades.latest(course, limit, now_ms) for row in wire.fill_rows(course.contract, t)]
        return rows[-limit:]

    # Book.

    def depth(self, query: Query, now_ms: int) -> Any:
        course = self._course(query)
        limit = whole(query, "limit", None, 500)
        if limit not in DEPTHS:
            raise BadRequestError(-4021, f"{limit} is not valid depth limit")
        self._snapshots[course.contract.symbol] += 1
        number = self._snapshots[course.contract.symbol]
        beat = book.snapshot_beat(course, now_ms, self.market.speed, number)
        bids, asks = book.sides(course, beat, self.market.speed, limit)
        c = course.contract
        return {
            "lastUpdateId": book.last_id(beat), "E": now_ms, "T": beat * book.beat_ms(self.market.speed),
            "bids": book_feeds.levels(c, bids.tolist()), "asks": book_feeds.levels(c, asks.tolist()),
        }  # fmt: skip

    def ticker_book(self, query: Query, now_ms: int) -> Any:
        if "symbol" in query:
            return book_feeds.best(self._course(query), now_ms, self.market.speed)
        return [book_feeds.best(course, now_ms, self.market.speed) for course in self._courses()]

    # Marks, funding, open interest.

    def premium_index(self, query: Query, now_ms: int) -> Any:
        if "symbol" in query:
            contract = self._contract(query)
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
        courses = [self._course(query)] if "symbol" in query else self._courses()
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
             "updateTime": c.onboard_ms if c.funding_hours != 8 else None}
            for c in self.market.listed
            if c.funded and (c.funding_hours != 8 or c.base == "BTC")
        ]  # fmt: skip

    def open_interest(self, query: Query, now_ms: int) -> Any:
        course = self._course(query)
        interest = float(course.second(course.now_s)[0][at.S_INTEREST])
        return {
            "symbol": course.contract.symbol, "openInterest": f"{interest:.{course.contract.quantity_places}f}", "time": now_ms
        }  # fmt: skip

    def open_interest_history(self, query: Query, now_ms: int) -> Any:
        return self._statistics(query, now_ms, statistics.interest_row)

    def taker_ratio(self, query: Query, now_ms: int) -> Any:
        return self._statistics(query, now_ms, statistics.taker_row)

    def _statistics(self, query: Query, now_ms: int, row: statistics.Row) -> Any:
        if _needed(query, "period") not in statistics.PERIODS:
            raise BadRequestError(-1130, "Data sent for parameter 'period' is not valid.")
        limit = whole(query, "limit", 500, 30) or 30
        start, end = whole(query, "startTime"), whole(query, "endTime")
        if start is not None and start <= now_ms - statistics.WALL_MS:
            raise BadRequestError(-1130, "parameter 'startTime' is invalid.")
        course = self.market.courses.get(symbol_of(_needed(query, "symbol")))
        if course is None or course.contract.symbol_type != 1:
            return []
        times = statistics.times(course, statistics.PERIODS[query["period"]], now_ms, start, end, limit)
        return [row(course, ms, statistics.PERIODS[query["period"]]) for ms in times]

    # Tickers.

    def ticker_day(self, query: Query, now_ms: int) -> Any:
        if "symbol" in query:
            return wire.day(self._course(query), now_ms)
        return [wire.day(course, now_ms) for course in self._courses()]

    def ticker_price(self, query: Query, now_ms: int) -> Any:
        if "symbol" in query:
            return self._last(self._course(query), now_ms)
        return [self._last(course, now_ms) for course in self._courses()]

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
        course = self._course(query)
        start, end = whole(query, "startTime", None, 0) or 0, whole(query, "endTime", None, now_ms) or now_ms
        return [liquidation_row(course, e) for e in trades.true_liquidations(course, start, min(end, now_ms))]
