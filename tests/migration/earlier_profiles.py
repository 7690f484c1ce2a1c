"""Write a profile with the program that is on the path, of whatever version: how the fixtures of this folder were made.

    git worktree add ELSEWHERE COMMIT
    PYTHONPATH=ELSEWHERE python tests/migration/earlier_profiles.py tests/migration/profiles/NAME "what it is of" [PART…]

Without parts it writes all that there are: settings, alerts, lines, positions, layouts, history. Each is written where that version has a
writer of it, by that writer. The program is only asked, never imitated: what its own classes and functions put on the disk is the
fixture. The history is left as a killed program leaves it, with its last rows in the log beside it. `manifest.json` says what is in the
files, as the writer was given it or as SQLite reads it.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

T0 = 1_780_315_200_000  # 2026-06-01T12:00Z
MINUTE = 60_000
BARS = 120
SYMBOL = "BTCUSDT"
PARTS = {"settings", "alerts", "lines", "positions", "layouts", "history"}
TABLES = (
    "forced",
    "bar",
    "interest",
    "gain",
    "funding",
    "gap",
    "mark",
    "volume",
    "covered",
    "unfinished",
    "record",
    "symbol",
)

CHOSEN: dict[str, Any] = {
    "first_run_done": True,
    "symbol": "ETHUSDT",
    "rest_url": "http://127.0.0.1:8080",
    "stream_url": "ws://127.0.0.1:8081",
    "proxy_url": "socks5h://me@127.0.0.1:1080",
    "theme": "light",
    "text_scale": 125,
    "timezone": "Asia/Kathmandu",
    "candle_ms": 3_600_000,
    "window_ms": 7 * 86_400_000,
    "classes": (25, 50),
    "side": "short",
    "heat_map": "cividis",
    "unit": "coin",
    "panes": ("rsi", "funding"),
    "folded": ("rsi",),
    "folded_compact": ("funding",),
    "heat_auto": False,
    "heat_low_usd": 1_000.0,
    "heat_high_usd": 2_500_000.0,
    "hued_candles": True,
    "update_url": "https://127.0.0.1/latest",
    "whatif_refill": 0.25,
    "whatif_follow": 0.75,
    "bubble_min_usd": 75_000.0,
    "show_bubbles": False,
    "show_zones": False,
    "show_confluence": False,
    "show_index": False,
    "show_position": False,
    "show_gaps": False,
    "show_book": False,
    "tape_min_usd": 5_000.0,
    "tape_side": "long",
    "tape_all": True,
    "favourites": ("SOLUSDT", "币安人生USDT"),
    "watch_by": "funding",
    "watch_down": False,
    "local_gain": True,
    "all_venues": True,
    "sounds": False,
    "history_limit_mb": 512,
    "history_days": 90,
    "keep_recording": True,
    "demo_seed": 11,
    "demo_speed": 20.0,
    "tray_explained": True,
    "keys": (("mute", ("Ctrl+E",)), ("save", ("F12", "Ctrl+S")), ("copy", ())),
    "window_geometry": "AdnQywADAAAAAABQAAAAWgAAA+cAAAMfAAAAUAAAAFoAAAPnAAADHwAAAAAAAAAABkAAAABQAAAAWgAAA+cAAAMf",
}


def has(module: str) -> bool:
    """Return whether this version of the program has a module."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def settings(folder: Path) -> dict[str, Any]:
    import msgspec

    from liqdesk.settings import Settings, save

    known = {field.name for field in msgspec.structs.fields(Settings)}
    chosen = {name: value for name, value in CHOSEN.items() if name in known}
    missing = known - set(chosen) - {"version"}
    assert not missing, f"nothing is chosen for {missing}"
    save(folder / "settings.json", Settings(**chosen))
    return chosen


