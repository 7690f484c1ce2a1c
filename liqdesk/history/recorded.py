"""A recording that was opened by name: a file of any folder that this program wrote. It is read, and left as it is.

Law: nothing is written to the file or beside it. One of an earlier version is brought up to date in a copy of its own.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from liqdesk.errors import InputError, ProfileError
from liqdesk.formats import stated_version
from liqdesk.history import schema
from liqdesk.history.opening import connect
from liqdesk.history.schema import DamageError, LaterError

HEADER: Final = b"SQLite format 3\0"
FRAMES: Final = (b"\x1f\x8b", b"{", b"[")  # how recorded frames begin, packed or not


def attach(path: Path) -> tuple[sqlite3.Connection, str]:
    """Return a connection that reads a recording, and whose data it holds. Raises InputError with a sentence for what cannot be read."""
    _look(path)
    try:
        db = connect(_uri(path), uri=True)
        try:
            return _checked(db)
        except BaseException:
            db.close()
            raise
    except LaterError as e:
        raise _later(path, e.found) from e
    except ProfileError as e:
        raise InputError(f"{path}: {e}", f"{path} cannot be read. {e.user}") from e
    except schema.FAULTS as e:
        words = "is damaged and cannot be read" if schema.is_damage(e) else f"cannot be read ({e})"
        raise InputError(f"{path}: {e}", f"{path} {words}.") from e


def _look(path: Path) -> None:
    """Raise InputError for what is no recording at all."""
    try:
        with path.open("rb") as f:
            head = f.read(100)
    except FileNotFoundError as e:
        raise InputError(f"{path}: {e}", f"{path} does not exist.") from e
    except IsADirectoryError as e:
        raise InputError(f"{path}: {e}", f"{path} is a folder, not a recording.") from e
    except (OSError, ValueError) as e:
        raise InputError(f"{path}: {e}", f"{path} cannot be read.") from e
    marked = int.from_bytes(head[68:72], "big") == schema.APPLICATION
    if head[:16] == HEADER and (marked or _log(path).exists()):  # what is young stands in the log alone
        found = stated_version(path)
        if found > schema.VERSION:
            raise _later(path, found)
        return
    stamp = head.partition(b" ")[2][:1] if head[:9].isdigit() else head[:1]
    if head[:2] == FRAMES[0] or stamp in FRAMES:
        words = (
            f"{path} is not a recording with a map. If it holds frames: liqdesk exchange --frames {path} serves them."
        )
        raise InputError(f"{path} may hold frames", words)
    raise InputError(f"{path} is not ours", f"{path} is not a recording of liqdesk.")


def _later(path: Path, found: int) -> InputError:
    words = f"{path} was recorded by a later liqdesk (format {found}; this one knows 1 to {schema.VERSION}); update this one to open it."
    return InputError(f"{path}: version {found}", words)


def _log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _uri(path: Path) -> str:
    """Return how SQLite opens a file without leaving anything beside it: as one that nobody writes, unless somebody may be."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    log = _log(path)
    busy = log.exists() and log.stat().st_size > 0 and os.access(path.parent, os.W_OK)
    return uri if busy else f"{uri}&immutable=1"


def _checked(db: sqlite3.Connection) -> tuple[sqlite3.Connection, str]:
    row = db.execute("SELECT value FROM meta WHERE name = 'origin'").fetchone()
    if row is None or not isinstance(row[0], str):
        raise DamageError("it does not say whose data it holds")
    version = schema.verify(db, row[0])
    if version == schema.VERSION:
        db.execute("PRAGMA query_only = ON")
        return db, row[0]
    copy = connect("")  # a database of SQLite's own in a temporary file, which goes when it is closed
    try:
        db.backup(copy)
        schema.migrate(copy, version)
    except BaseException:
        copy.close()
        raise
    db.close()
    return copy, row[0]
