"""What a row holds is the sum of what its steps put there, less what decayed and what was swept."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.month import START_MS, Month
from walks import T0, walk

from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.model import BIN, Density, DensityGrid, Provenance, StepBatch, StepRecord, display_bin_of, price_of_bin
from liqdesk.model.batch import stacked

ALL = (math.inf, -math.inf)  # nothing is hidden


def with_prices(batch: StepBatch, seed: int, share: float = 1.0) -> StepBatch:
    """Give a share of the steps volume at price over their own range and a little beyond."""
    chance = np.random.default_rng(seed)
    counts, bins, volumes = [], [], []
    for low, high in zip(batch.low.tolist(), batch.high.tolist(), strict=True):
        at = np.arange(math.floor(low / BIN) - 1, math.floor(high / BIN) + 2) if chance.random() < share else []
        counts.append(len(at))
        bins += list(at)
        volumes += chance.uniform(0, 5, len(at)).tolist()
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return msgspec.structs.replace(
        batch, at_first=first, at_bin=np.array(bins, np.int64), at_volume=np.array(volumes, np.float64)
    )


def mixed(seed: int, jump: float, count: int) -> StepBatch:
    """Steps of 5 min, then of 1 min, with gaps, half of them with volume at price."""
    coarse = walk(count, 300_000, seed, jump=2 * jump)
    after = int(coarse.t1[-1]) + 7 * MINUTE_MS
    fine = walk(count, MINUTE_MS, seed + 1, start=float(coarse.end[-1]) + jump, t0=after, jump=jump)
    batch = stacked([coarse, fine])
    kept = np.random.default_rng(seed).random(len(batch)) > 0.1
    return with_prices(batch.select(kept), seed, 0.5)


def parts(batch: StepBatch, size: int) -> list[StepBatch]:
    at = np.arange(len(batch)) // size
    return [batch.select(at == i) for i in range(int(at[-1]) + 1)]


def phi(density: Density, row: int, side: int) -> np.ndarray:
    return np.stack([density.held(side, 2 * row + b) for b in (0, 1)], axis=2)


def rows_near(density: Density) -> list[int]:
    here = display_bin_of(density.mark)
    return [here + n for n in (-380, -150, -60, -21, -8, -3, -1, 0, 1, 2, 5, 13, 40, 99, 260)]


def hold(record: StepRecord, density: Density, row: int, side: int) -> Provenance:
    """Hold the sums against the state, and each step against its own ledger."""
    why = record.explain(row, side, density.time_ms, passed=ALL)
    whole = record.explain(row, side, density.time_ms, passed=ALL, least=0.0)
    truth = phi(density, row, side)
    assert np.all(np.abs(whole.raw[2] - truth) <= 1e-9 * truth + 1e-15 * whole.raw[0] + 1e-30)
    assert np.all(np.abs(why.raw[2] - truth) <= 1e-9 * truth + 2e-15 * whole.raw[0] + 1e-30)
    for one in (why, whole):
        assert np.allclose(one.put, one.decayed + one.swept + one.stands, rtol=1e-9, atol=0)
        assert min(one.decayed.min(initial=0), one.swept.min(initial=0), one.stands.min(initial=0)) >= 0
        assert np.allclose(one.by_class.sum(axis=1), one.stands, rtol=1e-9)
        assert np.allclose(one.before[0], one.before[1:].sum(), rtol=1e-9)
        prior = one.stands.sum() + one.before[3]
        assert prior == pytest.approx(float(one.raw[2].sum(axis=(0, 2)) @ density.prior), rel=1e-9, abs=1e-12)
    return why


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    jump=st.sampled_from([2e-4, 1e-3, 8e-3, 4e-2]),
    count=st.integers(2, 150),
    size=st.sampled_from([1, 40, 512]),
)
def test_sums_are_the_state(seed: int, jump: float, count: int, size: int) -> None:
    density, record = Density(0.004, 125), StepRecord(0.004, 125)
    for part in parts(mixed(seed, jump, count), size):
        density.run(part)
        record.add(part)
    for row in rows_near(density):
        for side in (0, 1):
            hold(record, density, row, side)


def test_the_past_is_explained_as_it_stood() -> None:
    batch = mixed(5, 6e-4, 400)
    record = StepRecord(0.004, 125)
    for part in parts(batch, 100):
        record.add(part)
    for share in (0.2, 0.55, 0.9):
        until = int(batch.t1[int(share * len(batch))]) + 1
        density = Density(0.004, 125)
        density.run(batch.select(batch.t1 <= until))
        for row in rows_near(density):
            for side in (0, 1):
                why = record.explain(row, side, until, passed=ALL)
                assert why.until_ms == density.time_ms
                total = float(why.raw[2].sum())
                assert total == pytest.approx(float(phi(density, row, side).sum()), rel=1e-9, abs=1e-9)
    with pytest.raises(ValueError, match="no step"):
        record.explain(0, 0, T0)


def test_single_minutes_are_kept_in_few_chunks() -> None:
    batch = mixed(5, 6e-4, 1_500)
    record = StepRecord(0.004, 125)
    for part in parts(batch, 1):
        record.add(part)
    kept = record.parts()
    assert sum(len(steps) for steps, _, _ in kept) == len(batch)
    assert [len(steps) for steps, _, _ in kept] == [512] * (len(batch) // 512) + kept_sizes(len(batch) % 512)
    assert np.array_equal(np.concatenate([steps.t0 for steps, _, _ in kept]), batch.t0)


def kept_sizes(rest: int) -> list[int]:
    """Return the chunks of what does not fill one of 512: of 64, of 8, and the steps that wait."""
    return [64] * (rest // 64) + [8] * (rest % 64 // 8) + ([rest % 8] if rest % 8 else [])


def test_what_is_older_than_the_record_is_carried_into_it() -> None:
    batch = with_prices(walk(3_000, 120_000, 3, jump=8e-4), 3)
    density, record = Density(0.004, 125), StepRecord(0.004, 125, days=1)
    for part in parts(batch, 150):
        density.run(part)
        record.add(part)
    assert DAY_MS <= density.time_ms - record.from_ms < DAY_MS + 300 * 120_000
    assert len(record) < 1_100
    carried = 0.0
    for row in rows_near(density):
        for side in (0, 1):
            carried += hold(record, density, row, side).before[3]
    assert carried > 1.0


def test_a_market_that_moves_far_leaves_what_fell_off_the_grid_behind() -> None:
    """Out to a price a factor of three away and back: what fell off the state's window does not come back."""
    leg = np.concatenate([np.linspace(0.2, 1.35, 120), np.linspace(1.35, 0.2, 120)])
    t = T0 + np.arange(len(leg) - 1, dtype=np.int64) * MINUTE_MS
    x, y = leg[:-1].copy(), leg[1:].copy()
    ones = np.ones(len(t))
    batch = StepBatch.plain(t, t + MINUTE_MS, x, y, np.minimum(x, y), np.maximum(x, y), 50.0 * ones, 9e4 * ones)
    density, record = Density(0.004, 125), StepRecord(0.004, 125)
    for part in parts(batch, 30):
        density.run(part)
        record.add(part)
    assert density.audit().off_grid.sum() > 0
    for row in range(-200, 900, 37):
        for side in (0, 1):
            hold(record, density, row, side)


