"""One source, opened: its REST poll, its sockets, its child if it is the built-in market, and the session they feed."""

from __future__ import annotations

import logging
import time
from typing import Final

from liqdesk.alerts import AlertBook
from liqdesk.clock import SleepWatch, VenueClock, Woke
from liqdesk.engine.asking import Asking, Handler, OnFailure
from liqdesk.engine.booking import LINK as BOOK_LINK
from liqdesk.engine.booking import Booking
from liqdesk.engine.child import Address, Child
from liqdesk.engine.feed import FeedThread
from liqdesk.engine.frames import Source, SourceKind
from liqdesk.engine.inbox import Answer, Arrival, Failure, Inbox, LinkNews
from liqdesk.engine.listening import Listening
from liqdesk.engine.loading import Loading
from liqdesk.engine.market_map import MarketMap
from liqdesk.engine.opening import Orders, child_of
from liqdesk.engine.paging import Paging
from liqdesk.engine.payments import Payments
from liqdesk.engine.poll import PollThread
from liqdesk.engine.recorder import Recorder
from liqdesk.engine.session import Session
from liqdesk.engine.traffic import Traffic
from liqdesk.engine.upkeep import Upkeep
from liqdesk.engine.watchlist import Watchlist
from liqdesk.errors import Refusal, VenueError
from liqdesk.history import History
from liqdesk.market import MINUTE_MS, Funding, FundingInterval, Instrument, LinkPhase, LinkState, Universe, floor_to
from liqdesk.model import DensityGrid
from liqdesk.net.pacing import Backoff
from liqdesk.net.proxy import proxy_for
from liqdesk.net.rest import Rest
from liqdesk.venues.binance import Binance, backfill
from liqdesk.venues.binance.brackets import Brackets
from liqdesk.venues.venue import Endpoints, Request

log = logging.getLogger(__name__)

STOP_MS: Final = 4_000
TAKE_PER_BEAT: Final = 20_000
BEAT_BUDGET_NS: Final = 40_000_000


