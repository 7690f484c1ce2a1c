"""How soon the window stands, and how soon the demo's map is whole."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import report
import requests
from support.exchange import Exchange
from support.program import Program, write_settings

BARE = Path(__file__).with_name("bare_window.py")
ROUNDS = 9


def first_paint() -> None:
    """Alternate the program with a bare QtWidgets window; the first of each warms the disk cache and is not counted."""
    mine: list[float] = []
    bare: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_settings(home / "profile")
        for n in range(ROUNDS + 1):
            for kept, start in (
                (bare, lambda: Program([sys.executable, str(BARE)], home / "bare.jsonl")),
                (mine, lambda: Program.liqdesk(["--demo", "--seed", "7"], home)),
            ):
                program = start()
                try:
                    took = program.since_start_ms(program.wait_for("first_paint", 60))
                finally:
                    program.kill()
                if n:
                    kept.append(took)
                time.sleep(0.3)
    ratio = statistics.median(mine) / statistics.median(bare)
    report.line(
        "start",
        f"first paint {report.spread(mine, 'ms')}",
        f"bare QtWidgets window {report.spread(bare, 'ms')}",
        f"ratio {ratio:.2f}, {report.aim(ratio, 1.3, 'x')}",
    )


def demo_map() -> None:
    """From the start of the process to a whole one-day map of the demo; beside it, the market's own start alone."""
    whole: list[float] = []
    market: list[float] = []
    painted: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_settings(home / "profile", window_ms=86_400_000)
        for n in range(4):
            began = time.monotonic()
            exchange = Exchange(seed=7)
            requests.get(f"{exchange.rest}/sim/state", timeout=60).raise_for_status()  # answered once the past is whole
            served = (time.monotonic() - began) * 1000
            exchange.close()
            program = Program.liqdesk(["--demo", "--seed", "7"], home)
            try:
                ready = program.since_start_ms(program.wait_for("map_ready", 120))
                paint = program.since_start_ms(program.wait_for("first_paint", 1))
            finally:
                program.close()
            if n:
                whole.append(ready)
                market.append(served)
                painted.append(paint)
    report.line(
        "map",
        f"demo to 1-day map {report.spread(whole, 'ms')}",
        f"the market's start alone {report.spread(market, 'ms')}",
        report.aim(statistics.median(whole), 3000, "ms"),
    )
