"""The picture of a pane: painted whole where its view or range changes, else from the first column that differs to the right edge."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

from liqdesk.ui import theme
from liqdesk.ui.chart.layers import HATCH_PX, hatch
from liqdesk.ui.chart.paint import Line, Rects, write_haloed
from liqdesk.ui.chart.panes.course import Bars, Course, Curve, Floats, changed_from
from liqdesk.ui.chart.panes.kind import Hatch
from liqdesk.ui.chart.scale import GRID_X_PX, Lens, time_ticks
from liqdesk.ui.chart.state import ChartState

HEAD_PX: Final = 18  # the row of the title
FOOT_PX: Final = 4
REACH_PX: Final = 7  # how far a dot and the end of a line reach beyond their column
STROKE: Final = (-0.25, 0.25)
DOT_PX: Final = 2.0


class Picture:
    """What a course looks like through the chart's lens. `show` takes the newest, `pixmap` is what to blit."""

    def __init__(self, state: ChartState) -> None:
        self.state = state
        self.pixmap = QPixmap()
        self.course: Course | None = None
        self.range: tuple[float, float] = (0.0, 1.0)
        self.painted = 0  # columns painted so far, in logical px: what it cost
        self._hatches: tuple[tuple[int, int, str], ...] = ()  # columns from and to, words
        self._key: tuple[object, ...] = ()
        self._ranged: tuple[object, ...] = ()

    def row(self, value: float, height: float) -> float:
        """Return the pixel row of a value in a pane of a height."""
        top, bottom = self.state.theme.px(HEAD_PX), height - self.state.theme.px(FOOT_PX)
        low, high = self.range
        return bottom - (value - low) / (high - low) * (bottom - top)

    def show(self, course: Course, hatches: tuple[Hatch, ...], size: QSize, ratio: float, ranged: object) -> QRect:
        """Bring the picture up to date and return what of it changed, in logical px. The range is made anew where `ranged` differs."""
        s = self.state
        lens = s.lens
        hold = (ranged, lens.t1 - lens.t0, s.theme)
        self.range = course.range(self.range if hold == self._ranged and self.course is not None else None)
        self._ranged = hold
        self._hatches = _seen(hatches, lens)
        key = (lens.t0, lens.t1, lens.width, self.range, self._hatches, size, ratio, s.theme, s.zone, s.stale)
        from_ms = changed_from(self.course, course) if key == self._key else -math.inf
        self._key, self.course = key, course
        if from_ms == math.inf:
            return QRect()
        left = 0
        if from_ms > -math.inf:
            left = max(0, math.floor(lens.x(from_ms)) - s.theme.px(REACH_PX))
            if left >= size.width():
                return QRect()
        if self.pixmap.size() != size * ratio or self.pixmap.isNull():
            self.pixmap = QPixmap(size * ratio)
            self.pixmap.setDevicePixelRatio(ratio)
            left = 0
        changed = QRect(left, 0, size.width() - left, size.height())
        self._paint(self.pixmap, changed)
        self.painted += changed.width()
        return changed

    def whole(self) -> QPixmap:
        """Return the same picture painted anew in one go."""
        fresh = QPixmap(self.pixmap.size())
        fresh.setDevicePixelRatio(self.pixmap.devicePixelRatioF())
        self._paint(fresh, QRect(0, 0, *(round(v) for v in fresh.deviceIndependentSize().toTuple())))
        return fresh

    def _paint(self, target: QPixmap, area: QRect) -> None:
        s = self.state
        t, lens, course = s.theme, s.lens, self.course
        height = target.deviceIndependentSize().height()
        p = QPainter(target)
        p.setClipRect(area)
        p.fillRect(area, theme.colour(t.chart))
        grid = theme.colour(t.grid, t.grid_alpha)
        for ms, _ in time_ticks(lens, t.px(GRID_X_PX), s.zone):
            p.fillRect(QRectF(round(lens.x(ms)), 0, 1, height), grid)
        if course is not None and course.known:
            for value, ink, alpha in course.rules:
                p.fillRect(
                    QRectF(0, round(self.row(value, height)), lens.width, 1), theme.colour(getattr(t, ink), alpha)
                )
            for mark in course.marks:
                if isinstance(mark, Bars):
                    self._bars(p, mark, area, height)
                else:
                    self._curve(p, mark, area, height)
            if course.dot is not None:
                self._dot(p, course.dot, height)
        self._hatch(p, height)
        if s.stale:
            p.fillRect(area, theme.colour(t.chart, 0.38))
        p.end()

    def _bars(self, p: QPainter, bars: Bars, area: QRect, height: float) -> None:
        s = self.state
        lens = s.lens
        left = (bars.start - lens.t0) / lens.ms_per_px
        wide = bars.span / lens.ms_per_px
        seen = (left + wide >= area.left() - 1) & (left <= area.right() + 1) & (bars.top != bars.base)
        left, wide = left[seen], wide[seen]
        centre = np.floor(left + wide / 2)
        body = np.maximum(1.0, np.floor(wide) - 1)
        body -= body % 2 == 0  # odd, as the candles' bodies are
        ends = np.stack([self._rows(bars.base[seen], height), self._rows(bars.top[seen], height)])
        top, bottom = np.floor(ends.min(axis=0) + 0.5), np.floor(ends.max(axis=0) + 0.5)
        tall = np.maximum(bottom - top, 1.0)
        rects = Rects(centre - (body - 1) / 2, top, body, tall)
        rects.fill(p, theme.colour(getattr(s.theme, bars.ink), bars.alpha))

    def _curve(self, p: QPainter, curve: Curve, area: QRect, height: float) -> None:
        s = self.state
        lens = s.lens
        x = (curve.t - lens.t0) / lens.ms_per_px
        first = max(int(np.searchsorted(x, area.left() - REACH_PX)) - 2, 0)
        last = int(np.searchsorted(x, area.right() + REACH_PX)) + 2
        x, y = x[first:last], self._rows(curve.y[first:last], height)
        good = np.isfinite(y)
        for run in np.split(np.arange(len(x)), np.flatnonzero(~good)):
            run = run[good[run]]
            if run.size > 1:
                Line(x[run], y[run]).draw(p, theme.colour(getattr(s.theme, curve.ink)), STROKE)

    def _rows(self, values: Floats, height: float) -> Floats:
        top, bottom = self.state.theme.px(HEAD_PX), height - self.state.theme.px(FOOT_PX)
        low, high = self.range
        return np.asarray(bottom - (values - low) * ((bottom - top) / (high - low)))

    def _dot(self, p: QPainter, dot: tuple[float, float], height: float) -> None:
        s = self.state
        x, y = min(s.lens.x(dot[0]), s.lens.width - DOT_PX - 1), self.row(dot[1], height)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(theme.colour(s.theme.text1))
        p.drawEllipse(QPointF(x, y), DOT_PX, DOT_PX)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _hatch(self, p: QPainter, height: float) -> None:
        t = self.state.theme
        for x0, x1, words in self._hatches:
            area = QRectF(x0, 0, x1 - x0, height)
            p.fillRect(area, theme.colour(t.chart))
            p.fillRect(area, hatch(t.text3, t.px(HATCH_PX)))
            room = theme.text_width(words, theme.SMALL, theme.MEDIUM) + t.px(16)
            if words and x1 - x0 > room:
                head = t.px(HEAD_PX)
                row = QRectF(x0, head, x1 - x0, height - head - t.px(FOOT_PX))
                write_haloed(p, row, words, t.text2, t.chart, theme.SMALL, theme.MEDIUM)


def _seen(hatches: tuple[Hatch, ...], lens: Lens) -> tuple[tuple[int, int, str], ...]:
    """Return the stretches in view in whole columns; those narrower than one are left out."""
    found = []
    for gap in hatches:
        x0, x1 = round(lens.x(max(gap.from_ms, lens.t0))), round(lens.x(min(gap.to_ms, lens.t1)))
        if x1 > x0:
            found.append((x0, x1, gap.words))
    return tuple(found)
