"""Letting Qt run for a while."""

from __future__ import annotations

from PySide6.QtCore import QEventLoop, QTimer


def pause(ms: int) -> None:
    """Run the event loop for `ms`. QTest.qWait keeps the interpreter to itself meanwhile and starves every other thread."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()
