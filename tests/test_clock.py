"""Venue time: carried by the wall clock, led by the newest stamps, never turned back by a late frame."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from liqdesk.clock import SleepWatch, VenueClock, Woke, unsleeping_ns, utc_ms, wall_ns

V0 = 1_776_000_000_000
MS = 1_000_000
S = 1_000 * MS


def test_before_the_first_stamp_there_is_no_time() -> None:
    clock = VenueClock()
    assert (clock.now_ms(5 * S), clock.newest_ms) == (0, 0)


def test_wall_time_carries_it_between_stamps() -> None:
    clock = VenueClock()
    clock.observe(V0, 7 * S)
    assert clock.now_ms(7 * S) == V0
    assert clock.now_ms(10 * S) == V0 + 3_000
    assert clock.newest_ms == V0


def test_a_simulated_venue_runs_at_its_own_speed() -> None:
    clock = VenueClock(speed=20.0)
    clock.observe(V0, 7 * S)
    assert clock.now_ms(8 * S) == V0 + 20_000


def test_late_frames_do_not_turn_it_back() -> None:
    clock = VenueClock()
    clock.observe(V0, 100 * S)
    clock.observe(V0 + 200, 101 * S)  # 800 ms late
    assert clock.now_ms(101 * S) == V0 + 1_000
    assert clock.newest_ms == V0 + 200


def test_a_better_stamp_moves_it_forward_at_once() -> None:
    clock = VenueClock()
    clock.observe(V0, 100 * S)
    clock.observe(V0 + 1_500, 101 * S)
    assert clock.now_ms(101 * S) == V0 + 1_500


def test_a_venue_that_falls_behind_is_followed_within_ten_seconds() -> None:
    clock = VenueClock()
    for second in range(5):
        clock.observe(V0 + second * 1_000, (100 + second) * S)
    for second in range(5, 25):
        clock.observe(V0 + second * 1_000 - 3_000, (100 + second) * S)
        if second < 10:
            assert clock.now_ms((100 + second) * S) == V0 + second * 1_000
    assert clock.now_ms(124 * S) == V0 + 24_000 - 3_000


def test_after_a_long_silence_only_the_new_stamps_count() -> None:
    clock = VenueClock()
    clock.observe(V0, 100 * S)
    clock.observe(V0 + 60_000, 4_000 * S)  # the machine slept, and its wall clock ran on
    assert clock.now_ms(4_001 * S) == V0 + 61_000


@given(
    delays=st.lists(st.integers(0, 400), min_size=1, max_size=40),
    speed=st.sampled_from([1.0, 20.0, 600.0]),
)
def test_it_never_runs_ahead_of_the_venue_nor_lags_more_than_the_best_recent_delay(
    delays: list[int], speed: float
) -> None:
    clock = VenueClock(speed)
    for i, delay in enumerate(delays):
        sent = i * 200  # wall ms
        at = (1_000_000 + sent + delay) * MS
        clock.observe(V0 + round(sent * speed), at)
        now, true = clock.now_ms(at), V0 + (sent + delay) * speed
        assert now <= true + 1
        assert now >= V0 + round(sent * speed) - 1


def test_the_machines_own_clocks() -> None:
    one, other = wall_ns(), wall_ns()
    assert other >= one
    assert abs(utc_ms() - time.time() * 1_000) < 5_000


def test_a_stamp_far_ahead_is_believed_only_when_a_second_agrees() -> None:
    clock = VenueClock()
    second = 1_000_000_000
    clock.observe(1_000_000, 5 * second)
    assert not clock.leaps(1_001_000, 6 * second)
    assert clock.leaps(9_000_000_000, 6 * second), "absurd"
    assert not clock.leaps(1_002_000, 7 * second), "the true ones go on"
    # after a sleep the monotonic clock stood still: every stamp is an hour ahead, and they agree
    assert clock.leaps(4_600_000, 8 * second)
    assert not clock.leaps(4_601_000, 9 * second)
    assert not VenueClock().leaps(9_000_000_000, second), "the first stamp of all"


def test_a_stamp_some_seconds_ahead_is_believed_at_once() -> None:
    """The estimate of the venue's time may be behind by what the network took, and a desktop's clock plays no part."""
    second = 1_000_000_000
    for ahead_ms in (500, 1_500, 4_999):
        clock = VenueClock()
        clock.observe(1_000_000, 5 * second)
        assert not clock.leaps(1_001_000 + ahead_ms, 6 * second)
        clock.observe(1_001_000 + ahead_ms, 6 * second)
        assert clock.now_ms(6 * second) == 1_001_000 + ahead_ms


class Machine:
    """Two clocks: one stands still while the machine sleeps, one runs on."""

    def __init__(self) -> None:
        self.wall_ns = 10**15
        self.running_ns = 10**15 + 12_345
        self.watch = SleepWatch(lambda: self.running_ns)

    def run(self, seconds: float) -> Woke | None:
        self.wall_ns += round(seconds * 1e9)
        self.running_ns += round(seconds * 1e9)
        return self.watch.beat(self.wall_ns)

    def sleep(self, seconds: float) -> None:
        self.running_ns += round(seconds * 1e9)


def test_a_sleep_is_told_by_the_clock_that_ran_on() -> None:
    machine = Machine()
    machine.sleep(7_200)
    assert machine.run(0.015) is None, "the first beat compares with nothing"
    assert [machine.run(0.015) for _ in range(100)] == [None] * 100
    machine.sleep(7_200)
    woke = machine.run(0.015)
    assert woke is not None
    assert woke.stood_still_ns == 7_200 * 10**9
    assert woke.away_ns == 7_200 * 10**9 + 15_000_000
    assert machine.run(0.015) is None, "told once"
    machine.sleep(0.5)
    assert machine.run(0.015) is None, "a pause that breaks nothing"


def test_where_the_clock_runs_on_in_sleep_missing_beats_tell() -> None:
    machine = Machine()
    machine.run(0.015)
    assert machine.run(10.0) is None, "a machine under load"
    woke = machine.run(600.0)
    assert woke == Woke(600 * 10**9, 0)


def test_the_readings_of_this_machine_agree_while_it_is_awake() -> None:
    watch = SleepWatch()
    assert [watch.beat(wall_ns()) for _ in range(1_000)] == [None] * 1_000
    assert unsleeping_ns() >= 0


def test_after_a_sleep_venue_time_is_right_at_once() -> None:
    clock = VenueClock(speed=1.0)
    clock.observe(1_000_000, 50 * 10**9)
    clock.skip(3_600 * 10**9)
    assert clock.now_ms(50 * 10**9) == 1_000_000 + 3_600_000
    assert not clock.leaps(1_000_000 + 3_600_100, 50 * 10**9), "the first stamp after the sleep is believed"
    VenueClock().skip(10**9)  # before the first stamp there is nothing to move
