"""The exchange as a process: generate, bind loopback, say where, and serve until told to stop or left alone."""

from __future__ import annotations

import contextlib
import datetime as dt
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from liqdesk.clock import utc_ms
from liqdesk.errors import InputError, LiqdeskError
from liqdesk.simulator.calendar import ANNOUNCE_MS
from liqdesk.simulator.manner import MAX_AGE_S, PING_S, Manner
from liqdesk.simulator.market import PAST_DAYS, Market, Prints
from liqdesk.simulator.parent import Parent
from liqdesk.simulator.truth import TruthLog

if TYPE_CHECKING:
    from liqdesk.simulator.faults import Trouble

FASTEST: Final = 1000.0


def start_ms_of(text: str | None) -> int:
    """Read an ISO time, UTC unless it says otherwise, down to the second; None is now. Raises InputError."""
    if text is None:
        return utc_ms() // 1000 * 1000
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as e:
        raise InputError(f"start {text!r}: {e}", f"“{text}” is not an ISO time such as 2026-04-14T12:30Z.") from e
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return int(moment.timestamp()) * 1000


class StoppedError(LiqdeskError):
    """The process was asked to end while it was still generating."""


class Watch:
    """Whether the process is to end: SIGTERM, SIGINT, or the end of the one that started it. Signals are taken in the main thread alone."""

    def __init__(self, parent: int | None) -> None:
        self._guard = Parent(parent) if parent is not None else None
        self._stopping: list[int] = []
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Watch:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._handlers[number] = signal.signal(number, lambda number, _: self._stopping.append(number))
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def over(self) -> bool:
        return bool(self._stopping) or (self._guard is not None and self._guard.gone())

    def check(self) -> None:
        """Raise StoppedError when it is over."""
        if self.over():
            raise StoppedError("stopped while generating")


def serve(
    port: int = 0,
    seed: int = 7,
    speed: float = 1.0,
    start: str | None = None,
    epoch: int | None = None,
    parent: int | None = None,
    trades_per_second: float | None = None,
    past_days: int = PAST_DAYS,
    ping_s: float = PING_S,
    max_age_s: float = MAX_AGE_S,
    prints: Prints = "largest",
    announce_s: float = ANNOUNCE_MS / 1000,
    truth: Path | str | None = None,
    faults: Path | str | None = None,
    fault_log: Path | str | None = None,
) -> None:
    """Serve a simulated exchange on 127.0.0.1 until SIGTERM, SIGINT or the end of process `parent`.

    start: ISO time at which the market stands at wall time `epoch` (UTC ms); both default to now, the epoch to when
    serving begins. The first line on standard output is JSON with rest, stream, seed, speed, start, epoch. Where the
    market's clock is the wall's (no start, no epoch, speed 1) it comes before the past is whole (see `exchange`).
    `trades_per_second`: into how many trades a market second is split on average. `ping_s`, `max_age_s`: how often
    sockets are pinged and how old they grow, wall seconds. `prints`: which liquidation of a second is printed.
    `announce_s`: every how many market seconds a contract's brackets are announced. `truth`: a file for what truly
    happened (see `truth`). `faults`: a plan of what goes wrong, `fault_log`: a file for what did (see `faults`). Raises
    InputError for a time that is none, a speed out of range, a port that is taken, a plan that is none, or a file that
    cannot be written.
    """
    check_speed(speed)
    with Watch(parent) as watch, contextlib.suppress(StoppedError), contextlib.ExitStack() as files:
        market = Market(
            seed, start_ms_of(start), speed, trades_per_second, past_days, prints, max(1, round(announce_s * 1000))
        )
        trouble = _trouble(faults, fault_log, speed, files)
        log = None
        if truth is not None:
            log = files.enter_context(contextlib.closing(TruthLog(Path(truth), market)))
        first_ms = market.start_ms
        walls = start is None and epoch is None and speed == 1.0
        if walls:
            epoch = market.start_ms  # the market's clock is then the wall's
        if epoch is not None:
            first_ms += int((utc_ms() - epoch) * speed)
            if first_ms < market.start_ms:
                raise InputError(f"epoch {epoch} lies ahead", "The epoch must not lie in the future.")
        market.begin()
        past = files.enter_context(ThreadPoolExecutor(1)).submit(market.lead, first_ms, watch.check)
        from liqdesk.simulator import exchange, serving  # aiohttp is read while the market lives through its past

        if not walls:  # a clock of its own is not let run before anybody can listen
            past.result()
        epoch = utc_ms() if epoch is None else epoch
        host = exchange.Exchange(market, epoch, past, Manner(ping_s, max_age_s), log, trouble)
        line = {"seed": seed, "speed": speed, "start": iso(market.start_ms), "epoch": epoch}
        serving.run(host, port, line, watch.over)


def serve_frames(
    frames: Path | str,
    port: int = 0,
    speed: float = 1.0,
    parent: int | None = None,
    ping_s: float = PING_S,
    max_age_s: float = MAX_AGE_S,
    faults: Path | str | None = None,
    fault_log: Path | str | None = None,
) -> None:
    """Serve recorded frames on 127.0.0.1 as they came, `speed` times as fast; the rest is as with `serve`.

    Raises InputError for a file that cannot be read or holds no frame.
    """
    from liqdesk.simulator.playback import Playback
    from liqdesk.simulator.recording import Recording
    from liqdesk.simulator.serving import run

    check_speed(speed)
    with Watch(parent) as watch, contextlib.ExitStack() as files:
        trouble = _trouble(faults, fault_log, speed, files)
        playback = Playback(Recording(Path(frames)), speed, Manner(ping_s, max_age_s), trouble)
        line = {"seed": None, "speed": speed, "start": iso(playback.start_ms), "epoch": None}
        run(playback, port, line, watch.over)


def _trouble(
    plan: Path | str | None, log: Path | str | None, speed: float, files: contextlib.ExitStack
) -> Trouble | None:
    if plan is None:
        return None
    from liqdesk.simulator.faults import Journal, Trouble, read_plan

    journal = files.enter_context(contextlib.closing(Journal(None if log is None else Path(log))))
    return Trouble(read_plan(Path(plan)), journal, speed)


def check_speed(speed: float) -> None:
    if not 0 < speed <= FASTEST:
        raise InputError(f"speed {speed!r}", f"The speed must lie above 0 and not beyond {FASTEST:g}.")


def iso(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).isoformat().replace("+00:00", "Z")
