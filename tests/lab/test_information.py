"""The pieces of the information study: each estimate is what it says it is, on a few days whose truth is known."""

import math

import information
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_months import program_gain
from scoring import BARS_A_DAY, Printed, by_bar, local_gain
from study import BASE, NEAR, Case, bars_of
from support.month import START_MS
from walking import EXACT, HARD, columns, memory_of, walk

from liqdesk.lab.recovery import correlation
from liqdesk.market import MINUTE_MS
from liqdesk.model import BIN, Density, StepBatch
from liqdesk.model.gain import DEFAULT_GAIN

DAYS, SCORED = 4, 1


def walk_of_prices(n: int, seed: int) -> StepBatch:
    x = 1.1 + np.concatenate([[0.0], np.cumsum(np.random.default_rng(seed).normal(0, 5e-4, n))])
    start, end = x[:-1].copy(), x[1:].copy()
    t0 = START_MS + MINUTE_MS * np.arange(n, dtype=np.int64)
    low, high = np.minimum(start, end), np.maximum(start, end)
    return StepBatch.plain(t0, t0 + MINUTE_MS, start, end, low, high, np.full(n, 100.0), np.full(n, 9e4))


@pytest.fixture(scope="module")
def case() -> Case:
    return Case(5, DAYS, SCORED)


def test_the_walk_over_minutes_is_the_engine(case):
    density = Density(0.004, 125)
    swept = density.run(case.month.steps)
    ours = case.minute()
    expected = case.price[:, None] * (swept @ density.prior)
    assert np.allclose(ours.swept, expected, rtol=1e-9)
    assert ours.shown.shape == (4 * SCORED, 2, 2 * NEAR)
    again = Density(0.004, 125)
    again.run(case.month.steps.select(case.month.steps.t0 < case.month.moments[-1]))
    _, planes = again.planes()
    assert ours.shown[-1].sum() > 0
    assert planes.sum() > 0


def test_what_is_known_beyond_candles_is_of_the_same_market(case):
    month = case.month
    minute = (month.at_price["t"] - month.begin_ms) // MINUTE_MS
    volume = np.bincount(minute, weights=month.at_price["quantity"], minlength=case.minutes)
    assert np.allclose(volume, month.bars["volume"])
    assert np.allclose(month.traded[:, 1].reshape(-1, 60).sum(axis=1), month.bars["volume"])
    assert np.allclose(month.seconds.reshape(-1, 60).max(axis=1), month.mark_bars["high"])
    assert np.allclose(month.seconds.reshape(-1, 60).min(axis=1), month.mark_bars["low"])
    fives = bars_of(month.bars, 5)
    assert fives["volume"].sum() == pytest.approx(month.bars["volume"].sum())
    assert (fives["high"] >= fives["close"]).all()


def test_the_witness_saw_who_stood_where(case):
    truth = case.every_liquidation().swept
    assert correlation(case.true_positions().swept.ravel(), truth.ravel()) > 0.98
    opened = case.witness.opened
    standing = case.month.standing[-1].sum()
    assert opened["quantity"][~opened["stop"]].sum() > standing > 0
    assert ((opened["liquidation"] < opened["entry"]) | (opened["liquidation"] == 0))[opened["side"] == 0].all()
    assert (opened["liquidation"] > opened["entry"])[opened["side"] == 1].all()


def test_a_finer_path_sweeps_the_same_market(case):
    base = by_bar(case.minute().swept)
    for estimate in (case.by_second(HARD, False), case.by_second(EXACT, True)):
        assert correlation(np.sqrt(by_bar(estimate.swept)).ravel(), np.sqrt(base).ravel()) > 0.98
        assert estimate.swept.sum() == pytest.approx(base.sum(), rel=0.15)
    for estimate in (case.five(), case.archive()):
        assert correlation(np.sqrt(by_bar(estimate.swept)).ravel(), np.sqrt(base).ravel()) > 0.97


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-6e-3, 6e-3), min_size=1, max_size=40)
    | st.lists(st.floats(-7e-4, 7e-4), min_size=1, max_size=40),
    st.integers(0, 1_000),
)
def test_an_exact_edge_takes_what_lies_between_the_extremes_however_often_price_comes_back(marks, seed):
    began = walk_of_prices(200, seed=seed)
    path = began.end[-1] + np.concatenate([[0.0], marks])
    start, end = path[:-1].copy(), path[1:].copy()
    t0 = began.t1[-1] + 1_000 * np.arange(len(start), dtype=np.int64)
    none, no_volume = np.zeros(0, np.int64), np.zeros(len(start))
    each = StepBatch.plain(
        t0, t0 + 1_000, start, end, np.minimum(start, end), np.maximum(start, end), no_volume, no_volume + 1
    )
    whole = StepBatch.plain(
        *(np.array([v]) for v in (t0[0], t0[-1] + 1_000, start[0], end[-1], path.min(), path.max(), 0.0, 1.0))
    )
    taken, stood = [], []
    for batch in (each, whole):
        density = Density(0.004, 125)
        memory = memory_of(math.floor(began.start[0] / BIN) - 2_000, 4_000, began.start[0])
        for steps in (
            began,
            batch,
        ):  # an exact edge from the start: a soft one leaves something behind where price has been
            swept, slot = np.zeros((1, 2, 20)), np.zeros(len(steps), np.int64)
            walk(
                density._state(), density._law, columns(steps), steps.volume / (2 * steps.interest), slot, (0, len(steps)),
                EXACT, swept, none, none, none, np.zeros((0, 20)), *memory,
            )  # fmt: skip
        taken.append(swept[0])
        stood.append(density.standing())
        assert density.audit().error < 1e-9
    near = np.ptp(path) < 3 * BIN  # further away, a bin is taken for whole again
    if near:
        assert np.allclose(taken[0], taken[1], rtol=1e-9, atol=1e-9)
        assert np.allclose(stood[0], stood[1], rtol=1e-9, atol=1e-9)
    assert (taken[0] >= taken[1] * (1 - 1e-9)).all()


