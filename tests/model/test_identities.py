"""What must hold of the engine whatever it is fed: mass, weights, time, units, causality, resolution."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walks import T0, batch_of_path, second_path, walk

from liqdesk.market import MINUTE_MS, Side
from liqdesk.model import BIN, Density, DensityGrid, Step, StepBatch
from liqdesk.model.axis import PHASE_PRICE

HALF_HOUR_MS = 30 * MINUTE_MS
SPANS = (1_000, MINUTE_MS, 5 * MINUTE_MS)


def fresh() -> Density:
    return Density(0.004, 125)


def grid() -> DensityGrid:
    """Rings that hold the hour that the tests live through."""
    return DensityGrid(((MINUTE_MS, 200), (5 * MINUTE_MS, 100), (HALF_HOUR_MS, 80)))


@st.composite
def wild(draw: st.DrawFn) -> list[Step]:
    """Legal steps of a market gone mad: gaps, no volume, leaps beyond the window, open interest of dust or of mountains."""
    time, x, steps = T0, draw(st.floats(-6, 6)), []
    for _ in range(draw(st.integers(1, 10))):
        time += draw(st.sampled_from([0, 0, 0, 1, MINUTE_MS, 37 * HALF_HOUR_MS]))
        x += draw(st.sampled_from([0.0, 0.0, 1.5, -2.7]))  # what happened while nobody looked
        end = x + draw(st.floats(-0.02, 0.02) | st.floats(-1.2, 1.2))
        above, below = draw(st.floats(0, 0.01)), draw(st.floats(0, 0.01) | st.floats(0, 0.8))
        span = draw(st.sampled_from(SPANS))
        volume = draw(st.sampled_from([0.0, 1e-9]) | st.floats(0, 1e7))
        interest = draw(st.sampled_from([1e-9, 1e-3, 9e4, 1e15]) | st.floats(1e-2, 1e8))
        traded = draw(st.none() | st.lists(st.tuples(st.integers(-30, 30), st.floats(0, 1e3)), min_size=1, max_size=6))
        here = math.floor(x / BIN)
        start, last, high, low = (PHASE_PRICE * math.exp(v) for v in (x, end, max(x, end) + above, min(x, end) - below))
        bins = None if traded is None else np.array([here + b for b, _ in traded], np.int64)
        volumes = None if traded is None else np.array([v for _, v in traded])
        steps.append(
            Step(
                time,
                time + span,
                start,
                last,
                min(low, start, last),
                max(high, start, last),
                volume,
                interest,
                bins,
                volumes,
            )
        )
        time, x = time + span, end
    return steps


@settings(max_examples=150, deadline=None)
@given(wild())
def test_every_contract_is_accounted_for(steps):
    density = fresh()
    before = density.standing()
    for step in steps:
        swept = density.advance(step)
        account = density.audit()
        assert account.error < 1e-9
        assert min(a.min() for a in (account.standing, account.inflow, account.decayed, account.swept)) >= 0
        assert (swept.contracts >= 0).all()
        assert np.isfinite(swept.usd).all()
        after = density.standing()
        if step.volume == 0 and account.off_grid.sum() == 0:
            left = before.sum(axis=0) - swept.contracts
            assert np.allclose(after.sum(axis=0), left, rtol=1e-9, atol=1e-9 * max(1e-9, before.max()))
        before = after
    total = account.inflow - account.decayed - account.swept - account.off_grid
    assert np.allclose(account.standing, total, rtol=1e-9, atol=1e-12 * max(1e-9, account.inflow.max()))


@settings(max_examples=60, deadline=None)
@given(wild(), st.floats(0.0, 10.0))
def test_what_is_shown_and_swept_is_the_sum_of_the_classes(steps, weight):
    density = fresh()
    for step in steps:
        swept = density.advance(step)
        by_class = density.classes @ swept.contracts.T
        assert np.allclose(step.start * by_class.sum(axis=0), swept.usd, rtol=1e-9)
    _, planes = density.planes()
    lone = density.copy()
    for one in range(5):
        lone.classes = np.zeros_like(density.classes)
        lone.classes[one] = weight * density.classes[one]
        _, alone = lone.planes()
        assert np.allclose(alone[[one, one + 5]], weight * planes[[one, one + 5]], rtol=1e-5, atol=1e-30)
        assert not np.delete(alone, [one, one + 5], axis=0).any()


def shifted(batch: StepBatch, by_ms: int) -> StepBatch:
    return msgspec.structs.replace(batch, t0=batch.t0 + by_ms, t1=batch.t1 + by_ms)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(-5_000, 50_000))
def test_the_hour_does_not_matter(seed, half_hours):
    by_ms = half_hours * HALF_HOUR_MS
    steps = walk(60, seed=seed, jump=2e-3)
    now, then = fresh(), fresh()
    columns, moved = grid(), grid()
    assert np.array_equal(now.run(steps, columns), then.run(shifted(steps, by_ms), moved))
    assert np.array_equal(now.planes()[1], then.planes()[1])
    assert then.time_ms == now.time_ms + by_ms
    for a, b in zip(columns.rings, moved.rings, strict=True):
        assert b.last == a.last + by_ms // a.span_ms
        for number in range(max(a.first, a.last - 2), a.last + 1):
            one, other = a.read(number), b.read(number + by_ms // a.span_ms)
            assert one is not None
            assert other is not None
            assert (one.base, one.mark) == (other.base, other.mark)
            assert np.array_equal(one.basis, other.basis)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(-1_500, 1_500))
def test_the_size_of_a_contract_does_not_matter(seed, rows):
    """A contract of 1/c of the asset, c of them for one: price / c, quantities × c, and the same dollars."""
    c = math.exp(rows * 2 * BIN)
    steps = walk(60, seed=seed, jump=2e-3, start=1.10012)
    small = StepBatch.plain(
        steps.t0,
        steps.t1,
        *(x - rows * 2 * BIN for x in (steps.start, steps.end, steps.low, steps.high)),
        steps.volume * c,
        steps.interest * c,
    )
    one, other = fresh(), fresh()
    usd = steps.price_at_start()[:, None] * (one.run(steps) @ one.prior)
    same = small.price_at_start()[:, None] * (other.run(small) @ other.prior)
    assert np.allclose(same, usd, rtol=1e-6, atol=1e-6 * usd.max())
    base, planes = one.planes()
    moved, twin = other.planes()
    assert moved == base - rows
    assert np.allclose(twin, planes, rtol=1e-4, atol=1e-6 * planes.max())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 58), st.floats(-0.3, 0.3), st.floats(0, 50))
def test_the_future_changes_nothing_that_was(seed, cut, leap, more):
    steps = walk(59, seed=seed, jump=2e-3)
    later = np.arange(len(steps)) >= cut
    other = msgspec.structs.replace(
        steps,
        **{name: getattr(steps, name) + leap * later for name in ("start", "end", "low", "high")},
        volume=steps.volume * np.where(later, more, 1.0),
        interest=steps.interest * np.where(later, 1 + more, 1.0),
    )
    columns, changed = grid(), grid()
    swept, differently = fresh().run(steps, columns), fresh().run(other, changed)
    assert np.array_equal(swept[:cut], differently[:cut])
    past = int(steps.t1[cut - 1])
    seen = 0
    for a, b in zip(columns.rings, changed.rings, strict=True):
        for number in range(int(steps.t0[0]) // a.span_ms, past // a.span_ms):
            one, other = a.read(number), b.read(number)
            assert one is not None
            assert other is not None
            assert (one.base, one.mark) == (other.base, other.mark)
            assert np.array_equal(one.basis, other.basis)
            seen += 1
    assert seen >= cut


def test_sixty_seconds_make_a_minute_where_price_stands_still():
    """Decay is exact; what enters within the minute decays by the rest of it alone: at most 4 % of the minute's own inflow."""
    standing = walk(300, seed=3)
    a, b = fresh(), fresh()
    a.run(standing)
    b.run(standing)
    x, t = float(standing.end[-1]), int(standing.t1[-1])
    before = a.standing()
    ones, sixty = np.array([x]), np.full(60, x)
    a.run(StepBatch.plain(np.array([t]), np.array([t + MINUTE_MS]), *[ones] * 4, np.array([120.0]), np.array([9e4])))
    seconds = t + 1_000 * np.arange(60, dtype=np.int64)
    b.run(StepBatch.plain(seconds, seconds + 1_000, *[sixty] * 4, np.full(60, 2.0), np.full(60, 9e4)))
    assert b.audit().inflow == pytest.approx(a.audit().inflow, rel=1e-12)
    inflow = a.audit().inflow.sum() / 20 / 301  # of one minute, per band
    assert np.abs(b.standing() - a.standing()).max() < 0.04 * inflow
    assert (a.standing() != before).all()


