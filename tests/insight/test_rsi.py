"""The relative strength index against an example computed by hand from Wilder's rules."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from liqdesk.insight.rsi import PERIOD, index_after, rsi

# Closes of the example that StockCharts' ChartSchool and its readers compute with Wilder's averages (New Concepts in Technical Trading
# Systems, 1978, chapter VI); the indices below are worked out anew in fractions.
CLOSES = (
    "44.3389",
    "44.0902",
    "44.1497",
    "43.6124",
    "44.3278",
    "44.8264",
    "45.0955",
    "45.4245",
    "45.8433",
    "46.0826",
    "45.8931",
    "46.0328",
    "45.6140",
    "46.2820",
    "46.2820",
    "46.0028",
    "46.0328",
    "46.4116",
    "46.2222",
    "45.6439",
    "46.2122",
    "46.2521",
    "45.7137",
    "46.4515",
    "45.7835",
    "45.3548",
    "44.0288",
    "44.1783",
    "44.2181",
    "44.5672",
    "43.4205",
    "42.6628",
    "43.1314",
)
PUBLISHED = {14: 70.53, 15: 66.32, 16: 66.55, 17: 69.41, 18: 66.36, 19: 57.97, 20: 62.93, 32: 37.77}


def by_hand(closes: tuple[str, ...], period: int = 14) -> list[float]:
    """Wilder's rules word for word, in exact fractions."""
    prices = [Fraction(c) for c in closes]
    ups = [max(b - a, Fraction(0)) for a, b in pairwise(prices)]
    downs = [max(a - b, Fraction(0)) for a, b in pairwise(prices)]
    up, down = sum(ups[:period], Fraction(0)) / period, sum(downs[:period], Fraction(0)) / period
    found = [100 - 100 / (1 + up / down)]
    for u, d in zip(ups[period:], downs[period:], strict=True):
        up, down = (up * (period - 1) + u) / period, (down * (period - 1) + d) / period
        found.append(100 - 100 / (1 + up / down))
    return [float(f) for f in found]


def test_it_is_wilders_word_for_word() -> None:
    values, averages = rsi(np.array(CLOSES, np.float64))
    assert np.isnan(values[:PERIOD]).all()
    assert values[PERIOD:].tolist() == pytest.approx(by_hand(CLOSES), rel=1e-12)
    for at, index in PUBLISHED.items():
        assert values[at] == pytest.approx(index, abs=0.06), at
    for extra in ("44.5", "41.0", CLOSES[-1]):
        after = index_after(averages, float(extra) - float(CLOSES[-1]))
        assert after == pytest.approx(by_hand((*CLOSES, extra))[-1], rel=1e-12)


def test_its_ends_and_what_cannot_be_said() -> None:
    assert rsi(np.arange(1.0, 40.0))[0][-1] == 100.0
    assert rsi(np.arange(40.0, 1.0, -1.0))[0][-1] == 0.0
    assert rsi(np.full(40, 7.0))[0][-1] == 50.0
    few, averages = rsi(np.arange(1.0, PERIOD + 1.0))
    assert np.isnan(few).all()
    assert math.isnan(index_after(averages, 1.0))
