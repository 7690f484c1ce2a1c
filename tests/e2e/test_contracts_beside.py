"""The program's own desk with a second contract in a chart window: what is on screen is what its session says, and nothing stays behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot
from support import leaks
from support.program import write_settings
from support.waiting import pause

from liqdesk import logs
from liqdesk.app.choices import Choices
from liqdesk.app.desk import Desk
from liqdesk.app.preparing import Start
from liqdesk.ui import present
from liqdesk.ui.window import Window

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


def until(holds: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        pause(10)


def test_two_contracts_in_two_windows_of_one_program(qtbot: QtBot, tmp_path: Path) -> None:
    write_settings(tmp_path / "profile", sounds=False, window_ms=86_400_000)
    choices = Choices(profile=str(tmp_path / "profile"), demo=True, seed=7, speed=20.0)
    window = Window()
    desk = Desk(window, Start.of(choices))
    threads, children = leaks.live_threads(), leaks.live_children()
    try:
        desk.furnish()
        window.show()
        window.controls_ready.connect(desk.join)
        until(lambda: window.frame is not None and window.frame.now is not None, 240, "the first map")
        charts = window.shell.charts
        charts.open()
        (one,) = charts.windows
        charts.link(one, "")
        charts.choose(one, "ETHUSDT")
        until(lambda: one.frame is not None and one.frame.now is not None, 120, "the second map")
        until(
            lambda: one.frame.progress is None and one.chart.cell_value(one.frame.venue_ms, one.frame.prices.mark),
            60,
            "painted",
        )
        one._turns.everything()
        frame, state = one.frame, one.state()
        assert state["symbol"] == {"text": "ETHUSDT", "value": "ETHUSDT"}
        last = present.price(frame.prices.last, frame.instrument.price_decimals)
        assert state["price.last"] == {"text": last, "value": frame.prices.last}
        assert state["connection"]["value"] == "demo"  # type: ignore[index]
        assert one.windowTitle().startswith("ETHUSDT ")
        assert "DEMO" in one.windowTitle()
        assert state["chart.mark"]["value"] == frame.prices.mark  # type: ignore[index]
        assert window.state()["symbol"]["text"] == "BTCUSDT"  # type: ignore[index]
        assert window.frame.prices.mark > 5 * frame.prices.mark
        market = leaks.live_children() - children
        assert len(market) == 1, "both contracts come from one market"
        one.close()
        before = frame.serial
        until(lambda: window.frame.serial > before, 20, "the main session goes on")
    finally:
        desk.close()
        logs.close()
        QCoreApplication.processEvents()
    assert not leaks.wait_gone(lambda: leaks.live_children() - leaks.lasting_children, children)
    assert not leaks.wait_gone(leaks.live_threads, threads)
