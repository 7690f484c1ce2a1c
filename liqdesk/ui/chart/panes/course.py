"""What a pane draws, as numbers: bars and curves over time, the range they stand in, and what the crosshair reads. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NEVER: Final = math.inf
ROOM: Final = 0.08  # of the range, beyond the extremes
SHRINK: Final = 0.6  # the range is made anew when less than this of it is used


@dataclass(frozen=True)
class Bars:
    """Bars from `start` over `span` ms, between `base` and `top` in the pane's unit; `ink` is a token of the theme."""

    start: Floats
    span: Floats
    base: Floats
    top: Floats
    ink: str
    alpha: float = 1.0

    @property
    def columns(self) -> tuple[Floats, ...]:
        return self.start, self.span, self.base, self.top


@dataclass(frozen=True)
class Curve:
    """A line through (t, y); NaN breaks it."""

    t: Floats
    y: Floats
    ink: str

    @property
    def columns(self) -> tuple[Floats, ...]:
        return self.t, self.y


@dataclass(frozen=True)
class Reads:
    """What holds over [start, end): `figures` float64 [k, n], in the order that the pane writes them."""

    start: Floats
    end: Floats
    figures: Floats

    def at(self, time_ms: float) -> tuple[float, ...] | None:
        """Return the figures that hold at a time, None where nothing does."""
        i = int(np.searchsorted(self.start, time_ms, side="right")) - 1
        if i < 0 or time_ms >= self.end[i]:
            return None
        return tuple(self.figures[:, i].tolist())


UNREAD: Final = Reads(np.zeros(0), np.zeros(0), np.zeros((1, 0)))


@dataclass(frozen=True)
class Course:
    """Everything a pane draws. `low` and `high` are the extremes in view (NaN: nothing is), `dot` (t, y) ends the newest curve, `rules`
    are levels with a token and an alpha."""

    marks: tuple[Bars | Curve, ...] = ()
    low: float = math.nan
    high: float = math.nan
    dot: tuple[float, float] | None = None
    rules: tuple[tuple[float, str, float], ...] = ()
    reads: Reads = UNREAD
    zero: bool = False  # zero is always in the range
    fixed: tuple[float, float] | None = None

    @property
    def known(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)

    def range(self, current: tuple[float, float] | None) -> tuple[float, float]:
        """Return (bottom, top) of the pane: `current` while everything fits into it and fills enough of it."""
        if self.fixed is not None:
            return self.fixed
        if not self.known:
            return 0.0, 1.0
        low, high = self.low, self.high
        if self.zero:
            low, high = min(low, 0.0), max(high, 0.0)
        if high <= low:
            room = abs(high) * 0.01 or 1.0
            return low - room, high + room
        if current is not None and current[0] <= low and high <= current[1]:
            filled = (high - low) / (current[1] - current[0])
            if filled >= SHRINK:
                return current
        room = ROOM * (high - low)
        flat = self.zero and low == 0.0  # bars stand on the ground
        return (low if flat else low - room), (high if self.zero and high == 0.0 else high + room)


def changed_from(old: Course | None, new: Course) -> float:
    """Return from which time on two courses are drawn differently: −inf for everything, inf for nothing."""
    if old is None or len(old.marks) != len(new.marks) or old.rules != new.rules:
        return -math.inf
    first = NEVER
    for a, b in zip(old.marks, new.marks, strict=True):
        if type(a) is not type(b) or (a.ink, getattr(a, "alpha", 1.0)) != (b.ink, getattr(b, "alpha", 1.0)):
            return -math.inf
        first = min(first, _differ(a.columns, b.columns))
    if old.dot != new.dot:
        first = min([first, *(dot[0] for dot in (old.dot, new.dot) if dot is not None)])
    return first


def _differ(old: tuple[Floats, ...], new: tuple[Floats, ...]) -> float:
    """Return the time of the last sample before the first that differs: a line reaches back to it."""
    n, m = len(old[0]), len(new[0])
    same = min(n, m)
    differs = np.zeros(same, np.bool_)
    for a, b in zip(old, new, strict=True):
        differs |= (a[:same] != b[:same]) & ~(np.isnan(a[:same]) & np.isnan(b[:same]))
    at = int(np.argmax(differs)) if differs.any() else same
    if at == n == m:
        return NEVER
    if at < 1:
        return -math.inf
    return float(min(old[0][at - 1], new[0][at - 1]))


def extremes(*values: Floats) -> tuple[float, float]:
    """Return the least and the largest of all finite values, NaN where there are none."""
    kept = [v[np.isfinite(v)] for v in values]
    kept = [v for v in kept if v.size]
    if not kept:
        return math.nan, math.nan
    return min(float(v.min()) for v in kept), max(float(v.max()) for v in kept)
