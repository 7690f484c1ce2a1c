"""The crosshair: two lines through the chart and the panes beneath it, tags on all axes, and a card that reads the cell under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap, QRegion
from PySide6.QtWidgets import QWidget

from liqdesk.insight import Spread, band_of
from liqdesk.market import LEVERAGES
from liqdesk.model import cell_share
from liqdesk.ui import present, theme
from liqdesk.ui.chart.heat import Cell
from liqdesk.ui.chart.paint import box, guarded, write
from liqdesk.ui.chart.scale import GRID_X_PX, GRID_Y_PX, price_ticks, time_ticks
from liqdesk.ui.chart.state import ChartState

if TYPE_CHECKING:
    from liqdesk.ui.chart.panes import Panes

NEWEST = 20  # candles the card rather flips than covers
MARGIN = 8  # room for the shadow
MOSTLY = 0.5
PRIOR = "set by the prior, not by data"
PRIOR_SHORT = "set by the prior"


@dataclass(frozen=True)
class Reading:
    """What the card says: plain words, made once per move."""

    price: str
    away: str
    when: str
    short: str
    long: str
    short_band: str  # 80 %, USD; empty where there is nothing
    long_band: str
    shares: tuple[float, ...]  # of the five classes, sum 1, or empty
    classes: str
    sum: str
    prior: str  # how much of the cell the assumed distances set


def read(s: ChartState, price: float, time_ms: float, cell: Cell | None) -> Reading:
    """Put a cell into words, for the chosen classes and side."""
    away = present.percent(price / s.mark - 1, 2) + " from mark" if s.mark > 0 else ""
    head = present.price(price, s.decimals)
    if cell is None:
        return Reading(
            head, away, present.stamp(int(time_ms), s.zone), "–", "–", "", "", (), "no estimate here", "", ""
        )
    planes = cell.planes.astype(float) * s.chosen()
    long, short = float(planes[:5].sum()), float(planes[5:].sum())
    classes = planes[:5] + planes[5:]
    total = float(classes.sum())
    shares = tuple((classes / total).tolist()) if total > 0 else ()
    largest = sorted(zip(shares, LEVERAGES, strict=True), reverse=True)[:3] if shares else []
    parts = [f"{lev}× {present.percent(share, 0, signed=False)}" for share, lev in largest if share >= 0.005]
    m, spread = s.measure, s.frame.spread if s.frame else None
    bands, share = ("", ""), 0.0
    if spread is not None:
        bands = _bands(planes, cell, spread, m)
        share = float(cell_share(planes, cell.shares))
    here_long = price < cell.mark
    sum_to = cell.to_mark[0] if here_long else cell.to_mark[1]
    return Reading(
        head,
        away,
        f"{present.stamp(cell.from_ms, s.zone)} · {present.span(cell.span_ms)} cell",
        "off" if s.side == "long" else present.size(short, m),
        "off" if s.side == "short" else present.size(long, m),
        bands[1],
        bands[0],
        shares,
        " · ".join(parts) if parts else "nothing in the chosen bands",
        f"{present.size(sum_to, m)} {'long' if here_long else 'short'}",
        f"{'mostly, ' if share > MOSTLY else ''}{present.percent(share, 0, signed=False)}" if total > 0 else "",
    )


def _bands(planes: NDArray[np.float64], cell: Cell, spread: Spread, m: present.Measure) -> tuple[str, str]:
    """Return the 80 % bands of longs and shorts of a cell, in words."""
    sides = np.zeros((10, 2))
    sides[:5, 0], sides[5:, 1] = planes[:5], planes[5:]
    usd = sides.sum(axis=0)
    low, high = band_of(usd, cell_share(sides, cell.shares), spread)
    words = [
        present.size_band(a, b, m) if v > 0 else "" for v, a, b in zip(usd, low.tolist(), high.tolist(), strict=True)
    ]
    return words[0], words[1]


class Overlay(QWidget):
    """A transparent sheet over plot, panes, gutter and axes; it takes no events and repaints only what it covered or covers."""

    def __init__(self, state: ChartState, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.gutter = 0
        self.axis = 0
        self.reading: Reading | None = None
        self.beneath = False  # the pointer stands in a pane: time is read, no price
        self.panes: Panes | None = None
        self.taken: QRectF | None = None  # by a card that says more; this one gives way
        self._covered: list[QRect] = []
        self._card_key: tuple[object, ...] = ()
        self._card_picture = QPixmap()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.hide()

    def show_reading(self, reading: Reading | None, beneath: bool = False) -> None:
        """Take what to say and repaint the difference. Without a reading only the time is shown, if the pointer is `beneath` the plot."""
        self.reading, self.beneath = reading, beneath
        self.setVisible(self._shown)
        region = QRegion()
        for rect in self._covered:
            region += rect
        self._covered = self._parts()
        for rect in self._covered:
            region += rect
        if not region.isEmpty():
            self.update(region)

    @property
    def _shown(self) -> bool:
        return self.reading is not None or self.beneath

    @property
    def _bottom(self) -> int:
        """The row where the time axis begins."""
        return round(self.state.lens.height) + (self.panes.height() if self.panes is not None else 0)

    def _cells(self) -> list[tuple[QRect, list[tuple[QRectF, str]]]]:
        """Return the parts of the price axis beside the panes, each with the tags of what holds at the pointer's time."""
        s = self.state
        t = s.theme
        if self.panes is None or s.hover is None:
            return []
        left, top = round(s.lens.width) + self.gutter + 1, round(s.lens.height)
        found = []
        for at, tags in self.panes.tags(s.lens.time(self._rows()[0])):
            cell = QRect(left, top + at.y() + 1, self.axis - 2, at.height() - 1)
            rects = [
                (QRectF(left, round(top + at.y() + row - t.px(9)), cell.width(), t.px(18)), text) for row, text in tags
            ]
            found.append((cell, rects))
        return found

    def _rows(self) -> tuple[int, int]:
        hover = self.state.hover
        assert hover is not None
        return round(hover[0]), round(hover[1])

    def _parts(self) -> list[QRect]:
        s = self.state
        if not self._shown or s.hover is None or not s.lens.valid:
            return []
        x, y = self._rows()
        right = round(s.lens.width) + self.gutter
        parts = []
        if self.reading is not None:
            parts += [QRect(0, y, right, 1), self._price_room(self._price_tag()).toAlignedRect()]
        if x < s.lens.width:
            parts += [
                QRect(x, 0, 1, self._bottom),
                self._time_room(self._time_tag()).toAlignedRect(),
                *(cell for cell, _ in self._cells()),
            ]
            if self.reading is not None and self._free():
                parts.append(self.card_rect().toAlignedRect().adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN))
        return parts

    def _price_tag(self) -> QRectF:
        t = self.state.theme
        _, y = self._rows()
        left = round(self.state.lens.width) + self.gutter
        return QRectF(left + 1, y - t.px(9), self.axis - 2, t.px(18))

    def _stamp(self) -> str:
        s = self.state
        x, _ = self._rows()
        ms = int(s.lens.time(x))
        return f"{present.day(ms, s.zone)}  {present.hour_minute(ms, s.zone)}"

    def _time_tag(self) -> QRectF:
        s = self.state
        t = s.theme
        x, _ = self._rows()
        width = round(theme.text_width(self._stamp(), 11, 600) + t.px(14))
        left = min(max(x - width / 2, 0), s.lens.width - width)
        return QRectF(round(left), self._bottom + t.px(2), width, t.px(18))

    def _price_room(self, tag: QRectF) -> QRectF:
        """Return the stretch of the price axis to blank: the tag and every round price it would cut."""
        s = self.state
        room, half = tag, s.theme.px(8)
        for price in price_ticks(s.lens, s.theme.px(GRID_Y_PX)):
            label = QRectF(tag.left(), s.lens.y(price) - half, tag.width(), 2 * half)
            if label.intersects(tag):
                room = room.united(label)
        return room

    def _time_room(self, tag: QRectF) -> QRectF:
        """Return the stretch of the time axis to blank: the tag and every label it would cut."""
        s = self.state
        room = tag.adjusted(-4, 0, 4, 0)
        for ms, midnight in time_ticks(s.lens, s.theme.px(GRID_X_PX), s.zone):
            text = present.day(ms, s.zone) if midnight else present.hour_minute(ms, s.zone)
            half = theme.text_width(text, 11, 600) / 2 + 2
            label = QRectF(s.lens.x(ms) - half, tag.top(), 2 * half, tag.height())
            if label.intersects(tag):
                room = room.united(label)
        return room

    def card_size(self) -> QSize:
        t = self.state.theme
        return QSize(t.px(244), t.px(184))

    def card_rect(self) -> QRectF:
        """Return where the card stands: on the side away from price, flipped where it would cover the newest candles."""
        s = self.state
        t, lens = s.theme, s.lens
        x, y = self._rows()
        size, gap = self.card_size(), t.px(16)
        below = not (s.last > 0) or y > lens.y(s.last)
        top: float = y + gap if below else y - gap - size.height()
        if top < 4 or top + size.height() > lens.height - 4:
            top = y - gap - size.height() if below else y + gap
        top = min(max(top, 4), max(4, lens.height - size.height() - 4))
        left: float = x + gap
        newest = lens.width
        if len(s.candles):
            newest = lens.x(float(s.candles["t"][max(0, len(s.candles) - NEWEST)]))
        if left + size.width() > min(lens.width - 4, newest):
            left = x - gap - size.width()
        if left < 4:
            left = x + gap
        return QRectF(round(left), round(top), size.width(), size.height())

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        s = self.state
        if not self._shown or s.hover is None or not s.lens.valid:
            return
        p = QPainter(self)
        t = s.theme
        x, y = self._rows()
        line = theme.colour(t.text1, 0.55)
        inside = x < s.lens.width
        if inside:
            p.fillRect(QRect(x, 0, 1, self._bottom), line)
            rect = self._time_tag()
            p.fillRect(self._time_room(rect), theme.colour(t.panel))
            box(p, rect, t.text1, None, t.px(3))
            write(p, rect, self._stamp(), t.ink, 11, 600, "centre")
            for cell, tags in self._cells():
                p.fillRect(cell, theme.colour(t.panel))
                for rect, text in tags:
                    box(p, rect, t.text1, None, t.px(3))
                    write(p, rect.adjusted(0, 0, -t.px(5), 0), text, t.ink, 11, 600, "right")
        if self.reading is None:
            return
        p.fillRect(QRect(0, y, round(s.lens.width) + self.gutter, 1), line)
        rect = self._price_tag()
        p.fillRect(self._price_room(rect), theme.colour(t.panel))
        box(p, rect, t.text1, None, t.px(3))
        write(p, rect.adjusted(0, 0, -t.px(5), 0), self.reading.price, t.ink, 11, 700, "right")
        if inside and self._free():
            at = self.card_rect()
            p.drawPixmap(QPointF(at.left() - MARGIN, at.top() - MARGIN), self._picture(self.reading))

    def _free(self) -> bool:
        if self.state.ruling:
            return False
        taken = [rect for rect in (self.taken, self.state.ruler_card) if rect is not None]
        return not any(rect.intersects(self.card_rect()) for rect in taken)

    def _picture(self, reading: Reading) -> QPixmap:
        """Return the card with its shadow, painted anew only where it says something else."""
        ratio = self.devicePixelRatioF()
        key = (reading, self.state.theme, ratio, self.state.measure.unit)
        if key != self._card_key:
            self._card_key = key
            size = self.card_size()
            full = QSize(size.width() + 2 * MARGIN, size.height() + 2 * MARGIN)
            self._card_picture = QPixmap(full * ratio)
            self._card_picture.setDevicePixelRatio(ratio)
            self._card_picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._card_picture)
            self._card(painter, QRectF(MARGIN, MARGIN, size.width(), size.height()), reading)
            painter.end()
        return self._card_picture

    def _card(self, p: QPainter, rect: QRectF, r: Reading) -> None:
        t = self.state.theme
        shadow = rect.translated(0, 3).adjusted(-1, 0, 1, 2)
        box(p, shadow, "#000000", None, t.px(7), 0.28 if t.dark else 0.10)
        box(p, rect, t.panel, t.border, t.px(6), 0.97)
        left, right = rect.left() + t.px(12), rect.right() - t.px(12)
        width = right - left

        def row(top: float, height: float = 17) -> QRectF:
            return QRectF(left, rect.top() + t.px(top), width, t.px(height))

        write(p, row(8, 18), r.price, t.text1, 14, 700)
        write(p, row(8, 18), r.away, t.text2, 11, 500, "right")
        write(p, row(26), r.when, t.text3, 11, 500)
        p.fillRect(QRectF(left, rect.top() + t.px(47), width, 1), theme.colour(t.border))
        for top, name, value, band, colour in (
            (52, "Short", r.short, r.short_band, t.short),
            (70, "Long", r.long, r.long_band, t.long),
        ):
            line = row(top, 18)
            p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(theme.colour(colour))
            p.drawEllipse(QPointF(left + t.px(4), line.center().y()), t.px(3), t.px(3))
            p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            write(p, line.adjusted(t.px(13), 0, 0, 0), name, t.text1, 12, 500)
            write(p, line.adjusted(0, 0, -width * 0.45, 0), value, t.text1, 12, 600, "right")
            write(p, line, band, t.text2, 11, 500, "right")
        write(p, row(88), f"{self.state.measure.unit} per 10 bp, 80 % band", t.text3, 11, 500, "right")
        bar = QRectF(left, rect.top() + t.px(110), width, t.px(7))
        p.fillRect(bar, theme.colour(t.line))
        x = bar.left()
        for share, colour in zip(r.shares, t.steel, strict=False):
            part = share * width
            if part >= 0.5:
                p.fillRect(
                    QRectF(x, bar.top(), max(1.0, part - (1 if part > 3 else 0)), bar.height()), theme.colour(colour)
                )
            x += part
        write(p, row(121), r.classes, t.text2, 11, 500)
        write(p, row(141), "Σ mark to here", t.text3, 11, 500)
        write(p, row(141), r.sum or "–", t.text1, 11, 600, "right")
        said = r.prior or "–"
        room = width - theme.text_width(said, 11, 600) - t.px(8)
        fits = theme.text_width(PRIOR, 11, 500) <= room
        write(p, row(158), PRIOR if fits else PRIOR_SHORT, t.text3, 11, 500)
        write(p, row(158), said, t.text1, 11, 600, "right")
