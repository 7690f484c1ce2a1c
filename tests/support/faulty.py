"""An exchange with faults inside the test's own process, and a link to it that keeps what it was told."""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

import msgspec
from support.background import BackgroundServer

from liqdesk.clock import utc_ms
from liqdesk.market import LinkPhase, LinkState
from liqdesk.net import Link, LinkTiming
from liqdesk.simulator.exchange import Exchange
from liqdesk.simulator.faults import Journal, Plan, Trouble
from liqdesk.simulator.manner import Manner
from liqdesk.simulator.market import Market
from liqdesk.venues import SocketPlan
from liqdesk.venues.binance.streams import BinanceDialect

START_MS = 1_772_438_400_000
MARK, TRADE, DEPTH = "btcusdt@markPrice@1s", "btcusdt@aggTrade", "btcusdt@depth@500ms"
QUICK = LinkTiming(tick_s=0.02, pace_s=0.02, first_retry_s=0.1, last_retry_s=0.2, refused_s=0.3)


class Faulty(BackgroundServer):
    """Serves a market, from where it stands on, in a thread of its own, with the faults given as the tables of a plan."""

    def __init__(self, market: Market, log: Path, *faults: dict[str, Any], seed: int = 5) -> None:
        super().__init__()
        self.log = log
        self._market, self._plan = market, msgspec.convert({"seed": seed, "fault": list(faults)}, Plan)

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    async def serve(self) -> None:
        market, journal = self._market, Journal(self.log)
        epoch = utc_ms() - int((market.now_ms - market.start_ms) / market.speed)
        past: Future[None] = Future()
        past.set_result(None)
        host = Exchange(market, epoch, past, Manner(), trouble=Trouble(self._plan, journal, market.speed))
        try:
            self.port = await host.open(0)
            self.up()
            await self.ending.wait()
        finally:
            await host.close()
            market.stopping.clear()
            journal.close()


class Hurried(BinanceDialect):
    """The dialect with expectations a test can wait for."""

    def expected_within_s(self, stream: str) -> float | None:
        return 0.4 if super().expected_within_s(stream) is not None else None


class Listener:
    """A link in a thread, and everything it said."""

    def __init__(self, url: str, streams: tuple[str, ...], timing: LinkTiming = QUICK) -> None:
        self.frames: list[bytes] = []
        self.states: list[LinkState] = []
        self._link = Link(
            SocketPlan("market", url, streams),
            Hurried(),
            on_frame=lambda data, ns: self.frames.append(data),
            on_state=self.states.append,
            timing=timing,
            rng=random.Random(1),
        )
        self._thread = threading.Thread(target=self._link.run, name="link")
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._link.stop()
        self._thread.join(5)
        assert not self._thread.is_alive(), "the link did not stop"
        assert self.states[-1].phase is LinkPhase.CLOSED

    def until(self, condition: Callable[[], Any], what: str, seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"{what}: {self.states} {self.frames[-3:]}"
            time.sleep(0.005)

    def lost(self) -> LinkState | None:
        """Return what was said of the first loss."""
        return next((s for s in self.states if s.phase in (LinkPhase.WAITING, LinkPhase.REFUSED)), None)

    def opened(self) -> int:
        """Return how often the link came up, repeated words not counted."""
        phases = [s.phase for s in self.states]
        return sum(a is not LinkPhase.OPEN and b is LinkPhase.OPEN for a, b in itertools.pairwise(phases))

    def of(self, stream: str) -> list[bytes]:
        return [f for f in tuple(self.frames) if f.startswith(f'{{"stream":"{stream}"'.encode())]

    def rows(self, stream: str) -> list[dict[str, Any]]:
        return [json.loads(f)["data"] for f in self.of(stream)]
