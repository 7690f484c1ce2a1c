"""The book in the way of a zone: sums by hand, and what is said where the book ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.insight.depth import all_in_the_way, between, in_the_way, ladder
from liqdesk.insight.zones import Zone
from liqdesk.market import BookSnapshot, Side
from liqdesk.model.book import CELL, Book, Depth

TICK = 0.1
MARK = 60_000.0


def depth_of(bids: dict[int, float], asks: dict[int, float]) -> Depth:
    book = Book()
    book.snapshot(BookSnapshot("BTCUSDT", 1, 1, tuple(bids.items()), tuple(asks.items())))
    found = book.depth(TICK)
    assert found is not None
    return found


def full(step: int = 1) -> Depth:
    """Return a book of a thousand levels a side, 1 coin each, so that it ends `step` · 100 USD from mark."""
    return depth_of(
        {600_000 - i * step: 1.0 for i in range(1, 1_001)}, {600_000 + i * step: 1.0 for i in range(1, 1_001)}
    )


def zone(side: Side, low: float, high: float, usd: float = 1e6) -> Zone:
    return Zone(side, low, high, (low + high) / 2, usd, usd / 2, 0.0, z=3.0)


def test_what_rests_between_mark_and_a_price_is_the_sum_of_its_levels() -> None:
    depth = full()
    cell = MARK * CELL  # 6 USD: what the even spread within a cell may be off
    for away in (10.0, 33.3, 75.0):
        usd, whole, to = between(depth, Side.LONG, MARK, MARK - away)
        by_hand = sum((600_000 - i) * TICK for i in range(1, 1_001) if MARK - i * TICK >= MARK - away)
        assert usd == pytest.approx(by_hand, abs=cell * 10 * MARK)
        assert usd == pytest.approx(away * 10 * MARK, rel=0.02)
        assert (whole, to) == (True, MARK - away)
        above, *_ = between(depth, Side.SHORT, MARK, MARK + away)
        assert above == pytest.approx(away * 10 * MARK, rel=0.02)


def test_beyond_the_known_range_there_is_a_floor_and_the_price_it_ends_at() -> None:
    depth = full()
    usd, whole, to = between(depth, Side.LONG, MARK, 59_000.0)
    assert not whole
    assert to == depth.low == 59_900.0
    assert usd == pytest.approx(depth.bids.sum())
    usd, whole, to = between(depth, Side.SHORT, MARK, 61_000.0)
    assert (whole, to) == (False, 60_100.0)
    assert usd == pytest.approx(depth.asks.sum())
    assert between(depth, Side.LONG, 59_000.0, 58_000.0) == (0.0, False, 59_000.0), "mark is outside: nothing is known"
    assert between(depth, Side.LONG, MARK, MARK + 5) == (0.0, True, MARK)


def test_orders_on_the_other_side_of_mark_are_not_in_the_way() -> None:
    depth = full()
    below = 59_950.0
    usd, whole, _ = between(depth, Side.LONG, below, 59_920.0)
    assert whole
    assert usd == pytest.approx(30 * 10 * below, rel=0.02), "bids above mark do not count"


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 5_000), st.integers(1, 99)), min_size=1, max_size=60),
    st.lists(st.integers(0, 5_200), min_size=2, max_size=6),
)
def test_a_ladder_never_falls_and_ends_with_all_that_is_known(levels: list[tuple[int, int]], at: list[int]) -> None:
    bids = {600_000 - away: float(coins) for away, coins in levels}
    asks = {600_000 + away: float(coins) for away, coins in levels}
    depth = depth_of(bids, asks)
    for side, own in ((Side.LONG, bids), (Side.SHORT, asks)):
        d, usd = ladder(depth, side, MARK)
        assert d[0] == usd[0] == 0
        assert (np.diff(d) >= 0).all()
        assert (np.diff(usd) >= -1e-6).all()
        assert usd[-1] == pytest.approx(sum(t * TICK * q for t, q in own.items()))
        sign = -1 if side is Side.LONG else 1
        found = [between(depth, side, MARK, MARK + sign * ticks * TICK)[0] for ticks in sorted(at)]
        assert (np.diff(found) >= -1e-6).all()
        for ticks in at:  # off by no more than the cells that hold the ends
            price = MARK + sign * ticks * TICK
            exact = sum(t * TICK * q for t, q in own.items() if abs(t - 600_000) <= ticks)
            near = sum(t * TICK * q for t, q in own.items() if abs(math.log(t * TICK / price)) <= 2 * CELL)
            assert abs(between(depth, side, MARK, price)[0] - exact) <= near + 1e-6


def test_a_zone_is_thin_where_its_orders_outweigh_the_book_up_to_its_far_edge() -> None:
    depth = full(step=10)  # known to 1,000 USD from mark, 0.1 coin per USD
    short = zone(Side.SHORT, 60_300.0, 60_400.0, usd=1e6)
    way = in_the_way(short, MARK, depth)
    assert way is not None
    assert way.whole
    assert way.usd == pytest.approx(300 * MARK, rel=0.02)
    assert way.through_usd == pytest.approx(400 * MARK, rel=0.02)
    assert way.thin is False
    heavy = in_the_way(zone(Side.SHORT, 60_300.0, 60_400.0, usd=way.through_usd), MARK, depth)
    assert heavy is not None
    assert heavy.thin is True
    long = in_the_way(zone(Side.LONG, 59_500.0, 59_700.0, usd=1e9), MARK, depth)
    assert long is not None
    assert long.thin is True
    assert long.usd == pytest.approx(300 * MARK, rel=0.02)


def test_where_the_book_ends_before_the_zone_nobody_knows_whether_it_is_thin() -> None:
    depth = full()
    across = in_the_way(zone(Side.LONG, 59_850.0, 59_950.0, usd=1e12), MARK, depth)
    assert across is not None
    assert across.whole, "to its near edge the book is known"
    assert across.thin is None
    assert math.isnan(across.through_usd)
    far = in_the_way(zone(Side.LONG, 59_000.0, 59_100.0), MARK, depth)
    assert far is not None
    assert (far.whole, far.covers_to, far.thin) == (False, 59_900.0, None)
    inside = in_the_way(zone(Side.LONG, 59_950.0, MARK), MARK, depth)
    assert inside is not None
    assert (inside.usd, inside.whole) == (0.0, True)


def test_the_answers_stand_in_the_order_of_the_zones() -> None:
    zones = (zone(Side.SHORT, 60_050.0, 60_060.0), zone(Side.LONG, 59_940.0, 59_950.0))
    assert all_in_the_way(zones, MARK, None) == (None, None)
    first, second = all_in_the_way(zones, MARK, full())
    assert first == in_the_way(zones[0], MARK, full())
    assert second == in_the_way(zones[1], MARK, full())
    assert in_the_way(zones[0], math.nan, full()) is None
