"""The engine as the window sees it: signals out, commands in, one call to end it."""

from __future__ import annotations

import logging
from typing import Final

from PySide6.QtCore import QObject, QThread, Signal, Slot

from liqdesk.engine.beside import BesideCommand
from liqdesk.engine.child import Child
from liqdesk.engine.frames import Command
from liqdesk.engine.opening import Orders
from liqdesk.engine.worker import Worker

log = logging.getLogger(__name__)

STOP_MS: Final = 12_000


class Host(QObject):
    """Lives in the GUI thread and owns the engine thread. `command` and `taken` go in, the other signals come out."""

    frame = Signal(object)
    grid = Signal(object)
    universe = Signal(object)
    tickers = Signal(object)
    beside = Signal(object)
    _command = Signal(object)
    _taken = Signal()
    _stop = Signal()

    def __init__(self, orders: Orders, child: Child | None = None) -> None:
        super().__init__()
        self._thread = QThread()
        self._thread.setObjectName("engine")
        self._worker = Worker(orders, child)
        self._worker.moveToThread(self._thread)
        self._thread.started.connect(self._worker.start)
        self._worker.frame.connect(self.frame)
        self._worker.grid.connect(self.grid)
        self._worker.universe.connect(self.universe)
        self._worker.tickers.connect(self.tickers)
        self._worker.beside.connect(self.beside)
        self._command.connect(self._worker.obey)
        self._taken.connect(self._worker.taken)
        self._stop.connect(self._worker.stop)

    def start(self) -> None:
        self._thread.start()

    @Slot(object)
    def command(self, command: Command | BesideCommand) -> None:
        self._command.emit(command)

    @Slot()
    def taken(self) -> None:
        self._taken.emit()

    def stop(self) -> None:
        """Stop feeds, poll and engine, and wait for them."""
        if not self._thread.isRunning():
            return
        self._thread.requestInterruption()
        self._stop.emit()
        if not self._thread.wait(STOP_MS):
            log.error("thread engine did not end in %d ms", STOP_MS)
