"""Minutes from a live stream: marks and trades put together until a minute is whole, and what to ask for when it is not.

A minute is whole when marks ran through it without a hole and its trades are contiguous by id. What is missing is named as a `Need`;
the answer is put back in, and minutes leave in order. So an outage that REST can fill ends in the same minutes as no outage.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.market import MINUTE_MS, Kline, MarkPrice, Trade, floor_to

MARK_HOLE_MS: Final = 2_500  # the venue skips a second now and then; after a lost link every second counts
GRACE_MS: Final = 2_000  # trades of a minute may arrive this much venue time after a mark beyond it
LONGEST_TRADE_HOLE: Final = 60_000  # ids; beyond that the minutes are taken from klines


class Need(msgspec.Struct, frozen=True):
    """Something REST should give back: `trades` by id [first, end), `marks`, `klines` or `bars` by minute [first, end) in ms.

    `klines` stand in for trades, `bars` are candles to be shown and kept.
    """

    kind: str
    first: int
    end: int


class Minute(msgspec.Struct, frozen=True):
    """One closed minute. `low` and `high` are the mark's extremes and `end` its last value. Where trades were seen one by one,
    `ticks` (int64) and `quantity` (float64) are the volume at price; else None. `live` says that nothing had to be repaired."""

    t0_ms: int
    marks: NDArray[np.float64]
    low: float
    high: float
    end: float
    volume: float
    taker_buy: float
    ticks: NDArray[np.int64] | None
    quantity: NDArray[np.float64] | None
    live: bool


class OpenMinute(msgspec.Struct, frozen=True):
    """What came so far of a minute, from trade `first_id` on, which was the first to come: volume at price in ticks (int64) and base
    units (float64)."""

    t0_ms: int
    first_id: int
    last_id: int
    ticks: NDArray[np.int64]
    quantity: NDArray[np.float64]


class _Open:
    """A minute that is being filled."""

    __slots__ = ("at_price", "buy", "first_id", "fresh", "kline", "last_id", "mark_kline", "marks", "volume")

    def __init__(self) -> None:
        self.marks: list[tuple[int, float]] = []
        self.at_price: dict[int, float] = {}
        self.volume = 0.0
        self.buy = 0.0
        self.kline: Kline | None = None
        self.mark_kline: Kline | None = None
        self.first_id = -1
        self.last_id = -1
        self.fresh = False  # whether trades came since it was last handed out


class _Hole:
    """Trade ids [first, end) that are missing, between venue times `from_ms` and `to_ms`."""

    __slots__ = ("end", "first", "from_ms", "to_ms")

    def __init__(self, first: int, end: int, from_ms: int, to_ms: int) -> None:
        self.first, self.end, self.from_ms, self.to_ms = first, end, from_ms, to_ms


class Assembler:
    """Collects one symbol's marks and trades into minutes, from `first_ms` (a whole minute) on."""

    def __init__(self, first_ms: int) -> None:
        self.next_ms = floor_to(first_ms, MINUTE_MS)
        self._minutes: dict[int, _Open] = {}
        self._left: list[OpenMinute] = []
        self._holes: list[_Hole] = []
        self._mark_holes: list[tuple[int, int]] = []
        self._cold: set[int] = set()  # minutes whose trades were not watched from their start
        self._repaired: set[int] = set()
        self._next_id: int | None = None
        self._last_trade_ms = 0
        self._last_mark_ms = 0
        self._unsure = False
        self._marks_lost = False
        self.duplicates = 0

    def _minute(self, time_ms: int) -> _Open | None:
        t0 = floor_to(time_ms, MINUTE_MS)
        return self._minutes.setdefault(t0, _Open()) if t0 >= self.next_ms else None

    def mark(self, event: MarkPrice) -> bool:
        """Take a mark; return whether it is the newest. One that was overtaken on the way still belongs to its minute."""
        minute = self._minute(event.time_ms)
        if event.time_ms <= self._last_mark_ms:
            if minute is not None and all(time_ms != event.time_ms for time_ms, _ in minute.marks):
                bisect.insort(minute.marks, (event.time_ms, event.mark))
            return False
        quiet = 1_000 if self._marks_lost else MARK_HOLE_MS
        self._marks_lost = False
        if self._last_mark_ms and event.time_ms - self._last_mark_ms > quiet:
            self._mark_holes.append((self._last_mark_ms, event.time_ms))
        elif not self._last_mark_ms and event.time_ms > self.next_ms:
            self._mark_holes.append((self.next_ms - 1, event.time_ms))
            self._cold.update(range(self.next_ms, event.time_ms, MINUTE_MS))
        self._last_mark_ms = event.time_ms
        if minute is not None:
            minute.marks.append((event.time_ms, event.mark))
        return True

    def trade(self, event: Trade) -> None:
        if self._next_id is None:
            self._next_id = event.id
            if event.time_ms > self.next_ms and self._last_trade_ms == 0:
                self._last_trade_ms = event.time_ms
        if event.id < self._next_id:
            if not self._fill(event.id):
                self.duplicates += 1
                return
        else:
            if event.id > self._next_id:
                self._holes.append(_Hole(self._next_id, event.id, self._last_trade_ms, event.time_ms))
            self._unsure = False
            self._next_id = event.id + 1
            self._last_trade_ms = max(self._last_trade_ms, event.time_ms)
        self._add(event)

    def _add(self, event: Trade) -> None:
        minute = self._minute(event.time_ms)
        if minute is None:
            return
        minute.at_price[event.price_ticks] = minute.at_price.get(event.price_ticks, 0.0) + event.quantity
        minute.volume += event.quantity
        if event.taker_buys:
            minute.buy += event.quantity
        if minute.first_id < 0:
            minute.first_id = event.id
        minute.last_id = max(minute.last_id, event.id)
        minute.fresh = True

    def open_minutes(self) -> Iterator[OpenMinute]:
        """Yield the minutes that trades came to since the last call, as they stand, and those that were closed or given up without
        their trades."""
        yield from self._left
        self._left.clear()
        for t0, minute in self._minutes.items():
            if minute.fresh:
                minute.fresh = False
                yield _open(t0, minute)

    def _fill(self, trade_id: int) -> bool:
        for i, hole in enumerate(self._holes):
            if hole.first <= trade_id < hole.end:
                rest = [
                    _Hole(a, b, hole.from_ms, hole.to_ms)
                    for a, b in ((hole.first, trade_id), (trade_id + 1, hole.end))
                    if a < b
                ]
                self._holes[i : i + 1] = rest
                return True
        return False

    def link_lost(self) -> None:
        """Say that the socket broke, or sent what cannot be read: until the next trade nobody knows whether some are missing."""
        self._unsure = self._next_id is not None
        self._marks_lost = True

    def ask_tail(self) -> Need | None:
        """Return the request that settles whether trades are missing, for a symbol too quiet to tell by its next trade."""
        if self._unsure and self._next_id is not None:
            return Need("trades", self._next_id, self._next_id + 1_000)
        return None

    def needs(self) -> list[Need]:
        """Return what must be fetched before the waiting minutes can leave."""
        wanted: list[Need] = []
        over = floor_to(self._last_mark_ms, MINUTE_MS)  # of the minute that is still open, REST has no final candle
        for t0 in sorted(self._cold):
            if self.next_ms <= t0 < over:
                join_need(wanted, Need("klines", t0, t0 + MINUTE_MS))
        for hole in self._holes:
            if hole.end - hole.first > LONGEST_TRADE_HOLE:
                first, end = floor_to(hole.from_ms, MINUTE_MS), floor_to(hole.to_ms, MINUTE_MS) + MINUTE_MS
                join_need(wanted, Need("klines", max(first, self.next_ms), min(end, over)))
            else:
                wanted.append(Need("trades", hole.first, hole.end))
        for a, b in self._mark_holes:
            first, end = floor_to(a + 1, MINUTE_MS), floor_to(b, MINUTE_MS) + MINUTE_MS
            join_need(wanted, Need("marks", max(first, self.next_ms), min(end, over)))
        return wanted

    def fill_trades(self, trades: list[Trade], need: Need) -> None:
        """Put back what REST gave for a trades need: ids it does not hold within the page do not exist at the venue."""
        for trade in trades:
            if self._next_id is not None and trade.id >= self._next_id:
                self.trade(trade)
            elif self._fill(trade.id):
                self._add(trade)
                self._repaired.add(floor_to(trade.time_ms, MINUTE_MS))
        if self._unsure and len(trades) < 1_000:
            self._unsure = False
        if not trades:
            # The venue has nothing at or after `first`: the ids were never published.
            self._holes = [h for h in self._holes if not (need.first <= h.first and h.end <= need.end)]

    def fill_klines(self, klines: list[Kline], mark: bool) -> None:
        """Put back whole minutes; only closed ones count."""
        for kline in klines:
            t0 = kline.open_ms
            minute = self._minute(t0)
            if minute is None or kline.span_ms != MINUTE_MS or not kline.closed:
                continue
            self._repaired.add(t0)
            if mark:
                minute.mark_kline = kline
                self._mark_holes = _without(self._mark_holes, t0, t0 + MINUTE_MS)
            else:
                minute.kline = kline
                self._cold.discard(t0)
                self._shrink_holes(t0, t0 + MINUTE_MS)

    def _shrink_holes(self, t0: int, t1: int) -> None:
        kept = []
        for hole in self._holes:
            if t0 <= hole.from_ms and hole.to_ms < t1:
                continue
            if t0 <= hole.from_ms < t1:
                hole.from_ms = t1
            if t0 <= hole.to_ms < t1:
                hole.to_ms = t0 - 1
            if hole.from_ms <= hole.to_ms:
                kept.append(hole)
        self._holes = kept

    def _whole(self, t0: int) -> bool:
        t1 = t0 + MINUTE_MS
        if self._last_mark_ms < t1 + GRACE_MS or self._unsure:
            return False
        minute = self._minutes.get(t0)
        if minute is None:
            return False
        if any(a < t1 - 1 and b > t0 for a, b in self._mark_holes) and minute.mark_kline is None:
            return False
        if t0 in self._cold or (minute.kline is None and any(h.from_ms < t1 and h.to_ms >= t0 for h in self._holes)):
            return False
        return bool(minute.marks) or minute.mark_kline is not None

    def take(self) -> Minute | None:
        """Return the next minute in order when it is whole."""
        t0 = self.next_ms
        if not self._whole(t0):
            return None
        minute = self._minutes.pop(t0)
        if minute.fresh and minute.kline is not None:
            self._left.append(_open(t0, minute))
        self.next_ms = t0 + MINUTE_MS
        repaired = t0 in self._repaired
        self._repaired.discard(t0)
        self._mark_holes = [(a, b) for a, b in self._mark_holes if b >= self.next_ms]
        return _closed(t0, minute, repaired)

    def give_up(self, until_ms: int) -> tuple[int, int] | None:
        """Drop minutes that cannot be had, up to `until_ms`; returns the dropped stretch [from, to) in ms, None when empty."""
        start, stop = self.next_ms, floor_to(until_ms, MINUTE_MS)
        if stop <= start:
            return None
        self.next_ms = stop
        self._left += [_open(t, m) for t, m in self._minutes.items() if t < stop and m.fresh]
        self._minutes = {t: m for t, m in self._minutes.items() if t >= stop}
        self._holes = [h for h in self._holes if h.to_ms >= stop]
        self._cold = {t for t in self._cold if t >= stop}
        self._mark_holes = [(a, b) for a, b in self._mark_holes if b >= stop]
        return start, stop


