"""Step: what the engine needs to know of a stretch of time, whatever it was seen through. A gap makes no step."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.market.rows import BAR, INTEREST
from liqdesk.model.axis import bins_of


class Step(msgspec.Struct, frozen=True):
    """The mark's path over [t0_ms, t1_ms) as start, low, high and end (quote units), the volume traded (base units),
    where it traded if known (`bins` int64 5 bp bins with `volumes` float64, only their proportions count), and the
    open interest at the start (contracts).

    Raises ValueError for numbers no market can have.
    """

    t0_ms: int
    t1_ms: int
    start: float
    end: float
    low: float
    high: float
    volume: float
    open_interest: float
    bins: NDArray[np.int64] | None = None
    volumes: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.t1_ms <= self.t0_ms:
            raise ValueError(f"a step must take time: {self.t0_ms} .. {self.t1_ms}")
        finite = all(math.isfinite(p) for p in (self.start, self.end, self.low, self.high))
        if not (finite and 0 < self.low <= min(self.start, self.end) and max(self.start, self.end) <= self.high):
            raise ValueError(f"impossible path: {self.start} {self.low} {self.high} {self.end}")
        if not 0 <= self.volume < math.inf:
            raise ValueError(f"impossible volume: {self.volume}")
        if not 0 < self.open_interest < math.inf:
            raise ValueError(f"impossible open interest: {self.open_interest}")
        if (self.bins is None) != (self.volumes is None):
            raise ValueError("bins and volumes come together")
        if self.bins is not None and self.volumes is not None and self.bins.shape != self.volumes.shape:
            raise ValueError("bins and volumes differ in length")


def step_from_minute(
    t0_ms: int,
    t1_ms: int,
    marks: NDArray[np.float64],
    volume: float,
    open_interest: float,
    previous: float | None = None,
    prices: NDArray[np.float64] | None = None,
    quantities: NDArray[np.float64] | None = None,
) -> Step:
    """Build the step of a live minute from its marks (one a second, at least one) and its volume at price.

    `previous` is the last mark before t0_ms and starts the path; without it the first mark does. `prices` and
    `quantities` (same length) are what traded where; open interest is the last value known at t0_ms.
    """
    start = float(marks[0]) if previous is None else previous
    path = np.append(marks, start)
    bins: NDArray[np.int64] | None = None
    volumes: NDArray[np.float64] | None = None
    if prices is not None and quantities is not None and prices.size:
        bins, inverse = np.unique(bins_of(prices), return_inverse=True)
        volumes = np.bincount(inverse, weights=quantities).astype(np.float64)
    return Step(
        t0_ms,
        t1_ms,
        start,
        float(marks[-1]),
        float(path.min()),
        float(path.max()),
        volume,
        open_interest,
        bins,
        volumes,
    )


def step_from_bar(bar: np.void, span_ms: int, open_interest: float, mark: np.void | None = None) -> Step:
    """Build the step of one 1 or 5 min kline (dtype BAR); its path is that of the mark kline where there is one."""
    path = bar if mark is None else mark
    t0 = int(bar["t"])
    return Step(
        t0,
        t0 + span_ms,
        float(path["open"]),
        float(path["close"]),
        float(path["low"]),
        float(path["high"]),
        float(bar["volume"]),
        open_interest,
    )


def steps_from_quarter(
    bars: NDArray[np.void], interest: NDArray[np.void], marks: NDArray[np.void] | None = None
) -> tuple[Step, ...]:
    """Build the three 5 min steps of the last of `bars` (15 min, dtype BAR, up to 16 of them set the volatility).

    `interest` (dtype INTEREST) gives open interest and, by usd / contracts, the mark 5 and 10 min in; `marks` are
    mark klines for the path. Empty when no open interest is known at the start.
    """
    from liqdesk.model.batch import quarter_steps

    if bars.dtype != BAR or interest.dtype != INTEREST:
        raise ValueError("bars and interest must have the dtypes BAR and INTEREST")
    batch = quarter_steps(bars[-16:], interest, marks)
    last = batch.t0 >= int(bars["t"][-1])
    return batch.select(last).steps()
