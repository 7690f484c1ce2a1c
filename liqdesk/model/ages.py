"""How old what stands is: the steps of a record walked backward over a stretch of price, summed by age of entry.

As in `provenance`, what a step put into a bin has the standing share S·exp(−h·Y), S over the sweeps since and Y the turnover since; both
are multiplied up on the way back, so that one pass gives every row's mass by the age of its entries, exactly.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.market import DAY_MS, HOUR_MS
from liqdesk.model.axis import BIN, BINS_PER_ROW, DISPLAY_BIN, PHASE
from liqdesk.model.density import WINDOW

if TYPE_CHECKING:
    from liqdesk.model.record import StepRecord

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PER_OCTAVE: Final = 8
WEEK_MS: Final = 7 * DAY_MS
COHORTS_MS: Final = (12 * HOUR_MS, DAY_MS, WEEK_MS)
EDGES_MS: Final[Ints] = np.unique(
    np.concatenate([np.round(12 * HOUR_MS * 2.0 ** (np.arange(-56, 49) / PER_OCTAVE)), [WEEK_MS]]).astype(np.int64)
)  # 5.6 minutes to 32 days, 9 % apart
AGES: Final = len(EDGES_MS) + 2  # the last two: older than all edges, and older than the record


class Ages(msgspec.Struct, frozen=True):
    """What stands by age at the end of the step at `until_ms`: contracts float64 [2 side, AGES, rows] under the prior, row 0 being
    display bin `base`. Age a holds entries of (EDGES_MS[a − 1], EDGES_MS[a]], counted from the end of their step; the last but one what
    is older than every edge, the last what stood there at `from_ms`, when the record began."""

    until_ms: int
    from_ms: int
    base: int
    contracts: Floats

    @property
    def rows(self) -> int:
        return int(self.contracts.shape[2])

    def cohort(self, age_ms: int) -> Floats:
        """Return what entered within the last `age_ms`, one of the edges: contracts float64 [2, rows]."""
        upto = int(np.searchsorted(EDGES_MS, age_ms))
        if upto == len(EDGES_MS) or EDGES_MS[upto] != age_ms:
            raise ValueError(f"{age_ms} ms is no edge of the ages")
        young: Floats = self.contracts[:, : upto + 1].sum(axis=1)
        return young

    def median_ms(self, side: int, weights: Floats, first: int) -> float | None:
        """Return the age that half of the mass of display bins first .. first + len(weights) − 1 is younger than, each bin's contracts
        counted by its weight; between two edges in proportion. None where the stretch reaches beyond the rows, holds nothing, or half
        of it is older than the record."""
        at = first - self.base
        if at < 0 or at + len(weights) > self.rows:
            return None
        mass = self.contracts[side, :, at : at + len(weights)] @ weights
        upto = np.cumsum(mass)
        half = 0.5 * float(upto[-1])
        if not half > 0:
            return None
        a = int(np.searchsorted(upto, half))
        if a >= len(EDGES_MS):
            return None
        before, young = (float(upto[a - 1]), float(EDGES_MS[a - 1])) if a else (0.0, 0.0)
        share = (half - before) / float(mass[a])
        return young + share * (float(EDGES_MS[a]) - young)


class AgeWalk:
    """One pass over a record, a chunk at a time, newest first. It is void once the record has let go of steps: `stale`."""

    def __init__(self, record: StepRecord, mark: float, reach: float, passed: tuple[float, float]) -> None:
        """Walk over the display bins within `reach` (a fraction) of `mark`; `passed` = (low, high) are the logs of price beyond which
        long and short bins are shown empty. Raises ValueError when the record is empty."""
        self._record = record
        self._parts = record.parts()
        if not self._parts:
            raise ValueError("the record holds no step")
        x = math.log(mark) - PHASE
        first, last = (math.floor((x + math.log1p(d)) / DISPLAY_BIN) for d in (-reach, reach))
        self._from_ms = record.from_ms
        self._until_ms = int(self._parts[-1][0].t1[self._parts[-1][2] - 1])
        self._base, rows = first, last - first + 1
        size = rows * BINS_PER_ROW
        centres = (first * BINS_PER_ROW + np.arange(size) + 0.5) * BIN
        stands = np.stack([centres < passed[0], centres > passed[1]])
        self._survive = stands.astype(np.float64)
        self._ends = np.array([[0, stands[0].sum()], [size - stands[1].sum(), size]], np.int64)
        self._turn = np.zeros(1)
        self._out = np.zeros((2, AGES, size))

    @property
    def stale(self) -> bool:
        return self._record.from_ms != self._from_ms

    def go_on(self) -> Ages | None:
        """Walk one chunk; return the ages after the last one."""
        from liqdesk.model.agewalk import gather

        record, base = self._record, self._base * BINS_PER_ROW
        if self._parts:
            batch, windows, stop = self._parts.pop()
            age = np.searchsorted(EDGES_MS, self._until_ms - batch.t1, side="left")
            frame, walk = (base, WINDOW, self._ends), (self._survive, self._turn)
            steps = msgspec.structs.astuple(batch)
            gather(steps, windows, stop, frame, record.law, record.prior, walk, age, self._out)
        if self._parts:
            return None
        left = np.exp(-record.law[0] * self._turn[0]) * record.prior
        for side in range(2):
            held = record.before_of(side, base, self._out.shape[2])
            self._out[side, -1] = np.einsum("qk,qkb->b", left, held) * self._survive[side]
        rows = self._out.reshape(2, AGES, -1, BINS_PER_ROW).sum(axis=3)
        return Ages(self._until_ms, self._from_ms, self._base, rows)
