"""What a derivatives market is: events, instruments, margin brackets, units.

Law: no I/O, no Qt, no clock reads; everything frozen; all rounding in `units`. Prices on the grid are whole ticks; sides are named by
who is liquidated, never by the order's side.
"""

from liqdesk.market.events import (
    BookSnapshot,
    BookUpdate,
    ContractChange,
    Event,
    ForcedOrder,
    Funding,
    FundingInterval,
    Kline,
    LinkPhase,
    LinkState,
    MarkPrice,
    OpenInterest,
    Ticker,
    Tickers,
    Trade,
    Universe,
)
from liqdesk.market.instrument import Instrument
from liqdesk.market.margin import (
    Bracket,
    BracketTable,
    bankruptcy_price,
    class_distance,
    liquidation_price,
    trigger_price,
)
from liqdesk.market.units import (
    DAY_MS,
    HOUR_MS,
    LEVERAGES,
    MINUTE_MS,
    SECOND_MS,
    YEAR_MS,
    Side,
    decimals_of,
    floor_to,
    price_from_ticks,
    ticks_from_price,
)

__all__ = [
    "DAY_MS",
    "HOUR_MS",
    "LEVERAGES",
    "MINUTE_MS",
    "SECOND_MS",
    "YEAR_MS",
    "BookSnapshot",
    "BookUpdate",
    "Bracket",
    "BracketTable",
    "ContractChange",
    "Event",
    "ForcedOrder",
    "Funding",
    "FundingInterval",
    "Instrument",
    "Kline",
    "LinkPhase",
    "LinkState",
    "MarkPrice",
    "OpenInterest",
    "Side",
    "Ticker",
    "Tickers",
    "Trade",
    "Universe",
    "bankruptcy_price",
    "class_distance",
    "decimals_of",
    "floor_to",
    "liquidation_price",
    "price_from_ticks",
    "ticks_from_price",
    "trigger_price",
]
