"""Scale and score in a trader's words: pure text from a frame, for the status bar, the badge and the card."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from liqdesk.ui import present
from liqdesk.ui.streams import Cell
from liqdesk.ui.theme import REGULAR, SEMIBOLD

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.engine.scales import GainView, ScoreView, SideGain

LEAST_DAYS: Final = 14
LEAST_ORDERS: Final = 300
LEAST_SHARE: Final = 0.005
FEW_DAYS: Final = 5  # drawn anew, fewer days say nothing of how days differ
MINUTES_A_DAY: Final = 1_440
MAP_COLUMNS: Final = ("Naive map", "Our lead", "80 % interval", "It foresaw")
SCALE_COLUMNS: Final = ("Scale", "Printed of swept", "80 % interval", "Learned here", "Last 24 h")
WEEK_COLUMNS: Final = ("Week from", "Foreseen", "Printed", "Printed / foreseen", "Time scored")
WEEKS: Final = 6

SHORT: Final = {
    "range_volume": "range × volume",
    "uniform": "uniform + depletion",
    "constant_inflow": "constant inflow + depletion",
    "volume_profile": "24 h volume profile",
    "industry_exact": "industry lines",
    "industry_margin": "industry lines, margin-exact",
    "shuffled_days": "shuffled days",
}

Part = tuple[str, str, int]  # words, token, weight


def gain(value: float) -> str:
    return f"×{value:.4f}" if value >= 5e-4 else f"×{value:.2g}"


def interval(low: float, high: float) -> str:
    return f"[{low:.4f}–{high:.4f}]" if low >= 5e-4 else f"[{low:.2g}–{high:.2g}]"


def nats(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")  # the sign of this program


def title(name: str) -> str:
    """Return a map's title in quotation marks."""
    return f"“{name}”"


def how_learned(scale: GainView | None, default: bool) -> str:
    """Return whether the scale is the shipped one or learned here, in a word or two."""
    if scale is None:
        return "default" if default else "learned"
    if scale.learned < LEAST_SHARE:
        return "default"
    return "learned" if not default else f"{100 * scale.learned:.0f} % learned"


def _of_needed(orders: int) -> str:
    return f"{orders:,} of {LEAST_ORDERS} orders" if orders < LEAST_ORDERS else f"{orders:,} orders"


def scale_words(scale: GainView | None, default: bool, value: float, length: int) -> str:
    """Return the scale as the status bar says it; shorter with `length` 0 .. 4."""
    if length >= 4:
        return ""
    word = how_learned(scale, default)
    venues = "" if scale is None or not scale.all_venues else f" · all venues ×{scale.factor:g}"
    if length == 3:
        return f"{gain(value)}{venues}"
    band = "" if scale is None or length else f" {interval(scale.low, scale.high)}"
    return f"scale {word} {gain(value)}{band}{venues}"


def score_words(view: ScoreView | None, length: int) -> tuple[str, str]:
    """Return (the score as the status bar says it, its token)."""
    if view is None:
        return "not scored yet", "text3"
    head = view.headline
    best = head.best
    if head.verdict == "too early" or best is None:
        return _early(view, length), "text3"
    lead = f"{nats(best.value)} ± {(best.high - best.low) / 2:.2f}"
    counts = f" · {head.orders:,} orders, {head.days} days" if length <= 1 else ""
    other = SHORT.get(best.name, view.title(best.name))
    if head.verdict == "worse":
        if length >= 3:
            return f"worse than {other}" if length == 3 else "worse than naive", "alert"
        return f"worse than {other}: use that one · {lead} nats/order{counts}", "alert"
    if length >= 3:
        return f"{lead} nats/order" if length == 3 else lead, "text2"
    doubt = ": not distinguishable" if head.verdict == "not distinguishable" else ""
    return f"{lead} nats/order over {other}{doubt}{counts}", "text2"


