"""Reading ranges from a connection. All ranges are half open, [t0, t1), and all results ascend in time."""

from __future__ import annotations

import math
import sqlite3
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.history.blobs import MINUTE_BITS, key_of, mark_rows, minute_of, volume_rows
from liqdesk.history.door import LATEST_MS, is_symbol
from liqdesk.history.records import EVERY_SYMBOL, MARK, VOLUME, Extent, Gap, Part
from liqdesk.history.schema import EVERY
from liqdesk.market import MINUTE_MS, ForcedOrder, Side
from liqdesk.market.rows import BAR, FUNDING, INTEREST

Rows = NDArray[np.void]
GAIN: Final = np.dtype([("t", np.int64), ("long", np.float64), ("short", np.float64)])


def symbol_id(db: sqlite3.Connection, symbol: str) -> int:
    """Return the number of a symbol in this file, −1 where it has none."""
    if not is_symbol(symbol):
        return -1
    found = db.execute("SELECT id FROM symbol WHERE name = ?", (symbol,)).fetchone()
    return -1 if found is None else int(found[0])


def _array(cursor: sqlite3.Cursor, dtype: np.dtype[Any]) -> Rows:
    return np.fromiter(cursor, dtype)


def _within(t0: int, t1: int) -> tuple[int, int]:
    return max(int(t0), 0), min(int(t1), LATEST_MS)


def bars(db: sqlite3.Connection, symbol: str, span_ms: int, mark: bool, t0: int, t1: int) -> Rows:
    cursor = db.execute(
        "SELECT t, open, high, low, close, volume, taker_buy FROM bar "
        "WHERE symbol = ? AND span = ? AND mark = ? AND t >= ? AND t < ? ORDER BY t",
        (symbol_id(db, symbol), int(span_ms), int(mark), *_within(t0, t1)),
    )
    return _array(cursor, BAR)


