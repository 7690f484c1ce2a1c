import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.market import MINUTE_MS
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.model import (
    StepBatch,
    bar_steps,
    best_steps,
    bin_of,
    interest_at,
    joined,
    quarter_steps,
    step_from_bar,
    step_from_minute,
    steps_from_quarter,
    tile,
    with_volume,
)

T0 = 1_764_547_200_000
FIVE, QUARTER = 5 * MINUTE_MS, 15 * MINUTE_MS


def bars(rows, span=QUARTER, t0=T0) -> np.ndarray:
    return np.array([(t0 + i * span, *row) for i, row in enumerate(rows)], dtype=BAR)


def samples(rows) -> np.ndarray:
    """(offset ms, contracts, mark) to open interest rows."""
    return np.array([(T0 + t, c, c * m if m else np.nan) for t, c, m in rows], dtype=INTEREST)


def by_hand(bar, earlier, marks) -> list[tuple[float, ...]]:
    """The rule for one 15 min bar written out in scalars: (start, end, low, high, volume share) in logs."""
    o, h, low, c = (math.log(x) for x in bar)
    points = [o, *(min(max(math.log(m), low), h) for m in marks), c]
    parts = [{"s": points[i], "e": points[i + 1]} for i in range(3)]
    for p in parts:
        p["hi"], p["lo"] = max(p["s"], p["e"]), min(p["s"], p["e"])
    top = max(parts, key=lambda p: (p["hi"], p["lo"]))
    bottom = min(parts, key=lambda p: (p["lo"], p["hi"]))
    for p in parts:
        p["w"] = abs(p["e"] - p["s"]) + 3e-4
    top["w"] += h - top["hi"]
    bottom["w"] += bottom["lo"] - low
    top["top"], bottom["bottom"] = h, low
    spread = [max((math.log(y) - math.log(x)) ** 2 / (12 * math.log(2)), 1e-9) for y, x in [*earlier, (bar[1], bar[2])]]
    sigma = math.sqrt(0.5 * spread[-1] + 0.5 * sum(spread[-16:]) / len(spread[-16:]))
    reach = math.sqrt(math.pi / 8) * sigma
    total = sum(p["w"] for p in parts)
    return [
        (
            p["s"],
            p["e"],
            max(low, min(p.get("bottom", p["lo"]), p["lo"] - reach)),
            min(h, max(p.get("top", p["hi"]), p["hi"] + reach)),
            1 / 6 + p["w"] / (2 * total),
        )
        for p in parts
    ]


prices = st.floats(-0.02, 0.02)


@settings(deadline=None)
@given(st.lists(st.tuples(prices, prices, prices, prices), min_size=1, max_size=20), prices, prices)
def test_quarters_follow_the_rule(shapes, first, second):
    rows = []
    for shape in shapes:
        a, b, c, d = (60_000 * math.exp(x) for x in shape)
        rows.append((a, max(a, b, c, d), min(a, b, c, d), b, 900.0, 400.0))
    marks = (60_000 * math.exp(first), 60_000 * math.exp(second))
    table = bars(rows)
    at = len(rows) - 1
    interest = samples(
        [(0, 9e4, 0), (at * QUARTER + FIVE, 8e4, marks[0]), (at * QUARTER + 2 * FIVE + 1500, 7e4, marks[1])]
    )
    batch = quarter_steps(table, interest)
    assert len(batch) == 3 * len(rows)
    expected = by_hand(rows[-1][:4], [r[1:3] for r in rows[:-1]], marks)
    shift = math.log(30_000)
    for i, (start, end, low, high, share) in zip(range(len(batch) - 3, len(batch)), expected, strict=True):
        assert batch.start[i] == pytest.approx(start - shift, abs=1e-9)
        assert batch.end[i] == pytest.approx(end - shift, abs=1e-9)
        assert batch.low[i] == pytest.approx(low - shift, abs=1e-9)
        assert batch.high[i] == pytest.approx(high - shift, abs=1e-9)
        assert batch.volume[i] == pytest.approx(900.0 * share, rel=1e-6)
    assert batch.volume[-3:].sum() == pytest.approx(900.0)
    assert batch.interest[-3:].tolist() == [9e4, 8e4, 7e4]
    assert (batch.low <= np.minimum(batch.start, batch.end)).all()
    assert (batch.high >= np.maximum(batch.start, batch.end)).all()
    single = steps_from_quarter(table, interest)
    assert [s.t0_ms for s in single] == batch.t0[-3:].tolist()
    assert single[2].high == pytest.approx(30_000 * math.exp(batch.high[-1]))


def test_marks_that_were_not_sampled_lie_between_open_and_close():
    batch = quarter_steps(bars([(100.0, 108.0, 99.0, 106.0, 1.0, 0.0)]), samples([(0, 5.0, 0)]))
    assert np.allclose(np.diff(batch.end, prepend=batch.start[0]), math.log(1.06) / 3)


def test_mark_candles_give_the_path_and_candles_the_volume():
    last = bars([(100.0, 108.0, 99.0, 106.0, 7.0, 0.0)])
    mark = bars([(101.0, 104.0, 100.0, 103.0, 0.0, 0.0)])
    step = step_from_bar(last[0], FIVE, 5.0, mark[0])
    assert (step.start, step.high, step.low, step.end, step.volume) == (101.0, 104.0, 100.0, 103.0, 7.0)
    batch = bar_steps(last, FIVE, samples([(0, 5.0, 0)]), mark)
    assert math.exp(batch.high[0]) * 30_000 == pytest.approx(104.0)
    assert bar_steps(last, FIVE, samples([(0, 5.0, 0)])).steps()[0].high == pytest.approx(108.0)


