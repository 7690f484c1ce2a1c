"""Engines beside the main one: one session for each further contract that a chart window shows, in the same thread, from the same source.

They share the history and who listens to the forced orders with the main session, so that nothing is written twice. The built-in market is
the main session's child; here it is only spoken to.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Final

import msgspec

from liqdesk.alerts import AlertBook, RuleStatus
from liqdesk.engine.child import Address, Child
from liqdesk.engine.compose import NOTHING, News, compose
from liqdesk.engine.evidence import Evidence
from liqdesk.engine.explain import Explaining
from liqdesk.engine.frames import Connection, Frame, FundingView, Health, Progress, RetryNow, SourceKind
from liqdesk.engine.gathering import Gathering
from liqdesk.engine.odds import Odds
from liqdesk.engine.run import Run
from liqdesk.engine.scales import SetScale
from liqdesk.engine.whys import AskWhy
from liqdesk.market import Instrument

if TYPE_CHECKING:
    from collections.abc import Callable

    from liqdesk.engine.listening import Listening
    from liqdesk.engine.opening import Orders
    from liqdesk.history import History
    from liqdesk.model import DensityGrid

log = logging.getLogger(__name__)

MOST: Final = 2  # beside the main one
MEMORY_MB: Final = 150  # what one takes, about
BUDGET_NS: Final = 15_000_000  # per beat
FRAME_NS: Final = 30_000_000
FIRST_EPOCH: Final = 1 << 40  # no epoch of the main session comes near


class OpenBeside(msgspec.Struct, frozen=True):
    """Follow another contract beside the main one. At most MOST; one more is not opened."""

    symbol: str


class CloseBeside(msgspec.Struct, frozen=True):
    symbol: str


class TellBeside(msgspec.Struct, frozen=True):
    """A command for the session of another contract; None says that its last frame was taken."""

    symbol: str
    command: AskWhy | RetryNow | None = None


class Beside(msgspec.Struct, frozen=True):
    """What comes of a session beside the main one: its grid where that is another, and a frame."""

    symbol: str
    frame: Frame
    grid: DensityGrid | None = None


BesideCommand = OpenBeside | CloseBeside | TellBeside


def waiting(frame: Frame, symbol: str) -> Frame:
    """Return what is known of a contract whose session is only being opened: the source, and nothing else."""
    alone = f"A history shows one contract; {symbol} is not this one."
    return Frame(
        epoch=-frame.epoch - 1,
        serial=0,
        source=frame.source,
        instrument=Instrument(symbol, "", "", 0.1, 0.001),
        venue_ms=frame.venue_ms,
        connection=Connection(Health.LOADING, None, "", None, 0, ()),
        streams=(),
        progress=Progress(0, 1, alone if frame.source.kind is SourceKind.HISTORY else f"Opening {symbol}."),
        prices=NOTHING,
        funding=FundingView(None, 8, 0, ()),
        open_interest=math.nan,
        published=(),
        now=None,
        new_bars=(),
        new_forced=(),
        imbalance=(),
        zones=(),
        ledger=None,
        gaps=(),
        rules=(),
        new_fired=(),
        gain=frame.gain,
        gain_default=True,
        model_version=frame.model_version,
        brackets_as_of=frame.brackets_as_of,
        notices=(),
    )


class Borrowed(Child):
    """The main session's built-in market: asked where it is, never started or ended."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def launch(self) -> None:
        """Do nothing: it runs."""

    def start(self) -> Address:
        return self._address

    @property
    def alive(self) -> bool:
        return True  # the main session sees to it

    def stop(self) -> None:
        """Do nothing: it is the main session's."""