def interest(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> Rows:
    cursor = db.execute(
        "SELECT t, contracts, usd FROM interest WHERE symbol = ? AND t >= ? AND t < ? ORDER BY t",
        (symbol_id(db, symbol), *_within(t0, t1)),
    )
    rows = [(t, contracts, math.nan if usd is None else usd) for t, contracts, usd in cursor]
    return np.array(rows, INTEREST)


def funding(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> Rows:
    cursor = db.execute(
        "SELECT t, rate FROM funding WHERE symbol = ? AND t >= ? AND t < ? ORDER BY t",
        (symbol_id(db, symbol), *_within(t0, t1)),
    )
    return _array(cursor, FUNDING)


def gains(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> Rows:
    cursor = db.execute(
        "SELECT t, long, short FROM gain WHERE symbol = ? AND t >= ? AND t < ? ORDER BY t",
        (symbol_id(db, symbol), *_within(t0, t1)),
    )
    return _array(cursor, GAIN)


def _minutes(db: sqlite3.Connection, table: str, symbol: str, t0: int, t1: int) -> list[tuple[int, bytes]]:
    number = symbol_id(db, symbol)
    if number < 0 or t1 <= t0:
        return []
    first, last = key_of(number, t0 // MINUTE_MS), key_of(number, (t1 - 1) // MINUTE_MS)
    cursor = db.execute(f"SELECT key, rows FROM {table} WHERE key BETWEEN ? AND ? ORDER BY key", (first, last))
    return [(minute_of(key), blob) for key, blob in cursor]


def marks(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> Rows:
    t0, t1 = _within(t0, t1)
    parts = [mark_rows(minute, blob) for minute, blob in _minutes(db, "mark", symbol, t0, t1)]
    rows = np.concatenate(parts) if parts else np.empty(0, MARK)
    return rows[(rows["t"] >= t0) & (rows["t"] < t1)]


def volume_at_price(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> Rows:
    t0, t1 = _within(t0, t1)
    parts = [volume_rows(minute, blob) for minute, blob in _minutes(db, "volume", symbol, t0, t1)]
    rows = np.concatenate(parts) if parts else np.empty(0, VOLUME)
    return rows[rows["t"] >= t0]


def forced(db: sqlite3.Connection, symbol: str | None, t0: int, t1: int) -> list[ForcedOrder]:
    wanted, values = ("", ()) if symbol is None else ("symbol = ? AND ", (symbol_id(db, symbol),))
    cursor = db.execute(
        "SELECT name, side, t, event, price, limit_price, quantity FROM forced JOIN symbol ON symbol.id = forced.symbol "
        f"WHERE {wanted} t >= ? AND t < ? ORDER BY t, name",
        (*values, *_within(t0, t1)),
    )
    return [
        ForcedOrder(name, Side(side), t, event, price, limit, q) for name, side, t, event, price, limit, q in cursor
    ]


def gaps(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> list[Gap]:
    t0, t1 = _within(t0, t1)
    cursor = db.execute(
        "SELECT name, stream, from_ms, to_ms, reason FROM gap JOIN symbol ON symbol.id = gap.symbol "
        "WHERE symbol IN (?, ?) AND to_ms > ? AND from_ms < ? ORDER BY from_ms, stream",
        (symbol_id(db, symbol), EVERY, t0, t1),
    )
    return [Gap(*row) for row in cursor]


def listened(db: sqlite3.Connection, symbol: str, stream: str, t0: int, t1: int) -> list[tuple[int, int]]:
    """Return over which stretches that reach into the range a stream was listened to, for this symbol or for all."""
    t0, t1 = _within(t0, t1)
    cursor = db.execute(
        "SELECT from_ms, to_ms FROM covered WHERE symbol IN (?, ?) AND stream = ? AND to_ms > ? AND from_ms < ? ORDER BY from_ms",
        (symbol_id(db, symbol), EVERY, stream, t0, t1),
    )
    return cursor.fetchall()


def unfinished(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> list[Part]:
    t0, t1 = _within(t0, t1)
    number = symbol_id(db, symbol)
    if number < 0 or t1 <= t0:
        return []
    cursor = db.execute(
        "SELECT key, first_id, last_id, rows FROM unfinished WHERE key BETWEEN ? AND ? ORDER BY key, first_id",
        (key_of(number, t0 // MINUTE_MS), key_of(number, (t1 - 1) // MINUTE_MS)),
    )
    return [
        Part(minute_of(k) * MINUTE_MS, first, last, volume_rows(minute_of(k), blob)) for k, first, last, blob in cursor
    ]


def spans(db: sqlite3.Connection, symbol: str, mark: bool) -> list[int]:
    """Return the spans of the bars there are, in ms."""
    number, found, span = symbol_id(db, symbol), [], -1
    # One step in the primary key for each span, however many bars there are.
    while (row := db.execute("SELECT min(span) FROM bar WHERE symbol = ? AND span > ?", (number, span)).fetchone())[0]:
        span = int(row[0])
        found.append(span)
    held = "SELECT 1 FROM bar WHERE symbol = ? AND span = ? AND mark = ? LIMIT 1"
    return [s for s in found if db.execute(held, (number, s, int(mark))).fetchone() is not None]


def extent(db: sqlite3.Connection, symbol: str) -> tuple[Extent, ...]:
    cursor = db.execute(
        "SELECT span, mark, min(t), max(t), count(*) FROM bar WHERE symbol = ? GROUP BY span, mark ORDER BY span, mark",
        (symbol_id(db, symbol),),
    )
    return tuple(Extent(span, bool(mark), first, last, count) for span, mark, first, last, count in cursor)


def symbols(db: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(
        name for (name,) in db.execute("SELECT name FROM symbol WHERE name != ? ORDER BY name", (EVERY_SYMBOL,))
    )


def minute_span(db: sqlite3.Connection, table: str) -> tuple[int, int] | None:
    """Return the oldest and the newest minute that any symbol has in a table of minutes; None when it is empty."""
    found: list[tuple[int, int]] = []
    for (number,) in db.execute("SELECT id FROM symbol").fetchall():
        low, high = number << MINUTE_BITS, (number + 1) << MINUTE_BITS
        first, last = db.execute(
            f"SELECT min(key), max(key) FROM {table} WHERE key >= ? AND key < ?", (low, high)
        ).fetchone()
        if first is not None:
            found.append((minute_of(first), minute_of(last)))
    return (min(a for a, _ in found), max(b for _, b in found)) if found else None
