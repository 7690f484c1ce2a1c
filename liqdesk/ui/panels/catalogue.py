"""The panels there are, in the order of the right column. A new panel is one line here.

A panel is made by its factory, which is given the settings. Those not shown by default are made when they are first wanted, so their
factories import what they need themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from liqdesk.ui.panels.alerts import AlertsPanel
from liqdesk.ui.panels.funding import FundingPanel
from liqdesk.ui.panels.imbalance import ImbalancePanel
from liqdesk.ui.panels.tape import TapePanel
from liqdesk.ui.panels.zones import ZonesPanel

if TYPE_CHECKING:
    from liqdesk.settings import Settings
    from liqdesk.ui.panels.frame import Panel


class Entry(NamedTuple):
    """One panel: the name that layouts and commands know it by, its title in menus, how it is made, whether it is shown by default, and
    where it is put first: `column` (over the forced orders), `tab` (a tab with the forced orders), `left` or `bottom`."""

    name: str
    title: str
    factory: Callable[[Settings], Panel]
    shown: bool = True
    where: str = "column"


def _watchlist(settings: Settings) -> Panel:
    from liqdesk.ui.panels.watchlist import WatchPanel

    return WatchPanel(settings)


def _log(settings: Settings) -> Panel:
    from liqdesk.ui.panels.log import LogPanel

    return LogPanel(settings)


def _streams(settings: Settings) -> Panel:
    from liqdesk.ui.panels.streams import StreamsPanel

    return StreamsPanel(settings)


def _squeeze(_: Settings) -> Panel:
    from liqdesk.ui.panels.squeeze import SqueezePanel

    return SqueezePanel()


def _whatif(settings: Settings) -> Panel:
    from liqdesk.ui.panels.whatif import WhatIfPanel

    return WhatIfPanel(settings)


CATALOGUE: Final[tuple[Entry, ...]] = (
    Entry("imbalance", "Imbalance", lambda _: ImbalancePanel()),
    Entry("funding", "Funding", lambda _: FundingPanel()),
    Entry("zones", "Zones", lambda _: ZonesPanel()),
    Entry("squeeze", "Squeeze setup", _squeeze, shown=False),
    Entry("alerts", "Alerts", AlertsPanel),
    Entry("tape", "Forced orders", TapePanel),
    Entry("watchlist", "Watchlist", _watchlist, shown=False, where="tab"),
    Entry("whatif", "What if", _whatif, shown=False, where="bottom"),
    Entry("streams", "Streams", _streams, shown=False, where="bottom"),
    Entry("log", "Log", _log, shown=False, where="bottom"),
)


def entry(name: str) -> Entry:
    """Return the entry of a name; KeyError where there is none."""
    return {one.name: one for one in CATALOGUE}[name]
