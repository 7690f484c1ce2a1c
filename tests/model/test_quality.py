"""Impossible inputs: held back, clipped, counted, and believed once they repeat."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.model.quality import INTEREST, MARK, MINUTE_MS, VOLUME, Quality

T0 = 1_772_438_400_000


def kinds(quality: Quality, now_ms: int) -> dict[str, int]:
    return {o.kind: o.count for o in quality.oddities(now_ms)}


def test_a_mark_that_leaps_alone_is_left_out_and_one_that_stays_is_believed() -> None:
    quality = Quality()
    path = [100.0, 100.5, 250.0, 100.4, 100.6, 62.0, 62.4, 62.1]
    told = [quality.mark(T0 + i * 1_000, mark) for i, mark in enumerate(path)]
    assert told == [True, True, False, True, True, False, True, True]
    assert kinds(quality, T0 + 8_000) == {MARK: 2}


def test_a_mark_after_a_long_silence_is_not_compared() -> None:
    quality = Quality()
    assert quality.mark(T0, 100.0)
    assert quality.mark(T0 + 3_600_000, 250.0)
    assert quality.oddities(T0 + 3_600_000) == ()


def test_open_interest_that_leaps_alone_is_left_out() -> None:
    quality = Quality()
    told = [quality.interest(T0 + i * 10_000, value) for i, value in enumerate([9e4, 9.1e4, 9.0, 9e6, 9.05e4, 0.0])]
    assert told == [True, True, False, False, True, False]
    assert kinds(quality, T0 + 60_000) == {INTEREST: 2}


def test_a_leap_is_confirmed_by_another_time_alone() -> None:
    """The same sample polled twice is one sample, and one that is as before in between takes the doubt back."""
    quality = Quality()
    path = [
        (0, 9e4),
        (10_000, 4e6),
        (10_000, 4e6),
        (0, 9e4),
        (20_000, 4e6),
        (10_000, 9e4),
        (30_000, 4e6),
        (40_000, 4e6),
    ]
    told = [quality.interest(T0 + t, value) for t, value in path]
    assert told == [True, False, False, True, False, True, False, True]


def walk(quality: Quality, rows: list[tuple[float, float]]) -> list[float]:
    """Give minutes of (volume, contracts sampled at the start); return what is to be used."""
    times = [T0 + i * MINUTE_MS for i in range(len(rows))]
    return [quality.minute(t, volume, t, contracts) for t, (volume, contracts) in zip(times, rows, strict=True)]


def test_open_interest_cannot_change_by_more_than_was_traded() -> None:
    quality = Quality()
    used = walk(quality, [(50, 1_000), (30, 1_040), (20, 1_400), (20, 1_090), (20, 1_080)])
    assert used == [1_000, 1_040, 1_040 + 30 + 50, 1_090, 1_080]
    (odd,) = quality.oddities(T0 + 5 * MINUTE_MS)
    assert (odd.kind, odd.count, odd.last_ms, odd.clipped) == (VOLUME, 1, T0 + 2 * MINUTE_MS, True)


def test_a_sample_that_is_old_is_held_against_all_that_was_traded_since() -> None:
    quality = Quality()
    for i in range(5):
        assert quality.minute(T0 + i * MINUTE_MS, 10.0, T0, 1_000.0) == 1_000.0
    assert quality.minute(T0 + 5 * MINUTE_MS, 10.0, T0 + 5 * MINUTE_MS, 1_045.0) == 1_045.0
    assert quality.oddities(T0 + 6 * MINUTE_MS) == ()


def test_a_level_that_stays_is_believed_against_the_volume() -> None:
    quality = Quality()
    used = walk(quality, [(10.0, level) for level in (1_000.0, 5_000.0, 5_001.0, 5_002.0, 5_003.0)])
    assert used[1:3] == [1_010.0, 1_030.0]
    assert used[3:] == [5_002.0, 5_003.0]
    assert kinds(quality, T0 + 5 * MINUTE_MS) == {VOLUME: 3}


def test_minutes_with_a_gap_between_are_not_compared() -> None:
    quality = Quality()
    quality.minute(T0, 1.0, T0, 1_000.0)
    later = T0 + 2 * MINUTE_MS
    assert quality.minute(later, 1.0, later, 5_000.0) == 5_000.0
    assert quality.oddities(T0 + 3 * MINUTE_MS) == ()


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(-1, 1)), min_size=1, max_size=60))
@settings(max_examples=100, deadline=None)
def test_what_can_be_passes_untouched(rows: list[tuple[float, float]]) -> None:
    quality = Quality()
    contracts, given_rows, volume = 50_000.0, [], 0.0
    for traded, part in rows:
        contracts += part * volume
        given_rows.append((traded, contracts))
        volume = traded
    assert walk(quality, given_rows) == [contracts for _, contracts in given_rows]
    assert quality.oddities(T0 + 100 * MINUTE_MS) == ()


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(1, 1e6)), min_size=2, max_size=60))
@settings(max_examples=100, deadline=None)
def test_what_is_clipped_moves_no_farther_than_what_was_traded(rows: list[tuple[float, float]]) -> None:
    quality = Quality()
    used = walk(quality, rows)
    for i in range(1, len(rows)):
        contracts, held = rows[i][1], used[i - 1]
        if used[i] != contracts:
            assert abs(used[i] - held) <= sum(volume for volume, _ in rows[max(0, i - 2) : i]) * (1 + 1e-9) + 1e-9
            assert min(held, contracts) <= used[i] <= max(held, contracts)


def test_counts_are_of_the_last_day_by_the_hour() -> None:
    quality = Quality()
    for hour in range(30):
        quality.mark(T0 + hour * 3_600_000, 100.0)
        quality.mark(T0 + hour * 3_600_000 + 1_000, 300.0)
    (odd,) = quality.oddities(T0 + 29 * 3_600_000 + 2_000)
    assert odd.count == 24
    assert odd.by_hour == (1,) * 24
    assert odd.last_ms == T0 + 29 * 3_600_000 + 1_000
    assert sum(quality.oddities(T0 + 40 * 3_600_000)[0].by_hour) == pytest.approx(13)
    assert quality.oddities(T0 + 80 * 3_600_000) == ()
