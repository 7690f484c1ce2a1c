"""The built-in market as the other tests use it: a child that can be killed, brought back, and leaves nothing behind."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import websocket
from support.exchange import Exchange

from liqdesk.cli import main

START = "2026-03-02T08:00:00+00:00"


def closed_minutes(exchange: Exchange, until_ms: int) -> list[list[object]]:
    reply = requests.get(
        f"{exchange.rest}/fapi/v1/klines",
        {"symbol": "BTCUSDT", "interval": "1m", "limit": "30", "endTime": str(until_ms)},
        timeout=30,
    )
    reply.raise_for_status()
    rows: list[list[object]] = reply.json()
    return rows


def venue_ms(exchange: Exchange) -> int:
    return int(requests.get(f"{exchange.rest}/fapi/v1/time", timeout=30).json()["serverTime"])


@pytest.mark.e2e
def test_killed_market_comes_back_as_if_it_had_never_stopped(exchange: Callable[..., Exchange]) -> None:
    market = exchange(seed=3, speed=20, start=START)
    assert market.alive
    address, pid = market.rest, market.pid
    before = venue_ms(market)
    minutes = closed_minutes(market, before - 120_000)
    assert len(minutes) == 30
    market.kill()
    assert not market.alive
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{address}/fapi/v1/time", timeout=5)
    market.restart()
    assert market.rest == address
    assert market.pid != pid
    assert venue_ms(market) > before
    assert closed_minutes(market, before - 120_000) == minutes
    assert market.stop() == 0


@pytest.mark.e2e
def test_bad_start_is_reported_with_the_programs_own_words() -> None:
    with pytest.raises(AssertionError, match="is not a date"):
        Exchange(start="yesterday")


@pytest.mark.e2e
def test_the_options_of_the_command_reach_the_market(exchange: Callable[..., Exchange], tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    market = exchange(
        seed=3, speed=60, start=START, ping=0.6, max_age=1.5, prints="latest", announce=1, truth=truth
    )  # fmt: skip
    client = websocket.create_connection(f"{market.stream}/market/ws/!contractInfo", timeout=10)
    began = time.monotonic()
    kinds: list[int] = []
    while not kinds or kinds[-1] != websocket.ABNF.OPCODE_CLOSE:
        frame = client.recv_frame()
        kinds.append(frame.opcode)
    assert frame.data == (1001).to_bytes(2, "big")
    assert 1.0 < time.monotonic() - began < 4.0
    client.shutdown()
    assert kinds.count(websocket.ABNF.OPCODE_PING) >= 2
    assert kinds.count(websocket.ABNF.OPCODE_TEXT) >= 10
    assert market.stop() == 0
    rows = [json.loads(line) for line in truth.read_bytes().splitlines()]
    assert rows[0] | {"seed": 3, "prints": "latest"} == rows[0]
    assert {"market", "minute", "contract", "book"} <= {row["kind"] for row in rows}


@pytest.mark.parametrize("option", [("--truth", "t"), ("--prints", "latest"), ("--announce", "5"), ("--trades", "3")])
def test_recorded_frames_have_no_market_to_choose(option: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exchange", "--frames", "tape", *option]) == 2
    assert "--frames goes without" in capsys.readouterr().err
