"""Recording on in the system tray when the window closes: whether it is so, and the icon that stands for the window meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QEvent, QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from liqdesk.ui import icons

if TYPE_CHECKING:
    from liqdesk.alerts import Fired
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window

NO_TRAY: Final = "This desktop has no system tray: closing the window ends the recording."
SHOWN_MS: Final = 8_000
LONGEST: Final = 120  # some trays cut a tooltip off there


class Keeping(NamedTuple):
    """What decides whether closing the window hides it: the user's wish, a tray to go to, and a recording that would go on."""

    wanted: bool
    tray: bool
    records: bool

    @property
    def hides(self) -> bool:
        return self.wanted and self.tray and self.records

    @property
    def unavailable(self) -> str:
        """Return why the wish cannot be had, empty where it can."""
        return "" if self.tray else NO_TRAY


def records(frame: Frame | None, profile_writable: bool) -> bool:
    """Return whether what is shown is also kept: neither the built-in market nor a profile that another window has."""
    return frame is not None and frame.source.origin in ("live", "custom") and profile_writable


def tooltip(frame: Frame | None) -> str:
    """Return what the icon says of the recording."""
    if frame is None:
        return "liqdesk"
    words = f"liqdesk records {frame.instrument.symbol} and all forced orders"
    trouble = " ".join((frame.connection.sentence, *frame.notices)).strip()
    return f"{words}\n{trouble}"[:LONGEST] if trouble else words


def has_tray() -> bool:
    return QSystemTrayIcon.isSystemTrayAvailable()


class TrayIcon(QSystemTrayIcon):
    """The icon with its menu: Show and Quit. A click shows too."""

    show_asked = Signal()
    quit_asked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(icons.window_icon(), parent)
        self.menu = QMenu()
        self.menu.addAction("Show liqdesk").triggered.connect(self.show_asked)
        self.menu.addAction("Quit").triggered.connect(self.quit_asked)
        self.setContextMenu(self.menu)
        self.activated.connect(self._activated)

    def tell(self, fired: Fired) -> None:
        """Say through the desktop's own notifications that an alert fired while the window is away."""
        self.showMessage(fired.headline, fired.facts, self.icon(), SHOWN_MS)

    @Slot(QSystemTrayIcon.ActivationReason)
    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.show_asked.emit()


class TrayKeeper(QObject):
    """Hides one window instead of closing it, where `Keeping` says so. `quit_asked` says that the program is to end."""

    quit_asked = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.icon: TrayIcon | None = None
        window.settings_changed.connect(self._follow)
        window.closing.connect(self._end)
        self._follow(window.settings)

    @Slot(object)
    def _follow(self, settings: Settings) -> None:
        # Every event of the window passes through a filter: it is there only where it is wanted.
        self._window.removeEventFilter(self)
        if settings.keep_recording:
            self._window.installEventFilter(self)

    @property
    def keeping(self) -> Keeping:
        w = self._window
        return Keeping(w.settings.keep_recording, has_tray(), records(w.frame, w.profile_writable))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.Close or self._window.leaving or not self._window.isVisible():
            return False
        # A desktop session that ends may not be held up.
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication) and application.isSavingSession():
            return False
        if not self.keeping.hides:
            return False
        event.ignore()
        if self._window.settings.tray_explained:
            self.hide_window()
        else:
            self._explain()
        return True

    def _explain(self) -> None:
        from liqdesk.ui.dialogs.tray import TrayNote

        note = TrayNote(self._window)
        note.accepted.connect(self._explained)
        self._window.act.open_card(note)

    @Slot()
    def _explained(self) -> None:
        self._window.change(tray_explained=True)
        self.hide_window()

    def hide_window(self) -> None:
        """Put the icon into the tray and the window away."""
        QGuiApplication.setQuitOnLastWindowClosed(False)
        if self.icon is None:
            self.icon = TrayIcon(self)
            self.icon.show_asked.connect(self.show_window)
            self.icon.quit_asked.connect(self.quit_asked)
            self.icon.messageClicked.connect(self.show_window)
        self._say()
        self.icon.show()
        self._window.hide()
        self._window.frame_shown.connect(self._say)

    @Slot()
    def show_window(self) -> None:
        """Bring the window back and take the icon away."""
        if self.icon is None or not self.icon.isVisible():
            return
        self._window.frame_shown.disconnect(self._say)
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()
        self.icon.hide()
        QGuiApplication.setQuitOnLastWindowClosed(True)

    @Slot()
    def _say(self) -> None:
        frame = self._window.frame
        words = tooltip(frame)
        if self.icon is None:
            return
        if self.icon.toolTip() != words:
            self.icon.setToolTip(words)
        for fired in frame.new_fired if frame is not None and not self._window.isVisible() else ():
            self.icon.tell(fired)

    @Slot()
    def _end(self) -> None:
        if self.icon is not None:
            self.icon.hide()
            self.icon.menu.deleteLater()
            self.icon.deleteLater()
            self.icon = None
            QGuiApplication.setQuitOnLastWindowClosed(True)
