"""The column of panels as the window uses it: frames and settings go in, what is on screen comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from liqdesk.ui.condition import condition, genuine
from liqdesk.ui.panels.dock import Dock
from liqdesk.ui.panels.docks import Docks
from liqdesk.ui.panels.frame import Origin, Panel

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings
    from liqdesk.ui.panels.alerts import AlertsPanel
    from liqdesk.ui.panels.funding import FundingPanel
    from liqdesk.ui.panels.imbalance import ImbalancePanel
    from liqdesk.ui.panels.tape import TapePanel
    from liqdesk.ui.panels.zones import ZonesPanel


class Column(Docks):
    """The panels, by default one over the other at the right, 3 px apart. Hidden ones are told only what comes once."""

    def __init__(self, settings: Settings, middle: QWidget | None = None) -> None:
        self._frame: Frame | None = None
        self._epoch: int | None = None
        self._ill = False
        self._heights: tuple[object, ...] = ()
        super().__init__(settings, middle)

    # the panels that other parts of the window speak of by name

    @property
    def imbalance(self) -> ImbalancePanel:
        return cast("ImbalancePanel", self.panel("imbalance"))

    @property
    def funding(self) -> FundingPanel:
        return cast("FundingPanel", self.panel("funding"))

    @property
    def zones(self) -> ZonesPanel:
        return cast("ZonesPanel", self.panel("zones"))

    @property
    def alerts(self) -> AlertsPanel:
        return cast("AlertsPanel", self.panel("alerts"))

    @property
    def tape(self) -> TapePanel:
        return cast("TapePanel", self.panel("tape"))

    # frames

    def take(self, frame: Frame) -> None:
        """Have what a frame brings only once kept: forced orders, firings. A new epoch forgets the old market's."""
        self._frame = frame
        anew = frame.epoch != self._epoch
        self._epoch = frame.epoch
        for panel in self.panels:
            if anew:
                panel.clear(frame)
            panel.take(frame)
        self._name_floating()

    def _name_floating(self) -> None:
        frame = self._frame
        if frame is None:
            return
        ill = frame.connection.health in ("stale", "down")  # then, and once after, docked panels say it too
        named = [dock for dock in self.docks if ill or self._ill or dock.isFloating()]
        self._ill = ill
        if named:
            origin = origin_of(frame)
            for dock in named:
                dock.show_origin(origin)

    def _settle(self) -> None:
        self._name_floating()
        super()._settle()

    def show_frame(self, frame: Frame) -> None:
        """Show a frame in every panel that can be seen."""
        self.show_upper(frame)
        self.show_lower(frame)

    def show_upper(self, frame: Frame) -> None:
        """Show a frame in the upper half of the panels."""
        self._show(frame, self.docks[: len(self._docks) // 2])

    def show_lower(self, frame: Frame) -> None:
        """Show a frame in the lower half of the panels."""
        self._show(frame, self.docks[len(self._docks) // 2 :])

    def _show(self, frame: Frame, docks: tuple[Dock, ...]) -> None:
        for dock in docks:
            if dock.fed:
                dock.panel.show_frame(frame)
        self._fit()

    def _begin(self, panel: Panel) -> None:
        if self._frame is not None:
            panel.clear(self._frame)
            panel.take(self._frame)
            panel.show_frame(self._frame)

    @Slot(object)
    def _uncovered(self, panel: Panel) -> None:
        if self._frame is not None:
            panel.show_frame(self._frame)

    def _fit(self) -> None:
        heights = (self.zones.content.wanted(), self.alerts.content.high(), *(p.needed() for p in self.panels))
        if heights != self._heights:
            self._heights = heights
            self._share()

    def show_settings(self, settings: Settings) -> None:
        self._settings = settings
        for panel in self.panels:
            panel.show_settings(settings)

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the panels on screen show, text and raw value by name."""
        out: dict[str, dict[str, object]] = {}
        for dock in self.docks:
            if dock.fed:
                out |= dock.panel.state()
        return out


def origin_of(frame: Frame) -> Origin:
    """Return what a window of its own says of its source: nothing but the symbol while it is live and fresh."""
    now = condition(frame)
    plain = genuine(frame) and frame.connection.health == "fresh"
    return Origin(frame.instrument.symbol, "" if plain else now.text, now.token)
