"""The naive maps: linear, causal, resumable, and where they say they are."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.lab.baselines import (
    ConstantInflow,
    EngineMap,
    Lines,
    RangeVolume,
    ShuffledDays,
    Uniform,
    industry_distances,
    margin_distances,
    merged,
    shipped,
)
from liqdesk.market import DAY_MS, MINUTE_MS, Bracket, BracketTable, Side, liquidation_price
from liqdesk.model import BIN, Density, StepBatch
from liqdesk.model.axis import PHASE_PRICE, log_of
from liqdesk.venues.binance.brackets import shipped_brackets

T0 = 1_764_547_200_000  # 2025-12-01
TABLE = shipped_brackets().table("BTCUSDT")
NAMES = (
    "range_volume",
    "uniform",
    "constant_inflow",
    "volume_profile",
    "industry_exact",
    "industry_margin",
    "shuffled_days",
)


def walk(n: int, span_ms: int = MINUTE_MS, seed: int = 1, jump: float = 8e-4, at_price: bool = False) -> StepBatch:
    rng = np.random.default_rng(seed)
    x = 1.1 + np.concatenate([[0.0], np.cumsum(rng.normal(0, jump, n))])
    start, end = x[:-1].copy(), x[1:].copy()
    high = np.maximum(start, end) + np.abs(rng.normal(0, jump / 2, n))
    low = np.minimum(start, end) - np.abs(rng.normal(0, jump / 2, n))
    t = T0 + np.arange(n, dtype=np.int64) * span_ms
    batch = StepBatch.plain(t, t + span_ms, start, end, low, high, rng.lognormal(4, 1.2, n), np.full(n, 9e4))
    if not at_price:
        return batch
    count = rng.integers(0, 4, n)
    bins = np.floor(np.repeat(end, count) / BIN).astype(np.int64) + np.arange(count.sum()) % 3
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return msgspec.structs.replace(batch, at_first=first, at_bin=bins, at_volume=rng.uniform(1, 9, len(bins)))


def part(batch: StepBatch, begin: int, stop: int) -> StepBatch:
    chosen = np.zeros(len(batch), np.bool_)
    chosen[begin:stop] = True
    return batch.select(chosen)


def every_map():
    return (EngineMap(TABLE), *shipped(TABLE))


def test_the_seven_are_shipped_and_say_something():
    batch = walk(4_000)
    bought = batch.volume * np.random.default_rng(2).uniform(0.2, 0.8, len(batch))
    maps = every_map()
    assert tuple(m.name for m in maps) == ("engine", *NAMES)
    assert len({m.title for m in maps}) == len(maps)
    out = np.stack([m.run(batch, bought) for m in maps])
    assert (out >= 0).all()
    assert np.isfinite(out).all()
    assert (out[:, 2_000:].sum(axis=1) > 0).all()
    late = out[:, 2_000:].reshape(len(maps), -1)
    assert (np.corrcoef(np.sqrt(late)) - np.eye(len(maps)) < 0.995).all(), "two of them are the same map"


@pytest.mark.parametrize("which", range(8), ids=("engine", *NAMES))
@settings(max_examples=8, deadline=None)
@given(cut=st.integers(1, 898), seed=st.integers(0, 99), at_price=st.booleans())
def test_two_calls_are_one_and_the_future_changes_nothing(which, cut, seed, at_price):
    batch = walk(900, 5 * MINUTE_MS, seed, at_price=at_price)
    bought = batch.volume * np.random.default_rng(seed).uniform(0.2, 0.8, len(batch))
    whole = every_map()[which].run(batch, bought)
    halves = every_map()[which]
    first = halves.run(part(batch, 0, cut), bought[:cut])
    twin = halves.copy()
    second = halves.run(part(batch, cut, 900), bought[cut:])
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=1e-12, atol=1e-12)
    other = walk(900, 5 * MINUTE_MS, seed + 1)
    changed = msgspec.structs.replace(part(other, cut, 900), start=np.full(900 - cut, 1.1), volume=np.ones(900 - cut))
    changed = msgspec.structs.replace(
        changed, low=np.minimum(changed.low, changed.start), high=np.maximum(changed.high, changed.start)
    )
    twin.run(changed, None)
    again = every_map()[which]
    np.testing.assert_array_equal(again.run(part(batch, 0, cut), bought[:cut]), first)
    with pytest.raises(ValueError, match="backwards"):
        halves.run(part(batch, 0, 1))


@pytest.mark.parametrize("which", [0, 1, 4, 5, 6, 7])
def test_they_are_linear_in_contracts(which):
    """A contract a hundred times as large changes every map that sees volume by that factor and nothing else."""
    batch = walk(3_000, 5 * MINUTE_MS, at_price=True)
    bought = batch.volume * 0.4
    larger = msgspec.structs.replace(batch, volume=batch.volume * 100, interest=batch.interest * 100)
    one, hundred = every_map()[which].run(batch, bought), every_map()[which].run(larger, bought * 100)
    np.testing.assert_allclose(hundred, one * 100, rtol=1e-9, atol=1e-9 * one.max())


@pytest.mark.parametrize("which", [2, 3])
def test_those_that_know_no_positions_know_no_volume(which):
    batch = walk(2_000)
    other = msgspec.structs.replace(batch, volume=batch.volume[::-1].copy(), interest=batch.interest * 3)
    np.testing.assert_array_equal(every_map()[which].run(other), every_map()[which].run(batch))


@pytest.mark.parametrize("which", range(1, 8))
def test_shifted_time_changes_nothing(which):
    batch = walk(1_500)
    later = msgspec.structs.replace(batch, t0=batch.t0 + 7 * DAY_MS, t1=batch.t1 + 7 * DAY_MS)
    np.testing.assert_allclose(every_map()[which].run(later), every_map()[which].run(batch), rtol=1e-12, atol=1e-12)


@settings(max_examples=60)
@given(entry=st.floats(1e-3, 1e6), leverage=st.sampled_from((5, 10, 25, 50, 100, 125)))
def test_margin_lines_stand_where_a_position_is_liquidated(entry, leverage):
    distance = margin_distances(TABLE.lowest_rate, TABLE.max_leverage)
    column = (5, 10, 25, 50, 100, 125).index(leverage)
    quantity = 1_000 / entry  # small: the lowest bracket
    for side, sign in ((Side.LONG, -1), (Side.SHORT, 1)):
        found = liquidation_price(side, entry, quantity, entry * quantity / leverage, TABLE)
        assert found is not None
        assert sign * math.log(found[0] / entry) == pytest.approx(distance[side, column], abs=1e-9)
    exact = industry_distances(TABLE.max_leverage)
    if leverage <= 100:
        assert entry * math.exp(-exact[0, column]) == pytest.approx(entry * (1 - 1 / leverage))
        assert entry * math.exp(exact[1, column]) == pytest.approx(entry * (1 + 1 / leverage))


def test_classes_that_are_not_on_offer_make_no_lines():
    assert margin_distances(0.01, 20).shape == (2, 2)
    assert industry_distances(20).shape == (2, 2)
    assert margin_distances(0.02, 3).shape == (2, 1)
    assert (margin_distances(0.0095, 125) > 0).all()
    assert margin_distances(0.0095, 125).shape == (2, 5)  # at 125x nothing would be left
    small = BracketTable("XUSDT", (Bracket(0, 5_000, 0.05, 0, 5),), "2026-01-01", "test")
    assert len(shipped(small)) == len(NAMES)


def step(minute: int, start: float, low: float, high: float, end: float, volume: float = 100.0) -> StepBatch:
    t = np.array([T0 + minute * MINUTE_MS])
    path = [np.array([log_of(p)]) for p in (start, end, low, high)]
    return StepBatch.plain(t, t + MINUTE_MS, *path, np.array([volume]), np.array([9e4]))


def test_a_line_stands_until_it_is_touched_and_then_is_gone():
    lines = Lines("x", "x", np.array([[0.02], [0.03]]), by_taker=True)
    lines.run(step(0, 60_000, 60_000, 60_000, 60_000), np.array([30.0]))
    first, held = lines.standing()
    for side, away, contracts in ((0, -0.02, 30.0), (1, 0.03, 70.0)):
        (at,) = np.flatnonzero(held[side])
        assert (first + at + 0.5) * BIN == pytest.approx(log_of(60_000) + away, abs=1.5 * BIN)
        assert held[side, at] == pytest.approx(contracts)
    idle = step(60 * 24 * 30, 60_000, 59_000, 61_500, 60_000, 0.0)
    assert lines.run(idle).tolist() == [[0.0, 0.0]]
    level = 60_000 * math.exp(-0.02)
    hit = lines.run(step(60 * 24 * 30 + 1, 60_000, level * 0.995, 60_000, 60_000, 0.0))
    assert hit[0].tolist() == pytest.approx([30.0 * 60_000, 0.0])
    assert lines.run(step(60 * 24 * 30 + 2, 60_000, level * 0.995, 60_000, 60_000, 0.0)).sum() == 0.0


def test_levels_of_a_profile_fade_and_what_falls_off_the_window_is_lost():
    profile = Lines("x", "x", np.array([[0.02], [0.02]]), decay_ms=DAY_MS)
    profile.run(step(0, 60_000, 60_000, 60_000, 60_000))
    profile.run(step(1_440, 60_000, 60_000, 60_000, 60_000, 0.0))
    assert profile.standing()[1].sum() == pytest.approx(100.0 * math.exp(-1))
    profile.run(step(1_441, 6_000, 6_000, 6_000, 6_000, 0.0))  # ln 10 away
    assert profile.standing()[1].sum() == 0.0
    first, held = profile.standing()
    assert first <= log_of(6_000) / BIN < first + held.shape[1]


def test_the_flat_map_is_flat_and_fills_to_a_day_of_inflow():
    flat = Uniform()
    n = 20 * 1_440
    t = T0 + np.arange(n, dtype=np.int64) * MINUTE_MS
    still = np.full(n, log_of(60_000.0))
    swept = flat.run(StepBatch.plain(t, t + MINUTE_MS, still, still, still, still, np.ones(n), np.ones(n)))
    assert swept.sum() == 0.0
    _, held = flat.standing()
    for side in range(2):
        assert (held[side] > 0).sum() == 120  # ±6 % in bins of 5 bp
        assert held[side].sum() == pytest.approx(120 * 1_440, rel=1e-6)
    gone = flat.run(step(n, 60_000, 60_000, 60_000 * math.exp(0.03), 60_000))
    assert gone[0, 0] == 0.0
    assert gone[0, 1] == pytest.approx(60 * 1_440 * 60_000, rel=0.02)


def test_the_engine_is_the_density():
    batch = walk(1_000)
    density = Density(TABLE.lowest_rate, TABLE.max_leverage)
    expected = batch.price_at_start()[:, None] * (density.run(batch) @ density.prior)
    np.testing.assert_allclose(EngineMap(TABLE).run(batch), expected)
    steady = msgspec.structs.replace(batch, volume=np.full(1_000, 1.76 / 1_440), interest=np.ones(1_000))
    swept = Density(TABLE.lowest_rate, TABLE.max_leverage).run(steady).mean(axis=2)
    np.testing.assert_allclose(ConstantInflow(TABLE).run(batch), batch.price_at_start()[:, None] * swept, rtol=1e-12)


def test_shuffled_days_draw_whole_earlier_days():
    n = 8 * 1_440
    batch = walk(n, jump=1e-4)
    day, minute = (batch.t0 - T0) // DAY_MS, (batch.t0 % DAY_MS) // MINUTE_MS
    marked = msgspec.structs.replace(batch, volume=(1e6 * (day + 1) + minute).astype(np.float64))
    seen: list[np.ndarray] = []

    class Spy(ShuffledDays):
        def _of_another(self, *rows):
            seen.append(super()._of_another(*rows))
            return seen[-1]

    Spy(TABLE).run(marked)
    used = np.concatenate(seen)
    np.testing.assert_array_equal(used[:1_440], marked.volume[:1_440])
    source = used // 1e6 - 1
    assert (source[1_440:] < day[1_440:]).all()
    np.testing.assert_array_equal(used % 1e6, minute)
    drawn = [set(source[day == d].tolist()) for d in range(1, 8)]
    assert all(len(one) == 1 for one in drawn)
    assert len(set.union(*drawn)) > 2
    five = merged(batch, 5 * MINUTE_MS)
    assert ShuffledDays(TABLE, seed=1).run(five).sum() != pytest.approx(ShuffledDays(TABLE, seed=2).run(five).sum())


def test_minutes_missing_from_the_drawn_day_keep_their_own_volume():
    batch = walk(3 * 1_440, jump=1e-4)
    holes = batch.select((batch.t0 - T0 < 600 * MINUTE_MS) | (batch.t0 - T0 >= DAY_MS))
    only = ShuffledDays(TABLE)
    only.run(holes.select(holes.t0 < T0 + DAY_MS))
    today = holes.select((holes.t0 >= T0 + DAY_MS) & (holes.t0 < T0 + 2 * DAY_MS))
    used = only._of_another(T0 // DAY_MS + 1, today.t0, today.t1, today.volume)
    np.testing.assert_array_equal(used[:600], batch.volume[:600])
    np.testing.assert_array_equal(used[600:], today.volume[600:])


def test_bars_are_merged_from_steps():
    batch = walk(90, at_price=True)
    gap = batch.select((batch.t0 < T0 + 20 * MINUTE_MS) | (batch.t0 >= T0 + 61 * MINUTE_MS))
    bars = merged(gap, 30 * MINUTE_MS)
    assert (bars.t0 - T0).tolist() == [0, 60 * MINUTE_MS]
    assert (bars.t1 - bars.t0 == 30 * MINUTE_MS).all()
    assert bars.start[0] == gap.start[0]
    assert bars.end[0] == gap.end[19]
    assert bars.low[1] == gap.low[20:].min()
    assert bars.high[0] == gap.high[:20].max()
    assert bars.volume.sum() == pytest.approx(gap.volume.sum())
    assert len(merged(StepBatch.of(()), 60_000)) == 0
    usd = RangeVolume().run(bars)
    assert usd[1, 1] == pytest.approx(
        (bars.high[1] - bars.start[1]) * bars.volume[1] * PHASE_PRICE * np.exp(bars.start[1])
    )


def test_no_steps_are_no_answer():
    for each in every_map():
        assert each.run(StepBatch.of(()), np.zeros(0)).shape == (0, 2)
