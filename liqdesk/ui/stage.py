"""Where the chart stands: an empty plot that paints at once, the chart when it is loaded, a row under it, and the toast over both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from liqdesk.ui import draw
from liqdesk.ui.draw import Painted
from liqdesk.ui.theme import BODY, current
from liqdesk.ui.toast import Toast

if TYPE_CHECKING:
    from liqdesk.settings import Settings
    from liqdesk.ui.chart import ChartPane


class Stage(Painted):
    """Holds the chart and the toast; before the chart is there, its ground and grid."""

    def __init__(self) -> None:
        super().__init__()
        self.chart: ChartPane | None = None
        self._under: QWidget | None = None
        self.toast = Toast(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def put_chart(self, chart: ChartPane) -> None:
        """Put the chart in its place, under the toast."""
        self.chart = chart
        chart.setParent(self)
        self._divide()
        chart.show()
        self.toast.raise_()

    def put_under(self, row: QWidget | None) -> None:
        """Put a row of controls under the chart in place of the one that is there; None: there is none."""
        if self._under is not None and self._under is not row:
            self._under.hide()
        self._under = row
        if row is not None:
            row.setParent(self)
            row.show()
        self._divide()
        self.toast.raise_()

    def _divide(self) -> None:
        """Give the row under the chart the height it asks for, and the chart the rest."""
        high = 0 if self._under is None else self._under.sizeHint().height()
        if self._under is not None:
            self._under.setGeometry(0, self.height() - high, self.width(), high)
        if self.chart is not None:
            self.chart.setGeometry(QRect(0, 0, self.width(), self.height() - high))

    def tell_chart(self, old: Settings, new: Settings) -> None:
        """Pass changed settings on to the chart."""
        if self.chart is not None:
            tell(self.chart, old, new)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._divide()
        self.toast.place()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.fillRect(self.rect(), draw.colour(t.chart))
        if self.chart is not None:
            return
        w, h, head = self.width(), self.height(), t.px(24)
        p.fillRect(0, 0, w, head, draw.colour(t.panel))
        ink = draw.colour(t.grid, t.grid_alpha)
        for k in range(1, 8):
            p.fillRect(0, head + (h - head) * k // 8, w, 1, ink)
        for k in range(1, 10):
            p.fillRect(w * k // 10, head, 1, h - head, ink)
        draw.put(p, t.px(10), 0, w, head, "loading the chart", t.text3, BODY)


def tell(chart: ChartPane, old: Settings, new: Settings) -> None:
    """Pass changed settings on to a chart."""
    if new.candle_ms != old.candle_ms:
        chart.set_interval(new.candle_ms)
    if new.window_ms != old.window_ms:
        chart.set_window(new.window_ms)
    if (new.classes, new.side) != (old.classes, old.side):
        chart.set_selection(set(new.classes), new.side)
    levels = (new.heat_auto, new.heat_low_usd, new.heat_high_usd)
    if levels != (old.heat_auto, old.heat_low_usd, old.heat_high_usd):
        chart.set_levels(*levels)
    chart.set_settings(new)
