"""Frames as an engine would send them, with every number chosen, for the tests of the window around the chart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from liqdesk.alerts.rules import Cross, Fired, ForcedBurst, ImbalanceBeyond, PriceCrosses, RuleStatus, ZoneNear
from liqdesk.engine.frames import (
    Connection,
    Frame,
    FundingView,
    Health,
    Ledger,
    LinkStatus,
    NowPlanes,
    Prices,
    RestStatus,
    SideLedger,
    Source,
    SourceKind,
    StreamStatus,
)
from liqdesk.insight.imbalance import Imbalance
from liqdesk.insight.zones import Zone
from liqdesk.market import ForcedOrder, Instrument, LinkPhase, Side
from liqdesk.model import usual_shares
from liqdesk.settings import Settings
from liqdesk.ui.panels.column import Column
from liqdesk.ui.theme import apply_theme
from liqdesk.ui.window import Window

Furnish = Callable[..., Window]  # see conftest.py
BTC = Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001)
T0 = 1_776_206_833_000  # 2026-04-14 22:47:13 UTC
MARK = 67_074.0
HOSTS = {"live": "fapi.binance.com", "demo": "127.0.0.1:4444", "custom": "proxy.example.net", "history": ""}

RULES = (
    RuleStatus(PriceCrosses(id="up", symbol="BTCUSDT", price=68_400.0, direction=Cross.UP), 0, None, None),
    RuleStatus(ZoneNear(id="zone", symbol="BTCUSDT", within=0.015, min_usd=20e6), 2, T0 - 3_000_000, T0 + 900_000),
    RuleStatus(ImbalanceBeyond(id="tilt", symbol="BTCUSDT", radius=0.02, threshold=0.6, either=True), 1, T0 - 1, None),
    RuleStatus(ForcedBurst(id="burst", symbol="BTCUSDT", usd=5e6, seconds=60, enabled=False), 0, None, None),
)


def zone(side: Side, low: float, high: float, usd: float, z: float = 3.1) -> Zone:
    away = (low if side else high) / MARK - 1
    return Zone(side, low, high, (low + high) / 2, usd, usd / 2, away, usd * 0.4, usd * 1.8, 0.25, z)


ZONES = (
    zone(Side.SHORT, 69_998.4, 70_622.2, 2_610_000.0),
    zone(Side.SHORT, 67_953.0, 68_389.0, 2_840_000.0),
    zone(Side.LONG, 63_707.0, 64_116.0, 1_400_000.0),
)


def fired(rule_id: str = "zone", at: int = T0, sound: bool = False) -> Fired:
    return Fired(rule_id, "BTCUSDT", at, f"BTCUSDT is near a zone ({rule_id})", "short, $2.8M", 68_100.0, sound)


def order(usd: float, at: int = T0, side: Side = Side.LONG, symbol: str = "BTCUSDT") -> ForcedOrder:
    return ForcedOrder(symbol, side, at, at + 800, 67_000.0, 66_900.0, usd / 67_000.0)


def streams(mark_age: float = 0.3) -> tuple[StreamStatus, ...]:
    return (
        StreamStatus("mark", mark_age, 5.0, 1.0, 0),
        StreamStatus("trades", 0.1, 60.0, 84.0, 0),
        StreamStatus("book", 0.2, 10.0, 2.0, 3),
        StreamStatus("forced", None, None, 0.0, 0),
        StreamStatus("OI", 9.0, 90.0, 0.1, 0),
        StreamStatus("funding", 0.3, 30.0, 1.0, 0),
    )


def source(kind: str, speed: float = 1.0, note: str = "") -> Source:
    return Source(SourceKind(kind), HOSTS[kind], 7 if kind == "demo" else None, speed, note)


def connection(health: str = "fresh", retry: float | None = None, sentence: str = "") -> Connection:
    return Connection(Health(health), 84.4, sentence, retry, 0, ())


def planes(mark: float = MARK) -> NowPlanes:
    base = math.floor(math.log(mark / 30_000) / 1e-3) - 400
    usd = np.abs(np.random.default_rng(1).normal(size=(10, 800))).astype(np.float32) * 2e4
    usd[:5, 400:] = 0
    usd[5:, :400] = 0
    return NowPlanes(T0, base, mark, usd, usual_shares())


BASE = Frame(
    epoch=1,
    serial=1,
    source=source("live"),
    instrument=BTC,
    venue_ms=T0,
    connection=connection(),
    streams=streams(),
    progress=None,
    prices=Prices(67_081.4, MARK, 67_070.0, 0.0224, T0 - 300),
    funding=FundingView(-5e-6, 8, T0 + 4_367_000, tuple((T0 - k * 28_800_000, k * 1e-6) for k in range(24, 0, -1))),
    open_interest=77_000.0,
    published=(),
    now=planes(),
    new_bars=(),
    new_forced=(),
    imbalance=(
        Imbalance(0.01, 2_900_000.0, 399_000.0, -0.91, -0.42, (1.1e6, 5.2e6), (52_000.0, 850_000.0)),
        Imbalance(0.02, 11.4e6, 40.9e6, 0.21, 0.78, (5.1e6, 18.9e6), (20.3e6, 65.1e6)),
        Imbalance(0.05, 46e6, 114.8e6),
    ),
    zones=ZONES,
    ledger=Ledger(SideLedger(61.3e6, 5.12e9), SideLedger(48.2e6, 5.13e9), 5.18e9, 1e-12, False),
    gaps=(),
    rules=RULES,
    new_fired=(),
    gain=0.0083,
    gain_default=True,
    model_version="S2",
    brackets_as_of="2 Jul 2026",
    notices=(),
)


EMPTY: dict[str, Any] = {  # what a frame holds before anything is known
    "now": None,
    "imbalance": (),
    "zones": (),
    "ledger": None,
    "funding": FundingView(None, 8, 0, ()),
    "open_interest": math.nan,
    "streams": tuple(StreamStatus(s.name, None, s.limit_s, 0.0, 0) for s in streams()),
    "prices": Prices(math.nan, math.nan, math.nan, math.nan, 0),
}


def frame(**fields: Any) -> Frame:
    """Return a frame with some fields changed."""
    return msgspec.structs.replace(BASE, **fields)


def busy() -> Frame:
    """Return a frame in which every number of the streams' card stands for itself."""
    market, public = "wss://fstream.binance.com/market/stream", "wss://fstream.binance.com/public/stream"
    cut = "The connection to fstream.binance.com was cut."
    return frame(
        streams=(
            StreamStatus("mark", 0.3, 5.0, 1.0, 0, 36_123, 84.4, 1, 125_000, "market"),
            StreamStatus("trades", 0.1, 60.0, 84.0, 0, 3_456_789, 96.0, 2, 10_800_000, "market"),
            StreamStatus("book", 12.0, 10.0, 2.0, 1_234, 99, 101.0, 0, 0, "public"),
            StreamStatus("forced", None, None, 0.0, 0),
            StreamStatus("OI", 9.0, 90.0, 0.1, 0, 12, None, 0, 0, "REST"),
            StreamStatus("funding", 0.3, 30.0, 1.0, 0, 36_123, None, 0, 0, "market"),
            StreamStatus("candles", 0.8, None, 3.9, 0, 9, 210.0, 0, 0, "market", True),
            StreamStatus("tickers", 0.9, 30.0, 1.0, 0, 9, 130.0, 0, 0, "market", True),
            StreamStatus("contracts", None, None, 0.0, 0, minor=True),
        ),
        links=(
            LinkStatus("market", LinkPhase.OPEN, market, "", 92.0, 10**6, 88.0, 68_400.0, 2, 1, ("btcusdt@kline_1m",)),
            LinkStatus("public", LinkPhase.WAITING, public, cut, 0.0, 4_000, 91.0, None, 3, 1, ()),
        ),
        rest=RestStatus("https://fapi.binance.com", 212, 2_400, 84.0, 1_204, 2, "socks5h://me@10.0.0.1:1080"),
    )


def shown_column(qtbot: QtBot, qapp: QApplication) -> Iterator[Column]:
    """Give the column of panels in a window of its own."""
    apply_theme(qapp, "dark", 1.0)
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.resize(400, 1_000)
    made = Column(Settings())
    made.setParent(holder)
    made.set_compact(False)
    made.resize(made.sizeHint().width(), 1_000)
    holder.show()
    qtbot.waitExposed(holder)
    yield made
    holder.hide()
