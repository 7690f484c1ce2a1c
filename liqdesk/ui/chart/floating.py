"""A card that floats over the chart: painted once for what it says, closed by its cross."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from liqdesk.ui import draw
from liqdesk.ui.controls import IconButton
from liqdesk.ui.draw import Painted
from liqdesk.ui.theme import current

SHADOW: Final = 6


class FloatingCard(Painted):
    """Ground, shadow, cross and the kept picture. A subclass says what it shows in `said` and paints it in `paint_said`; `closed` when
    the cross is pressed."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._key: tuple[object, ...] = ()
        self._picture = QPixmap()
        self._cross = IconButton("cross", 20)
        self._cross.setParent(self)
        self._cross.setToolTip("Close (Esc)")
        self._cross.setAccessibleName("close")
        self._cross.clicked.connect(self.closed)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.hide()

    def said(self) -> object:
        """Return what is shown, by value; None for nothing."""
        raise NotImplementedError

    def paint_said(self, p: QPainter) -> None:
        """Paint what is shown on the ground."""
        raise NotImplementedError

    def paintEvent(self, _event: QPaintEvent) -> None:
        said, ratio = self.said(), self.devicePixelRatioF()
        if said is None:
            return
        key = (said, current(), self.size(), ratio, self.hasFocus())
        if key != self._key:
            self._key = key
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._picture)
            self._ground(painter)
            self.paint_said(painter)
            painter.end()
        QPainter(self).drawPixmap(0, 0, self._picture)

    def _ground(self, p: QPainter) -> None:
        t = current()
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, h, radius = self.width() - SHADOW, self.height() - SHADOW, t.px(6)
        for k in range(SHADOW, 0, -1):
            draw.fill(p, k - 1, k, w + 1, h, "#000000", (0.055 if t.dark else 0.02), radius + 1)
        draw.fill(p, 0, 0, w, h, t.panel, radius=radius)
        draw.outline(p, 0, 0, w, h, t.focus if self.hasFocus() else t.border, radius)
