"""The settings, built from their declaration: sections at the left, a search over all of them, one row for each field that has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from PySide6.QtCore import QModelIndex, QStringListModel, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from liqdesk.errors import InputError
from liqdesk.settings import SECTIONS, Row, Settings, declared
from liqdesk.ui.dialogs.card import Card, Hairline, button, label, scrolled
from liqdesk.ui.dialogs.editors import Editor, editor_of
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, current, font

LATER: Final = "Used from the next start."
READ_ONLY: Final = "The profile cannot be written: what is changed here lasts until the window closes."


class Line(QWidget):
    """One row: the label, the editor, and a sentence under it."""

    def __init__(self, row: Row, editor: Editor, unavailable: str = "") -> None:
        super().__init__()
        t = current()
        self.row = row
        self.editor = editor
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, t.px(4), t.px(12), t.px(4))
        outer.setSpacing(t.px(10))
        name = label(row.label, "caption", BODY, MEDIUM)
        name.setFixedWidth(t.px(108 if self.screen().availableGeometry().width() >= t.px(720) else 92))
        name.setMinimumHeight(t.px(28))
        outer.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        right = QVBoxLayout()
        right.setSpacing(t.px(3))
        controls = QHBoxLayout()
        controls.setSpacing(t.px(8))
        help_text = f"{row.help} {LATER}" if row.later else row.help
        for widget in editor.widgets:
            widget.setEnabled(not unavailable)
            widget.setAccessibleDescription(f"{help_text} {unavailable}".strip())
            grows = widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Expanding
            controls.addWidget(widget, 20 if grows else 0)
        controls.addStretch(1)
        right.addLayout(controls)
        right.addWidget(label(help_text, "note", 11, wrap=True))
        if unavailable:
            right.addWidget(label(unavailable, "caption", 11, MEDIUM, wrap=True))
        outer.addLayout(right, 1)

    def matches(self, text: str) -> bool:
        """Return whether a search finds the row: every word in its label, its help or its section."""
        said = f"{self.row.section} {self.row.label} {self.row.help}".lower()
        return all(word in said for word in text.lower().split())


class SettingsDialog(Card):
    """Edits a copy of the settings; `saved(Settings)` when it is accepted."""

    saved = Signal(object)

    def __init__(
        self,
        parent: QWidget | None,
        settings: Settings,
        profile_writable: bool,
        brackets_as_of: str,
        unavailable: Mapping[str, str] | None = None,
    ) -> None:
        """`unavailable` says of a field why it cannot be had."""
        super().__init__(parent, "Settings", 720)
        self._settings = settings
        self._going = False
        self.lines: dict[str, Line] = {}
        self.headings: dict[str, QLabel] = {}
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search the settings")
        self.search.setAccessibleName("search the settings")
        self.search.setFont(font(BODY, MEDIUM))
        self.search.setClearButtonEnabled(False)
        self.nothing = label("No setting says that.", "caption", BODY)
        self.wrong = label("", "alert", 12, SEMIBOLD, wrap=True)
        self._make_lines(settings, unavailable or {})
        self._look(brackets_as_of, profile_writable)
        self.save = button("Save", primary=True)
        cancel = button("Cancel")
        self.defaults = button("Back to defaults")
        self.add_buttons(self.save, cancel, right=self.defaults)
        self.save.clicked.connect(self._save)
        cancel.clicked.connect(self.reject)
        self.defaults.clicked.connect(self._back_to_defaults)
        self.search.textChanged.connect(self._filter)

    def _make_lines(self, settings: Settings, unavailable: Mapping[str, str]) -> None:
        for name, field in declared().items():
            if isinstance(field.shown, Row):
                editor = editor_of(field)
                editor.put(getattr(settings, name))
                self.lines[name] = Line(field.shown, editor, unavailable.get(name, ""))

    @property
    def sections(self) -> tuple[str, ...]:
        """Return the sections that have rows, in order."""
        used = {line.row.section for line in self.lines.values()}
        return tuple(one for one in SECTIONS if one in used)

    def _look(self, brackets_as_of: str, profile_writable: bool) -> None:
        t = current()
        if not profile_writable:
            self.rows.addWidget(label(READ_ONLY, "caption", BODY, MEDIUM, wrap=True))
        self.rows.addWidget(self.search)
        middle = QHBoxLayout()
        middle.setSpacing(t.px(14))
        self.contents = QListView()
        self.contents.setModel(QStringListModel(list(self.sections), self.contents))
        self.contents.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.contents.setFont(font(BODY, MEDIUM))
        self.contents.setProperty("role", "contents")
        self.contents.setFixedWidth(t.px(132))
        self.contents.setAccessibleName("sections")
        self.contents.setCurrentIndex(self.contents.model().index(0, 0))
        self.contents.selectionModel().currentChanged.connect(self._go)
        middle.addWidget(self.contents)
        self.contents.setVisible(
            self.screen().availableGeometry().width() >= t.px(720)
        )  # the search is enough where room is short
        self.area = self._rows_area()
        self.area.verticalScrollBar().valueChanged.connect(self._follow_scroll)
        middle.addWidget(self.area, 1)
        self.rows.addLayout(middle)
        self.rows.addWidget(Hairline())
        self.rows.addWidget(label(f"Margin brackets of {brackets_as_of}.", "note", 11, wrap=True))
        self.rows.addWidget(self.wrong)
        self.wrong.hide()

    def _rows_area(self) -> QScrollArea:
        t = current()
        inside = QWidget()
        column = self._column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(t.px(2))
        for section in self.sections:
            heading = self.headings[section] = label(section, "", 13, SEMIBOLD)
            heading.setContentsMargins(0, 0 if section == self.sections[0] else t.px(12), 0, t.px(2))
            column.addWidget(heading)
            for line in self.lines.values():
                if line.row.section == section:
                    column.addWidget(line)
        column.addWidget(self.nothing)
        self.nothing.hide()
        column.addStretch(1)
        area = scrolled(inside)
        room = self.screen().availableGeometry().height() - t.px(270)
        area.setFixedHeight(max(t.px(120), min(t.px(420), room)))
        return area

    def first_focus(self) -> QWidget:
        return self.search

    @Slot(str)
    def _filter(self, text: str) -> None:
        """Leave the rows that a search finds, with the headings over them."""
        found: set[str] = set()
        for line in self.lines.values():
            match = line.matches(text)
            line.setVisible(match)
            if match:
                found.add(line.row.section)
        for section, heading in self.headings.items():
            heading.setVisible(section in found)
        self.nothing.setVisible(not found)

    @Slot(QModelIndex, QModelIndex)
    def _go(self, index: QModelIndex, _before: QModelIndex) -> None:
        """Bring a section to the top."""
        if self._going:
            return
        self._going = True
        self.search.clear()
        self._column.activate()
        self.area.verticalScrollBar().setValue(self.headings[self.sections[index.row()]].y())
        self._going = False

    @Slot(int)
    def _follow_scroll(self, top: int) -> None:
        """Choose the section whose rows are at the top, at the end of the rows the last one."""
        bar = self.area.verticalScrollBar()
        passed = [i for i, one in enumerate(self.sections) if self.headings[one].y() <= top + current().px(20)]
        at = len(self.sections) - 1 if top and top == bar.maximum() else max(passed, default=0)
        if at != self.contents.currentIndex().row() and not self._going:
            self._going = True
            self.contents.setCurrentIndex(self.contents.model().index(at, 0))
            self._going = False

    @Slot()
    def _back_to_defaults(self) -> None:
        plain = Settings()
        for name, line in self.lines.items():
            line.editor.put(getattr(plain, name))

    def settings(self) -> Settings | str:
        """Return the settings as typed, or the sentence on what is wrong."""
        from liqdesk.net.latest import checked
        from liqdesk.venues.binance.endpoints import endpoints

        typed: dict[str, object] = {}
        name = ""
        try:
            for name, line in self.lines.items():
                typed[name] = line.editor.value()
            name = "update_url"
            typed[name] = checked(str(typed[name])) if typed[name] else ""
            name = "rest_url"
            venue = endpoints(str(typed["rest_url"]), str(typed["stream_url"]))
        except InputError as e:
            self._point_at(self.lines[name])
            return e.user
        typed |= {"rest_url": venue.rest, "stream_url": venue.stream}
        return msgspec.structs.replace(self._settings, **typed)

    def _point_at(self, line: Line) -> None:
        if self.isVisible():
            self.search.clear()
            self.area.ensureWidgetVisible(line)
            line.editor.widgets[0].setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _save(self) -> None:
        made = self.settings()
        if isinstance(made, str):
            self.wrong.setText(made)
            self.wrong.show()
            self.fit()
            return
        self.saved.emit(made)
        self.accept()
