"""A card that asks for a least amount in USD."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from liqdesk.settings import is_sensible
from liqdesk.ui.dialogs.card import Card, button, label
from liqdesk.ui.dialogs.fields import NumberField, plain


class LeastCard(Card):
    """Takes one amount; `chosen(float)` USD when it is accepted."""

    chosen = Signal(float)

    def __init__(self, parent: QWidget | None, title: str, words: str, usd: float) -> None:
        super().__init__(parent, title, 320)
        self.field = NumberField("USD", plain(usd), 130)
        self.field.setAccessibleName(words)
        self.wrong = label("", "note")
        self.wrong.hide()
        self.rows.addLayout(self.field_row(words, self.field))
        self.rows.addWidget(self.wrong)
        use, cancel = button("Use", primary=True), button("Cancel")
        self.add_buttons(use, cancel)
        use.clicked.connect(self._use)
        cancel.clicked.connect(self.reject)
        self.field.returnPressed.connect(self._use)

    def first_focus(self) -> QWidget:
        self.field.selectAll()
        return self.field

    @Slot()
    def _use(self) -> None:
        usd = self.field.number()
        good = usd is not None and is_sensible("bubble_min_usd", usd)
        self.field.mark(not good)
        self.wrong.setVisible(not good)
        if usd is None or not good:
            self.wrong.setText("An amount in USD, such as 250K; 0 shows all.")
            self.fit()
            return
        self.chosen.emit(usd)
        self.accept()
