"""The plot: a pyqtgraph view with the layers, and what the mouse does to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.ui import theme
from liqdesk.ui.chart.kept import KeptLayer
from liqdesk.ui.chart.layers import (
    BubbleLayer,
    CandleLayer,
    GapLayer,
    GridLayer,
    HeatItem,
    Layer,
    LineLayer,
    TagLayer,
    VeilLayer,
)
from liqdesk.ui.chart.marks import last_row
from liqdesk.ui.chart.mine import MyLines, tagged
from liqdesk.ui.chart.ruler import RulerLayer
from liqdesk.ui.chart.scale import Lens
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.chart.whatif import WhatLayer

SHORTEST_MS: Final = 20 * MINUTE_MS
LONGEST_MS: Final = 34 * DAY_MS
LEAST_LOG: Final = 0.004
MOST_LOG: Final = 0.75
REACH_PX: Final = 28  # how far a candle and its discs reach to the left of its start
FREE_PX: Final = 10  # how far a drag must leave the level before it moves the price axis too


class View(pg.ViewBox):  # type: ignore[misc]
    """A view box in seconds since `origin_ms` by log price; it reports wishes and leaves the decision to the plot."""

    zoomed = Signal(float, float, bool)  # factor, pixel x or y of the anchor, price instead of time
    dragged = Signal(float, float, bool)  # dx, dy in pixels since the last event; whether the drag began just now
    reset = Signal()
    clicked = Signal(float, float)  # a left click, in the view
    asked = Signal(QPointF, QPointF)  # a right click, in the view and on the screen
    tap: Callable[[float, float], bool] | None = (
        None  # asked first whether a left click means something else than a cell
    )
    hand: Callable[[Any], bool] | None = None  # asked first whether a left drag means something else than moving

    def __init__(self) -> None:
        super().__init__(enableMenu=False, border=None)
        self.setDefaultPadding(0.0)
        self.disableAutoRange()

    def wheelEvent(self, ev, axis=None) -> None:  # type: ignore[no-untyped-def]
        price = bool(ev.modifiers() & Qt.KeyboardModifier.ControlModifier)
        at = ev.pos()
        self.zoomed.emit(0.9985 ** ev.delta(), at.y() if price else at.x(), price)
        ev.accept()

    def mouseDragEvent(self, ev, axis=None) -> None:  # type: ignore[no-untyped-def]
        if ev.button() == Qt.MouseButton.LeftButton and self.hand is not None and self.hand(ev):
            ev.accept()
            return
        if ev.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            ev.ignore()
            return
        step = ev.pos() - ev.lastPos()
        self.dragged.emit(step.x(), step.y(), ev.isStart())
        ev.accept()

    def mouseDoubleClickEvent(self, ev) -> None:  # type: ignore[no-untyped-def]
        if ev.button() == Qt.MouseButton.LeftButton:
            self.reset.emit()
            ev.accept()

    def mouseClickEvent(self, ev) -> None:  # type: ignore[no-untyped-def]
        if ev.button() == Qt.MouseButton.RightButton:
            self.asked.emit(QPointF(ev.pos()), QPointF(ev.screenPos()))
            ev.accept()
        elif ev.button() == Qt.MouseButton.LeftButton and self.tap is not None and self.tap(ev.pos().x(), ev.pos().y()):
            ev.accept()
        elif ev.button() == Qt.MouseButton.LeftButton and not ev.double():
            self.clicked.emit(ev.pos().x(), ev.pos().y())
            ev.accept()


class Plot(pg.GraphicsView):  # type: ignore[misc]
    """Shows the layers through a lens. `moved(lens)` asks for another view, `pointed` tells where the pointer is."""

    moved = Signal(object, bool)  # Lens, whether the price range was chosen by hand
    reset = Signal()
    menu = Signal(QPointF, QPointF)
    clicked = Signal(float, float)
    mine_clicked = Signal()
    pointed = Signal(object)  # (x, y) in pixels or None
    resized = Signal()

    def __init__(self, state: ChartState, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.state = state
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAntialiasing(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view = View()
        self.setCentralItem(self.view)
        self.heat = HeatItem(state)
        self.heat.setZValue(0)
        self.lines = LineLayer(state, 3)
        self.mine = MyLines(state, 4)
        self.ruler = RulerLayer(state, 9)
        self.what = WhatLayer(state, 4)
        self.candles = CandleLayer(state, 5)
        self.bubbles = BubbleLayer(state, 6)
        self.layers: list[Layer] = [
            GapLayer(state, 1),
            GridLayer(state, 2),
            self.lines,
            self.mine,
            KeptLayer(state, 4),
            self.what,
            self.candles,
            self.bubbles,
            VeilLayer(state, 7),
            TagLayer(state, 8),
            self.ruler,
        ]
        self.heat.setParentItem(self.view)
        for layer in self.layers:
            layer.setParentItem(self.view)
        self._origin_ms = 0.0
        self._key: tuple[object, ...] = ()
        self._newest = b""
        self._orders = state.orders
        self._drag_y = 0.0
        self.view.zoomed.connect(self._zoom)
        self.view.dragged.connect(self._drag)
        self.view.reset.connect(self.reset)
        self.view.asked.connect(self.menu)
        self.view.clicked.connect(self._click)
        self.viewport().installEventFilter(self)
        self.restyle()

    def restyle(self) -> None:
        """Show the theme's ground until the picture is painted anew."""
        self.heat.pixels[:] = theme.colour(self.state.theme.chart).rgb()

    def show_lens(self, lens: Lens) -> None:
        """Put a lens in force: the view box, the layers and the size of the picture."""
        self.state.lens = lens
        for layer in self.layers:
            layer.resize(lens.width, lens.height)
        if not self._origin_ms or abs(lens.t0 - self._origin_ms) > 90 * DAY_MS:
            self._origin_ms = lens.t0 // DAY_MS * DAY_MS
        self.view.setRange(
            xRange=((lens.t0 - self._origin_ms) / 1e3, (lens.t1 - self._origin_ms) / 1e3),
            yRange=(lens.y0, lens.y1),
            padding=0,
            disableAutoRange=False,
        )
        ground = theme.colour(self.state.theme.chart).rgb()
        self.heat.resize(lens.width, lens.height, self.devicePixelRatioF(), ground)

    def sync(self, heat: tuple[int, int] = (0, 0)) -> None:
        """Repaint where something on the plot changed: all of it, or the newest candle, the line of the last price and the
        columns `heat` (from, to) of the picture."""
        s = self.state
        key = (
            s.lens,
            s.candles[:-1].tobytes(),
            s.alerts,
            s.kept,
            s.gaps,
            s.stale,
            s.live,
            s.rule_ms,
            s.note,
            s.settings,
            s.theme,
        )
        newest, row = s.candles[-1:].tobytes(), last_row(s)
        moved, renamed = self.mine.sync()
        ruled, counted = self.ruler.sync()
        moved, renamed = self.what.sync() or moved or ruled, [*renamed, *counted]
        if key != self._key or moved:
            self.viewport().update()
        else:
            if heat[1] > heat[0]:
                ratio = self.devicePixelRatioF()
                left, right = math.floor(heat[0] / ratio), math.ceil(heat[1] / ratio)
                self.viewport().update(left, 0, right - left, round(s.lens.height))
            for rect in renamed:
                self.viewport().update(rect)
            if newest != self._newest:
                self._from(float(s.candles["t"][-1]))
            if s.orders is not self._orders and len(s.orders):
                self._from(self._first_new())
            for y in {row, self.lines.row} if row != self.lines.row else ():
                self.viewport().update(0, y - 1, round(s.lens.width), 3)
        self._key, self._newest, self._orders, self.lines.row = key, newest, s.orders, row

    def _from(self, ms: float) -> None:
        """Repaint from the candle or disc at a time to the right edge."""
        lens = self.state.lens
        left = min(max(0.0, lens.x(ms)), lens.width - 1) - self.state.theme.px(REACH_PX)
        self.viewport().update(max(0, round(left)), 0, round(lens.width - left) + 1, round(lens.height))

    def _first_new(self) -> float:
        """Return the time of the oldest forced order that was not there at the last paint."""
        old, new = self._orders["t"], self.state.orders["t"]
        n = min(len(old), len(new))
        differ = np.flatnonzero(old[:n] != new[:n])
        return float(new[differ[0]] if len(differ) else new[min(n, len(new) - 1)])

    def zoom_time(self, factor: float, x: float) -> None:
        """Stretch time around pixel column `x`; while the view follows the market the newest candle stays where it is."""
        lens = self.state.aim
        span = min(LONGEST_MS, max(SHORTEST_MS, (lens.t1 - lens.t0) * factor))
        share = x / lens.width
        at = lens.time(x)
        t0 = at - span * share
        self.moved.emit(Lens(t0, t0 + span, lens.y0, lens.y1, lens.width, lens.height), False)

    def zoom_price(self, factor: float, y: float) -> None:
        """Stretch price around pixel row `y`."""
        lens = self.state.aim
        if not lens.valid:
            return
        span = min(MOST_LOG, max(LEAST_LOG, (lens.y1 - lens.y0) * factor))
        share = y / lens.height
        y1 = lens.log(y) + span * share
        self.moved.emit(Lens(lens.t0, lens.t1, y1 - span, y1, lens.width, lens.height), True)

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by pixels; `dy` of zero leaves the price range to its rule."""
        lens = self.state.aim
        dy = dy if lens.valid else 0.0
        dt = dx * lens.ms_per_px
        dl = dy / lens.height * (lens.y1 - lens.y0)
        self.moved.emit(
            Lens(lens.t0 - dt, lens.t1 - dt, lens.y0 + dl, lens.y1 + dl, lens.width, lens.height), dy != 0.0
        )

    def _click(self, x: float, y: float) -> None:
        if tagged(self.mine.tags, x, y):
            self.mine_clicked.emit()
        else:
            self.clicked.emit(x, y)

    def _zoom(self, factor: float, at: float, price: bool) -> None:
        if not self.state.aim.timed:
            return
        if price:
            self.zoom_price(factor, at)
        else:
            self.zoom_time(factor, at)

    def _drag(self, dx: float, dy: float, start: bool) -> None:
        if not self.state.aim.timed:
            return
        self._drag_y = 0.0 if start else self._drag_y
        self._drag_y += dy
        free = not self.state.auto_price or abs(self._drag_y) > FREE_PX
        self.pan(dx, dy if free else 0.0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.viewport():
            if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
                at = event.position()
                self.pointed.emit((at.x(), at.y()))
            elif event.type() == QEvent.Type.Leave:
                self.pointed.emit(None)
        return bool(super().eventFilter(watched, event))

    def paintEvent(self, ev: QPaintEvent) -> None:
        region = ev.region()
        whole = region.boundingRect() == self.viewport().rect() and region.rectCount() == 1
        rects = [] if whole else [r.getCoords() for r in region]  # type: ignore[attr-defined]
        self.state.exposed = np.array(rects, np.float64).reshape(-1, 4)
        super().paintEvent(ev)

    def resizeEvent(self, ev: QResizeEvent) -> None:
        super().resizeEvent(ev)
        self.resized.emit()
