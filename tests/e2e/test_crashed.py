"""Real processes that end badly, or well: what they leave in their profile, and what the next start says of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.program import Program, write_settings

from liqdesk.crash.reports import Report, kept, untold
from liqdesk.crash.watch import FOLDER, RUNNING
from liqdesk.insight.position import Position
from liqdesk.market import Side
from liqdesk.ui.position import kept as positions

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

ENTRY, QUANTITY = 66_210.5, 0.137
SECRET = "hun-ter2-and-more"
# The program with something planted in it, done once its first control stands.
PLANTED = """
import ctypes, logging, os, sys, threading
from PySide6.QtCore import QObject, QThread, QTimer, Slot, qFatal
from liqdesk.app.choices import Choices
from liqdesk.app.launch import open_window

class Worker(QThread):
    def run(self):
        raise LookupError("planted")

class Trouble(QObject):
    def __init__(self, window):
        super().__init__(window)
        self.window = window
        window.chart_ready.connect(self.come)

    @Slot()
    def come(self):
        QTimer.singleShot(300, self, self.make)

    @Slot()
    def make(self):
        logging.getLogger("liqdesk.planted").info("proxy http://heinrich:%s@10.9.8.7:3128, entry %s", {secret!r}, {entry!r})
        {what}

open_window(Choices(profile=sys.argv[1], demo=True, seed=7), Trouble)
"""


def profile(folder: Path) -> Path:
    write_settings(folder / "profile", proxy_url=f"http://heinrich:{SECRET}@127.0.0.1:9", sounds=False)
    held = Position(side=Side.LONG, entry=ENTRY, quantity=QUANTITY, leverage=25.0)
    positions.save(folder / "profile" / positions.FILE, {("demo", "BTCUSDT"): held})
    return folder / "profile"


def run(folder: Path, what: str) -> subprocess.Popen[bytes]:
    text = PLANTED.format(what=what, secret=SECRET, entry=ENTRY)
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with (folder / "errors.txt").open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-c", text, str(folder / "profile")],
            env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
        )  # fmt: skip


def end(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(120)
    finally:
        process.kill()
        process.wait(10)


def traces(folder: Path) -> list[str]:
    place = folder / "profile" / FOLDER
    return [p.name for p in place.iterdir() if p.name.startswith(RUNNING)] if place.exists() else []


def next_start(folder: Path) -> dict[str, Any]:
    """Start the program once more, to the end, and return what its window says; each number by name."""
    text = """
import json, sys
from PySide6.QtCore import QObject, Slot
from liqdesk.app.choices import Choices
from liqdesk.app.launch import open_window

class Look(QObject):
    def __init__(self, window):
        super().__init__(window)
        self.window = window
        window.chart_ready.connect(self.tell)

    @Slot()
    def tell(self):
        print(json.dumps({n: v["text"] for n, v in self.window.shell.state().items() if n.startswith("notice")}))
        self.window.leaving = True
        self.window.close()

sys.exit(open_window(Choices(profile=sys.argv[1], demo=True, seed=7), Look))
"""
    import json

    done = subprocess.run(
        [sys.executable, "-c", text, str(folder / "profile")],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def only(folder: Path) -> Report:
    (one,) = kept(folder / "profile")
    return one


def private_is_gone(report: Report) -> None:
    text = report.text()
    for part in (SECRET, "heinrich", "66210.5", "0.137", "10.9.8.7", str(Path.home()), str(report.path.parent.parent)):
        assert part not in text, part
    assert "liqdesk.planted" in text, "the last lines of the log are there"
    for name in ("liqdesk: ", "Python: ", "Qt: ", "NumPy: ", "System: "):
        assert f"\n{name}" in text


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(
    ("what", "number", "says"),
    [
        ("ctypes.string_at(8)", signal.SIGSEGV, "segmentation fault"),
        ("os.kill(os.getpid(), 6)", signal.SIGABRT, "aborted"),
        ("qFatal('planted: the end')", signal.SIGABRT, "aborted, asked for by Qt"),
    ],
)
def test_a_run_that_died_is_told_by_the_next_once(tmp_path: Path, what: str, number: int, says: str) -> None:
    profile(tmp_path)
    assert end(run(tmp_path, what)) == -number
    assert len(traces(tmp_path)) == 1
    said = next_start(tmp_path)
    assert f"({says})" in said["notice.0"]
    assert said["notice.0"].startswith("liqdesk ended badly on ")
    assert traces(tmp_path) == []
    report = only(tmp_path)
    assert report.what == says
    assert not report.went_on
    private_is_gone(report)
    assert "planted: the end" in report.text() or "qFatal" not in what
    assert "in make" in report.text()
    assert next_start(tmp_path) == {}
    assert kept(tmp_path / "profile") == (report,)


@pytest.mark.parametrize(
    ("what", "thread"),
    [
        ("raise KeyError('planted 66210.5')", "main"),
        (
            "self.worker = Worker(); self.worker.setObjectName('planted worker'); self.worker.start(); self.worker.wait()",
            "planted worker",
        ),
        ("t = threading.Thread(target=lambda: 1 / 0, name='planted thread'); t.start(); t.join()", "planted thread"),
    ],
)
def test_an_error_that_nobody_caught_is_kept_and_the_program_goes_on(tmp_path: Path, what: str, thread: str) -> None:
    profile(tmp_path)
    process = run(tmp_path, f"{what}")
    deadline = time.monotonic() + 120
    while not untold(tmp_path / "profile"):
        assert process.poll() is None, (tmp_path / "errors.txt").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1.0)
    assert process.poll() is None, "it goes on"
    process.send_signal(signal.SIGTERM)
    assert end(process) == 0
    report = only(tmp_path)
    assert report.went_on
    assert f"\nthread: {thread}\n" in report.text()
    private_is_gone(report)
    assert traces(tmp_path) == []
    assert "met an error that nobody foresaw" in next_start(tmp_path)["notice.0"]


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_run_that_was_killed_from_outside_is_no_crash(tmp_path: Path) -> None:
    profile(tmp_path)
    process = run(tmp_path, "os.kill(os.getpid(), 9)")
    assert end(process) == -signal.SIGKILL
    assert len(traces(tmp_path)) == 1
    assert next_start(tmp_path) == {}
    assert not (tmp_path / "profile" / FOLDER).exists()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_recorder_that_died_is_told_by_the_window(tmp_path: Path) -> None:
    profile(tmp_path)
    text = """
import ctypes, sys, threading
from liqdesk.app.choices import Choices
from liqdesk.app.recording import record
threading.Timer(4, ctypes.string_at, (8,)).start()
record(Choices(profile=sys.argv[1], demo=True, seed=7, proxy_url=""), (), 2.0)
"""
    done = subprocess.run(
        [sys.executable, "-c", text, str(tmp_path / "profile")],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGSEGV, done.stderr
    assert "(segmentation fault)" in next_start(tmp_path)["notice.0"]


def test_a_run_that_ends_well_leaves_nothing(tmp_path: Path) -> None:
    write_settings(tmp_path / "profile")
    program = Program.liqdesk(["--demo", "--seed", "7"], tmp_path)
    program.wait_for("map_ready", 120)
    assert len(traces(tmp_path)) == 1
    assert program.close() == 0, program.errors()
    assert not (tmp_path / "profile" / FOLDER).exists()
