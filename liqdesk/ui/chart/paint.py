"""Small painting words shared by everything on the chart: many rectangles at once, tags, texts, and the guard."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPolygonF
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from liqdesk.ui import draw, theme
from liqdesk.ui.theme import Theme

log = logging.getLogger(__name__)
Floats = NDArray[np.float64]
Paint = TypeVar("Paint", bound=Callable[..., None])
ALIGN: Final = {"left": draw.LEFT, "right": draw.RIGHT, "centre": draw.CENTRE}
LOW: Final = 46  # px, so few rows at twice the density too: from 96 on Qt's painter (QT_THREAD_PARALLEL_FILLS) asks its pool for help
FEW: Final = 4  # rectangles that are filled one by one: an array of so few is dearer than they are
_failed: set[str] = set()


def guarded(paint: Paint) -> Paint:
    """Keep an exception inside a paint function and log it once: inside a graphics scene it would end the process."""

    @functools.wraps(paint)
    def inner(*args: Any, **kwargs: Any) -> None:
        try:
            paint(*args, **kwargs)
        except Exception:
            if paint.__qualname__ not in _failed:
                _failed.add(paint.__qualname__)
                log.exception("%s failed; the rest of the chart goes on", paint.__qualname__)

    return inner  # type: ignore[return-value]


def pieces(x: Floats, y: Floats, w: Floats, h: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Cut rectangles into pieces so low that Qt fills each by itself, and none by handing it to other threads and waiting for them."""
    count = np.maximum(np.ceil(h / LOW), 1).astype(np.int64)
    row = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    x, y, w, h = (np.repeat(v, count) for v in (x, y, w, h))
    return x, y + row * LOW, w, np.minimum(h - row * LOW, LOW)


class Rects:
    """Rectangles given by arrays in pixels (x, y and either arrays or one number for width and height), filled at once."""

    def __init__(self, x: Floats, y: Floats, w: Floats | float, h: Floats | float) -> None:
        rows = np.empty((max(np.size(x), np.size(y)), 4))
        rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = x, y, w, h
        if rows[:, 3].max(initial=0.0) > LOW:
            rows = np.column_stack(pieces(*rows.T))
        self.count = len(rows)
        self._few: list[QRectF] = []
        if self.count <= FEW:
            self._few = [QRectF(*row) for row in rows.tolist()]
            return
        self._array = PrimitiveArray(QRectF, 4)
        self._array.resize(self.count)
        self._array.ndarray()[:] = rows
        self._arguments = self._array.drawargs()

    def fill(self, p: QPainter, colour: QColor) -> None:
        """Fill them all; pen and brush may be changed."""
        for rect in self._few:
            p.fillRect(rect, colour)
        if self.count > FEW:
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(colour)
            p.drawRects(*self._arguments)


class Line:
    """A polyline through points given in pixels. Drawn as hairlines beside each other: a stroke of any other width is ten times dearer."""

    def __init__(self, x: Floats, y: Floats) -> None:
        self._points = arrayToQPolygonF(x, y)

    def draw(self, p: QPainter, colour: QColor, beside: tuple[float, ...] = (0.0,)) -> None:
        """Draw it once at each distance to the right, antialiased; the pen is changed."""
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(QPen(colour, 1.0))
        for dx in beside:
            p.translate(dx, 0)
            p.drawPolyline(self._points)
            p.translate(-dx, 0)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def solid(colour: QColor, width: float = 1.0) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    return pen


def dashed(colour: QColor, dash: tuple[float, float], width: float = 1.0) -> QPen:
    """Return a pen whose dash is given in pixels."""
    pen = solid(colour, width)
    pen.setDashPattern([dash[0] / width, dash[1] / width])
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def write(
    p: QPainter, rect: QRectF, text: str, colour: str, size: int = 11, weight: int = 500, align: str = "left"
) -> None:
    """Write one line, vertically centred in `rect`."""
    p.setPen(theme.colour(colour))
    draw.set_line(p, rect, text, size, weight, ALIGN[align])


def write_haloed(p: QPainter, rect: QRectF, text: str, colour: str, halo: str, size: int, weight: int) -> None:
    """Write one centred line that reads on any ground: a ring of `halo` around it. Drawn once, then kept as a picture."""
    picture = _haloed(text, colour, halo, size, weight, p.device().devicePixelRatioF(), theme.current().scale)
    at = picture.deviceIndependentSize()
    middle = rect.center()
    p.drawPixmap(QPointF(round(middle.x() - at.width() / 2), round(middle.y() - at.height() / 2)), picture)


@functools.lru_cache(maxsize=128)
def _haloed(text: str, colour: str, halo: str, size: int, weight: int, ratio: float, scale: float) -> QPixmap:
    width = math.ceil(theme.text_width(text, size, weight)) + 4
    height = math.ceil(size * scale * 1.4) + 2
    picture = QPixmap(round(width * ratio), round(height * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    rect = QRectF(0, 0, width, height)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            write(painter, rect.translated(dx, dy), text, halo, size, weight, "centre")
    write(painter, rect, text, colour, size, weight, "centre")
    painter.end()
    return picture


def sheet(picture: QPixmap, size: QSize, ratio: float, ground: str) -> QPixmap:
    """Return a picture of a widget's size to paint on, filled with its ground: the same one, unless the size changed."""
    if picture.size() != size * ratio:
        picture = QPixmap(size * ratio)
        picture.setDevicePixelRatio(ratio)
    picture.fill(theme.colour(ground))
    return picture


def box(p: QPainter, rect: QRectF, fill: str, border: str | None, radius: float, alpha: float = 1.0) -> None:
    """Paint a rounded box; the border, if any, lies on whole pixels."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setBrush(theme.colour(fill, alpha))
    if border is None:
        p.setPen(Qt.PenStyle.NoPen)
        p.drawRoundedRect(rect, radius, radius)
    else:
        p.setPen(solid(theme.colour(border)))
        p.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def tag(
    p: QPainter, rect: QRectF, text: str, fill: str, ink: str, border: str | None, t: Theme, weight: int = 600
) -> None:
    """Paint an axis tag: text to the right, 3 px corners."""
    box(p, rect, fill, border, t.px(3))
    write(p, rect.adjusted(0, 0, -t.px(5), 0), text, ink, 11, weight, "right")


def bell(p: QPainter, centre: QPointF, size: float, colour: str) -> None:
    """Draw an outlined bell, `size` px high."""
    s = size / 12.0
    path = QPainterPath(QPointF(-4.5, 3.0))
    path.cubicTo(QPointF(-3.2, 1.8), QPointF(-3.6, -0.6), QPointF(-3.3, -2.0))
    path.cubicTo(QPointF(-2.8, -5.4), QPointF(2.8, -5.4), QPointF(3.3, -2.0))
    path.cubicTo(QPointF(3.6, -0.6), QPointF(3.2, 1.8), QPointF(4.5, 3.0))
    path.closeSubpath()
    path.moveTo(QPointF(-1.5, 4.8))
    path.quadTo(QPointF(0.0, 6.2), QPointF(1.5, 4.8))
    p.save()
    p.translate(centre)
    p.scale(s, s)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    pen = QPen(theme.colour(colour), 1.2 / s)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    p.setPen(pen)
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawPath(path)
    p.restore()


def whole(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to whole pixels, halves up, so that equal prices land on equal rows."""
    return np.floor(values + 0.5)
