"""The right column: the panels one over the other, 3 px apart, the tape taking what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from PySide6.QtCore import QRectF, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from liqdesk.ui import draw
from liqdesk.ui.draw import Painted
from liqdesk.ui.panels.catalogue import CATALOGUE, entry
from liqdesk.ui.theme import current

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings
    from liqdesk.ui.panels.alerts import AlertsPanel
    from liqdesk.ui.panels.frame import Panel
    from liqdesk.ui.panels.funding import FundingPanel
    from liqdesk.ui.panels.imbalance import ImbalancePanel
    from liqdesk.ui.panels.tape import TapePanel
    from liqdesk.ui.panels.zones import ZonesPanel

WIDE: Final = 348
NARROW: Final = 276
GAP: Final = 3
HEADER: Final = 26
TAPE_LEAST: Final = 24 + 4 * 21 + 38
ALERTS_LEAST: Final = 60


class Column(Painted):
    """Holds the panels and passes frames and settings on. `panel_made(panel)` when one that was not there is made."""

    panel_made = Signal(object)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.compact = False
        self._settings = settings
        self._frame: Frame | None = None
        self._made: dict[str, Panel] = {}
        self._epoch: int | None = None
        self._heights: tuple[object, ...] = ()
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        self._filler = QWidget()
        self._filler.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._filler.hide()
        for one in CATALOGUE:
            if one.shown:
                self.panel(one.name)
        column.setStretchFactor(self.tape, 1)
        column.addWidget(self._filler, 1)
        self.tape.folded_changed.connect(self._filler.setVisible)
        self.setFixedWidth(current().px(WIDE))

    # the panels that other parts of the window speak of by name

    @property
    def imbalance(self) -> ImbalancePanel:
        return cast("ImbalancePanel", self._made["imbalance"])

    @property
    def funding(self) -> FundingPanel:
        return cast("FundingPanel", self._made["funding"])

    @property
    def zones(self) -> ZonesPanel:
        return cast("ZonesPanel", self._made["zones"])

    @property
    def alerts(self) -> AlertsPanel:
        return cast("AlertsPanel", self._made["alerts"])

    @property
    def tape(self) -> TapePanel:
        return cast("TapePanel", self._made["tape"])

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Return the panels made so far, in the order of the catalogue."""
        return tuple(self._made[one.name] for one in CATALOGUE if one.name in self._made)

    def panel(self, name: str) -> Panel:
        """Return a panel by its name in the catalogue; made and shown at the first use. KeyError where there is none."""
        if name in self._made:
            return self._made[name]
        made = self._made[name] = entry(name).factory(self._settings)
        made.set_compact(self.compact)
        made.folded_changed.connect(self._share)
        self._column.insertWidget(self.panels.index(made), made, 0)
        if self._frame is not None:
            made.clear(self._frame)
            made.take(self._frame)
            made.show_frame(self._frame)
        self.panel_made.emit(made)
        return made

    def set_compact(self, compact: bool) -> None:
        """Take the width and the folds of a compact or a wide window."""
        self.compact = compact
        self.setFixedWidth(current().px(NARROW if compact else WIDE))
        for panel in self.panels:
            panel.set_compact(compact)

        self._share()

    def restyle(self) -> None:
        super().restyle()
        self.setFixedWidth(current().px(NARROW if self.compact else WIDE))
        self._share()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def _plain(self) -> list[Panel]:
        """Return the panels of which the rule below knows nothing but their height."""
        return [p for p in self.panels if p not in (self.imbalance, self.funding, self.zones, self.alerts, self.tape)]

    @Slot()
    def _share(self) -> None:
        """Divide the height: what is short comes from the tape, then the alerts' list, then funding and alerts fold, then zones."""
        if len(self._made) < sum(one.shown for one in CATALOGUE):
            return
        t = current()
        head = t.px(HEADER)
        others = self._plain()
        room = self.height() - self.imbalance.needed() - 4 * head - t.px(TAPE_LEAST) - (len(self.panels) - 1) * GAP
        room -= sum(p.needed() for p in others)
        zones = 0 if self.zones.folded else self.zones.content.wanted()
        spare = room - zones
        if not self.funding.by_hand:
            self.funding.fold(self.compact or spare < self.funding.content.high() + t.px(ALERTS_LEAST))
        if not self.funding.folded:
            spare -= self.funding.content.high()
        if not self.alerts.by_hand:
            self.alerts.fold(self.compact or spare < t.px(ALERTS_LEAST))
        self.alerts.limit(max(spare, t.px(ALERTS_LEAST)))
        if not self.alerts.folded:
            spare -= t.px(ALERTS_LEAST)
        self.zones.content.limit(zones + min(0, spare))

    def take(self, frame: Frame) -> None:
        """Have what a frame brings only once kept: forced orders, firings. A new epoch forgets the old market's."""
        self._frame = frame
        if frame.epoch != self._epoch:
            self._epoch = frame.epoch
            for panel in self.panels:
                panel.clear(frame)
        for panel in self.panels:
            panel.take(frame)

    def show_frame(self, frame: Frame) -> None:
        """Show a frame in every panel."""
        self.show_upper(frame)
        self.show_lower(frame)

    def show_upper(self, frame: Frame) -> None:
        """Show a frame in the upper half of the panels."""
        self._show(frame, self.panels[: self._middle()])

    def show_lower(self, frame: Frame) -> None:
        """Show a frame in the lower half of the panels."""
        self._show(frame, self.panels[self._middle() :])

    def _middle(self) -> int:
        return len(self.panels) // 2

    def _show(self, frame: Frame, panels: tuple[Panel, ...]) -> None:
        for panel in panels:
            panel.show_frame(frame)
        self._fit()

    def _fit(self) -> None:
        heights = (
            self.imbalance.needed(),
            self.zones.content.wanted(),
            self.alerts.content.high(),
            *(p.needed() for p in self._plain()),
        )
        if heights != self._heights:
            self._heights = heights
            self._share()

    def show_settings(self, settings: Settings) -> None:
        self._settings = settings
        for panel in self.panels:
            panel.show_settings(settings)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(QRectF(self.rect()), draw.colour(current().window))

    def state(self) -> dict[str, dict[str, object]]:
        out: dict[str, dict[str, object]] = {}
        for panel in self.panels:
            out |= panel.state()
        return out
