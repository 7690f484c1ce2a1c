"""What alert rules would have seen of the map over the last week: zones and imbalance, read again from the columns that are kept.

A column stands for the map until the next one, as the live map stands between its steps; within that time the mark went to two extremes,
and what it passed on the way to the first of them is swept when it comes to the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.markpath import reach_of
from liqdesk.insight import RADII, Imbalance, Zone, imbalance_of, zones_of
from liqdesk.market import Side
from liqdesk.model import display_bin_of

if TYPE_CHECKING:
    from liqdesk.engine.market_map import MarketMap
    from liqdesk.model.grid import Column

Rows = NDArray[np.void]
Floats = NDArray[np.float64]
RINGS: Final = 2  # the third one's half hours are too coarse for a rule
PLANES: Final = 5  # of a side
FINE_MS: Final = 5_000


class Look(NamedTuple):
    """The map from `from_ms` on until `to_ms`: a row for each zone [n, 8], or for each radius of the imbalance [radii, 2], float64."""

    from_ms: int
    to_ms: int
    mark: float
    rows: Floats


def as_zones(rows: Floats) -> tuple[Zone, ...]:
    """Return zones with what a rule looks at."""
    return tuple(
        Zone(Side(int(side)), low, high, peak, usd, above, away, z=z)
        for side, low, high, peak, usd, above, away, z in rows.tolist()
    )


def as_imbalance(rows: Floats) -> tuple[Imbalance, ...]:
    """Return the imbalance without its bands."""
    return tuple(Imbalance(radius, *row) for radius, row in zip(RADII, rows.tolist(), strict=True))


class Stretch(NamedTuple):
    """The looks of one column, its span and number, and whether it was computed afterwards."""

    looks: tuple[Look, ...]
    span_ms: int
    number: int
    back: bool


class LookBack:
    """The looks at the zones of one map, or at its imbalance, over a stretch that moves with the time. Belongs to the engine thread; `fill`
    works in small pieces."""

    def __init__(self, market_map: MarketMap, zones: bool) -> None:
        self._map = market_map
        self._zones = zones
        self._factor = market_map.factor
        self._held: dict[tuple[int, int], Stretch | None] = {}  # by span and number; None where the mark is not known
        self._fine: dict[tuple[int, int], Stretch] = {}  # those that were looked at by the second
        self.share = 0.0  # of what `fill` was asked for

    def fill(self, path: Rows, t0: int, t1: int) -> Iterator[None]:
        """Read what is missing of [t0, t1), the newest first; `path` is where the mark was, dtype markpath.PATH."""
        if self._map.factor != self._factor:
            self._factor = self._map.factor
            self._held.clear()
            self._fine.clear()
        wanted = self._wanted(t0, t1)
        for key in self._held.keys() - set(wanted):
            del self._held[key]
            self._fine.pop(key, None)
        missing = [key for key in wanted if self._held.get(key) is None]
        for i, key in enumerate(missing):
            self.share = 1 - (len(missing) - i) / len(wanted)
            self._held[key] = self._read(*key, path)
            yield
        self.share = 1.0

    def stretches(self) -> list[Stretch]:
        """Return what is read, in the order of time."""
        found = [one for one in self._held.values() if one is not None]
        return sorted(found, key=lambda one: one.looks[0].from_ms)

    def _wanted(self, t0: int, t1: int) -> list[tuple[int, int]]:
        """Return the columns that stand for the map in [t0, t1), newest first: of finer rings where they reach."""
        out: list[tuple[int, int]] = []
        until = t1
        rings = self._map.grid.rings[:RINGS]
        for ring, coarser in zip(rings, (*rings[1:], None), strict=True):
            span = ring.span_ms
            first = max(ring.first, -(-t0 // span) - 1, 0)
            numbers = np.arange(first, min(ring.last, until // span - 2) + 1)
            held = numbers[ring.numbers[numbers % ring.capacity] == numbers]
            if coarser is not None and held.size:  # where one gives way to the other, both stand whole
                until = -(-(int(held[0]) + 1) * span // coarser.span_ms) * coarser.span_ms
                held = held[(held + 1) * span >= until]
            out += [(span, int(number)) for number in held[::-1]]
        return out

    def _read(self, span: int, number: int, path: Rows) -> Stretch | None:
        ring = self._map.grid.ring(span)
        begin, end = (number + 1) * span, (number + 2) * span
        reach = reach_of(path, begin, end)
        column = ring.read(number) if reach is not None else None
        if column is None or reach is None:
            return None
        middle = (begin + end) // 2
        at = [(begin, reach.first)] if reach.first == reach.second else [(begin, reach.first), (middle, reach.second)]
        return Stretch(self._looks(column, at, end), span, number, number < ring.live_from)

    def refined(self, stretch: Stretch, marks: Rows) -> Stretch:
        """Return the looks of a column at marks of its time (dtype MARK), every few seconds and where they were lowest and highest; what
        it had where they do not reach through it. What is read once is kept."""
        key, begin, end = (stretch.span_ms, stretch.number), stretch.looks[0].from_ms, stretch.looks[-1].to_ms
        if key in self._fine:
            return self._fine[key]
        column = self._map.grid.ring(stretch.span_ms).read(stretch.number)
        times = marks["t"]
        edges = np.concatenate([[begin], times, [end]])
        if column is None or not len(marks) or int(np.diff(edges).max()) > FINE_MS:
            return stretch
        _, first = np.unique((times - begin) // FINE_MS, return_index=True)
        chosen = np.unique(np.concatenate([first, [marks["mark"].argmin(), marks["mark"].argmax()]]))
        at = [(int(t), float(mark)) for t, mark in marks[chosen].tolist()]
        at[0] = begin, at[0][1]
        self._fine[key] = fine = stretch._replace(looks=self._looks(column, at, end))
        return fine

    def _looks(self, column: Column, at: list[tuple[int, float]], end: int) -> tuple[Look, ...]:
        """Return a look at each mark; what was passed between them is swept."""
        usd = column.usd * np.float32(self._factor)
        looks, before = [], column.mark
        for (from_ms, mark), to_ms in zip(at, [*(t for t, _ in at[1:]), end], strict=True):
            looks.append(self._look(from_ms, to_ms, mark, column, usd))
            _sweep(usd, column.base, mark, before)
            before = mark
        return tuple(looks)

    def _look(self, from_ms: int, to_ms: int, mark: float, column: Column, usd: NDArray[np.float32]) -> Look:
        spread = self._map.shown_spread
        if self._zones:
            found = zones_of(column.base, usd, mark, column.shares, spread)
            rows = [(z.side, z.low, z.high, z.peak, z.usd, z.prominence_usd, z.distance, z.z) for z in found]
            return Look(from_ms, to_ms, mark, np.array(rows, np.float64).reshape(-1, 8))
        sides = imbalance_of(column.base, usd, mark, shares=column.shares, spread=spread)
        return Look(from_ms, to_ms, mark, np.array([(i.long_usd, i.short_usd) for i in sides], np.float64))


def _sweep(usd: NDArray[np.float32], base: int, mark: float, before: float) -> None:
    """Take away what a move of the mark has passed, whole rows."""
    row = min(max(display_bin_of(mark) - base, 0), usd.shape[1])
    if mark < before:
        usd[:PLANES, row + 1 :] = 0
    elif mark > before:
        usd[PLANES:, :row] = 0
