"""The built-in market as the other tests use it: a child that can be killed, brought back, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from support.exchange import Exchange

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
