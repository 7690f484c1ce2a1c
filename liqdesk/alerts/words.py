"""Rules and amounts in words. Pure; prices are in quote units, fractions are shown in per cent, times in UTC."""

from __future__ import annotations

import datetime as dt
from typing import Final

from liqdesk.alerts.rules import (
    AnyRule,
    Cross,
    ForcedBurst,
    FundingBeyond,
    ImbalanceBeyond,
    PriceCrosses,
    Which,
    ZoneNear,
)

MINUS: Final = "−"
DIRECTIONS: Final = {Cross.UP: "upwards", Cross.DOWN: "downwards", Cross.EITHER: "either way"}


def price(value: float, decimals: int) -> str:
    """Return a grouped price with the tick's decimals: 68,400.0."""
    return f"{value:,.{decimals}f}"


def plain(value: float) -> str:
    """Return a grouped price whose decimals are not known: 68,400 or 0.01234."""
    return f"{value:,.8f}".rstrip("0").rstrip(".")


def usd(value: float) -> str:
    """Return an amount in at most three digits: $950, $20M, $5.25M, $1.2B."""
    for limit, unit, letter in ((999.5e6, 1e9, "B"), (999.5e3, 1e6, "M"), (999.5, 1e3, "K")):
        if value >= limit:
            return f"${float(f'{value / unit:.3g}'):g}{letter}"
    return f"${value:.0f}"


def percent(fraction: float, digits: int = 4) -> str:
    """Return an unsigned share in per cent, without needless digits: 1.5 %."""
    return f"{abs(fraction) * 100:.{digits}f}".rstrip("0").rstrip(".") + " %"


def signed(fraction: float, digits: int) -> str:
    """Return a signed share in per cent with fixed digits: +63 %, −0.0125 %; what rounds to zero has no sign."""
    text = f"{abs(fraction) * 100:.{digits}f}"
    sign = "" if not text.strip("0.") else MINUS if fraction < 0 else "+"
    return f"{sign}{text} %"


def seconds(value: float) -> str:
    """Return a stretch of time: 60 s, 15 min, 4 h."""
    for unit, name in ((3_600, "h"), (60, "min")):
        if value >= 2 * unit and value % unit == 0:
            return f"{value / unit:g} {name}"
    return f"{value:g} s"


def clock(time_ms: int) -> str:
    """Return 21:58:04 UTC."""
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=time_ms)
    return f"{moment:%H:%M:%S} UTC"


def beyond(value: float, either: bool, digits: int) -> str:
    """Return a threshold as a rule states it: +60 %, −60 %, ±60 %."""
    share = percent(value, digits)
    return f"{'±' if either else MINUS if value < 0 else '+'}{share}"


def describe(rule: AnyRule) -> str:
    """Return what a rule watches, in one short line without its symbol."""
    match rule:
        case PriceCrosses():
            return f"Mark crosses {plain(rule.price)} {DIRECTIONS[rule.direction]}"
        case ZoneNear():
            whose = "Zone" if rule.which is Which.BOTH else f"{rule.which.value.capitalize()} zone"
            size = usd(rule.min_usd) if rule.min_usd is not None else f"{rule.min_medians or 0:g} median zones"
            return f"{whose} ≥ {size} within {percent(rule.within)} of mark"
        case ImbalanceBeyond():
            return f"Imbalance ±{percent(rule.radius)} beyond {beyond(rule.threshold, rule.either, 2)}"
        case FundingBeyond():
            return f"Funding beyond {beyond(rule.rate, rule.either, 6)}"
        case ForcedBurst():
            whose = "Forced orders" if rule.which is Which.BOTH else f"Forced {rule.which.value}s"
            return f"{whose} ≥ {usd(rule.usd)} in {seconds(rule.seconds)}"
