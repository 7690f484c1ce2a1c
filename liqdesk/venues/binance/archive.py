"""Files of Binance's public archive (data.binance.vision, USDⓈ-M futures), read to columns.

A zip of one CSV, or the CSV itself. What a file holds is told by its path and name, then by its header; klines and mark
klines carry the SAME file name and differ in their folder alone. Old files have no header; times are checked for
milliseconds or microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import BinaryIO, Final

import msgspec
import numpy as np

from liqdesk.errors import InputError
from liqdesk.market import DAY_MS
from liqdesk.market.rows import BAR, FUNDING, INTEREST, TRADE
from liqdesk.venues.binance.archive_csv import Rows, Table, chunks, instants, numbers, whole
from liqdesk.venues.binance.codec import SPANS_MS
from liqdesk.venues.binance.streams import SYMBOL

NAME: Final = re.compile(r"(?P<symbol>[^-/]+)-(?P<what>aggTrades|metrics|fundingRate|\d+(?:s|m|h|d|w|mo|M))(?:-|\.|$)")
COLUMNS: Final = {
    "klines": "open_time open high low close volume close_time quote_volume count taker_buy_volume",
    "aggTrades": "agg_trade_id price quantity first_trade_id last_trade_id transact_time is_buyer_maker",
    "metrics": "create_time symbol sum_open_interest sum_open_interest_value",
    "fundingRate": "calc_time funding_interval_hours last_funding_rate",
}
UNUSED: Final = {
    "indexPriceKlines": "index prices",
    "premiumIndexKlines": "premium indices",
    "trades": "single trades (take aggTrades)",
    "bookDepth": "order book bands",
    "bookTicker": "best quotes",
    "liquidationSnapshot": "liquidation snapshots",
}
INTEREST_SPAN_MS: Final = 300_000


class ArchiveKlines(msgspec.Struct, frozen=True):
    """Bars of `market.rows.BAR`, ascending. `span_ms` of a monthly bar is 30 days by name only."""

    symbol: str
    span_ms: int
    mark: bool
    rows: Rows


class ArchiveOpenInterest(msgspec.Struct, frozen=True):
    """Samples of `market.rows.INTEREST`, ascending, on the 5 min grid."""

    symbol: str
    rows: Rows


class ArchiveTrades(msgspec.Struct, frozen=True):
    """Aggregated trades of `market.rows.TRADE`, by rising id."""

    symbol: str
    rows: Rows


class ArchiveFunding(msgspec.Struct, frozen=True):
    """Settled payments of `market.rows.FUNDING`, ascending."""

    symbol: str
    rows: Rows


ArchiveFile = ArchiveKlines | ArchiveOpenInterest | ArchiveTrades | ArchiveFunding


def parse(name: str, data: bytes | BinaryIO) -> ArchiveFile:
    """Read a whole file. `name` is its path, of which folders and file name count. Raises InputError with a sentence
    that names it.
    """
    parts = list(batches(name, data))
    first = parts[0]
    if len(parts) == 1:
        return first
    return msgspec.structs.replace(first, rows=_ordered(np.concatenate([p.rows for p in parts]), _key(first)))


def batches(name: str, data: bytes | BinaryIO) -> Iterator[ArchiveFile]:
    """Yield a file in parts of some 4 MB of text: a month of aggregated trades does not fit memory comfortably.

    Raises InputError, possibly after some parts, for a file that is not of the archive, is broken, or unpacks to absurd
    sizes.
    """
    what = symbol = ""
    mark: bool | None = None
    for table in chunks(name, data):
        if not what:
            what, symbol = _recognise(name, table)
        if what == "aggTrades":
            yield ArchiveTrades(symbol, _trades(table))
        elif what == "metrics":
            yield ArchiveOpenInterest(symbol, _interest(table, symbol))
        elif what == "fundingRate":
            yield ArchiveFunding(symbol, _funding(table))
        else:
            rows = _bars(table)
            if mark is None:
                mark = _is_mark(name, rows)
            yield ArchiveKlines(symbol, _span_ms(table.name, what), mark, rows)


def _recognise(name: str, table: Table) -> tuple[str, str]:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    for part in parts[:-1]:
        if part in UNUSED:
            raise InputError(f"{name}: {part}", f"“{table.name}” holds {UNUSED[part]}, which liqdesk does not use.")
    found = NAME.match(parts[-1] if parts else "") or NAME.match(table.member)
    for other in UNUSED:
        if f"-{other}-" in table.name:
            raise InputError(f"{name}: {other}", f"“{table.name}” holds {UNUSED[other]}, which liqdesk does not use.")
    if found is None or not SYMBOL.match(found["symbol"]):
        raise InputError(
            f"{name}: name not of the archive",
            f"“{table.name}” is not named like a file of Binance's archive, such as BTCUSDT-15m-2026-01.zip.",
        )
    what = found["what"]
    header = table.header
    if header is not None:
        for kind, columns in COLUMNS.items():
            if columns.split()[0] in header and (kind == what or (kind == "klines" and what not in COLUMNS)):
                return what, found["symbol"]
        raise InputError(f"{name}: header {header[:6]}", f"The columns of “{table.name}” do not fit its name.")
    return what, found["symbol"]


def _span_ms(name: str, interval: str) -> int:
    if interval in ("1mo", "1M"):
        return 30 * DAY_MS
    span = 1000 if interval == "1s" else SPANS_MS.get(interval)
    if span is None:
        raise InputError(f"{name}: interval {interval}", f"“{name}” has bars of an unknown width, {interval}.")
    return span


def _is_mark(name: str, rows: Rows) -> bool:
    """Tell mark klines from klines: by folder, else by volumes, which are all zero in mark klines."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if "markPriceKlines" in parts:
        return True
    if "klines" in parts:
        return False
    return not bool(np.any(rows["volume"]))


