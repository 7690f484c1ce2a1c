"""The exchange as a process: generate, bind loopback, say where, and serve until told to stop or left alone."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import signal
import sys
import threading
from typing import Any, Final

from aiohttp import web

from liqdesk.clock import utc_ms
from liqdesk.errors import InputError, LiqdeskError
from liqdesk.simulator.answers import Answers
from liqdesk.simulator.market import PAST_DAYS, Market
from liqdesk.simulator.parent import Parent
from liqdesk.simulator.rest import Rest
from liqdesk.simulator.sockets import PING_S, Sockets

HOST: Final = "127.0.0.1"
BEAT_S: Final = 0.04
FASTEST: Final = 1000.0
FOLLOW_AFTER_S: Final = 4.0
FOLLOW_PAUSE_S: Final = 1.0


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


class Exchange:
    """A running exchange. Market time is start + (wall − epoch) · speed, so one that starts again stands where it would have stood."""

    def __init__(self, market: Market, epoch_ms: int, ping_s: float = PING_S) -> None:
        self.market, self.epoch_ms = market, epoch_ms
        self.sockets = Sockets(market, ping_s)
        self.rest = Rest(Answers(market), self.catch_up)
        self._told_ms = self.now_ms()
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def now_ms(self) -> int:
        return self.market.start_ms + int((utc_ms() - self.epoch_ms) * self.market.speed)

    def catch_up(self) -> int:
        """Bring the market up to now and return its time."""
        self.market.advance(self.now_ms())
        return self.market.now_ms

    async def open(self, port: int) -> int:
        """Bind loopback and begin to beat; return the port. Raises InputError when the port is taken."""
        app = web.Application()
        app.router.add_get("/{route:public|market|private}/{mode:ws|stream}", self.sockets.accept)
        app.router.add_get("/{route:public|market|private}/{mode:ws}/{names:.+}", self.sockets.accept)
        app.router.add_get("/{mode:ws|stream}", self.sockets.accept)
        app.router.add_get("/{mode:ws}/{names:.+}", self.sockets.accept)
        app.router.add_routes(self.rest.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        try:
            site = web.TCPSite(self._runner, HOST, port)
            await site.start()
        except OSError as e:
            raise InputError(
                f"cannot bind {HOST}:{port}: {e}", f"Port {port} is taken; choose another --port or 0."
            ) from e
        self._tasks = [asyncio.create_task(self._beat()), asyncio.create_task(self._follow())]
        bound: int = self._runner.addresses[0][1]
        return bound

    async def _beat(self) -> None:
        while True:
            after = self._told_ms
            now = self.catch_up()
            if now > after:
                self.sockets.tell(after, now)
                self._told_ms = now
            await asyncio.sleep(BEAT_S)

    async def _follow(self) -> None:
        """Bring the other contracts to life, one after another and after the first rush, in a thread."""
        await asyncio.sleep(FOLLOW_AFTER_S)
        for contract in self.market.listed:
            if contract.trades and contract.symbol not in self.market.courses:
                await asyncio.to_thread(self.market.follow, contract.symbol)
                await asyncio.sleep(FOLLOW_PAUSE_S)

    async def failed(self) -> None:
        """Return never, unless a task died; then raise what it died of."""
        done, _ = await asyncio.wait(self._tasks[:1], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def close(self) -> None:
        self.market.stopping.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.sockets.close(), 1.0)
        if self._runner is not None:
            await self._runner.cleanup()


class StoppedError(LiqdeskError):
    """The process was asked to end while it was still generating."""


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
) -> None:
    """Serve a simulated exchange on 127.0.0.1 until SIGTERM, SIGINT or the end of process `parent`.

    start: ISO time at which the market stands at wall time `epoch` (UTC ms); both default to now, the epoch to when
    serving begins. The first line on standard output is JSON with rest, stream, seed, speed, start, epoch.
    `trades_per_second`: into how many trades a market second is split on average. Signals are taken in the main thread
    alone.
    Raises InputError for a time that is none, a speed out of range, or a port that is taken.
    """
    if not 0 < speed <= FASTEST:
        raise InputError(f"speed {speed!r}", f"The speed must lie above 0 and not beyond {FASTEST:g}.")
    guard = Parent(parent) if parent is not None else None

    def alive() -> None:
        if stopping or (guard is not None and guard.gone()):
            raise StoppedError("stopped while generating")

    stopping: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    handlers = {
        s: signal.signal(s, lambda number, _: stopping.append(number)) for s in (signal.SIGTERM, signal.SIGINT) if main
    }
    try:
        market = Market(seed, start_ms_of(start), speed, trades_per_second, past_days)
        first_ms = market.start_ms
        if start is None and epoch is None and speed == 1.0:
            epoch = market.start_ms  # the market's clock is then the wall's
        if epoch is not None:
            first_ms += int((utc_ms() - epoch) * speed)
            if first_ms < market.start_ms:
                raise InputError(f"epoch {epoch} lies ahead", "The epoch must not lie in the future.")
        market.lead(first_ms, alive)
        epoch_ms = utc_ms() if epoch is None else epoch
        asyncio.run(_run(market, epoch_ms, port, ping_s, stopping, guard))
    except StoppedError:
        return
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


async def _run(
    market: Market, epoch_ms: int, port: int, ping_s: float, stopping: list[int], guard: Parent | None
) -> None:
    exchange = Exchange(market, epoch_ms, ping_s)
    bound = await exchange.open(port)
    line: dict[str, Any] = {
        "rest": f"http://{HOST}:{bound}", "stream": f"ws://{HOST}:{bound}", "seed": market.seed, "speed": market.speed,
        "start": dt.datetime.fromtimestamp(market.start_ms / 1000, dt.UTC).isoformat().replace("+00:00", "Z"), "epoch": epoch_ms,
    }  # fmt: skip
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    failure = asyncio.create_task(exchange.failed())
    try:
        while not stopping and not failure.done() and not (guard is not None and guard.gone()):
            await asyncio.wait([failure], timeout=0.1)
        if failure.done():
            failure.result()
    finally:
        failure.cancel()
        await asyncio.gather(failure, return_exceptions=True)
        await exchange.close()
