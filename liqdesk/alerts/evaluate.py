"""Whether a rule's condition holds in a market as it is now. Pure; cooldowns are the book's."""

from __future__ import annotations

import math
import statistics
from typing import Final

import msgspec

from liqdesk.alerts import words
from liqdesk.alerts.rules import (
    AnyRule,
    Cross,
    Fired,
    ForcedBurst,
    FundingBeyond,
    ImbalanceBeyond,
    PriceCrosses,
    Which,
    ZoneNear,
)
from liqdesk.insight import Imbalance, Zone
from liqdesk.market import ForcedOrder, Instrument, Side

LONGEST_STEP_MS: Final = 10_000  # between two marks; beyond it nobody saw what happened in between


class MarketView(msgspec.Struct, frozen=True):
    """One symbol at one mark. `time_ms` and `previous` (time, mark) are venue time; `forced` holds the printed liquidations of the
    last day, in any order; `funding_rate` is a fraction per interval, None where there is none."""

    symbol: str
    time_ms: int
    mark: float
    previous: tuple[int, float] | None
    zones: tuple[Zone, ...]
    imbalance: tuple[Imbalance, ...]
    funding_rate: float | None
    forced: tuple[ForcedOrder, ...]
    instrument: Instrument


class _Finding(msgspec.Struct, frozen=True):
    headline: str
    facts: str
    price: float


def evaluate(rule: AnyRule, view: MarketView) -> Fired | None:
    """Return the firing of a rule whose condition holds in `view`, else None; a rule of another symbol never holds."""
    if rule.symbol != view.symbol:
        return None
    match rule:
        case PriceCrosses():
            found = _price(rule, view)
        case ZoneNear():
            found = _zone(rule, view)
        case ImbalanceBeyond():
            found = _imbalance(rule, view)
        case FundingBeyond():
            found = _funding(rule, view)
        case ForcedBurst():
            found = _forced(rule, view)
    if found is None:
        return None
    return Fired(rule.id, rule.symbol, view.time_ms, found.headline, found.facts, found.price, rule.sound)


def _mark(view: MarketView) -> str:
    return f"mark {words.price(view.mark, view.instrument.price_decimals)} at {words.clock(view.time_ms)}"


def _beyond(value: float, threshold: float, either: bool) -> bool:
    if either:
        return abs(value) > abs(threshold)
    return value > threshold if threshold > 0 else value < threshold


def _admits(which: Which, side: Side) -> bool:
    return which is Which.BOTH or which.value == side.word


def _price(rule: PriceCrosses, view: MarketView) -> _Finding | None:
    if view.previous is None:
        return None
    before_ms, before = view.previous
    if not 0 < view.time_ms - before_ms <= LONGEST_STEP_MS:
        return None
    up = before < rule.price <= view.mark and rule.direction is not Cross.DOWN
    down = before > rule.price >= view.mark and rule.direction is not Cross.UP
    if not (up or down):
        return None
    level = words.price(rule.price, view.instrument.price_decimals)
    return _Finding(f"{view.symbol} crossed {level} {'upwards' if up else 'downwards'}", _mark(view), rule.price)


def _zone(rule: ZoneNear, view: MarketView) -> _Finding | None:
    if not view.zones:
        return None
    median = statistics.median(z.usd for z in view.zones)
    least = rule.min_usd if rule.min_usd is not None else (rule.min_medians or math.inf) * median
    near = [z for z in view.zones if _admits(rule.which, z.side) and abs(z.distance) <= rule.within and z.usd >= least]
    if not near:
        return None
    zone = min(near, key=lambda z: abs(z.distance))
    decimals = view.instrument.price_decimals
    place = (
        "at mark"
        if zone.distance == 0
        else f"{words.percent(zone.distance, 2)} {'below' if zone.distance < 0 else 'above'}"
    )
    kind, short = ("zone", "zone") if zone.significant else ("rise that may be chance", "rise")
    return _Finding(
        f"{view.symbol} is within {words.percent(rule.within)} of a {words.usd(zone.usd)} {zone.side.word} {kind}",
        f"{short} {words.price(zone.low, decimals)}–{words.price(zone.high, decimals)}, {place}; {_mark(view)}",
        zone.peak,
    )


def _imbalance(rule: ImbalanceBeyond, view: MarketView) -> _Finding | None:
    row = next((i for i in view.imbalance if math.isclose(i.radius, rule.radius)), None)
    if row is None or row.long_usd + row.short_usd <= 0 or not _beyond(row.ratio, rule.threshold, rule.either):
        return None
    return _Finding(
        f"{view.symbol} imbalance ±{words.percent(rule.radius)} is {words.signed(row.ratio, 0)}",
        f"longs {words.usd(row.long_usd)} below, shorts {words.usd(row.short_usd)} above; {_mark(view)}",
        view.mark,
    )


def _funding(rule: FundingBeyond, view: MarketView) -> _Finding | None:
    rate = view.funding_rate
    if rate is None or not math.isfinite(rate) or not _beyond(rate, rule.rate, rule.either):
        return None
    payer = "longs pay shorts" if rate > 0 else "shorts pay longs"
    return _Finding(f"{view.symbol} funding is {words.signed(rate, 4)}", f"{payer}; {_mark(view)}", view.mark)


def _forced(rule: ForcedBurst, view: MarketView) -> _Finding | None:
    since = view.time_ms - rule.seconds * 1_000
    sums = {Side.LONG: 0.0, Side.SHORT: 0.0}
    count = 0
    for order in view.forced:
        if order.symbol == view.symbol and since < order.time_ms <= view.time_ms and _admits(rule.which, order.side):
            sums[order.side] += order.usd
            count += 1
    total = sum(sums.values())
    if total < rule.usd:
        return None
    return _Finding(
        f"{view.symbol}: {words.usd(total)} liquidated in {words.seconds(rule.seconds)}",
        f"longs {words.usd(sums[Side.LONG])}, shorts {words.usd(sums[Side.SHORT])} in {count} printed "
        f"order{'' if count == 1 else 's'}, a floor; {_mark(view)}",
        view.mark,
    )
