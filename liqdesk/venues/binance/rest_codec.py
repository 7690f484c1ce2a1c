"""REST answers of Binance, decoded. Every function takes the body's bytes and raises DecodeError for what it cannot
mean.

Pages of at most 1,500 klines parse in about 2 ms, so that no parse holds the interpreter for long.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from liqdesk.errors import DecodeError
from liqdesk.market import (
    BookSnapshot,
    Funding,
    FundingInterval,
    Instrument,
    Kline,
    MarkPrice,
    OpenInterest,
    Ticker,
    Tickers,
    Trade,
    Universe,
)
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.venues.binance import wire
from liqdesk.venues.binance.codec import BROKEN, MOST_ROWS, number
from liqdesk.venues.binance.streams import SYMBOL

Rows = npt.NDArray[np.void]
FINEST = 1e-10  # of a price or quantity grid

_clock = wire.decoder(wire.Clock)
_info = wire.decoder(wire.ExchangeInfo)
_listed = wire.decoder(wire.Listed)
_klines = wire.decoder(list[wire.KlineRow])
_interest_rows = wire.decoder(list[wire.InterestRow])
_interest = wire.decoder(wire.Interest)
_premium = wire.decoder(wire.Premium)
_premiums = wire.decoder(list[msgspec.Raw])
_funding = wire.decoder(list[wire.FundingRow])
_intervals = wire.decoder(list[wire.FundingInfo])
_trades = wire.decoder(list[wire.RestTrade])
_book = wire.decoder(wire.Book)
_tickers = wire.decoder(list[wire.Ticker24])
_fault = wire.decoder(wire.Fault)


def _read(decoder: msgspec.json.Decoder[Any], data: bytes, what: str) -> Any:
    try:
        return decoder.decode(data)
    except BROKEN as e:
        raise DecodeError(f"{what}: {e}; body begins {data[:120]!r}") from e


def server_time(data: bytes) -> int:
    """Return the venue's clock in milliseconds."""
    ms: int = _read(_clock, data, "time").serverTime
    return ms


def universe(data: bytes) -> Universe:
    """Return every listed contract whose symbol and grids make sense; the rest is left out.

    The price grid is PRICE_FILTER's tickSize: `pricePrecision` is only a number of decimals. Status and contract type
    are open sets.
    """
    info = _read(_info, data, "exchangeInfo")
    if len(info.symbols) > MOST_ROWS:
        raise DecodeError(f"{len(info.symbols)} listed contracts")
    instruments = []
    for raw in info.symbols:
        try:
            row = _listed.decode(raw)
        except BROKEN:
            continue
        tick = next((f.tickSize for f in row.filters if f.filterType == "PRICE_FILTER"), None)
        step = next((f.stepSize for f in row.filters if f.filterType == "LOT_SIZE"), None)
        if not tick or not step or min(tick, step) < FINEST or not SYMBOL.match(row.symbol):
            continue
        instruments.append(
            Instrument(
                row.symbol,
                row.baseAsset,
                row.quoteAsset,
                tick,
                step,
                row.status,
                row.contractType,
                row.onboardDate,
                row.deliveryDate,
            )
        )
    if info.symbols and not instruments:
        raise DecodeError(f"none of {len(info.symbols)} listed contracts can be read")
    return Universe(info.serverTime, tuple(instruments))


def klines_columns(data: bytes) -> Rows:
    """Return a page of klines or mark klines as rows of `market.rows.BAR`, ascending. The last may be open still."""
    page = _read(_klines, data, "klines")
    rows = np.array([(r.t, r.o, r.h, r.l, r.c, r.v, r.taker_buy) for r in page], dtype=BAR)
    low_ok = (rows["low"] > 0) & (rows["low"] <= np.minimum(rows["open"], rows["close"]))
    if not np.all(low_ok & (rows["high"] >= np.maximum(rows["open"], rows["close"]))):
        raise DecodeError("klines with a high or low inside the body, or a price that is not positive")
    return _ascending(rows, "klines")


def klines(data: bytes, symbol: str, span_ms: int, mark: bool, now_ms: int) -> list[Kline]:
    """Return a page as events; a bar is closed when its span has ended at venue time `now_ms` (the answer itself does
    not say).
    """
    rows = klines_columns(data)
    return [
        Kline(symbol, mark, t, span_ms, o, h, low, c, v, b, t + span_ms <= now_ms)
        for t, o, h, low, c, v, b in rows.tolist()
    ]


