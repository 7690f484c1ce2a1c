"""Thirty days of back-fill, from bars to a state and filled rings, with kernels from the cache."""

from __future__ import annotations

import time

import numpy as np
import report
from numpy.typing import NDArray

from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.model import DensityGrid, StepBatch, bar_steps, quarter_steps, warm
from liqdesk.model.density import Density

NOW_MS = 1_780_315_200_000
STAGES = ((15 * MINUTE_MS, 30, 8), (5 * MINUTE_MS, 8, 2), (MINUTE_MS, 2, 0))  # span, days ago from, to
RING_MS = (30 * MINUTE_MS, 5 * MINUTE_MS, MINUTE_MS)


def walk(days: int) -> NDArray[np.void]:
    """Return one minute bars of a random walk of 55 % a year, with the volumes of a busy contract (dtype BAR)."""
    chance = np.random.default_rng(7)
    count, quarter = days * 1440, 15
    ticks = np.exp(np.cumsum(chance.normal(0, 0.55 / np.sqrt(365 * 1440 * quarter), count * quarter)))
    path = 80_000 * ticks.reshape(count, quarter)
    bars = np.zeros(count, BAR)
    bars["t"] = NOW_MS - days * DAY_MS + np.arange(count) * MINUTE_MS
    bars["open"] = np.concatenate([[path[0, 0]], path[:-1, -1]])
    bars["close"] = path[:, -1]
    bars["high"] = np.maximum(path.max(1), bars["open"])
    bars["low"] = np.minimum(path.min(1), bars["open"])
    bars["volume"] = chance.lognormal(4.5, 0.8, count)
    bars["taker_buy"] = bars["volume"] / 2
    return bars


def grouped(bars: NDArray[np.void], span_ms: int) -> NDArray[np.void]:
    """Return coarser bars made of whole groups of one minute bars."""
    rows = bars.reshape(-1, span_ms // MINUTE_MS)
    out = np.zeros(len(rows), BAR)
    out["t"], out["open"], out["close"] = rows["t"][:, 0], rows["open"][:, 0], rows["close"][:, -1]
    out["high"], out["low"] = rows["high"].max(1), rows["low"].min(1)
    out["volume"], out["taker_buy"] = rows["volume"].sum(1), rows["taker_buy"].sum(1)
    return out


def batches(bars: NDArray[np.void], interest: NDArray[np.void]) -> list[StepBatch]:
    """Return the steps of the three stages, as they are taken when a venue's pages have come."""
    out = []
    for span, first, last in STAGES:
        inside = (bars["t"] >= NOW_MS - first * DAY_MS) & (bars["t"] < NOW_MS - last * DAY_MS)
        part = grouped(bars[inside], span)
        out.append(quarter_steps(part, interest) if span == STAGES[0][0] else bar_steps(part, span, interest))
    return out


def fill(stages: list[StepBatch], grid: DensityGrid) -> Density:
    density = Density(0.004, 125)
    for batch, finest in zip(stages, RING_MS, strict=True):
        density.run(batch, grid, finest_ms=finest)
    return density


def backfill() -> None:
    """Time bars to steps to state and rings; beside it, writing as many bytes as the columns hold, once."""
    warm()
    bars = walk(30)
    interest = np.zeros(30 * 288, INTEREST)
    interest["t"] = NOW_MS - 30 * DAY_MS + np.arange(len(interest)) * 5 * MINUTE_MS
    interest["contracts"], interest["usd"] = 90_000.0, np.nan
    times: list[float] = []
    steps = columns = 0
    for _ in range(3):
        grid = DensityGrid()
        began = time.perf_counter()
        stages = batches(bars, interest)
        density = fill(stages, grid)
        times.append((time.perf_counter() - began) * 1000)
        steps = sum(len(batch) for batch in stages)
        columns = sum(int((ring.numbers >= 0).sum()) for ring in grid.rings)
        assert density.audit().error < 1e-9, "the ledger does not balance"
    size = columns * 10 * 800 * 2
    began = time.perf_counter()
    np.empty(size, np.uint8).fill(1)
    floor = (time.perf_counter() - began) * 1000
    best = min(times)
    report.line(
        "backfill",
        f"{steps} steps, {columns} columns {report.spread(times, 'ms')}",
        f"writing their {size / 1e6:.0f} MB once {floor:.0f} ms, {best / floor:.0f}x",
        report.aim(best, 3000, "ms"),
    )
