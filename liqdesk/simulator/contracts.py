"""The contracts that the simulated exchange lists: grids, sizes of their markets, margin brackets, and how they are described."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.market import DAY_MS, decimals_of

PERPETUAL_END_MS: Final = 4_133_404_800_000
Tier = tuple[float, float, int]  # cap of the position's value, maintenance rate, maximum leverage

BTC_TIERS: Final[tuple[Tier, ...]] = (
    (300e3, 0.004, 150),
    (800e3, 0.005, 100),
    (3e6, 0.0065, 75),
    (12e6, 0.01, 50),
    (70e6, 0.02, 25),
    (100e6, 0.025, 20),
    (230e6, 0.05, 10),
    (480e6, 0.1, 5),
    (600e6, 0.125, 4),
    (800e6, 0.15, 3),
    (1.2e9, 0.25, 2),
    (1.8e9, 0.5, 1),
)
LARGE_TIERS: Final[tuple[Tier, ...]] = (
    (50e3, 0.005, 100),
    (400e3, 0.0065, 75),
    (1e6, 0.01, 50),
    (4e6, 0.02, 25),
    (8e6, 0.025, 20),
    (40e6, 0.05, 10),
    (80e6, 0.1, 5),
    (100e6, 0.125, 4),
    (200e6, 0.25, 2),
    (400e6, 0.5, 1),
)
SMALL_TIERS: Final[tuple[Tier, ...]] = (
    (5e3, 0.01, 75),
    (10e3, 0.015, 50),
    (25e3, 0.02, 25),
    (50e3, 0.025, 20),
    (125e3, 0.05, 10),
    (250e3, 0.1, 5),
    (500e3, 0.125, 4),
    (7.5e6, 0.25, 2),
    (12.5e6, 0.5, 1),
)


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """One listed contract. Sizes of the market are in base units: `churn` traded a second, `interest` open, `opens` traders a second.

    `beta` scales the leader's returns, `sigma` is the yearly volatility of its own, `halflife_days` how slowly the price returns to
    `price`. `symbol_type` 2 is coin-margined: its quantities are contracts and only the all-market streams show it.
    """

    symbol: str
    pair: str
    base: str
    tick: float
    step: float
    price: float
    price_places: int
    churn: float
    interest: float
    opens: float = 0.0
    notional: float = 2500.0
    notional_cap: float = 20e6
    impact: float = 1e-4 / 1.2e6
    sigma: float = 0.4
    beta: float = 1.0
    halflife_days: float = 10.0
    jumps: float = 0.0
    rate: float = 1.0
    quote: str = "USDT"
    tiers: tuple[Tier, ...] = SMALL_TIERS
    contract_type: str = "PERPETUAL"
    status: str = "TRADING"
    underlying: str = "COIN"
    tags: tuple[str, ...] = ()
    onboard_ms: int = 1_598_252_400_000
    delivery_ms: int = PERPETUAL_END_MS
    funding_hours: int = 8
    funding_since_ms: int | None = None
    symbol_type: int = 1

    @property
    def quantity_places(self) -> int:
        return decimals_of(self.step)

    @property
    def lower(self) -> str:
        """The symbol as stream names spell it."""
        return lower_of(self.symbol)

    @property
    def trades(self) -> bool:
        return self.status == "TRADING"

    @property
    def funded(self) -> bool:
        return self.trades and self.contract_type in ("PERPETUAL", "TRADIFI_PERPETUAL")

    def brackets(self) -> NDArray[np.float64]:
        return brackets_of(self.tiers)


def brackets_of(tiers: tuple[Tier, ...]) -> NDArray[np.float64]:
    """Return rows of cap, rate, cum, maximum leverage; cum keeps margin continuous at each cap."""
    rows, cum, floor, before = [], 0.0, 0.0, tiers[0][1]
    for cap, rate, leverage in tiers:
        cum += floor * (rate - before)
        rows.append((cap, rate, cum, float(leverage)))
        floor, before = cap, rate
    return np.array(rows)


def leader() -> Contract:
    """Return the contract that the others follow, the one with a crowd of positions."""
    return Contract(
        symbol="BTCUSDT", pair="BTCUSDT", base="BTC", tick=0.1, step=0.001, price=75_500.0, price_places=2, churn=1.7, interest=90_000.0,
        opens=0.5, notional=3900.0, sigma=0.55, beta=0.0, halflife_days=6.0, jumps=1.0, rate=6.0, tiers=BTC_TIERS, tags=("PoW", "Crypto"),
        onboard_ms=1_567_965_300_000,
    )  # fmt: skip


def listed(start_ms: int) -> tuple[Contract, ...]:
    """Return every contract, the leader first. The delivery contract ends with the quarter after the one that holds `start_ms`."""
    end = quarter_end(start_ms + 90 * DAY_MS)
    btc = leader()
    alt: dict[str, Any] = {"opens": 0.02, "notional": 2000.0, "notional_cap": 1.5e6, "rate": 1.5}
    return (
        btc,
        Contract(symbol="ETHUSDT", pair="ETHUSDT", base="ETH", tick=0.01, step=0.001, price=2650.0, price_places=2, churn=42.0,
                 interest=1.9e6, tiers=LARGE_TIERS, sigma=0.35, beta=1.15, impact=1e-4 / 6e5, tags=("Layer-1",), **alt),
        Contract(symbol="SOLUSDT", pair="SOLUSDT", base="SOL", tick=0.01, step=0.01, price=148.0, price_places=4, churn=240.0,
                 interest=9.5e6, tiers=LARGE_TIERS, sigma=0.45, beta=1.3, impact=1e-4 / 3e5, tags=("Layer-1",), **alt),
        Contract(symbol="XRPUSDT", pair="XRPUSDT", base="XRP", tick=0.0001, step=0.1, price=1.42, price_places=4, churn=11_000.0,
                 interest=3.1e8, tiers=LARGE_TIERS, sigma=0.45, beta=1.05, impact=1e-4 / 3e5, tags=("Payment",), **alt),
        Contract(symbol="DOGEUSDT", pair="DOGEUSDT", base="DOGE", tick=0.00001, step=1.0, price=0.131, price_places=5, churn=60_000.0,
                 interest=1.6e9, tiers=LARGE_TIERS, sigma=0.5, beta=1.25, impact=1e-4 / 3e5, tags=("Meme",), **alt),
        Contract(symbol="1000PEPEUSDT", pair="1000PEPEUSDT", base="1000PEPE", tick=0.0000001, step=1.0, price=0.00612, price_places=7,
                 churn=400_000.0, interest=1.1e10, sigma=0.7, beta=1.4, impact=1e-4 / 1e5, tags=("Meme",), funding_hours=4,
                 **{**alt, "notional_cap": 4e5}),
        Contract(symbol="龙虾USDT", pair="龙虾USDT", base="龙虾", tick=0.00001, step=1.0, price=0.0213, price_places=5, churn=9_000.0,
                 interest=7.0e7, sigma=1.1, beta=0.9, impact=1e-4 / 3e4, tags=("Meme",), funding_hours=4,
                 onboard_ms=start_ms // DAY_MS * DAY_MS - 60 * DAY_MS, opens=0.01, notional=400.0, notional_cap=5e4, rate=0.6),
        Contract(symbol="XAUUSDT", pair="XAUUSDT", base="XAU", tick=0.01, step=0.001, price=4120.0, price_places=2, churn=0.35,
                 interest=24_000.0, sigma=0.16, beta=0.05, contract_type="TRADIFI_PERPETUAL", underlying="COMMODITY",
                 tags=("TradFi",), funding_hours=4, onboard_ms=1_765_430_400_000),
        Contract(symbol=f"BTCUSDT_{end:%y%m%d}", pair="BTCUSDT", base="BTC", tick=0.1, step=0.001, price=btc.price * 1.008,
                 price_places=1, churn=0.01, interest=1900.0, sigma=0.0, rate=0.4, contract_type="NEXT_QUARTER", tags=(),
                 delivery_ms=round(end.timestamp() * 1000)),
        Contract(symbol="BTCUSD_PERP", pair="BTCUSD", base="BTC", quote="USD", tick=0.1, step=1.0, price=btc.price * 0.9995,
                 price_places=1, churn=140.0, interest=6.1e6, sigma=0.0, rate=0.8, opens=0.02, tiers=BTC_TIERS, symbol_type=2),
        leaving(start_ms),
        Contract(symbol="OMGUSDT", pair="OMGUSDT", base="OMG", tick=0.0001, step=0.1, price=0.2413, price_places=4, churn=0.0,
                 interest=0.0, status="SETTLING", delivery_ms=1_732_000_500_000),
    )  # fmt: skip


def leaving(start_ms: int) -> Contract:
    """Return the contract, listed a day before `start_ms`, that is delisted while the exchange serves."""
    return Contract(
        symbol="WANEUSDT", pair="WANEUSDT", base="WANE", tick=0.00001, step=1.0, price=0.0418, price_places=5, churn=2_000.0,
        interest=6.0e6, sigma=1.2, rate=0.4, tags=("Meme",), funding_hours=4, onboard_ms=start_ms - DAY_MS,
    )  # fmt: skip


def newcomer(onboard_ms: int) -> Contract:
    """Return the contract that is listed while the exchange serves, and trades from `onboard_ms` on."""
    return Contract(
        symbol="DAWNUSDT", pair="DAWNUSDT", base="DAWN", tick=0.0001, step=1.0, price=0.7350, price_places=4, churn=3_000.0,
        interest=2.0e6, sigma=1.5, rate=0.8, tags=("AI",), funding_hours=4, onboard_ms=onboard_ms, status="PENDING_TRADING",
    )  # fmt: skip


def lower_of(symbol: str) -> str:
    """Return a symbol as stream names spell it; only ASCII letters have a case there."""
    return "".join(c.lower() if c.isascii() else c for c in symbol)


def symbol_of(given: str) -> str:
    """Return a symbol in upper case; only ASCII letters have a case on the venue."""
    return "".join(c.upper() if c.isascii() else c for c in given)


def quarter_end(ms: int) -> dt.datetime:
    """Return 08:00 UTC on the last Friday of the quarter that holds `ms`."""
    day = dt.datetime.fromtimestamp(ms / 1000, dt.UTC)
    month = (day.month - 1) // 3 * 3 + 3
    last = dt.datetime(day.year + month // 12, month % 12 + 1, 1, 8, tzinfo=dt.UTC) - dt.timedelta(days=1)
    return last - dt.timedelta(days=(last.weekday() - 4) % 7)
