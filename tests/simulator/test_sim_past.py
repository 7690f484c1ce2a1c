"""What an exchange serves while its market still lives through the past, over real sockets."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import websocket
from support.background import BackgroundServer

from liqdesk.clock import utc_ms
from liqdesk.market import DAY_MS, HOUR_MS
from liqdesk.simulator.exchange import Exchange
from liqdesk.simulator.manner import Manner
from liqdesk.simulator.market import Market

DAYS = 3


class Interrupted(RuntimeError):
    pass


class Living(BackgroundServer):
    """An exchange whose market halts after the first day of its past until `go_on`, or is struck down there by `fail`."""

    def __init__(self) -> None:
        super().__init__()
        self.start_ms = utc_ms() // 1000 * 1000
        self.market = Market(5, self.start_ms, past_days=DAYS)
        self.market.begin()
        self.halted = threading.Event()
        self.going = threading.Event()
        self.failing = False
        self.error: BaseException | None = None
        self.ended = threading.Event()

    def go_on(self) -> None:
        self.going.set()

    def fail(self) -> None:
        self.failing = True
        self.going.set()

    def _alive(self) -> None:
        self.halted.set()
        assert self.going.wait(60)
        if self.failing:
            raise Interrupted

    async def serve(self) -> None:
        with ThreadPoolExecutor(1) as pool:
            past = pool.submit(self.market.lead, self.start_ms, self._alive)
            host = Exchange(self.market, self.start_ms, past, Manner())
            self.port = await host.open(0)
            assert self.halted.wait(60)
            self.up()
            failed = asyncio.create_task(host.failed())
            failed.add_done_callback(self._ended)
            try:
                await self.ending.wait()
            finally:
                self.going.set()
                failed.cancel()
                await host.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.error = None if task.cancelled() else task.exception()
        self.ended.set()

    def page(self, path: str, **query: Any) -> Any:
        reply = requests.get(f"{self.rest}{path}", params={"symbol": "BTCUSDT", **query}, timeout=60)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def day_before(self, end: int) -> list[Any]:
        """Return pages of what came before a time."""
        candles = {"interval": "5m", "startTime": end - 20 * HOUR_MS, "endTime": end - 1, "limit": 1500}
        interest = {"period": "5m", "limit": 200, "endTime": end}
        found = [
            self.page(f"/fapi/v1/{name}", **candles) for name in ("klines", "markPriceKlines", "premiumIndexKlines")
        ]
        return [*found, self.page("/futures/data/openInterestHist", **interest)]


def test_the_past_is_told_as_far_as_it_was_lived_and_the_rest_waits() -> None:
    with Living() as one, ThreadPoolExecutor(3) as waiting:
        assert abs(one.page("/fapi/v1/time")["serverTime"] - utc_ms()) < 10_000
        assert "BTCUSDT" in {row["symbol"] for row in one.page("/fapi/v1/exchangeInfo")["symbols"]}
        lived = one.market.lived_ms
        assert 0 < lived < one.start_ms - DAY_MS
        early = one.day_before(lived)
        later = {"interval": "5m", "endTime": lived, "limit": 3}  # of which the last ends five minutes on
        asked = [
            waiting.submit(one.page, "/fapi/v1/klines", **later),
            waiting.submit(one.page, "/fapi/v1/premiumIndex"),
            waiting.submit(websocket.create_connection, f"{one.stream}/market/ws/btcusdt@markPrice@1s", timeout=60),
        ]
        assert one.page("/fapi/v1/time"), "others wait, and this is answered"
        assert not any(request.done() for request in asked)
        one.go_on()
        assert asked[0].result(60)[-1][0] == lived
        assert asked[1].result(60)["time"] >= one.start_ms
        socket = asked[2].result(60)
        assert '"markPriceUpdate"' in socket.recv()
        socket.close()
        pages = early[0]
        assert len(pages) == 240
        assert pages[-1][6] == lived - 1
        assert one.day_before(lived) == early, "what was told early is told ever after"


def test_a_market_that_was_heard_early_is_the_one_that_nobody_heard() -> None:
    with Living() as one:
        one.day_before(one.market.lived_ms)
        one.go_on()
        one.page("/fapi/v1/premiumIndex")
        alone = Market(5, one.start_ms, past_days=DAYS)
        alone.lead(one.market.leader.now_s * 1000)
        other = one.market.leader
        second = alone.leader.now_s
        for name in ("MF", "MI"):
            rows = range(alone.leader.oldest_minute, second // 60)
            ring = getattr(alone.leader, name)
            at = [m % len(ring) for m in rows]
            assert (ring[at] == getattr(other, name)[at]).all()


def test_what_ends_the_past_ends_the_exchange_and_is_not_hidden() -> None:
    with Living() as one, ThreadPoolExecutor(1) as waiting:
        asked = waiting.submit(
            requests.get, f"{one.rest}/fapi/v1/premiumIndex", params={"symbol": "BTCUSDT"}, timeout=60
        )
        one.page("/fapi/v1/time")
        one.fail()
        assert one.ended.wait(60)
        assert asked.result(60).status_code == 503
        late = requests.get(f"{one.rest}/fapi/v1/klines", params={"symbol": "BTCUSDT", "interval": "1m"}, timeout=60)
        assert late.status_code == 503
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            websocket.create_connection(f"{one.stream}/market/ws/btcusdt@markPrice@1s", timeout=60)
        assert refused.value.status_code == 503
    assert isinstance(one.error, Interrupted)


@pytest.mark.parametrize("seconds", [0, 20 * 60])
def test_the_list_of_contracts_is_told_early_only_while_nothing_has_happened_to_it(seconds: int) -> None:
    from liqdesk.simulator.lived import needed_ms

    market = Market(5, 1_772_438_400_000, past_days=DAYS)
    needed = needed_ms("exchange_info", {}, market, market.start_ms + seconds * 1000)
    assert needed == (None if seconds else 0)