def test_all_rows_together_are_the_ledger() -> None:
    """What all rows say was put, decayed and swept is what the engine's own ledger says."""
    batch = with_prices(walk(120, 300_000, 8, jump=2e-3), 8, 0.7)
    density, record = Density(0.004, 125), StepRecord(0.004, 125)
    density.run(batch)
    record.add(batch)
    sums = np.zeros((3, 2, 2))
    first = density.window_first // 2
    for side in (0, 1):
        for row in range(first + 400, first + 1_648):
            sums[:, :, side] += record.explain(row, side, density.time_ms, passed=ALL, least=0.0).raw.sum(axis=(2, 3))
    account = density.audit()
    assert np.allclose(sums[0], account.inflow, rtol=1e-9)
    assert np.allclose(sums[1], account.swept, rtol=1e-9)
    assert np.allclose(sums[2], account.standing, rtol=1e-9)
    assert np.allclose(sums[0] - sums[1] - sums[2], account.decayed, rtol=1e-9)


def test_the_picture_of_a_simulated_market_is_explained() -> None:
    """Rows of the picture, by class, and the columns frozen on the way, of a market with volume at price and without."""
    month = Month(11, days=2)
    for steps in (month.steps, with_prices(month.steps, 1)):
        density, record, grid = Density(0.004, 125), StepRecord(0.004, 125), DensityGrid()
        for part in parts(steps, 512):
            density.run(part, grid)
            record.add(part)
        assert density.time_ms == START_MS
        base, usd = density.planes()
        passed = density.passed(density.mark)
        for row in rows_near(density):
            for side in (0, 1):
                why = record.explain(row, side, density.time_ms, passed=passed)
                price = math.sqrt(price_of_bin(2 * row) * price_of_bin(2 * row + 1))
                mine = (why.by_class.sum(axis=0) + why.before_by_class) * price
                assert np.allclose(mine, usd[5 * side : 5 * side + 5, row - base], rtol=2e-6, atol=1e-6)
        ring = grid.rings[1]
        for number in (ring.last - 200, ring.last - 3):
            column = ring.read(number)
            assert column is not None
            for row in (display_bin_of(column.mark) + n for n in (-90, -12, -2, 0, 3, 30, 140)):
                for side in (0, 1):
                    why = record.explain(row, side, (number + 1) * ring.span_ms)
                    price = math.sqrt(price_of_bin(2 * row) * price_of_bin(2 * row + 1))
                    mine = (why.by_class.sum(axis=0) + why.before_by_class) * price
                    held = column.basis[5 * side : 5 * side + 5, row - column.base]
                    assert np.allclose(mine, held, rtol=5e-4, atol=1e-2)


