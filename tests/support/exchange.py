"""The built-in market as a child process of a test, with a kill switch and a way back."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
from typing import IO, Any

START_S = 90.0
STOP_S = 5.0


class Exchange:
    """One `liqdesk exchange`, with further `options` by name.

    After `kill`, `restart` brings the same market back, as if it had never stopped.
    """

    def __init__(
        self,
        seed: int = 7,
        speed: float = 1.0,
        start: str | None = None,
        trades: float | None = None,
        port: int = 0,
        **options: object,
    ) -> None:
        self._options = options
        self._seed, self._speed, self._start, self._trades, self._port = seed, speed, start, trades, port
        self._epoch: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self.line: dict[str, Any] = {}
        try:
            self._launch()
        except BaseException:
            self._errors.close()
            raise

    @property
    def rest(self) -> str:
        return str(self.line["rest"])

    @property
    def stream(self) -> str:
        return str(self.line["stream"])

    @property
    def start(self) -> str:
        return str(self.line["start"])

    @property
    def port(self) -> int:
        return int(self.rest.rsplit(":", 1)[1])

    @property
    def pid(self) -> int:
        assert self._process is not None, "the exchange is not running"
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def restart(self, **options: object) -> None:
        """Bring the killed market back: same port, seed, start and epoch, with further `options` if wanted."""
        assert self._process is None, "kill the exchange before restarting it"
        self._options |= options
        self._launch()

    def stop(self) -> int | None:
        """End it politely and return its exit code; None when it was not running."""
        if self._process is None:
            return None
        self._process.terminate()
        return self._reap()

    def close(self) -> None:
        try:
            self.stop()
        finally:
            self._errors.close()

    def errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")

    def _arguments(self) -> list[str]:
        words = ["--port", str(self._port), "--seed", str(self._seed), "--speed", f"{self._speed:g}"]
        for name, value in (("--start", self._start), ("--epoch", self._epoch), ("--trades", self._trades)):
            if value is not None:
                words += [name, str(value)]
        for option, value in self._options.items():
            words += [f"--{option.replace('_', '-')}", str(value)]
        return [sys.executable, "-m", "liqdesk", "exchange", *words]

    def _launch(self) -> None:
        process = subprocess.Popen(
            self._arguments(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors
        )
        self._process = process
        assert process.stdout is not None
        first: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=_read, args=(process.stdout, first), name="exchange-stdout", daemon=True).start()
        try:
            line = first.get(timeout=START_S)
        except queue.Empty:
            line = b""
        if not line:
            self.kill()
            raise AssertionError(f"the exchange printed no first line within {START_S:g} s:\n{self.errors()}")
        self.line = json.loads(line)
        self._port = self.port
        self._start = self.start
        self._epoch = self.line.get("epoch")

    def _reap(self) -> int:
        process = self._process
        assert process is not None
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)
            raise AssertionError(f"the exchange did not end within {STOP_S:g} s") from None
        finally:
            if process.poll() is not None:
                self._process = None
        return process.returncode


def _read(pipe: IO[bytes], first: queue.Queue[bytes]) -> None:
    with pipe:
        first.put(pipe.readline())
        for _ in pipe:
            pass
