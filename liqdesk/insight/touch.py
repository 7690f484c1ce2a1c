"""Touch odds: how likely the mark reaches a price within an hour, four hours or a day, and how far such odds have held.

Driftless diffusion of ln price: with a the log distance and σ√T its spread over the horizon (`volatility`), reflection gives
P(touch) = 2Φ(−a/(σ√T)). The mark is looked at once a second, which a barrier shifted by 0.5826 σ√(1 s) stands for (Broadie, Glasserman
and Kou 1997). σ is not known to better than a third: the odds are the mean over ln σ ~ N(·, 0.35²), of the same mean variance, by
five-point Gauss-Hermite quadrature. There is no drift, up or down: neither trend nor the map goes in, only distance and volatility.

These odds are then held against what came: `calibrate` bends them to the record of half-hourly statements on fixed distances, and
`chances` reads zones off the bent curve.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.insight.monotone import rising
from liqdesk.insight.volatility import CELL_MS, HORIZONS_MS, MarkPath, variances
from liqdesk.market import DAY_MS, MINUTE_MS, SECOND_MS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ODDS_VERSION: Final = 1
TICK_MS: Final = 30 * MINUTE_MS
WATCH: Final = 0.5826  # −ζ(½)/√(2π)
SIGMA_SPREAD: Final = 0.35
NODES: Final = np.array([-2.0201828704560856, -0.9585724646138185, 0.0, 0.9585724646138185, 2.0201828704560856])
SHARES: Final = np.array(
    [0.01125741132772071, 0.22207592200561263, 0.5333333333333333, 0.22207592200561263, 0.01125741132772071]
)
SCALES: Final = np.exp(math.sqrt(2) * SIGMA_SPREAD * NODES - SIGMA_SPREAD**2)
KNOTS: Final = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)  # distances of the record, in σ√T
PRIOR: Final = 30.0  # statements that do not overlap, by which a record is drawn to the law
SIGMA_ERROR: Final = 0.15  # of ln σ, where no record says how far it is off
RESAMPLES: Final = 300
BAND: Final = (0.1, 0.9)
EDGE: Final = 1e-6
RECORD_DAYS: Final = 60


def touch(distance: Floats, variance: Floats, horizon_ms: int) -> Floats:
    """Return P(touch within the horizon), elementwise.

    distance: |ln(level/mark)|, 0 at the mark; variance: σ²T > 0 over the horizon. The law alone, before any record.
    """
    spread = np.sqrt(variance)[..., None] * SCALES
    away = distance[..., None] + np.where(
        distance[..., None] > 0, WATCH * spread * math.sqrt(SECOND_MS / horizon_ms), 0
    )
    return np.asarray(np.minimum((_erfc(away / spread / math.sqrt(2)) * SHARES).sum(axis=-1), 1.0))


def _erfc(x: Floats) -> Floats:
    return np.array([math.erfc(one) for one in x.ravel().tolist()], np.float64).reshape(x.shape)


LAW: Final = np.stack([touch(np.array(KNOTS), np.ones(len(KNOTS)), h) for h in HORIZONS_MS])
"""The law's odds of KNOTS, float64 [3 horizons, knots]: in σ√T they are the same at any volatility."""


class Statement(msgspec.Struct, frozen=True):
    """What was said at `t_ms`, a whole half hour: σ√T by horizon, NaN where too little was known. `back`: computed afterwards from
    candles, from nothing later than `t_ms`."""

    t_ms: int
    reach: tuple[float, ...]
    back: bool


class Cases(msgspec.Struct, frozen=True):
    """Statements and what came of them: t ms int64 [n]; reach, up, down float64 [n, 3]: σ√T as said, and how far the mark then went up and
    down within the horizon (log, ≥ 0), NaN while it is not over or not known; back bool [n]."""

    t: Ints
    reach: Floats
    up: Floats
    down: Floats
    back: NDArray[np.bool_]


class Calibration(msgspec.Struct, frozen=True):
    """How odds of one horizon have held. `law` [knots] is what the law says of distances KNOTS, `held` what is said now, `low` and `high`
    its 80 % interval, `came` how often it came (NaN without cases).

    `cases` statements over `days` days, `back` of them computed afterwards. `brier` is the mean squared error of the odds as the record
    of the time would have made them, over both sides and all knots, `climate` that of how often the same record went as far (NaN early).
    """

    horizon_ms: int
    law: tuple[float, ...]
    held: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    came: tuple[float, ...]
    cases: int
    days: int
    back: int
    brier: float
    climate: float

    @property
    def skill(self) -> float:
        """Return 1 − brier/climate: 0 is no better than the average, 1 perfect; NaN without cases."""
        return 1 - self.brier / self.climate if self.climate > 0 else math.nan


