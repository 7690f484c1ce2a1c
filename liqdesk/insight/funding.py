"""Funding against its own last thirty days."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from liqdesk.market import DAY_MS, HOUR_MS

DAYS: Final = 30
LEAST: Final = 10  # payments, below which no deviation is taken
FLAT: Final = 1e-12  # an hour; payments that differ by no more are all the same


class FundingRecord(msgspec.Struct, frozen=True):
    """Settled payments of the last 30 days: how many, mean and deviation of their rates an hour (fractions; NaN for none, and for fewer
    than ten the deviation), and where the predicted rate stands among them, in deviations from the mean (None where there is no
    deviation)."""

    payments: int
    mean: float
    deviation: float
    z: float | None


def hourly(history: Sequence[tuple[int, float]], interval_h: int) -> list[float]:
    """Return payments (ms, rate; ascending) as rates an hour. A rate is for the time since the payment before, in whole hours; the first,
    and one after a payment is missing, for what the next one or `interval_h` says."""
    spans = [max(1, round((b[0] - a[0]) / HOUR_MS)) for a, b in itertools.pairwise(history)]
    usual = [span for span in spans if span <= 8]
    out = []
    for i, (_, rate) in enumerate(history):
        span = spans[i - 1] if i else usual[0] if usual else max(1, interval_h)
        if span > 8:
            span = spans[i] if i < len(spans) and spans[i] <= 8 else max(1, interval_h)
        out.append(rate / span)
    return out


def funding_record(
    history: Sequence[tuple[int, float]], rate: float | None, interval_h: int, now_ms: int
) -> FundingRecord:
    """Hold a predicted rate (a fraction per `interval_h` hours) against the payments of the 30 days before `now_ms`.

    Rates are taken an hour, so that a change of the interval does not count as one of the rate. z = (rate − mean) / deviation, the
    deviation that of a sample (n − 1).
    """
    rates = hourly(history, interval_h)
    kept = np.array([r for r, (at, _) in zip(rates, history, strict=True) if now_ms - DAYS * DAY_MS <= at <= now_ms])
    if not kept.size:
        return FundingRecord(0, math.nan, math.nan, None)
    mean = float(kept.mean())
    if kept.size < LEAST:
        return FundingRecord(kept.size, mean, math.nan, None)
    deviation = float(kept.std(ddof=1))
    known = rate is not None and interval_h > 0 and deviation > FLAT
    z = (rate / interval_h - mean) / deviation if known and rate is not None else None
    return FundingRecord(kept.size, mean, deviation, z)
