"""The steps that made a state, kept for a while, so that it can be asked why a row holds what it holds."""

from __future__ import annotations

from collections import deque
from functools import cache
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.market import DAY_MS
from liqdesk.model import bands
from liqdesk.model.axis import BIN, BINS_PER_ROW, PHASE
from liqdesk.model.batch import StepBatch, stacked
from liqdesk.model.density import WINDOW, Density

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KEPT_DAYS: Final = 32
CHUNK: Final = 512
FEW: Final = 8  # chunks that become one
TAIL: Final = 8  # single steps that wait to become a chunk
LEAST: Final = 1e-15  # of what was there before a step: where no more survives, the walk ends


class Provenance(msgspec.Struct, frozen=True):
    """What put the mass of one 10 bp row and side there, contracts under the prior of the chosen classes, at the end of the last step
    at or before `until_ms`.

    Columns of n steps, oldest first: `t0`, `t1` ms, `traded` base units, `entry` mean ln(price / 30000) of what it placed here, and of
    that `put`, `decayed`, `swept`, `stands` float64 [n] with put = decayed + swept + stands; `by_class` float64 [n, 5] what stands.
    Steps before everything was swept are not among them. `before` (put, decayed, swept, stands) and `before_by_class` [5] are of
    what stood here when the record began, at `before_ms`. `passed_ms` is the end of the newest step that swept half of the row or more
    (None: not in the steps walked). `raw` float64 [3, 2 family, 20 band, 2 bin] is what was put, swept and stands, all of it, the
    prior left out: raw[2] is φ. `hidden` names the bins whose centre the price has reached, which a picture shows empty; all of what
    stood there counts as swept.
    """

    row: int
    side: int
    until_ms: int
    t0: Ints
    t1: Ints
    traded: Floats
    entry: Floats
    put: Floats
    decayed: Floats
    swept: Floats
    stands: Floats
    by_class: Floats
    before_ms: int
    before: Floats
    before_by_class: Floats
    passed_ms: int | None
    hidden: tuple[bool, bool]
    raw: Floats


