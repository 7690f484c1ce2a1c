"""A recording is opened in a window of its own, by the same program anew: what is live here stays so."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QProcess, Qt, Slot
from PySide6.QtWidgets import QFileDialog

from liqdesk import paths
from liqdesk.errors import LiqdeskError

if TYPE_CHECKING:
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.window import Window

log = logging.getLogger(__name__)

FILTER: Final = "Recordings (*.liqdesk *.sqlite);;All files (*)"


class Recordings(QObject):
    """Opens recordings for one window."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        act.learn("recording", self.ask)

    @Slot()
    def ask(self) -> None:
        """Ask which recording is to be opened."""
        dialog = QFileDialog(self._window, "Open a recording", self._window.profile_dir, FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.open)
        dialog.open()

    @Slot(str)
    def open(self, path: str) -> None:
        """Open a recording in a window of its own, or say why it cannot be."""
        from liqdesk.history import History

        file = Path(path)
        try:
            history = History.of_file(file)
            try:
                held = history.mapped()
            finally:
                history.close()
        except LiqdeskError as e:
            log.info("%s", e)
            self._act.say("The recording was not opened", e.user)
            return
        if not held:
            self._act.say("The recording was not opened", f"{file.name} holds nothing that a map can be made of.")
            return
        program, *words = paths.command()
        profile = ["--profile", self._window.profile_dir] if self._window.profile_dir else []
        started, _ = QProcess.startDetached(program, [*words, "open", str(file.absolute()), *profile])
        if started:
            self._act.say("A recording is opened", f"{file.name}, in a window of its own. Nothing in it is live.")
        else:
            log.warning("%s cannot be opened: %s does not start", file, program)
            self._act.say("The recording was not opened", "The program could not be started again.")
