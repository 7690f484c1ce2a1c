"""The engine's thread: opens sources, keeps them going on a beat, and hands frames to the window."""

from __future__ import annotations

import logging
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec
from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from liqdesk import collector
from liqdesk.alerts import AlertBook, AlertStore, AnyRule
from liqdesk.engine.beside import CloseBeside, Companions, OpenBeside, TellBeside
from liqdesk.engine.child import Child
from liqdesk.engine.compiling import COMPILER, warm
from liqdesk.engine.compose import News, compose
from liqdesk.engine.evidence import Evidence
from liqdesk.engine.explain import Explaining
from liqdesk.engine.frames import DropRule, PutRule, RetryNow, SetSymbol, Source, SourceKind, UseDemo, UseLive
from liqdesk.engine.gathering import Gathering
from liqdesk.engine.listening import Listening
from liqdesk.engine.memory import give_back, keep_little
from liqdesk.engine.odds import Odds
from liqdesk.engine.opening import Orders, demo_source, history_file, venue_source
from liqdesk.engine.past import Past
from liqdesk.engine.pasts import AskPast
from liqdesk.engine.probe import Probe
from liqdesk.engine.rulepasts import RulePasts
from liqdesk.engine.run import Run
from liqdesk.engine.scales import SetScale
from liqdesk.engine.watches import SetWatch
from liqdesk.engine.whys import AskWhy
from liqdesk.errors import LiqdeskError
from liqdesk.history import History
from liqdesk.market import Tickers
from liqdesk.model import DensityGrid
from liqdesk.venues.binance.brackets import shipped_brackets

log = logging.getLogger(__name__)

BEAT_MS: Final = 15
FRAME_NS: Final = 30_000_000
TICKERS_NS: Final = 2_000_000_000
TRIM_NS: Final = 600_000_000_000
TRIM_MORE_NS: Final = 2_000_000_000
FIRST_GIVE_BACK_NS: Final = 20_000_000_000
GIVE_BACK_NS: Final = 300_000_000_000
SAVE_NS: Final = 10_000_000_000


