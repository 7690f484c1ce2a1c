"""Funding against its last thirty days, by hand."""

from __future__ import annotations

import math
import statistics

import pytest

from liqdesk.insight.funding import funding_record, hourly
from liqdesk.market import DAY_MS, HOUR_MS

NOW = 1_776_206_833_000
EIGHT = 8 * HOUR_MS


def paid(rates: list[float], span_ms: int = EIGHT, end: int = NOW) -> tuple[tuple[int, float], ...]:
    """Payments of some rates, the newest an hour before `end`."""
    return tuple((end - HOUR_MS - (len(rates) - 1 - i) * span_ms, rate) for i, rate in enumerate(rates))


def test_z_is_the_distance_from_the_mean_in_deviations_of_the_sample() -> None:
    rates = [1e-4 * (1 + (i % 5)) for i in range(90)]
    found = funding_record(paid(rates), 9e-4, 8, NOW)
    assert found.payments == 90
    assert found.mean == pytest.approx(statistics.fmean(rates) / 8)
    assert found.deviation == pytest.approx(statistics.stdev(rates) / 8)
    assert found.z == pytest.approx((9e-4 - 3e-4) / statistics.stdev(rates))
    below = funding_record(paid(rates), -3e-4, 8, NOW)
    assert below.z == pytest.approx(-6e-4 / statistics.stdev(rates))


def test_only_thirty_days_count() -> None:
    rates = [5e-3] * 40 + [1e-4, 2e-4] * 45
    history = paid(rates)
    assert history[0][0] < NOW - 40 * DAY_MS
    found = funding_record(history, 1e-4, 8, NOW)
    assert found.payments == 90
    assert found.mean * 8 == pytest.approx(1.5e-4)


def test_few_or_equal_payments_have_no_deviation() -> None:
    assert funding_record((), 1e-4, 8, NOW) == funding_record((), None, 8, NOW)
    assert funding_record((), 1e-4, 8, NOW).payments == 0
    few = funding_record(paid([1e-4, 2e-4, 3e-4]), 1e-4, 8, NOW)
    assert (few.payments, few.z) == (3, None)
    assert few.mean * 8 == pytest.approx(2e-4)
    assert math.isnan(few.deviation)
    flat = funding_record(paid([1e-4] * 60), 3e-4, 8, NOW)
    assert flat.z is None, "there is nothing to measure by"
    assert funding_record(paid([1e-4, 2e-4] * 20), None, 8, NOW).z is None


def test_another_interval_is_no_other_rate() -> None:
    """Thirty payments of eight hours, then of one hour at an eighth of the rate: the same funding, so no deviation."""
    first = paid([8e-5] * 30, end=NOW - 2 * DAY_MS)
    after = tuple((first[-1][0] + (i + 1) * HOUR_MS, 1e-5) for i in range(24))
    assert hourly(first + after, 1) == pytest.approx([1e-5] * 54)
    # A payment that is missing stretches no other: the one after it is for as long as the next.
    gap = (*first[:10], *first[11:])
    assert hourly(gap, 8) == pytest.approx([1e-5] * 29)
    assert hourly(first[:1], 4) == pytest.approx([2e-5])
