"""Histories in a folder of their own, closed after the test."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from liqdesk.history import History
from liqdesk.market import ForcedOrder, Side
from liqdesk.market.rows import BAR

T0 = 1_776_000_000_000
MINUTE = 60_000


@pytest.fixture
def open_history(tmp_path: Path) -> Iterator[Callable[..., History]]:
    """Return a function that opens the history of the test's folder, or of another file under the same lock."""
    opened: list[History] = []

    def start(path: Path | None = None, **options: object) -> History:
        target = path or tmp_path / "history.sqlite"
        history = History.open(target, target.with_suffix(".lock"), **options)  # type: ignore[arg-type]
        opened.append(history)
        return history

    yield start
    for history in reversed(opened):
        history.close()


@pytest.fixture
def unprivileged(open_history: Callable[..., History]) -> Iterator[Path]:
    """Return a folder, and run the test as a user whom folder permissions bind."""
    if sys.platform == "win32":
        pytest.skip("folder permissions do not bind on Windows")
    folder = Path(tempfile.mkdtemp(prefix="liqdesk-history-"))
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65_534, 65_534)
        os.seteuid(65_534)
    yield folder
    if root:
        os.seteuid(0)
    os.chmod(folder, 0o755)
    shutil.rmtree(folder)


@pytest.fixture
def bars() -> Callable[..., np.ndarray]:
    def make(count: int = 5, start: int = T0, price: float = 67_000.0, volume: float = 2.0) -> np.ndarray:
        rows = np.zeros(count, BAR)
        rows["t"] = start + MINUTE * np.arange(count)
        rows["open"] = rows["close"] = price + np.arange(count)
        rows["high"], rows["low"] = rows["open"] + 5, rows["open"] - 5
        rows["volume"], rows["taker_buy"] = volume, volume / 4
        return rows

    return make


@pytest.fixture
def order() -> Callable[..., ForcedOrder]:
    def make(number: int = 0, symbol: str = "BTCUSDT", side: Side = Side.LONG, time_ms: int = T0) -> ForcedOrder:
        return ForcedOrder(
            symbol, side, time_ms + number * 1_000, time_ms + number * 1_000 + 7, 66_900.5, 66_800.0, 0.25
        )

    return make
