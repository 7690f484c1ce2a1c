"""Each kind of rule: when it holds, when it does not, and what it says."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import pytest

from liqdesk.alerts import (
    AnyRule,
    Cross,
    ForcedBurst,
    FundingBeyond,
    ImbalanceBeyond,
    MarketView,
    PriceCrosses,
    Which,
    ZoneNear,
    check,
    describe,
    evaluate,
    words,
)
from liqdesk.insight import Imbalance, Zone
from liqdesk.market import ForcedOrder, Side

T0 = 1_776_204_000_000

View = Callable[..., MarketView]


def price(at: float = 68_400.0, direction: Cross = Cross.EITHER) -> PriceCrosses:
    return PriceCrosses(id="p", symbol="BTCUSDT", price=at, direction=direction)


@pytest.mark.parametrize(
    ("before", "after", "direction", "fires"),
    [
        (68_399.9, 68_401.2, Cross.EITHER, "upwards"),
        (68_399.9, 68_401.2, Cross.UP, "upwards"),
        (68_399.9, 68_401.2, Cross.DOWN, None),
        (68_401.0, 68_399.0, Cross.EITHER, "downwards"),
        (68_401.0, 68_399.0, Cross.DOWN, "downwards"),
        (68_401.0, 68_399.0, Cross.UP, None),
        (68_399.0, 68_400.0, Cross.UP, "upwards"),  # reaching it is crossing it
        (68_400.0, 68_401.0, Cross.UP, None),  # which is not said twice
        (68_400.0, 68_399.0, Cross.DOWN, None),
        (68_401.0, 68_402.0, Cross.EITHER, None),
    ],
)
def test_price(view: View, before: float, after: float, direction: Cross, fires: str | None) -> None:
    fired = evaluate(price(direction=direction), view(1, after, previous=(T0, before)))
    if fires is None:
        assert fired is None
    else:
        assert fired is not None
        assert fired.headline == f"BTCUSDT crossed 68,400.0 {fires}"
        assert fired.facts == f"mark {after:,.1f} at 22:00:01 UTC"
        assert (fired.price, fired.time_ms, fired.rule_id, fired.sound) == (68_400.0, T0 + 1_000, "p", True)


@pytest.mark.parametrize(
    ("gap_s", "fires"), [(1, True), (10, True), (10.001, False), (600, False), (0, False), (-5, False)]
)
def test_a_price_crossed_while_nobody_looked_is_not_said(view: View, gap_s: float, fires: bool) -> None:
    at = view(1_000, 68_401.0, previous=(T0 + round((1_000 - gap_s) * 1_000), 68_300.0))
    assert (evaluate(price(), at) is not None) is fires
    assert evaluate(price(), view(0, 68_401.0)) is None


@pytest.mark.parametrize(
    ("rule", "fires"),
    [
        (ZoneNear(id="z", symbol="BTCUSDT", within=0.015, min_usd=20e6), True),
        (ZoneNear(id="z", symbol="BTCUSDT", within=0.008, min_usd=24.1e6), True),
        (ZoneNear(id="z", symbol="BTCUSDT", within=0.0079, min_usd=20e6), False),
        (ZoneNear(id="z", symbol="BTCUSDT", within=0.015, min_usd=24.2e6), False),
        (ZoneNear(id="z", symbol="BTCUSDT", within=0.015, min_usd=20e6, which=Which.LONG), True),
        (ZoneNear(id="z", symbol="BTCUSDT", within=0.015, min_usd=20e6, which=Which.SHORT), False),
        (ZoneNear(id="z", symbol="BTCUSDT", within=0.015, min_medians=2.0), True),
        (ZoneNear(id="z", symbol="BTCUSDT", within=0.015, min_medians=3.0), False),
        (ZoneNear(id="z", symbol="ETHUSDT", within=0.015, min_usd=20e6), False),
    ],
)
def test_zone(view: View, zone: Callable[..., Zone], rule: ZoneNear, fires: bool) -> None:
    zones = (zone(0.05, 50e6), zone(0.02, 5e6), zone(0.01, 10e6), zone(-0.008), zone(-0.04, 3e6))
    fired = evaluate(rule, view(0, zones=zones))
    assert (fired is not None) is fires
    if fired is not None:
        assert fired.headline == f"BTCUSDT is within {words.percent(rule.within)} of a $24.1M long zone"
        assert fired.facts == "zone 67,356.0–67,456.0, 0.8 % below; mark 68,000.0 at 22:00:00 UTC"
        assert fired.price == 67_406.0
    assert evaluate(rule, view(0)) is None


def test_the_nearest_zone_is_named(view: View, zone: Callable[..., Zone]) -> None:
    rule = ZoneNear(id="z", symbol="BTCUSDT", within=0.05, min_usd=1e6)
    fired = evaluate(rule, view(0, zones=(zone(0.03, 90e6), zone(0.0, 2e6, Side.SHORT), zone(-0.02))))
    assert fired is not None
    assert "$2M short zone" in fired.headline
    assert "at mark" in fired.facts


@pytest.mark.parametrize(
    ("threshold", "either", "ratio", "fires"),
    [
        (0.6, False, 0.63, True),
        (0.6, False, 0.6, False),
        (0.6, False, -0.9, False),
        (-0.6, False, -0.63, True),
        (-0.6, False, 0.9, False),
        (0.6, True, -0.63, True),
        (-0.6, True, 0.63, True),
        (0.6, True, 0.5, False),
    ],
)
def test_imbalance(
    view: View,
    imbalance: Callable[..., tuple[Imbalance, ...]],
    threshold: float,
    either: bool,
    ratio: float,
    fires: bool,
) -> None:
    rule = ImbalanceBeyond(id="i", symbol="BTCUSDT", radius=0.02, threshold=threshold, either=either)
    fired = evaluate(rule, view(0, imbalance=imbalance(ratio)))
    assert (fired is not None) is fires
    if fired is not None and ratio > 0:
        assert fired.headline == "BTCUSDT imbalance ±2 % is +63 %"
        assert fired.facts == "longs $1.85M below, shorts $8.15M above; mark 68,000.0 at 22:00:00 UTC"
    assert evaluate(rule, view(0)) is None
    assert evaluate(rule, view(0, imbalance=(Imbalance(0.02, 0.0, 0.0),))) is None


@pytest.mark.parametrize(
    ("threshold", "either", "rate", "fires"),
    [
        (0.0005, False, 0.000512, True),
        (0.0005, False, 0.0005, False),
        (0.0005, False, -0.001, False),
        (-0.0005, False, -0.000512, True),
        (0.0005, True, -0.000512, True),
        (0.0005, False, None, False),
        (0.0005, True, math.nan, False),
    ],
)
def test_funding(view: View, threshold: float, either: bool, rate: float | None, fires: bool) -> None:
    rule = FundingBeyond(id="f", symbol="BTCUSDT", rate=threshold, either=either)
    fired = evaluate(rule, view(0, funding_rate=rate))
    assert (fired is not None) is fires
    if fired is not None and rate is not None:
        assert fired.headline == f"BTCUSDT funding is {'+' if rate > 0 else '−'}0.0512 %"
        assert fired.facts.startswith("longs pay shorts" if rate > 0 else "shorts pay longs")


def test_forced_orders_are_summed_over_venue_time(view: View, order: Callable[..., ForcedOrder]) -> None:
    forced = (
        order(-60, 9e6),  # just too old
        order(-59.999, 2e6),
        order(-10, 2.5e6, Side.SHORT),
        order(0, 0.7e6),
        order(0.5, 50e6),  # of the next second
        order(-1, 50e6, symbol="ETHUSDT"),
    )
    rule = ForcedBurst(id="b", symbol="BTCUSDT", usd=5e6, seconds=60)
    fired = evaluate(rule, view(0, forced=forced))
    assert fired is not None
    assert fired.headline == "BTCUSDT: $5.2M liquidated in 60 s"
    assert fired.facts == "longs $2.7M, shorts $2.5M in 3 printed orders, a floor; mark 68,000.0 at 22:00:00 UTC"
    for quiet in ({"usd": 5.3e6}, {"which": Which.LONG}, {"seconds": 59.0}, {"symbol": "ETHUSDT"}):
        assert evaluate(msgspec.structs.replace(rule, **quiet), view(0, forced=forced)) is None
    assert evaluate(msgspec.structs.replace(rule, usd=2.4e6, which=Which.SHORT), view(0, forced=forced)) is not None


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (price(), "Mark crosses 68,400 either way"),
        (price(0.012345, Cross.UP), "Mark crosses 0.012345 upwards"),
        (ZoneNear(id="1", symbol="A", within=0.015, min_usd=20e6), "Zone ≥ $20M within 1.5 % of mark"),
        (
            ZoneNear(id="1", symbol="A", within=0.01, min_medians=2.5, which=Which.SHORT),
            "Short zone ≥ 2.5 median zones within 1 % of mark",
        ),
        (ImbalanceBeyond(id="1", symbol="A", radius=0.02, threshold=0.6), "Imbalance ±2 % beyond +60 %"),
        (ImbalanceBeyond(id="1", symbol="A", radius=0.05, threshold=-0.625), "Imbalance ±5 % beyond −62.5 %"),
        (FundingBeyond(id="1", symbol="A", rate=0.0005, either=True), "Funding beyond ±0.05 %"),
        (ForcedBurst(id="1", symbol="A", usd=5e6, seconds=60), "Forced orders ≥ $5M in 60 s"),
        (ForcedBurst(id="1", symbol="A", usd=999_600, seconds=900, which=Which.LONG), "Forced longs ≥ $1M in 15 min"),
    ],
)
def test_a_rule_in_one_line(rule: AnyRule, line: str) -> None:
    assert check(rule) is None
    assert describe(rule) == line


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        (price(math.nan), "price"),
        (price(math.inf), "price"),
        (price(-1.0), "price"),
        (price(0.0), "price"),
        (PriceCrosses(id="", symbol="A", price=1.0), "id"),
        (PriceCrosses(id="a\nb", symbol="A", price=1.0), "id"),
        (PriceCrosses(id="x" * 65, symbol="A", price=1.0), "id"),
        (PriceCrosses(id="1", symbol="", price=1.0), "symbol"),
        (PriceCrosses(id="1", symbol="A", price=1.0, cooldown_s=0.5), "cooldown"),
        (PriceCrosses(id="1", symbol="A", price=1.0, cooldown_s=math.nan), "cooldown"),
        (PriceCrosses(id="1", symbol="A", price=1.0, cooldown_s=1e12), "cooldown"),
        (ZoneNear(id="1", symbol="A", within=0.01), "either"),
        (ZoneNear(id="1", symbol="A", within=0.01, min_usd=1.0, min_medians=1.0), "either"),
        (ZoneNear(id="1", symbol="A", within=0.5, min_usd=1.0), "distance"),
        (ZoneNear(id="1", symbol="A", within=math.nan, min_usd=1.0), "distance"),
        (ZoneNear(id="1", symbol="A", within=0.01, min_usd=-1.0), "USD"),
        (ZoneNear(id="1", symbol="A", within=0.01, min_medians=math.inf), "median"),
        (ImbalanceBeyond(id="1", symbol="A", radius=0.03, threshold=0.5), "radius"),
        (ImbalanceBeyond(id="1", symbol="A", radius=0.02, threshold=1.0), "imbalance"),
        (ImbalanceBeyond(id="1", symbol="A", radius=0.02, threshold=0.0), "imbalance"),
        (ImbalanceBeyond(id="1", symbol="A", radius=0.02, threshold=math.nan), "imbalance"),
        (FundingBeyond(id="1", symbol="A", rate=0.0), "funding"),
        (FundingBeyond(id="1", symbol="A", rate=2.0), "funding"),
        (ForcedBurst(id="1", symbol="A", usd=0.0, seconds=60), "sum"),
        (ForcedBurst(id="1", symbol="A", usd=1e6, seconds=0.1), "stretch"),
        (ForcedBurst(id="1", symbol="A", usd=1e6, seconds=1e6), "stretch"),
    ],
)
def test_rules_that_make_no_sense_are_told_so(rule: AnyRule, word: str) -> None:
    sentence = check(rule)
    assert sentence is not None
    assert word in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0.0, "$0"),
        (950.4, "$950"),
        (999.6, "$1K"),
        (1_234.0, "$1.23K"),
        (999_600.0, "$1M"),
        (5.25e6, "$5.25M"),
        (999.7e6, "$1B"),
        (5.184e9, "$5.18B"),
    ],
)
def test_amounts(amount: float, text: str) -> None:
    assert words.usd(amount) == text


def test_signs_and_times() -> None:
    assert words.signed(-0.00000004, 4) == "0.0000 %"
    assert words.signed(-0.63, 0) == "−63 %"
    assert words.clock(0) == "00:00:00 UTC"
    assert words.clock(T0 - 116_000) == "21:58:04 UTC"
    assert [words.seconds(s) for s in (1, 60, 90, 120, 5_400, 7_200)] == [
        "1 s",
        "60 s",
        "90 s",
        "2 min",
        "90 min",
        "2 h",
    ]
