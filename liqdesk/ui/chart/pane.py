"""The chart as the window uses it: takes frames and the grid, lays its parts out, and says what the user asked for."""

from __future__ import annotations

import logging
import math
from types import ModuleType
from typing import Final

import msgspec
import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QWidget

from liqdesk.engine.frames import Frame
from liqdesk.insight.zones import Zone
from liqdesk.model.candles import CANDLE, CandleBook
from liqdesk.model.grid import DensityGrid
from liqdesk.paths import prepare_numba_cache
from liqdesk.settings import Settings
from liqdesk.ui import present, ramp, theme
from liqdesk.ui.chart.axes import Corner, PriceAxis, TimeAxis
from liqdesk.ui.chart.follow import price_range, right_edge
from liqdesk.ui.chart.gutter import Gutter, labels
from liqdesk.ui.chart.header import Banner, Header, Ribbon
from liqdesk.ui.chart.heat import Heat
from liqdesk.ui.chart.overlay import Overlay, read
from liqdesk.ui.chart.plot import Plot
from liqdesk.ui.chart.profile import Profile
from liqdesk.ui.chart.rings import RingSums
from liqdesk.ui.chart.scale import Lens, price_from_log
from liqdesk.ui.chart.state import ORDER, ChartState

log = logging.getLogger(__name__)

FRAME_MS: Final = 33
LEVELS_MS: Final = 1_000
EDGE_PX: Final = 5
COMPACT_BELOW: Final = 1_600  # px of the whole window