def alerts(folder: Path) -> int:
    from liqdesk.alerts import (
        AlertStore,
        Cross,
        ForcedBurst,
        FundingBeyond,
        ImbalanceBeyond,
        PriceCrosses,
        Which,
        ZoneNear,
    )  # fmt: skip

    rules = (
        PriceCrosses(id="1", symbol=SYMBOL, price=68_400.5, direction=Cross.UP),
        PriceCrosses(id="2", symbol=SYMBOL, price=61_000.0, direction=Cross.DOWN, enabled=False),
        PriceCrosses(id="position BTCUSDT", symbol=SYMBOL, price=60_123.4),
        ZoneNear(id="3", symbol="币安人生USDT", within=0.015, min_medians=2.5, which=Which.SHORT, sound=False),
        ZoneNear(id="4", symbol=SYMBOL, within=0.01, min_usd=5e6, which=Which.LONG, cooldown_s=60.0),
        ImbalanceBeyond(id="5", symbol=SYMBOL, radius=0.02, threshold=-0.6),
        ImbalanceBeyond(id="6", symbol="ETHUSDT", radius=0.05, threshold=0.3, either=True),
        FundingBeyond(id="7", symbol=SYMBOL, rate=0.0005, either=True),
        ForcedBurst(id="8", symbol=SYMBOL, usd=5e6, seconds=60, which=Which.BOTH, enabled=False),
    )
    assert AlertStore(folder / "alerts.json").save(rules)
    return len(rules)


def lines(folder: Path) -> int:
    from liqdesk.ui import keptlines
    from liqdesk.ui.keptlines import KeptLine

    kept = {
        ("binance", SYMBOL): (KeptLine(68_400.0), KeptLine(61_000.5)),
        ("demo", SYMBOL): (KeptLine(50_000.25),),
        ("127.0.0.1:8080", "ETHUSDT"): (KeptLine(3_100.1),),
    }
    keptlines.save(folder / keptlines.FILE, kept)
    return sum(map(len, kept.values()))


def positions(folder: Path) -> int:
    from liqdesk.insight.position import Position
    from liqdesk.market import Side
    from liqdesk.ui.position import kept

    mine = {
        ("binance", SYMBOL): Position(Side.LONG, 65_000.0, 0.75, 20.0),
        ("binance", "ETHUSDT"): Position(Side.SHORT, 3_200.5, 4.0, 10.0, cross=True, wallet=5_000.0, extra=250.0),
        ("demo", SYMBOL): Position(Side.SHORT, 66_000.0, 1.5, 50.0, extra=10.0),
    }
    kept.save(folder / kept.FILE, mine)
    return len(mine)


