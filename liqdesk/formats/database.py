"""The version of a history, read without a trace: SQLite's own way to open a file leaves some even of a look.

Its mark is the user version in the header (https://www.sqlite.org/fileformat2.html, 1.3). The newest header may still stand in the
write-ahead log (4), where the program that wrote it was killed. Files of before the mark say it in a table alone.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import BinaryIO, Final

HISTORY: Final = 0x6C697164  # the application's id, "liqd"
HEADER: Final = 100
MAGIC: Final = b"SQLite format 3\0"
USER_VERSION: Final = slice(60, 64)
APPLICATION: Final = slice(68, 72)
LOG_MAGIC: Final = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
LOG_HEADER: Final = 32
FRAME_HEADER: Final = 24


def marker_of(path: Path) -> int:
    """Return the version that a history's header states, 0 where it states none, or where there is no history that can be read."""
    try:
        with path.open("rb") as file:
            found = _version(file.read(HEADER))
    except OSError:
        return 0
    try:
        with path.with_name(path.name + "-wal").open("rb") as log:
            newest = _newest_header(log)
    except OSError:
        return found
    return _version(newest) if newest else found


def stated_version(path: Path) -> int:
    """Return the version that a history states anywhere, 0 where it states none: no lock is taken, and no log or index is made."""
    found = marker_of(path)
    if not path.is_file():
        return found
    import sqlite3  # not before a first paint that has no history to ask

    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with (
        contextlib.suppress(sqlite3.Error, ValueError, KeyError, TypeError),  # damage is for whoever opens it to say
        contextlib.closing(sqlite3.connect(uri, uri=True)) as db,
    ):
        if db.execute("PRAGMA application_id").fetchone()[0] == HISTORY:
            found = max(found, int(dict(db.execute("SELECT name, value FROM meta"))["version"]))
    return found


def _version(header: bytes) -> int:
    if len(header) < HEADER or not header.startswith(MAGIC):
        return 0
    if int.from_bytes(header[APPLICATION]) != HISTORY:
        return 0
    return int.from_bytes(header[USER_VERSION])


def _newest_header(log: BinaryIO) -> bytes:
    """Return the newest header that was committed to a log, nothing where there is none."""
    head = log.read(LOG_HEADER)
    if len(head) < LOG_HEADER or head[:4] not in LOG_MAGIC:
        return b""
    size = int.from_bytes(head[8:12])
    if size < 512 or size > 65_536:
        return b""
    salts = head[16:24]
    written = committed = b""
    while len(frame := log.read(FRAME_HEADER)) == FRAME_HEADER and frame[8:16] == salts:
        if int.from_bytes(frame[:4]) == 1:
            written = log.read(HEADER)
            log.seek(size - len(written), 1)
        else:
            log.seek(size, 1)
        if int.from_bytes(frame[4:8]):
            committed = written
    return committed
