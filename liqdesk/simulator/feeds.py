"""What each stream says between two moments of the market. A feed is shared by every socket that asked for its name."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any, Final

from liqdesk.simulator import book, wire
from liqdesk.simulator import layout as at
from liqdesk.simulator.candles import INTERVALS, candles, ending, opening
from liqdesk.simulator.chance import mix
from liqdesk.simulator.contracts import Contract
from liqdesk.simulator.course import Course
from liqdesk.simulator.market import Market
from liqdesk.simulator.trades import between, printed

Said = tuple[int, str]  # market time in ms, payload
TRADE_DELAY_MS: Final = 130
FRAMES: Final = 5.0  # frames a wall second of what only the newest counts of


class Feed(ABC):
    """One stream. `say` returns its payloads with after_ms < time ≤ to_ms, by time."""

    @abstractmethod
    def say(self, after_ms: int, to_ms: int) -> list[Said]: ...


class Paced(Feed):
    """A feed that speaks every `every_ms` of market time, and less often where time runs so fast that nobody could follow."""

    def __init__(self, market: Market, every_ms: int) -> None:
        self.market = market
        least = int(market.speed * 1000 / FRAMES)
        self.every_ms = max(every_ms, -(-least // every_ms) * every_ms)

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        beat = to_ms // self.every_ms
        if beat <= after_ms // self.every_ms:
            return []
        return [(beat * self.every_ms, t) for t in self.frame(to_ms)]

    @abstractmethod
    def frame(self, now_ms: int) -> list[str]: ...


class Trades(Feed):
    def __init__(self, course: Course) -> None:
        self.course = course

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        c = self.course.contract
        found = between(self.course, after_ms - TRADE_DELAY_MS, to_ms - TRADE_DELAY_MS)
        return [(t.time_ms + TRADE_DELAY_MS, wire.trade_event(c, t, t.time_ms + TRADE_DELAY_MS)) for t in found]


class Marks(Feed):
    """One contract's mark, every market second (or third) without exception."""

    def __init__(self, course: Course, every_s: int) -> None:
        self.course, self.every_s = course, every_s

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        seconds = range(max(after_ms // 1000 + 1, self.course.oldest_s), min(to_ms // 1000, self.course.now_s) + 1)
        return [(s * 1000, wire.mark_event(self.course, s)) for s in seconds if s % self.every_s == 0]


class AllMarks(Feed):
    """Two frames: crypto with coin-margined and settled rows, then TradFi. Of a fast market only some seconds."""

    def __init__(self, market: Market, every_s: int) -> None:
        self.market = market
        self.every_s = every_s * max(1, round(market.speed / 10))

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        said = []
        for s in range(after_ms // 1000 + 1, to_ms // 1000 + 1):
            if s % self.every_s == 0:
                said += [(s * 1000, f"[{','.join(rows)}]") for rows in self._rows(s) if rows]
        return said

    def _rows(self, s: int) -> tuple[list[str], list[str]]:
        crypto: list[str] = []
        other: list[str] = []
        for c in self.market.listed:
            course = self.market.courses.get(c.symbol)
            rows = other if c.contract_type == "TRADIFI_PERPETUAL" else crypto
            if course is not None and course.oldest_s <= s <= course.now_s:
                rows.append(wire.mark_event(course, s))
            elif not c.trades:
                rows.append(wire.settled_mark_event(c, s * 1000))
        return crypto, other


class Klines(Feed):
    """The open candle four times a wall second while it trades; each finished one once, 50 to 300 ms after its end."""

    def __init__(self, market: Market, course: Course, interval: str) -> None:
        self.market, self.course, self.interval = market, course, interval
        self.every_ms = max(250, round(250 * market.speed))
        self._count = (-1, -1)

    def late(self, end_ms: int) -> int:
        return 50 + int(mix(self.course.key ^ mix_key(end_ms))) % 251

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        said: list[Said] = []
        c = self.course.contract
        end = opening(after_ms - 300, self.interval)
        end = ending(end, self.interval)
        while end <= to_ms:
            at = end + self.late(end)
            if after_ms < at <= to_ms:
                for x in candles(self.course, self.interval, to_ms, None, end - 1, 1):
                    said.append((at, wire.kline_event(c, x, self.interval, at, True)))
            end = ending(end, self.interval)
        opened = opening(to_ms, self.interval)
        waiting = to_ms < opened + self.late(opened)
        if to_ms // self.every_ms > after_ms // self.every_ms and not waiting:
            for x in candles(self.course, self.interval, to_ms, None, None, 1):
                if (x.open_ms, x.count) != self._count and x.count:
                    self._count = (x.open_ms, x.count)
                    said.append((to_ms, wire.kline_event(c, x, self.interval, to_ms, False)))
        return said


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
    """Now and then a contract's margin brackets are announced."""

    EVERY_MS: Final = 3_600_000
    FIRST_MS: Final = 30_000

    def __init__(self, market: Market) -> None:
        self.market = market

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        phase = self.market.start_ms + self.FIRST_MS
        said = []
        n = max(0, -(-(after_ms + 1 - phase) // self.EVERY_MS))
        while phase + n * self.EVERY_MS <= to_ms:
            at = phase + n * self.EVERY_MS
            candidates = [c for c in self.market.listed if c.funded and c.symbol_type == 1]
            c = candidates[n % len(candidates)]
            said.append((at, wire.contract_event(c, at, c.brackets().tolist())))
            n += 1
        return said


class BookTicker(Feed):
    def __init__(self, market: Market, course: Course | None) -> None:
        self.market, self.course = market, course
        self.beat_ms = book.beat_ms(market.speed) if course is not None else max(5000, round(1000 * market.speed))

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        beat = to_ms // self.beat_ms
        if beat <= after_ms // self.beat_ms:
            return []
        at = beat * self.beat_ms
        courses = tuple(self.market.courses.values()) if self.course is None else (self.course,)
        return [(at, best_event(course, at, self.market.speed)) for course in courses]


def best(course: Course, ms: int, speed: float) -> dict[str, Any]:
    """Return the best levels under REST's names."""
    c = course.contract
    beat = ms // book.beat_ms(speed)
    bids, asks = book.sides(course, beat, speed, 1)
    return {
        "symbol": c.symbol, "bidPrice": wire.price(c, bids[0, 0]), "bidQty": wire.amount(c, bids[0, 1]),
        "askPrice": wire.price(c, asks[0, 0]), "askQty": wire.amount(c, asks[0, 1]), "time": ms, "lastUpdateId": book.last_id(beat),
    }  # fmt: skip


def best_event(course: Course, ms: int, speed: float) -> str:
    c, row = course.contract, best(course, ms, speed)
    return wire.text(
        {
            "e": "bookTicker", "u": row["lastUpdateId"], "s": c.symbol, "ps": c.pair, "b": row["bidPrice"], "B": row["bidQty"],
            "a": row["askPrice"], "A": row["askQty"], "T": ms, "E": ms + 1, "st": c.symbol_type,
        }
    )  # fmt: skip


class Depth(Feed):
    """Changes of the book every `beats` beats (`levels` None), or its best `levels` whole."""

    def __init__(self, market: Market, course: Course, beats: int, levels: int | None) -> None:
        self.market, self.course, self.beats, self.levels = market, course, beats, levels
        self.beat_ms = book.beat_ms(market.speed)
        self._previous: int | None = None

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        now = to_ms // (self.beat_ms * self.beats) * self.beats
        if now <= after_ms // self.beat_ms // self.beats * self.beats:
            return []
        before = self._previous if self._previous is not None else now - self.beats
        self._previous = now
        if self.levels is None:
            bids: dict[int, int] = {}
            asks: dict[int, int] = {}
            for beat in range(before + 1, now + 1):
                down, up = book.changes(self.course, beat, self.market.speed)
                bids.update(down.tolist())
                asks.update(up.tolist())
            rows = sorted(bids.items(), reverse=True), sorted(asks.items())
        else:
            down, up = book.sides(self.course, now, self.market.speed, self.levels)
            rows = down.tolist(), up.tolist()
        c = self.course.contract
        ms = now * self.beat_ms
        event = {
            "e": "depthUpdate", "E": ms + 2, "T": ms, "s": c.symbol, "ps": c.pair, "U": book.last_id(before) + 7,
            "u": book.last_id(now), "pu": book.last_id(before), "b": levels(c, rows[0]), "a": levels(c, rows[1]),
            "st": c.symbol_type,
        }  # fmt: skip
        return [(ms, wire.text(event))]


def levels(c: Contract, rows: Any) -> list[list[str]]:
    return [[wire.price(c, ticks), wire.amount(c, steps)] for ticks, steps in rows]


def mix_key(value: int) -> Any:
    import numpy as np

    return np.uint64(value)


DEPTH_NAME: Final = re.compile(r"depth(5|10|20)?(?:@(100|500)ms)?\Z")
ALL_MARKET: Final = {
    "!markPrice@arr", "!markPrice@arr@1s", "!miniTicker@arr", "!ticker@arr", "!forceOrder@arr", "!contractInfo",
}  # fmt: skip


def route_of(name: str) -> tuple[str, str, str] | None:
    """Return (route, lower-case symbol or "", kind) of a stream that exists on the venue; None for any other name."""
    if name in ALL_MARKET:
        return "market", "", name
    if name == "!bookTicker":
        return "public", "", name
    symbol, at, kind = name.partition("@")
    if not at or not symbol or any(c.isascii() and c.isupper() for c in symbol):
        return None
    if kind in ("aggTrade", "markPrice", "markPrice@1s", "miniTicker", "ticker", "forceOrder"):
        return "market", symbol, kind
    if kind.startswith("kline_") and kind[6:] in INTERVALS:
        return "market", symbol, kind
    if kind == "bookTicker" or DEPTH_NAME.match(kind):
        return "public", symbol, kind
    return None


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
        case _:
            return BookTicker(market, None)


def of_contract(market: Market, course: Course, kind: str) -> Feed:
    """Make the feed of one contract's stream."""
    depth = DEPTH_NAME.match(kind)
    if depth:
        beats = {None: 2, "100": 1, "500": 5}[depth[2]]
        return Depth(market, course, beats, int(depth[1]) if depth[1] else None)
    if kind.startswith("kline_"):
        return Klines(market, course, kind[6:])
    match kind:
        case "aggTrade":
            return Trades(course)
        case "markPrice" | "markPrice@1s":
            return Marks(course, 1 if kind.endswith("@1s") else 3)
        case "miniTicker" | "ticker":
            return Ticker(market, course, kind == "miniTicker")
        case "forceOrder":
            return Forced(market, course)
        case _:
            return BookTicker(market, course)
