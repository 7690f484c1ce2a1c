"""Two small cards: one asks for a name, one asks whether something is meant."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from liqdesk.errors import LiqdeskError
from liqdesk.ui.dialogs.card import Card, button, label
from liqdesk.ui.theme import SMALL


class NamingCard(Card):
    """Asks for a name and gives it to `call`, whose LiqdeskError is said under the field."""

    def __init__(self, parent: QWidget, title: str, words: str, name: str, call: Callable[[str], None]) -> None:
        super().__init__(parent, title, 360)
        self._call = call
        self.field = QLineEdit(name)
        self.field.setAccessibleName("name")
        self.field.selectAll()
        self.rows.addWidget(self.field)
        self.trouble = label("", "note", SMALL, wrap=True)
        self.trouble.hide()
        self.rows.addWidget(self.trouble)
        self.yes = button(words, primary=True)
        self.yes.clicked.connect(self._say)
        cancel = button("Cancel")
        cancel.clicked.connect(self.reject)
        self.field.returnPressed.connect(self._say)
        self.field.textEdited.connect(self._edited)
        self.add_buttons(self.yes, cancel)

    def first_focus(self) -> QWidget:
        return self.field

    @Slot()
    def _edited(self) -> None:
        self.trouble.hide()
        self._mark(False)

    @Slot()
    def _say(self) -> None:
        try:
            self._call(self.field.text())
        except LiqdeskError as e:
            self.trouble.setText(e.user)
            self.trouble.show()
            self._mark(True)
            self.fit()
            return
        self.accept()

    def _mark(self, invalid: bool) -> None:
        self.field.setProperty("invalid", "true" if invalid else "false")
        self.field.style().unpolish(self.field)
        self.field.style().polish(self.field)


class SureCard(Card):
    """Says what is about to happen; accepted when it is meant."""

    def __init__(self, parent: QWidget, title: str, words: str, yes: str) -> None:
        super().__init__(parent, title, 360)
        self.rows.addWidget(label(words, "caption", wrap=True))
        self.yes = button(yes, primary=True)
        self.yes.clicked.connect(self.accept)
        cancel = button("Cancel")
        cancel.clicked.connect(self.reject)
        self.add_buttons(self.yes, cancel)

    def first_focus(self) -> QWidget:
        return self.yes
