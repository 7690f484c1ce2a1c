"""The dot in a chart's header that says, and chooses, which charts it is linked with: a shade of steel and a letter."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from liqdesk.ui import draw
from liqdesk.ui.controls import BarButton
from liqdesk.ui.popup import Menu
from liqdesk.ui.theme import BOLD, SMALL, Theme, current

GROUPS: Final = ("A", "B", "C", "D")
SHADES: Final = {"A": 0, "B": 2, "C": 3, "D": 4}  # of the steel ramp
SIDE: Final = 16


def fill_of(group: str, t: Theme) -> tuple[str, str]:
    """Return the colours of a group: its fill and the ink on it, 4.5:1 or better."""
    fill = t.steel[SHADES[group]]
    light = sum(int(fill[k : k + 2], 16) * w for k, w in ((1, 0.299), (3, 0.587), (5, 0.114))) > 120
    return fill, "#07090D" if light else "#FFFFFF"


class LinkDot(BarButton):
    """`chosen(group)` when another group was taken; empty is none."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.letter = ""
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self.open)
        self.show_group("")

    def show_group(self, group: str) -> None:
        self.letter = group
        words = f"Linked with the charts of group {group}" if group else "Linked with no other chart"
        self.setToolTip(f"{words}: they share the contract, the stretch of time and the crosshair. Click to choose.")
        self.setAccessibleName(f"link group {group or 'none'}")
        self.update()

    def sizeHint(self) -> QSize:
        side = current().px(SIDE)
        return QSize(side, side)

    def place(self) -> None:
        """Stand at the left of the chart's header."""
        t = current()
        side = t.px(SIDE)
        self.setGeometry(t.px(8), (t.px(24) - side) // 2, side, side)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in draw.RESTYLED:
            self.place()

    @Slot()
    def open(self) -> None:
        """Open the choice of groups."""
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def menu(self) -> Menu:
        """Return the choice of groups."""
        menu = Menu(self)
        for group in ("", *GROUPS):
            action = menu.addAction(f"Group {group}" if group else "Not linked")
            action.setCheckable(True)
            action.setChecked(group == self.letter)
            action.triggered.connect(lambda _=False, group=group: self.chosen.emit(group))
        return menu

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = self.width()
        if not self.letter:
            draw.dot(p, side / 2, side / 2, side - 4, t.text1 if self.underMouse() else t.text3, hollow=True)
        else:
            fill, ink = fill_of(self.letter, t)
            draw.dot(p, side / 2, side / 2, side, fill)
            if not t.dark:
                draw.dot(p, side / 2, side / 2, side, t.text3, hollow=True)
            draw.put(p, 0, 0, side, side, self.letter, ink, SMALL, BOLD, draw.CENTRE)
        self.ring(p, side / 2)
