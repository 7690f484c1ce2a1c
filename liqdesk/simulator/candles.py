"""Candles of any interval, summed from the minutes of a course."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqdesk.simulator import layout as at
from liqdesk.simulator.course import Course
from liqdesk.simulator.splitting import BUY, MS, STEPS, TICKS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

WEEK_MS: Final = 7 * DAY_MS
MONDAY_MS: Final = 4 * DAY_MS  # 1970-01-05
INTERVALS: Final = {
    "1m": MINUTE_MS, "3m": 3 * MINUTE_MS, "5m": 5 * MINUTE_MS, "15m": 15 * MINUTE_MS, "30m": 30 * MINUTE_MS, "1h": HOUR_MS,
    "2h": 2 * HOUR_MS, "4h": 4 * HOUR_MS, "6h": 6 * HOUR_MS, "8h": 8 * HOUR_MS, "12h": 12 * HOUR_MS, "1d": DAY_MS, "3d": 3 * DAY_MS,
    "1w": WEEK_MS, "1M": 0,
}  # fmt: skip


class Candle(msgspec.Struct, frozen=True):
    """One candle. Traded ones: prices in ticks, volumes in steps, quotes in ticks·steps, `count` trades from `first_id`.
    Mark and index ones: prices in quote units, `count` minutes' samples, the rest zero."""

    open_ms: int
    close_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: int = 0
    bought: int = 0
    quote: int = 0
    quote_bought: int = 0
    count: int = 0
    first_id: int = 0


def opening(ms: int, interval: str) -> int:
    """Return when the candle that holds `ms` opened; weeks begin on Monday, months on the first, UTC."""
    span = INTERVALS[interval]
    if interval == "1M":
        day = dt.datetime.fromtimestamp(ms / 1000, dt.UTC)
        return round(day.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
    shift = MONDAY_MS if interval == "1w" else 0
    return (ms - shift) // span * span + shift


def ending(open_ms: int, interval: str) -> int:
    """Return when the candle that opened at `open_ms` ends (the next one's opening)."""
    return opening(open_ms + 32 * DAY_MS, interval) if interval == "1M" else open_ms + INTERVALS[interval]


def minute_rows(course: Course, first: int, last: int, now_ms: int) -> Ints:
    """Return copies of the traded minutes `first` to `last` (UTC minutes, both included), the open one as of `now_ms`."""
    rows: Ints = course.MI[np.arange(first, last + 1) % at.MINUTES].copy()
    now_s = course.now_s
    minute = now_s // 60
    if not first <= minute <= last:
        return rows
    row = rows[minute - first]
    trades = course.split(now_s)
    if now_s % 60 == 0:
        row[:] = 0
        row[at.OPEN : at.VOLUME] = course.Q[at.CLOSE_TICKS]
        row[at.FIRST_ID] = course.second(now_s)[1][at.S_FIRST_ID]
    trades = trades[trades[:, MS] + now_s * 1000 <= now_ms]
    if len(trades):
        ticks, steps, buys = trades[:, TICKS], trades[:, STEPS], trades[:, BUY]
        if row[at.COUNT] == 0:
            row[at.OPEN : at.VOLUME] = ticks[0]
        row[at.HIGH], row[at.LOW] = max(row[at.HIGH], ticks.max()), min(row[at.LOW], ticks.min())
        row[at.CLOSE] = ticks[-1]
        row[at.VOLUME] += steps.sum()
        row[at.BOUGHT] += (steps * buys).sum()
        row[at.QUOTE] += (steps * ticks).sum()
        row[at.QUOTE_BOUGHT] += (steps * ticks * buys).sum()
        row[at.COUNT] += len(trades)
    return rows


def candles(
    course: Course, interval: str, now_ms: int, start_ms: int | None, end_ms: int | None, limit: int, kind: str = "last"
) -> list[Candle]:
    """Return at most `limit` candles that opened in [start_ms, end_ms], ascending: the earliest when a start is given, else the latest.

    kind: "last", "mark", "index" or "premium" (of mark over index, less one).
    """
    oldest = course.oldest_minute * MINUTE_MS
    newest = opening(now_ms, interval)
    end = newest if end_ms is None else min(opening(end_ms, interval), newest)
    first_open = opening(oldest, interval)
    if first_open < oldest and not course.whole:
        first_open = ending(first_open, interval)
    if start_ms is not None and start_ms > first_open:
        first_open = opening(start_ms - 1, interval)
        first_open = ending(first_open, interval)
    span = INTERVALS[interval] or 31 * DAY_MS
    if start_ms is None:
        first_open = max(first_open, opening(end - (limit - 1) * span, interval))
    else:
        end = min(end, opening(first_open + (limit - 1) * span, interval))
    if end < first_open:
        return []
    last = min(ending(end, interval), now_ms + 1) - 1
    m0, m1 = max(first_open, oldest) // MINUTE_MS, last // MINUTE_MS
    edges = [first_open]
    while edges[-1] < end:
        edges.append(ending(edges[-1], interval))
    starts = np.array([max(e // MINUTE_MS - m0, 0) for e in edges])
    if kind == "last":
        return _traded(minute_rows(course, m0, m1, now_ms), edges, starts, interval)
    rows = _rates(course.MF[np.arange(m0, m1 + 1) % at.MINUTES], kind)
    high = np.maximum.reduceat(rows[:, 1], starts)
    low = np.minimum.reduceat(rows[:, 2], starts)
    stops = np.append(starts[1:], len(rows))
    return [
        Candle(e, ending(e, interval), o, h, w, c, count=60 * int(n))
        for e, o, h, w, c, n in zip(
            edges,
            rows[starts, 0].tolist(),
            high.tolist(),
            low.tolist(),
            rows[stops - 1, 3].tolist(),
            stops - starts,
            strict=True,
        )
    ]


def _rates(minutes: Floats, kind: str) -> Floats:
    """Return open, high, low, close of minutes; the premium of mark over index does not change within one."""
    if kind == "premium":
        premium = np.round(minutes[:, at.MARK_O] / minutes[:, at.INDEX_O] - 1.0, 8)
        return np.repeat(premium[:, None], 4, axis=1)
    shift = at.MARK_O if kind == "mark" else at.INDEX_O
    return minutes[:, shift : shift + 4]


def _traded(rows: Ints, edges: list[int], starts: Ints, interval: str) -> list[Candle]:
    high = np.maximum.reduceat(rows[:, at.HIGH], starts)
    low = np.minimum.reduceat(rows[:, at.LOW], starts)
    sums = np.add.reduceat(rows[:, at.VOLUME : at.FIRST_ID], starts, axis=0)
    close = rows[np.append(starts[1:], len(rows)) - 1, at.CLOSE]
    table = np.column_stack([rows[starts, at.OPEN], high, low, close, sums, rows[starts, at.FIRST_ID]]).tolist()
    return [Candle(e, ending(e, interval), *row) for e, row in zip(edges, table, strict=True)]
