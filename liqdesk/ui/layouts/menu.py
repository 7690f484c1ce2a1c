"""The menu of the desk (panels, layouts, chart windows) and that of one panel."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog

from liqdesk.errors import LiqdeskError
from liqdesk.ui.layouts import arrangement
from liqdesk.ui.panels.catalogue import CATALOGUE
from liqdesk.ui.panels.dock import AREAS
from liqdesk.ui.popup import Menu
from liqdesk.ui.theme import current

if TYPE_CHECKING:
    from collections.abc import Callable

    from liqdesk.ui.layouts.arranging import Arranging
    from liqdesk.ui.window import Window

FILTER = "liqdesk layout (*.json)"


class DeskMenu(QObject):
    """Opens both menus for one window, and does what is chosen in them."""

    def __init__(self, window: Window, arranging: Arranging) -> None:
        super().__init__(window)
        self._window = window
        self._arranging = arranging
        act = window.act
        act.learn("desk", self.open)
        act.learn("desk_next", self.next)
        act.learn("desk_save", self.save_as)
        act.learn("desk_reset", self.reset)
        act.learn("panel_next", arranging.next_panel)
        act.learn("panel_back", partial(arranging.next_panel, -1))
        act.learn("float", arranging.float)
        act.learn("hide", arranging.hide)
        act.learn("panel_log", lambda: window.column.show_panel("log", not window.column.is_shown("log")))
        act.learn("chart_new", window.shell.charts.open)
        window.topbar.desk_pressed.connect(self.open)
        window.column.menu_wanted.connect(self.open_panel)

    # menus

    @Slot()
    def open(self) -> None:
        """Open the menu of the desk under its button."""
        menu = self.menu()
        button = self._window.topbar.desk
        if not button.isVisible():
            button = self._window.topbar.sliders  # type: ignore[assignment]
        right = button.mapToGlobal(QPoint(button.width(), button.height() + current().px(6)))
        menu.popup(QPoint(right.x() - menu.sizeHint().width(), right.y()))

    def menu(self) -> Menu:
        """Return the menu of the desk."""
        arranging, column = self._arranging, self._window.column
        menu = self._new()
        menu.addAction("Panels").setEnabled(False)
        for one in CATALOGUE:
            shown = column.is_shown(one.name)
            self._add(menu, one.title, partial(column.show_panel, one.name, not shown), checked=shown)
        menu.addSeparator()
        menu.addAction("Layouts").setEnabled(False)
        for name in arranging.layouts.names:
            self._add(menu, name, partial(arranging.choose, name), checked=name == arranging.layouts.shown.name)
        menu.addSeparator()
        self._add(menu, "Save layout as…", self.save_as, "desk_save")
        self._add(menu, "Rename layout…", self.rename)
        drop = self._add(menu, "Delete layout…", self.delete)
        drop.setEnabled(len(arranging.layouts.names) > 1)
        self._add(menu, "Reset layout", self.reset, "desk_reset")
        self._add(menu, "Export layout…", self.export)
        self._add(menu, "Import layout…", self.import_from)
        menu.addSeparator()
        self._add(menu, "New chart window", self._window.shell.charts.open, "chart_new")
        return menu

    @Slot(str, QPoint)
    def open_panel(self, name: str, at: QPoint) -> None:
        """Open the menu of one panel."""
        self.panel_menu(name).popup(at)

    def panel_menu(self, name: str) -> Menu:
        """Return the menu of one panel."""
        column = self._window.column
        dock = column.dock(name)
        menu = self._new()
        if not dock.isFloating():
            self._add(menu, "Open" if dock.panel.folded else "Fold", dock.panel.header.click)
        words = "Dock again" if dock.isFloating() else "Float"
        self._add(menu, words, partial(dock.setFloating, not dock.isFloating()), "float")
        self._add(menu, "Hide", partial(column.show_panel, name, False), "hide")
        menu.addSeparator()
        for side in ("left", "right", "bottom"):
            self._add(menu, f"Move to the {side}", partial(arrangement.away, column, name, AREAS[side]))
        tabs = menu.add_menu("Tab with")
        for other in column.docks:
            if other is not dock and not other.closed and not other.isFloating():
                self._add(tabs, other.windowTitle(), partial(self._tab, name, other.name))
        tabs.menuAction().setEnabled(not tabs.isEmpty())
        menu.addSeparator()
        self._add(menu, "Reset layout", self.reset, "desk_reset")
        return menu

    def _tab(self, name: str, other: str) -> None:
        column = self._window.column
        dock = column.dock(name)
        dock.setFloating(False)
        column.tabifyDockWidget(column.dock(other), dock)
        dock.show_closed(False)

    def _new(self) -> Menu:
        menu = Menu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _add(
        self, menu: Menu, words: str, call: Callable[[], object], key: str = "", checked: bool | None = None
    ) -> QAction:
        written = self._window.act.shortcuts.written(key) if key else ""
        action = menu.addAction(f"{words}\t{written}" if written else words)
        if checked is not None:
            action.setCheckable(True)
            action.setChecked(checked)
        action.triggered.connect(lambda _on=False: call())
        return action

    # layouts

    def next(self) -> None:
        """Show the next layout and say which."""
        self._arranging.next()
        names = self._arranging.layouts.names
        facts = "There is no other layout." if len(names) == 1 else f"{len(names)} layouts; the same key goes on."
        self._window.act.say(self._arranging.layouts.shown.name, facts)

    def reset(self) -> None:
        """Put everything where it first stands."""
        self._arranging.reset()

    def save_as(self) -> None:
        """Ask for a name and keep everything under it."""
        self._ask("Save layout as", "Save", self._fresh_name(), self._arranging.save_as)

    def rename(self) -> None:
        """Ask for another name of the current layout."""
        self._ask("Rename layout", "Rename", self._arranging.layouts.shown.name, self._arranging.rename)

    def _fresh_name(self) -> str:
        names = self._arranging.layouts.names
        return next(name for k in range(1, 1_000) if (name := f"Desk {k}") not in names)

    def _ask(self, title: str, button: str, name: str, call: Callable[[str], None]) -> None:
        from liqdesk.ui.dialogs.naming import NamingCard

        self._window.act.open_card(NamingCard(self._window, title, button, name, call))

    def delete(self) -> None:
        """Ask whether the current layout is to be forgotten."""
        from liqdesk.ui.dialogs.naming import SureCard

        name = self._arranging.layouts.shown.name
        card = SureCard(self._window, "Delete layout", f"“{name}” is forgotten; panels and settings are not.", "Delete")
        card.accepted.connect(partial(self._arranging.delete, name))
        self._window.act.open_card(card)

    def export(self) -> None:
        """Ask where the current layout is to be written."""
        dialog = QFileDialog(self._window, "Export layout", f"{self._arranging.layouts.shown.name}.json", FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        self._show(dialog, self._exported)

    def import_from(self) -> None:
        """Ask for the file of a layout."""
        dialog = QFileDialog(self._window, "Import layout", "", FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._show(dialog, self._imported)

    def _show(self, dialog: QFileDialog, call: Callable[[str], None]) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(call)
        dialog.open()

    @Slot(str)
    def _exported(self, path: str) -> None:
        try:
            self._arranging.export(Path(path))
        except LiqdeskError as e:
            self._window.act.say("The layout was not exported", e.user)
            return
        self._window.act.say("Layout exported", path)

    @Slot(str)
    def _imported(self, path: str) -> None:
        try:
            name = self._arranging.import_from(Path(path))
        except LiqdeskError as e:
            self._window.act.say("The layout was not imported", e.user)
            return
        self._window.act.say("Layout imported", f"“{name}” is shown.")
