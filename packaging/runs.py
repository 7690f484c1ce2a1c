"""Commands of a program under test: started in surroundings of their own, waited for, and judged by what they say.

Uses the standard library alone.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from surroundings import FaultError, Surroundings

NO_MORE: Mapping[str, str] = {}
SOON_S = 60.0
SAY_S = 15.0
OFFSCREEN = "This plugin does not support "  # so begins what Qt says off-screen of sizes, of windows in front, of menus


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    errors: str


def text(path: Path) -> str:
    """Return what a file holds so far, empty where it is not there yet."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def quiet(errors: str) -> None:
    """Raise FaultError for anything on standard error but what Qt's off-screen platform says of itself."""
    loud = [line for line in errors.splitlines() if line.strip() and not line.startswith(OFFSCREEN)]
    if loud:
        raise FaultError(f"{len(loud)} lines on standard error: {' | '.join(loud[:10])}")


class Commands:
    """The commands of one program."""

    def __init__(self, command: Sequence[str], around: Surroundings) -> None:
        self.command = list(command)
        self.around = around
        self._count = 0

    def say(self, text: str) -> None:
        print(f"smoke: {text}", flush=True)

    @contextmanager
    def running(self, *words: str, **env: str) -> Iterator[tuple[subprocess.Popen[bytes], Path, Path]]:
        """Start a command of the program; yield the process and the files of what it says. It is killed if it still runs at the end."""
        self._count += 1
        out, errors = (self.around.out / f"{self._count}.{kind}" for kind in ("out", "err"))
        whole = self.around.environment(**env)
        try:
            process = self.around.start([*self.command, *words], whole, out, errors)
        except OSError as e:
            raise FaultError(f"{self.command[0]} cannot be started: {e.strerror}") from e
        try:
            yield process, out, errors
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()

    def run(self, *words: str, seconds: float = SOON_S, code: int = 0, env: Mapping[str, str] = NO_MORE) -> Done:
        """Run a command to its end. Raises FaultError for another exit code than `code`, a traceback, or no end."""
        with self.running(*words, **env) as (process, out, errors):
            self.wait(lambda: process.poll() is not None, seconds, f"“{' '.join(words[:2])}” ends", errors)
            done = Done(process.returncode, text(out), text(errors))
        if done.code != code or "Traceback" in done.errors:
            said = (done.errors or done.out).strip()[-1500:]
            raise FaultError(f"“{' '.join(words)}” ended with {done.code} instead of {code} and said: {said}")
        return done

    def wait(self, holds: Callable[[], object], seconds: float, what: str, errors: Path) -> None:
        began = told = time.monotonic()
        while not holds():
            now = time.monotonic()
            if now - began > seconds:
                raise FaultError(
                    f"waited {seconds:g} s in vain until {what}; it said: {text(errors)[-1500:].strip() or 'nothing'}"
                )
            if now - told > SAY_S:
                told = now
                self.say(f"… waiting until {what}, {now - began:.0f} s")
            time.sleep(0.05)

    def put(self, name: str, data: bytes) -> Path:
        """Write a file that the program may read, and return where."""
        path = self.around.out / name
        path.write_bytes(data)
        return path