class Run:
    """A source from its opening to its close. Lives in the engine thread; only `stop` blocks, with deadlines."""

    def __init__(
        self,
        orders: Orders,
        source: Source,
        endpoints: Endpoints,
        symbol: str,
        alerts: AlertBook,
        history: History | None,
        brackets: Brackets,
        child: Child | None = None,
        listening: Listening | None = None,
    ) -> None:
        self.source = source
        self.symbol = symbol
        self.session: Session | None = None
        self.error: VenueError | None = None
        self.retry_at_ns: int | None = None
        self.attempt = 0
        self.universe: Universe | None = None
        self.intervals: dict[str, int] = {}
        self.grid: DensityGrid | None = None
        self.inbox = Inbox()
        self.clock = VenueClock(source.speed)
        self.sleep = SleepWatch()
        self.brackets = brackets
        self.history = history
        self._venue = Binance()
        self._endpoints = endpoints
        self._proxy = orders.proxy
        self.traffic = Traffic(endpoints.rest, proxy_for(endpoints.rest, orders.proxy))
        self._alerts = alerts
        self._shown = orders.shown
        self._recorder = Recorder(history, listening)
        self._backoff = Backoff()
        self._feeds: list[FeedThread] = []
        self._paging: Paging | None = None
        self._forced_link = ""  # the socket that carries forced orders
        self.lost = False  # only a new run can bring data: there is no REST client
        self.address: Address | None = None  # of the built-in market, when it has come up
        is_demo = source.kind is SourceKind.DEMO
        self._child = (child or child_of(orders)) if is_demo else None
        self._poll = PollThread(self._make_rest, self.inbox)
        self._asking = Asking(self._poll)
        self._payments = Payments(symbol, self.clock, self._ask, self._on_payments)
        self._upkeep = Upkeep(symbol, source.speed, self.clock, self._ask, self._payments.go, self._on_universe)
        self.booking = Booking(self._ask, source.speed)
        self.watchlist = Watchlist(symbol, source.speed, self._ask, lambda: self.intervals)

    @property
    def unreachable(self) -> bool:
        """Whether the venue gave no data at all and said, or let us find out, why. A symbol that it does not list is another matter."""
        return self.session is None and self.universe is None and self.error is not None

    @property
    def child_died(self) -> bool:
        """Whether the built-in market came up and ended without being told to."""
        return self._child is not None and self.address is not None and not self._child.alive

    def start(self) -> None:
        self._poll.start()
        self._open()

    def _make_rest(self) -> Rest:
        # In the poll thread: a cold start of the built-in market takes seconds.
        if self._child is None:
            return Rest(self._endpoints.rest, proxy=proxy_for(self._endpoints.rest, self._proxy))
        address = self._child.start()
        self.inbox.put(Answer("address", address, time.monotonic_ns(), 0.0))
        return Rest(address.rest)

    # -- opening -----------------------------------------------------------------------------------------------------

    def _ask(self, request: Request, handler: Handler, on_failure: OnFailure | None = None) -> None:
        instrument = self.session.instrument if self.session is not None else None
        self._asking.ask(request, handler, on_failure, instrument)

    def _open(self) -> None:
        self._ask(backfill.clock(), self._on_clock, self._on_open_failure)
        self._ask(backfill.universe(), self._on_universe, self._on_open_failure)

    def _on_open_failure(self, error: VenueError) -> None:
        if self.session is not None or self.retry_at_ns is not None:
            return
        self.error = error
        self.attempt += 1
        self._asking.forget()
        delay_s = error.retry_s if error.retry_s is not None else self._backoff.next_s()
        self.retry_at_ns = time.monotonic_ns() + int(delay_s * 1e9)

    def retry_now(self) -> None:
        if self.session is None:
            self.retry_at_ns = None
            self._asking.forget()
            self._open()
        elif self._paging is not None:
            self._paging.retry_now()
        for feed in self._feeds:
            feed.retry_now()

    def _on_clock(self, payload: object, recv_ns: int) -> None:
        assert isinstance(payload, int)
        self.clock.observe(payload, recv_ns)

    def _on_universe(self, payload: object, recv_ns: int) -> None:
        assert isinstance(payload, Universe)
        self.error, self.retry_at_ns, self.attempt = None, None, 0
        self._backoff.reset()
        self.universe = payload
        if self.session is None:
            self._open_symbol(recv_ns)

    # -- the symbol --------------------------------------------------------------------------------------------------

    def instrument_of(self, symbol: str) -> Instrument | None:
        listed = self.universe.instruments if self.universe is not None else ()
        return next((i for i in listed if i.symbol == symbol), None)

    def _open_symbol(self, now_ns: int) -> None:
        instrument = self.instrument_of(self.symbol)
        if instrument is None:
            where = "the built-in market" if self._child is not None else self._endpoints.host
            self.error = VenueError(
                Refusal.REQUEST,
                f"{self.symbol} is not listed at {where}",
                f"{self.symbol} is not listed at {where}; choose another symbol.",
            )
            return
        now_ms = self.clock.now_ms(now_ns)
        until = floor_to(now_ms, MINUTE_MS)
        loading = Loading(backfill.plan(self.symbol, until))
        market_map = MarketMap(self.brackets.table(self.symbol), self._shown, self.grid)
        self.session = Session(
            instrument, market_map, self._recorder, self._alerts, self.clock, loading, until, self.source.speed
        )
        self._recorder.begin(now_ms)
        self.booking.begin(instrument)
        codec = self._venue.codec({instrument.symbol: instrument})
        for plan in self._venue.sockets(self._endpoints, self.symbol):
            feed = FeedThread(plan, self._venue.dialect, codec, self.inbox, proxy_for(plan.url, self._proxy))
            self.traffic.plan(plan)
            if any(map(self._venue.dialect.is_forced, plan.streams)):
                self._forced_link = plan.name
            self._feeds.append(feed)
            feed.start()
        self._paging = Paging(loading, self._ask, self._backoff, self._tell, self._ask_present)
        self._paging.go()

    def _ask_present(self) -> None:
        """Ask for what the streams will tell as well, in case that they do not."""
        self._ask(backfill.mark(self.symbol), self._on_mark)
        self._ask(backfill.tickers(), self._on_tickers)
        self._payments.go(time.monotonic_ns())

    def _tell(self, error: VenueError | None) -> None:
        self.error = error

    def _on_mark(self, payload: object, recv_ns: int) -> None:
        if self.session is not None:
            self.session.first_mark(payload)  # type: ignore[arg-type]

    def _on_tickers(self, payload: object, recv_ns: int) -> None:
        if self.session is not None:
            self.session.arrival(Arrival("rest", "ticker", recv_ns, None, (payload,)))  # type: ignore[arg-type]

    def _on_payments(self, payments: list[Funding]) -> None:
        if self.session is not None:
            self.session.on_funding(payments)
            self._ask(backfill.funding_intervals(), self._on_intervals)  # each time: they change at run time

    def _on_intervals(self, payload: object, recv_ns: int) -> None:
        rows: list[FundingInterval] = payload  # type: ignore[assignment]
        self.intervals = {row.symbol: row.hours for row in rows}
        if self.session is not None:
            self.session.on_funding_hours(self.intervals.get(self.symbol, self.session.instrument.funding_hours))

    # -- messages ----------------------------------------------------------------------------------------------------

    def beat(self, now_ns: int, budget_ns: int = BEAT_BUDGET_NS) -> None:
        """Take what has come and advance everything that is due, for about `budget_ns`."""
        if self.session is not None:  # what the last beat brought: its frame has gone out before it is written
            if self._recorder.is_due(now_ns):
                self.session.record_open_minutes()
            self._recorder.flush(now_ns, self.clock.now_ms(now_ns))
        woke = self.sleep.beat(now_ns)
        if woke is not None:
            self._wake_up(woke, now_ns)
        for message in self.inbox.drain(TAKE_PER_BEAT):
            if isinstance(message, Arrival):
                self.traffic.arrival(message)
                self.booking.arrival(message)
                if self.session is not None:
                    self.session.arrival(message)
                    if message.link == self._forced_link:
                        self._recorder.heard(message.event_ms, self.clock.now_ms(message.recv_ns))
            elif isinstance(message, Answer):
                self._answered(message)
            elif isinstance(message, Failure):
                self._failed(message)
            elif isinstance(message, LinkNews):
                self._link(message.state, message.recv_ns)
            else:
                self.traffic.garble(message)
                if message.forced:
                    self._recorder.unreadable(self.clock.now_ms(message.recv_ns))
                if message.link == "market" and self.session is not None:
                    self.session.on_link_lost()  # a mark may have been in it
        self._periodic(now_ns)
        if self.session is not None:
            until = time.monotonic_ns() + budget_ns
            self.session.beat(now_ns, lambda: time.monotonic_ns() < until)
            self._patch_brackets(self.session)

    def _wake_up(self, woke: Woke, now_ns: int) -> None:
        """Begin anew after a sleep: every connection is dead or will be, and everything is due."""
        log.info("the machine was away for %.0f s", woke.away_ns / 1e9)
        self.clock.skip(woke.stood_still_ns)
        if self.session is not None:
            self.session.woke(now_ns)
        self._poll.renew()
        self.retry_now()
        self._upkeep.all_due()
        self.booking.woke()
        for feed in self._feeds:
            feed.renew()

    def _answered(self, message: Answer) -> None:
        if message.job == "address":
            address = message.payload
            assert isinstance(address, Address)
            self.address = address
            self._endpoints = self._venue.endpoints(address.rest, address.stream)
            self.traffic.built_in(address.rest)
            return
        self.traffic.answered(message)
        self._asking.answered(message)

    def _failed(self, message: Failure) -> None:
        if message.job == "rest":
            self.error = message.error
            self.lost = True
            return
        self.traffic.failed(message)
        self._asking.failed(message)

    def _link(self, state: LinkState, recv_ns: int) -> None:
        if self.traffic.link(state, recv_ns) and state.link == "market" and self.session is not None:
            self.session.on_link_lost()
        if state.link == BOOK_LINK:
            self.booking.link(state, recv_ns)
        if state.link == self._forced_link:
            self._recorder.link(state)

    def _patch_brackets(self, session: Session) -> None:
        for change in session.contract_changes:
            if change.brackets is not None:
                self.brackets = self.brackets.patched(change)
        session.contract_changes.clear()

    def _periodic(self, now_ns: int) -> None:
        if self.session is None:
            if self.retry_at_ns is not None and now_ns >= self.retry_at_ns:
                self.retry_at_ns = None
                self._open()
            return
        if self._paging is not None:
            self._paging.beat(now_ns)
        self.booking.beat(now_ns)
        if self.session.loaded:
            market = self.traffic.links.get("market")
            self.watchlist.beat(self.session, now_ns, self.clock.now_ms(now_ns))
            self._upkeep.beat(self.session, market is not None and market.phase is LinkPhase.OPEN, now_ns)

    def stop(self) -> None:
        """Have written what came; then end feeds, poll and child, in that order. A thread that will not end is logged by name."""
        if self.session is not None:
            self.session.record_open_minutes()
            self.session.scoring.close()
        self._recorder.close(time.monotonic_ns(), self.clock.now_ms(time.monotonic_ns()))
        for feed in self._feeds:
            feed.stop()
        for feed in self._feeds:
            if not feed.wait(STOP_MS):
                log.error("thread %s did not end in %d ms", feed.objectName(), STOP_MS)
        self._poll.stop()
        if self._child is not None:
            self._child.stop()
        if not self._poll.wait(STOP_MS):
            log.error("thread poll did not end in %d ms", STOP_MS)
