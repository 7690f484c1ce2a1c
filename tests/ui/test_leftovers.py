"""The search for what a test left behind finds running timers and threads of any class, each once."""

from __future__ import annotations

from PySide6.QtCore import QThread, QTimer
from pytestqt.qtbot import QtBot
from support.leaks import QtWatch


class Late(QTimer):
    pass


class Sleeper(QThread):
    def run(self) -> None:
        self.exec()


def test_a_timer_and_a_thread_that_still_run_are_found_once(qtbot: QtBot) -> None:
    watch, plain, late, sleeper = QtWatch(), QTimer(), Late(), Sleeper()
    assert watch.living() == []
    plain.start(60_000)
    late.start(60_000)
    sleeper.start()
    assert [word.split()[0].rpartition(".")[2] for word in watch.living()] == ["QTimer", "Late", "Sleeper"]
    assert watch.living() == []
    sleeper.quit()
    assert sleeper.wait(5_000)
    plain.stop()
    late.stop()
