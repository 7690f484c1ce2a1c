"""A position of the user's against the map: where it is liquidated, what must go before it, and what would move it clear of a zone.

The exact prices come from `market.margin` and the dated brackets; amounts are the density's between mark and the liquidation price, of
the position's own side, since those are triggered before it. Entered by hand and read here alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from liqdesk.insight.sides import Density, below, position, priors_of, sides_of
from liqdesk.insight.spread import Spread, band_of
from liqdesk.insight.touch import Calibration, Chance, chances
from liqdesk.insight.zones import Zone
from liqdesk.market import Bracket, BracketTable, Side, bankruptcy_price, liquidation_price, wallet_for

CLEAR: Final = (
    0.005  # of the liquidation price: what "close to it" means, and how far a zone must be to be out of the way
)
STRIP_FROM: Final = 5

Floats = NDArray[np.float64]


class Position(msgspec.Struct, frozen=True):
    """What was entered: one-way mode, one contract. Prices and money in quote units, `quantity` in base units.

    Isolated: the wallet is entry·quantity/leverage plus `extra`. Cross: it is `wallet`, the whole cross balance, with no other position
    on it (the venue adds their margin and profit; they are not known here).
    """

    side: Side
    entry: float
    quantity: float
    leverage: float
    cross: bool = False
    wallet: float = 0.0
    extra: float = 0.0

    @property
    def value(self) -> float:
        """Return what it was worth when opened, quote units."""
        return self.entry * self.quantity

    @property
    def margin(self) -> float:
        """Return what stands behind it, quote units."""
        return self.wallet if self.cross else self.value / self.leverage + self.extra

    def profit(self, mark: float) -> float:
        """Return the unrealised profit at a mark, quote units."""
        moved = mark - self.entry if self.side is Side.LONG else self.entry - mark
        return moved * self.quantity


class Edge(msgspec.Struct, frozen=True):
    """The zone nearest to a liquidation price: `price` is its nearest edge, `away` the way there as a fraction of the liquidation price
    (signed; zero inside the zone)."""

    zone: Zone
    price: float
    away: float


class Clearing(msgspec.Struct, frozen=True):
    """What takes a liquidation price out of every zone's way: a lower leverage (isolated) or a larger wallet (cross).

    `price` is where it would then be liquidated, None for nowhere; `cost` the margin to be added, quote units."""

    leverage: int | None
    price: float | None
    cost: float


class Check(msgspec.Struct, frozen=True):
    """A position at one moment. Prices in quote units, fractions of mark, amounts in USD; None where not known.

    `liquidation` is None where no positive price liquidates it, `bracket` counts from 1. `away` is (liquidation − mark)/mark; `gone` says
    that the mark stands at or beyond it already. `before` is the estimate of the position's side between mark and liquidation with its
    80 % band, `near` that part of it within 0.5 % of the liquidation price. `here` is the USD of the 10 bp row it lies in and `rank` the
    share of that side's rows which hold less.
    """

    liquidation: float | None
    bracket: int | None
    bankruptcy: float | None
    away: float | None
    profit: float
    before: float | None = None
    before_low: float = 0.0
    before_high: float = math.inf
    near: float | None = None
    here: float | None = None
    rank: float | None = None
    edge: Edge | None = None
    clearing: Clearing | None = None
    rise: Zone | None = None  # one that may be chance, on the liquidation price, where no zone is near
    touch: Chance | None = None
    gone: bool = False

    @property
    def blocked(self) -> bool:
        """Whether a zone lies on the liquidation price, or within 0.5 % of it."""
        return self.edge is not None and abs(self.edge.away) < CLEAR


def bracket_at_entry(entered: Position, table: BracketTable) -> Bracket | None:
    """Return the bracket of the position's value when opened, which sets its highest leverage; None beyond the last one's cap."""
    bracket = table.at(entered.value)
    return bracket if entered.value <= bracket.cap else None


def solve(entered: Position, table: BracketTable) -> tuple[float, int] | None:
    """Return (liquidation price, bracket from 1), None when no positive price liquidates the position."""
    return liquidation_price(entered.side, entered.entry, entered.quantity, entered.margin, table)


def check(
    entered: Position,
    table: BracketTable,
    mark: float,
    base: int = 0,
    usd: Density | None = None,
    shares: NDArray[np.floating] | None = None,
    zones: Sequence[Zone] = (),
    spread: Spread | None = None,
    reach: Sequence[float] = (),
    curves: Sequence[Calibration] = (),
) -> Check:
    """Hold a position against the map of the moment; without one (`usd` None) only what prices and brackets say.

    base, usd, shares: as `zones_of`; zones: those of it, rises that may be chance are left out; reach, curves: as `chances`. Raises
    ValueError for an entry or quantity that is not positive.
    """
    solved = solve(entered, table)
    price = solved[0] if solved else None
    broke = bankruptcy_price(entered.side, entered.entry, entered.quantity, entered.margin)
    found = Check(price, solved[1] if solved else None, broke, None, entered.profit(mark))
    if price is None or not mark > 0:
        return found
    away = (price - mark) / mark
    if (away >= 0) if entered.side is Side.LONG else (away <= 0):
        return replace(found, gone=True)
    found = replace(found, away=away)
    if reach and curves:
        found = replace(found, touch=chances([abs(math.log(price / mark))], reach, curves)[0])
    if usd is None:
        return found
    mine = tuple(z for z in zones if z.side is entered.side and z.significant)
    edge = edge_of(price, mine)
    found = replace(found, edge=edge, **_amounts(entered.side, price, mark, base, usd, shares, spread or Spread()))
    if not found.blocked:
        rises = [z for z in zones if z.side is entered.side and not z.significant and z.low <= price <= z.high]
        found = replace(found, rise=max(rises, key=lambda z: z.usd, default=None))
    if edge is not None and abs(edge.away) < CLEAR:
        found = replace(found, clearing=clearing_of(entered, table, mine))
    return found


def _amounts(
    side: Side,
    price: float,
    mark: float,
    base: int,
    usd: Density,
    shares: NDArray[np.floating] | None,
    spread: Spread,
) -> dict[str, float | None]:
    both, prior = sides_of(usd, mark), priors_of(usd, shares)
    rows, ours = both[side], prior[side]
    here, there = position(mark, base), position(price, base)
    edge = position(min(price * (1 + CLEAR), mark) if side is Side.LONG else max(price * (1 - CLEAR), mark), base)
    if not 0 <= there < rows.size:
        return {}  # the map does not reach so far
    row = math.floor(there)
    alike = rows[: math.ceil(here)] if side is Side.LONG else rows[math.floor(here) :]
    if side is Side.SHORT:  # mirrored, shorts stand below mark as longs do
        rows, ours = rows[::-1], ours[::-1]
        here, there, edge = rows.size - here, rows.size - there, rows.size - edge
    before, set_by_prior = below(rows, here, there), below(ours, here, there)
    share = min(set_by_prior / before, 1.0) if before > 0 else 0.0
    low, high = band_of(before, share, spread)
    mine = float(both[side][row])
    return {
        "before": before,
        "before_low": float(low),
        "before_high": float(high),
        "near": before - below(rows, here, edge),
        "here": mine,
        "rank": float(((alike < mine).sum() + (alike <= mine).sum()) / 2 / alike.size) if alike.size else None,
    }


def edge_of(price: float, zones: Sequence[Zone]) -> Edge | None:
    """Return the zone whose edge is nearest to a price, the largest of those that hold it; None without zones."""
    held = [z for z in zones if z.low <= price <= z.high]
    if held:
        zone = max(held, key=lambda z: z.usd)
        return Edge(zone, zone.low if price - zone.low < zone.high - price else zone.high, 0.0)
    edges = [Edge(z, p, (p - price) / price) for z in zones for p in (z.low, z.high)]
    return min(edges, key=lambda e: abs(e.away), default=None)


def clearing_of(entered: Position, table: BracketTable, zones: Sequence[Zone]) -> Clearing | None:
    """Return the smallest step that takes the liquidation price 0.5 % clear of every zone, None where none does.

    Isolated: the next lower whole leverage, at which margin of entry·quantity·(1/new − 1/old) is added. Cross: the smallest wallet.
    """
    if entered.cross:
        return _larger_wallet(entered, table, zones)
    for leverage in range(math.ceil(entered.leverage) - 1, 0, -1):
        price = solve(replace(entered, leverage=float(leverage)), table)
        if price is None or is_clear(price[0], zones):
            cost = entered.value * (1 / leverage - 1 / entered.leverage)
            return Clearing(leverage, price[0] if price else None, cost)
    return None


def _larger_wallet(entered: Position, table: BracketTable, zones: Sequence[Zone]) -> Clearing | None:
    long = entered.side is Side.LONG
    targets = sorted(
        (z.low / (1 + 1.001 * CLEAR) if long else z.high / (1 - 1.001 * CLEAR) for z in zones), reverse=long
    )
    for price in targets:
        if is_clear(price, zones):
            cost = wallet_for(entered.side, entered.entry, entered.quantity, price, table) - entered.wallet
            if cost > 0:
                return Clearing(None, price, cost)
    return None


def is_clear(price: float, zones: Sequence[Zone]) -> bool:
    """Return whether no zone lies on a price or within 0.5 % of it."""
    edge = edge_of(price, zones)
    return edge is None or abs(edge.away) >= CLEAR


def along_leverage(
    entered: Position, table: BracketTable, leverages: Floats, mark: float, base: int, usd: Density
) -> tuple[Floats, Floats]:
    """Return where an isolated position would be liquidated at each leverage, and what the map holds there.

    leverages: float64 [n], ≥ 1. Prices in quote units, NaN where nothing liquidates it; USD per 10 bp of its side, NaN where the map does
    not reach and beyond mark.
    """
    side, q = entered.side, entered.quantity
    wallets = entered.value / leverages + (0.0 if entered.cross else entered.extra)
    rate = np.array([b.rate for b in table.brackets])
    cum = np.array([b.cum for b in table.brackets])
    floor, cap = np.array([b.floor for b in table.brackets]), np.array([b.cap for b in table.brackets])
    sign = 1.0 if side is Side.SHORT else -1.0
    prices = (entered.value + sign * (wallets[:, None] + cum)) / (q * (1 + sign * rate))
    value = prices * q
    miss = np.maximum(np.maximum(floor - value, value - cap), 0.0) / np.maximum(value, 1.0)
    best = prices[np.arange(leverages.size), miss.argmin(axis=1)]
    best = np.where(best > 0, best, np.nan)
    rows = sides_of(usd, mark)[side]
    at = np.array([position(p, base) if p > 0 else math.nan for p in best.tolist()])
    alive = (best < mark) if side is Side.LONG else (best > mark)
    inside = alive & (at >= 0) & (at < rows.size)
    held = np.full(leverages.size, math.nan)
    held[inside] = rows[np.floor(at[inside]).astype(np.int64)]
    return best, held
