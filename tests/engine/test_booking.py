"""The order book of the built-in exchange, kept over real sockets: whole after whatever is lost, and equal to the exchange's own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.faulty import START_MS, Faulty

from liqdesk.engine.asking import Asking
from liqdesk.engine.booking import APART_NS, LINK, RENEW_NS, Booking
from liqdesk.engine.bookview import BookState
from liqdesk.engine.feed import FeedThread
from liqdesk.engine.inbox import Answer, Arrival, Failure, Inbox, LinkNews
from liqdesk.engine.poll import PollThread
from liqdesk.errors import Refusal, VenueError
from liqdesk.market import BookSnapshot, BookUpdate, Instrument, LinkPhase, LinkState
from liqdesk.model.axis import display_bin_of, edge_of_display_bin
from liqdesk.model.book import Sync
from liqdesk.net.rest import Rest
from liqdesk.simulator import book as truth
from liqdesk.simulator.market import Market
from liqdesk.venues.binance import Binance
from liqdesk.venues.venue import Request

BTC = Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001)
SECOND = 1_000_000_000


class Kept:
    """A booking on a real socket and a real poll thread, driven by hand as the engine's beat does."""

    def __init__(self, faulty: Faulty) -> None:
        self.inbox = Inbox()
        self.poll = PollThread(lambda: Rest(faulty.rest), self.inbox)
        self.asking = Asking(self.poll)
        self.asked = 0
        self.hurry_ns = 0  # what the clock is ahead, so that no test waits for pauses between snapshots
        self.booking = Booking(self._ask)
        self.booking.begin(BTC)
        venue = Binance()
        [plan] = [p for p in venue.sockets(venue.endpoints(faulty.rest, faulty.stream), "BTCUSDT") if p.name == LINK]
        self.feed = FeedThread(plan, venue.dialect, venue.codec({"BTCUSDT": BTC}), self.inbox)
        self.lost: list[str] = []
        self.poll.start()
        self.feed.start()

    def _ask(self, request: Request, handler: Any, on_failure: Any) -> None:
        self.asked += 1
        self.asking.ask(request, handler, on_failure, BTC)

    def beat(self) -> None:
        for message in self.inbox.drain(1_000):
            if isinstance(message, Arrival):
                self.booking.arrival(message)
            elif isinstance(message, LinkNews):
                self.booking.link(message.state, message.recv_ns)
            elif isinstance(message, Answer):
                self.asking.answered(message)
            elif isinstance(message, Failure):
                self.asking.failed(message)
        self.booking.beat(time.monotonic_ns() + self.hurry_ns)

    def until(self, holds: Callable[[], object], what: str, seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            book = self.booking.book
            assert time.monotonic() < deadline, f"{what}: {book.sync} {book.why} {book.last_id} asked {self.asked}"
            self.beat()
            time.sleep(0.005)

    def whole(self) -> bool:
        return self.booking.book.sync is Sync.SYNCED

    def after(self, number: int) -> Callable[[], bool]:
        return lambda: self.booking.book.last_id > number

    def more(self, snapshots: int) -> Callable[[], bool]:
        return lambda: self.booking.book.snapshots > snapshots

    def stop(self) -> None:
        self.feed.stop()
        self.poll.stop()
        assert self.feed.wait(5_000)
        assert self.poll.wait(5_000)

    def equals(self, market: Market) -> int:
        """Hold every known level against the exchange's own book at the same change; return how many there are."""
        book, course = self.booking.book, market.courses["BTCUSDT"]
        beat = (book.last_id - truth.BASE_ID) // truth.IDS_PER_BEAT
        own = truth.sides(course, beat, market.speed, truth.TOLD)
        for mine, theirs in zip(book.sides(), own, strict=True):
            inside = theirs[(theirs[:, 0] >= book.low) & (theirs[:, 0] <= book.high)]
            assert {t: round(q * 1000) for t, q in mine.items()} == dict(inside.tolist())
        return sum(map(len, book.sides()))


@pytest.fixture(scope="module", params=[1.0, 20.0], ids=["real time", "20x"])
def running(request: pytest.FixtureRequest) -> Market:
    made = Market(4, START_MS, speed=request.param, past_days=1)
    made.lead(START_MS)
    return made


@pytest.fixture
def keep(running: Market, tmp_path: Path) -> Iterator[Callable[..., Kept]]:
    opened: list[Any] = []

    def start(*faults: dict[str, Any]) -> Kept:
        faulty = Faulty(running, tmp_path / "faults.jsonl", *faults).__enter__()
        opened.append(faulty)
        kept = Kept(faulty)
        opened.append(kept)
        return kept

    yield start
    for one in reversed(opened):
        one.stop() if isinstance(one, Kept) else one.__exit__()


def test_the_book_is_the_exchanges_own_and_its_rows_are_its_dollars(keep: Callable[..., Kept], running: Market) -> None:
    kept = keep()
    assert kept.booking.view(0).state is BookState.WAITING
    kept.until(lambda: kept.booking.view(0).synced, "a book")
    for _ in range(6):
        kept.until(kept.after(kept.booking.book.last_id), "a change")
        assert kept.equals(running) > 500
    kept.booking._view_ns = 0
    kept.beat()
    book, view = kept.booking.book, kept.booking.view(kept.booking.book.time_ms + 700)
    assert (view.age_s, view.why, view.resyncs) == (0.7, "", 0)
    assert view.bids is not None
    assert view.asks is not None
    bids, asks = book.sides()
    assert (view.bid, view.ask) == pytest.approx((max(bids) * 0.1, min(asks) * 0.1))
    assert (view.low, view.high) == pytest.approx((book.low * 0.1, book.high * 0.1))
    assert view.base == display_bin_of(view.low)
    assert view.base + view.bids.size - 1 == display_bin_of(view.high)
    for row in range(view.bids.size):
        low, high = edge_of_display_bin(view.base + row), edge_of_display_bin(view.base + row + 1)
        assert view.bids[row] == pytest.approx(sum(t * 0.1 * q for t, q in bids.items() if low <= t * 0.1 < high))
        assert view.asks[row] == pytest.approx(sum(t * 0.1 * q for t, q in asks.items() if low <= t * 0.1 < high))


def test_a_lost_change_voids_the_book_until_a_new_snapshot_has_come(keep: Callable[..., Kept], running: Market) -> None:
    kept = keep({"kind": "drop", "at_s": 2.0, "for_s": 2.0, "share": 0.5, "stream": "*@depth*"})
    kept.until(lambda: kept.booking.book.resyncs >= 1, "a change is missed")
    kept.booking._view_ns = 0
    kept.beat()
    view = kept.booking.view(0)
    assert view.state is BookState.LOST
    assert view.bids is None, "what may be wrong is not shown"
    assert "missed" in view.why
    kept.hurry_ns = 10 * APART_NS
    kept.until(kept.whole, "the book is whole again")
    kept.until(lambda: kept.booking.book._anchored, "a change follows the snapshot")
    kept.equals(running)


def test_doubled_and_overtaken_changes_leave_no_wrong_level(keep: Callable[..., Kept], running: Market) -> None:
    kept = keep(
        {"kind": "duplicate", "at_s": 0, "for_s": 60, "share": 0.5, "by_s": 0.3, "stream": "*@depth*"},
        {"kind": "reorder", "at_s": 3, "for_s": 60, "share": 0.1, "by_s": 1.0, "stream": "*@depth*"},
    )
    compared = 0
    kept.hurry_ns = APART_NS
    began = time.monotonic()
    while (took := time.monotonic() - began) < 8 or compared <= 10:
        assert took < 50, f"compared {compared} times"
        kept.beat()
        kept.hurry_ns += SECOND // 2
        if kept.whole() and kept.booking.book._anchored:
            kept.equals(running)
            compared += 1
        time.sleep(0.1)
    assert compared > 10
    assert kept.booking.book.mended == 0


def test_a_connection_that_ends_voids_the_book_and_the_next_one_brings_it_back(
    keep: Callable[..., Kept], running: Market
) -> None:
    kept = keep({"kind": "abort", "at_s": 3.0, "for_s": 0.1, "route": "public"})
    kept.until(kept.whole, "a book")
    kept.until(lambda: not kept.whole(), "the connection ends")
    kept.booking._view_ns = 0
    kept.beat()
    view = kept.booking.view(0)
    assert view.state is BookState.LOST
    assert view.why
    kept.hurry_ns = 10 * APART_NS
    kept.until(kept.whole, "the book is whole again", 30)
    kept.until(lambda: kept.booking.book._anchored, "a change follows the snapshot")
    kept.equals(running)


def test_renewed_snapshots_prove_what_was_kept_and_widen_what_is_known(
    keep: Callable[..., Kept], running: Market
) -> None:
    kept = keep()
    kept.until(kept.whole, "a book")
    first = kept.booking.book.high - kept.booking.book.low
    for _ in range(4):
        kept.hurry_ns += RENEW_NS + APART_NS
        kept.until(kept.more(kept.booking.book.snapshots), "another snapshot", 30)
        kept.equals(running)
    book = kept.booking.book
    assert book.mended == 0
    assert book.resyncs == 0
    assert book.high - book.low >= first


# -- when it asks, without a socket ----------------------------------------------------------------------------------------


class Asked:
    """A booking whose requests are only written down."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.times: list[int] = []
        self.booking = Booking(self._ask)
        self.booking.begin(BTC)
        self.now_ns = 10**12
        self.id = 100

    def _ask(self, *asked: Any) -> None:
        self.requests.append(asked)
        self.times.append(self.now_ns)

    def open(self) -> None:
        self.booking.link(LinkState(LINK, LinkPhase.OPEN), self.now_ns)

    def beat(self, seconds: float = 0.25) -> int:
        self.now_ns += int(seconds * SECOND)
        self.booking.beat(self.now_ns)
        return len(self.requests)

    def change(self, bids: tuple[tuple[int, float], ...] = ()) -> None:
        event = BookUpdate("BTCUSDT", self.id, self.id + 1, self.id + 5, self.id, bids, ())
        self.id += 5
        self.booking.arrival(Arrival(LINK, "book", self.now_ns, event.time_ms, (event,)))

    def answer(self, back: int = 0, mid: int = 600_000) -> None:
        bids = tuple((mid - i, 1.0) for i in range(1, 1_001))
        asks = tuple((mid + i, 1.0) for i in range(1, 1_001))
        self.requests[-1][1](BookSnapshot("BTCUSDT", self.id, self.id - back, bids, asks), self.now_ns)


def test_nothing_is_asked_before_the_stream_speaks_or_has_been_silent_for_a_while() -> None:
    one = Asked()
    assert one.beat() == 0
    one.open()
    assert one.beat(1.0) == 0
    one.change()
    assert one.beat() == 1
    assert one.requests[0][0].weight == 20
    quiet = Asked()
    quiet.open()
    quiet.beat(1.0)
    assert quiet.beat(3.0) == 1


def test_snapshots_are_asked_for_ten_times_a_minute_at_most_and_never_two_at_once() -> None:
    one = Asked()
    one.open()
    one.change()
    for _ in range(40):
        one.beat()
    assert len(one.requests) == 1, "one is under way"
    for _ in range(480):  # two minutes in which every answer is too old
        asked = one.beat()
        one.change()
        if one.booking._asked_ns is not None and asked:
            one.answer(back=one.id)
    assert 3 <= len(one.requests) <= 20
    gaps = np.diff(one.times) / SECOND
    assert gaps[1] < 8, "the first way back is short"
    assert gaps.max() > 10, "the waits grow"


def test_a_refusal_is_told_and_its_own_wait_is_kept() -> None:
    one = Asked()
    one.open()
    one.change()
    one.beat()
    one.requests[-1][2](VenueError(Refusal.BANNED, "418", "Binance wants nothing from this address for a while.", 40.0))
    for _ in range(120):
        one.beat()
    assert len(one.requests) == 1
    assert one.booking.view(0).why == "Binance wants nothing from this address for a while."
    for _ in range(60):
        one.beat()
    assert len(one.requests) == 2


def test_price_near_the_edge_of_what_is_known_asks_for_another_snapshot() -> None:
    one = Asked()
    one.open()
    one.change()
    one.beat()
    one.answer()
    for _ in range(40):
        one.beat()
    assert len(one.requests) == 1, "known well, and renewed once a minute"
    one.change(tuple((600_000 - i, 0.0) for i in range(1, 650)))
    one.beat()
    assert len(one.requests) == 2
    one.answer()
    for _ in range(260):
        one.beat()
        one.change()
    assert len(one.requests) >= 3


def test_an_empty_book_is_said_to_be_empty_and_not_asked_for_again_and_again() -> None:
    one = Asked()
    one.open()
    one.beat(1.0)
    one.beat(3.0)
    one.requests[-1][1](BookSnapshot("BTCUSDT", one.id, one.id, (), ()), one.now_ns)
    for _ in range(200):
        one.beat()
    assert len(one.requests) == 1
    assert one.booking.view(one.id).why == "Nothing rests in the order book."


def test_a_contract_whose_book_is_short_is_known_without_an_edge() -> None:
    one = Asked()
    one.open()
    one.change()
    one.beat()
    one.requests[-1][1](BookSnapshot("BTCUSDT", one.id, one.id, ((599_990, 2.0),), ((600_010, 3.0),)), one.now_ns)
    one.beat()
    view = one.booking.view(one.id)
    assert view.synced
    assert view.low == pytest.approx(59_999.0 * math.exp(-0.12), abs=0.1)
    assert view.high == pytest.approx(59_999.0 * math.exp(0.12), abs=0.1)
    assert view.bids is not None
    assert np.flatnonzero(view.bids).size == 1
    assert view.bids.sum() == pytest.approx(2 * 59_999.0)
