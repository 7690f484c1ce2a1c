"""How much of the order book rests between price and a zone, as far as the book is known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from liqdesk.insight.sides import PHASE
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


def between(depth: Depth, side: Side, mark: float, price: float) -> tuple[float, bool, float]:
    """Return resting USD from mark to a price (below mark for LONG, above for SHORT), whether the book is known all the way, and to where
    it is. Within a 1 bp cell the orders count as spread evenly over what of the cell is known and on their side of the touch; zero where
    the price is not beyond mark. Nothing is known where mark lies outside the known range."""
    down = side is Side.LONG
    reach = depth.low if down else depth.high
    if not depth.low <= mark <= depth.high:
        return 0.0, False, mark
    end = max(price, reach) if down else min(price, reach)
    usd = _sum(depth, down, end) - _sum(depth, down, mark)
    return max(usd, 0.0), (price >= reach if down else price <= reach), end


def _sum(depth: Depth, down: bool, price: float) -> float:
    """Return what rests from the touch to a price, USD."""
    cells = depth.bids if down else depth.asks
    best = depth.bid if down else depth.ask
    if not math.isfinite(best):
        return 0.0
    start = depth.base + np.arange(cells.size, dtype=np.float64)
    lo = np.maximum(start, _at(depth.low if down else best))
    hi = np.minimum(start + 1, _at(best if down else depth.high))
    room = hi - lo
    at = _at(price)
    inside = hi - np.maximum(lo, at) if down else np.minimum(hi, at) - lo
    share = np.divide(inside, room, out=(inside >= 0).astype(np.float64), where=room > 1e-9)
    return float(cells @ np.clip(share, 0.0, 1.0))


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
