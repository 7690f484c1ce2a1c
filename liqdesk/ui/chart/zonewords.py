"""What a zone's label in the gutter says, and on which of two or three lines: nothing of it is left out where there is less room, but in
the narrowest gutter the range, which the bracket shows, the band, the hours of the odds, which the tooltip says, and all of the side but
its letter."""

from __future__ import annotations

from collections.abc import Sequence
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


def pieces(zone: Zone, s: ChartState) -> tuple[Word, Word, tuple[Word, ...], tuple[Word, ...], tuple[Word, ...]]:
    """Return range, distance, the words of size, and the odds of a touch, whole and without their hours; no odds while they are not
    known."""
    span, away, side, usd, width = words(zone, s)
    odds = [touched.tag(zone.touch, hours) for hours in (True, False)]
    whole, brief = ((Word(text, "text2", 11, 500),) if text else () for text in odds)
    return (
        Word(span, "plain", 12, 600 if zone.significant else 500),
        Word(away, "text2", 11, 500),
        (Word(side, "side", 11, 600), Word(usd, "plain", 11, 600), Word(width, "text3", 11, 500)),
        whole,
        brief,
    )


def forms(zone: Zone, s: ChartState) -> tuple[tuple[Line, ...], ...]:
    """Return what a label may look like, the best first: range and distance over size and odds; range, size and odds each on a line of its
    own, the distance beside the range or else beside the odds; and for want of room for the range size, distance and odds, at last with the
    side's letter, as in a narrow table of zones."""
    span, away, size, odds, brief = pieces(zone, s)
    far, named, sized = Line((away,), ()), Line((span,), ()), Line(size, ())
    letter = size[0]._replace(text=size[0].text[0].upper())
    return (
        (Line((span,), (away,)), Line(size, odds)),
        (Line((span,), (away,)), sized, Line(odds, ())),
        (named, sized, Line((away,), odds)),
        (named, sized, Line((away,), brief)),
        (Line(size[:2], ()), far, Line(odds, ())),
        (Line(size[:2], ()), far, Line(brief, ())),
        (Line((letter, size[1]), ()), far, Line(brief, ())),
    )


def lines(zones: Sequence[Zone], s: ChartState, wide: float) -> list[tuple[Line, ...]]:
    """Return the lines of labels in `wide` px: all of the best form in which every one has room, so that they stay alike."""
    offered = list(zip(*(forms(zone, s) for zone in zones), strict=True))
    fitting = (form for form in offered if all(line.wide() <= wide for label in form for line in label))
    return list(next(fitting, offered[-1])) if offered else []


def height(count: int) -> float:
    """Return the height of a label's box, px."""
    t = theme.current()
    return t.px(TWO_PX) + (count - 2) * t.px(LINE_PX)
