"""How well do the engine and the naive maps recover the true density of the simulated market?

python tests/lab/truth.py [--seeds N] [--workers N]     about ten seconds a seed and core

Every six hours of the last 20 of 31 days, over the 10 bp rows within ±6 % of the mark: correlations with the standing positions that
have no stop, Wasserstein-1 distance in % of price, share of the true mass in the tenth of rows ranked highest (with the truth's own
ranking as the ceiling; chance is 0.10), and what is shown (basis × printed USD over swept USD so far) over what stands. Means over
moments and seeds, and the engine's lead in r with its 95 % interval over seeds.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

import msgspec
import numpy as np

from liqdesk.paths import prepare_numba_cache

prepare_numba_cache()

from intervals import interval
from support.month import START_MS, Month

from liqdesk.lab import baselines
from liqdesk.lab.recovery import Recovery, compare, mean_of, near_rows
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqdesk.model import Density
from liqdesk.venues.binance.brackets import shipped_brackets

EVERY_MS = 6 * HOUR_MS
SCORED_DAYS = 20


def standing(map_: baselines.SweptMap) -> tuple[int, np.ndarray]:
    """Return (first bin, contracts float64 [2, bins]) as a map holds them."""
    if isinstance(map_, baselines.EngineMap):
        density: Density = map_.density
        return int(density._where[0]), np.einsum("k,qk,qskb->sb", map_.weights, density._scale, density._phi)
    return map_.standing()


def recover(map_: baselines.SweptMap, month: Month) -> Recovery:
    """Run a map through the month and return its mean recovery over the month's moments."""
    steps, taken = month.steps, month.bars["taker_buy"][-len(month.steps) :]
    usd = np.cumsum(month.printed_by_minute()[1].sum(axis=1))
    found, basis, begin = [], 0.0, 0
    for moment, truth in zip(month.moments.tolist(), month.standing, strict=True):
        stop = int(np.searchsorted(steps.t0, moment))
        part = np.arange(len(steps))
        part = (part >= begin) & (part < stop)
        basis += float(map_.run(steps.select(part), taken[part]).sum())
        mark = float(steps.price_at_start()[stop])
        minute = (moment - month.begin_ms) // MINUTE_MS
        first, held = standing(map_)
        found.append(
            compare(near_rows(held * (usd[minute - 1] / basis), first, mark), near_rows(truth, month.first_bin, mark))
        )
        begin = stop
    return mean_of(found)


def study(seed: int, days: int = 31, scored_days: int = SCORED_DAYS) -> dict[str, Recovery]:
    """Return every map's recovery on one seed."""
    month = Month(seed, days, range(START_MS - scored_days * DAY_MS, START_MS, EVERY_MS))
    table = shipped_brackets().table("BTCUSDT")
    maps = (
        baselines.EngineMap(table),
        *(m for m in baselines.shipped(table) if not isinstance(m, baselines.RangeVolume)),
    )
    return {m.title: recover(m, month) for m in maps}


def table(found: list[dict[str, Recovery]]) -> str:
    ours = next(iter(found[0]))
    lines = [f"| map | {' | '.join(Recovery.__struct_fields__)} | engine's lead in r |", "|---" * 8 + "|"]
    for name in found[0]:
        means = msgspec.structs.astuple(mean_of([seed[name] for seed in found]))
        lead = np.array([seed[ours].pearson - seed[name].pearson for seed in found])
        mean, half = interval(lead)
        words = (
            ""
            if name == ours
            else f"{mean:+.3f} [{mean - half:+.3f}, {mean + half:+.3f}] {int((lead > 0).sum())}/{len(lead)}"
        )
        lines.append(f"| {name} | {' | '.join(f'{v:.3f}' for v in means)} | {words} |")
    return "\n".join(lines)


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--seeds", type=int, default=10)
    args.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = args.parse_args()
    began = time.monotonic()
    with ProcessPoolExecutor(asked.workers) as pool:
        found = list(pool.map(study, range(1, asked.seeds + 1)))
    print(f"{asked.seeds} simulated months, {time.monotonic() - began:.0f} s\n")
    print(table(found))


if __name__ == "__main__":
    main()
