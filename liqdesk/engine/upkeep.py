"""What is asked of the venue again and again while a session runs: open interest, funding, the contracts, and what is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from liqdesk.clock import VenueClock
from liqdesk.engine.asking import Handler, OnFailure
from liqdesk.engine.interest import InterestPoll
from liqdesk.engine.repair import Repair, pages_of
from liqdesk.engine.session import Session
from liqdesk.venues.binance import backfill
from liqdesk.venues.venue import Request

FUNDING_NS: Final = 600_000_000_000
UNIVERSE_NS: Final = 600_000_000_000
REPAIRS_NS: Final = 1_000_000_000


class Upkeep:
    """Keeps one symbol's session supplied. Lives in the engine thread; times are monotonic nanoseconds."""

    def __init__(
        self,
        symbol: str,
        speed: float,
        clock: VenueClock,
        ask: Callable[[Request, Handler, OnFailure | None], None],
        ask_funding: Callable[[int], None],
        on_universe: Handler,
    ) -> None:
        self._symbol = symbol
        self._clock = clock
        self._ask = ask
        self._ask_funding = ask_funding
        self._on_universe = on_universe
        self._interest = InterestPoll(symbol, speed, ask)
        self._due: dict[str, int] = {}
        self._settles_ms = 0

    def all_due(self) -> None:
        """Ask for everything at the next beat."""
        self._due.clear()

    def beat(self, session: Session, listens: bool, now_ns: int) -> None:
        """Ask for what is due; what is missing only while the market's socket is up."""
        self._interest.beat(session, now_ns)
        next_ms = session.funding.next_ms  # moves when funding is paid, or to be paid at other times than before
        if self._is_due("funding", now_ns, FUNDING_NS) or next_ms != self._settles_ms:
            self._settles_ms = next_ms
            self._ask_funding(now_ns)
        if self._is_due("universe", now_ns, UNIVERSE_NS):
            self._ask(backfill.universe(), self._on_universe, None)
        if listens and self._is_due("repairs", now_ns, REPAIRS_NS):
            for need in session.wanted(now_ns):
                Repair(session, need, pages_of(self._symbol, need), self._ask, self._clock).go()

    def _is_due(self, name: str, now_ns: int, every_ns: int) -> bool:
        if now_ns < self._due.get(name, 0):
            return False
        self._due[name] = now_ns + every_ns
        return True
