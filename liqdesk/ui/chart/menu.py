"""The right-click menu of the chart."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from liqdesk.insight.zones import Zone
from liqdesk.ui import present
from liqdesk.ui.chart.kept import kept_at
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.popup import Menu


def zone_at(s: ChartState, price: float) -> Zone | None:
    """Return the zone of the chosen side that holds a price, the largest where they overlap."""
    held = [z for z in s.zones if z.low <= price <= z.high]
    return max(held, key=lambda z: z.usd, default=None)


class ChartMenu(Menu):
    """Offers an alert at the price under the pointer or near the zone there, the check of the user's own position, and the whole view."""

    price = Signal(float)
    zone = Signal(object)
    position_at = Signal(float)
    position = Signal()
    reset = Signal()
    keep_line = Signal(float)
    drop_line = Signal(object)
    what_if = Signal(float)

    def __init__(self, s: ChartState, price: float, parent: QWidget) -> None:
        super().__init__(parent)
        decimals = present.range_decimals(0, price / 1e2, s.decimals)
        self._price = round(price, decimals)
        self._zone = zone_at(s, price)
        text = f"Alert when price crosses {present.price(self._price, decimals)}"
        self.addAction(text).triggered.connect(self._ask_price)
        if self._zone is not None:
            low, high = self._zone.low, self._zone.high
            span = present.price_range(low, high, present.range_decimals(low, high, s.decimals))
            self.addAction(f"Alert near this zone, {span}").triggered.connect(self._ask_zone)
        self.addSeparator()
        what = f"What if price goes to {present.price(self._price, decimals)}"
        self.addAction(what).triggered.connect(self._ask_what)
        here = f"Set my position here, {present.price(self._price, decimals)}"
        self.addAction(here).triggered.connect(self._ask_position)
        if s.mine:
            self.addAction("My position…").triggered.connect(self.position)
        self.addSeparator()
        self.addAction(f"Keep a line at {present.price(self._price, decimals)}").triggered.connect(self._ask_line)
        self._line = kept_at(s, s.lens.y(price)) if s.lens.valid else None
        if self._line is not None:
            named = present.price(self._line.price, s.decimals)
            self.addAction(f"Drop the line at {named}").triggered.connect(self._ask_drop)
        self.addSeparator()
        self.addAction("Reset view").triggered.connect(self._ask_reset)

    def _ask_price(self) -> None:
        self.price.emit(self._price)

    def _ask_zone(self) -> None:
        self.zone.emit(self._zone)

    def _ask_position(self) -> None:
        self.position_at.emit(self._price)

    def _ask_what(self) -> None:
        self.what_if.emit(self._price)

    def _ask_line(self) -> None:
        self.keep_line.emit(self._price)

    def _ask_drop(self) -> None:
        self.drop_line.emit(self._line)

    def _ask_reset(self) -> None:
        self.reset.emit()
