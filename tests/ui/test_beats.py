"""Charts side by side take turns: one that is not worked with looks less often, and never while another has much to do."""

from __future__ import annotations

import pytest

from liqdesk.ui.chart import beats
from liqdesk.ui.chart.beats import BESIDE_MS, FRAME_MS, MOST, Turn


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    now = [10**9]
    monkeypatch.setattr(beats.time, "monotonic_ns", lambda: now[0])
    return now


def two() -> tuple[Turn, Turn]:
    main, other = Turn(), Turn()
    other.beats, other.beside = main.beats, True
    return main, other


def test_a_chart_that_is_worked_with_never_waits(clock: list[int]) -> None:
    main, other = two()
    other.took(False)
    assert not main.stand_back()
    assert (main.pace_ms, other.pace_ms) == (FRAME_MS, BESIDE_MS)
    other.beside = False  # it has the keyboard now
    assert other.pace_ms == FRAME_MS
    assert not other.stand_back()


def test_one_beside_waits_until_the_other_is_through_but_not_for_ever(clock: list[int]) -> None:
    main, other = two()
    main.took(False)
    assert not other.stand_back(), "a light look is no reason"
    main.took(True)
    assert other.stand_back()
    clock[0] += beats.APART_NS
    assert not other.stand_back()
    for _ in range(MOST):
        main.took(True)
        assert other.stand_back()
    main.took(True)
    assert not other.stand_back(), "its turn at last"


def test_every_look_of_one_beside_is_much(clock: list[int]) -> None:
    main, other = two()
    third = Turn()
    third.beats, third.beside = main.beats, True
    other.took(False)
    assert third.stand_back()
