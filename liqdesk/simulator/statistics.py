"""Statistics by period, of the last thirty days: open interest, who is long and short, what takers bought and sold, and the basis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqdesk.simulator import layout as at
from liqdesk.simulator import positions as pos
from liqdesk.simulator import wire
from liqdesk.simulator.contracts import PERPETUAL_END_MS
from liqdesk.simulator.course import Course

WALL_MS: Final = 30 * DAY_MS
PERIODS: Final = {
    "5m": 5 * MINUTE_MS, "15m": 15 * MINUTE_MS, "30m": 30 * MINUTE_MS, "1h": HOUR_MS, "2h": 2 * HOUR_MS, "4h": 4 * HOUR_MS,
    "6h": 6 * HOUR_MS, "12h": 12 * HOUR_MS, "1d": DAY_MS,
}  # fmt: skip
Row = Callable[
    [Course, int, int], dict[str, Any] | None
]  # of (course, end of the period, its length); None: no such row


def times(course: Course, span: int, now_ms: int, start_ms: int | None, end_ms: int | None, limit: int) -> range:
    """Return the periods' ends in [start_ms, end_ms], ascending: the latest `limit`, also where a start is given."""
    last = min(now_ms if end_ms is None else end_ms, now_ms) // span * span
    first = max(now_ms - WALL_MS + 1 if start_ms is None else start_ms, course.oldest_minute * MINUTE_MS)
    return range(max(-(-first // span) * span, last - (limit - 1) * span), last + 1, span)


def interest_row(course: Course, ms: int, span: int) -> dict[str, Any]:
    row = course.MF[ms // MINUTE_MS % at.MINUTES]
    interest, mark = float(row[at.M_INTEREST]), float(row[at.MARK_O])
    return {
        "symbol": course.contract.symbol, "sumOpenInterest": f"{interest:.8f}", "sumOpenInterestValue": f"{interest * mark:.8f}",
        "CMCCirculatingSupply": "0.00000000", "timestamp": ms,
    }  # fmt: skip


def ratio_row(long: int, short: int) -> Row:
    """Return how the rows of a ratio are made of two columns of the census; there is none of a contract without traders of its own."""

    def row(course: Course, ms: int, span: int) -> dict[str, Any] | None:
        census = course.census(ms // 1000)
        longs, shorts = census[long], census[short]
        if not (longs and shorts):
            return None
        return {
            "symbol": course.contract.symbol, "longShortRatio": f"{longs / shorts:.4f}", "longAccount": f"{longs / (longs + shorts):.4f}",
            "shortAccount": f"{shorts / (longs + shorts):.4f}", "timestamp": ms,
        }  # fmt: skip

    return row


accounts_row: Final = ratio_row(pos.LONG, pos.SHORT)
top_accounts_row: Final = ratio_row(pos.TOP_LONG, pos.TOP_SHORT)
top_positions_row: Final = ratio_row(pos.TOP_LONG_STEPS, pos.TOP_SHORT_STEPS)


def taker_row(course: Course, ms: int, span: int) -> dict[str, Any]:
    """Return what takers bought and sold in the period that ended at `ms`, as far as the market goes back; its stamp is the start."""
    first = max((ms - span) // MINUTE_MS, course.oldest_minute)
    rows = course.MI[np.arange(first, ms // MINUTE_MS) % at.MINUTES]
    bought = float(rows[:, at.BOUGHT].sum() * course.contract.step)
    sold = float(rows[:, at.VOLUME].sum() * course.contract.step) - bought
    ratio = bought / sold if sold > 0.0 else 0.0
    return {"buySellRatio": f"{ratio:.4f}", "buyVol": f"{bought:.4f}", "sellVol": f"{sold:.4f}", "timestamp": ms - span}


def basis_row(course: Course, ms: int, span: int) -> dict[str, Any] | None:
    """Return by how much the price stood above the index when the period that ended at `ms` began; its stamp is that start."""
    c, start = course.contract, ms - span
    minute = start // MINUTE_MS
    if minute < course.oldest_minute:
        return None
    price = int(course.MI[minute % at.MINUTES, at.OPEN]) * c.tick
    index = float(course.MF[minute % at.MINUTES, at.INDEX_O])
    rate = price / index - 1.0
    yearly = "" if c.delivery_ms == PERPETUAL_END_MS else f"{rate * 365 * DAY_MS / (c.delivery_ms - start):.4f}"
    return {
        "indexPrice": f"{index:.8f}", "contractType": c.contract_type, "basisRate": f"{rate:.4f}",
        "futuresPrice": wire.price(c, price / c.tick), "annualizedBasisRate": yearly, "basis": f"{price - index:.8f}", "pair": c.pair,
        "timestamp": start,
    }  # fmt: skip
