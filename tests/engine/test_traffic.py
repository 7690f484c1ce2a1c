"""What is counted of links, requests and streams; and a reader that falls behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from support.relay import Relay
from support.waiting import pause
from support.watched import Watched, orders

from liqdesk.clock import wall_ns
from liqdesk.engine.feed import FeedThread
from liqdesk.engine.frames import GapView
from liqdesk.engine.inbox import Answer, Arrival, Failure, Garbled, Inbox
from liqdesk.engine.meters import Meters
from liqdesk.engine.run import Run
from liqdesk.engine.traffic import MINUTE_NS, Traffic
from liqdesk.errors import Refusal, VenueError
from liqdesk.market import Instrument, LinkPhase, LinkState, Trade
from liqdesk.net.proxy import Proxy
from liqdesk.venues import SocketPlan, venue

SECOND = 1_000_000_000
BTC = Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001)
OPEN = LinkState("market", LinkPhase.OPEN)


def traffic() -> Traffic:
    made = Traffic("https://fapi.binance.com", Proxy("http", "proxy", 3128, "me", "s3cret"))
    made.plan(SocketPlan("market", "wss://x/market/stream", ()))
    made.plan(SocketPlan("public", "wss://x/public/stream", ()))
    return made


def test_a_link_is_lost_once_and_a_renewal_is_no_loss() -> None:
    counted = traffic()
    assert not counted.link(LinkState("market", LinkPhase.CONNECTING), 0)
    assert not counted.link(OPEN, 10 * SECOND)
    assert counted.link_statuses(25 * SECOND)[0].open_s == 15.0
    renewed = LinkState("market", LinkPhase.OPEN, renewals=1, round_trip_ms=88.0, silent=("a@b",))
    assert not counted.link(renewed, 30 * SECOND)
    one = counted.link_statuses(40 * SECOND)[0]
    assert (one.open_s, one.renewals, one.round_trip_ms, one.silent) == (10.0, 1, 88.0, ("a@b",))
    assert one.endpoint == "wss://x/market/stream"
    lost = LinkState("market", LinkPhase.WAITING, "It was cut.", losses=1, renewals=1)
    assert counted.link(lost, 50 * SECOND)
    assert not counted.link(lost, 51 * SECOND)
    one = counted.link_statuses(60 * SECOND)[0]
    assert (one.open_s, one.losses, one.sentence, one.round_trip_ms) == (None, 1, "It was cut.", 88.0)


def test_links_stand_in_the_order_of_the_plan_and_count_what_they_bring() -> None:
    counted = traffic()
    counted.link(LinkState("public", LinkPhase.OPEN), 0)
    counted.link(OPEN, 0)
    for tenth in range(100):
        counted.arrival(Arrival("market", "trade", tenth * SECOND // 10, None, ()))
    counted.garble(Garbled("public", 10 * SECOND, "nothing"))
    market, public = counted.link_statuses(10 * SECOND)
    assert (market.name, public.name) == ("market", "public")
    assert market.rate == pytest.approx(10.0, rel=0.06)
    assert (market.messages, public.messages, counted.garbled) == (100, 1, 1)


def test_requests_are_counted_with_the_venues_own_weight() -> None:
    counted = traffic()
    assert counted.rest_status(0).used_weight is None
    counted.answered(Answer("a", None, SECOND, 84.0, 212))
    counted.failed(Failure("b", VenueError(Refusal.SERVER, "no"), 2 * SECOND, 232))
    rest = counted.rest_status(3 * SECOND)
    assert (rest.used_weight, rest.weight_limit, rest.answer_ms, rest.answers, rest.failures) == (
        232,
        2_400,
        84.0,
        1,
        1,
    )
    assert (rest.endpoint, rest.proxy) == ("https://fapi.binance.com", "http://me@proxy:3128")
    assert counted.rest_status(3 * SECOND + MINUTE_NS).used_weight is None, "of another minute"
    counted.built_in("http://127.0.0.1:4444")
    rest = counted.rest_status(3 * SECOND)
    assert (rest.endpoint, rest.proxy) == ("http://127.0.0.1:4444", "")


def test_gaps_latencies_and_sources_stand_by_their_stream() -> None:
    meters = Meters()
    meters.note("mark", 1_000, 0, link="market", late_ms=100.0)
    meters.note("mark", 2_000, 0, link="market", late_ms=200.0)
    gaps = [GapView(0, 60_000, "trades", ""), GapView(90_000, 100_000, "trades", ""), GapView(0, 5, "forced", "")]
    rows = {s.name: s for s in meters.statuses(2_000, 0, 0, gaps)}
    assert (rows["trades"].gaps, rows["trades"].gap_ms) == (2, 70_000)
    assert (rows["forced"].gaps, rows["mark"].gaps) == (1, 0)
    assert rows["mark"].latency_ms == pytest.approx(120.0)
    assert (rows["mark"].link, rows["mark"].events) == ("market", 2)
    assert [s.name for s in rows.values() if s.minor] == ["candles", "tickers", "contracts"]
    fast = Meters(speed=20.0)
    fast.note("mark", 1_000, 0, late_ms=100.0)
    assert fast.latency_ms("mark") is None, "a market that runs faster than the wall has no latency"


@pytest.mark.e2e
def test_an_engine_that_falls_behind_loses_book_updates_and_nothing_else(
    exchange: Callable[..., Any], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody drains the inbox; then somebody does."""
    monkeypatch.setattr("liqdesk.engine.inbox.BOOK_LIMIT", 300)
    market = exchange(seed=7, speed=60, start="2026-10-07T12:00:00Z", trades=5)
    binance = venue("binance")
    inbox = Inbox()
    codec = binance.codec({"BTCUSDT": BTC})
    feeds = [
        FeedThread(plan, binance.dialect, codec, inbox)
        for plan in binance.sockets(binance.endpoints(market.rest, market.stream), "BTCUSDT")
    ]
    for feed in feeds:
        feed.start()
    deadline = time.monotonic() + 20
    while inbox.dropped_book < 3 and time.monotonic() < deadline:
        pause(20)
    thinned, waiting = inbox.dropped_book, len(inbox)
    for feed in feeds:
        feed.stop()
    for feed in feeds:
        assert feed.wait(5_000)
    assert thinned >= 3
    assert waiting > 300
    taken = [m for m in inbox.drain(10**9) if isinstance(m, Arrival)]
    ids = [e.id for m in taken for e in m.events if isinstance(e, Trade)]
    assert len(ids) > 200
    assert ids == list(range(ids[0], ids[0] + len(ids))), "every trade, in order"
    row = {s.name: s for s in Meters(300.0).statuses(0, wall_ns(), inbox.dropped_book)}["book"]
    assert row.dropped == inbox.dropped_book


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_a_machine_that_slept_is_connected_at_once_and_misses_nothing(
    exchange: Callable[..., Any], qtbot: QtBot, tmp_path: Path
) -> None:
    """Its connections are dead and nobody says so; a twin that did not sleep is held against it."""
    market = exchange(seed=9, speed=30, start="2026-03-02T08:00:00Z")
    with Relay(market.rest) as relay:
        sleeper, twin = (
            Watched(orders(*where, tmp_path / name, record=False))
            for name, where in (("a", (relay.rest, relay.stream)), ("b", (market.rest, market.stream)))
        )
        try:
            sleeper.until_loaded()
            twin.until_loaded()
            start = max(sleeper.last_number(), twin.last_number())
            sleeper.until(lambda: sleeper.last_number() > start, 20, "a live minute")
            relay.freeze()
            began = time.monotonic()
            sleeper.until(lambda: time.monotonic() - began > 3, 10, "three seconds of sleep")
            before = relay.accepted
            run = sleeper.host._worker._run
            assert isinstance(run, Run)
            run.sleep.beat(wall_ns() - 20 * SECOND)  # the beats of twenty seconds did not come
            asleep = time.monotonic()

            def awake() -> bool:
                links = sleeper.last.links if sleeper.last is not None else ()
                return len(links) == 2 and all(k.phase == "open" and k.losses == 1 for k in links)

            sleeper.until(awake, 5, "both links are open again")
            assert time.monotonic() - asleep < 5, "the deadline for data is 20 s"
            sleeper.until(
                lambda: relay.accepted >= before + 3, 20, "two sockets, and a new connection for requests, are accepted"
            )
            wanted = twin.last_number() + 2
            sleeper.until(lambda: min(sleeper.last_number(), twin.last_number()) >= wanted, 30, "the hole is mended")
            assert sleeper.last is not None
            assert not sleeper.last.gaps
            assert sleeper.grid is not None
            assert twin.grid is not None
            for number in range(start - 5, wanted + 1):
                mine, theirs = (one.grid.ring(60_000).read(number) for one in (sleeper, twin))
                assert mine.basis.sum() == pytest.approx(theirs.basis.sum(), rel=1e-3), number
        finally:
            sleeper.close()
            twin.close()
