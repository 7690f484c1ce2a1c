"""A small market for chart tests: a real grid filled column by column, candles, and frames that publish them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from liqdesk.alerts.rules import Cross, PriceCrosses, RuleStatus
from liqdesk.engine.frames import (
    Bars,
    Connection,
    Frame,
    FundingView,
    Health,
    NowPlanes,
    Prices,
    Published,
    Source,
    SourceKind,
)
from liqdesk.insight import Spread, Zone
from liqdesk.market import MINUTE_MS, ForcedOrder, Instrument, Side
from liqdesk.market.rows import BAR
from liqdesk.model import BACK, LIVE, ROWS, DensityGrid, base_of, row_prices
from liqdesk.settings import Settings
from liqdesk.ui import theme
from liqdesk.ui.chart import ChartPane
from liqdesk.ui.window import Window

NOW = 1_772_280_000_000 + 17 * MINUTE_MS  # 2026-02-28 12:17 UTC
GAIN = np.array([0.0083, 0.0120], dtype=np.float32)
LIVE_MINUTES = 60


@dataclass
class Scene:
    """`price(t)` is the mark at a time; columns were written through the real ring, `now` is what is open."""

    grid: DensityGrid
    now: NowPlanes
    bars: NDArray[np.void]

    def frame(self, **changes: object) -> Frame:
        mark = self.now.mark
        spans = []
        for ring in self.grid.rings:
            spans.append(Published(ring.span_ms, ring.first, ring.last, ring.live_from))
        whole = Frame(
            epoch=1,
            serial=1,
            source=Source(SourceKind.LIVE, "fapi.binance.com"),
            instrument=Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001),
            venue_ms=NOW,
            connection=Connection(Health.FRESH, 84.0, "", None, 0, ()),
            streams=(),
            progress=None,
            prices=Prices(mark + 3.0, mark, mark, 0.01, NOW),
            funding=FundingView(0.0001, 8, NOW + 3_600_000, ()),
            open_interest=80_000.0,
            published=tuple(spans),
            now=self.now,
            new_bars=(Bars(MINUTE_MS, self.bars),),
            new_forced=(),
            imbalance=(),
            zones=(),
            ledger=None,
            gaps=(),
            rules=(),
            new_fired=(),
            gain=0.0083,
            gain_default=True,
            model_version="S2",
            brackets_as_of="2026-07-02",
            notices=(),
            spread=Spread(),
        )
        return msgspec.structs.replace(whole, **changes)


def price(time_ms: int) -> float:
    minutes = (time_ms - NOW) / MINUTE_MS
    return 67_000.0 + 700.0 * math.sin(minutes / 170.0) + 90.0 * math.sin(minutes / 11.0)


def planes(mark: float, seed: int) -> tuple[int, NDArray[np.float32]]:
    """Return (base, basis USD [10, 800]): longs below mark, shorts above, uneven from bin to bin."""
    rng = np.random.default_rng(seed)
    base = base_of(mark)
    rows = row_prices(base)
    away = np.abs(np.log(rows / mark))
    bump = 2e6 * np.exp(-(((away - 0.025) / 0.012) ** 2)) + 4e5 * np.exp(-away / 0.1)
    basis = bump * rng.uniform(0.2, 1.8, size=(10, ROWS))
    basis[:5, rows >= mark] = 0.0
    basis[5:, rows <= mark] = 0.0
    return base, basis.astype(np.float32)


def shares_at(time_ms: int) -> NDArray[np.float32]:
    """Return the prior's share by class, another one every hour."""
    return np.random.default_rng(time_ms // 3_600_000).random(5).astype(np.float32)


def scene() -> Scene:
    """Build two hours at 1 min, a day at 5 min and three days at 30 min, the last hour of them live."""
    grid = DensityGrid()
    live_from = NOW - LIVE_MINUTES * MINUTE_MS
    for ring, back in zip(grid.rings, (120, 288, 144), strict=True):
        last = NOW // ring.span_ms - 1
        for number in range(last - back + 1, last + 1):
            end = (number + 1) * ring.span_ms
            base, basis = planes(price(end), number % 100_000)
            flag = LIVE if end > live_from else BACK
            ring.write(number, base, basis, GAIN, flag, price(end), shares=shares_at(end))
    base, basis = planes(price(NOW), 7)
    usd = basis * np.repeat(GAIN, 5)[:, None]
    times = np.arange(NOW // MINUTE_MS - 1_500, NOW // MINUTE_MS + 1) * MINUTE_MS
    bars = np.zeros(times.size, BAR)
    bars["t"] = times
    bars["open"] = [price(int(t)) for t in times]
    bars["close"] = [price(int(t) + MINUTE_MS) for t in times]
    bars["high"] = np.maximum(bars["open"], bars["close"]) + 11.0
    bars["low"] = np.minimum(bars["open"], bars["close"]) - 11.0
    bars["volume"] = 10.0
    return Scene(grid, NowPlanes(NOW, base, price(NOW), usd.astype(np.float32), shares_at(NOW)), bars)


def settings(**changes: object) -> Settings:
    return msgspec.structs.replace(Settings(), candle_ms=5 * MINUTE_MS, window_ms=12 * 60 * MINUTE_MS, **changes)


def rule(at: float, **changes: object) -> RuleStatus:
    made = PriceCrosses(id="a", symbol="BTCUSDT", price=at, direction=Cross.UP)
    return RuleStatus(msgspec.structs.replace(made, **changes), 0, None, None)


def order(side: Side, time_ms: int, at: float, usd: float, symbol: str = "BTCUSDT") -> ForcedOrder:
    return ForcedOrder(symbol, side, time_ms, time_ms, at, at, usd / at)


def zone(side: Side, low: float, high: float, usd: float, mark: float, z: float = 3.1) -> Zone:
    edge = low if side is Side.SHORT else high
    away = (edge - mark) / mark
    return Zone(side, low, high, (low + high) / 2, usd, usd / 2, away, usd * 0.4, usd * 1.8, 0.25, z)


def panes(qtbot: QtBot, market: Scene) -> Iterator[Callable[..., ChartPane]]:
    """Give a function that makes a chart pane of a size, in a window of a width, which shows a frame of `market`; ends what it made."""
    made: list[ChartPane] = []
    hosts: list[QWidget] = []

    def build(
        width: int = 1_500, height: int = 760, window: int = 1_920, size: float = 1.0, **frame: object
    ) -> ChartPane:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply_theme(app, "dark", size)
        host = QWidget()
        hosts.append(host)
        qtbot.addWidget(host)
        host.resize(window, height)
        pane = ChartPane(settings(), host)
        pane.setGeometry(0, 0, width, height)
        made.append(pane)
        host.show()
        pane.set_grid(market.grid)
        qtbot.waitUntil(lambda: pane.map.heat.kernels is not None, timeout=60_000)
        pane.apply(market.frame(**frame))
        pane.refresh()
        return pane

    yield build
    for pane in made:
        pane.close_threads()


def windows(
    qtbot: QtBot, qapp: QApplication, market: Scene, chosen: Settings, **always: object
) -> Iterator[Callable[..., Window]]:
    """Give a function that makes a shown window with its chart and a frame of `market`, changed by `always`; closes what it made."""
    theme.apply_theme(qapp, "dark", 1.0)
    made: list[Window] = []

    def build(
        folder: Path | None = None, settings: Settings | None = None, width: int = 1_700, **changes: object
    ) -> Window:
        one = Window(settings or chosen, True, str(folder or ""))
        qtbot.addWidget(one)
        made.append(one)
        one.resize(width, 900)
        with qtbot.waitSignal(one.chart_ready, timeout=20_000):
            one.show()
        one.set_grid(market.grid)
        one.apply(market.frame(**{**always, **changes}))
        chart = one.chart
        assert chart is not None
        qtbot.waitUntil(lambda: chart.state.lens.valid and chart.map.heat.kernels is not None, timeout=60_000)
        return one

    yield build
    for one in made:
        one.close()
