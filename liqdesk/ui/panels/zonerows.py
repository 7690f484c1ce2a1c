"""The zones' table without a widget: its columns, what stands in a row, which columns a width has room for, and how rows are sorted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from liqdesk.ui import present, touched
from liqdesk.ui.present import DOLLARS, Measure
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from liqdesk.engine.frames import Frame
    from liqdesk.insight import Calibration
    from liqdesk.insight.depth import InTheWay
    from liqdesk.insight.zones import Zone

COHORTS: Final = ("12h", "1d", "1w")  # those of `insight.confluence`, which loads numpy
GAP: Final = 5
PAD: Final = 10
MOST_SPREAD: Final = 22  # px that a gap may grow by where there is room
DOTS: Final = "·○●"  # neither, in a rise, in a zone of a cohort


class Column(NamedTuple):
    """A column: its name, its word over it, the widest text it is made for, and what it says. `left`: written from its left edge."""

    name: str
    words: str
    sample: str
    tip: str
    left: bool = False


COLUMNS: Final = (
    Column("rank", "#", "8", "Rank by size, 1 is the largest"),
    Column("range", "Range", "", "Half-prominence extent of the zone, quote price", True),
    Column("side", "Side", "short", "Whose positions would be liquidated", True),
    Column("usd", "USD", "99.9M", "All of that side's estimate in the range: what this venue is expected to print if price swept it"),
    Column("band", "± 80 %", "±99.9M", "Half the width of the 80 % band of the size", True),
    Column("distance", "Dist.", "−12.0 %", "From the mark price to the nearest edge"),
    Column("age", "Age", "59 min", "Half of what stands there was opened within this time; – where the record of steps does not reach"),
    Column(
        "growth",
        "Δ 1 h",
        "+99.9M",
        "Growth within the last hour: what stands in the range now, less what stood there an hour ago, both at today's scale",
    ),
    Column("share", "Δ 1 h %", "+999 %", "Growth within the last hour, in per cent of what stood there then, both at today's scale"),
    Column("touch1", "Touch 1 h", "99 %", "How likely the mark touches the nearest edge within 1 hour, from volatility alone"),
    Column("touch", "Touch 4 h", "99 %", "How likely the mark touches the nearest edge within 4 hours, from volatility alone"),
    Column("touch24", "Touch 24 h", "99 %", "How likely the mark touches the nearest edge within 24 hours, from volatility alone"),
    Column(
        "depth",
        "Book to it",
        "≥99.9M",
        "Resting orders between mark and the nearest edge, USD; ≥ where the visible book ends before it",
    ),
    Column(
        "cohorts",
        " ".join(COHORTS),
        " ".join(COHORTS),
        "Where the zone's peak lies in what was opened within 12 hours, a day and a week alone: ● in a zone of it, ○ in a rise that may be "
        "chance, · in neither",
        True,
    ),
)  # fmt: skip
BY_NAME: Final = {column.name: column for column in COLUMNS}
SHORT_WORDS: Final = {"touch": "Touch"}  # where there is little room
# What comes first, in this order, as far as there is room; a compact window can do without ±.
IMPORTANT: Final = (
    *("range", "side", "usd", "band", "distance", "touch", "age", "cohorts"),
    *("growth", "depth", "share", "touch24", "touch1", "rank"),
)
ALWAYS: Final = 6  # of them, where the window is not compact
IMPORTANT_COMPACT: Final = ("range", "side", "usd", "distance", "touch", "band", *IMPORTANT[6:])


class Row(msgspec.Struct, frozen=True):
    """One zone as shown: texts by column, the raw values behind them, and whether it is more than chance."""

    side: int
    significant: bool
    texts: dict[str, str]
    values: dict[str, object]
    cohorts: tuple[int, ...]

    @property
    def range(self) -> str:
        return self.texts["range"]

    @property
    def usd(self) -> str:
        return self.texts["usd"]

    @property
    def touch(self) -> str:
        return self.texts["touch"]


def largest(zones: tuple[Zone, ...], most: int) -> tuple[int, ...]:
    """Return which zones are the largest by USD, in the order they came."""
    order = sorted(range(len(zones)), key=lambda i: -zones[i].usd)[:most]
    return tuple(sorted(order))


def rows_of(frame: Frame, at: Sequence[int], m: Measure = DOLLARS) -> tuple[Row, ...]:
    """Return zones of a frame as shown, in the order of `at`."""
    sizes = [z.usd for z in frame.zones]
    ways = frame.in_the_way
    return tuple(
        row_of(frame, frame.zones[i], 1 + sum(usd > sizes[i] for usd in sizes), ways[i] if i < len(ways) else None, m)
        for i in at
    )


def row_of(frame: Frame, z: Zone, rank: int, way: InTheWay | None, m: Measure) -> Row:
    """Return one zone as shown."""
    decimals = present.range_decimals(z.low, z.high, frame.instrument.price_decimals)
    odds = z.touch.odds if z.touch is not None else (math.nan,) * 3
    share = z.growth_usd / z.hour_usd if z.growth_usd is not None and z.hour_usd else None
    texts = {
        "rank": str(rank),
        "range": present.price_range(z.low, z.high, decimals),
        "side": z.side.word,
        "usd": present.size(z.usd, m),
        "band": present.size_half(z.low_usd, z.high_usd, m),
        "distance": present.percent(z.distance, 1),
        "age": age(z.age_ms),
        "growth": present.size(z.growth_usd, m, signed=True),
        "share": grown(share),
        "touch1": touched.percent(odds[0]),
        "touch": touched.percent(odds[1]),
        "touch24": touched.percent(odds[2]),
        "depth": present.UNKNOWN if way is None else ("" if way.whole else "≥") + present.size(way.usd, m),
        "cohorts": " ".join(DOTS[c] for c in z.cohorts) or present.UNKNOWN,
    }
    values: dict[str, object] = {
        "rank": rank,
        "range": [z.low, z.high],
        "side": z.side.word,
        "usd": z.usd,
        "band": [z.low_usd, z.high_usd],
        "distance": z.distance,
        "age": z.age_ms,
        "growth": z.growth_usd,
        "share": share,
        "touch1": odds[0],
        "touch": odds[1],
        "touch24": odds[2],
        "depth": None if way is None else way.usd,
        "cohorts": list(z.cohorts),
    }
    return Row(int(z.side), z.significant, texts, values, z.cohorts)


def age(ms: float | None) -> str:
    """Return an age in the words of a table: 42 min, 9 h, 3.5 d, 26 d."""
    if ms is None or not math.isfinite(ms):
        return present.UNKNOWN
    minutes = ms / 60_000
    if minutes < 59.5:
        return f"{max(1, round(minutes))} min"
    hours = minutes / 60
    if hours < 47.5:
        return f"{round(hours)} h"
    days = hours / 24
    return f"{days:.1f} d" if days < 9.95 else f"{round(days)} d"


def grown(share: float | None) -> str:
    """Return a growth in per cent: +4 %, and no more digits than mean something."""
    if share is None or not math.isfinite(share):
        return present.UNKNOWN
    return ">+999 %" if share > 9.995 else present.percent(share, 0)


def columns_for(width: float, compact: bool, rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Return which columns `width` px have room for, and where: (left, right) of each by name, in the order they stand. They come and go
    in the order of importance; the range takes the room of the widest one shown, and the side is a letter where its word would cost
    one of the columns that always stand."""
    t = current()
    importance = IMPORTANT_COMPACT if compact else IMPORTANT
    wanted, taken = _fitting(width, importance, compact, rows)
    letter = compact or len(wanted) < ALWAYS
    if letter and not compact:
        wanted, taken = _fitting(width, importance, letter, rows)
    names = [column.name for column in COLUMNS if column.name in wanted]
    widths = {name: wide(BY_NAME[name], letter, rows) for name in names}
    for name in (name for name in names if name in SHORT_WORDS):
        more = text_width(BY_NAME[name].words, SMALL) - widths[name]
        if 0 < more <= width - taken:  # room for the whole word
            widths[name] += more
            taken += more
    spare = min(max(0.0, (width - taken) / max(1, len(names) - 1)), t.px(MOST_SPREAD))
    out: dict[str, tuple[float, float]] = {}
    x = float(t.px(PAD))
    left_over = max(0.0, width - taken - spare * (len(names) - 1))
    for name in names:
        right = x + widths[name]
        out[name] = (x, right)
        x = right + t.px(GAP) + spare
        if name == "range":
            x += left_over  # what is left stands after the first words, so that figures end at the right edge
    return out


