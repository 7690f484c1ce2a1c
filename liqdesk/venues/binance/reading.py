"""REST answers by what was asked: one place that knows which parser reads which reply."""

from __future__ import annotations

from liqdesk.errors import DecodeError
from liqdesk.market import Instrument
from liqdesk.venues.binance import rest_codec
from liqdesk.venues.venue import Reply, Request


def read(request: Request, data: bytes, instrument: Instrument | None) -> object:
    """Return what a reply means: events, a list of them, or structured rows (market.rows). Raises DecodeError.

    `instrument` is needed for replies whose prices are in ticks.
    """
    if request.kind in _PLAIN:
        return _PLAIN[request.kind](data)
    if instrument is None:
        raise DecodeError(f"{request.kind} needs an instrument")
    if request.kind is Reply.TRADES:
        return rest_codec.trades(data, instrument)
    if request.kind is Reply.BOOK:
        return rest_codec.book(data, instrument)
    raise DecodeError(f"no parser for {request.kind}")


_PLAIN = {
    Reply.CLOCK: rest_codec.server_time,
    Reply.UNIVERSE: rest_codec.universe,
    Reply.BARS: rest_codec.klines_columns,
    Reply.MARK_BARS: rest_codec.klines_columns,
    Reply.INTEREST_HISTORY: rest_codec.interest_columns,
    Reply.INTEREST: rest_codec.open_interest,
    Reply.MARK: rest_codec.mark_price,
    Reply.MARKS: rest_codec.mark_prices,
    Reply.FUNDING: rest_codec.funding,
    Reply.FUNDING_INTERVALS: rest_codec.funding_intervals,
    Reply.TICKERS: rest_codec.tickers,
}
