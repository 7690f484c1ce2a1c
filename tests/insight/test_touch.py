"""Touch odds against closed forms and chance, their record against what came, on simulated and on real months."""

from __future__ import annotations

import math
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.month import Month

from liqdesk.history import History
from liqdesk.insight.touch import (
    KNOTS,
    LAW,
    SCALES,
    SHARES,
    SIGMA_SPREAD,
    TICK_MS,
    Cases,
    Statement,
    calibrate,
    cases_from,
    cases_of,
    chances,
    excursions,
    stated,
    ticks_of,
    touch,
)
from liqdesk.insight.volatility import CELL_MS, DAY, HORIZONS_MS, MarkPath, variances
from liqdesk.lab.imports import import_paths
from liqdesk.lab.swept import steps_of
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS

DATA = os.environ.get("LIQDESK_TEST_DATA")
HOUR, FOUR, DAYLONG = range(3)


def path_of(month: Month) -> MarkPath:
    bars = month.mark_bars
    t = bars["t"]
    return MarkPath.of(t, t + MINUTE_MS, np.log(bars["close"]), np.log(bars["low"]), np.log(bars["high"]))


def walk(days: int, sigma: float = 1e-3, seed: int = 1) -> MarkPath:
    """Make a path of independent normal steps, `sigma` a cell; extremes are those of ten steps a cell."""
    fine = np.random.default_rng(seed).normal(0, sigma / math.sqrt(10), (days * DAY, 10)).cumsum().reshape(-1, 10)
    before = np.concatenate([[0.0], fine[:-1, -1]])[:, None]
    all_ = np.concatenate([before, fine], axis=1) + math.log(60_000)
    return MarkPath(19_700 * DAY, all_[:, -1], all_.min(axis=1), all_.max(axis=1))


# -- the law ------------------------------------------------------------------------------------------------------------


def test_the_quadrature_integrates_polynomials_to_the_ninth_degree_exactly() -> None:
    z = (np.log(SCALES) + SIGMA_SPREAD**2) / SIGMA_SPREAD  # standard normal
    for power in range(10):
        exact = 0 if power % 2 else math.prod(range(1, power, 2))
        assert (SHARES * z**power).sum() == pytest.approx(exact, abs=1e-9)
    assert (SHARES * SCALES**2).sum() == pytest.approx(1, abs=1e-4)


def test_of_one_known_volatility_the_odds_are_the_closed_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liqdesk.insight.touch.SCALES", np.ones(5))
    monkeypatch.setattr("liqdesk.insight.touch.WATCH", 0.0)
    for k in (0.0, 0.3, 1.0, 2.5):
        exact = math.erfc(k / math.sqrt(2))  # 2Φ(−k)
        assert touch(np.array([0.02 * k]), np.array([4e-4]), HOUR_MS)[0] == pytest.approx(exact, abs=1e-12)


def test_odds_are_what_walks_of_uncertain_volatility_do() -> None:
    rng = np.random.default_rng(5)
    n, seconds = 40_000, 900
    sigma = 2e-4 * np.exp(SIGMA_SPREAD * rng.standard_normal(n) - SIGMA_SPREAD**2)
    level = np.zeros(n)
    top = np.zeros(n)
    for _ in range(seconds):
        level += sigma * rng.standard_normal(n)
        np.maximum(top, level, out=top)
    spread = 2e-4 * math.sqrt(seconds)
    for k in (0.3, 0.7, 1.0, 1.6, 2.4):
        odds = touch(np.array([k * spread]), np.array([spread**2]), seconds * 1_000)[0]
        came = (top >= k * spread).mean()
        assert came == pytest.approx(odds, abs=4 * math.sqrt(odds * (1 - odds) / n) + 0.002), k


NO_RECORD = calibrate(cases_of((), walk(1)))
distances = st.floats(0, 0.5)
spreads = st.floats(1e-4, 0.3)


@given(distances, distances, spreads)
def test_odds_fall_with_distance_and_rise_with_the_horizon(one: float, two: float, spread: float) -> None:
    near, far = sorted((one, two))
    curves = NO_RECORD
    reach = [spread, 2 * spread, math.sqrt(24) * spread]
    a, b = chances([near, far], reach, curves)
    for h in range(3):
        assert 0 <= b.odds[h] <= a.odds[h] + 1e-12 <= 1 + 1e-12
        assert a.low[h] - 1e-12 <= a.odds[h] <= a.high[h] + 1e-12
    assert a.odds[HOUR] <= a.odds[FOUR] + 1e-9 <= a.odds[DAYLONG] + 2e-9
    assert chances([0.0], reach, curves)[0].odds == (1.0, 1.0, 1.0)