class KernelLoad(QThread):
    """Compiles the painting kernels, or loads them from the cache, beside the window."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("kernels")
        self.module: ModuleType | None = None
        self.error = ""

    def run(self) -> None:
        try:
            prepare_numba_cache()
            from liqdesk.ui.chart import kernels

            kernels.warm()
            self.module = kernels
        except Exception as e:
            log.exception("the painting kernels could not be loaded")
            self.error = f"The map cannot be drawn: {e}"


class ChartPane(QWidget):
    """The map under the candles, with gutter, price axis and profile.

    `alert_price(price)` and `alert_zone(Zone)` come from the right-click menu; `levels_changed(low, high)` whenever the
    colour handles moved, by rule or by `set_levels`; `retry()` from the card of a feed that is not current.
    """

    alert_price = Signal(float)
    alert_zone = Signal(object)
    levels_changed = Signal(float, float)
    retry = Signal()
    kernels_ready = Signal()

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = ChartState(theme.current(), settings, note="Compiling the map's kernels, once.")
        self.state.classes = frozenset(settings.classes)
        self.state.side = settings.side
        self.heat = Heat()
        self.heat.choose(self.state.chosen())
        self.book = CandleBook()
        self._auto_levels = settings.heat_auto
        self._low, self._high = (0.0, 0.0) if settings.heat_auto else (settings.heat_low_usd, settings.heat_high_usd)
        self._follow = True
        self._span_ms = float(settings.window_ms)
        self._candles_key: tuple[object, ...] = ()
        self._dirty = True
        self._levels_due = True
        self._epoch = -1

        s = self.state
        self.header = Header(s, self)
        self.ribbon = Ribbon(s, self)
        self.plot = Plot(s, self)
        self.gutter = Gutter(s, self)
        self.axis = PriceAxis(s, self)
        self.profile = Profile(s, self)
        self.time_axis = TimeAxis(s, self)
        self.corner = Corner(s, self)
        self.overlay = Overlay(s, self)
        self.banner = Banner(s, self)
        self.ribbon.hide()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.setCursor(Qt.CursorShape.CrossCursor)
        self.gutter.installEventFilter(self)

        self.plot.moved.connect(self._moved)
        self.plot.reset.connect(self.reset_view)
        self.plot.menu.connect(self._menu)
        self.plot.pointed.connect(self._pointed)
        self.axis.zoomed.connect(self.plot.zoom_price)
        self.axis.reset.connect(self.reset_price)
        self.corner.clicked.connect(self.reset_price)
        self.time_axis.zoomed.connect(self._zoom_time)
        self.banner.retry.connect(self.retry)

        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._levels_timer = QTimer(self)
        self._levels_timer.setInterval(LEVELS_MS)
        self._levels_timer.timeout.connect(self._levels_tick)
        self._load = KernelLoad(self)
        self._load.finished.connect(self._kernels_loaded)
        self._load.start()

    # what the window calls

    def set_grid(self, grid: DensityGrid | None) -> None:
        """Show this grid's columns, as far as frames publish them."""
        self.heat.set_grid(() if grid is None else tuple(RingSums(ring.view()) for ring in grid.rings))
        if self.state.frame is not None:
            self.heat.apply(self.state.frame)
        self._schedule()

    def apply(self, frame: Frame) -> None:
        """Take a frame; what changed is painted within 33 ms."""
        s = self.state
        if frame.epoch != self._epoch:
            self._epoch = frame.epoch
            self.book.clear()
            s.orders = np.zeros(0, ORDER)
            s.candles = np.zeros(0, CANDLE)
            self._follow, s.auto_price, self._levels_due = True, True, True
            self._candles_key = ()
        s.frame = frame
        for bars in frame.new_bars:
            self.book.update(bars.span_ms, bars.rows)
        if frame.new_bars:
            self._candles_key = ()
        s.add_orders(frame.new_forced, frame.instrument.symbol)
        if self.heat.apply(frame):
            self._dirty = True
        self._schedule()

    def set_settings(self, settings: Settings) -> None:
        """Take new settings; candles, window, classes, side and handles keep what their own setters said last."""
        s = self.state
        s.settings = msgspec.structs.replace(settings, candle_ms=s.settings.candle_ms, window_ms=s.settings.window_ms)
        self._everything()

    def set_interval(self, interval_ms: int) -> None:
        """Show candles of this length (one of `liqdesk.model.candles.SPANS`)."""
        self.state.settings = msgspec.structs.replace(self.state.settings, candle_ms=interval_ms)
        self._everything()

    def set_window(self, window_ms: int) -> None:
        """Show this much time up to now, and follow the market."""
        self.state.settings = msgspec.structs.replace(self.state.settings, window_ms=window_ms)
        self.reset_view()

    def set_selection(self, classes: set[int], side: str) -> None:
        """Count these leverage classes and this side ("long", "both", "short") in map, profile, labels and read-out."""
        self.state.classes, self.state.side = frozenset(classes), side
        if self.heat.choose(self.state.chosen()):
            self._levels_due = True
            self._everything()

    def set_levels(self, auto: bool, low: float = 0.0, high: float = 0.0) -> None:
        """Let the rule set the colour handles, or set them: USD per 10 bp."""
        self._auto_levels = auto
        if auto:
            self._levels_due = True
        else:
            self._put_levels(low, high)
        self._everything()

    def levels(self) -> tuple[float, float]:
        """Return the handles in force, USD per 10 bp."""
        return self._low, self._high

    def cell_value(self, time_ms: float, price: float) -> float | None:
        """Return the USD per 10 bp painted at a moment and price, None outside the view or where nothing is drawn."""
        at = self._device(time_ms, price)
        return None if at is None else self.heat.value(*at)

    def column_mark(self, time_ms: float) -> float | None:
        """Return the mark of the column painted at a moment."""
        at = self._device(time_ms, self.state.lens.high)
        return None if at is None else self.heat.mark_at(at[0])

    def painted_colour(self, time_ms: float, price: float) -> int | None:
        """Return the map's pixel at a moment and price as 0xFFRRGGBB, candles and lines aside."""
        at = self._device(time_ms, price)
        return None if at is None else int(self.plot.heat.pixels[at[1], at[0]])

    def shown(self) -> dict[str, object]:
        """Return what is on the chart, as values: view, handles, candle, labels and sums."""
        s = self.state
        sums = self.profile.sums
        return {
            "from_ms": s.lens.t0,
            "to_ms": s.lens.t1,
            "low_price": s.lens.low if s.lens.valid else None,
            "high_price": s.lens.high if s.lens.valid else None,
            "levels": self.levels(),
            "candles": len(s.candles),
            "last": s.last,
            "mark": s.mark,
            "zones": [(x.zone.low, x.zone.high, x.zone.side.word, x.zone.usd) for x in labels(s, self.gutter.height())],
            "profile_long_usd": float(sums.long.max(initial=0.0)) if sums else None,
            "profile_short_usd": float(sums.short.max(initial=0.0)) if sums else None,
            "ribbon": self.ribbon.text,
            "stale": s.stale,
        }

    def reset_view(self) -> None:
        """Follow the market again: the whole window of time, automatic price range."""
        self._follow = self.state.auto_price = True
        self._span_ms = float(self.state.settings.window_ms)
        self.state.lens = Lens(0, 1, 0, 1, self.plot.width(), self.plot.height())
        self._levels_due = True
        self._everything()

    def reset_price(self) -> None:
        """Give the price range back to its rule."""
        self.state.auto_price = True
        self._everything()

    def close_threads(self) -> None:
        """Wait for the kernels' thread; call before the pane goes."""
        self._timer.stop()
        self._levels_timer.stop()
        self._load.wait()

    # inside

    @Slot()
    def _kernels_loaded(self) -> None:
        self.heat.kernels = self._load.module
        self.state.note = self._load.error
        self._everything()
        self.kernels_ready.emit()

    @Slot()
    def _levels_tick(self) -> None:
        self._levels_due = True

    def _everything(self) -> None:
        self._dirty = True
        self._candles_key = ()
        self._schedule()

    def _schedule(self) -> None:
        if not self._timer.isActive() and self.isVisible():
            self._timer.start(FRAME_MS)

    @Slot()
    def refresh(self) -> None:
        """Bring every part up to the state, now."""
        s = self.state
        frame = s.frame
        if frame is None:
            self.update()
            return
        self._arrange_rows()
        before = s.lens
        self._look()
        if s.lens != before:
            self._dirty = True
        if self._dirty:
            self._paint_heat()
        self._note()
        self.plot.refresh()
        self.header.update()
        self.profile.update()
        self.gutter.update()
        self.axis.update()
        if s.lens != before:
            self.time_axis.update()
            self.corner.update()
        self._show_reading()

    def _look(self) -> None:
        """Decide time and price range and fetch the candles for them."""
        s = self.state
        assert s.frame is not None
        width, height = float(self.plot.width()), float(self.plot.height())
        lens = s.lens
        t0, t1 = lens.t0, lens.t1
        if self._follow and s.frame.venue_ms:
            t1 = right_edge(s.frame.venue_ms, s.settings.candle_ms, self._span_ms / max(width, 1), EDGE_PX)
            t0 = t1 - self._span_ms
        key = (t0, t1, s.settings.candle_ms)
        if key != self._candles_key:
            self._candles_key = key
            s.candles = self.book.series(s.settings.candle_ms, int(t0), int(t1) + 1)
        y0, y1 = lens.y0, lens.y1
        if s.auto_price:
            current = (y0, y1) if (y0, y1) != (0, 1) else None
            found = price_range(s.candles, t0, t1, s.mark, current)
            y0, y1 = found if found is not None else (0.0, 1.0)
        wanted = Lens(t0, t1, y0, y1, width, height)
        if wanted != s.lens or self.plot.heat.pixels.size == 0:
            self.plot.show_lens(wanted)

    def _paint_heat(self) -> None:
        s = self.state
        heat, item = self.heat, self.plot.heat
        if heat.kernels is None or not s.lens.valid or not item.pixels.size:
            return
        self._dirty = False
        height, width = item.pixels.shape
        heat.arrange(s.lens, width, height)
        if self._auto_levels and (self._levels_due or not self._high > self._low):
            self._levels_due = False
            self._put_levels(*heat.automatic(self._low, self._high))
        table = ramp.heat_table(s.theme.ramp, s.theme.chart, s.stale)
        ground = 0xFF000000 | int(s.theme.chart[1:], 16)
        heat.picture(self._low, self._high, table, ground, item.pixels)
        self._rule()

    def _rule(self) -> None:
        """Find where back-computed columns end, in the ring that is drawn."""
        s = self.state
        order = self.heat.order(s.lens)
        s.rule_ms = s.back_from_ms = None
        if order:
            ring = self.heat.rings[order[0]]
            oldest = self.heat.oldest_ms()
            end = min(ring.live_from, ring.last + 1)
            if end > ring.first:
                s.rule_ms, s.back_from_ms = end * ring.span_ms, oldest

    def _put_levels(self, low: float, high: float) -> None:
        if (low, high) != (self._low, self._high):
            self._low, self._high = low, high
            self.levels_changed.emit(low, high)

    def _note(self) -> None:
        s = self.state
        if self.heat.kernels is None:
            s.note = self._load.error or "Compiling the map's kernels, once."
        elif not len(s.candles) and s.frame is not None and s.frame.now is None:
            s.note = s.frame.progress.text if s.frame.progress else s.frame.connection.sentence
        else:
            s.note = ""

    def _device(self, time_ms: float, price: float) -> tuple[int, int] | None:
        lens, pixels = self.state.lens, self.plot.heat.pixels
        if not lens.valid or not pixels.size or not price > 0:
            return None
        h, w = pixels.shape
        x = math.floor(lens.x(time_ms) / lens.width * w)
        y = (
            min(math.floor(lens.y(price) / lens.height * h), h - 1)
            if price == lens.low
            else math.floor(lens.y(price) / lens.height * h)
        )
        return (x, y) if 0 <= x < w and 0 <= y < h else None

    @Slot(object, bool)
    def _moved(self, lens: Lens, by_hand: bool) -> None:
        s = self.state
        if by_hand:
            s.auto_price = False
        if s.frame is None:
            return
        end = right_edge(s.frame.venue_ms, s.settings.candle_ms, lens.ms_per_px, EDGE_PX)
        oldest = self.heat.oldest_ms() or int(end - 30 * 86_400_000)
        span = lens.t1 - lens.t0
        t1 = min(max(lens.t1, oldest + span / 4), end + span / 2)
        was = s.lens.t1 - s.lens.t0
        # A view that followed the market keeps doing so while only its length changes.
        self._follow = abs(t1 - end) < 3 * lens.ms_per_px or (self._follow and abs(span - was) > 1)
        self._span_ms = span
        s.lens = Lens(t1 - span, t1, lens.y0, lens.y1, lens.width, lens.height)
        self.plot.show_lens(s.lens)
        self._everything()

    @Slot(float, float)
    def _zoom_time(self, factor: float, x: float) -> None:
        self.plot.zoom_time(factor, x)

    @Slot(object)
    def _pointed(self, at: tuple[float, float] | None) -> None:
        if at == self.state.hover:
            return
        self.state.hover = at
        self._show_reading()
        self.header.update()

    def _show_reading(self) -> None:
        s = self.state
        if s.hover is None or s.frame is None or not s.lens.valid or s.hover[1] >= s.lens.height:
            self.overlay.show_reading(None)
            return
        x, y = s.hover
        price = s.lens.price(round(y) + 0.5)
        cell = None
        if x < s.lens.width and self.heat.ready:
            cell = self.heat.cell(math.floor(x / s.lens.width * self.heat.columns.size), price)
        self.overlay.show_reading(read(s, price, s.lens.time(x), cell))

    def zone_at(self, price: float) -> Zone | None:
        """Return the labelled zone that holds a price."""
        return next((z for z in self.state.zones if z.low <= price <= z.high), None)

    def menu_at(self, price: float) -> QMenu:
        """Return the right-click menu for a price."""
        menu = QMenu(self)
        decimals = present.range_decimals(0, price / 1e3, self.state.decimals)
        exact = round(price, self.state.decimals)
        rounded = round(exact, decimals)
        menu.addAction(f"Alert when price crosses {present.price(rounded, decimals)}").triggered.connect(
            lambda: self.alert_price.emit(rounded)
        )
        zone = self.zone_at(price)
        if zone is not None:
            span = present.price_range(zone.low, zone.high, present.range_decimals(zone.low, zone.high, decimals))
            menu.addAction(f"Alert near this zone, {span}").triggered.connect(lambda: self.alert_zone.emit(zone))
        menu.addSeparator()
        menu.addAction("Reset view").triggered.connect(self.reset_view)
        return menu

    @Slot(QPointF, QPointF)
    def _menu(self, at: QPointF, screen: QPointF) -> None:
        if self.state.frame is None or not self.state.lens.valid:
            return
        menu = self.menu_at(self.state.lens.price(at.y()))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(screen.toPoint())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.gutter:
            if event.type() == QEvent.Type.MouseMove:
                at = event.position()  # type: ignore[attr-defined]
                self._pointed((self.state.lens.width + at.x(), at.y()))
            elif event.type() == QEvent.Type.Leave:
                self._pointed(None)
            elif event.type() == QEvent.Type.ContextMenu:
                place = event.pos()  # type: ignore[attr-defined]
                self._menu(QPointF(place), QPointF(event.globalPos()))  # type: ignore[attr-defined]
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        lens = self.state.lens
        steps = {
            Qt.Key.Key_Left: (0.1, 0.0),
            Qt.Key.Key_Right: (-0.1, 0.0),
            Qt.Key.Key_Up: (0.0, 0.1),
            Qt.Key.Key_Down: (0.0, -0.1),
        }
        key = Qt.Key(event.key())
        if not lens.valid:
            super().keyPressEvent(event)
        elif key in steps:
            self.plot.pan(steps[key][0] * lens.width, steps[key][1] * lens.height)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.plot.zoom_time(0.8, lens.width)
        elif key == Qt.Key.Key_Minus:
            self.plot.zoom_time(1.25, lens.width)
        elif key == Qt.Key.Key_Home:
            self.reset_view()
        else:
            super().keyPressEvent(event)

    def _arrange_rows(self) -> None:
        """Show or hide ribbon and card, and lay out anew where that changed."""
        ribbon = bool(self.ribbon.text)
        if ribbon != self.ribbon.isVisibleTo(self):
            self.ribbon.setVisible(ribbon)
            self._lay_out()
        self.ribbon.update()
        stale = self.state.stale
        if stale != self.banner.isVisibleTo(self):
            self.banner.setVisible(stale)
            self._dirty = True
        if stale:
            px = self.state.theme.px
            self.banner.place(self.plot.width() - px(20), px(12), self.plot.y() + px(14))
            self.banner.update()

    def _lay_out(self) -> None:
        s = self.state
        px = s.theme.px
        s.compact = self.window().width() < px(COMPACT_BELOW)
        gutter, axis, profile = (px(190), px(72), px(104)) if s.compact else (px(208), px(80), px(160))
        w, h = self.width(), self.height()
        head, foot = px(24), px(22)
        ribbon = px(26) if self.ribbon.isVisibleTo(self) else 0
        top = head + ribbon
        tall = max(1, h - top - foot)
        plot = max(1, w - gutter - axis - profile)
        self.header.profile_width = profile
        self.header.setGeometry(0, 0, w, head)
        self.ribbon.setGeometry(0, head, w, px(26))
        self.plot.setGeometry(0, top, plot, tall)
        self.gutter.setGeometry(plot, top, gutter, tall)
        self.axis.setGeometry(plot + gutter, top, axis, tall)
        self.profile.setGeometry(plot + gutter + axis, top, profile, tall)
        self.time_axis.setGeometry(0, top + tall, plot + gutter, foot)
        self.corner.axis_width = axis
        self.corner.setGeometry(plot + gutter, top + tall, axis + profile, foot)
        self.overlay.gutter, self.overlay.axis = gutter, axis
        self.overlay.setGeometry(0, top, plot + gutter + axis, tall + foot)
        self.overlay.raise_()
        self.banner.raise_()
        self._everything()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()
        if self.isVisible():
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._levels_timer.start()
        self._lay_out()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._levels_timer.stop()
        self._timer.stop()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "corner"):
            self.state.theme = theme.current()
            self.plot.restyle()
            self._lay_out()


__all__ = ["ChartPane", "price_from_log"]
