"""The log: a rotating file in the profile, warnings on standard error. UTC times, one line a record, control characters spelled out."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import Final

LARGEST: Final = 2_000_000
OLDER_FILES: Final = 2  # three in all
FORMAT: Final = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s"
CONTROLS: Final = {c: f"\\x{c:02x}" for c in (*range(32), 127, *range(0x80, 0xA0))} | {10: "\\n", 13: "\\r", 9: "\t"}

_handlers: list[logging.Handler] = []


class _Formatter(logging.Formatter):
    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(FORMAT, "%Y-%m-%dT%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        # Texts of a venue reach the log: they may not forge lines or steer a terminal. Tracebacks are added after this.
        return super().formatMessage(record).translate(CONTROLS)


def setup(profile_log: Path | None, verbose: bool = False) -> str:
    """Begin logging, in place of what an earlier call began; return a sentence for the user when the file cannot be opened, else "".

    profile_log: the file, at most three times 2 MB with its older parts; None writes none. verbose: liqdesk's own records down to DEBUG
    go to standard error too, otherwise warnings of anyone. Never logs settings or addresses by itself.
    """
    close()
    notice = ""
    if sys.stderr is not None:
        screen: logging.Handler = logging.StreamHandler(sys.stderr)
        screen.setLevel(logging.DEBUG if verbose else logging.WARNING)
        _handlers.append(screen)
    if profile_log is not None:
        from liqdesk.logs.file import LogFile

        try:
            file = LogFile(
                profile_log, maxBytes=LARGEST, backupCount=OLDER_FILES, encoding="utf-8", errors="backslashreplace"
            )
        except OSError as e:
            notice = f"The log cannot be written ({e.strerror})."
        else:
            file.setLevel(logging.DEBUG if verbose else logging.INFO)
            _handlers.append(file)
    root = logging.getLogger()
    for handler in _handlers:
        handler.setFormatter(_Formatter())
        root.addHandler(handler)
    logging.getLogger("liqdesk").setLevel(logging.DEBUG if verbose else logging.INFO)
    return notice


def close() -> None:
    """End logging: close the file and leave the loggers as they were."""
    root = logging.getLogger()
    for handler in _handlers:
        root.removeHandler(handler)
        handler.close()
    _handlers.clear()
    logging.getLogger("liqdesk").setLevel(logging.NOTSET)
