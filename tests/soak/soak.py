"""Ten simulated days at 600 times speed: memory may grow by less than 3 % from day 2 to day 10.

A day's memory is the median of what was resident each second of it: at one moment of so fast a day some megabytes more or less lie
between what is in use.

python tests/soak/soak.py [DAYS]     about 27 minutes; exits 1 when memory grew or the program fell silent
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from support.program import Program, write_settings

SPEED = 600
FIRST_DAY = 2
LIMIT = 0.03
SILENCE_S = 400.0


def watch(days: int) -> list[float]:
    """Run the demo and return its resident memory in MB on each market day, the first being the rest of the day it starts on."""
    sizes: list[float] = []
    today: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_settings(home / "profile")
        program = Program.liqdesk(["--demo", "--seed", "7", "--speed", str(SPEED)], home)
        try:
            program.wait_for("map_ready", 180)
            heard, seen, begun = time.monotonic(), len(program.events), False
            while len(sizes) <= days:
                program.read()
                fresh, seen = program.events[seen:], len(program.events)
                for event in fresh:
                    if event["event"] == "day":
                        heard = time.monotonic()
                        if begun:
                            if not today:
                                raise AssertionError("a market day passed between two looks: the window stood still")
                            sizes.append(statistics.median(today))
                            end = dt.datetime.fromtimestamp(event["venue_ms"] / 1000, dt.UTC)
                            spread = f"{min(today):.1f} to {max(today):.1f}, n {len(today)}"
                            print(
                                f"day {len(sizes) - 1:2d} to {end:%Y-%m-%d}  {sizes[-1]:7.1f} MB  ({spread})",
                                flush=True,
                            )
                        begun, today = True, []
                if not program.alive():
                    raise AssertionError(f"the program ended early\n{program.errors()}")
                if time.monotonic() - heard > SILENCE_S:
                    raise AssertionError(f"no new day within {SILENCE_S:g} s\n{program.errors()}")
                today.append(program.rss_mb())
                time.sleep(1)
        finally:
            program.close()
    return sizes


def main(argv: Sequence[str]) -> int:
    days = int(argv[0]) if argv else 10
    if days <= FIRST_DAY:
        print(f"needs more than {FIRST_DAY} days", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the window is closed then too
    try:
        sizes = watch(days)
    except AssertionError as e:
        print(f"FAILED: {e}", file=sys.stderr)
        return 1
    growth = sizes[days] / sizes[FIRST_DAY] - 1
    print(f"growth from day {FIRST_DAY} to day {days}: {growth:+.2%} (limit {LIMIT:.0%})")
    return 0 if growth < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
