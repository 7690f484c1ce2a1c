"""The watch over a run, joined: what nobody caught, in any thread, and Qt's last word go to it. It stands on the start path."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from PySide6.QtCore import QThread, QtMsgType, qFormatLogMessage, qInstallMessageHandler

from liqdesk.crash.watch import Watch
from liqdesk.errors import LiqdeskError

if TYPE_CHECKING:
    from collections.abc import Callable


class Watched:
    """While entered, an error that nobody caught is logged and reported, in whatever thread it came, and the process's last words are kept.

    `profile` is the folder reports go into; None keeps none. Enter and leave in the main thread.
    """

    def __init__(self, profile: Path | None) -> None:
        self.watch = Watch(profile)
        self._qt: Callable[..., Any] | None = None
        self._hooks = (sys.excepthook, threading.excepthook)
        self._warned = ""

    def __enter__(self) -> Self:
        self.watch.begin()
        self._hooks = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        self._qt = qInstallMessageHandler(self._hear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.watch.running = False
        if kind is not None and error is not None and not isinstance(error, LiqdeskError):
            self.watch.report(kind, error, trace, "main")
        qInstallMessageHandler(self._qt)
        sys.excepthook, threading.excepthook = self._hooks
        self.watch.end()

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Log and report an exception that nobody caught: in a slot it must not end the program, nor pass unseen."""
        import logging

        logging.getLogger(__name__).error("uncaught", exc_info=(kind, error, trace))
        self.watch.report(kind, error, trace, _thread())

    def _uncaught_in_thread(self, found: threading.ExceptHookArgs) -> None:
        if found.exc_type is not SystemExit and found.exc_value is not None:
            self._uncaught(found.exc_type, found.exc_value, found.exc_traceback)

    def _hear(self, kind: QtMsgType, context: Any, text: str) -> None:
        """Take Qt's word before it ends the process, and pass all of them on."""
        if kind == QtMsgType.QtFatalMsg:
            self.watch.note("\n".join(f"Qt: {words}" for words in (self._warned, text) if words))
        elif kind in (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg):
            self._warned = text  # says why, where the last word is only that it ends
        if self._qt is not None:
            self._qt(kind, context, text)
        elif sys.stderr is not None:
            sys.stderr.write(f"{qFormatLogMessage(kind, context, text)}\n")


def _thread() -> str:
    """Return the name of the thread this runs in."""
    if threading.current_thread() is threading.main_thread():
        return "main"
    return QThread.currentThread().objectName() or threading.current_thread().name
