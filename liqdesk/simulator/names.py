"""Names of streams: which of them exist on the venue, and the path that each belongs to."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from liqdesk.simulator.candles import INTERVALS

DEPTH: Final = re.compile(r"depth(5|10|20)?(?:@(100|500)ms)?\Z")
ALL_MARKET: Final = {
    "!markPrice@arr", "!markPrice@arr@1s", "!miniTicker@arr", "!ticker@arr", "!forceOrder@arr", "!contractInfo",
}  # fmt: skip
MARKET_KINDS: Final = {"aggTrade", "markPrice", "markPrice@1s", "miniTicker", "ticker", "forceOrder"}


class Stream(NamedTuple):
    """A stream that exists: "market" or "public", the lower-case symbol or "" for all, and the kind."""

    route: str
    symbol: str
    kind: str


def parse(name: str) -> Stream | None:
    """Return what a name stands for; None where the venue has no such stream, though it acknowledges the name."""
    if name in ALL_MARKET:
        return Stream("market", "", name)
    if name == "!bookTicker":
        return Stream("public", "", name)
    symbol, _, kind = name.partition("@")
    if not symbol or any(c.isascii() and c.isupper() for c in symbol):
        return None
    if kind in MARKET_KINDS or (kind.startswith("kline_") and kind[6:] in INTERVALS):
        return Stream("market", symbol, kind)
    if kind == "bookTicker" or DEPTH.match(kind):
        return Stream("public", symbol, kind)
    return None
