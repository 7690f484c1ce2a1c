"""The whole simulated market: every contract's course, kept in step, from 31 days before `start` on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Literal

import msgspec
import numpy as np

from liqdesk.market import DAY_MS, HOUR_MS, SECOND_MS, floor_to
from liqdesk.simulator import layout as at
from liqdesk.simulator.calendar import ANNOUNCE_MS, Calendar, Notice, onboard_s
from liqdesk.simulator.contracts import Contract
from liqdesk.simulator.course import Course

PAST_DAYS: Final = 31
CHUNK_S: Final = 86_400
Prints = Literal["largest", "latest"]
MESSAGES: Final = 600.0  # trades a wall second at most, unless asked for otherwise


def trade_rate(contract: Contract, speed: float, asked: float | None) -> float:
    """Return into how many trades a second is split on average: fewer when time runs fast, so that a client can follow."""
    if asked is not None:
        return asked * contract.rate / 6.0 if contract.beta else asked
    share = MESSAGES if contract.beta == 0.0 else MESSAGES / 6
    return min(contract.rate, max(share / speed, 0.0 if contract.beta else 1.0))


class Market:
    """A market of known truth. The same (seed, start_ms) gives the same prices, positions and forced orders to the last digit.

    start_ms: UTC milliseconds, a whole second, when serving begins; `past_days` lie before it. `speed` and
    `trades_per_second` only decide into how many trades a second from `start_ms` on is split. `prints`: which
    liquidation of a second the venue prints, the largest by value or the latest. `announce_ms`: how often a contract's
    brackets are announced. The leader (BTCUSDT) is ready once `lead` returned, and its minutes that end by `lived_ms` before:
    other threads may read them meanwhile. The other contracts follow by `follow`, which another thread may call. `listed` is
    another tuple whenever the list changed.
    """

    def __init__(
        self,
        seed: int,
        start_ms: int,
        speed: float = 1.0,
        trades_per_second: float | None = None,
        past_days: int = PAST_DAYS,
        prints: Prints = "largest",
        announce_ms: int = ANNOUNCE_MS,
    ) -> None:
        self.seed, self.start_ms, self.speed, self.prints = seed, start_ms, speed, prints
        self.calendar = Calendar(start_ms, announce_ms)
        began_ms = floor_to(start_ms - past_days * DAY_MS, 8 * HOUR_MS)
        self._drive = np.zeros(at.DRIVE, np.float32)
        self.listed = self.calendar.first
        self.contracts = {c.symbol: c for c in self.listed}
        self._first = {n.contract.symbol: n.contract for n in self.calendar.changes} | self.contracts
        self._rates = {c.symbol: trade_rate(c, speed, trades_per_second) for c in self._first.values()}
        self._due = list(self.calendar.changes)
        self._began_s, self._live_s = began_ms // SECOND_MS, start_ms // SECOND_MS
        self.courses: dict[str, Course] = {}
        self.now_ms = began_ms
        self.lived_ms = 0
        self.stopping = threading.Event()
        self._making = threading.Lock()

    @property
    def leader(self) -> Course:
        return self.courses[self.listed[0].symbol]

    def begin(self) -> None:
        """Live the leader's first second, with all that is loaded or compiled for it."""
        leader = self.listed[0]
        self.courses[leader.symbol] = self._course(leader)
        self.leader.advance(self._began_s)

    def lead(self, to_ms: int, alive: Callable[[], None] | None = None) -> None:
        """Live the leader's market through to `to_ms`; `alive` is called between days and may raise to stop."""
        if not self.courses:
            self.begin()
        course = self.leader
        overwrites = to_ms // SECOND_MS - self._began_s > (at.MINUTES - 2) * 60
        for s in range(course.now_s + CHUNK_S, to_ms // SECOND_MS, CHUNK_S):
            course.advance(s)
            self.lived_ms = 0 if overwrites else s * SECOND_MS
            if alive is not None:
                alive()
        course.advance(to_ms // SECOND_MS)
        self.now_ms = to_ms
        self._relist()

    def holds(self, now_ms: int) -> bool:
        """Whether the list of contracts is, at that time, as it is now."""
        return not self._due or now_ms < self._due[0].at_ms

    def follow(self, symbol: str) -> Course | None:
        """Return a contract's course, living through its past first where need be; None where the symbol is unknown or does not trade.

        May run in any thread; the new course joins `courses` at the leader's second.
        """
        if self._trading(symbol) is None:
            return None
        with self._making:
            contract = self._trading(symbol)
            course = self.courses.get(symbol)
            if contract is None or course is not None:
                return course
            course = self._course(contract)
            while course.now_s < self.leader.now_s and contract is not None:
                if self.stopping.is_set():
                    return None
                course.advance(min(course.now_s + CHUNK_S, self.leader.now_s))
                contract = self._trading(symbol)
            if contract is None:
                return None
            course.contract = contract
            return self.courses.setdefault(symbol, course)

    def _trading(self, symbol: str) -> Contract | None:
        contract = self.contracts.get(symbol)
        return contract if contract is not None and contract.trades else None

    def advance(self, now_ms: int) -> None:
        """Live every ready contract through to `now_ms`; time never goes back."""
        self.now_ms = max(self.now_ms, now_ms)
        second = self.now_ms // SECOND_MS
        self.leader.advance(second)
        for course in tuple(self.courses.values()):
            course.advance(second)
        self._relist()

    def _relist(self) -> None:
        """Let what the calendar holds up to now happen to the list of contracts."""
        while self._due and self._due[0].at_ms <= self.now_ms:
            self._happen(self._due.pop(0))

    def _happen(self, notice: Notice) -> None:
        contract = notice.contract
        symbol = contract.symbol
        if notice.delisted:
            self.contracts = {s: c for s, c in self.contracts.items() if s != symbol}
            self.listed = tuple(self.contracts.values())
            return
        if contract.status == "SETTLING":
            course = self.courses.get(symbol) or self._caught_up(symbol)
            contract = msgspec.structs.replace(contract, price=float(course.second(course.now_s)[0][at.S_MARK]))
            self.courses.pop(symbol, None)
        elif contract.trades and not self.contracts[symbol].trades:
            self.courses[symbol] = self._caught_up(symbol)
        if symbol in self.courses:
            self.courses[symbol].contract = contract
        self.contracts = self.contracts | {symbol: contract}
        self.listed = tuple(self.contracts.values())

    def _caught_up(self, symbol: str) -> Course:
        """Return the course of a contract with a short past, brought up to now at once."""
        course = self._course(self._first[symbol])
        course.advance(self.leader.now_s)
        return course

    def _course(self, contract: Contract) -> Course:
        first = self._first[contract.symbol]
        began_s = onboard_s(first, self._began_s * SECOND_MS)
        course = Course(first, self.seed, began_s, self._live_s, self._rates[contract.symbol], self._drive)
        course.agenda = self.calendar.agenda(contract.symbol)
        course.par[at.LATEST] = float(self.prints == "latest")
        return course
