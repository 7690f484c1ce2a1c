"""What stands by the age of its entries: all ages are the density, and each is what a run of those steps alone leaves."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.month import START_MS, Month
from walks import T0, walk

from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS, Side
from liqdesk.model import COHORTS_MS, Ages, AgeWalk, Density, StepBatch, StepRecord, row_prices
from liqdesk.model.ages import AGES, EDGES_MS
from liqdesk.model.axis import BINS_PER_ROW

REACH = 0.13


def walked(record: StepRecord, mark: float, passed: tuple[float, float], reach: float = REACH) -> Ages:
    walk = AgeWalk(record, mark, reach, passed)
    while (found := walk.go_on()) is None:
        assert not walk.stale
    return found


def rows_of(density: Density, side: int, base: int, rows: int) -> np.ndarray:
    """Contracts under the prior per display bin, that the density's own picture would not hide."""
    first, contracts = density.profile(Side(side))
    at = base * BINS_PER_ROW - first
    bins = contracts[at : at + rows * BINS_PER_ROW].copy()
    centres = (base * BINS_PER_ROW + np.arange(bins.size) + 0.5) * 5e-4
    low, high = density.passed(density.mark)
    bins[(centres <= high) if side else (centres >= low)] = 0.0
    return bins.reshape(-1, BINS_PER_ROW).sum(axis=1)


def with_prices(batch: StepBatch) -> StepBatch:
    """Give every other step volume at price."""
    counts, bins, volumes = [], [], []
    chance = np.random.default_rng(3)
    for i, (low, high) in enumerate(zip(batch.low.tolist(), batch.high.tolist(), strict=True)):
        at = np.arange(math.floor(low / 5e-4), math.floor(high / 5e-4) + 1) if i % 2 else np.zeros(0, np.int64)
        counts.append(len(at))
        bins += at.tolist()
        volumes += chance.uniform(1, 5, len(at)).tolist()
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return msgspec.structs.replace(
        batch, at_first=first, at_bin=np.array(bins, np.int64), at_volume=np.array(volumes, np.float64)
    )


def near(found: np.ndarray, wanted: np.ndarray, total: np.ndarray) -> None:
    assert float(wanted.sum()) > 0
    assert np.abs(found - wanted).max() <= 1e-9 * float(total.max())


