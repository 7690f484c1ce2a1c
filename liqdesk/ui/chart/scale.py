"""Where things stand: the lens from time and log price to pixels, and round ticks for both axes. Pure, no Qt.

Time runs in venue milliseconds; the vertical axis is y = ln(price / 30000), so every bin of the grid is equally high.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final

from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.model.axis import DISPLAY_BIN, PHASE
from liqdesk.ui import present

GRID_Y_PX: Final = 36  # least distance of grid lines, at 100 %
GRID_X_PX: Final = 110
TIME_STEPS: Final = tuple(m * MINUTE_MS for m in (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)) + tuple(
    d * DAY_MS for d in (1, 2, 7, 14)
)
UNPRICED: Final = (-1.0, 1.0)  # the range of a view that knows no price: nothing can be read off it


@dataclass(frozen=True)
class Lens:
    """A view of [t0, t1) by [y0, y1] on `width` × `height` pixels; y grows upward in data, downward in pixels."""

    t0: float
    t1: float
    y0: float
    y1: float
    width: float
    height: float

    @property
    def timed(self) -> bool:
        """Whether times stand anywhere."""
        return self.t1 > self.t0 and self.width >= 1 and self.height >= 1

    @property
    def valid(self) -> bool:
        """Whether times and prices do."""
        return self.timed and self.y1 > self.y0 and (self.y0, self.y1) != UNPRICED

    @property
    def ms_per_px(self) -> float:
        return (self.t1 - self.t0) / self.width

    def x(self, time_ms: float) -> float:
        return (time_ms - self.t0) / (self.t1 - self.t0) * self.width

    def y(self, price: float) -> float:
        """Return the pixel row of a price (which must be positive)."""
        return self.y_of_log(math.log(price) - PHASE)

    def y_of_log(self, log: float) -> float:
        return (self.y1 - log) / (self.y1 - self.y0) * self.height

    def time(self, x: float) -> float:
        return self.t0 + x / self.width * (self.t1 - self.t0)

    def log(self, y: float) -> float:
        return self.y1 - y / self.height * (self.y1 - self.y0)

    def price(self, y: float) -> float:
        return math.exp(PHASE + self.log(y))

    @property
    def low(self) -> float:
        return math.exp(PHASE + self.y0)

    @property
    def high(self) -> float:
        return math.exp(PHASE + self.y1)

    @property
    def bin_px(self) -> float:
        """Return the height of one 10 bp bin."""
        return DISPLAY_BIN / (self.y1 - self.y0) * self.height


def log_from_price(price: float) -> float:
    return math.log(price) - PHASE


def price_from_log(log: float) -> float:
    return math.exp(PHASE + log)


def nice_step(least: float) -> float:
    """Return the smallest 1, 2, 2.5 or 5 times a power of ten that is at least `least` (which must be positive)."""
    power = 10.0 ** math.floor(math.log10(least))
    for m in (1.0, 2.0, 2.5, 5.0):
        if m * power >= least * (1 - 1e-9):
            return m * power
    return 10.0 * power


@lru_cache(maxsize=8)
def price_ticks(lens: Lens, spacing_px: float) -> tuple[float, ...]:
    """Return round prices inside the view, ascending, at least `spacing_px` apart at the top of the view."""
    if not lens.valid:
        return ()
    # On a log axis equal steps crowd toward the top, so the step is set there.
    step = nice_step(lens.high * (1 - math.exp(-(lens.y1 - lens.y0) * spacing_px / lens.height)))
    first = math.ceil(lens.low / step)
    last = math.floor(lens.high / step)
    return tuple(round(i * step, 12) for i in range(first, last + 1) if i > 0)


@lru_cache(maxsize=8)
def time_ticks(lens: Lens, spacing_px: float, zone: str) -> tuple[tuple[int, bool], ...]:
    """Return (venue ms, is local midnight) of round local times inside the view, oldest first.

    Steps of a day and more count local days, so a change of summer time moves no tick off midnight.
    """
    if not lens.timed:
        return ()
    least = spacing_px * lens.ms_per_px
    step = next((s for s in TIME_STEPS if s >= least), 28 * DAY_MS)
    ticks: list[tuple[int, bool]] = []
    if step >= DAY_MS:
        every = step // DAY_MS
        day = present.local(int(lens.t0), zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        while (ms := round(day.timestamp() * 1_000)) < lens.t1:
            if ms >= lens.t0 and day.toordinal() % every == 0:
                ticks.append((ms, True))
            day = day + timedelta(days=1)
        return tuple(ticks)
    ms = int(lens.t0) // MINUTE_MS * MINUTE_MS
    stride = math.gcd(step, 15 * MINUTE_MS)
    ms -= ms % stride
    while ms < lens.t1:
        if ms >= lens.t0:
            t = present.local(ms, zone)
            minute = t.hour * 60 + t.minute
            if minute % (step // MINUTE_MS) == 0:
                ticks.append((ms, minute == 0))
        ms += stride
    return tuple(ticks)


def tick_decimals(step: float, decimals: int) -> int:
    """Return the decimals round prices `step` apart need, at most the tick's own."""
    need = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else decimals
    if step > 0 and need < decimals and abs(round(step, need) - step) > step * 1e-6:
        need += 1
    return min(need, decimals)


def even_steps(top: float, count: int) -> list[float]:
    """Return at most `count` round values above zero up to `top`, evenly apart."""
    if not top > 0:
        return []
    step = nice_step(top / count)
    return [i * step for i in range(1, int(top / step + 1e-9) + 1)]


def round_two(value: float) -> float:
    """Return `value` to two significant digits."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, 1 - math.floor(math.log10(abs(value))))
