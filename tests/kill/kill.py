"""Recorders killed at a hundred random instants: every file opens whole, and lacks nothing that came more than a second before.

python tests/kill/kill.py [--kills N] [--seed N] [--longest SECONDS]     about eight minutes; exits 1 when something was missing
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.killing import run


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument(
        "--longest", type=float, default=6.0, help="wall seconds that a recorder lives at most once it records"
    )
    a = parser.parse_args(argv)
    began = time.monotonic()
    try:
        found = run(
            a.kills, a.seed, a.longest, lambda words: print(f"{time.monotonic() - began:6.1f} s  {words}", flush=True)
        )
    except AssertionError as e:
        print(f"FAILED: {e}", file=sys.stderr)
        return 1
    print(f"{a.kills} kills: nothing older than a second was missing; held against the market's own word: {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
