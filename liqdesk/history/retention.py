"""Keeping the file within its limit. Marks a second apart older than the days to keep go by age. Beyond the size limit the oldest
days of marks and volume at price go first, then one-minute bars, then forced orders older than the days to keep. Younger forced
orders, coarser bars, open interest and funding stay."""

from __future__ import annotations

import sqlite3
from typing import Final

from liqdesk.history import schema
from liqdesk.history.blobs import key_of
from liqdesk.history.reads import minute_span
from liqdesk.history.records import FORCED, Trimmed
from liqdesk.history.schema import DamageError
from liqdesk.market import DAY_MS, MINUTE_MS

# Little at a time: whoever records waits meanwhile, and what comes then is to be in the file within a second. Measured on marks and
# volume of one symbol: 40 ms a day, and 20 ms for a thousand pages.
DAYS_PER_CALL: Final = 3
PAGES_PER_CALL: Final = 5_000
DAY_MINUTES: Final = DAY_MS // MINUTE_MS


def used_bytes(db: sqlite3.Connection) -> int:
    """Return the bytes of pages that hold something."""
    pages, free, size = (db.execute(f"PRAGMA {p}").fetchone()[0] for p in ("page_count", "freelist_count", "page_size"))
    return int((pages - free) * size)


def _drop_minutes(db: sqlite3.Connection, table: str, before: int) -> int:
    taken = 0
    for (number,) in db.execute("SELECT id FROM symbol").fetchall():
        span = (key_of(number, 0), key_of(number, before))
        taken += db.execute(f"DELETE FROM {table} WHERE key >= ? AND key < ?", span).rowcount  # nosec B608  # a table of our own; values are bound
    return taken


def _day_after(oldest: int, unit: int) -> int:
    return (oldest // unit + 1) * unit


class _Trim:
    def __init__(self, db: sqlite3.Connection, limit_bytes: int, cutoff_ms: int) -> None:
        self._db, self._limit, self._cutoff_ms = db, limit_bytes, cutoff_ms
        self._steps = DAYS_PER_CALL
        self.marks = self.volumes = self.bars = self.forced = 0

    def run(self) -> None:
        self._drop_aged()
        for step in (self._minute_day, self._bar_day, self._forced_day):
            while self._over() and self._steps > 0 and step():
                self._steps -= 1

    def _drop_aged(self) -> None:
        span = minute_span(self._db, "mark")
        cutoff = self._cutoff_ms // MINUTE_MS
        if span is None or span[0] >= cutoff:
            return
        before = min(cutoff, _day_after(span[0], DAY_MINUTES) + (DAYS_PER_CALL - 1) * DAY_MINUTES)
        self._steps -= -(-(before - span[0]) // DAY_MINUTES)
        if before < cutoff:
            self._steps = 0
        self.marks += _drop_minutes(self._db, "mark", before)

    def _over(self) -> bool:
        return used_bytes(self._db) > self._limit

    def _minute_day(self) -> bool:
        spans = [s for table in ("mark", "volume") if (s := minute_span(self._db, table)) is not None]
        if not spans:
            return False
        before = _day_after(min(first for first, _ in spans), DAY_MINUTES)
        self.marks += _drop_minutes(self._db, "mark", before)
        self.volumes += _drop_minutes(self._db, "volume", before)
        _drop_minutes(self._db, "unfinished", before)
        return True

    def _bar_day(self) -> bool:
        # By symbol, so that each look-up is one step in the primary key.
        oldest = [
            t
            for (number,) in self._db.execute("SELECT id FROM symbol").fetchall()
            for mark in (0, 1)
            for (t,) in self._db.execute(
                "SELECT min(t) FROM bar WHERE symbol = ? AND span = ? AND mark = ?", (number, MINUTE_MS, mark)
            )
            if t is not None
        ]
        if not oldest:
            return False
        before = _day_after(min(oldest), DAY_MS)
        self.bars += self._db.execute("DELETE FROM bar WHERE span = ? AND t < ?", (MINUTE_MS, before)).rowcount
        return True

    def _forced_day(self) -> bool:
        oldest = self._db.execute("SELECT min(t) FROM forced").fetchone()[0]
        if oldest is None or oldest >= self._cutoff_ms:
            return False
        before = min(_day_after(oldest, DAY_MS), self._cutoff_ms)
        self.forced += self._db.execute("DELETE FROM forced WHERE t < ?", (before,)).rowcount
        # Where orders were deleted, their absence says nothing any more.
        self._db.execute("DELETE FROM covered WHERE stream = ? AND to_ms <= ?", (FORCED, before))
        self._db.execute(
            "UPDATE OR REPLACE covered SET from_ms = ? WHERE stream = ? AND from_ms < ?", (before, FORCED, before)
        )
        return True


def trim(db: sqlite3.Connection, limit_bytes: int, days: int, now_ms: int) -> Trimmed:
    """Delete what the limits say, at most three days a call, and give the pages back to the disk.

    Raises sqlite3.OperationalError where the file cannot be written; nothing is then deleted.
    """
    work = _Trim(db, limit_bytes, now_ms - days * DAY_MS)
    db.execute("BEGIN IMMEDIATE")
    try:
        work.run()
        db.execute("COMMIT")
    except BaseException as e:
        schema.rollback(db)
        if isinstance(e, TypeError):  # SQLite keeps any type in any column
            raise DamageError(f"a time that is no number: {e}") from e
        raise
    if work.marks or work.volumes or work.bars or work.forced:
        # A script, since `execute` steps this statement once, and each step frees one page.
        db.executescript(f"PRAGMA incremental_vacuum({PAGES_PER_CALL});")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    left = used_bytes(db)
    more = work._steps <= 0
    over = left > limit_bytes and not more
    return Trimmed(work.marks, work.volumes, work.bars, work.forced, left, over, more)
