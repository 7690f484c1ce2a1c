"""Frozen columns of the map in three rings of time, each allocated once; one writer, any number of readers of what is
published."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.model.axis import ROWS
from liqdesk.model.bands import CLASSES
from liqdesk.model.codes import DECODE
from liqdesk.model.flags import BACK, LIVE
from liqdesk.model.gain import MODEL_VERSION
from liqdesk.model.identified import usual_shares

PLANES: Final = 2 * CLASSES
RINGS: Final = ((60_000, 2_880), (300_000, 2_304), (1_800_000, 1_536))  # (span in ms, columns)
TOUCHED: Final = 64  # columns at a time, 1 MB
MARGIN: Final = 8  # columns a reader may lag before the writer reaches what it looks at


class Column(msgspec.Struct, frozen=True):
    """A frozen column: `basis` float32 [10, 800], basis USD per display bin `base` .. `base` + 799, plane = side·5 +
    class, as it stood at the end of [number·span, (number + 1)·span). It keeps its gain (float32 [2 side]), flag,
    model version and prior shares by class (float32 [5]) for ever."""

    number: int
    base: int
    basis: NDArray[np.float32]
    gain: NDArray[np.float32]
    flag: int
    model: int
    mark: float
    shares: NDArray[np.float32]

    @property
    def usd(self) -> NDArray[np.float32]:
        """The planes in USD as expected to be printed: basis × gain of their side."""
        scaled: NDArray[np.float32] = self.basis * np.repeat(self.gain, CLASSES)[:, None]
        return scaled


class RingView(msgspec.Struct, frozen=True):
    """A reader's view: read-only arrays over the writer's memory. Slot = number % capacity, row = display bin % 800;
    a slot counts only while numbers[slot] is the number looked for, before and after reading it."""

    span_ms: int
    codes: NDArray[np.uint16]  # [capacity, 10, 800]
    numbers: NDArray[np.int64]
    bases: NDArray[np.int32]
    gains: NDArray[np.float32]  # [capacity, 2]
    flags: NDArray[np.uint8]
    models: NDArray[np.uint16]
    marks: NDArray[np.float64]
    shares: NDArray[np.float32]  # [capacity, 5], prior by class


class Ring:
    """Columns of one span. `first` .. `last` are published (last < first: none); `live_from` is the first number
    computed live."""

    def __init__(self, span_ms: int, capacity: int) -> None:
        self.span_ms = span_ms
        self.capacity = capacity
        self.codes = np.zeros((capacity, PLANES, ROWS), dtype=np.uint16)  # zero pages: no memory until written
        self.numbers = np.full(capacity, -1, dtype=np.int64)
        self.bases = np.zeros(capacity, dtype=np.int32)
        self.gains = np.zeros((capacity, 2), dtype=np.float32)
        self.flags = np.zeros(capacity, dtype=np.uint8)
        self.models = np.zeros(capacity, dtype=np.uint16)
        self.marks = np.zeros(capacity, dtype=np.float64)
        self.shares = np.zeros((capacity, CLASSES), dtype=np.float32)
        self.first = 0
        self.last = -1
        self.live_from = 0

    def number_at(self, time_ms: int) -> int:
        """Return the number of the column that covers a time."""
        return time_ms // self.span_ms

    def write(
        self,
        number: int,
        base: int,
        basis: NDArray[np.float32],
        gain: NDArray[np.float32],
        flag: int,
        mark: float,
        model: int = MODEL_VERSION,
        shares: NDArray[np.float32] | None = None,
    ) -> None:
        """Freeze and publish one column: basis USD float32 [10, 800], no gain applied; `shares` float32 [5], default those of
        a market nothing is recorded of. Raises ValueError when that
        column is there live or the ring has moved on past it."""
        from liqdesk.model import columns

        if basis.shape != (PLANES, ROWS):
            raise ValueError(f"planes must be {PLANES} x {ROWS}, not {basis.shape}")
        if number < 0 or flag not in (BACK, LIVE):
            raise ValueError(f"no such column or flag: {number}, {flag}")
        used = usual_shares() if shares is None else np.array(shares, dtype=np.float32)
        stamp = (np.array(gain, dtype=np.float32), flag, model, used)
        done = columns.write_column(
            self.arrays(), number, base, np.array(basis, dtype=np.float32, order="C"), stamp, mark
        )
        if done < 0:
            raise ValueError(f"column {number} of {self.span_ms} ms is live and stays as it is")
        if done == 0:
            raise ValueError(f"column {number} of {self.span_ms} ms is older than the ring")
        self.publish()

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Return the arrays in the order the kernels take them."""
        return self.codes, self.numbers, self.bases, self.gains, self.flags, self.models, self.marks, self.shares

    def publish(self) -> None:
        """Tell readers what there is: the newest columns, short of those about to be overwritten."""
        last = int(self.numbers.max())
        if last < 0:
            return
        unsigned = self.numbers.view(np.uint64)  # an empty slot is the greatest so
        live = np.where(self.flags & LIVE, unsigned, np.uint64(last + 1))
        first = last - self.capacity + 1 + (MARGIN if self.capacity > 2 * MARGIN else 0)
        self.live_from = min(int(live.min()), last + 1)
        self.first = max(int(unsigned.min()), first)
        self.last = last

    def has(self, number: int) -> bool:
        """Say whether a column is published."""
        return self.first <= number <= self.last and int(self.numbers[number % self.capacity]) == number

    def read(self, number: int) -> Column | None:
        """Return a published column, decoded; None when there is none or it was overwritten meanwhile."""
        if not self.has(number):
            return None
        slot = number % self.capacity
        base = int(self.bases[slot])
        basis = np.roll(DECODE[self.codes[slot]], -(base % ROWS), axis=1)
        column = Column(
            number,
            base,
            basis,
            self.gains[slot].copy(),
            int(self.flags[slot]),
            int(self.models[slot]),
            float(self.marks[slot]),
            self.shares[slot].copy(),
        )
        return column if int(self.numbers[slot]) == number else None

    def view(self) -> RingView:
        """Return read-only views of the arrays, for a reader on another thread."""
        view = RingView(
            self.span_ms,
            self.codes.view(),
            self.numbers.view(),
            self.bases.view(),
            self.gains.view(),
            self.flags.view(),
            self.models.view(),
            self.marks.view(),
            self.shares.view(),
        )
        for array in msgspec.structs.astuple(view)[1:]:
            array.flags.writeable = False
        return view

    def touch(self) -> None:
        """Take the memory of an empty ring now rather than column by column as it fills."""
        for slot in range(0, self.capacity, TOUCHED):
            self.codes[slot : slot + TOUCHED] = 0

    def clear(self) -> None:
        """Forget every column (another symbol or source)."""
        self.numbers[:] = -1
        self.first, self.last, self.live_from = 0, -1, 0


