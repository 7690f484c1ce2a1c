"""Qt calls must not drop references on None and True: PySide6 6.12.0 does, and aborts CPython 3.11 in minutes."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "support" / "drift.py"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None and True are immortal from CPython 3.12 on")
def test_qt_calls_keep_references() -> None:
    run = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True, timeout=60, check=True)
    per_call = json.loads(run.stdout)
    assert set(per_call) >= {"repaint", "setText", "setEnabled", "processEvents"}
    lost = {name: pair for name, pair in per_call.items() if max(map(abs, pair)) >= 0.5}
    assert not lost, f"references gained or lost per call on (None, True): {lost}"


def test_pin_excludes_the_version_that_drops_references() -> None:
    project = tomllib.loads((PROGRAM.parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    pins = [line for line in project["dependencies"] if line.startswith("PySide6-Essentials")]
    assert len(pins) == 1
    assert "<6.12" in pins[0]
