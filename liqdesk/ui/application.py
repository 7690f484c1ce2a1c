"""The QApplication: name, theme, and, when LIQDESK_TRACE names a file, how long each event kept the GUI thread busy."""

from __future__ import annotations

import builtins
import os
import sys
import threading
import time

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from liqdesk.ui.trace import Trace


class TracedApplication(QApplication):
    """An application that adds up the time spent in outermost events of its own thread, for measuring only."""

    def __init__(self, arguments: list[str], trace: Trace) -> None:
        super().__init__(arguments)
        self._trace = trace
        self._depth = 0
        self._thread = threading.get_ident()

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        # Qt sends the events of every thread through here.
        if threading.get_ident() != self._thread or self._depth:
            return super().notify(receiver, event)
        self._depth = 1
        started, cpu = time.perf_counter_ns(), time.thread_time_ns()
        try:
            return super().notify(receiver, event)
        finally:
            self._depth = 0
            self._trace.busy_ns += time.perf_counter_ns() - started
            self._trace.cpu_ns += time.thread_time_ns() - cpu


def unhook_features() -> None:
    """Take PySide6's search for `from __feature__ import …`, which liqdesk does not use, out of Python's import: it reads the source of
    every module imported after it, a tenth of a start."""
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)


def make_application() -> QApplication:
    """Return the one QApplication. The window themes it after its first paint."""
    unhook_features()
    arguments = ["liqdesk"]
    path = os.environ.get("LIQDESK_TRACE")
    application = _application(arguments) if path is None else TracedApplication(arguments, Trace.to(path))
    application.setApplicationName("liqdesk")
    application.setApplicationDisplayName("liqdesk")
    application.setDesktopFileName("liqdesk")
    return application


def _application(arguments: list[str]) -> QApplication:
    if sys.platform == "darwin":
        from liqdesk.ui.handed import HandedApplication

        return HandedApplication(arguments)
    return QApplication(arguments)


def platform_name() -> str:
    """Return how windows come to a screen: xcb, wayland, windows, cocoa, offscreen."""
    return QApplication.platformName()
