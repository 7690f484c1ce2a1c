"""The order book on the profile: its outline per 10 bp as far as it is known, and zones that meet little of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from liqdesk.engine.bookview import BookState, BookView
from liqdesk.insight.depth import InTheWay
from liqdesk.insight.zones import Zone
from liqdesk.market import Side
from liqdesk.model.axis import DISPLAY_BIN
from liqdesk.ui import present, theme
from liqdesk.ui.chart.paint import Floats, Line, write_haloed
from liqdesk.ui.chart.scale import log_from_price
from liqdesk.ui.chart.state import ChartState

OWN_SHARE: Final = 0.5  # of the width, for the highest row of a book that has a scale of its own
OLD_S: Final = 10.0  # venue seconds without a change, after which its age is written
STRIPE: Final = 3


@dataclass(frozen=True)
class BookLine:
    """The outline: USD per 10 bp of display rows first .. first + n − 1, of the ends only the known part; the prices between which the book
    is known; whether its scale is its own, and what lies at the right end of that scale in USD."""

    first: int
    usd: Floats
    low: float
    high: float
    own: bool
    full: float

    @property
    def most(self) -> float:
        return float(self.usd.max())


def book_line(view: BookView, map_full: float) -> BookLine | None:
    """Return the outline of a book; None where it is not whole or price has left it. `map_full` is the USD per 10 bp at the right end of
    the map's scale (0: nothing is there): the book shares that scale while it fits in, else it takes one of its own."""
    if not view.synced or view.bids is None or view.asks is None or view.depth is None or view.depth.outside:
        return None
    usd = view.bids + view.asks
    most = float(usd.max())
    if most <= 0:
        return None
    own = most > map_full
    return BookLine(view.base, usd, view.low, view.high, own, most / OWN_SHARE if own else map_full)


def thin_zones(s: ChartState) -> tuple[tuple[Zone, InTheWay], ...]:
    """Return the zones of the chosen side whose estimate is at least the visible book from mark to their far edge."""
    frame = s.frame
    if frame is None or len(frame.zones) != len(frame.in_the_way):
        return ()
    wanted = {"long": (Side.LONG,), "short": (Side.SHORT,)}.get(s.side, (Side.LONG, Side.SHORT))
    pairs = zip(frame.zones, frame.in_the_way, strict=True)
    return tuple((z, w) for z, w in pairs if w is not None and w.thin and z.significant and z.side in wanted)


def caption(s: ChartState, line: BookLine | None) -> tuple[str, str]:
    """Return what stands beside the outline, and the token of its colour; empty where the source has no book."""
    frame = s.frame
    if frame is None or frame.book.state is BookState.NONE or not frame.prices.mark > 0:
        return "", ""
    if line is None:
        return "book –", "text3"
    old = age_words(s)
    if old:
        return old, "alert"
    m = s.measure
    return f"book {present.money_round(m.usd(_two(m.of(line.most))), m)}", "text2"


def age_words(s: ChartState) -> str:
    """Return how old the book is once that is worth a word, else nothing."""
    frame = s.frame
    if frame is None or frame.book.age_s is None or frame.book.age_s <= OLD_S * max(frame.source.speed, 1.0):
        return ""
    return f"book {present.age(frame.book.age_s)} old"


def _two(value: float) -> float:
    return float(f"{value:.2g}")


def draw_book(p: QPainter, s: ChartState, line: BookLine | None, width: int) -> list[QRectF]:
    """Draw the outline from the axis outward, the ends of what is known, and its name with the USD of its longest row; return where words
    stand."""
    t, lens = s.theme, s.lens
    text, token = caption(s, line)
    if not text:
        return []
    if line is None:
        return _name(p, s, text, t.text3, 0.0, lens.y(s.mark), width)
    bins = line.first + np.arange(line.usd.size + 1)
    logs = np.clip(bins * DISPLAY_BIN, log_from_price(line.low), log_from_price(line.high))
    rows = np.floor((lens.y1 - logs) / (lens.y1 - lens.y0) * lens.height) + 0.5
    if rows[-1] > lens.height or rows[0] < 0:
        return []
    x = np.floor(line.usd / line.full * width) + 0.5
    xs = np.concatenate([[0.5], np.repeat(x, 2), [0.5]])
    ys = np.concatenate([[rows[0]], np.stack([rows[:-1], rows[1:]], axis=1).ravel(), [rows[-1]]])
    stale = token == "alert"  # nosec B105  # a colour's name
    Line(xs + 1, ys + 1).draw(p, theme.colour(t.chart, 0.8))
    Line(xs, ys).draw(p, theme.colour(t.text1, 0.25 if stale else 0.5))
    for row in (rows[0], rows[-1]):
        if 0 <= row <= lens.height:
            p.fillRect(QRectF(0, round(row - 0.5), t.px(6), 1), theme.colour(t.text1, 0.8))
    peak = int(np.argmax(line.usd))
    ink = t.alert if stale else t.text2
    return _name(p, s, text, ink, float(x[peak]), float((rows[peak] + rows[peak + 1]) / 2), width, float(rows[-1]))


