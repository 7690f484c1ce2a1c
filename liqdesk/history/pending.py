"""What waits to be written, in the order it is written, and let go in the opposite order of worth when it may not grow further."""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

from liqdesk.history.blobs import key_of, marks_blob, marks_of_blob
from liqdesk.history.records import FORCED
from liqdesk.history.schema import EVERY, DamageError

log = logging.getLogger(__name__)

Row = tuple[Any, ...]

LET_GO: Final = "the disk took nothing for so long that memory ran out"

_BAR: Final = "INSERT INTO bar VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET open = excluded.open, \
high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume, taker_buy = excluded.taker_buy"

# By rising worth: the first are let go first. The first column of every row is the symbol, or the key made of it.
STATEMENTS: Final = {
    "unfinished": "INSERT OR REPLACE INTO unfinished VALUES (?, ?, ?, ?)",
    "finished": "DELETE FROM unfinished WHERE key = ?",
    "volume": "INSERT OR REPLACE INTO volume VALUES (?, ?)",
    "folded": f"{_BAR} WHERE excluded.volume >= volume",  # part of a minute's trades never replaces the whole bar
    "bar": _BAR,
    "interest": "INSERT INTO interest VALUES (?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET contracts = excluded.contracts, usd = coalesce(excluded.usd, usd)",
    "gain": "INSERT OR REPLACE INTO gain VALUES (?, ?, ?, ?)",
    "funding": "INSERT OR REPLACE INTO funding VALUES (?, ?, ?)",
    "record": "INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?, ?)",
    "forced": "INSERT OR IGNORE INTO forced VALUES (?, ?, ?, ?, ?, ?, ?)",
    # A stretch that another one reaches up to prolongs it.
    "covered": "INSERT INTO covered VALUES (?1, ?2, coalesce((SELECT from_ms FROM covered WHERE symbol = ?1 AND stream = ?2 "
    "AND from_ms <= ?3 AND to_ms >= ?3 ORDER BY from_ms DESC LIMIT 1), ?3), ?4) "
    "ON CONFLICT DO UPDATE SET to_ms = max(to_ms, excluded.to_ms)",
    "filled": "DELETE FROM gap WHERE symbol = ? AND stream = ? AND from_ms >= ? AND to_ms <= ?",
    "gap": "INSERT INTO gap VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET to_ms = max(to_ms, excluded.to_ms), reason = excluded.reason",
}


class _MarkMinute:
    """The marks of one minute. `merged` says that what the file held of it is inside."""

    __slots__ = ("dirty", "merged", "rows")

    def __init__(self) -> None:
        self.rows: dict[int, float] = {}
        self.dirty = True
        self.merged = False


