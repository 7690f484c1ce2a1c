"""Reading ranges from a connection. All ranges are half open, [t0, t1), and all results ascend in time."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.history.blobs import MINUTE_BITS, key_of, mark_rows, minute_of, volume_rows
from liqdesk.history.door import LATEST_MS, good_bars, good_interest, is_forced, is_symbol
from liqdesk.history.records import EVERY_SYMBOL, MARK, PRINT, VOLUME, Extent, Gap, Part, Record
from liqdesk.history.schema import EVERY, DamageError
from liqdesk.market import MINUTE_MS, ForcedOrder, Side
from liqdesk.market.rows import BAR, FUNDING, INTEREST

Rows = NDArray[np.void]
GAIN: Final = np.dtype([("t", np.int64), ("long", np.float64), ("short", np.float64)])


def symbol_id(db: sqlite3.Connection, symbol: str) -> int:
    """Return the number of a symbol in this file, −1 where it has none."""
    if not is_symbol(symbol):
        return -1
    found = db.execute("SELECT id FROM symbol WHERE name = ?", (symbol,)).fetchone()
    return -1 if found is None else _typed(found, int)[0]


def _array(cursor: Iterable[tuple[Any, ...]], dtype: np.dtype[Any]) -> Rows:
    """Return rows whose numbers are finite. Raises DamageError for what is no number; SQLite keeps any type in any column."""
    try:
        rows = np.fromiter(cursor, dtype)
    except (TypeError, ValueError, OverflowError) as e:
        raise DamageError(f"a row that is no {dtype}: {e}") from e
    good = np.ones(rows.size, bool)
    for name in dtype.names or ():
        good &= np.isfinite(rows[name]) if name != "usd" else True
    return rows if good.all() else rows[good]


def _typed(row: tuple[Any, ...], *kinds: type) -> tuple[Any, ...]:
    """Return a row. Raises DamageError where it is not of these types."""
    if not all(isinstance(value, kind) for value, kind in zip(row, kinds, strict=True)):
        raise DamageError(f"a row of other types: {row!r:.200}")
    return row


def _within(t0: int, t1: int) -> tuple[int, int]:
    return max(int(t0), 0), min(int(t1), LATEST_MS)


def bars(db: sqlite3.Connection, symbol: str, span_ms: int, mark: bool, t0: int, t1: int) -> Rows:
    cursor = db.execute(
        "SELECT t, open, high, low, close, volume, taker_buy FROM bar "
        "WHERE symbol = ? AND span = ? AND mark = ? AND t >= ? AND t < ? ORDER BY t",
        (symbol_id(db, symbol), int(span_ms), int(mark), *_within(t0, t1)),
    )
    return good_bars(_array(cursor, BAR))


def interest(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> Rows:
    cursor = db.execute(
        "SELECT t, contracts, usd FROM interest WHERE symbol = ? AND t >= ? AND t < ? ORDER BY t",
        (symbol_id(db, symbol), *_within(t0, t1)),
    )
    rows = ((t, contracts, math.nan if usd is None else usd) for t, contracts, usd in cursor)
    return good_interest(_array(rows, INTEREST))


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
    statement = f"SELECT key, rows FROM {table} WHERE key BETWEEN ? AND ? ORDER BY key"  # nosec B608  # a table of our own; values are bound
    cursor = db.execute(statement, (first, last))
    return [(minute_of(key), blob) for key, blob in cursor]


def marks(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> Rows:
    t0, t1 = _within(t0, t1)
    parts = [mark_rows(minute, blob) for minute, blob in _minutes(db, "mark", symbol, t0, t1)]
    rows = np.concatenate(parts) if parts else np.empty(0, MARK)
    good: NDArray[np.bool_] = (rows["t"] >= t0) & (rows["t"] < t1) & np.isfinite(rows["mark"]) & (rows["mark"] > 0)
    return rows[good]


def mark_minutes(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> NDArray[np.int64]:
    t0, t1 = _within(t0, t1)
    number = symbol_id(db, symbol)
    if number < 0 or t1 <= t0:
        return np.empty(0, np.int64)
    keys = key_of(number, t0 // MINUTE_MS), key_of(number, (t1 - 1) // MINUTE_MS)
    cursor = db.execute("SELECT key FROM mark WHERE key BETWEEN ? AND ? ORDER BY key", keys)
    return np.array([minute_of(key) * MINUTE_MS for (key,) in cursor], np.int64)


def volume_at_price(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> Rows:
    t0, t1 = _within(t0, t1)
    parts = [volume_rows(minute, blob) for minute, blob in _minutes(db, "volume", symbol, t0, t1)]
    rows = np.concatenate(parts) if parts else np.empty(0, VOLUME)
    good: NDArray[np.bool_] = (rows["t"] >= t0) & np.isfinite(rows["quantity"]) & (rows["quantity"] > 0)
    return rows[good]


def forced(db: sqlite3.Connection, symbol: str | None, t0: int, t1: int) -> list[ForcedOrder]:
    wanted, values = ("", ()) if symbol is None else ("symbol = ? AND ", (symbol_id(db, symbol),))
    cursor = db.execute(
        "SELECT name, side, t, event, price, limit_price, quantity FROM forced JOIN symbol ON symbol.id = forced.symbol "  # nosec B608  # one of two texts above
        f"WHERE {wanted} t >= ? AND t < ? ORDER BY t, name",
        (*values, *_within(t0, t1)),
    )
    found = [_typed(row, str, int, int, int, float, float, float) for row in cursor]
    orders = [ForcedOrder(name, _side(side), *rest) for name, side, *rest in found]
    return [order for order in orders if is_forced(order)]


def prints(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> Rows:
    cursor = db.execute(
        "SELECT t, price * quantity, side FROM forced WHERE symbol = ? AND t >= ? AND t < ? AND side IN (0, 1) "
        "AND price > 0 AND quantity > 0 ORDER BY t",
        (symbol_id(db, symbol), *_within(t0, t1)),
    )
    return _array(cursor, PRINT)


def _side(number: int) -> Side:
    try:
        return Side(number)
    except ValueError as e:
        raise DamageError(f"side {number} of a forced order") from e


def gaps(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> list[Gap]:
    t0, t1 = _within(t0, t1)
    cursor = db.execute(
        "SELECT name, stream, from_ms, to_ms, reason FROM gap JOIN symbol ON symbol.id = gap.symbol "
        "WHERE symbol IN (?, ?) AND to_ms > ? AND from_ms < ? ORDER BY from_ms, stream",
        (symbol_id(db, symbol), EVERY, t0, t1),
    )
    return [Gap(*_typed(row, str, str, int, int, str)) for row in cursor]


def listened(db: sqlite3.Connection, symbol: str, stream: str, t0: int, t1: int) -> list[tuple[int, int]]:
    """Return over which stretches that reach into the range a stream was listened to, for this symbol or for all."""
    t0, t1 = _within(t0, t1)
    cursor = db.execute(
        "SELECT from_ms, to_ms FROM covered WHERE symbol IN (?, ?) AND stream = ? AND to_ms > ? AND from_ms < ? ORDER BY from_ms",
        (symbol_id(db, symbol), EVERY, stream, t0, t1),
    )
    return [(first, last) for first, last in (_typed(row, int, int) for row in cursor)]


def unfinished(db: sqlite3.Connection, symbol: str, t0: int, t1: int) -> list[Part]:
    t0, t1 = _within(t0, t1)
    number = symbol_id(db, symbol)
    if number < 0 or t1 <= t0:
        return []
    cursor = db.execute(
        "SELECT key, first_id, last_id, rows FROM unfinished WHERE key BETWEEN ? AND ? ORDER BY key, first_id",
        (key_of(number, t0 // MINUTE_MS), key_of(number, (t1 - 1) // MINUTE_MS)),
    )
    rows = [_typed(row, int, int, int, bytes) for row in cursor]
    return [
        Part(minute_of(k) * MINUTE_MS, first, last, volume_rows(minute_of(k), blob)) for k, first, last, blob in rows
    ]


def records(db: sqlite3.Connection, symbol: str, kind: str, t0: int, t1: int) -> list[Record]:
    cursor = db.execute(
        "SELECT t, model, body FROM record WHERE symbol = ? AND kind = ? AND t >= ? AND t < ? ORDER BY t, model",
        (symbol_id(db, symbol), kind, *_within(t0, t1)),
    )
    return [Record(*_typed(row, int, int, bytes)) for row in cursor]


def spans(db: sqlite3.Connection, symbol: str, mark: bool) -> list[int]:
    """Return the spans of the bars there are, in ms."""
    number, found, span = symbol_id(db, symbol), [], -1
    # One step in the primary key for each span, however many bars there are.
    while (row := db.execute("SELECT min(span) FROM bar WHERE symbol = ? AND span > ?", (number, span)).fetchone())[0]:
        span = _typed(row, int)[0]
        found.append(span)
    held = "SELECT 1 FROM bar WHERE symbol = ? AND span = ? AND mark = ? LIMIT 1"
    return [s for s in found if db.execute(held, (number, s, int(mark))).fetchone() is not None]


def extent(db: sqlite3.Connection, symbol: str) -> tuple[Extent, ...]:
    cursor = db.execute(
        "SELECT span, mark, min(t), max(t), count(*) FROM bar WHERE symbol = ? GROUP BY span, mark ORDER BY span, mark",
        (symbol_id(db, symbol),),
    )
    rows = [_typed(row, int, int, int, int, int) for row in cursor]
    return tuple(Extent(span, bool(mark), first, last, count) for span, mark, first, last, count in rows)


def symbols(db: sqlite3.Connection) -> tuple[str, ...]:
    rows = db.execute("SELECT name FROM symbol WHERE name != ? ORDER BY name", (EVERY_SYMBOL,))
    return tuple(_typed(row, str)[0] for row in rows)


def mapped(db: sqlite3.Connection) -> tuple[str, ...]:
    """Return the symbols of which there is what a map is computed from: candles and open interest."""
    rows = db.execute(
        "SELECT name FROM symbol WHERE EXISTS (SELECT 1 FROM bar WHERE bar.symbol = symbol.id AND mark = 0) "
        "AND EXISTS (SELECT 1 FROM interest WHERE interest.symbol = symbol.id) ORDER BY name"
    )
    return tuple(_typed(row, str)[0] for row in rows)


def minute_span(db: sqlite3.Connection, table: str) -> tuple[int, int] | None:
    """Return the oldest and the newest minute that any symbol has in a table of minutes; None when it is empty."""
    found: list[tuple[int, int]] = []
    for (number,) in db.execute("SELECT id FROM symbol").fetchall():
        low, high = number << MINUTE_BITS, (number + 1) << MINUTE_BITS
        first, last = db.execute(
            f"SELECT min(key), max(key) FROM {table} WHERE key >= ? AND key < ?",  # nosec B608  # a table of our own; values are bound
            (low, high),
        ).fetchone()
        if first is not None:
            found.append((minute_of(first), minute_of(last)))
    return (min(a for a, _ in found), max(b for _, b in found)) if found else None
