"""Zones: where they are found, what holds of every one, and that nothing standing out is an answer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from liqdesk.insight import MOST_ZONES, REACH, Spread, Zone, band_of, zones_of
from liqdesk.market import Side
from liqdesk.model import usual_shares
from liqdesk.model.axis import base_of, row_prices

MARK = 67_012.3
BASE = base_of(MARK)
PRICES = row_prices(BASE)
DISTANCE = np.log(PRICES / MARK)  # of row centres

Shape = Callable[[np.ndarray], np.ndarray]


def nothing(distance: np.ndarray) -> np.ndarray:
    return np.zeros_like(distance)


def column(longs: Shape, shorts: Shape = nothing) -> np.ndarray:
    """Return [2, 800] from shapes over the distance from mark, which is positive on both sides."""
    out = np.zeros((2, 800))
    below = PRICES < MARK
    out[0, below] = longs(-DISTANCE[below])
    out[1, ~below] = shorts(DISTANCE[~below])
    return out


def bump(at: float, width: float, height: float) -> Shape:
    return lambda d: height * np.exp(-0.5 * ((d - at) / width) ** 2)


def level(height: float) -> Shape:
    return lambda d: np.full_like(d, height)


def both(*shapes: Shape) -> Shape:
    return lambda d: np.sum([shape(d) for shape in shapes], axis=0)


def holds(zone: Zone, usd: np.ndarray, mark: float, base: int) -> None:
    """Assert what is true of every zone."""
    sides = usd.reshape(2, -1, usd.shape[1]).sum(axis=1)
    prices = row_prices(base, usd.shape[1])
    assert zone.low < zone.high
    assert zone.low <= zone.peak <= zone.high
    assert abs(zone.peak / mark - 1) <= REACH + 1e-3
    if zone.side is Side.LONG:
        assert zone.high <= mark
        assert zone.distance == pytest.approx((zone.high - mark) / mark)
    else:
        assert zone.low >= mark
        assert zone.distance == pytest.approx((zone.low - mark) / mark)
    first = round((math.log(zone.low) - math.log(prices[0])) / 1e-3 + 0.5)
    last = round((math.log(zone.high) - math.log(prices[0])) / 1e-3 - 0.5)
    here = round((math.log(mark) - math.log(prices[0])) / 1e-3 + 0.5, 7)
    if zone.high == mark:
        last = math.ceil(here) - 1
    if zone.low == mark:
        first = math.floor(here)
    assert zone.usd == pytest.approx(sides[zone.side, first : last + 1].sum())
    assert 0 <= zone.prominence_usd <= zone.usd * (1 + 1e-9)


def test_one_bump_on_a_level_is_one_zone() -> None:
    usd = column(both(level(10_000.0), bump(0.02, 0.002, 50_000.0)))
    (zone,) = zones_of(BASE, usd, MARK)
    holds(zone, usd, MARK, BASE)
    assert zone.side is Side.LONG
    assert zone.peak == pytest.approx(MARK * math.exp(-0.02), rel=6e-4)
    # Half prominence of a bump lies 1.18 standard deviations from its middle; smoothing over 10 bp widens it a little.
    assert math.log(zone.high / zone.low) == pytest.approx(2 * 1.18 * math.hypot(0.002, 0.001), abs=1.1e-3)
    # The bump itself raises the background that it is measured against, by no more than a third here.
    alone = zone.usd - 10_000 * round(math.log(zone.high / zone.low) / 1e-3)
    assert 0.67 * alone <= zone.prominence_usd <= alone


def test_the_front_of_a_plateau_is_a_zone() -> None:
    """What price has not visited lately begins with an edge; the edge is what stands out, not the plateau's middle."""
    usd = column(both(level(8_000.0), lambda d: np.where(d > 0.025, 12_000.0, 0.0)))
    (zone,) = zones_of(BASE, usd, MARK)
    holds(zone, usd, MARK, BASE)
    assert -0.0285 < zone.distance < -0.022
    assert math.log(zone.high / zone.low) < 0.02


def test_a_low_step_is_no_zone() -> None:
    usd = column(both(level(8_000.0), lambda d: np.where(d > 0.025, 1_500.0, 0.0)))
    assert zones_of(BASE, usd, MARK) == ()


