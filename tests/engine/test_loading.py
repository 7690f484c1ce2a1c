"""A back-fill is taken in order, whatever order its pages come in and however often they fail."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqdesk.engine.loading import AHEAD, Loading
from liqdesk.market import MINUTE_MS
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.venues.binance import backfill
from liqdesk.venues.venue import Reply, Request

UNTIL = 1_780_000_020_000 - 1_780_000_020_000 % MINUTE_MS


def rows_of(request: Request) -> np.ndarray:
    """Return what a venue that keeps its promises would answer, with one bar too many at the end."""
    if request.kind is Reply.INTEREST_HISTORY:
        times = range(request.from_ms, request.to_ms, 5 * MINUTE_MS)
        return np.array([(t, 1.0, 1.0) for t in times], INTEREST)
    times = range(request.from_ms, request.to_ms + request.span_ms, request.span_ms)
    return np.array([(t, 1, 1, 1, 1, 1, 1) for t in times], BAR)


def result(loading: Loading) -> list[tuple[int, list[int], list[int]]]:
    out = []
    while (stretch := loading.take()) is not None:
        assert stretch.marks is not None
        out.append((stretch.span_ms, stretch.bars["t"].tolist(), stretch.marks["t"].tolist()))
    return out


def in_order() -> list[tuple[int, list[int], list[int]]]:
    loading = Loading(backfill.plan("BTCUSDT", UNTIL))
    while requests := loading.ask():
        for request in requests:
            loading.answer(request, rows_of(request))
    assert loading.awaited is None
    return result(loading)


WHOLE = in_order()


def test_the_plan_is_covered_without_a_hole_coarse_to_fine() -> None:
    spans = [span for span, _, _ in WHOLE]
    assert spans == sorted(spans, reverse=True)
    starts = [t for _, bars, _ in WHOLE for t in bars]
    ends = [t + span for span, bars, _ in WHOLE for t in bars]
    assert starts[1:] == ends[:-1]
    assert ends[-1] == UNTIL


def test_never_more_than_a_few_pages_are_under_way() -> None:
    loading = Loading(backfill.plan("BTCUSDT", UNTIL))
    asked = loading.ask()
    assert len(asked) == AHEAD
    assert loading.ask() == []
    loading.answer(asked[1], rows_of(asked[1]))
    assert loading.ask() == [], "the first page is awaited still"
    assert loading.progress.done == 0
    loading.answer(asked[0], rows_of(asked[0]))
    assert len(loading.ask()) == 2
    assert loading.progress.done == 2
    assert not loading.done


@given(st.integers(0, 10_000), st.floats(0, 0.7))
def test_failures_and_disorder_end_in_the_same_stretches(seed: int, failing: float) -> None:
    rng = random.Random(seed)
    loading = Loading(backfill.plan("BTCUSDT", UNTIL))
    under_way: list[Request] = []
    made = 0
    while loading.awaited is not None:
        asked = loading.ask()
        made += len(asked)
        under_way += asked
        assert under_way, "something is always under way until all has come"
        assert len(under_way) <= AHEAD
        request = under_way.pop(rng.randrange(len(under_way)))
        if rng.random() < failing:
            loading.again(request)
        else:
            loading.answer(request, rows_of(request))
            if rng.random() < 0.2:
                loading.answer(request, rows_of(request)[:0])
                loading.again(request)
    assert made >= len(backfill.plan("BTCUSDT", UNTIL))
    assert result(loading) == WHOLE
    assert loading.done


def test_interest_is_ascending_and_without_duplicates() -> None:
    loading = Loading([r for r in backfill.plan("BTCUSDT", UNTIL) if r.kind is Reply.INTEREST_HISTORY])
    assert len(loading.interest()) == 0
    while requests := loading.ask():
        for request in requests:
            rows = rows_of(request)
            loading.answer(request, np.concatenate([rows[:3], rows]))
    assert np.all(np.diff(loading.interest()["t"]) == 5 * MINUTE_MS)


@pytest.mark.parametrize("number", [0, 3])
def test_a_failure_of_a_page_that_has_come_is_nothing(number: int) -> None:
    loading = Loading(backfill.plan("BTCUSDT", UNTIL))
    asked = loading.ask()
    loading.answer(asked[number], rows_of(asked[number]))
    loading.again(asked[number])
    assert asked[number] not in loading.ask()
