"""The answer to "why is this cell hot" as words. Pure: no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from liqdesk.engine.whys import Cause, Empty, Why
from liqdesk.market import DAY_MS, LEVERAGES, Side
from liqdesk.ui import present
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.present import Measure

COLUMNS: Final = ("when", "traded USD", "entered at", "class", "put here", "decayed", "swept", "stands USD")
AGES: Final = ("≤ 12 h", "≤ 1 d", "≤ 1 w", "older")
GROUPS: Final = {1: "minute", 5: "5 minutes", 15: "quarter of an hour", 60: "hour", 240: "4 hours", 1_440: "day"}
PRIOR: Final = "of this rests on how leverage is assumed to be spread, not on orders that were printed."
MOSTLY: Final = 0.5
ADVICE: Final = "An estimate, not advice."
TIP: Final = (
    "Where this row's estimate comes from, minute by minute of traded volume.\n"
    "put here: what of that volume has its liquidation price in this row by the model, as expected to be printed.\n"
    "decayed: closed since, by turnover. swept: emptied where price passed. stands: the rest, which the map shows.\n"
    "class: the leverage that most of it belongs to. Computed from the venue's trades, candles, marks and open interest."
)


@dataclass(frozen=True)
class WhyText:
    """What the card says. `rows` have one text per name in `columns`; shares sum to 1 or are empty; `facts` is the line under them."""

    side: int
    title: str
    away: str
    says: str
    when: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    whole: tuple[str, ...]
    facts: str
    classes: tuple[float, ...]
    class_words: str
    ages: tuple[float, ...]
    age_words: str
    sentences: tuple[str, ...]


def why_text(s: ChartState, why: Why) -> WhyText:
    """Put an answer into words; an answer that is only a sentence has no title."""
    if why.trouble:
        return WhyText(0, "", "", "", "", (), (), (), "", (), "", (), "", (why.trouble,))
    side = Side(why.side)
    decimals = present.range_decimals(why.low, why.low + 10 * (why.high - why.low), s.decimals)
    centre = math.sqrt(why.low * why.high)
    if why.ask.number is None:
        when = f"now, {present.stamp(why.as_of_ms, s.zone)}"
    else:
        when = (
            f"as it stood at {present.stamp(why.as_of_ms, s.zone)}, end of a {present.span(why.ask.span_ms or 0)} cell"
        )
    if len(why.ask.classes) < len(LEVERAGES):
        when += ", " + (" ".join(f"{leverage}×" for leverage in why.ask.classes) or "no band") + " only"
    classes, ages, m = _shares(why.by_class), _shares(why.by_age), s.measure
    return WhyText(
        why.side,
        f"{present.price_range(why.low, why.high, decimals)} · {side.word}",
        f"{present.percent(centre / why.mark - 1, 2)} from mark",
        f"est. {present.money(why.usd, m)} {_band(why, m)}expected to be printed{_where(s)} if price goes there",
        when,
        (f"{COLUMNS[0]}, {present.zone_label(why.as_of_ms, s.zone)}", *(c.replace("USD", m.unit) for c in COLUMNS[1:])),
        tuple(_row(cause, s.zone, s.decimals, m) for cause in why.causes),
        ("all of them", "", "", "", *_fates(why.put_usd, why.decayed_usd, why.swept_usd, why.stands_usd, m)),
        _facts(why),
        classes,
        _words(classes, tuple(f"{leverage}×" for leverage in LEVERAGES)),
        ages,
        _words(ages, AGES),
        tuple(_sentences(why, side, centre, s.zone, m)),
    )


def _band(why: Why, m: Measure) -> str:
    return f"(80 %: {present.size_band(why.low_usd, why.high_usd, m)}) " if why.usd >= 1 else ""


def _where(s: ChartState) -> str:
    scale = s.frame.scale if s.frame is not None else None
    return " on all venues" if scale is not None and scale.all_venues else ""


def _shares(parts: tuple[float, ...]) -> tuple[float, ...]:
    total = sum(parts)
    return tuple(part / total for part in parts) if total > 0 else ()


def _words(shares: tuple[float, ...], names: tuple[str, ...]) -> str:
    return " · ".join(
        f"{name} {present.percent(share, 0, signed=False)}" for name, share in zip(names, shares, strict=False)
    )


def _fates(put: float, decayed: float, swept: float, stands: float, m: Measure) -> tuple[str, str, str, str]:
    share = [part / put if put > 0 else None for part in (decayed, swept)]
    return present.size(put, m), *(present.percent(part, 0, signed=False) for part in share), present.size(stands, m)  # type: ignore[return-value]


def _row(cause: Cause, zone: str, decimals: int, m: Measure) -> tuple[str, ...]:
    entry = present.price(cause.entry, present.range_decimals(cause.entry, cause.entry * 1.01, decimals))
    leverage = f"{cause.leverage}× {present.percent(cause.leverage_share, 0, signed=False)}"
    fates = _fates(cause.put_usd, cause.decayed_usd, cause.swept_usd, cause.stands_usd, m)
    return stretch(cause.from_ms, cause.to_ms, zone), present.size(cause.traded_usd, m), entry, leverage, *fates


def stretch(from_ms: int, to_ms: int, zone: str) -> str:
    """Return a stretch of time, the zone left out: 27 Feb 17:30 – 17:45, of a day or so 27 Feb 00:00 – 28 Feb 00:00."""
    first = present.date(from_ms, zone)
    if present.local(from_ms, zone).date() == present.local(to_ms, zone).date() or to_ms - from_ms < DAY_MS // 2:
        return f"{first} – {present.hour_minute(to_ms, zone)}"
    return f"{first} – {present.date(to_ms, zone)}"


def _facts(why: Why) -> str:
    if not why.causes:
        return ""
    listed = sum(cause.stands_usd for cause in why.causes) / why.stands_usd
    by = GROUPS.get(why.group_ms // 60_000, "")
    return (
        f"Listed by the {by}: {present.percent(listed, 0, signed=False)} of what stands here. "
        f"In all, {why.steps:,} steps of 1 or 5 minutes lead here."
    )


def _sentences(why: Why, side: Side, centre: float, zone: str, m: Measure) -> list[str]:
    out = []
    if why.empty is not None:
        out.append(_empty(why, side, centre, zone))
    elif why.swept_ms is not None:
        out.append(f"Price last reached this row at {present.stamp(why.swept_ms, zone)}.")
    if why.before_usd > 0.01 * why.stands_usd and why.empty is None:
        out.append(
            f"{present.money(why.before_usd, m)} of it stood here before {present.stamp(why.before_ms, zone)}, where the record begins."
        )
    if why.prior_share >= MOSTLY and why.empty is None:
        out.append(f"{present.percent(why.prior_share, 0, signed=False)} {PRIOR}")
    out.append(ADVICE)
    return out


def _empty(why: Why, side: Side, centre: float, zone: str) -> str:
    if why.empty is Empty.HERE:
        if (centre > why.mark) if side is Side.LONG else (centre < why.mark):
            return "Longs stand below price only." if side is Side.LONG else "Shorts stand above price only."
        return "Nothing stands here: price is in this row, or passed it since the last closed minute."
    if why.empty is Empty.SWEPT and why.swept_ms is not None:
        when = present.stamp(why.swept_ms, zone)
        return f"Nothing stands here: price swept it at {when}, and next to nothing was put here since."
    if why.empty is Empty.DECAYED:
        return "Nothing stands here: what was put here has closed since."
    return "Nothing stands here: no volume of the chosen classes traded at the distance that leads here."
