"""The export command: what the history holds, or what the map makes of it, into a file that pandas opens."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QCoreApplication, QObject, Slot

from liqdesk.app import progress
from liqdesk.app.choices import Choices
from liqdesk.app.interrupts import Interrupts
from liqdesk.app.preparing import need_history, orders_for, prepare
from liqdesk.errors import InputError, NoDataError, ProfileError
from liqdesk.exports import Format, Origin, Sheet, bars_sheet, forced_sheet, has_parquet, write
from liqdesk.exports.writing import no_parquet
from liqdesk.market import DAY_MS
from liqdesk.paths import prepare_numba_cache

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.engine.opening import Orders
    from liqdesk.history import History
    from liqdesk.model import DensityGrid

WHAT: Final = ("map", "zones", "forced", "bars")
RECORDED: Final = "HISTORY: Binance data as recorded or imported, not live"
PATIENCE_S: Final = 600.0
FAR_MS: Final = 4_102_444_800_000  # the year 2100


class Wanted(msgspec.Struct, frozen=True):
    """What is to be written where; times are venue ms, half open, None for all there is."""

    what: str
    out: Path
    from_ms: int | None = None
    to_ms: int | None = None
    span_ms: int = 60_000


def export(choices: Choices, wanted: Wanted) -> int:
    """Write the file and say how many rows it has. Raises InputError, NoDataError or ProfileError with a sentence."""
    form = _format_of(wanted.out)
    prepared = prepare(choices)
    path = need_history(prepared.profile)
    orders = orders_for(prepared, choices, record=False)
    if wanted.what in ("forced", "bars"):
        from liqdesk.history import History

        history = History.open(path, prepared.profile.lock, origin="binance", read_only=True)
        try:
            sheet = _kept(history, orders.symbol, wanted)
        finally:
            history.close()
        return _write(sheet, wanted.out, form)
    prepare_numba_cache()
    orders = msgspec.structs.replace(orders, from_history=True, history_to_ms=wanted.to_ms)
    return _write(_computed(orders, wanted), wanted.out, form)


def _format_of(out: Path) -> Format:
    try:
        form = Format(out.suffix.lower().removeprefix("."))
    except ValueError as e:
        raise InputError(f"export to {out}", f"“{out}” must end in .csv or .parquet.") from e
    if form is Format.PARQUET and not has_parquet():
        raise InputError("no pyarrow", no_parquet())
    if not out.absolute().parent.is_dir():
        raise InputError(f"no folder for {out}", f"The folder of {out} does not exist.")
    if out.is_dir():
        raise InputError(f"{out} is a folder", f"{out} is a folder, not a file.")
    return form


def _kept(history: History, symbol: str, wanted: Wanted) -> Sheet:
    """Return what the history holds as it is."""
    from_ms, to_ms = wanted.from_ms or 0, FAR_MS if wanted.to_ms is None else wanted.to_ms
    if wanted.what == "forced":
        orders = history.forced(symbol, from_ms, to_ms)
        newest = orders[-1].time_ms if orders else 0
        sheet = forced_sheet(orders, _origin(symbol, newest))
    else:
        rows = history.bars(symbol, wanted.span_ms, False, from_ms, to_ms)
        newest = int(rows["t"][-1]) + wanted.span_ms if len(rows) else 0
        sheet = bars_sheet(rows, wanted.span_ms, _origin(symbol, newest))
    if history.notice and not newest:
        raise ProfileError(history.notice, history.notice)
    if not newest:
        kind = "forced orders" if wanted.what == "forced" else "candles of that length"
        raise NoDataError(f"no {wanted.what} of {symbol}", f"The history holds no {kind} of {symbol} in that range.")
    return sheet


def _origin(symbol: str, newest_ms: int) -> Origin:
    return Origin(symbol, "Binance USDⓈ-M", RECORDED, "", newest_ms, None)


def _computed(orders: Orders, wanted: Wanted) -> Sheet:
    """Return what the map makes of the history, computed by the engine without a window."""
    from liqdesk.engine.exporting import map_of, zones_of

    frame, grid = _Reader(orders).read()
    if wanted.what == "zones":
        return zones_of(frame)
    end = frame.venue_ms if wanted.to_ms is None else min(wanted.to_ms, frame.venue_ms)
    start = end - 32 * DAY_MS if wanted.from_ms is None else wanted.from_ms
    if start >= end:
        raise NoDataError("an empty range", "The history ends before that range begins.")
    return map_of(frame, grid, start, end)


class _Reader(QObject):
    """Runs the engine over the history until its map is whole."""

    def __init__(self, orders: Orders) -> None:
        from liqdesk.engine.host import Host

        self._application = QCoreApplication.instance() or QCoreApplication(["liqdesk"])
        super().__init__()
        self._frame: Frame | None = None
        self._grid: DensityGrid | None = None
        self._host = Host(orders)
        self._host.grid.connect(self._take_grid)
        self._host.frame.connect(self._take)

    def read(self) -> tuple[Frame, DensityGrid]:
        """Return the last frame and the grid. Raises NoDataError where the history makes no map."""
        deadline = time.monotonic() + PATIENCE_S
        with Interrupts() as interrupts:
            self._host.start()
            try:
                while not self._whole and interrupts.number is None and time.monotonic() < deadline:
                    self._application.processEvents()
                    time.sleep(0.005)
            finally:
                self._host.stop()
                progress.done()
        if interrupts.number is not None:
            raise KeyboardInterrupt
        frame = self._frame
        if frame is None or frame.now is None or self._grid is None:
            words = frame.connection.sentence if frame is not None else ""
            raise NoDataError("no map of the history", words or "The history makes no map.")
        return frame, self._grid

    @property
    def _whole(self) -> bool:
        frame = self._frame
        return frame is not None and frame.connection.health == "ended" and frame.progress is None

    @Slot(object)
    def _take_grid(self, grid: object) -> None:
        self._grid = grid  # type: ignore[assignment]

    @Slot(object)
    def _take(self, frame: object) -> None:
        self._frame = frame  # type: ignore[assignment]
        if self._frame is not None and self._frame.progress is not None:
            p = self._frame.progress
            progress.say(f"{p.text}: {p.done:,} of {p.total:,}")
        self._host.taken()


def _write(sheet: Sheet, out: Path, form: Format) -> int:
    def say(done: int, expected: int) -> None:
        progress.say(f"{sheet.what}: {done:,} of {expected:,} parts")

    try:
        rows = write(sheet, out, form, say)
    finally:
        progress.done()
    beside = f" What the columns are stands in {out.name}.json." if form is Format.CSV else ""
    sys.stdout.write(f"{rows:,} rows of {sheet.origin.symbol} {sheet.what} written to {out}.{beside}\n")
    return 0
