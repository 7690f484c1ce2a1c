"""Minutes from a live stream: marks and trades put together until a minute is whole, and what to ask for when it is not.

A minute is whole when marks ran through it without a hole and its trades are contiguous by id, up to its end: that none came does not
say that there were none. A later trade says it, the final candle whose volume is what came, or REST. What is missing is named as a
`Need`; the answer is put back in, and minutes leave in order. So an outage that REST can fill ends in the same minutes as no outage.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.trade_ids import TradeIds
from liqdesk.market import MINUTE_MS, Kline, MarkPrice, Trade, floor_to

MARK_HOLE_MS: Final = 2_500  # the venue skips a second now and then; after a lost link every second counts
GRACE_MS: Final = 2_000  # trades of a minute may arrive this much venue time after a mark beyond it
LONGEST_TRADE_HOLE: Final = 60_000  # ids; beyond that the minutes are taken from klines
TAIL: Final = 1_000  # trades; an answer of so many may have left out later ones


class Need(msgspec.Struct, frozen=True):
    """Something REST should give back: `trades` by id [first, end), `marks`, `klines` or `bars` by minute [first, end) in ms.

    `klines` stand in for trades, `bars` are candles to be shown and kept. `tail` is all trades from id `first` on, asked for when all of
    them before `end` in ms were there to be given.
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

    __slots__ = (
        "at_price",
        "buy",
        "final_volume",
        "first_id",
        "fresh",
        "kline",
        "last_id",
        "mark_kline",
        "marks",
        "volume",
    )

    def __init__(self) -> None:
        self.marks: list[tuple[int, float]] = []
        self.at_price: dict[int, float] = {}
        self.volume = 0.0
        self.final_volume = math.nan  # in the venue's words
        self.buy = 0.0
        self.kline: Kline | None = None
        self.mark_kline: Kline | None = None
        self.first_id = -1
        self.last_id = -1
        self.fresh = False  # whether trades came since it was last handed out


class Assembler:
    """Collects one symbol's marks and trades into minutes, from `first_ms` (a whole minute) on."""

    def __init__(self, first_ms: int) -> None:
        self.next_ms = floor_to(first_ms, MINUTE_MS)
        self._minutes: dict[int, _Open] = {}
        self._left: list[OpenMinute] = []
        self._ids = TradeIds()
        self._mark_holes: list[tuple[int, int]] = []
        self._cold: set[int] = set()  # minutes whose trades were not watched from their start
        self._repaired: set[int] = set()
        self._last_mark_ms = 0
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

    def trade(self, event: Trade) -> bool:
        """Take a trade; return whether it comes for the first time."""
        if self._ids.next_id is None and event.time_ms >= self.next_ms + MINUTE_MS:
            self._cold.update(range(self.next_ms, event.time_ms + 1, MINUTE_MS))
        if not self._ids.came(event.id, event.time_ms):
            self.duplicates += 1
            return False
        self._add(event)
        return True

    def candle(self, event: Kline) -> None:
        """Take a final candle of one minute from the stream: where its volume is what came, no trade is missing."""
        minute = self._minutes.get(event.open_ms)
        if minute is not None:
            minute.final_volume = event.volume
            if math.isclose(minute.volume, minute.final_volume):
                self._cold.discard(event.open_ms)

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

    def link_lost(self) -> None:
        """Say that the socket broke, or sent what cannot be read: a second without a mark may be a loss."""
        self._marks_lost = True

    def needs(self) -> list[Need]:
        """Return what must be fetched before the waiting minutes can leave."""
        wanted: list[Need] = []
        over = floor_to(self._last_mark_ms, MINUTE_MS)  # of the minute that is still open, REST has no final candle
        for t0 in sorted(self._cold):
            if self.next_ms <= t0 < over:
                join_need(wanted, Need("klines", t0, t0 + MINUTE_MS))
        for hole in self._ids.holes:
            if hole.end - hole.first > LONGEST_TRADE_HOLE:
                first, end = floor_to(hole.from_ms, MINUTE_MS), floor_to(hole.to_ms, MINUTE_MS) + MINUTE_MS
                join_need(wanted, Need("klines", max(first, self.next_ms), min(end, over)))
            else:
                wanted.append(Need("trades", hole.first, hole.end))
        settled = floor_to(self._last_mark_ms - GRACE_MS, MINUTE_MS)
        if self.next_ms < settled and not self._heard_out(self.next_ms):
            if self._ids.next_id is None:
                join_need(wanted, Need("klines", self.next_ms, settled))
            else:
                wanted.append(Need("tail", self._ids.next_id, settled))
        for a, b in self._mark_holes:
            first, end = floor_to(a + 1, MINUTE_MS), floor_to(b, MINUTE_MS) + MINUTE_MS
            join_need(wanted, Need("marks", max(first, self.next_ms), min(end, over)))
        return wanted

    def fill_trades(self, trades: list[Trade], need: Need) -> None:
        """Put back what REST gave for a need of trades or of their tail."""
        self._repaired.update(floor_to(trade.time_ms, MINUTE_MS) for trade in trades if self.trade(trade))
        if need.kind == "tail":
            if len(trades) < TAIL:
                self._ids.settle(need.end)
        elif not trades:
            self._ids.never_were(need.first, need.end)

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
                self._ids.forget(t0, t0 + MINUTE_MS)

    def _heard_out(self, t0: int) -> bool:
        """Return whether no trades of a minute can be missing but those in holes."""
        if self._ids.until_ms >= t0 + MINUTE_MS:
            return True
        minute = self._minutes.get(t0)
        return minute is not None and (minute.kline is not None or math.isclose(minute.volume, minute.final_volume))

    def _whole(self, t0: int) -> bool:
        t1 = t0 + MINUTE_MS
        if self._last_mark_ms < t1 + GRACE_MS or not self._heard_out(t0):
            return False
        minute = self._minutes.get(t0)
        if minute is None:
            return False
        if any(a < t1 - 1 and b > t0 for a, b in self._mark_holes) and minute.mark_kline is None:
            return False
        if t0 in self._cold or (minute.kline is None and self._ids.lacks(t0, t1)):
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
        self._repaired = {t for t in self._repaired if t > t0}
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
        self._ids.holes = [h for h in self._ids.holes if h.to_ms >= stop]
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