def test_true_levels_tell_more_than_the_engine(case):
    printed = Printed(case, SCORED)
    engine, levels = (printed.measure(case, e) for e in (case.minute(), case.true_levels()))
    assert levels["pearson"] > max(0.8, engine["pearson"] + 0.05)
    assert levels["distance"] < 0.5 * engine["distance"]
    perfect = printed.measure(case, case.true_positions())
    assert perfect["pearson"] == pytest.approx(1)
    assert perfect["recall"] == pytest.approx(perfect["ceiling"])
    assert all(np.isfinite(list(found.values())).all() for found in (engine, levels, perfect))


def test_printed_orders_move_the_mix_and_the_field(case):
    swept, _, evidence = case._walk(
        case.month.steps, case.month.steps.volume / (2 * case.month.steps.interest), print_step=case.prints[0]
    )
    weights = case.weights(swept, evidence)
    assert np.array_equal(weights[0], case.prior)
    assert (weights > 0).all()
    assert np.abs(weights[-1] - case.prior).max() > 0.01
    assert (evidence.sum(axis=1) > 0).mean() > 0.9  # the map held something where nearly every order was triggered
    idle = case.weights(swept, np.zeros_like(evidence))
    assert (idle <= case.prior * (1 + 1e-9)).all()  # exposure without orders speaks against the bands that were swept
    assert idle[-1, :5].sum() < 0.95 * case.prior[:5].sum()
    field = case.field()
    assert field.swept.shape == (case.minutes, 2)
    assert correlation(np.sqrt(by_bar(field.swept)).ravel(), np.sqrt(by_bar(case.minute().swept)).ravel()) > 0.9


def test_a_local_gain_is_one_until_something_differs():
    mass = np.random.default_rng(1).gamma(1.0, 1e6, (20 * BARS_A_DAY, 2))
    even = local_gain(mass, 0.01 * mass)
    assert np.allclose(even, 1.0)
    y = 0.01 * mass
    y[-BARS_A_DAY:, 0] *= 3
    changed = local_gain(mass, y)
    assert np.allclose(changed[:-BARS_A_DAY], 1.0)
    assert 1.5 < changed[-1, 0] < 2.5  # three times as much, shrunk by a day as expected
    assert 0.7 < changed[-1, 1] <= 1.0
    later = y.copy()
    later[-1] *= 50
    assert np.array_equal(local_gain(mass, later), changed)  # a bar is not told of itself


def test_the_programs_own_local_gain_does_not_know_the_hour_it_is_used_in():
    mass = np.random.default_rng(1).gamma(1.0, 1e8, (3 * BARS_A_DAY, 2))
    t = START_MS + 1_800_000 * np.arange(len(mass))
    y = DEFAULT_GAIN * mass
    assert np.allclose(program_gain(mass, y, t), 1.0)
    y[-10:, 0] *= 3
    changed = program_gain(mass, y, t)
    assert np.allclose(changed[:-8], 1.0)
    assert changed[-1, 0] > 1.1
    y[-2:] *= 50
    assert np.array_equal(program_gain(mass, y, t), changed)


def test_the_table_holds_every_configuration(case):
    row = dict.fromkeys((*information.SHOWN, "ceiling"), 0.5)
    found = [{BASE: row, "other": row | {"D2": 0.5 + 0.01 * seed}} for seed in (1, 2, 3)]
    text = information.table(found)
    assert "| other | +0.0200 [-0.0048, +0.0448] 3/3 |" in text
    assert text.count(BASE) >= 3
