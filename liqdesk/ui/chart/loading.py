"""The painting kernels, compiled or loaded from the user's cache beside the window."""

from __future__ import annotations

import logging
from types import ModuleType
from typing import Final

from PySide6.QtCore import QObject, QThread

from liqdesk.engine.compiling import COMPILER

STACK: Final = 16 << 20  # the compiler needs more than a thread has by default on macOS
log = logging.getLogger(__name__)


class KernelLoad(QThread):
    """Loads `liqdesk.ui.chart.kernels` once; then either `module` is set or `error` says what a user can read."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("kernels")
        self.setStackSize(STACK)
        self.module: ModuleType | None = None
        self.error = ""

    def run(self) -> None:
        try:
            if not COMPILER.ready(self.isInterruptionRequested):
                return
            from liqdesk.ui.chart import kernels

            kernels.warm()
            self.module = kernels
        except Exception as e:  # a damaged cache or compiler must leave candles and panels working
            log.exception("the painting kernels could not be loaded")
            self.error = f"The map cannot be drawn: {e}"
