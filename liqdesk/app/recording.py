"""Recording without a window: the engine and the terminal, joined. Of Qt, only its core is loaded."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import time
from collections.abc import Sequence
from typing import Final

import msgspec
from PySide6.QtCore import QCoreApplication, QObject, QThread, QTimer, Signal, Slot

from liqdesk import logs
from liqdesk.app.choices import Choices
from liqdesk.app.interrupts import Interrupts
from liqdesk.app.preparing import another, orders_for, prepare, upgrade_notice
from liqdesk.app.status import Printer, recorded, troubles
from liqdesk.app.watching import Watched
from liqdesk.engine.opening import Orders, demo_source, history_file, venue_source
from liqdesk.errors import InputError, LiqdeskError, NoDataError, ProfileError, Refusal, VenueError
from liqdesk.history import History
from liqdesk.history.lock import Lock, LockTakenError
from liqdesk.paths import Profile, prepare_numba_cache
from liqdesk.venues.binance import Binance

log = logging.getLogger(__name__)

MOST_SYMBOLS: Final = 10
STOP_MS: Final = 30_000


def record(choices: Choices, symbols: Sequence[str], minutes: float | None) -> int:
    """Record until asked to end, or for some minutes; returns 0.

    Raises ProfileError where nothing can be kept, InputError for symbols that are none, and, where nothing was recorded, VenueError when
    the venue was why and NoDataError when nothing came.
    """
    prepared = prepare(choices)
    profile = prepared.profile
    if not prepared.writable:
        words = f"The profile {profile.root} cannot be written; nothing can be recorded. Name another --profile."
        raise ProfileError(f"{profile.root} is not writable", words)
    orders = msgspec.structs.replace(orders_for(prepared, choices, record=True), shown=False)
    chosen = tuple(dict.fromkeys(Binance().check_symbol(s) for s in symbols)) or (orders.symbol,)
    if len(chosen) > MOST_SYMBOLS:
        raise InputError(f"{len(chosen)} symbols", f"At most {MOST_SYMBOLS} symbols can be recorded at a time.")
    if orders.demo and len(chosen) > 1:
        raise InputError("several symbols of the demo", "Of the built-in market one symbol can be recorded at a time.")
    with contextlib.ExitStack() as open_:
        open_.callback(_take(profile).release)
        notice = logs.setup(profile.log, choices.verbose)
        open_.callback(logs.close)
        watch = open_.enter_context(Watched(profile.root)).watch
        prepare_numba_cache()
        printer = Printer()
        for sentence in (*prepared.notices, notice):
            if sentence:
                printer.say(sentence)
        orders, history = _history(orders, profile, printer)
        terminal = _Terminal(orders, chosen, history, printer)
        watch.running = True
        return terminal.run(minutes)


def _take(profile: Profile) -> Lock:
    try:
        return Lock(profile.lock, profile.settings)
    except LockTakenError as e:
        words = f"{another(profile)}: nothing is recorded. Close it, or name another --profile."
        raise ProfileError(str(e), words) from e
    except OSError as e:
        words = f"The profile {profile.root} cannot be locked ({e.strerror}): nothing is recorded."
        raise ProfileError(str(e), words) from e


def _history(orders: Orders, profile: Profile, printer: Printer) -> tuple[Orders, History]:
    """Open the history that the source's data belong in; each simulated market has one of its own."""
    source = venue_source(orders.endpoints)
    if orders.demo:
        start = dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat()
        orders = msgspec.structs.replace(orders, demo_start=start)
        source = demo_source(orders)
        source = msgspec.structs.replace(source, host=f"{source.host} {orders.demo_seed} {start}")
    path, origin = history_file(source, profile.root)
    if notice := upgrade_notice(path):
        printer.say(notice)
    history = History.open(path, profile.lock, origin=origin)
    if history.read_only:
        history.close()
        raise ProfileError(f"{path} is read-only: {history.notice}", f"Nothing is recorded. {history.notice}")
    return orders, history


class _Terminal(QObject):
    """Runs the recording in a thread of its own and says what it reports. Lives in the main thread."""

    _stop = Signal()

    def __init__(self, orders: Orders, symbols: Sequence[str], history: History, printer: Printer) -> None:
        from liqdesk.engine.recording import Recording, Report

        self._application = QCoreApplication.instance() or QCoreApplication(["liqdesk"])
        super().__init__()
        self._printer = printer
        self._last: Report | None = None
        self._error: LiqdeskError | None = None
        self._hopeless = False
        self._timed_out = False
        source = demo_source(orders) if orders.demo else venue_source(orders.endpoints)
        self._thread = QThread()
        self._thread.setObjectName("engine")
        self._recording = Recording(orders, source, symbols, history)
        self._recording.moveToThread(self._thread)
        self._thread.started.connect(self._recording.start)
        self._recording.report.connect(self._show)
        self._recording.failed.connect(self._failed)
        self._recording.ended.connect(self._none_left)
        self._stop.connect(self._recording.stop)
        where = "the built-in market" if orders.demo else orders.endpoints.host
        printer.say(f"Recording {', '.join(symbols)} from {where} into {history.path}.")

    def run(self, minutes: float | None) -> int:
        """Record until something ends it; returns or raises what `record` does."""
        if minutes is not None:
            QTimer.singleShot(int(minutes * 60_000), self, self._time_is_up)
        with Interrupts() as interrupts:
            interrupts.asked.connect(self._end)
            self._thread.start()
            self._application.exec()
            self._stop.emit()
            if not self._thread.wait(STOP_MS):
                log.error("thread engine did not end in %d ms", STOP_MS)
            self._application.processEvents()  # the last report
        return self._result()

    def _result(self) -> int:
        if self._last is not None:
            self._printer.end(self._last, dt.datetime.now(dt.UTC))
        if self._hopeless and self._error is not None:
            raise self._error
        if self._last is not None and recorded(self._last):
            return 0
        sentences = troubles(self._last) if self._last is not None else ()
        if sentences:
            words = f"Nothing was recorded. {' '.join(sentences)}"
            raise VenueError(Refusal.OFFLINE, words, words)
        if self._timed_out:
            raise NoDataError("nothing was recorded", "Nothing was recorded: nothing came in that time.")
        return 0

    @Slot(object)
    def _show(self, report: object) -> None:
        self._last = report  # type: ignore[assignment]
        self._printer.show(report, dt.datetime.now(dt.UTC), time.monotonic())  # type: ignore[arg-type]

    @Slot(object)
    def _failed(self, error: object) -> None:
        """Say why a symbol is not recorded."""
        assert isinstance(error, LiqdeskError)
        self._error = error
        self._printer.say(error.user)

    @Slot()
    def _none_left(self) -> None:
        self._hopeless = True
        self._application.quit()

    @Slot()
    def _time_is_up(self) -> None:
        self._timed_out = True
        self._application.quit()

    @Slot()
    def _end(self) -> None:
        self._application.quit()
