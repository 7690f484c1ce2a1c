"""The trace: what it counts as the GUI thread's busy time, and that it is whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import time
from PySide6.QtCore import QObject, QThread, QTimer, Slot
from liqdesk.ui.application import make_application
from liqdesk.ui.trace import Trace

class Busy(QObject):
    @Slot()
    def work(self):
        until = time.perf_counter() + 0.2
        while time.perf_counter() < until:
            pass

application = make_application()
here, there, thread = Busy(), Busy(), QThread()
there.moveToThread(thread)
thread.started.connect(there.work)
thread.start()
thread.quit()
thread.wait()
Trace.current.frame(0, lambda: False)
QTimer.singleShot(0, here, here.work)
QTimer.singleShot(0, application.quit)
application.exec()
Trace.current.frame(0, lambda: True)
time.sleep(1.1)
Trace.current.frame(0, lambda: True)
"""


def test_only_the_gui_thread_s_own_events_count(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "LIQDESK_TRACE": str(trace), "QT_QPA_PLATFORM": "offscreen"},
        check=True,
        timeout=60,
    )
    events = [json.loads(line) for line in trace.read_text("utf-8").splitlines()]
    busy = [e for e in events if e["event"] == "frame_busy"]
    assert len(busy) == 3
    assert busy[0]["ms"] < 100 <= busy[1]["ms"] < 1_000, "200 ms of another thread do not count, 200 ms of this one do"
    assert busy[0]["wall_ns"] < busy[1]["wall_ns"] < busy[2]["wall_ns"]
    assert [e["event"] for e in events].count("map_ready") == 1
