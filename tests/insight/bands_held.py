"""How often the 80 % bands hold what they are drawn around: on simulated months, where what stands is known, and on real ones.

    python tests/insight/bands_held.py [--first 1] [--seeds 10] [--data FOLDER]

`--data` names a folder of real months (the layout of the tests' data): bars are then held against what was really printed.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from liqdesk.paths import prepare_numba_cache

prepare_numba_cache()

from support.month import START_MS, Month

from liqdesk.insight import Spread, band_of, imbalance_of, zones_of
from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.model import DEFAULT_GAIN, Density, StepBatch, cell_share, row_prices, usual_shares

Floats = NDArray[np.float64]

WARM_DAYS: Final = 10
MEMORY_DAYS: Final = 10
REACH: Final = 0.05
EVERY_MS: Final = DAY_MS // 2
RINGS: Final = (0.001, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05)


class Sample(msgspec.Struct, frozen=True):
    """Bands and what came: arrays [n] of estimate, low, high, truth, all USD, and `at`, whatever they are sorted by."""

    usd: Floats
    low: Floats
    high: Floats
    truth: Floats
    at: Floats

    @property
    def held(self) -> NDArray[np.bool_]:
        return (self.truth >= self.low) & (self.truth <= self.high)

    def where(self, mask: NDArray[np.bool_]) -> Sample:
        return Sample(*(array[mask] for array in msgspec.structs.astuple(self)))

    def line(self, name: str) -> str:
        below, above = float((self.truth < self.low).mean()), float((self.truth > self.high).mean())
        return f"{name:<44} {len(self.usd):>7,}  held {self.held.mean():.3f}  below {below:.3f}  above {above:.3f}"


def joined(samples: list[Sample]) -> Sample:
    return Sample(*(np.concatenate(arrays) for arrays in zip(*map(msgspec.structs.astuple, samples), strict=True)))


def moments_of(days: int) -> list[int]:
    """Return two moments a day from the eleventh on."""
    first = START_MS - (days - WARM_DAYS) * DAY_MS
    return list(range(first + EVERY_MS, START_MS, EVERY_MS))


class Lived:
    """A simulated month run through the model: basis USD swept per minute [n, 2], and the picture at its moments."""

    def __init__(self, seed: int, days: int = 31) -> None:
        self.month = month = Month(seed, days, moments_of(days))
        self.density = Density(0.004, 125)
        self.pictures: list[tuple[int, NDArray[np.float32], float]] = []
        swept = []
        since = 0
        for moment in [*month.moments.tolist(), START_MS]:
            swept.append(self.density.run(month.steps.select((month.steps.t0 >= since) & (month.steps.t1 <= moment))))
            since = moment
            if moment < START_MS:
                base, planes = self.density.planes()
                self.pictures.append((base, planes, self.density.mark))
        whole = np.concatenate(swept) @ self.density.prior
        self.basis: Floats = whole * month.steps.price_at_start()[:, None]
        self.orders, self.usd = month.printed_by_minute()

    def gain_at(self, moment: int) -> float:
        """Return printed over swept of the ten days before a moment."""
        k = (moment - self.month.begin_ms) // MINUTE_MS
        part = slice(max(0, k - MEMORY_DAYS * 1_440), k)
        return float(self.usd[part].sum() / self.basis[part].sum())

    def printed_share(self, moment: int) -> float:
        """Return how much of what was liquidated in the ten days before was printed, by USD."""
        rows = self.month.liquidations
        past = rows[(rows["t"] < moment) & (rows["t"] >= moment - MEMORY_DAYS * DAY_MS)]
        usd = past["quantity"] * past["price"]
        return float(usd[past["printed"]].sum() / usd.sum())

    def standing(self) -> Iterator[tuple[int, NDArray[np.float32], float, Floats]]:
        """Yield (base, planes in USD with the gain, mark, truth [2 side, 800]) at each moment: what stands of true positions in a
        row, times the share of liquidations that is printed."""
        first = self.month.first_bin // 2
        for moment, (base, planes, mark), held in zip(
            self.month.moments.tolist(), self.pictures, self.month.standing, strict=True
        ):
            rows = held.reshape(2, -1, 2).sum(axis=2)[:, base - first : base - first + 800]
            truth = rows * row_prices(base) * self.printed_share(moment)
            yield base, planes * np.float32(self.gain_at(moment)), mark, truth


def cells(lived: Lived, spread: Spread) -> Sample:
    """Return the rows between 0.1 % and 5 % of mark; `at` is their distance."""
    out = []
    for base, planes, mark, truth in lived.standing():
        away = np.log(row_prices(base) / mark)
        for side, distance in ((0, -away), (1, away)):
            ok = (distance > 0.001) & (distance < REACH)
            own = np.zeros_like(planes)
            own[5 * side : 5 * side + 5] = planes[5 * side : 5 * side + 5]
            usd = own.sum(axis=0, dtype=np.float64)
            low, high = band_of(usd, cell_share(own, usual_shares()), spread)
            out.append(Sample(usd[ok], low[ok], high[ok], truth[side][ok], distance[ok]))
    return joined(out)


def sums(lived: Lived, spread: Spread) -> tuple[Sample, Sample, Sample]:
    """Return the amounts within 1, 2 and 5 % of mark, their ratios, and the zones and rises; `at` is the radius, or z."""
    amounts, ratios, zones = [], [], []
    for base, planes, mark, truth in lived.standing():
        true_rows = imbalance_of(base, truth, mark)
        for row, true in zip(
            imbalance_of(base, planes, mark, shares=usual_shares(), spread=spread), true_rows, strict=True
        ):
            amounts.append((row.long_usd, *row.long_band, true.long_usd, row.radius))
            amounts.append((row.short_usd, *row.short_band, true.short_usd, row.radius))
            ratios.append((row.ratio, row.low, row.high, true.ratio, row.radius))
        prices = row_prices(base)
        for zone in zones_of(base, planes, mark, usual_shares(), spread):
            inside = (prices >= zone.low) & (prices <= zone.high)
            zones.append((zone.usd, zone.low_usd, zone.high_usd, float(truth[zone.side][inside].sum()), zone.z))
    first, second, third = (Sample(*np.array(rows).T) for rows in (amounts, ratios, zones))
    return first, second, third


def taught(basis: Floats, printed: Floats, span_ms: int, spread: Spread, warm_days: float) -> tuple[Sample, Spread]:
    """Return the bands of bars [n, 2 side] by a gain of the ten days before each, and the spread as its own record taught it: every
    bar is judged before anything is learned from it. `at` is the number of the bar."""
    forget = np.exp(-span_ms / (MEMORY_DAYS * DAY_MS))
    out = []
    printed_sum = basis_sum = 0.0
    hour = np.zeros((2, 2))
    for i, (swept, came) in enumerate(zip(basis, printed, strict=True)):
        if i * span_ms >= warm_days * DAY_MS and basis_sum > 0:
            expected = swept * printed_sum / basis_sum
            low, high = band_of(expected, 0.0, spread, spread.printed_lump_usd)
            out += [(expected[s], low[s], high[s], came[s], float(i)) for s in (0, 1)]
            hour += np.stack([expected, came])
            if (i + 1) * span_ms % 3_600_000 == 0:
                for s in (0, 1):
                    spread = spread.observe(float(hour[0, s]), float(hour[1, s]))
                hour[:] = 0.0
        printed_sum = printed_sum * forget + float(came.sum())
        basis_sum = basis_sum * forget + float(swept.sum())
    return Sample(*np.array(out).T), spread


def barred(values: Floats, minutes: int) -> Floats:
    return np.asarray(values[: len(values) // minutes * minutes].reshape(-1, minutes, 2).sum(axis=1))


def bars(lived: Lived, minutes: int, spread: Spread) -> tuple[Sample, Spread]:
    """Return swept bars of a simulated month against what was printed, and what the spread learned of it."""
    fitted = msgspec.structs.replace(spread, scale=0.05)  # the scale of ten days of the market's own prints
    return taught(barred(lived.basis, minutes), barred(lived.usd, minutes), minutes * MINUTE_MS, fitted, WARM_DAYS / 2)


def real_steps(data: Path) -> StepBatch:
    from liqdesk.history import History
    from liqdesk.lab.imports import import_paths
    from liqdesk.lab.swept import steps_of

    with tempfile.TemporaryDirectory() as folder, History.open(Path(folder) / "h", Path(folder) / "lock") as history:
        import_paths([data / "archive"], history)
        return steps_of(history, "BTCUSDT")


def real_bars(data: Path) -> Iterator[tuple[str, Sample, Spread]]:
    """Yield (name, sample, spread learned) of three venues per 30 min, with a gain of the ten days before, and of Binance alone per 15
    min with the shipped gain."""
    steps = real_steps(data)
    density = Density(0.004, 125)
    usd = (density.run(steps) @ density.prior) * steps.price_at_start()[:, None]

    def per(span_ms: int, times: NDArray[np.int64]) -> Floats:
        out = np.zeros((len(times), 2))
        slot = np.searchsorted(times, steps.t0, side="right") - 1
        ok = (slot >= 0) & (steps.t0 < times[np.maximum(slot, 0)] + span_ms)
        np.add.at(out, slot[ok], usd[ok])
        return out

    with gzip.open(data / "liquidations/btc_three_venues_30m.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    times = np.array([int(r["timestamp"]) for r in rows])
    printed = np.array([[float(r["longUsd"]), float(r["shortUsd"])] for r in rows])
    for name, spread in (("three venues, 30 min", Spread()), ("the same, lump held", Spread())):
        sample, after = taught(per(1_800_000, times), printed, 1_800_000, spread, 5.0)
        if "held" in name:
            fixed = band_of(sample.usd, 0.0, Spread())
            sample, after = Sample(sample.usd, *fixed, sample.truth, sample.at), spread
        yield name, sample, after
    with gzip.open(data / "liquidations/binance_btcusdt_15m_week.json.gz", "rt", encoding="utf-8") as file:
        week = {int(r["timestamp"]): r for r in json.load(file)["data"]["candles"]}
    times = np.arange(min(week), max(week), 900_000)
    sides = ("sell_volume_usd", "buy_volume_usd")
    printed = np.array([[float(week[t][s]) if t in week else 0.0 for s in sides] for t in times.tolist()])
    expected = per(900_000, times) * DEFAULT_GAIN
    low, high = band_of(expected, 0.0, Spread())
    flat = [a.ravel() for a in (expected, low, high, printed)]
    yield "Binance, one week, 15 min", Sample(*flat, np.repeat(times, 2).astype(np.float64)), Spread()


def report(first: int, seeds: int, data: Path | None) -> None:
    shipped = Spread()
    rows, within, ratios, zones, swept = [], [], [], [], []
    for seed in range(first, first + seeds):
        lived = Lived(seed)
        rows.append(cells(lived, shipped))
        print(rows[-1].line(f"seed {seed}: rows within 5 %"), flush=True)
        one, two, three = sums(lived, shipped)
        within.append(one)
        ratios.append(two)
        zones.append(three)
        sample, after = bars(lived, 30, shipped)
        swept.append(sample)
        worth = sample.where(sample.usd >= after.order_usd)
        print(
            worth.line(f"seed {seed}: bars of 30 min, an order or more"),
            f" lump {after.printed_lump_usd:,.0f}",
            flush=True,
        )
    every = joined(rows)
    print(every.line("all: rows within 5 %"))
    print(every.where(every.usd >= 20_000).line("all: rows of 20K and more"))
    for a, b in pairwise(RINGS):
        print(every.where((every.at >= a) & (every.at < b)).line(f"  rows {a:.1%} to {b:.1%}"))
    for radius in (0.01, 0.02, 0.05):
        for name, sample in (("amount", joined(within)), ("ratio", joined(ratios))):
            print(sample.where(sample.at == radius).line(f"all: {name} within {radius:.0%}"))
    risen = joined(zones)
    print(
        risen.line("all: amounts of zones and rises"),
        f" z: median {np.median(risen.at):.2f}, most {risen.at.max():.2f}",
    )
    flat = joined(swept)
    print(flat.line("all: bars of 30 min"))
    print(flat.where(flat.usd >= shipped.order_usd).line("all: bars in which an order or more was expected"))
    print(flat.where(flat.usd >= 100_000).line("all: bars of 100K and more"))
    if data is not None:
        for name, sample, after in real_bars(data):
            print(sample.line(f"real: {name}"), f" lump {after.printed_lump_usd:,.0f}, {after.hours} hours and sides")
            for least in (shipped.order_usd, 100_000.0, 1e6):
                print(sample.where(sample.usd >= least).line(f"  of {least:,.0f} and more"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--first", type=int, default=1, help="the shipped values were chosen on 1 to 10; others are fresh"
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--data", type=Path)
    chosen = parser.parse_args()
    report(chosen.first, chosen.seeds, chosen.data)
