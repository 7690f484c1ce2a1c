"""The ledger adds up, forgets nothing over a restart, looks at no future, and tells a map that knows from one that does not."""

from __future__ import annotations

import itertools

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import MOVED, SHUFFLED, Scored

from liqdesk.lab.ledger import CURVE_BINS, Ledger, Minutes, Part, throttled, unthrottled
from liqdesk.lab.verdict import LEAST_DAYS, LEAST_ORDERS, Headline, Verdict, headline, tenths
from liqdesk.market import DAY_MS, MINUTE_MS

T0 = 1_772_409_600_000  # a Monday, 00:00 UTC
MAPS = ("ours", "good", "bad")


def minutes(days: int, a_day: int = 480, seed: int = 1, rate: float = 0.4, good: float = 1.0) -> list[Minutes]:
    """Return days of minutes in which ours knows the rate, `good` nearly, and `bad` nothing of it."""
    rng = np.random.default_rng(seed)
    out = []
    for day in range(days):
        t = T0 + day * DAY_MS + np.sort(rng.choice(1_440, a_day, replace=False)) * MINUTE_MS
        true = rng.exponential(1.0, (a_day, 2)) * (rng.random((a_day, 2)) < 0.5)
        near = true * rng.lognormal(0.0, 0.3 / good, true.shape)
        mass = np.stack([true, near, rng.permutation(true)], axis=1) * 1e6
        orders = rng.poisson(rate * true)
        rows = (mass, rng.exponential(1e-3, (a_day, 2)), orders, orders * 1e4)
        out.append(Minutes(t, *(row.astype(np.float32) for row in rows)))
    return out


def slices(m: Minutes, cuts: list[int]) -> list[Minutes]:
    edges = [0, *sorted({c for c in cuts if 0 < c < len(m.t)}), len(m.t)]
    return [
        Minutes(*(getattr(m, name)[a:b] for name in Minutes.__struct_fields__)) for a, b in itertools.pairwise(edges)
    ]


def run(ledger: Ledger, days: list[Minutes], cuts: list[int] | None = None) -> Ledger:
    for day in days:
        for m in slices(day, cuts or []):
            while not ledger.prepare(int(m.t[0])):
                pass
            ledger.observe(m)
    return ledger


def same(one: Ledger, two: Ledger, rel: float = 1e-9) -> None:
    assert list(one.hours) == list(two.hours)
    for a, b in zip((one.totals, *one.hours.values()), (two.totals, *two.hours.values()), strict=True):
        assert (a.t_ms, a.minutes, a.orders) == (b.t_ms, b.minutes, b.orders)
        assert b.usd == pytest.approx(a.usd, rel=rel)
        np.testing.assert_allclose(b.score, a.score, rtol=rel)
        np.testing.assert_allclose(b.forecast, a.forecast, rtol=rel)
    np.testing.assert_allclose(two.curve.forecast, one.curve.forecast, rtol=rel)


@settings(max_examples=12, deadline=None)
@given(cuts=st.lists(st.integers(1, 479), max_size=6), seed=st.integers(0, 50), again=st.integers(0, 3))
def test_where_a_run_is_cut_changes_nothing(cuts: list[int], seed: int, again: int) -> None:
    days = minutes(4, seed=seed)
    whole = run(Ledger(MAPS), days)
    parts: list[bytes] = []
    cut = Ledger(MAPS)
    for i, day in enumerate(days):
        for m in slices(day, cuts):
            run(cut, [m])
            made = cut.part()
            assert made is not None
            assert made[0] == m.t[0]
            parts.append(msgspec.msgpack.encode(made[1]))
        if i == again:  # another process goes on with what was kept
            cut = Ledger(MAPS)
            for raw in parts:
                assert cut.restore(msgspec.msgpack.decode(raw, type=Part))
    same(whole, cut)
    assert whole.totals.minutes == sum(len(day.t) for day in days[1:])
    assert whole.totals.orders == sum(float(day.orders.sum()) for day in days[1:])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), days=st.integers(2, 5), rate=st.floats(0.0, 3.0))
