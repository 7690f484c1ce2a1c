"""What a choice costs over a full map: class, side, colour map and colour scale, in the window at 1920x1080.

The grid is full: two days at 1 min, eight at 5 min, thirty at 30 min, and every cell of its ten planes holds something. A
choice is timed from the settings' change to the finished picture, panels and all.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ui"))

from chart_scene import GAIN, NOW, Scene, planes, price, scene
from PySide6.QtWidgets import QApplication

from liqdesk.model import BACK, DensityGrid
from liqdesk.model.codes import DECODE
from liqdesk.settings import Settings
from liqdesk.ui import ramp
from liqdesk.ui.window import Window

DAY = 86_400_000
TIMES = 9
LIMIT = 50.0


def full() -> Scene:
    """Return the scene of the chart tests with every column there can be."""
    market = scene()
    grid = DensityGrid()
    drawn = [planes(price(NOW), seed) for seed in range(16)]
    for ring in grid.rings:
        last = NOW // ring.span_ms - 1
        for number in range(last - ring.view().codes.shape[0] + 1, last + 1):
            base, basis = drawn[number % len(drawn)]
            ring.write(number, base, basis, GAIN, BACK, price(NOW), shares=np.full(5, 0.4, np.float32))
    return Scene(grid, market.now, market.bars)


def settled(window: Window) -> None:
    """Let everything that waits for its turn have it."""
    chart = window.chart
    assert chart is not None
    until = time.monotonic() + 0.6
    while time.monotonic() < until:
        QApplication.processEvents()
    chart.refresh()


def floor_ms(count: int) -> float:
    """Return the time numpy takes to look up and add ten planes of as many columns: the same sums, and nothing else."""
    codes = np.random.default_rng(1).integers(0, 40_000, (10, count, 800), dtype=np.uint16)
    times = []
    for _ in range(3):
        began = time.perf_counter_ns()
        total = np.zeros((count, 800), np.float32)
        for plane in codes:
            total += DECODE[plane]
        times.append((time.perf_counter_ns() - began) / 1e6)
    return min(times)


def switching() -> None:
    """Time every kind of choice over two days of minutes and over a month."""
    app = QApplication.instance() or QApplication([])
    market = full()
    window = Window(Settings(first_run_done=True, window_ms=3 * DAY))
    window.resize(1920, 1080)
    window.show()
    while window.chart is None or window.chart.map.heat.kernels is None:
        app.processEvents()
    window.set_grid(market.grid)
    window.apply(market.frame())
    chart = window.chart
    sides, maps = itertools.cycle(("long", "both")), itertools.cycle((*ramp.MAPS[1:], "ember"))
    classes = itertools.cycle(((5, 10, 50, 100), (5, 10, 25, 50, 100)))
    highs = itertools.cycle((40_000.0, 30_000.0, 50_000.0))
    choices = {
        "class": lambda: {"classes": next(classes)},
        "side": lambda: {"side": next(sides)},
        "colours": lambda: {"heat_map": next(maps)},
        "scale": lambda: {"heat_auto": False, "heat_low_usd": 500.0, "heat_high_usd": next(highs)},
    }
    for words, hours in (("2d of minutes", 47), ("1M of half hours", 720)):
        chart.set_window(hours * 3_600_000)
        settled(window)
        columns = len(chart.map.heat._runs)
        for name, fields in choices.items():
            times = []
            for _ in range(TIMES):
                settled(window)
                version = chart.map.version
                began = time.perf_counter_ns()
                window.change(**fields())
                chart.refresh()
                chart.plot.viewport().repaint()
                times.append((time.perf_counter_ns() - began) / 1e6)
                assert chart.map.version == version + 1, f"{name} painted nothing"
            worst, floor = max(times[1:]), floor_ms(columns)
            report.line(
                "switch",
                f"{name}, {words}: {report.spread(times[1:], 'ms')}",
                f"{columns} columns; numpy's sums alone {floor:.0f} ms, {statistics.median(times[1:]) / floor:.1f} of it",
                report.aim(worst, LIMIT, "ms"),
            )
    window.leaving = True
    window.close()
