"""The label gutter: each zone's bracket over its exact range, a leader, and a box of words that never touches the next."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from liqdesk.insight.zones import Zone
from liqdesk.ui import draw, theme, touched
from liqdesk.ui.chart.marks import draw_last, last_row
from liqdesk.ui.chart.paint import guarded, sheet, solid, write
from liqdesk.ui.chart.placement import spread
from liqdesk.ui.chart.scale import GRID_Y_PX, price_ticks
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.chart.together import draw_runs, newest, words_at
from liqdesk.ui.chart.zonewords import (
    LEFT_COMPACT_PX,
    LEFT_PX,
    LINE_PX,
    RIGHT_PX,
    SPACE_PX,
    STRIPE_PX,
    Line,
    lines,
    room,
    words,
)
from liqdesk.ui.chart.zonewords import height as box_height

MOST: Final = 8
MOST_COMPACT: Final = 6
TIP: Final = (
    "Where the estimate stands out from its surroundings: range, distance from mark, side, size expected to be printed if price swept "
    "it now, half the width of its 80 % band, and how likely the mark touches it within four hours.\n"
    "Grey: a rise that may be chance (z < 2), no zone."
)


@dataclass(frozen=True)
class Label:
    """A zone with its bracket rows and the centre of its box, in gutter pixels, and what the box says line by line."""

    zone: Zone
    top: float
    bottom: float
    centre: float
    said: tuple[Line, ...]


def labels(s: ChartState, height: int, width: float = math.inf) -> list[Label]:
    """Place the labels of the zones in view in a gutter of `width` × `height` px: as many as have room, at most 8 (6 compact), the
    significant ones first and then the largest by USD, ordered by price."""
    lens = s.lens
    if not lens.valid:
        return []
    seen = [z for z in s.zones if lens.y(z.low) > 2 and lens.y(z.high) < height - 2]
    seen = sorted(seen, key=lambda z: (not z.significant, -z.usd))[: MOST_COMPACT if s.compact else MOST]
    said = lines(seen, s, room(width, s.compact))
    high, gap = box_height(len(said[0]) if said else 2), s.theme.px(4)
    most = max(1, int((height - 2 + gap) // (high + gap)))
    shown = sorted(list(zip(seen, said, strict=True))[:most], key=lambda one: -one[0].high)
    spans = [(max(1.0, lens.y(z.high)), min(height - 1.0, lens.y(z.low))) for z, _ in shown]
    rows = spread([(a + b) / 2 for a, b in spans], [high] * len(shown), gap, 1, height - 1)
    return [Label(z, a, b, y, form) for (z, form), (a, b), y in zip(shown, spans, rows, strict=True)]


class Gutter(QWidget):
    """Paints zone labels between the last column and the price axis; lines that run on to the axis pass through it."""

    def __init__(self, state: ChartState, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self._key: tuple[object, ...] = ()
        self._row = -1
        self._of: tuple[object, ...] = ()
        self._labels: list[Label] = []
        self._boxes: list[QRectF] = []  # of the labels: the line of the last price passes by them
        self._kept = QPixmap()  # everything but the line of the last price
        self._kept_key: tuple[object, ...] = ()
        self.setToolTip(TIP)

    def sync(self) -> None:
        """Repaint where something changed: everything, or the line of the last price alone."""
        s = self.state
        of = (s.lens, s.frame.zones if s.frame else (), s.side, s.measure, s.decimals, s.compact, s.theme, self.size())
        if of != self._of:
            self._of = of
            self._labels = labels(s, self.height(), self.width())
        key = (
            s.lens,
            [(one.zone.side, one.zone.significant, round(one.top), round(one.bottom)) for one in self._labels],
            [round(one.centre) for one in self._labels],
            [one.said for one in self._labels],
            tuple(s.named_prices),
            s.stale,
            s.live,
            s.theme,
            s.compact,
            s.settings.show_zones,
            newest(s),
            s.side,
            self.size(),
        )
        row = last_row(s)
        if key != self._key:
            self._key = key
            self.update()
        elif row != self._row:
            self.update(0, self._row - 1, self.width(), 3)
            self.update(0, row - 1, self.width(), 3)
        self._row = row

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.drawPixmap(0, 0, self._picture())
        if self.state.lens.valid:
            draw_last(p, self.state, self.width(), self._row, self._boxes)

    def _picture(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        key = (self._key, ratio)
        if key != self._kept_key:
            self._kept_key = key
            self._kept = sheet(self._kept, self.size(), ratio, self.state.theme.chart)
            self._boxes = []
            if self.state.lens.valid:
                p = QPainter(self._kept)
                self._paint(p)
                p.end()
        return self._kept

    def _paint(self, p: QPainter) -> None:
        s = self.state
        t, lens = s.theme, s.lens
        w, h = self.width(), self.height()
        grid = theme.colour(t.grid, t.grid_alpha)
        for price in price_ticks(lens, t.px(GRID_Y_PX)):
            p.fillRect(QRectF(0, round(lens.y(price)), w, 1), grid)
        p.fillRect(QRectF(0, 0, 1, h), theme.colour(t.line))
        draw_runs(p, s)
        for named in s.named_prices:
            y = round(lens.y(named))
            if 0 <= y <= h:
                p.fillRect(QRectF(w - t.px(8), y, t.px(8), 1), theme.colour(t.text1))
        for label in self._labels:
            self._label(p, label)

    def event(self, event: QEvent) -> bool:
        return draw.tipped(self, event, self.tip_at) or super().event(event)

    def tip_at(self, y: float) -> str:
        """Return what is said of the label at `y` px, or of labels as such."""
        frame = self.state.frame
        bar = words_at(self.state, y)
        tip = f"{TIP}\n{bar}" if bar else TIP
        if not self.state.settings.show_zones:
            return tip
        for label in self._labels:
            half = box_height(len(label.said)) / 2
            if abs(y - label.centre) <= half:
                span, away, side, usd, band = words(label.zone, self.state)
                said = f"{tip}\n{side} {span}, {away} from mark: {usd} {band}"
                if label.zone.touch is not None and frame is not None:
                    said += f"\n{touched.tip(label.zone.touch, frame.odds)}"
                return said
        return tip

    def _label(self, p: QPainter, label: Label) -> None:
        s = self.state
        t = s.theme
        sure = label.zone.significant
        side = t.side(label.zone.side) if sure else t.text3
        left, stem, box_left = t.px(7.0), t.px(12.0), t.px(float(LEFT_COMPACT_PX if s.compact else LEFT_PX))
        high = box_height(len(label.said))
        box = QRectF(box_left, round(label.centre - high / 2), self.width() - box_left - t.px(RIGHT_PX), high)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(solid(theme.colour(side), 1.5 if sure else 1.0))
        p.drawPolyline(
            [
                QPointF(left, label.top + 0.5),
                QPointF(stem, label.top + 0.5),
                QPointF(stem, label.bottom - 0.5),
                QPointF(left, label.bottom - 0.5),
            ]
        )
        if s.settings.show_zones:
            self._leader(p, label, side, (stem, box))
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if not s.settings.show_zones:
            return
        self._boxes.append(box)
        p.fillRect(box, theme.colour(t.panel, 0.92))
        p.fillRect(QRectF(box.left(), box.top(), 3 if sure else 1, box.height()), theme.colour(side))
        inner = box.adjusted(t.px(STRIPE_PX), 0, -t.px(3), 0)
        inks = {"side": side, "plain": t.text1 if sure else t.text2, "text2": t.text2, "text3": t.text3}
        for i, line in enumerate(label.said):
            row = QRectF(inner.left(), inner.top() + 1 + i * t.px(LINE_PX), inner.width(), t.px(LINE_PX))
            x = row.left()
            for word in line.left:
                write(p, QRectF(x, row.top(), word.wide + 2, row.height()), word.text, inks[word.ink], *word[2:])
                x += word.wide + t.px(SPACE_PX)
            x = row.right()
            for word in reversed(line.right):
                write(p, row.adjusted(0, 0, x - row.right(), 0), word.text, inks[word.ink], *word[2:], "right")
                x -= word.wide + t.px(SPACE_PX)

    def _leader(self, p: QPainter, label: Label, side: str, ends: tuple[float, QRectF]) -> None:
        """Draw the line from a bracket, at `ends[0]`, to its box."""
        stem, box = ends
        middle, centre = round((label.top + label.bottom) / 2), box.center().y()
        bend = (stem + box.left()) / 2
        p.setPen(solid(theme.colour(side, 0.55)))
        p.drawPolyline(
            [
                QPointF(stem, middle + 0.5),
                QPointF(bend, middle + 0.5),
                QPointF(bend, centre + 0.5),
                QPointF(box.left(), centre + 0.5),
            ]
        )
