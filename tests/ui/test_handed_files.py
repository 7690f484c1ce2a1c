"""A file that the system hands to the running program, as macOS does, is opened by the same program anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from liqdesk import paths

HAND = """
import json, sys
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QFileOpenEvent
from liqdesk import paths
from liqdesk.ui.handed import HandedApplication

said, file, program = sys.argv[1:]
write = "import json, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(json.dumps(sys.argv[2:]))"
paths.command = lambda: [program, "-c", write, said]
application = HandedApplication(["liqdesk"])
assert QCoreApplication.sendEvent(application, QFileOpenEvent(file))
QCoreApplication.sendEvent(application, QEvent(QEvent.Type.User))
"""


def hand(said: Path, file: str, program: str) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(Path(paths.__file__).resolve().parents[1]),
    }
    words = [sys.executable, "-c", HAND, str(said), file, program]
    return subprocess.run(words, check=False, capture_output=True, text=True, env=environ)


def test_it_is_opened_by_name(tmp_path: Path) -> None:
    said = tmp_path / "said.json"
    run = hand(said, "/Users/é/a week.liqdesk", sys.executable)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    until = time.monotonic() + 30
    while not (said.exists() and said.stat().st_size) and time.monotonic() < until:
        time.sleep(0.02)
    assert json.loads(said.read_text()) == ["open", "/Users/é/a week.liqdesk"]


def test_a_program_that_does_not_start_is_told(tmp_path: Path) -> None:
    run = hand(tmp_path / "said.json", "/a.liqdesk", str(tmp_path / "nowhere"))
    assert run.returncode == 0, run.stderr
    assert "a.liqdesk cannot be opened" in run.stderr


@pytest.mark.skipif(sys.platform != "darwin", reason="only macOS hands files to a program that runs")
def test_macos_gets_an_application_that_takes_files() -> None:
    code = "from liqdesk.ui.application import make_application; print(type(make_application()).__name__)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "HandedApplication"
