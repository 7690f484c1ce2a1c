"""What a test may not leave behind: threads, child processes, running Qt threads and timers."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psutil

GRACE_S = 3.0

lasting_children: set[int] = set()
"""Process ids of what a session keeps for all tests, such as its X server."""


def live_threads() -> set[threading.Thread]:
    """Return the threads that would keep the interpreter alive."""
    return {t for t in threading.enumerate() if t.is_alive() and not t.daemon}


def live_children() -> set[int]:
    """Return the ids of this process's children, ended ones that nobody waited for included."""
    tasks = Path("/proc/self/task")
    if not tasks.is_dir():
        return {child.pid for child in psutil.Process().children()}
    found: set[int] = set()
    for task in tasks.iterdir():
        try:
            found.update(int(pid) for pid in (task / "children").read_text().split())
        except OSError:
            continue
    return found


def wait_gone(what: Callable[[], set[Any]], before: Iterable[Any]) -> set[Any]:
    """Return what is still there and was not there before, after a grace period for what is just ending."""
    known = set(before)
    deadline = time.monotonic() + GRACE_S
    while True:
        extra = what() - known
        if not extra or time.monotonic() > deadline:
            return extra
        time.sleep(0.02)


def end_children(pids: Iterable[int]) -> list[str]:
    """Kill children that a test left and return their command lines, so that the next test starts clean."""
    words = []
    for pid in pids:
        try:
            child = psutil.Process(pid)
            words.append(f"{pid}: {' '.join(child.cmdline()) or child.name()}")
            child.kill()
            child.wait(GRACE_S)
        except psutil.Error as e:
            words.append(f"{pid}: {e}")
    return words


class QtWatch:
    """Finds running QThreads and active QTimers; each is reported once, by the test that left it."""

    def __init__(self) -> None:
        self._reported: set[int] = set()

    def living(self) -> list[str]:
        core = sys.modules.get("PySide6.QtCore")
        if core is None or core.QCoreApplication.instance() is None:
            return []
        found = self._scan(core)
        if found:
            self._settle(core)
            found = self._scan(core)
        self._reported.update(found)
        return sorted(found.values())

    def _scan(self, core: Any) -> dict[int, str]:
        import shiboken6

        found = {}
        kinds = _derived(core.QThread) | _derived(core.QTimer)
        for thing in [one for one in shiboken6.getAllValidWrappers() if type(one) in kinds]:
            kind = type(thing)
            if id(thing) in self._reported:
                continue
            if not shiboken6.isValid(thing):
                continue
            alive = thing.isActive() if issubclass(kind, core.QTimer) else thing.isRunning() and thing != _main(core)
            if alive:
                parent = thing.parent()
                found[id(thing)] = (
                    f"{kind.__module__}.{kind.__name__} {thing.objectName()!r} of {type(parent).__name__}"
                )
        return found

    def _settle(self, core: Any) -> None:
        deadline = time.monotonic() + 0.5
        while time.monotonic() < deadline:
            gc.collect()
            core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
            core.QCoreApplication.processEvents()
            if not self._scan(core):
                return
            time.sleep(0.02)


def _derived(kind: type) -> set[type]:
    """Return a class and every class that stands on it."""
    return {kind}.union(*map(_derived, kind.__subclasses__()))


def _main(core: Any) -> Any:
    return core.QCoreApplication.instance().thread()
