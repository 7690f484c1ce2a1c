"""The export from the window: what is written equals what the window holds, and says where it comes from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from shell_frames import T0, ZONES, Furnish, frame, order, source

from liqdesk.engine.frames import Bars
from liqdesk.market.rows import BAR
from liqdesk.model import DensityGrid
from liqdesk.model.axis import ROWS
from liqdesk.model.flags import LIVE
from liqdesk.ui.dialogs.export import ExportDialog
from liqdesk.ui.exporting import Wish, file_name, sheet_of
from liqdesk.ui.window import Window

MINUTE = 60_000


@pytest.fixture
def window(furnish: Furnish, qtbot: QtBot) -> Window:
    one = furnish(1600, 900, candle_ms=MINUTE, window_ms=43_200_000)
    one.load_chart()
    grid = DensityGrid()
    rng = np.random.default_rng(5)
    for k in range(30):
        basis = rng.exponential(1e6, (10, ROWS)).astype(np.float32)
        grid.rings[0].write(T0 // MINUTE - 30 + k, 400, basis, np.full(2, 0.01, np.float32), LIVE, 67_000.0)
    one.set_grid(grid)
    rows = np.zeros(40, BAR)
    rows["t"] = (T0 // MINUTE - 40 + np.arange(40)) * MINUTE
    rows["open"] = rows["high"] = rows["low"] = rows["close"] = 67_000.0 + np.arange(40)
    rows["volume"] = 3.0
    forced = tuple(order(20_000.0 + k, T0 - k * 1_000) for k in range(25))
    demo = source("demo", 20.0)
    one.apply(frame(source=demo, new_bars=(Bars(MINUTE, rows),), new_forced=forced))
    one.turns.everything()
    assert one.chart is not None
    one.chart.refresh()
    yield one
    one.close()


def exported(window: Window, qtbot: QtBot, folder: Path, what: str, form: str, whole: bool = True) -> pd.DataFrame:
    window.act.press("export")
    dialog = window.act.dialog
    assert isinstance(dialog, ExportDialog)
    dialog.what.choose(what)
    dialog.form.choose(form)
    dialog.range.choose(whole)
    dialog.folder.setText(str(folder))
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.act.exporting._thread is None, timeout=20_000)
    qtbot.waitUntil(lambda: window.act.dialog is None)
    (path,) = folder.glob(f"*.{form}")
    message = window.stage.toast.message
    assert message is not None
    assert message.facts == str(path)
    table = pd.read_csv(path) if form == "csv" else pd.read_parquet(path)
    assert message.headline == f"{len(table):,} rows exported"
    assert set(table["source"]) == {"DEMO: simulated market, seed 7, not Binance"}
    assert "-demo-" in path.name
    return table


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_map_is_the_grid_s(window: Window, qtbot: QtBot, tmp_path: Path, form: str) -> None:
    table = exported(window, qtbot, tmp_path, "map", form)
    assert window.grid is not None
    closed = table[table["kind"] == "live"]
    assert sorted(set(closed["start_utc_ms"])) == [(T0 // MINUTE - 30 + k) * MINUTE for k in range(30)]
    column = window.grid.rings[0].read(T0 // MINUTE - 1)
    assert column is not None
    last = closed[closed["start_utc_ms"] == (T0 // MINUTE - 1) * MINUTE]
    assert last["short_100x_usd_per_10bp"].to_numpy() == pytest.approx(column.usd[9], rel=1e-6)
    now = table[table["kind"] == "open"]
    assert window.frame is not None
    assert window.frame.now is not None
    total = now["long_usd_per_10bp"].sum() + now["short_usd_per_10bp"].sum()
    assert total == pytest.approx(float(window.frame.now.usd.sum(dtype=np.float64)), rel=1e-6)


def test_zones_forced_orders_and_candles_are_the_window_s(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    for name in ("z", "f", "b"):
        (tmp_path / name).mkdir()
    zones = exported(window, qtbot, tmp_path / "z", "zones", "csv")
    assert list(zones["usd"]) == [z.usd for z in ZONES]
    assert list(zones["side"]) == [z.side.word for z in ZONES]
    forced = exported(window, qtbot, tmp_path / "f", "forced", "csv")
    assert list(forced["time_utc_ms"]) == [T0 - k * 1_000 for k in reversed(range(25))]
    bars = exported(window, qtbot, tmp_path / "b", "bars", "parquet")
    assert list(bars["close"]) == [67_000.0 + k for k in range(40)]
    assert set(bars["end_utc_ms"] - bars["start_utc_ms"]) == {MINUTE}


def test_the_view_alone_can_be_had(window: Window) -> None:
    assert window.chart is not None
    state = window.chart.state
    lens = state.lens
    wish = Wish("forced", False, "csv", Path())
    held = [t for part in sheet_of(window, wish).parts() for t in part["time_utc_ms"].tolist()]
    assert held == sorted(t for t in (T0 - k * 1_000 for k in range(25)) if lens.t0 <= t < lens.t1)


def test_a_folder_that_is_not_there_is_a_sentence(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    window.act.press("export")
    dialog = window.act.dialog
    assert isinstance(dialog, ExportDialog)
    dialog.folder.setText(str(tmp_path / "gone"))
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    assert dialog.sentence.text() == f"There is no folder {tmp_path / 'gone'}."
    dialog.reject()


def test_stopping_leaves_no_file_and_the_dialog_stands(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    window.act.press("export")
    dialog = window.act.dialog
    assert isinstance(dialog, ExportDialog)
    dialog.folder.setText(str(tmp_path))
    dialog.range.choose(True)
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    assert dialog.cancel.text() == "Stop"
    dialog.reject()
    qtbot.waitUntil(lambda: window.act.exporting._thread is None, timeout=20_000)
    assert list(tmp_path.iterdir()) == []
    assert dialog.isVisible()
    assert dialog.save.isEnabled()
    dialog.reject()


def test_closing_the_window_ends_an_export(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    window.act.press("export")
    dialog = window.act.dialog
    assert isinstance(dialog, ExportDialog)
    dialog.folder.setText(str(tmp_path))
    dialog.range.choose(True)
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    window.close()
    assert list(tmp_path.iterdir()) == []
    qtbot.wait(50)


def test_a_name_says_what_is_not_live() -> None:
    wish = Wish("bars", True, "csv", Path())
    assert file_name(frame(), wish) == "liqdesk-BTCUSDT-candles-20260414-224713.csv"
    assert file_name(frame(source=source("history")), wish) == "liqdesk-BTCUSDT-candles-history-20260414-224713.csv"
