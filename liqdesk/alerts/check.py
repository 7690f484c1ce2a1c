"""Whether a rule's values make sense; if not, one sentence that says what to change."""

from __future__ import annotations

import math
from typing import Final

from liqdesk.alerts.rules import AnyRule, ForcedBurst, FundingBeyond, ImbalanceBeyond, PriceCrosses, ZoneNear
from liqdesk.insight import RADII, REACH

LONGEST_COOLDOWN_S: Final = 30 * 86_400.0
LARGEST_USD: Final = 1e12
LARGEST_PRICE: Final = 1e12
LARGEST_MEDIANS: Final = 1_000.0
LARGEST_FUNDING: Final = 0.1
LONGEST_BURST_S: Final = 86_400.0
LONGEST_NAME: Final = 64


def check(rule: AnyRule) -> str | None:
    """Return None for a rule that can be watched, else a sentence."""
    if not 0 < len(rule.id) <= LONGEST_NAME or not rule.id.isprintable():
        return "The rule needs an id of 1 to 64 printable characters."
    if not 0 < len(rule.symbol) <= LONGEST_NAME or not rule.symbol.isprintable():
        return "The rule needs a symbol."
    if not 1 <= rule.cooldown_s <= LONGEST_COOLDOWN_S:
        return "The cooldown must lie between 1 second and 30 days."
    match rule:
        case PriceCrosses():
            return None if _within(rule.price, LARGEST_PRICE) else "The price must be a number above zero."
        case ZoneNear():
            return _check_zone(rule)
        case ImbalanceBeyond():
            if not any(math.isclose(rule.radius, r) for r in RADII):
                return f"The radius must be one of {', '.join(f'{r * 100:g} %' for r in RADII)}."
            good = 0 < abs(rule.threshold) < 1
            return None if good else "The imbalance must lie between 0 and 100 %, to one side or the other."
        case FundingBeyond():
            good = 0 < abs(rule.rate) <= LARGEST_FUNDING
            return None if good else "The funding rate must lie between 0 and 10 %, to one side or the other."
        case ForcedBurst():
            if not _within(rule.usd, LARGEST_USD):
                return "The sum must be an amount above zero."
            good = 1 <= rule.seconds <= LONGEST_BURST_S
            return None if good else "The stretch must lie between 1 second and 24 hours."


def _check_zone(rule: ZoneNear) -> str | None:
    if not 0 < rule.within <= REACH:
        return f"The distance must lie between 0 and {REACH * 100:g} %."
    if (rule.min_usd is None) == (rule.min_medians is None):
        return "Give either the least USD of the zone or how many median zones it must hold."
    if rule.min_usd is not None and not _within(rule.min_usd, LARGEST_USD):
        return "The least USD must be an amount above zero."
    if rule.min_medians is not None and not _within(rule.min_medians, LARGEST_MEDIANS):
        return "The zone must be compared with more than 0 and at most 1,000 median zones."
    return None


def _within(value: float, most: float) -> bool:
    return 0 < value <= most
