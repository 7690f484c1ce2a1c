"""The position check against sums made the plain way, on densities whose every row is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from liqdesk.insight import Spread, Zone, band_of
from liqdesk.insight.position import CLEAR, Position, along_leverage, bracket_at_entry, check, edge_of, is_clear, solve
from liqdesk.insight.sides import edge
from liqdesk.insight.touch import LAW, Calibration, chances
from liqdesk.insight.volatility import HORIZONS_MS
from liqdesk.market import Side
from liqdesk.venues.binance.brackets import shipped_brackets

BTC = shipped_brackets().table("BTCUSDT")
MARK = 67_074.0
BASE = math.floor(math.log(MARK / 30_000) / 1e-3) - 400
LONG = Position(Side.LONG, 66_210.0, 0.8, 25.0)


def density(seed: int = 3) -> NDArray[np.float64]:
    usd = np.random.default_rng(seed).gamma(0.7, 2e4, size=(10, 800))
    usd[:5, 401:] = 0.0
    usd[5:, :400] = 0.0
    return usd


def zone(side: Side, low: float, high: float, usd: float = 1e6, z: float = 3.0) -> Zone:
    return Zone(side, low, high, (low + high) / 2, usd, usd / 2, 0.0, usd * 0.5, usd * 1.6, 0.2, z)


def curves() -> tuple[Calibration, ...]:
    made = []
    for h, law in zip(HORIZONS_MS, LAW.tolist(), strict=True):
        values = tuple(law)
        made.append(Calibration(h, values, values, values, values, values, 0, 0, 0, math.nan, math.nan))
    return tuple(made)


@pytest.mark.parametrize(
    ("side", "entry", "quantity", "leverage", "price", "bracket"),
    [
        (Side.LONG, 83000, 1, 20, 79166.6667, 1),
        (Side.SHORT, 83000, 1, 20, 86802.7888, 1),
        (Side.LONG, 83000, 10, 50, 81721.1877, 3),
        (Side.SHORT, 83000, 10, 50, 84262.2951, 3),
        (Side.LONG, 83000, 0.01, 100, 82500.0, 1),
        (Side.LONG, 83000, 0.01, 150, 82777.7778, 1),
        (Side.SHORT, 83000, 100, 25, 85584.1584, 4),
        (Side.LONG, 83000, 1, 1, None, None),
    ],
)
def test_golden_values_with_the_shipped_brackets(
    side: Side, entry: float, quantity: float, leverage: float, price: float | None, bracket: int | None
) -> None:
    found = check(Position(side, entry, quantity, leverage), BTC, entry)
    assert found.bracket == bracket
    assert found.liquidation == (None if price is None else pytest.approx(price, abs=5e-5))
    broke = entry * (1 - 1 / leverage) if side is Side.LONG else entry * (1 + 1 / leverage)
    assert found.bankruptcy == (pytest.approx(broke) if broke > 0 else None)


def test_profit_and_distance_follow_the_mark() -> None:
    found = check(LONG, BTC, MARK)
    assert found.profit == pytest.approx(0.8 * (MARK - 66_210.0))
    assert found.liquidation == pytest.approx((66_210 * 0.8 - 66_210 * 0.8 / 25) / (0.8 * 0.996))
    assert found.away == pytest.approx(found.liquidation / MARK - 1)
    short = check(Position(Side.SHORT, 66_210.0, 0.8, 25.0), BTC, MARK)
    assert short.profit == -found.profit
    assert short.away is not None
    assert short.away > 0


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("leverage", [5.0, 12.0, 25.0, 60.0])
def test_amounts_are_the_rows_between_mark_and_the_liquidation_price(side: Side, leverage: float) -> None:
    usd, shares = density(), np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    found = check(Position(side, MARK, 0.5, leverage), BTC, MARK, BASE, usd, shares)
    assert found.liquidation is not None
    rows = usd[:5].sum(axis=0) if side is Side.LONG else usd[5:].sum(axis=0)
    prior = (usd.reshape(2, 5, 800)[side] * shares[:, None]).sum(axis=0)
    total = near = set_by_prior = 0.0
    stop = found.liquidation * (1 + CLEAR) if side is Side.LONG else found.liquidation * (1 - CLEAR)
    for i in range(800):
        a, b = math.log(edge(BASE + i)), math.log(edge(BASE + i + 1))
        if side is Side.LONG:  # of its own row, longs stand below mark only
            b = min(b, math.log(MARK))
        else:
            a = max(a, math.log(MARK))
        if b <= a:
            continue
        for far, into in ((found.liquidation, "all"), (stop, "beyond")):
            span = (math.log(far), math.log(MARK)) if side is Side.LONG else (math.log(MARK), math.log(far))
            part = max(0.0, min(b, span[1]) - max(a, span[0])) / (b - a)
            if into == "all":
                total += rows[i] * part
                set_by_prior += prior[i] * part
                near += rows[i] * part
            else:
                near -= rows[i] * part
    assert found.before == pytest.approx(total, rel=1e-9)
    assert found.near == pytest.approx(near, rel=1e-6, abs=1.0)
    low, high = band_of(total, set_by_prior / total, Spread())
    assert (found.before_low, found.before_high) == (pytest.approx(float(low)), pytest.approx(float(high)))
    row = math.floor((math.log(found.liquidation / 30_000)) / 1e-3) - BASE
    assert found.here == pytest.approx(rows[row])
    mine = rows[: 400 + 1] if side is Side.LONG else rows[400:]
    assert found.rank == pytest.approx(np.mean(mine < rows[row]) + np.mean(mine == rows[row]) / 2)


def test_the_odds_are_those_of_a_zone_at_that_price() -> None:
    reach = (0.004, 0.009, 0.02)
    found = check(LONG, BTC, MARK, reach=reach, curves=curves())
    assert found.liquidation is not None
    assert found.touch is not None
    expected = chances([math.log(MARK / found.liquidation)], reach, curves())[0]
    assert found.touch.odds == pytest.approx(expected.odds, rel=1e-9)
    assert found.touch.low == pytest.approx(expected.low, rel=1e-9)
    assert check(LONG, BTC, MARK).touch is None


def test_a_mark_beyond_the_liquidation_price_is_said_and_nothing_is_summed() -> None:
    gone = check(LONG, BTC, 60_000.0, BASE, density())
    assert gone.gone
    assert gone.away is None
    assert gone.before is None
    assert gone.liquidation is not None
    assert not check(LONG, BTC, MARK, BASE, density()).gone


def test_beyond_the_map_amounts_are_not_known() -> None:
    found = check(Position(Side.LONG, MARK, 0.1, 1.5), BTC, MARK, BASE, density())
    assert found.liquidation is not None
    assert found.before is None
    assert found.rank is None


def test_the_next_lower_leverage_that_is_clear_of_every_zone() -> None:
    zones = (
        zone(Side.LONG, 63_707.0, 64_117.0),
        zone(Side.LONG, 62_317.0, 62_794.0),
        zone(Side.LONG, 63_100.0, 63_300.0, z=1.0),  # may be chance: no zone
        zone(Side.SHORT, 63_000.0, 63_200.0),
    )
    found = check(LONG, BTC, MARK, BASE, density(), zones=zones)
    assert found.liquidation == pytest.approx(63_816.867, abs=1e-3)
    assert found.blocked
    assert found.edge is not None
    assert found.edge.zone is zones[0]
    assert found.edge.away == 0.0
    assert found.clearing is not None
    clear, leverage = found.clearing, found.clearing.leverage
    assert leverage is not None
    assert clear.price is not None
    assert clear.cost == pytest.approx(66_210 * 0.8 * (1 / leverage - 1 / 25))
    mine = zones[:2]
    assert is_clear(clear.price, mine)
    for other in range(leverage + 1, 26):
        at = solve(Position(Side.LONG, 66_210.0, 0.8, float(other)), BTC)
        assert at is not None
        assert not is_clear(at[0], mine)
    assert solve(Position(Side.LONG, 66_210.0, 0.8, float(leverage)), BTC) == (clear.price, found.bracket)


def test_a_position_clear_of_zones_names_the_nearest_edge_and_asks_for_nothing() -> None:
    zones = (zone(Side.LONG, 65_000.0, 65_400.0), zone(Side.LONG, 60_000.0, 60_500.0))
    found = check(LONG, BTC, MARK, BASE, density(), zones=zones)
    assert found.edge is not None
    assert found.liquidation is not None
    assert found.edge.price == 65_000.0
    assert found.edge.away == pytest.approx(65_000.0 / found.liquidation - 1)
    assert not found.blocked
    assert found.clearing is None
    assert check(LONG, BTC, MARK, BASE, density()).edge is None
    assert edge_of(1.0, ()) is None


@pytest.mark.parametrize("side", list(Side))
def test_a_cross_wallet_is_raised_until_it_is_clear(side: Side) -> None:
    entered = Position(side, MARK, 2.0, 20.0, cross=True, wallet=6_000.0)
    price = solve(entered, BTC)
    assert price is not None
    at = price[0]
    zones = (
        zone(side, at * 0.997, at * 1.003),
        zone(side, at * (0.99 if side is Side.LONG else 1.006), at * (0.994 if side is Side.LONG else 1.01)),
    )
    found = check(entered, BTC, MARK, BASE, density(), zones=zones)
    assert found.blocked
    assert found.clearing is not None
    assert found.clearing.price is not None
    moved = solve(Position(side, MARK, 2.0, 20.0, cross=True, wallet=6_000.0 + found.clearing.cost), BTC)
    assert moved is not None
    assert moved[0] == pytest.approx(found.clearing.price)
    assert is_clear(moved[0], zones)
    assert (moved[0] < at) if side is Side.LONG else (moved[0] > at)


def test_the_bracket_at_entry_caps_the_leverage() -> None:
    ends = [bracket_at_entry(Position(Side.LONG, 50_000.0, q, 10.0), BTC) for q in (1.0, 10.0, 100.0, 1_000_000.0)]
    assert [b.max_leverage if b else None for b in ends] == [150, 100, 50, None]


@given(st.sampled_from(list(Side)), st.floats(5, 150), st.floats(0.001, 200), st.floats(0, 5_000), st.integers(0, 50))
def test_the_strip_is_the_check_at_each_leverage(
    side: Side, leverage: float, quantity: float, extra: float, seed: int
) -> None:
    usd = density(seed)
    entered = Position(side, MARK, quantity, 10.0, extra=extra)
    prices, held = along_leverage(entered, BTC, np.array([leverage, 5.0]), MARK, BASE, usd)
    one = check(Position(side, MARK, quantity, leverage, extra=extra), BTC, MARK, BASE, usd)
    if one.liquidation is None:
        assert math.isnan(prices[0])
        return
    assert prices[0] == pytest.approx(one.liquidation, rel=1e-12)
    assert held[0] == one.here if one.here is not None else math.isnan(held[0])
