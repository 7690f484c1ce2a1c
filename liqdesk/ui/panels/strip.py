"""The strip at the right edge of a narrow window: the panels' names, upright, while their docks are put away beside the chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from liqdesk.ui import draw
from liqdesk.ui.controls import BarButton
from liqdesk.ui.draw import Painted
from liqdesk.ui.theme import MEDIUM, SMALL, current, font, text_width

if TYPE_CHECKING:
    from liqdesk.ui.panels.dock import Dock
    from liqdesk.ui.panels.docks import Docks

WIDE: Final = 26
PAD: Final = 8  # over and under a name


class Upright(BarButton):
    """A panel's name, read from the top down; pressed while its panel is beside the chart."""

    def __init__(self, name: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = name
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setToolTip(f"{title}: show the panels over part of the chart, or put them away again")

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(WIDE), round(text_width(self.text(), SMALL, MEDIUM)) + 2 * t.px(PAD))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        w, h = self.width(), self.height()
        if self.underMouse():
            draw.fill(p, 0, 0, w, h, t.hover)
        if self.isChecked():
            draw.fill(p, 0, t.px(4), 2, h - 2 * t.px(4), t.text2)
        draw.rule(p, t.px(4), h - 1, w - 2 * t.px(4))
        room = h - 2 * t.px(4)
        words = QFontMetricsF(font(SMALL, MEDIUM)).elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        p.translate(QPointF(w, 0))
        p.rotate(90)
        ink = t.text1 if self.isChecked() or self.underMouse() else t.text2
        draw.put(p, 0, 0, h, w, words, ink, SMALL, MEDIUM, draw.CENTRE)
        p.resetTransform()
        self.ring(p, 0)


class Strip(Painted):
    """Shown while the window is narrow. A press brings the panels beside the chart, the pressed one open, or puts them away."""

    def __init__(self, column: Docks) -> None:
        super().__init__()
        self._column = column
        self.buttons: list[Upright] = []
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("panels put away")
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(current().px(WIDE), 10)

    @Slot()
    def sync(self) -> None:
        """Name the panels that stand beside the chart, as far as they are not closed, and say whether they are put away."""
        docks = [d for d in self._column.beside() if not d.closed]
        if [b.name for b in self.buttons] != [d.name for d in docks]:
            for old in self.buttons:
                old.hide()
                old.deleteLater()
            self.buttons = [self._button(d) for d in docks]
            self._place()
        for button in self.buttons:
            button.setChecked(not self._column.tucked)

    def _button(self, dock: Dock) -> Upright:
        button = Upright(dock.name, dock.title, self)
        button.clicked.connect(self._pressed)
        button.show()
        return button

    @Slot()
    def _pressed(self) -> None:
        button = self.sender()
        if not isinstance(button, Upright):
            return
        if self._column.tucked:
            self._column.show_panel(button.name)
        else:
            self._column.tuck(True)
        self.sync()

    def _place(self) -> None:
        wanted = [b.sizeHint().height() for b in self.buttons]
        share = min(1.0, self.height() / sum(wanted)) if wanted else 1.0
        y = 0
        for button, high in zip(self.buttons, wanted, strict=True):
            button.setGeometry(0, y, self.width(), int(high * share))
            y += int(high * share)

    def restyle(self) -> None:
        super().restyle()
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(QRectF(self.rect()), draw.colour(current().panel))
