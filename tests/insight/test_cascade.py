"""What if price goes there: an example by hand, and what must hold whatever the map and the book are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from liqdesk.insight import Spread, Zone
from liqdesk.insight.cascade import FACTORS, Assumed, Curve, book_of, cascade, fuel_of, map_edge, stop_of
from liqdesk.insight.sides import ROW, edge
from liqdesk.market import BookSnapshot, Side
from liqdesk.model.axis import display_bin_of
from liqdesk.model.book import Book, Depth

MARK_BIN = 693  # the map's rows stand from 40 below it to 40 above it
MARK = edge(MARK_BIN)
BASE = MARK_BIN - 40
ROWS = 80
TICK = 0.01


def depth_of(usd_per_row: float, rows: int) -> Depth:
    """Return a book of the same USD in every tenth of a row, known to `rows` rows on each side of mark."""
    book = Book()
    levels = 10 * rows
    bids: dict[int, float] = {}
    asks: dict[int, float] = {}
    for i in range(levels):
        for side, sign in ((bids, -1), (asks, 1)):
            price = MARK * math.exp(sign * (i + 0.5) * ROW / 10)
            ticks = round(price / TICK)
            side[ticks] = side.get(ticks, 0.0) + usd_per_row / 10 / (ticks * TICK)
    book.snapshot(BookSnapshot("BTCUSDT", 1, 1, tuple(bids.items()), tuple(asks.items())))
    found = book.depth(TICK)
    assert found is not None
    low, high = MARK * math.exp(-rows * ROW), MARK * math.exp(rows * ROW)
    first = (display_bin_of(low * (1 + 1e-9)) * 10) - found.base
    return Depth(
        found.bid,
        found.ask,
        low,
        high,
        found.base + first,
        found.bids[first : first + 2 * levels],
        found.asks[first : first + 2 * levels],
        found.levels,
    )


def map_of(**rows: float) -> NDArray[np.float64]:
    """Return a density with USD in named rows away from mark: `long3` is the third row below."""
    usd = np.zeros((2, ROWS))
    for name, value in rows.items():
        away = int(name.removeprefix("long").removeprefix("short"))
        if name.startswith("long"):
            usd[0, 40 - away] = value
        else:
            usd[1, 39 + away] = value
    return usd


def down(rows: float) -> float:
    return MARK * math.exp(-rows * ROW)


def up(rows: float) -> float:
    return MARK * math.exp(rows * ROW)


def test_by_hand() -> None:
    """Ten rows of book, 2M in each. The map has 3M in the second row below and 1M in the fifth.

    To the end of the second row: 3M are released and eat 1.5 rows beyond it, to 3.5. With half the book 3 rows, to 5.0: but on the way the
    fifth row lets go of another 1M, which at 1M per row is met by nothing but the book beyond: from 5.0 on 4M have to be taken by 1M per
    row, to 6.0. With a quarter, 0.5M per row: 3M would carry to 8.0, with the fifth row's to 10.0.
    """
    found = cascade(BASE, map_of(long2=3e6, long5=1e6), MARK, down(2), depth_of(2e6, 20))
    assert found.side is Side.LONG
    assert found.fuel_usd == pytest.approx(3e6)
    assert found.book_usd == pytest.approx(4e6, rel=0.01)
    assert found.book_whole
    assert found.distance == pytest.approx(math.exp(-0.002) - 1)
    assert [s.factor for s in found.stops] == [1.0, 0.5, 0.25]
    for stop, rows, fuel in zip(found.stops, (3.5, 6.0, 10.0), (3e6, 4e6, 4e6), strict=True):
        assert math.log(MARK / stop.price) / ROW == pytest.approx(rows, abs=0.06)
        assert stop.fuel_usd == pytest.approx(fuel, rel=1e-3)
        assert stop.slip == pytest.approx(stop.price / found.target - 1)
        assert not stop.extrapolated


def test_upward_is_the_mirror_of_downward() -> None:
    depth = depth_of(2e6, 20)
    below = cascade(BASE, map_of(long2=3e6, long5=1e6), MARK, down(2), depth)
    above = cascade(BASE, map_of(short2=3e6, short5=1e6), MARK, up(2), depth)
    assert above.side is Side.SHORT
    for a, b in zip(below.stops, above.stops, strict=True):
        assert math.log(MARK / a.price) == pytest.approx(math.log(b.price / MARK), abs=2e-5)
        assert a.fuel_usd == pytest.approx(b.fuel_usd, rel=1e-3)


def test_without_fuel_there_is_no_slip() -> None:
    found = cascade(BASE, map_of(long9=5e6, short2=9e6), MARK, down(3), depth_of(2e6, 20))
    assert found.fuel_usd == 0
    assert all(s.price == pytest.approx(found.target) and s.slip == pytest.approx(0, abs=1e-12) for s in found.stops)
    assert all(s.near == s.far == s.price for s in found.stops)


def test_beyond_what_is_known_the_book_goes_on_by_its_own_power_and_that_is_said() -> None:
    found = cascade(BASE, map_of(long2=3e6), MARK, down(2), depth_of(2e6, 3))
    assert found.power == pytest.approx(1.0, abs=0.02), "evenly spread: as much again in every row"
    whole, half, quarter = found.stops
    assert math.log(MARK / whole.price) / ROW == pytest.approx(3.5, abs=0.06)
    assert whole.extrapolated
    assert math.log(MARK / half.price) / ROW == pytest.approx(5.0, abs=0.1)
    beyond = cascade(BASE, map_of(long2=3e6), MARK, down(8), depth_of(2e6, 3))
    assert not beyond.book_whole
    assert beyond.covers_to == pytest.approx(down(3))
    assert beyond.book_usd == pytest.approx(6e6, rel=0.01), "what is known, and no more"
    assert not found.stops[0].extrapolated or found.book_whole
    assert quarter.price < half.price < whole.price


def test_a_book_that_never_takes_it_lets_price_run_to_the_maps_edge() -> None:
    found = cascade(BASE, map_of(**{f"long{i}": 5e6 for i in range(1, 41)}), MARK, down(2), depth_of(1e6, 10))
    assert all(math.isnan(s.price) and math.isnan(s.slip) for s in found.stops)
    assert all(s.fuel_usd == pytest.approx(40 * 5e6) for s in found.stops)
    assert map_edge(BASE, ROWS, Side.LONG) == pytest.approx(down(40))
    zone = Zone(Side.LONG, down(31), down(30), down(30.5), 1e6, 1e6, -0.03)
    assert all(s.reaches(zone) for s in found.stops)


def test_the_next_zone_begins_beyond_the_target_and_is_reached_or_not() -> None:
    near = Zone(Side.LONG, down(3), down(1), down(2), 3e6, 3e6, -0.001)
    first = Zone(Side.LONG, down(5), down(4), down(4.5), 1e6, 1e6, -0.004)
    second = Zone(Side.LONG, down(9), down(7), down(8), 1e6, 1e6, -0.007)
    other = Zone(Side.SHORT, up(2), up(3), up(2.5), 1e6, 1e6, 0.002)
    found = cascade(BASE, map_of(long2=3e6), MARK, down(2), depth_of(2e6, 20), (other, near, first, second))
    assert found.next_zone is first
    assert [s.reaches(found.next_zone) for s in found.stops] == [False, True, True]
    assert not found.stops[0].reaches(None)


def test_the_bands_ends_give_a_nearer_and_a_farther_stop() -> None:
    spread = Spread()
    found = cascade(BASE, map_of(long2=3e6), MARK, down(2), depth_of(2e6, 20), spread=spread)
    low, high = found.fuel_band
    assert 0 < low < 3e6 < high
    stop = found.stops[0]
    assert math.log(MARK / stop.near) / ROW == pytest.approx(2 + low / 2e6, abs=0.06)
    assert math.log(MARK / stop.far) / ROW == pytest.approx(2 + high / 2e6, abs=0.06)


def test_what_is_not_known_gives_no_answer_and_says_why() -> None:
    usd = map_of(long2=3e6)
    none = cascade(BASE, usd, MARK, down(2), None)
    assert none.stops == ()
    assert "no order book" in none.why
    assert none.fuel_usd == pytest.approx(3e6)
    outside = depth_of(2e6, 3)
    gone = cascade(BASE, usd, down(5), down(7), outside)
    assert gone.stops == ()
    assert gone.why
    with pytest.raises(ValueError, match="target"):
        cascade(BASE, usd, MARK, math.nan, None)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 1e7), min_size=ROWS, max_size=ROWS),
    st.floats(0.05, 38.0),
    st.floats(1e5, 1e7),
    st.integers(1, 30),
    st.booleans(),
)
def test_whatever_map_and_book_are(rows: list[float], away: float, book_usd: float, reach: int, falls: bool) -> None:
    usd = np.zeros((2, ROWS))
    usd[0, :40], usd[1, 40:] = rows[:40], rows[40:]
    depth = depth_of(book_usd, reach)
    found = cascade(BASE, usd, MARK, down(away) if falls else up(away), depth)
    side = Side.LONG if falls else Side.SHORT
    fuel, book = fuel_of(usd[side], side, BASE, MARK), book_of(depth, side, MARK)
    assert book is not None
    stops = [abs(math.log(s.price / MARK)) if math.isfinite(s.price) else math.inf for s in found.stops]
    assert stops == sorted(stops), "less book never stops it sooner"
    assert all(d >= away * ROW - 1e-9 for d in stops)
    for stop, d in zip(found.stops, stops, strict=True):
        near = abs(math.log(stop.near / MARK)) if math.isfinite(stop.near) else math.inf
        far = abs(math.log(stop.far / MARK)) if math.isfinite(stop.far) else math.inf
        assert near <= d + 1e-12
        assert d <= far + 1e-12
        held = float(fuel.at(np.array([min(d, 40 * ROW)]))[0])
        assert stop.fuel_usd == pytest.approx(held), "what was released is what the map held"
        if math.isfinite(d) and d > away * ROW + 1e-12:
            taken = stop.factor * float((book.at(np.array([d])) - book.at(np.array([away * ROW])))[0])
            assert taken == pytest.approx(held, rel=1e-4, abs=1e-3), "and the book took exactly that"


def test_a_stop_is_the_least_fixed_point() -> None:
    """Held against the iteration of the reference: d <- Q^-1(Q(target) + F(d) / k)."""
    rng = np.random.default_rng(3)
    for _ in range(30):
        fuel = Curve(np.arange(41.0) * ROW, np.concatenate([[0], rng.exponential(1e6, 40).cumsum().astype(np.float64)]))
        book = Curve(np.arange(41.0) * ROW, np.concatenate([[0], rng.exponential(3e6, 40).cumsum().astype(np.float64)]))
        target = rng.uniform(0.001, 0.03)
        for factor in FACTORS:
            d = target
            for _ in range(2_000):
                wanted = float(book.at(np.array([target]))[0] + fuel.at(np.array([d]))[0] / factor)
                if wanted > book.usd[-1]:
                    d = math.inf
                    break
                d = max(d, float(np.interp(wanted, book.usd, book.d)))
            assert stop_of(fuel, book, target, factor) == pytest.approx(d, rel=1e-6)


def test_what_new_orders_take_and_how_far_the_mark_follows_by_hand() -> None:
    """As by hand above. Where new orders take half of what is forced, half of 3M eat 0.75 rows beyond the second. Where the mark follows by
    half of the slip, half a book lets price slip 3 rows to 5.0 while the mark is at 3.5: the fifth row is not reached."""
    usd, depth = map_of(long2=3e6, long5=1e6), depth_of(2e6, 20)
    refilled = cascade(BASE, usd, MARK, down(2), depth, assumed=Assumed(refill=0.5))
    assert refilled.assumed == Assumed(refill=0.5)
    assert math.log(MARK / refilled.stops[0].price) / ROW == pytest.approx(2.75, abs=0.06)
    assert math.log(MARK / refilled.stops[1].price) / ROW == pytest.approx(3.5, abs=0.06)
    assert refilled.fuel_usd == pytest.approx(3e6), "as much is forced: it only eats less"
    behind = cascade(BASE, usd, MARK, down(2), depth, assumed=Assumed(follow=0.5))
    whole, half, _ = behind.stops
    assert math.log(MARK / whole.price) / ROW == pytest.approx(3.5, abs=0.06)
    assert math.log(MARK / half.price) / ROW == pytest.approx(5.0, abs=0.06)
    assert math.log(MARK / half.mark) / ROW == pytest.approx(3.5, abs=0.06)
    assert half.fuel_usd == pytest.approx(3e6, rel=1e-3)
    zone = Zone(Side.LONG, down(5), down(4), down(4.5), 1e6, 1e6, -0.004)
    assert not half.reaches(zone), "price was there, the mark was not"
    assert (
        cascade(BASE, usd, MARK, down(2), depth).stops[1].mark
        == cascade(BASE, usd, MARK, down(2), depth).stops[1].price
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0, 1e7), min_size=ROWS, max_size=ROWS),
    st.floats(0.05, 38.0),
    st.floats(1e5, 1e7),
    st.sampled_from([0.0, 0.25, 0.5]),
    st.sampled_from([1.0, 0.75, 0.5]),
)
def test_the_worst_is_the_worst(rows: list[float], away: float, book_usd: float, refill: float, follow: float) -> None:
    usd = np.zeros((2, ROWS))
    usd[0, :40], usd[1, 40:] = rows[:40], rows[40:]
    depth = depth_of(book_usd, 10)
    worst = cascade(BASE, usd, MARK, down(away), depth)
    eased = cascade(BASE, usd, MARK, down(away), depth, assumed=Assumed(refill, follow))
    for bad, good in zip(worst.stops, eased.stops, strict=True):
        if math.isfinite(bad.price):
            assert good.price >= bad.price * (1 - 1e-7)
            assert good.fuel_usd <= bad.fuel_usd * (1 + 1e-9) + 1e-6
        if math.isfinite(good.price):
            assert down(away) * (1 + 1e-9) >= good.mark >= good.price * (1 - 1e-9)
