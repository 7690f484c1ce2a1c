"""The order book as frames carry it: a whole engine on the built-in exchange, which is killed and comes back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
from support.exchange import Exchange
from support.watched import Watched, orders

from liqdesk.engine.bookview import BookState
from liqdesk.engine.frames import Frame
from liqdesk.insight.depth import all_in_the_way


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    made = Exchange(seed=7, speed=20.0)
    yield made
    made.close()


def frame_of(watched: Watched) -> Frame:
    assert watched.last is not None
    return watched.last


@pytest.mark.timeout(420)
def test_frames_carry_a_whole_book_and_say_when_there_is_none(qapp: object, exchange: Exchange, tmp_path: Path) -> None:
    watched = Watched(orders(exchange.rest, exchange.stream, tmp_path, record=False))
    try:
        watched.until(lambda: watched.last is not None and watched.last.book.synced, 240, "a book")
        watched.until_loaded(120)
        watched.until(
            lambda: (
                frame_of(watched).book.synced and not frame_of(watched).book.why and bool(frame_of(watched).in_the_way)
            ),
            60,
            "a book around price, and zones",
        )
        frame = frame_of(watched)
        book = frame.book
        assert book.depth is not None
        assert book.bids is not None
        assert book.asks is not None
        assert book.bid < book.ask
        assert book.low < book.bid
        assert book.ask < book.high
        assert book.levels == 2_000 or book.snapshots > 1
        assert np.allclose(book.depth.rows()[0], book.bids)
        assert frame.in_the_way == all_in_the_way(frame.zones, frame.prices.mark, book.depth)
        [stream] = [s for s in frame.streams if s.name == "book"]
        assert stream.age_s is not None
        assert book.age_s is not None
        assert frame.rest is not None
        assert frame.rest.used_weight is not None
        with requests.get(
            exchange.rest + "/fapi/v1/depth", params={"symbol": "BTCUSDT", "limit": "5"}, timeout=10
        ) as reply:
            best = float(reply.json()["bids"][0][0])
        assert abs(math.log(book.bid / best)) < 0.01
        exchange.kill()
        watched.until(lambda: frame_of(watched).book.state is BookState.LOST, 60, "the book is void")
        assert frame_of(watched).book.bids is None
        assert frame_of(watched).book.why
        assert all(way is None for way in frame_of(watched).in_the_way)
        exchange.restart()
        watched.until(lambda: frame_of(watched).book.synced, 120, "the book is back")
        assert frame_of(watched).book.mended == 0
    finally:
        watched.close()
