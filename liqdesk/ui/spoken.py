"""What a screen reader is told: a name for every part that is painted, and its figures in words, while somebody listens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QWidget

from liqdesk.ui.draw import Painted, Pressed

if TYPE_CHECKING:
    from liqdesk.ui.chart import ChartPane
    from liqdesk.ui.window import Window

LONGEST: Final = 4_000
CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
SILENT: Final = ("Divider", "Hairline", "Stage")
CHART: Final = {
    "Header": "what the chart shows",
    "Plot": "map and candles",
    "Gutter": "labels of zones",
    "PriceAxis": "price axis",
    "Profile": "profile of the map now",
    "TimeAxis": "time axis",
    "Corner": "scale of the price axis and time zone",
    "Panes": "panes beneath the chart",
}


def in_words(state: Mapping[str, Mapping[str, object]]) -> str:
    """Return figures as a listener gets them: "imbalance ±1% long 2.9M; …"; what shows nothing is left out."""
    parts = [f"{name.replace('.', ' ').replace('_', ' ')} {one['text']}" for name, one in state.items() if one["text"]]
    return "; ".join(parts)[:LONGEST]


def text_of(widget: QWidget) -> str:
    """Return the words a widget shows, where it is one that shows words."""
    text = getattr(widget, "text", "")
    return str(text() if callable(text) else text)


def name_parts(root: QWidget) -> None:
    """Give every part that is painted and has no name the words it shows, or the name of its kind."""
    for part in root.findChildren(Painted):
        if type(part).__name__ in SILENT:
            continue
        words = text_of(part)
        if words and not isinstance(part, Pressed):
            part.setAccessibleName(words)
        elif not part.accessibleName():
            part.setAccessibleName(CHART.get(type(part).__name__) or _kind(part))


def _kind(widget: QWidget) -> str:
    return CAMEL.sub(" ", type(widget).__name__.strip("_")).lower().removesuffix(" body")


def name_chart(chart: ChartPane) -> None:
    """Name a chart and its parts."""
    chart.setAccessibleName("chart")
    for part in chart.findChildren(QWidget):
        if type(part).__name__ in CHART and not part.accessibleName():
            part.setAccessibleName(CHART[type(part).__name__])
    name_parts(chart)


class Spoken(QObject):
    """Speaks for one window."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._named = False

    def tell(self) -> None:
        """Bring the figures in words up to date; does nothing while no screen reader asks."""
        w = self._window
        if not self._named:
            self._named = True
            w.shell.setAccessibleName("liqdesk")
            name_parts(w)
        if not QAccessible.isActive():
            return
        name_parts(w)
        for panel in w.column.panels:
            _describe(panel.body, in_words(panel.state()))
        _describe(w.topbar, in_words(w.topbar.state()))
        _describe(w.statusbar, in_words(w.statusbar.state()))
        if w.chart is not None:
            shown = {name: {"text": str(value)} for name, value in w.chart.shown().items() if value is not None}
            _describe(w.chart, in_words(shown))


def _describe(widget: QWidget, words: str) -> None:
    if widget.accessibleDescription() != words:
        widget.setAccessibleDescription(words)
