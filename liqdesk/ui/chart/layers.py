"""The layers of the plot, bottom to top: heat, gaps, grid, lines, candles, realised liquidations, veil.

Each is a child of the view box and paints in its pixels. The heat is an image rendered at view resolution and blitted 1:1.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from liqdesk.market import Side
from liqdesk.model.axis import PHASE
from liqdesk.ui import present, theme
from liqdesk.ui.chart import candles
from liqdesk.ui.chart.candles import Blocks, Shape, blocks, shape
from liqdesk.ui.chart.marks import draw_last, draw_line_tags, draw_note
from liqdesk.ui.chart.paint import Rects, dashed, guarded, pieces, solid, write_haloed
from liqdesk.ui.chart.scale import GRID_X_PX, GRID_Y_PX, price_ticks, time_ticks
from liqdesk.ui.chart.state import ChartState

RADIUS_MIN: Final = 1.5
RADIUS_MAX: Final = 11.0
USD_AT_MAX: Final = 5e6
HATCH_PX: Final = 9


def radii(usd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the radius in px of bubbles: by square root of USD, 11 px at 5M."""
    found: NDArray[np.float64] = np.clip(
        RADIUS_MAX * np.sqrt(np.maximum(usd, 0.0) / USD_AT_MAX), RADIUS_MIN, RADIUS_MAX
    )
    return found


class HeatItem(pg.ImageItem):  # type: ignore[misc]
    """The map as an RGB32 image of exactly the view's device pixels; `pixels` is its memory."""

    def __init__(self, state: ChartState) -> None:
        super().__init__()
        self.state = state
        self.pixels: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)
        self._image = QImage()
        self._size = (0.0, 0.0)

    def resize(self, width: float, height: float, ratio: float, ground: int) -> bool:
        """Hold width × height logical pixels at a device ratio; new memory is `ground`. Return whether it is new."""
        w, h = max(1, round(width * ratio)), max(1, round(height * ratio))
        if self._size == (width, height) and self.pixels.shape == (h, w):
            return False
        self.prepareGeometryChange()
        self._size = (width, height)
        self.pixels = np.full((h, w), ground, np.uint32)
        self._image = QImage(self.pixels.data, w, h, w * 4, QImage.Format.Format_RGB32)
        self._image.setDevicePixelRatio(ratio)
        return True

    def boundingRect(self) -> QRectF:
        return QRectF(0.0, 0.0, *self._size)

    @guarded
    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if not self.pixels.size:
            return
        exposed, ratio = self.state.exposed, self._image.devicePixelRatio()
        if len(exposed) < 2 or ratio != round(ratio):
            p.drawImage(QPointF(0, 0), self._image)
            return
        # Under a clip of several rectangles an image is a fill with a texture.
        left, top, right, bottom = exposed.T
        for x, y, w, h in zip(*pieces(left, top, right - left + 1, bottom - top + 1), strict=True):
            p.drawImage(QPointF(x, y), self._image, QRectF(x * ratio, y * ratio, w * ratio, h * ratio))


class Layer(QGraphicsItem):
    """A layer over the whole plot that reads the chart's state when it paints."""

    def __init__(self, state: ChartState, z: float) -> None:
        super().__init__()
        self.state = state
        self._size = (0.0, 0.0)
        self.setZValue(z)

    def resize(self, width: float, height: float) -> None:
        if self._size != (width, height):
            self.prepareGeometryChange()
            self._size = (width, height)

    def boundingRect(self) -> QRectF:
        return QRectF(0.0, 0.0, *self._size)

    @guarded
    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self.state.lens.valid:
            self.draw(p)
        else:
            self.draw_unpriced(p)

    def draw(self, p: QPainter) -> None:
        raise NotImplementedError

    def draw_unpriced(self, p: QPainter) -> None:
        """Draw what needs no place in time and price."""


