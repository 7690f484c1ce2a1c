"""The short form of `make chaos`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
SCRIPT = Path(__file__).with_name("chaos.py")


def test_forty_faults_leave_the_map_the_history_and_the_process_whole() -> None:
    words = [sys.executable, str(SCRIPT), "--events", "40", "--seed", "7", "--per-second", "4"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=170, check=False)
    assert run.returncode == 0, run.stdout + run.stderr[-6000:]
    assert "whole" in run.stdout
