"""The right column: the panels one over the other, 3 px apart, the tape taking what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from liqdesk.ui import draw
from liqdesk.ui.draw import Painted
from liqdesk.ui.panels.alerts import AlertsPanel
from liqdesk.ui.panels.frame import Panel
from liqdesk.ui.panels.funding import FundingPanel
from liqdesk.ui.panels.imbalance import ImbalancePanel
from liqdesk.ui.panels.tape import TapePanel
from liqdesk.ui.panels.zones import ZonesPanel
from liqdesk.ui.theme import current

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings

WIDE: Final = 348
NARROW: Final = 276
GAP: Final = 3
HEADER: Final = 26
TAPE_LEAST: Final = 24 + 4 * 21 + 38
ALERTS_LEAST: Final = 60


class Column(Painted):
    """Holds the panels and passes frames and settings on."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.imbalance = ImbalancePanel()
        self.funding = FundingPanel()
        self.zones = ZonesPanel()
        self.alerts = AlertsPanel(settings)
        self.tape = TapePanel(settings)
        self.compact = False
        self._epoch: int | None = None
        self._heights: tuple[object, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for panel in self.panels:
            column.addWidget(panel, 0)
        column.setStretchFactor(self.tape, 1)
        self._filler = QWidget()
        self._filler.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._filler.hide()
        column.addWidget(self._filler, 1)
        self.tape.folded_changed.connect(self._filler.setVisible)
        for panel in self.panels:
            panel.folded_changed.connect(self._share)
        self.setFixedWidth(current().px(WIDE))

    @property
    def panels(self) -> tuple[Panel, ...]:
        return (self.imbalance, self.funding, self.zones, self.alerts, self.tape)

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

    @Slot()
    def _share(self) -> None:
        """Divide the height: what is short comes from the tape, then the alerts' list, then funding and alerts fold, then zones."""
        t = current()
        head = t.px(HEADER)
        room = self.height() - self.imbalance.needed() - 4 * head - t.px(TAPE_LEAST) - (len(self.panels) - 1) * GAP
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
        """Keep what a frame brings only once: forced orders and firings. A new epoch forgets the old market's."""
        if frame.epoch != self._epoch:
            self._epoch = frame.epoch
            self.tape.clear(frame)
            self.alerts.clear()
        self.tape.take(frame)
        if frame.new_fired:
            self.alerts.record(frame.new_fired)

    def show_frame(self, frame: Frame) -> None:
        """Show a frame in every panel."""
        self.show_upper(frame)
        self.show_lower(frame)

    def show_upper(self, frame: Frame) -> None:
        """Show a frame's imbalance and funding."""
        self.imbalance.show_frame(frame)
        self.funding.show_frame(frame)
        self._fit()

    def show_lower(self, frame: Frame) -> None:
        """Show a frame's zones and alerts."""
        self.zones.show_frame(frame)
        self.alerts.show_frame(frame)
        self._fit()

    def _fit(self) -> None:
        heights = (self.imbalance.needed(), self.zones.content.wanted(), self.alerts.content.high())
        if heights != self._heights:
            self._heights = heights
            self._share()

    def show_settings(self, settings: Settings) -> None:
        self.alerts.show_settings(settings)
        self.tape.show_settings(settings)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(QRectF(self.rect()), draw.colour(current().window))

    def state(self) -> dict[str, dict[str, object]]:
        out: dict[str, dict[str, object]] = {}
        for panel in (self.imbalance, self.funding, self.zones, self.alerts, self.tape):
            out |= panel.state()
        return out
