"""The reports of crashes that are kept on this machine: to be read, copied, and forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QStringListModel, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QListView, QWidget

from liqdesk.ui import present
from liqdesk.ui.dialogs.card import Card, button, label
from liqdesk.ui.dialogs.texts import TextView, open_page, show_folder
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, SMALL, current, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from liqdesk.crash.reports import Report

PROMISE: Final = (
    "Nothing was sent, and nothing is: what you copy is yours to give. Positions, sizes, prices of alerts and lines, passwords, tokens and "
    "names of persons and machines were taken out; names of contracts stay. Read it before you give it to anyone."
)
NONE: Final = "No crash of liqdesk is on record in this profile."
NO_ISSUES: Final = "This build knows no address for bug reports."


class CrashCard(Card):
    """A report with the others beside it."""

    def __init__(self, parent: QWidget | None, reports: Sequence[Report], issues: str, zone: str) -> None:
        """issues: the page that takes bug reports, "" where none is known."""
        super().__init__(parent, "Crash reports", 860 if reports else 420)
        t = current()
        self._reports = list(reports)
        self._issues = issues
        self._zone = zone
        self._at = 0
        self.headline = label("", "", 13, SEMIBOLD, wrap=True)
        self.said = label("", "caption", BODY, MEDIUM, wrap=True)
        self.said.hide()
        self.rows.addWidget(self.headline)
        self.contents = QListView()
        self.contents.setModel(QStringListModel([], self.contents))
        self.contents.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.contents.setFont(font(BODY, MEDIUM))
        self.contents.setProperty("role", "contents")
        self.contents.setFixedWidth(t.px(176))
        self.contents.setAccessibleName("reports")
        self.text = TextView("report")
        tall = parent.window().height() if parent is not None else t.px(700)
        self.text.setMinimumHeight(max(t.px(200), min(t.px(460), tall - t.px(260))))
        self._middle = QWidget()
        row = QHBoxLayout(self._middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(t.px(12))
        row.addWidget(self.contents)
        row.addWidget(self.text, 1)
        self.rows.addWidget(self._middle)
        self.promise = label(PROMISE if issues else f"{PROMISE} {NO_ISSUES}", "note", SMALL, wrap=True)
        self.rows.addWidget(self.promise)
        self.rows.addWidget(self.said)
        self.copy = button("Copy the report", primary=True)
        self.page = button("Open the issue page")
        self.folder = button("Show the file")
        self.drop = button("Forget it")
        self.page.setToolTip(f"{issues} in your browser; paste the report there yourself")
        self.add_buttons(self.copy, self.page, self.folder, right=self.drop)
        self.copy.clicked.connect(self._copy)
        self.page.clicked.connect(self._open_page)
        self.folder.clicked.connect(self._show_file)
        self.drop.clicked.connect(self._forget)
        self.contents.selectionModel().currentChanged.connect(self._choose)
        self._list()

    @property
    def shown(self) -> Report | None:
        """Return the report that is read."""
        return self._reports[self._at] if self._at < len(self._reports) else None

    def first_focus(self) -> QWidget:
        return self.copy if self._reports else self

    def _list(self) -> None:
        """Show what is there, or that nothing is."""
        model = self.contents.model()
        assert isinstance(model, QStringListModel)
        model.setStringList([present.stamp(round(one.time_s * 1000), self._zone) for one in self._reports])
        any_ = bool(self._reports)
        for part in (self._middle, self.promise, self.copy, self.page, self.folder, self.drop):
            part.setVisible(any_)
        self.page.setVisible(any_ and bool(self._issues))
        self.contents.setVisible(len(self._reports) > 1)
        self._at = min(self._at, max(0, len(self._reports) - 1))
        if not any_:
            self.headline.setText(NONE)
            return
        self.contents.setCurrentIndex(model.index(self._at, 0))
        self._read()

    def _read(self) -> None:
        report = self.shown
        if report is None:
            return
        when = present.stamp(round(report.time_s * 1000), self._zone)
        then = "liqdesk went on" if report.went_on else "liqdesk ended"
        self.headline.setText(f"{report.what[0].upper()}{report.what[1:]}, {when}; {then}")
        try:
            self.text.setPlainText(report.text())
        except OSError as e:
            self.text.setPlainText(f"The report cannot be read ({e.strerror}).")

    @Slot(QModelIndex, QModelIndex)
    def _choose(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid() and index.row() != self._at:
            self._at = index.row()
            self._read()

    def _say(self, words: str) -> None:
        self.said.setText(words)
        self.said.show()
        self.fit()

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self._say("Copied.")

    @Slot()
    def _open_page(self) -> None:
        if not open_page(self._issues):
            self._say(f"No browser opened {self._issues}.")

    @Slot()
    def _show_file(self) -> None:
        report = self.shown
        if report is not None and not show_folder(report.path):
            self._say(f"Nothing here shows folders. The file is {report.path}")

    @Slot()
    def _forget(self) -> None:
        from liqdesk.crash.reports import forget

        report = self.shown
        if report is None:
            return
        try:
            forget(report)
        except OSError as e:
            self._say(f"The report could not be deleted ({e.strerror}).")
            return
        self._reports.remove(report)
        self._list()
        self._say("Forgotten.")