def layouts(folder: Path) -> list[str]:
    """Arrange a real window, off-screen, and keep it under two names."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window

    application = QApplication.instance() or QApplication(["liqdesk"])
    assert application is not None
    window = Window(Settings(first_run_done=True, sounds=False), True, str(folder))
    window.resize(1_500, 850)
    window.show()
    QTest.qWait(300)
    column = window.column
    if hasattr(column, "tuck"):
        column.tuck(False)  # a narrow display would put the panels into a strip
    column.show_panel("watchlist", True)
    column.tabifyDockWidget(column.dock("tape"), column.dock("alerts"))
    column.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, column.dock("imbalance"))
    column.imbalance.header.click()
    column.show_panel("zones", False)
    column.dock("funding").setFloating(True)
    column.dock("funding").setGeometry(80, 90, 360, 140)
    QTest.qWait(200)
    charts = window.shell.charts
    charts.link_main("A")
    charts.open()
    QTest.qWait(200)
    window.shell.arranging.save_as("Scalping")
    QTest.qWait(100)
    window.shell.arranging.choose("Desk 1")
    column.dock("tape").setFloating(True)
    column.dock("tape").setGeometry(200, 150, 420, 300)
    QTest.qWait(100)
    window.shell.arranging.save_as("Zweiter Schirm")
    QTest.qWait(100)
    names = list(window.shell.arranging.layouts.names)
    charts.close()
    window.leaving = True
    window.close()
    window.deleteLater()
    QTest.qWait(50)
    return names


def history(folder: Path) -> None:
    """Write a history in two sessions, the second of which does not end: this process does, with the rows still in the log."""
    from liqdesk.history import History

    for part in (0, 1):
        kept = History.open(folder / "history.sqlite", folder / "lock", origin="binance")
        assert kept.notices == (), kept.notices
        rows(kept, part)
        kept.commit()
        if part == 0:
            kept.close()
    os._exit(0)


def rows(kept: Any, part: int) -> None:
    """Add some of everything that a history of this version can hold, other times in each part."""
    import numpy as np

    from liqdesk.market import ForcedOrder, Funding, Side
    from liqdesk.market.rows import BAR, INTEREST

    chance = random.Random(part)
    start = T0 + part * BARS // 2 * MINUTE
    price = 67_000.0 + 500.0 * part
    for mark in (False, True):
        bars = np.zeros(BARS // 2, BAR)
        bars["t"] = start + MINUTE * np.arange(len(bars))
        bars["close"] = np.round(price * np.exp(np.cumsum([chance.gauss(0, 4e-4) for _ in bars])), 1)
        bars["open"] = np.concatenate(([price], bars["close"][:-1]))
        bars["high"] = np.maximum(bars["open"], bars["close"]) + np.array([chance.randrange(40) / 2 for _ in bars])
        bars["low"] = np.minimum(bars["open"], bars["close"]) - np.array([chance.randrange(40) / 2 for _ in bars])
        if not mark:
            bars["volume"] = np.array([chance.randrange(10, 400) / 4 for _ in bars])
            bars["taker_buy"] = np.round(bars["volume"] / 2, 1)
        kept.add_bars(SYMBOL, MINUTE, mark, bars)
    five = bars[::5].copy()
    five["volume"], five["taker_buy"] = 50.0, 20.0
    kept.add_bars(SYMBOL, 5 * MINUTE, False, five)
    times = start + 5 * MINUTE * np.arange(12)
    interest = np.zeros(len(times), INTEREST)
    interest["t"], interest["contracts"] = times, 90_000.0 + 10 * np.arange(len(times))
    interest["usd"] = np.where(np.arange(len(times)) % 3, interest["contracts"] * price, np.nan)
    kept.add_open_interest(SYMBOL, interest)
    kept.add_marks(SYMBOL, [(start + 1_000 * i, price + i / 4) for i in range(90)])
    for minute in range(3):
        kept.add_volume_at_price(
            SYMBOL, start + minute * MINUTE, np.arange(1_600, 1_604), np.array([0.5, 1.5, 2.25, 8.0]) + minute
        )
    kept.add_funding([Funding(SYMBOL, start, 0.0001 * (part + 1)), Funding("ETHUSDT", start, -0.00002)])
    kept.add_gain(SYMBOL, start, 0.11 + part, 0.09)
    kept.add_gap(SYMBOL, "trades", start, start + 5_000 + part, "the link was lost")
    for i in range(20):
        symbol = (SYMBOL, "ETHUSDT", "币安人生USDT")[i % 3]
        side = Side.LONG if i % 2 else Side.SHORT
        t = start + i * 41_000
        kept.add_forced(ForcedOrder(symbol, side, t, t + 300, price + i, price - 50 + i, 0.125 * (i + 1)))
    if hasattr(kept, "add_covered"):
        kept.add_covered("*", "forced", start, start + 30 * MINUTE)
        kept.add_gap("*", "forced", start + 30 * MINUTE, start + 31 * MINUTE, "another market was shown")
        kept.add_unfinished(SYMBOL, start + 59 * MINUTE, 10 + part, 40 + part, np.arange(3), np.array([1.0, 2.0, 0.5]))
    if hasattr(kept, "add_record"):
        records(kept, start, part)


def records(kept: Any, start: int, part: int) -> None:
    """Add what this version says of its own forecasts, packed by its own structs."""
    import msgspec
    import numpy as np

    if has("liqdesk.engine.odds"):
        from liqdesk.engine.odds import Said
        from liqdesk.insight.touch import ODDS_VERSION

        came = ((0.01, 0.02), (0.02, float("nan")), (float("nan"), float("nan")))
        said = Said(bool(part), 67_000.5, (0.004, 0.008, 0.019), ((0.8, 0.6, 0.4),) * 3, came)
        kept.add_record(SYMBOL, "odds", start, ODDS_VERSION, msgspec.msgpack.encode(said))
    if not has("liqdesk.engine.certainty"):
        return
    from liqdesk.engine.certainty import KIND, Kept
    from liqdesk.lab.baselines import EngineMap
    from liqdesk.lab.ledger import Ledger, Minutes
    from liqdesk.model import MODEL_VERSION
    from liqdesk.model.gain import Block

    block = Block.of(start, np.array([[1e6, 2e6], [4e4, 7e4], [3.0, 5.0]]), 10)
    kept.add_record(SYMBOL, "gain", start, MODEL_VERSION, msgspec.msgpack.encode(block))
    certainty = Kept(tuple(float(i) for i in range(20)), 40 + part, 9_000.0, 21_000.0, 7)
    kept.add_record(SYMBOL, KIND, start, MODEL_VERSION, msgspec.msgpack.encode(certainty))
    maps = (EngineMap.name, *_naive_names())
    ledger = Ledger(maps)
    count = 12
    times = start + MINUTE * np.arange(count)
    assert ledger.prepare(int(times[0]))
    mass = np.linspace(1e3, 9e4, count * len(maps) * 2, dtype=np.float32).reshape(count, len(maps), 2)
    small = np.linspace(0, 3, count * 2, dtype=np.float32).reshape(count, 2)
    ledger.observe(Minutes(times, mass, small / 1_000, np.floor(small), small * 1e4))
    made = ledger.part()
    assert made is not None
    kept.add_record(SYMBOL, "score", made[0], MODEL_VERSION, msgspec.msgpack.encode(made[1]))


def _naive_names() -> tuple[str, ...]:
    from liqdesk.engine.naive import NaiveMaps
    from liqdesk.venues.binance.brackets import shipped_brackets

    return tuple(naive.name for naive in NaiveMaps(shipped_brackets().table(SYMBOL)).maps)


def contents(path: Path) -> dict[str, Any]:
    """Return what a history holds, as SQLite alone reads it: its version, and the count and a digest of each table's rows."""
    db = sqlite3.connect(path)
    try:
        have = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        version = dict(db.execute("SELECT name, value FROM meta"))["version"]
        return {"version": int(version), "tables": {name: digest(db, name) for name in TABLES if name in have}}
    finally:
        db.close()


