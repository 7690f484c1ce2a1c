"""The naive maps that ours is held against, all with one face: steps in, swept mass out.

None of them is a straw man: where a definition leaves a choice, the variant that predicts liquidations better is the one
that stands here. All of them sweep like the engine does, and all but the range know the path up to the step alone.
"""

from __future__ import annotations

import math
from typing import Any, Final, Protocol, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.market import DAY_MS, LEVERAGES, MINUTE_MS, BracketTable
from liqdesk.model import BIN, Density, StepBatch

Floats = NDArray[np.float64]

WINDOW: Final = 4_096  # bins: ±1.02 of log price
FLAT: Final = 0.06  # log distance to which the uniform map reaches on either side
FLAT_RATE: Final = 1.0 / MINUTE_MS  # contracts per bin and ms; the learner takes care of the scale
TURNOVER: Final = 1.76  # volume over open interest a day, BTCUSDT, Dec 2025 to May 2026
MINUTES: Final = DAY_MS // MINUTE_MS
EARLIER: Final = 30  # days among which the shuffled map chooses
SEED: Final = 20_260_415


class SweptMap(Protocol):
    """A map as its scorer sees it. `name` never changes, `title` is in a trader's words.

    `whole_bars` says that, where bars longer than its steps are scored, it is to be fed bars (`merged`).
    """

    name: str
    title: str
    whole_bars: bool

    def run(self, batch: StepBatch, taker_buy: Floats | None = None) -> Floats:
        """Return what each step swept, float64 [n, 2 side], price × contracts at a scale of the map's own.

        Continues where the last call ended. `taker_buy` [n] is the part of each step's volume that buyers took (base
        units), half of it where unknown. Raises ValueError for steps out of order.
        """
        ...

    def copy(self) -> Self:
        """Return an independent map in the same state."""
        ...


def merged(batch: StepBatch, bar_ms: int) -> StepBatch:
    """Return one step per bar: its first start, last end, extremes and sums, without volume at price. Bars of which
    nothing is known make none."""
    if not len(batch):
        return batch
    slot = batch.t0 // bar_ms
    first = np.flatnonzero(np.diff(slot, prepend=slot[0] - 1))
    last = np.append(first[1:], len(batch)) - 1
    t0 = slot[first] * bar_ms
    return StepBatch.plain(
        t0,
        np.maximum(t0 + bar_ms, batch.t1[last]),
        batch.start[first],
        batch.end[last],
        np.minimum.reduceat(batch.low, first),
        np.maximum.reduceat(batch.high, first),
        np.add.reduceat(batch.volume, first),
        batch.interest[first],
    )


def _in_order(batch: StepBatch, clock_ms: int) -> None:
    if len(batch) and (int(batch.t0[0]) < clock_ms or bool(np.any(batch.t0[1:] < batch.t1[:-1]))):
        raise ValueError(f"steps overlap or run backwards near {int(batch.t0[0])}, the state is at {clock_ms}")


def _columns(batch: StepBatch) -> tuple[Any, ...]:
    """Return a batch as the kernels know it: a read-only or strided column would have them compiled anew."""
    return tuple(np.require(column, requirements=["C", "W"]) for column in msgspec.structs.astuple(batch))


class RangeVolume:
    """How far price went to each side, times the volume: (start − low)·V and (high − start)·V, logs, at the price of the
    start.

    It knows the step's own volume, which no map does: it can only be too good.
    """

    name = "range_volume"
    title = "Range × volume"
    whole_bars = True

    def __init__(self) -> None:
        self._clock = 0

    def run(self, batch: StepBatch, taker_buy: Floats | None = None) -> Floats:
        _in_order(batch, self._clock)
        if len(batch):
            self._clock = int(batch.t1[-1])
        moved = np.stack([batch.start - batch.low, batch.high - batch.start], axis=1)
        usd: Floats = moved * (batch.volume * batch.price_at_start())[:, None]
        return usd

    def copy(self) -> RangeVolume:
        twin = RangeVolume()
        twin._clock = self._clock
        return twin


