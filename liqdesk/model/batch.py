"""Many steps at once, as arrays: from klines, mark klines and open interest, of whatever spans there are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.market import MINUTE_MS
from liqdesk.model.axis import PHASE, PHASE_PRICE
from liqdesk.model.step import Step

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIVE_MS: Final = 5 * MINUTE_MS
QUARTER_MS: Final = 15 * MINUTE_MS
SNAP_MS: Final = 10_000  # open interest is sampled every 5 min; archives stamp a few rows a second or two off
VARIANCE_BARS: Final = 16
LEAST_VARIANCE: Final = 1e-9
BRIDGE: Final = math.sqrt(math.pi / 8)  # mean excursion of a Brownian bridge, in standard deviations of its span
MOVE_FLOOR: Final = 3e-4


class StepBatch(msgspec.Struct, frozen=True):
    """Steps as columns of n: t0, t1 int64 ms; start, end, low, high ln(price / 30000); volume base units; interest
    contracts.

    Step i's volume at price is at_bin, at_volume [at_first[i] : at_first[i + 1]]; an empty slice means unknown.
    Ascending in time.
    """

    t0: Ints
    t1: Ints
    start: Floats
    end: Floats
    low: Floats
    high: Floats
    volume: Floats
    interest: Floats
    at_first: Ints
    at_bin: Ints
    at_volume: Floats

    def __len__(self) -> int:
        return len(self.t0)

    @classmethod
    def plain(
        cls, t0: Ints, t1: Ints, start: Floats, end: Floats, low: Floats, high: Floats, volume: Floats, interest: Floats
    ) -> StepBatch:
        """Build a batch without volume at price."""
        none = np.zeros(len(t0) + 1, np.int64)
        return cls(t0, t1, start, end, low, high, volume, interest, none, np.zeros(0, np.int64), np.zeros(0))

    @classmethod
    def of(cls, steps: Iterable[Step]) -> StepBatch:
        """Build a batch from single steps, in their order."""
        rows = list(steps)
        path = np.array([(s.start, s.end, s.low, s.high) for s in rows], dtype=np.float64).reshape(-1, 4)
        start, end, low, high = np.ascontiguousarray((np.log(path) - PHASE).T)
        counts = [0 if s.bins is None else len(s.bins) for s in rows]
        return cls(
            np.array([s.t0_ms for s in rows], dtype=np.int64),
            np.array([s.t1_ms for s in rows], dtype=np.int64),
            start,
            end,
            low,
            high,
            np.array([s.volume for s in rows], dtype=np.float64),
            np.array([s.open_interest for s in rows], dtype=np.float64),
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.concatenate([np.zeros(0, np.int64), *(s.bins for s in rows if s.bins is not None)]).astype(np.int64),
            np.concatenate([np.zeros(0), *(s.volumes for s in rows if s.volumes is not None)]).astype(np.float64),
        )

    def select(self, mask: NDArray[np.bool_]) -> StepBatch:
        """Return the steps where `mask` [n] is true."""
        counts = np.diff(self.at_first)
        at = np.repeat(mask, counts)
        first = np.concatenate([[0], np.cumsum(counts[mask])]).astype(np.int64)
        return StepBatch(
            self.t0[mask],
            self.t1[mask],
            self.start[mask],
            self.end[mask],
            self.low[mask],
            self.high[mask],
            self.volume[mask],
            self.interest[mask],
            first,
            self.at_bin[at],
            self.at_volume[at],
        )

    def steps(self) -> tuple[Step, ...]:
        """Return the same as single steps."""
        price = [PHASE_PRICE * np.exp(x) for x in (self.start, self.end, self.low, self.high)]
        out = []
        for i in range(len(self)):
            a, b = int(self.at_first[i]), int(self.at_first[i + 1])
            start, end, low, high = (float(p[i]) for p in price)
            out.append(
                Step(
                    int(self.t0[i]),
                    int(self.t1[i]),
                    start,
                    end,
                    low,
                    high,
                    float(self.volume[i]),
                    float(self.interest[i]),
                    self.at_bin[a:b] if b > a else None,
                    self.at_volume[a:b] if b > a else None,
                )
            )
        return tuple(out)

    def price_at_start(self) -> Floats:
        """Return the mark at each step's start, quote units."""
        price: Floats = PHASE_PRICE * np.exp(self.start)
        return price


