"""The panes beneath the chart on a real stream, against what the exchange answers to a plain request and what it printed."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.desk import Desk
from support.exchange import Exchange
from support.waiting import pause

from liqdesk.engine.frames import Frame
from liqdesk.insight.rsi import rsi
from liqdesk.market import DAY_MS, MINUTE_MS, ForcedOrder
from liqdesk.settings import PANES
from liqdesk.ui import present, theme

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
FIVE = 5 * MINUTE_MS


@pytest.fixture
def market(exchange: Callable[..., Exchange]) -> Exchange:
    return exchange(seed=7, speed=40, start="2026-03-09T09:00:00+00:00")


class Keeping(Desk):
    """Keeps what frames brought of printed liquidations."""

    def __init__(self, market: Exchange, folder: Path) -> None:
        self.printed: list[ForcedOrder] = []
        super().__init__(market, folder)

    @Slot(object)
    def on_frame(self, frame: Frame) -> None:
        self.printed += [o for o in frame.new_forced if o.symbol == "BTCUSDT"]
        super().on_frame(frame)


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, market: Exchange, tmp_path: Path) -> Iterator[Keeping]:
    theme.apply_theme(qapp, "dark", 1.0)
    one = Keeping(market, tmp_path)
    one.window.change(panes=PANES, folded_compact=(), folded=())
    yield one
    one.close()


def ask(market: Exchange, path: str) -> list[list[object]]:
    with urllib.request.urlopen(market.rest + path, timeout=10) as answer:
        found: list[list[object]] = json.load(answer)
        return found


def test_every_pane_says_what_the_exchange_says(desk: Keeping, market: Exchange) -> None:
    desk.until(
        lambda: desk.frame is not None and desk.frame.progress is None and desk.window.chart_painted,
        90,
        "the map is on screen",
    )
    desk.until(lambda: len(desk.printed) >= 3, 90, "liquidations were printed")
    for _ in range(3):
        pause(1_500)
        desk.held = True
        desk.until(lambda: desk.owed and desk.window.turns.settled, 20, "every part shows the frame")
        chart, frame = desk.window.chart, desk.frame
        assert chart is not None
        assert frame is not None
        assert frame.series is not None
        chart.refresh()
        told = {name: pane.shown()["words"] for name, pane in chart.panes.panes.items()}
        candles = chart.state.candles
        closed = candles[:-1]
        rows = ask(market, f"/fapi/v1/klines?symbol=BTCUSDT&interval=5m&limit=1500&endTime={int(closed['t'][-1])}")
        times = np.array([int(r[0]) for r in rows])  # type: ignore[call-overload]
        volume, bought, close = (np.array([float(r[i]) for r in rows]) for i in (5, 9, 4))  # type: ignore[arg-type]
        assert times[-1] == closed["t"][-1]

        inside = times >= closed["t"][0]
        net = (2 * bought - volume)[inside]
        desk.window.change(unit="coin")
        chart.refresh()
        (shown,) = [text for _, text in chart.panes.panes["cvd"].tag_rows(float(closed["t"][-1]) + 1)]
        assert shown == present.size(float(net.sum()), present.Measure("BTC"), signed=True)
        (shown,) = [text for _, text in chart.panes.panes["volume"].tag_rows(float(closed["t"][-1]) + 1)]
        assert shown == present.size(float(volume[-1]), present.Measure("BTC"))
        desk.window.change(unit="usd")
        chart.refresh()

        assert told["rsi"]["closed"]["value"] == pytest.approx(rsi(close)[0][-1], abs=1e-6)  # type: ignore[index]
        assert told["funding"]["now"]["value"] == frame.funding.rate  # type: ignore[index]
        newest = frame.series.interest[-1]
        assert newest["contracts"] == frame.open_interest
        assert told["interest"]["now"]["value"] == newest["usd"]  # type: ignore[index]
        assert newest["usd"] == pytest.approx(frame.open_interest * frame.prices.mark, rel=0.01)

        day = [o for o in desk.printed if o.time_ms > frame.venue_ms - DAY_MS]
        for side, name in ((0, "24 h long"), (1, "24 h short")):
            usd = sum(o.usd for o in day if o.side == side)
            word = told["liquidations"][name if not chart.state.compact else name.removeprefix("24 h ")]  # type: ignore[index]
            assert word["value"] == pytest.approx(usd)
            assert word["text"] == present.usd(usd)
        pane = chart.panes.panes["liquidations"]
        for row in candles[-3:]:
            mine = [o for o in desk.printed if row["t"] <= o.time_ms < row["t"] + row["span"]]
            sums = [sum(o.usd for o in mine if o.side == side) for side in (1, 0)]
            texts = [text for _, text in pane.tag_rows(float(row["t"] + row["span"] - 1))]
            since = frame.series.forced_from_ms
            assert since is not None
            if row["t"] + row["span"] > since:
                assert texts == [present.usd(usd) for usd in sums]
        desk.go_on()