def test_open_interest_is_held_and_never_from_the_future():
    interest = samples([(0, 5.0, 1), (FIVE + 1_700, 6.0, 1), (2 * FIVE + 60_000, 0.0, 1), (3 * FIVE - 1_000, 8.0, 1)])
    at = T0 + np.array([-1, 0, FIVE - 1, FIVE, 2 * FIVE + 90_000, 3 * FIVE - 1, 3 * FIVE])
    assert np.array_equal(interest_at(interest, at), [np.nan, 5.0, 5.0, 6.0, 6.0, 6.0, 8.0], equal_nan=True)
    late = bars([(1.0, 1.0, 1.0, 1.0, 1.0, 0.0)] * 3)
    first_at = samples([(FIVE, 5.0, 0)])
    assert quarter_steps(late, first_at).t0[0] == T0 + QUARTER
    assert len(quarter_steps(late[:1], first_at)) == 0
    assert steps_from_quarter(late[:1], first_at) == ()


def test_a_live_minute_starts_where_the_last_one_ended():
    marks = np.array([101.0, 103.0, 102.0])
    step = step_from_minute(0, 60_000, marks, 5.0, 9.0, 100.0)
    assert (step.start, step.low, step.high, step.end) == (100.0, 100.0, 103.0, 102.0)
    first = step_from_minute(0, 60_000, marks, 5.0, 9.0)
    assert (first.start, first.low) == (101.0, 101.0)
    traded = step_from_minute(0, 60_000, marks, 5.0, 9.0, 100.0, np.array([101.0, 102.0, 101.0]), np.array([1.0, 2, 3]))
    assert traded.bins is not None
    assert traded.volumes is not None
    assert traded.bins.tolist() == [bin_of(101.0), bin_of(102.0)]
    assert traded.volumes.tolist() == [4.0, 2.0]


def test_batches_and_steps_are_the_same_thing():
    steps = [
        step_from_minute(
            i * 60_000, (i + 1) * 60_000, np.array([100.0, 101.0 + i]), 5.0, 9.0, 100.0, at, None if at is None else at
        )
        for i, at in enumerate((None, np.array([100.0, 100.5]), None, np.array([101.0])))
    ]
    batch = StepBatch.of(steps)
    assert np.diff(batch.at_first).tolist() == [0, 2, 0, 1]
    back = batch.select(np.array([False, True, True, True])).steps()
    assert [s.t0_ms for s in back] == [60_000, 120_000, 180_000]
    assert back[2].bins is not None
    assert back[2].bins.tolist() == [bin_of(101.0)]
    assert back[0].end == pytest.approx(102.0)
    with pytest.raises(ValueError, match="joined"):
        joined([batch])
    assert len(StepBatch.of(())) == 0
    assert len(joined([])) == 0


def test_volume_at_price_goes_to_its_minutes():
    rows = bars([(100.0, 101.0, 99.0, 100.0, 5.0, 0.0)] * 4, MINUTE_MS)
    batch = bar_steps(rows, MINUTE_MS, samples([(0, 5.0, 0)]))
    kind = np.dtype([("t", np.int64), ("bin", np.int32), ("quantity", np.float64)])
    volume = np.array(
        [(T0 - 60_000, 1, 1.0), (T0 + 60_000, 7, 2.0), (T0 + 60_000, 8, 3.0), (T0 + 180_000, 9, 4.0)], kind
    )
    filled = with_volume(batch, volume)
    assert filled.at_first.tolist() == [0, 0, 2, 2, 3]
    assert filled.at_bin.tolist() == [7, 8, 9]
    assert filled.at_volume.tolist() == [2.0, 3.0, 4.0]
    assert with_volume(batch, volume[:0]).at_first.tolist() == [0] * 5


spans = st.sets(st.integers(0, 29))


@settings(deadline=None)
@given(spans, spans, spans)
def test_tiles_never_overlap_and_prefer_finer_whole_ones(ones, fives, quarters):
    starts = {
        MINUTE_MS: np.array(sorted(ones), dtype=np.int64) * MINUTE_MS,
        FIVE: np.array(sorted(i for i in fives if i < 6), dtype=np.int64) * FIVE,
        QUARTER: np.array(sorted(i for i in quarters if i < 2), dtype=np.int64) * QUARTER,
    }
    mask = tile(starts)
    used: list[int] = []
    for span, at in starts.items():
        for t in at[mask[span]].tolist():
            used += range(t // MINUTE_MS, (t + span) // MINUTE_MS)
    assert len(used) == len(set(used))
    known = {m for s, at in starts.items() for t in at.tolist() for m in range(t // MINUTE_MS, (t + s) // MINUTE_MS)}
    assert set(used) == known
    for five in range(6):
        if all(m in ones for m in range(five * 5, five * 5 + 5)):
            covering = starts[FIVE][mask[FIVE]].tolist()
            assert five * FIVE not in covering


def test_the_finest_bars_make_the_steps():
    one = bars([(100.0, 101.0, 99.0, 100.0, 1.0, 0.0)] * 10, MINUTE_MS, T0 + QUARTER)
    five = bars([(100.0, 101.0, 99.0, 100.0, 5.0, 0.0)] * 6, FIVE)
    quarter = bars([(100.0, 101.0, 99.0, 100.0, 15.0, 0.0)] * 3)
    steps = best_steps({MINUTE_MS: one, FIVE: five, QUARTER: quarter}, samples([(0, 5.0, 0)]))
    lengths = (steps.t1 - steps.t0) // MINUTE_MS
    assert lengths.tolist() == [5] * 3 + [1] * 10 + [5] + [5] * 3
    assert (steps.t0[1:] == steps.t1[:-1]).all()
    assert steps.volume.sum() == pytest.approx(45.0)
    with pytest.raises(ValueError, match="no steps are made"):
        best_steps({180_000: one}, samples([]))
