"""Texts that are read as they are: a view in letters of one width, and the opening of folders and pages outside the program."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QFont, QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit

from liqdesk.ui.theme import SMALL, current


def fixed_font(size: int = SMALL) -> QFont:
    """Return the system's font of one width, in pixels at 100 %."""
    out = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    out.setPixelSize(current().px(size))
    return out


class TextView(QPlainTextEdit):
    """A text to read and to copy from; Tab leaves it."""

    def __init__(self, name: str, text: str = "", wrap: bool = False) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFont(fixed_font())
        self.setAccessibleName(name)
        mode = QPlainTextEdit.LineWrapMode
        self.setLineWrapMode(mode.WidgetWidth if wrap else mode.NoWrap)
        self.setProperty("role", "well")
        self.document().setDocumentMargin(current().px(6))
        self.setPlainText(text)


def show_folder(path: Path) -> bool:
    """Let the system show a folder, or the one a file is in; return whether something of it took that over."""
    folder = path if path.is_dir() else path.parent
    return folder.is_dir() and QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def open_page(address: str) -> bool:
    """Let the system's browser open an https page; return whether something took that over."""
    return address.startswith("https://") and QDesktopServices.openUrl(QUrl(address))
