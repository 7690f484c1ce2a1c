"""The menu of the program: check marks and arrows are its own icons, as large as its text. Qt's style draws them 7 px wide at any size."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu

from liqdesk.ui import icons
from liqdesk.ui.theme import current

MARK: Final = 14  # px
INSET: Final = 4
ARROW_INSET: Final = 3


class Menu(QMenu):
    """A menu; the style sheet keeps the places of its marks free."""

    def add_menu(self, title: str) -> Menu:
        """Add a menu in this one."""
        menu = Menu(title, self)
        self.addMenu(menu)
        return menu

    def marks(self) -> list[tuple[QAction, str]]:
        """Return the entries that carry a mark, with the name of its icon."""
        found = [(a, "check") for a in self.actions() if a.isVisible() and a.isCheckable() and a.isChecked()]
        return found + [(a, "right") for a in self.actions() if a.isVisible() and a.menu() is not None]

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        t = current()
        p, side = QPainter(self), t.px(MARK)
        for action, name in self.marks():
            row = self.actionGeometry(action)
            x = row.left() + t.px(INSET) if name == "check" else row.right() + 1 - t.px(ARROW_INSET) - side
            ink = t.text1 if action.isEnabled() else t.text3
            p.drawPixmap(
                x, row.top() + (row.height() - side) // 2, icons.pixmap(name, ink, side, self.devicePixelRatioF())
            )
