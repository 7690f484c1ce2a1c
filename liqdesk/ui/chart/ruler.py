"""The ruler: two corners on the chart, and what lies between them: price, share, time, candles, and what would be liquidated now.

The sum between two prices is over the current planes; a bin that a price cuts counts by its part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QPainter

from liqdesk.engine.frames import NowPlanes
from liqdesk.model.axis import DISPLAY_BIN, ROWS
from liqdesk.ui import present, theme
from liqdesk.ui.chart.layers import Layer
from liqdesk.ui.chart.paint import box, write
from liqdesk.ui.chart.scale import log_from_price
from liqdesk.ui.chart.state import ChartState, Ruler

EDGE = 4
NOTE = "estimated between these prices, now"


def between(now: NowPlanes, low: float, high: float, chosen: NDArray[np.bool_]) -> tuple[float, float]:
    """Return estimated USD of longs and of shorts between two prices, over the chosen planes."""
    ends = [log_from_price(price) / DISPLAY_BIN - now.base for price in (low, high)]
    rows = np.arange(ROWS)
    share = np.clip(np.minimum(ends[1], rows + 1) - np.maximum(ends[0], rows), 0.0, 1.0)
    planes = now.usd.astype(np.float64) @ share * chosen
    return float(planes[:5].sum()), float(planes[5:].sum())


@dataclass(frozen=True)
class Measured:
    """What lies between the corners, from the first to the second."""

    price: float
    share: float
    ms: int
    candles: int
    usd: tuple[float, float] | None  # long, short; None before the first estimate


def measured(s: ChartState) -> Measured | None:
    """Measure what the ruler spans, None where there is none."""
    r = s.ruler
    if r is None:
        return None
    interval = s.settings.candle_ms
    now = s.frame.now if s.frame is not None else None
    low, high = sorted((r.price0, r.price1))
    return Measured(
        r.price1 - r.price0,
        r.price1 / r.price0 - 1,
        round(r.time1 - r.time0),
        math.floor(r.time1 / interval) - math.floor(r.time0 / interval),
        between(now, low, high, s.chosen()) if now is not None else None,
    )


def words(s: ChartState) -> tuple[tuple[str, str], ...]:
    """Return the rows of the ruler's card: what on the left, how much on the right."""
    m = measured(s)
    if m is None:
        return ()
    count = f"{abs(m.candles)} candle{'' if abs(m.candles) == 1 else 's'} of {present.span(s.settings.candle_ms)}"
    sign = present.MINUS if m.ms < 0 else ""
    rows = [
        (present.number(m.price, s.decimals, signed=True), present.percent(m.share, 2)),
        (f"{sign}{present.length(abs(m.ms))}", count),
    ]
    long, short = m.usd if m.usd is not None else (None, None)
    unit = s.measure.unit
    rows.append((f"short {unit}", "off" if s.side == "long" else present.size(short, s.measure)))
    rows.append((f"long {unit}", "off" if s.side == "short" else present.size(long, s.measure)))
    return tuple(rows)


class RulerLayer(Layer):
    """Paints the ruler, calm: hairlines at both prices, a faint fill, and a card at the second corner."""

    def __init__(self, state: ChartState, z: float) -> None:
        super().__init__(state, z)
        self.rows: tuple[tuple[str, str], ...] = ()
        self._ruler: Ruler | None = None

    def sync(self) -> tuple[bool, list[QRect]]:
        """Take the newest figures; return whether the ruler moved, else which places show other words."""
        before, self.rows = self.rows, words(self.state)
        moved, self._ruler = self.state.ruler != self._ruler, self.state.ruler
        self.state.ruler_card = self.card() if self.rows and self.state.lens.valid else None
        if moved or len(before) != len(self.rows):
            return True, []
        return False, [self.card().toAlignedRect()] if before != self.rows and self.state.lens.valid else []

    def span(self) -> QRectF:
        """Return the ruler's rectangle in plot pixels, as it was drawn: the width and height may be negative."""
        lens, r = self.state.lens, self.state.ruler
        assert r is not None
        x, y = round(lens.x(r.time0)), round(lens.y(r.price0))
        return QRectF(x, y, round(lens.x(r.time1)) - x, round(lens.y(r.price1)) - y)

    def card(self) -> QRectF:
        """Return where the card stands: beyond the second corner, inside the plot."""
        t, lens, span = self.state.theme, self.state.lens, self.span()
        left = max(theme.text_width(a, 12, 600) for a, _ in self.rows)
        right = max(theme.text_width(b, 12, 600) for _, b in self.rows)
        wide = round(max(t.px(190), left + right + t.px(44), theme.text_width(NOTE, 11, 500) + t.px(26)))
        high = t.px(10) + len(self.rows) * t.px(18) + t.px(22)
        x = span.right() + t.px(10) if span.width() >= 0 else span.right() - t.px(10) - wide
        y = span.bottom() - high - t.px(10) if span.height() <= 0 else span.bottom() + t.px(10)
        x = min(max(x, EDGE), max(EDGE, lens.width - wide - EDGE))
        y = min(max(y, EDGE), max(EDGE, lens.height - high - EDGE))
        return QRectF(round(x), round(y), wide, high)

    def draw(self, p: QPainter) -> None:
        s = self.state
        if s.ruler is None or not self.rows:
            return
        t, span = s.theme, self.span()
        area = span.normalized()
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        p.fillRect(area, theme.colour(t.text1, 0.07))
        line = theme.colour(t.text1, 0.55)
        for y in (area.top(), area.bottom()):
            p.fillRect(QRectF(area.left(), y, max(1.0, area.width()), 1), line)
        for x in (area.left(), area.right()):
            p.fillRect(QRectF(x, area.top(), 1, max(1.0, area.height())), line)
        self._card(p)

    def _card(self, p: QPainter) -> None:
        t, at = self.state.theme, self.card()
        box(p, at, t.panel, t.border, t.px(6), 0.97)
        left, width = at.left() + t.px(12), at.width() - t.px(24)
        y = at.top() + t.px(6)
        for i, (what, much) in enumerate(self.rows):
            row = QRectF(left, y, width, t.px(18))
            if i < 2:
                write(p, row, what, t.text1, 12, 600)
                write(p, row, much, t.text1 if i == 0 else t.text2, 12, 600 if i == 0 else 500, "right")
            else:
                p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
                p.setPen(theme.colour(t.side(i == 2)))
                p.setBrush(theme.colour(t.side(i == 2)))
                p.drawEllipse(QPointF(left + t.px(3), row.center().y()), t.px(3), t.px(3))
                p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
                write(p, row.adjusted(t.px(13), 0, 0, 0), what, t.text2, 12, 500)
                write(p, row, much, t.text1, 12, 600, "right")
            y += t.px(18)
        write(p, QRectF(left, y, width, t.px(18)), NOTE, t.text3, 11, 500)
