"""The tables, their version, and the steps that bring an older file up to it.

Minutes of marks and of volume are blobs under one whole-number key, symbol << 32 | minute since 1970: measured on a day of one mark
a second, half the bytes of single rows and a twelfth of the time to read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from liqdesk.errors import ProfileError
from liqdesk.formats import HISTORY

APPLICATION: Final = 0x6C697164  # "liqd"
VERSION: Final = HISTORY
EVERY: Final = 0  # the number of "*", which stands for all symbols

TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE symbol (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE forced (
    symbol INTEGER NOT NULL, t INTEGER NOT NULL, side INTEGER NOT NULL, quantity REAL NOT NULL, limit_price REAL NOT NULL,
    event INTEGER NOT NULL, price REAL NOT NULL,
    PRIMARY KEY (symbol, t, side, quantity, limit_price)
) WITHOUT ROWID;
CREATE INDEX forced_by_time ON forced (t);
CREATE TABLE mark (key INTEGER PRIMARY KEY, rows BLOB NOT NULL);
CREATE TABLE volume (key INTEGER PRIMARY KEY, rows BLOB NOT NULL);
CREATE TABLE bar (
    symbol INTEGER NOT NULL, span INTEGER NOT NULL, mark INTEGER NOT NULL, t INTEGER NOT NULL,
    open REAL NOT NULL, high REAL NOT NULL, low REAL NOT NULL, close REAL NOT NULL, volume REAL NOT NULL, taker_buy REAL NOT NULL,
    PRIMARY KEY (symbol, span, mark, t)
) WITHOUT ROWID;
CREATE TABLE interest (
    symbol INTEGER NOT NULL, t INTEGER NOT NULL, contracts REAL NOT NULL, usd REAL, PRIMARY KEY (symbol, t)
) WITHOUT ROWID;
CREATE TABLE gain (
    symbol INTEGER NOT NULL, t INTEGER NOT NULL, long REAL NOT NULL, short REAL NOT NULL, PRIMARY KEY (symbol, t)
) WITHOUT ROWID;
CREATE TABLE funding (
    symbol INTEGER NOT NULL, t INTEGER NOT NULL, rate REAL NOT NULL, PRIMARY KEY (symbol, t)
) WITHOUT ROWID;
CREATE TABLE gap (
    symbol INTEGER NOT NULL, from_ms INTEGER NOT NULL, stream TEXT NOT NULL, to_ms INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (symbol, from_ms, stream)
) WITHOUT ROWID;
"""

SINCE_2: Final = """
CREATE TABLE covered (
    symbol INTEGER NOT NULL, stream TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL,
    PRIMARY KEY (symbol, stream, from_ms)
) WITHOUT ROWID;
CREATE TABLE unfinished (
    key INTEGER NOT NULL, first_id INTEGER NOT NULL, last_id INTEGER NOT NULL, rows BLOB NOT NULL, PRIMARY KEY (key, first_id)
) WITHOUT ROWID;
INSERT INTO symbol VALUES (0, '*');
"""

# What was said and what came. A row is written once: nothing changes it or takes it away.
SINCE_3: Final = """
CREATE TABLE record (
    symbol INTEGER NOT NULL, kind TEXT NOT NULL, t INTEGER NOT NULL, model INTEGER NOT NULL, body BLOB NOT NULL,
    UNIQUE (symbol, kind, t, model)
);
"""


def _run(db: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        if statement.strip():
            db.execute(statement)


def _covered(db: sqlite3.Connection) -> None:
    _run(db, SINCE_2)


def _recorded(db: sqlite3.Connection) -> None:
    _run(db, SINCE_3)


# MIGRATIONS[n] turns a file of version n into version n + 1, inside one transaction.
MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _covered, 2: _recorded}

# Each table of rows, its first column, and the version that it came with.
ROW_TABLES: Final = (
    ("forced", "symbol", 1),
    ("bar", "symbol", 1),
    ("interest", "symbol", 1),
    ("gain", "symbol", 1),
    ("funding", "symbol", 1),
    ("gap", "symbol", 1),
    ("mark", "key", 1),
    ("volume", "key", 1),
    ("covered", "symbol", 2),
    ("unfinished", "key", 2),
    ("record", "symbol", 3),
)
NEW_PAGES: Final = 2  # a file that is ours, but was never written to, has no more
CHECKED_WHOLE: Final = 32 * 1024 * 1024