def test_rows_add_up_to_the_totals(seed: int, days: int, rate: float) -> None:
    given_days = minutes(days, seed=seed, rate=rate)
    ledger = run(Ledger(MAPS), given_days)
    forecasts, orders = [], []
    again = Ledger(MAPS)
    for day in given_days:
        while not again.prepare(int(day.t[0])):
            pass
        said = again.forecast(day).astype(np.float64)
        again.observe(day)
        if np.isfinite(said).all():
            forecasts.append(said)
            orders.append(day.orders.astype(np.float64))
    said, came = np.concatenate(forecasts), np.concatenate(orders)
    total = ledger.totals
    score = (came[:, None] * np.log(said) - said).sum(axis=(0, 2))
    np.testing.assert_allclose(total.score, score, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(total.forecast, said.sum(axis=(0, 2)), rtol=1e-9)
    for rows in (ledger.hours, ledger.days):
        np.testing.assert_allclose(sum(row.score for row in rows.values()), total.score, rtol=1e-9)
        assert sum(row.minutes for row in rows.values()) == total.minutes
        assert sum(row.orders for row in rows.values()) == total.orders
    assert ledger.curve.count.sum() == 2 * total.minutes
    assert ledger.curve.orders.sum() == total.orders
    assert ledger.curve.forecast.sum() == pytest.approx(float(total.forecast[0]), rel=1e-9)
    assert sum(tenth.orders for tenth in tenths(ledger.curve)) == total.orders


def test_the_future_changes_no_past_row_and_units_and_whole_days_none_at_all() -> None:
    days = minutes(6)
    base = run(Ledger(MAPS), days)
    changed = [
        msgspec.structs.replace(m, orders=m.orders * 3, mass=m.mass * 2) if i > 3 else m for i, m in enumerate(days)
    ]
    other = run(Ledger(MAPS), changed)
    for hour, row in base.hours.items():
        if hour < T0 + 4 * DAY_MS:
            np.testing.assert_array_equal(other.hours[hour].score, row.score)
    assert other.totals.orders > base.totals.orders
    contracts = run(Ledger(MAPS), [msgspec.structs.replace(m, mass=m.mass * 1024) for m in days])
    same(base, contracts, 1e-6)
    later = run(Ledger(MAPS), [msgspec.structs.replace(m, t=m.t + 35 * DAY_MS) for m in days])
    np.testing.assert_allclose(later.totals.score, base.totals.score)


def test_the_first_day_teaches_and_too_little_of_it_does_not() -> None:
    days = minutes(3)
    few = msgspec.structs.replace(days[0], **{n: getattr(days[0], n)[:300] for n in Minutes.__struct_fields__})
    ledger = run(Ledger(MAPS), [few])
    assert not ledger.hours
    run(ledger, [days[1]])
    assert not ledger.hours, "five hours are too little to learn from"
    run(ledger, [days[2]])
    assert ledger.totals.minutes == len(days[2].t)
    assert ledger.learned_from == 300 + len(days[1].t)


def test_what_does_not_follow_is_refused() -> None:
    days = minutes(3)
    ledger = Ledger(MAPS)
    with pytest.raises(ValueError, match="not prepared"):
        ledger.observe(days[0])
    run(ledger, days[:2])
    with pytest.raises(ValueError, match="out of order"):
        ledger.observe(days[1])
    with pytest.raises(ValueError, match="not prepared"):
        ledger.observe(days[2])
    while not ledger.prepare(int(days[2].t[0])):
        pass
    with pytest.raises(ValueError, match="maps"):
        ledger.observe(msgspec.structs.replace(days[2], mass=days[2].mass[:, :2]))
    made = ledger.part()
    assert made is not None
    assert not Ledger(("ours", "good")).restore(made[1]), "a ledger of other maps is another ledger"
    assert not Ledger(MAPS).restore(msgspec.structs.replace(made[1], version=99))
    with pytest.raises(ValueError, match="follow"):
        ledger.restore(made[1])
    with pytest.raises(ValueError, match=r"reshape|buffer"):
        Ledger(MAPS).restore(msgspec.structs.replace(made[1], mass=made[1].mass[:-4]))


def test_nothing_is_said_early_and_then_the_better_map_is_told() -> None:
    days = minutes(LEAST_DAYS + 1, rate=0.1)
    ledger = Ledger(MAPS)
    for i, day in enumerate(days):
        assert headline(ledger).verdict is Verdict.EARLY, i
        run(ledger, [day])
    score = headline(ledger)
    assert score.orders > LEAST_ORDERS
    assert score.days == LEAST_DAYS
    assert score.verdict is Verdict.BETTER
    assert [lead.name for lead in score.leads] == ["good", "bad"]
    assert score.best == score.leads[0]
    assert 0 < score.best.low < score.best.value < score.best.high
    assert score.best.value == pytest.approx((ledger.totals.score[0] - ledger.totals.score[1]) / score.orders)
    assert score.forecast == pytest.approx(1.0, abs=0.15)
    assert [week.from_ms for week in score.weeks] == [T0, T0 + 7 * DAY_MS, T0 + 14 * DAY_MS]
    assert sum(week.printed for week in score.weeks) == score.orders
    assert _swapped(days).verdict is Verdict.WORSE


def _swapped(days: list[Minutes]) -> Headline:
    """Return the score of the map that knows nothing in our place."""
    order = [2, 1, 0]
    swapped = [msgspec.structs.replace(m, mass=m.mass[:, order]) for m in days]
    return headline(run(Ledger(("ours", "good", "bad")), swapped))


def test_two_maps_that_are_one_cannot_be_told_apart_and_few_orders_say_nothing() -> None:
    twins = [msgspec.structs.replace(m, mass=m.mass[:, [1, 1, 2]]) for m in minutes(LEAST_DAYS + 1)]
    score = headline(run(Ledger(MAPS), twins))
    assert score.best is not None
    assert score.verdict is Verdict.EVEN
    assert score.best.value == score.best.low == score.best.high == 0.0
    few = headline(run(Ledger(MAPS), minutes(LEAST_DAYS + 1, rate=0.01)))
    assert few.orders < LEAST_ORDERS
    assert few.verdict is Verdict.EARLY
    none = headline(run(Ledger(MAPS), minutes(3, rate=0.0)))
    assert none.best is None
    assert none.orders == 0


def test_the_rule_of_one_print_a_second_is_its_own_inverse() -> None:
    rng = np.random.default_rng(3)
    due = rng.exponential(10.0, (500, 2)) * (rng.random((500, 2)) < 0.7)
    printed = throttled(due)
    assert (printed.sum(axis=1) < 60).all()
    assert (printed <= due + 1e-12).all()
    ok = printed.sum(axis=1) < 59
    np.testing.assert_allclose(unthrottled(printed)[ok], due[ok], rtol=1e-9, atol=1e-9)
    assert np.isfinite(unthrottled(np.array([[60.0, 3.0], [0.0, 0.0]]))).all()
    assert throttled(np.full((1, 2), np.nan)).shape == (1, 2)
    second = rng.integers(0, 60, (4_000, 40))  # forty orders, each in a second by chance
    seen = np.array([len(set(row.tolist())) for row in second]).mean()
    assert throttled(np.array([[40.0, 0.0]]))[0, 0] == pytest.approx(seen, rel=0.03)


def test_the_curve_holds_every_forecast() -> None:
    ledger = run(Ledger(MAPS), minutes(4))
    steps = tenths(ledger.curve)
    assert 5 <= len(steps) <= 10
    assert [s.forecast for s in steps] == sorted(s.forecast for s in steps)
    top = steps[len(steps) // 2 :]
    assert sum(s.printed for s in top) == pytest.approx(sum(s.forecast for s in top), rel=0.2)
    assert tenths(Ledger(MAPS).curve) == ()
    assert len(ledger.curve.count) == CURVE_BINS


@pytest.mark.parametrize("seed", [3, 9])
def test_a_map_of_other_days_is_called_worse_and_the_engine_is_not(seed: int) -> None:
    """Two of the months that `make ledger` leads through in full."""
    month = Scored(seed, warm=14)
    engine = headline(month.ledger("engine", days=LEAST_DAYS))
    assert engine.days == LEAST_DAYS
    assert engine.verdict is Verdict.BETTER
    moved = headline(month.ledger(MOVED, ("engine",), days=LEAST_DAYS))
    assert moved.verdict is Verdict.WORSE, "among naive maps, the trades of other days at those days' prices"
    shuffled = headline(month.ledger(SHUFFLED, days=LEAST_DAYS))
    assert shuffled.verdict is Verdict.WORSE
    assert shuffled.best is not None
    assert shuffled.best.name == "engine"
    assert engine.leads[-1].value > 0.3, "the range alone is no map"
