"""What the streams of the order book say, and its best levels as REST tells them."""

from __future__ import annotations

from typing import Any

from liqdesk.simulator import book, wire
from liqdesk.simulator.contracts import Contract
from liqdesk.simulator.course import Course
from liqdesk.simulator.feed import Feed, Said
from liqdesk.simulator.market import Market


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
    """Changes of the book every `beats` beats (`levels` None), or its best `levels` whole; with `retail`, RPI orders are counted in."""

    def __init__(self, market: Market, course: Course, beats: int, levels: int | None, retail: bool = False) -> None:
        self.market, self.course, self.beats, self.levels, self.retail = market, course, beats, levels, retail
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
                down, up = book.changes(self.course, beat, self.market.speed, self.retail)
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
