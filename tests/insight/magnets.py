"""The pull of a simulated month's map at every hour, and who won the race after it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from support.month import Month

from liqdesk.insight.magnet import Bench, bench, pull, races
from liqdesk.insight.volatility import CELL_MS, MarkPath, variances
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqdesk.model import Density, StepBatch

WARM_MS = 10 * DAY_MS


def path_of(month: Month) -> MarkPath:
    bars = month.mark_bars
    t = bars["t"]
    return MarkPath.of(t, t + MINUTE_MS, *(np.log(bars[name]) for name in ("close", "low", "high")))


def hourly(
    steps: StepBatch, path: MarkPath, from_ms: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int8], NDArray[np.float64]]:
    """Return what `bench` takes, at every whole hour of a path from a moment on, of a map made of all steps before."""
    density = Density(0.004, 125)
    times = np.arange(-(-from_ms // HOUR_MS) * HOUR_MS, path.end_ms, HOUR_MS)
    at = times // CELL_MS - path.first - 1
    variance = variances(path, at)[:, 1]
    score = np.zeros(len(at))
    since = 0
    for i, t in enumerate(times.tolist()):
        density.run(steps.select((steps.t0 >= since) & (steps.t1 <= t)))
        since = t
        mark = float(np.exp(path.end[at[i]]))
        base, usd = density.planes(mark)
        score[i] = pull(base, usd, mark, float(variance[i]))
    reach = np.sqrt(variance)
    return times, score, races(path, at, reach), (path.end[at] - path.end[at - 48]) / reach


def benched(months: list[Month]) -> Bench:
    """Put the races of several months together, ten days left out while the map forms."""
    parts = []
    for number, month in enumerate(months):
        times, *rest = hourly(month.steps, path_of(month), month.begin_ms + WARM_MS)
        parts.append((times + number * 400 * DAY_MS, *rest))  # months of different seeds are different days
    return bench(*(np.concatenate(rows) for rows in zip(*parts, strict=True)))
