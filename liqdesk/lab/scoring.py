"""How well maps say where liquidations fall, given where price went: every map with the same learner, on days it has not seen.

D2 = 1 − the map's Tweedie(1.5) deviance over that of the prequential mean of what was liquidated. A lead is the difference of two
maps' deviances over that same null deviance; its interval is that of 2,000 draws of whole UTC days with replacement. Ranks are
those of the swept mass itself, before any learning.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.errors import NoDataError
from liqdesk.lab.chunks import SweptBars
from liqdesk.lab.held import Held, bands_held
from liqdesk.lab.learner import LEAST_DAYS, USD_A_BAR, Head, prequential
from liqdesk.lab.recovery import ranks
from liqdesk.lab.truth import Truth
from liqdesk.lab.words import day as day_text
from liqdesk.market import DAY_MS

Floats = NDArray[np.float64]

DRAWS: Final = 2_000
SHARE: Final = 0.02  # of the mean: the learner's floor where liquidations are small
DECILES: Final = 10
WEEK: Final = 7  # days
EARLY_DAYS: Final = 14
LEAST_JUDGED: Final = 2  # days: of fewer there is nothing to draw


class MapScore(msgspec.Struct, frozen=True):
    """One map: D2, rank correlation, mean deviances per bar and side, forecast over liquidated USD; and by how much the
    first map leads it, in units of D2, with a 95 % interval (None for the first map itself)."""

    name: str
    title: str
    d2: float
    rho: float
    tweedie: float
    poisson: float
    ratio: float | None
    lead: float | None = None
    low: float | None = None
    high: float | None = None


class Span(msgspec.Struct, frozen=True):
    """Forecast and liquidated USD of a stretch of days, or of a decile of the forecast (then per bar and side), by the first
    map's forecast; `from_ms` is zero for deciles."""

    from_ms: int
    forecast: float
    liquidated: float
    count: int


class Score(msgspec.Struct, frozen=True):
    """What was scored of one symbol and how it went. The first of `maps` is the map itself. `leads` are running sums over
    `days` (ms), one row per naive map; `held` says how the 80 % bands did; `left_out` counts bars that could not be judged, by reason."""

    symbol: str
    bar_ms: int
    truth: str
    from_ms: int
    to_ms: int
    warm_days: float
    taught_days: int
    bars: int
    usd: float
    floor: float
    null_tweedie: float
    null_poisson: float
    maps: tuple[MapScore, ...]
    weeks: tuple[Span, ...]
    deciles: tuple[Span, ...]
    days: tuple[int, ...]
    leads: tuple[tuple[float, ...], ...]
    held: Held | None
    left_out: dict[str, int]
    notes: tuple[str, ...]

    @property
    def best(self) -> MapScore:
        """The naive map that is hardest to beat."""
        return max(self.maps[1:], key=lambda m: m.d2)


def spearman(a: Floats, b: Floats) -> float:
    """Return the rank correlation of two arrays of one shape; NaN where one of them does not vary."""
    u, v = ranks(a.ravel()), ranks(b.ravel())
    u -= u.mean()
    v -= v.mean()
    size = math.sqrt(float(u @ u) * float(v @ v))
    return float(u @ v) / size if size else math.nan


def tweedie(y: Floats, mean: Floats) -> Floats:
    """Return the unit deviances of y >= 0 at power 1.5: 2·(2y/√μ + 2√μ − 4√y)."""
    root = np.sqrt(mean)
    out: Floats = 4.0 * (y / root + root - 2.0 * np.sqrt(y))
    return out


def poisson(y: Floats, mean: Floats) -> Floats:
    """Return the unit deviances of y >= 0 at power 1: 2·(y·ln(y/μ) − y + μ)."""
    out: Floats = 2.0 * (np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0) / mean), 0.0) - y + mean)
    return out


