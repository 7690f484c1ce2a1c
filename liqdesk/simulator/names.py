"""Names of streams: which of them exist on the venue, and the path that each belongs to."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from liqdesk.simulator.candles import INTERVALS
from liqdesk.simulator.contracts import Contract, lower_of, symbol_of
from liqdesk.simulator.indices import asset_of

DEPTH: Final = re.compile(r"depth(5|10|20)?(?:@(100|500)ms)?\Z")
ALL_MARKET: Final = {
    "!markPrice@arr", "!markPrice@arr@1s", "!miniTicker@arr", "!ticker@arr", "!forceOrder@arr", "!contractInfo", "!assetIndex@arr",
    "tradingSession",
}  # fmt: skip
ASSET_INDEX: Final = "@assetIndex"
RETAIL: Final = "rpiDepth@500ms"
CONTINUOUS: Final = "continuousKline_"
MARKET_KINDS: Final = {"aggTrade", "markPrice", "markPrice@1s", "miniTicker", "ticker", "forceOrder"}


class Stream(NamedTuple):
    """A stream that exists: "market" or "public"; the lower-case symbol (or pair and type of contract), "" for none; the kind."""

    route: str
    symbol: str
    kind: str

    def about(self, contract: Contract) -> bool:
        """Whether it tells of a contract, which has to be of this venue's own."""
        if contract.symbol_type != 1:
            return False
        if self.kind.startswith(CONTINUOUS):
            return self.symbol == f"{lower_of(contract.pair)}_{contract.contract_type.lower()}"
        return self.symbol == contract.lower


def parse(name: str) -> Stream | None:
    """Return what a name stands for; None where the venue has no such stream, though it acknowledges the name."""
    if name in ALL_MARKET:
        return Stream("market", "", name)
    if name == "!bookTicker":
        return Stream("public", "", name)
    symbol, _, kind = name.partition("@")
    if not symbol or any(c.isascii() and c.isupper() for c in symbol):
        return None
    if name.endswith(ASSET_INDEX):
        return Stream("market", "", name) if asset_of(symbol_of(symbol)) is not None else None
    word, _, interval = kind.partition("_")
    if kind in MARKET_KINDS or (word in ("kline", "continuousKline") and interval in INTERVALS):
        return Stream("market", symbol, kind)
    if kind in ("bookTicker", "trade", RETAIL) or DEPTH.match(kind):
        return Stream("public", symbol, kind)
    return None
