"""Connections that are replaced in time: against the built-in market, nothing is lost and nothing comes twice."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from scripted import Peer, Server

from liqdesk.market import LinkPhase, LinkState
from liqdesk.net.line import LinkTiming
from liqdesk.net.link import Link
from liqdesk.venues import SocketPlan, venue
from liqdesk.venues.binance.streams import BinanceDialect

MARK = "btcusdt@markPrice@1s"
SOON = LinkTiming(tick_s=0.02, pace_s=0.02, overlap_s=0.3, first_retry_s=0.05, last_retry_s=0.1, successor_s=3.0)


class Held:
    """A link in a thread, with what it handed over."""

    def __init__(self, plan: SocketPlan, timing: LinkTiming = SOON) -> None:
        self.frames: list[dict[str, Any]] = []
        self.states: list[LinkState] = []
        self.link = Link(plan, BinanceDialect(), on_frame=self._take, on_state=self.states.append, timing=timing)
        self._thread = threading.Thread(target=self.link.run)
        self._thread.start()

    def _take(self, data: bytes, _recv_ns: int) -> None:
        self.frames.append(json.loads(data))

    @property
    def renewals(self) -> int:
        return self.states[-1].renewals if self.states else 0

    def of(self, stream: str) -> list[dict[str, Any]]:
        return [f["data"] for f in self.frames if f.get("stream") == stream]

    def until(self, holds: Callable[[], object], seconds: float = 15.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, self.states[-3:]
            time.sleep(0.01)

    def stop(self) -> None:
        self.link.stop()
        self._thread.join(5)
        assert not self._thread.is_alive()


@pytest.fixture
def hold() -> Iterator[Callable[..., Held]]:
    made: list[Held] = []

    def start(*what: Any) -> Held:
        made.append(Held(*what))
        return made[-1]

    yield start
    for one in made:
        one.stop()


@pytest.mark.e2e
def test_sockets_rolled_every_second_lose_no_trade_and_double_none(
    exchange: Callable[..., Any], hold: Callable[..., Held]
) -> None:
    market = exchange(seed=7, speed=20, start="2026-10-07T12:00:00Z", trades=30)
    binance = venue("binance")
    plan = binance.sockets(binance.endpoints(market.rest, market.stream), "BTCUSDT", lifetime_s=1.0)[0]
    held = hold(plan)
    held.until(lambda: held.renewals >= 3, 30)
    held.stop()
    ids = [trade["a"] for trade in held.of("btcusdt@aggTrade")]
    assert len(ids) > 500
    assert sorted(ids) == list(range(min(ids), max(ids) + 1)), "every trade once"
    forced = Counter(json.dumps(order["o"]) for order in held.of("!forceOrder@arr"))
    assert set(forced.values()) <= {1}, "every forced order once"
    marks = [mark["E"] for mark in held.of(MARK)]
    assert sorted(marks) == list(range(min(marks), max(marks) + 1, 1000)), "every second once"
    assert {s.phase for s in held.states[:-1]} == {LinkPhase.CONNECTING, LinkPhase.OPEN}
    assert held.states[-1].losses == 0


class Script:
    """A server that says who it is in every frame; what it does besides is a test's."""

    def __init__(self, *more: Callable[[Peer], bool], every_s: float = 0.02) -> None:
        self.more, self.every_s = more, every_s
        self.count = 0
        self.ended: list[int] = []

    def __call__(self, peer: Peer) -> None:
        number, self.count = self.count, self.count + 1
        peer.accept()
        peer.text({"result": None, "id": peer.request()["id"]})
        turn = 0
        try:
            while number >= len(self.more) or not self.more[number](peer):
                turn += 1
                peer.text({"stream": MARK, "data": {"from": number, "turn": turn}})
                time.sleep(self.every_s)
        finally:
            self.ended.append(number)


def test_a_notice_of_shutdown_brings_the_new_socket_before_the_old_goes(hold: Callable[..., Held]) -> None:
    said = threading.Event()

    def warn(peer: Peer) -> bool:
        if not said.is_set():
            said.set()
            peer.text({"e": "serverShutdown", "E": 1791382992338})
        return False

    script = Script(warn)
    with Server(script) as server:
        held = hold(SocketPlan("market", server.ws, (MARK,)))
        held.until(lambda: held.renewals == 1)
        held.until(lambda: held.of(MARK)[-1]["from"] == 1)
        held.stop()
        assert script.count == 2
        frames = [(f["from"], f["turn"]) for f in held.of(MARK)]
        firsts = [turn for number, turn in frames if number == 0]
        assert firsts == list(range(1, len(firsts) + 1))
        assert frames.index((1, 1)) < frames.index((0, firsts[-1])), "the new one spoke before the old one fell silent"
        assert [s.phase for s in held.states[:-1]] == [LinkPhase.CONNECTING, *[LinkPhase.OPEN] * (len(held.states) - 2)]


def test_an_old_socket_that_breaks_during_the_change_is_not_missed(hold: Callable[..., Held]) -> None:
    began = time.monotonic()

    def warn_and_die(peer: Peer) -> bool:
        peer.text({"e": "serverShutdown"})
        return time.monotonic() - began > 0.6

    with Server(Script(warn_and_die)) as server:
        held = hold(SocketPlan("market", server.ws, (MARK,)), LinkTiming(tick_s=0.02, pace_s=0.02, overlap_s=30.0))
        held.until(lambda: held.renewals == 1)
        held.stop()
        assert LinkPhase.WAITING not in [s.phase for s in held.states]
        assert held.states[-1].losses == 0


def test_a_successor_that_cannot_be_had_leaves_the_old_one_in_peace(hold: Callable[..., Held]) -> None:
    talk = Script(every_s=0.01)

    def refuse(peer: Peer) -> None:
        peer.refuse(503)

    def deaf(peer: Peer) -> None:
        peer.accept()
        while peer.read()[0] not in (-1, 8):
            pass

    with Server(talk, refuse, deaf, talk) as server:
        plan = SocketPlan("market", server.ws, (MARK,), lifetime_s=0.2)
        held = hold(plan, LinkTiming(tick_s=0.02, pace_s=0.02, overlap_s=0.1, successor_s=0.5))
        held.until(lambda: server.accepted >= 4 and held.renewals >= 1)
        held.stop()
        frames = held.of(MARK)
        turns = [f["turn"] for f in frames if f["from"] == 0]
        assert turns == list(range(1, len(turns) + 1))
        assert held.states[-1].losses == 0


def test_stop_ends_both_sockets_of_a_change(hold: Callable[..., Held]) -> None:
    stuck = threading.Event()

    def never(peer: Peer) -> None:
        stuck.wait(10)

    talk = Script()
    with Server(talk, never) as server:
        held = hold(SocketPlan("market", server.ws, (MARK,), lifetime_s=0.1))
        held.until(lambda: server.accepted == 2)
        began = time.monotonic()
        held.stop()
        assert time.monotonic() - began < 2.0
        stuck.set()
