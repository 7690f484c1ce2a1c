"""The order book kept from a snapshot and the changes that follow it, and what of it is known.

A snapshot holds the best 1,000 levels of each side. Whatever changes later is told, at any price; a level further out that never
changes is never told. So the book is known between the outermost levels of the snapshots it was built from, and nowhere else: levels
beyond are not kept. Snapshots that overlap widen what is known, as long as no change was missed in between.
"""

from __future__ import annotations

import math
from collections import deque
from enum import StrEnum
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.market import BookSnapshot, BookUpdate, price_from_ticks
from liqdesk.model.axis import DISPLAY_BIN, PHASE

SNAPSHOT_LEVELS: Final = 1_000  # a side; one with fewer is whole
MOST_LEVELS: Final = 4_000  # a side that are kept, those nearest to price
MOST_WAITING: Final = 400  # changes kept for the first snapshot: more than three minutes of them
MOST_RECENT: Final = 40  # changes kept beside a whole book, for a snapshot that renews it
WAITING_LEVELS: Final = 200_000  # of all changes kept for the first snapshot together, some 20 MB
RECENT_LEVELS: Final = 60_000
CELL: Final = 1e-4  # log price; ten to a display row
CELLS_PER_ROW: Final = 10
WIDEST: Final = 0.12  # log price to each side of the touch that a depth reaches at most
NO_EDGE: Final = 2**62

Levels = dict[int, float]
Floats = NDArray[np.float64]


class Sync(StrEnum):
    WAITING = "waiting"  # for the first snapshot
    SYNCED = "synced"
    LOST = "lost"  # a change was missed, or the stream is down: a new snapshot is needed


class Depth(msgspec.Struct, frozen=True):
    """What rests in the book at one moment, USD.

    `bid` and `ask` are the best prices (NaN: that side is empty, or price has left the known range). `low` .. `high` is the price
    range within which every level is known; outside it nothing is. `bids` and `asks`, float64 [n], are USD per cell of 1 bp of log
    price: cell i covers ln(price / 30000) in [base + i, base + i + 1) · 1e-4. `base` is a multiple of ten, and so is n: cells 10·r ..
    10·r + 9 make display row base / 10 + r. The first and last rows may be known in part.
    """

    bid: float
    ask: float
    low: float
    high: float
    base: int
    bids: Floats
    asks: Floats
    levels: int

    @property
    def outside(self) -> bool:
        """Whether price has left the known range."""
        return math.isnan(self.bid) and math.isnan(self.ask)

    @property
    def first_row(self) -> int:
        """Return the display bin of the first row."""
        return self.base // CELLS_PER_ROW

    def rows(self) -> tuple[Floats, Floats]:
        """Return bids and asks per display row, USD per 10 bp [n / 10]; of rows known in part, what is known."""
        bids: Floats = self.bids.reshape(-1, CELLS_PER_ROW).sum(axis=1)
        asks: Floats = self.asks.reshape(-1, CELLS_PER_ROW).sum(axis=1)
        return bids, asks