class DamageError(Exception):
    """The file is not a history that can be read."""


class LaterError(Exception):
    """The file was written by a later version of the program; `found` is its version."""

    def __init__(self, found: int) -> None:
        super().__init__(f"version {found}")
        self.found = found


class OlderError(Exception):
    """The file waits to be brought up to date by a writer."""


# What a statement raises over a damaged file; the last one where SQLite's own message holds bytes of it.
FAULTS: Final = (sqlite3.DatabaseError, DamageError, UnicodeDecodeError)


def is_damage(error: BaseException) -> bool:
    if isinstance(error, DamageError | UnicodeDecodeError | sqlite3.IntegrityError) or str(error).startswith(
        "Could not decode to UTF-8"
    ):
        return True
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def create(db: sqlite3.Connection, origin: str) -> None:
    """Make the tables of an empty file, all or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        _run(db, TABLES + SINCE_2 + SINCE_3)
        db.execute("INSERT INTO meta VALUES ('origin', ?), ('version', ?)", (origin, str(VERSION)))
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        rollback(db)
        raise


def rollback(db: sqlite3.Connection) -> None:
    """End a failed transaction; a full disk may have ended it already."""
    if db.in_transaction:
        db.execute("ROLLBACK")


def is_empty(db: sqlite3.Connection) -> bool:
    """Return whether a file is new. Raises DamageError for one that has pages, but has lost the list of its tables."""
    tables, pages = db.execute(
        "SELECT (SELECT count(*) FROM sqlite_schema), (SELECT page_count FROM pragma_page_count)"
    ).fetchone()
    if not tables and pages > NEW_PAGES:
        raise DamageError(f"no tables in {pages} pages")
    return not tables


def verify(db: sqlite3.Connection, origin: str) -> int:
    """Return the version of the file behind `db`.

    Raises DamageError for a file that is not whole or not ours, LaterError for one of a later version, ProfileError for one that holds
    the data of another origin. A file of up to 32 MB is checked page by page, a larger one at both ends of each table.
    """
    try:
        if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
            raise DamageError("the file is another program's")
        meta = dict(db.execute("SELECT name, value FROM meta"))
        version, held = int(meta["version"]), meta["origin"]
        if version < 1 or not isinstance(held, str):
            raise DamageError(f"its version is {version}, its origin {held!r}")
        if version > VERSION:
            raise LaterError(version)
        pages, size = (db.execute(f"PRAGMA {p}").fetchone()[0] for p in ("page_count", "page_size"))
        if pages * size <= CHECKED_WHOLE:
            words = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if words != "ok":
                raise DamageError(str(words))
        for table, key in [(name, first) for name, first, since in ROW_TABLES if since <= version]:
            db.execute(f"SELECT * FROM {table} ORDER BY {key} LIMIT 1").fetchone()  # nosec B608  # a table of our own; values are bound
            db.execute(f"SELECT * FROM {table} ORDER BY {key} DESC LIMIT 1").fetchone()  # nosec B608  # a table of our own; values are bound
    except (KeyError, ValueError, TypeError) as e:
        raise DamageError(f"its description is incomplete: {e}") from e
    except sqlite3.Error as e:
        if is_damage(e) or getattr(e, "sqlite_errorname", "") == "SQLITE_ERROR":
            raise DamageError(str(e)) from e
        raise
    if held != origin:
        raise ProfileError(
            f"the history holds {held}, not {origin}",
            f"The history file holds data of “{held}” and cannot take data of “{origin}”; name another --profile.",
        )
    return version


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Bring a file of an older version up to `VERSION`, all or nothing; its header states the version too, for who looks at no more."""
    if version == VERSION and db.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for step in range(version, VERSION):
            MIGRATIONS[step](db)
        db.execute("UPDATE meta SET value = ? WHERE name = 'version'", (str(VERSION),))
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        rollback(db)
        raise