class Chance(msgspec.Struct, frozen=True):
    """Odds that a level is touched within each of HORIZONS_MS, with their 80 % interval."""

    odds: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def ticks_of(path: MarkPath) -> Ints:
    """Return the positions in a path whose ends are whole half hours."""
    per = TICK_MS // CELL_MS
    return np.arange((-path.first - 1) % per, len(path), per)


def stated(path: MarkPath, at: Ints, back: bool) -> list[Statement]:
    """Return what is said at the ends of cells `at`."""
    reach = np.sqrt(variances(path, at))
    times = (path.first + at + 1) * CELL_MS
    rows = zip(times.tolist(), reach.tolist(), strict=True)
    return [Statement(t, tuple(row), back) for t, row in rows if any(map(math.isfinite, row))]


def excursions(path: MarkPath, at: Ints) -> tuple[Floats, Floats]:
    """Return how far the mark went up and down from the ends of cells `at` within each horizon, float64 [len(at), 3] each, log; NaN where
    the path does not reach so far or has a hole."""
    up, down = np.full((len(at), len(HORIZONS_MS)), math.nan), np.full((len(at), len(HORIZONS_MS)), math.nan)
    start = path.end[at]
    for h, horizon in enumerate(HORIZONS_MS):
        n = horizon // CELL_MS
        inside = at + n < len(path)
        if not inside.any():
            continue
        first = at[inside] + 1
        highs = np.lib.stride_tricks.sliding_window_view(path.high, n)[first]
        lows = np.lib.stride_tricks.sliding_window_view(path.low, n)[first]
        up[inside, h] = np.maximum(highs.max(axis=1) - start[inside], 0)
        down[inside, h] = np.maximum(start[inside] - lows.min(axis=1), 0)
    return up, down


