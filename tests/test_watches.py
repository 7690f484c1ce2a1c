"""The watches that make warnings and left-overs fail must themselves see what they watch for."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
from support import leaks
from support.log_watch import LogWatch


def test_log_watch_complains_of_what_was_not_announced() -> None:
    watch, log = LogWatch(), logging.Logger("liqdesk.somewhere")
    log.addHandler(watch)
    watch.allowed.append("may come")
    watch.expected.append("must come")
    log.info("below the bar")
    log.warning("may come")
    assert watch.complaints() == ["no log record matched 'must come'"]
    log.error("must come")
    assert watch.complaints() == []
    log.error("loud %d", 5)
    assert watch.complaints() == ["unexpected log record: ERROR liqdesk.somewhere: loud 5"]


@pytest.mark.expects_log("WARNING liqdesk.marked: provoked")
def test_mark_lets_a_record_come() -> None:
    logging.getLogger("liqdesk.marked").warning("provoked")


def test_allowed_record(allow_log: Callable[[str], None], log_watch: LogWatch) -> None:
    allow_log("tolerated")
    logging.getLogger("liqdesk.allowed").error("tolerated")
    assert len(log_watch.lines) == 1


def test_thread_is_seen() -> None:
    before, gate = leaks.live_threads(), threading.Event()
    thread = threading.Thread(target=gate.wait, name="left behind")
    thread.start()
    assert leaks.live_threads() - before == {thread}
    gate.set()
    assert not leaks.wait_gone(leaks.live_threads, before)


def test_child_is_seen_and_ended() -> None:
    before = leaks.live_children()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        assert leaks.live_children() - before == {child.pid}
        assert leaks.end_children([child.pid])[0].startswith(f"{child.pid}: ")
    assert leaks.live_children() == before


def test_qt_thread_and_timer_are_seen(qapp: object) -> None:
    from PySide6.QtCore import QThread, QTimer

    watch, thread, timer = leaks.QtWatch(), QThread(), QTimer()
    thread.start()
    timer.start(60_000)
    seen = watch.living()
    assert len(seen) == 2
    assert "QThread" in seen[0]
    assert "QTimer" in seen[1]
    assert watch.living() == [], "each is reported once"
    timer.stop()
    thread.quit()
    assert thread.wait(2_000)
    assert leaks.QtWatch().living() == []
