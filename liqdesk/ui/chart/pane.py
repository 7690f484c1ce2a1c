"""The chart as the window uses it: takes frames and the grid, keeps its parts up to date, says what the user asked."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from liqdesk.engine.frames import Frame
from liqdesk.model.candles import CANDLE
from liqdesk.model.grid import DensityGrid
from liqdesk.settings import Settings
from liqdesk.ui import theme
from liqdesk.ui.chart import beats
from liqdesk.ui.chart.axes import Corner, PriceAxis, TimeAxis
from liqdesk.ui.chart.gutter import Gutter
from liqdesk.ui.chart.hand import Hand
from liqdesk.ui.chart.header import Banner, Header, Ribbon
from liqdesk.ui.chart.loading import KernelLoad
from liqdesk.ui.chart.mapped import Mapped
from liqdesk.ui.chart.overlay import Overlay
from liqdesk.ui.chart.panes import Panes
from liqdesk.ui.chart.places import COMPACT_BELOW, places, room_beneath
from liqdesk.ui.chart.plot import Plot
from liqdesk.ui.chart.pointing import Pointing
from liqdesk.ui.chart.profile import Profile
from liqdesk.ui.chart.series import Series
from liqdesk.ui.chart.shown import shown
from liqdesk.ui.chart.state import ORDER, ChartState
from liqdesk.ui.chart.travel import Travel
from liqdesk.ui.chart.whatif import WhatIf

AT_ONCE_MS: Final = 8  # a few events of the mouse
LATER_MS: Final = 70  # for what may wait, unless a frame comes first


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
        s = self.state = ChartState(theme.current(), settings)
        s.note = s.waiting(False, "")
        s.classes, s.side = frozenset(settings.classes), settings.side
        self.series = Series()
        self._epoch = -1
        self._later = False  # parts around the plot wait for the next beat
        self._waiting: list[int] = []  # numbers of `_around`, last the panes, that have not seen the newest frame
        self.turn = beats.Turn()

        self.header = Header(s, self)
        self.ribbon = Ribbon(s, self)
        self.plot = Plot(s, self)
        self.map = Mapped(s, self.plot.heat, settings)
        self.gutter = Gutter(s, self)
        self.axis = PriceAxis(s, self)
        self.profile = Profile(s, self)
        self.panes = Panes(s, self.series, self)
        self.time_axis = TimeAxis(s, self)
        self.corner = Corner(s, self)
        self.overlay = Overlay(s, self)
        self.banner = Banner(s, self)
        self._around = ((self.header, self.corner), (self.gutter, self.time_axis))
        self.ribbon.hide()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.setCursor(Qt.CursorShape.CrossCursor)

        self.travel = Travel(s, self.plot, self.map, self.series, self)
        self.reset_view, self.reset_price = self.travel.reset, self.travel.reset_price
        self.show_price = self.travel.show_price
        self.whatif = WhatIf(s, self.plot, self.overlay, self)
        self.whatif.redraw.connect(self._schedule)
        self.hand = Hand(s, self.plot, self.whatif, self)
        self.hand.redraw.connect(self._everything)
        self.travel.anew.connect(self._everything)
        self.travel.soon.connect(self._schedule)
        self.axis.zoomed.connect(self.plot.zoom_price)
        self.axis.reset.connect(self.reset_price)
        self.corner.clicked.connect(self.reset_price)
        self.time_axis.zoomed.connect(self.plot.zoom_time)
        self.time_axis.reset.connect(self.travel.reset_time)
        self.banner.retry.connect(self.retry)
        self.pointing = Pointing(s, self.plot, self.gutter, self.overlay, self.map.heat, self)
        self.pointing.alert_price.connect(self.alert_price)
        self.pointing.alert_zone.connect(self.alert_zone)
        self.pointing.reset.connect(self.reset_view)
        self.pointing.moved.connect(self.header.sync)
        self.pointing.redraw.connect(self.refresh)
        self.travel.arrived.connect(self.pointing.stand_at)
        self.pointing.keep_line.connect(self.hand.add_line)
        self.pointing.drop_line.connect(self.hand.remove_line)
        self.panes.join(self.plot, self.pointing, self.overlay)
        self.panes.reset.connect(self.reset_view)

        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)
        self._load = KernelLoad(self)
        self._load.finished.connect(self._kernels_loaded)
        self._load.start()

    # what the window calls

    def set_grid(self, grid: DensityGrid | None) -> None:
        """Show this grid's columns, as far as frames publish them."""
        self.map.set_grid(grid)
        if self.state.frame is not None:
            self.map.apply(self.state.frame)
        self._schedule()

    def apply(self, frame: Frame) -> None:
        """Take a frame; what changed is painted within 33 ms."""
        s = self.state
        if frame.epoch != self._epoch:
            self._epoch = frame.epoch
            self.series.clear()
            s.orders, s.candles = np.zeros(0, ORDER), np.zeros(0, CANDLE)
            if not (s.replay and frame.source.replayed):  # from moment to moment the view stays
                self.hand.close()
                self.reset_view()
        s.frame = frame
        self.series.update(frame.new_bars)
        s.add_orders(frame.new_forced, frame.instrument.symbol)
        self.map.apply(frame)
        self.pointing.why.take(frame)
        self.whatif.take(frame)
        self._waiting += [i for i in range(len(self._around) + 1) if i not in self._waiting]
        self._schedule()

    def set_settings(self, settings: Settings) -> None:
        """Take new settings; candle and window lengths keep what their own setters said last."""
        kept = self.state.settings
        self.state.settings = msgspec.structs.replace(settings, candle_ms=kept.candle_ms, window_ms=kept.window_ms)
        self._lay_out()

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
        self.map.choose()
        self._everything()

    def set_levels(self, auto: bool, low: float = 0.0, high: float = 0.0) -> None:
        """Let the rule set the colour handles, or set them: USD per 10 bp."""
        self.map.set_levels(auto, low, high)
        self._say_levels()
        self._everything()

    def levels(self) -> tuple[float, float]:
        """Return the handles in force, USD per 10 bp."""
        return self.map.low, self.map.high

    def cell_value(self, time_ms: float, price: float) -> float | None:
        """Return the USD per 10 bp painted at a moment and price, None outside the view or where nothing is drawn."""
        return self.map.value(time_ms, price)

    def column_mark(self, time_ms: float) -> float | None:
        """Return the mark of the column painted at a moment."""
        return self.map.mark(time_ms)

    def painted_colour(self, time_ms: float, price: float) -> int | None:
        """Return the map's pixel at a moment and price as 0xFFRRGGBB, candles and lines aside."""
        return self.map.colour(time_ms, price)

    def shown(self) -> dict[str, object]:
        """Return what is on the chart, as values: view, handles, prices, labels and sums."""
        return shown(self)

    def close_topmost(self) -> bool:
        """Close what lies on top: the card of a cell, the field for a moment, the ruler, what if; return whether there was anything."""
        if self.pointing.why.open:
            self.pointing.why.close()
            return True
        return self.travel.field.close() or self.hand.close() or self.whatif.close()

    def close_threads(self) -> None:
        """Wait for the kernels' thread; call before the pane goes."""
        self._timer.stop()
        self._load.requestInterruption()
        self._load.wait()

    @Slot()
    def refresh(self) -> None:
        """Bring every part up to the newest frame, now."""
        self._bring(False)

    @Slot()
    def _tick(self) -> None:
        if not self.map.dirty and self.turn.stand_back():
            self._schedule(beats.LATER_MS)
            return
        self.turn.took(self._bring(True))
        if self._later or self.profile.behind or (self.map.stirred and self.map.heat.kernels is not None):
            self._schedule(LATER_MS)

    def _bring(self, paced: bool) -> bool:
        """Bring the parts up to date; `paced`, the picture waits for its turn and the profile stands back meanwhile. Return whether
        either was painted."""
        s = self.state
        if s.frame is None:
            self.plot.sync()
            return False
        self._arrange()
        before = s.lens
        self.travel.look(s.frame)
        if s.lens != before:
            self.map.dirty = True
        calm = paced and not self.map.dirty
        painted = self.map.paint(paced)
        if painted:
            self._say_levels()
        s.note = s.waiting(self.map.heat.kernels is not None, self._load.error)
        self.plot.sync(self.map.changed if painted else (0, 0))
        took = self.profile.sync(paced and painted, paced)  # not in the beat of the picture
        self.map.worked |= took
        self._later = calm and (painted or took)  # nor are these
        if not self._later:
            self.axis.sync()
            self._later = self._go_round(paced, calm)
        self.pointing.read()
        return painted or took

    # inside

    def _go_round(self, paced: bool, calm: bool) -> bool:
        """Bring the parts around the plot up to date, in a `calm` beat only the one whose turn it is; the panes are the last of them.
        Return whether one waits."""
        turns = self._waiting[:1] if calm else [*range(len(self._around) + 1)]
        self._waiting = self._waiting[1:] if calm else []
        for i in turns:
            if i < len(self._around):
                for part in self._around[i]:
                    part.sync()
            elif self.panes.sync(paced, paced and not calm):
                self._waiting.append(i)
        return bool(self._waiting)

    @Slot()
    def _kernels_loaded(self) -> None:
        self.map.heat.kernels = self._load.module
        self._everything()
        self.kernels_ready.emit()

    @Slot()
    def _everything(self) -> None:
        self.map.dirty = True
        self._schedule(AT_ONCE_MS)

    @Slot()
    def _schedule(self, wait_ms: int = 0) -> None:
        """Refresh in `wait_ms` at the latest, by default at its own pace."""
        timer, wait_ms = self._timer, wait_ms or self.turn.pace_ms
        if self.isVisible() and (not timer.isActive() or timer.remainingTime() > wait_ms):
            timer.start(wait_ms)

    def _say_levels(self) -> None:
        if self.map.moved:
            self.map.moved = False
            self.levels_changed.emit(self.map.low, self.map.high)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.pointing.key(event):
            super().keyPressEvent(event)

    def _arrange(self) -> None:
        """Show or hide ribbon and card, and lay out anew where that changed."""
        s = self.state
        ribbon = bool(self.ribbon.text)
        if ribbon != self.ribbon.isVisibleTo(self):
            self.ribbon.setVisible(ribbon)
            self._lay_out()
        self.ribbon.sync()
        if s.stale != self.banner.isVisibleTo(self):
            self.banner.setVisible(s.stale)
            self.map.dirty = True
        if s.stale:
            px = s.theme.px
            self.banner.place(self.plot.width() - px(20), px(12), self.plot.y() + px(14))

    def _lay_out(self) -> None:
        s = self.state
        s.compact = self.window().width() < s.theme.px(COMPACT_BELOW)
        ribbon = self.ribbon.isVisibleTo(self)
        beneath = self.panes.fit(*room_beneath(self.height(), s.theme, ribbon))
        at = places(self.width(), self.height(), s.theme, s.compact, ribbon, beneath, self.window().width())
        self.header.profile_width = at.profile.width()
        self.corner.axis_width = self.overlay.axis = at.axis.width()
        self.overlay.gutter = at.gutter.width()
        for name in ("header", "ribbon", "plot", "gutter", "axis", "profile", "time_axis", "corner", "overlay"):
            getattr(self, name).setGeometry(getattr(at, name))
        self.panes.lay_out(at.panes, at.plot.width(), at.axis.x(), at.profile.x())
        self.time_axis.names_zone = not at.profile.width()
        self.overlay.raise_()
        self.banner.raise_()
        self.whatif.follow()
        self.travel.place()
        self._everything()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()
        if self.isVisible():
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._lay_out()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and hasattr(self, "_load"):
            self.state.theme = theme.current()
            self.plot.restyle()
            self._lay_out()