def score(
    symbol: str, bar_ms: int, swept: SweptBars, truth: Truth, from_ms: int | None = None, to_ms: int | None = None
) -> Score:
    """Score every map of `swept` against the truth in bars that open in [from_ms, to_ms); earlier bars teach the learner.

    Raises NoDataError when the two do not overlap, or for too few days.
    """
    slots = truth.t // bar_ms
    if to_ms is not None:
        slots = slots[truth.t < to_ms]
    place = np.searchsorted(swept.slots, slots)
    place[place == len(swept.slots)] = 0
    found = swept.slots[place] == slots
    whole = found & (swept.held_ms[place] >= bar_ms)
    wanted = np.ones(len(slots), np.bool_) if from_ms is None else slots * bar_ms >= from_ms
    left_out = {
        "no price or open interest in the history": int((wanted & ~found).sum()),
        "price known for a part of the bar alone": int((wanted & found & ~whole).sum()),
    }
    if not whole.any():
        raise NoDataError(f"{symbol}: truth and history do not overlap", _apart(symbol, truth, swept, bar_ms))
    slots, place, wanted = slots[whole], place[whole], wanted[whole]
    y = truth.usd[: len(whole)][whole]
    day = slots * bar_ms // DAY_MS
    judged = wanted & (day >= day[0] + LEAST_DAYS)
    left_out["among the first three days, which teach the learner"] = int((wanted & ~judged).sum())
    days = np.unique(day[judged])
    if len(days) < LEAST_JUDGED:
        raise NoDataError(
            f"{symbol}: {len(days)} days to judge",
            f"{len(days)} day{'' if len(days) == 1 else 's'} of {symbol} can be judged, after {LEAST_DAYS} that teach the "
            f"learner; a score needs {LEAST_JUDGED} at least.",
        )
    early = y[day < day[0] + LEAST_DAYS]
    floor = min(USD_A_BAR, max(SHARE * float(early.mean()), 1.0))
    null = prequential(Head.null(floor), y, y, day)
    means = [prequential(Head(floor), swept.usd[i][place], y, day) for i in range(len(swept.names))]
    at = np.searchsorted(days, day[judged])

    def by_day(mean: Floats) -> Floats:
        sums: Floats = np.bincount(at, tweedie(y[judged], mean[judged]).sum(axis=1), len(days)).astype(np.float64)
        return sums

    null_days, map_days = by_day(null), [by_day(mean) for mean in means]
    return Score(
        symbol=symbol,
        bar_ms=bar_ms,
        truth=truth.words,
        from_ms=int(slots[judged][0]) * bar_ms,
        to_ms=(int(slots[judged][-1]) + 1) * bar_ms,
        warm_days=float((slots[judged][0] - swept.slots[0]) * bar_ms / DAY_MS),
        taught_days=int(days[0] - day[0]),
        bars=int(judged.sum()),
        usd=float(y[judged].sum()),
        floor=floor,
        null_tweedie=float(null_days.sum()) / (2 * int(judged.sum())),
        null_poisson=float(poisson(y[judged], null[judged]).mean()),
        maps=tuple(_maps(swept, place, judged, y, means, null_days, map_days)),
        weeks=_weeks(days, day[judged], y[judged], means[0][judged]),
        deciles=_deciles(y[judged].ravel(), means[0][judged].ravel()),
        days=tuple((days * DAY_MS).tolist()),
        leads=tuple(
            tuple((np.cumsum(theirs - map_days[0]) / null_days.sum()).tolist()) for theirs in map_days[1:]
        ),
        held=bands_held(slots, swept.usd[0][place], y, bar_ms, judged),
        left_out={reason: count for reason, count in left_out.items() if count},
        notes=_notes(len(days), y[judged], float(map_days[0].sum()) >= float(null_days.sum())),
    )  # fmt: skip


def _maps(
    swept: SweptBars,
    place: NDArray[np.intp],
    judged: NDArray[np.bool_],
    y: Floats,
    means: list[Floats],
    null_days: Floats,
    map_days: list[Floats],
) -> list[MapScore]:
    total, count = float(null_days.sum()), 2 * int(judged.sum())
    draws = np.random.default_rng(0).integers(0, len(null_days), (DRAWS, len(null_days)))
    scale = null_days[draws].sum(axis=1)
    liquidated = float(y[judged].sum())
    out = []
    for i, mean in enumerate(means):
        lead = low = high = None
        if i:
            ahead = map_days[i] - map_days[0]
            lead = float(ahead.sum()) / total
            low, high = (float(v) for v in np.percentile(ahead[draws].sum(axis=1) / scale, (2.5, 97.5)))
        out.append(
            MapScore(
                name=swept.names[i],
                title=swept.titles[i],
                d2=1.0 - float(map_days[i].sum()) / total,
                rho=spearman(swept.usd[i][place][judged], y[judged]),
                tweedie=float(map_days[i].sum()) / count,
                poisson=float(poisson(y[judged], mean[judged]).mean()),
                ratio=float(mean[judged].sum()) / liquidated if liquidated else None,
                lead=lead,
                low=low,
                high=high,
            )
        )
    return out


def _weeks(days: NDArray[np.int64], day: NDArray[np.int64], y: Floats, mean: Floats) -> tuple[Span, ...]:
    """Return forecast and liquidated USD by stretches of seven days from the first; the last may be shorter."""
    week = (day - days[0]) // WEEK
    out = []
    for w in np.unique(week).tolist():
        mine = week == w
        start = int(days[0] + w * WEEK) * DAY_MS
        out.append(Span(start, float(mean[mine].sum()), float(y[mine].sum()), int(mine.sum())))
    return tuple(out)


def _deciles(y: Floats, mean: Floats) -> tuple[Span, ...]:
    """Return mean forecast and mean liquidated USD per bar and side, by tenths of the forecast, smallest first."""
    parts = np.array_split(np.argsort(mean, kind="stable"), DECILES)
    return tuple(Span(0, float(mean[p].mean()), float(y[p].mean()), len(p)) for p in parts if len(p))


def _notes(days: int, y: Floats, useless: bool) -> tuple[str, ...]:
    out = []
    if days < EARLY_DAYS:
        out.append(
            f"Too early to say much: {days} days, {EARLY_DAYS} are the least for an interval that means something."
        )
    if not y.any():
        out.append("Nothing was liquidated in these bars: there is nothing to score.")
    elif useless:
        out.append("This map tells no more than the running mean of what was liquidated.")
    return tuple(out)


def _apart(symbol: str, truth: Truth, swept: SweptBars, bar_ms: int) -> str:
    mine = (int(swept.slots[0]) * bar_ms, (int(swept.slots[-1]) + 1) * bar_ms)
    theirs = (int(truth.t[0]), int(truth.t[-1]) + bar_ms)
    return (
        f"What is known of liquidations of {symbol} ({day_text(theirs[0])} to {day_text(theirs[1])}) and the history "
        f"({day_text(mine[0])} to {day_text(mine[1])}) have no whole bar in common in that range."
    )
