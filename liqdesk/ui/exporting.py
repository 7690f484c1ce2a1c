"""The export of what the window shows or holds: gathered in the GUI thread, written in a thread of its own."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QObject, QThread, Signal, Slot

from liqdesk.errors import LiqdeskError
from liqdesk.ui import present

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.exports import Format, Sheet
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.dialogs.export import ExportDialog
    from liqdesk.ui.window import Window

log = logging.getLogger(__name__)

SHORT: Final = {"map": "map", "zones": "zones", "forced": "forced", "bars": "candles"}
JOIN_MS: Final = 10_000


class Wish(msgspec.Struct, frozen=True):
    """What is to be written: map, zones, forced or bars; of the view or of all that is held; as what; into which folder."""

    what: str
    whole: bool
    form: str
    folder: Path


def file_name(frame: Frame, wish: Wish) -> str:
    """Return a file's name: contract, what it is, what is not live about it, and the venue's time."""
    symbol = "".join(c for c in frame.instrument.symbol if c.isalnum() or c in "_-") or "contract"
    kind = "" if frame.source.kind == "live" else f"-{frame.source.kind.value}"
    return f"liqdesk-{symbol}-{SHORT[wish.what]}{kind}-{present.local(frame.venue_ms, 'UTC'):%Y%m%d-%H%M%S}.{wish.form}"


def free_name(folder: Path, name: str) -> Path:
    """Return a path beside the files that are there already."""
    path = folder / name
    for n in range(2, 1_000):
        if not path.exists():
            break
        path = folder / f"{Path(name).stem}-{n}{path.suffix}"
    return path


def sheet_of(window: Window, wish: Wish) -> Sheet:
    """Return the sheet of a wish. Raises LiqdeskError with a sentence where there is nothing to write."""
    from liqdesk.engine.exporting import map_of, origin_of, zones_of
    from liqdesk.exports import bars_sheet, forced_sheet

    frame, chart = window.frame, window.chart
    if frame is None or chart is None:
        raise LiqdeskError("nothing to export yet", "There is nothing to export yet: the market is still loading.")
    lens = chart.state.lens
    from_ms, to_ms = (0, 2**62) if wish.whole else (math.floor(lens.t0), math.ceil(lens.t1))
    if wish.what == "zones":
        return zones_of(frame)
    if wish.what == "forced":
        orders = [o for o in window.column.tape.content.mine if from_ms <= o.time_ms < to_ms]
        return forced_sheet(sorted(orders, key=lambda o: o.time_ms), origin_of(frame))
    if wish.what == "bars":
        span = chart.state.settings.candle_ms
        return bars_sheet(chart.series.book.series(span, from_ms, to_ms), span, origin_of(frame))
    grid = window.grid
    if grid is None or frame.now is None:
        raise LiqdeskError("no map yet", "There is no map yet: it is still loading.")
    if wish.whole:
        from liqdesk.exports.tables import oldest

        from_ms, to_ms = min(oldest(grid), frame.venue_ms), frame.venue_ms + 1
    return map_of(frame, grid, from_ms, to_ms)


class ExportThread(QThread):
    """Writes one sheet; then either `path` and `rows` are set, or `error` says what a user can read, or both are empty: it was stopped."""

    told = Signal(int, int)

    def __init__(self, sheet: Sheet, path: Path, form: Format) -> None:
        super().__init__()
        self.setObjectName("export")
        self._sheet, self._path, self._form = sheet, path, form
        self.path: Path | None = None
        self.rows = 0
        self.error = ""

    def run(self) -> None:
        from liqdesk.exports import Cancelled, write

        try:
            self.rows = write(self._sheet, self._path, self._form, self.told.emit, self.isInterruptionRequested)
            self.path = self._path
        except Cancelled:
            return
        except LiqdeskError as e:
            log.info("the export ended: %s", e)
            self.error = e.user
        except Exception:
            log.exception("the export failed")
            self.error = "The export failed; the log says how. Nothing was written."


class Exporting(QObject):
    """Exports from one window."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self._dialog: ExportDialog | None = None
        self._thread: ExportThread | None = None
        self._folder: Path | None = None
        act.learn("export", self.show)

    @Slot()
    def show(self) -> None:
        """Ask what is to be written."""
        from liqdesk.engine.exporting import source_words
        from liqdesk.ui.dialogs.export import ExportDialog
        from liqdesk.ui.picture import documents_folder

        frame = self._window.frame
        origin = source_words(frame.source) if frame is not None else "where the data come from"
        dialog = self._dialog = ExportDialog(self._window, self._folder or documents_folder(), origin)
        dialog.wanted.connect(self._start)
        dialog.cancelled.connect(self._stop)
        self._act.open_card(dialog)

    @Slot(object)
    def _start(self, wish: object) -> None:
        from liqdesk.exports import Format

        assert isinstance(wish, Wish)
        dialog, frame = self._dialog, self._window.frame
        if dialog is None or self._thread is not None:
            return
        try:
            sheet = sheet_of(self._window, wish)
        except LiqdeskError as e:
            dialog.fail(e.user)
            return
        assert frame is not None
        self._folder = wish.folder
        path = free_name(wish.folder, file_name(frame, wish))
        thread = self._thread = ExportThread(sheet, path, Format(wish.form))
        thread.told.connect(dialog.show_progress)
        thread.finished.connect(self._ended)
        dialog.run(True)
        thread.start()

    @Slot()
    def _stop(self) -> None:
        if self._thread is not None:
            self._thread.requestInterruption()

    @Slot()
    def _ended(self) -> None:
        thread, dialog = self._thread, self._dialog
        self._thread = None
        if thread is None:
            return
        thread.wait()
        open_ = dialog is not None and self._act.dialog is dialog
        if open_ and dialog is not None:
            dialog.run(False)
        if thread.path is not None:
            if open_ and dialog is not None:
                dialog.accept()
            self._act.say(f"{thread.rows:,} rows exported", str(thread.path))
        elif thread.error and open_ and dialog is not None:
            dialog.fail(thread.error)
        elif thread.error:
            self._act.say("Nothing was exported", thread.error)
        thread.deleteLater()

    def close(self) -> None:
        """End what is being written; nothing is left of it."""
        if self._thread is not None:
            self._thread.requestInterruption()
            if not self._thread.wait(JOIN_MS):
                log.error("thread export did not end in %d ms", JOIN_MS)
