"""The window on a recording: it shows what was recorded, says what a recording cannot give, and stays whole."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import websocket
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.exchange import Exchange
from test_window_truth import Desk

from liqdesk.engine.frames import Health, SourceKind
from liqdesk.ui import theme

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
STREAMS = ("btcusdt@markPrice@1s", "btcusdt@aggTrade", "btcusdt@kline_1m", "btcusdt@depth@500ms")
SECONDS = 6.0


def record(market: Exchange, path: Path) -> list[dict[str, object]]:
    """Write what two sockets said for some seconds, each frame with its receive time; return the frames."""
    sockets = [
        websocket.create_connection(f"{market.stream}/{route}/stream?streams={'/'.join(STREAMS)}", timeout=5)
        for route in ("market", "public")
    ]
    lines: list[tuple[int, str]] = []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for one in sockets:
            one.settimeout(0.02)
            try:
                lines.append((time.time_ns() // 1000, str(one.recv())))
            except websocket.WebSocketTimeoutException:
                continue
    for one in sockets:
        one.close()
    path.write_text("".join(f"{stamp} {text}\n" for stamp, text in lines), "utf-8")
    return [json.loads(text) for _, text in lines]


@pytest.fixture
def replayed(exchange: Callable[..., Exchange], tmp_path: Path) -> Iterator[tuple[Exchange, list[dict[str, object]]]]:
    path = tmp_path / "frames.jsonl"
    frames = record(exchange(seed=3), path)
    one = Exchange(frames=path)
    yield one, frames
    one.close()


def test_the_window_shows_a_recording_and_says_what_it_lacks(
    qtbot: QtBot, qapp: QApplication, replayed: tuple[Exchange, list[dict[str, object]]], tmp_path: Path
) -> None:
    market, frames = replayed
    marks = [float(f["data"]["p"]) for f in frames if f["stream"] == STREAMS[0]]  # type: ignore[index]
    prices = [float(f["data"]["p"]) for f in frames if f["stream"] == STREAMS[1]]  # type: ignore[index]
    assert len(marks) >= 4
    assert len(prices) > 10
    theme.apply_theme(qapp, "dark", 1.0)
    desk = Desk(market, tmp_path)
    try:

        def seen() -> tuple[float, float] | None:
            return None if desk.frame is None else (desk.frame.prices.mark, desk.frame.prices.last)

        said = f"127.0.0.1:{market.port} does not serve /futures/data/openInterestHist (HTTP 404)."
        desk.until(lambda: seen() == pytest.approx((marks[-1], prices[-1])), 30, "the recording has played")
        desk.until(
            lambda: desk.frame is not None and desk.frame.connection.sentence == said, 20, "it is asked for its past"
        )
        desk.held = True
        desk.until(lambda: desk.owed and desk.window.turns.settled, 20, "every part shows the frame")
        frame, state = desk.frame, desk.window.state()
        assert frame is not None
        assert frame.source.kind is SourceKind.CUSTOM
        assert (frame.instrument.tick, frame.instrument.step) == (0.1, 0.001)
        assert frame.connection.health is Health.LOADING
        assert frame.progress is not None
        assert frame.connection.sentence == frame.progress.text == said
        assert state["connection"] == {"text": "NOT BINANCE · loading 0/30", "value": "demo"}
        assert state["symbol"]["text"] == "BTCUSDT"  # type: ignore[index]
        assert state["chart.candles"]["value"] >= 1  # type: ignore[index]
    finally:
        desk.close()
