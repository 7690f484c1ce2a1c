"""Candles on any ground: form by lightness alone, on a dark ring that carries them over the hottest heat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from liqdesk.model.axis import PHASE
from liqdesk.ui import theme
from liqdesk.ui.chart.paint import Rects, whole
from liqdesk.ui.chart.scale import Lens
from liqdesk.ui.theme import Theme

BARS_BELOW: Final = 3.0  # px of pitch
LINE_BELOW: Final = 1.5


@dataclass(frozen=True)
class Shape:
    """Candles in pixels: centre column, high and low rows, upper and lower end of the body, and which are up."""

    centre: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    top: NDArray[np.float64]
    bottom: NDArray[np.float64]
    up: NDArray[np.bool_]
    body: NDArray[np.float64]  # width, odd
    pitch: float


def shape(candles: NDArray[np.void], lens: Lens, interval_ms: int) -> Shape:
    """Place candles (dtype CANDLE) on whole pixels."""
    x0 = (candles["t"] - lens.t0) / lens.ms_per_px
    wide = candles["span"] / lens.ms_per_px
    centre = np.floor(x0 + wide / 2)
    scale = lens.height / (lens.y1 - lens.y0)

    def row(name: str) -> NDArray[np.float64]:
        return whole((lens.y1 - (np.log(candles[name]) - PHASE)) * scale)

    opened, closed = row("open"), row("close")
    top, bottom = np.minimum(opened, closed), np.maximum(opened, closed)
    body = np.maximum(3.0, np.floor(wide) - 1)
    body -= (body + 1) % 2  # odd, so that the wick stands in the middle
    return Shape(
        centre,
        row("high"),
        row("low"),
        top,
        np.maximum(bottom, top + 1),
        candles["close"] >= candles["open"],
        body,
        interval_ms / lens.ms_per_px,
    )


class CandlePainter:
    """Paints a shape with as few calls as colours."""

    def __init__(self) -> None:
        self._rects = Rects()

    def paint(self, p: QPainter, s: Shape, t: Theme, hued: bool) -> None:
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if s.pitch < LINE_BELOW:
            self._line(p, s, t)
        elif s.pitch < BARS_BELOW:
            self._bars(p, s, t, hued)
        else:
            self._candles(p, s, t, hued)

    def _candles(self, p: QPainter, s: Shape, t: Theme, hued: bool) -> None:
        fill = self._rects.fill
        left = s.centre - (s.body - 1) / 2
        tall = s.bottom - s.top
        fill(p, theme.colour(t.halo, t.halo_wick_alpha), s.centre - 1, s.high - 1, 3, s.low - s.high + 3)
        fill(p, theme.colour(t.halo, t.halo_alpha), left - 1, s.top - 1, s.body + 2, tall + 2)
        up, down = s.up, ~s.up
        up_colour = theme.colour(t.hued_up if hued else t.up)
        down_line = theme.colour(t.hued_down if hued else t.down_outline)
        fill(p, up_colour, s.centre[up], s.high[up], 1, (s.low - s.high + 1)[up])
        fill(p, down_line, s.centre[down], s.high[down], 1, (s.low - s.high + 1)[down])
        fill(p, up_colour, left[up], s.top[up], s.body[up], tall[up])
        fill(p, down_line, left[down], s.top[down], s.body[down], tall[down])
        if not hued:
            hollow = down & (tall >= 3)
            inner = theme.colour(t.down)
            fill(p, inner, left[hollow] + 1, s.top[hollow] + 1, s.body[hollow] - 2, tall[hollow] - 2)

    def _bars(self, p: QPainter, s: Shape, t: Theme, hued: bool) -> None:
        fill = self._rects.fill
        fill(p, theme.colour(t.halo, t.halo_wick_alpha), s.centre - 1, s.high - 1, 3, s.low - s.high + 3)
        for side, colour in ((s.up, t.hued_up if hued else t.up), (~s.up, t.hued_down if hued else t.down_outline)):
            fill(p, theme.colour(colour), s.centre[side], s.high[side], 1, (s.low - s.high + 1)[side])

    def _line(self, p: QPainter, s: Shape, t: Theme) -> None:
        close = np.where(s.up, s.top, s.bottom)
        line = QPolygonF([QPointF(x + 0.5, y + 0.5) for x, y in zip(s.centre.tolist(), close.tolist(), strict=True)])
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setBrush(Qt.BrushStyle.NoBrush)
        for colour, alpha, width in ((t.halo, t.halo_alpha, 3.2), (t.up, 1.0, 1.4)):
            pen = QPen(theme.colour(colour, alpha), width)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            p.setPen(pen)
            p.drawPolyline(line)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