def _fitting(width: float, importance: Sequence[str], letter: bool, rows: Sequence[Row]) -> tuple[list[str], float]:
    """Return the columns that fit, three at least, and the px they take with the least gaps."""
    t = current()
    wanted: list[str] = []
    taken = 2.0 * t.px(PAD)
    for name in importance:
        need = wide(BY_NAME[name], letter, rows) + (t.px(GAP) if wanted else 0)
        if taken + need > width and len(wanted) >= 3:
            break
        wanted.append(name)
        taken += need
    return wanted, taken


def wide(column: Column, letter: bool, rows: Sequence[Row]) -> float:
    """Return the px a column takes; `letter`: the side is one letter."""
    t = current()
    words = text_width(SHORT_WORDS.get(column.name, column.words), SMALL)
    if column.name == "range":
        texts = max(
            (text_width(row.range, BODY, SEMIBOLD) for row in rows), default=text_width("0,000–0,000", BODY, SEMIBOLD)
        )
        step = t.px(4)
        return max(words, math.ceil(texts / step) * step)  # so that it holds still while prices move
    if column.name == "side" and letter:
        return text_width("S", BODY, MEDIUM)
    small = column.name in ("band", "cohorts")
    weight = SEMIBOLD if column.name == "usd" else MEDIUM
    return max(words, text_width(column.sample, SMALL if small else BODY, weight))


