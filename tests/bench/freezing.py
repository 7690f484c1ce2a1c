"""How soon the frozen program's window stands, beside that of the source, in pairs."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import report
from support.program import Program, write_settings

ROOT = Path(__file__).resolve().parents[2]
FROZEN = ROOT / "build" / "frozen" / "liqdesk" / ("liqdesk.exe" if sys.platform == "win32" else "liqdesk")
ROUNDS = 15


def frozen() -> None:
    """Alternate both programs; the first of each warms the disk cache and is not counted."""
    assert FROZEN.exists(), "there is no frozen program; make package ARGS=freeze builds it"
    kinds = {"source": [sys.executable, "-m", "liqdesk"], "frozen": [str(FROZEN)]}
    painted: dict[str, list[float]] = {kind: [] for kind in kinds}
    whole: dict[str, list[float]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_settings(home / "profile")
        for n in range(ROUNDS + 1):
            for kind, command in kinds.items():
                words = [*command, "--profile", str(home / "profile"), "--demo", "--seed", "7"]
                program = Program(words, home / f"{kind}.jsonl")
                try:
                    paint = program.since_start_ms(program.wait_for("first_paint", 60))
                    # The first round may compile; some of the later ones wait for the map as well.
                    ready = program.since_start_ms(program.wait_for("map_ready", 300)) if n % 4 == 0 else None
                finally:
                    program.close() if n % 4 == 0 else program.kill()
                if n:
                    painted[kind].append(paint)
                    if ready is not None:
                        whole[kind].append(ready)
                time.sleep(0.3)
    for what, times, limit in (("first paint", painted, 1.7), ("a whole map", whole, 1.7)):
        ratio = statistics.median(times["frozen"]) / statistics.median(times["source"])
        report.line(
            "frozen",
            f"{what} {report.spread(times['frozen'], 'ms')}",
            f"the source {report.spread(times['source'], 'ms')}",
            f"ratio {ratio:.2f}, {report.aim(ratio, limit, 'x')}",
        )