def test_shorts_mirror_longs() -> None:
    shape = both(level(5_000.0), bump(0.031, 0.003, 40_000.0), bump(0.06, 0.002, 90_000.0))
    mark = math.exp(math.log(30_000.0) + 803.5e-3)  # the middle of a row, so that the sides mirror exactly
    base = base_of(mark)
    distance = np.log(row_prices(base) / mark)
    longs = np.where(distance < 1e-9, shape(-distance), 0.0)
    down, up = np.zeros((2, 800)), np.zeros((2, 800))
    down[0] = longs
    up[1, 1:] = longs[1:][::-1]
    below, above = zones_of(base, down, mark), zones_of(base, up, mark)
    assert len(below) == 2
    for one, other in zip(below, reversed(above), strict=True):
        assert (one.side, other.side) == (Side.LONG, Side.SHORT)
        assert other.usd == pytest.approx(one.usd)
        assert other.prominence_usd == pytest.approx(one.prominence_usd)
        assert math.log(other.peak / mark) == pytest.approx(-math.log(one.peak / mark))
        assert math.log(other.low / mark) == pytest.approx(-math.log(one.high / mark))


@pytest.mark.parametrize(
    "shape",
    [
        nothing,
        level(10_000.0),
        both(level(10_000.0), bump(0.04, 0.004, 2_000.0)),  # a ripple
        lambda d: 10_000 * (1 + d),  # rising to the edge of the column
        bump(0.2, 0.01, 1e6),  # out of reach
    ],
)
def test_nothing_significant_is_no_zone(shape: Shape) -> None:
    assert zones_of(BASE, column(shape, shape), MARK) == ()


def test_a_twin_peak_with_a_shallow_saddle_is_one_zone_and_with_a_deep_one_two() -> None:
    shallow = column(both(level(5_000.0), bump(0.03, 0.003, 50_000.0), bump(0.037, 0.003, 45_000.0)))
    deep = column(both(level(5_000.0), bump(0.03, 0.003, 50_000.0), bump(0.05, 0.003, 45_000.0)))
    assert len(zones_of(BASE, shallow, MARK)) == 1
    two = zones_of(BASE, deep, MARK)
    assert len(two) == 2
    assert two[1].high < two[0].low


def test_at_most_eight_and_the_largest_stay() -> None:
    heights = [20_000.0 + 5_000 * i for i in range(11)]
    shape = both(level(1_000.0), *[bump(0.01 + 0.01 * i, 0.001, h) for i, h in enumerate(heights)])
    usd = column(shape, both(level(1_000.0), bump(0.05, 0.002, 30_000.0)))
    zones = zones_of(BASE, usd, MARK)
    assert len(zones) == MOST_ZONES
    assert [z.peak for z in zones] == sorted((z.peak for z in zones), reverse=True)
    kept = sorted(round(-math.log(z.peak / MARK), 2) for z in zones if z.side is Side.LONG)
    assert kept == [0.05, 0.06, 0.07, 0.08, 0.09, 0.10, 0.11]
    for zone in zones:
        holds(zone, usd, MARK, BASE)


def test_ten_planes_are_five_classes_of_two_sides() -> None:
    two = column(both(level(4_000.0), bump(0.02, 0.002, 50_000.0)), both(level(4_000.0), bump(0.03, 0.003, 70_000.0)))
    ten = np.repeat(two / 5, 5, axis=0).astype(np.float32)
    for one, other in zip(zones_of(BASE, two, MARK), zones_of(BASE, ten, MARK), strict=True):
        assert other.side is one.side
        assert other.peak == one.peak
        assert other.usd == pytest.approx(one.usd, rel=1e-6)


def test_what_piles_up_against_the_mark_touches_it() -> None:
    usd = column(both(level(1_000.0), lambda d: 80_000 * np.exp(-d / 0.002)))
    (zone,) = zones_of(BASE, usd, MARK)
    holds(zone, usd, MARK, BASE)
    assert zone.high == MARK
    assert zone.distance == 0.0


@pytest.mark.parametrize("mark", [1e-6, 30_000.0, 1e9])
def test_a_mark_beside_the_column_has_no_zones(mark: float) -> None:
    usd = column(both(level(1_000.0), bump(0.02, 0.002, 50_000.0)))
    assert zones_of(BASE, usd, mark) == ()


