"""A sentence for somebody who has no terminal to read it in: a box of its own, before there is a window."""

from __future__ import annotations

import os
import sys

from PySide6.QtWidgets import QMessageBox

from liqdesk.ui.application import make_application
from liqdesk.ui.icons import window_icon
from liqdesk.ui.theme import DARK, apply_theme


def is_read(environ: dict[str, str] | os._Environ[str] = os.environ) -> bool:
    """Return whether standard error reaches a reader, or there is no screen to show a box on."""
    platform = environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    screenless = sys.platform.startswith("linux") and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
    return platform in ("offscreen", "minimal") or screenless or (sys.stderr is not None and sys.stderr.isatty())


def box(sentence: str) -> QMessageBox:
    shown = QMessageBox(QMessageBox.Icon.Warning, "liqdesk", sentence)
    shown.addButton("Close", QMessageBox.ButtonRole.AcceptRole)
    return shown


def tell(sentence: str) -> None:
    """Show the sentence and wait until it is closed; does nothing where it is read on standard error."""
    if is_read():
        return
    application = make_application()
    apply_theme(application, DARK)
    application.setWindowIcon(window_icon())
    box(sentence).exec()
    del application
