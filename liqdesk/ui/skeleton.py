"""The first paint: where bars, plot and panels will stand, as plain fills. It needs no font, no control and hardly a setting."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Final, NamedTuple

from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from liqdesk.ui.theme import DARK, THEMES

BAR: Final = 40
GAP: Final = 3
COMPACT_BELOW: Final = 1600
COLUMN: Final = (348, 276)  # wide, compact
LARGEST: Final = 65_536


class Look(NamedTuple):
    """What of the settings shows before they are read in full: the theme, and place and size of the window (Qt's own, base64)."""

    theme: str = DARK.name
    geometry: str = ""


def look_of(settings_file: Path) -> Look:
    """Glance at a settings file; whatever is wrong with it is for `settings.load` to say, and looks like the default here."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        if settings_file.stat().st_size <= LARGEST:
            document = json.loads(settings_file.read_bytes())
            if isinstance(document, dict):
                theme, geometry = document.get("theme"), document.get("window_geometry")
                return Look(
                    theme if isinstance(theme, str) and theme in THEMES else DARK.name,
                    geometry if isinstance(geometry, str) else "",
                )
    return Look()


def paint_skeleton(widget: QWidget, theme: str) -> None:
    """Fill a widget with the areas of the window, in a theme's colours, at 100 %."""
    t = THEMES.get(theme, DARK)
    w, h = widget.width(), widget.height()
    column = COLUMN[w < COMPACT_BELOW]
    middle = h - 2 * (BAR + GAP)
    p = QPainter(widget)
    for x, y, width, height, colour in (
        (0, 0, w, h, t.window),
        (0, 0, w, BAR, t.panel),
        (0, h - BAR, w, BAR, t.panel),
        (0, BAR + GAP, w - column - GAP, middle, t.chart),
        (w - column, BAR + GAP, column, middle, t.panel),
    ):
        # One stretched pixel: whatever takes a brush has PySide6 make every enumeration of Qt first, 15 ms.
        pixel = QPixmap(1, 1)
        pixel.fill(colour)
        p.drawPixmap(x, y, width, height, pixel)
    p.end()
