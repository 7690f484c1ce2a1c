"""A window with everything open: every panel beside the others, one of them floating, and two more charts."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt

from liqdesk.settings import PANES
from liqdesk.ui.layouts.arrangement import away
from liqdesk.ui.panels.catalogue import CATALOGUE
from liqdesk.ui.window import Window

FLOATING = "watchlist"
LEFT = ("alerts", "tape", "squeeze")
UNDER = ("streams", "log")  # beside each other
ALL_PANES = {"panes": PANES, "folded": (), "folded_compact": ()}


def arrange(window: Window, floating: QRect | None = None) -> None:
    """Show every panel so that none covers or folds another; the watchlist floats where `floating` says, or stands at the left."""
    column = window.column
    for name in LEFT if floating else (*LEFT, FLOATING):  # away first: what has no room folds, and stays so
        away(column, name, Qt.DockWidgetArea.LeftDockWidgetArea)
    for one in CATALOGUE:
        column.show_panel(one.name)
    first, second = (column.dock(name) for name in UNDER)
    away(column, UNDER[0], Qt.DockWidgetArea.BottomDockWidgetArea)
    column.splitDockWidget(first, second, Qt.Orientation.Horizontal)
    if floating:
        column.dock(FLOATING).setFloating(True)
        column.dock(FLOATING).place(floating)


def open_charts(window: Window, places: tuple[QRect, ...]) -> None:
    """Open a chart window at each place, linked with the main chart."""
    for place in places:
        window.shell.charts.open()
        window.shell.charts.windows[-1].setGeometry(place)


def hidden(window: Window) -> list[str]:
    """Return the panels and panes that show nothing."""
    found = [dock.name for dock in window.column.docks if not dock.fed or dock.panel.folded]
    found += [one.name for one in CATALOGUE if not window.column.is_shown(one.name)]
    charts = [window.chart, *(one.chart for one in window.shell.charts.windows)]
    for chart in charts:
        assert chart is not None
        found += [name for name in PANES if name not in chart.panes.shown() or chart.panes.panes[name].folded]
    return found
