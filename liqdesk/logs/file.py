"""The log on disk. Its import is kept off the start path."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler


class LogFile(RotatingFileHandler):
    """A log file that goes quiet, after one word on standard error, when the disk will not take it."""

    _failed = False

    def handleError(self, record: logging.LogRecord) -> None:
        if not self._failed and sys.stderr is not None:
            sys.stderr.write(f"liqdesk: the log {self.baseFilename} cannot be written: {sys.exc_info()[1]}\n")
        self._failed = True

    def close(self) -> None:
        try:
            super().close()
        except OSError:
            # What the file still had to take is lost with it; the screen has had its word.
            self.handleError(logging.makeLogRecord({}))