class _Held:
    """A density of one number per side and bin."""

    whole_bars = False

    def __init__(self) -> None:
        self._held = np.zeros((2, WINDOW))
        self._scale = np.ones(1)
        self._where = np.array([-WINDOW // 2], dtype=np.int64)
        self._clock = np.zeros(1, dtype=np.int64)

    def _state(self) -> tuple[Any, ...]:
        return self._held, self._scale, self._where, self._clock

    def standing(self) -> tuple[int, Floats]:
        """Return (first bin, contracts float64 [2 side, bins]) that stand now."""
        return int(self._where[0]), self._held * self._scale[0]

    def copy(self) -> Self:
        twin = object.__new__(type(self))
        for name, value in vars(self).items():
            setattr(twin, name, value.copy() if isinstance(value, np.ndarray) else value)
        return twin


class Uniform(_Held):
    """No positions at all: flat within ±6 % of price, refilled at a constant rate, e-folding 24 h, emptied where price
    passes."""

    name = "uniform"
    title = "Flat ±6 %, emptied by price"

    def run(self, batch: StepBatch, taker_buy: Floats | None = None) -> Floats:
        from liqdesk.lab import kernels

        _in_order(batch, int(self._clock[0]))
        swept = np.zeros((len(batch), 2))
        law = (round(FLAT / BIN), FLAT_RATE, float(DAY_MS))
        kernels.run_uniform(self._state(), law, _columns(batch), swept)
        swept *= batch.price_at_start()[:, None]
        return swept


class Lines(_Held):
    """Levels at fixed log distances `distance` [2 side, m] from every trade, equal weights, standing until touched.

    With `by_taker`, what buyers took makes long levels and what sellers took short ones; else each side gets half the
    volume. `decay_ms` is an e-folding time, infinite for levels that only price removes.
    """

    def __init__(
        self, name: str, title: str, distance: Floats, *, by_taker: bool = False, decay_ms: float = math.inf
    ) -> None:
        super().__init__()
        self.name, self.title = name, title
        self.distance = np.ascontiguousarray(distance, dtype=np.float64)
        self._by_taker, self._decay_ms = by_taker, float(decay_ms)

    def run(self, batch: StepBatch, taker_buy: Floats | None = None) -> Floats:
        from liqdesk.lab import kernels

        _in_order(batch, int(self._clock[0]))
        bought = 0.5 * batch.volume
        if self._by_taker and taker_buy is not None:
            bought = np.clip(taker_buy, 0.0, batch.volume)
        inflow = np.stack([bought, batch.volume - bought], axis=1)
        swept = np.zeros((len(batch), 2))
        kernels.run_lines(self._state(), (self.distance, self._decay_ms), _columns(batch), inflow, swept)
        swept *= batch.price_at_start()[:, None]
        return swept


def industry_distances(max_leverage: int) -> Floats:
    """Return −ln(1 − 1/L) and ln(1 + 1/L), float64 [2, m]: where P·(1 ∓ 1/L) lies, for the classes 5x .. 100x on offer."""
    offered = np.array([n for n in LEVERAGES if n <= max_leverage] or LEVERAGES[:1], dtype=np.float64)
    return np.stack([-np.log1p(-1 / offered), np.log1p(1 / offered)])


def margin_distances(rate: float, max_leverage: int) -> Floats:
    """Return the exact log distances from entry to liquidation of small isolated positions, float64 [2 side, m], at 5x ..
    100x and 125x, as far as they are on offer.

    Long ln(1 − m) − ln(1 − 1/L), short ln(1 + 1/L) − ln(1 + m), with m the maintenance rate of the lowest bracket.
    """
    classes = (*LEVERAGES, 125)
    offered = [n for n in classes if n <= max_leverage and 1 / n > rate] or [LEVERAGES[0]]
    lines = 1 / np.array(offered, dtype=np.float64)
    return np.stack([math.log1p(-rate) - np.log1p(-lines), np.log1p(lines) - math.log1p(rate)])


class EngineMap:
    """The engine itself, or with `weights` [20 band] the engine under another prior."""

    name = "engine"
    title = "This map"
    whole_bars = False

    def __init__(self, table: BracketTable, weights: Floats | None = None) -> None:
        self.density = Density(table.lowest_rate, table.max_leverage)
        self.weights = self.density.prior if weights is None else weights

    def run(self, batch: StepBatch, taker_buy: Floats | None = None) -> Floats:
        usd: Floats = batch.price_at_start()[:, None] * (self.density.run(batch) @ self.weights)
        return usd

    def copy(self) -> Self:
        twin = object.__new__(type(self))
        for name, value in vars(self).items():
            setattr(twin, name, value)
        twin.density = self.density.copy()
        return twin


class ConstantInflow(EngineMap):
    """The engine without what was traded: as much is entered every minute as in any other, at distances spread evenly
    over their logarithm; 1.76 times the open interest turns over a day."""

    name = "constant_inflow"
    title = "Steady inflow, emptied by price"

    def __init__(self, table: BracketTable) -> None:
        even = len(Density(table.lowest_rate, table.max_leverage).prior)
        super().__init__(table, np.full(even, 1.0 / even))

    def run(self, batch: StepBatch, taker_buy: Floats | None = None) -> Floats:
        volume = (batch.t1 - batch.t0).astype(np.float64) * (TURNOVER / DAY_MS)
        where = (batch.t0, batch.t1, batch.start, batch.end, batch.low, batch.high)
        return super().run(StepBatch.plain(*where, volume, np.ones(len(batch))))


class ShuffledDays(EngineMap):
    """The engine with the volume of the wrong day: each minute has that of the same minute of an earlier day, one of the
    last 30, drawn by a fixed seed.

    What is not known of the drawn day, and the first day altogether, keeps its own volume.
    """

    name = "shuffled_days"
    title = "Volume of other days"

    def __init__(self, table: BracketTable, seed: int = SEED) -> None:
        super().__init__(table)
        self._seed = seed
        self._days: dict[int, Floats] = {}

    def run(self, batch: StepBatch, taker_buy: Floats | None = None) -> Floats:
        _in_order(batch, self.density.time_ms)
        volume = np.empty(len(batch))
        day = batch.t0 // DAY_MS
        first = np.flatnonzero(np.diff(day, prepend=day[:1] - 1))
        for a, b in zip(first, np.append(first, len(batch))[1:], strict=True):
            volume[a:b] = self._of_another(int(day[a]), batch.t0[a:b], batch.t1[a:b], batch.volume[a:b])
        where = (batch.t0, batch.t1, batch.start, batch.end, batch.low, batch.high)
        return super().run(StepBatch.plain(*where, volume, batch.interest))

    def _of_another(self, day: int, t0: NDArray[np.int64], t1: NDArray[np.int64], own: Floats) -> Floats:
        """Return the volume another day had in these steps of `day`, and note what this one has."""
        earlier = sorted(d for d in self._days if day - EARLIER <= d < day)
        drawn = self._days[earlier[_draw(self._seed, day) % len(earlier)]] if earlier else None
        noted = self._days.setdefault(day, np.full(MINUTES, np.nan))
        self._days = {d: v for d, v in self._days.items() if d >= day - EARLIER}
        begin, length = (t0 - day * DAY_MS) // MINUTE_MS, np.maximum((t1 - t0) // MINUTE_MS, 1)
        step = np.repeat(np.arange(len(own)), length)
        minute = np.repeat(begin, length) + np.arange(len(step)) - np.repeat(np.cumsum(length) - length, length)
        inside = minute < MINUTES
        noted[minute[inside]] = (own / length)[step[inside]]
        if drawn is None:
            return own
        theirs = np.bincount(step, weights=drawn[np.minimum(minute, MINUTES - 1)], minlength=len(own))
        return np.where(np.isfinite(theirs), theirs, own)

    def copy(self) -> Self:
        twin = super().copy()
        twin._days = {day: volume.copy() for day, volume in self._days.items()}
        return twin


def _draw(seed: int, day: int) -> int:
    """Return a number that seed and day alone decide."""
    return int(np.random.default_rng((seed, day)).integers(1 << 62))


def shipped(table: BracketTable) -> tuple[SweptMap, ...]:
    """Return fresh naive maps of a symbol, all there are, in the order in which they are shown."""
    exact = industry_distances(table.max_leverage)
    margin = margin_distances(table.lowest_rate, table.max_leverage)
    return (
        RangeVolume(),
        Uniform(),
        ConstantInflow(table),
        Lines("volume_profile", "24 h volume profile at 5x to 100x", exact, decay_ms=DAY_MS),
        Lines("industry_exact", "Industry lines, 1/leverage", exact, by_taker=True),
        Lines("industry_margin", "Industry lines, exact margin, with 125x", margin),
        ShuffledDays(table),
    )
