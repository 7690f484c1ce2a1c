"""Alert rules: one frozen struct per kind, told apart by a tag, so a saved rule says what it is."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Cross(StrEnum):
    UP = "up"
    DOWN = "down"
    EITHER = "either"


class Which(StrEnum):
    LONG = "long"
    SHORT = "short"
    BOTH = "both"


class Rule(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every rule has. `id` is unique in a book; `cooldown_s` runs on venue time."""

    id: str
    symbol: str
    enabled: bool = True
    cooldown_s: float = 1800.0
    sound: bool = True


class PriceCrosses(Rule, frozen=True, kw_only=True, tag="price"):
    """Mark price crosses `price` in the given direction."""

    price: float
    direction: Cross = Cross.EITHER


class ZoneNear(Rule, frozen=True, kw_only=True, tag="zone"):
    """Mark comes within `within` (a fraction) of a zone that holds at least `min_usd`, or at least `min_medians` times the
    median zone. Exactly one of the two is given."""

    within: float
    min_usd: float | None = None
    min_medians: float | None = None
    which: Which = Which.BOTH


class ImbalanceBeyond(Rule, frozen=True, kw_only=True, tag="imbalance"):
    """(short − long)/(short + long) within `radius` lies beyond `threshold`: above it when positive, below it when negative,
    beyond it to either side when `either`."""

    radius: float
    threshold: float
    either: bool = False


class FundingBeyond(Rule, frozen=True, kw_only=True, tag="funding"):
    """The predicted funding rate lies beyond `rate` (a fraction per interval), same convention as the imbalance."""

    rate: float
    either: bool = False


class ForcedBurst(Rule, frozen=True, kw_only=True, tag="forced"):
    """Printed forced orders of the last `seconds` of venue time sum to at least `usd`."""

    usd: float
    seconds: float
    which: Which = Which.BOTH


AnyRule = PriceCrosses | ZoneNear | ImbalanceBeyond | FundingBeyond | ForcedBurst


class Fired(msgspec.Struct, frozen=True):
    """One firing. `headline` is one sentence, `facts` one line; both are what the toast and the log row say."""

    rule_id: str
    symbol: str
    time_ms: int
    headline: str
    facts: str
    price: float
    sound: bool


class RuleStatus(msgspec.Struct, frozen=True):
    """A rule with its life: how often it fired since the start, when last (venue ms), and when its cooldown ends."""

    rule: AnyRule
    fired: int
    last_ms: int | None
    quiet_until_ms: int | None
