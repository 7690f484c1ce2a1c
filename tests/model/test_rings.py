import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from walks import T0, walk

from liqdesk.model import BACK, DECODE, LIVE, RINGS, Density, DensityGrid, Ring, StepBatch, default_gain, encode
from liqdesk.model.codes import LEAST, MOST

GAIN = default_gain()


def planes_of(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    made = np.exp(rng.uniform(np.log(1e-2), np.log(1e13), (10, 800))).astype(np.float32)
    made[rng.random((10, 800)) < 0.3] = 0
    return made


@settings(deadline=None)
@given(st.lists(st.floats(LEAST, MOST), min_size=1, max_size=50))
def test_codes_keep_values_to_three_parts_in_ten_thousand(values):
    usd = np.array(values, dtype=np.float32)
    back = DECODE[encode(usd)]
    assert np.allclose(back, usd, rtol=3e-4)
    assert np.array_equal(encode(back), encode(usd))


def test_code_table():
    assert DECODE.shape == (65_536,)
    assert DECODE[0] == 0
    assert (np.diff(DECODE.astype(float)) > 0).all()
    assert (DECODE[2:].astype(float) / DECODE[1:-1]).max() - 1 <= 6e-4
    assert DECODE[1] == pytest.approx(LEAST)
    assert DECODE[-1] == pytest.approx(MOST)
    assert not DECODE.flags.writeable
    every = encode(DECODE)
    assert np.array_equal(every[1:], np.arange(1, 65_536, dtype=np.uint16))
    assert encode(np.array([[0.0, 1e-3], [1e30, 5.0]], np.float32)).tolist()[0] == [0, 0]
    assert encode(np.array([1e30], np.float32))[0] == 65_535


@settings(max_examples=30, deadline=None)
@given(st.integers(-2_000_000, 2_000_000), st.integers(0, 10**9), st.integers(0, 99))
def test_rows_are_modular(base, number, seed):
    ring = Ring(60_000, 3)
    planes = planes_of(seed)
    ring.write(number, base, planes, GAIN, BACK, 30_000.0)
    column = ring.read(number)
    assert column is not None
    assert column.base == base
    assert np.allclose(column.basis, planes, rtol=3e-4, atol=0)
    assert np.allclose(column.usd, planes * 0.0083, rtol=1e-3)
    for row in (0, 17, 799):
        assert ring.codes[number % 3, 4, (base + row) % 800] == encode(planes[4, row : row + 1])[0]


class RingMachine(RuleBasedStateMachine):
    """Columns written at rising or old numbers, held against a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.ring = Ring(60_000, 24)
        self.slots: dict[int, tuple[int, int, int]] = {}
        self.next = 100

    def put(self, number: int, flag: int, seed: int) -> None:
        held = self.slots.get(number % 24)
        live = held is not None and held[0] == number and held[1] == LIVE
        newer = held is not None and held[0] > number
        if live or newer:
            with pytest.raises(ValueError, match=r"live|older"):
                self.ring.write(number, seed, planes_of(seed), GAIN, flag, 1.0)
        else:
            self.ring.write(number, seed, planes_of(seed), GAIN, flag, 1.0)
            self.slots[number % 24] = (number, flag, seed)

    @rule(skip=st.integers(1, 6), flag=st.sampled_from([BACK, LIVE]), seed=st.integers(0, 5))
    def forward(self, skip: int, flag: int, seed: int) -> None:
        self.next += skip
        self.put(self.next, flag, seed)

    @rule(back=st.integers(0, 40), flag=st.sampled_from([BACK, LIVE]), seed=st.integers(0, 5))
    def again(self, back: int, flag: int, seed: int) -> None:
        self.put(self.next - back, flag, seed)

    @invariant()
    def published_is_what_is_there(self) -> None:
        ring = self.ring
        if not self.slots:
            assert ring.last < ring.first
            return
        numbers = {n for n, _, _ in self.slots.values()}
        assert ring.last == max(numbers)
        assert ring.first >= ring.last - 24 + 1 + 8 or ring.first == min(numbers)
        live = [n for n, flag, _ in self.slots.values() if flag == LIVE]
        assert ring.live_from == (min(live) if live else ring.last + 1)
        for n in range(ring.first - 3, ring.last + 2):
            column = ring.read(n)
            held = self.slots.get(n % 24)
            there = held is not None and held[0] == n and ring.first <= n <= ring.last
            assert (column is not None) == there == ring.has(n)
            if column is not None and held is not None:
                assert (column.number, column.flag, column.base) == held
                assert column.basis[0, 0] == DECODE[encode(planes_of(held[2])[:1, :1])][0, 0]


RingMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestRing = RingMachine.TestCase


def test_views_are_read_only_and_see_new_columns():
    ring = Ring(60_000, 40)
    view = ring.view()
    ring.write(7, -123, planes_of(1), GAIN, LIVE, 5.0)
    assert view.numbers[7] == 7
    assert view.marks[7] == 5.0
    for array in (view.codes, view.numbers, view.bases, view.gains, view.flags, view.models, view.marks):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    ring.clear()
    assert ring.read(7) is None
    assert ring.last < ring.first


def test_bad_columns_are_refused():
    ring = Ring(60_000, 4)
    with pytest.raises(ValueError, match="planes"):
        ring.write(1, 0, np.zeros((10, 799), np.float32), GAIN, BACK, 1.0)
    with pytest.raises(ValueError, match="flag"):
        ring.write(1, 0, planes_of(0), GAIN, 7, 1.0)
    with pytest.raises(ValueError, match="three rings"):
        DensityGrid(((60_000, 1),))
    with pytest.raises(KeyError):
        DensityGrid().ring(1)


def test_the_grid_has_the_three_rings_and_costs_about_108_mb():
    grid = DensityGrid()
    assert [(r.span_ms, r.span_ms * r.capacity // 86_400_000) for r in grid.rings] == [
        (60_000, 2),
        (300_000, 8),
        (1_800_000, 32),
    ]
    assert sum(r.codes.nbytes for r in grid.rings) == sum(n for _, n in RINGS) * 16_000 < 109e6


def test_columns_hold_the_state_at_their_end():
    steps = walk(90)
    grid = DensityGrid()
    density = Density(0.004, 125)
    density.run(steps, grid, flag=BACK)
    assert [int((r.numbers >= 0).sum()) for r in grid.rings] == [90, 18, 3]
    for ring in grid.rings:
        for number in range(ring.number_at(T0), ring.last + 1):
            column = ring.read(number)
            assert column is not None
            twin = Density(0.004, 125)
            twin.run(steps.select(steps.t1 <= (number + 1) * ring.span_ms))
            base, planes = twin.planes()
            assert column.base == base
            assert column.mark == pytest.approx(twin.mark)
            assert np.allclose(column.basis, planes, rtol=4e-4, atol=LEAST)
            if number > ring.number_at(T0) + 5:
                break


def test_a_coarse_stage_leaves_the_fine_rings_alone():
    grid = DensityGrid()
    density = Density(0.004, 125)
    density.run(walk(12, 300_000), grid, finest_ms=1_800_000)
    assert [int((r.numbers >= 0).sum()) for r in grid.rings] == [0, 0, 2]
    density.run(walk(12, 300_000, t0=T0 + 3_600_000), grid, finest_ms=300_000)
    assert [int((r.numbers >= 0).sum()) for r in grid.rings] == [0, 12, 4]


def test_a_column_that_ends_in_a_gap_is_written_from_its_last_step():
    steps = walk(60)
    hole = (steps.t0 < T0 + 27 * 60_000) | (steps.t0 >= T0 + 33 * 60_000)
    grid = DensityGrid()
    density = Density(0.004, 125)
    density.run(steps.select(hole), grid)
    assert [int((r.numbers >= 0).sum()) for r in grid.rings] == [54, 12, 2]
    half = grid.ring(1_800_000).read(T0 // 1_800_000)
    twin = Density(0.004, 125)
    twin.run(steps.select(steps.t0 < T0 + 27 * 60_000))
    assert half is not None
    assert half.mark == pytest.approx(twin.mark)
    assert np.allclose(half.basis, twin.planes()[1], rtol=4e-4, atol=LEAST)
    assert grid.ring(60_000).read(T0 // 60_000 + 28) is None


def test_slices_and_single_steps_write_the_same_columns():
    steps = walk(1_100, seed=3)
    whole, single = DensityGrid(), DensityGrid()
    seen: list[int] = []
    Density(0.004, 125).run(steps, whole, progress=lambda done, total: seen.append(done))
    assert seen == [512, 1024, 1100]
    density = Density(0.004, 125)
    for i in range(len(steps)):
        density.run(StepBatch.of(steps.select(np.arange(len(steps)) == i).steps()), single)
    for a, b in zip(whole.rings, single.rings, strict=True):
        assert np.array_equal(a.numbers, b.numbers)
        assert np.abs(a.codes.astype(np.int32) - b.codes).max() <= 1


def test_columns_that_would_not_last_are_spared():
    """A ring that a long history runs through holds what it would hold if every column had been written."""
    rings = ((60_000, 200), (300_000, 64), (1_800_000, 30))
    steps = walk(1_700, seed=4)
    at = np.arange(len(steps))
    steps = steps.select((at < 300) | (at > 340))
    single, whole, sliced = DensityGrid(rings), DensityGrid(rings), DensityGrid(rings)
    density = Density(0.004, 125)
    for i in range(len(steps)):
        density.run(steps.select(np.arange(len(steps)) == i), single)
    Density(0.004, 125).run(steps, whole)
    density = Density(0.004, 125)
    for first in range(0, len(steps), 400):
        part = (np.arange(len(steps)) >= first) & (np.arange(len(steps)) < first + 400)
        density.run(steps.select(part), sliced, until_ms=int(steps.t1[-1]))
    for ring, one, two in zip(single.rings, whole.rings, sliced.rings, strict=True):
        assert ring.last - ring.first > 20
        for other in (one, two):
            assert (other.first, other.last) == (ring.first, ring.last)
            for number in range(ring.first, ring.last + 1):
                a, b = ring.read(number), other.read(number)
                assert (a is None) == (b is None)
                if a is not None and b is not None:
                    assert a.mark == b.mark
                    assert np.allclose(a.basis, b.basis, rtol=6e-4)


def test_live_columns_stay_and_back_computed_ones_may_be_replaced():
    steps = walk(30)
    grid = DensityGrid()
    Density(0.004, 125).run(steps, grid, flag=BACK, gain=np.array([0.1, 0.2], np.float32))
    Density(0.004, 125).run(steps, grid, flag=LIVE, gain=np.array([0.3, 0.4], np.float32))
    column = grid.ring(60_000).read(T0 // 60_000)
    assert column is not None
    assert column.gain.tolist() == pytest.approx([0.3, 0.4])
    assert grid.ring(60_000).live_from == T0 // 60_000
    density = Density(0.004, 125)
    with pytest.raises(ValueError, match="is live"):
        density.run(steps, grid)
    assert density.time_ms == 0
    density.run(steps)
    density.run(walk(10, t0=T0 + 1_800_000), grid, flag=BACK)
    assert grid.ring(60_000).live_from == T0 // 60_000
    grid.clear()
    assert all(r.last < r.first for r in grid.rings)