class Pending:
    """Rows and mark minutes that are not in the file yet. `limit` bounds the rows; mark minutes count as one each."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.let_go = 0
        self.done: Counter[str] = Counter()  # rows that reached the file, by kind
        self._doing: Counter[str] = Counter()
        self._marks = 0
        self._batches: dict[str, deque[tuple[str, Sequence[Row]]]] = {kind: deque() for kind in STATEMENTS}
        self._rows = 0
        self._minutes: dict[tuple[str, int], _MarkMinute] = {}
        self._ids: dict[str, int] = {}
        self._lost: tuple[int, int] | None = None  # the stretch of forced orders that were let go

    @property
    def size(self) -> int:
        return self._rows + sum(m.dirty for m in self._minutes.values())

    def put(self, kind: str, symbol: str, rows: Sequence[Row]) -> None:
        """Take rows of one kind, in the order of the table's columns but without the symbol."""
        if rows:
            self._batches[kind].append((symbol, rows))
            self._rows += len(rows)

    def put_mark(self, symbol: str, minute: int, offset: int, mark: float) -> None:
        held = self._minutes.setdefault((symbol, minute), _MarkMinute())
        held.rows[offset] = mark
        held.dirty = True
        self._marks += 1

    def bound(self) -> None:
        """Let go of the least worthy rows until no more than `limit` are left."""
        excess = self.size - self.limit
        if excess <= 0:
            return
        before = self.let_go
        while self.size > self.limit and len(self._minutes) > 1:
            self.let_go += len(self._minutes.pop(min(self._minutes, key=lambda k: k[1])).rows)
        for kind, batches in self._batches.items():
            while batches and self.size > self.limit:
                symbol, rows = batches.popleft()
                keep = rows[min(len(rows), self.size - self.limit) :]
                self._rows -= len(rows) - len(keep)
                self.let_go += len(rows) - len(keep)
                if kind == "forced":
                    self._note_lost(rows[: len(rows) - len(keep)])
                if keep:
                    batches.appendleft((symbol, keep))
        if not before:
            log.warning("the history's queue is full: its oldest rows are let go")

    def _note_lost(self, rows: Sequence[Row]) -> None:
        times = [int(row[0]) for row in rows]
        first, last = self._lost or (times[0], times[0])
        self._lost = min(first, *times), max(last, *times)

    # -- writing, inside a transaction -------------------------------------------------------------------------------

    def write(self, db: sqlite3.Connection) -> None:
        """Write everything; the caller begins, and then commits and calls `written`, or rolls back and calls `failed`."""
        self._doing.clear()
        for kind, batches in self._batches.items():
            for symbol, rows in batches:
                number = self._id(db, symbol)
                self._doing[kind] += db.executemany(STATEMENTS[kind], _keyed(kind, number, rows)).rowcount
        if self._lost is not None:
            first, last = self._lost
            db.execute(STATEMENTS["gap"], (EVERY, first, FORCED, last + 1, LET_GO))
        for (symbol, minute), held in self._minutes.items():
            if not held.dirty:
                continue
            key = key_of(self._id(db, symbol), minute)
            if not held.merged:
                found = db.execute("SELECT rows FROM mark WHERE key = ?", (key,)).fetchone()
                if found is not None:
                    held.rows = marks_of_blob(found[0]) | held.rows
                held.merged = True
            db.execute("INSERT OR REPLACE INTO mark VALUES (?, ?)", (key, marks_blob(held.rows)))

    def written(self) -> None:
        """Forget what is in the file now; the newest minute of marks of each symbol is kept, since it goes on."""
        for batches in self._batches.values():
            batches.clear()
        self._rows = 0
        self._lost = None
        self.done.update(self._doing)
        self.done["mark"] += self._marks
        self._doing.clear()
        self._marks = 0
        newest: dict[str, int] = {}
        for symbol, minute in self._minutes:
            newest[symbol] = max(minute, newest.get(symbol, 0))
        self._minutes = {k: m for k, m in self._minutes.items() if newest[k[0]] == k[1]}
        for held in self._minutes.values():
            held.dirty = False

    def failed(self) -> None:
        """Forget what a rolled-back transaction, or another file, knew of symbols."""
        self._ids.clear()

    def moved(self) -> None:
        """Prepare for another file: what this one held is to be merged and numbered anew."""
        self._ids.clear()
        for held in self._minutes.values():
            held.merged = False

    def _id(self, db: sqlite3.Connection, symbol: str) -> int:
        number = self._ids.get(symbol)
        if number is None:
            db.execute("INSERT OR IGNORE INTO symbol (name) VALUES (?)", (symbol,))
            found = db.execute("SELECT id FROM symbol WHERE name = ?", (symbol,)).fetchone()
            if found is None or not isinstance(found[0], int):
                raise DamageError(f"the number of {symbol!r} is {found!r}")
            number = found[0]
            self._ids[symbol] = number
        return number


def _keyed(kind: str, number: int, rows: Sequence[Row]) -> Iterator[Row]:
    if kind in ("volume", "unfinished", "finished"):
        return ((key_of(number, row[0]), *row[1:]) for row in rows)
    return ((number, *row) for row in rows)