def _bars(table: Table) -> Rows:
    names = COLUMNS["klines"].split()
    values = numbers(table, names)
    rows = np.empty(len(values), dtype=BAR)
    rows["t"] = instants(table, values[:, 0])
    for column, target in ((1, "open"), (2, "high"), (3, "low"), (4, "close"), (5, "volume"), (9, "taker_buy")):
        rows[target] = values[:, column]
    body_low = np.minimum(rows["open"], rows["close"])
    body_high = np.maximum(rows["open"], rows["close"])
    good = (rows["low"] > 0) & (rows["low"] <= body_low) & (rows["high"] >= body_high) & (rows["volume"] >= 0)
    if not np.all(good & (rows["taker_buy"] >= 0)):
        raise _broken(table, int(np.argmin(good)), "prices or volumes that cannot be")
    return _ordered(rows, "t")


def _trades(table: Table) -> Rows:
    values = numbers(table, COLUMNS["aggTrades"].split())
    rows = np.empty(len(values), dtype=TRADE)
    rows["id"] = whole(values[:, 0])
    rows["t"] = instants(table, values[:, 5])
    rows["price"] = values[:, 1]
    rows["quantity"] = values[:, 2]
    rows["taker_buys"] = values[:, 6] == 0
    good = (
        (rows["id"] >= 0) & (rows["price"] > 0) & (rows["quantity"] >= 0) & ((values[:, 6] == 0) | (values[:, 6] == 1))
    )
    if not np.all(good):
        raise _broken(table, int(np.argmin(good)), "a price, quantity or id that cannot be")
    return _ordered(rows, "id")


def _funding(table: Table) -> Rows:
    values = numbers(table, COLUMNS["fundingRate"].split())
    rows = np.empty(len(values), dtype=FUNDING)
    rows["t"] = instants(table, values[:, 0])
    rows["rate"] = values[:, 2]
    return _ordered(rows, "t")


def _interest(table: Table, symbol: str) -> Rows:
    """Read open interest. Rows are not in order, some stamps are a second or two off the grid, ratio columns may be
    empty.
    """
    columns = table.columns(COLUMNS["metrics"].split())
    rows: list[tuple[int, float, float]] = []
    for number, line in enumerate(table.lines()):
        fields = line.split(",")
        try:
            stamp, own, contracts, usd = (fields[c] for c in columns)
            if own != symbol:
                raise ValueError(f"symbol {own[:30]!r}")
            t = int(datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp() * 1000)
            size = float(contracts) if contracts else 0.0
            value = float(usd) if usd else 0.0
        except (IndexError, ValueError, OverflowError) as e:
            raise _broken(table, number, "what is no open interest of its symbol", f"{e!s:.200}") from e
        if not (np.isfinite(size) and np.isfinite(value) and size >= 0 and value >= 0):
            raise _broken(table, number, "open interest that cannot be")
        t = (t + INTEREST_SPAN_MS // 2) // INTEREST_SPAN_MS * INTEREST_SPAN_MS
        if size > 0:
            rows.append((t, size, value if value > 0 else np.nan))
    made = np.array(rows, dtype=INTEREST)
    instants(table, made["t"].astype(np.float64))
    return _ordered(made, "t")


def _key(part: ArchiveFile) -> str:
    return "id" if isinstance(part, ArchiveTrades) else "t"


def _ordered(rows: Rows, key: str) -> Rows:
    """Return rows by rising key; of rows with the same key the last one in the file stands."""
    if len(rows) < 2 or bool(np.all(np.diff(rows[key]) > 0)):
        return rows
    rows = rows[np.argsort(rows[key], kind="stable")]
    last: Rows = rows[np.append(rows[key][1:] != rows[key][:-1], True)]
    return last


def _broken(table: Table, row: int, why: str, detail: str = "") -> InputError:
    number = table.first + row + 1
    log = f"{table.name}: row {number}: {detail or why}"
    return InputError(log, f"“{table.name}” is broken: row {number} has {why}.")
