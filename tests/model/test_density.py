import math

import numpy as np
import pytest
import reference_engine
from hypothesis import given, settings
from hypothesis import strategies as st
from walks import T0, batch_of_path, second_path, walk

from liqdesk.market import Side
from liqdesk.model import (
    BIN,
    Density,
    Step,
    StepBatch,
    bin_of,
    display_bin_of,
    edge_of_display_bin,
    row_prices,
    step_from_minute,
)
from liqdesk.model.axis import PHASE, PHASE_PRICE


def fresh() -> Density:
    return Density(0.004, 125)


def test_state_equals_the_slow_reference_step_by_step():
    steps = walk(60, 300_000, seed=3, jump=2.5e-3)
    density = fresh()
    reference = reference_engine.Reference(700, 3_000)
    prior = reference_engine.prior()
    for i, step in enumerate(steps.steps()):
        swept = density.advance(step)
        expected = reference.step(
            steps.start[i], steps.end[i], steps.low[i], steps.high[i], steps.volume[i], steps.interest[i]
        )
        assert np.allclose(swept.contracts, expected, rtol=5e-3, atol=1e-3)
        assert np.allclose(swept.usd, step.start * (swept.contracts @ prior), rtol=1e-9)
        assert density.audit().error < 1e-9
    base, longs = density.profile(Side.LONG)
    _, shorts = density.profile(Side.SHORT)
    want = np.einsum("k,qskb->sb", prior, reference.phi)
    cut = slice(reference.base - base, reference.base - base + reference.size)
    for got, expected in ((longs, want[0]), (shorts, want[1])):
        assert got.sum() == pytest.approx(expected.sum(), rel=1e-6)
        assert np.abs(got[cut] - expected).max() < 3e-3 * expected.max()
        assert np.corrcoef(got[cut], expected)[0, 1] > 0.999999


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([60_000, 300_000]), st.floats(1e-5, 2e-2), st.floats(-12, 4))
def test_mass_is_conserved_at_every_step(seed, span, jump, start):
    density = fresh()
    before = density.audit()
    for step in walk(12, span, seed, start=start, jump=jump).steps():
        density.advance(step)
        after = density.audit()
        assert after.error < 1e-9
        change = after.inflow - before.inflow - (after.decayed - before.decayed)
        change -= (after.swept - before.swept) + (after.off_grid - before.off_grid)
        assert np.allclose(after.standing, before.standing + change, rtol=1e-9, atol=1e-9)
        assert (after.standing >= 0).all()
        before = after


def test_a_jump_off_the_window_is_counted_not_lost():
    density = fresh()
    density.run(walk(50))
    held = density.audit().standing.sum()
    far = PHASE_PRICE * math.exp(1.1 + 1.3)
    density.advance(Step(T0 + 3_600_000, T0 + 3_660_000, far, far, far, far, 0.0, 9e4))
    account = density.audit()
    assert account.error < 1e-9
    assert account.standing.sum() + account.off_grid.sum() == pytest.approx(held, rel=1e-9)
    assert account.off_grid.sum() > 0.3 * held


def test_drift_keeps_the_price_well_inside_the_window():
    density = fresh()
    steps = walk(400, jump=5e-3, seed=8)
    up = np.linspace(0, 2.5, 401)
    steps = StepBatch.plain(
        steps.t0, steps.t1, up[:-1] + 1, up[1:] + 1, up[:-1] + 1 - 1e-3, up[1:] + 1 + 1e-3, steps.volume, steps.interest
    )
    density.run(steps)
    base, longs = density.profile(Side.LONG)
    assert 512 <= bin_of(density.mark) - base <= 4096 - 512
    assert longs.sum() > 0
    assert density.audit().error < 1e-9


def test_one_batch_equals_its_steps_one_by_one():
    steps = walk(300, seed=5)
    one, many = fresh(), fresh()
    whole = many.run(steps)
    parts = [one.advance(s).contracts for s in steps.steps()]
    assert np.allclose(whole, parts, rtol=1e-9, atol=1e-12)
    assert np.allclose(one.planes()[1], many.planes()[1], rtol=1e-5, atol=1e-3)
    assert one.time_ms == many.time_ms == int(steps.t1[-1])


