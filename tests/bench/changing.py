"""How soon another contract's one-day map is whole, in a window that follows the local exchange."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import report
from PySide6.QtWidgets import QApplication
from support.desk import Desk
from support.exchange import Exchange

from liqdesk.engine.frames import SetSymbol
from liqdesk.ui.theme import apply_theme

DAY_MS = 86_400_000
LIMIT_MS = 3_000.0
ORDER = ("ETHUSDT", "BTCUSDT", "DOGEUSDT", "ETHUSDT", "BTCUSDT")


def whole(desk: Desk, symbol: str) -> bool:
    frame = desk.frame
    return (
        frame is not None
        and frame.instrument.symbol == symbol
        and frame.progress is None
        and frame.now is not None
        and desk.window.chart_painted
    )


def symbol() -> None:
    """From the choice of a contract to its whole map on screen of one session after the other."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    apply_theme(app, "dark")
    took: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        exchange = Exchange(seed=7)
        desk = Desk(exchange, Path(folder))
        try:
            desk.window.change(window_ms=DAY_MS)
            desk.until(lambda: whole(desk, "BTCUSDT"), 120, "no first map")
            for n, name in enumerate(ORDER):
                began = time.perf_counter()
                desk.host.command(SetSymbol(name))
                desk.until(lambda name=name: whole(desk, name), 60, f"no map of {name}")  # type: ignore[misc]
                if n:
                    took.append((time.perf_counter() - began) * 1000)
        finally:
            desk.close()
            exchange.close()
    report.line(
        "symbol",
        f"contract changed to 1-day map {report.spread(took, 'ms')}",
        f"{len(took)} changes, the first of a run left out",
        report.aim(statistics.median(took), LIMIT_MS, "ms"),
    )
