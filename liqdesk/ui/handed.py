"""Files that macOS hands to the program: it sends an event where other systems start it with the file's name."""

from __future__ import annotations

import logging

from PySide6.QtCore import QEvent, QProcess
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from liqdesk import paths

log = logging.getLogger(__name__)


class HandedApplication(QApplication):
    """An application that opens a recording it is handed in a window of its own, as a program started with its name does."""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            program, *words = paths.command()
            started, _ = QProcess.startDetached(program, [*words, "open", event.file()])
            if not started:
                log.warning("%s cannot be opened: %s does not start", event.file(), program)
            return True
        return super().event(event)
