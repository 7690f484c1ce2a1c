"""The profile: estimated USD per 10 bp of price now, stacked by class, and what lies between mark and here."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from textwrap import fill
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QToolTip, QWidget

from liqdesk.engine.bookview import BookView
from liqdesk.engine.frames import NowPlanes
from liqdesk.insight.depth import InTheWay
from liqdesk.insight.zones import Zone
from liqdesk.model.axis import DISPLAY_BIN, ROWS, display_bin_of
from liqdesk.ui import present, theme
from liqdesk.ui.chart.bookline import (
    BookLine,
    age_words,
    book_line,
    book_words,
    caption,
    draw_book,
    draw_thin,
    thin_words,
    thin_zones,
    zone_at,
)
from liqdesk.ui.chart.marks import draw_last, last_row
from liqdesk.ui.chart.paint import Floats, Line, Rects, box, guarded, sheet, whole, write, write_haloed
from liqdesk.ui.chart.scale import GRID_Y_PX, even_steps, price_ticks
from liqdesk.ui.chart.state import ChartState

PACE_NS: Final = 500_000_000
WRAP: Final = 92  # characters of a line in a tooltip
USED: Final = 0.86  # share of the width the longest bar takes
TIP: Final = (
    "Estimated USD liquidated per 10 bp of price if price went there now, stacked by distance class, brightest = "
    "shortest fuse. Lines: the sum from mark to there, longs downward, shorts upward, on a scale of their own."
)
HALO: Final = (-1.3, 1.3)
STROKE: Final = (-0.3, 0.3)


@dataclass(frozen=True)
class Sums:
    """The bins in view, lowest first: USD by class [5, n], and cumulative USD from mark outward, long and short [n],
    zero on the other side of mark."""

    first_bin: int
    classes: NDArray[np.float64]
    long: NDArray[np.float64]
    short: NDArray[np.float64]

    @property
    def most(self) -> float:
        return float(self.classes.sum(axis=0).max()) if self.classes.size else 0.0


def sums(s: ChartState, now: NowPlanes | None) -> Sums | None:
    """Add up a density for the bins in view, for the chosen classes and side; None where there is none."""
    if now is None or not s.lens.valid:
        return None
    first = max(math.floor(s.lens.y0 / DISPLAY_BIN), now.base)
    last = min(math.floor(s.lens.y1 / DISPLAY_BIN), now.base + ROWS - 1)
    if last < first:
        return None
    usd = now.usd.astype(np.float64) * s.chosen()[:, None]
    at_mark = min(max(display_bin_of(now.mark) - now.base, 0), ROWS - 1) if now.mark > 0 else ROWS // 2
    long, short = usd[:5].sum(axis=0), usd[5:].sum(axis=0)
    down = np.zeros(ROWS)
    down[: at_mark + 1] = long[at_mark::-1].cumsum()[::-1]
    up = np.zeros(ROWS)
    up[at_mark:] = short[at_mark:].cumsum()
    view = slice(first - now.base, last - now.base + 1)
    return Sums(first, (usd[:5] + usd[5:])[:, view], down[view], up[view])


class Profile(QWidget):
    """Paints the density now beside the price axis, bars from the axis outward."""

    def __init__(self, state: ChartState, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self._kept = QPixmap()
        self._kept_key: tuple[object, ...] = ()
        self._words: list[QRectF] = []  # where words stand: the line of the last price passes by them
        self.sums: Sums | None = None
        self._key: tuple[object, ...] = ()
        self._row = -1
        self._now: NowPlanes | None = None
        self._taken_ns = 0
        self.book: BookLine | None = None
        self.thin: tuple[tuple[Zone, InTheWay], ...] = ()
        self._view = BookView()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setToolTip(TIP)

    @property
    def behind(self) -> bool:
        """Whether the newest frame holds an estimate that is not shown yet."""
        frame = self.state.frame
        return frame is not None and (frame.now is not self._now or frame.book.depth is not self._view.depth)

    def sync(self, wait: bool = False, paced: bool = False) -> bool:
        """Repaint where something changed: everything, or the line of the last price alone. Return whether everything.

        A new estimate is left for later when `wait`, and when `paced` within 500 ms of the last one.
        """
        s = self.state
        beat = time.monotonic_ns()
        hold = wait or (paced and beat - self._taken_ns < PACE_NS)
        if self.behind and not hold and s.frame is not None:
            self._now, self._view, self._taken_ns = s.frame.now, s.frame.book, beat
        shown = s.settings.show_book
        words = age_words(s) if shown else ""
        thin = thin_zones(s) if shown else ()
        key = (
            s.lens,
            id(self._now),
            s.classes,
            s.side,
            s.stale,
            s.live,
            s.theme,
            s.settings.unit,
            shown,
            id(self._view.depth),
            words,
            thin,
        )
        row = last_row(s)
        whole = key != self._key
        if whole:
            self._key = key
            self.sums = found = sums(s, self._now)
            full = found.most / USED if found is not None else 0.0
            self.book = book_line(self._view, full) if shown else None
            self.thin = thin
            self.update()
        elif row != self._row:
            self.update(0, self._row - 1, self.width(), 3)
            self.update(0, row - 1, self.width(), 3)
        self._row = row
        return whole

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            lines = self.words(event.pos().toPointF()).split("\n")
            QToolTip.showText(event.globalPos(), "\n".join(fill(line, WRAP) for line in lines), self)
            return True
        return super().event(event)

    def words(self, at: QPointF) -> str:
        """Return what the profile shows, as a tooltip at a place says it."""
        s = self.state
        found = zone_at(s, self.thin, at)
        if found is not None:
            return thin_words(s, *found)
        return f"{TIP}\n\n{book_words(s, self.book)}" if s.settings.show_book else TIP

    def shown(self) -> dict[str, object]:
        """Return what the profile shows, as values: sums, the book's outline, and the zones marked as thin."""
        found, book = self.sums, self.book
        return {
            "profile_long_usd": float(found.long.max(initial=0.0)) if found else None,
            "profile_short_usd": float(found.short.max(initial=0.0)) if found else None,
            "book": None if book is None else (book.first, book.usd.tolist(), book.low, book.high, book.own),
            "book_words": caption(self.state, book)[0] if self.state.settings.show_book else "",
            "thin": [(zone.low, zone.high, way.through_usd) for zone, way in self.thin],
        }

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.drawPixmap(0, 0, self._picture())
        draw_last(p, self.state, self.width(), self._row, self._words)
        if self.state.stale:
            p.fillRect(self.rect(), theme.colour(self.state.theme.chart, 0.38))

    def _picture(self) -> QPixmap:
        """Return everything but the line of the last price, painted anew only where it changed."""
        s = self.state
        ratio = self.devicePixelRatioF()
        key = (self._key, ratio, self.size())
        if key != self._kept_key:
            self._kept_key = key
            self._kept = sheet(self._kept, self.size(), ratio, s.theme.chart)
            self._words = []
            p = QPainter(self._kept)
            found = self.sums
            if s.lens.valid:
                if found is not None and found.most > 0:
                    self._bars(p, found)
                grid = theme.colour(s.theme.grid, s.theme.grid_alpha)
                for price in price_ticks(s.lens, s.theme.px(GRID_Y_PX)):
                    p.fillRect(QRectF(0, round(s.lens.y(price)), self.width(), 1), grid)
                if s.settings.show_book:
                    self._words += draw_book(p, s, self.book, self.width())
                if found is not None and found.most > 0:
                    self._sums(p, found)
                    self._ticks(p, found)
                self._words += draw_thin(p, s, self.thin, self.width(), self._words)
            p.end()
        return self._kept

    def _bars(self, p: QPainter, found: Sums) -> None:
        t, lens = self.state.theme, self.state.lens
        bins = found.first_bin + np.arange(found.classes.shape[1] + 1)
        edges = whole((lens.y1 - bins * DISPLAY_BIN) / (lens.y1 - lens.y0) * lens.height)
        top, tall = edges[1:], np.maximum(edges[:-1] - edges[1:], 1)
        reach = np.cumsum(found.classes, axis=0) * (self.width() * USED / found.most)
        before = np.zeros(reach.shape[1])
        for i, colour in enumerate(t.steel):
            Rects(before, top, reach[i] - before, tall).fill(p, theme.colour(colour))
            before = reach[i]

    def _sums(self, p: QPainter, found: Sums) -> None:
        s = self.state
        t, lens = s.theme, s.lens
        most = max(found.long.max(initial=0.0), found.short.max(initial=0.0))
        if most <= 0:
            return
        scale = self.width() * 0.8 / most
        centres = found.first_bin + np.arange(found.long.size) + 0.5
        rows: Floats = np.multiply(lens.y1 - centres * DISPLAY_BIN, lens.height / (lens.y1 - lens.y0))
        for totals, side in ((found.long, 0), (found.short, 1)):
            at = np.flatnonzero(totals > 0)
            if at.size:
                line = Line(np.multiply(totals[at], scale), rows[at])
                line.draw(p, theme.colour(t.chart), HALO)
                line.draw(p, theme.colour(t.side(side)), STROKE)
        for totals, side, y in (
            (found.short, 1, t.px(34)),
            (found.long, 0, self.height() - t.px(14)),
        ):
            total = float(totals.max(initial=0.0))
            if total > 0:
                text = "Σ " + present.money(total, s.measure)
                width = theme.text_width(text, 11, 700) + t.px(12)
                right = min(self.width() - 2.0, max(width + 2.0, total * scale + width / 2))
                rect = QRectF(round(right - width), y - t.px(9), round(width), t.px(18))
                box(p, rect, t.chart, None, t.px(3), 0.9)
                self._words.append(rect)
                write(p, rect, text, t.side(side), 11, 700, "centre")

    def _ticks(self, p: QPainter, found: Sums) -> None:
        t = self.state.theme
        scale = self.width() * USED / found.most
        m = self.state.measure
        for usd in map(m.usd, even_steps(m.of(found.most), 3 if self.width() > t.px(130) else 2)):
            text = present.size_round(usd, m)
            x = usd * scale
            half = theme.text_width(text, 11, 500) / 2 + 3
            if x - half < 2 or x + half > self.width() - 2:
                continue
            p.fillRect(QRectF(round(x), 0, 1, 3), theme.colour(t.text3))
            write_haloed(p, QRectF(x - half, 3, 2 * half, t.px(15)), text, t.text2, t.chart, 11, 500)