def _early(view: ScoreView, length: int) -> str:
    head = view.headline
    if not head.minutes:
        if length >= 3:
            return "not scored yet"
        return {
            "warming": "score: naive maps loading",
            "learning": "score: learning for a day",
            "ended": "no score recorded",
        }.get(str(view.stage), "not scored yet")
    if length >= 3:
        return f"too early: {head.days} of {LEAST_DAYS} days" if length == 3 else "too early"
    return f"too early to score: {head.days} of {LEAST_DAYS} days, {_of_needed(head.orders)}"


def line(frame: Frame, length: int) -> tuple[Part, ...]:
    """Return the parts of the status bar's line, shorter with `length` 0 .. 5; the shortest is the score alone."""
    scale = scale_words(frame.scale, frame.gain_default, frame.gain, length)
    words, token = score_words(frame.score, length)
    parts: list[Part] = [("model ", "text3", REGULAR)] if length < 3 else []
    if length < 5:
        parts.append((frame.model_version, "text2", SEMIBOLD))
        parts.append((f" · {scale} · " if scale else " · ", "text3", REGULAR))
    parts.append((words, token, SEMIBOLD if token == "alert" else REGULAR))  # nosec B105  # a colour's name
    return tuple(parts)


def tip(frame: Frame) -> str:
    """Return what the status bar's line says when pointed at."""
    lines = [f"Engine {frame.model_version}. USD = standing volume × {frame.gain:.4g}, {_origin(frame)}"]
    if frame.scale is not None and frame.scale.all_venues:
        lines.append(f"Shown for all venues: × {frame.scale.factor:g} of what this one prints.")
    lines += [sentence(frame.score), f"Margin brackets of {frame.brackets_as_of}.", "Click, or P: scale and score"]
    return "\n".join(lines)


def _origin(frame: Frame) -> str:
    if frame.gain_default:
        return "mostly the shipped share of swept volume that Binance printed as forced orders."
    return "the share of swept volume that was printed here as forced orders."


def badge(frame: Frame, short: bool = False) -> str:
    """Return which scale figures are on; `short`, where a panel is narrow, as far as it is more than a word."""
    learned = how_learned(frame.scale, frame.gain_default)
    venues = frame.scale is not None and frame.scale.all_venues
    if frame.scale is not None and venues:
        return (
            f"{learned} · all ×{frame.scale.factor:g}"
            if short
            else f"scale: {learned} · all venues ×{frame.scale.factor:g}"
        )
    return learned if short and " " in learned else f"scale: {learned}"


def sentence(view: ScoreView | None) -> str:
    """Return the score in a sentence or two."""
    if view is None:
        return "This map has not been scored yet."
    head, best = view.headline, view.headline.best
    if head.verdict == "too early" or best is None:
        if head.minutes:
            return (
                f"Too early to say: {head.days} of {LEAST_DAYS} days and {_of_needed(head.orders)} are scored. Below that, chance "
                "decides."
            )
        return {
            "warming": "The naive maps that ours is held against are being computed; scoring begins after that.",
            "learning": "The first day only teaches every map its scale; scoring begins on the next one (UTC).",
            "ended": "Nothing in this history was scored live.",
        }.get(str(view.stage), "No minute has been scored yet.")
    other, reach = title(view.title(best.name)), (best.high - best.low) / 2
    last = f"On the last {head.orders:,} printed orders ({head.days} days)"
    lead = f"{abs(best.value):.2f} ± {reach:.2f} nats per order"
    if head.verdict == "worse":
        return f"{last} this map was {lead} worse than {other}: use that one."
    if head.verdict == "better":
        return (
            f"{last} this map was {lead} better than the best naive map, {other}: it held each order {math.exp(best.value):.2f} "
            "times as likely where it came."
        )
    direction = "better" if best.value >= 0 else "worse"
    return (
        f"{last} this map was {lead} {direction} than the best naive map, {other}. That is within chance: they cannot be told "
        "apart yet."
    )


