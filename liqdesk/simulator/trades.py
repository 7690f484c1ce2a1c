"""Aggregated trades by time and by id, made anew from the second that they belong to; and printed forced orders."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from liqdesk.simulator import layout as at
from liqdesk.simulator.course import EVENTS, FIRST_TRADE_ID, Course
from liqdesk.simulator.splitting import BUY, MS, STEPS, TICKS

PRINT_DELAY_MS = 1008


class Trade(NamedTuple):
    """One aggregated trade: price in ticks, quantity in steps."""

    id: int
    time_ms: int
    ticks: int
    steps: int
    buy: int


def between(course: Course, after_ms: int, to_ms: int) -> list[Trade]:
    """Return the trades with after_ms < time ≤ to_ms, ascending."""
    found: list[Trade] = []
    for s in range(max((after_ms + 1) // 1000, course.oldest_s), min(to_ms // 1000, course.now_s) + 1):
        found += _second(course, s, after_ms, to_ms)
    return found


def _second(course: Course, s: int, after_ms: int, to_ms: int) -> list[Trade]:
    rows = course.split(s)
    if not len(rows):
        return []
    first = int(course.second(s)[1][at.S_FIRST_ID])
    base = s * 1000
    if after_ms < base and to_ms >= base + 1000:
        lo, hi = 0, len(rows)
    else:
        lo, hi = (int(i) for i in rows[:, MS].searchsorted((after_ms - base, to_ms - base), side="right"))
    return [
        Trade(first + lo + j, base + row[MS], row[TICKS], row[STEPS], row[BUY])
        for j, row in enumerate(rows[lo:hi].tolist())
    ]


def from_id(course: Course, trade_id: int, limit: int, now_ms: int) -> list[Trade]:
    """Return up to `limit` trades of ids ≥ `trade_id` that happened by `now_ms`; empty where they are older than the rings."""
    low, high = course.oldest_s, course.now_s
    while low < high:  # the last second whose first id is not beyond
        middle = (low + high + 1) // 2
        if int(course.second(middle)[1][at.S_FIRST_ID]) <= trade_id:
            low = middle
        else:
            high = middle - 1
    found: list[Trade] = []
    while low <= course.now_s and len(found) < limit:
        found += [t for t in _second(course, low, -1, now_ms) if t.id >= trade_id]
        low += 1
    return found[:limit]


def latest(course: Course, limit: int, end_ms: int) -> list[Trade]:
    """Return the last `limit` trades at or before `end_ms`, ascending."""
    found: list[Trade] = []
    s = min(end_ms // 1000, course.now_s)
    while s >= course.oldest_s and len(found) < limit:
        found = _second(course, s, -1, end_ms) + found
        s -= 1
    return found[-limit:]


def oldest_id(course: Course) -> int:
    return int(course.second(course.oldest_s)[1][at.S_FIRST_ID]) if course.now_s >= course.began_s else FIRST_TRADE_ID


class Liquidation(msgspec.Struct, frozen=True):
    """One true liquidation order: prices in ticks, quantities in steps, except `liquidation`, `entry` and `bankrupt` (quote units).
    side: 0 a long, 1 a short was liquidated. `printed`: the venue showed it, at `event_ms`."""

    number: int
    side: int
    time_ms: int
    event_ms: int
    ticks: int
    limit: int
    steps: int
    last_fill: int
    leverage: int
    liquidation: float
    entry: float
    bankrupt: float
    rate: float
    printed: bool


def liquidation(course: Course, number: int) -> Liquidation:
    """Return a true liquidation by its running number."""
    i, f = course.EI[number % EVENTS].tolist(), course.EF[number % EVENTS].tolist()
    ms = i[at.E_SECOND] * 1000 + i[at.E_MS]
    printed = course.oldest_s <= i[at.E_SECOND] and course.second(i[at.E_SECOND])[1][at.S_PRINT] == number
    return Liquidation(
        number, i[at.E_SIDE], ms, ms + PRINT_DELAY_MS, i[at.E_TICKS], i[at.E_LIMIT], i[at.E_STEPS], i[at.E_LAST_FILL], i[at.E_LEVERAGE],
        f[at.E_LIQUIDATION], f[at.E_ENTRY], f[at.E_BANKRUPT], f[at.E_RATE], bool(printed),
    )  # fmt: skip


def printed(course: Course, after_ms: int, to_ms: int) -> list[Liquidation]:
    """Return the prints that the venue pushed with after_ms < event time ≤ to_ms."""
    first = max((after_ms - PRINT_DELAY_MS) // 1000, course.oldest_s)
    last = min((to_ms - PRINT_DELAY_MS) // 1000, course.now_s)
    numbers = [int(course.second(s)[1][at.S_PRINT]) for s in range(first, last + 1)]
    prints = [liquidation(course, n) for n in numbers if n >= 0]
    return [p for p in prints if after_ms < p.event_ms <= to_ms]


def true_liquidations(course: Course, start_ms: int, end_ms: int) -> list[Liquidation]:
    """Return every liquidation in [start_ms, end_ms] that is still in the log of the last 131,072, printed or not.

    `printed` is known for the last 49 hours only.
    """
    count = int(course.Q[at.EVENTS])
    rows = [liquidation(course, n) for n in range(max(0, count - EVENTS), count)]
    return [r for r in rows if start_ms <= r.time_ms <= end_ms]