def interest_columns(data: bytes) -> Rows:
    """Return a page of open interest history as rows of `market.rows.INTEREST`, ascending; an unknown symbol's page is
    empty.
    """
    page = _read(_interest_rows, data, "openInterestHist")
    rows = [(r.timestamp, r.sumOpenInterest, r.sumOpenInterestValue or math.nan) for r in page]
    return _ascending(np.array(rows, dtype=INTEREST), "openInterestHist")


def open_interest(data: bytes) -> OpenInterest:
    row = _read(_interest, data, "openInterest")
    return OpenInterest(_symbol(row.symbol), row.time, row.openInterest)


def mark_price(data: bytes) -> MarkPrice:
    """Return one symbol's premiumIndex. Raises DecodeError where the mark is not positive."""
    mark = _mark(_read(_premium, data, "premiumIndex"))
    if mark is None:
        raise DecodeError("premiumIndex without a mark price")
    return mark


def mark_prices(data: bytes) -> list[MarkPrice]:
    """Return every symbol's premiumIndex that can be read; contracts without a mark are left out."""
    marks = []
    rows = _read(_premiums, data, "premiumIndex")
    if len(rows) > MOST_ROWS:
        raise DecodeError(f"premiumIndex of {len(rows)} contracts")
    for raw in rows:
        try:
            mark = _mark(_premium.decode(raw))
        except (*BROKEN, DecodeError):
            continue
        if mark is not None:
            marks.append(mark)
    return marks


def _mark(row: wire.Premium) -> MarkPrice | None:
    if row.markPrice <= 0:
        return None
    rate = number(row.lastFundingRate) if row.nextFundingTime else None
    index = number(row.indexPrice) or 0.0
    return MarkPrice(_symbol(row.symbol), row.time, row.markPrice, index, rate, row.nextFundingTime)


def funding(data: bytes) -> list[Funding]:
    """Return settled funding payments, ascending."""
    rows = [Funding(_symbol(r.symbol), r.fundingTime, r.fundingRate) for r in _read(_funding, data, "fundingRate")]
    return sorted(rows, key=lambda f: f.time_ms)


def funding_intervals(data: bytes) -> list[FundingInterval]:
    """Return the hours between payments; a symbol that is missing has the venue's default of eight."""
    rows = _read(_intervals, data, "fundingInfo")
    return [FundingInterval(r.symbol, r.fundingIntervalHours) for r in rows if SYMBOL.match(r.symbol)]


def trades(data: bytes, instrument: Instrument) -> list[Trade]:
    """Return a page of aggregated trades, by rising id."""
    page = _read(_trades, data, "aggTrades")
    tick = instrument.tick
    rows = [Trade(instrument.symbol, r.a, r.T, round(r.p / tick), r.q, not r.m) for r in page if r.p > 0 and r.q > 0]
    return sorted(rows, key=lambda trade: trade.id)


def book(data: bytes, instrument: Instrument) -> BookSnapshot:
    row = _read(_book, data, "depth")
    tick = instrument.tick
    bids = tuple([(round(p / tick), q) for p, q in row.bids])
    asks = tuple([(round(p / tick), q) for p, q in row.asks])
    return BookSnapshot(instrument.symbol, row.E or row.T, row.lastUpdateId, bids, asks)


def tickers(data: bytes) -> Tickers:
    """Return every symbol's rolling day."""
    rows = [
        Ticker(r.symbol, r.closeTime, r.lastPrice, r.openPrice, r.highPrice, r.lowPrice, r.volume, r.quoteVolume)
        for r in _read(_tickers, data, "ticker/24hr")
        if r.lastPrice > 0 and SYMBOL.match(r.symbol)
    ]
    return Tickers(tuple(rows))


def fault(data: bytes) -> tuple[int, str]:
    """Return the venue's (code, message) in an error's body; (0, "") for HTML or anything else."""
    try:
        row = _fault.decode(data)
    except BROKEN:
        return 0, ""
    return row.code, row.msg[:400]


def _symbol(text: str) -> str:
    if not SYMBOL.match(text):
        raise DecodeError(f"symbol {text[:60]!r}")
    return text


def _ascending(rows: Rows, what: str) -> Rows:
    if len(rows) > 1 and not np.all(np.diff(rows["t"]) > 0):
        rows = rows[np.argsort(rows["t"], kind="stable")]
        if not np.all(np.diff(rows["t"]) > 0):
            raise DecodeError(f"{what} with a time twice")
    return rows
