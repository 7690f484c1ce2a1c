"""Squeeze setup: each term by hand, and that nothing notable is an answer."""

from __future__ import annotations

import math

import numpy as np
import pytest

from liqdesk.insight import Imbalance, Zone
from liqdesk.insight.funding import FundingRecord
from liqdesk.insight.squeeze import InterestRecord, interest_record, nearest, squeeze_of
from liqdesk.market import HOUR_MS, Side

NOW = 1_776_204_000_000


def funding(z: float | None) -> FundingRecord:
    return FundingRecord(90, 1e-5, 1e-5, z)


def interest(z: float | None) -> InterestRecord:
    return InterestRecord(0.01, z, 696)


def tilted(ratio: float) -> tuple[Imbalance, ...]:
    return (Imbalance(0.01, 1.0, 9.0), Imbalance(0.02, 1e6 * (1 - ratio), 1e6 * (1 + ratio)))


def zone(side: Side, distance: float, usd: float = 1e6) -> Zone:
    return Zone(side, 1.0, 2.0, 1.5, usd, usd, distance)


def test_terms_speak_for_the_side_that_is_paid_for() -> None:
    """Shorts pay (funding below its mean), shorts stand nearer: both speak for a squeeze of shorts, and against one of longs."""
    s = squeeze_of(funding(-1.5), interest(0.5), tilted(0.57))
    assert s.tilt == pytest.approx(0.57)
    assert s.terms(Side.SHORT) == pytest.approx((1.5, 0.57 / 0.38, 0.5))
    assert s.terms(Side.LONG) == pytest.approx((-1.5, -0.57 / 0.38, 0.5))
    assert s.score(Side.SHORT) == pytest.approx((1.5 + 1.5 + 0.5) / 3)
    assert s.score(Side.LONG) == pytest.approx((-1.5 - 1.5 + 0.5) / 3)
    assert s.notable(Side.SHORT, [zone(Side.SHORT, 0.03)])
    assert not s.notable(Side.SHORT, [zone(Side.SHORT, 0.06), zone(Side.LONG, -0.01)]), "no short zone is near"
    assert not s.notable(Side.LONG, [zone(Side.LONG, -0.01)])


def test_one_term_alone_makes_no_setup() -> None:
    near = [zone(Side.SHORT, 0.01)]
    assert not squeeze_of(funding(-9.0), interest(0.0), tilted(-0.1)).notable(Side.SHORT, near), "the map is against it"
    assert squeeze_of(funding(-9.0), interest(0.0), tilted(-0.1)).terms(Side.SHORT)[0] == 3.0, "no term counts for more"
    assert not squeeze_of(funding(0.2), interest(3.0), tilted(0.9)).notable(Side.SHORT, near), "funding is against it"
    assert not squeeze_of(funding(-0.3), interest(0.2), tilted(0.3)).notable(Side.SHORT, near), "too little"


def test_what_is_not_known_is_left_out() -> None:
    s = squeeze_of(funding(-2.0), interest(None), tilted(0.38))
    assert s.terms(Side.SHORT) == pytest.approx((2.0, 1.0, None))
    assert s.score(Side.SHORT) == pytest.approx(1.5)
    assert squeeze_of(funding(None), interest(2.0), tilted(0.9)).score(Side.SHORT) is None
    empty = squeeze_of(funding(-2.0), interest(2.0), (Imbalance(0.02, 0.0, 0.0),))
    assert (empty.tilt, empty.score(Side.SHORT)) == (None, None)
    assert squeeze_of(funding(-2.0), interest(2.0), ()).tilt is None


def test_nearest_zone_of_a_side() -> None:
    zones = [zone(Side.SHORT, 0.04), zone(Side.SHORT, 0.01), zone(Side.LONG, -0.002)]
    assert nearest(zones, Side.SHORT) is zones[1]
    assert nearest(zones, Side.LONG) is zones[2]
    assert nearest(zones[:1], Side.LONG) is None


def test_interest_is_held_against_thirty_days_of_daily_changes() -> None:
    hours = np.arange(0, 31 * 24 + 1)
    t = NOW - (31 * 24 - hours) * HOUR_MS
    x = 0.002 * np.sin(hours / 9.0) + np.cumsum(np.random.default_rng(1).normal(0, 0.003, hours.size))
    found = interest_record(t, np.exp(x), NOW)
    changes = x[24:] - x[:-24]
    past = changes[:-1]
    assert found.hours == past.size == 30 * 24
    assert found.change == pytest.approx(changes[-1])
    assert found.z == pytest.approx((changes[-1] - past.mean()) / past.std(ddof=1))
    short = interest_record(t[-90:], np.exp(x[-90:]), NOW)
    assert (short.z, short.hours) == (None, 65)
    assert short.change == pytest.approx(changes[-1])
    gone = interest_record(t[:-4], np.exp(x[:-4]), NOW)
    assert math.isnan(gone.change), "the newest sample is too old"
    assert gone.z is None
    assert interest_record(np.empty(0, np.int64), np.empty(0), NOW).hours == 0
    flat = interest_record(t, np.ones(t.size), NOW)
    assert (flat.change, flat.z) == (0.0, None)
