"""The built-in market as a child process: started on demand, ended with us, and by itself when we die."""

from __future__ import annotations

import os
import subprocess
import threading
from typing import IO

import msgspec

from liqdesk import paths
from liqdesk.errors import Refusal, VenueError

START_S = 300.0  # a slow machine compiles the market for the first time
STOP_S = 3.0


class Address(msgspec.Struct, frozen=True):
    """The first line an exchange prints."""

    rest: str
    stream: str
    seed: int
    speed: float
    start: str


def command(seed: int, speed: float, start: str | None) -> list[str]:
    """Return the command line of the same program as an exchange."""
    extra = ["--start", start] if start else []
    return [
        *paths.command(),
        "exchange",
        "--port",
        "0",
        "--seed",
        str(seed),
        "--speed",
        f"{speed:g}",
        "--parent",
        str(os.getpid()),
        *extra,
    ]


class Child:
    """One exchange process. `launch` may come before any thread; then it is used by the poll thread alone, except `stop`."""

    def __init__(self, seed: int, speed: float, start: str | None = None) -> None:
        self._arguments = command(seed, speed, start)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._stopped = False
        self._read = False  # whether somebody reads, and closes, its pipes

    def launch(self) -> None:
        """Start the process without waiting for it; does nothing when it was launched before."""
        with self._lock:
            if self._stopped:
                raise VenueError(Refusal.OFFLINE, "the built-in market was stopped before it started")
            if self._process is not None:
                return
            flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
            self._process = subprocess.Popen(  # nosec B603  # this program itself, without a shell
                self._arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                creationflags=flags,
            )

    def start(self) -> Address:
        """Launch it and wait for its first line. Raises VenueError when it does not come up."""
        self.launch()
        with self._lock:
            process, self._read = self._process, True
        assert process is not None
        assert process.stdout is not None
        assert process.stderr is not None
        errors: list[bytes] = []
        threading.Thread(target=_drain, args=(process.stderr, errors), name="exchange-stderr", daemon=True).start()
        timer = threading.Timer(START_S, process.kill)
        timer.daemon = True
        timer.start()
        line = process.stdout.readline()
        timer.cancel()
        try:
            address = msgspec.json.decode(line, type=Address)
        except msgspec.DecodeError as e:
            self.stop()
            process.stdout.close()
            tail = b"".join(errors)[-600:].decode("utf-8", "replace")
            raise VenueError(
                Refusal.OFFLINE,
                f"the built-in market did not start: first line {line[:80]!r}, errors {tail!r}",
                "The built-in market did not start; the log says why.",
            ) from e
        threading.Thread(target=_drain, args=(process.stdout, None), name="exchange-stdout", daemon=True).start()
        return address

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End it and wait; safe to call twice and from any thread."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None and not self._read:
                pipe.close()


def _drain(pipe: IO[bytes], keep: list[bytes] | None) -> None:
    with pipe:
        for line in pipe:
            if keep is not None:
                keep.append(line)
                del keep[:-40]
