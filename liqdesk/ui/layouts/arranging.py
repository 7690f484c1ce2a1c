"""The layouts of one window: shown, kept as they change, named, brought back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget

from liqdesk.errors import LiqdeskError
from liqdesk.ui.layouts import arrangement
from liqdesk.ui.layouts.arrangement import rect_of, scaled
from liqdesk.ui.layouts.document import MOST, Layout, Layouts, LayoutStore, export, good_name, import_from
from liqdesk.ui.panels.dock import Dock
from liqdesk.ui.screens import clamped
from liqdesk.ui.theme import current

if TYPE_CHECKING:
    from liqdesk.ui.window import Window

SAVE_MS: Final = 1_500
FILE: Final = "layouts.json"


class Arranging(QObject):
    """Keeps the layouts of a window. `changed` when names or the current one are others."""

    changed = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._column = window.column
        folder = window.profile_dir
        self._store = LayoutStore(Path(folder) / FILE, window.profile_writable) if folder else None
        self.layouts = Layouts()
        self._giving = False
        self._started = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_MS)
        self._timer.timeout.connect(self.keep)

    # life

    def start(self) -> None:
        """Show the layout that was shown last; the window itself stands already."""
        if self._store is not None:
            self.layouts = self._store.load()
            for sentence in self._store.notices:
                self._window.notify(sentence)
        if self.layouts.shown.state or self.layouts.shown.charts:
            self._give(self.layouts.shown, window_too=False)
        self._column.arranged.connect(self._later)
        self._window.shell.charts.changed.connect(self._later)
        self._started = True
        self.changed.emit()

    @Slot()
    def _later(self) -> None:
        if not self._giving:
            self._timer.start()

    @Slot()
    def keep(self) -> None:
        """Take how everything stands into the current layout, and save."""
        self._timer.stop()
        self._put(self.taken(self.layouts.shown.name))

    def close(self) -> None:
        """Keep everything for the last time."""
        if self._started:
            self._started = False
            self.keep()

    def _put(self, layout: Layout) -> None:
        self._set(self.layouts.put(layout))

    def _set(self, layouts: Layouts) -> None:
        named = (layouts.names, layouts.current) != (self.layouts.names, self.layouts.current)
        self.layouts = layouts
        if self._store is not None:
            self._store.writable = self._store.writable and self._window.profile_writable
            sentence = self._store.save(layouts)
            if sentence:
                self._window.notify(sentence)
        if named:
            self.changed.emit()

    # arrangements

    def taken(self, name: str) -> Layout:
        """Return how everything stands now, as a layout of that name."""
        w = self._window
        return msgspec.structs.replace(
            arrangement.taken(self._column, name),
            window=rect_of(w.normalGeometry()),
            maximized=w.isMaximized(),
            group=w.shell.charts.group,
            charts=w.shell.charts.places(),
        )

    def _give(self, layout: Layout, window_too: bool = True) -> None:
        w = self._window
        self._giving = True
        try:
            if window_too and layout.window is not None:
                if w.isMaximized() or w.isFullScreen():
                    w.showNormal()
                w.setGeometry(clamped(scaled(layout.window, current().scale / layout.scale)))
                if layout.maximized:
                    w.showMaximized()
            tucked = self._column.tucked
            self._column.tuck(False)
            given = arrangement.give(self._column, layout)
            self._column.tuck(tucked)
            if not given:
                w.notify(f"The layout “{layout.name}” could not be read; the first arrangement is shown.")
            w.shell.charts.give(layout.charts, layout.group, current().scale / layout.scale)
        finally:
            self._giving = False

    # what is asked

    def choose(self, name: str) -> None:
        """Show another layout; how the current one stands is kept before."""
        wanted = self.layouts.named(name)
        if wanted is None or name == self.layouts.current:
            return
        self.keep()
        self._set(Layouts(self.layouts.layouts, name))
        self._give(wanted)

    def next(self) -> None:
        """Show the layout after the current one."""
        names = self.layouts.names
        self.choose(names[(names.index(self.layouts.shown.name) + 1) % len(names)])

    def save_as(self, name: str) -> None:
        """Keep how everything stands under another name, which is current then. Raises LiqdeskError for a name that cannot be used."""
        name = good_name(name)
        if name not in self.layouts.names and len(self.layouts.layouts) >= MOST:
            raise LiqdeskError("too many layouts", f"There are {MOST} layouts; delete one first.")
        self.keep()
        self._put(self.taken(name))

    def rename(self, name: str) -> None:
        """Give the current layout another name. Raises LiqdeskError for a name that cannot be used or is taken."""
        name = good_name(name)
        old = self.layouts.shown.name
        if name != old and name in self.layouts.names:
            raise LiqdeskError(f"{name!r} is taken", f"There is a layout “{name}” already.")
        self._set(self.layouts.rename(old, name))

    def delete(self, name: str) -> None:
        """Forget a layout; where it was the current one, the first of the rest is shown. The last is never forgotten."""
        if len(self.layouts.layouts) < 2:
            return
        before = self.layouts.current
        self._timer.stop()
        self._set(self.layouts.drop(name))
        if before != self.layouts.current:
            self._give(self.layouts.shown)

    def reset(self) -> None:
        """Put the panels of the current layout back where they first stand, and close chart windows."""
        self._give(Layout(self.layouts.shown.name), window_too=False)
        self.keep()

    def export(self, path: Path) -> None:
        """Write the current layout to a file. Raises LiqdeskError where that is not possible."""
        self.keep()
        export(path, self.layouts.shown)

    def import_from(self, path: Path) -> str:
        """Read a layout from a file, show it, return its name. Raises LiqdeskError for what is none."""
        layout = import_from(path, self.layouts.names)
        if len(self.layouts.layouts) >= MOST:
            raise LiqdeskError("too many layouts", f"There are {MOST} layouts; delete one first.")
        self.keep()
        self._put(layout)
        self._give(layout)
        return layout.name

    # the panel that the keyboard works

    def focused(self) -> Dock | None:
        """Return the dock with the keyboard's focus."""
        at: QWidget | None = QApplication.focusWidget()
        while at is not None and not isinstance(at, Dock):
            at = at.parentWidget()
        return at

    def next_panel(self, step: int = 1) -> None:
        """Give the keyboard to the next panel that can be seen, after the last to the first."""
        self._column.tuck(False)
        docks = [d for d in self._column.docks if d.fed]
        if not docks:
            return
        now = self.focused()
        at = docks.index(now) + step if now in docks else (0 if step > 0 else -1)
        dock = docks[at % len(docks)]
        self._give_keyboard(dock)

    def _give_keyboard(self, dock: Dock) -> None:
        dock.window().activateWindow()
        dock.panel.header.setFocus(Qt.FocusReason.TabFocusReason)

    def float(self) -> None:
        """Let the panel with the focus float, or dock it again."""
        dock = self.focused()
        if dock is None:
            self._say_none()
            return
        dock.setFloating(not dock.isFloating())
        self._give_keyboard(dock)

    def _say_none(self) -> None:
        key = self._window.act.shortcuts.written("panel_next")
        self._window.act.say("No panel has the keyboard", f"{key or 'A key of your choice'} goes from panel to panel.")

    def hide(self) -> None:
        """Hide the panel with the focus."""
        dock = self.focused()
        if dock is None:
            self._say_none()
            return
        self._column.show_panel(dock.name, False)
        self._window.shell.take_focus()
