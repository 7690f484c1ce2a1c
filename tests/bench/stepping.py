"""What minutes cost the model: one live step, thirty days of them with their columns, and the question where a row came from."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
import numpy as np
import report
from warming import NOW_MS, walk

from liqdesk.engine.market_map import MarketMap
from liqdesk.engine.minute import Minute
from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.market.rows import INTEREST
from liqdesk.model import BIN, Density, DensityGrid, StepBatch, StepRecord, bar_steps, display_bin_of, warm
from liqdesk.venues.binance.brackets import shipped_brackets

DAYS = 30
LIVE = 2_000
TICK = 0.1
BINS = 10  # of volume at price, per minute
REPEATS = 15


def milliseconds(work: Callable[[], object], repeats: int = REPEATS) -> list[float]:
    times = []
    for _ in range(repeats):
        began = time.perf_counter_ns()
        work()
        times.append((time.perf_counter_ns() - began) / 1e6)
    return times


def minute_steps(days: int = DAYS) -> StepBatch:
    """Return one step a minute with volume in `BINS` bins around its start."""
    interest = np.zeros(days * 288, INTEREST)
    interest["t"] = NOW_MS - days * DAY_MS + np.arange(len(interest)) * 5 * MINUTE_MS
    interest["contracts"], interest["usd"] = 90_000.0, np.nan
    steps = bar_steps(walk(days), MINUTE_MS, interest)
    at = np.floor(steps.start / BIN).astype(np.int64)[:, None] + np.arange(BINS) - BINS // 2
    volume = np.random.default_rng(3).uniform(0, 1, at.size)
    first = np.arange(len(steps) + 1, dtype=np.int64) * BINS
    return msgspec.structs.replace(steps, at_first=first, at_bin=at.ravel(), at_volume=volume)


def loaded(market_map: MarketMap, steps: StepBatch) -> None:
    market_map.queue_steps(steps, 5 * MINUTE_MS)
    while market_map.load_slice():
        pass


def live_minutes(mark: float, count: int) -> list[Minute]:
    """Return minutes that go on from a price, each with its trades at a handful of ticks."""
    chance = np.random.default_rng(5)
    out = []
    for i in range(count):
        path = mark * np.exp(np.cumsum(chance.normal(0, 1e-4, 60)))
        ticks = np.unique(np.round(path / TICK).astype(np.int64))
        quantity = chance.uniform(0.1, 4.0, len(ticks))
        low, high, mark = float(path.min()), float(path.max()), float(path[-1])
        total = float(quantity.sum())
        out.append(Minute(NOW_MS + i * MINUTE_MS, path, low, high, mark, total, total / 2, ticks, quantity, True))
    return out


def step() -> None:
    """Close live minutes on a month's state, with columns, record and audit; beside it, one copy of the memory a step touches."""
    warm()
    market_map = MarketMap(shipped_brackets().table("BTCUSDT"))
    market_map.grid.touch()
    loaded(market_map, minute_steps(4))
    times = []
    for minute in live_minutes(market_map.density.mark, LIVE):
        began = time.thread_time_ns()
        market_map.close(minute, TICK, 90_000.0)
        times.append((time.thread_time_ns() - began) / 1e6)
    assert market_map.audit_error < 1e-9, "the ledger does not balance"
    longest = market_map.density.law[2]
    touched = np.ones(4 * int(longest.sum()) + 10 * 800 * 2 // 8)
    floor = report.percentile(milliseconds(touched.copy, 500), 0.5)
    p50, p99 = report.percentile(times, 0.5), report.percentile(times, 0.99)
    report.line(
        "step",
        f"live minute p50 {p50:.2f}, p99 {p99:.2f} ms of CPU, n {len(times)}",
        f"copying the {touched.nbytes / 1e3:.0f} KB it touches {floor:.3f} ms",
        f"p99 {report.aim(p99, 1, 'ms')}",
    )


def minutes() -> None:
    """Run thirty days of minutes into the state and all three rings; beside it, writing the bytes of their columns."""
    warm()
    steps = minute_steps()
    times, columns = [], 0
    for _ in range(3):
        grid, density = DensityGrid(), Density(0.004, 125)
        grid.touch()
        began = time.perf_counter()
        density.run(steps, grid)
        times.append((time.perf_counter() - began) * 1000)
        assert density.audit().error < 1e-9, "the ledger does not balance"
        columns = sum(int((ring.numbers >= 0).sum()) for ring in grid.rings)
    size = columns * 10 * 800 * 2
    target = np.zeros(size, np.uint8)
    floor = min(milliseconds(lambda: target.fill(1), 3))
    best = min(times)
    report.line(
        "minutes",
        f"{len(steps)} steps, {columns} columns {report.spread(times, 'ms')}",
        f"writing their {size / 1e6:.0f} MB once {floor:.0f} ms, {best / floor:.0f}x",
        report.aim(best, 3000, "ms"),
    )


def provenance() -> None:
    """Ask where rows near and far came from after thirty days of minutes; beside it, one pass over the record's arrays."""
    warm()
    steps = minute_steps()
    density, record = Density(0.004, 125), StepRecord(0.004, 125)
    for first in range(0, len(steps), 512):
        part = steps.select((np.arange(len(steps)) >= first) & (np.arange(len(steps)) < first + 512))
        density.run(part)
        record.add(part)
    here = display_bin_of(density.mark)
    worst: list[float] = []
    for away in (-300, -100, -30, -8, 9, 35, 110, 290):
        side = int(away > 0)
        times = milliseconds(lambda away=away, side=side: record.explain(here + away, side, NOW_MS))
        worst = max(worst or times, times, key=lambda found: report.percentile(found, 0.5))
    columns = msgspec.structs.astuple(steps)
    floor = report.percentile(milliseconds(lambda: [column.sum() for column in columns]), 0.5)
    p50 = report.percentile(worst, 0.5)
    report.line(
        "provenance",
        f"{len(record)} steps, slowest row {report.spread(worst, 'ms')}, {record.nbytes / 1e6:.0f} MB",
        f"summing the same arrays once {floor:.1f} ms, {p50 / floor:.1f}x",
        report.aim(p50, 50, "ms"),
    )
