"""The gain: where it starts, what it learns, how sure it is, and what does not change it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.month import Month

from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqdesk.model import DEFAULT_GAIN, Density
from liqdesk.model.gain import FOLD_MS, PRIOR_ORDERS, Block, OnlineGain
from liqdesk.venues.binance.brackets import shipped_brackets

T0 = 1_772_409_600_000
NOTHING = np.zeros(2)


def minutes(n: int, seed: int = 1, gain: float = 0.005, order: float = 8e3):
    """Return (t, swept, printed, orders) of n minutes in which `gain` of what is swept is printed, by side [n, 2]."""
    rng = np.random.default_rng(seed)
    swept = rng.exponential(3e6, (n, 2)) * (rng.random((n, 2)) < 0.4)
    orders = rng.poisson(gain * swept / order).astype(float)
    return T0 + np.arange(n) * MINUTE_MS, swept, orders * order, orders


def fed(rows, gain: OnlineGain | None = None) -> OnlineGain:
    gain = gain or OnlineGain()
    for t, swept, printed, orders in zip(*rows, strict=True):
        gain.add(int(t), swept, printed, orders)
    return gain


def test_it_starts_at_the_shipped_constant_within_a_factor_of_two() -> None:
    e = OnlineGain().estimate(T0)
    assert e.value == pytest.approx((DEFAULT_GAIN, DEFAULT_GAIN))
    assert e.low == pytest.approx((DEFAULT_GAIN / 2, DEFAULT_GAIN / 2))
    assert e.high == pytest.approx((2 * DEFAULT_GAIN, 2 * DEFAULT_GAIN))
    assert e.learned == (0.0, 0.0)
    assert e.local == (1.0, 1.0)
    assert e.default
    assert (e.orders, e.minutes, e.since_ms) == (0.0, 0.0, 0)


def test_it_learns_what_is_printed_and_grows_surer() -> None:
    rows = minutes(8 * 1_440)
    wide = None
    for n in (60, 1_440, 8 * 1_440):
        e = fed(tuple(r[:n] for r in rows)).estimate(T0 + n * MINUTE_MS)
        width = np.log(e.high[0] / e.low[0])
        assert wide is None or width < wide
        wide = width
    assert not e.default
    assert e.value == pytest.approx((0.005, 0.005), rel=0.06)
    assert e.low[0] < 0.005 < e.high[0]
    assert min(e.learned) > 0.9


def test_prints_at_the_shipped_rate_leave_it_where_it_is() -> None:
    t, swept, _, _ = minutes(300)
    gain = fed((t, swept, DEFAULT_GAIN * swept, np.ones_like(swept)))
    assert gain.estimate(T0 + 300 * MINUTE_MS).value == pytest.approx((DEFAULT_GAIN, DEFAULT_GAIN), rel=1e-9)


def test_the_prior_is_worth_so_many_orders() -> None:
    """As many orders of this market's own as the prior counts for move the gain half way."""
    swept = np.array([1e9, 1e9])
    gain, order = OnlineGain(), 20 * 10_200.0 / 20
    orders = np.full(2, PRIOR_ORDERS)
    # 300 orders of 10,200 USD on each side, in the exposure that the shipped constant has for them
    gain.add(T0, swept * PRIOR_ORDERS * order / DEFAULT_GAIN / 1e9, orders * order * 3, orders * 3)
    e = gain.estimate(T0)
    assert e.learned == pytest.approx((0.5, 0.5), rel=1e-6)
    assert e.value == pytest.approx((2 * DEFAULT_GAIN, 2 * DEFAULT_GAIN), rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 99),
    shift=st.integers(0, 400),
    order=st.randoms(use_true_random=False),
    factor=st.floats(0.1, 10.0),
)
def test_parts_order_time_and_sides_do_not_matter(seed: int, shift: int, order, factor: float) -> None:
    n = 200
    t, swept, printed, orders = minutes(n, seed)
    at = int(t[-1]) + MINUTE_MS
    base = fed((t, swept, printed, orders)).estimate(at, local=True)
    mixed = list(range(n))
    order.shuffle(mixed)
    again = fed(tuple(r[mixed] for r in (t, swept, printed, orders))).estimate(at, local=True)
    moved = fed((t + shift * HOUR_MS, swept, printed, orders)).estimate(at + shift * HOUR_MS, local=True)
    mirrored = fed((t, swept[:, ::-1], printed[:, ::-1], orders[:, ::-1])).estimate(at, local=True)
    # A contract of a tenth of the size, and ten times as many of it: USD are the same. Another prior: the same again, in proportion.
    scaled = fed((t, swept / factor, printed, orders), OnlineGain(DEFAULT_GAIN * factor)).estimate(at, local=True)
    for name in ("value", "low", "high", "learned", "local"):
        assert getattr(again, name) == pytest.approx(getattr(base, name), rel=1e-9)
        assert getattr(moved, name) == pytest.approx(getattr(base, name), rel=1e-9)
        assert getattr(mirrored, name) == pytest.approx(getattr(base, name)[::-1], rel=1e-9)
        unit = factor if name in ("value", "low", "high") else 1.0
        assert getattr(scaled, name) == pytest.approx(tuple(v * unit for v in getattr(base, name)), rel=1e-9)