class DensityGrid:
    """The three rings, finest first: 1 min × 2 d, 5 min × 8 d, 30 min × 32 d."""

    def __init__(self, rings: tuple[tuple[int, int], ...] = RINGS) -> None:
        if len(rings) != 3 or sorted(rings) != list(rings):
            raise ValueError("a grid has three rings, finest first")
        self.rings = tuple(Ring(span, capacity) for span, capacity in rings)
        self.spans = np.array([span for span, _ in rings], dtype=np.int64)

    def ring(self, span_ms: int) -> Ring:
        """Return the ring of a span. Raises KeyError when there is none."""
        for ring in self.rings:
            if ring.span_ms == span_ms:
                return ring
        raise KeyError(span_ms)

    def arrays(self) -> tuple[tuple[NDArray[Any], ...], ...]:
        """Return every ring's arrays, as the kernels take them."""
        return tuple(ring.arrays() for ring in self.rings)

    def oldest_at(self, time_ms: int) -> NDArray[np.int64]:
        """Return the oldest number that each ring has room for once columns up to a time are in it, int64 [3]."""
        capacity = np.array([ring.capacity for ring in self.rings], dtype=np.int64)
        oldest: NDArray[np.int64] = (time_ms - 1) // self.spans - capacity + 1
        return oldest

    def refuse_live(self, from_ms: int, ends: NDArray[np.int64], wanted: NDArray[np.bool_]) -> None:
        """Raise ValueError when a step that ends at one of `ends` would write a column that is there live."""
        for ring, want in zip(self.rings, wanted, strict=True):
            if not want:
                continue
            closing = (ends - 1) // ring.span_ms
            if from_ms % ring.span_ms:
                closing = np.append(closing, (from_ms - 1) // ring.span_ms)
            # The last step's column is written only when it is full.
            if ends[-1] % ring.span_ms:
                closing = closing[closing != (ends[-1] - 1) // ring.span_ms]
            if not closing.size or int(closing.min()) > ring.last:
                continue
            slots = closing % ring.capacity
            hit = closing[(ring.numbers[slots] == closing) & ((ring.flags[slots] & LIVE) != 0)]
            if hit.size:
                raise ValueError(f"column {int(hit.min())} of {ring.span_ms} ms is live and stays as it is")

    def publish(self, from_ms: int, to_ms: int) -> None:
        """Publish what steps from one time to another can have written."""
        for ring in self.rings:
            if to_ms // ring.span_ms > (from_ms - 1) // ring.span_ms:
                ring.publish()

    def touch(self) -> None:
        for ring in self.rings:
            ring.touch()

    def clear(self) -> None:
        for ring in self.rings:
            ring.clear()


@cache
def nowhere() -> DensityGrid:
    """Return a grid nothing is ever written to, for steps that leave no columns."""
    return DensityGrid(((60_000, 1), (300_000, 1), (1_800_000, 1)))