def test_state_does_not_depend_on_the_prior_and_planes_are_linear_in_it():
    steps = walk(200, seed=6)
    a, b = Density(0.004, 125), Density(0.01, 20)
    a.run(steps)
    b.run(steps)
    assert np.array_equal(a.standing(), b.standing())
    base, planes = a.planes()
    for side in (0, 1):
        first, contracts = a.profile(Side(side))
        rows = np.add.reduceat(contracts[2 * base - first : 2 * (base + 800) - first], np.arange(0, 1600, 2))
        usd = rows * row_prices(base)
        usd[planes[side * 5 : side * 5 + 5].sum(axis=0) == 0] = 0
        assert np.allclose(planes[side * 5 : side * 5 + 5].sum(axis=0), usd, rtol=1e-4, atol=1e-3)
    assert (b.planes()[1][[2, 3, 4, 7, 8, 9]] == 0).all()
    mixed = a.copy()
    mixed.classes[:] = 0.3 * a.classes + 0.7 * b.classes
    blend = 0.3 * a.planes()[1] + 0.7 * b.planes()[1]
    twin = Density(0.004, 125)
    twin.run(steps)
    twin.classes[:] = 0.3 * twin.classes + 0.7 * b.classes
    assert np.allclose(twin.planes()[1], blend, rtol=1e-4, atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(-3e-2, 3e-2))
def test_no_longs_above_the_mark_and_no_shorts_below(seed, move):
    density = fresh()
    density.run(walk(40, seed=seed, jump=2e-3))
    mark = density.mark * math.exp(move)
    base, planes = density.planes(mark)
    assert base == display_bin_of(mark) - 400
    for row in range(800):
        if edge_of_display_bin(base + row) >= mark:
            assert not planes[:5, row].any()
        if edge_of_display_bin(base + row + 1) <= mark:
            assert not planes[5:, row].any()


def test_provisional_marks_hide_and_leave_the_state_alone():
    density = fresh()
    density.run(walk(500, seed=2))
    before = density.audit().standing.copy()
    mark = density.mark
    _, calm = density.planes(mark)
    density.mark_provisional(mark * 1.01)
    density.mark_provisional(mark)
    _, after = density.planes(mark)
    prices = row_prices(density.planes(mark)[0])
    passed = (prices > mark * 1.0005) & (prices < mark * 1.009)
    assert calm[5:, passed].sum() > 0
    assert after[5:, passed].sum() == 0
    assert np.array_equal(after[5:, prices > mark * 1.012], calm[5:, prices > mark * 1.012])
    assert np.array_equal(after[:5], calm[:5])
    assert np.array_equal(density.audit().standing, before)
    t = density.time_ms
    density.mark_provisional(mark * 0.99, t + 60_500)  # of the next minute: outlives the close of this one
    density.advance(Step(t, t + 60_000, mark, mark, mark, mark, 0.0, 9e4))
    _, kept = density.planes(mark)
    assert np.array_equal(kept[5:], calm[5:])
    assert kept[:5, (prices < mark * 0.9995) & (prices > mark * 0.991)].sum() == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1_000), st.integers(-4_000, 4_000), st.floats(1e-3, 1e6))
def test_units_do_not_matter(seed, shift, size):
    steps = walk(60, seed=seed)
    moved = StepBatch.plain(
        steps.t0,
        steps.t1,
        *(x + shift * 2 * BIN for x in (steps.start, steps.end, steps.low, steps.high)),
        steps.volume * size,
        steps.interest * size,
    )
    a, b = fresh(), fresh()
    swept_a, swept_b = a.run(steps), b.run(moved)
    assert np.allclose(swept_a.sum(axis=0) * size, swept_b.sum(axis=0), rtol=1e-2, atol=1e-3 * size)
    assert np.allclose(a.totals() * size, b.totals(), rtol=1e-6)
    base_a, planes_a = a.planes()
    base_b, planes_b = b.planes()
    assert abs(base_b - base_a - shift) <= 1
    total_a, total_b = planes_a.sum(dtype=float), planes_b.sum(dtype=float)
    assert total_b == pytest.approx(total_a * size * math.exp(shift * 2 * BIN), rel=2e-3)


