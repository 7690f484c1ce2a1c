"""The smoke test of the frozen program, which has to pass before anything is packed: packaging/smoke.py says what it does."""

from __future__ import annotations

import sys
from pathlib import Path

from steps.plan import Build

SYSTEMS = ("linux", "windows", "macos")
TOOLS: dict[str, str] = {}
SCRIPT = Path(__file__).resolve().parents[1] / "smoke.py"


def make(build: Build) -> list[Path]:
    """Start it as a new user would; what it shows and says is kept in build/smoke."""
    build.run([sys.executable, SCRIPT, "--keep", build.work / "smoke", build.program])
    return []