class Worker(QObject):
    """Owns everything live. Its methods run in the engine thread; signals carry frozen messages to the window."""

    frame = Signal(object)
    grid = Signal(object)
    universe = Signal(object)
    tickers = Signal(object)
    beside = Signal(object)

    def __init__(self, orders: Orders, child: Child | None = None) -> None:
        """`child` is a built-in market launched ahead, for the first source if that is the demo."""
        super().__init__()
        self._orders = orders
        self._child = child
        self._symbol = orders.symbol
        self._watch = SetWatch()
        self._scale = SetScale(orders.local_gain, orders.all_venues)
        self._epoch = 0
        self._serial = 0
        self._run: Run | Past | None = None
        self._probe: Probe | None = None
        self._history: History | None = None
        self._listening: dict[Path, Listening] = {}
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._window_free = True
        self._news = News()
        self._next_frame_ns = self._next_tickers_ns = self._next_trim_ns = 0
        self._next_give_back_ns = time.monotonic_ns() + FIRST_GIVE_BACK_NS
        self._grid_epoch = -1
        self._universe_seen: object = None
        self._notices: tuple[str, ...] = ()
        self._brackets = shipped_brackets()
        self._store = AlertStore(orders.folder / "alerts.json", writable=orders.record)
        self._alerts = AlertBook(self._store.load())
        self._unsaved = False
        self._next_save_ns = 0
        self._explaining = Explaining()
        self._learn()
        self._companions = Companions(orders, self._scale, self.beside.emit)
        self._ear = Listening()
        self._timer: QTimer | None = None

    # -- life --------------------------------------------------------------------------------------------------------

    @Slot()
    def start(self) -> None:
        keep_little()
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self.beat)
        self._timer.start()
        if self._orders.from_history:
            self._look_back()
        else:
            self._open(demo_source(self._orders) if self._orders.demo else venue_source(self._orders.endpoints))
        self.beat()  # the window says what is going on while the kernels load; compiled for the first time, that takes many seconds
        if not COMPILER.ready(QThread.currentThread().isInterruptionRequested):
            return
        warm()
        collector.resume()
        if isinstance(self._run, Past):
            self._read_past(self._run)
        elif isinstance(self._run, Run) and self._run.session is None:
            self._run.grid = grid = DensityGrid()  # its memory is taken while the venue is being reached
            grid.touch()

    @Slot()
    def stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._close()
        if self._unsaved:
            self._save_alerts()
        if self._probe is not None:
            self._probe.stop()
        QThread.currentThread().quit()

    def _open(self, source: Source) -> None:
        self._close()
        self._epoch += 1
        self._news, self._notices = News(), ()
        self._history = self._open_history(source)
        self._ear = listening = self._listening_of(source)
        self._learn(listening)
        child, self._child = self._child, None
        orders, kept = self._orders, self._history
        self._run = Run(
            orders, source, orders.endpoints, self._symbol, self._alerts, kept, self._brackets, child, listening
        )
        self._run.watchlist.follow(self._watch)
        self._run.start()

    def _look_back(self) -> None:
        """Open the history as a source: nothing is asked of a venue, and nothing is recorded."""
        self._close()
        self._epoch += 1
        self._news, self._notices = News(), ()
        orders = msgspec.structs.replace(self._orders, symbol=self._symbol)
        self._run = Past(orders, self._alerts, self._brackets)
        self._learn()

    def _read_past(self, past: Past) -> None:
        past.start()
        self._evidence.study = past.study
        self._gathering.recorded(past.listened)

    def _learn(self, listening: Listening | None = None) -> None:
        """Begin anew what is learned of one contract at one source."""
        self._evidence = Evidence(self._symbol, self._history)
        self._odds = Odds(self._symbol, self._history)
        self._gathering = Gathering(self._symbol, self._history, listening)
        self._pasts = RulePasts(self._history, listening)

    def _listening_of(self, source: Source) -> Listening:
        """Return what knows when forced orders were listened to: the same one for all sessions that are kept in the same file."""
        if self._history is None:
            return Listening(source.speed)
        return self._listening.setdefault(self._history.path, Listening(source.speed))

    def _close(self) -> None:
        self._companions.rest()
        if self._run is not None:
            self._brackets = self._run.brackets
            self._run.stop()
            self._run = None
        if self._history is not None:
            self._history.close()
            self._history = None
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def _open_history(self, source: Source) -> History | None:
        if not self._orders.record:
            return None
        folder = self._orders.folder
        if source.kind is SourceKind.DEMO:
            # A simulated past is worth nothing tomorrow: it is kept only while it runs.
            self._temporary = tempfile.TemporaryDirectory(prefix="liqdesk-demo-")
            folder = Path(self._temporary.name)
        path, origin = history_file(source, folder)
        try:
            return History.open(path, folder / "lock", origin=origin)
        except LiqdeskError as e:
            log.info("no history: %s", e)
            self._notices += (e.user,)
            return None

    # -- commands ----------------------------------------------------------------------------------------------------

    @Slot()
    def taken(self) -> None:
        """The window has taken the last frame."""
        self._window_free = True

    @Slot(object)
    def obey(self, command: object) -> None:
        match command:
            case SetSymbol(symbol):
                self._symbol = symbol
                if isinstance(self._run, Past):
                    self._look_back()
                    self._read_past(self._run)
                elif self._run is not None:
                    self._open(self._run.source)
            case SetScale():
                self._scale = command
                self._companions.use(command)
                if self._run is not None and self._run.session is not None:
                    self._run.session.scoring.use(command)
            case UseLive():
                self._end_probe()
                self._open(venue_source(self._orders.endpoints))
            case UseDemo():
                self._open(demo_source(self._orders))
            case RetryNow():
                self._retry()
            case PutRule(rule):
                self._put(rule)
            case DropRule(rule_id):
                self._alerts.drop(rule_id)
                self._save_alerts()
            case SetWatch():
                self._watch = command
                if isinstance(self._run, Run):
                    self._run.watchlist.follow(command)
            case AskWhy():
                self._explaining.ask(command)
            case AskPast():
                self._pasts.ask(command)
            case OpenBeside() | CloseBeside() | TellBeside():
                self._companions.obey(command)

    def _retry(self) -> None:
        run = self._run
        if isinstance(run, Run) and run.lost:
            self._open(run.source)
        elif run is not None:
            run.retry_now()

    def _put(self, rule: AnyRule) -> None:
        try:
            self._alerts.put(rule)
        except LiqdeskError as e:
            log.info("a rule is refused: %s", e)
            self._notices += (e.user,)
            return
        self._save_alerts()

    def _save_alerts(self) -> None:
        self._unsaved = not self._store.save(self._alerts.rules()) and self._orders.record
        self._next_save_ns = time.monotonic_ns() + SAVE_NS

    def _end_probe(self) -> None:
        if self._probe is not None:
            self._probe.stop()
            self._probe = None

    # -- the beat ----------------------------------------------------------------------------------------------------

    @Slot()
    def beat(self) -> None:
        run = self._run
        if run is None:
            return
        now_ns = time.monotonic_ns()
        run.beat(now_ns)
        if self._probe is not None:
            self._probe.beat(now_ns)
        if run.source.kind is SourceKind.LIVE and run.unreachable:
            self._fall_back(run)
            return
        if isinstance(run, Run) and run.child_died:
            log.warning("the built-in market ended by itself and is started again")
            self._open(run.source)
            return
        if self._unsaved and now_ns >= self._next_save_ns:
            self._save_alerts()
        self._evidence.beat(now_ns, run.clock.now_ms(now_ns))
        self._gathering.beat(run.session, now_ns, run.clock.now_ms(now_ns))
        self._pasts.beat(run.session, self._gathering.view, self._alerts.rules, now_ns, run.clock.now_ms(now_ns))
        self._news.gather(run)
        self._announce(run, now_ns)
        if self._window_free and now_ns >= self._next_frame_ns:
            self._send(run, now_ns)
        self._odds.beat(run.session, run.clock.now_ms(now_ns))  # last: it takes long when a map is new
        if isinstance(run, Run):
            self._companions.beat(run, now_ns, self._history, self._ear, self._alerts.status)
        if now_ns >= self._next_give_back_ns:
            self._next_give_back_ns = now_ns + GIVE_BACK_NS
            give_back()
        if self._history is not None and now_ns >= self._next_trim_ns:
            venue_ms = run.clock.now_ms(now_ns)
            trimmed = self._history.trim(self._orders.history_limit_mb, self._orders.history_days, venue_ms)
            self._next_trim_ns = now_ns + (TRIM_MORE_NS if trimmed.more else TRIM_NS)

    def _fall_back(self, run: Run | Past) -> None:
        assert run.error is not None
        error = run.error
        log.info("the venue cannot be used, the built-in market takes its place: %s", error)
        self._end_probe()
        self._probe = Probe(self._orders.endpoints.rest, error, self._orders.proxy)
        self._open(demo_source(self._orders, error.user))

    def _announce(self, run: Run | Past, now_ns: int) -> None:
        session = run.session
        if session is not None and self._grid_epoch != self._epoch:
            self._grid_epoch = self._epoch
            session.scoring.use(self._scale)
            self.grid.emit(session.map.grid)
        if run.universe is not None and run.universe is not self._universe_seen:
            self._universe_seen = run.universe
            self.universe.emit(run.universe)
        if session is not None and session.tickers and now_ns >= self._next_tickers_ns:
            self._next_tickers_ns = now_ns + TICKERS_NS
            self.tickers.emit(Tickers(tuple(session.tickers.values())))

    def _send(self, run: Run | Past, now_ns: int) -> None:
        self._window_free = False
        self._next_frame_ns = now_ns + FRAME_NS
        self._serial += 1
        notices = (
            self._store.notices + self._notices + (tuple(self._history.notices) if self._history is not None else ())
        )
        offer = self._probe.offer(now_ns) if self._probe is not None else None
        why = self._explaining.answer(run.session, self._epoch)  # first: it renews the view that the frame shows
        frame = compose(run, self._epoch, self._serial, now_ns, self._news, self._alerts.status(), notices, offer)
        self._news = News()
        extras = {
            "why": why,
            "study": self._evidence.study,
            "zones": self._odds.attached(frame.zones, frame.prices.mark),
            "odds": self._odds.curves,
            "reach": self._odds.reach,
            "past": self._pasts.view,
        }
        self.frame.emit(msgspec.structs.replace(frame, series=self._gathering.view, **extras))
