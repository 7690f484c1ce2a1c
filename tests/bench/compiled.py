"""What the compiler gives: model, simulated market and painting compiled for this processor, for any of its kind, and not at all.

Plain Python does a small part of the work, and its time is scaled up: that is what the figure marked with ~ says.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

STEPS = 43_200  # thirty days of minutes
SECONDS = 86_400  # a day of the leader's market
COLUMNS, WIDTH, HEIGHT = 288, 1600, 900  # a day at 5 min
MODES = {
    "native": {},
    "generic": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
    "plain": {"NUMBA_DISABLE_JIT": "1"},
}
PLAIN = 1 / 1440  # of the work


def model(share: float) -> Callable[[], object]:
    """Return the back-fill of thirty days of minutes, with its columns, or of a share of it."""
    import stepping

    from liqdesk.model import Density, DensityGrid

    steps = stepping.minute_steps(30 if share == 1 else 1)
    count = round(STEPS * share)
    part = steps if share == 1 else steps.select(np.arange(len(steps)) < count)
    grid, density = DensityGrid(), Density(0.004, 125)
    return lambda: density.run(part, grid)


def market(share: float) -> Callable[[], object]:
    """Return a day of the simulated leader, or a share of it."""
    from liqdesk.simulator.market import Market

    made = Market(7, 1_780_315_200_000, past_days=1)
    made.begin()
    until = made.now_ms + 60_000
    made.lead(until)
    return lambda: made.lead(until + round(SECONDS * share) * 1000)


def painting(share: float) -> Callable[[], object]:
    """Return one picture of a day's map, from ring codes to pixels, or of a share of its columns and rows."""
    from liqdesk.ui.chart import kernels

    chance = np.random.default_rng(1)
    part = share**0.5
    columns, width, height = max(1, round(COLUMNS * part)), max(1, round(WIDTH * part)), max(1, round(HEIGHT * part))
    codes = chance.integers(0, 40_000, (columns, kernels.PLANES, kernels.ROWS), dtype=np.uint16)
    decode = np.linspace(0, 1e6, 65_536, dtype=np.float32)
    usd, levels = np.zeros((columns, kernels.ROWS), np.float32), np.zeros((columns, kernels.ROWS), np.uint8)
    slots = np.arange(columns)
    bins = max(1, round(kernels.ROWS * part))
    cells, shown = np.zeros((bins, columns), np.float32), np.zeros((bins, columns), np.uint8)
    entries = np.zeros((bins, columns), np.uint16)
    out = np.zeros((height, width), np.uint32)
    x = (np.arange(width) * columns // width).astype(np.int32)
    y = (np.arange(height) * bins // height).astype(np.int32)
    arrays = (np.ones((columns, 2), np.float32), np.full((columns, 5), 0.4, np.float32))

    def draw() -> None:
        kernels.combine(codes, slots, *arrays, decode, np.ones(kernels.PLANES, np.bool_), usd, levels)
        kernels.values(usd, levels, slots, np.zeros(columns, np.int32), slots, 0, cells, shown)
        kernels.positions(cells, shown, 0.0, 1e6, entries)
        kernels.paint(entries, x, y, np.zeros(81 * 256, np.uint32), np.uint32(0), out)

    return draw


WORK: dict[str, Callable[[float], Callable[[], object]]] = {"model": model, "market": market, "painting": painting}


def measure(share: float) -> None:
    """Print what each piece of work takes whole, in ms of CPU, as JSON; where it is whole, the best of three."""
    found = {}
    for name, prepare in WORK.items():
        times = []
        if share == 1:
            prepare(share)()  # loads or compiles
        for _ in range(3 if share == 1 else 1):
            work = prepare(share)
            began = time.process_time()
            work()
            times.append((time.process_time() - began) * 1000 / share)
        found[name] = min(times)
    print(json.dumps(found))


def compiled() -> None:
    """Time the three kinds side by side, each in a process of its own."""
    import report

    found: dict[str, dict[str, float]] = {}
    for mode, environ in MODES.items():
        share = PLAIN if mode == "plain" else 1
        words = [sys.executable, __file__, f"{share!r}"]
        path = os.pathsep.join(p for p in sys.path if p)
        run = subprocess.run(
            words, env={**os.environ, **environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr[-2000:]
        found[mode] = json.loads(run.stdout)
    for name, what in (
        ("model", "30 days of minutes"),
        ("market", "a simulated day"),
        ("painting", "a day's map at 1600x900"),
    ):
        native, generic, plain = (found[mode][name] for mode in MODES)
        report.line(
            "compiled",
            f"{what} {native:.1f} ms",
            f"for any processor {generic:.1f} ms, plain Python ~{plain / 1000:.1f} s",
            f"{generic / native:.2f}x, ~{plain / native:.0f}x",
        )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from liqdesk.paths import prepare_numba_cache

    prepare_numba_cache()
    measure(float(sys.argv[1]))
