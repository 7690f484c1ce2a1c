"""The lock that makes one process the writer of a profile. It is the system's own, so it ends with the process, however that ends."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _grab(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _let_go(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _grab(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _let_go(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


class LockTakenError(Exception):
    """Another writer holds the lock."""


class _Held:
    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.files: set[str] = set()


_guard = threading.Lock()
_held: dict[str, _Held] = {}


class Lock:
    """The right to write one file under a lock. Within a process several files may be written under the same lock, each by one writer."""

    def __init__(self, lock_path: Path, file: Path) -> None:
        """Take the lock. Raises LockTakenError, or OSError where the lock file cannot be made."""
        self._lock, self._file = os.path.realpath(lock_path), os.path.realpath(file)
        with _guard:
            held = _held.get(self._lock)
            if held is None:
                held = _Held(_take(self._lock))
                _held[self._lock] = held
            elif self._file in held.files:
                raise LockTakenError(f"{self._file} is being written by this process")
            held.files.add(self._file)

    def release(self) -> None:
        """Give the lock back; safe to call twice."""
        with _guard:
            held = _held.get(self._lock)
            if held is None or self._file not in held.files:
                return
            held.files.discard(self._file)
            if not held.files:
                del _held[self._lock]
                try:
                    _let_go(held.handle)
                finally:
                    os.close(held.handle)


def _take(path: str) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
    try:
        _grab(handle)
    except OSError as e:
        os.close(handle)
        if isinstance(e, BlockingIOError | PermissionError):
            raise LockTakenError(f"{path}: {e}") from e
        raise
    return handle
