"""The order book against a naive one, whatever is lost, doubled or overtaken on the way."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.market import BookSnapshot, BookUpdate
from liqdesk.model import book as module
from liqdesk.model.axis import display_bin_of, edge_of_display_bin
from liqdesk.model.book import CELL, Book, Sync

TICK = 0.1
MID = 600_000


class Exchange:
    """A naive book that changes at random and tells of it as the venue does: ids leap, and many changes go into one event."""

    def __init__(self, seed: int, reach: int = 40) -> None:
        self.random = random.Random(seed)
        self.mid, self.reach, self.id, self.said = MID, reach, 1_000, 1_000
        self.bids = {MID - i: self._quantity() for i in range(1, reach)}
        self.asks = {MID + i: self._quantity() for i in range(1, reach)}
        self.history = {self.id: (dict(self.bids), dict(self.asks))}

    def _quantity(self) -> float:
        return self.random.randint(1, 9) / 1000

    def event(self) -> BookUpdate:
        """Change some levels, move price at times, and return what is said of it."""
        draw = self.random
        bids: dict[int, float] = {}
        asks: dict[int, float] = {}
        if draw.random() < 0.3:
            self.mid += draw.randint(-6, 6)
            for ticks in [t for t in self.bids if t >= self.mid]:
                del self.bids[ticks]
                bids[ticks] = 0.0
            for ticks in [t for t in self.asks if t <= self.mid]:
                del self.asks[ticks]
                asks[ticks] = 0.0
        for _ in range(draw.randint(1, 6)):
            away = draw.randint(1, self.reach)
            side, told, ticks = (
                (self.bids, bids, self.mid - away) if draw.random() < 0.5 else (self.asks, asks, self.mid + away)
            )
            if draw.random() < 0.3:
                side.pop(ticks, None)  # also of a level that is not there, as the venue does
                told[ticks] = 0.0
            else:
                side[ticks] = told[ticks] = self._quantity()
        first, before = self.id + draw.randint(1, 5), self.said
        self.id = self.said = first + draw.randint(0, 5)
        self.history[self.id] = (dict(self.bids), dict(self.asks))
        return BookUpdate("BTCUSDT", self.id, first, self.id, before, tuple(bids.items()), tuple(asks.items()))

    def snapshot(self, levels: int, back: int = 0) -> BookSnapshot:
        """Return the best levels of each side as they stood `back` events ago."""
        number = sorted(self.history)[max(-1 - back, -len(self.history))]
        bids, asks = self.history[number]
        return BookSnapshot(
            "BTCUSDT",
            number,
            number,
            tuple(sorted(bids.items(), reverse=True)[:levels]),
            tuple(sorted(asks.items())[:levels]),
        )


def known(book: Book, exchange: Exchange) -> None:
    """Hold every level in the known range against the exchange's own book of the same id."""
    bids, asks = exchange.history[book.last_id]
    assert book.sides() == (
        {t: q for t, q in bids.items() if book.low <= t <= book.high},
        {t: q for t, q in asks.items() if book.low <= t <= book.high},
    )


@pytest.fixture
def few_levels(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(module, "SNAPSHOT_LEVELS", 12)
    return 12


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from("aaaaaaalddosr"), max_size=60), st.booleans())
def test_a_book_is_the_exchanges_own_or_asks_for_a_snapshot(seed: int, fates: list[str], few: bool) -> None:
    levels = 12 if few else 10**6
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SNAPSHOT_LEVELS", levels)
        exchange, book = Exchange(seed), Book()
        held: BookUpdate | None = None
        missed = False
        for fate in fates:
            if fate == "s":  # a snapshot, now and then an old one
                back = exchange.random.choice((0, 0, 1, 3))
                was = book.sync
                if book.snapshot(exchange.snapshot(levels, back)) and was is not Sync.SYNCED:
                    missed = False
            else:
                event = exchange.event()
                if fate == "l":
                    missed = True
                elif fate == "o" and held is None:
                    held = event  # comes after the next one
                else:
                    book.update(event)
                    if fate == "d":
                        book.update(event)
                    if held is not None:
                        book.update(held)
                        held = None
            if book.sync is Sync.SYNCED:
                known(book, exchange)
            if fate == "r":
                book.lose("the stream ended")
        if not missed and book.sync is Sync.SYNCED and held is None:
            assert book.mended == 0, "what was kept is what a later snapshot says"
        book.update(exchange.event())
        for _ in range(3):  # whatever came before, the way back is one snapshot, and one change that follows it
            if book.wants_snapshot:
                book.snapshot(exchange.snapshot(levels))
            book.update(exchange.event())
        assert book.sync is Sync.SYNCED
        assert book.last_id == exchange.id
        known(book, exchange)