def test_mirrored_price_swaps_the_sides():
    steps = walk(200, seed=9, start=0.00025)
    mirror = StepBatch.plain(
        steps.t0, steps.t1, -steps.start, -steps.end, -steps.high, -steps.low, steps.volume, steps.interest
    )
    a, b = fresh(), fresh()
    a.run(steps)
    b.run(mirror)
    assert np.allclose(a.standing()[:, 0], b.standing()[:, 1], rtol=1e-6, atol=1e-6)
    assert np.allclose(a.standing()[:, 1], b.standing()[:, 0], rtol=1e-6, atol=1e-6)


def test_one_minute_and_five_minute_steps_agree_away_from_price():
    minutes = 5 * 288 * 5
    x = second_path(minutes, seed=4)
    volume = np.random.default_rng(5).gamma(2.0, 55.0, minutes)
    one, five = fresh(), fresh()
    one.run(batch_of_path(x, 1, volume))
    five.run(batch_of_path(x, 5, volume))
    for side, sign in ((Side.LONG, -1), (Side.SHORT, 1)):
        first, a = one.profile(side)
        _, b = five.profile(side)
        away = sign * ((first + np.arange(len(a)) + 0.5) * BIN - x[-1])
        far = (away > 0.005) & (away < 0.4)
        assert b[far].sum() == pytest.approx(a[far].sum(), rel=0.01)
        assert np.corrcoef(a[far], b[far])[0, 1] > 0.99


def test_volume_at_price_replaces_the_five_prices():
    price = 60_000.0
    plain, narrow = fresh(), fresh()
    marks = np.array([price, price * 1.004, price * 0.996, price])
    step = step_from_minute(T0, T0 + 60_000, marks, 100.0, 9e4, price)
    at_one = step_from_minute(
        T0, T0 + 60_000, marks, 100.0, 9e4, price, np.array([price, price * 1.00001]), np.array([1.0, 3.0])
    )
    plain.advance(step)
    narrow.advance(at_one)
    first, shorts = narrow.profile(Side.SHORT)
    nearest = first + int(np.flatnonzero(shorts)[0])
    assert nearest == bin_of(price) + 4  # the nearest band begins four bins from its entry
    assert narrow.audit().inflow.sum() == pytest.approx(20 * 100.0, rel=1e-9)  # nothing lands beyond the end price
    assert plain.audit().inflow.sum() < narrow.audit().inflow.sum()


def test_balance_clamps_and_says_so():
    density = fresh()
    density.run(walk(100))
    held = density.totals()
    gain = np.array([0.5, 0.5], np.float32)
    long, short = density.balance(float(held[0]), gain)
    assert not long.clamped
    assert long.liquidatable + long.rest == pytest.approx(held[0])
    tight = density.balance(float(0.1 * held.min()), gain)
    assert all(b.clamped and b.rest == 0 and b.liquidatable == pytest.approx(0.1 * held.min()) for b in tight)
    assert short.rest >= 0


def test_impossible_steps_are_refused():
    good = {"t0_ms": 0, "t1_ms": 60_000, "start": 1.0, "end": 1.0, "low": 1.0, "high": 1.0, "volume": 1.0}
    Step(**good, open_interest=1.0)
    for bad in ({"t1_ms": 0}, {"low": 1.1}, {"high": math.inf}, {"volume": -1.0}, {"low": -1.0}, {"end": math.nan}):
        with pytest.raises(ValueError, match=r"impossible|time"):
            Step(**(good | bad), open_interest=1.0)
    with pytest.raises(ValueError, match="open interest"):
        Step(**good, open_interest=0.0)
    with pytest.raises(ValueError, match="together"):
        Step(**good, open_interest=1.0, bins=np.zeros(1, np.int64))


def test_time_runs_forward_only():
    density = fresh()
    assert math.isnan(density.mark)
    with pytest.raises(ValueError, match="no step"):
        density.planes()
    density.run(walk(10))
    with pytest.raises(ValueError, match="backwards"):
        density.run(walk(10))
    assert density.mark == pytest.approx(math.exp(PHASE + walk(10).end[-1]))
    twin = density.copy()
    twin.run(walk(5, t0=T0 + 3_600_000))
    assert twin.time_ms > density.time_ms
    assert density.audit().error < 1e-9
