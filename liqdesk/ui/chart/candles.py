"""Candles on any ground: form by lightness alone, on a dark ring that carries them over the hottest heat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from liqdesk.model.axis import PHASE
from liqdesk.ui import theme
from liqdesk.ui.chart.paint import Rects, whole
from liqdesk.ui.chart.scale import Lens
from liqdesk.ui.theme import Theme

BARS_BELOW: Final = 3.0  # px of pitch
LINE_BELOW: Final = 1.5
MOST_BODY: Final = 33.0  # px: a day's body would hide the map behind it


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
    body = np.clip(np.floor(wide) - 1, 3.0, MOST_BODY)
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


Blocks = list[tuple[QColor, Rects]]


def blocks(s: Shape, t: Theme, hued: bool) -> Blocks:
    """Return what to fill, bottom to top, one block of rectangles a colour; always as many blocks for the same pitch."""
    height = s.low - s.high
    found: Blocks = [(theme.colour(t.halo, t.halo_wick_alpha), Rects(s.centre - 1, s.high - 1, 3, height + 3))]
    colours = (
        (s.up, theme.colour(t.hued_up if hued else t.up)),
        (~s.up, theme.colour(t.hued_down if hued else t.down_outline)),
    )
    if s.pitch >= BARS_BELOW:
        left, tall = s.centre - (s.body - 1) / 2, s.bottom - s.top
        found.append((theme.colour(t.halo, t.halo_alpha), Rects(left - 1, s.top - 1, s.body + 2, tall + 2)))
    found += [(c, Rects(s.centre[side], s.high[side], 1, height[side] + 1)) for side, c in colours]
    if s.pitch >= BARS_BELOW:
        found += [(c, Rects(left[side], s.top[side], s.body[side], tall[side])) for side, c in colours]
        if not hued:
            hollow = ~s.up & (tall >= 3)
            inner = Rects(left[hollow] + 1, s.top[hollow] + 1, s.body[hollow] - 2, tall[hollow] - 2)
            found.append((theme.colour(t.down), inner))
    return found


def paint(p: QPainter, shapes: list[Shape], filled: list[Blocks], t: Theme) -> None:
    """Paint candles that were prepared in parts, as if they were one: colour by colour."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if not shapes:
        return
    if shapes[0].pitch < LINE_BELOW:
        _line(p, shapes, t)
        return
    for level in zip(*filled, strict=True):
        for colour, rects in level:
            rects.fill(p, colour)


def _line(p: QPainter, shapes: list[Shape], t: Theme) -> None:
    points = [
        QPointF(x + 0.5, y + 0.5)
        for s in shapes
        for x, y in zip(s.centre.tolist(), np.where(s.up, s.top, s.bottom).tolist(), strict=True)
    ]
    line = QPolygonF(points)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setBrush(Qt.BrushStyle.NoBrush)
    for colour, alpha, width in ((t.halo, t.halo_alpha, 3.2), (t.up, 1.0, 1.4)):
        pen = QPen(theme.colour(colour, alpha), width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        p.setPen(pen)
        p.drawPolyline(line)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
