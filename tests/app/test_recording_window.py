"""A window on a recording, whole: its map is that of the file, it says what it is at every place, and it writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot
from support.month import Month

from liqdesk.app.choices import Choices
from liqdesk.app.launch import _Launch
from liqdesk.app.preparing import Start
from liqdesk.history import History
from liqdesk.market import MINUTE_MS
from liqdesk.ui.condition import condition
from liqdesk.ui.skeleton import Look
from liqdesk.ui.window import Window

pytestmark = pytest.mark.timeout(400)  # a first run compiles the kernels
ORIGIN = "simulated market 4 2026-06-01T12:00:00+00:00"


@pytest.fixture(scope="module")
def month() -> Month:
    return Month(4, days=3)


def record(path: Path, month: Month, origin: str) -> Path:
    """Write three days of a simulated market, under two names."""
    with History.open(path, path.with_name("lock"), origin=origin) as history:
        for symbol in ("BTCUSDT", "ETHUSDT"):
            history.add_bars(symbol, MINUTE_MS, False, month.bars)
            history.add_bars(symbol, MINUTE_MS, True, month.mark_bars)
            history.add_open_interest(symbol, month.interest)
        history.commit()
    path.with_name("lock").unlink()
    return path


class Opened:
    """The program's own window on a file, as `liqdesk FILE` opens it."""

    def __init__(self, file: Path, profile: Path) -> None:
        choices = Choices(recording=file, profile=str(profile), symbol="BTCUSDT")
        self.window = Window(look=Look())
        self.launch = _Launch(self.window, choices, Start.of(choices))
        self.window.first_painted.connect(self.launch.furnish)
        self.window.resize(1600, 900)
        self.window.show()

    @property
    def whole(self) -> bool:
        frame = self.window.frame
        return frame is not None and frame.now is not None and self.window.chart_painted

    def close(self) -> None:
        self.launch.close()
        QCoreApplication.processEvents()


def listing(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[Path], Opened]]:
    """Return a function that opens a file; what it opened is closed at the end."""
    windows: list[Opened] = []

    def open_(file: Path) -> Opened:
        windows.append(Opened(file, tmp_path / "profile"))
        return windows[-1]

    yield open_
    for one in windows:
        one.close()


def test_a_window_on_a_recording_shows_its_map_and_says_what_it_is(
    qtbot: QtBot, tmp_path: Path, month: Month, opened: Callable[[Path], Opened]
) -> None:
    (tmp_path / "tapes").mkdir()
    file = record(tmp_path / "tapes" / "june.liqdesk", month, ORIGIN)
    before = listing(tmp_path / "tapes")
    desk = opened(file)
    window = desk.window
    qtbot.waitUntil(lambda: desk.whole, timeout=240_000)
    frame, chart = window.frame, window.chart
    assert frame is not None
    assert chart is not None
    assert frame.venue_ms == int(month.bars["t"][-1]) + MINUTE_MS
    assert frame.prices.last == pytest.approx(float(month.bars["close"][-1]))
    assert float(np.nansum(frame.now.usd)) > 0
    assert [i.symbol for i in window.universe.instruments] == ["BTCUSDT", "ETHUSDT"]

    words = chart.ribbon.text
    assert words.startswith(f"RECORDING  ·  june.liqdesk  ·  {ORIGIN}, not Binance  ·  to ")
    assert words.endswith("nothing is live")
    assert chart.ribbon.isVisibleTo(window)
    assert window.topbar.pill.accessibleDescription() == "RECORDING · not live"
    assert not chart.state.live
    assert window.settings.symbol == "BTCUSDT"
    assert not window.profile_writable

    window.act.press("market")
    window.act.press("retry")
    qtbot.wait(300)
    assert window.frame.source == frame.source, "there is no way from here to a market"

    window.act.market.choose_symbol("ETHUSDT")
    qtbot.waitUntil(lambda: desk.whole and window.frame.instrument.symbol == "ETHUSDT", timeout=30_000)
    assert window.frame.source == frame.source
    assert window.frame.prices.last == frame.prices.last
    desk.close()
    assert listing(tmp_path / "tapes") == before
    assert listing(tmp_path / "profile") == {}


def test_genuine_data_are_not_called_anything_else(
    qtbot: QtBot, tmp_path: Path, month: Month, opened: Callable[[Path], Opened]
) -> None:
    desk = opened(record(tmp_path / "history.sqlite", month, "binance"))
    qtbot.waitUntil(lambda: desk.whole, timeout=240_000)
    assert desk.window.frame.source.whose == ""
    assert desk.window.chart.ribbon.text.startswith("RECORDING  ·  history.sqlite  ·  to ")
    assert "its data are Binance's own" in condition(desk.window.frame).tip
