"""The exchange that serves the simulated market."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from aiohttp import web

from liqdesk.clock import utc_ms
from liqdesk.simulator.answers import Answers
from liqdesk.simulator.broadcast import Broadcast
from liqdesk.simulator.faults import Trouble
from liqdesk.simulator.host import BEAT_S, Handler, Host
from liqdesk.simulator.manner import Manner
from liqdesk.simulator.market import Market
from liqdesk.simulator.rest import Rest
from liqdesk.simulator.truth import TruthLog

FOLLOW_AFTER_S: Final = 4.0
FOLLOW_PAUSE_S: Final = 1.0


def stand_back() -> None:
    """Let the calling thread give way to others, where a thread has a priority of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)


class Exchange(Host):
    """A running exchange. Market time is start + (wall − epoch) · speed, so one that starts again stands where it would have stood.

    While the market lives through its past, `past` (`Market.lead` in another thread), REST tells what has been lived through, and
    everything else waits.
    """

    def __init__(
        self,
        market: Market,
        epoch_ms: int,
        past: Future[None],
        manner: Manner,
        truth: TruthLog | None = None,
        trouble: Trouble | None = None,
    ) -> None:
        self.market, self.epoch_ms = market, epoch_ms
        self._stage = Broadcast(market)
        super().__init__(self._stage, manner, trouble)
        self.rest = Rest(Answers(market), self.now_ms, self.lived, self.catch_up)
        self._past = past
        self._truth = truth
        self._told_ms: int | None = None
        self._aside = ThreadPoolExecutor(1, "follow", stand_back)

    def now_ms(self) -> int:
        return self.market.start_ms + int((utc_ms() - self.epoch_ms) * self.market.speed)

    def catch_up(self) -> int:
        """Bring the market up to now, if its past is whole, and return its time. Raises what ended its past."""
        if not self._past.done():
            return self.now_ms()
        self._past.result()
        self.market.advance(self.now_ms())
        return self.market.now_ms

    async def lived(self, to_ms: int | None) -> bool:
        """Wait until the market has lived through to `to_ms`, or (None) through its whole past; return False where it ended before."""
        while not self._past.done():
            if to_ms is not None and to_ms <= self.market.lived_ms:
                return True
            await asyncio.sleep(BEAT_S)
        return self._past.exception() is None

    async def whole(self) -> bool:
        return await self.lived(None)

    def routes(self) -> list[web.RouteDef]:
        return self.rest.routes()

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return await self.rest.answer(request, handler)

    def beat(self) -> None:
        now = self.catch_up()
        after = now if self._told_ms is None else self._told_ms
        self._told_ms = now
        if now > after:
            self._stage.tell(after, now)
            if self._truth is not None:
                self._truth.tell()

    def besides(self) -> list[Coroutine[Any, Any, None]]:
        return [self._follow()]

    async def _follow(self) -> None:
        """Bring the other contracts to life, one after another and after the first rush, in a thread; those of other kinds first."""
        await self.whole()
        await asyncio.sleep(FOLLOW_AFTER_S)
        loop = asyncio.get_running_loop()
        for contract in sorted(self.market.listed, key=lambda c: (-c.symbol_type, c.contract_type == "PERPETUAL")):
            if contract.trades and contract.symbol not in self.market.courses:
                await loop.run_in_executor(self._aside, self.market.follow, contract.symbol)
                await asyncio.sleep(FOLLOW_PAUSE_S)

    async def close(self) -> None:
        self.market.stopping.set()
        self._aside.shutdown(wait=False, cancel_futures=True)
        await super().close()
