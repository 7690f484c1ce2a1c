"""What pointer and keys do on the chart: read the cell under the pointer, open the menu, pan and zoom."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from liqdesk.ui.chart.gutter import Gutter
from liqdesk.ui.chart.heat import Heat
from liqdesk.ui.chart.menu import ChartMenu
from liqdesk.ui.chart.overlay import Overlay, read
from liqdesk.ui.chart.plot import Plot
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.chart.why import Whys

if TYPE_CHECKING:
    from liqdesk.insight.position import Position

PANS: Final = {  # share of the view
    Qt.Key.Key_Left: (0.1, 0.0),
    Qt.Key.Key_Right: (-0.1, 0.0),
    Qt.Key.Key_Up: (0.0, 0.1),
    Qt.Key.Key_Down: (0.0, -0.1),
}
ZOOMS: Final = {Qt.Key.Key_Plus: 0.8, Qt.Key.Key_Equal: 0.8, Qt.Key.Key_Minus: 1.25}


class Pointing(QObject):
    """Keeps the crosshair where the pointer is. `alert_price`, `alert_zone`, `position_at(price)` and `reset` come from the menu or a key,
    `position_asked` from the menu or the name of the user's own line; `why` takes clicks."""

    alert_price = Signal(float)
    alert_zone = Signal(object)
    position_at = Signal(float)
    position_asked = Signal()
    keep_line = Signal(float)
    drop_line = Signal(object)
    what_if = Signal(float)
    reset = Signal()
    redraw = Signal()
    moved = Signal()  # the pointer stands elsewhere

    def __init__(
        self, state: ChartState, plot: Plot, gutter: Gutter, overlay: Overlay, heat: Heat, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.state = state
        self._plot, self._gutter, self._overlay, self._heat = plot, gutter, overlay, heat
        self._widget = parent
        self.why = Whys(state, plot, heat, overlay, parent)
        gutter.installEventFilter(self)
        plot.mine_clicked.connect(self.position_asked)
        plot.pointed.connect(self.point)
        plot.menu.connect(self._open)

    @Slot(object)
    def point(self, at: tuple[float, float] | None) -> None:
        """Take the pointer's place in plot pixels, None when it left."""
        if at != self.state.hover:
            self.state.hover = at
            self.read()
            self.moved.emit()

    @Slot(object)
    def show_positions(self, positions: Mapping[tuple[str, str], Position]) -> None:
        """Draw the user's positions, those of the contract on the chart; with the next beat."""
        self.state.positions = positions
        self.redraw.emit()

    @Slot(float)
    def stand_at(self, ms: float) -> None:
        """Put the crosshair on the candle of a moment, or on the middle of the view where there is none."""
        s = self.state
        held = s.candles[(s.candles["t"] <= ms) & (s.candles["t"] + s.candles["span"] > ms)]
        y = s.lens.y(float(held["close"][0])) if len(held) else s.lens.height / 2
        self.point((s.lens.x(ms), min(max(y, 0.0), s.lens.height - 1)))

    def read(self) -> None:
        """Say what is under the pointer."""
        s = self.state
        if s.hover is None or s.frame is None or not s.lens.valid or not 0 <= s.hover[1] < s.lens.height:
            beneath = s.hover is not None and s.frame is not None and s.lens.valid and s.hover[1] >= s.lens.height
            self._overlay.show_reading(None, beneath)
            return
        x, y = s.hover
        price = s.lens.price(round(y) + 0.5)
        cell = None
        if x < s.lens.width and self._heat.ready:
            cell = self._heat.cell(math.floor(x / s.lens.width * self._heat.columns.size), price)
        self._overlay.show_reading(read(s, price, s.lens.time(x), cell))

    def menu_at(self, price: float) -> ChartMenu:
        """Return the right-click menu for a price."""
        menu = ChartMenu(self.state, price, self._widget)
        menu.price.connect(self.alert_price)
        menu.zone.connect(self.alert_zone)
        menu.position_at.connect(self.position_at)
        menu.position.connect(self.position_asked)
        menu.keep_line.connect(self.keep_line)
        menu.drop_line.connect(self.drop_line)
        menu.reset.connect(self.reset)
        menu.what_if.connect(self.what_if)
        return menu

    def key(self, event: QKeyEvent) -> bool:
        """Pan, zoom or reset by a key; return whether it meant anything here."""
        lens, key = self.state.aim, Qt.Key(event.key())
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier or not lens.timed:
            return False
        if key in PANS:
            self._plot.pan(PANS[key][0] * lens.width, PANS[key][1] * lens.height)
        elif key in ZOOMS:
            self._plot.zoom_time(ZOOMS[key], lens.width)
        elif key == Qt.Key.Key_Home:
            self.reset.emit()
        else:
            return False
        return True

    @Slot(QPointF, QPointF)
    def _open(self, at: QPointF, screen: QPointF) -> None:
        if self.state.frame is not None and self.state.lens.valid:
            menu = self.menu_at(self.state.lens.price(at.y()))
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(screen.toPoint())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._gutter:
            if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
                self.point((self.state.lens.width + event.position().x(), event.position().y()))
            elif event.type() == QEvent.Type.Leave:
                self.point(None)
            elif isinstance(event, QContextMenuEvent):
                self._open(QPointF(event.pos()), QPointF(event.globalPos()))
                return True
        return super().eventFilter(watched, event)