def test_the_documented_procedure_step_by_step() -> None:
    exchange, book = Exchange(1), Book()
    events = [exchange.event() for _ in range(3)]
    for event in events:
        book.update(event)
    assert book.wants_snapshot
    old = BookSnapshot("BTCUSDT", 1, events[0].previous_id - 1, ((MID - 1, 1.0),), ((MID + 1, 1.0),))
    assert not book.snapshot(old), "older than the first change at hand"
    assert "older" in book.why
    assert book.snapshot(exchange.snapshot(10**6, back=1)), "U ≤ lastUpdateId ≤ u holds for one that is waiting"
    assert (book.sync, book.last_id, book.why) == (Sync.SYNCED, exchange.id, "")
    known(book, exchange)
    exchange.event()  # lost
    book.update(exchange.event())
    assert (book.sync, book.resyncs) == (Sync.LOST, 1)
    assert book.sides() == ({}, {})
    assert book.depth(TICK) is None
    assert book.snapshot(exchange.snapshot(10**6))
    known(book, exchange)


def test_a_quiet_contract_is_known_from_its_snapshot_and_goes_on_with_the_change_that_names_it() -> None:
    exchange, book = Exchange(2), Book()
    assert book.snapshot(exchange.snapshot(10**6))
    known(book, exchange)
    following = exchange.event()
    assert following.first_id > exchange.said - 6
    assert following.previous_id == book.last_id
    book.update(following)
    assert book.sync is Sync.SYNCED
    known(book, exchange)


def test_what_is_known_widens_with_snapshots_and_ends_with_a_hole(few_levels: int) -> None:
    exchange, book = Exchange(3), Book()
    book.update(exchange.event())
    book.snapshot(exchange.snapshot(few_levels))
    first = (book.low, book.high)
    assert first[0] > 0
    assert len(book.sides()[0]) == len(book.sides()[1]) == few_levels
    for _ in range(60):
        book.update(exchange.event())
        book.snapshot(exchange.snapshot(few_levels))
        known(book, exchange)
    assert book.low < first[0] or book.high > first[1]
    assert book.mended == 0
    wide = book.high - book.low
    exchange.event()
    book.update(exchange.event())
    book.snapshot(exchange.snapshot(few_levels))
    assert book.high - book.low < wide, "what was known before the hole is void"


def test_a_snapshot_that_contradicts_the_book_mends_it_and_is_counted() -> None:
    exchange, book = Exchange(4), Book()
    book.snapshot(exchange.snapshot(10**6))
    book.update(exchange.event())
    truth = exchange.snapshot(10**6)
    (best, quantity), *others = truth.bids
    book.snapshot(BookSnapshot("BTCUSDT", truth.time_ms, truth.last_id, ((best, quantity + 1), *others), truth.asks))
    assert book.mended == 1
    assert book.sides()[0][best] == quantity + 1


def test_only_the_nearest_levels_are_kept_and_what_is_known_ends_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LEVELS", 15)
    exchange, book = Exchange(5), Book()
    book.snapshot(exchange.snapshot(10**6))
    bids, asks = book.sides()
    assert len(bids) == len(asks) == 15
    assert (book.low, book.high) == (min(bids), max(asks))
    assert min(bids) == sorted(exchange.bids)[-15]


