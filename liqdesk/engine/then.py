"""An earlier moment as a frame: what was published and printed up to then, and nothing of later.

The map is the column that was frozen then, as it was frozen; zones and imbalance are read from it with today's scale and spread. What was
not kept (order book, touch odds, ledger) is not known, and the frame says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from liqdesk.engine.bookview import BookView
from liqdesk.engine.frames import (
    Bars,
    Connection,
    Frame,
    FundingView,
    GapView,
    Health,
    NowPlanes,
    Prices,
    Published,
    SourceKind,
)
from liqdesk.engine.series import DayForced, SeriesView
from liqdesk.insight import imbalance_of, zones_of
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS, ForcedOrder, Side
from liqdesk.model.candles import DEPTH, CandleBook
from liqdesk.model.tiling import STEP_SPANS

if TYPE_CHECKING:
    from liqdesk.model.grid import Column, DensityGrid

MINE_KEPT: Final = 20_000  # as many as a chart keeps
OTHERS_KEPT: Final = 1_500  # as many as the tape keeps
PACKED: Final = np.dtype(
    [("symbol", np.int32), ("side", np.int8), ("t", np.int64), ("event", np.int64)]
    + [(name, np.float64) for name in ("price", "limit", "quantity")]
)
FRESH_MS: Final = 5 * MINUTE_MS  # of a predicted rate
LATEST_MS: Final = 1 << 60
WORDS: Final = "Replay: an earlier moment of this market. What comes meanwhile is recorded, and alerts are watched."


class Printed:
    """The newest `most` forced orders, packed: as objects they would take several times the memory."""

    def __init__(self, most: int) -> None:
        self._rows = np.full(most, 0, PACKED)
        self._count = 0
        self._symbols: list[str] = []
        self._numbers: dict[str, int] = {}

    def add(self, orders: Iterable[ForcedOrder]) -> None:
        """Add orders; the oldest give way."""
        for o in orders:
            number = self._numbers.setdefault(o.symbol, len(self._symbols))
            if number == len(self._symbols):
                self._symbols.append(o.symbol)
            at = self._count % len(self._rows)
            self._rows[at] = (number, o.side, o.time_ms, o.event_ms, o.price, o.limit_price, o.quantity)
            self._count += 1

    def read(self, from_ms: int, to_ms: int, least_usd: float = 0.0) -> tuple[ForcedOrder, ...]:
        """Return the orders of [from_ms, to_ms) and from so many USD on, in the order they came."""
        most = len(self._rows)
        order = np.arange(max(0, self._count - most), self._count) % most
        rows = self._rows[order]
        wanted = (rows["t"] >= from_ms) & (rows["t"] < to_ms) & (rows["price"] * rows["quantity"] >= least_usd)
        return tuple(
            ForcedOrder(self._symbols[number], Side(side), *rest) for number, side, *rest in rows[wanted].tolist()
        )


class Record:
    """What one market has sent: its bars, as copied when a replay begins, and its forced orders since its first frame. Those of other
    contracts are kept apart, so that many of them never cost one of `symbol`."""

    def __init__(self, symbol: str) -> None:
        self.book = CandleBook()
        self._symbol = symbol
        self._mine, self._others = Printed(MINE_KEPT), Printed(OTHERS_KEPT)

    def take(self, bars: Iterable[Bars], forced: Sequence[ForcedOrder]) -> None:
        """Add what came since."""
        if forced:
            self._mine.add(o for o in forced if o.symbol == self._symbol)
            self._others.add(o for o in forced if o.symbol != self._symbol)
        for one in bars:
            self.book.update(one.span_ms, one.rows)

    def copy(self, book: CandleBook) -> None:
        """Hold the bars of another book and no others."""
        self.book = CandleBook()
        for span in reversed(STEP_SPANS):
            self.book.update(span, book.bars(span, 0, LATEST_MS))

    def bars(self, from_ms: int, to_ms: int) -> tuple[Bars, ...]:
        """Return the bars that ended in (from_ms, to_ms], coarsest first, so that finer ones have the last word."""
        found = [(span, self.book.bars(span, from_ms - span + 1, to_ms - span + 1)) for span in reversed(STEP_SPANS)]
        return tuple(Bars(span, rows) for span, rows in found if len(rows))

    def orders(self, from_ms: int, to_ms: int) -> tuple[ForcedOrder, ...]:
        """Return the forced orders of [from_ms, to_ms) of all contracts, in the order they were printed."""
        found = self._mine.read(from_ms, to_ms) + self._others.read(from_ms, to_ms)
        return tuple(sorted(found, key=lambda o: o.event_ms))

    def next_order(self, after_ms: int, least_usd: float) -> ForcedOrder | None:
        """Return the first printed liquidation of the symbol from `after_ms` on that is as large; None where there is none."""
        found = self._mine.read(after_ms, LATEST_MS, least_usd)
        return min(found, key=lambda o: o.time_ms, default=None)

    def step_ms(self, candle_ms: int, at_ms: int) -> int:
        """Return how far one step goes: a candle, or the finest bar there is of that time where that is longer."""
        age = self.book.newest_ms - at_ms
        finest = next((span for span in STEP_SPANS if age < DEPTH[span]), STEP_SPANS[-1])
        return max(candle_ms, finest)


class Found(NamedTuple):
    """A frozen column, the span of its ring, and whether it was computed afterwards."""

    column: Column
    span_ms: int
    afterwards: bool


def column_at(grid: DensityGrid, published: Iterable[Published], at_ms: int) -> Found | None:
    """Return the column that stood at a moment: the finest that ended by then, no longer ago than its own length."""
    for one in published:
        number = at_ms // one.span_ms - 1
        column = grid.ring(one.span_ms).read(number) if one.first <= number <= one.last else None
        if column is not None:
            return Found(column, one.span_ms, number < one.live_from)
    return None


def reach(published: Iterable[Published]) -> tuple[int, int] | None:
    """Return the first and the last moment, venue ms, that the map reaches; None while there is none."""
    rings = [one for one in published if one.last >= one.first]
    if not rings:
        return None
    return min((r.first + 1) * r.span_ms for r in rings), max((r.last + 1) * r.span_ms for r in rings)


def frame_then(real: Frame, record: Record, grid: DensityGrid, at_ms: int, epoch: int) -> Frame:
    """Return the frame of the moment just before `at_ms`, without news. `real` is the newest frame of the same market."""
    last_ms, found = at_ms - 1, column_at(grid, real.published, at_ms)
    now = None if found is None else _planes(found.column, real, last_ms)
    interest = math.nan
    if real.series is not None:
        samples = real.series.interest[real.series.interest["t"] <= last_ms]
        interest = float(samples["contracts"][-1]) if len(samples) else math.nan
    return msgspec.structs.replace(
        real,
        epoch=epoch,
        source=msgspec.structs.replace(
            real.source,
            kind=SourceKind.REPLAY,
            of=real.source.kind,
            afterwards=found is not None and found.afterwards,
        ),
        venue_ms=last_ms,
        connection=Connection(Health.ENDED, None, WORDS, None, 0, ()),
        progress=None,
        prices=_prices(record, last_ms, math.nan if now is None else now.mark),
        funding=_funding(real, last_ms),
        open_interest=interest,
        published=tuple(_clipped(one, at_ms) for one in real.published),
        now=now,
        new_bars=(),
        new_forced=(),
        new_fired=(),
        imbalance=()
        if now is None
        else imbalance_of(now.base, now.usd, now.mark, shares=now.shares, spread=real.spread),
        zones=() if now is None else zones_of(now.base, now.usd, now.mark, now.shares, real.spread),
        ledger=None,
        gaps=tuple(GapView(g.from_ms, min(g.to_ms, at_ms), g.stream, g.reason) for g in real.gaps if g.from_ms < at_ms),
        why=None,
        reach=(),
        book=BookView(),
        in_the_way=(),
        watch=None,
        squeeze=None,
        confluence=None,
        series=None if real.series is None else _series(real.series, at_ms),
    )


def _planes(column: Column, real: Frame, at_ms: int) -> NowPlanes:
    factor = 1.0 if real.scale is None else real.scale.factor
    return NowPlanes(at_ms, column.base, column.mark, column.usd * np.float32(factor), column.shares)


def _clipped(one: Published, at_ms: int) -> Published:
    return Published(one.span_ms, one.first, min(one.last, at_ms // one.span_ms - 1), one.live_from)


def _close_by(record: Record, at_ms: int) -> float:
    """Return the close of the newest bar that ended by a moment, NaN where none did within its length of it."""
    for span in STEP_SPANS:
        rows = record.book.bars(span, at_ms - 2 * span + 1, at_ms - span + 1)
        if len(rows):
            return float(rows["close"][-1])
    return math.nan


def _prices(record: Record, at_ms: int, mark: float) -> Prices:
    last, before = _close_by(record, at_ms + 1), _close_by(record, at_ms + 1 - DAY_MS)
    return Prices(last, mark, math.nan, last / before - 1 if before > 0 else math.nan, at_ms)


def _funding(real: Frame, at_ms: int) -> FundingView:
    f = real.funding
    rate: float | None = None
    if real.series is not None:
        rows = real.series.rates[(real.series.rates["t"] <= at_ms) & (real.series.rates["t"] > at_ms - FRESH_MS)]
        rate = float(rows["rate"][-1]) if len(rows) else None
    every = f.interval_h * HOUR_MS
    next_ms = at_ms + every - (at_ms - f.next_ms) % every if f.next_ms and every else f.next_ms
    return FundingView(rate, f.interval_h, next_ms, tuple(one for one in f.history if one[0] <= at_ms))


def _series(view: SeriesView, at_ms: int) -> SeriesView:
    settled, tail = (rows[rows["t"] + MINUTE_MS <= at_ms] for rows in view.liquidations)
    since = view.forced_from_ms if view.forced_from_ms is not None and view.forced_from_ms < at_ms else None
    gaps = tuple((a, min(b, at_ms)) for a, b in view.forced_gaps if a < at_ms)
    day = [rows[rows["t"] >= at_ms - DAY_MS] for rows in (settled, tail)]
    long, short = (sum(float(rows[side].sum()) for rows in day) for side in ("long", "short"))
    return SeriesView(
        interest=view.interest[view.interest["t"] < at_ms],
        rates=view.rates[view.rates["t"] < at_ms],
        liquidations=(settled, tail),
        forced_from_ms=since,
        forced_gaps=gaps,
        day=DayForced.of(long, short, since, gaps, at_ms),
    )


def carried(then: Frame, real: Frame) -> Frame:
    """Return a frame of the past with what goes on meanwhile: streams, links, rules, and what fired."""
    return msgspec.structs.replace(
        then,
        serial=real.serial,
        meanwhile_ms=real.venue_ms,
        streams=real.streams,
        links=real.links,
        rest=real.rest,
        rules=real.rules,
        notices=real.notices,
        new_fired=real.new_fired,
        garbled=real.garbled,
        past=real.past,
        why=real.why,
        score=real.score,
        quality=real.quality,
        live_offer=real.live_offer,
    )


def whole(real: Frame, record: Record) -> Frame:
    """Return the newest frame with everything that came before it, for a window that starts anew with it."""
    return msgspec.structs.replace(
        real, new_bars=record.bars(0, LATEST_MS), new_forced=record.orders(0, LATEST_MS), new_fired=(), why=None
    )
