"""A local gain on the real months: what the program's own record of the last 24 h would add to the map."""

from __future__ import annotations

import csv
import gzip
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scoring import expected, local_gain, tweedie

from liqdesk.history import History
from liqdesk.lab.imports import import_paths
from liqdesk.lab.learner import USD_A_BAR
from liqdesk.lab.recovery import correlation, ranks
from liqdesk.lab.swept import steps_of, swept_bars
from liqdesk.venues.binance.brackets import shipped_brackets

HALF_HOUR_MS, DAY_MS = 1_800_000, 86_400_000
FROM, SPLIT, UNTIL = "2026-02-21 05:30", "2026-03-24", "2026-04-15"
DRAWS = 2_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def local_gain_on_real_months(data: Path) -> str:
    """Return D2 and Spearman of half hours from SPLIT to UNTIL, three venues' USD, with and without the local gain; the
    interval is a bootstrap over days."""
    with (
        tempfile.TemporaryDirectory() as folder,
        History.open(Path(folder, "history.sqlite"), Path(folder, "lock")) as history,
    ):
        import_paths([data / "archive"], history)
        starts, swept = swept_bars(
            steps_of(history, "BTCUSDT", ms(UNTIL)), shipped_brackets().table("BTCUSDT"), HALF_HOUR_MS
        )
    with gzip.open(data / "liquidations/btc_three_venues_30m.csv.gz", "rt") as file:
        truth = {int(r["timestamp"]): (float(r["longUsd"]), float(r["shortUsd"])) for r in csv.DictReader(file)}
    used = np.array([ms(FROM) <= t < ms(UNTIL) and int(t) in truth for t in starts])
    t, mass = starts[used], swept[used]
    y = np.array([truth[int(i)] for i in t])
    day = t // DAY_MS
    judged = t >= ms(SPLIT)
    days = np.unique(day[judged])

    def daily(mean: np.ndarray) -> np.ndarray:
        return np.array([tweedie(y, mean)[judged & (day == d)].sum() for d in days])

    null = daily(expected(mass, y, USD_A_BAR, day, bare=True))
    local = mass * local_gain(mass, y)
    deviance = {name: daily(expected(m, y, USD_A_BAR, day)) for name, m in (("plain", mass), ("local", local))}
    draws = np.random.default_rng(0).integers(0, len(days), (DRAWS, len(days)))
    gain = deviance["plain"] - deviance["local"]
    low, high = np.percentile(gain[draws].sum(axis=1) / null[draws].sum(axis=1), [2.5, 97.5])
    d2 = {name: 1 - found.sum() / null.sum() for name, found in deviance.items()}
    rho = {
        n: correlation(ranks(m[judged].ravel()), ranks(y[judged].ravel()))
        for n, m in (("plain", mass), ("local", local))
    }
    return (
        f"Real months, three venues, {int(judged.sum())} half hours, {len(days)} days: D2 {d2['plain']:.4f} plain, {d2['local']:.4f} "
        f"with local gain, {gain.sum() / null.sum():+.4f} [{low:+.4f}, {high:+.4f}], better on {int((gain > 0).sum())} days; "
        f"Spearman {rho['plain']:.3f}, {rho['local']:.3f}"
    )
