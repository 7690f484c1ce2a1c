"""Panes beneath the chart: printed liquidations, open interest, cumulative delta, funding, volume, relative strength.

Law: they look through the chart's lens and keep none of their own; `course` and `figures` are numbers alone; a folded pane paints its
title and one number; a pane repaints from the first column that changed.
"""

from liqdesk.ui.chart.panes.stack import Panes

__all__ = ["Panes"]
