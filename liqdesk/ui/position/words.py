"""A position check in words: every figure with its unit and what it means, and what is wrong with what was typed."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from liqdesk.market import BracketTable, Instrument, Side
from liqdesk.ui import present, touched

if TYPE_CHECKING:
    from liqdesk.insight import Zone
    from liqdesk.insight.position import Check, Position

LARGEST: Final = 1e12
PRIVATE: Final = "no keys; nothing is sent"


class Figure(NamedTuple):
    """One line of the check: its name in tests, its label, what is shown and the raw value, the side it is coloured by, and its tip."""

    name: str
    label: str
    text: str
    value: object
    tip: str
    side: Side | None = None


def dated(table: BracketTable) -> str:
    """Return which brackets are used: brackets of 2 Jul 2026."""
    try:
        day = date.fromisoformat(table.as_of[:10])
    except ValueError:
        return f"brackets of {table.as_of}"
    generic = "generic " if "generic" in table.source else ""
    return f"{generic}brackets of {day.day} {present.MONTHS[day.month - 1]} {day.year}"


def money(value: float, quote: str, signed: bool = False) -> str:
    """Return an amount of quote currency: to the cent below 1,000, whole above."""
    return f"{present.number(value, 2 if abs(value) < 999.995 else 0, signed)} {quote}"


def fault(entered: Position, table: BracketTable, instrument: Instrument) -> tuple[str, str]:
    """Return why there can be no such position, one sentence that says what to change, and the field it hangs on: entry, size, leverage,
    margin or extra. Both are empty where there can."""
    from liqdesk.insight.position import bracket_at_entry, solve

    base, quote = instrument.base, instrument.quote
    if not 0 < entered.entry < LARGEST:
        return "entry", "The entry must be a price above zero."
    if not 0 < entered.quantity < LARGEST:
        return "size", f"The size must be an amount of {base} above zero."
    if entered.quantity < instrument.step * (1 - 1e-9):
        return "size", f"The smallest size is {present.quantity(instrument.step, instrument.quantity_decimals)} {base}."
    if not (math.isfinite(entered.leverage) and entered.leverage >= 1):
        return "leverage", "The leverage must be 1x or more: the margin cannot exceed the position's value."
    bracket = bracket_at_entry(entered, table)
    if bracket is None:
        return "size", f"At most {present.usd(table.brackets[-1].cap)} {quote} can be held in {instrument.symbol}."
    if entered.leverage > bracket.max_leverage * (1 + 1e-9):
        return (
            "leverage",
            f"{present.usd(entered.value)} {quote} can have at most {bracket.max_leverage}x ({dated(table)}).",
        )
    if not 0 <= entered.extra < LARGEST:
        return "extra", "The extra margin cannot be negative."
    if not 0 < entered.margin < LARGEST:
        return "margin", f"The {'wallet' if entered.cross else 'margin'} must be an amount of {quote} above zero."
    solved = solve(entered, table)
    if solved is not None and (
        (solved[0] >= entered.entry) if entered.side is Side.LONG else (solved[0] <= entered.entry)
    ):
        at = table.at(entered.value)
        kept = money(entered.value * at.rate - at.cum, quote)
        return "margin", f"The margin is less than the {kept} it must keep: it would be liquidated as it is opened."
    return "", ""


def gone(entered: Position, mark: float, instrument: Instrument) -> str:
    """Return what is said of a position whose liquidation price the mark has passed."""
    where = "below" if entered.side is Side.LONG else "above"
    price = present.price(mark, instrument.price_decimals)
    return f"Mark {price} is {where} its liquidation price already: such a position would be gone."


def figures(
    entered: Position, found: Check, instrument: Instrument, table: BracketTable, m: present.Measure = present.DOLLARS
) -> tuple[Figure, ...]:
    """Return the lines of a check, the liquidation price first."""
    decimals, quote, word = instrument.price_decimals, instrument.quote, entered.side.word
    known = found.liquidation is not None

    def price(value: float | None) -> str:
        return present.price(value, decimals) if value is not None else "none"

    wallet = "the whole cross balance, no other position on it" if entered.cross else "its own margin alone"
    return (
        Figure(
            "liquidation", "Liquidation", price(found.liquidation), found.liquidation,
            f"The mark at which equity equals maintenance margin, by bracket {found.bracket or '–'} of the {dated(table)}, with {wallet}. "
            "Fees and funding change it. “none”: no price above zero liquidates it.",
        ),
        Figure("away", "from mark", present.percent(found.away), found.away, "(liquidation − mark) / mark, now."),
        Figure(
            "bankruptcy", "Bankruptcy", price(found.bankruptcy), found.bankruptcy,
            "Where its margin is all gone; the venue's forced order is limited to about this price.",
        ),
        Figure(
            "profit", "Unrealised", money(found.profit, quote, signed=True), found.profit,
            "Size × (mark − entry), of a short (entry − mark); before fees and funding.",
        ),
        Figure(
            "margin", "Margin behind it", money(entered.margin, quote), entered.margin,
            "Entry × size / leverage and the extra margin; of cross, the wallet you typed.",
        ),
        Figure(
            "before", f"Est. {word}s from mark to it", _with_band(found, m), found.before,
            f"USD of {word} liquidations that the map expects to be printed before it is its turn, between mark and its liquidation price, "
            "and half the width of the 80 % band.",
            entered.side,
        ),
        Figure(
            "near", "of them within 0.5 % of it", _sized(found.near, m), found.near,
            "That part of it which lies within 0.5 % of the liquidation price: the last push.", entered.side,
        ),
        Figure(
            "rank", "Its 10 bp row", _ranked(found, m), found.rank,
            f"USD of {word}s in the row of the map that holds the liquidation price, and how many of the map's {word} rows hold less.",
        ),
        Figure(
            "edge", "Nearest zone edge", _edge(found, decimals) if known else present.UNKNOWN,
            found.edge.price if found.edge else None,
            f"The nearest edge of a {word} zone, and the way from the liquidation price to it.",
        ),
        Figure(
            "touch", "P(touched in 4 h)", _touch(found), found.touch.odds[touched.SHOWN] if found.touch else None,
            "Chance that the mark reaches the liquidation price within four hours, and half its 80 % interval. " + touched.UNDER,
        ),
    )  # fmt: skip


def _with_band(found: Check, m: present.Measure) -> str:
    return f"{_sized(found.before, m)} {present.size_half(found.before_low, found.before_high, m)}".strip()


def _sized(usd: float | None, m: present.Measure) -> str:
    if usd is None:
        return present.UNKNOWN
    return f"{present.size(usd, m)} {m.unit}" if m.coin else f"${present.usd(usd)}"


def _ranked(found: Check, m: present.Measure) -> str:
    if found.here is None or found.rank is None:
        return present.UNKNOWN
    return f"{_sized(found.here, m)} · above {present.percent(found.rank, 0, signed=False)} of rows"


def _edge(found: Check, decimals: int) -> str:
    if found.before is None:
        return present.UNKNOWN
    if found.edge is None:
        return "no zone"
    if found.edge.away == 0:
        return f"inside {_span(found.edge.zone, decimals)}"
    return f"{present.price(found.edge.price, decimals)} · {present.percent(found.edge.away)}"


def _span(zone: Zone, decimals: int) -> str:
    return present.price_range(zone.low, zone.high, present.range_decimals(zone.low, zone.high, decimals))


def _touch(found: Check) -> str:
    if found.touch is None:
        return present.UNKNOWN
    at = touched.SHOWN
    odds, half = found.touch.odds[at], (found.touch.high[at] - found.touch.low[at]) / 2
    band = f" ±{half * 100:.0f}" if math.isfinite(half) and half >= 0.005 else ""
    return touched.percent(odds) + band


def advice(
    entered: Position, found: Check, instrument: Instrument, m: present.Measure = present.DOLLARS
) -> tuple[str, str]:
    """Return what would take the liquidation price clear of zones, and what it costs; or that it is clear."""
    word, quote, decimals = entered.side.word, instrument.quote, instrument.price_decimals
    if found.liquidation is None:
        return "No price above zero liquidates it.", ""
    if found.before is None:
        return "The map does not reach its liquidation price, or is not loaded yet.", ""
    if found.edge is None:
        return f"No significant {word} zone stands on the map now.", _rise(found, decimals, m)
    if not found.blocked:
        way = present.percent(abs(found.edge.away), 1, signed=False)
        return f"Clear of {word} zones by {way}.", _rise(
            found, decimals, m
        ) or "A zone nearer than 0.5 % counts as in the way."
    clear = found.clearing
    where = "inside a" if found.edge.away == 0 else "within 0.5 % of a"
    lead = f"It lies {where} {word} zone of {_sized(found.edge.zone.usd, m)}."
    if clear is None:
        return lead, "No lower leverage takes it clear." if not entered.cross else "No larger wallet takes it clear."
    to = (
        f"puts it at {present.price(clear.price, decimals)}, clear of zones"
        if clear.price
        else "leaves no liquidation price"
    )
    if clear.leverage is not None:
        return f"{lead} {clear.leverage}x {to}.", f"Costs {money(clear.cost, quote)} more margin."
    return f"{lead} {money(clear.cost, quote)} more in the wallet {to}.", ""


def _rise(found: Check, decimals: int, m: present.Measure) -> str:
    if found.rise is None:
        return ""
    return f"It lies on a rise that may be chance: {_span(found.rise, decimals)}, {_sized(found.rise.usd, m)}."


def entry_tag(entered: Position, mark: float, instrument: Instrument) -> str:
    """Return the chart's name of the entry: my long 0.80 BTC · 25x · +697 USD."""
    size = f"{present.quantity(entered.quantity, instrument.quantity_decimals)} {instrument.base}"
    how = "cross" if entered.cross else f"{entered.leverage:.4g}x"
    now = f" · {present.number(entered.profit(mark), 0, signed=True)} USD" if mark > 0 else ""
    return f"my {entered.side.word} {size} · {how}{now}"


def liquidation_tag(liquidation: float, mark: float) -> str:
    """Return the chart's name of the liquidation price: my liquidation · 4.9 % away."""
    away = f" · {present.percent(abs(liquidation / mark - 1), 1, signed=False)} away" if mark > 0 else ""
    return f"my liquidation{away}"
