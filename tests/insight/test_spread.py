"""Bands: what holds of every one, and what a record teaches."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.insight.gamma import gamma_cdf, gamma_quantile
from liqdesk.insight.spread import Spread, band_of, chance_of, deviation_of, ratio_band

amounts = st.floats(1.0, 1e11)
shares = st.floats(0.0, 1.0)
spreads = st.builds(
    Spread,
    lump_usd=st.floats(1e2, 1e7),
    order_usd=st.floats(1e2, 1e6),
    near=st.floats(0.05, 1.0),
    prior=st.floats(0.0, 3.0),
    scale=st.floats(0.0, 0.8),
)


@given(amounts, shares, spreads)
@settings(max_examples=300, deadline=None)
def test_a_band_holds_the_amount_its_median_and_eight_tenths(usd: float, share: float, spread: Spread) -> None:
    low, high = (float(v) for v in band_of(usd, share, spread))
    assert 0 <= low < usd <= high
    shape = (usd / float(deviation_of(usd, share, spread))) ** 2
    median = float(gamma_quantile(0.5, shape)) / shape * usd
    assert low <= median * (1 + 1e-9) <= high * (1 + 1e-9)
    inside = float(gamma_cdf(high / usd * shape, shape)) - float(gamma_cdf(low / usd * shape, shape))
    assert inside >= 0.8 - 0.01
    if low > 0 and high > usd * (1 + 1e-6):
        assert inside == pytest.approx(0.8, abs=0.01)


@given(amounts, shares, spreads, st.floats(1.0001, 10.0))
@settings(max_examples=300, deadline=None)
def test_a_larger_amount_has_a_higher_band(usd: float, share: float, spread: Spread, times: float) -> None:
    low, high = band_of(np.array([usd, usd * times]), share, spread)
    assert low[0] <= low[1] * (1 + 1e-9)
    assert high[0] < high[1]


@given(amounts, shares, spreads, st.floats(1e-4, 1e4))
@settings(max_examples=200, deadline=None)
def test_a_band_scales_with_its_unit(usd: float, share: float, spread: Spread, factor: float) -> None:
    low, high = band_of(usd, share, spread)
    scaled = band_of(usd * factor, share, spread.scaled(factor))
    near_edge = abs(usd / spread.order_usd / math.log(10) - 1) < 1e-9
    if not near_edge:
        assert float(scaled[0]) == pytest.approx(float(low) * factor, rel=1e-6, abs=1e-9)
    assert float(scaled[1]) == pytest.approx(float(high) * factor, rel=1e-6)


@given(amounts, spreads, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
@settings(max_examples=200, deadline=None)
def test_more_prior_is_never_surer(usd: float, spread: Spread, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert float(deviation_of(usd, less, spread)) <= float(deviation_of(usd, more, spread))
    assert float(band_of(usd, less, spread)[0]) >= float(band_of(usd, more, spread)[0]) * (1 - 1e-3)


def test_small_amounts_may_be_nothing_and_large_ones_are_as_sure_as_the_model() -> None:
    spread = Spread()
    low, high = band_of(np.array([500.0, 5_000.0, 20_000.0, 1e9]), 0.0, spread)
    assert low[:3].tolist() == [0.0, 0.0, 0.0]
    assert np.all(high[:3] >= [500, 5_000, 20_000])
    relative = spread.near**2 + math.expm1(spread.scale**2)
    shape = 1 / relative
    assert low[3] / 1e9 == pytest.approx(float(gamma_quantile(0.1, shape)) / shape, rel=0.01)
    assert high[3] / 1e9 == pytest.approx(float(gamma_quantile(0.9, shape)) / shape, rel=0.01)


def test_the_lumps_alone_are_a_compound_poisson_sum() -> None:
    """Many sums of independent orders of a known size have the deviation that the lumps say."""
    rng = np.random.default_rng(4)
    mean, expected = 20_000.0, 600_000.0
    counts = rng.poisson(expected / mean, 20_000)
    sums = np.array([rng.exponential(mean, n).sum() for n in counts])
    spread = Spread(lump_usd=2 * mean)  # the size-weighted mean of an exponential size is twice its mean
    assert float(chance_of(expected, spread)) == pytest.approx(sums.std(), rel=0.03)
    bare = Spread(lump_usd=2 * mean, order_usd=mean, near=0.0, prior=0.0, scale=0.0)
    low, high = band_of(expected, 0.0, bare)
    assert float(((sums >= low) & (sums <= high)).mean()) == pytest.approx(0.8, abs=0.02)


def test_no_amount_has_no_band_wider_than_nothing() -> None:
    low, high = band_of(np.zeros(3), 0.5, Spread())
    assert low.tolist() == high.tolist() == [0.0, 0.0, 0.0]


@given(st.floats(1e3, 1e9), st.floats(1e3, 1e9), shares, spreads, st.floats(0.01, 100.0))
@settings(max_examples=200, deadline=None)
def test_the_interval_of_a_ratio_holds_it_and_mirrors(
    long: float, short: float, share: float, spread: Spread, factor: float
) -> None:
    part = np.array([share, share / 2])
    low, high = ratio_band(long, short, part, spread)
    assert -1 <= low <= (short - long) / (short + long) <= high <= 1
    mirrored = ratio_band(short, long, part[::-1], spread)
    assert mirrored == pytest.approx((-high, -low))
    assert ratio_band(long * factor, short * factor, part, spread.scaled(factor)) == pytest.approx(
        (low, high), abs=1e-9
    )


def test_an_empty_side_leaves_the_ratio_open() -> None:
    assert ratio_band(0.0, 5e5, np.zeros(2), Spread()) == (-1.0, 1.0)


@pytest.mark.parametrize("truth", [12_000.0, 60_000.0, 500_000.0])
def test_a_record_teaches_its_own_lump(truth: float) -> None:
    """Hours drawn with a known lump: in the end a fifth of them misses, whatever the shipped value was."""
    rng = np.random.default_rng(5)
    spread = Spread()
    held = []
    for _ in range(3_000):
        expected = math.exp(rng.normal(13.0, 1.0))
        variance = truth * expected + (spread.near**2 + math.expm1(spread.scale**2)) * expected**2
        printed = rng.gamma(expected**2 / variance, variance / expected)
        low, high = band_of(expected, 0.0, spread, spread.printed_lump_usd)
        held.append(float(low) <= printed <= float(high))
        spread = spread.observe(expected, printed)
    assert float(np.mean(held[500:])) == pytest.approx(0.8, abs=0.025)
    assert truth / 2.5 < spread.printed_lump_usd < truth * 2.5
    assert spread.lump_usd == max(Spread().lump_usd, spread.printed_lump_usd)
    assert spread.hours == 3_000


def test_quiet_hours_teach_nothing_and_no_record_goes_beyond_reason() -> None:
    spread = Spread()
    assert spread.observe(spread.order_usd / 2, 1e9) is spread
    for _ in range(2_000):
        spread = spread.observe(1e6, 1e9)
    assert spread.printed_lump_usd == pytest.approx(30 * Spread().lump_usd)
    for _ in range(5_000):
        spread = spread.observe(1e6, 1e6)
    assert spread.printed_lump_usd == pytest.approx(Spread().lump_usd / 30)
    assert spread.lump_usd == Spread().lump_usd
