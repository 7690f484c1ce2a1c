"""A contract chosen in the watchlist: every stream moves over, and nothing of the old one is drawn again."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.desk import Desk
from support.exchange import Exchange

from liqdesk.engine.frames import Frame
from liqdesk.insight.position import Position
from liqdesk.market import LinkPhase, Side
from liqdesk.ui import theme
from liqdesk.ui.panels.watchlist import WatchPanel

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(480)]
APART = 10_000.0  # BTC stands above, ETH below


class Switching(Desk):
    """Follows the list of contracts too, and holds every frame of a new epoch against the contract it should be of."""

    def __init__(self, exchange: Exchange, folder: Path) -> None:
        self.wanted = "BTCUSDT"
        self.frames = 0
        self.strays: list[str] = []
        super().__init__(exchange, folder)
        self.host.universe.connect(self.window.set_universe)
        self.host.tickers.connect(self.window.set_tickers)
        self.since = 0

    @Slot(object)
    def on_frame(self, frame: Frame) -> None:
        super().on_frame(frame)
        if frame.epoch <= self.since:
            return
        self.frames += 1
        chart = self.window.chart
        assert chart is not None

        def belongs(price: float) -> bool:
            return not price > 0 or (price > APART) is (self.wanted == "BTCUSDT")

        prices = [frame.prices.last, frame.prices.mark, frame.prices.index, *(z.peak for z in frame.zones)]
        prices += [frame.now.mark] if frame.now is not None else []
        prices += [float(x) for bars in frame.new_bars for x in bars.rows["close"]]
        prices += [float(x) for x in chart.state.orders["price"]] + [float(x) for x in chart.state.candles["close"]]
        prices += [o.price for o in self.window.column.tape.content.shown]
        prices += [line.price for line in chart.state.mine]
        if frame.instrument.symbol != self.wanted:
            self.strays.append(f"a frame of {frame.instrument.symbol}")
        self.strays += [f"a price of {p}" for p in prices if not belongs(p)]


@pytest.fixture
def market(exchange: Callable[..., Exchange]) -> Exchange:
    made = exchange(seed=7, speed=10, start="2026-03-09T09:00:00+00:00")
    told(made, "/fapi/v1/premiumIndex?symbol=ETHUSDT")  # else it comes to life when its turn comes
    return made


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, market: Exchange, tmp_path: Path) -> Iterator[Switching]:
    theme.apply_theme(qapp, "dark", 1.0)
    one = Switching(market, tmp_path)
    yield one
    one.close()


def told(market: Exchange, path: str) -> Any:
    with urllib.request.urlopen(f"{market.rest}{path}", timeout=60) as answer:
        return json.load(answer)


def lines(market: Exchange) -> int:
    """Return how many connections this process holds to the exchange."""
    found = psutil.Process().net_connections("tcp")
    return sum(c.status == psutil.CONN_ESTABLISHED and bool(c.raddr) and c.raddr.port == market.port for c in found)


def flowing(desk: Switching) -> bool:
    """Return whether every stream of the contract on screen has brought something."""
    frame = desk.frame
    if frame is None or frame.epoch <= desk.since or frame.progress is not None or not desk.window.chart_painted:
        return False
    due = {s.name: s for s in frame.streams if s.name not in ("forced", "contracts")}
    links = {link.name: link.phase for link in frame.links}
    return (
        set(due) >= {"mark", "trades", "book", "OI", "funding", "candles", "tickers"}
        and all(s.age_s is not None and s.events > 0 for s in due.values())
        and links == {"market": LinkPhase.OPEN, "public": LinkPhase.OPEN}
    )


def switch(desk: Switching, symbol: str, act: Callable[[], None]) -> None:
    assert desk.frame is not None
    desk.since, desk.wanted, desk.frames = desk.frame.epoch, symbol, 0
    act()
    desk.until(lambda: flowing(desk) and desk.frames > 5, 120, f"{symbol} is on screen, and every stream of it flows")
    assert desk.strays == []
    assert desk.frames > 5


def test_a_row_of_the_watchlist_moves_everything_over(desk: Switching, market: Exchange, qtbot: QtBot) -> None:
    desk.until(lambda: flowing(desk), 240, "the first contract is on screen")
    window = desk.window
    assert desk.frame is not None
    entry = round(desk.frame.prices.mark * 0.999, 1)
    window.act.mine.keep(Position(Side.LONG, entry, 0.5, 20.0))
    assert window.chart is not None
    window.chart.refresh()
    assert len(window.chart.state.mine) == 2
    window.act.press("watchlist")
    panel = window.column.panel("watchlist")
    assert isinstance(panel, WatchPanel)
    rows = panel.content.rows
    desk.until(lambda: any(r.symbol == "ETHUSDT" and r.price > 0 for r in rows.in_view), 30, "rows with prices")
    held = lines(market)

    def double_click() -> None:
        i = next(i for i, r in enumerate(rows.in_view) if r.symbol == "ETHUSDT")
        QTest.mouseDClick(rows, Qt.MouseButton.LeftButton, pos=QPoint(60, 24 + i * 22 + 11))

    switch(desk, "ETHUSDT", double_click)
    assert window.settings.symbol == "ETHUSDT"
    assert rows.shown_symbol == "ETHUSDT"
    assert window.chart.state.mine == ()
    desk.until(lambda: lines(market) <= held, 20, "no connection of the first contract is left")
    last = float(told(market, "/fapi/v1/ticker/price?symbol=ETHUSDT")["price"])
    assert desk.frame.prices.last == pytest.approx(last, rel=0.02)
    assert window.state()["price.last"]["value"] == pytest.approx(last, rel=0.02)  # type: ignore[index]

    def type_and_enter() -> None:
        panel.content.filter.setFocus()
        QTest.keyClicks(panel.content.filter, "btcu")
        QTest.keyClick(panel.content.filter, Qt.Key.Key_Return)

    switch(desk, "BTCUSDT", type_and_enter)
    window.chart.refresh()
    assert next(line.price for line in window.chart.state.mine) == entry
    desk.until(lambda: lines(market) <= held, 20, "no connection of the second contract is left")
