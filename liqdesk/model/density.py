"""The state of engine S2: contracts by holding family, side, distance band and price bin, stepped forward and read as
planes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.market import MINUTE_MS, Side, floor_to
from liqdesk.model import bands
from liqdesk.model.axis import PHASE, ROWS, base_of, log_of
from liqdesk.model.batch import StepBatch
from liqdesk.model.flags import BACK
from liqdesk.model.gain import MODEL_VERSION, default_gain
from liqdesk.model.identified import class_shares, default_shares
from liqdesk.model.step import Step

if TYPE_CHECKING:
    from liqdesk.model.grid import DensityGrid

WINDOW: Final = 4_096  # bins: ±1.02 of log price; deposits reach 0.59, the price may drift 0.26 off the centre
SLICE: Final = 512  # steps between two looks at progress
MINUTES_KEPT: Final = 60  # of provisional marks; older ones are merged


class Swept(msgspec.Struct, frozen=True):
    """What a step swept: `contracts` float64 [2 side, 20 band], not weighed by the prior; `usd` float64 [2] is the
    map's value, price at the step's start × Σ P·swept, basis USD."""

    contracts: NDArray[np.float64]
    usd: NDArray[np.float64]


class Account(msgspec.Struct, frozen=True):
    """The mass ledger, contracts [2 family, 2 side]: running = inflow − decayed − swept − off_grid, each summed since
    the start; `standing` is the full sum over the state. `error` is the largest relative difference between running
    and standing, or of either from the flows; what stands counts as at least a thousandth of what came in, since a sum
    cannot be surer than its largest term."""

    running: NDArray[np.float64]
    standing: NDArray[np.float64]
    inflow: NDArray[np.float64]
    decayed: NDArray[np.float64]
    swept: NDArray[np.float64]
    off_grid: NDArray[np.float64]
    error: float


class Balance(msgspec.Struct, frozen=True):
    """gain·Σ P·φ + rest = open interest, for one side, contracts. `clamped` says that the first term alone was more
    (a conflict of scale); the rest, which is not liquidatable, is then zero."""

    liquidatable: float
    rest: float
    clamped: bool


class Density:
    """The liquidation density of one symbol. `rate` is the maintenance margin rate of its lowest bracket.

    Not for sharing between threads. The first call that computes loads the kernels.
    """

    def __init__(self, rate: float, max_leverage: int) -> None:
        self.classes = bands.components(rate, max_leverage)
        self.prior: NDArray[np.float64] = self.classes.sum(axis=0)
        first, length, mass = bands.deposit_kernels()
        reach = np.concatenate([np.zeros((bands.BANDS, 1)), np.cumsum(mass, axis=1)], axis=1)
        self._law = (bands.hazards(), first, length, mass, reach, self.classes)
        self._phi = np.zeros((bands.FAMILIES, 2, bands.BANDS, WINDOW))
        self._scale = np.ones((bands.FAMILIES, bands.BANDS))
        self._mass = np.zeros((bands.FAMILIES, 2, bands.BANDS))
        self._where = np.array([-WINDOW // 2], dtype=np.int64)
        self._flows = np.zeros((4, bands.FAMILIES, 2))
        self._x = np.zeros(1)
        self._clock = np.zeros(1, dtype=np.int64)
        self._acc = np.empty((bands.CLASSES + 1, ROWS))
        self._provisional: dict[int, tuple[float, float]] = {}

    @property
    def time_ms(self) -> int:
        """The end of the last step, 0 before the first."""
        return int(self._clock[0])

    @property
    def mark(self) -> float:
        """The price at the end of the last step; NaN before the first."""
        return math.exp(PHASE + float(self._x[0])) if self.time_ms else math.nan

    @property
    def law(self) -> tuple[Any, ...]:
        """What the kernels take of the model: hazard float64 [2, 20], first, length, kernel, reach, classes float64 [5, 20]."""
        return self._law

    @property
    def window_first(self) -> int:
        """The lowest bin of the state."""
        return int(self._where[0])

    def held(self, side: int, at: int) -> NDArray[np.float64]:
        """Return φ of one side in one bin, contracts by family and band, float64 [2, 20], not weighed by the prior."""
        i = at - self.window_first
        if not 0 <= i < WINDOW:
            return np.zeros((bands.FAMILIES, bands.BANDS))
        here: NDArray[np.float64] = self._phi[:, side, :, i] * self._scale
        return here

    def copy(self) -> Density:
        """Return an independent state, equal to this one."""
        twin = object.__new__(Density)
        for name, value in vars(self).items():
            setattr(twin, name, value.copy() if isinstance(value, np.ndarray | dict) else value)
        return twin

    def advance(self, step: Step) -> Swept:
        """Apply one step: sweep, decay, inflow. Raises ValueError when it begins before the last one ended."""
        contracts = self.run(StepBatch.of([step]))[0]
        return Swept(contracts, step.start * (contracts @ self.prior))

    def run(
        self,
        batch: StepBatch,
        grid: DensityGrid | None = None,
        *,
        flag: int = BACK,
        gain: NDArray[np.float32] | None = None,
        shares: NDArray[np.float32] | None = None,
        finest_ms: int = 0,
        until_ms: int = 0,
        model: int = MODEL_VERSION,
        progress: Callable[[int, int], None] | None = None,
    ) -> NDArray[np.float64]:
        """Apply many steps with the GIL released; returns contracts swept, float64 [n, 2 side, 20 band].

        Columns that end on the way are written to `grid`, into its rings of a span of at least `finest_ms`, with
        `flag`, `gain` (float32 [2], default the shipped one) and prior `shares` by class (float32 [5], default those of a market
        nothing is recorded of). Steps up to `until_ms` will follow (default: none after these): a ring is spared the columns that
        others would take the place of by then. `progress(done, total)` is called between slices of steps. Raises ValueError for
        steps out of order and, before anything is changed, for columns that are already there live.
        """
        from liqdesk.model import kernels
        from liqdesk.model.grid import nowhere

        count = len(batch)
        swept = np.zeros((count, 2, bands.BANDS))
        if not count:
            return swept
        if int(batch.t0[0]) < self.time_ms or bool(np.any(batch.t0[1:] < batch.t1[:-1])):
            raise ValueError(f"steps overlap or run backwards near {int(batch.t0[0])}, the state is at {self.time_ms}")
        wanted = np.zeros(3, dtype=np.bool_)
        target = nowhere() if grid is None else grid
        if grid is not None:
            wanted[:] = grid.spans >= finest_ms
            grid.refuse_live(self.time_ms, batch.t1, wanted)
        used = default_gain() if gain is None else np.array(gain, dtype=np.float32)
        prior = class_shares(self.classes, default_shares()) if shares is None else np.array(shares, dtype=np.float32)
        stamp = (used, flag, model, prior)
        kept = target.oldest_at(max(until_ms, int(batch.t1[-1])))
        steps = tuple(_plain(column) for column in msgspec.structs.astuple(batch))
        for begin in range(0, count, SLICE):
            part = (begin, min(begin + SLICE, count))
            lasting = wanted & ((batch.t1[part[1] - 1] - 1) // target.spans >= kept)
            before = self.time_ms
            kernels.run(self._state(), self._law, steps, part, swept, target.arrays(), target.spans, lasting, stamp)
            if grid is not None:
                grid.publish(before, self.time_ms)
            if progress is not None:
                progress(part[1], count)
        self._provisional = {t: v for t, v in self._provisional.items() if t >= self.time_ms}
        return swept

    def _state(self) -> tuple[Any, ...]:
        return self._phi, self._scale, self._mass, self._where, self._flows, self._x, self._clock

    def mark_provisional(self, mark: float, time_ms: int | None = None) -> None:
        """Note a mark seen since the last closed minute: what it passed is shown empty, the state is left alone.

        `time_ms` (venue time) lets a mark of the next minute outlive the step that closes this one; without it the
        mark counts as seen right after the last step.
        """
        x = log_of(mark)
        minute = floor_to(self.time_ms if time_ms is None else time_ms, MINUTE_MS)
        if minute + MINUTE_MS <= self.time_ms:
            return
        if minute not in self._provisional and len(self._provisional) >= MINUTES_KEPT:
            oldest, second = sorted(self._provisional)[:2]
            gone = self._provisional.pop(oldest)
            low, high = self._provisional[second]
            self._provisional[second] = (min(low, gone[0]), max(high, gone[1]))
        low, high = self._provisional.get(minute, (x, x))
        self._provisional[minute] = (min(low, x), max(high, x))

    def planes(self, mark: float | None = None) -> tuple[int, NDArray[np.float32]]:
        """Return (base, usd): the picture now, float32 [10, 800], basis USD (no gain) per 10 bp display bin base ..
        base + 799.

        Plane = side·5 + class; all classes of a side sum to its total under the prior. Everything that `mark`
        (default: the last step's end), the last step's end or a provisional mark has passed is empty. Raises
        ValueError before the first step.
        """
        from liqdesk.model import columns

        if not self.time_ms:
            raise ValueError("no step has been applied yet")
        at = self.mark if mark is None else mark
        base = base_of(at)
        low, high = self.passed(at)
        out = np.empty((2 * bands.CLASSES, ROWS), dtype=np.float32)
        columns.read_planes(self._state(), self.classes, base, low, high, self._acc, out)
        return base, out

    def passed(self, mark: float) -> tuple[float, float]:
        """Return the logs of price beyond which `planes` shows long and short bins empty."""
        low = high = log_of(mark)
        for seen in (*self._provisional.values(), (float(self._x[0]),) * 2):
            low, high = min(low, seen[0]), max(high, seen[1])
        return low, high

    def totals(self) -> NDArray[np.float64]:
        """Return the standing contracts under the prior, float64 [2 side], over all prices, from the running sums."""
        total: NDArray[np.float64] = self._mass.sum(axis=0) @ self.prior
        return total

    def standing(self) -> NDArray[np.float64]:
        """Return the contracts by family, side and band, float64 [2, 2, 20], summed over the whole state."""
        full: NDArray[np.float64] = np.einsum("qskb->qsk", self._phi) * self._scale[:, None, :]
        return full

    def profile(self, side: Side) -> tuple[int, NDArray[np.float64]]:
        """Return (first bin, contracts under the prior per 5 bp bin of the window) of one side, as the state holds
        them."""
        weights = self._scale * self.prior
        contracts: NDArray[np.float64] = np.einsum("qk,qkb->b", weights, self._phi[:, side])
        return int(self._where[0]), contracts

    def audit(self) -> Account:
        """Sum the whole state and hold it against the running ledger; a sound state has an error below 1e-9."""
        running = self._mass.sum(axis=2)
        standing = self.standing().sum(axis=2)
        inflow, decayed, swept, off_grid = self._flows
        expected = inflow - decayed - swept - off_grid
        size = np.maximum(np.maximum(standing, running), 1e-3 * np.maximum(inflow, 1e-9))
        error = float(np.max(np.abs(running - standing) / size))
        error = max(error, float(np.max(np.abs(expected - running) / np.maximum(inflow, 1e-9))))
        return Account(running, standing, inflow.copy(), decayed.copy(), swept.copy(), off_grid.copy(), error)

    def balance(self, open_interest: float, gain: NDArray[np.float32]) -> tuple[Balance, Balance]:
        """Return the balance of (longs, shorts) against open interest in contracts; `gain` float32 [2]."""
        out = []
        for side in (Side.LONG, Side.SHORT):
            held = float(gain[side]) * float(self.totals()[side])
            out.append(Balance(min(held, open_interest), max(open_interest - held, 0.0), held > open_interest))
        return out[0], out[1]


def _plain(column: NDArray[Any]) -> NDArray[Any]:
    """Return a column as the kernels know it: a read-only or strided one would have them compiled anew."""
    return column if column.flags.carray else np.require(column, requirements=["C", "W"])
