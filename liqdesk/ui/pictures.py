"""The commands that make pictures of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from liqdesk.errors import LiqdeskError
from liqdesk.ui import present

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from liqdesk.ui.actions import Actions
    from liqdesk.ui.window import Window


class Pictures(QObject):
    """Makes pictures of one window."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        act.learn("save", self.save)
        act.learn("copy", self.copy)

    def _picture(self) -> QImage:
        from liqdesk.ui import picture

        w = self._window
        return picture.stamped(w.grab_picture(), w.frame, w.settings.timezone)

    @Slot()
    def save(self) -> None:
        """Write a picture into the user's folder for pictures."""
        from liqdesk.ui import picture

        w = self._window
        image = self._picture()
        try:
            path = picture.save(image, picture.pictures_folder(), picture.file_name(w.frame))
        except LiqdeskError as e:
            self._act.say("No picture was saved", e.user)
            return
        self._act.say("Picture saved", str(path))

    @Slot()
    def copy(self) -> None:
        """Put a picture on the clipboard."""
        from liqdesk.ui import picture

        w = self._window
        picture.copy(self._picture())
        when = f", {present.stamp(w.frame.venue_ms, w.settings.timezone)}" if w.frame else ""
        self._act.say("Picture copied", f"The window as it stands{when}")
