"""Structs that mirror Binance's JSON, its names kept: keys come in pairs that differ by case alone. Only this folder
sees them.

Keys we do not use are not declared, so they cost nothing and may change. Numbers arrive as text, as JSON numbers, or
(timestamps) as either; the decoders here accept both and refuse what is not finite or not in range.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

Ms = Annotated[int, Meta(ge=0, le=100_000_000_000_000)]
Id = Annotated[int, Meta(ge=0, le=1 << 62)]
Price = Annotated[float, Meta(ge=0, le=1e12)]
Quantity = Annotated[float, Meta(ge=0, le=1e16)]
Money = Annotated[float, Meta(ge=0, le=1e18)]
Cap = Annotated[float, Meta(ge=0, le=1e20)]  # the last bracket of some contracts ends at 2^63 − 1
Rate = Annotated[float, Meta(ge=-1e3, le=1e3)]
Level = tuple[Price, Quantity]


class AggTrade(Struct, tag_field="e", tag="aggTrade", frozen=True, gc=False):
    E: Ms
    a: Id
    s: str
    p: Price
    q: Quantity
    T: Ms
    m: bool
    st: int | None = None


class Mark(Struct, tag_field="e", tag="markPriceUpdate", frozen=True, gc=False):
    """`ap` here is a moving average, not a fill; `r` is empty and `T` zero where a contract has no funding."""

    E: Ms
    s: str
    p: Price
    i: Price | str
    r: Rate | str = ""
    T: Ms = 0
    st: int | None = None


class Order(Struct, frozen=True, gc=False):
    """`p` is the limit (about the bankruptcy price), `ap` the average fill, `z` the whole fill (`l` only the last
    part).
    """

    s: str
    S: str
    p: Price
    ap: Price
    z: Quantity
    T: Ms
    st: int | None = None


class ForceOrder(Struct, tag_field="e", tag="forceOrder", frozen=True, gc=False):
    E: Ms
    o: Order
    st: int | None = None


class Candle(Struct, frozen=True, gc=False):
    t: Ms
    i: str
    o: Price
    h: Price
    l: Price  # noqa: E741
    c: Price
    v: Quantity
    V: Quantity
    x: bool


class Kline(Struct, tag_field="e", tag="kline", frozen=True, gc=False):
    E: Ms
    s: str
    k: Candle
    st: int | None = None


class MiniTicker(Struct, tag_field="e", tag="24hrMiniTicker", frozen=True, gc=False):
    E: Ms
    s: str
    c: Price
    o: Price
    h: Price
    l: Price  # noqa: E741
    v: Quantity
    q: Money
    st: int | None = None


class FullTicker(MiniTicker, tag_field="e", tag="24hrTicker", frozen=True, gc=False):
    pass


class Tier(Struct, frozen=True, gc=False):
    bnf: Money
    bnc: Cap
    mmr: Annotated[float, Meta(ge=0, lt=1)]
    cf: Money
    ma: Annotated[float, Meta(ge=1, le=1000)]


class ContractInfo(Struct, tag_field="e", tag="contractInfo", frozen=True, gc=False):
    E: Ms
    s: str
    cs: str
    bks: list[Tier] | None = None
    st: int | None = None


class Depth(Struct, tag_field="e", tag="depthUpdate", frozen=True, gc=False):
    E: Ms
    s: str
    U: Id
    u: Id
    pu: Id
    b: list[Level]
    a: list[Level]
    st: int | None = None


Known = AggTrade | Mark | ForceOrder | Kline | MiniTicker | FullTicker | ContractInfo | Depth
Payload = Known | list[Known]


class Wrapped(Struct, frozen=True, gc=False):
    stream: str
    data: Payload


class Envelope(Struct, frozen=True, gc=False):
    """Any object on a socket, looked at only as far as needed to tell what it is."""

    stream: str | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    e: str | UnsetType = UNSET
    id: int | str | UnsetType | None = UNSET
    result: Raw | UnsetType = UNSET
    error: Raw | UnsetType = UNSET
    code: int | UnsetType = UNSET
    msg: str | UnsetType = UNSET


class Fault(Struct, frozen=True):
    code: int = 0
    msg: str = ""


class KlineRow(Struct, array_like=True, frozen=True, gc=False):
    """REST klines are arrays; positions beyond these are ignored."""

    t: Ms
    o: Price
    h: Price
    l: Price  # noqa: E741
    c: Price
    v: Quantity
    close_ms: Ms
    quote: Any
    count: Any
    taker_buy: Quantity


class InterestRow(Struct, frozen=True, gc=False):
    sumOpenInterest: Quantity  # noqa: N815
    sumOpenInterestValue: Money  # noqa: N815
    timestamp: Ms


class Interest(Struct, frozen=True):
    symbol: str
    openInterest: Quantity  # noqa: N815
    time: Ms


class Premium(Struct, frozen=True):
    symbol: str
    markPrice: Price  # noqa: N815
    indexPrice: Price | str  # noqa: N815
    lastFundingRate: Rate | str  # noqa: N815
    nextFundingTime: Ms  # noqa: N815
    time: Ms


class FundingRow(Struct, frozen=True):
    symbol: str
    fundingTime: Ms  # noqa: N815
    fundingRate: Rate  # noqa: N815


class FundingInfo(Struct, frozen=True):
    symbol: str
    fundingIntervalHours: Annotated[int, Meta(ge=1, le=720)]  # noqa: N815


class RestTrade(Struct, frozen=True, gc=False):
    a: Id
    p: Price
    q: Quantity
    T: Ms
    m: bool


class Book(Struct, frozen=True):
    lastUpdateId: Id  # noqa: N815
    bids: list[Level]
    asks: list[Level]
    E: Ms = 0
    T: Ms = 0


class Clock(Struct, frozen=True):
    serverTime: Ms  # noqa: N815


class Filter(Struct, frozen=True):
    filterType: str = ""  # noqa: N815
    tickSize: Price | None = None  # noqa: N815
    stepSize: Quantity | None = None  # noqa: N815


class Listed(Struct, frozen=True):
    symbol: str
    status: str
    contractType: str  # noqa: N815
    baseAsset: str  # noqa: N815
    quoteAsset: str  # noqa: N815
    filters: list[Filter]
    onboardDate: Ms = 0  # noqa: N815
    deliveryDate: Ms = 0  # noqa: N815


class ExchangeInfo(Struct, frozen=True):
    serverTime: Ms  # noqa: N815
    symbols: list[Raw]


class Ticker24(Struct, frozen=True, gc=False):
    symbol: str
    lastPrice: Price  # noqa: N815
    openPrice: Price  # noqa: N815
    highPrice: Price  # noqa: N815
    lowPrice: Price  # noqa: N815
    volume: Quantity
    quoteVolume: Money  # noqa: N815
    closeTime: Ms  # noqa: N815


def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """Return a decoder for one of these that reads numbers written as text."""
    return msgspec.json.Decoder(kind, strict=False)