def digest(db: sqlite3.Connection, table: str) -> dict[str, Any]:
    found = sorted(map(repr, db.execute(f"SELECT * FROM {table}")))
    return {"rows": len(found), "sha256": hashlib.sha256("\n".join(found).encode()).hexdigest()}


def packed(path: Path, folder: Path) -> None:
    (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def write(out: Path, words: str, parts: set[str]) -> None:
    """Write the parts that this version can write, and say what they are."""
    out.mkdir(parents=True)
    manifest: dict[str, Any] = {"what": words}
    for name, module, call in (
        ("settings", "liqdesk.settings", settings),
        ("alerts", "liqdesk.alerts.store", alerts),
        ("lines", "liqdesk.ui.keptlines", lines),
        ("positions", "liqdesk.ui.position.kept", positions),
        ("layouts", "liqdesk.ui.layouts.document", layouts),
    ):
        if name in parts and has(module):
            manifest[name] = call(out)
    if "history" in parts and has("liqdesk.history"):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            subprocess.run([sys.executable, __file__, "--history", scratch], check=True)
            for name in ("history.sqlite", "history.sqlite-wal"):
                packed(folder / name, out)
            manifest["history"] = contents(folder / "history.sqlite")
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if sys.argv[1] == "--history":
        history(Path(sys.argv[2]))
    else:
        write(Path(sys.argv[1]), sys.argv[2], set(sys.argv[3:]) or PARTS)
