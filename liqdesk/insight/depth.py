"""How much of the order book rests between price and a zone, as far as the book is known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from liqdesk.insight.sides import PHASE, Side64
from liqdesk.insight.zones import Zone
from liqdesk.market import Side
from liqdesk.model.book import CELL, Depth


class InTheWay(msgspec.Struct, frozen=True):
    """Resting orders that price would have to eat on its way to a zone: bids down to a long zone, asks up to a short one.

    `usd` lies between mark and the zone's nearest edge as far as the book is known: all of it where `whole`, else a floor, known only to
    the price `covers_to`. `through_usd` lies between mark and the far edge, NaN where the book is not known that far. `thin`: the zone's
    estimate is at least `through_usd`, so that its own forced orders would outweigh what is visible up to its end; None where not known.
    """

    usd: float
    whole: bool
    covers_to: float
    through_usd: float = math.nan
    thin: bool | None = None


def ladder(depth: Depth, side: Side, mark: float) -> tuple[Side64, Side64]:
    """Return how much rests from mark outward, as far as the book is known: log distances from mark and cumulative USD, both float64 [k]
    and rising from 0, below mark (bids) for LONG and above it (asks) for SHORT.

    Within a 1 bp cell orders count as spread evenly over that part of it which is known and on their side of the touch. Empty where mark
    lies outside the known range.
    """
    if not depth.low <= mark <= depth.high:
        return np.zeros(0), np.zeros(0)
    down = side is Side.LONG
    here = _at(mark)
    reach = abs(here - _at(depth.low if down else depth.high))
    best = depth.bid if down else depth.ask
    if not math.isfinite(best):
        return np.array([0.0, reach]) * CELL, np.zeros(2)
    cells = depth.bids if down else depth.asks
    held = np.flatnonzero(cells)
    start = depth.base + held.astype(np.float64)
    if down:
        held, start = held[::-1], start[::-1]
        near, far = np.minimum(start + 1, _at(best)), np.maximum(start, _at(depth.low))
        away = np.column_stack([here - near, here - np.minimum(far, near)])
    else:
        near, far = np.maximum(start, _at(best)), np.minimum(start + 1, _at(depth.high))
        away = np.column_stack([near - here, np.maximum(far, near) - here])
    total = np.cumsum(cells[held])
    usd = np.column_stack([total - cells[held], total]).ravel()
    d = np.concatenate([[min(0.0, away[0, 0]) if away.size else 0.0], away.ravel(), [reach]])
    q = np.concatenate([[0.0], usd, [total[-1] if total.size else 0.0]])
    beyond = float(np.interp(0.0, d, q))  # what stands on the other side of mark is not in the way
    keep = d > 0
    distances: Side64 = np.concatenate([[0.0], d[keep]]) * CELL
    sums: Side64 = np.concatenate([[0.0], q[keep] - beyond])
    return distances, sums


def between(depth: Depth, side: Side, mark: float, price: float) -> tuple[float, bool, float]:
    """Return resting USD from mark to a price (below mark for LONG, above for SHORT), whether the book is known all the way, and the
    price to which it is. Zero where the price is not beyond mark. Nothing is known where mark lies outside the known range."""
    distances, usd = ladder(depth, side, mark)
    if not distances.size:
        return 0.0, False, mark
    away = math.log(mark / price) if side is Side.LONG else math.log(price / mark)
    if away <= 0:
        return 0.0, True, mark
    reach = depth.low if side is Side.LONG else depth.high
    known = price >= reach if side is Side.LONG else price <= reach
    return float(np.interp(away, distances, usd)), known, price if known else reach


def _at(price: float) -> float:
    return (math.log(price) - PHASE) / CELL


def in_the_way(zone: Zone, mark: float, depth: Depth | None) -> InTheWay | None:
    """Return the depth between mark and a zone; None while the book is not synchronised or there is no mark."""
    if depth is None or not mark > 0:
        return None
    near, far = (zone.high, zone.low) if zone.side is Side.LONG else (zone.low, zone.high)
    usd, whole, to = between(depth, zone.side, mark, near)
    through, known, _ = between(depth, zone.side, mark, far)
    if not known:
        return InTheWay(usd, whole, to)
    return InTheWay(usd, whole, to, through, zone.usd >= through)


def all_in_the_way(zones: Sequence[Zone], mark: float, depth: Depth | None) -> tuple[InTheWay | None, ...]:
    """Return the depth between mark and each zone, in the order of the zones."""
    return tuple(in_the_way(zone, mark, depth) for zone in zones)
