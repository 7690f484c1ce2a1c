"""An engine under observation: a real host on real sockets, its frames taken as the window takes them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, Slot
from support.waiting import pause

from liqdesk.alerts import Fired
from liqdesk.engine.frames import Command, Frame, SourceKind
from liqdesk.engine.host import Host
from liqdesk.engine.opening import Orders
from liqdesk.market import ForcedOrder
from liqdesk.model import Column, DensityGrid
from liqdesk.venues.binance import Binance

MINUTE = 60_000
JOINS = 10
CELL = 2e-3  # two maps of the same trades are no further apart, in any cell that matters


def orders(rest: str, stream: str, folder: Path, symbol: str = "BTCUSDT", record: bool = True) -> Orders:
    return Orders(symbol=symbol, endpoints=Binance().endpoints(rest, stream), folder=folder, record=record)


class Watched(QObject):
    """Takes every frame and keeps what a test asks about. Must be closed."""

    def __init__(self, what: Orders) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self.last: Frame | None = None
        self.fired: list[Fired] = []
        self.forced: list[ForcedOrder] = []
        self.grid: DensityGrid | None = None
        self.host = Host(what)
        self.host.frame.connect(self.on_frame)
        self.host.grid.connect(self.on_grid)
        self.host.start()

    @Slot(object)
    def on_frame(self, frame: Frame) -> None:
        self.last = frame
        self.fired += frame.new_fired
        self.forced += frame.new_forced
        self.host.taken()

    @Slot(object)
    def on_grid(self, grid: DensityGrid) -> None:
        self.grid = grid

    def command(self, command: Command) -> None:
        self.host.command(command)

    def until(self, holds: Callable[[], object], seconds: float, what: str) -> None:
        """Let Qt run until `holds()`; fails the test with `what` when it does not within the time."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                state = None if self.last is None else (self.last.connection, self.last.progress, self.last.published)
                raise AssertionError(f"{what}: not within {seconds:g} s; last {state}")
            pause(10)

    def until_loaded(self, seconds: float = 60.0) -> None:
        self.until(
            lambda: self.last is not None and self.last.progress is None and self.last.now is not None,
            seconds,
            "the map is loaded",
        )

    def last_number(self, span_ms: int = 60_000) -> int:
        """Return the newest published column of a ring, −1 before there is one."""
        if self.last is None:
            return -1
        return next((p.last for p in self.last.published if p.span_ms == span_ms), -1)

    @property
    def kind(self) -> SourceKind | None:
        return None if self.last is None else self.last.source.kind

    def close(self) -> None:
        self.host.stop()
        QCoreApplication.processEvents()

    def first_live(self) -> int:
        """Return the first column that was live, 0 before anything is published."""
        published = self.last.published if self.last is not None else ()
        return next((p.live_from for p in published if p.span_ms == MINUTE), 0)

    def until_live(self, seconds: float = 90.0) -> None:
        """Wait for the second live column: of the first there may be no more than the candle."""
        self.until(lambda: self.last_number() > self.first_live() > 0, seconds, "two live columns")


def joined(open_both: Callable[[], tuple[Watched, Watched]], seconds: float = 90.0) -> tuple[Watched, Watched]:
    """Open two engines on one market, anew until their maps are the same once both are live. One that joined within a minute has of it, as
    of all before, only the candle, which is not quite the map that trades one by one make."""
    for _ in range(JOINS):
        mine, theirs = pair = open_both()
        for engine in pair:
            engine.until_loaded(seconds)
        for engine in pair:
            engine.until_live(seconds)
        assert mine.grid is not None
        assert theirs.grid is not None
        number = min(mine.last_number(), theirs.last_number())
        x, y = mine.grid.ring(MINUTE).read(number), theirs.grid.ring(MINUTE).read(number)
        if mine.first_live() == theirs.first_live() and x is not None and y is not None and apart(x, y) <= CELL:
            return pair
        for engine in pair:
            engine.close()
    raise AssertionError(f"the engines did not join alike, {JOINS} times")


def apart(mine: Column, theirs: Column) -> float:
    """Return by how much, relative to theirs, the cells of two columns that matter differ at most."""
    big = theirs.basis > 1e-6 * theirs.basis.max()
    return float(np.abs(mine.basis[big] / theirs.basis[big] - 1).max())
