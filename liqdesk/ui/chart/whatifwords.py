"""What would follow if price went somewhere, in words. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from liqdesk.insight.cascade import WORST, Assumed, Cascade, Stop
from liqdesk.market import Side
from liqdesk.ui import present
from liqdesk.ui.chart.state import ChartState

FACTOR: Final = {1.0: "×1", 0.5: "×½", 0.25: "×¼"}
COLUMNS: Final = ("Book", "Stops at", "80 % of the map", "Beyond", "Forced, {}", "Next zone")
TIP: Final = (
    "What would follow if price went to the line. On the way the map's liquidations of one side are forced; they have to be taken by the "
    "order book beyond the line, and price slips until it has taken them, with those that the slip itself forces. With all of the visible "
    "book, with half and with a quarter of it: orders are pulled in stress. Drag the line, or use the arrow keys; Esc closes it."
)
LAW: Final = (
    "A heuristic on the visible book, taken at its worst: all forced orders meet it at once, nobody refills it, mark follows last. "
    "Forced: what this venue is expected to print."
)
REFILL: Final = {
    0.0: "nobody refills it",
    0.25: "new orders take a quarter of them",
    0.5: "new orders take half of them",
}
FOLLOW: Final = {
    1.0: "mark follows last",
    0.75: "mark follows last by three quarters",
    0.5: "mark follows last by half",
}
OFF: Final = "off the map"
OFF_LAW: Final = (
    "Off the map: as far as it reaches, the book never takes all that is forced. Nothing is claimed beyond."
)
SAME_PX: Final = 3.0  # stops this near to one another share a tag


@dataclass(frozen=True)
class WhatText:
    """What the card says: labelled amounts (label, value, note), and a row for each share of the book."""

    title: str
    away: str
    side: Side
    lines: tuple[tuple[str, str, str], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sentences: tuple[str, ...]
    unit: str


@dataclass(frozen=True)
class WhatLine:
    """A line on the chart: its price, its tag, whether it is the target (else a stop, in the side's colour)."""

    price: float
    text: str
    target: bool
    side: Side


def law(assumed: Assumed) -> str:
    """Return what is taken for granted of how forced orders meet the book."""
    if assumed == WORST:
        return LAW
    refill = REFILL.get(assumed.refill, f"new orders take {assumed.refill * 100:.0f} % of them")
    follow = FOLLOW.get(assumed.follow, f"mark follows last by {assumed.follow * 100:.0f} %")
    return (
        f"A heuristic on the visible book, under guesses of yours: all forced orders meet it at once, {refill}, {follow}. "
        "Forced: what this venue is expected to print."
    )


def spoken(text: WhatText) -> str:
    """Return what a sheet says, for a reader of the screen."""
    lines = [f"{label} {value}, {note}" for label, value, note in text.lines]
    table = [", ".join(f"{a} {b}" for a, b in zip(text.columns, row, strict=True)) for row in text.rows]
    return "\n".join([*lines, *table, *text.sentences])


def _price(s: ChartState, price: float) -> str:
    return present.price(price, s.decimals)


def _amount(usd: float, s: ChartState) -> str:
    return f"{present.size(usd, s.measure)} {s.measure.unit}"


def what_text(s: ChartState, found: Cascade) -> WhatText:
    """Return what the card says of a cascade."""
    m = s.measure
    side = found.side.word
    low, high = found.fuel_band
    band = f"{present.size_band(low, high, m)}, 80 % band" if found.fuel_usd > 0 else "the map holds nothing there"
    lines = [(f"{side.capitalize()}s forced on the way", _amount(found.fuel_usd, s), band), _book_line(s, found)]
    lines.append(_zone_line(s, found))
    sentences = [found.why] if found.why else []
    if any(stop.extrapolated and math.isfinite(stop.price) for stop in found.stops):
        reach = found.covers_to if not found.book_whole else _reach(s, found)
        sentences.append(
            f"~ lies beyond the book that is known (to {_price(s, reach)}): there it is taken to grow as distance^{found.power:.1f}, "
            "as the outer half of it does."
        )
    if any(math.isnan(stop.price) for stop in found.stops):
        sentences.append(OFF_LAW)
    sentences.append(law(found.assumed))
    return WhatText(
        title=f"What if price goes to {_price(s, found.target)}",
        away=f"{present.percent(found.distance, 2)} from mark",
        side=found.side,
        lines=tuple(lines),
        columns=tuple(name.format(m.unit) for name in COLUMNS),
        rows=tuple(_row(s, found, stop) for stop in found.stops),
        sentences=tuple(sentences),
        unit=m.unit,
    )


def _reach(s: ChartState, found: Cascade) -> float:
    book = s.frame.book if s.frame is not None else None
    if book is None:
        return math.nan
    return book.low if found.side is Side.LONG else book.high


def _book_line(s: ChartState, found: Cascade) -> tuple[str, str, str]:
    label = "Bids on the way" if found.side is Side.LONG else "Asks on the way"
    if not math.isfinite(found.book_usd):
        return label, present.UNKNOWN, "not known"
    amount = _amount(found.book_usd, s)
    if found.book_whole:
        return label, amount, "all of it is known"
    edge = f"{_price(s, found.covers_to)}, {present.percent(found.covers_to / found.mark - 1, 2)}"
    return label, "≥ " + amount, f"known to {edge}"


def _zone_line(s: ChartState, found: Cascade) -> tuple[str, str, str]:
    label, zone = f"Next {found.side.word} zone", found.next_zone
    if zone is None:
        return label, present.UNKNOWN, "none stands out beyond"
    near = zone.high if zone.side is Side.LONG else zone.low
    span = present.price_range(zone.low, zone.high, present.range_decimals(zone.low, zone.high, s.decimals))
    return label, _amount(zone.usd, s), f"{span}, {present.percent(near / found.mark - 1, 1)}"


def _row(s: ChartState, found: Cascade, stop: Stop) -> tuple[str, ...]:
    name = FACTOR.get(stop.factor, f"×{stop.factor:g}")
    forced = present.size(stop.fuel_usd, s.measure)
    zone = present.UNKNOWN if found.next_zone is None else "reached" if stop.reaches(found.next_zone) else "not reached"
    if not math.isfinite(stop.price):
        return name, OFF, present.UNKNOWN, present.UNKNOWN, forced, zone
    at = ("~" if stop.extrapolated else "") + _price(s, stop.price)
    return name, at, _band(s, stop), slip_words(stop.slip), forced, zone


def slip_words(slip: float) -> str:
    """Return how far beyond the target price slips; what two decimals cannot show is not called zero unless it is."""
    return "<0.01 %" if 0 < abs(slip) < 5e-5 else present.percent(slip, 2)


def _band(s: ChartState, stop: Stop) -> str:
    ends = [_price(s, end) if math.isfinite(end) else OFF for end in (stop.near, stop.far)]
    if math.isfinite(stop.near) and math.isfinite(stop.far):
        low, high = sorted((stop.near, stop.far))
        return present.price_range(low, high, present.range_decimals(low, high, s.decimals))
    return "–".join(ends)


def what_lines(s: ChartState) -> tuple[WhatLine, ...]:
    """Return the lines on the chart: the target, and where price would stop; stops at about the same row share one."""
    found = s.what
    if found is None or not s.lens.valid:
        return ()
    lines = [
        WhatLine(
            found.target, f"what if {_price(s, found.target)} · {present.percent(found.distance, 1)}", True, found.side
        )
    ]
    groups: list[list[Stop]] = []
    for stop in found.stops:
        if not math.isfinite(stop.price):
            continue
        if groups and abs(s.lens.y(groups[-1][0].price) - s.lens.y(stop.price)) < SAME_PX:
            groups[-1].append(stop)
        else:
            groups.append([stop])
    for group in groups:
        names = " ".join(FACTOR.get(stop.factor, "") for stop in group)
        at = group[-1]
        low, high = sorted((group[0].price, at.price))
        decimals = present.range_decimals(low, high, s.decimals)
        where = _price(s, at.price) if len(group) == 1 else present.price_range(low, high, decimals)
        text = f"{names} book stops {'~' if at.extrapolated else ''}{where}"
        lines.append(WhatLine(at.price, text, False, found.side))
    return tuple(lines)