def map_rows(view: ScoreView) -> tuple[tuple[Cell, ...], ...]:
    """Return a row per naive map, the one to beat first."""
    rows, head = [], view.headline
    for lead in head.leads:
        early = head.verdict == "too early"
        token = "text3" if early else "alert" if lead.high < 0 else "text1" if lead.low > 0 else "text3"
        between = f"{nats(lead.low)} to {nats(lead.high)}" if head.days >= FEW_DAYS else "too few days"
        rows.append(
            (
                Cell(view.title(lead.name), lead.name),
                Cell(nats(lead.value), lead.value, token),
                Cell(between, (lead.low, lead.high), "text2" if head.days >= FEW_DAYS else "text3"),
                Cell(f"{lead.forecast:.2f} per order", lead.forecast, "text2"),
            )
        )
    return tuple(rows)


def scale_rows(scale: GainView) -> tuple[tuple[Cell, ...], ...]:
    return (_side("Longs", scale.long, scale.local_on), _side("Shorts", scale.short, scale.local_on))


def _side(name: str, side: SideGain, local: bool) -> tuple[Cell, ...]:
    return (
        Cell(name),
        Cell(gain(side.value), side.value),
        Cell(interval(side.low, side.high), (side.low, side.high), "text2"),
        Cell(f"{100 * side.learned:.0f} %", side.learned, "text2"),
        Cell(f"×{side.local:.2f}" if local else "not used", side.local, "text1" if local else "text3"),
    )


def scale_sentence(scale: GainView) -> str:
    """Return what the scale was learned from."""
    shipped = f"the shipped {gain(scale.shipped)} (Binance BTCUSDT, one week of 2026)"
    if not scale.minutes:
        return (
            f"Nothing was learned here yet: the scale is {shipped}, right within a factor of two in four cases of five."
        )
    days = scale.minutes / MINUTES_A_DAY
    length = f"{days:.1f} days" if days >= 1 else f"{scale.minutes:,.0f} minutes"
    return (
        f"Learned from {scale.orders:,.0f} printed orders, {present.usd(scale.printed_usd)} USD, over {length} listened to "
        f"without a gap, each counted less the older it is (10 days). Drawn towards {shipped} as by 300 orders."
    )


def week_rows(view: ScoreView) -> tuple[tuple[Cell, ...], ...]:
    """Return the newest weeks, newest first."""
    rows = []
    for week in reversed(view.headline.weeks[-WEEKS:]):
        ratio = week.printed / week.forecast if week.forecast else math.nan
        rows.append(
            (
                Cell(present.day(week.from_ms, "UTC"), week.from_ms),
                Cell(f"{week.forecast:,.0f}", week.forecast),
                Cell(f"{week.printed:,}", week.printed),
                Cell(f"{ratio:.2f}" if math.isfinite(ratio) else present.UNKNOWN, ratio),
                Cell(f"{week.minutes / MINUTES_A_DAY:.1f} d", week.minutes, "text2"),
            )
        )
    return tuple(rows)


def of_scale(scale: GainView) -> dict[str, object]:
    """Return the scale's numbers for a report."""
    sides = {
        name: {"value": s.value, "low": s.low, "high": s.high, "learned": s.learned, "local": s.local}
        for name, s in (("long", scale.long), ("short", scale.short))
    }
    return {
        **sides,
        "default": scale.default,
        "all_venues": scale.all_venues,
        "factor": scale.factor,
        "local": scale.local_on,
    }


def of_score(view: ScoreView) -> dict[str, object]:
    """Return the score's numbers for a report."""
    head = view.headline
    return {
        "stage": str(view.stage),
        "verdict": str(head.verdict),
        "days": head.days,
        "orders": head.orders,
        "minutes": head.minutes,
        "best": None if head.best is None else head.best.name,
        "leads": {lead.name: [lead.value, lead.low, lead.high] for lead in head.leads},
        "foreseen_per_order": head.forecast,
        "curve": [[s.forecast, s.printed, s.orders] for s in head.curve],
        "weeks": [[w.from_ms, w.forecast, w.printed] for w in head.weeks],
    }


def numbers(frame: Frame) -> dict[str, dict[str, object]]:
    """Return the status bar's numbers, text and raw value by name."""
    view = frame.score
    best = None if view is None else view.headline.best
    return {
        "status.scale": {"text": scale_words(frame.scale, frame.gain_default, frame.gain, 1), "value": frame.gain},
        "status.score": {"text": score_words(view, 0)[0], "value": None if best is None else best.value},
    }