class GridLayer(Layer):
    """Price and time grid, and the rule along the top of what was computed after the fact."""

    def __init__(self, state: ChartState, z: float) -> None:
        super().__init__(state, z)
        self._key: tuple[object, ...] = ()
        self._lines = Rects(*4 * (np.zeros(0),))

    def _place(self) -> Rects:
        """Return every line, prices first."""
        s = self.state
        t, lens = s.theme, s.lens
        rows = np.array([round(lens.y(price)) for price in price_ticks(lens, t.px(GRID_Y_PX))], np.float64)
        columns = np.array([round(lens.x(ms)) for ms, _ in time_ticks(lens, t.px(GRID_X_PX), s.zone)], np.float64)
        across, down = np.ones(len(rows)), np.ones(len(columns))
        return Rects(
            np.concatenate([0 * across, columns]),
            np.concatenate([rows, 0 * down]),
            np.concatenate([across * lens.width, down]),
            np.concatenate([across, down * lens.height]),
        )

    def draw(self, p: QPainter) -> None:
        s = self.state
        t, lens = s.theme, s.lens
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        key = (lens, s.zone, t.scale)
        if key != self._key:
            self._key, self._lines = key, self._place()
        self._lines.fill(p, theme.colour(t.grid, t.grid_alpha))
        if s.rule_ms is not None and s.back_from_ms is not None:
            left, right = max(0.0, lens.x(s.back_from_ms)), round(lens.x(s.rule_ms))
            ink = theme.colour(t.text2)
            if right > left:
                p.fillRect(QRectF(left, 0, min(right, lens.width) - left, 2), ink)
            if 0 <= right <= lens.width:
                p.fillRect(QRectF(right - 1, 0, 1, t.px(7)), ink)


class GapLayer(Layer):
    """Stretches without data: ground, hairlines, and their length in words."""

    def draw(self, p: QPainter) -> None:
        s = self.state
        t, lens = s.theme, s.lens
        labelled = -math.inf
        for gap in s.gaps:
            x0, x1 = lens.x(gap.from_ms), lens.x(gap.to_ms)
            if x1 < 0 or x0 > lens.width or x1 - x0 < 1:
                continue
            x0, x1 = max(0, round(x0)), min(lens.width, round(x1))
            if not s.touched(x0 - 80.0, 0.0, x1 + 80.0, lens.height).any():
                continue
            area = QRectF(x0, 0, x1 - x0, lens.height)
            p.fillRect(area, theme.colour(t.chart))
            if not s.settings.show_gaps:
                continue
            p.fillRect(area, hatch(t.text3, t.px(HATCH_PX)))
            words = (present.length(gap.to_ms - gap.from_ms), gap.reason)
            half = max(theme.text_width(w, 11, 600) for w in words) / 2 + 4
            middle = min(max((x0 + x1) / 2, half), lens.width - half)
            if middle - half < labelled or not gap.reason:
                continue
            labelled = middle + half
            line = t.px(15)
            for i, (word, colour, weight) in enumerate(((words[0], t.text1, 600), (words[1], t.text2, 500))):
                row = QRectF(middle - half, lens.height - t.px(8) - (2 - i) * line, 2 * half, line)
                write_haloed(p, row, word, colour, t.chart, 11, weight)


@lru_cache(maxsize=8)
def hatch(ink: str, period: int) -> QBrush:
    """Return a brush of 45° hairlines."""
    tile = QPixmap(period, period)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(solid(theme.colour(ink, 0.28)))
    for shift in (-period, 0, period):
        painter.drawLine(QPointF(shift, period), QPointF(shift + period, 0))
    painter.end()
    return QBrush(tile)


class LineLayer(Layer):
    """Horizontal lines with a name: the last price, on pixel row `row`, and alerts at a price."""

    row = -1

    def draw(self, p: QPainter) -> None:
        s = self.state
        t, lens = s.theme, s.lens
        draw_last(p, s, lens.width, self.row)
        p.setPen(dashed(theme.colour(t.text1), (1, 3)))
        for rule in s.alerts:
            y = round(lens.y(rule.price))
            if 0 <= y <= lens.height:
                p.drawLine(QPointF(0, y + 0.5), QPointF(lens.width, y + 0.5))


class CandleLayer(Layer):
    """Candles. The newest is prepared apart from the closed ones, since it alone changes from frame to frame."""

    def __init__(self, state: ChartState, z: float) -> None:
        super().__init__(state, z)
        self._keys: list[tuple[object, ...]] = [(), ()]
        self._shapes: list[Shape | None] = [None, None]
        self._blocks: list[Blocks] = [[], []]

    def draw(self, p: QPainter) -> None:
        s = self.state
        if not len(s.candles):
            return
        for i, rows in enumerate((s.candles[:-1], self._newest())):
            key = (rows.tobytes(), s.lens, s.settings.candle_ms, s.settings.hued_candles, s.theme)
            if key != self._keys[i]:
                made = shape(rows, s.lens, s.settings.candle_ms)
                self._keys[i], self._shapes[i] = key, made
                self._blocks[i] = blocks(made, s.theme, s.settings.hued_candles)
        candles.paint(p, [made for made in self._shapes if made is not None], self._blocks, s.theme)

    def _newest(self) -> NDArray[np.void]:
        """Return the newest candle, cut where the view ends before it does: its body and wick stand in what is seen."""
        rows, end = self.state.candles[-1:], self.state.open_until_ms
        if len(rows) and rows["t"][0] < end < rows["t"][0] + rows["span"][0]:
            rows = rows.copy()
            rows["span"] = end - rows["t"]
        return rows


