import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqdesk.market import DAY_MS, Side, decimals_of, floor_to, price_from_ticks, ticks_from_price

TICKS = (0.1, 0.01, 0.001, 0.0001, 0.00001, 0.0000001, 0.5, 0.005, 1.0, 10.0, 0.25)


@given(st.integers(min_value=1, max_value=10**9), st.sampled_from(TICKS))
def test_a_price_on_the_grid_survives_both_ways(ticks: int, tick: float) -> None:
    assert ticks_from_price(price_from_ticks(ticks, tick), tick) == ticks


@given(st.integers(min_value=1, max_value=10**7), st.sampled_from(TICKS))
def test_a_price_prints_as_the_venue_wrote_it(ticks: int, tick: float) -> None:
    price = price_from_ticks(ticks, tick)
    assert float(f"{price:.{decimals_of(tick)}f}") == price


@pytest.mark.parametrize(("tick", "decimals"), [(0.1, 1), (0.005, 3), (1.0, 0), (10.0, 0), (0.0000001, 7), (0.25, 2)])
def test_decimals_of_a_tick(tick: float, decimals: int) -> None:
    assert decimals_of(tick) == decimals


@pytest.mark.parametrize("tick", [0.0, -0.1, math.nan, math.inf])
def test_a_tick_that_is_no_grid_is_refused(tick: float) -> None:
    with pytest.raises(ValueError, match="not a positive number"):
        decimals_of(tick)


@given(st.integers(min_value=0, max_value=4 * 10**12), st.sampled_from([1000, 60_000, 900_000, DAY_MS]))
def test_floor_to_finds_the_span_that_holds_a_time(time_ms: int, span_ms: int) -> None:
    start = floor_to(time_ms, span_ms)
    assert start % span_ms == 0
    assert start <= time_ms < start + span_ms


def test_sides_are_named_by_who_is_liquidated() -> None:
    assert (Side.LONG.word, Side.SHORT.word) == ("long", "short")
    assert (int(Side.LONG), int(Side.SHORT)) == (0, 1)
