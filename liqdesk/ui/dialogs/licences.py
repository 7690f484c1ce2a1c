"""The licences of everything in the program: a list that can be searched, and the text of each in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QObject, QStringListModel, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListView, QVBoxLayout, QWidget

from liqdesk.ui.dialogs.card import Card, label
from liqdesk.ui.dialogs.texts import TextView
from liqdesk.ui.theme import BODY, MEDIUM, REGULAR, SEMIBOLD, SMALL, current, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from liqdesk.about.works import Work

WALKING: Final = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)
NOTHING: Final = "No work, licence or text says that."


def found(works: Sequence[Work], text: str) -> list[Work]:
    """Return the works that a search finds: by name, version, licence or larger work; where there are none, by the words as they
    stand in their texts."""
    words = text.lower().split()
    named = [w for w in works if all(x in f"{w.name} {w.version} {w.licence} {w.part_of}".lower() for x in words)]
    return named or [w for w in works if " ".join(words) in w.text.lower()]


class LicencesCard(Card):
    """All works at the left, the one chosen at the right."""

    def __init__(self, parent: QWidget | None, works: Sequence[Work], trouble: str = "") -> None:
        """trouble: the sentence on why there is no list."""
        super().__init__(parent, "Licences of everything in liqdesk", 900)
        t = current()
        self._works = list(works)
        self._shown: list[Work] = []
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search names, licences, texts")
        self.search.setAccessibleName("search the licences")
        self.search.setFont(font(BODY, MEDIUM))
        self.count = label("", "note", SMALL)
        self.contents = QListView()
        self.contents.setModel(QStringListModel([], self.contents))
        self.contents.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.contents.setFont(font(BODY, REGULAR))
        self.contents.setProperty("role", "contents")
        self.contents.setUniformItemSizes(True)
        self.contents.setAccessibleName("works")
        self.name = label("", "", 13, SEMIBOLD)
        self.terms = label("", "caption", SMALL, wrap=True)
        self.text = TextView("licence")
        left = QVBoxLayout()
        left.setSpacing(t.px(8))
        for part in (self.search, self.contents, self.count):
            part.setFixedWidth(t.px(250))
            left.addWidget(part)
        right = QVBoxLayout()
        right.setSpacing(t.px(4))
        right.addWidget(self.name)
        right.addWidget(self.terms)
        right.addSpacing(t.px(4))
        right.addWidget(self.text, 1)
        row = QHBoxLayout()
        row.setSpacing(t.px(14))
        row.addLayout(left)
        row.addLayout(right, 1)
        self.rows.addLayout(row)
        tall = parent.window().height() if parent is not None else t.px(700)
        self.text.setMinimumHeight(max(t.px(200), min(t.px(620), tall - t.px(210))))
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.contents.selectionModel().currentChanged.connect(self._choose)
        self._filter("")
        if trouble:
            self.text.setPlainText(trouble)

    @property
    def shown(self) -> tuple[Work, ...]:
        """Return the works in the list."""
        return tuple(self._shown)

    def first_focus(self) -> QWidget:
        return self.search

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrows walk through the list while the search has the keyboard."""
        if watched is self.search and isinstance(event, QKeyEvent) and event.key() in WALKING:
            if event.type() == QEvent.Type.KeyPress:
                QCoreApplication.sendEvent(self.contents, event)
            return True
        return super().eventFilter(watched, event)

    @Slot(str)
    def _filter(self, text: str) -> None:
        self._shown = found(self._works, text)
        model = self.contents.model()
        assert isinstance(model, QStringListModel)
        model.setStringList([f"{w.name} {w.version}".strip() for w in self._shown])
        self.count.setText(f"{len(self._shown)} of {len(self._works)} works")
        if self._shown:
            self.contents.setCurrentIndex(model.index(0, 0))
            self._read(self._shown[0])
        else:
            self.name.setText("")
            self.terms.setText("")
            self.text.setPlainText(NOTHING)

    @Slot(QModelIndex, QModelIndex)
    def _choose(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid():
            self._read(self._shown[index.row()])

    def _read(self, work: Work) -> None:
        part = f"part of {work.part_of}" if work.part_of else ""
        self.name.setText(f"{work.name} {work.version}".strip())
        self.terms.setText(" · ".join(x for x in (work.licence, part, work.home) if x))
        self.text.setPlainText(work.text)
