"""The note before the window goes into the tray for the first time."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget

from liqdesk.ui.dialogs.card import Card, button, label
from liqdesk.ui.theme import current

WORDS = (
    "liqdesk goes on recording when its window is closed: its icon in the system tray brings the window back, and its menu ends the "
    "program. The settings change this."
)


class TrayNote(Card):
    """One sentence, and the choice to hide the window or to leave it open."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent, "Recording goes on", 420)
        body = label(WORDS, "caption", 12, wrap=True)
        body.setFixedWidth(current().px(388))
        self.rows.addWidget(body)
        self.hide_window = button("Hide the window", primary=True)
        stay = button("Leave it open")
        self.add_buttons(self.hide_window, stay)
        self.hide_window.clicked.connect(self.accept)
        stay.clicked.connect(self.reject)

    def first_focus(self) -> QPushButton:
        return self.hide_window
