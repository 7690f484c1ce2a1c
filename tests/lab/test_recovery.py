"""The measures of recovery, and what they say of the engine on a simulated month whose truth is known."""

import numpy as np
import pytest
import truth
from hypothesis import given, settings
from hypothesis import strategies as st
from study import bars_of
from support.month import START_MS, Month

from liqdesk.lab.baselines import EngineMap, Uniform
from liqdesk.lab.recovery import compare, correlation, mean_of, near_rows, ranks, top_recall, wasserstein
from liqdesk.market import DAY_MS, MINUTE_MS, Side
from liqdesk.model import BIN, Density, bar_steps
from liqdesk.model.axis import bin_of, display_bin_of, edge_of_display_bin, log_of
from liqdesk.venues.binance.brackets import shipped_brackets

DAYS, SCORED = 14, 3


@pytest.fixture(scope="module")
def month() -> Month:
    return Month(3, DAYS, range(START_MS - SCORED * DAY_MS, START_MS, DAY_MS // 2), keep_seconds=True)


masses = st.lists(st.floats(0, 1e6), min_size=12, max_size=12).map(np.array).filter(lambda a: a.sum() > 1e-3)


@settings(deadline=None)
@given(masses, masses, st.floats(1e-3, 1e3))
def test_measures_know_what_they_measure(a, b, size):
    same = compare(a * size, a)
    assert same.distance == pytest.approx(0, abs=1e-9)
    assert same.recall == same.ceiling
    assert same.scale == pytest.approx(size)
    other = compare(a, b)
    assert -1 - 1e-9 <= other.pearson <= 1 + 1e-9
    assert -1 - 1e-9 <= other.spearman <= 1 + 1e-9
    assert other.recall <= other.ceiling + 1e-12
    assert 0 <= other.distance <= 0.1 * 11 + 1e-9
    assert compare(b, a).distance == pytest.approx(other.distance, abs=1e-9)


def test_measures_by_hand():
    assert wasserstein(np.array([1.0, 0, 0, 0]), np.array([0.0, 0, 0, 2.0]), 0.1) == pytest.approx(0.3)
    assert wasserstein(np.array([1.0, 1, 0]), np.array([0.0, 1, 1]), 0.1) == pytest.approx(0.1)
    assert ranks(np.array([3.0, 1, 3, 2])).tolist() == [2.5, 0.0, 2.5, 1.0]
    assert correlation(np.array([1.0, 2, 3]), np.array([3.0, 5, 7])) == pytest.approx(1)
    assert correlation(np.ones(3), np.array([3.0, 5, 7])) == 0
    mass = np.arange(20.0)
    assert top_recall(mass, mass) == pytest.approx((19 + 18) / 190)
    assert top_recall(-mass, mass) == pytest.approx(1 / 190)
    for bad in (np.zeros(3), np.array([1.0, -1, 2]), np.array([1.0, np.nan, 2])):
        with pytest.raises(ValueError, match="density"):
            compare(bad, np.ones(3))
    with pytest.raises(ValueError, match="against"):
        compare(np.ones(4), np.ones(3))
    with pytest.raises(ValueError, match="nothing"):
        mean_of([])


@settings(deadline=None)
@given(st.floats(20_000, 200_000))
def test_rows_about_a_mark_hold_longs_below_and_shorts_above(mark):
    first = bin_of(mark) - 400
    contracts = np.stack([np.full(800, 1.0), np.full(800, 100.0)])
    rows = near_rows(contracts, first, mark)
    lowest = display_bin_of(mark * 0.94) + 1
    own = display_bin_of(mark) - lowest
    assert mark * 0.94 <= edge_of_display_bin(lowest)
    assert edge_of_display_bin(lowest + len(rows)) <= mark * 1.06
    assert 118 <= len(rows) <= 121
    assert (rows[:own] == 2).all()
    assert rows[own] == 202
    assert (rows[own + 1 :] == 200).all()
    with pytest.raises(ValueError, match="do not reach"):
        near_rows(contracts[:, 300:], first + 300, mark)


def test_the_engine_recovers_the_standing_density_better_than_a_flat_map(month):
    table = shipped_brackets().table("BTCUSDT")
    ours, flat = truth.recover(EngineMap(table), month), truth.recover(Uniform(), month)
    assert 0.35 < ours.pearson < 0.75  # far from perfect, and that is said
    assert 0.35 < ours.spearman < 0.8
    assert ours.distance < 1.3
    assert 0.08 < ours.recall < ours.ceiling
    assert (
        0.2 < ours.scale < 0.9
    )  # what is printed is less than what stands: half is never printed, much closes in time
    assert ours.pearson > flat.pearson + 0.03
    assert ours.distance < flat.distance


def test_one_and_five_minute_steps_agree_on_a_simulated_month(month):
    fives = bar_steps(bars_of(month.bars, 5), 5 * MINUTE_MS, month.interest, bars_of(month.mark_bars, 5))
    one, five = Density(0.004, 125), Density(0.004, 125)
    for begin, moment in zip([0, *month.moments[:-1]], month.moments, strict=True):
        for density, steps in ((one, month.steps), (five, fives)):
            density.run(steps.select((steps.t0 >= begin) & (steps.t0 < moment)))
        for side, sign in ((Side.LONG, -1), (Side.SHORT, 1)):
            first, a = one.profile(side)
            _, b = five.profile(side)
            away = sign * ((first + np.arange(len(a)) + 0.5) * BIN - log_of(one.mark))
            far = (away > 0.005) & (away < 0.4)
            assert b[far].sum() == pytest.approx(a[far].sum(), rel=0.01)
            assert np.corrcoef(a[far], b[far])[0, 1] > 0.99