class StepRecord:
    """The newest `days` of a state's steps, in chunks that are joined as they grow. What is older is held as the state it led
    to. One writer and reader, the thread that owns the state."""

    def __init__(self, rate: float, max_leverage: int, days: int = KEPT_DAYS) -> None:
        self._before = Density(rate, max_leverage)
        self._days = days
        self._chunks: deque[tuple[StepBatch, Ints]] = deque()
        self._tail: list[StepBatch] = []
        self._window = int(self._before.window_first)
        self._end_ms = 0

    def __len__(self) -> int:
        return sum(len(batch) for batch, _ in self._chunks) + sum(len(batch) for batch in self._tail)

    @property
    def from_ms(self) -> int:
        """The start of the oldest step kept, 0 when there is none."""
        first = self._chunks[0][0] if self._chunks else self._tail[0] if self._tail else None
        return int(first.t0[0]) if first is not None else 0

    @property
    def nbytes(self) -> int:
        """The memory of the steps kept."""
        batches = [batch for batch, _ in self._chunks] + self._tail
        arrays = [column for batch in batches for column in msgspec.structs.astuple(batch)]
        arrays += [windows for _, windows in self._chunks]
        return sum(int(array.nbytes) for array in arrays)

    def add(self, batch: StepBatch) -> None:
        """Keep steps that were just applied; the arrays are the record's from now on. Raises ValueError for steps out of order."""
        if not len(batch):
            return
        if int(batch.t0[0]) < self._end_ms:
            raise ValueError(f"steps run backwards at {int(batch.t0[0])}, the record is at {self._end_ms}")
        self._end_ms = int(batch.t1[-1])
        self._tail.append(batch)
        if sum(len(one) for one in self._tail) >= TAIL:
            self._seal()
        while self._chunks and int(self._chunks[0][0].t1[-1]) <= self._end_ms - self._days * DAY_MS:
            self._before.run(self._chunks.popleft()[0])

    def path(self) -> tuple[Ints, Ints, Floats, Floats, Floats]:
        """Return (t0, t1 ms, end, low, high in ln price) of all steps kept, oldest first."""
        batches = [batch for batch, _ in self._chunks] + self._tail
        columns = [[batch.t0, batch.t1, batch.end, batch.low, batch.high] for batch in batches]
        if not columns:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0)
        t0, t1, end, low, high = (np.concatenate(parts) for parts in zip(*columns, strict=True))
        return t0, t1, end + PHASE, low + PHASE, high + PHASE

    @property
    def law(self) -> tuple[Any, ...]:
        """What the kernels take of the model; see `Density.law`."""
        return self._before.law

    @property
    def prior(self) -> Floats:
        """The prior by band, float64 [20]."""
        return self._before.prior

    def parts(self, until_ms: int | None = None) -> list[tuple[StepBatch, Ints, int]]:
        """Return the steps kept, oldest first, as (steps, windows of `follow_window`, how many of them end by `until_ms`, default all).
        They are not changed as time goes by."""
        parts = [(*chunk, _until(chunk[0], until_ms)) for chunk in self._chunks]
        if self._tail:
            batch = stacked(self._tail)
            parts.append((batch, _windows(batch, self._window)[0], _until(batch, until_ms)))
        return [part for part in parts if part[2] > 0]

    def before_of(self, side: int, first: int, count: int) -> Floats:
        """Return what stood in bins first .. first + count − 1 when the record began, contracts float64 [2 family, 20 band, count], not
        weighed by the prior."""
        return np.stack([self._before.held(side, first + b) for b in range(count)], axis=2)

    def _seal(self) -> None:
        """Make a chunk of the single steps. Every eight of a length are joined, so that few steps are copied at a time, and seldom."""
        batch = stacked(self._tail)
        windows, self._window = _windows(batch, self._window)
        self._tail = []
        self._chunks.append((batch, windows))
        while len(batch) * FEW <= CHUNK and len(self._chunks) >= FEW:
            last = [self._chunks[i] for i in range(-FEW, 0)]
            if any(len(one) != len(batch) for one, _ in last):
                break
            for _ in last:
                self._chunks.pop()
            batch = stacked([one for one, _ in last])
            self._chunks.append((batch, np.concatenate([seen for _, seen in last])))

    def explain(
        self,
        row: int,
        side: int,
        until_ms: int,
        chosen: NDArray[np.bool_] | None = None,
        passed: tuple[float, float] | None = None,
        least: float = LEAST,
    ) -> Provenance:
        """Return where the mass of display bin `row` on a side (0 long, 1 short) came from, as of `until_ms`.

        `chosen` bool [5] names the leverage classes that count (default all). `passed` = (low, high) are the logs of price beyond which
        a picture shows long and short bins empty (default: the price at the end of the last step). Less than `least` surviving ends the
        walk; 0 walks all steps. Raises ValueError when no step is known at that time.
        """
        from liqdesk.model import provenance as kernel

        parts = self.parts(until_ms)
        if not parts:
            raise ValueError(f"no step is known at {until_ms}")
        classes = self._before.classes * (1.0 if chosen is None else chosen[:, None])
        last = parts[-1]
        x = float(last[0].end[last[2] - 1])
        walk = (
            np.ones(BINS_PER_ROW),
            np.zeros((BINS_PER_ROW, bands.FAMILIES, bands.BANDS)),
            np.zeros(BINS_PER_ROW),
            np.zeros(1),
            np.zeros(1, np.int64),
        )
        lower = row * BINS_PER_ROW
        hidden = tuple(_hidden(lower + b, side, passed or (x, x)) for b in range(BINS_PER_ROW))
        walk[0][np.array(hidden)], walk[1][np.array(hidden)] = 0.0, 1.0
        cell = (side, lower, WINDOW)
        law, near = self._before.law, _near(self._before.law)
        raw = np.zeros((3, bands.FAMILIES, bands.BANDS, BINS_PER_ROW))
        found: list[tuple[StepBatch, int, Floats]] = []
        more = True
        for batch, windows, stop in reversed(parts):
            rows = np.zeros((stop, kernel.COLUMNS))
            steps = msgspec.structs.astuple(batch)
            more = kernel.trace(steps, windows, stop, cell, law, near, classes, walk, least, rows, raw)
            found.append((batch, stop, rows))
            if not more:
                break
        before = self._carried(lower, side, classes, walk, raw) if more else (np.zeros(4), np.zeros(bands.CLASSES))
        found.reverse()
        table = np.concatenate([rows for _, _, rows in found])
        use = table[:, kernel.PUT] > 0.0
        table = table[use]

        def column(name: str) -> NDArray[Any]:
            values: NDArray[Any] = np.concatenate([getattr(batch, name)[:stop] for batch, stop, _ in found])[use]
            return values

        put, swept, stands = (table[:, at] for at in (kernel.PUT, kernel.SWEPT, kernel.STANDS))
        return Provenance(
            row,
            side,
            int(last[0].t1[last[2] - 1]),
            column("t0"),
            column("t1"),
            column("volume"),
            table[:, kernel.ENTRY] / put,
            put,
            np.maximum(put - swept - stands, 0.0),
            swept,
            stands,
            table[:, kernel.BY_CLASS :],
            self.from_ms,
            *before,
            int(walk[4][0]) or None,
            (hidden[0], hidden[1]),
            raw,
        )

    def _carried(
        self, lower: int, side: int, classes: Floats, walk: tuple[NDArray[Any], ...], raw: Floats
    ) -> tuple[Floats, Floats]:
        """Return what became of the mass that stood there before the first step kept, and add it to `raw`."""
        survive, gone, since, turn, _ = walk
        hazard = self._before.law[0]
        put = self.before_of(side, lower, BINS_PER_ROW)
        swept = put * np.moveaxis(gone * np.exp(-hazard * (turn[0] - since)[:, None, None]), 0, 2)
        stands = put * np.exp(-hazard * turn[0])[:, :, None] * survive
        raw += np.stack([put, swept, stands])
        prior = classes.sum(axis=0)
        sums = [float((part.sum(axis=(0, 2)) * prior).sum()) for part in (put, swept, stands)]
        by_class = classes @ stands.sum(axis=(0, 2))
        return np.array([sums[0], max(sums[0] - sums[1] - sums[2], 0.0), sums[1], sums[2]]), by_class


def _until(batch: StepBatch, time_ms: int | None) -> int:
    """Return how many of the steps have ended by a time."""
    if time_ms is None:
        return len(batch)
    return int(np.searchsorted(batch.t1, time_ms, side="right"))


def _windows(batch: StepBatch, first: int) -> tuple[Ints, int]:
    from liqdesk.model import provenance

    out = np.empty((len(batch), 2), np.int64)
    last = provenance.follow_window(batch.start, batch.end, WINDOW, first, out)
    return out, int(last)


def _hidden(at: int, side: int, passed: tuple[float, float]) -> bool:
    centre = (at + 0.5) * BIN
    return centre <= passed[1] if side else centre >= passed[0]


@cache
def _reach(first: tuple[int, ...], length: tuple[int, ...]) -> Ints:
    ends = [a + n for a, n in zip(first, length, strict=True)]
    near = np.zeros((max(ends), 2), np.int64)
    for n in range(len(near)):
        near[n] = sum(end <= n for end in ends), sum(a <= n for a in first)
    return near


def _near(law: tuple[Any, ...]) -> Ints:
    """Return the bands [from, to) that an entry n bins away reaches, int64 [n, 2]."""
    return _reach(tuple(law[1].tolist()), tuple(law[2].tolist()))