class _Companion:
    def __init__(self, symbol: str, epoch: int, run: Run, history: History | None, listening: Listening) -> None:
        self.symbol = symbol
        self.run = run
        self.free = True
        self.explaining = Explaining()
        self._epoch = epoch
        self._serial = 0
        self._news = News()
        self._evidence = Evidence(symbol, history)
        self._odds = Odds(symbol, history)
        self._gathering = Gathering(symbol, history, listening)
        self._next_ns = 0
        self._grid: DensityGrid | None = None

    def beat(self, now_ns: int) -> None:
        run, venue_ms = self.run, self.run.clock.now_ms(now_ns)
        run.beat(now_ns, BUDGET_NS)
        self._evidence.beat(now_ns, venue_ms)
        self._odds.beat(run.session, venue_ms)
        self._gathering.beat(run.session, now_ns, venue_ms)
        self._news.gather(run)

    def say(self, now_ns: int, rules: Callable[[], tuple[RuleStatus, ...]], scale: SetScale) -> Beside | None:
        """Return what is new, None while the window is busy with the last frame."""
        if not self.free or now_ns < self._next_ns:
            return None
        self.free, self._next_ns = False, now_ns + FRAME_NS
        self._serial += 1
        session, news = self.run.session, self._news
        grid = None
        if session is not None and session.map.grid is not self._grid:
            grid = self._grid = session.map.grid
            session.scoring.use(scale)
        why = self.explaining.answer(session, self._epoch)
        frame = compose(self.run, self._epoch, self._serial, now_ns, news, rules(), (), None)
        self._news = News()
        frame = msgspec.structs.replace(
            frame,
            why=why,
            study=self._evidence.study,
            zones=self._odds.attached(frame.zones, frame.prices.mark),
            odds=self._odds.curves,
            reach=self._odds.reach,
            series=self._gathering.view,
        )
        return Beside(self.symbol, frame, grid)


class Companions:
    """The sessions beside the main one. Lives in the engine thread. `emit` gives the window what each says."""

    def __init__(self, orders: Orders, scale: SetScale, emit: Callable[[Beside], None]) -> None:
        self._orders = orders
        self._scale = scale
        self._emit = emit
        self._wanted: list[str] = []
        self._open: dict[str, _Companion] = {}
        self._epoch = FIRST_EPOCH

    @property
    def symbols(self) -> tuple[str, ...]:
        """Return the contracts that are open now."""
        return tuple(self._open)

    def obey(self, command: BesideCommand) -> None:
        """Open or close a session at the next beat, or pass a command on to one."""
        match command:
            case OpenBeside(symbol):
                if symbol not in self._wanted and len(self._wanted) < MOST:
                    self._wanted.append(symbol)
            case CloseBeside(symbol):
                if symbol in self._wanted:
                    self._wanted.remove(symbol)
            case TellBeside(symbol, inner):
                self._tell(self._open.get(symbol), inner)

    def _tell(self, one: _Companion | None, command: AskWhy | RetryNow | None) -> None:
        if one is None:
            return
        if command is None:
            one.free = True
        elif isinstance(command, AskWhy):
            one.explaining.ask(command)
        else:
            one.run.retry_now()

    def use(self, scale: SetScale) -> None:
        """Take another scale."""
        self._scale = scale
        for one in self._open.values():
            if one.run.session is not None:
                one.run.session.scoring.use(scale)

    def rest(self) -> None:
        """End every session; those wanted begin again with the next source of the main one."""
        for one in self._open.values():
            one.run.stop()
        self._open.clear()

    def beat(
        self,
        main: Run,
        now_ns: int,
        history: History | None,
        listening: Listening,
        rules: Callable[[], tuple[RuleStatus, ...]],
    ) -> None:
        """Open and close what is due, and go on with the rest. Nothing is opened before the main session is loaded."""
        for symbol in [s for s in self._open if s not in self._wanted]:
            self._open.pop(symbol).run.stop()
        ready = main.session is not None and main.session.loaded
        for symbol in self._wanted:
            if ready and symbol not in self._open and symbol != main.symbol:
                self._open[symbol] = self._begin(symbol, main, history, listening)
        for one in self._open.values():
            one.beat(now_ns)
            said = one.say(now_ns, rules, self._scale)
            if said is not None:
                self._emit(said)

    def _begin(self, symbol: str, main: Run, history: History | None, listening: Listening) -> _Companion:
        child: Child | None = None
        if main.source.kind is SourceKind.DEMO:
            assert main.address is not None  # it has a session
            child = Borrowed(main.address)
        self._epoch += 1
        orders = msgspec.structs.replace(self._orders, symbol=symbol)
        run = Run(
            orders,
            main.source,
            orders.endpoints,
            symbol,
            AlertBook(()),
            history,
            main.brackets,
            child,
            listening,
        )
        run.start()
        log.info("%s is followed beside %s", symbol, main.symbol)
        return _Companion(symbol, self._epoch, run, history, listening)
