"""What a derivatives market says, in our words. Every event is frozen; times are venue milliseconds since 1970 UTC.

Prices on the tick grid are whole ticks (`price_ticks`); marks, indices, averages and candles, which are not all on the grid, are
floats in quote units. Quantities are base units. Sides name who is liquidated.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from liqdesk.market.instrument import Instrument
from liqdesk.market.margin import BracketTable
from liqdesk.market.units import Side


class Trade(msgspec.Struct, frozen=True, gc=False):
    """One aggregated taker order. `id` rises by exactly one per symbol, so a jump is a gap."""

    symbol: str
    id: int
    time_ms: int
    price_ticks: int
    quantity: float
    taker_buys: bool


class MarkPrice(msgspec.Struct, frozen=True, gc=False):
    """The price that triggers liquidation. `next_funding_ms` is 0 and `funding_rate` None where the contract has no funding."""

    symbol: str
    time_ms: int
    mark: float
    index: float
    funding_rate: float | None
    next_funding_ms: int


class ForcedOrder(msgspec.Struct, frozen=True, gc=False):
    """One printed liquidation. The venue prints at most one per symbol and second, so sums of these are a floor.

    `side` is the position that was liquidated, `price` the average fill, `limit_price` the order's limit, which is the position's
    bankruptcy price (nothing traded there; `trigger_price` turns it into the mark that was due), `quantity` what was filled,
    `time_ms` the fill's time and `event_ms` the print's.
    """

    symbol: str
    side: Side
    time_ms: int
    event_ms: int
    price: float
    limit_price: float
    quantity: float

    @property
    def usd(self) -> float:
        return self.price * self.quantity


class Kline(msgspec.Struct, frozen=True, gc=False):
    """One candle [open_ms, open_ms + span_ms). Of a mark candle, volumes are zero. `closed` is the venue's word that it is final."""

    symbol: str
    mark: bool
    open_ms: int
    span_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    taker_buy: float
    closed: bool


class OpenInterest(msgspec.Struct, frozen=True, gc=False):
    """Open contracts, each long and short pair counted once. `usd` is the venue's own valuation where it gives one;
    usd / contracts is then a usable mark price."""

    symbol: str
    time_ms: int
    contracts: float
    usd: float | None = None


class Funding(msgspec.Struct, frozen=True, gc=False):
    """A settled funding payment; a positive rate means longs paid shorts."""

    symbol: str
    time_ms: int
    rate: float


class FundingInterval(msgspec.Struct, frozen=True, gc=False):
    symbol: str
    hours: int


class Ticker(msgspec.Struct, frozen=True, gc=False):
    """Rolling 24 h of one symbol, in quote units and base units."""

    symbol: str
    time_ms: int
    last: float
    open: float
    high: float
    low: float
    volume: float
    quote_volume: float


class Tickers(msgspec.Struct, frozen=True, gc=False):
    """Only the symbols that changed; never the whole universe."""

    rows: tuple[Ticker, ...]


class BookUpdate(msgspec.Struct, frozen=True, gc=False):
    """A change of the order book: absolute quantities per price, zero deletes. `previous_id` must equal the last event's `last_id`."""

    symbol: str
    time_ms: int
    first_id: int
    last_id: int
    previous_id: int
    bids: tuple[tuple[int, float], ...]
    asks: tuple[tuple[int, float], ...]


class BookSnapshot(msgspec.Struct, frozen=True, gc=False):
    symbol: str
    time_ms: int
    last_id: int
    bids: tuple[tuple[int, float], ...]
    asks: tuple[tuple[int, float], ...]


class ContractChange(msgspec.Struct, frozen=True, gc=False):
    """A listing, a change of status, or new margin brackets."""

    symbol: str
    time_ms: int
    status: str
    brackets: BracketTable | None


class Universe(msgspec.Struct, frozen=True, gc=False):
    """The contracts the venue lists now."""

    time_ms: int
    instruments: tuple[Instrument, ...]


class LinkPhase(StrEnum):
    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting"  # lost; the next attempt is scheduled
    REFUSED = "refused"  # the venue will not serve us; retrying fast is pointless
    CLOSED = "closed"  # by us


class LinkState(msgspec.Struct, frozen=True, gc=False):
    """The condition of one socket (`link` names it). `user` is a sentence; `retry_in_s` is wall time.

    `losses` counts connections that ended unasked or could not be opened, `renewals` those that were replaced in time. `silent` are
    subscribed streams whose first data are overdue.
    """

    link: str
    phase: LinkPhase
    user: str = ""
    retry_in_s: float | None = None
    attempt: int = 0
    refusal: str = ""
    round_trip_ms: float | None = None
    losses: int = 0
    renewals: int = 0
    silent: tuple[str, ...] = ()


Event = (
    Trade
    | MarkPrice
    | ForcedOrder
    | Kline
    | OpenInterest
    | Funding
    | FundingInterval
    | Ticker
    | Tickers
    | BookUpdate
    | BookSnapshot
    | ContractChange
    | Universe
    | LinkState
)
