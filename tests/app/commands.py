"""Command lines of the program, run as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping


def liqdesk(
    *arguments: str | os.PathLike[str], env: Mapping[str, str] | None = None, seconds: float = 100
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; fails after `seconds`."""
    return subprocess.run(
        [sys.executable, "-m", "liqdesk", *map(os.fspath, arguments)],
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
        check=False,
        encoding="utf-8",
        errors="replace",
    )


def sentence(done: subprocess.CompletedProcess[str], code: int) -> str:
    """Return the one sentence that a failed command says on standard error, after holding its exit code and manner."""
    said = done.stderr.strip().splitlines()
    assert done.returncode == code, done
    assert said, done
    assert "Traceback" not in done.stderr
    usage = said[0].startswith("usage:")
    assert usage or len(said) == 1, said
    assert said[-1].startswith("liqdesk"), said
    assert done.stdout == ""
    return said[-1].partition(": ")[2]
