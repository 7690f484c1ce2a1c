"""The panels of the right column: imbalance, funding, zones, alerts, forced orders.

Law: plain widgets painted by hand, no pyqtgraph. A panel is told a frame, keeps only what it shows, repaints only when its words
changed, and answers `state()` with every text on screen beside the raw value it was made from.
"""

from liqdesk.ui.panels.alerts import AlertsPanel
from liqdesk.ui.panels.column import Column
from liqdesk.ui.panels.funding import FundingPanel
from liqdesk.ui.panels.imbalance import ImbalancePanel
from liqdesk.ui.panels.tape import TapePanel
from liqdesk.ui.panels.zones import ZonesPanel

__all__ = ["AlertsPanel", "Column", "FundingPanel", "ImbalancePanel", "TapePanel", "ZonesPanel"]
