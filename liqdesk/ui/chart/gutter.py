"""The label gutter: each zone's bracket over its exact range, a leader, and a box of words that never touches the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from liqdesk.insight.zones import Zone
from liqdesk.ui import draw, present, theme, touched
from liqdesk.ui.chart.marks import draw_last, last_row
from liqdesk.ui.chart.paint import guarded, solid, write
from liqdesk.ui.chart.placement import spread
from liqdesk.ui.chart.scale import GRID_Y_PX, price_ticks
from liqdesk.ui.chart.state import ChartState

MOST: Final = 8
MOST_COMPACT: Final = 6
GAP_PX: Final = 8
TIP: Final = (
    "Where the estimate stands out from its surroundings: range, distance from mark, side, USD expected to be printed if price swept "
    "it now, half the width of its 80 % band, and how likely the mark touches it within four hours.\n"
    "Grey: a rise that may be chance (z < 2), no zone."
)


@dataclass(frozen=True)
class Label:
    """A zone with its bracket rows and the centre of its box, in gutter pixels."""

    zone: Zone
    top: float
    bottom: float
    centre: float


def labels(s: ChartState, height: int) -> list[Label]:
    """Place the labels of the zones in view: at most 8 (6 compact), the significant ones first and then
    the largest by USD, ordered by price."""
    lens = s.lens
    if not lens.valid:
        return []
    seen = [z for z in s.zones if lens.y(z.low) > 2 and lens.y(z.high) < height - 2]
    seen = sorted(seen, key=lambda z: (not z.significant, -z.usd))[: MOST_COMPACT if s.compact else MOST]
    seen.sort(key=lambda z: -z.high)
    spans = [(max(1.0, lens.y(z.high)), min(height - 1.0, lens.y(z.low))) for z in seen]
    box = s.theme.px(32)
    rows = spread([(a + b) / 2 for a, b in spans], [box] * len(seen), s.theme.px(4), 1, height - 1)
    return [Label(z, a, b, y) for z, (a, b), y in zip(seen, spans, rows, strict=True)]


def words(zone: Zone, s: ChartState) -> tuple[str, str, str, str, str]:
    """Return what a label says: range, distance, side, amount, half the width of its 80 % band."""
    decimals = present.range_decimals(zone.low, zone.high, s.decimals)
    return (
        present.price_range(zone.low, zone.high, decimals),
        present.percent(zone.distance, 1),
        zone.side.word,
        "$" + present.usd(zone.usd),
        present.half_width(zone.low_usd, zone.high_usd),
    )


def fits(span: str, away: str, width: float) -> bool:
    """Return whether a zone's range and its distance stand side by side in `width` px; in a wide font they may not."""
    return theme.text_width(span, 12, 600) + GAP_PX + theme.text_width(away, 11, 500) <= width


class Gutter(QWidget):
    """Paints zone labels between the last column and the price axis; lines that run on to the axis pass through it."""

    def __init__(self, state: ChartState, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self._key: tuple[object, ...] = ()
        self._row = -1
        self.setToolTip(TIP)

    def sync(self) -> None:
        """Repaint where something changed: everything, or the line of the last price alone."""
        s = self.state
        key = (s.lens, s.zones, s.alerts, s.stale, s.live, s.theme, s.compact, s.settings)
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
        s = self.state
        t, lens = s.theme, s.lens
        w, h = self.width(), self.height()
        p.fillRect(self.rect(), theme.colour(t.chart))
        if not lens.valid:
            return
        grid = theme.colour(t.grid, t.grid_alpha)
        for price in price_ticks(lens, t.px(GRID_Y_PX)):
            p.fillRect(QRectF(0, round(lens.y(price)), w, 1), grid)
        p.fillRect(QRectF(0, 0, 1, h), theme.colour(t.line))
        draw_last(p, s, w, self._row)
        for rule in s.alerts:
            y = round(lens.y(rule.price))
            if 0 <= y <= h:
                p.fillRect(QRectF(w - t.px(8), y, t.px(8), 1), theme.colour(t.text1))
        for label in labels(s, h):
            reach = t.px(18)
            top, bottom = min(label.top, label.centre - reach), max(label.bottom, label.centre + reach)
            if event.region().intersects(QRectF(0, top, w, bottom - top).toAlignedRect()):
                self._label(p, label)

    def event(self, event: QEvent) -> bool:
        return draw.tipped(self, event, self.tip_at) or super().event(event)

    def tip_at(self, y: float) -> str:
        """Return what is said of the label at `y` px, or of labels as such."""
        frame, half = self.state.frame, self.state.theme.px(16)
        for label in labels(self.state, self.height()):
            if abs(y - label.centre) <= half and label.zone.touch is not None and frame is not None:
                return f"{TIP}\n{touched.tip(label.zone.touch, frame.odds)}"
        return TIP

    def _label(self, p: QPainter, label: Label) -> None:
        s = self.state
        t = s.theme
        sure = label.zone.significant
        side = t.side(label.zone.side) if sure else t.text3
        left, stem, box_left = t.px(6.0), t.px(12.0), t.px(30.0)
        box = QRectF(box_left, round(label.centre - t.px(32) / 2), self.width() - box_left - t.px(7), t.px(32))
        middle = round((label.top + label.bottom) / 2)
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
        p.setPen(solid(theme.colour(side, 0.55)))
        bend = (stem + box_left) / 2
        centre = box.center().y()
        p.drawPolyline(
            [
                QPointF(stem, middle + 0.5),
                QPointF(bend, middle + 0.5),
                QPointF(bend, centre + 0.5),
                QPointF(box_left, centre + 0.5),
            ]
        )
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        p.fillRect(box, theme.colour(t.panel, 0.92))
        p.fillRect(QRectF(box.left(), box.top(), 3 if sure else 1, box.height()), theme.colour(side))
        span, away, word, usd, width = words(label.zone, s)
        ink = t.text1 if sure else t.text2
        inner = box.adjusted(t.px(9), 0, -t.px(3), 0)
        upper = QRectF(inner.left(), inner.top() + 1, inner.width(), t.px(16))
        lower = QRectF(inner.left(), inner.top() + t.px(15), inner.width(), t.px(15))
        write(p, upper, span, ink, 12, 600 if sure else 500)
        aside = fits(span, away, inner.width())
        write(p, upper if aside else lower, away, t.text2, 11, 500, "right")
        write(p, lower, word, side, 11, 600)
        shift = theme.text_width(word + " ", 11, 600)
        write(p, lower.adjusted(shift, 0, 0, 0), usd, ink, 11, 600)
        shift += theme.text_width(usd + " ", 11, 600)
        room = inner.width() - shift - (0 if aside else theme.text_width(away, 11, 500) + GAP_PX)
        chance = touched.tag(label.zone.touch)
        full = "touch " + chance.replace(" h", "h", 1)
        if chance and aside and theme.text_width(full, 11, 500) <= room:
            chance = full
        wide = theme.text_width(chance, 11, 500)
        if chance and aside and wide <= room:
            write(p, lower, chance, t.text2, 11, 500, "right")
            room -= wide + GAP_PX
        elif chance and not aside and fits(span, chance, inner.width()):
            write(p, upper, chance, t.text2, 11, 500, "right")
        if theme.text_width(width, 11, 500) <= room:
            write(p, lower.adjusted(shift, 0, 0, 0), width, t.text3, 11, 500)
