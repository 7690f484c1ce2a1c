"""The map as numbers: which ring column stands under each pixel, what it holds in USD, and the picture made of it.

Reads only columns that a frame has named as published, and the open column the frame carries. Sums over the chosen
planes are kept per ring column, so a new range of colours, a pan or a new minute costs no second decoding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.frames import Frame, NowPlanes
from liqdesk.model.axis import DISPLAY_BIN, PHASE, ROWS, display_bin_of
from liqdesk.model.codes import DECODE
from liqdesk.ui.chart.rings import RingSums
from liqdesk.ui.chart.scale import Lens, round_two

PLANES: Final = 10
NONE: Final = -1
OPEN: Final = -2
LOW_PERCENTILE: Final = 40.0
HIGH_PERCENTILE: Final = 99.5
SLACK: Final = 0.10  # how far automatic handles may be off before they move
SAMPLE: Final = 40_000


@dataclass(frozen=True)
class Cell:
    """One cell of the map: when, how long, and USD per 10 bp of its ten planes with the gain applied."""

    from_ms: int
    span_ms: int
    bin: int
    mark: float
    planes: NDArray[np.float32]
    shares: NDArray[np.float32]  # prior by class, of its column
    to_mark: tuple[float, float]  # long, short: USD between the column's mark and this bin, of the chosen planes


class Heat:
    """Everything the picture is made of. `kernels` stays None until they are loaded; nothing is painted before."""

    def __init__(self) -> None:
        self.kernels: ModuleType | None = None
        self.chosen: NDArray[np.bool_] = np.ones(PLANES, dtype=np.bool_)
        self.now: NowPlanes | None = None
        self.factor = 1.0  # of all venues, where figures are shown for them
        self.rings: tuple[RingSums, ...] = ()
        self.columns: NDArray[np.int32] = np.empty(0, np.int32)
        self.cells: NDArray[np.float32] = np.empty((0, 0), np.float32)
        self.levels: NDArray[np.uint8] = np.empty(
            (0, 0), np.uint8
        )  # of the prior's and the shorts' share, see `kernels.level`
        self._runs: list[tuple[int, int]] = []  # ring index or OPEN, column number
        self._marks: NDArray[np.float64] = np.empty(0)
        self._first_bin = 0
        self._rows: NDArray[np.int32] = np.empty(0, np.int32)
        self._now_row: NDArray[np.float32] = np.zeros(ROWS, np.float32)
        self._now_levels: NDArray[np.uint8] = np.zeros(ROWS, np.uint8)
        self._epoch = -1
        self._loading = False
        self._laid: tuple[object, ...] | None = (
            None  # what the arrangement follows from, but for the open column's figures
        )
        self._last: tuple[NDArray[np.generic], ...] = ()  # what the last picture was made of

    def set_grid(self, rings: tuple[RingSums, ...]) -> None:
        self.rings = rings
        for ring in rings:
            ring.factor = self.factor
        self._laid = None

    def apply(self, frame: Frame) -> bool:
        """Take a frame; return whether the map may look different now."""
        changed = frame.epoch != self._epoch
        if changed:
            self._epoch = frame.epoch
            self.now = self._laid = None
            for ring in self.rings:
                ring.hide()
        loading = frame.progress is not None
        if self._loading and not loading:  # back-computed columns may have been replaced on the way
            changed = True
            self.forget()
        self._loading = loading
        factor = frame.scale.factor if frame.scale is not None else 1.0
        if factor != self.factor:
            self.factor = factor
            changed = True
            self.forget()
        for published in frame.published:
            for ring in self.rings:
                if ring.span_ms == published.span_ms:
                    changed |= ring.publish(published)
        if frame.now is not None and frame.now is not self.now:
            self.now = frame.now
            changed = True
        return changed

    def choose(self, chosen: NDArray[np.bool_]) -> bool:
        if np.array_equal(chosen, self.chosen):
            return False
        self.chosen = chosen.copy()
        self.forget()
        return True

    def forget(self) -> None:
        self._laid = None
        for ring in self.rings:
            ring.factor = self.factor
            ring.forget()

    @property
    def ready(self) -> bool:
        return self.kernels is not None and self._runs != []

    def oldest_ms(self) -> int | None:
        starts = [r.first * r.span_ms for r in self.rings if r.last >= r.first]
        return min(starts) if starts else None

    def order(self, lens: Lens) -> list[int]:
        """Return indices of rings that hold anything, by preference: the finest long enough for the view, then coarser
        ones for the older stretch, then finer ones."""
        have = [i for i, r in enumerate(self.rings) if r.last >= r.first]
        length = lens.t1 - lens.t0
        want = next((i for i, r in enumerate(self.rings) if r.capacity * r.span_ms >= length), len(self.rings) - 1)
        return [i for i in have if i >= want] + [i for i in reversed(have) if i < want]

    def arrange(self, lens: Lens, width: int, height: int, open_until_ms: float) -> None:
        """Lay the view out on `width` × `height` device pixels: find the column at the end of every pixel and gather
        its cells. The open column reaches to `open_until_ms`, the end of the open candle. Needs the kernels."""
        order = self.order(lens)
        span = self.rings[order[0]].span_ms if order else 60_000
        open_number = None if self.now is None else self.now.time_ms // span
        published = tuple((ring.first, ring.last) for ring in self.rings)
        laid = (lens, width, height, open_until_ms, open_number, published)
        if laid != self._laid:
            self._group(*self._columns(lens, width, order, open_number, open_until_ms))
            self._gather(lens, height)
            self._laid = laid
        self._gather_open()

    def _columns(
        self, lens: Lens, width: int, order: list[int], open_number: int | None, open_until_ms: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return ring and number of the column at the end of every pixel."""
        ends = lens.t0 + (np.arange(width) + 1) * ((lens.t1 - lens.t0) / width) - 1e-3
        ring_of = np.full(width, NONE, np.int64)
        number_of = np.zeros(width, np.int64)
        for i in order:
            ring = self.rings[i]
            numbers = np.floor_divide(ends, ring.span_ms).astype(np.int64)
            take = (ring_of == NONE) & ring.holds(numbers)
            ring_of[take] = i
            number_of[take] = numbers[take]
        if open_number is not None:
            span = self.rings[order[0]].span_ms if order else 60_000
            numbers = np.floor_divide(ends, span).astype(np.int64)
            # The minute that just closed is published a moment later; until then it shows the open column too.
            late = order and 0 <= open_number - 1 - self.rings[order[0]].last <= 1
            first = open_number - 1 if late else open_number
            reached = (numbers <= open_number) | (ends < open_until_ms)
            take = (numbers >= first) & reached & ((ring_of == NONE) | (numbers >= open_number))
            ring_of[take] = OPEN
            number_of[take] = open_number
        return ring_of, number_of

    def _group(self, ring_of: NDArray[np.int64], number_of: NDArray[np.int64]) -> None:
        starts = np.flatnonzero(np.concatenate(([True], (np.diff(ring_of) != 0) | (np.diff(number_of) != 0))))
        lengths = np.diff(np.concatenate((starts, [ring_of.size])))
        filled = ring_of[starts] != NONE
        index = np.full(starts.size, NONE, np.int32)
        index[filled] = np.arange(int(filled.sum()), dtype=np.int32)
        self.columns = np.repeat(index, lengths).astype(np.int32)
        rings, numbers = ring_of[starts][filled], number_of[starts][filled]
        self._runs = list(zip(rings.tolist(), numbers.tolist(), strict=True))
        self._run_rings, self._run_numbers = rings, numbers

    def _gather(self, lens: Lens, height: int) -> None:
        kernels = self.kernels
        assert kernels is not None
        self._first_bin = math.floor(lens.y0 / DISPLAY_BIN)
        bins = math.floor(lens.y1 / DISPLAY_BIN) - self._first_bin + 1
        centres = lens.y1 - (np.arange(height) + 0.5) * ((lens.y1 - lens.y0) / height)
        self._rows = (np.floor(centres / DISPLAY_BIN).astype(np.int64) - self._first_bin).astype(np.int32)
        count = len(self._runs)
        self.cells = np.full((bins, count), -1.0, np.float32)
        self.levels = np.zeros((bins, count), np.uint8)
        self._marks = np.full(count, np.nan)
        for i, ring in enumerate(self.rings):
            places = np.flatnonzero(self._run_rings == i)
            if not places.size:
                continue
            slots = self._run_numbers[places] % ring.capacity
            ring.combine(kernels, self._run_numbers[places], self.chosen)
            bases = ring.view.bases
            kernels.values(ring.usd, ring.levels, slots, bases, places, self._first_bin, self.cells, self.levels)
            self._marks[places] = np.log(ring.view.marks[slots]) - PHASE

    def _gather_open(self) -> None:
        places = np.flatnonzero(self._run_rings == OPEN)
        if places.size and self.now is not None and self.kernels is not None:
            now = self.now
            self.kernels.combine_now(now.usd, now.base, now.shares, self.chosen, self._now_row, self._now_levels)
            bins_here = np.arange(self._first_bin, self._first_bin + self.cells.shape[0])
            inside = (bins_here >= self.now.base) & (bins_here < self.now.base + ROWS)
            column = np.where(inside, self._now_row[bins_here % ROWS], np.float32(-1))
            self.cells[:, places] = column[:, None]
            self.levels[:, places] = np.where(inside, self._now_levels[bins_here % ROWS], np.uint8(0))[:, None]
            self._marks[places] = math.log(self.now.mark) - PHASE if self.now.mark > 0 else math.nan

    def picture(
        self, low: float, high: float, table: NDArray[np.uint32], ground: int, out: NDArray[np.uint32]
    ) -> tuple[int, int]:
        """Paint the arranged view into out u32 [height, width] with a heat table [81, 256] and handles in USD.

        Return the pixel columns (from, to) outside of which `out` looks as after the last call.
        """
        kernels = self.kernels
        assert kernels is not None
        entries = np.empty(self.cells.shape, np.uint16)
        kernels.positions(self.cells, self.levels, low, high, entries)
        kernels.paint(entries, self.columns, self._rows, table.reshape(-1), np.uint32(ground), out)
        last, self._last = self._last, (entries, self.columns, self._rows, table, out)
        if not last or last[3] is not table or last[4] is not out or last[0].shape != entries.shape:
            return 0, out.shape[1]
        if not (np.array_equal(last[1], self.columns) and np.array_equal(last[2], self._rows)):
            return 0, out.shape[1]
        changed = np.append((last[0] != entries).any(axis=0), False)  # no column at all: index -1
        at = np.flatnonzero(changed[self.columns])
        return (int(at[0]), int(at[-1]) + 1) if at.size else (0, 0)

    def automatic(self, low: float, high: float) -> tuple[float, float]:
        """Return the handles for the view, the given ones while they are within a tenth of what the rule asks: the
        40th and 99.5th percentile of the visible cells, to two digits."""
        cells = self.cells.ravel()[:: max(1, self.cells.size // SAMPLE) | 1]
        cells = cells[cells >= 0]
        if not cells.size:
            return low, high
        a, b = (round_two(float(v)) for v in np.percentile(cells, (LOW_PERCENTILE, HIGH_PERCENTILE)))
        if not b > 0:
            return low, high
        if not b > a:
            a = 0.0
        if high > low and abs(a - low) <= SLACK * max(a, 0.1 * (b - a)) and abs(b - high) <= SLACK * b:
            return low, high
        return a, b

    def value(self, x: int, y: int) -> float | None:
        """Return USD per 10 bp under device pixel (x, y) of the arranged view, None where nothing is drawn."""
        if not (0 <= x < self.columns.size and 0 <= y < self._rows.size) or self.columns[x] < 0:
            return None
        usd = float(self.cells[self._rows[y], self.columns[x]])
        return usd if usd >= 0 else None

    def run_at(self, x: int) -> tuple[int, int] | None:
        """Return (ring index or OPEN, column number) under device pixel column x."""
        if not 0 <= x < self.columns.size or self.columns[x] < 0:
            return None
        return self._runs[int(self.columns[x])]

    def mark_at(self, x: int) -> float | None:
        """Return the mark of the column under device pixel column x."""
        if not 0 <= x < self.columns.size or self.columns[x] < 0:
            return None
        log = float(self._marks[int(self.columns[x])])
        return math.exp(log + PHASE) if math.isfinite(log) else None

    def cell(self, x: int, price: float) -> Cell | None:
        """Return what stands under device pixel column x at a price, all ten planes."""
        run = self.run_at(x)
        if run is None:
            return None
        index, number = run
        at = display_bin_of(price)
        if index == OPEN:
            now = self.now
            if now is None or not now.base <= at < now.base + ROWS:
                return None
            span = self.rings[0].span_ms if self.rings else 60_000
            columns, base, mark, shares = now.usd, now.base, now.mark, now.shares
            here = columns[:, at - base]
            start = now.time_ms // span * span
        else:
            ring = self.rings[index]
            slot = number % ring.capacity
            base, mark, span = int(ring.view.bases[slot]), float(ring.view.marks[slot]), ring.span_ms
            if not base <= at < base + ROWS:
                return None
            shares = ring.view.shares[slot]
            gain = np.repeat(ring.view.gains[slot] * self.factor, 5)[:, None].astype(np.float32)
            order = np.arange(base, base + ROWS) % ROWS
            columns = (DECODE[ring.view.codes[slot]] * gain)[:, order]
            here = columns[:, at - base]
            start = number * span
        at_mark = display_bin_of(mark) if mark > 0 else at
        a, b = sorted((at - base, min(max(at_mark - base, 0), ROWS - 1)))
        between = (columns[:, a : b + 1] * self.chosen[:, None]).sum(axis=1)
        to_mark = (float(between[:5].sum()), float(between[5:].sum()))
        return Cell(start, span, at, mark, here.copy(), shares.copy(), to_mark)
