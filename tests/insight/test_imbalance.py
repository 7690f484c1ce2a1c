"""Imbalance: fractions of edge rows, the row that holds mark, and the sums behind the ratio."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.insight import RADII, Imbalance, Spread, imbalance_of
from liqdesk.model import usual_shares
from liqdesk.model.axis import PHASE, base_of, row_prices

MARK = 67_012.3
BASE = base_of(MARK)


def flat(mark: float, base: int) -> tuple[np.ndarray, float]:
    """Return a column with 1,000 USD per 10 bp on each side, less in the row that holds mark, and where mark stands in it."""
    here = (math.log(mark) - PHASE) / 1e-3 - base
    row = math.floor(here)
    usd = np.zeros((2, 800))
    usd[0, :row], usd[1, row + 1 :] = 1_000.0, 1_000.0
    usd[0, row], usd[1, row] = 1_000 * (here - row), 1_000 * (row + 1 - here)
    return usd, here


@pytest.mark.parametrize("mark", [MARK, 30_000.0, 29_999.99, 0.01234, 103_456.7])
def test_a_flat_density_gives_the_log_distances(mark: float) -> None:
    base = base_of(mark)
    usd, _ = flat(mark, base)
    for row in imbalance_of(base, usd, mark):
        assert row.long_usd == pytest.approx(-1e6 * math.log(1 - row.radius))
        assert row.short_usd == pytest.approx(1e6 * math.log(1 + row.radius))


def test_radii_come_in_order_and_nest() -> None:
    usd = np.abs(np.random.default_rng(2).normal(size=(10, 800))).astype(np.float32)
    rows = imbalance_of(BASE, usd, MARK)
    assert tuple(r.radius for r in rows) == RADII
    for inner, outer in itertools.pairwise(rows):
        assert inner.long_usd < outer.long_usd
        assert inner.short_usd < outer.short_usd


def test_the_row_of_mark_counts_whole_and_no_row_beyond_it() -> None:
    usd = np.zeros((2, 800))
    usd[0, 400], usd[1, 400] = 700.0, 300.0
    usd[0, 401:] = 1e9  # longs above mark are none
    usd[1, :400] = 1e9
    mark = float(row_prices(BASE)[400]) * 1.0002
    row = imbalance_of(BASE, usd, mark)[0]
    assert (row.long_usd, row.short_usd) == pytest.approx((700.0, 300.0))
    assert row.ratio == pytest.approx(-0.4)


def test_a_radius_within_the_row_of_mark_takes_its_part() -> None:
    usd, _ = flat(MARK, BASE)
    (row,) = imbalance_of(BASE, usd, MARK, radii=(1e-4,))
    assert row.long_usd == pytest.approx(-1e6 * math.log(1 - 1e-4))
    assert row.short_usd == pytest.approx(1e6 * math.log(1 + 1e-4))


def test_nothing_on_either_side_is_even() -> None:
    assert imbalance_of(BASE, np.zeros((10, 800), np.float32), MARK)[0].ratio == 0.0
    assert Imbalance(0.01, 0.0, 5.0).ratio == 1.0
    assert Imbalance(0.01, 5.0, 0.0).ratio == -1.0


@settings(max_examples=60, deadline=None)
@given(mark=st.floats(1e-3, 1e7), seed=st.integers(0, 99))
def test_sums_never_exceed_their_side(mark: float, seed: int) -> None:
    usd = np.random.default_rng(seed).exponential(1e4, (2, 800))
    for row in imbalance_of(base_of(mark), usd, mark):
        assert 0 <= row.long_usd <= usd[0].sum()
        assert 0 <= row.short_usd <= usd[1].sum()
        assert -1 <= row.ratio <= 1
    assert imbalance_of(base_of(mark) - 5_000, usd, mark)[0].short_usd == 0.0


def test_what_is_no_density_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        imbalance_of(BASE, np.full((10, 800), np.inf, np.float32), MARK)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 999), factor=st.floats(1e-2, 1e2))
def test_intervals_hold_what_they_are_of(seed: int, factor: float) -> None:
    usd = np.random.default_rng(seed).exponential(4e3, (10, 800))
    spread = Spread()
    rows = imbalance_of(BASE, usd, MARK, shares=usual_shares(), spread=spread)
    for row in rows:
        assert -1 <= row.low <= row.ratio <= row.high <= 1
        assert row.long_band[0] <= row.long_usd <= row.long_band[1]
        assert row.short_band[0] <= row.short_usd <= row.short_band[1]
    assert rows[0].high - rows[0].low > rows[2].high - rows[2].low, "of fewer orders less is known"
    scaled = imbalance_of(BASE, usd * factor, MARK, shares=usual_shares(), spread=spread.scaled(factor))
    for one, other in zip(rows, scaled, strict=True):
        assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=1e-9)


def test_more_prior_makes_the_interval_wider() -> None:
    usd = np.random.default_rng(8).exponential(4e4, (10, 800))
    sure, unsure = (imbalance_of(BASE, usd, MARK, shares=np.full(5, share))[2] for share in (0.0, 0.9))
    assert sure.ratio == unsure.ratio
    assert unsure.low < sure.low < sure.high < unsure.high
