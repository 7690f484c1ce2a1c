"""Bands of bars: counted as they fell, and learned from the past alone."""

import numpy as np
import pytest

from liqdesk.insight import Spread
from liqdesk.lab.held import bands_held
from liqdesk.market import DAY_MS, MINUTE_MS

BAR_MS = 30 * MINUTE_MS
N = 40 * 48


def market(seed=1, lump=60_000.0):
    """Bars whose amounts are gamma distributed around a hundredth of what was swept, as the spread has it."""
    rng = np.random.default_rng(seed)
    swept = rng.lognormal(16.5, 1.3, (N, 2))
    mean = 0.01 * swept
    variance = lump * mean + (Spread().near * mean) ** 2
    shape = mean**2 / variance
    return np.arange(N) + 1_000, swept, rng.gamma(shape, mean / shape)


def test_bands_hold_what_they_say_where_their_law_is_true():
    slots, swept, y = market()
    found = bands_held(slots, swept, y, BAR_MS, slots >= slots[0] + 240)
    assert found is not None
    assert found.count > 2_500
    assert found.held + found.below + found.above == found.count
    assert found.held / found.count == pytest.approx(0.8, abs=0.05)
    assert found.hours > 500
    assert found.least == Spread().order_usd


def test_a_law_ten_times_as_wide_is_found_out():
    slots, swept, y = market()
    y[::2] *= 10.0
    y[1::2] *= 0.1
    found = bands_held(slots, swept, y, BAR_MS, slots >= 0)
    assert found is not None
    assert found.held / found.count < 0.72
    assert found.lump > 2 * Spread().lump_usd


def test_the_future_changes_no_judgement():
    slots, swept, y = market(2)
    early = slots < slots[0] + 20 * 48
    one = bands_held(slots, swept, y, BAR_MS, early)
    changed = np.where(early[:, None], y, 1e9)
    two = bands_held(slots, swept, changed, BAR_MS, early)
    assert one is not None
    assert two is not None
    assert (one.count, one.held, one.below, one.above) == (two.count, two.held, two.below, two.above)


def test_no_hours_no_judgement():
    slots, swept, y = market()
    assert bands_held(slots, swept, y, DAY_MS, slots >= 0) is None
    assert bands_held(slots, swept, y, BAR_MS, slots < 0) is None
    assert bands_held(slots, np.zeros_like(swept), y, BAR_MS, slots >= 0) is None
    holed = np.arange(N) % 2 == 0  # one half of every hour: no hour is whole
    found = bands_held(slots[holed], swept[holed], y[holed], BAR_MS, holed[holed])
    assert found is not None
    assert found.hours == 0
