"""Scores: what their numbers mean, on truths of a known law."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scored import BAR_MS, T0, liquidated, steps

from liqdesk.errors import NoDataError
from liqdesk.lab.chunks import SweptBars, cut, run_chunk
from liqdesk.lab.scoring import poisson, score, spearman, tweedie
from liqdesk.lab.truth import Truth
from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.venues.binance.brackets import shipped_brackets

TABLE = shipped_brackets().table("BTCUSDT")


@pytest.fixture(scope="module")
def market():
    batch = steps(30)
    (chunk,) = cut("BTCUSDT", TABLE, BAR_MS, batch, batch.volume / 2)
    t, usd = liquidated(batch)
    return run_chunk(chunk), Truth(t, usd, "a known law")


def test_the_map_that_made_the_truth_leads_the_others(market):
    found = score("BTCUSDT", BAR_MS, *market)
    ours, *naive = found.maps
    assert ours.name == "engine"
    assert ours.lead is None
    assert 0.5 < ours.d2 < 1
    assert ours.d2 == max(m.d2 for m in found.maps)
    assert ours.ratio == pytest.approx(1.0, abs=0.1)
    assert {m.name for m in naive} >= {"uniform", "industry_exact", "constant_inflow"}
    for m in naive:
        assert m.lead == pytest.approx(ours.d2 - m.d2)
        assert m.low < m.lead < m.high
    assert found.best.low > 0
    assert found.bars == 27 * 48
    assert (found.taught_days, len(found.days)) == (3, 27)
    assert found.left_out == {"among the first three days, which teach the learner": 144}
    assert found.notes == ()
    assert found.held is not None
    assert found.held.count == found.held.held + found.held.below + found.held.above
    assert found.usd == pytest.approx(market[1].usd[144:].sum())
    assert [row[-1] for row in found.leads] == pytest.approx([m.lead for m in naive])
    assert sum(w.liquidated for w in found.weeks) == pytest.approx(found.usd)
    assert [w.count for w in found.weeks] == [336, 336, 336, 288]
    assert sum(d.count for d in found.deciles) == 2 * found.bars
    assert np.all(np.diff([d.forecast for d in found.deciles]) > 0)
    assert np.mean([d.liquidated for d in found.deciles]) == pytest.approx(found.usd / found.bars / 2, rel=0.01)


def test_a_map_that_is_worse_is_found_worse(market):
    swept, truth = market
    spoiled = msgspec.structs.replace(swept, usd=swept.usd[[4, 0, 2]], names=("a", "b", "c"), titles=("A", "B", "C"))
    found = score("BTCUSDT", BAR_MS, spoiled, truth)
    assert found.best.name == "b"
    assert found.best.high < 0


def test_the_range_judges_and_what_is_before_teaches(market):
    a, b = T0 + 20 * DAY_MS, T0 + 25 * DAY_MS
    part, whole = score("BTCUSDT", BAR_MS, *market, a, b), score("BTCUSDT", BAR_MS, *market)
    assert (part.from_ms, part.to_ms, part.bars) == (a, b, 5 * 48)
    assert (part.taught_days, part.warm_days) == (20, 20.0)
    assert part.left_out == {}
    assert "Too early" in part.notes[0]
    assert part.maps[0].rho != whole.maps[0].rho
    swept, truth = market
    future = truth.t >= b
    changed = msgspec.structs.replace(truth, usd=np.where(future[:, None], 1e9, truth.usd))
    assert score("BTCUSDT", BAR_MS, swept, changed, a, b) == part


def test_bars_that_cannot_be_judged_are_counted(market):
    swept, truth = market
    keep = np.arange(len(swept.slots)) != 500
    held = swept.held_ms.copy()
    held[[600, 601]] -= MINUTE_MS
    holed = msgspec.structs.replace(swept, slots=swept.slots[keep], usd=swept.usd[:, keep], held_ms=held[keep])
    found = score("BTCUSDT", BAR_MS, holed, truth)
    assert found.left_out["no price or open interest in the history"] == 1
    assert found.left_out["price known for a part of the bar alone"] == 2
    assert found.bars == 27 * 48 - 3
    sparse = msgspec.structs.replace(truth, t=truth.t[::2], usd=truth.usd[::2])
    assert score("BTCUSDT", BAR_MS, swept, sparse).bars == 27 * 24


def test_what_cannot_be_scored_is_said(market):
    swept, truth = market
    for kept, days in ((4 * 48, 1), (3 * 48, 0)):
        few = Truth(truth.t[:kept], truth.usd[:kept], "a few")
        with pytest.raises(NoDataError, match=f"{days} days to judge") as error:
            score("BTCUSDT", BAR_MS, swept, few)
        assert "a score needs 2 at least" in error.value.user
    away = msgspec.structs.replace(truth, t=truth.t + 300 * DAY_MS)
    with pytest.raises(NoDataError) as error:
        score("BTCUSDT", BAR_MS, swept, away)
    assert "no whole bar in common" in error.value.user
    with pytest.raises(NoDataError):
        score("BTCUSDT", BAR_MS, swept, truth, T0 + 400 * DAY_MS)
    quiet = msgspec.structs.replace(truth, usd=np.zeros_like(truth.usd))
    found = score("BTCUSDT", BAR_MS, swept, quiet)
    assert "nothing to score" in found.notes[0]
    assert found.maps[0].ratio is None


def test_a_truth_that_has_nothing_to_do_with_the_map_is_found_out(market):
    swept, truth = market
    found = score("BTCUSDT", BAR_MS, swept, msgspec.structs.replace(truth, usd=truth.usd[::-1].copy()))
    assert found.maps[0].d2 < 0.05
    assert abs(found.maps[0].rho) < 0.1
    assert ("This map tells no more than the running mean of what was liquidated." in found.notes) is (
        found.maps[0].d2 <= 0
    )
    assert found.maps[0].d2 <= 0


def test_small_contracts_get_a_small_floor(market):
    swept, truth = market
    small = msgspec.structs.replace(truth, usd=truth.usd * 1e-4)
    one, other = score("BTCUSDT", BAR_MS, swept, truth), score("BTCUSDT", BAR_MS, swept, small)
    assert one.floor <= 1e4
    assert other.floor == pytest.approx(0.02 * small.usd[:144].mean())
    assert other.maps[0].d2 == pytest.approx(one.maps[0].d2, abs=0.02)


def test_rank_correlation_knows_order_alone():
    x = np.random.default_rng(1).lognormal(size=(50, 2))
    assert spearman(x, np.log(x)) == pytest.approx(1.0)
    assert spearman(x, -x) == pytest.approx(-1.0)
    assert math.isnan(spearman(x, np.zeros_like(x)))


@given(st.one_of(st.just(0.0), st.floats(1e-3, 1e9)), st.floats(1e-3, 1e9))
def test_deviances_are_least_where_the_mean_is_right(y, mean):
    a, b = np.array([y]), np.array([mean])
    for deviance in (tweedie, poisson):
        assert deviance(a, b)[0] >= -1e-6 * max(y, mean)
        if y > 0:
            assert deviance(a, a)[0] == pytest.approx(0.0, abs=1e-6 * y)
    assert tweedie(a, b)[0] == pytest.approx(
        2 * (2 * y / math.sqrt(mean) + 2 * math.sqrt(mean) - 4 * math.sqrt(y)), abs=1e-3
    )


def test_a_single_naive_map_is_enough(market):
    swept, truth = market
    two = SweptBars(("engine", "x"), ("This map", "X"), swept.slots, swept.usd[:2], swept.held_ms)
    assert score("BTCUSDT", BAR_MS, two, truth).best.name == "x"
