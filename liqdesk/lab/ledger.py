"""The ledger: every live minute is foreseen by every map, observed, scored and only then learned from.

What a map says of a minute and side is λ, the forced orders it expects to be printed: its swept mass, at the price path that came,
through the curve of its own `learner.Head`, fitted on the days before, and through the venue's rule of one print a second. Its score
is the Poisson log score y·ln λ − λ of the y orders that were printed, in nats (ln y! is the same for all maps and left out). So all
scores are conditional on the path of the mark: they say where, given that price goes there, not whether price goes.

Figures are rounded to single precision before they are used, so that what is kept is what was scored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.lab.learner import MOST_DAYS, ORDERS_A_MINUTE, Head
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

VERSION: Final = 1  # of how minutes are scored; another one begins another ledger
LEAST_LEARNED: Final = 360  # minutes of past days below which nothing is foreseen
CURVE_BINS: Final = 64
CURVE_PER_DECADE: Final = 8
CURVE_LEAST: Final = -5.0  # log10 of the forecast orders at which the first bin begins


SECONDS: Final = 60.0  # of a minute, each of which has one print at most


def throttled(due: Floats) -> Floats:
    """Return how many orders are printed of those that are due in a minute, float64 [..., 2 side]: of Λ on both sides 60·(1 − e^(−Λ/60)),
    as many as there are seconds with one, were they independent and evenly spread; each side has its share."""
    total = due.sum(axis=-1, keepdims=True)
    printed: Floats = due * (-SECONDS * np.expm1(-total / SECONDS) / np.maximum(total, 1e-12))
    return printed


def unthrottled(printed: Floats) -> Floats:
    """Return how many orders were due where so many were printed, the inverse of `throttled`; of 60 prints no more than of 59.5."""
    total = printed.sum(axis=-1, keepdims=True)
    seen = np.minimum(total, SECONDS - 0.5)
    due: Floats = printed * (-SECONDS * np.log1p(-seen / SECONDS) / np.maximum(total, 1e-12))
    return due


class Minutes(msgspec.Struct, frozen=True):
    """Live minutes of one day without a gap in what was heard, ascending: `t` int64 [n] ms; `mass` float32 [n, maps, 2 side] swept by
    each map; `span` float32 [n, 2] how far price went to each side (ln); `orders` and `usd` float32 [n, 2] forced orders printed,
    filled within the minute."""

    t: NDArray[np.int64]
    mass: Singles
    span: Singles
    orders: Singles
    usd: Singles


class HeadState(msgspec.Struct, frozen=True, array_like=True):
    """A curve as it stood."""

    unit: float
    reach: float
    weights: tuple[float, ...]
    fitted: bool


class Part(msgspec.Struct, frozen=True, array_like=True):
    """Some minutes of one day as they are kept for good. `heads` are the curves of the day where this is its first part, else none.
    Arrays are little-endian bytes: t int64 [n]; mass float32 [n, maps, 2]; span, orders, usd float32 [n, 2]; forecast float32
    [n, maps, 2], NaN while nothing was learned."""

    version: int
    maps: tuple[str, ...]
    day: int
    heads: tuple[HeadState, ...]
    t: bytes
    mass: bytes
    span: bytes
    orders: bytes
    usd: bytes
    forecast: bytes


class Row(msgspec.Struct):
    """An hour or a day of scored minutes, from `t_ms` on: how many, forced orders and USD printed, and by map the log score (nats)
    and the orders foreseen."""

    t_ms: int
    minutes: int
    orders: float
    usd: float
    score: Floats
    forecast: Floats

    def add(self, other: Row) -> None:
        self.minutes += other.minutes
        self.orders += other.orders
        self.usd += other.usd
        self.score = self.score + other.score
        self.forecast = self.forecast + other.forecast


class Curve(msgspec.Struct):
    """How often what the first map foresaw came: sums over minutes and sides by size of the forecast, float64 [CURVE_BINS] each."""

    count: Floats
    forecast: Floats
    orders: Floats


class Ledger:
    """The running score of several maps; the first one is ours. Pure: minutes in, rows out.

    `prepare` is called before minutes until it returns True; each call does one piece of work, so that nobody waits long.
    """

    def __init__(self, maps: Sequence[str]) -> None:
        self.maps = tuple(maps)
        self.hours: dict[int, Row] = {}
        self.days: dict[int, Row] = {}  # the same rows, summed by UTC day
        self.curve = Curve(np.zeros(CURVE_BINS), np.zeros(CURVE_BINS), np.zeros(CURVE_BINS))
        self.last_ms = 0  # end of the last minute observed
        self._heads = [Head(ORDERS_A_MINUTE, spread=True) for _ in self.maps]
        self._heads_day = -1
        self._known: dict[int, list[Minutes]] = {}
        self._due: list[int] = []
        self._open: list[tuple[Minutes, Singles]] = []
        self._told_day = -1  # whose heads are kept already

    # -- foreseeing --------------------------------------------------------------------------------------------------

    @property
    def learned_from(self) -> int:
        """How many minutes the curves in force were fitted on."""
        return sum(len(m.t) for day, rows in self._known.items() if day < self._heads_day for m in rows)

    def prepare(self, t_ms: int) -> bool:
        """Make ready for a minute that starts at `t_ms`; returns whether it may be observed, or there is more to do.

        On the first minute of a day every curve is fitted anew on the minutes of the days before, at most 45.
        """
        day = t_ms // DAY_MS
        if self._due:
            self._fit(self._due.pop(0))
        elif day != self._heads_day:
            self._heads_day = day
            kept = {past: rows for past, rows in self._known.items() if past >= day - MOST_DAYS}
            self._known = {past: [_joined(rows)] if past < day else rows for past, rows in kept.items()}
            self._due = list(range(len(self.maps))) if self.learned_from >= LEAST_LEARNED else []
        return not self._due

    def _fit(self, index: int) -> None:
        days = sorted(past for past in self._known if past < self._heads_day)
        rows = [self._known[past][0] for past in days]
        mass = np.concatenate([m.mass[:, index] for m in rows]).ravel().astype(np.float64)
        span = np.concatenate([m.span for m in rows]).ravel().astype(np.float64)
        orders = unthrottled(np.concatenate([m.orders for m in rows]).astype(np.float64)).ravel()
        ages = np.repeat([float(self._heads_day - past) for past in days], [2 * len(m.t) for m in rows])
        self._heads[index].refit(mass, orders, ages, span)

    def forecast(self, minutes: Minutes) -> Singles:
        """Return the orders that each map expects, float32 [n, maps, 2 side]; NaN while nothing was learned."""
        mass, span = minutes.mass.astype(np.float64), minutes.span.astype(np.float64)
        said = [throttled(head.predict(mass[:, i], span)) for i, head in enumerate(self._heads)]
        return np.stack(said, axis=1).astype(np.float32)

    # -- scoring -----------------------------------------------------------------------------------------------------

    def observe(self, minutes: Minutes) -> None:
        """Score minutes and learn from them; those of the first day only teach.

        Raises ValueError for minutes out of order, of several days or of other maps, or such that `prepare` has not said yes to.
        """
        t = minutes.t
        if not len(t):
            return
        if int(t[0]) < self.last_ms or bool(np.any(np.diff(t) < MINUTE_MS)):
            raise ValueError(f"minutes from {int(t[0])} on are out of order, the ledger is at {self.last_ms}")
        if minutes.mass.shape != (len(t), len(self.maps), 2):
            raise ValueError(f"minutes of {minutes.mass.shape}, there are {len(self.maps)} maps")
        if self._due or {int(t[0]) // DAY_MS, int(t[-1]) // DAY_MS} != {self._heads_day}:
            raise ValueError(f"the ledger is not prepared for {int(t[0])}")
        forecast = self.forecast(minutes)
        self._open.append((minutes, forecast))
        self._enter(minutes, forecast)

    def _enter(self, minutes: Minutes, forecast: Singles) -> None:
        t = minutes.t
        self.last_ms = int(t[-1]) + MINUTE_MS
        _append(self._known.setdefault(int(t[0]) // DAY_MS, []), minutes)
        if not np.isfinite(forecast).all():
            return
        rate, orders = forecast.astype(np.float64), minutes.orders.astype(np.float64)
        score = (orders[:, None] * np.log(rate) - rate).sum(axis=2)
        usd, total = minutes.usd.astype(np.float64).sum(axis=1), rate.sum(axis=2)
        for rows, span_ms in ((self.hours, HOUR_MS), (self.days, DAY_MS)):
            start = t // span_ms * span_ms
            for at in np.unique(start).tolist():
                here = start == at
                row = Row(
                    at,
                    int(here.sum()),
                    float(orders[here].sum()),
                    float(usd[here].sum()),
                    score[here].sum(axis=0),
                    total[here].sum(axis=0),
                )
                if at in rows:
                    rows[at].add(row)
                else:
                    rows[at] = row
        ours = rate[:, 0].ravel()
        place = np.floor((np.log10(ours) - CURVE_LEAST) * CURVE_PER_DECADE).astype(np.int64)
        place = np.clip(place, 0, CURVE_BINS - 1)
        self.curve.count += np.bincount(place, minlength=CURVE_BINS)
        self.curve.forecast += np.bincount(place, weights=ours, minlength=CURVE_BINS)
        self.curve.orders += np.bincount(place, weights=orders.ravel(), minlength=CURVE_BINS)

    @property
    def totals(self) -> Row:
        """The sum of all rows."""
        zero = np.zeros(len(self.maps))
        out = Row(min(self.hours, default=0), 0, 0.0, 0.0, zero, zero)
        for row in self.hours.values():
            out.add(row)
        return out

    # -- keeping -----------------------------------------------------------------------------------------------------

    @property
    def unkept(self) -> int:
        """How many minutes no part was made of yet."""
        return sum(len(minutes.t) for minutes, _ in self._open)

    def part(self) -> tuple[int, Part] | None:
        """Return (start of its first minute, the minutes since the last part), None when there are none. Where they are of two days, those
        of the first one; the curves of a day are kept with its first part."""
        if not self._open:
            return None
        day = int(self._open[0][0].t[0]) // DAY_MS
        mine = [(m, f) for m, f in self._open if int(m.t[0]) // DAY_MS == day]
        self._open = self._open[len(mine) :]
        seen = _joined([m for m, _ in mine])
        told = self._told_day == day or day != self._heads_day
        made = Part(
            VERSION,
            self.maps,
            day,
            () if told else tuple(map(_state, self._heads)),
            seen.t.astype("<i8").tobytes(),
            seen.mass.astype("<f4").tobytes(),
            seen.span.astype("<f4").tobytes(),
            seen.orders.astype("<f4").tobytes(),
            seen.usd.astype("<f4").tobytes(),
            np.concatenate([f for _, f in mine]).astype("<f4").tobytes(),
        )
        self._told_day = max(self._told_day, day)
        return int(seen.t[0]), made

    def restore(self, part: Part) -> bool:
        """Take back a part, in order of time; returns whether it was one of this ledger's: other maps or another way of scoring are not.

        Raises ValueError for a part that is not whole.
        """
        if (part.version, part.maps) != (VERSION, self.maps):
            return False
        t = np.frombuffer(part.t, "<i8")
        n, k = len(t), len(self.maps)
        mass, forecast = (np.frombuffer(raw, "<f4").reshape(n, k, 2) for raw in (part.mass, part.forecast))
        span, orders, usd = (np.frombuffer(raw, "<f4").reshape(n, 2) for raw in (part.span, part.orders, part.usd))
        if not n or int(t[0]) < self.last_ms or bool(np.any(np.diff(t) < MINUTE_MS)):
            raise ValueError(f"a part of {n} minutes does not follow {self.last_ms}")
        if part.heads:
            self._heads = [_head(state) for state in part.heads]
            self._heads_day = self._told_day = part.day
            self._due = []
        self._enter(Minutes(t, mass, span, orders, usd), forecast)
        return True


def _joined(rows: Sequence[Minutes]) -> Minutes:
    if len(rows) == 1:
        return rows[0]
    return Minutes(*(np.concatenate([getattr(m, name) for m in rows]) for name in Minutes.__struct_fields__))


def _append(rows: list[Minutes], minutes: Minutes) -> None:
    """Add minutes in pieces that each hold more than the next one: few of them, and few copies."""
    rows.append(minutes)
    while len(rows) > 1 and len(rows[-2].t) <= len(rows[-1].t):
        rows[-2:] = [_joined(rows[-2:])]


def _state(head: Head) -> HeadState:
    return HeadState(head.unit, head.reach, tuple(head.weights.tolist()), head.fitted)


def _head(state: HeadState) -> Head:
    head = Head(ORDERS_A_MINUTE, spread=True)
    if len(state.weights) != len(head.weights) or not all(
        map(math.isfinite, (state.unit, state.reach, *state.weights))
    ):
        raise ValueError(f"no curve: {state}")
    head.unit, head.reach, head.fitted = state.unit, state.reach, state.fitted
    head.weights = np.array(state.weights)
    return head
