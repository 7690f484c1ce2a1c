"""A plan under way: which faults act now, on whom, and the strokes that come by themselves."""

from __future__ import annotations

import asyncio
import fnmatch
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from liqdesk.clock import wall_ns
from liqdesk.simulator.faults.journal import Journal
from liqdesk.simulator.faults.lines import FaultyOutlet
from liqdesk.simulator.faults.plan import (
    Abort,
    Clock,
    Close,
    FrameFault,
    HalfOpen,
    Oversize,
    Plan,
    Refused,
    RestFault,
    SocketFault,
)
from liqdesk.simulator.faults.replies import answered
from liqdesk.simulator.faults.schedule import Occurrence, occurrences

if TYPE_CHECKING:
    from liqdesk.simulator.outlet import Outlet

TIME = "/fapi/v1/time"
OWN = "/sim/"  # what no venue tells is told without faults
SOCKET_PATHS = ("/market/", "/public/", "/private/", "/ws", "/stream")


class Trouble:
    """Everything that goes wrong with one exchange. It is asked about each frame and request, and acts by itself in `run`."""

    def __init__(self, plan: Plan, journal: Journal, speed: float = 1.0) -> None:
        self.journal = journal
        self.rng = random.Random(f"{plan.seed}/all")
        self._coming = occurrences(plan, speed)
        self._next = next(self._coming, None)
        self._acting: list[Occurrence] = []
        self._open: dict[int, FaultyOutlet] = {}
        self._opened = 0
        self._started_ns: int | None = None
        self._listen: Callable[[bool], Awaitable[None]] | None = None
        self._strokes: set[asyncio.Task[None]] = set()

    # -- seams -------------------------------------------------------------------------------------------------------

    def outlet(self, sock: web.WebSocketResponse, request: web.Request) -> Outlet:
        """Return the way out of a socket that has just been opened."""
        self._opened += 1
        self._open = {n: o for n, o in self._open.items() if not o.ended}
        made = self._open[self._opened] = FaultyOutlet(sock, request, self, self._opened)
        return made

    async def answer(
        self, request: web.Request, proceed: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Answer a request, or a handshake, as far as the faults of now let it."""
        return await (proceed() if request.path.startswith(OWN) else answered(request, proceed, self))

    # -- what acts ---------------------------------------------------------------------------------------------------

    @property
    def after_s(self) -> float:
        """Wall seconds since the exchange began to serve."""
        return 0.0 if self._started_ns is None else (wall_ns() - self._started_ns) / 1e9

    def of_frame(self, outlet: FaultyOutlet, name: str) -> list[Occurrence]:
        """Return the occurrences that touch a frame of a stream."""
        return [
            o
            for o in self._now()
            if isinstance(o.fault, FrameFault)
            and self._meets(o, outlet)
            and fnmatch.fnmatchcase(name, o.fault.stream)
            and o.rng.random() < o.fault.share
        ]

    def of_request(self, path: str) -> list[Occurrence]:
        """Return the occurrences that touch a request."""
        return [o for o in self._now() if self._asks(o, path)]

    def _asks(self, occurrence: Occurrence, path: str) -> bool:
        fault = occurrence.fault
        if isinstance(fault, RestFault):
            return fnmatch.fnmatchcase(path, fault.path) and occurrence.rng.random() < fault.share
        if isinstance(fault, Refused):
            return not path.startswith(SOCKET_PATHS)
        return isinstance(fault, Clock) and path == TIME

    def _now(self) -> list[Occurrence]:
        after = self.after_s
        self._acting = [o for o in self._acting if o.to_s > after]
        return self._acting

    def _meets(self, occurrence: Occurrence, outlet: FaultyOutlet) -> bool:
        fault = occurrence.fault
        assert isinstance(fault, SocketFault)
        if fault.route not in (None, outlet.route) or fault.connection not in (None, outlet.number):
            return False
        if not fault.one:
            return True
        mine = sorted(n for n, o in self._open.items() if not o.ended and fault.route in (None, o.route))
        return bool(mine) and outlet.number == mine[occurrence.serial % len(mine)]

    def tell(self, occurrence: Occurrence, **target: Any) -> None:
        self.journal.write(occurrence, self.after_s, **target)

    def tell_once(self, occurrence: Occurrence, number: int, **target: Any) -> None:
        """Note what lasts once per socket and target."""
        key = (number, *target.values())
        if key not in occurrence.told:
            occurrence.told.add(key)
            self.tell(occurrence, connection=number, **target)

    # -- strokes -----------------------------------------------------------------------------------------------------

    async def run(self, listen: Callable[[bool], Awaitable[None]]) -> None:
        """Bring on what is due, for ever. `listen` opens and shuts the door to new connections."""
        self._listen = listen
        self._started_ns = wall_ns()
        try:
            while self._next is not None:
                wait_s = self._next.from_s - self.after_s
                if wait_s > 0:
                    await asyncio.sleep(min(wait_s, 1.0))
                    continue
                self._begin(self._next)
                self._next = next(self._coming, None)
            await asyncio.Event().wait()
        finally:
            for task in self._strokes:
                task.cancel()

    def _begin(self, occurrence: Occurrence) -> None:
        fault = occurrence.fault
        if isinstance(fault, Close | Abort | HalfOpen | Oversize):
            struck = [o for o in self._open.values() if not (o.closing or o.mute) and self._meets(occurrence, o)]
            for outlet in struck:
                self.tell(occurrence, connection=outlet.number, route=outlet.route)
                self._strike(occurrence, outlet)
            return
        self._acting.append(occurrence)
        if isinstance(fault, Refused):
            self.tell(occurrence)
            self._later(self._shut(occurrence))

    def _strike(self, occurrence: Occurrence, outlet: FaultyOutlet) -> None:
        fault = occurrence.fault
        if isinstance(fault, Close):
            outlet.close(fault.code, fault.reason.encode())
        elif isinstance(fault, Abort):
            outlet.reset()
        elif isinstance(fault, HalfOpen):
            outlet.mute = True
            self._later(self._reset_after(outlet, occurrence.to_s - self.after_s))
        elif isinstance(fault, Oversize):
            outlet.post(b'{"stream":"oversize","data":"' + b"x" * fault.size + b'"}')

    async def _reset_after(self, outlet: FaultyOutlet, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        outlet.reset()

    async def _shut(self, occurrence: Occurrence) -> None:
        assert self._listen is not None
        await self._listen(False)
        await asyncio.sleep(max(occurrence.to_s - self.after_s, 0.0))
        if not any(isinstance(o.fault, Refused) and o is not occurrence for o in self._now()):
            await self._listen(True)

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._strokes.add(task)
        task.add_done_callback(self._strokes.discard)
