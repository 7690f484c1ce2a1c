"""The model of one symbol as the engine drives it: loaded from bars, stepped by minutes, read as planes, columns and a ledger."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.frames import Ledger, NowPlanes, Published, SideLedger
from liqdesk.engine.minute import Minute
from liqdesk.insight import Spread
from liqdesk.market import MINUTE_MS, BracketTable
from liqdesk.model import (
    BACK,
    LIVE,
    RINGS,
    Density,
    DensityGrid,
    Identified,
    Step,
    StepBatch,
    StepRecord,
    bar_steps,
    bins_of,
    class_shares,
    default_gain,
    quarter_steps,
)
from liqdesk.model.batch import VARIANCE_BARS
from liqdesk.model.record import KEPT_DAYS

log = logging.getLogger(__name__)

QUARTER_MS: Final = 15 * MINUTE_MS
AUDIT_LIMIT: Final = 1e-9
SLICE: Final = 512
Floats = NDArray[np.float64]
Stepped = Callable[
    [StepBatch, Floats, Floats, bool], None
]  # steps, taker volume, contracts swept [n, 2, 20], whether live

FEW: Final = tuple((span, 16) for span, _ in RINGS)


class MarketMap:
    """Owns the density and its grid. Used by the engine thread alone; the window reads published columns of the grid."""

    def __init__(
        self, table: BracketTable, shown: bool = True, grid: DensityGrid | None = None, kept_days: int = KEPT_DAYS
    ) -> None:
        """`shown` False keeps a few columns instead of a month of them, and no steps: nobody will look. `grid`: an empty one to use.
        `kept_days`: how long steps are kept to be asked about."""
        self.density = Density(table.lowest_rate, table.max_leverage)
        self.grid = grid or DensityGrid(RINGS if shown else FEW)
        self.record = StepRecord(table.lowest_rate, table.max_leverage, kept_days) if shown else None
        self.table = table
        self.gain = default_gain()
        self.factor = 1.0  # of all venues, where that is shown; columns keep the gain without it
        self.spread = Spread()
        self.identified = Identified(self.density.prior)
        self.shares = class_shares(self.density.classes, self.identified.shares())
        self.stepped: Stepped | None = None
        self.audit_error = 0.0
        self._queue: list[tuple[StepBatch, int, Floats]] = []
        self._quarters: NDArray[np.void] | None = None
        self._quarter_marks: NDArray[np.void] | None = None

    # -- back-fill ---------------------------------------------------------------------------------------------------

    @property
    def queued(self) -> bool:
        return bool(self._queue)

    @property
    def mark(self) -> float | None:
        """The mark at the end of the last step, None before the first."""
        return self.density.mark if self.density.time_ms else None

    def queue(
        self, span_ms: int, bars: NDArray[np.void], marks: NDArray[np.void] | None, interest: NDArray[np.void]
    ) -> None:
        """Queue a stretch of bars (dtype BAR, ascending) for `load_slice`; 15 min bars become three steps each."""
        quarters = span_ms == QUARTER_MS
        batch = self._quarters_of(bars, marks, interest) if quarters else bar_steps(bars, span_ms, interest, marks)
        batch = batch.select(batch.t0 >= self._queue_end())
        finest = {MINUTE_MS: MINUTE_MS, 5 * MINUTE_MS: 5 * MINUTE_MS}.get(span_ms, 1_800_000)
        self.queue_steps(batch, finest, _taken(batch, bars))

    def queue_steps(self, batch: StepBatch, finest_ms: int, taker_buy: Floats | None = None) -> None:
        """Queue ready steps; `taker_buy` [n] is what buyers took of their volume, half of it where that is not known."""
        taken = batch.volume / 2 if taker_buy is None else taker_buy
        for i in range(0, len(batch), SLICE):
            part = np.zeros(len(batch), dtype=np.bool_)
            part[i : i + SLICE] = True
            self._queue.append((batch.select(part), finest_ms, taken[part]))

    def _queue_end(self) -> int:
        return int(self._queue[-1][0].t1[-1]) if self._queue else self.density.time_ms

    def _quarters_of(
        self, bars: NDArray[np.void], marks: NDArray[np.void] | None, interest: NDArray[np.void]
    ) -> StepBatch:
        # The volatility of a page's first bars comes from the page before.
        first = int(bars["t"][0]) if len(bars) else 0
        if self._quarters is not None:
            bars = np.concatenate([self._quarters, bars])
        if marks is not None and self._quarter_marks is not None:
            marks = np.concatenate([self._quarter_marks, marks])
        batch = quarter_steps(bars, interest, marks)
        self._quarters = bars[-VARIANCE_BARS:]
        self._quarter_marks = None if marks is None else marks[-VARIANCE_BARS:]
        return batch.select(batch.t0 >= first)

    def load_slice(self) -> bool:
        """Compute one queued slice; returns whether there was one."""
        if not self._queue:
            return False
        until = self._queue_end()
        batch, finest, taken = self._queue.pop(0)
        self._run(batch, BACK, finest, taken, until)
        return True

    # -- live --------------------------------------------------------------------------------------------------------

    def close(self, minute: Minute, tick: float, contracts: float) -> None:
        """Apply one closed minute as a step, freezing the columns that end with it. `contracts` is the open interest at its start."""
        t1 = minute.t0_ms + MINUTE_MS
        if minute.t0_ms < self.density.time_ms:
            return
        follows = self.density.time_ms == minute.t0_ms
        start = self.density.mark if follows else _first(minute)
        bins: NDArray[np.int64] | None = None
        volumes: NDArray[np.float64] | None = None
        if minute.ticks is not None and minute.quantity is not None and minute.ticks.size:
            prices = (minute.ticks * tick).astype(np.float64)
            bins, where = np.unique(bins_of(prices), return_inverse=True)
            volumes = np.bincount(where, weights=minute.quantity).astype(np.float64)
        low, high = min(minute.low, start, minute.end), max(minute.high, start, minute.end)
        step = Step(minute.t0_ms, t1, start, minute.end, low, high, minute.volume, contracts, bins, volumes)
        flag = LIVE if minute.live else BACK
        self._run(StepBatch.of([step]), flag, MINUTE_MS, np.array([minute.taker_buy]))

    def _run(self, batch: StepBatch, flag: int, finest_ms: int, taker_buy: Floats, until_ms: int = 0) -> None:
        contracts = self.density.run(
            batch, self.grid, flag=flag, gain=self.gain, shares=self.shares, finest_ms=finest_ms, until_ms=until_ms
        )
        if self.stepped is not None:
            self.stepped(batch, taker_buy, contracts, flag == LIVE)
        if self.record is not None:
            self.record.add(batch)
        self.audit_error = self.density.audit().error
        if self.audit_error > AUDIT_LIMIT:
            log.error("the mass ledger is off by %.3g of itself at %d", self.audit_error, self.density.time_ms)

    def provisional(self, mark: float, time_ms: int) -> None:
        """Show what a mark passed since the last closed minute as swept, without touching the state."""
        if self.density.time_ms:
            self.density.mark_provisional(mark, time_ms)

    # -- reading -----------------------------------------------------------------------------------------------------

    @property
    def shown_spread(self) -> Spread:
        """What the bands of shown amounts are made of."""
        return self.spread if self.factor == 1.0 else self.spread.scaled(self.factor)

    def now(self, time_ms: int, mark: float) -> NowPlanes | None:
        """Return the density at this moment with the gain applied, None before the first step."""
        if not self.density.time_ms:
            return None
        base, basis = self.density.planes(mark)
        basis[:5] *= self.gain[0] * self.factor
        basis[5:] *= self.gain[1] * self.factor
        return NowPlanes(time_ms, base, mark, basis, self.shares.copy())

    def published(self) -> tuple[Published, ...]:
        return tuple(Published(r.span_ms, r.first, r.last, r.live_from) for r in self.grid.rings)

    def ledger(self, mark: float, open_interest: float) -> Ledger | None:
        """Return the balance of each side against open interest, in USD at mark; None while either is unknown."""
        if not (math.isfinite(mark) and math.isfinite(open_interest)):
            return None
        long, short = self.density.balance(open_interest, self.gain * np.float32(self.factor))
        return Ledger(
            SideLedger(long.liquidatable * mark, long.rest * mark),
            SideLedger(short.liquidatable * mark, short.rest * mark),
            open_interest * mark,
            self.audit_error,
            long.clamped or short.clamped,
        )


def _first(minute: Minute) -> float:
    return float(minute.marks[0]) if minute.marks.size else minute.end


def _taken(batch: StepBatch, bars: NDArray[np.void]) -> Floats:
    """Return what buyers took of each step's volume, by the share of the bar that holds it."""
    if not len(bars):
        return np.zeros(len(batch))
    at = np.maximum(np.searchsorted(bars["t"], batch.t0, side="right") - 1, 0)
    volume = bars["volume"][at]
    share = np.divide(bars["taker_buy"][at], volume, out=np.full(len(batch), 0.5), where=volume > 0)
    taken: Floats = share * batch.volume
    return taken
