"""The lines the user keeps, on the chart."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter

from liqdesk.ui import theme
from liqdesk.ui.chart.layers import Layer
from liqdesk.ui.chart.paint import dashed
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.keptlines import KeptLine

NEAR_PX: Final = 5  # a pointer this near to a line means it
DASH: Final = (14, 4)  # longer than any other: mine 2-4 and 8-4, alerts 1-3, last 3-3


def kept_at(s: ChartState, y: float) -> KeptLine | None:
    """Return the line nearest to a pixel row, None where none passes by."""
    if not s.lens.valid:
        return None
    near = min(s.kept, key=lambda line: abs(s.lens.y(line.price) - y), default=None)
    return near if near is not None and abs(s.lens.y(near.price) - y) <= NEAR_PX else None


class KeptLayer(Layer):
    """Paints the lines; their names are with those of the alerts."""

    def draw(self, p: QPainter) -> None:
        s = self.state
        ground = theme.colour(s.theme.halo if s.theme.dark else s.theme.chart, 0.55)
        for line in s.kept:
            y = round(s.lens.y(line.price))
            if 0 <= y <= s.lens.height:
                for colour, width in ((ground, 3.0), (theme.colour(s.theme.text1, 0.85), 1.0)):
                    p.setPen(dashed(colour, DASH, width))
                    p.drawLine(QPointF(0, y + 0.5), QPointF(s.lens.width, y + 0.5))
