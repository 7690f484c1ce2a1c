"""Windows really appear on an X display: the floor under every test marked xcb, and under the benches."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.program import Program
from support.xserver import XServer

BARE = Path(__file__).parent / "bench" / "bare_window.py"


@pytest.mark.xcb
def test_bare_window_appears_on_x11(xserver: XServer, tmp_path: Path) -> None:
    program = Program([sys.executable, str(BARE)], tmp_path / "trace.jsonl", xserver.env)
    try:
        painted = program.wait_for("first_paint", 30)
        assert painted["pid"] == program.pid
        assert 0 < program.since_start_ms(painted) < 30_000
        found = subprocess.run(
            ["xdotool", "search", "--sync", "--onlyvisible", "--pid", str(program.pid)],
            env=xserver.env,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert found.stdout.split()
        assert program.rss_mb() > 20
    finally:
        program.kill()


def test_offscreen_is_the_default(qapp: object) -> None:
    from PySide6.QtGui import QGuiApplication

    assert QGuiApplication.platformName() == "offscreen"


def test_silent_program_is_reported_with_its_words(tmp_path: Path) -> None:
    program = Program([sys.executable, "-c", "raise SystemExit('no such market')"], tmp_path / "trace.jsonl")
    with pytest.raises(AssertionError, match=r"(?s)ended with 1.*no such market"):
        program.wait_for("first_paint", 30)
    assert program.close() == 1
