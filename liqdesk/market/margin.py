"""Maintenance-margin brackets, and the exact prices at which an isolated position is liquidated or bankrupt.

Source of the formulas: Binance, "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts" (one-way mode, isolated).
With position value N = P·Q in bracket (mmr, cum), maintenance margin is N·mmr − cum, and equity is wallet + side·Q·(P − entry).
"""

from __future__ import annotations

import math

import msgspec

from liqdesk.market.units import Side


class Bracket(msgspec.Struct, frozen=True):
    """One row of a venue's tier table; `floor` and `cap` bound the position's value in quote units."""

    floor: float
    cap: float
    rate: float
    cum: float
    max_leverage: int


class BracketTable(msgspec.Struct, frozen=True):
    """All brackets of one symbol, lowest first, with the date (ISO, UTC) and the source they were read from."""

    symbol: str
    brackets: tuple[Bracket, ...]
    as_of: str
    source: str

    @property
    def lowest_rate(self) -> float:
        return self.brackets[0].rate

    @property
    def max_leverage(self) -> int:
        return max(b.max_leverage for b in self.brackets)

    def at(self, value: float) -> Bracket:
        """Return the bracket that holds a position's value, quote units; the last one for what lies beyond it."""
        return next((b for b in self.brackets if value <= b.cap), self.brackets[-1])


def _check(entry: float, quantity: float) -> None:
    if not (math.isfinite(entry) and entry > 0 and math.isfinite(quantity) and quantity > 0):
        raise ValueError(f"entry {entry!r} and quantity {quantity!r} must be positive")


def liquidation_price(
    side: Side, entry: float, quantity: float, wallet: float, table: BracketTable
) -> tuple[float, int] | None:
    """Solve for the mark price at which equity equals maintenance margin.

    entry: quote units; quantity: base units; wallet: isolated margin in quote units (entry·quantity/leverage when just opened).
    Returns (price, number of the bracket, counted from 1), where the bracket holds the position's value AT that price; None when no
    positive price liquidates the position. Raises ValueError for entry or quantity that are not positive.
    """
    _check(entry, quantity)
    best: tuple[float, float, int] | None = None
    for number, bracket in enumerate(table.brackets, start=1):
        if side is Side.LONG:
            price = (entry * quantity - wallet - bracket.cum) / (quantity * (1 - bracket.rate))
        else:
            price = (entry * quantity + wallet + bracket.cum) / (quantity * (1 + bracket.rate))
        value = price * quantity
        # Margin is continuous across edges, so at most rounding keeps a solution out of its own bracket.
        miss = max(bracket.floor - value, value - bracket.cap, 0.0) / max(value, 1.0)
        if best is None or miss < best[0]:
            best = (miss, price, number)
    if best is None or best[1] <= 0:
        return None
    return best[1], best[2]


def bankruptcy_price(side: Side, entry: float, quantity: float, wallet: float) -> float | None:
    """Return the price at which the isolated wallet is gone, None when that is not above zero."""
    _check(entry, quantity)
    price = entry - wallet / quantity if side is Side.LONG else entry + wallet / quantity
    return price if price > 0 else None


def wallet_for(side: Side, entry: float, quantity: float, price: float, table: BracketTable) -> float:
    """Return the wallet, quote units, with which a position is liquidated at mark `price`: `liquidation_price` solved for its wallet."""
    _check(entry, quantity)
    _check(price, quantity)
    bracket = table.at(price * quantity)
    lost = (entry - price) * quantity if side is Side.LONG else (price - entry) * quantity
    return lost + price * quantity * bracket.rate - bracket.cum


def trigger_price(side: Side, bankruptcy: float, quantity: float, table: BracketTable) -> float | None:
    """Return the mark that triggered a forced order whose limit is the position's bankruptcy price: `liquidation_price` from there.

    bankruptcy: quote units; quantity: base units of the whole position. At bankruptcy equity is zero, so that equity at mark P is
    ±quantity·(P − bankruptcy); it equals the maintenance margin at P = (bankruptcy − cum/quantity)/(1 − mmr) for a long and at
    (bankruptcy + cum/quantity)/(1 + mmr) for a short, (mmr, cum) of the bracket that holds P·quantity; cum is 0 in the lowest.
    None when no positive price does. Raises ValueError for a price or quantity that is not positive.
    """
    solved = liquidation_price(side, bankruptcy, quantity, 0.0, table)
    return None if solved is None else solved[0]


def entry_from_liquidation(
    side: Side, liquidation: float, quantity: float, leverage: float, table: BracketTable
) -> float:
    """Return the entry whose freshly opened isolated position is liquidated at `liquidation`: `liquidation_price` solved backwards."""
    _check(liquidation, quantity)
    bracket = table.at(liquidation * quantity)
    if side is Side.LONG:
        if leverage <= 1:
            raise ValueError("a long at 1x or less has no liquidation price")
        return (liquidation * (1 - bracket.rate) + bracket.cum / quantity) / (1 - 1 / leverage)
    return (liquidation * (1 + bracket.rate) - bracket.cum / quantity) / (1 + 1 / leverage)


def class_distance(leverage: int, rate: float) -> float:
    """Return d_L = −ln(1 − 1/L) − m: the log distance from entry to liquidation of a small position at `leverage`."""
    return -math.log(1 - 1 / leverage) - rate
