"""How panels that stand over one another divide a height: what is short comes from those that take any height, then from lists that
scroll, then panels fold, then the zones show fewer rows, and at last zones and imbalance fold too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from liqdesk.ui.panels.alerts import AlertsPanel
from liqdesk.ui.panels.dock import MOST, Dock
from liqdesk.ui.panels.frame import Panel
from liqdesk.ui.panels.funding import FundingPanel
from liqdesk.ui.panels.imbalance import ImbalancePanel
from liqdesk.ui.panels.tape import TapePanel
from liqdesk.ui.panels.zones import ZonesPanel
from liqdesk.ui.theme import current

GAP: Final = 3
HEADER: Final = 26
TAPE_LEAST: Final = 32 + 24 + 4 * 21 + 38
ALERTS_LEAST: Final = 60


def least(panel: Panel) -> int:
    """Return the least height of the body of a panel that takes any height, in px."""
    return current().px(TAPE_LEAST) if isinstance(panel, TapePanel) else panel.body.minimumSizeHint().height()


def share(docks: Sequence[Dock], height: int, compact: bool, opened: Sequence[Panel]) -> None:
    """Give docks that stand over one another, first on top, their heights within `height` px. `opened` names panels that a hand opened,
    the last one last: those fold only when nothing else helps, the first opened first."""
    panels = [d.panel for d in docks]
    _fold(panels, height, compact, opened)
    head = current().px(HEADER)
    for dock in docks:
        panel = dock.panel
        if panel.folded:
            dock.limit(head, head)
        elif panel.expands:
            dock.limit(head + least(panel), MOST)
        else:
            high = head + panel.body.sizeHint().height()
            dock.limit(high, high)
    if docks and not any(p.expands and not p.folded for p in panels):
        docks[-1].limit(docks[-1].minimumHeight(), MOST)  # somebody has to take what is left


def _fold(panels: Sequence[Panel], height: int, compact: bool, opened: Sequence[Panel]) -> None:
    t = current()
    few = t.px(ALERTS_LEAST)
    lists = [p for p in panels if p.expands]
    for one in lists:
        if one.squeezed:
            one.squeezed = False
            one.fold(False)
    alerts = next((p for p in panels if isinstance(p, AlertsPanel)), None)
    table = next((p for p in panels if isinstance(p, ZonesPanel)), None)
    spare = height - len(panels) * t.px(HEADER) - max(0, len(panels) - 1) * GAP
    spare -= sum(least(p) for p in panels if p.expands and not p.folded)
    balance = next((p for p in panels if isinstance(p, ImbalancePanel)), None)
    if balance is not None and not _shut(balance):
        spare -= balance.body.sizeHint().height()
    zones = 0 if table is None or _shut(table) else table.content.wanted()
    spare -= zones
    plain = [p for p in panels if not p.expands and not isinstance(p, ImbalancePanel | ZonesPanel | AlertsPanel)]
    for panel in plain:
        high = panel.body.sizeHint().height()
        if not panel.by_hand:
            shy = compact and isinstance(panel, FundingPanel)
            panel.fold(shy or spare < high + (few if alerts is not None else 0))
        if not panel.folded:
            spare -= high
    if alerts is not None:
        if not alerts.by_hand:
            alerts.fold(compact or spare < few)
        alerts.limit(max(spare, few))
        if not alerts.folded:
            spare -= few
    if table is not None:
        table.content.limit(zones + min(0, spare))
        if not _shut(table):
            spare += zones - table.content.high()
    for panel in opened[:-1]:
        if spare >= 0:
            break
        if panel in panels and not panel.folded and not panel.expands:
            spare += few if panel is alerts else panel.body.sizeHint().height()
            panel.fold(True)
    for last in (table, balance):
        if last is None or last.by_hand or _shut(last):
            continue
        last.squeezed = spare < 0
        if last.squeezed:
            spare += last.body.sizeHint().height()
        last.fold(last.squeezed)
    for one in lists:
        if spare < 0 and not one.by_hand and not one.folded:
            one.squeezed = True
            spare += least(one)
            one.fold(True)
    if alerts is not None:
        alerts.limit(few + max(0, spare))  # also of what others left


def _shut(panel: Panel) -> bool:
    """Return whether a panel is folded by more than want of room, which may have come back."""
    return panel.folded and (panel.by_hand or not panel.squeezed)
