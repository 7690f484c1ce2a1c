"""Timings, each with a floor or a rival measured beside it in the same run.

    python tests/bench/bench.py [start] [map] [symbol] [backfill] [step] [minutes] [provenance] [ledger] [switch] [frames]
        [everything] [memory] [compiled] [frozen]    all when none is named, the last where build/frozen is there

Nothing else should run on the machine. Ratios are the facts; single figures vary with the machine and its mood.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from liqdesk.paths import prepare_numba_cache

prepare_numba_cache()

import changing
import compiled
import freezing
import live_score
import running
import starting
import stepping
import switching
import warming

BENCHES: dict[str, Callable[[], None]] = {
    "start": starting.first_paint,
    "map": starting.demo_map,
    "symbol": changing.symbol,
    "backfill": warming.backfill,
    "step": stepping.step,
    "minutes": stepping.minutes,
    "provenance": stepping.provenance,
    "ledger": live_score.ledger,
    "switch": switching.switching,
    "frames": running.frames,
    "everything": running.everything,
    "memory": running.memory,
    "compiled": compiled.compiled,
    "frozen": freezing.frozen,
}


def main(names: Sequence[str]) -> int:
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    failed = 0
    there = [name for name in BENCHES if name != "frozen" or freezing.FROZEN.exists()]
    for name in names or there:
        try:
            BENCHES[name]()
        except AssertionError as e:
            failed = 1
            print(f"{name:10s} not measured: {e}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