def joined(batches: Sequence[StepBatch]) -> StepBatch:
    """Return all steps in time order. Only batches without volume at price can be joined."""
    if any(len(b.at_bin) for b in batches):
        raise ValueError("batches with volume at price cannot be joined")
    if not batches:
        return StepBatch.of(())
    columns = [
        np.concatenate([getattr(b, name) for b in batches])
        for name in ("t0", "t1", "start", "end", "low", "high", "volume", "interest")
    ]
    order = np.argsort(columns[0], kind="stable")
    return StepBatch.plain(*(np.ascontiguousarray(c[order]) for c in columns))


def stacked(batches: Sequence[StepBatch]) -> StepBatch:
    """Return the steps of at least one batch in the order given, with their volume at price."""
    names = ("t0", "t1", "start", "end", "low", "high", "volume", "interest", "at_bin", "at_volume")
    columns = {name: np.concatenate([getattr(b, name) for b in batches]) for name in names}
    counts = np.concatenate([np.diff(b.at_first) for b in batches])
    return StepBatch(at_first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), **columns)


def with_volume(batch: StepBatch, volume: NDArray[np.void]) -> StepBatch:
    """Return the batch with volume at price on its minutes: rows (t start of the minute, bin, quantity), ascending by t.

    Steps of another length than a minute, and minutes without rows, stay as they are.
    """
    minute = batch.t1 - batch.t0 == MINUTE_MS
    begin = np.searchsorted(volume["t"], batch.t0, side="left")
    counts = np.where(minute, np.searchsorted(volume["t"], batch.t0, side="right") - begin, 0)
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    rows = np.repeat(begin - first[:-1], counts) + np.arange(first[-1])
    return msgspec.structs.replace(
        batch,
        at_first=first,
        at_bin=volume["bin"][rows].astype(np.int64),
        at_volume=volume["quantity"][rows].astype(np.float64),
    )