def cases_of(said: Sequence[Statement], path: MarkPath) -> Cases:
    """Put statements and what came of them on a path together."""
    at = np.array([s.t_ms // CELL_MS - path.first - 1 for s in said], np.int64)
    known = (at >= 0) & (at < len(path))
    up, down = excursions(path, at[known])
    times = np.array([s.t_ms for s in said], np.int64)[known].tolist()
    return cases_from(said, dict(zip(times, zip(up, down, strict=True), strict=True)))


def cases_from(said: Sequence[Statement], came: Mapping[int, tuple[Floats, Floats]]) -> Cases:
    """Put statements and what came of them together; `came`: excursions (up, down) float64 [3] each, by the time of the statement."""
    said = sorted(said, key=lambda s: s.t_ms)
    none = np.full(len(HORIZONS_MS), math.nan)
    found = [came.get(s.t_ms, (none, none)) for s in said]
    shape = (len(said), len(HORIZONS_MS))
    return Cases(
        np.array([s.t_ms for s in said], np.int64),
        np.array([s.reach for s in said], np.float64).reshape(shape),
        np.array([up for up, _ in found], np.float64).reshape(shape),
        np.array([down for _, down in found], np.float64).reshape(shape),
        np.array([s.back for s in said], np.bool_),
    )


def calibrate(cases: Cases) -> tuple[Calibration, ...]:
    """Return how the odds of each horizon have held, and what is to be said from now on.

    What came of KNOTS, both sides together, is drawn to the law by 30 statements and made to fall with distance (pool adjacent violators);
    the interval draws days anew, and σ by 15 % where the law speaks.
    """
    return tuple(calibrated(cases, h) for h in range(len(HORIZONS_MS)))


def calibrated(cases: Cases, h: int) -> Calibration:
    """Return `calibrate` for the horizon HORIZONS_MS[h] alone."""
    law = LAW[h]
    ok = np.isfinite(cases.reach[:, h]) & (cases.reach[:, h] > 0) & np.isfinite(cases.up[:, h])
    t, reach = cases.t[ok], cases.reach[ok, h]
    far = np.stack([cases.up[ok, h], cases.down[ok, h]], axis=1)
    hits = (far[:, :, None] >= reach[:, None, None] * np.array(KNOTS)).sum(axis=1).astype(np.float64)
    single = TICK_MS / HORIZONS_MS[h]  # of a statement that does not overlap with the next
    day = t // DAY_MS
    starts = np.flatnonzero(np.concatenate([[True], day[1:] != day[:-1]])) if t.size else np.zeros(0, np.int64)
    by_day = np.add.reduceat(hits, starts, axis=0) if t.size else np.zeros((0, len(KNOTS)))
    count = np.add.reduceat(np.full(t.size, 2.0), starts) if t.size else np.zeros(0)
    n = count.sum()
    rng = np.random.default_rng(0)
    draws = (
        rng.multinomial(len(count), np.full(len(count), 1 / len(count)), RESAMPLES)
        if len(count)
        else np.zeros((RESAMPLES, 0))
    )
    drawn = _drawn_to(_doubted(h), draws @ by_day, draws @ count, single)
    low, high = np.quantile(drawn, BAND, axis=0)
    held = _drawn_to(law[None], by_day.sum(axis=0)[None], np.array([n]), single)[0]
    brier, climate = _scored(day, hits, far, reach, h) if n else (math.nan, math.nan)
    came = by_day.sum(axis=0) / n if n else np.full(len(KNOTS), math.nan)
    return Calibration(
        HORIZONS_MS[h],
        tuple(law.tolist()),
        tuple(held.tolist()),
        tuple(np.minimum(low, held).tolist()),
        tuple(np.maximum(high, held).tolist()),
        tuple(came.tolist()),
        int(t.size),
        len(count),
        int(cases.back[ok].sum()),
        brier,
        climate,
    )


@cache
def _doubted(h: int) -> Floats:
    """Return the law's odds of KNOTS under σ that are off by chance, [RESAMPLES, knots]; the same draws every time."""
    off = np.exp(SIGMA_ERROR * np.random.default_rng(1).standard_normal(RESAMPLES))
    return np.stack([touch(np.array(KNOTS), np.full(len(KNOTS), s * s), HORIZONS_MS[h]) for s in off])


def _drawn_to(law: Floats, hits: Floats, count: Floats, single: float) -> Floats:
    """Return shares that came, [draws, knots], drawn to the law and made to fall with distance."""
    n = (count * single / 2)[:, None]
    share = hits / np.maximum(count, 1)[:, None]
    mixed = np.clip((n * share + PRIOR * law) / (n + PRIOR), EDGE, 1 - EDGE)
    ones = np.ones(mixed.shape[1])
    for i in np.flatnonzero((np.diff(mixed, axis=1) > 0).any(axis=1)).tolist():
        mixed[i] = rising(mixed[i, ::-1], ones)[::-1]
    return mixed


def _scored(day: Ints, hits: Floats, far: Floats, reach: Floats, h: int) -> tuple[float, float]:
    """Return the Brier scores of the odds as the record up to two days before would have bent them, and of the share of that record
    which went as far as each distance; NaN while no record is so old."""
    days, first, where = np.unique(day, return_index=True, return_inverse=True)
    per_day = np.add.reduceat(hits, first, axis=0)
    count = np.bincount(where, minlength=len(days)) * 2.0
    before = np.searchsorted(days, days - 1, side="left")  # what was said on the day before is not over yet
    seen = np.concatenate([np.zeros((1, hits.shape[1])), np.cumsum(per_day, axis=0)])[before]
    seen_count = np.concatenate([[0.0], np.cumsum(count)])[before]
    odds = _drawn_to(np.repeat(LAW[h][None], len(days), axis=0), seen, seen_count, TICK_MS / HORIZONS_MS[h])
    ours = theirs = 0.0
    scored = 0
    bounds = np.append(first, day.size)
    for d in np.flatnonzero(before > 0).tolist():
        rows = slice(bounds[d], bounds[d + 1])
        pool = np.sort(far[: bounds[before[d]]].ravel())
        average = 1 - np.searchsorted(pool, reach[rows, None] * np.array(KNOTS), side="left") / pool.size
        ours += _squared(odds[d], hits[rows])
        theirs += _squared(average, hits[rows])
        scored += hits[rows].size
    return (ours / scored, theirs / scored) if scored else (math.nan, math.nan)


def _squared(odds: Floats, hits: Floats) -> float:
    """Return the sum of squared errors of odds against `hits` of two sides, per side."""
    return float((2 * odds**2 - 2 * odds * hits + hits).sum() / 2)


def chances(distances: Sequence[float], reach: Sequence[float], curves: Sequence[Calibration]) -> list[Chance]:
    """Return the odds of levels at |ln(level/mark)| = `distances`, 0 inside a zone, at σ√T = `reach` by horizon.

    The law's odds are bent by the record's curve: in log odds, straight between knots and shifted beyond them.
    """
    found: list[list[tuple[float, float, float]]] = [[] for _ in distances]
    away = np.array(distances, np.float64)
    for curve, spread in zip(curves, reach, strict=True):
        if not (math.isfinite(spread) and spread > 0):
            rows = np.full((3, len(away)), math.nan)
        else:
            plain = touch(away, np.full(len(away), spread**2), curve.horizon_ms)
            rows = np.stack([_bent(plain, curve.law, to) for to in (curve.held, curve.low, curve.high)])
            rows[:, away <= 0] = 1.0
        for one, triple in zip(found, rows.T.tolist(), strict=True):
            one.append(tuple(triple))
    return [Chance(*(tuple(values) for values in zip(*one, strict=True))) for one in found]


def _bent(odds: Floats, law: Sequence[float], to: Sequence[float]) -> Floats:
    x = _logit(np.array(law)[::-1])
    shift = _logit(np.array(to)[::-1]) - x
    return np.asarray(1 / (1 + np.exp(-_logit(odds) - np.interp(_logit(odds), x, shift))))


def _logit(p: Floats) -> Floats:
    inside = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(inside / (1 - inside)))