def _name(
    p: QPainter, s: ChartState, text: str, ink: str, x: float, y: float, width: int, top: float = math.inf
) -> list[QRectF]:
    """Write the outline's name beside its end at (x, y), or over the outline, which begins at `top`."""
    t = s.theme
    if not -t.px(9) <= y <= s.lens.height + t.px(9):
        return []
    wide, high = math.ceil(theme.text_width(text, 11, 500)) + 4, t.px(16)
    left = x + t.px(5)
    if left + wide > width - 2:
        left, y = width - 2 - wide, min(top, y) - high / 2 - 1
    y = min(max(y, t.px(44) + high / 2), s.lens.height - t.px(26) - high / 2)  # clear of the ticks and of the sums
    at = QRectF(left, y - high / 2, wide, high)
    write_haloed(p, at, text, ink, t.chart, 11, 500)
    return [at]


def draw_thin(
    p: QPainter, s: ChartState, thin: tuple[tuple[Zone, InTheWay], ...], width: int, taken: Sequence[QRectF] = ()
) -> list[QRectF]:
    """Mark at the right edge the zones that meet less of the book than they would force, clear of words that stand at `taken`; return
    where words stand."""
    t, lens = s.theme, s.lens
    words = []
    for zone, _ in thin:
        top, bottom = lens.y(zone.high), lens.y(zone.low)
        if bottom < 0 or top > lens.height:
            continue
        stripe = t.px(STRIPE)
        p.fillRect(
            QRectF(width - stripe, round(top), stripe, max(3, round(bottom) - round(top))),
            theme.colour(t.side(zone.side)),
        )
        wide = math.ceil(theme.text_width("thin", 11, 600)) + 4
        middle = min(max((top + bottom) / 2, t.px(26)), lens.height - t.px(10))
        at = QRectF(width - stripe - 2 - wide, middle - t.px(8), wide, t.px(16))
        for other in taken:
            if at.intersects(other):
                down = at.center().y() > other.center().y() and other.bottom() + 1 + at.height() <= lens.height
                at.moveTop(other.bottom() + 1) if down else at.moveBottom(other.top() - 1)
        write_haloed(p, at, "thin", t.side(zone.side), t.chart, 11, 600)
        words.append(at)
    return words


def zone_at(s: ChartState, thin: tuple[tuple[Zone, InTheWay], ...], at: QPointF) -> tuple[Zone, InTheWay] | None:
    """Return the thin zone that holds a pixel row."""
    if not s.lens.valid:
        return None
    price = s.lens.price(at.y())
    return next(((z, w) for z, w in thin if z.low <= price <= z.high), None)


def thin_words(s: ChartState, zone: Zone, way: InTheWay) -> str:
    """Return why a zone is marked."""
    m = s.measure
    unit = m.unit
    span = present.price_range(zone.low, zone.high, present.range_decimals(zone.low, zone.high, s.decimals))
    return (
        f"Thin book. The {zone.side.word} zone {span} is estimated to force {present.size(zone.usd, m)} {unit} of orders; from mark to "
        f"its far end the visible book holds {present.size(way.through_usd, m)} {unit}. Orders can be pulled or added at any moment."
    )


def book_words(s: ChartState, line: BookLine | None) -> str:
    """Return what the outline is, as of now."""
    frame = s.frame
    if frame is None or frame.book.state is BookState.NONE:
        return "No order book: this source has none."
    view = frame.book
    if line is None:
        return f"Order book: {view.why or 'nothing rests in it.'}"
    m = s.measure
    unit = m.unit
    spans = [present.percent(price / s.mark - 1, 2) for price in (line.low, line.high)]
    known = present.price_range(line.low, line.high, s.decimals)
    scale = (
        f"on a scale of its own, {present.size(line.most, m)} at its longest row"
        if line.own
        else "on the scale of the bars"
    )
    age = f", {present.age(view.age_s)} old" if view.age_s is not None else ""
    anew = f" A change was missed {view.resyncs} times, and all loaded anew." if view.resyncs else ""
    return (
        f"Outline “book”: resting orders, bids and asks, {unit} per 10 bp of price, {scale}. Known from {spans[0]} to {spans[1]} of mark "
        f"({known}), by {present.number(view.levels)} levels{age}; what rests further out is not known, and is not zero.{anew}"
    )
