"""The menus of the top bar: what can be done about the connection, and what a narrow bar has no room for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtWidgets import QWidget

from liqdesk.ui.layers_menu import Layers
from liqdesk.ui.popup import Menu
from liqdesk.ui.recordings import Recordings
from liqdesk.ui.theme import current

if TYPE_CHECKING:
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.window import Window

MORE: Final = (
    ("layers", "Layers…"),
    ("desk", "Panels and layouts…"),
    ("whatif", "What if price goes…"),
    ("replay", "Replay, or back to now"),
    ("settings", "Settings…"),
    ("theme", "Light or dark"),
    ("save", "Save a picture"),
    ("copy", "Copy a picture"),
    ("export", "Export…"),
    ("recording", "Open a recording…"),
    ("palette", "Type a command…"),
    ("keys", "Keys…"),
    ("help", "Help"),
    ("updates", "Check for updates…"),
    ("about", "About liqdesk…"),
)


class Menus(QObject):
    """Opens menus for one window."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self.layers = Layers(window, act)
        self.recordings = Recordings(window, act)

    @Slot()
    def pill(self) -> None:
        """Open what can be done about the connection."""
        frame = self._window.frame
        menu = self._menu()
        if frame is None:
            menu.addAction("Starting").setEnabled(False)
        else:
            words = frame.connection.sentence or self._window.topbar.pill.toolTip().split("\n")[0]
            menu.addAction(words).setEnabled(False)
            menu.addSeparator()
            if frame.source.replayed:
                self._add(menu, "replay", "Back to now")
            if frame.source.origin == "demo":
                self._add(menu, "market", "Use the venue")
            elif frame.source.origin != "history":
                self._add(menu, "retry", "Reconnect now")
                self._add(menu, "market", "Use the built-in market")
        self._under(menu, self._window.topbar.pill)

    @Slot()
    def more(self) -> None:
        """Open what a narrow bar has no room for."""
        menu = self._menu()
        for name, words in MORE:
            self._add(menu, name, words)
        self._under(menu, self._window.topbar.sliders)

    def _menu(self) -> Menu:
        menu = Menu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _add(self, menu: Menu, name: str, words: str) -> None:
        key = self._act.shortcuts.written(name)
        action = menu.addAction(f"{words}\t{key}" if key else words)
        action.triggered.connect(lambda _on=False: self._act.press(name))

    def _under(self, menu: Menu, anchor: QWidget) -> None:
        right = anchor.mapToGlobal(QPoint(anchor.width(), anchor.height() + current().px(6)))
        menu.popup(QPoint(right.x() - menu.sizeHint().width(), right.y()))
