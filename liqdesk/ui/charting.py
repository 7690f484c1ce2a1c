"""The commands of the chart, and what is asked on it."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Slot

from liqdesk.settings import PANES
from liqdesk.ui.lining import Lining
from liqdesk.ui.spoken import name_chart
from liqdesk.ui.whatif import WhatIfs

if TYPE_CHECKING:
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.chart import ChartPane
    from liqdesk.ui.window import Window


class Charting(QObject):
    """Acts for the chart of one window."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self.lining = Lining(window, act)
        self.whatifs = WhatIfs(window, act)
        act.learn("reset", self._reset)
        act.learn("why", self._why)
        act.learn("now", self._now)
        act.learn("goto", self._goto)
        act.learn("panes", self._open_panes)
        for name in PANES:
            act.learn(f"pane_{name}", partial(self._pane, name))

    def serve(self, chart: ChartPane) -> None:
        """Do what is asked on a chart."""
        name_chart(chart)
        alerting = self._act.alerting
        chart.alert_price.connect(alerting.alert_price)
        chart.alert_zone.connect(alerting.alert_zone)
        chart.retry.connect(self._act.market.retry)
        self._act.mine.serve(chart)
        self.lining.serve(chart)
        self.whatifs.serve(chart)
        chart.pointing.why.asked.connect(self._act.replaying.ask_why)
        chart.panes.chosen.connect(self._panes_chosen)

    @Slot(object)
    def _panes_chosen(self, fields: dict[str, object]) -> None:
        self._window.change(**fields)

    def _pane(self, name: str) -> None:
        """Show a pane beneath the chart, fold it, or open it."""
        if self._window.chart is not None:
            self._window.chart.panes.toggle(name)

    def _open_panes(self) -> None:
        """Open the menu that chooses panes, at their upper edge."""
        chart = self._window.chart
        if chart is not None:
            chart.panes.open_menu("", chart.panes.mapToGlobal(QPoint(0, 0)))

    def _reset(self) -> None:
        if self._window.chart is not None:
            self._window.chart.reset_view()

    def _now(self) -> None:
        if self._window.chart is not None:
            self._window.chart.travel.to_now()

    def _goto(self) -> None:
        if self._window.chart is not None:
            self._window.chart.travel.ask()

    def _why(self) -> None:
        """Ask why the cell under the crosshair is hot."""
        chart = self._window.chart
        if chart is not None and not chart.pointing.why.at_pointer():
            key = self._act.shortcuts.written("why")
            self._act.say(
                "No cell is pointed at", f"Move the pointer over the map, then press {key or 'the key again'}."
            )

    @Slot(float)
    def centre(self, price: float) -> None:
        """Bring a price to the middle of the chart's view; time and the stretch of price stay as they are."""
        from liqdesk.model.axis import PHASE  # not before the chart is there

        chart = self._window.chart
        lens = chart.state.aim if chart is not None else None
        if chart is None or lens is None or not (lens.valid and math.isfinite(price) and price > 0):
            return
        half = (lens.y1 - lens.y0) / 2
        y = math.log(price) - PHASE
        chart.plot.moved.emit(replace(lens, y0=y - half, y1=y + half), True)

    @Slot(float)
    def reveal(self, price: float) -> None:
        """Bring a price into the chart's view, at the newest time."""
        chart = self._window.chart
        if chart is None or not (math.isfinite(price) and price > 0):
            return
        chart.show_price(price)
