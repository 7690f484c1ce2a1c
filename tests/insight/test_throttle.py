"""The law of a second against chance itself, and the record of simulated months against what truly was liquidated."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from insight.records import DAY_MS, Record
from numpy.typing import NDArray
from support.month import Month

from liqdesk.history import PRINT
from liqdesk.insight.monotone import rising
from liqdesk.insight.throttle import (
    POISSON,
    Rule,
    SizeLaw,
    hidden,
    hidden_variance,
    likelihood,
    log_ratio,
    orders,
    rate_of,
    silence,
)
from liqdesk.insight.unprinted import ENOUGH, Prints, cut_size, occupancy, study

SEEDS = (1, 2)
DAYS = 24


def one(x: float) -> NDArray[np.float64]:
    return np.array([x])


# -- the law of a second ------------------------------------------------------------------------------------------------


def seconds_of(rate: float, clumping: float, count: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw `count` seconds: how many orders each has, and where its orders begin in a row of all."""
    rng = np.random.default_rng(seed)
    mean = rate if math.isinf(clumping) else rng.gamma(clumping, rate / clumping, count)
    number = rng.poisson(mean, count)
    return number, np.concatenate([[0], np.cumsum(number)])[:-1]


@pytest.mark.parametrize("clumping", [POISSON, 1.3])
@pytest.mark.parametrize("rate", [0.2, 1.5])
@pytest.mark.parametrize("rule", list(Rule))
def test_the_law_of_a_second_is_what_chance_does(rule: Rule, rate: float, clumping: float) -> None:
    count = 400_000
    number, start = seconds_of(rate, clumping, count, 7)
    sizes = np.random.default_rng(8).lognormal(7.8, 1.2, int(number.sum()))
    law = SizeLaw(np.random.default_rng(9).lognormal(7.8, 1.2, 20_000))
    some = number > 0
    assert silence(one(rate), clumping)[0] == pytest.approx(1 - some.mean(), abs=0.003)
    at = start[some]
    total = np.add.reduceat(sizes, at)
    printed = np.maximum.reduceat(sizes, at) if rule is Rule.LARGEST else sizes[at + number[some] - 1]
    edges = np.quantile(law.sizes, [0.0, 0.3, 0.6, 0.9, 0.98])
    for low, high in pairwise(edges):
        inside = (printed > low) & (printed <= high)
        rates = np.full(int(inside.sum()), rate)
        share = law.upto(one(high))[0] - law.upto(one(low))[0]
        middle = np.quantile(law.sizes[(law.sizes > low) & (law.sizes <= high)], np.linspace(0.05, 0.95, 10))
        density = likelihood(rule, np.full(10, rate), middle, law, clumping).mean() * share
        assert inside.sum() / count == pytest.approx(density, rel=0.05)
        expected = orders(rule, rates, printed[inside], law, clumping)
        assert number[some][inside].mean() == pytest.approx(expected.mean(), rel=0.03)
        rest = (total - printed)[inside]
        assert rest.mean() == pytest.approx(hidden(rule, rates, printed[inside], law, clumping).mean(), rel=0.08)
        if rule is Rule.LARGEST and clumping != POISSON:
            within = hidden_variance(rates, printed[inside], law, clumping).mean()
            means = hidden(rule, rates, printed[inside], law, clumping).var()
            assert rest.var() == pytest.approx(within + means, rel=0.15)


@given(st.floats(1e-4, 20), st.floats(1, 1e7))
def test_of_poisson_seconds_the_formulas_are_the_short_ones(rate: float, size: float) -> None:
    law = SizeLaw(np.array([10.0, 200.0, 3_000.0, 40_000.0, 500_000.0]))
    rank = 0.5 * (law.below(one(size)) + law.upto(one(size)))[0]
    largest, latest = (orders(rule, one(rate), one(size), law)[0] for rule in (Rule.LARGEST, Rule.LATEST))
    assert largest == pytest.approx(1 + rate * rank)
    assert latest == pytest.approx(rate / -math.expm1(-rate))
    assert hidden(Rule.LARGEST, one(rate), one(size), law)[0] == pytest.approx(rate * law.mass_below(one(size))[0])
    assert likelihood(Rule.LARGEST, one(rate), one(size), law)[0] == pytest.approx(rate * math.exp(-rate * (1 - rank)))


