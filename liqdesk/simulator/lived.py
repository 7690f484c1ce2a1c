"""How far the market must have lived for a request to be answered as it will be ever after."""

from __future__ import annotations

from typing import Final

from liqdesk.simulator.asked import Query
from liqdesk.simulator.candles import INTERVALS, ending, opening
from liqdesk.simulator.market import Market

CANDLES: Final = ("klines", "mark_klines", "premium_klines")


def needed_ms(name: str, query: Query, market: Market, now_ms: int) -> int | None:
    """Return up to when the answer of that name (`rest.PATHS`) is drawn from, UTC ms; None: up to now."""
    if name in ("ping", "time") or (name == "exchange_info" and market.holds(now_ms)):
        return 0
    end = query.get("endTime", "")
    if not end.isdecimal() or int(end) > now_ms or query.get("symbol") != market.listed[0].symbol:
        return None
    if name == "open_interest_history":
        return int(end)
    interval = query.get("interval")
    return ending(opening(int(end), interval), interval) if name in CANDLES and interval in INTERVALS else None
