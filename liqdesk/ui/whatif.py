"""What-if in one window: its command, its button, its place in the menus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

if TYPE_CHECKING:
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.chart import ChartPane
    from liqdesk.ui.chart.whatifwords import WhatText
    from liqdesk.ui.window import Window

SAME_PX = 2.0
AWAY = 0.01  # where nothing better is known: this far below mark


class WhatIfs(QObject):
    """Acts for one window. `said(WhatText)` when there is another answer, None when there is none any more. What it says stands in its
    panel where that can be seen, else in a card over the chart."""

    said = Signal(object)

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        act.learn("whatif", self.toggle)

    def serve(self, chart: ChartPane) -> None:
        """Do what is asked on a chart."""
        chart.pointing.what_if.connect(chart.whatif.show)
        chart.whatif.said.connect(self.said)
        self._window.column.arranged.connect(self._settle)
        self._settle()

    @property
    def text(self) -> WhatText | None:
        """Return the newest answer, None where there is none."""
        chart = self._window.chart
        return chart.whatif.text if chart is not None else None

    @Slot()
    def _settle(self) -> None:
        """Say it where it can be seen: in the panel, or over the chart."""
        column, chart = self._window.column, self._window.chart or self._window.stage.chart
        seen = column.is_shown("whatif") and column.dock("whatif").fed and not column.panel("whatif").folded
        if chart is not None:
            chart.whatif.show_in_panel(seen)

    @Slot(int)
    def nudge(self, steps: int) -> None:
        """Move the price that is asked about by so many steps."""
        if self._window.chart is not None:
            self._window.chart.whatif.nudge(steps)

    @Slot(float)
    def choose_refill(self, share: float) -> None:
        self._window.change(whatif_refill=share)

    @Slot(float)
    def choose_follow(self, share: float) -> None:
        self._window.change(whatif_follow=share)

    @Slot(float)
    def ask(self, price: float) -> None:
        """Show what would follow if price went there."""
        chart = self._window.chart
        if chart is None or not chart.whatif.show(price):
            self._act.say("There is no map yet", "What would follow is read from the map and the order book.")

    @Slot()
    def toggle(self) -> None:
        """Ask about the price under the crosshair, else about the nearest zone; close what is open where that is the same price."""
        chart = self._window.chart
        if chart is None:
            self.ask(0.0)
            return
        pointed = chart.hand.pointed_price()
        lens, what = chart.state.lens, chart.whatif
        if what.open and (
            pointed is None or what.target is None or abs(lens.y(pointed) - lens.y(what.target)) <= SAME_PX
        ):
            what.close()
            return
        self.ask(chart.hand.rounded(pointed) if pointed is not None else self._nearest(chart))

    def press(self) -> None:
        """Open or close it, as the button does: the pointer is on the button, not on a price."""
        chart = self._window.chart
        if chart is not None and chart.whatif.open:
            chart.whatif.close()
        elif chart is not None:
            self.ask(self._nearest(chart))

    @staticmethod
    def _nearest(chart: ChartPane) -> float:
        """Return the nearest edge of the nearest zone that stands out, rounded; else a price one per cent below mark."""
        s = chart.state
        zone = min(
            (z for z in s.zones if z.distance != 0), key=lambda z: (not z.significant, abs(z.distance)), default=None
        )
        price = s.mark * (1 - AWAY) if zone is None else s.mark * (1 + zone.distance)
        return chart.hand.rounded(price) if s.lens.valid else price
