"""Ways to a connection: as the writer, as a reader of a file that someone else may be writing, or of nothing at all."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from liqdesk.errors import NewerError
from liqdesk.formats import stated_version
from liqdesk.history import schema
from liqdesk.history.schema import DamageError, LaterError, OlderError
from liqdesk.paths import set_aside

log = logging.getLogger(__name__)

BUSY_S: Final = 2.0


def connect(target: str, *, uri: bool = False) -> sqlite3.Connection:
    # Transactions are spelled out. A connection has one owner at a time, but may be closed by the thread that joined it.
    return sqlite3.connect(target, timeout=BUSY_S, isolation_level=None, check_same_thread=False, uri=uri)


def nothing(origin: str) -> sqlite3.Connection:
    """Return an empty history in memory."""
    db = connect(":memory:")
    schema.create(db, origin)
    return db


def refuse_newer(path: Path) -> None:
    """Raise NewerError for a file of a later version."""
    found = stated_version(path)
    if found > schema.VERSION:
        raise NewerError(path, found, schema.VERSION)


def writer(path: Path, origin: str) -> sqlite3.Connection:
    """Open or create a file for writing, brought up to date.

    Raises DamageError, NewerError, ProfileError (another origin), or sqlite3.OperationalError where it cannot be written.
    """
    refuse_newer(path)
    db = connect(str(path))
    try:
        if schema.is_empty(db):
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")
            db.execute("PRAGMA journal_mode = WAL")
            schema.create(db, origin)
        version = schema.verify(db, origin)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA temp_store = MEMORY")
        began = time.monotonic()
        schema.migrate(db, version)
        if version < schema.VERSION:
            words = "%s is brought from version %d to %d, in %.1f s"
            log.info(words, path.name, version, schema.VERSION, time.monotonic() - began)
        # A file that can be read but not written says so only to a statement that would write.
        db.execute("DELETE FROM meta WHERE 0")
    except BaseException as e:
        db.close()
        told = _told(e, path)
        if told is e:
            raise
        raise told from e
    return db


def _told(error: BaseException, path: Path) -> BaseException:
    """Return what an error over a file is for whoever wanted it open."""
    if isinstance(error, LaterError):
        return NewerError(path, error.found, schema.VERSION)
    if isinstance(error, schema.FAULTS) and schema.is_damage(error):
        return DamageError(str(error))
    return error


def reader(path: Path, origin: str) -> tuple[sqlite3.Connection, str]:
    """Open a file for reading alone; return the connection and a notice, empty when the view is complete.

    Raises DamageError, NewerError, OlderError where a writer could help, ProfileError, or sqlite3.OperationalError. A file whose
    folder cannot be written, so that SQLite cannot follow another process's writes, is read as it stands.
    """
    refuse_newer(path)
    uri = path.absolute().as_uri()
    try:
        return _checked(path, f"{uri}?mode=ro", origin), ""
    except sqlite3.OperationalError:
        if not os.access(path, os.R_OK):
            raise
    db = _checked(path, f"{uri}?mode=ro&immutable=1", origin)
    rest = path.with_name(path.name + "-wal")
    late = rest.exists() and rest.stat().st_size > 0
    return db, "The newest rows of the history cannot be read from a folder that cannot be written." if late else ""


def _checked(path: Path, uri: str, origin: str) -> sqlite3.Connection:
    db = connect(uri, uri=True)
    try:
        if schema.is_empty(db):
            db.close()
            return nothing(origin)
        version = schema.verify(db, origin)
        if version < schema.VERSION:
            raise OlderError(f"version {version} is older and was not brought up to date yet")
        db.execute("PRAGMA query_only = ON")
    except BaseException as e:
        db.close()
        told = _told(e, path)
        if told is e:
            raise
        raise told from e
    return db


def put_aside(path: Path) -> str:
    """Rename a damaged file, with what SQLite keeps beside it, and return the sentence that says so. Raises OSError."""
    broken = set_aside(path)
    for end in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.rename(path.with_name(path.name + end), broken.with_name(broken.name + end))
    return f"The history file was damaged; it is kept as {broken.name}, and a new one was begun."