@given(st.floats(1e-3, 0.95), st.sampled_from([POISSON, 8.0, 1.7, 0.7]), st.floats(1, 1e8))
def test_a_rate_is_found_back_and_nothing_is_negative(occupied: float, clumping: float, size: float) -> None:
    rate = rate_of(one(occupied), clumping)
    assert 1 - silence(rate, clumping)[0] == pytest.approx(occupied)
    law = SizeLaw(np.geomspace(10, 1e6, 60))
    for rule in Rule:
        assert orders(rule, rate, one(size), law, clumping)[0] >= 1 - 1e-12
        assert hidden(rule, rate, one(size), law, clumping)[0] >= -1e-9


@pytest.mark.parametrize("clumping", [POISSON, 2.0])
def test_the_probabilities_of_all_sizes_are_one(clumping: float) -> None:
    law = SizeLaw(
        np.repeat([10.0, 100.0, 1_000.0], [500, 300, 200])
    )  # all of it in steps, but for the tail's thousandth
    rate = np.full(3, 0.8)
    sizes = np.array([10.0, 100.0, 1_000.0])
    ratio = np.exp(log_ratio(rate, sizes, law, clumping))
    assert (ratio * (law.upto(sizes) - law.below(sizes))).sum() == pytest.approx(1, abs=0.003)
    assert ratio[2] > 1 > ratio[0]


def test_a_law_of_sizes_has_the_mean_of_its_sample_and_a_tail() -> None:
    sizes = np.random.default_rng(3).pareto(2.5, 50_000) + 1
    law = SizeLaw(sizes)
    assert law.exponent == pytest.approx(2.5, rel=0.1)
    assert law.mean == pytest.approx(2.5 / 1.5, rel=0.03)
    beyond = law.upto(np.array([law.largest, 2 * law.largest, math.inf]))
    assert np.all(np.diff(beyond) > 0)
    assert beyond[2] == 1
    for bad in (np.array([1.0]), np.array([1.0, 0.0]), np.array([1.0, math.nan])):
        with pytest.raises(ValueError, match="law of sizes"):
            SizeLaw(bad)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 50)), min_size=1, max_size=30))
def test_what_is_made_to_rise_rises_and_keeps_its_mean(rows: list[tuple[float, float]]) -> None:
    values, weights = (np.array(x) for x in zip(*rows, strict=True))
    fitted = rising(values, weights)
    assert np.all(np.diff(fitted) >= -1e-12)
    assert (fitted * weights).sum() == pytest.approx((values * weights).sum(), abs=1e-9)
    assert rising(fitted, weights) == pytest.approx(fitted)
    assert ((values - fitted) ** 2 * weights).sum() <= (
        (values - np.average(values, weights=weights)) ** 2 * weights
    ).sum() + 1e-9


def test_a_pile_at_the_largest_size_is_seen_and_a_smooth_tail_is_none() -> None:
    sizes = np.random.default_rng(5).lognormal(8, 1.5, 4_000)
    assert cut_size(sizes) is None
    cap = float(np.quantile(sizes, 0.97))
    found = cut_size(np.minimum(sizes, cap))
    assert found is not None
    beyond = sizes[sizes > cap]
    assert found[0] == pytest.approx(0.9 * cap)
    assert found[1] == pytest.approx(beyond.mean() - cap, rel=0.25)


# -- a record of prints -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=SEEDS)
def record(request: pytest.FixtureRequest) -> Record:
    return Record(Month(request.param, DAYS))