def test_steps_come_from_where_the_volume_traded() -> None:
    """One minute's volume at one price is found again: its entry, its class, and when it was swept."""
    x = 1.0 + BIN / 2
    quiet = np.array([x, x])
    t = T0 + np.arange(2, dtype=np.int64) * MINUTE_MS
    batch = StepBatch.plain(
        t, t + MINUTE_MS, quiet, quiet.copy(), quiet.copy(), quiet.copy(), np.array([40.0, 0.0]), quiet
    )
    record = StepRecord(0.004, 125)
    record.add(batch)
    row = (math.floor(x / BIN) - 36) // 2  # 1.8 % below
    why = record.explain(row, 0, int(t[1]) + MINUTE_MS)
    assert (why.t0.tolist(), why.traded.tolist()) == ([T0], [40.0])
    assert why.entry[0] == pytest.approx(x, abs=BIN)
    assert why.put[0] == pytest.approx(why.stands[0])
    assert why.by_class[0].argmax() == 3  # 50x: liquidated 1.6 % from its entry
    none = record.explain(row, 0, int(t[1]) + MINUTE_MS, chosen=np.zeros(5, np.bool_))
    assert not len(none.put)
    fall = StepBatch.plain(
        t[1:] + MINUTE_MS, t[1:] + 2 * MINUTE_MS, quiet[:1], quiet[:1].copy(), quiet[:1] - 0.025, quiet[:1].copy(), np.zeros(1), quiet[:1]
    )  # fmt: skip
    record.add(fall)
    gone = record.explain(row, 0, int(fall.t1[0]))
    assert gone.passed_ms == int(fall.t1[0])
    assert not len(gone.put)  # nothing from before survives
    with pytest.raises(ValueError, match="backwards"):
        record.add(fall)


def test_a_long_record_stays_small() -> None:
    record = StepRecord(0.004, 125, days=2)
    for part in parts(with_prices(walk(4_000, seed=2), 2), 1):
        record.add(part)
    assert 2_880 <= len(record) < 2_880 + 1_024
    assert record.nbytes < 400 * len(record)
