"""On the real months: a local gain, from what was liquidated in the last 24 h, and an exact edge in place of the soft one."""

from __future__ import annotations

import csv
import gzip
import math
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scoring import expected, local_gain, tweedie
from walking import EXACT, SOFT, columns, memory_of, walk

from liqdesk.history import History
from liqdesk.lab.imports import import_paths
from liqdesk.lab.learner import USD_A_BAR
from liqdesk.lab.recovery import correlation, ranks
from liqdesk.lab.swept import steps_of
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqdesk.model import BIN, Density, StepBatch
from liqdesk.model.bands import BANDS
from liqdesk.model.gain import ALL_VENUES_FACTOR, ORDER_USD, OnlineGain

HALF_HOUR_MS = 1_800_000
FROM, SPLIT, UNTIL = "2026-02-21 05:30", "2026-03-24", "2026-04-15"
DRAWS = 2_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def swept_by(steps: StepBatch, edge: float) -> dict[int, np.ndarray]:
    """Return basis USD per half hour and side, by the start of the half hour."""
    density = Density(0.004, 125)
    swept = np.zeros((len(steps), 2, BANDS))
    none = np.zeros(0, np.int64)
    first = math.floor(steps.low.min() / BIN) - 10
    bins = math.floor(steps.high.max() / BIN) + 10 - first
    walk(
        density._state(), density._law, columns(steps), steps.volume / (2 * steps.interest), np.arange(len(steps)), (0, len(steps)),
        edge, swept, none, none, none, np.zeros((0, BANDS)), *memory_of(first, bins, steps.start[0]),
    )  # fmt: skip
    usd = steps.price_at_start()[:, None] * (swept @ density.prior)
    start = steps.t0 // HALF_HOUR_MS * HALF_HOUR_MS
    bars, row = np.unique(start, return_inverse=True)
    sums = np.zeros((len(bars), 2))
    np.add.at(sums, row, usd)
    return dict(zip(bars.tolist(), sums, strict=True))


def program_gain(mass: np.ndarray, printed: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Return the factors [n, 2] of the program's own local gain, of the 24 whole hours before each half hour; orders are taken for
    such as it knows."""
    gain = OnlineGain()
    out, hour = np.ones_like(mass), np.ones(2)
    for i, at_ms in enumerate(t.tolist()):
        if at_ms % HOUR_MS == 0:
            hour = np.array(gain.estimate(at_ms, local=True).local)
        out[i] = hour
        gain.add(at_ms, mass[i], printed[i], printed[i] / ORDER_USD, HALF_HOUR_MS // MINUTE_MS)
    return out


def on_real_months(data: Path) -> str:
    """Return D2 and Spearman of half hours from SPLIT to UNTIL, three venues' USD; intervals are a bootstrap over days."""
    with (
        tempfile.TemporaryDirectory() as folder,
        History.open(Path(folder, "history.sqlite"), Path(folder, "lock")) as history,
    ):
        import_paths([data / "archive"], history)
        steps = steps_of(history, "BTCUSDT", ms(UNTIL))
    with gzip.open(data / "liquidations/btc_three_venues_30m.csv.gz", "rt") as file:
        truth = {int(r["timestamp"]): (float(r["longUsd"]), float(r["shortUsd"])) for r in csv.DictReader(file)}
    soft, exact = swept_by(steps, SOFT), swept_by(steps, EXACT)
    t = np.array([i for i in soft if ms(FROM) <= i < ms(UNTIL) and i in truth])
    y = np.array([truth[i] for i in t.tolist()])
    day = t // DAY_MS
    judged = t >= ms(SPLIT)
    days = np.unique(day[judged])

    def daily(mean: np.ndarray) -> np.ndarray:
        return np.array([tweedie(y, mean)[judged & (day == d)].sum() for d in days])

    base = np.array([soft[i] for i in t.tolist()])
    maps = {
        "15 min candles, 5 min OI": base,
        "the same, local gain": base * local_gain(base, y),
        "the same, the program's local gain": base * program_gain(base, y / ALL_VENUES_FACTOR, t),
        "the same, exact edge": np.array([exact[i] for i in t.tolist()]),
    }
    null = daily(expected(base, y, USD_A_BAR, day, bare=True))
    draws = np.random.default_rng(0).integers(0, len(days), (DRAWS, len(days)))
    lines = [f"Real months, three venues: {int(judged.sum())} half hours, {len(days)} days.", ""]
    lines += ["| information | D2 | rho | gain in D2 | better days |", "|---|---|---|---|---|"]
    plain = daily(expected(base, y, USD_A_BAR, day))
    for name, mass in maps.items():
        deviance = daily(expected(mass, y, USD_A_BAR, day))
        gain = plain - deviance
        low, high = np.percentile(gain[draws].sum(axis=1) / null[draws].sum(axis=1), [2.5, 97.5])
        rho = correlation(ranks(mass[judged].ravel()), ranks(y[judged].ravel()))
        lines.append(
            f"| {name} | {1 - deviance.sum() / null.sum():.4f} | {rho:.3f} | {gain.sum() / null.sum():+.4f} "
            f"[{low:+.4f}, {high:+.4f}] | {int((gain > 0).sum())}/{len(days)} |"
        )
    return "\n".join(lines)