def test_prints_outside_of_what_was_listened_to_do_not_count(record: Record) -> None:
    whole = record.prints(Rule.LARGEST, record.begin_ms, record.end_ms)
    hole = (record.begin_ms + 4 * DAY_MS, record.begin_ms + 5 * DAY_MS)
    kept = record.prints(Rule.LARGEST, record.begin_ms, record.end_ms, holes=(hole,))
    assert kept.covered_ms == whole.covered_ms - DAY_MS
    assert kept.t.size == ((whole.t < hole[0]) | (whole.t >= hole[1])).sum() < whole.t.size


def test_busy_seconds_are_told_by_their_neighbours(record: Record) -> None:
    prints = record.prints(Rule.LARGEST, record.begin_ms, record.end_ms)
    occupied = occupancy(prints)
    true = record.orders_in(prints.t // 1_000)
    means = [true[(occupied >= a) & (occupied < b)].mean() for a, b in ((0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1))]
    assert means == sorted(means)
    assert means[-1] > 2 * means[0]


@pytest.mark.parametrize("rule", list(Rule))
def test_the_rule_is_told_from_the_prints(record: Record, rule: Rule) -> None:
    end = record.end_ms
    test = study(record.prints(rule, record.begin_ms, end), end).test
    assert test.rule is rule
    assert test.low < test.ratio < test.high
    few = study(record.prints(rule, end - DAY_MS // 8, end), end).test
    assert few.prints < 200
    assert few.rule is None


@pytest.mark.parametrize("factor", [1.25, 1.5])
def test_larger_orders_in_busy_seconds_do_not_pass_for_the_largest_of_many(record: Record, factor: float) -> None:
    prints = record.prints(Rule.LATEST, record.begin_ms, record.end_ms)
    usd = prints.usd * np.where(occupancy(prints) > 0.3, factor, 1.0)
    assert study(Prints(prints.t, usd, prints.side, prints.covered), record.end_ms).test.rule is Rule.LATEST


def test_a_month_that_prints_the_latest_is_the_same_market(record: Record) -> None:
    month = Month(SEEDS[0], 2, prints="latest")
    again = Record(month)
    told = again.prints(Rule.LATEST, month.begin_ms, again.end_ms)
    assert told.t.tolist() == month.printed["t"].tolist()


def test_what_was_not_printed_is_estimated_within_its_interval(record: Record) -> None:
    found = study(record.prints(Rule.LARGEST, record.begin_ms, record.end_ms), record.end_ms, DAYS * DAY_MS)
    told = found.unprinted
    assert told is not None
    true = record.usd_between(record.begin_ms, record.end_ms) - told.printed_usd
    assert told.total_low < true < told.total_high
    assert told.hidden_usd == pytest.approx(true, rel=0.2)
    shares = record.usd_between(record.begin_ms, record.end_ms, side=0) - told.printed[0]
    assert told.hidden[0] / told.hidden_usd == pytest.approx(shares / true, abs=0.1)


def test_under_latest_the_estimate_is_one_from_below(record: Record) -> None:
    found = study(record.prints(Rule.LATEST, record.begin_ms, record.end_ms), record.end_ms, DAYS * DAY_MS)
    told = found.unprinted
    assert told is not None
    true = record.usd_between(record.begin_ms, record.end_ms) - told.printed_usd
    assert 0.4 * true < told.hidden_usd < true


def test_too_few_prints_say_nothing(record: Record) -> None:
    prints = record.prints(Rule.LARGEST, record.begin_ms, record.end_ms)
    for count in (0, 1, 30, 100, ENOUGH - 1, ENOUGH):
        few = Prints(prints.t[:count], prints.usd[:count], prints.side[:count], prints.covered)
        found = study(few, record.end_ms)
        assert (found.unprinted is None) == (count < ENOUGH)
        assert found.test.prints == count
        assert count >= 100 or found.test.rule is None
    nothing = study(Prints.of(np.zeros(0, PRINT), ()), record.end_ms)
    assert nothing.unprinted is None
    assert nothing.record_ms == 0
