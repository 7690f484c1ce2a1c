"""The Layers menu: what is drawn over the map, each a setting that is kept.

A new layer is a line in `LAYERS`, a bool field of the settings (`IN_LAYERS`), and a line in `ui/keys.py` under the field's name, so that
it can have a key.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from liqdesk.ui import present
from liqdesk.ui.popup import Menu
from liqdesk.ui.theme import current

if TYPE_CHECKING:
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.window import Window


class Layer(NamedTuple):
    """A field of `Settings` that is a bool, its words in the menu, and what it shows."""

    field: str
    words: str
    tip: str


LAYERS: Final = (
    Layer("show_bubbles", "Realised liquidations", "Discs where the venue printed a forced order, area by USD"),
    Layer("show_zones", "Zone labels", "Range, side, USD, distance and touch odds of each zone; its bracket stays"),
    Layer(
        "show_confluence",
        "Confluence",
        "A bar beside the last column where a price stands out in two or three of what was opened within 12 hours, a day and a week",
    ),
    Layer("show_index", "Index price tag", "The index price on the price axis, beside last and mark"),
    Layer("show_position", "My position", "The lines of my entry and my liquidation, where a position is kept here"),
    Layer(
        "show_gaps", "Gap hatching", "Hairlines and words where data are missing; without them the ground stays empty"
    ),
    Layer(
        "show_book",
        "Order book",
        "Resting orders per 10 bp on the profile, as far as they are known, and zones that meet few",
    ),
)
SIZES: Final = (0.0, 50_000.0, 150_000.0, 500_000.0, 1_000_000.0)


def size_words(usd: float) -> str:
    """Return how a least size of bubbles is written."""
    return "all" if usd <= 0 else f"${present.usd_round(usd)}"


class StayingMenu(Menu):
    """A menu that stays open while its switches are worked, by click or Space."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._toggle(self.actionAt(event.position().toPoint())):
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Space or not self._toggle(self.activeAction()):
            super().keyPressEvent(event)

    @staticmethod
    def _toggle(action: QAction | None) -> bool:
        if action is None or not (action.isEnabled() and action.isCheckable()):
            return False
        action.trigger()
        return True


class Layers(QObject):
    """Opens the menu for one window and turns what is switched into settings."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        act.learn("layers", self.open)
        for layer in LAYERS:
            act.learn(layer.field, partial(self.toggle, layer.field))

    def toggle(self, field: str) -> None:
        """Switch one layer."""
        self._window.change(**{field: not getattr(self._window.settings, field)})

    def menu(self, parent: QWidget) -> Menu:
        """Return the menu as settings are now."""
        w = self._window
        menu = StayingMenu(parent)
        menu.setToolTipsVisible(True)
        for layer in LAYERS:
            key = self._act.shortcuts.written(layer.field)
            action = menu.addAction(f"{layer.words}\t{key}" if key else layer.words)
            action.setCheckable(True)
            action.setChecked(getattr(w.settings, layer.field))
            action.setToolTip(layer.tip)
            action.triggered.connect(lambda _on=False, field=layer.field: self.toggle(field))
            if layer.field == "show_bubbles":
                self._sizes(menu)
        if w.chart is not None:
            w.chart.panes.fill(menu.add_menu("Panes beneath the chart"))
        return menu

    def _sizes(self, menu: Menu) -> None:
        """Add what the smallest bubble is, with a way to type another."""
        now = self._window.settings.bubble_min_usd
        sub = menu.add_menu(f"Bubbles from\t{size_words(now)}")
        sub.setToolTipsVisible(True)
        group = QActionGroup(sub)
        for usd in sorted({*SIZES, now}):
            action = sub.addAction(size_words(usd))
            action.setCheckable(True)
            action.setChecked(usd == now)
            group.addAction(action)
            action.triggered.connect(lambda _on=False, usd=usd: self._window.change(bubble_min_usd=usd))
        sub.addSeparator()
        sub.addAction("Other…").triggered.connect(self.ask_size)

    @Slot()
    def open(self) -> None:
        """Open the menu under its button, or under the bar where the button has no room."""
        bar = self._window.topbar
        button = bar.layers if bar.layers.isVisible() else bar.sliders
        menu = self.menu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        corner = button.mapToGlobal(QPoint(0, button.height() + current().px(6)))
        right = self._window.mapToGlobal(QPoint(self._window.width(), 0)).x()
        menu.popup(QPoint(min(corner.x(), right - menu.sizeHint().width()), corner.y()))
        menu.setActiveAction(menu.actions()[0])

    @Slot()
    def ask_size(self) -> None:
        """Ask for the USD from which a printed order is drawn."""
        from liqdesk.ui.dialogs.least import LeastCard

        card = LeastCard(self._window, "Bubbles", "Draw from", self._window.settings.bubble_min_usd)
        card.chosen.connect(self._size_chosen)
        self._act.open_card(card)

    @Slot(float)
    def _size_chosen(self, usd: float) -> None:
        self._window.change(bubble_min_usd=usd)
