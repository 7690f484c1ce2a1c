"""What each stream of trades, marks, candles, tickers, forced orders and contracts says between two moments of the market."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from liqdesk.simulator import layout as at
from liqdesk.simulator import names, wire
from liqdesk.simulator.book_feeds import BookTicker, Depth
from liqdesk.simulator.candles import Candle, candles, ending, opening
from liqdesk.simulator.chance import mix
from liqdesk.simulator.contracts import symbol_of
from liqdesk.simulator.course import Course
from liqdesk.simulator.feed import Feed, Paced, Said
from liqdesk.simulator.indices import asset_indices
from liqdesk.simulator.market import Market
from liqdesk.simulator.sessions import PLACES, session_event
from liqdesk.simulator.trades import between, printed

TRADE_DELAY_MS: Final = 130
TRADFI_DELAY_MS: Final = 684


class Trades(Feed):
    def __init__(self, course: Course) -> None:
        self.course = course

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        c = self.course.contract
        found = between(self.course, after_ms - TRADE_DELAY_MS, to_ms - TRADE_DELAY_MS)
        return [(t.time_ms + TRADE_DELAY_MS, wire.trade_event(c, t, t.time_ms + TRADE_DELAY_MS)) for t in found]


class Fills(Feed):
    """Every fill by itself, a few milliseconds after it."""

    DELAY_MS: Final = 3

    def __init__(self, course: Course) -> None:
        self.course = course

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        said = []
        for t in between(self.course, after_ms - self.DELAY_MS, to_ms - self.DELAY_MS):
            at = t.time_ms + self.DELAY_MS
            said += [(at, payload) for payload in wire.fill_events(self.course.contract, t, at)]
        return said


class Marks(Feed):
    """One contract's mark, every market second (or third) without exception."""

    def __init__(self, course: Course, every_s: int) -> None:
        self.course, self.every_s = course, every_s

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        seconds = range(max(after_ms // 1000 + 1, self.course.oldest_s), min(to_ms // 1000, self.course.now_s) + 1)
        return [(s * 1000, wire.mark_event(self.course, s, s * 1000)) for s in seconds if s % self.every_s == 0]


class AllMarks(Feed):
    """Two frames: crypto with coin-margined and settled rows, and later in the second TradFi. Of a fast market only some seconds."""

    def __init__(self, market: Market, every_s: int) -> None:
        self.market = market
        self.every_s = every_s * max(1, round(market.speed / 10))

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        said = []
        for s in range(after_ms // 1000, to_ms // 1000 + 1):
            for tradfi, ms in ((False, s * 1000), (True, s * 1000 + TRADFI_DELAY_MS)):
                if s % self.every_s == 0 and after_ms < ms <= to_ms and (rows := self._rows(s, ms, tradfi)):
                    said.append((ms, f"[{','.join(rows)}]"))
        return said

    def _rows(self, s: int, event_ms: int, tradfi: bool) -> list[str]:
        rows: list[str] = []
        for c in self.market.listed:
            course = self.market.courses.get(c.symbol)
            if (c.contract_type == "TRADIFI_PERPETUAL") != tradfi:
                continue
            if course is not None and course.oldest_s <= s <= course.now_s:
                rows.append(wire.mark_event(course, s, event_ms))
            elif c.status == "SETTLING":
                rows.append(wire.settled_mark_event(c, event_ms))
        return rows


class AssetIndices(Paced):
    """The worth of the margin assets: of all in one array, or of one alone."""

    def __init__(self, market: Market, symbol: str) -> None:
        super().__init__(market, 1000)
        self.symbol = symbol

    def frame(self, now_ms: int) -> list[str]:
        rows = [x.event() for x in asset_indices(self.market, now_ms // 1000) if self.symbol in ("", x.symbol)]
        return [wire.text(rows if not self.symbol else rows[0])] if rows else []


class Sessions(Paced):
    """The session of each market that TradFi contracts follow, in a message of its own."""

    def __init__(self, market: Market) -> None:
        super().__init__(market, 1000)

    def frame(self, now_ms: int) -> list[str]:
        return [wire.text(session_event(place, now_ms // 1000 * 1000)) for place in PLACES]


class Klines(Feed):
    """The open candle four times a wall second while it trades; each finished one once, 50 to 300 ms after its end."""

    def __init__(self, market: Market, course: Course, interval: str) -> None:
        self.market, self.course, self.interval = market, course, interval
        self.every_ms = max(250, round(250 * market.speed))
        self._count = (-1, -1)

    def late(self, end_ms: int) -> int:
        return 50 + int(mix(self.course.key ^ np.uint64(end_ms))) % 251

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        said: list[Said] = []
        end = opening(after_ms - 300, self.interval)
        end = ending(end, self.interval)
        while end <= to_ms:
            at = end + self.late(end)
            if after_ms < at <= to_ms:
                for x in candles(self.course, self.interval, to_ms, None, end - 1, 1):
                    said.append((at, self.event(x, at, True)))
            end = ending(end, self.interval)
        opened = opening(to_ms, self.interval)
        waiting = to_ms < opened + self.late(opened)
        if to_ms // self.every_ms > after_ms // self.every_ms and not waiting:
            for x in candles(self.course, self.interval, to_ms, None, None, 1):
                if (x.open_ms, x.count) != self._count and x.count:
                    self._count = (x.open_ms, x.count)
                    said.append((to_ms, self.event(x, to_ms, False)))
        return said

    def event(self, x: Candle, event_ms: int, final: bool) -> str:
        return wire.text(wire.kline_event(self.course.contract, x, self.interval, event_ms, final))


class ContinuousKlines(Klines):
    """The same under the name of its pair and type of contract."""

    def event(self, x: Candle, event_ms: int, final: bool) -> str:
        c = self.course.contract
        candle = wire.kline_event(c, x, self.interval, event_ms, final)["k"]
        del candle["s"]
        return wire.text({"e": "continuous_kline", "E": event_ms, "ps": c.pair, "ct": c.contract_type, "k": candle})


class Ticker(Paced):
    def __init__(self, market: Market, course: Course, mini: bool) -> None:
        super().__init__(market, 2000)
        self.course, self.mini = course, mini

    def frame(self, now_ms: int) -> list[str]:
        row = wire.day(self.course, now_ms)
        return [wire.text(wire.ticker_event(self.course.contract, row, now_ms, self.mini))]


class Tickers(Paced):
    """The rolling day of the contracts that traded since the frame before, never of all."""

    def __init__(self, market: Market, mini: bool) -> None:
        super().__init__(market, 1000)
        self.mini = mini
        self._last: dict[str, int] = {}

    def frame(self, now_ms: int) -> list[str]:
        rows: list[dict[str, Any]] = []
        for symbol, course in tuple(self.market.courses.items()):
            count = int(course.Q[at.NEXT_TRADE])
            if self._last.get(symbol) != count:
                self._last[symbol] = count
                rows.append(wire.ticker_event(course.contract, wire.day(course, now_ms), now_ms, self.mini))
        return [wire.text(rows)] if rows else []


class Forced(Feed):
    """Printed forced orders of one contract, or of all; each message is one object."""

    def __init__(self, market: Market, course: Course | None) -> None:
        self.market, self.course = market, course

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        courses = tuple(self.market.courses.values()) if self.course is None else (self.course,)
        said = [
            (e.event_ms, wire.forced_event(course.contract, e))
            for course in courses
            for e in printed(course, after_ms, to_ms)
        ]
        return sorted(said)


class ContractInfo(Feed):
    """Every listing, change of status and change of brackets; and now and then brackets as they are."""

    def __init__(self, market: Market) -> None:
        self.market = market

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        return [(n.at_ms, wire.text(wire.contract_event(n))) for n in self.market.calendar.between(after_ms, to_ms)]


def whole_market(market: Market, name: str) -> Feed:
    """Make the feed of an all-market stream."""
    match name:
        case "!markPrice@arr" | "!markPrice@arr@1s":
            return AllMarks(market, 1 if name.endswith("@1s") else 3)
        case "!miniTicker@arr" | "!ticker@arr":
            return Tickers(market, name == "!miniTicker@arr")
        case "!forceOrder@arr":
            return Forced(market, None)
        case "!contractInfo":
            return ContractInfo(market)
        case "tradingSession":
            return Sessions(market)
        case "!assetIndex@arr":
            return AssetIndices(market, "")
        case _ if name.endswith(names.ASSET_INDEX):
            return AssetIndices(market, symbol_of(name.removesuffix(names.ASSET_INDEX)))
        case _:
            return BookTicker(market, None)


def of_contract(market: Market, course: Course, kind: str) -> Feed:
    """Make the feed of one contract's stream."""
    depth = names.DEPTH.match(kind)
    if depth:
        beats = {None: 2, "100": 1, "500": 5}[depth[2]]
        return Depth(market, course, beats, int(depth[1]) if depth[1] else None)
    if kind.startswith("kline_"):
        return Klines(market, course, kind.removeprefix("kline_"))
    if kind.startswith(names.CONTINUOUS):
        return ContinuousKlines(market, course, kind.removeprefix(names.CONTINUOUS))
    match kind:
        case "aggTrade":
            return Trades(course)
        case "trade":
            return Fills(course)
        case "markPrice" | "markPrice@1s":
            return Marks(course, 1 if kind.endswith("@1s") else 3)
        case "miniTicker" | "ticker":
            return Ticker(market, course, kind == "miniTicker")
        case "forceOrder":
            return Forced(market, course)
        case names.RETAIL:
            return Depth(market, course, 5, None, retail=True)
        case _:
            return BookTicker(market, course)