def test_what_comes_later_changes_nothing_before() -> None:
    t, swept, printed, orders = minutes(400)
    before = fed(tuple(r[:180] for r in (t, swept, printed, orders))).estimate(T0 + 3 * HOUR_MS - 1, local=True)
    after = fed((t, swept, printed * np.where(np.arange(400) < 180, 1, 50)[:, None], orders))
    assert after.estimate(T0 + 3 * HOUR_MS - 1, local=True) == before


def test_old_minutes_weigh_less_and_are_let_go_of() -> None:
    gain = fed(minutes(60))
    fresh, old = gain.estimate(T0 + HOUR_MS), gain.estimate(T0 + HOUR_MS + FOLD_MS)
    assert old.orders == pytest.approx(fresh.orders / np.e, rel=1e-6)
    assert old.learned[0] < fresh.learned[0]
    gain.forget(T0 + 70 * DAY_MS)
    assert gain.estimate(T0 + 70 * DAY_MS) == OnlineGain().estimate(T0 + 70 * DAY_MS)


def test_blocks_take_the_place_of_minutes() -> None:
    t, swept, printed, orders = minutes(120)
    gain = fed((t, swept, printed, orders))
    blocks = [
        Block.of(
            int(t[i]), np.stack([swept[i : i + 10].sum(0), printed[i : i + 10].sum(0), orders[i : i + 10].sum(0)]), 10
        )
        for i in range(0, 120, 10)
    ]
    kept = OnlineGain()
    kept.add_blocks(blocks)
    ours, theirs = gain.estimate(T0 + 2 * HOUR_MS), kept.estimate(T0 + 2 * HOUR_MS)
    assert theirs.value == pytest.approx(ours.value, rel=1e-12)
    assert theirs.minutes == pytest.approx(ours.minutes)


@pytest.mark.parametrize("bad", [(-1.0, 0.0), (np.nan, 1.0), (np.inf, 1.0)])
def test_impossible_exposure_is_refused(bad: tuple[float, float]) -> None:
    gain = OnlineGain()
    for place in range(3):
        rows = [np.ones(2)] * 3
        rows[place] = np.array(bad)
        with pytest.raises(ValueError, match="impossible"):
            gain.add(T0, *rows)
    assert gain.estimate(T0).minutes == 0


def test_the_local_gain_follows_the_last_day_and_is_shrunk() -> None:
    t, swept, printed, orders = minutes(12 * 1_440)
    wild = np.where(t >= T0 + 11 * DAY_MS, 4.0, 1.0)[:, None]
    gain = fed((t, swept, printed * wild, orders * wild))
    e = gain.estimate(T0 + 12 * DAY_MS, local=True)
    plain = gain.estimate(T0 + 12 * DAY_MS)
    assert plain.local == (1.0, 1.0)
    assert e.value == plain.value
    ratio = (printed[-1_440:] * 4).sum(axis=0) / (e.value * swept[-1_440:].sum(axis=0))
    for local, full in zip(e.local, ratio.tolist(), strict=True):
        assert 1.3 < local < full
    quiet = fed((t + DAY_MS, swept * 0, printed * 0, orders * 0), gain).estimate(T0 + 14 * DAY_MS, local=True)
    assert quiet.local == pytest.approx((1.0, 1.0))


def test_after_ten_days_the_interval_holds_the_months_ratio_in_most_of_ten_months() -> None:
    """Of 20 (seed, side) four in five are expected inside; the ratio of a whole month is itself not certain."""
    table = shipped_brackets().table("BTCUSDT")
    inside = 0
    for seed in range(1, 11):
        month = Month(seed, days=25)
        density = Density(table.lowest_rate, table.max_leverage)
        usd = month.steps.price_at_start()[:, None] * (density.run(month.steps) @ density.prior)
        orders, printed = month.printed_by_minute()
        a, b = 7 * 1_440, 17 * 1_440
        gain = OnlineGain()
        t = month.bars["t"]
        for i in range(a, b, 60):
            part = slice(i, i + 60)
            gain.add(int(t[i]), usd[part].sum(0), printed[part].sum(0), orders[part].sum(0), 60)
        e = gain.estimate(int(t[b]))
        true = printed[a:].sum(axis=0) / usd[a:].sum(axis=0)
        inside += sum(e.low[s] <= true[s] <= e.high[s] for s in range(2))
        assert min(e.learned) > 0.7
    assert inside >= 14
