import msgspec
import pytest

from liqdesk.market import ForcedOrder, Instrument, Side, Trade


def test_events_are_frozen() -> None:
    trade = Trade("BTCUSDT", 1, 2, 830000, 0.5, True)
    with pytest.raises(AttributeError):
        trade.quantity = 1.0  # type: ignore[misc]


def test_a_forced_order_is_worth_its_fill_not_its_limit() -> None:
    order = ForcedOrder("BTCUSDT", Side.LONG, 1, 2, 82651.9, 82338.3, 0.19)
    assert order.usd == pytest.approx(82651.9 * 0.19)


@pytest.mark.parametrize(
    ("change", "mapped"),
    [
        ({}, True),
        ({"quote": "USDC"}, True),
        ({"status": "SETTLING"}, False),
        ({"contract_type": "TRADIFI_PERPETUAL"}, False),
        ({"quote": "BTC"}, False),
    ],
)
def test_only_trading_crypto_perpetuals_in_dollars_are_mapped(change: dict[str, str], mapped: bool) -> None:
    base = Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001)
    assert msgspec.structs.replace(base, **change).mapped is mapped


def test_an_instrument_counts_its_decimals_from_its_grids() -> None:
    instrument = Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001)
    assert (instrument.price_decimals, instrument.quantity_decimals) == (1, 3)
