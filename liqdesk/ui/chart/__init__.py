"""The chart: the estimated map under the candles, with its gutter, axes and profile.

Law: everything on the plot is placed by one `Lens` (time and log price to pixels); heat is painted from the grid's
frozen columns and the newest frame alone; kernels that need numba are loaded off the start path by a thread of their
own; no `paint` lets an exception out, since one inside a graphics scene ends the process.
"""

from liqdesk.ui.chart.pane import ChartPane

__all__ = ["ChartPane"]
