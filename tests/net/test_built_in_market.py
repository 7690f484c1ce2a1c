"""The venue's rooms against the built-in market, over real sockets: two readings of one protocol must agree."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from liqdesk.errors import Refusal, VenueError
from liqdesk.market import LinkPhase, LinkState, Tickers
from liqdesk.net.line import LinkTiming
from liqdesk.net.link import Link
from liqdesk.net.rest import Rest
from liqdesk.venues import Reply, Request, venue
from liqdesk.venues.binance import backfill, rest_codec
from liqdesk.venues.venue import Decoded

pytestmark = pytest.mark.e2e
START = "2026-10-07T12:00:00Z"


def test_a_market_loads_and_streams_without_one_frame_or_page_that_means_nothing(exchange: Callable[..., Any]) -> None:
    market = exchange(seed=7, speed=10, start=START)
    binance = venue("binance")
    endpoints = binance.endpoints(market.rest, market.stream)
    assert not endpoints.genuine
    rest = Rest(endpoints.rest)
    try:
        now = rest_codec.server_time(rest.fetch(backfill.clock()).data)
        universe = rest_codec.universe(rest.fetch(backfill.universe()).data)
        instruments = {i.symbol: i for i in universe.instruments}
        assert instruments["BTCUSDT"].mapped
        _load(rest, binance.back_fill("BTCUSDT", now))
        assert rest_codec.open_interest(rest.fetch(backfill.interest("BTCUSDT")).data).contracts > 0
        assert rest_codec.mark_price(rest.fetch(backfill.mark("BTCUSDT")).data).mark > 0
        assert rest_codec.funding(rest.fetch(backfill.funding("BTCUSDT")).data)
        assert rest_codec.tickers(rest.fetch(backfill.tickers()).data).rows
        assert rest_codec.book(rest.fetch(backfill.book("BTCUSDT")).data, instruments["BTCUSDT"]).bids
        rest_codec.funding_intervals(rest.fetch(backfill.funding_intervals()).data)
        with pytest.raises(VenueError) as caught:
            rest.get("/fapi/v1/klines", {"symbol": "NOPE", "interval": "1m", "limit": "5"})
        assert caught.value.kind is Refusal.REQUEST
        assert "Invalid symbol" in caught.value.user
        _stream(binance, endpoints, instruments)
    finally:
        rest.close()


def _load(rest: Rest, requests: tuple[Request, ...]) -> None:
    opens: list[int] = []
    marks: list[int] = []
    stamps: set[int] = set()
    for request in requests:
        data = rest.fetch(request).data
        if request.kind is Reply.INTEREST_HISTORY:
            rows = rest_codec.interest_columns(data)
            stamps.update(rows["t"].tolist())
            continue
        rows = rest_codec.klines_columns(data)
        assert len(rows) in (int(request.params["limit"]), int(request.params["limit"]) - 1)
        assert np.all(rows["t"] % request.span_ms == 0)
        (opens if request.kind is Reply.BARS else marks).extend(rows["t"].tolist())
        if request.kind is Reply.MARK_BARS:
            assert not np.any(rows["volume"])
        else:
            assert np.all(rows["taker_buy"] <= rows["volume"])
    assert opens == marks == sorted(set(opens))
    assert len(opens) > 6_500
    assert len(stamps) >= 8_600


def _stream(binance: Any, endpoints: Any, instruments: dict[str, Any]) -> None:
    codec = binance.codec(instruments)
    decoded: list[Decoded] = []
    states: list[LinkState] = []
    enough = threading.Event()
    wanted = {"mark", "trade", "kline", "ticker", "book", "control"}

    def take(data: bytes, recv_ns: int) -> None:
        decoded.append(codec.decode(data))
        arrays = any(d.kind == "mark" and len(d.events) > 1 for d in decoded)
        if arrays and wanted <= {d.kind for d in decoded}:
            enough.set()

    plans = list(binance.sockets(endpoints, "BTCUSDT"))
    plans[0] = msgspec.structs.replace(plans[0], streams=(*plans[0].streams, "!markPrice@arr@1s"))
    links = [Link(plan, binance.dialect, on_frame=take, on_state=states.append) for plan in plans]
    threads = [threading.Thread(target=link.run) for link in links]
    for thread in threads:
        thread.start()
    enough.wait(20)
    time.sleep(1.0)
    for link in links:
        link.stop()
    for thread in threads:
        thread.join(5)
    kinds = Counter(d.kind for d in decoded)
    assert wanted <= set(kinds), kinds
    assert kinds["other"] == 0
    assert not any(d.rejected for d in decoded)
    assert not any(s.silent for s in states)
    assert not codec.unknown
    assert not [d.control for d in decoded if d.control is not None and d.control.error]
    assert {s.phase for s in states} == {LinkPhase.CONNECTING, LinkPhase.OPEN, LinkPhase.CLOSED}
    trades = [e for d in decoded if d.kind == "trade" for e in d.events]
    assert [t.id for t in trades] == list(range(trades[0].id, trades[0].id + len(trades)))
    tickers = [e for d in decoded for e in d.events if isinstance(e, Tickers)]
    assert not any("USD_" in t.symbol for rows in tickers for t in rows.rows)
    arrays = [d for d in decoded if d.kind == "mark" and len(d.events) > 1]
    assert arrays, "settled contracts stand beside trading ones"
    assert not any("USD_" in e.symbol for d in arrays for e in d.events)


def test_a_stream_on_the_wrong_path_is_acknowledged_and_found_silent(exchange: Callable[..., Any]) -> None:
    """The venue accepts it, lists it, pings on, and never sends it."""
    market = exchange(seed=7, start=START)
    binance = venue("binance")
    plan = binance.sockets(binance.endpoints(market.rest, market.stream), "BTCUSDT")[1]
    assert plan.name == "public"
    wrong = msgspec.structs.replace(plan, streams=(*plan.streams, "btcusdt@markPrice@1s", "!forceOrder@arr"))
    states: list[LinkState] = []
    frames: list[bytes] = []
    timing = LinkTiming(first_list_s=0.5)
    link = Link(
        wrong, binance.dialect, on_frame=lambda data, _: frames.append(data), on_state=states.append, timing=timing
    )
    thread = threading.Thread(target=link.run)
    thread.start()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and not any(s.silent for s in states):
        time.sleep(0.05)
    link.stop()
    thread.join(5)
    silent = next(s for s in states if s.silent)
    assert silent.silent == ("btcusdt@markPrice@1s",), "of forced orders silence proves nothing"
    assert silent.phase is LinkPhase.OPEN, "the book goes on"
    assert any(b"depthUpdate" in f for f in frames)
    listed = next(reply.names for f in frames if (reply := binance.dialect.reply_of(f)) is not None and reply.names)
    assert "btcusdt@markPrice@1s" in listed
