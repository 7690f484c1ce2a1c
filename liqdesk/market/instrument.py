"""One contract as its venue describes it."""

from __future__ import annotations

import msgspec

from liqdesk.market.units import decimals_of


class Instrument(msgspec.Struct, frozen=True):
    """A listed contract. `tick` is the price grid and `step` the quantity grid, in quote and base units.

    `status` and `contract_type` keep the venue's words: both are open sets.
    """

    symbol: str
    base: str
    quote: str
    tick: float
    step: float
    status: str = "TRADING"
    contract_type: str = "PERPETUAL"
    onboard_ms: int = 0
    delivery_ms: int = 0
    funding_hours: int = 8

    @property
    def price_decimals(self) -> int:
        return decimals_of(self.tick)

    @property
    def quantity_decimals(self) -> int:
        return decimals_of(self.step)

    @property
    def mapped(self) -> bool:
        """Whether a liquidation map makes sense: a trading, crypto, USD-quoted perpetual."""
        return self.status == "TRADING" and self.contract_type == "PERPETUAL" and self.quote in ("USDT", "USDC")