def join_need(wanted: list[Need], need: Need) -> None:
    """Append a need by minutes, grown onto the last one where they touch; empty ones are left out."""
    if need.first >= need.end:
        return
    last = wanted[-1] if wanted else None
    if last is not None and last.kind == need.kind and last.end >= need.first:
        wanted[-1] = Need(need.kind, min(last.first, need.first), max(last.end, need.end))
    else:
        wanted.append(need)


def _without(holes: list[tuple[int, int]], t0: int, t1: int) -> list[tuple[int, int]]:
    left: list[tuple[int, int]] = []
    for a, b in holes:
        if b <= t0 or a >= t1:
            left.append((a, b))
            continue
        if a < t0:
            left.append((a, t0))
        if b > t1:
            left.append((t1 - 1, b))
    return left


def _closed(t0: int, minute: _Open, repaired: bool) -> Minute:
    marks = np.array([price for _, price in minute.marks], dtype=np.float64)
    low = float(marks.min()) if marks.size else math.inf
    high = float(marks.max()) if marks.size else -math.inf
    end = float(marks[-1]) if marks.size else math.nan
    if minute.mark_kline is not None:
        low, high, end = min(low, minute.mark_kline.low), max(high, minute.mark_kline.high), minute.mark_kline.close
    if minute.kline is not None:
        return Minute(t0, marks, low, high, end, minute.kline.volume, minute.kline.taker_buy, None, None, not repaired)
    return Minute(t0, marks, low, high, end, minute.volume, minute.buy, *_at_price(minute), not repaired)


def _open(t0: int, minute: _Open) -> OpenMinute:
    return OpenMinute(t0, minute.first_id, minute.last_id, *_at_price(minute))


def _at_price(minute: _Open) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    ticks = np.array(sorted(minute.at_price), dtype=np.int64)
    return ticks, np.array([minute.at_price[t] for t in ticks.tolist()], dtype=np.float64)
