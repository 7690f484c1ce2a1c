"""A window in a process of its own on a real display, and hands that work it with xdotool."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.xserver import XServer


class Hands:
    """One run of a script that opens a window, says "ready", answers each "?" with a line of JSON and ends with its input."""

    def __init__(self, server: XServer, script: Path, profile: Path) -> None:
        self.env = server.env
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(profile)],
            env=server.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "ready"
        self.do("search", "--sync", "--onlyvisible", "--pid", str(self.process.pid))

    def do(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self.env, check=True, capture_output=True, timeout=30)

    def active(self) -> str:
        """Return the id of the window that has the keyboard, empty while it passes from one to the next."""
        found = subprocess.run(["xdotool", "getactivewindow"], env=self.env, capture_output=True, timeout=30, text=True)
        return found.stdout.strip() if found.returncode == 0 else ""

    def ask(self) -> dict[str, Any]:
        """Return what the window says of itself now."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def once(self, holds: Callable[[dict[str, Any]], object], seconds: float = 10.0) -> dict[str, Any]:
        """Return what the window says of itself once it holds, or when that takes too long."""
        deadline = time.monotonic() + seconds
        while not holds(found := self.ask()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def close(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        code = self.process.wait(30)
        self.process.stdout.close()
        return code
