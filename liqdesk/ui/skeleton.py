"""The first paint: where bars, plot and panels will stand, as plain fills. It needs no font and no control."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from liqdesk.ui.theme import DARK, THEMES

BAR: Final = 40
GAP: Final = 3
COMPACT_BELOW: Final = 1600
COLUMN: Final = (348, 276)  # wide, compact


def paint_skeleton(widget: QWidget, theme: str) -> None:
    """Fill a widget with the areas of the window, in a theme's colours, at 100 %."""
    t = THEMES.get(theme, DARK)
    w, h = widget.width(), widget.height()
    column = COLUMN[w < COMPACT_BELOW]
    middle = h - 2 * (BAR + GAP)
    p = QPainter(widget)
    p.fillRect(0, 0, w, h, QColor(t.window))
    p.fillRect(0, 0, w, BAR, QColor(t.panel))
    p.fillRect(0, h - BAR, w, BAR, QColor(t.panel))
    p.fillRect(0, BAR + GAP, w - column - GAP, middle, QColor(t.chart))
    p.fillRect(w - column, BAR + GAP, column, middle, QColor(t.panel))
