"""The kernels' first compilation, in a process of its own: the compiler's memory goes with it, and the window does not stand still."""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from liqdesk.insight import warm_bands
from liqdesk.model import warm as warm_kernels
from liqdesk.paths import command, kernel_sources, prepare_numba_cache

LONGEST_S: Final = 300.0
POLL_S: Final = 0.03
log = logging.getLogger(__name__)


def marker() -> Path:
    """Return the file that stands in numba's cache once every kernel is in it, for this Python and this numba."""
    prepare_numba_cache()
    try:
        numba = importlib.metadata.version("numba")
    except importlib.metadata.PackageNotFoundError:  # a frozen program may carry no metadata
        numba = "bundled"
    return Path(os.environ["NUMBA_CACHE_DIR"]) / f"whole-{sys.implementation.cache_tag}-{numba}-{_sources_stand()}"


def _sources_stand() -> str:
    """Return what numba knows compiled kernels by, beside their code: place, time and size of the source files. The same sources that are
    installed elsewhere, or again, find none of what is in the cache."""
    digest = hashlib.sha256()
    for source in kernel_sources():
        stat = source.stat()
        digest.update(f"{source} {stat.st_mtime} {stat.st_size}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:8]


def warm() -> None:
    """Load every kernel of the engine, and make the table that bands are read from."""
    warm_kernels()
    warm_bands()


class Compiler:
    """Sees to it that the kernels are in the cache. One for the process, as the cache is; any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting = 0

    def ready(self, interrupted: Callable[[], bool]) -> bool:
        """Wait until the kernels can be loaded; return False where `interrupted` came first. The last to be interrupted ends the
        compilation.

        Where they cannot be compiled apart, the log says why, and whoever needs them compiles them in this process.
        """
        if marker().exists():
            return not interrupted()
        with self._lock:
            process = self._process = self._process or self._launched()
            self._waiting += 1
        until = time.monotonic() + LONGEST_S
        while process is not None and process.poll() is None and not interrupted() and time.monotonic() < until:
            time.sleep(POLL_S)
        with self._lock:
            self._waiting -= 1
            if not self._waiting and process is not None:
                self._end(process)
        return not interrupted()

    def _launched(self) -> subprocess.Popen[bytes] | None:
        try:
            return subprocess.Popen(  # nosec B603  # this program itself, without a shell
                [*command(), "kernels"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as e:
            log.warning("the kernels cannot be compiled apart: %s", e)
            return None

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        ended = process.poll() is not None
        if not ended:
            process.kill()
        _, errors = process.communicate()
        if ended and process.returncode:
            said = errors[-600:].decode("utf-8", "replace")
            log.warning("the kernels were not compiled apart, exit code %s: %s", process.returncode, said)
        self._process = None


COMPILER: Final = Compiler()
