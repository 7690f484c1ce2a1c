"""The export: what, of which range, as which file, into which folder; while it is written, how far it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFileDialog, QProgressBar, QWidget

from liqdesk.exports import has_parquet
from liqdesk.exports.writing import no_parquet
from liqdesk.ui.dialogs.card import Card, button, label
from liqdesk.ui.dialogs.editors import line
from liqdesk.ui.exporting import Wish
from liqdesk.ui.segments import Choice, Segments
from liqdesk.ui.theme import current

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

ABOUT: Final = {
    "map": "Estimated USD per 10 bp, by side and leverage class, one row for each cell of time and price that is not empty.",
    "zones": "The zones of this moment with their bands and odds. They are not kept over time.",
    "forced": "The printed liquidations of this contract that the window holds: a floor, at most one per second.",
    "bars": "The candles of the length that is shown.",
}


class ExportDialog(Card):
    """`wanted(Wish)` when it shall be written, `cancelled()` when that shall end."""

    wanted = Signal(object)
    cancelled = Signal()

    def __init__(self, parent: QWidget | None, folder: Path, origin: str) -> None:
        """`origin` is how the file will name the source of the data."""
        super().__init__(parent, "Export", 520)
        self.what = Segments(
            [
                Choice("map", "Map"),
                Choice("zones", "Zones"),
                Choice("forced", "Forced orders"),
                Choice("bars", "Candles"),
            ],
            "map",
        )
        self.what.setAccessibleName("what to export")
        self.range = Segments([Choice(False, "as in view"), Choice(True, "all that is held")], False)
        self.range.setAccessibleName("range of time")
        self.form = Segments([Choice("csv", "CSV"), Choice("parquet", "Parquet")], "csv")
        self.form.setAccessibleName("form of the file")
        self.form.setEnabled(has_parquet())
        self.folder = line(str(folder), 300, "folder")
        self.browse = button("Choose…")
        self.browse.setAccessibleName("choose a folder")
        self.about = label("", "note", 11, wrap=True)
        self.sentence = label("", "alert", 12, 600, wrap=True)
        self.sentence.hide()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("progress")
        self.bar.hide()
        self._compose(origin)
        self.save = button("Export", primary=True)
        self.cancel = button("Cancel")
        self.add_buttons(self.save, self.cancel)
        self._running = False
        self.what.chosen.connect(self._explain)
        self.browse.clicked.connect(self._choose_folder)
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.reject)
        self._explain()

    def _compose(self, origin: str) -> None:
        rows = self.rows
        rows.addLayout(self.field_row("What", self.what))
        rows.addWidget(self.about)
        rows.addLayout(self.field_row("Range", self.range))
        rows.addLayout(self.field_row("File", self.form))
        if not has_parquet():
            rows.addWidget(label(no_parquet(), "note", 11, wrap=True))
        rows.addLayout(self.field_row("Folder", self.folder, self.browse))
        rows.addWidget(
            label(
                f"Every row will say: {origin}. Times are UTC; the unit is in each column's name.",
                "note",
                11,
                wrap=True,
            )
        )
        rows.addWidget(self.bar)
        rows.addWidget(self.sentence)
        self.about.setMinimumHeight(current().px(30))

    @property
    def wish(self) -> Wish:
        """Return what is asked for."""
        whole = bool(self.range.value)
        return Wish(str(self.what.value), whole, str(self.form.value), Path(self.folder.text().strip()).expanduser())

    @Slot()
    def _explain(self) -> None:
        what = str(self.what.value)
        self.about.setText(ABOUT[what])
        self.range.setEnabled(what != "zones" and not self._running)

    @Slot()
    def _choose_folder(self) -> None:
        asked = QFileDialog(self, "Folder for exported files", self.folder.text())
        asked.setFileMode(QFileDialog.FileMode.Directory)
        asked.setOption(QFileDialog.Option.ShowDirsOnly)
        asked.fileSelected.connect(self.folder.setText)
        asked.finished.connect(asked.deleteLater)
        asked.open()

    @Slot()
    def _save(self) -> None:
        folder = self.wish.folder
        if not folder.is_dir():
            self.fail(f"There is no folder {folder}.")
            return
        self.sentence.hide()
        self.wanted.emit(self.wish)

    def run(self, running: bool) -> None:
        """Show that a file is being written, or not any more."""
        self._running = running
        self.bar.setRange(0, 0)
        self.bar.setVisible(running)
        for widget in (self.what, self.folder, self.browse, self.save):
            widget.setEnabled(not running)
        self.form.setEnabled(not running and has_parquet())
        self._explain()
        self.cancel.setText("Stop" if running else "Cancel")
        self.fit()

    @Slot(int, int)
    def show_progress(self, done: int, expected: int) -> None:
        self.bar.setRange(0, max(1, expected))
        self.bar.setValue(done)

    def fail(self, sentence: str) -> None:
        """Say why nothing was written."""
        self.sentence.setText(sentence)
        self.sentence.show()
        self.fit()

    def reject(self) -> None:
        if self._running:
            self.cancelled.emit()
            return
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.cancelled.emit()
        super().closeEvent(event)