@pytest.mark.parametrize(
    ("usd", "mark", "words"),
    [
        (np.zeros(800), MARK, "shape"),
        (np.zeros((3, 800)), MARK, "shape"),
        (np.full((2, 800), np.nan), MARK, "not finite"),
        (np.full((2, 800), -1.0), MARK, "negative"),
        (np.zeros((2, 800)), math.nan, "mark"),
        (np.zeros((2, 800)), 0.0, "mark"),
    ],
)
def test_what_is_no_density_is_refused(usd: np.ndarray, mark: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        zones_of(BASE, usd, mark)


@settings(max_examples=80, deadline=None)
@example(rows=np.eye(2, 120, 99), shift=100.0)
@example(rows=np.ones((2, 120)) + np.eye(2, 120, 98), shift=100.0)
@given(
    rows=hnp.arrays(np.float64, (2, 120), elements=st.floats(0, 1e6)),
    shift=st.floats(0.0, 120.0),
)
def test_every_zone_keeps_its_promises(rows: np.ndarray, shift: float) -> None:
    mark = math.exp(math.log(30_000.0) + 0.3 + shift * 1e-3)
    rows[0, math.ceil(shift) :] = 0
    rows[1, : math.floor(shift)] = 0
    zones = zones_of(300, rows, mark)
    assert len(zones) <= MOST_ZONES
    for zone in zones:
        holds(zone, rows, mark, 300)
    for side in Side:
        own = [z for z in zones if z.side is side]
        assert all(upper.low >= lower.high * (1 - 1e-12) for upper, lower in itertools.pairwise(own))


def a_market(seed: int) -> np.ndarray:
    """Return [10, 800] USD: uneven classes, a few bumps a side, millions in all."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(0.005, 0.10, (2, 3))
    shapes = [both(level(30_000.0), *(bump(p, 0.003, rng.uniform(1e4, 6e5)) for p in side)) for side in places]
    split = rng.dirichlet(np.ones(5), 2)
    return (column(*shapes)[:, None, :] * split[:, :, None]).reshape(10, 800)


@pytest.mark.parametrize("seed", range(6))
def test_a_zone_carries_its_band_its_prior_and_its_z(seed: int) -> None:
    usd, spread, shares = a_market(seed), Spread(), usual_shares()
    zones = zones_of(BASE, usd, MARK, shares, spread)
    assert zones
    for zone in zones:
        low, high = band_of(zone.usd, zone.prior, spread)
        assert (zone.low_usd, zone.high_usd) == pytest.approx((float(low), float(high)))
        assert zone.low_usd <= zone.usd <= zone.high_usd
        assert zone.z == pytest.approx(zone.prominence_usd / math.sqrt(spread.lump_usd * zone.usd))
        assert zone.significant == (zone.z >= 2)
        inside = (zone.low <= PRICES) & (zone.high >= PRICES)
        mine = usd.reshape(2, 5, 800)[zone.side][:, inside].sum(axis=1)
        assert zone.prior == pytest.approx(float(mine @ shares / mine.sum()), abs=0.02)
    unknown = zones_of(BASE, usd, MARK)
    assert [z.prior for z in unknown] == [0.0] * len(unknown)
    assert [z.z for z in unknown] == [z.z for z in zones]


@given(st.integers(0, 500), st.floats(1e-3, 1e3))
@settings(max_examples=40, deadline=None)
def test_z_does_not_know_the_unit_and_larger_orders_make_it_smaller(seed: int, factor: float) -> None:
    usd, spread = a_market(seed), Spread()
    plain = zones_of(BASE, usd, MARK, usual_shares(), spread)
    scaled = zones_of(BASE, usd * factor, MARK, usual_shares(), spread.scaled(factor))
    assert [z.z for z in scaled] == pytest.approx([z.z for z in plain])
    lumpy = zones_of(BASE, usd, MARK, usual_shares(), msgspec.structs.replace(spread, lump_usd=4 * spread.lump_usd))
    assert sorted(z.z for z in lumpy) == pytest.approx(sorted(z.z / 2 for z in plain))
    unsure = zones_of(BASE, usd, MARK, usual_shares(), msgspec.structs.replace(spread, scale=0.7))
    assert [z.z for z in unsure] == [z.z for z in plain], "the surroundings share the error of the scale"
    assert all(a.high_usd >= b.high_usd for a, b in zip(unsure, plain, strict=True))


def test_what_stands_out_beyond_chance_is_a_zone_and_comes_first() -> None:
    usd = column(both(level(30_000.0), bump(0.02, 0.002, 900_000.0), bump(0.08, 0.004, 12_000.0)))
    zones = zones_of(BASE, usd, MARK)
    assert [z.significant for z in zones] == [True, False]
    assert zones[0].z > 4
    small = zones_of(BASE, usd / 100, MARK)
    assert not any(z.significant for z in small), "of a few orders nothing can be told"
