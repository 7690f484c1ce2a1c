"""A market at rest, to be moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from liqdesk.alerts import MarketView
from liqdesk.insight import Imbalance, Zone
from liqdesk.market import ForcedOrder, Instrument, Side

T0 = 1_776_204_000_000  # 2026-04-14 22:00 UTC


@pytest.fixture
def view() -> Callable[..., MarketView]:
    def make(at_s: float = 0.0, mark: float = 68_000.0, **changes: Any) -> MarketView:
        values: dict[str, Any] = {
            "symbol": "BTCUSDT",
            "time_ms": T0 + round(at_s * 1_000),
            "mark": mark,
            "previous": None,
            "zones": (),
            "imbalance": (),
            "funding_rate": None,
            "forced": (),
            "instrument": Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001),
        }
        return MarketView(**(values | changes))

    return make


@pytest.fixture
def zone() -> Callable[..., Zone]:
    def make(distance: float, usd: float = 24.1e6, side: Side | None = None, z: float = 3.0) -> Zone:
        whose = side if side is not None else Side.LONG if distance < 0 else Side.SHORT
        edge = 68_000 * (1 + distance)
        low, high = (edge - 100, edge) if whose is Side.LONG else (edge, edge + 100)
        return Zone(whose, low, high, (low + high) / 2, usd, usd / 2, distance, z=z)

    return make


@pytest.fixture
def imbalance() -> Callable[..., tuple[Imbalance, ...]]:
    def make(ratio: float, total: float = 10e6) -> tuple[Imbalance, ...]:
        two = Imbalance(0.02, total * (1 - ratio) / 2, total * (1 + ratio) / 2)
        return (Imbalance(0.01, 1.0, 1.0), two, Imbalance(0.05, 1.0, 1.0))

    return make


@pytest.fixture
def order() -> Callable[..., ForcedOrder]:
    def make(at_s: float, usd: float, side: Side = Side.LONG, symbol: str = "BTCUSDT") -> ForcedOrder:
        at = T0 + round(at_s * 1_000)
        return ForcedOrder(symbol, side, at, at + 3, 50_000.0, 49_900.0, usd / 50_000)

    return make
