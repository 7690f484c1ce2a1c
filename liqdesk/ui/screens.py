"""Windows that are brought back stand on a screen that is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QGuiApplication

LEAST: Final = QSize(160, 80)


def clamped(wanted: QRect, screens: Sequence[QRect] | None = None) -> QRect:
    """Return `wanted` no larger than a screen, moved so that all of it stands on the one it overlaps most; on the first where none does.

    `screens` are the areas that windows may take, in the order of the system; by default those there are now.
    """
    if screens is None:
        screens = [s.availableGeometry() for s in QGuiApplication.screens()]
    if not screens:
        return wanted

    def overlap(screen: QRect) -> int:
        shared = screen & wanted
        return max(0, shared.width()) * max(0, shared.height())

    screen = max(screens, key=overlap)  # of equals the first
    size = wanted.size().expandedTo(LEAST).boundedTo(screen.size())
    x = min(max(wanted.x(), screen.x()), screen.x() + screen.width() - size.width())
    y = min(max(wanted.y(), screen.y()), screen.y() + screen.height() - size.height())
    return QRect(x, y, size.width(), size.height())
