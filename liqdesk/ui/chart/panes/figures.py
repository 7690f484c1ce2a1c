"""The figures beneath the chart, from frames and candles: sums per candle, the cumulative delta, payments, the index. No Qt."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.insight.rsi import Averages, index_after, rsi
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqdesk.model.candles import CANDLE
from liqdesk.ui.chart.panes.course import Floats
from liqdesk.ui.chart.series import Series

Rows = NDArray[np.void]
HOLE_MS: Final = 10 * MINUTE_MS  # of open interest: the record has a sample every five minutes, and one may be missing


def per_candle(candles: Rows, minutes: tuple[Rows, ...]) -> tuple[Floats, Floats]:
    """Return the sums (long, short) of `minutes` (dtype MINUTE_USD) that start in each candle, float64 [n] each."""
    long, short = np.zeros(len(candles)), np.zeros(len(candles))
    if not len(candles):
        return long, short
    starts = candles["t"]
    ends = starts + candles["span"]
    for rows in minutes:
        first, last = np.searchsorted(rows["t"], (starts[0], ends[-1]))
        part = rows[first:last]
        at = np.searchsorted(starts, part["t"], side="right") - 1
        inside = part["t"] < ends[at]
        for name, out in (("long", long), ("short", short)):
            out += np.bincount(at[inside], weights=part[name][inside], minlength=len(candles))
    return long, short


def mean_price(candles: Rows) -> Floats:
    """Return (high + low + close) / 3: what a candle's volume is valued at, since the venue's stream gives no quote volume."""
    found: Floats = (candles["high"] + candles["low"] + candles["close"]) / 3.0
    return found


def delta(candles: Rows, coin: bool) -> Floats:
    """Return taker buys minus taker sells of each candle, in USD or base units."""
    net: Floats = 2.0 * candles["taker_buy"] - candles["volume"]
    return net if coin else net * mean_price(candles)


def turnover(candles: Rows, coin: bool) -> tuple[Floats, Floats]:
    """Return (volume, taker buys) of each candle, in USD or base units."""
    price = 1.0 if coin else mean_price(candles)
    return candles["volume"] * price, candles["taker_buy"] * price


def open_interest(rows: Rows, candles: Rows, coin: bool) -> Floats:
    """Return open interest of samples (dtype INTEREST); what nobody valued is valued at the close of the candle it falls into, NaN where
    there is none."""
    if coin:
        return rows["contracts"].astype(np.float64)
    usd = rows["usd"].copy()
    blank = np.flatnonzero(np.isnan(usd))
    if blank.size and len(candles):
        at = np.searchsorted(candles["t"], rows["t"][blank], side="right") - 1
        held = (at >= 0) & (rows["t"][blank] < candles["t"][at] + candles["span"][at])
        usd[blank[held]] = rows["contracts"][blank[held]] * candles["close"][at[held]]
    return usd


def broken(t: Floats, y: Floats, hole_ms: float) -> tuple[Floats, Floats]:
    """Return samples with a NaN where two of them are further apart than `hole_ms`."""
    wide = np.flatnonzero(np.diff(t) > hole_ms) + 1
    if not wide.size:
        return t, y
    return np.insert(t, wide, t[wide - 1] + 1), np.insert(y, wide, math.nan)


def thinned(t: Floats, y: Floats, t0: float, ms_per_px: float) -> tuple[Floats, Floats]:
    """Return samples in at most four points a pixel column: first, least, largest and last, so that no spike is lost."""
    column = np.floor((t - t0) / ms_per_px)
    edges = np.flatnonzero(np.diff(column)) + 1
    starts = np.concatenate([[0], edges])
    if len(t) <= 2 * len(starts):
        return t, y
    ends = np.append(edges, len(t))
    which = np.repeat(np.arange(len(starts)), ends - starts)
    order = np.lexsort((y, which))
    kept = np.unique(np.concatenate([starts, order[starts], order[ends - 1], ends - 1]))
    return t[kept], y[kept]


def payments(history: tuple[tuple[int, float], ...], hours: int) -> tuple[Floats, Floats, Floats]:
    """Return (start, end, rate) of the intervals that were settled: each rate holds from the payment before, over at most a day."""
    at = np.array([t for t, _ in history], np.float64)
    rates = np.array([rate for _, rate in history], np.float64)
    if not at.size:
        return at, at, rates
    usual = float(hours * HOUR_MS)
    start = np.concatenate([[at[0] - usual], at[:-1]])
    return np.where(at - start > DAY_MS, at - usual, start), at, rates


class Day:
    """What traded in the last 24 h of venue time, in the finest candles; those that are over are fetched once a minute."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._key: tuple[object, ...] = ()
        self._rows: Rows = np.zeros(0, CANDLE)

    def rows(self, venue_ms: int) -> Rows:
        """Return the candles that started within the last 24 h, one-minute ones where there are."""
        book, minute = self._series.book, venue_ms // MINUTE_MS * MINUTE_MS
        key = (minute, self._series.revision)
        if key != self._key:
            self._key = key
            first = -(-(venue_ms - DAY_MS) // MINUTE_MS) * MINUTE_MS
            found = book.series(MINUTE_MS, first, minute)
            self._rows = found[found["t"] >= first]
        last = int(self._rows["t"][-1] + self._rows["span"][-1]) if len(self._rows) else minute
        now = book.bars(MINUTE_MS, max(last, minute), venue_ms + 1)
        tail = np.zeros(len(now), CANDLE)
        for name in now.dtype.names or ():
            tail[name] = now[name]
        tail["span"] = MINUTE_MS
        return np.concatenate([self._rows, tail])

    def covers(self, venue_ms: int) -> bool:
        """Whether candles reach back over the whole day."""
        rows = self.rows(venue_ms)
        return len(rows) > 0 and int(rows["t"][0]) <= venue_ms - DAY_MS + 15 * MINUTE_MS


class Index:
    """The relative strength index of every candle there is of one length; closed candles are computed once."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._key: tuple[object, ...] = ()
        self._after: Averages = (math.nan, math.nan)
        self._close = math.nan
        self.t: Floats = np.zeros(0)
        self.values: Floats = np.zeros(0)

    def take(self, interval_ms: int, candles: Rows) -> None:
        """Bring `t` (starts) and `values` up to the newest close; `candles` are those in view, which hold it more often than not."""
        book = self._series.book
        newest = book.newest_ms
        if newest < 0:
            self._key, self.t, self.values = (), np.zeros(0), np.zeros(0)
            return
        start = newest // interval_ms * interval_ms
        key = (interval_ms, start, self._series.revision)
        if key != self._key:
            self._key = key
            self._closed(book.series(interval_ms, 0, start), interval_ms)
        tail = candles[-1:]
        if not len(tail) or tail["t"][0] != start:
            tail = book.series(interval_ms, start, start + interval_ms)
        now = math.nan
        if len(tail) and tail["span"][-1] == interval_ms and len(self.t) > 1 and self.t[-2] == start - interval_ms:
            now = index_after(self._after, float(tail["close"][-1]) - self._close)
        if len(self.t):
            self.values = np.append(self.values[:-1], now)

    def _closed(self, rows: Rows, interval_ms: int) -> None:
        rows = rows[rows["span"] == interval_ms]
        t, values = rows["t"].astype(np.float64), np.full(len(rows), math.nan)
        edges = np.flatnonzero(np.diff(t) != interval_ms) + 1
        self._after, self._close = (math.nan, math.nan), math.nan
        for run in np.split(np.arange(len(rows)), edges):
            if run.size:
                values[run], self._after = rsi(rows["close"][run].astype(np.float64))
                self._close = float(rows["close"][run[-1]])
        start = float(self._key[1])  # type: ignore[arg-type]
        self.t, self.values = np.append(t, start), np.append(values, math.nan)
