"""The history of one origin: rows go in by `add_…` and reach the file once a second; ranges come out ascending."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from liqdesk.errors import ProfileError
from liqdesk.history import door, opening, retention, schema
from liqdesk.history.blobs import volume_blob
from liqdesk.history.fold import Fold
from liqdesk.history.lock import Lock, LockTakenError
from liqdesk.history.pending import Pending, Row
from liqdesk.history.reading import Reading
from liqdesk.history.records import Trimmed
from liqdesk.history.schema import DamageError, VersionError
from liqdesk.market import MINUTE_MS, ForcedOrder, Funding

log = logging.getLogger(__name__)

GENUINE: Final = "binance"
EVERY_NS: Final = 1_000_000_000
LONGEST_WAIT_NS: Final = 30_000_000_000
WRITE_AT: Final = 20_000
KEEP: Final = 200_000
MEGABYTE: Final = 1_000_000

Rows = NDArray[np.void]


class History(Reading):
    """One file, or nothing where there is none to read. Belongs to one thread at a time.

    `read_only` says that what is added is not kept, and `notices` why, in sentences that stay true until they are gone. Rows that
    are not finite, negative or of no known time are turned away and counted in `rejected`.
    """

    def __init__(self, path: Path, origin: str) -> None:
        super().__init__(opening.nothing(origin))
        self.path = path
        self.origin = origin
        self.read_only = True
        self.rejected = 0
        self._attached = False
        self._lock: Lock | None = None
        self._said: list[str] = []
        self._trouble = ""
        self._next_ns = 0
        self._wait_ns = EVERY_NS
        self._pending = Pending(KEEP)
        self._folds: dict[str, Fold] = {}

    # -- opening and closing -----------------------------------------------------------------------------------------

    @classmethod
    def open(cls, path: Path, lock_path: Path, *, origin: str = GENUINE, read_only: bool = False) -> History:
        """Open the history at `path`, as its writer unless told or bound not to be.

        It becomes read-only, with a notice, when another process holds the lock, the folder cannot be written or the file is of a
        later version. A damaged file is set aside by a writer. Raises ProfileError when the file holds data of another origin.
        """
        history = cls(path, origin)
        try:
            if not read_only and history._take_lock(lock_path):
                history._open_writer()
            if history.read_only:
                history._open_reader()
        except BaseException:
            history.close()
            raise
        return history

    def _take_lock(self, lock_path: Path) -> bool:
        try:
            self._lock = Lock(lock_path, self.path)
        except LockTakenError:
            self._said.append("Another liqdesk window is recording into this profile; this one only reads it.")
        except OSError as e:
            self._said.append(f"The profile folder cannot be written ({e.strerror}); nothing is recorded.")
        return self._lock is not None

    def _open_writer(self) -> None:
        try:
            self._attach()
        except (VersionError, OSError) as e:
            log.warning("the history cannot be written: %s", e)
            words = (
                "was written by a later liqdesk" if isinstance(e, VersionError) else "is damaged and cannot be moved"
            )
            self._said.append(f"The history file {words}; nothing is recorded.")
            return
        except sqlite3.OperationalError as e:
            if _is_forbidden(e):
                self._said.append(f"The history file cannot be written ({e}); nothing is recorded.")
                return
            self._fail(e)
        self.read_only = False

    def _open_reader(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        if not self.path.exists():
            return
        try:
            db, notice = opening.reader(self.path, self.origin)
        except (DamageError, VersionError, sqlite3.OperationalError) as e:
            log.warning("the history cannot be read: %s", e)
            self._said.append(f"The history file cannot be read ({e}).")
            return
        self._use(db)
        if notice:
            self._said.append(notice)

    def _attach(self) -> None:
        try:
            db = opening.writer(self.path, self.origin)
        except DamageError as e:
            log.warning("the history is damaged: %s", e)
            self._said.append(opening.put_aside(self.path))
            db = opening.writer(self.path, self.origin)
        self._use(db)
        self._attached = True
        self._pending.moved()

    def _use(self, db: sqlite3.Connection) -> None:
        self._db.close()
        self._db = db

    def close(self) -> None:
        """Write what waits, close the file and give the lock back; safe to call twice."""
        if self._lock is not None and not self.read_only and self._pending.size and not self._write():
            log.warning("%d rows could not be written to the history: %s", self._pending.size, self._trouble)
        self.read_only = True
        self._db.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def notices(self) -> tuple[str, ...]:
        return (*self._said, self._trouble) if self._trouble else tuple(self._said)

    @property
    def notice(self) -> str:
        """Return all notices as one text, empty when there is nothing to say."""
        return " ".join(self.notices)

    @property
    def waiting(self) -> int:
        """Return how many rows are not in the file yet."""
        return self._pending.size

    # -- adding ------------------------------------------------------------------------------------------------------

    def _admit(self, good: bool, count: int = 1) -> bool:
        if self.read_only:
            return False
        if not good:
            self.rejected += count
        return good

    def _put(self, kind: str, symbol: str, rows: Sequence[Row]) -> None:
        self._pending.put(kind, symbol, rows)
        self._spill()

    def _spill(self) -> None:
        if self._trouble:
            self._pending.bound()
        elif self._pending.size >= WRITE_AT:
            self._write()

    def add_forced(self, order: ForcedOrder) -> None:
        """Keep a printed liquidation of any symbol; the same one twice is kept once."""
        if self._admit(door.is_forced(order)):
            row = (order.time_ms, int(order.side), order.quantity, order.limit_price, order.event_ms, order.price)
            self._put("forced", order.symbol, [row])

    def add_marks(self, symbol: str, rows: Iterable[tuple[int, float]]) -> None:
        """Keep mark prices as (venue ms, quote units)."""
        for t_ms, mark in rows:
            if self._admit(door.is_symbol(symbol) and door.is_time(t_ms) and door.is_amount(mark, zero=False)):
                minute, offset = divmod(int(t_ms), MINUTE_MS)
                self._pending.put_mark(symbol, minute, offset, float(mark))
        self._spill()

    def add_volume_at_price(
        self, symbol: str, minute_ms: int, bins: NDArray[np.integer], quantity: NDArray[np.floating]
    ) -> None:
        """Keep a minute's base quantity per 5 bp bin of ln price; it replaces what was known of that minute.

        bins, quantity: one-dimensional, equally long. Raises ValueError for other shapes.
        """
        if bins.shape != quantity.shape or bins.ndim != 1:
            raise ValueError(
                f"bins {bins.shape} and quantity {quantity.shape} must be one-dimensional and equally long"
            )
        good = np.isfinite(quantity) & (quantity > 0) & (np.abs(bins) < 1 << 31)
        known = door.is_symbol(symbol) and door.is_time(minute_ms) and minute_ms % MINUTE_MS == 0
        if self._admit(bool(known), bins.size) and good.any():
            self.rejected += int((~good).sum())
            self._put("volume", symbol, [(int(minute_ms) // MINUTE_MS, volume_blob(bins[good], quantity[good]))])

    def add_bars(self, symbol: str, span_ms: int, mark: bool, rows: Rows) -> None:
        """Keep candles of dtype `market.rows.BAR`, of trades or of the mark; they replace bars of the same start."""
        good = door.good_bars(rows)
        if self._admit(door.is_symbol(symbol) and span_ms > 0, rows.size):
            self.rejected += rows.size - good.size
            self._put("bar", symbol, [(int(span_ms), int(mark), *row) for row in good.tolist()])

    def add_trades(self, symbol: str, rows: Rows) -> None:
        """Fold trades of dtype `market.rows.TRADE`, by rising id, into minute bars and volume at price; single trades are not kept.

        They may come in parts of any size. A fold never replaces a bar of more volume: parts of a minute are no candle.
        """
        good = door.good_trades(rows)
        if not self._admit(door.is_symbol(symbol), rows.size):
            return
        self.rejected += rows.size - good.size
        folded = list(self._folds.setdefault(symbol, Fold()).minutes(good))
        self._pending.put("volume", symbol, [(int(f.bar[0]) // MINUTE_MS, f.volume) for f in folded])
        self._put("folded", symbol, [(MINUTE_MS, 0, *f.bar) for f in folded])

    def add_open_interest(self, symbol: str, rows: Rows) -> None:
        """Keep samples of dtype `market.rows.INTEREST`; a later one of the same time replaces the contracts, and the USD if it has any."""
        good = door.good_interest(rows)
        if self._admit(door.is_symbol(symbol), rows.size):
            self.rejected += rows.size - good.size
            known = [(t, contracts, usd if door.is_amount(usd) else None) for t, contracts, usd in good.tolist()]
            self._put("interest", symbol, known)

    def add_gain(self, symbol: str, time_ms: int, long: float, short: float) -> None:
        """Keep the gains (printed share of swept basis, per side) in force from a time on."""
        if self._admit(
            door.is_symbol(symbol) and door.is_time(time_ms) and door.is_amount(long) and door.is_amount(short)
        ):
            self._put("gain", symbol, [(time_ms, float(long), float(short))])

    def add_funding(self, rows: Iterable[Funding]) -> None:
        """Keep settled payments of any symbols."""
        for row in rows:
            if self._admit(door.is_symbol(row.symbol) and door.is_time(row.time_ms) and bool(np.isfinite(row.rate))):
                self._put("funding", row.symbol, [(row.time_ms, float(row.rate))])

    def add_gap(self, symbol: str, stream: str, from_ms: int, to_ms: int, reason: str) -> None:
        """Keep that a stream gave nothing over [from_ms, to_ms); a gap of the same start is prolonged."""
        times = door.is_time(from_ms) and door.is_time(to_ms) and from_ms < to_ms
        texts = (
            door.is_symbol(symbol)
            and door.is_text(stream, door.LONGEST_TEXT)
            and door.is_text(reason, door.LONGEST_TEXT)
        )
        if self._admit(times and texts):
            self._put("gap", symbol, [(int(from_ms), stream, int(to_ms), reason)])

    # -- writing -----------------------------------------------------------------------------------------------------

    def flush(self, now_ns: int) -> None:
        """Write what waits if a second has passed since the last time; `now_ns` is a wall reading. Never raises for a disk that will
        not take it: the rows wait, `notices` says so, and it is tried again after 1 s, 2 s, … 30 s."""
        if self.read_only or now_ns < self._next_ns or not self._pending.size:
            return
        self._wait_ns = EVERY_NS if self._write() else min(self._wait_ns * 2, LONGEST_WAIT_NS)
        self._next_ns = now_ns + self._wait_ns

    def commit(self) -> None:
        """Write everything now. Raises ProfileError when that is not possible."""
        if self.read_only:
            raise ProfileError(f"{self.path} is read-only", self.notice or "The history is open for reading only.")
        if not self._write():
            raise ProfileError(f"{self.path}: {self._trouble}", self._trouble)

    def _write(self) -> bool:
        try:
            try:
                self._write_once()
            except sqlite3.DatabaseError as e:
                if not schema.is_damage(e):
                    raise
                self._replace(e)
                self._write_once()
        except (sqlite3.OperationalError, OSError, ProfileError, VersionError) as e:
            self._fail(e)
            return False
        if self._trouble:
            log.info("the history can be written again")
        self._trouble = ""
        return True

    def _write_once(self) -> None:
        if not self._attached:
            self._attach()
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._pending.write(self._db)
            self._db.execute("COMMIT")
        except BaseException:
            self._pending.failed()
            schema.rollback(self._db)
            raise
        self._pending.written()

    def _fail(self, error: Exception) -> None:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
            words = "The disk is full: what comes is kept in memory and written when there is room."
        else:
            words = f"The history cannot be written now ({error}); what comes is kept in memory and tried again."
        if not self._trouble:
            log.warning("the history cannot be written: %s", error)
        self._trouble = words
        self._pending.bound()

    def _replace(self, error: sqlite3.Error) -> None:
        """Set a file aside that proved damaged while in use, and begin a new one."""
        log.warning("the history is damaged: %s", error)
        self._attached = False
        self._use(opening.nothing(self.origin))
        self._said.append(opening.put_aside(self.path))
        self._attach()

    # -- what the readers stand on, and the size ---------------------------------------------------------------------

    def _ready(self) -> sqlite3.Connection:
        if not self.read_only and self._pending.size and not self._trouble:
            self._write()
        return self._db

    def _broken(self, error: sqlite3.Error) -> ProfileError:
        if self.read_only:
            return ProfileError(f"{self.path}: {error}", f"The history file {self.path.name} is damaged.")
        self._replace(error)
        return ProfileError(f"{self.path}: {error}", self._said[-1])

    @property
    def size_bytes(self) -> int:
        """Return what the file takes on disk, with what SQLite keeps beside it."""
        names = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(os.stat(name).st_size for name in names if name.exists())

    def trim(self, limit_mb: int, days: int, now_ms: int) -> Trimmed:
        """Hold the file to its limits (`retention`); `now_ms` is venue time. Does nothing in a read-only history, or on a full disk."""
        if self.read_only or self._trouble or not self._attached or now_ms <= 0:
            return Trimmed(size_bytes=self.size_bytes)
        try:
            trimmed = retention.trim(self._ready(), limit_mb * MEGABYTE, days, now_ms)
        except sqlite3.DatabaseError as e:
            if schema.is_damage(e):
                self._replace(e)
            else:
                self._fail(e)
            return Trimmed(size_bytes=self.size_bytes)
        if trimmed.sentence:
            log.info("%s", trimmed.sentence)
        return trimmed


def _is_forbidden(error: sqlite3.Error) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"))
