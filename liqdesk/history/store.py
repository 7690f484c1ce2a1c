"""The history of one origin: rows go in by `add_…` and reach the file within a second; ranges come out ascending."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from liqdesk.errors import ProfileError
from liqdesk.history import opening, recorded, retention, schema
from liqdesk.history.adding import Adding
from liqdesk.history.lock import Lock, LockTakenError
from liqdesk.history.reading import Reading
from liqdesk.history.records import Trimmed
from liqdesk.history.schema import DamageError, OlderError

log = logging.getLogger(__name__)

GENUINE: Final = "binance"
EVERY_NS: Final = 500_000_000  # twice within the second after which nothing may be missing
SECOND_NS: Final = 1_000_000_000
LONGEST_WAIT_NS: Final = 30_000_000_000
MEGABYTE: Final = 1_000_000


class History(Adding, Reading):
    """One file, or nothing where there is none to read. Belongs to one thread at a time.

    `read_only` says that what is added is not kept, and `notices` why, in sentences that stay true until they are gone. Rows that
    are not finite, negative or of no known time are turned away and counted in `rejected`.
    """

    def __init__(self, path: Path, origin: str) -> None:
        Adding.__init__(self)
        Reading.__init__(self, opening.nothing(origin))
        self.path = path
        self.origin = origin
        self._attached = False
        self._looked = False
        self._file: tuple[int, int] | None = None
        self._lock: Lock | None = None
        self._said: list[str] = []
        self._next_ns = 0
        self._wait_ns = EVERY_NS

    # -- opening and closing -----------------------------------------------------------------------------------------

    @classmethod
    def open(cls, path: Path, lock_path: Path, *, origin: str = GENUINE, read_only: bool = False) -> History:
        """Open the history at `path`, as its writer unless told or bound not to be.

        It becomes read-only, with a notice, when another process holds the lock or the folder cannot be written. A damaged file is set
        aside by a writer. Raises NewerError when the file is of a later version, ProfileError when it holds data of another origin;
        neither file is touched.
        """
        opening.refuse_newer(path)
        history = cls(path, origin)
        try:
            if not read_only and history._take_lock(lock_path):
                history._open_writer()
            if history.read_only:
                history._open_reader(lock_path)
        except BaseException:
            history.close()
            raise
        return history

    @classmethod
    def of_file(cls, path: Path) -> History:
        """Open a recording of any folder, for reading alone (`recorded`). Raises InputError for what is none."""
        db, origin = recorded.attach(path)
        history = cls(path, origin)
        history._use(db)
        history._looked = True
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
        except OSError as e:
            log.warning("the history cannot be written: %s", e)
            self._said.append("The history file is damaged and cannot be moved; nothing is recorded.")
            return
        except sqlite3.OperationalError as e:
            if _is_forbidden(e):
                self._said.append(f"The history file cannot be written ({e}); nothing is recorded.")
                return
            self._fail(e)
        self.read_only = False

    def _open_reader(self, lock_path: Path | None = None) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        if not self.path.exists():
            return
        self._looked = True
        try:
            try:
                db, notice = opening.reader(self.path, self.origin)
            except OlderError:
                if lock_path is None or not self._bring_up_to_date(lock_path):
                    raise
                db, notice = opening.reader(self.path, self.origin)
        except (DamageError, OlderError, sqlite3.OperationalError) as e:
            log.warning("the history cannot be read: %s", e)
            self._said.append(f"The history file cannot be read ({e}).")
            return
        self._use(db)
        if notice:
            self._said.append(notice)

    def _bring_up_to_date(self, lock_path: Path) -> bool:
        """Be the writer for as long as the migration takes, unless there is another one. Returns whether that was possible."""
        try:
            lock = Lock(lock_path, self.path)
        except (LockTakenError, OSError):
            return False
        try:
            opening.writer(self.path, self.origin).close()
        finally:
            lock.release()
        return True

    def _attach(self) -> None:
        try:
            db = opening.writer(self.path, self.origin)
        except DamageError as e:
            log.warning("the history is damaged: %s", e)
            self._said.append(opening.put_aside(self.path))
            db = opening.writer(self.path, self.origin)
        self._use(db)
        self._attached = True
        self._file = _identity(self.path)
        self._pending.moved()

    def _use(self, db: sqlite3.Connection) -> None:
        self._db.close()
        self._db = db

    def close(self) -> None:
        """Write what waits, close the file and give the lock back; safe to call twice."""
        if self._lock is not None and not self.read_only and self._pending.size and not self._write():
            log.warning("%d rows could not be written to the history: %s", self._pending.size, self._trouble)
        self.read_only = self._looked = True
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

    @property
    def written(self) -> Mapping[str, int]:
        """Return how many rows this writer has brought into the file, by kind."""
        return self._pending.done

    # -- writing -----------------------------------------------------------------------------------------------------

    def is_due(self, now_ns: int) -> bool:
        """Whether `flush` would write at this wall reading."""
        return not self.read_only and now_ns >= self._next_ns

    def flush(self, now_ns: int, *, at_once: bool = False) -> None:
        """Write what waits if half a second has passed since the last time; `now_ns` is a wall reading. Never raises for a disk that
        will not take it: the rows wait, `notices` says so, and it is tried again after 2 s, 4 s, … 30 s."""
        if self.read_only or not (at_once or self.is_due(now_ns)) or not self._pending.size:
            return
        self._wait_ns = EVERY_NS if self._write() else min(max(self._wait_ns, SECOND_NS) * 2, LONGEST_WAIT_NS)
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
            except schema.FAULTS as e:
                if not schema.is_damage(e):
                    raise
                self._replace(e)
                self._write_once()
        except (*schema.FAULTS, OSError, ProfileError) as e:
            self._fail(e)
            return False
        if self._trouble:
            log.info("the history can be written again")
        self._trouble = ""
        return True

    def _write_once(self) -> None:
        if self._attached and _identity(self.path) != self._file:
            log.warning("the history file %s was moved or deleted while in use", self.path)
            self._said.append("The history file was moved or deleted while liqdesk ran; a new one was begun.")
            self._attached = False
            self._use(opening.nothing(self.origin))
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

    def _replace(self, error: Exception) -> None:
        """Set a file aside that proved damaged while in use, and begin a new one."""
        log.warning("the history is damaged: %s", error)
        self._attached = False
        self._use(opening.nothing(self.origin))
        self._said.append(opening.put_aside(self.path))
        self._attach()

    # -- what the readers stand on, and the size ---------------------------------------------------------------------

    def _ready(self) -> sqlite3.Connection:
        if self.read_only and not self._looked:
            # The writer may have begun the file after this reader came.
            self._open_reader()
        if not self.read_only and self._pending.size and not self._trouble:
            self._write()
        return self._db

    def _broken(self, error: Exception) -> ProfileError:
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
        except schema.FAULTS as e:
            if schema.is_damage(e):
                self._replace(e)
            else:
                self._fail(e)
            return Trimmed(size_bytes=self.size_bytes)
        if trimmed.sentence:
            log.info("%s", trimmed.sentence)
        return trimmed


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _is_forbidden(error: sqlite3.Error) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"))
