"""The program as a child process, followed through the trace it writes where LIQDESK_TRACE points."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil

from liqdesk import settings

STOP_S = 10.0


def write_settings(profile: Path, **values: Any) -> None:
    """Make a profile whose first-run note was read."""
    profile.mkdir(parents=True, exist_ok=True)
    settings.save(profile / "settings.json", msgspec.structs.replace(settings.Settings(first_run_done=True), **values))


class Program:
    """One run of a command line. Events are dicts as the program wrote them, `wall_ns` among their keys."""

    def __init__(self, command: Sequence[str], trace: Path, env: Mapping[str, str] | None = None) -> None:
        self._trace = trace
        self._offset = 0
        self.events: list[dict[str, Any]] = []
        trace.unlink(missing_ok=True)
        self._errors_path = trace.with_suffix(".err")
        environ = {"QT_QPA_PLATFORM": "offscreen", **(os.environ if env is None else env), "LIQDESK_TRACE": str(trace)}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a person's Python keeps what it compiled
        with self._errors_path.open("wb") as errors:
            self.spawned_ns = time.time_ns()
            self._process = subprocess.Popen(
                list(command), env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
            )

    @classmethod
    def liqdesk(cls, arguments: Sequence[str], folder: Path, env: Mapping[str, str] | None = None) -> Program:
        """Start liqdesk on the profile `folder`/profile."""
        command = [sys.executable, "-m", "liqdesk", "--profile", str(folder / "profile"), *arguments]
        return cls(command, folder / "trace.jsonl", env)

    @property
    def pid(self) -> int:
        return self._process.pid

    def read(self) -> list[dict[str, Any]]:
        """Return the events written since the last call."""
        if not self._trace.exists():
            return []
        with self._trace.open("rb") as f:
            f.seek(self._offset)
            whole, _, _ = f.read().rpartition(b"\n")
        if not whole:
            return []
        self._offset += len(whole) + 1
        fresh = [json.loads(line) for line in whole.splitlines()]
        self.events += fresh
        return fresh

    def wait_for(self, event: str, timeout_s: float) -> dict[str, Any]:
        """Return the first event of a name, ever. Raises AssertionError when it does not come, with what was said."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.read()
            for one in self.events:
                if one["event"] == event:
                    return one
            ended = self._process.poll()
            if ended is not None or time.monotonic() > deadline:
                why = f"ended with {ended}" if ended is not None else f"said nothing for {timeout_s:g} s"
                raise AssertionError(f"no {event!r}: the program {why}\n{self.errors()}")
            time.sleep(0.005)

    def since_start_ms(self, event: Mapping[str, Any]) -> float:
        return (event["wall_ns"] - self.spawned_ns) / 1e6

    def rss_mb(self) -> float:
        """Return the process's own resident memory, without its children."""
        return float(psutil.Process(self.pid).memory_info().rss) / 1e6

    def alive(self) -> bool:
        return self._process.poll() is None

    def errors(self) -> str:
        return self._errors_path.read_text("utf-8", "replace")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(STOP_S)

    def close(self) -> int:
        """Ask it to end, insist after a while, and return its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._process.returncode