def snapped(stamps: Ints) -> Ints:
    """Return stamps moved onto the 5 min grid where they are within 10 s of it."""
    grid = (stamps + FIVE_MS // 2) // FIVE_MS * FIVE_MS
    return np.where(np.abs(stamps - grid) <= SNAP_MS, grid, stamps)


def interest_at(interest: NDArray[np.void], times: Ints) -> Floats:
    """Return the contracts last sampled at or before each time; NaN before the first sample. `interest` is ascending,
    dtype INTEREST."""
    known = interest[(interest["contracts"] > 0) & np.isfinite(interest["contracts"])]
    found = np.searchsorted(snapped(known["t"]), times, side="right") - 1
    padded = np.append(known["contracts"], np.nan)
    return np.where(found >= 0, padded[found], np.nan)


def _paths(bars: NDArray[np.void], marks: NDArray[np.void] | None) -> tuple[Floats, Floats, Floats, Floats]:
    """Return logs of open, high, low, close: of the mark bar where one exists, else of the bar itself."""
    table = np.stack([bars[name] for name in ("open", "high", "low", "close")])
    if marks is not None and len(marks):
        found = np.minimum(np.searchsorted(marks["t"], bars["t"]), len(marks) - 1)
        same = marks["t"][found] == bars["t"]
        for row, name in zip(table, ("open", "high", "low", "close"), strict=True):
            row[same] = marks[name][found][same]
    logs = np.log(table) - PHASE
    opened, high, low, close = logs
    # A bar's own open or close beyond its extremes (seen once a month in archives) would make an impossible path.
    return opened, np.maximum(high, np.maximum(opened, close)), np.minimum(low, np.minimum(opened, close)), close


def bar_steps(
    bars: NDArray[np.void], span_ms: int, interest: NDArray[np.void], marks: NDArray[np.void] | None = None
) -> StepBatch:
    """Turn klines of at most 5 min into one step each, with their own extremes; bars before the first open interest
    are left out."""
    opened, high, low, close = _paths(bars, marks)
    t0 = bars["t"].astype(np.int64)
    held = interest_at(interest, t0)
    batch = StepBatch.plain(t0, t0 + span_ms, opened, close, low, high, bars["volume"].astype(np.float64), held)
    return batch.select(np.isfinite(held))


def _variance(high: Floats, low: Floats) -> Floats:
    """Return σ² of each bar's 5 min sub-steps: half its own range's, half the mean of the last 16 bars'."""
    p = np.maximum((high - low) ** 2 / (12 * math.log(2)), LEAST_VARIANCE)
    total = np.concatenate([[0.0], np.cumsum(p)])
    after = np.arange(1, len(p) + 1)
    before = np.maximum(after - VARIANCE_BARS, 0)
    variance: Floats = 0.5 * p + 0.5 * (total[after] - total[before]) / (after - before)
    return variance


def _inner_marks(
    bars: NDArray[np.void], interest: NDArray[np.void], opened: Floats, close: Floats, high: Floats, low: Floats
) -> tuple[Floats, Floats]:
    """Return the log marks 5 and 10 min into each 15 min bar, clipped into it; where none was sampled, on the line
    from open to close."""
    known = interest[(interest["contracts"] > 0) & (interest["usd"] > 0)]
    stamps = snapped(known["t"])
    value = np.log(known["usd"] / known["contracts"]) - PHASE
    out = []
    for part in (1, 2):
        line = opened + (close - opened) * part / 3
        if len(known):
            at = bars["t"] + part * FIVE_MS
            found = np.minimum(np.searchsorted(stamps, at), len(stamps) - 1)
            line = np.where(stamps[found] == at, value[found], line)
        out.append(np.clip(line, low, high))
    return out[0], out[1]


def _owner(first: Floats, second: Floats) -> Ints:
    """Return the column [n] with the greatest `first` [n, 3]; ties go to the greater `second`, then to the earlier."""
    best = first == first.max(axis=1, keepdims=True)
    owner: Ints = np.argmax(np.where(best, second, -np.inf), axis=1)
    return owner


def quarter_steps(
    bars: NDArray[np.void], interest: NDArray[np.void], marks: NDArray[np.void] | None = None
) -> StepBatch:
    """Turn 15 min klines into three 5 min steps each.

    The end points are open, the marks 5 and 10 min in, and close. The bar's extremes go to the sub-step that reaches
    nearest to them, volume by how far each sub-step went, and every sub-step is widened by the mean excursion of a
    Brownian bridge within the bar. Sub-steps before the first open interest are left out; earlier bars still count
    for the volatility.
    """
    if not len(bars):
        return StepBatch.of(())
    opened, top, bottom, close = _paths(bars, marks)
    five, ten = _inner_marks(bars, interest, opened, close, top, bottom)
    start = np.stack([opened, five, ten], axis=1)
    end = np.stack([five, ten, close], axis=1)
    upper, lower = np.maximum(start, end), np.minimum(start, end)
    each = np.arange(3)
    has_top = each == _owner(upper, lower)[:, None]
    has_bottom = each == _owner(-lower, -upper)[:, None]
    weight = np.abs(end - start) + MOVE_FLOOR
    weight += has_top * (top[:, None] - upper) + has_bottom * (lower - bottom[:, None])
    volume = bars["volume"][:, None] * (1 / 6 + weight / (2 * weight.sum(axis=1, keepdims=True)))
    excursion = (BRIDGE * np.sqrt(_variance(top, bottom)))[:, None]
    high = np.minimum(top[:, None], np.maximum(np.where(has_top, top[:, None], upper), upper + excursion))
    low = np.maximum(bottom[:, None], np.minimum(np.where(has_bottom, bottom[:, None], lower), lower - excursion))
    t0 = (bars["t"][:, None] + each * FIVE_MS).ravel()
    held = interest_at(interest, t0)
    batch = StepBatch.plain(
        t0, t0 + FIVE_MS, start.ravel(), end.ravel(), low.ravel(), high.ravel(), volume.ravel(), held
    )
    return batch.select(np.repeat(np.isfinite(held[::3]), 3))