class Book:
    """One contract's order book. Take every change in the order it came; ask for a snapshot while `wants_snapshot`.

    Synchronised as Binance documents for USDⓈ-M futures: changes are kept from before the snapshot on; those with `last_id` up to the
    snapshot's are dropped; the first one applied must hold the snapshot's id or follow it directly, and each further one must name the one
    before it. Anything else means that a change was missed.
    """

    def __init__(self) -> None:
        self.sync = Sync.WAITING
        self.why = ""
        self.time_ms = 0  # of the newest change or snapshot taken, venue time
        self.resyncs = 0  # how often a change was missed
        self.snapshots = 0  # taken
        self.mended = 0  # levels that a later snapshot found otherwise than they were kept
        self.low = NO_EDGE  # the known range in ticks, both ends included
        self.high = -NO_EDGE
        self._bids: Levels = {}
        self._asks: Levels = {}
        self._last_id = 0
        self._anchored = False
        self._waiting: deque[BookUpdate] = deque()
        self._levels = 0  # in what waits
        self._offered: BookSnapshot | None = None  # one that is ahead of the changes

    # -- in ----------------------------------------------------------------------------------------------------------

    def update(self, event: BookUpdate) -> None:
        """Take a change. One that is known already, or was overtaken, is let go of: the hole it left has been seen."""
        if self.sync is not Sync.SYNCED:
            self._wait(event)
            return
        if event.last_id <= self._last_id:
            return
        if not self._follows(event):
            self.lose("A change of the order book was missed; it is loaded anew.")
            self._wait(event)
            return
        self._keep(event, MOST_RECENT, RECENT_LEVELS)
        self._apply(event)
        if self._offered is not None:
            self._renew(self._offered)

    def _wait(self, event: BookUpdate) -> None:
        newest = self._waiting[-1] if self._waiting else None
        if newest is not None and event.last_id <= newest.last_id:
            return
        if newest is not None and event.previous_id != newest.last_id:
            self._forget()  # what came before the hole is of no use
        self._keep(event, MOST_WAITING, WAITING_LEVELS)

    def _keep(self, event: BookUpdate, most: int, levels: int) -> None:
        """Keep a change, and so many of the newest ones, but at most so many levels of more than one."""
        self._waiting.append(event)
        self._levels += _size(event)
        while len(self._waiting) > most or (self._levels > levels and len(self._waiting) > 1):
            self._levels -= _size(self._waiting.popleft())

    def _forget(self) -> None:
        self._waiting.clear()
        self._levels = 0

    def lose(self, why: str) -> None:
        """Say that changes may have been missed; everything known is void."""
        if self.sync is Sync.SYNCED:
            self.resyncs += 1
        if self.sync is not Sync.WAITING:
            self.sync = Sync.LOST
        self.why = why
        self._bids, self._asks = {}, {}
        self.low, self.high = NO_EDGE, -NO_EDGE
        self._forget()
        self._offered = None

    def snapshot(self, event: BookSnapshot) -> bool:
        """Take a snapshot; return whether it could be used. One that is older than the changes at hand cannot: ask for another."""
        if self.sync is Sync.SYNCED:
            return self._renew(event)
        chain = [e for e in self._waiting if e.last_id > event.last_id]
        if chain and chain[0].previous_id > event.last_id:
            self.why = "The snapshot of the order book was older than its changes; another one is asked for."
            return False
        self._bids, self._asks = dict(event.bids), dict(event.asks)
        self.low, self.high = _edges(event)
        self._last_id, self._anchored = event.last_id, False
        self.time_ms = max(self.time_ms, event.time_ms)
        self.sync, self.why = Sync.SYNCED, ""
        self.snapshots += 1
        for change in chain:
            self._apply(change)
        self._trim()
        return True

    def _follows(self, event: BookUpdate) -> bool:
        if self._anchored:
            return event.previous_id == self._last_id
        # Documented: U ≤ lastUpdateId ≤ u. Of a quiet contract the change that held the id may have come before the stream was
        # opened; the next one then names it, or one before it, as the one it follows.
        return event.previous_id <= self._last_id < event.last_id

    def _apply(self, event: BookUpdate) -> None:
        low, high = self.low, self.high
        for side, levels in ((self._bids, event.bids), (self._asks, event.asks)):
            for ticks, quantity in levels:
                if quantity > 0:
                    if low <= ticks <= high:
                        side[ticks] = quantity
                else:
                    side.pop(ticks, None)
        self._last_id, self._anchored = event.last_id, True
        self.time_ms = max(self.time_ms, event.time_ms)

    def _renew(self, event: BookSnapshot) -> bool:
        """Put a snapshot into a book that is whole: it widens what is known, and proves what was kept."""
        if event.last_id > self._last_id:
            self._offered = event
            return True
        self._offered = None
        chain = [e for e in self._waiting if e.last_id > event.last_id]
        if chain[0].previous_id > event.last_id if chain else event.last_id != self._last_id:
            return False
        fresh = Book()
        fresh._bids, fresh._asks = dict(event.bids), dict(event.asks)
        fresh.low, fresh.high = _edges(event)
        for change in chain:
            fresh._apply(change)
        overlap = fresh.low <= self.high and self.low <= fresh.high
        if overlap:
            for mine, theirs in ((self._bids, fresh._bids), (self._asks, fresh._asks)):
                low, high = max(self.low, fresh.low), min(self.high, fresh.high)
                was = {t: q for t, q in mine.items() if low <= t <= high}
                now = {t: q for t, q in theirs.items() if low <= t <= high}
                self.mended += sum(was.get(t) != now.get(t) for t in was.keys() | now.keys())
                theirs.update({t: q for t, q in mine.items() if not fresh.low <= t <= fresh.high})
            self.low, self.high = min(self.low, fresh.low), max(self.high, fresh.high)
        else:
            self.low, self.high = fresh.low, fresh.high
        self._bids, self._asks = fresh._bids, fresh._asks
        self.snapshots += 1
        self.time_ms = max(self.time_ms, event.time_ms)
        self._trim()
        return True

    def _trim(self) -> None:
        """Keep the levels nearest to price."""
        if len(self._bids) > MOST_LEVELS:
            self.low = sorted(self._bids)[-MOST_LEVELS]
            self._bids = {t: q for t, q in self._bids.items() if t >= self.low}
        if len(self._asks) > MOST_LEVELS:
            self.high = sorted(self._asks)[MOST_LEVELS - 1]
            self._asks = {t: q for t, q in self._asks.items() if t <= self.high}

    # -- out ---------------------------------------------------------------------------------------------------------

    @property
    def wants_snapshot(self) -> bool:
        return self.sync is not Sync.SYNCED

    @property
    def hears(self) -> bool:
        """Whether changes have come that a snapshot could be followed by."""
        return bool(self._waiting)

    @property
    def last_id(self) -> int:
        """Return the id of the newest change that is in the book."""
        return self._last_id

    def sides(self) -> tuple[Levels, Levels]:
        """Return bids and asks as they stand, quantity by ticks; to be read, not kept."""
        return self._bids, self._asks

    def touch(self) -> tuple[int | None, int | None]:
        """Return best bid and ask in ticks. None: that side is empty, or price has left the known range."""
        bid, ask = max(self._bids, default=None), min(self._asks, default=None)
        if (bid is None and self.low > 0) or (ask is None and self.high < NO_EDGE):
            return None, None
        return bid, ask

    def room(self) -> tuple[int, int] | None:
        """Return how many ticks the known range reaches beyond the touch, down and up; None where price has left it. A side that is whole
        reaches on without end."""
        bid, ask = self.touch()
        if bid is None and ask is None and (self.low > 0 or self.high < NO_EDGE):
            return None
        return (NO_EDGE if bid is None else bid - self.low, NO_EDGE if ask is None else self.high - ask)

    @property
    def crossed(self) -> bool:
        """Whether a bid stands at or above an ask: then a change was missed after all."""
        bid, ask = self.touch()
        return bid is not None and ask is not None and bid >= ask

    def depth(self, tick: float) -> Depth | None:
        """Return what rests in the known range, in USD at each level's own price; None while the book is not whole.

        tick: the price grid, quote units. The range is cut at 12 % of log price from the touch.
        """
        if self.sync is not Sync.SYNCED or self.crossed:
            return None
        bid, ask = self.touch()
        here = bid or ask or min(self._asks, default=None) or max(self._bids, default=None)
        if here is None:
            return None
        low = price_from_ticks(max(self.low, 1, math.ceil(here * math.exp(-WIDEST))), tick)
        high = price_from_ticks(min(self.high, math.floor(here * math.exp(WIDEST))), tick)
        base = math.floor((math.log(low) - PHASE) / DISPLAY_BIN)
        rows = math.floor((math.log(high) - PHASE) / DISPLAY_BIN) - base + 1
        cells = [_cells(side, tick, low, high, base * CELLS_PER_ROW, rows) for side in (self._bids, self._asks)]
        return Depth(
            bid=math.nan if bid is None else price_from_ticks(bid, tick),
            ask=math.nan if ask is None else price_from_ticks(ask, tick),
            low=low,
            high=high,
            base=base * CELLS_PER_ROW,
            bids=cells[0],
            asks=cells[1],
            levels=len(self._bids) + len(self._asks),
        )


def _size(event: BookUpdate) -> int:
    return len(event.bids) + len(event.asks)


def _edges(event: BookSnapshot) -> tuple[int, int]:
    """Return the range that a snapshot knows, in ticks: a side with fewer levels than were asked for is whole."""
    low = min((t for t, _ in event.bids), default=0) if len(event.bids) >= SNAPSHOT_LEVELS else 0
    high = max((t for t, _ in event.asks), default=0) if len(event.asks) >= SNAPSHOT_LEVELS else NO_EDGE
    return low, high


def _cells(side: Levels, tick: float, low: float, high: float, base: int, rows: int) -> Floats:
    ticks = np.fromiter(side.keys(), np.float64, len(side))
    prices = ticks * tick
    usd = prices * np.fromiter(side.values(), np.float64, len(side))
    inside = (prices >= low - tick / 2) & (prices <= high + tick / 2) & (ticks > 0)
    at = np.floor((np.log(prices[inside]) - PHASE) / CELL).astype(np.int64) - base
    found: Floats = np.bincount(at.clip(0, rows * CELLS_PER_ROW - 1), usd[inside], rows * CELLS_PER_ROW).astype(
        np.float64
    )
    return found
