"""What would each further piece of information gain over engine S2 fed with 1 min candles?

python tests/lab/information.py [--seeds N] [--workers N] [--json FILE]     about a minute and a half a seed and core

On simulated months, where the truth is known: D2 of printed USD per half hour and the log score of printed orders per minute over
the last 20 of 31 days, each day from the days before it (the learner is the one every map gets); and how well the density within
±6 % of price is recovered. Differences to the base are paired by seed: mean, 95 % interval (Student's t), seeds that gained.

Two measures have blind spots. The log score counts orders while maps hold USD: it ranks the map of 1 min candles above perfect hindsight,
so it compares maps of one kind alone. A hard edge empties 5 bp bins when their centre is passed, half an instant early or late: by
the minute that costs it far more than the path it was given is worth; the exact edge does not have that fault.

Where LIQDESK_TEST_DATA names real months, what a local gain and an exact edge do there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

import numpy as np

from liqdesk.paths import prepare_numba_cache

prepare_numba_cache()

from intervals import interval
from real_months import on_real_months
from scoring import Printed
from study import BASE, SCORED_DAYS, VARIANTS, Case

LOCAL = {BASE: "1 min, local gain", "all of it: 1 s, exact, mix": "all of it, local gain"}
SHOWN = ("D2", "D2 1 min", "rho", "nats", "pearson", "spearman", "distance", "recall", "scale")


def study(seed: int, days: int = 31, scored_days: int = SCORED_DAYS) -> dict[str, dict[str, float]]:
    """Return every measure of every variant on one seed."""
    case = Case(seed, days, scored_days)
    printed = Printed(case, scored_days)
    out = {}
    for name, estimate_from in VARIANTS.items():
        estimate = estimate_from(case)
        out[name] = printed.measure(case, estimate)
        if name in LOCAL:
            out[LOCAL[name]] = printed.measure(case, estimate, local=True)
    return out


def table(found: list[dict[str, dict[str, float]]]) -> str:
    """Return the means of all measures, and the paired differences of the two scores and of Pearson's r."""
    lines = ["| information | " + " | ".join(SHOWN) + " |", "|---" * (len(SHOWN) + 1) + "|"]
    for name in found[0]:
        means = [np.mean([seed[name][m] for seed in found]) for m in SHOWN]
        base = np.mean([seed[BASE]["nats"] for seed in found])
        means[SHOWN.index("nats")] -= base
        lines.append(f"| {name} | " + " | ".join(f"{v:.3f}" for v in means) + " |")
    ceiling = np.mean([seed[BASE]["ceiling"] for seed in found])
    lines += [f"(nats: per printed order over “{BASE}”; recall of a ceiling of {ceiling:.3f})", ""]
    lines += [
        "| against 1 min candles | D2 | D2 1 min | nats a printed order | r of the density |",
        "|---|---|---|---|---|",
    ]
    for name in found[0]:
        cells = []
        for measure in ("D2", "D2 1 min", "nats", "pearson"):
            differences = np.array([seed[name][measure] - seed[BASE][measure] for seed in found])
            mean, half = interval(differences)
            cells.append(
                f"{mean:+.4f} [{mean - half:+.4f}, {mean + half:+.4f}] {int((differences > 0).sum())}/{len(found)}"
            )
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--seeds", type=int, default=10)
    args.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    args.add_argument("--json", type=Path)
    asked = args.parse_args()
    began = time.monotonic()
    with ProcessPoolExecutor(asked.workers) as pool:
        found = []
        for one in pool.map(study, range(1, asked.seeds + 1)):
            found.append(one)
            if asked.json:
                asked.json.write_text(json.dumps(found, indent=1))
    print(f"{asked.seeds} simulated months, {len(found[0])} configurations, {time.monotonic() - began:.0f} s\n")
    print(table(found))
    data = os.environ.get("LIQDESK_TEST_DATA")
    print("\n" + (on_real_months(Path(data)) if data else "LIQDESK_TEST_DATA names no real months."))


if __name__ == "__main__":
    main()