def words_over(name: str, room: float) -> str:
    """Return what stands over a column of `room` px."""
    words = BY_NAME[name].words
    return words if text_width(words, SMALL) <= room + 1 else SHORT_WORDS.get(name, words)


def order(rows: Sequence[Row], by: str, falling: bool) -> list[int]:
    """Return rows sorted by a column; what is not known comes last, equals stay by price. By "range": as they came, by price."""
    at = list(range(len(rows)))
    if by == "range":
        return at[::-1] if not falling else at

    def key(i: int) -> tuple[bool, float]:
        value = rows[i].values[by]
        if by == "band" and isinstance(value, list):
            value = value[1] - value[0]
        elif by == "side":
            value = float(rows[i].side)
        elif by == "distance":
            value = abs(float(value))  # type: ignore[arg-type]
        elif by == "cohorts":
            value = float(sum(3**c for c in rows[i].cohorts)) if rows[i].cohorts else None
        known = isinstance(value, int | float) and math.isfinite(value)
        return not known, (-float(value) if falling else float(value)) if known else 0.0  # type: ignore[arg-type]

    return sorted(at, key=key)


def sentence(
    zone: Zone, row: Row, curves: Sequence[Calibration] = (), way: InTheWay | None = None, m: Measure = DOLLARS
) -> str:
    """Return what a row's tool tip says; `curves` is how touch odds have held."""
    kind = "zone" if zone.significant else "rise, which may be chance"
    unit = "$" if not m.coin else ""
    tail = "" if not m.coin else f" {m.unit}"
    lines = [
        f"{zone.side.word.capitalize()} {row.range}: {kind}",
        f"{unit}{row.usd}{tail} expected to be printed if price swept it now, 80 % band "
        f"{unit}{present.size_band(zone.low_usd, zone.high_usd, m)}{tail}.",
        f"{unit}{present.size(zone.prominence_usd, m)}{tail} of it stands above the surroundings, {present.number(zone.z, 1)} times what "
        f"lumpy orders make by chance (z; a zone from 2).",
        f"{present.percent(zone.prior, 0, signed=False)} of it is set by the assumed distances, not by data.",
        _history(zone, row),
    ]
    if way is not None:
        lines.append(_way(way, row, unit, tail, m))
    return "\n".join([*(line for line in lines if line), touched.tip(zone.touch, curves)])


def _history(zone: Zone, row: Row) -> str:
    parts = []
    if zone.age_ms is not None:
        parts.append(f"Half of it was opened within {row.texts['age']}")
    if zone.growth_usd is not None:
        parts.append(f"{row.texts['growth']} ({row.texts['share']}) within the hour, at today's scale")
    if zone.cohorts:
        names = [name for name, c in zip(COHORTS, zone.cohorts, strict=True) if c == 2]
        parts.append(
            f"its peak stands out in what was opened within {', '.join(names)}"
            if names
            else "its peak stands out in no cohort alone"
        )
    if zone.score is not None:
        parts.append(f"confluence {zone.score} of 100")
    return "; ".join(parts) + "." if parts else ""


def _way(way: InTheWay, row: Row, unit: str, tail: str, m: Measure) -> str:
    amount = f"{unit}{row.texts['depth'].removeprefix('≥')}{tail}"
    words = f"{'' if way.whole else 'At least '}{amount} rests in the book before it"
    if way.thin is None:
        return f"{words}; the visible book ends before its far edge."
    through = f"{unit}{present.size(way.through_usd, m)}{tail} up to its far edge"
    return f"{words}, {through}" + (": less than its own forced orders." if way.thin else ".")
