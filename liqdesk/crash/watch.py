"""The watch over one run: a trace file that the interpreter writes to when it dies, and reports of errors that nobody foresaw.

The file holds the run's facts from the start on. What comes after them was written by a dying interpreter; where nothing did, the run
was killed from outside, which is no crash. It is held by the system's own lock, so that a later run can tell that its writer is gone.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final

from liqdesk import __version__

FOLDER: Final = "crashes"
RUNNING: Final = "running-"
MOST_OF_A_RUN: Final = 5
MOST_WAITING: Final = 20
MOST_NOTED: Final = 4_000  # characters
LOG: Final = "liqdesk.log"


class Watch:
    """One run's watch. `begin` and `end` in the main thread, `report` and `note` from any. Without a folder that can be written it
    keeps nothing."""

    def __init__(self, profile: Path | None) -> None:
        self.profile = profile
        self.running = False  # whether the program is in its event loop, and goes on after an error
        self.began_s = time.time()
        self._path: Path | None = None
        self._handle = -1
        self._known: set[tuple[str, str, int]] = set()
        self._guard = threading.Lock()
        self._facts: dict[str, str] = {}
        self._faults_before = False

    @property
    def folder(self) -> Path | None:
        """Return where reports are kept; None where nothing is."""
        return None if self.profile is None else self.profile / FOLDER

    @property
    def facts(self) -> Mapping[str, str]:
        """Return what was said of this run by name."""
        return self._facts

    def begin(self) -> None:
        """Open the trace file and let the interpreter write to it when it dies."""
        if self.folder is None:
            return
        self._path = (
            self.folder / f"{RUNNING}{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(self.began_s))}-{os.getpid()}"
        )
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            _make_room(self.folder)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
            self._handle = os.open(self._path, flags, 0o600)
        except OSError as e:
            _say("crashes of this run cannot be kept: %s", e)
            return
        hold(self._handle)
        self._faults_before = faulthandler.is_enabled()
        faulthandler.enable(self._handle, all_threads=True)
        self.describe(
            {
                "liqdesk": __version__,
                "Python": sys.version.split()[0],
                "System": " ".join(os.uname()[::2]) if hasattr(os, "uname") else sys.platform,
            }
        )

    def describe(self, facts: Mapping[str, str]) -> None:
        """Add facts of this run; a later one of the same name stands."""
        self._facts.update(facts)
        self._write("".join(f"{name}: {' '.join(value.split())}\n" for name, value in facts.items()))

    def note(self, words: str) -> None:
        """Write last words, such as Qt's before it ends the process."""
        self._write(f"\n{words[:MOST_NOTED]}\n")

    def report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None, thread: str) -> None:
        """Keep a report of an error that nobody foresaw: each place once, and at most five of a run. Never raises."""
        if self._handle < 0 or not issubclass(kind, Exception):
            return
        try:
            if self._is_new(kind, trace):
                from liqdesk.crash.reports import of_error

                of_error(self, kind, error, trace, thread)
        except Exception:  # noqa: BLE001  # it may not hide the error it tells of
            _say("no crash report could be written", exc_info=True)

    def _is_new(self, kind: type[BaseException], trace: TracebackType | None) -> bool:
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = (kind.__name__, trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else (kind.__name__, "", 0)
        with self._guard:
            if place in self._known or len(self._known) >= MOST_OF_A_RUN:
                return False
            self._known.add(place)
            return True

    def end(self) -> None:
        """Take the trace file away: the run ended as it should."""
        if self._handle < 0:
            return
        faulthandler.disable()
        if self._faults_before and sys.stderr is not None:
            faulthandler.enable()
        os.close(self._handle)
        self._handle = -1
        with contextlib.suppress(OSError):
            if self._path is not None:
                self._path.unlink()
        with contextlib.suppress(OSError):  # holds reports, or another run's file
            if self.folder is not None:
                self.folder.rmdir()

    def _write(self, text: str) -> None:
        if self._handle < 0:
            return
        with contextlib.suppress(OSError):  # a full disk; the run goes on
            os.write(self._handle, text.encode("utf-8", "backslashreplace"))


def _make_room(folder: Path) -> None:
    """Let the oldest traces go where many wait: of runs that all died before the window could take them up."""
    waiting = sorted(name for name in os.listdir(folder) if name.startswith(RUNNING))
    for name in waiting[: -MOST_WAITING or None]:
        with contextlib.suppress(OSError):
            os.unlink(folder / name)


def _say(words: str, *values: object, exc_info: bool = False) -> None:
    import logging  # not before the first paint

    logging.getLogger(__name__).log(logging.ERROR if exc_info else logging.INFO, words, *values, exc_info=exc_info)


def hold(handle: int) -> bool:
    """Lock an open file for as long as this process has it open; return whether nobody else does. Always true where an open file
    cannot be taken away by another process in the first place."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
