"""The order book of the watched contract: changes in, snapshots asked for, views out. Lives in the engine thread."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from liqdesk.engine.asking import Handler, OnFailure
from liqdesk.engine.bookview import BookState, BookView
from liqdesk.engine.inbox import Arrival
from liqdesk.errors import VenueError
from liqdesk.insight import Zone
from liqdesk.insight.depth import InTheWay, all_in_the_way
from liqdesk.market import BookSnapshot, BookUpdate, Instrument, LinkPhase, LinkState
from liqdesk.model.book import Book, Depth, Sync
from liqdesk.net.pacing import Backoff
from liqdesk.venues.binance import backfill
from liqdesk.venues.venue import Request

log = logging.getLogger(__name__)

LINK: Final = "public"  # the socket that carries the book
VIEW_NS: Final = 250_000_000
MINUTE_NS: Final = 60_000_000_000
MOST_A_MINUTE: Final = 10  # snapshots: 200 of the venue's 2,400
APART_NS: Final = 6_000_000_000  # between snapshots that only widen what is known
MOST_HASTE: Final = 4.0  # times as many of a market that runs faster than the wall
RENEW_NS: Final = 60_000_000_000
QUIET_NS: Final = 3_000_000_000  # a contract that says nothing for so long may be asked about nevertheless
LOADING: Final = "The order book is being loaded."
LEFT: Final = "Price has left the stretch of the order book that is known; another one is asked for."
EMPTY: Final = "Nothing rests in the order book."
DOWN: Final = "The connection that carries the order book is down."
LATE_NS: Final = 90_000_000_000  # after which an answer is not waited for
NEAR: Final = (
    0.4  # of the reach of a fresh snapshot: price that comes this near to the edge of what is known asks for another
)

Ask = Callable[[Request, Handler, OnFailure | None], None]


class Booking:
    """Keeps one book whole. `ask` makes REST requests; times are monotonic nanoseconds but where venue time is said."""

    def __init__(self, ask: Ask, speed: float = 1.0) -> None:
        haste = min(max(speed, 1.0), MOST_HASTE)
        self._apart_ns = int(APART_NS / haste)
        self.book = Book()
        self.instrument: Instrument | None = None
        self._ask = ask
        self._backoff = Backoff(1.0, 60.0)
        self._asked_ns: int | None = None  # when the snapshot under way was asked for
        self._asked: deque[int] = deque(maxlen=int(MOST_A_MINUTE * haste))
        self._next_ns = 0  # before which none is asked for
        self._renew_ns = 0
        self._reach: int | None = None  # ticks that the newest snapshot reached beyond the touch
        self._open_ns: int | None = None  # since when the socket is open
        self._view_ns = 0
        self._seen: tuple[object, ...] = ()
        self._view = BookView(BookState.WAITING, LOADING)
        self._way_of: tuple[tuple[Zone, ...], Depth | None] = ((), None)
        self._way: tuple[InTheWay | None, ...] = ()

    def begin(self, instrument: Instrument) -> None:
        self.instrument = instrument

    def arrival(self, message: Arrival) -> None:
        """Take the changes of a message, if it holds any."""
        if message.kind != "book" or self.instrument is None:
            return
        for event in message.events:
            if isinstance(event, BookUpdate) and event.symbol == self.instrument.symbol:
                before = self.book.resyncs
                self.book.update(event)
                if self.book.resyncs != before:
                    log.info("the book of %s is loaded anew: %s", event.symbol, self.book.why)

    def link(self, state: LinkState, now_ns: int) -> None:
        """Take what the socket of the book says. What is known is not current while it is down."""
        is_open = state.phase is LinkPhase.OPEN
        if is_open and self._open_ns is None:
            self._open_ns = now_ns
        elif not is_open and self._open_ns is not None:
            self._open_ns = None
            self.book.lose(state.user or DOWN)
            self._view_ns = 0

    def woke(self) -> None:
        """Say that the machine has slept."""
        self._asked_ns, self._next_ns, self._view_ns = None, 0, 0
        self.book.lose("The machine was asleep; the order book is loaded anew.")

    def beat(self, now_ns: int) -> None:
        """Ask for a snapshot where one is due, and bring the view up to date, a few times a second."""
        if self.instrument is None or now_ns < self._view_ns:
            return
        self._view_ns = now_ns + VIEW_NS
        if self.book.crossed:
            self.book.lose("Bids and asks crossed: a change of the order book was missed; it is loaded anew.")
        if self._asked_ns is not None and now_ns - self._asked_ns > LATE_NS:
            self._asked_ns = None
        if self._asked_ns is None and now_ns >= self._next_ns and self._due(now_ns):
            self._asked_ns = now_ns
            self._asked.append(now_ns)
            self._ask(backfill.book(self.instrument.symbol), self._on_snapshot, self._on_failure)
        self._look()

    def _due(self, now_ns: int) -> bool:
        if self._open_ns is None or (len(self._asked) == self._asked.maxlen and now_ns - self._asked[0] < MINUTE_NS):
            return False
        if self.book.wants_snapshot:  # what comes before the stream is up would be older than its first change
            return self.book.hears or now_ns - self._open_ns >= QUIET_NS
        if self._asked and now_ns - self._asked[-1] < self._apart_ns:
            return False
        if now_ns >= self._renew_ns:
            return True
        room = self.book.room()
        return room is None or (self._reach is not None and min(room) < NEAR * self._reach)

    def _on_snapshot(self, payload: object, recv_ns: int) -> None:
        assert isinstance(payload, BookSnapshot)
        self._asked_ns = None
        if self.instrument is None or payload.symbol != self.instrument.symbol or self._open_ns is None:
            return
        if not self.book.snapshot(payload):
            self._wait(recv_ns)  # it is older than what has come: another one, later
            return
        self._backoff.reset()
        self._renew_ns = recv_ns + RENEW_NS
        bids, asks = (len(payload.bids), len(payload.asks))
        if bids and asks:
            best = max(t for t, _ in payload.bids), min(t for t, _ in payload.asks)
            self._reach = min(best[0] - min(t for t, _ in payload.bids), max(t for t, _ in payload.asks) - best[1])
        self._view_ns = 0

    def _on_failure(self, error: VenueError) -> None:
        log.info("no snapshot of the book: %s", error)
        asked, self._asked_ns = self._asked_ns, None
        if self.book.wants_snapshot:
            self.book.why = error.user
        self._wait(asked or 0, error.retry_s)

    def _wait(self, now_ns: int, least_s: float | None = None) -> None:
        delay_s = max(self._backoff.next_s(), least_s or 0.0)
        self._next_ns = max(self._next_ns, now_ns + int(delay_s * 1e9))

    def _look(self) -> None:
        book, instrument = self.book, self.instrument
        assert instrument is not None
        key = (book.sync, book.last_id, book.snapshots, book.why)
        if key == self._seen:
            return
        self._seen = key
        depth = book.depth(instrument.tick)
        if depth is None:
            state = BookState.LOST if book.sync is Sync.LOST else BookState.WAITING
            why = book.why or (EMPTY if book.sync is Sync.SYNCED else LOADING)
            self._view = BookView(state, why, resyncs=book.resyncs, snapshots=book.snapshots)
            return
        bids, asks = depth.rows()
        self._view = BookView(
            state=BookState.SYNCED,
            why=LEFT if depth.outside else "",
            bid=depth.bid,
            ask=depth.ask,
            low=depth.low,
            high=depth.high,
            base=depth.first_row,
            bids=bids,
            asks=asks,
            depth=depth,
            levels=depth.levels,
            resyncs=book.resyncs,
            snapshots=book.snapshots,
            mended=book.mended,
        )

    def view(self, venue_ms: int) -> BookView:
        """Return the book as it stood within the last quarter second, aged by the venue's clock."""
        newest = self.book.time_ms
        if not newest:
            return self._view
        return msgspec.structs.replace(self._view, age_s=max(venue_ms - newest, 0) / 1000)

    def in_the_way(self, zones: tuple[Zone, ...], mark: float) -> tuple[InTheWay | None, ...]:
        """Return what of the book rests between mark and each zone."""
        depth = self._view.depth
        if self._way_of[0] is not zones or self._way_of[1] is not depth:
            self._way_of = zones, depth
            self._way = all_in_the_way(zones, mark, depth)
        return self._way
