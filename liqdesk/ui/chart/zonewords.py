"""What a zone's label in the gutter says, and on which of two or three lines: nothing of it is left out where there is less room, but in
the narrowest gutter the range, which the bracket shows, and the band, which the tooltip says."""

from __future__ import annotations

from typing import Final, NamedTuple

from liqdesk.insight.zones import Zone
from liqdesk.ui import present, theme, touched
from liqdesk.ui.chart.state import ChartState

GAP_PX: Final = 8
SPACE_PX: Final = 4
LINE_PX: Final = 15
TWO_PX: Final = 32  # height of a box of two lines
LEFT_PX: Final = 30  # of the box, after bracket and leader
LEFT_COMPACT_PX: Final = 24
STRIPE_PX: Final = 9
RIGHT_PX: Final = 7


class Word(NamedTuple):
    """A piece of a label: `ink` is a token of the theme, or "side" and "plain" for what stands out where the zone is sure."""

    text: str
    ink: str
    size: int
    weight: int

    @property
    def wide(self) -> float:
        return theme.text_width(self.text, self.size, self.weight)


class Line(NamedTuple):
    """Words from the left edge, and words that end at the right one."""

    left: tuple[Word, ...]
    right: tuple[Word, ...]

    def wide(self) -> float:
        """Return the px the line takes, with the gap between its halves."""
        t = theme.current()
        halves = [
            sum(w.wide for w in half) + t.px(SPACE_PX) * (len(half) - 1) for half in (self.left, self.right) if half
        ]
        return sum(halves) + t.px(GAP_PX) * (len(halves) - 1)


def words(zone: Zone, s: ChartState) -> tuple[str, str, str, str, str]:
    """Return what a label says: range, distance, side, amount, half the width of its 80 % band."""
    decimals = present.range_decimals(zone.low, zone.high, s.decimals)
    return (
        present.price_range(zone.low, zone.high, decimals),
        present.percent(zone.distance, 1),
        zone.side.word,
        present.money(zone.usd, s.measure),
        present.size_half(zone.low_usd, zone.high_usd, s.measure),
    )


def room(width: float, compact: bool) -> float:
    """Return the px that words have in a gutter of `width` px."""
    t = theme.current()
    left = LEFT_COMPACT_PX if compact else LEFT_PX
    return width - t.px(left) - t.px(RIGHT_PX) - t.px(STRIPE_PX) - t.px(3)


def pieces(zone: Zone, s: ChartState) -> tuple[Word, Word, tuple[Word, ...], str]:
    """Return range, distance, the words of size, and the odds of a touch as they are written short."""
    span, away, side, usd, width = words(zone, s)
    return (
        Word(span, "plain", 12, 600 if zone.significant else 500),
        Word(away, "text2", 11, 500),
        (Word(side, "side", 11, 600), Word(usd, "plain", 11, 600), Word(width, "text3", 11, 500)),
        touched.tag(zone.touch),
    )


def two_lines(zone: Zone, s: ChartState, wide: float) -> tuple[Line, ...] | None:
    """Return range and distance over size and odds, None where that does not fit in `wide` px."""
    span, away, size, chance = pieces(zone, s)
    first = Line((span,), (away,))
    if first.wide() > wide:
        return None
    for text in (f"touch {chance}", chance) if chance else ("",):
        second = Line(size, (Word(text, "text2", 11, 500),) if text else ())
        if second.wide() <= wide:
            return first, second
    return None


def three_lines(zone: Zone, s: ChartState, wide: float) -> tuple[Line, ...]:
    """Return range, size and odds each on a line of its own; the distance stands beside the range, or else beside the odds."""
    span, away, size, chance = pieces(zone, s)
    if span.wide > wide:
        return narrow_lines(size, away, chance, wide)
    beside = Line((span,), (away,))
    aside = beside.wide() <= wide
    odds = (Word(f"touch {chance}", "text2", 11, 500),) if chance else ()
    last = Line(odds, ()) if aside else Line((away,), odds)
    if not aside and last.wide() > wide and chance:
        last = Line((away,), (Word(chance, "text2", 11, 500),))
    return beside if aside else Line((span,), ()), Line(size, ()), last


def narrow_lines(size: tuple[Word, ...], away: Word, chance: str, wide: float) -> tuple[Line, ...]:
    """Return size, distance and odds under one another; the side's word where it has room."""
    first = Line(size[:2], ())
    if first.wide() > wide:
        first = Line(size[1:2], ())
    return first, Line((away,), ()), Line((Word(chance, "text2", 11, 500),) if chance else (), ())


def lines(zone: Zone, s: ChartState, wide: float, count: int) -> tuple[Line, ...]:
    """Return a label's lines, two or three."""
    found = two_lines(zone, s, wide) if count == 2 else None
    return found or three_lines(zone, s, wide)


def line_count(zones: list[Zone], s: ChartState, wide: float) -> int:
    """Return how many lines every label takes: three as soon as one does not fit on two, so that they stay alike."""
    return 2 if all(two_lines(zone, s, wide) is not None for zone in zones) else 3


def height(count: int) -> float:
    """Return the height of a label's box, px."""
    t = theme.current()
    return t.px(TWO_PX) + (count - 2) * t.px(LINE_PX)
