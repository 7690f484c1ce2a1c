"""One symbol on one source: events in, the state of everything the window shows out. No Qt, no thread, no clock reads."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.alerts import AlertBook, Fired
from liqdesk.clock import VenueClock
from liqdesk.engine.frames import Bars, FundingView, GapView, NowPlanes, Prices
from liqdesk.engine.inbox import Arrival
from liqdesk.engine.loading import Loading
from liqdesk.engine.market_map import MarketMap
from liqdesk.engine.meters import Meters
from liqdesk.engine.minute import Assembler, Minute, Need
from liqdesk.engine.reading import Reading
from liqdesk.engine.recorder import Recorder
from liqdesk.engine.scoring import Scoring
from liqdesk.engine.trail import CandleTrail, ForcedTrail, held_at
from liqdesk.engine.watching import Watch
from liqdesk.insight import Imbalance, Zone
from liqdesk.market import (
    MINUTE_MS,
    ContractChange,
    ForcedOrder,
    Funding,
    Instrument,
    Kline,
    MarkPrice,
    OpenInterest,
    Ticker,
    Tickers,
    Trade,
    price_from_ticks,
)
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.model.quality import Quality

log = logging.getLogger(__name__)

NEED_TRIES: Final = 8
GIVEN_UP: Final = "the venue could not give it back"
VIEW_NS: Final = 250_000_000


class Session:
    """The state of one watched symbol. `beat` is called often; `requests` are then to be made and answered."""

    def __init__(
        self,
        instrument: Instrument,
        market_map: MarketMap,
        recorder: Recorder,
        alerts: AlertBook,
        clock: VenueClock,
        loading: Loading,
        loaded_until_ms: int,
        speed: float,
    ) -> None:
        self.instrument = instrument
        self.map = market_map
        self.meters = Meters(speed)
        self.quality = Quality()
        self.clock = clock
        self.loading = loading
        self.loaded = False
        self._recorder = recorder
        self.scoring = Scoring(instrument.symbol, market_map, recorder, loaded_until_ms)
        self._watch = Watch(alerts, instrument, speed)
        self._assembler = Assembler(loaded_until_ms)
        self._tries: dict[Need, int] = {}
        self._in_flight: set[Need] = set()
        self._doubted: Arrival | None = None
        self.forced = ForcedTrail(instrument.symbol)
        self._candles = CandleTrail(loaded_until_ms)
        self._last_ticks: int | None = None
        self._next_view_ns = 0
        self.interest: NDArray[np.void] = np.empty(0, INTEREST)
        self.prices = Prices(math.nan, math.nan, math.nan, math.nan, 0)
        self.funding = FundingView(None, instrument.funding_hours, 0, ())
        self.reading = Reading(market_map)
        self.now: NowPlanes | None = None
        self.zones: tuple[Zone, ...] = ()
        self.imbalance: tuple[Imbalance, ...] = ()
        self.gaps: list[GapView] = []
        self.new_bars: list[Bars] = []
        self.new_forced: list[ForcedOrder] = []
        self.new_fired: list[Fired] = []
        self.tickers: dict[str, Ticker] = {}
        self.contract_changes: list[ContractChange] = []

    # -- events ------------------------------------------------------------------------------------------------------

    def arrival(self, message: Arrival) -> None:
        if message.event_ms is not None and message.kind in ("mark", "trade"):
            if self.clock.leaps(message.event_ms, message.recv_ns):
                self._doubted = message
                log.info("a %s stamped %d is too far ahead to be believed alone", message.kind, message.event_ms)
                return
            self.clock.observe(message.event_ms, message.recv_ns)
            doubted, self._doubted = self._doubted, None
            if doubted is not None and self.clock.agrees(doubted.event_ms, message.event_ms):
                self._take(doubted)
        self._take(message)

    def _take(self, message: Arrival) -> None:
        late_ms = None if message.event_ms is None else self.clock.now_ms(message.recv_ns) - message.event_ms
        overtaken = message.kind == "kline" and (message.event_ms or 0) < self.meters.newest_ms("kline")
        self.meters.note(message.kind, message.event_ms, message.recv_ns, len(message.events), message.link, late_ms)
        if overtaken:
            return  # it would put an older state of a candle over a newer one
        for event in message.events:
            handler = _HANDLERS.get(type(event))
            if handler is not None:
                handler(self, event)

    def _on_mark(self, event: MarkPrice) -> None:
        if event.symbol != self.instrument.symbol or not self.quality.mark(event.time_ms, event.mark):
            return
        newest = self._assembler.mark(event)
        self._recorder.mark(event)  # also one that was overtaken, as where one socket takes over from another
        if not newest:
            return
        self.meters.note("funding", event.time_ms, self.clock.newest_wall_ns, 1, "market")
        self.prices = msgspec.structs.replace(self.prices, mark=event.mark, index=event.index, mark_ms=event.time_ms)
        self.funding = msgspec.structs.replace(self.funding, rate=event.funding_rate, next_ms=event.next_funding_ms)
        if self.loaded:
            self.map.provisional(event.mark, event.time_ms)
            self._look(event)
        self._watch.passed(event)

    def _look(self, event: MarkPrice) -> None:
        now_ms = self.clock.now_ms(self.clock.newest_wall_ns)
        ready = (self._assembler.next_ms, self.zones, self.imbalance, self.funding.rate, self.forced.recent)
        self.new_fired += self._watch.look(event, self.clock.newest_ms, now_ms, *ready)

    def _on_trade(self, event: Trade) -> None:
        if event.symbol != self.instrument.symbol:
            return
        self._assembler.trade(event)
        self._last_ticks = event.price_ticks

    def _settle_last(self) -> None:
        if self._last_ticks is not None:
            last = price_from_ticks(self._last_ticks, self.instrument.tick)
            self.prices = msgspec.structs.replace(self.prices, last=last)
            self._last_ticks = None

    def _on_forced(self, event: ForcedOrder) -> None:
        if self.forced.take(event):
            self._recorder.forced(event)
            self.new_forced.append(event)
            self.scoring.forced(event)

    def _on_kline(self, event: Kline) -> None:
        if event.symbol != self.instrument.symbol or event.mark or event.span_ms != MINUTE_MS:
            return
        values = (event.open_ms, event.open, event.high, event.low, event.close, event.volume, event.taker_buy)
        row = np.array([values], BAR)
        self.new_bars.append(Bars(MINUTE_MS, row))
        if event.closed:
            self._candles.came(event.open_ms)
            self._assembler.candle(event)
            self._recorder.bars(self.instrument.symbol, MINUTE_MS, False, row)

    def _on_tickers(self, event: Tickers) -> None:
        for row in event.rows:
            self._on_ticker(row)

    def _on_ticker(self, row: Ticker) -> None:
        known = self.tickers.get(row.symbol)
        if known is not None and row.time_ms < known.time_ms:
            return
        self.tickers[row.symbol] = row
        if row.symbol == self.instrument.symbol and row.open > 0:
            last = self.prices.last if math.isfinite(self.prices.last) else row.last
            self.prices = msgspec.structs.replace(self.prices, last=last, change_24h=last / row.open - 1)

    def _on_contract(self, event: ContractChange) -> None:
        self.contract_changes.append(event)

    def on_interest(self, event: OpenInterest, recv_ns: int) -> None:
        """Take a polled sample; one that does not move forward in time, or leaps alone, is ignored."""
        # One that is known already still speaks against a leap.
        believed = self.quality.interest(event.time_ms, event.contracts)
        if not believed or (len(self.interest) and event.time_ms <= self.interest["t"][-1]):
            return
        self.meters.note("oi", event.time_ms, recv_ns, 1, "REST")
        usd = math.nan if event.usd is None else event.usd
        row = np.array([(event.time_ms, event.contracts, usd)], INTEREST)
        self.interest = np.concatenate([self.interest[-20_000:], row])
        self._recorder.interest(self.instrument.symbol, row)

    def repaired_interest(self, rows: NDArray[np.void]) -> None:
        """Put back samples of the past."""
        joined = np.concatenate([self.interest, rows])
        self.interest = joined[np.unique(joined["t"], return_index=True)[1]]
        self._recorder.interest(self.instrument.symbol, rows)

    def first_mark(self, event: MarkPrice) -> None:
        """Take the mark that REST gave at the opening, until the stream has its own."""
        if math.isfinite(self.prices.mark):
            return
        self.prices = msgspec.structs.replace(self.prices, mark=event.mark, index=event.index, mark_ms=event.time_ms)
        self.funding = msgspec.structs.replace(self.funding, rate=event.funding_rate, next_ms=event.next_funding_ms)

    def on_funding(self, rows: list[Funding]) -> None:
        history = tuple((row.time_ms, row.rate) for row in sorted(rows, key=lambda r: r.time_ms))
        self.funding = msgspec.structs.replace(self.funding, history=history)
        self._recorder.funding(rows)

    def on_funding_hours(self, hours: int) -> None:
        self.funding = msgspec.structs.replace(self.funding, interval_h=hours)

    def on_link_lost(self) -> None:
        self._assembler.link_lost()

    def woke(self, now_ns: int) -> None:
        """Say that the machine has slept until now: what came before is not news, and nobody knows what is missing."""
        self._assembler.link_lost()
        self._watch.woke(self.clock.now_ms(now_ns))

    # -- repairs -----------------------------------------------------------------------------------------------------

    def wanted(self, now_ns: int) -> list[Need]:
        """Return the repairs that are not asked for yet. What the venue answered often and not filled is given up: a gap."""
        fresh = []
        for need in self._assembler.needs() + self._candles.missing(self.clock.now_ms(now_ns)):
            if need in self._in_flight:
                continue
            if self._tries.get(need, 0) >= NEED_TRIES:
                self._give_up(need)
                continue
            self._in_flight.add(need)
            fresh.append(need)
        return fresh

    def repaired_trades(self, need: Need, trades: list[Trade]) -> None:
        """Put back the trades that REST gave for a need."""
        self._answered(need)
        self._assembler.fill_trades(trades, need)

    def repaired_klines(self, need: Need, klines: list[Kline]) -> None:
        """Put back the minutes that REST gave for a need."""
        self._answered(need)
        for kline in klines if need.kind != "marks" else ():
            self._on_kline(kline)
        if need.kind != "bars":
            self._assembler.fill_klines(klines, mark=need.kind == "marks")

    def _answered(self, need: Need) -> None:
        self._in_flight.discard(need)
        self._tries[need] = self._tries.get(need, 0) + 1

    def not_repaired(self, need: Need) -> None:
        self._in_flight.discard(need)

    def _give_up(self, need: Need) -> None:
        if need.kind == "bars":
            self._candles.give_up(need.end)
            self._recorder.gap(self.instrument.symbol, "trades", need.first, need.end, GIVEN_UP)
            return
        until = self._assembler.next_ms + MINUTE_MS if need.kind in ("trades", "tail") else need.end
        dropped = self._assembler.give_up(until)
        self._tries.pop(need, None)
        if dropped is not None:
            self.add_gap(*dropped, "mark" if need.kind == "marks" else "trades", GIVEN_UP)

    def add_gap(self, from_ms: int, to_ms: int, stream: str, reason: str) -> None:
        self.gaps.append(GapView(from_ms, to_ms, stream, reason))
        self._recorder.gap(self.instrument.symbol, stream, from_ms, to_ms, reason)

    # -- time --------------------------------------------------------------------------------------------------------

    def record_open_minutes(self) -> None:
        """Hand what came so far of the open minutes to the recorder."""
        for part in self._assembler.open_minutes():
            self._recorder.open_minute(self.instrument, part)

    def beat(self, now_ns: int, budget: Callable[[], bool]) -> None:
        """Advance the model by whatever has come, as long as `budget()` holds, and refresh what is read from it."""
        self._settle_last()  # once a beat, not once a trade
        if not self.loaded:
            self._load(budget)
        if self.loaded:
            while budget() and (minute := self._assembler.take()) is not None:
                self._close(minute)
            self.scoring.beat(budget)
        if self.loaded and math.isfinite(self.prices.mark):
            self.reading.go_on(now_ns, self.prices.mark)
            if now_ns >= self._next_view_ns:
                self._next_view_ns, first = now_ns + VIEW_NS, self.now is None
                self.view()
                mark = self._watch.fresh(self.clock.now_ms(now_ns)) if first and self.now is not None else None
                if mark is not None:  # the rules see the first whole map with the mark it is seen with
                    self._look(mark)

    def _load(self, budget: Callable[[], bool]) -> None:
        while budget():
            if self.map.load_slice():
                continue
            if (stretch := self.loading.take()) is None:
                break
            self.interest = self.loading.interest()
            self.new_bars.append(Bars(stretch.span_ms, stretch.bars))
            self._recorder.given_back(self.instrument.symbol, stretch.span_ms, False, stretch.bars)
            if stretch.marks is not None:
                self._recorder.given_back(self.instrument.symbol, stretch.span_ms, True, stretch.marks)
            self.map.queue(stretch.span_ms, stretch.bars, stretch.marks, self.interest)
        if self.loading.done and not self.map.queued:
            self.loaded = True
            self.quality.known(self.interest)
            self._recorder.interest(self.instrument.symbol, self.interest)
            self._recorder.gain(self.instrument.symbol, self.clock.newest_ms, self.map.gain)
            if math.isnan(self.prices.mark) and self.map.mark is not None:
                self.prices = msgspec.structs.replace(self.prices, mark=self.map.mark)

    def _close(self, minute: Minute) -> None:
        held = held_at(self.interest, minute.t0_ms)
        if held is None:
            self.add_gap(minute.t0_ms, minute.t0_ms + MINUTE_MS, "OI", "no open interest known")
            return
        contracts = self.quality.minute(minute.t0_ms, minute.volume, *held)
        self.map.close(minute, self.instrument.tick, contracts)
        self._recorder.minute(self.instrument, minute)

    def view(self) -> None:
        """Read the density now, and what follows from it."""
        self.now, self.zones, self.imbalance = self.reading.view(self.clock.newest_ms, self.prices.mark)

    @property
    def open_interest(self) -> float:
        return float(self.interest["contracts"][-1]) if len(self.interest) else math.nan


_HANDLERS: dict[type, Callable[[Session, object], None]] = {
    MarkPrice: Session._on_mark,  # type: ignore[dict-item]
    Trade: Session._on_trade,  # type: ignore[dict-item]
    ForcedOrder: Session._on_forced,  # type: ignore[dict-item]
    Kline: Session._on_kline,  # type: ignore[dict-item]
    Tickers: Session._on_tickers,  # type: ignore[dict-item]
    Ticker: Session._on_ticker,  # type: ignore[dict-item]
    ContractChange: Session._on_contract,  # type: ignore[dict-item]
}
