"""What if price goes there: the forced orders that the map would release on the way, against the book that would have to take them.

A heuristic on the visible book (Brunnermeier and Pedersen 2009 for the loop; the fixed point is our own). With d the log distance from
mark, F(d) the map's mass between mark and d, Q(d) the book's, and k what share of the book is still there when it is needed:

    stop = the smallest d >= target with  k * (Q(d) - Q(target)) >= F(d)

that is the least fixed point of  d <- Q^-1(Q(target) + F(d) / k): whatever drives price to the target eats the book up to there, and
what is released on the way, and then by its own slip, has to be taken by the book beyond. Taken at their worst: all of the mass goes to
the book at once, nothing is refilled, and the mark follows the last price fully. Else, with a share r of the mass met by new orders and
the mark following by a share b of the slip,

    k * (Q(d) - Q(target)) >= (1 - r) * F(target + b * (d - target))

Beyond what is known of the book, Q grows as d^gamma, fitted to the outer half of what is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.insight.depth import ladder
from liqdesk.insight.sides import ROW, Density, Side64, edge, position, priors_of, sides_of
from liqdesk.insight.spread import Spread, band_of
from liqdesk.insight.zones import Zone
from liqdesk.market import Side
from liqdesk.model.book import CELL, Depth

FACTORS: Final = (1.0, 0.5, 0.25)  # depth is pulled in stress
STEEPEST: Final = 3.0
FLATTEST: Final = 0.3
SAMPLES: Final = 24
FINER: Final = 2  # rounds
LEAST: Final = 2e-5  # log distance, a fifth of a cell: less of a book says nothing


class Assumed(msgspec.Struct, frozen=True):
    """How forced orders meet the book: `refill` is the share of them that new orders take, so that the book is not eaten by it (0 to 1, 1
    not included), `follow` the share of the slip beyond the target by which the mark follows the last price (above 0, up to 1). Neither is
    measured; as they stand by default they are the worst."""

    refill: float = 0.0
    follow: float = 1.0


WORST: Final = Assumed()


class Stop(msgspec.Struct, frozen=True):
    """Where price comes to rest with `factor` of the book.

    `price` is that place, `slip` how far beyond the target (a fraction of it, signed), `fuel_usd` the forced orders released from mark to
    there. `near` and `far` are the stops for the low and the high end of the map's 80 % band, `mark` is where the mark is then. Prices are
    NaN where the book does not take it all within the map. `extrapolated`: the stop lies beyond what is known of the book.
    """

    factor: float
    price: float
    slip: float
    fuel_usd: float
    near: float
    far: float
    extrapolated: bool
    mark: float

    def reaches(self, zone: Zone | None) -> bool:
        """Whether the mark gets to a zone that lies beyond the target."""
        if zone is None:
            return False
        if math.isnan(self.mark):
            return True
        return self.mark <= zone.high if zone.side is Side.LONG else self.mark >= zone.low


class Cascade(msgspec.Struct, frozen=True):
    """What would follow if price went to `target`: `side` is who is liquidated on the way.

    `fuel_usd` is what the map holds between mark and target, `fuel_band` its 80 % band. `book_usd` is what rests between mark and target
    as far as the book is known, all of it where `book_whole`, else to `covers_to`. `power` is the exponent beyond. `next_zone` is the first
    zone of that side that begins beyond the target. `why` says why there is no answer; `stops` is empty then.
    """

    side: Side
    mark: float
    target: float
    fuel_usd: float
    fuel_band: tuple[float, float]
    book_usd: float = math.nan
    book_whole: bool = False
    covers_to: float = math.nan
    power: float = math.nan
    next_zone: Zone | None = None
    stops: tuple[Stop, ...] = ()
    why: str = ""
    assumed: Assumed = WORST

    @property
    def distance(self) -> float:
        """Return how far the target is from mark, a fraction of mark, signed."""
        return self.target / self.mark - 1


class Curve(msgspec.Struct, frozen=True):
    """A cumulative amount over log distance from mark: knots `d` rising from 0, `usd` not falling. Beyond the last knot: as d^`power`."""

    d: Side64
    usd: Side64
    power: float = 0.0

    def at(self, d: NDArray[np.float64]) -> Side64:
        found = np.interp(d, self.d, self.usd)
        last = float(self.d[-1])
        if self.power > 0 and last > 0:
            found = np.where(d > last, self.usd[-1] * (np.maximum(d, last) / last) ** self.power, found)
        return np.asarray(found)


def fuel_of(side: Side64, side_word: Side, base: int, mark: float) -> Curve:
    """Return the mass of one side from mark outward, at the edges of rows; the row that holds mark counts whole, spread over that part
    of it where its side can stand. side: USD per row, row 0 is display bin `base`."""
    here = position(mark, base)
    rows = side if side_word is Side.LONG else side[::-1]
    at = here if side_word is Side.LONG else rows.size - here
    first = min(math.ceil(at), rows.size)  # rows below it stand wholly or in part below mark
    starts = np.arange(first - 1, -1, -1, dtype=np.float64)
    d = np.concatenate([[0.0], (at - starts) * ROW])
    return Curve(d, np.concatenate([[0.0], np.cumsum(rows[:first][::-1])]))


def book_of(depth: Depth, side: Side, mark: float) -> Curve | None:
    """Return the book from mark outward with its power beyond what is known; None where less is known than says anything."""
    d, usd = ladder(depth, side, mark)
    if d.size < 2 or d[-1] < LEAST or usd[-1] <= 0:
        return None
    outer = np.linspace(d[-1] / 2, d[-1], SAMPLES)
    held = np.interp(outer, d, usd)
    if held[0] <= 0:
        return Curve(d, usd, 1.0)
    power = float(np.polyfit(np.log(outer), np.log(held), 1)[0])
    return Curve(d, usd, min(max(power, FLATTEST), STEEPEST))


def stop_of(
    fuel: Curve, book: Curve, target: float, factor: float, scale: float = 1.0, assumed: Assumed = WORST
) -> float:
    """Return the log distance from mark at which price comes to rest, at least `target`; infinity where the map ends before.

    `scale` multiplies the fuel.
    """
    end = float(fuel.d[-1])
    if target >= end:
        return target
    eaten = float(book.at(np.array([target]))[0])

    left, follow = scale * (1 - assumed.refill), assumed.follow

    def lack(d: NDArray[np.float64]) -> Side64:
        return np.asarray(left * fuel.at(target + follow * (d - target)) - factor * (book.at(d) - eaten))

    knots = np.concatenate([target + (fuel.d - target) / follow, [end], book.d, np.arange(0.0, end, CELL)])
    d: Side64 = np.unique(np.concatenate([[target], knots[(knots > target) & (knots <= end)]]))
    for _ in range(FINER + 1):  # straight between knots, but for the book beyond what is known
        missing = lack(d)
        done = np.flatnonzero(missing <= 0)
        if not done.size:
            return math.inf
        i = int(done[0])
        if i == 0:
            return float(d[0])
        found = d[i - 1] + missing[i - 1] / (missing[i - 1] - missing[i]) * (d[i] - d[i - 1])
        d = np.linspace(d[i - 1], d[i], SAMPLES)
    return float(found)


def cascade(
    base: int,
    usd: Density,
    mark: float,
    target: float,
    depth: Depth | None,
    zones: Sequence[Zone] = (),
    shares: NDArray[np.floating] | None = None,
    spread: Spread | None = None,
    assumed: Assumed = WORST,
) -> Cascade:
    """Return what would follow if price went from mark to `target`.

    base: display bin of row 0; usd: [10, rows] or [2, rows], USD per 10 bp row; shares: prior by class [5]; zones: of both sides. Raises
    ValueError for input that is not a density and for a target that is not a positive number.
    """
    if not (math.isfinite(target) and target > 0):
        raise ValueError(f"target {target!r} is not a positive number")
    both = sides_of(usd, mark)
    side = Side.LONG if target < mark else Side.SHORT
    fuel = fuel_of(both[side], side, base, mark)
    prior = fuel_of(priors_of(usd, shares)[side], side, base, mark)
    away = abs(math.log(target / mark))
    at = np.array([away])
    released = float(fuel.at(at)[0])
    share = float(prior.at(at)[0]) / released if released > 0 else 0.0
    low, high = (float(v) for v in band_of(released, min(share, 1.0), spread or Spread()))
    beyond = [z for z in zones if z.side is side and (z.high <= target if side is Side.LONG else z.low >= target)]
    zone = min(beyond, key=lambda z: abs((z.high if side is Side.LONG else z.low) - target), default=None)
    found = Cascade(side, mark, target, released, (low, high), next_zone=zone, assumed=assumed)
    if depth is None:
        return msgspec.structs.replace(found, why="There is no order book to set against it.")
    book = book_of(depth, side, mark)
    if book is None:
        return msgspec.structs.replace(found, why="Nothing is known of the order book on that side of mark.")
    reach = depth.low if side is Side.LONG else depth.high
    whole = target >= reach if side is Side.LONG else target <= reach
    stops = tuple(_stop(fuel, book, found, away, factor) for factor in FACTORS)
    return msgspec.structs.replace(
        found,
        book_usd=float(np.interp(away, book.d, book.usd)),
        book_whole=whole,
        covers_to=target if whole else reach,
        power=book.power,
        stops=stops,
    )


def _stop(fuel: Curve, book: Curve, of: Cascade, away: float, factor: float) -> Stop:
    sign = -1.0 if of.side is Side.LONG else 1.0

    def price(d: float) -> float:
        return of.mark * math.exp(sign * d) if math.isfinite(d) else math.nan

    scales = [v / of.fuel_usd for v in of.fuel_band] if of.fuel_usd > 0 else [1.0, 1.0]
    d = stop_of(fuel, book, away, factor, 1.0, of.assumed)
    near, far = (stop_of(fuel, book, away, factor, scale, of.assumed) for scale in scales)
    end = d if math.isfinite(d) else float(fuel.d[-1])
    reached = away + of.assumed.follow * (end - away)
    return Stop(
        factor,
        price(d),
        math.expm1(sign * (d - away)) if math.isfinite(d) else math.nan,
        float(fuel.at(np.array([reached]))[0]),
        price(near),
        price(far),
        end > float(book.d[-1]),
        price(reached) if math.isfinite(d) else math.nan,
    )


def map_edge(base: int, rows: int, side: Side) -> float:
    """Return the price at which the map ends on a side."""
    return edge(base) if side is Side.LONG else edge(base + rows)