def test_seconds_and_minutes_agree_away_from_price_and_not_beside_it():
    """A soft edge every second empties more of what lies beside the path: the engine is for closed minutes."""
    x = second_path(3 * 1_440, seed=4)
    volume = np.random.default_rng(5).gamma(2.0, 55.0, 3 * 1_440)
    minutes, seconds = fresh(), fresh()
    swept = minutes.run(batch_of_path(x, 1, volume)).sum()
    start, end = x[:-1].copy(), x[1:].copy()
    t0 = T0 + 1_000 * np.arange(len(start), dtype=np.int64)
    path = (start, end, np.minimum(start, end), np.maximum(start, end))
    each = StepBatch.plain(t0, t0 + 1_000, *path, np.repeat(volume / 60, 60), np.full(len(start), 9e4))
    assert 1.0 < seconds.run(each).sum() / swept < 1.15
    for side, sign in ((Side.LONG, -1), (Side.SHORT, 1)):
        first, a = minutes.profile(side)
        _, b = seconds.profile(side)
        away = sign * ((first + np.arange(len(a)) + 0.5) * BIN - x[-1])
        far, near = (away > 0.005) & (away < 0.4), (away > 0.0) & (away < 0.005)
        assert 0.9 < b[near].sum() / a[near].sum() < 1.0
        assert b[far].sum() == pytest.approx(a[far].sum(), rel=0.01)
        assert np.corrcoef(a[far], b[far])[0, 1] > 0.99
