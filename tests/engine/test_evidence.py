"""Forced orders as evidence: what the engine reads from a real history of a simulated week, look by look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.month import START_MS, Month

from liqdesk.engine.evidence import EVERY_NS, FIRST_NS, RECORD_MS, Evidence, past_study
from liqdesk.history import EVERY_SYMBOL, FORCED, History
from liqdesk.insight import Rule
from liqdesk.market import DAY_MS, HOUR_MS, ForcedOrder, Side

SYMBOL = "BTCUSDT"
SECOND_NS = 1_000_000_000


@pytest.fixture(scope="module")
def month() -> Month:
    return Month(3, 9)


@pytest.fixture
def history(month: Month, tmp_path: Path) -> Iterator[History]:
    """All prints of the month but those of its last hour, and an hour without the stream on the day before."""
    opened = History.open(tmp_path / "history.sqlite", tmp_path / "lock")
    write(opened, month, month.begin_ms, START_MS - HOUR_MS)
    opened.add_covered(EVERY_SYMBOL, FORCED, month.begin_ms, START_MS - HOUR_MS)
    opened.add_gap(EVERY_SYMBOL, FORCED, START_MS - 6 * HOUR_MS, START_MS - 5 * HOUR_MS, "the link was lost")
    opened.flush(0, at_once=True)
    yield opened
    opened.close()


def write(history: History, month: Month, t0: int, t1: int) -> int:
    rows = month.printed
    inside = rows[(rows["t"] >= t0) & (rows["t"] < t1)]
    for row in inside:
        t = int(row["t"])
        order = ForcedOrder(
            SYMBOL,
            Side(int(row["side"])),
            t,
            t + 1_008,
            float(row["price"]),
            float(row["limit"]),
            float(row["quantity"]),
        )
        history.add_forced(order)
    return len(inside)


def test_the_record_is_read_looked_through_and_read_on(month: Month, history: History) -> None:
    evidence = Evidence(SYMBOL, history)
    until = START_MS - HOUR_MS
    now = 5 * SECOND_NS
    evidence.beat(now, until)
    evidence.beat(now + FIRST_NS, until)
    assert evidence.study is None  # read, not looked through yet
    evidence.beat(now + FIRST_NS + 1, until)
    first = evidence.study
    assert first is not None
    assert first.test.rule is Rule.LARGEST
    told = first.unprinted
    assert told is not None
    assert told.covered_ms == DAY_MS - HOUR_MS
    assert first.record_ms == RECORD_MS - HOUR_MS
    evidence.beat(now + FIRST_NS + EVERY_NS // 2, until)
    assert evidence.study is first
    added = write(history, month, START_MS - HOUR_MS, START_MS)
    history.add_covered(EVERY_SYMBOL, FORCED, START_MS - HOUR_MS, START_MS)
    for i in range(2):
        evidence.beat(now + FIRST_NS + EVERY_NS + i, START_MS)
    second = evidence.study
    assert second is not None
    assert second == past_study(SYMBOL, history, START_MS)
    assert second.unprinted is not None
    assert added == 0 or second.unprinted.printed != told.printed
    rows = month.printed
    day = rows[(rows["t"] >= START_MS - DAY_MS) & (rows["t"] < START_MS)]
    heard = day[(day["t"] < START_MS - 6 * HOUR_MS) | (day["t"] >= START_MS - 5 * HOUR_MS)]
    assert second.unprinted.printed_usd == pytest.approx((heard["price"] * heard["quantity"]).sum())


def test_without_a_history_or_a_clock_nothing_is_said(history: History) -> None:
    silent = Evidence(SYMBOL, None)
    late = Evidence(SYMBOL, history)
    for beat in range(4):
        silent.beat(beat * EVERY_NS, START_MS)
        late.beat(beat * EVERY_NS, 0)
    assert silent.study is None
    assert late.study is None


def test_of_a_contract_without_prints_it_is_said_that_they_are_too_few(history: History) -> None:
    evidence = Evidence("ETHUSDT", history)
    for beat in range(1, 4):
        evidence.beat(beat * EVERY_NS, START_MS)
    assert evidence.study is not None
    assert evidence.study.unprinted is None
    assert evidence.study.test.prints == 0