class BubbleLayer(Layer):
    """Realised liquidations: discs at their time, just above the high for shorts and below the low for longs."""

    def __init__(self, state: ChartState, z: float) -> None:
        super().__init__(state, z)
        self._discs: dict[tuple[int, float, str, float], tuple[QPixmap, float]] = {}
        self._key: tuple[object, ...] = ()
        self._placed: list[tuple[float, float, float, int]] = []
        self._columns: NDArray[np.float64] = np.zeros((4, 0))

    def placed(self) -> list[tuple[float, float, float, int]]:
        """Return (x, y, radius, side) of the discs in view, largest first."""
        s = self.state
        # Older candles do not move, and of the newest only its ends matter.
        newest = s.candles[["t", "high", "low"]][-1:].tobytes()
        key = (s.lens, id(s.orders), s.settings, len(s.candles), newest, s.theme.scale)
        if key != self._key:
            self._key, self._placed = key, self._place()
            self._columns = np.array(self._placed, np.float64).reshape(-1, 4).T
        return self._placed

    def _place(self) -> list[tuple[float, float, float, int]]:
        s = self.state
        lens, orders, bars = s.lens, s.orders, s.candles
        first, last = np.searchsorted(orders["t"], (lens.t0, lens.t1))
        orders = orders[first:last]
        orders = orders[(orders["usd"] >= s.settings.bubble_min_usd) & s.settings.show_bubbles]
        orders = orders[np.argsort(-orders["usd"], kind="stable")]
        if not len(orders):
            return []
        scale = lens.height / (lens.y1 - lens.y0)
        rs = radii(orders["usd"]) * s.theme.scale
        # The newest disc stays whole at the edge of the plot.
        xs = np.minimum((orders["t"] - lens.t0) / lens.ms_per_px, lens.width - rs - 2)
        ys = (lens.y1 - (np.log(orders["price"]) - PHASE)) * scale
        if len(bars):
            at = np.clip(np.searchsorted(bars["t"], orders["t"], side="right") - 1, 0, len(bars) - 1)
            inside = (orders["t"] >= bars["t"][at]) & (orders["t"] < bars["t"][at] + bars["span"][at])
            tops = (lens.y1 - (np.log(bars["high"][at]) - PHASE)) * scale - rs - 3
            lows = (lens.y1 - (np.log(bars["low"][at]) - PHASE)) * scale + rs + 3
            beside = np.where(orders["side"] == Side.SHORT, np.minimum(ys, tops), np.maximum(ys, lows))
            ys = np.where(inside, beside, ys)
        return list(zip(xs.tolist(), ys.tolist(), rs.tolist(), orders["side"].tolist(), strict=True))

    def draw(self, p: QPainter) -> None:
        ratio, placed = p.device().devicePixelRatioF(), self.placed()
        if not placed:
            return
        x, y, r, _ = self._columns
        for i in np.flatnonzero(self.state.touched(x - r - 3, y - r - 3, x + r + 3, y + r + 3)).tolist():
            left, top, size, side = placed[i]
            disc, half = self._disc(side, round(size * 2) / 2, ratio)
            p.drawPixmap(QPointF(left - half, top - half), disc)

    def _disc(self, side: int, r: float, ratio: float) -> tuple[QPixmap, float]:
        """Return a disc's picture and half its size in logical pixels."""
        t = self.state.theme
        key = (side, r, t.name, ratio)
        if key not in self._discs:
            size = math.ceil((r + 3) * 2)
            disc = QPixmap(round(size * ratio), round(size * ratio))
            disc.setDevicePixelRatio(ratio)
            disc.fill(Qt.GlobalColor.transparent)
            painter = QPainter(disc)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(solid(theme.colour(t.halo, 0.95), 1.3 * ratio))
            painter.setBrush(theme.colour(t.side(side), 0.92))
            painter.drawEllipse(QPointF(size / 2, size / 2), r + 0.65, r + 0.65)
            painter.end()
            self._discs[key] = (disc, size / 2)
        return self._discs[key]


class VeilLayer(Layer):
    """Ground at 38 % over everything while nothing is current."""

    def draw(self, p: QPainter) -> None:
        s = self.state
        if s.stale:
            p.fillRect(self.boundingRect(), theme.colour(s.theme.chart, 0.38))


class TagLayer(Layer):
    """Names of alert lines at the left edge, and what an empty plot is waiting for."""

    def draw(self, p: QPainter) -> None:
        draw_line_tags(p, self.state)
        draw_note(p, self.state)

    def draw_unpriced(self, p: QPainter) -> None:
        draw_note(p, self.state)
