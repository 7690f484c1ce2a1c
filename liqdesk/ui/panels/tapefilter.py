"""The filters over the tape: smallest size, side, this contract or all. Where there is no room, choices fold into menus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from liqdesk.ui import draw, present
from liqdesk.ui.controls import TextButton
from liqdesk.ui.draw import Painted
from liqdesk.ui.panels.frame import PAD
from liqdesk.ui.popup import Menu
from liqdesk.ui.segments import Choice, Folded, Segments
from liqdesk.ui.theme import MEDIUM, current

if TYPE_CHECKING:
    from liqdesk.settings import Settings

SIZES: Final = (0.0, 1e3, 10e3, 25e3, 50e3, 100e3, 250e3, 1e6)
HIGH: Final = 32
GAP: Final = 6


def least_words(usd: float) -> str:
    return f"≥ ${present.usd_round(usd)}" if usd > 0 else "any size"


class TapeFilter(Painted):
    """`wanted(dict)` carries the settings that a hand chose."""

    wanted = Signal(object)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.size_button = TextButton(least_words(settings.tape_min_usd), arrow=True, weight=MEDIUM)
        self.size_button.setToolTip("The smallest forced order that is listed, USD")
        self.size_button.setAccessibleName("smallest forced order")
        self.side = Segments(
            (
                Choice("long", "Long", "Longs liquidated", 0),
                Choice("both", "Both", "Both sides"),
                Choice("short", "Short", "Shorts liquidated", 1),
            ),
            settings.tape_side,
            pad=6,
        )
        self.side.setAccessibleName("side of forced orders")
        self.scope = Segments(
            (Choice(False, "This", "Of the contract on screen"), Choice(True, "All", "Of all contracts")),
            settings.tape_all,
            pad=7,
        )
        self.scope.setAccessibleName("contracts of forced orders")
        self.side_menu, self.scope_menu = Folded(self.side), Folded(self.scope)
        self._least = settings.tape_min_usd
        row = self._row = QHBoxLayout(self)
        for widget in (self.size_button, self.side, self.side_menu):
            row.addWidget(widget)
        row.addStretch(1)
        for widget in (self.scope, self.scope_menu):
            row.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.size_button.clicked.connect(self._open_sizes)
        self.side.chosen.connect(self._side_chosen)
        self.scope.chosen.connect(self._scope_chosen)
        self._fit()

    def show_settings(self, settings: Settings) -> None:
        self._least = settings.tape_min_usd
        words = least_words(self._least)
        if words != self.size_button.text():
            self.size_button.setText(words)
            self.size_button.updateGeometry()
        self.side.set_value(settings.tape_side)
        self.scope.set_value(settings.tape_all)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(current().px(240), current().px(HIGH))

    def minimumSizeHint(self) -> QSize:
        return QSize(current().px(120), current().px(HIGH))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def restyle(self) -> None:
        super().restyle()
        self._fit()

    def _fit(self) -> None:
        """Fold the scope, then the side, where the row is too narrow for both."""
        t = current()
        self._row.setContentsMargins(t.px(PAD), t.px(3), t.px(PAD), t.px(3))
        self._row.setSpacing(t.px(GAP))
        room = self.width() - 2 * t.px(PAD) - 2 * t.px(GAP) - self.size_button.sizeHint().width()
        side, scope = self.side.sizeHint().width(), self.scope.sizeHint().width()
        fold_scope = side + scope > room
        fold_side = side + (self.scope_menu.sizeHint().width() if fold_scope else scope) > room
        shown: tuple[tuple[QWidget, bool], ...] = (
            (self.side, not fold_side),
            (self.side_menu, fold_side),
            (self.scope, not fold_scope),
            (self.scope_menu, fold_scope),
        )
        for widget, visible in shown:
            if widget.isHidden() is visible:
                widget.setVisible(visible)

    def sizes(self) -> Menu:
        """Return the menu of smallest sizes, the one in force among them."""
        menu = Menu(self)
        for usd in sorted({*SIZES, self._least}):
            action = menu.addAction(least_words(usd))
            action.setCheckable(True)
            action.setChecked(usd == self._least)
            action.triggered.connect(lambda _on=False, usd=usd: self.wanted.emit({"tape_min_usd": usd}))
        return menu

    @Slot()
    def _open_sizes(self) -> None:
        menu = self.sizes()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.size_button.mapToGlobal(self.size_button.rect().bottomLeft()))

    @Slot(object)
    def _side_chosen(self, side: object) -> None:
        self.wanted.emit({"tape_side": side})

    @Slot(object)
    def _scope_chosen(self, everything: object) -> None:
        self.wanted.emit({"tape_all": everything})

    def paintEvent(self, _event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(self.rect(), draw.colour(current().panel))
