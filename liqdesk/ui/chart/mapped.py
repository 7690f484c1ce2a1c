"""The map on screen: the heat, the handles of its colours, and the image it was last painted into."""

from __future__ import annotations

import math
import time
from typing import Final

from liqdesk.engine.frames import Frame
from liqdesk.model.grid import DensityGrid
from liqdesk.settings import Settings
from liqdesk.ui import ramp
from liqdesk.ui.chart.follow import EDGE_PX
from liqdesk.ui.chart.heat import Heat
from liqdesk.ui.chart.layers import HeatItem
from liqdesk.ui.chart.rings import RingSums
from liqdesk.ui.chart.state import ChartState

PACE_NS: Final = 250_000_000
LEVELS_NS: Final = 1_000_000_000  # how often automatic handles are looked at


class Mapped:
    """Paints only what is out of date. `version` counts pictures, `changed` names the pixel columns (from, to) the last one
    changed, `moved` says that the handles changed unannounced."""

    def __init__(self, state: ChartState, item: HeatItem, settings: Settings) -> None:
        self.state = state
        self.item = item
        self.heat = Heat()
        self.heat.choose(state.chosen())
        self.auto = settings.heat_auto
        self.low, self.high = (0.0, 0.0) if self.auto else (settings.heat_low_usd, settings.heat_high_usd)
        self.dirty = True  # the user, the view or the theme changed something
        self.stirred = True  # the estimate did
        self.due = True
        self.moved = False
        self.version = 0
        self.changed = (0, 0)
        self.worked = False
        self._looked_ns = 0
        self._painted_ns = 0
        self._loading = True

    def set_grid(self, grid: DensityGrid | None) -> None:
        self.heat.set_grid(() if grid is None else tuple(RingSums(ring.view()) for ring in grid.rings))
        self.dirty = True

    def apply(self, frame: Frame) -> None:
        if self.heat.apply(frame):
            self.stirred = True
        loading = frame.progress is not None
        if self._loading and not loading:
            self._painted_ns = 0  # whole at last: that does not wait
        self._loading = loading

    def choose(self) -> None:
        """Take the state's classes and side."""
        if self.heat.choose(self.state.chosen()):
            self.due = self.dirty = True

    def set_levels(self, auto: bool, low: float, high: float) -> None:
        self.auto = auto
        self.due = self.dirty = True
        if not auto:
            self._put(low, high)

    def paint(self, paced: bool) -> bool:
        """Paint the picture if it is out of date; return whether that was done. `paced` lets new estimates wait until
        the last picture is 250 ms old; what the user did never waits."""
        s, heat = self.state, self.heat
        stands = heat.kernels is None or not s.lens.timed or not self.item.pixels.size
        if stands or not (self.dirty or self.stirred):
            return False
        if paced and not self.dirty and time.monotonic_ns() - self._painted_ns < PACE_NS:
            return False
        whole, self.dirty, self.stirred = self.dirty, False, False
        height, width = self.item.pixels.shape
        heat.arrange(s.lens, width, height, s.open_until_ms + EDGE_PX * s.lens.ms_per_px)
        now = time.monotonic_ns()
        if self.auto and (self.due or not self.high > self.low or now - self._looked_ns >= LEVELS_NS):
            self.due, self._looked_ns = False, now
            self._put(*heat.automatic(self.low, self.high))
        table = ramp.heat_table(s.settings.heat_map, s.theme.chart, s.stale)
        self.changed = heat.picture(
            self.low, self.high, table, 0xFF000000 | int(s.theme.chart[1:], 16), self.item.pixels
        )
        self.version += 1
        self.worked = True
        if whole:
            self.changed = (0, width)
        self._painted_ns = time.monotonic_ns()
        self._rule()
        return True

    def take_worked(self) -> bool:
        """Return whether the map or its profile was painted since the last call."""
        worked, self.worked = self.worked, False
        return worked

    def value(self, time_ms: float, price: float) -> float | None:
        at = self._device(time_ms, price)
        return None if at is None else self.heat.value(*at)

    def mark(self, time_ms: float) -> float | None:
        lens = self.state.lens
        at = self._device(time_ms, math.sqrt(lens.low * lens.high)) if lens.valid else None
        return None if at is None else self.heat.mark_at(at[0])

    def colour(self, time_ms: float, price: float) -> int | None:
        at = self._device(time_ms, price)
        return None if at is None else int(self.item.pixels[at[1], at[0]])

    def _put(self, low: float, high: float) -> None:
        if (low, high) != (self.low, self.high):
            self.low, self.high, self.moved = low, high, True

    def _rule(self) -> None:
        """Find where back-computed columns end, in the ring that is drawn."""
        s = self.state
        order = self.heat.order(s.lens)
        s.rule_ms = s.back_from_ms = None
        if order:
            ring = self.heat.rings[order[0]]
            end = min(ring.live_from, ring.last + 1)
            if end > ring.first:
                s.rule_ms, s.back_from_ms = end * ring.span_ms, self.heat.oldest_ms()

    def _device(self, time_ms: float, price: float) -> tuple[int, int] | None:
        lens, pixels = self.state.lens, self.item.pixels
        if not lens.valid or not pixels.size or not price > 0:
            return None
        h, w = pixels.shape
        x = math.floor(lens.x(time_ms) / lens.width * w)
        y = math.floor(lens.y(price) / lens.height * h)
        return (x, y) if 0 <= x < w and 0 <= y < h else None
