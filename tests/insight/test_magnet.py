"""The score of a pull, and its bench: at chance where nothing pulls, and not blind where something does."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest
from insight.magnets import benched, hourly
from support.month import Month

from liqdesk.history import History
from liqdesk.insight.magnet import LEAST_DAYS, bench, pull, races
from liqdesk.insight.sides import edge
from liqdesk.insight.touch import touch
from liqdesk.insight.volatility import DAY, HORIZONS_MS, MarkPath
from liqdesk.lab.imports import import_paths
from liqdesk.lab.swept import steps_of
from liqdesk.market import DAY_MS, HOUR_MS
from liqdesk.model.axis import PHASE

DATA = os.environ.get("LIQDESK_TEST_DATA")
MARK = edge(700)


def density(below: float, above: float) -> np.ndarray:
    usd = np.zeros((2, 400))
    usd[0, 180:190] = below
    usd[1, 210:220] = above
    return usd


def test_the_pull_is_to_the_side_that_holds_more_and_is_nearer() -> None:
    assert pull(500, density(1.0, 1.0), MARK, 4e-4) == pytest.approx(0, abs=1e-9)
    assert pull(500, density(1.0, 3.0), MARK, 4e-4) == pytest.approx(0.5, abs=1e-9)
    assert pull(500, density(2.0, 0.0), MARK, 4e-4) == -1
    assert pull(500, density(0.0, 0.0), MARK, 4e-4) == 0
    far = density(1.0, 0.0)
    far[1, 260:270] = 1.0
    variance = 4e-4
    near_odds, far_odds = (
        touch(1e-3 * np.arange(a, a + 10), np.full(10, variance), HORIZONS_MS[1]).sum() for a in (10, 60)
    )
    expected = (far_odds - near_odds) / (far_odds + near_odds)
    assert pull(500, far, MARK, variance) == pytest.approx(expected, rel=1e-6)


def test_a_race_is_won_by_what_is_reached_first() -> None:
    n = DAY
    flat = np.zeros(n)
    path = MarkPath(0, flat, flat.copy(), flat.copy())
    path.high[10], path.low[20] = 0.02, -0.02
    path.high[100] = 0.02
    path.low[100] = -0.02
    at = np.array([0, 10, 15, 60, 99, n - 10])
    assert races(path, at, np.full(6, 0.03)).tolist() == [1, -1, -1, 0, 0, 0]
    assert races(path, at, np.full(6, 0.05)).tolist() == [0] * 6
    path.high[5] = math.nan
    assert races(path, at[:2], np.full(2, 0.03)).tolist() == [0, -1]


def chance(pulled: float, days: int, seed: int = 3) -> tuple[np.ndarray, ...]:
    """Make races that go the way of the score with log odds `pulled` per unit of it."""
    rng = np.random.default_rng(seed)
    n = days * 24
    score, past = rng.uniform(-1, 1, n), rng.normal(size=n)
    up = rng.random(n) < 1 / (1 + np.exp(-pulled * score))
    return np.arange(n) * HOUR_MS, score, np.where(up, 1, -1).astype(np.int8), past


def test_the_bench_finds_a_pull_where_there_is_one_and_not_too_early() -> None:
    found = bench(*chance(0.8, 90))
    assert found.detected
    assert found.slope == pytest.approx(0.8, abs=0.25)
    assert found.slope_low < 0.8 < found.slope_high
    assert "detected (+" in found.sentence
    nothing = bench(*chance(0.0, 90))
    assert not nothing.detected
    assert nothing.edge_low < 0 < nothing.edge_high
    early = bench(*chance(0.8, 20))
    assert not early.detected
    assert early.sentence == f"magnet effect: too early, 20 of {LEAST_DAYS} days"
    assert math.isnan(bench(*chance(0.8, 1)).edge)


def test_a_market_without_magnetism_stays_at_chance() -> None:
    found = benched([Month(seed) for seed in (2, 3)])
    assert found.races > 700
    assert found.edge_low < 0 < found.edge_high
    assert not found.detected


@pytest.mark.data
@pytest.mark.skipif(not DATA, reason="LIQDESK_TEST_DATA does not name the folder of real market data")
def test_on_real_months_no_pull_is_detected(tmp_path: Path) -> None:
    with History.open(tmp_path / "history.sqlite", tmp_path / "lock") as history:
        import_paths([Path(DATA or "") / "archive"], history)
        steps = steps_of(history, "BTCUSDT")
    path = MarkPath.of(steps.t0, steps.t1, *(PHASE + row for row in (steps.end, steps.low, steps.high)))
    found = bench(*hourly(steps, path, path.first * 300_000 + 30 * DAY_MS))
    assert found.days > 90
    assert found.edge == pytest.approx(0, abs=0.05)
    assert not found.detected