def test_the_law_at_knots_does_not_depend_on_volatility() -> None:
    for h, horizon in enumerate(HORIZONS_MS):
        for spread in (1e-4, 0.05):
            found = touch(spread * np.array(KNOTS), np.full(len(KNOTS), spread**2), horizon)
            assert found == pytest.approx(LAW[h], rel=1e-12)


# -- volatility ---------------------------------------------------------------------------------------------------------


def test_of_a_steady_walk_the_forecast_is_its_variance() -> None:
    path = walk(30)
    found = variances(path, np.arange(8 * DAY, 30 * DAY - 1, 7))
    true = np.square(np.diff(path.end)).mean()
    for h, horizon in enumerate(HORIZONS_MS):
        assert found[:, h].mean() == pytest.approx(true * horizon / CELL_MS, rel=0.03)
    assert np.isnan(variances(path, np.array([DAY // 3]))).all()


def test_nothing_that_comes_later_changes_a_forecast() -> None:
    path = walk(12)
    at = np.arange(2 * DAY, 9 * DAY, 31)
    before = variances(path, at)
    rng = np.random.default_rng(2)
    cut = 9 * DAY
    later = MarkPath(path.first, path.end.copy(), path.low.copy(), path.high.copy())
    later.end[cut:] += rng.normal(0, 0.1, len(path) - cut)
    assert np.array_equal(variances(later, at), before)
    assert np.array_equal(variances(MarkPath(path.first, path.end[:cut], path.low[:cut], path.high[:cut]), at), before)


def test_busy_hours_are_expected_to_be_busy() -> None:
    path = walk(30)
    hour = (path.first + np.arange(len(path))) // 12 % 24
    moves = np.diff(path.end, prepend=path.end[0]) * np.where((hour >= 13) & (hour < 16), 2.0, 1.0)
    end = path.end[0] + moves.cumsum()
    loud = MarkPath(path.first, end, end - 1e-4, end + 1e-4)
    at = np.arange(len(path) - 2 * DAY, len(path) - 1)
    found = variances(loud, at)[:, HOUR]
    starts = hour[at + 1]
    assert found[starts == 14].mean() > 2 * found[starts == 5].mean()


def test_a_hole_in_the_path_is_left_out_and_outcomes_across_it_are_not_known() -> None:
    path = walk(12)
    for row in (path.end, path.low, path.high):
        row[10 * DAY : 10 * DAY + 30] = math.nan
    at = np.array([9 * DAY, 10 * DAY - 20, 11 * DAY - 30])
    found = variances(path, at)
    assert np.isfinite(found).all()
    up, down = excursions(path, at)
    assert np.isfinite(up[:, HOUR]).tolist() == [True, True, True]
    assert np.isfinite(up[:, DAYLONG]).tolist() == [False, False, True]
    assert (np.isnan(up) == np.isnan(down)).all()


def test_steps_become_cells_of_five_minutes() -> None:
    t0 = np.array([0, 60, 120, 180, 240, 300, 360, 600]) * 1_000 + 3 * DAY_MS
    t1 = np.array([60, 120, 180, 240, 300, 360, 420, 900]) * 1_000 + 3 * DAY_MS
    end = np.arange(8.0)
    path = MarkPath.of(t0, t1, end, end - 1, end + 1)
    assert path.first == 3 * DAY
    assert path.end.tolist()[0::2] == [4.0, 7.0]  # the second cell is not whole
    assert math.isnan(path.end[1])
    assert (path.low[0], path.high[0]) == (-1.0, 5.0)
    with pytest.raises(ValueError, match="crosses"):
        MarkPath.of(t0[:1], t0[:1] + 600_000, end[:1], end[:1], end[:1])


# -- the record ---------------------------------------------------------------------------------------------------------


def test_excursions_are_the_farthest_of_the_horizon() -> None:
    path = walk(3)
    at = np.array([0, 100, 2 * DAY - 1, 3 * DAY - 13, 3 * DAY - 12])
    up, down = excursions(path, at)
    for i, a in enumerate(at.tolist()):
        for h, horizon in enumerate(HORIZONS_MS):
            n = horizon // CELL_MS
            if a + n >= len(path):
                assert math.isnan(up[i, h])
                continue
            assert up[i, h] == max(path.high[a + 1 : a + 1 + n].max() - path.end[a], 0)
            assert down[i, h] == max(path.end[a] - path.low[a + 1 : a + 1 + n].min(), 0)


def test_without_a_record_the_law_is_said_with_what_is_not_known_of_sigma() -> None:
    for h, curve in enumerate(calibrate(cases_of((), walk(1)))):
        assert curve.held == pytest.approx(LAW[h], abs=1e-6)
        assert curve.cases == 0
        assert math.isnan(curve.brier)
        wide = np.array(curve.high) - np.array(curve.low)
        assert wide[KNOTS.index(1.0)] > 0.05


def wrong_by(factor: float, days: int = 40) -> Cases:
    """Return a record whose σ was said `factor` times too large."""
    path = walk(days)
    at = ticks_of(path)[3 * DAY // 6 :]
    said = [Statement(s.t_ms, tuple(factor * x for x in s.reach), s.back) for s in stated(path, at, True)]
    return cases_of(said, path)


def test_a_record_bends_the_odds_to_what_came() -> None:
    curve = calibrate(wrong_by(1.5))[HOUR]
    at = KNOTS.index(1.0)
    assert curve.came[at] < LAW[HOUR][at] - 0.05
    assert curve.held[at] == pytest.approx(curve.came[at], abs=0.02)
    assert curve.low[at] <= curve.held[at] <= curve.high[at]
    assert all(a >= b for a, b in pairwise(curve.held))
    few = calibrate(wrong_by(1.5, 5))[DAYLONG]
    law, came = LAW[DAYLONG][at], few.came[at]
    assert abs(few.held[at] - law) < 0.2 * abs(came - law)  # a day or two are hardly a record


def test_up_and_down_are_the_same_to_the_record() -> None:
    cases = wrong_by(1.2, 12)
    mirrored = Cases(cases.t, cases.reach, cases.down, cases.up, cases.back)
    assert calibrate(mirrored) == calibrate(cases)


def test_what_is_stored_stands_in_where_the_path_does_not_reach() -> None:
    path = walk(6)
    said = stated(path, ticks_of(path), False)
    whole = cases_of(said, path)
    cut = MarkPath(path.first + 4 * DAY, path.end[4 * DAY :], path.low[4 * DAY :], path.high[4 * DAY :])
    came = {int(t): (whole.up[i], whole.down[i]) for i, t in enumerate(whole.t.tolist())}
    again = cases_from(said, came)
    assert np.array_equal(again.up, whole.up, equal_nan=True)
    assert np.array_equal(again.down, whole.down, equal_nan=True)
    assert np.isnan(cases_of(said, cut).up[0]).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_on_a_simulated_month_odds_hold(seed: int) -> None:
    path = path_of(Month(seed))
    cases = cases_of(stated(path, ticks_of(path), True), path)
    curves = calibrate(cases)
    for h, most in ((HOUR, 0.06), (FOUR, 0.06), (DAYLONG, 0.11)):
        law, came = np.array(curves[h].law), np.array(curves[h].came)
        assert np.abs(law - came).max() < most, h
        assert np.all(np.array(curves[h].low) <= came + 0.05)
        assert curves[h].back == curves[h].cases > 1_300
    assert curves[HOUR].skill > 0.03
    assert curves[FOUR].skill > 0
    assert cases.t[0] % TICK_MS == 0


@pytest.mark.data
@pytest.mark.skipif(not DATA, reason="LIQDESK_TEST_DATA does not name the folder of real market data")
def test_on_real_months_odds_hold(tmp_path: Path) -> None:
    with History.open(tmp_path / "history.sqlite", tmp_path / "lock") as history:
        import_paths([Path(DATA or "") / "archive"], history)
        steps = steps_of(history, "BTCUSDT")
    path = MarkPath.of(steps.t0, steps.t1, steps.end, steps.low, steps.high)
    curves = calibrate(cases_of(stated(path, ticks_of(path), True), path))
    for curve in curves:
        gap = np.abs(np.array(curve.law) - np.array(curve.came))
        assert gap.max() < 0.04
        assert curve.cases > 6_000
    assert [round(c.skill, 2) for c in curves] == pytest.approx([0.12, 0.10, 0.04], abs=0.02)
