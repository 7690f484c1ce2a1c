"""A recording without a window: sessions of one or several symbols that share a history, and what is said of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from liqdesk.alerts import AlertBook
from liqdesk.engine.connection import connection_of
from liqdesk.engine.frames import Health, Source
from liqdesk.engine.listening import Listening
from liqdesk.engine.opening import Orders
from liqdesk.engine.run import Run
from liqdesk.errors import InputError, LiqdeskError, Refusal, VenueError
from liqdesk.history import EVERY_SYMBOL, History
from liqdesk.model import warm
from liqdesk.venues.binance.brackets import shipped_brackets

BEAT_MS: Final = 15
BUDGET_NS: Final = 40_000_000  # per beat, for all symbols together
REPORT_NS: Final = 1_000_000_000
TRIM_NS: Final = 600_000_000_000
TRIM_MORE_NS: Final = 2_000_000_000


class SymbolReport(msgspec.Struct, frozen=True):
    """One symbol: how old its streams are in venue seconds (None: nothing yet), and a sentence where it is not well."""

    symbol: str
    loaded: bool
    ages_s: Mapping[str, float | None]
    sentence: str
    retry_in_s: float | None


class Report(msgspec.Struct, frozen=True):
    """What a recording says every second. `written` counts rows by kind, `gaps` those of this recording and `gap_ms` how long the
    forced orders of it are missing, `forced_age_s` venue seconds since the last one, of any symbol."""

    symbols: tuple[SymbolReport, ...]
    written: Mapping[str, int]
    forced_age_s: float | None
    gaps: int
    gap_ms: int
    size_bytes: int
    notices: tuple[str, ...]
    garbled: int


class Recording(QObject):
    """Owns the runs and their history. Its methods run in the engine thread.

    It never takes another market than it was told to: what the venue refuses is said, and asked for again. `failed` carries why a symbol
    is given up, which waiting would not mend; `ended` says that none is left.
    """

    report = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, orders: Orders, source: Source, symbols: Sequence[str], history: History) -> None:
        super().__init__()
        self._orders = orders
        self._source = source
        self._history = history
        listening = Listening(source.speed)
        self._runs = [
            Run(
                msgspec.structs.replace(orders, symbol=symbol),
                source,
                orders.endpoints,
                symbol,
                AlertBook(()),
                history,
                shipped_brackets(),
                None,
                listening,
            )
            for symbol in symbols
        ]
        self._began_ms = 0
        self._next_report_ns = 0
        self._next_trim_ns = 0
        self._timer: QTimer | None = None

    @Slot()
    def start(self) -> None:
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self.beat)
        self._timer.start()
        for run in self._runs:
            run.start()
        warm()

    @Slot()
    def stop(self) -> None:
        """End everything; what came is in the file then."""
        if self._timer is not None:
            self._timer.stop()
        now_ns = time.monotonic_ns()
        for run in self._runs:
            run.stop()
        if self._began_ms:
            self.report.emit(self._report(now_ns))
        self._history.close()
        QThread.currentThread().quit()

    @Slot()
    def beat(self) -> None:
        now_ns = time.monotonic_ns()
        for run in self._runs:
            run.beat(now_ns, BUDGET_NS // len(self._runs))
        for run in list(self._runs):
            error = _hopeless(run)
            if error is not None:
                self._runs.remove(run)
                run.stop()
                self.failed.emit(error)
                if not self._runs:
                    self.ended.emit()
        if not self._runs:
            return
        venue_ms = self._runs[0].clock.now_ms(now_ns)
        self._began_ms = self._began_ms or venue_ms
        if now_ns >= self._next_trim_ns and venue_ms:
            trimmed = self._history.trim(self._orders.history_limit_mb, self._orders.history_days, venue_ms)
            self._next_trim_ns = now_ns + (TRIM_MORE_NS if trimmed.more else TRIM_NS)
        if now_ns >= self._next_report_ns:
            self._next_report_ns = now_ns + REPORT_NS
            self.report.emit(self._report(now_ns))

    def _report(self, now_ns: int) -> Report:
        rows, forced_age_s = [], None
        for run in self._runs:
            condition = connection_of(run, now_ns)
            session, venue_ms = run.session, run.clock.now_ms(now_ns)
            ages = {s.name: s.age_s for s in session.meters.statuses(venue_ms, now_ns, 0)} if session else {}
            if session is not None and (age := session.meters.age_s("forced", venue_ms)) is not None:
                forced_age_s = age if forced_age_s is None else min(age, forced_age_s)
            loaded = session is not None and session.loaded
            sentence = condition.sentence if condition.health is not Health.LOADING or run.error is not None else ""
            rows.append(SymbolReport(run.symbol, loaded, ages, sentence, condition.retry_in_s))
        gaps = self._gaps() if self._began_ms else {}
        return Report(
            tuple(rows),
            dict(self._history.written),
            forced_age_s,
            len(gaps),
            sum(length for (symbol, _, _), length in gaps.items() if symbol == EVERY_SYMBOL),
            self._history.size_bytes,
            self._history.notices,
            sum(run.traffic.garbled for run in self._runs),
        )

    def _gaps(self) -> dict[tuple[str, str, int], int]:
        try:
            found = [g for run in self._runs for g in self._history.gaps(run.symbol, self._began_ms)]
        except LiqdeskError:  # the notices of the history say why
            return {}
        return {(g.symbol, g.stream, g.from_ms): g.to_ms - max(g.from_ms, self._began_ms) for g in found}


def _hopeless(run: Run) -> LiqdeskError | None:
    """Return why waiting will not help, None where it may."""
    if run.session is None and run.universe is not None and run.error is not None:
        return InputError(str(run.error), run.error.user)
    if run.lost and run.error is not None:
        return run.error
    if run.child_died:
        words = "The built-in market ended by itself."
        return VenueError(Refusal.OFFLINE, words, words)
    return None
