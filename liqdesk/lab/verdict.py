"""What the ledger amounts to: is this map better than the best naive one, and how sure is that.

The lead over a map is (our score − its score) / forced orders printed, nats per order. Its 80 % interval is that of whole days drawn
with replacement (a block bootstrap: within a day liquidations come in cascades). The map to beat is the one with the best score in all,
which can only make ours look worse. Rhoades et al. 2011 (Acta Geophysica 59) use the same gain per event for earthquake forecasts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.lab.ledger import Curve, Ledger, Row
from liqdesk.market import DAY_MS

Floats = NDArray[np.float64]

LEAST_DAYS: Final = 14
LEAST_ORDERS: Final = 300
DAY_MINUTES: Final = 60  # scored minutes that make a day count
DRAWS: Final = 2_000
SEED: Final = 20_101_026
LEVEL: Final = 0.8
WEEK_MS: Final = 7 * DAY_MS
MONDAY_MS: Final = 4 * DAY_MS  # 1970 began on a Thursday
TENTHS: Final = 10


class Verdict(StrEnum):
    EARLY = "too early"
    BETTER = "better"
    EVEN = "not distinguishable"
    WORSE = "worse"


class Lead(msgspec.Struct, frozen=True):
    """How far our map is ahead of one naive map, nats per order, with the 80 % interval; `forecast` is how many orders that map
    foresaw for each one printed."""

    name: str
    value: float
    low: float
    high: float
    forecast: float


class Tenth(msgspec.Struct, frozen=True):
    """About a tenth of the orders foreseen, by the size of the forecast: orders foreseen and printed per minute and side, and how many
    were printed."""

    forecast: float
    printed: float
    orders: int


class Week(msgspec.Struct, frozen=True):
    """Orders foreseen and printed in a week from `from_ms` (a Monday, UTC), in the minutes that were scored."""

    from_ms: int
    forecast: float
    printed: int
    minutes: int


class Headline(msgspec.Struct, frozen=True):
    """The score so far. `best` is the naive map to beat (None before the first scored minute), `leads` all of them, by falling score.
    `days` are UTC days with at least an hour scored, `forecast` the orders we foresaw for each one printed."""

    verdict: Verdict
    best: Lead | None
    leads: tuple[Lead, ...]
    days: int
    orders: int
    usd: float
    minutes: int
    forecast: float
    curve: tuple[Tenth, ...]
    weeks: tuple[Week, ...]
    since_ms: int


def headline(ledger: Ledger) -> Headline:
    """Return the score of the ledger's first map against all others."""
    rows = [ledger.days[day] for day in sorted(ledger.days)]
    if not rows:
        return Headline(Verdict.EARLY, None, (), 0, 0, 0.0, 0, math.nan, (), (), 0)
    score, forecast = (np.stack([getattr(row, name) for row in rows]) for name in ("score", "forecast"))
    orders, usd, minutes = (
        np.array([getattr(row, name) for row in rows], dtype=np.float64) for name in ("orders", "usd", "minutes")
    )
    days, printed = int((minutes >= DAY_MINUTES).sum()), float(orders.sum())
    leads = _leads(ledger.maps, score, forecast, orders)
    best = leads[0] if leads else None
    return Headline(
        _verdict(best, days, printed),
        best,
        leads,
        days,
        int(printed),
        float(usd.sum()),
        int(minutes.sum()),
        float(forecast[:, 0].sum()) / printed if printed else math.nan,
        tenths(ledger.curve),
        _weeks(rows),
        rows[0].t_ms,
    )


def _verdict(best: Lead | None, days: int, orders: float) -> Verdict:
    if best is None or days < LEAST_DAYS or orders < LEAST_ORDERS:
        return Verdict.EARLY
    if best.high < 0:
        return Verdict.WORSE
    return Verdict.BETTER if best.low > 0 else Verdict.EVEN


def _leads(maps: Sequence[str], score: Floats, forecast: Floats, orders: Floats) -> tuple[Lead, ...]:
    """Return the leads over all but the first map, the best map first. score, forecast [days, maps], orders [days]."""
    total = score.sum(axis=0)
    ranked = sorted(range(1, len(maps)), key=lambda i: -total[i])
    printed = orders.sum()
    if not ranked or not printed:
        return ()
    ahead = score[:, :1] - score[:, ranked]
    drawn = _draws(len(orders))
    weight = drawn @ orders
    ratios = (drawn @ ahead)[weight > 0] / weight[weight > 0, None]
    low, high = np.quantile(ratios, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    value, foreseen = ahead.sum(axis=0) / printed, forecast.sum(axis=0) / printed
    return tuple(
        Lead(maps[i], float(value[k]), float(low[k]), float(high[k]), float(foreseen[i])) for k, i in enumerate(ranked)
    )


@lru_cache(maxsize=2)
def _draws(days: int) -> Floats:
    """Return how often each day is drawn, float64 [DRAWS, days]; the same ones each time."""
    drawn: Floats = np.random.default_rng(SEED).multinomial(days, np.full(days, 1 / days), DRAWS).astype(np.float64)
    return drawn


def tenths(curve: Curve) -> tuple[Tenth, ...]:
    """Return the curve in up to ten steps of about equally many orders foreseen, by rising forecast."""
    total = float(curve.forecast.sum())
    if total <= 0:
        return ()
    middle = (np.cumsum(curve.forecast) - curve.forecast / 2) / total
    group = np.minimum((middle * TENTHS).astype(np.int64), TENTHS - 1)
    count, forecast, orders = (
        np.bincount(group, weights=values, minlength=TENTHS) for values in (curve.count, curve.forecast, curve.orders)
    )
    return tuple(
        Tenth(float(forecast[i] / count[i]), float(orders[i] / count[i]), int(orders[i]))
        for i in range(TENTHS)
        if count[i] > 0
    )


def _weeks(days: Sequence[Row]) -> tuple[Week, ...]:
    weeks: dict[int, list[Row]] = {}
    for day in days:
        weeks.setdefault((day.t_ms - MONDAY_MS) // WEEK_MS, []).append(day)
    return tuple(
        Week(
            week * WEEK_MS + MONDAY_MS,
            sum(float(row.forecast[0]) for row in rows),
            int(sum(row.orders for row in rows)),
            sum(row.minutes for row in rows),
        )
        for week, rows in weeks.items()
    )
