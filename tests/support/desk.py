"""A real window on a real engine, for tests that hold what is on screen against the model."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Slot
from support.exchange import Exchange
from support.waiting import pause
from support.watched import orders

from liqdesk.engine.frames import Frame
from liqdesk.engine.host import Host
from liqdesk.model import DensityGrid
from liqdesk.settings import Settings
from liqdesk.ui.window import Window


class Desk(QObject):
    """A window and its engine, with the newest frame at hand."""

    def __init__(self, exchange: Exchange, folder: Path, symbol: str = "BTCUSDT") -> None:
        super().__init__()
        self.window = Window(Settings(first_run_done=True, window_ms=43_200_000, candle_ms=300_000), False, str(folder))
        self.window.resize(1600, 900)
        self.window.show()
        self.window.load_chart()
        self.frame: Frame | None = None
        self.grid: DensityGrid | None = None
        self.held = self.owed = False
        self.host = Host(orders(exchange.rest, exchange.stream, folder, symbol, record=False))
        self.host.grid.connect(self.on_grid)
        self.window.command.connect(self.host.command)
        self.host.frame.connect(self.on_frame)
        self.host.start()

    @Slot(object)
    def on_grid(self, grid: DensityGrid) -> None:
        self.grid = grid
        self.window.set_grid(grid)

    @Slot(object)
    def on_frame(self, frame: Frame) -> None:
        self.frame = frame
        self.window.apply(frame)
        self.owed = self.held
        if not self.held:
            self.host.taken()

    def go_on(self) -> None:
        """Let frames come again; one that was held back is taken now, and none is taken twice."""
        self.held = False
        if self.owed:
            self.owed = False
            self.host.taken()

    def until(self, holds: Callable[[], object], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, what
            pause(10)

    def close(self) -> None:
        self.host.stop()
        self.window.close()
        self.window.deleteLater()
        QCoreApplication.processEvents()
