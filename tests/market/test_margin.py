import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqdesk.market import (
    Bracket,
    BracketTable,
    Side,
    bankruptcy_price,
    class_distance,
    liquidation_price,
    trigger_price,
)
from liqdesk.market.margin import entry_from_liquidation

TIERS = (
    (300_000, 0.004, 150),
    (800_000, 0.005, 100),
    (3_000_000, 0.0065, 75),
    (12_000_000, 0.01, 50),
    (70_000_000, 0.02, 25),
    (100_000_000, 0.025, 20),
    (230_000_000, 0.05, 10),
    (480_000_000, 0.1, 5),
    (600_000_000, 0.125, 4),
    (800_000_000, 0.15, 3),
    (1_200_000_000, 0.25, 2),
    (1_800_000_000, 0.5, 1),
)


def table() -> BracketTable:
    brackets = []
    floor = cum = rate_before = 0.0
    for cap, rate, leverage in TIERS:
        cum += floor * (rate - rate_before)
        brackets.append(Bracket(floor, cap, rate, cum, leverage))
        floor, rate_before = cap, rate
    return BracketTable("BTCUSDT", tuple(brackets), "2026-07-02", "test")


BTC = table()

GOLDEN = [
    (Side.LONG, 83000, 1, 20, 79166.6667, 1),
    (Side.SHORT, 83000, 1, 20, 86802.7888, 1),
    (Side.LONG, 83000, 10, 50, 81721.1877, 3),
    (Side.SHORT, 83000, 10, 50, 84262.2951, 3),
    (Side.LONG, 83000, 0.01, 100, 82500.0, 1),
    (Side.LONG, 83000, 0.01, 150, 82777.7778, 1),
    (Side.SHORT, 83000, 100, 25, 85584.1584, 4),
]


@pytest.mark.parametrize(("side", "entry", "quantity", "leverage", "price", "bracket"), GOLDEN)
def test_golden_liquidation_prices(
    side: Side, entry: float, quantity: float, leverage: float, price: float, bracket: int
) -> None:
    solved = liquidation_price(side, entry, quantity, entry * quantity / leverage, BTC)
    assert solved is not None
    assert solved[0] == pytest.approx(price, abs=5e-5)
    assert solved[1] == bracket


def test_a_long_without_leverage_has_no_liquidation_price() -> None:
    assert liquidation_price(Side.LONG, 83000, 1, 83000, BTC) is None


def test_bankruptcy_is_where_the_wallet_is_gone() -> None:
    assert bankruptcy_price(Side.LONG, 83000, 1, 4150) == pytest.approx(83000 * (1 - 1 / 20))
    assert bankruptcy_price(Side.SHORT, 83000, 1, 4150) == pytest.approx(83000 * (1 + 1 / 20))
    assert bankruptcy_price(Side.LONG, 83000, 1, 83000) is None


positions = {
    "side": st.sampled_from(list(Side)),
    "entry": st.floats(min_value=1e-4, max_value=2e5),
    "value": st.floats(min_value=10, max_value=1.5e9),
    "leverage": st.floats(min_value=1.01, max_value=20),
}


@given(**positions)
def test_at_the_liquidation_price_equity_equals_maintenance_margin(
    side: Side, entry: float, value: float, leverage: float
) -> None:
    quantity = value / entry
    wallet = value / leverage
    solved = liquidation_price(side, entry, quantity, wallet, BTC)
    if solved is None:
        return
    price, number = solved
    bracket = BTC.brackets[number - 1]
    notional = price * quantity
    sign = 1 if side is Side.LONG else -1
    equity = wallet + sign * quantity * (price - entry)
    assert equity == pytest.approx(notional * bracket.rate - bracket.cum, abs=1e-6 * value)
    inside = notional <= BTC.brackets[-1].cap
    if inside:
        assert bracket.floor * (1 - 1e-9) <= notional <= bracket.cap * (1 + 1e-9)


@given(**positions)
def test_the_entry_is_found_back_from_its_liquidation_price(
    side: Side, entry: float, value: float, leverage: float
) -> None:
    quantity = value / entry
    solved = liquidation_price(side, entry, quantity, value / leverage, BTC)
    if solved is None or solved[0] * quantity > BTC.brackets[-1].cap:
        return
    found = entry_from_liquidation(side, solved[0], quantity, leverage, BTC)
    assert found == pytest.approx(entry, rel=1e-6)


@given(**positions)
def test_liquidation_comes_before_bankruptcy(side: Side, entry: float, value: float, leverage: float) -> None:
    quantity = value / entry
    wallet = value / leverage
    solved = liquidation_price(side, entry, quantity, wallet, BTC)
    broke = bankruptcy_price(side, entry, quantity, wallet)
    if solved is None or broke is None or solved[0] * quantity > BTC.brackets[-1].cap:
        return
    if side is Side.LONG:
        assert solved[0] >= broke * (1 - 1e-9)
    else:
        assert solved[0] <= broke * (1 + 1e-9)


@pytest.mark.parametrize(("entry", "quantity"), [(0, 1), (-1, 1), (1, 0), (math.nan, 1), (1, math.inf)])
def test_a_position_that_is_none_is_refused(entry: float, quantity: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        liquidation_price(Side.LONG, entry, quantity, 1, BTC)


def test_a_table_knows_its_lowest_rate_and_its_highest_leverage() -> None:
    assert BTC.lowest_rate == 0.004
    assert BTC.max_leverage == 150


@pytest.mark.parametrize("leverage", [5, 10, 25, 50, 100])
def test_class_distance_is_the_log_distance_less_the_rate(leverage: int) -> None:
    assert class_distance(leverage, 0.004) == pytest.approx(math.log(leverage / (leverage - 1)) - 0.004)


@pytest.mark.parametrize("number", range(1, len(TIERS) + 1))
@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_the_trigger_is_found_back_from_the_bankruptcy_price_in_every_bracket(
    side: Side, number: int, share: float
) -> None:
    bracket = BTC.brackets[number - 1]
    trigger = 70_000.0
    quantity = (bracket.floor + share * (bracket.cap - bracket.floor)) / trigger
    # Equity is the maintenance margin at the trigger and zero at bankruptcy: the way between the two is margin/quantity.
    way = (trigger * quantity * bracket.rate - bracket.cum) / quantity
    broke = trigger - way if side is Side.LONG else trigger + way
    assert trigger_price(side, broke, quantity, BTC) == pytest.approx(trigger, rel=1e-12)


def test_in_the_lowest_bracket_the_trigger_is_the_bankruptcy_price_by_the_rate() -> None:
    assert trigger_price(Side.LONG, 82_338.30, 0.190, BTC) == pytest.approx(82_338.30 / 0.996, rel=1e-12)
    assert trigger_price(Side.SHORT, 82_338.30, 0.190, BTC) == pytest.approx(82_338.30 / 1.004, rel=1e-12)


@given(**positions)
def test_the_trigger_of_a_bankruptcy_price_is_the_liquidation_price(
    side: Side, entry: float, value: float, leverage: float
) -> None:
    quantity, wallet = value / entry, value / leverage
    solved = liquidation_price(side, entry, quantity, wallet, BTC)
    broke = bankruptcy_price(side, entry, quantity, wallet)
    if solved is None or broke is None or solved[0] * quantity > BTC.brackets[-1].cap:
        return
    assert trigger_price(side, broke, quantity, BTC) == pytest.approx(solved[0], rel=1e-6)
