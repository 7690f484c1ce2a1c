"""Index prices: what an index is made of, and what an asset is worth as margin in USD."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np

from liqdesk.market import HOUR_MS
from liqdesk.simulator import layout as at
from liqdesk.simulator.chance import mix
from liqdesk.simulator.course import Course
from liqdesk.simulator.market import Market

SOURCES: Final = (("binance", 0.4), ("okx", 0.25), ("bybit", 0.2), ("coinbase", 0.15))
ASTRAY: Final = 2e-4  # how far a source's price strays from the index, as a share
PEG: Final = 5e-4  # how far USDT strays from a dollar
MARGINS: Final = {
    "USDT": (0.0001, 0.0),
    "BTC": (0.05, 0.025),
    "ETH": (0.05, 0.025),
    "SOL": (0.1, 0.05),
    "XRP": (0.1, 0.05),
}


def _draw(key: int) -> float:
    """Return a number from −1 to 1 that depends on nothing but `key`."""
    return int(mix(np.uint64(key & 0xFFFF_FFFF_FFFF_FFFF))) / 2**63 - 1.0


def constituents(course: Course) -> dict[str, Any]:
    """Return the sources of a contract's index at its latest second; weighted, their prices are the index. Those of TradFi are hidden."""
    c, s = course.contract, course.now_s
    index = float(course.second(s)[0][at.S_INDEX])
    strays = [ASTRAY * _draw(int(course.key) ^ (s * len(SOURCES) + n)) for n in range(len(SOURCES))]
    middle = sum(stray * weight for stray, (_, weight) in zip(strays, SOURCES, strict=True))
    hidden = c.contract_type == "TRADIFI_PERPETUAL"
    return {
        "symbol": c.symbol, "time": s * 1000,
        "constituents": [
            {"exchange": name, "symbol": c.pair, "price": "-1" if hidden else f"{index * (1.0 + stray - middle):.8f}",
             "weight": f"{weight:.8f}"}
            for stray, (name, weight) in zip(strays, SOURCES, strict=True)
        ],
    }  # fmt: skip


def dollar(seed: int, ms: int) -> float:
    """Return what a USDT is worth in USD: from hour to hour it wanders a little about one."""
    hour, share = divmod(ms / HOUR_MS, 1.0)
    before, after = (_draw((seed << 40) ^ (int(hour) + n)) for n in (0, 1))
    return 1.0 + PEG * (before + (after - before) * share)


class AssetIndex(msgspec.Struct, frozen=True):
    """The worth of an asset in USD; a buffer is the share by which it is taken for less, or given for more."""

    symbol: str
    ms: int
    index: float
    buffer: float
    exchange_buffer: float

    def row(self) -> dict[str, Any]:
        """Return it under REST's names; the stream has its own."""
        i, b, x = self.index, self.buffer, self.exchange_buffer
        values = {
            "index": i, "bidBuffer": b, "askBuffer": b, "bidRate": i * (1 - b), "askRate": i * (1 + b), "autoExchangeBidBuffer": x,
            "autoExchangeAskBuffer": x, "autoExchangeBidRate": i * (1 - x), "autoExchangeAskRate": i * (1 + x),
        }  # fmt: skip
        return {"symbol": self.symbol, "time": self.ms, **{name: f"{value:.8f}" for name, value in values.items()}}

    def event(self) -> dict[str, Any]:
        row = self.row()
        return {"e": "assetIndexUpdate", "E": self.ms, "s": self.symbol, **{k: row[name] for k, name in KEYS.items()}}


KEYS: Final = {
    "i": "index", "b": "bidBuffer", "a": "askBuffer", "B": "bidRate", "A": "askRate", "q": "autoExchangeBidBuffer",
    "g": "autoExchangeAskBuffer", "Q": "autoExchangeBidRate", "G": "autoExchangeAskRate",
}  # fmt: skip


def asset_of(symbol: str) -> str | None:
    """Return the asset of an index such as BTCUSD; None where there is no such index."""
    asset = symbol.removesuffix("USD")
    return asset if symbol.endswith("USD") and asset in MARGINS else None


def asset_indices(market: Market, second: int) -> list[AssetIndex]:
    """Return the index of each margin asset at a second of the rings; of contracts that have not come to life there is none."""
    usdt = dollar(market.seed, second * 1000)
    found = []
    for asset, (buffer, exchange_buffer) in MARGINS.items():
        course = market.courses.get(f"{asset}USDT")
        if asset == "USDT":
            worth = usdt
        elif course is not None and course.oldest_s <= second <= course.now_s:
            worth = float(course.second(second)[0][at.S_INDEX]) * usdt
        else:
            continue
        found.append(AssetIndex(f"{asset}USD", second * 1000, worth, buffer, exchange_buffer))
    return found