def test_a_depth_is_dollars_at_each_levels_own_price() -> None:
    book = Book()
    bids = tuple((MID - i, i / 100) for i in range(1, 1_200))
    asks = tuple((MID + i, i / 50) for i in range(1, 1_001))
    book.snapshot(BookSnapshot("BTCUSDT", 5, 77, bids[:1000], asks[:1000]))
    depth = book.depth(TICK)
    assert depth is not None
    assert (depth.bid, depth.ask) == (59_999.9, 60_000.1)
    assert (depth.low, depth.high) == pytest.approx((59_900.0, 60_100.0))
    assert depth.bids.sum() == pytest.approx(sum(t * TICK * q for t, q in bids[:1000]))
    assert depth.asks.sum() == pytest.approx(sum(t * TICK * q for t, q in asks))
    rows = depth.rows()
    assert rows[0].size == rows[1].size == display_bin_of(depth.high) - display_bin_of(depth.low) + 1
    first = display_bin_of(depth.low)
    assert depth.first_row == first
    for row in range(rows[0].size):
        low, high = edge_of_display_bin(first + row), edge_of_display_bin(first + row + 1)
        assert rows[0][row] == pytest.approx(sum(t * TICK * q for t, q in bids[:1000] if low <= t * TICK < high))
    cell = math.floor(math.log(59_950.05 / 30_000) / CELL)
    low, high = 30_000 * math.exp(cell * CELL), 30_000 * math.exp((cell + 1) * CELL)
    assert depth.bids[cell - depth.base] == pytest.approx(sum(t * TICK * q for t, q in bids if low <= t * TICK < high))


def test_price_that_leaves_the_known_range_leaves_no_touch(few_levels: int) -> None:
    exchange, book = Exchange(6), Book()
    book.snapshot(exchange.snapshot(few_levels))
    gone = tuple((t, 0.0) for t in book.sides()[1])
    book.update(BookUpdate("BTCUSDT", 9, exchange.id + 1, exchange.id + 2, exchange.id, ((book.high + 3, 1.0),), gone))
    assert book.touch() == (None, None)
    assert book.room() is None
    depth = book.depth(TICK)
    assert depth is not None
    assert math.isnan(depth.bid)
    assert math.isnan(depth.ask)
    assert not depth.asks.any()


def test_a_crossed_book_shows_no_depth() -> None:
    book = Book()
    book.snapshot(BookSnapshot("BTCUSDT", 5, 77, ((10, 1.0),), ((9, 1.0),)))
    assert book.crossed
    assert book.depth(TICK) is None


def test_thousands_of_levels_are_kept_in_bounds() -> None:
    book = Book()
    bids = tuple((MID - i, 1.0) for i in range(1, 1_001))
    asks = tuple((MID + i, 1.0) for i in range(1, 1_001))
    book.snapshot(BookSnapshot("BTCUSDT", 0, 0, bids, asks))
    rng = np.random.default_rng(1)
    for number in range(1, 400):
        far = tuple((MID - int(t), 1.0) for t in rng.integers(1, 50_000, 100))
        book.update(BookUpdate("BTCUSDT", number, number, number, number - 1, far, ()))
    assert len(book.sides()[0]) == 1_000, "levels beyond what is known are not kept"
    assert len(book._waiting) <= module.MOST_RECENT


def test_what_waits_for_a_snapshot_is_bounded_by_its_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING_LEVELS", 40)
    exchange = Exchange(5)
    book = Book()
    told = [exchange.event() for _ in range(60)]
    for event in told:
        book.update(event)
    kept = list(book._waiting)
    assert kept == told[-len(kept) :]
    assert (
        sum(len(e.bids) + len(e.asks) for e in kept)
        <= 40
        < sum(len(e.bids) + len(e.asks) for e in told[-len(kept) - 1 :])
    )
    bids, asks = exchange.history[told[0].last_id]
    assert not book.snapshot(BookSnapshot("X", 0, told[0].last_id, tuple(bids.items()), tuple(asks.items())))
    bids, asks = exchange.history[kept[0].last_id]
    assert book.snapshot(BookSnapshot("X", 0, kept[0].last_id, tuple(bids.items()), tuple(asks.items())))
    known(book, exchange)