@given(st.integers(0, 50), st.sampled_from([2e-4, 8e-4, 3e-3]), st.integers(900, 1_700))
@settings(max_examples=12, deadline=None)
def test_cohorts_are_what_runs_of_their_steps_alone_leave(seed: int, jump: float, minutes: int) -> None:
    batch = with_prices(walk(minutes, MINUTE_MS, seed, jump=jump))
    density, record = Density(0.004, 125), StepRecord(0.004, 125)
    density.run(batch)
    record.add(batch)
    ages = walked(record, density.mark, density.passed(density.mark))
    assert ages.until_ms == density.time_ms
    assert ages.from_ms == T0
    for side in (0, 1):
        total = rows_of(density, side, ages.base, ages.rows)
        near(ages.contracts[side].sum(axis=0), total, total)
        for age in (HOUR_MS * 3 // 4, COHORTS_MS[0], COHORTS_MS[1]):
            young = Density(0.004, 125)
            young.run(batch.select(density.time_ms - batch.t1 <= age))
            wanted = rows_of(young, side, ages.base, ages.rows)
            at = int(np.searchsorted(EDGES_MS, age, side="right")) - 1
            found = ages.contracts[side, : at + 1].sum(axis=0)
            if age in COHORTS_MS:
                assert np.array_equal(found, ages.cohort(age)[side])
                near(found, wanted, total)


def test_what_the_record_let_go_of_is_older_than_the_record() -> None:
    batch = walk(3_000, MINUTE_MS, 4, jump=4e-4)
    density, record = Density(0.004, 125), StepRecord(0.004, 125, days=1)
    for at in range(0, 3_000, 60):
        part = np.zeros(3_000, np.bool_)
        part[at : at + 60] = True
        density.run(batch.select(part))
        record.add(batch.select(part))
    assert len(record) < 2_100
    ages = walked(record, density.mark, density.passed(density.mark))
    before = Density(0.004, 125)
    before.run(batch.select(batch.t0 < record.from_ms))
    for side in (0, 1):
        total = rows_of(density, side, ages.base, ages.rows)
        near(ages.contracts[side].sum(axis=0), total, total)
        kept = Density(0.004, 125)
        kept.run(batch.select(batch.t0 >= record.from_ms))
        near(ages.contracts[side, :-1].sum(axis=0), rows_of(kept, side, ages.base, ages.rows), total)
        assert float(ages.contracts[side, -1].sum()) > 0


def test_a_walk_knows_that_the_record_went_on_without_its_oldest_steps() -> None:
    batch = walk(3_000, MINUTE_MS, 4, jump=4e-4)
    record = StepRecord(0.004, 125, days=1)
    for at in range(0, 2_000, 400):
        record.add(batch.select((np.arange(3_000) >= at) & (np.arange(3_000) < at + 400)))
    going = AgeWalk(record, 90_000.0, REACH, (1.1, 1.1))
    assert not going.stale
    record.add(batch.select(np.arange(3_000) >= 2_000))
    assert going.stale


def test_an_empty_record_has_no_ages() -> None:
    with pytest.raises(ValueError, match="no step"):
        AgeWalk(StepRecord(0.004, 125), 90_000.0, REACH, (1.1, 1.1))


def test_a_price_that_ran_out_of_the_window_and_back_leaves_nothing_behind() -> None:
    """The state's window follows price; what falls off its end does not come back."""
    calm = walk(300, MINUTE_MS, 5, start=0.0, jump=4e-4)
    ramp = np.linspace(0, 2.2, 31)
    path = float(calm.end[-1]) + np.concatenate([ramp, ramp[-2::-1]])
    t = int(calm.t1[-1]) + MINUTE_MS * np.arange(len(path) - 1, dtype=np.int64)
    s, e = path[:-1].copy(), path[1:].copy()
    jumped = StepBatch.plain(
        t, t + MINUTE_MS, s, e, np.minimum(s, e), np.maximum(s, e), np.full(60, 5.0), np.full(60, 9e4)
    )
    density, record = Density(0.004, 125), StepRecord(0.004, 125)
    for batch in (calm, jumped):
        density.run(batch)
        record.add(batch)
    ages = walked(record, density.mark, density.passed(density.mark))
    for side in (0, 1):
        total = rows_of(density, side, ages.base, ages.rows)
        near(ages.contracts[side].sum(axis=0), total, total)


def test_median_age_by_hand() -> None:
    contracts = np.zeros((2, AGES, 4))
    at = int(np.searchsorted(EDGES_MS, 12 * HOUR_MS))  # ages of (edge before, 12 h]
    before = float(EDGES_MS[at - 1])
    contracts[0, at, 1] = 4.0
    contracts[0, at + 8, 2] = 1.0  # up to a day
    contracts[1, -1, 0], contracts[1, 0, 0] = 3.0, 1.0
    ages = Ages(0, 0, 100, contracts)
    ones = np.ones(2)
    # Half of 5 is 2.5 of the 4 that are of (before, 12 h].
    assert ages.median_ms(0, ones, 101) == pytest.approx(before + 2.5 / 4 * (12 * HOUR_MS - before))
    # Ten times the price in the second row: half of 14 is the 3 left of 10 that are of about a day.
    assert ages.median_ms(0, np.array([1.0, 10.0]), 101) == pytest.approx(
        EDGES_MS[at + 7] + 3.0 / 10 * (EDGES_MS[at + 8] - EDGES_MS[at + 7])
    )
    assert ages.median_ms(1, np.ones(1), 100) is None  # more than half is older than the record
    assert ages.median_ms(1, np.ones(1), 102) is None  # nothing stands there
    assert ages.median_ms(0, np.ones(3), 102) is None  # beyond the rows
    assert ages.median_ms(0, np.ones(3), 99) is None


def test_edges_hold_the_cohorts_and_lie_close() -> None:
    assert set(COHORTS_MS) <= set(EDGES_MS.tolist())
    assert EDGES_MS[-1] == 32 * DAY_MS
    assert (EDGES_MS[1:] / EDGES_MS[:-1]).max() < 1.0906
    with pytest.raises(ValueError, match="no edge"):
        Ages(0, 0, 0, np.zeros((2, AGES, 1))).cohort(HOUR_MS * 5)


def test_median_of_a_month_is_that_of_every_step_asked_alone() -> None:
    """Against `explain`, which knows every step of a row: the exact weighted median lies between the two edges around the answer."""
    month = Month(3, days=4)
    density, record = Density(0.004, 125), StepRecord(0.004, 125)
    density.run(month.steps)
    record.add(month.steps)
    assert START_MS - 5 * DAY_MS < record.from_ms < START_MS
    ages = walked(record, density.mark, density.passed(density.mark))
    for side, offset in ((0, 30), (0, 70), (1, 25), (1, 80)):
        row = round(math.log(density.mark / 30_000) / 1e-3) + (offset if side else -offset)
        rows = [row, row + 1, row + 2]
        prices = row_prices(row, 3)
        t1, mass, total = [], [], 0.0
        for r, price in zip(rows, prices.tolist(), strict=True):
            why = record.explain(r, side, density.time_ms, least=0.0)
            t1.append(why.t1)
            mass.append(why.stands * price)
            total += float(why.before[3]) * price
        old = density.time_ms - np.concatenate(t1)
        order = np.argsort(old, kind="stable")
        upto = np.cumsum(np.concatenate(mass)[order])
        exact = float(old[order][np.searchsorted(upto, 0.5 * (float(upto[-1]) + total))])
        found = ages.median_ms(side, prices, row)
        assert found is not None
        assert abs(math.log(found / exact)) < 0.0906
