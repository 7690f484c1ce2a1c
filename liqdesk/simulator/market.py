"""The whole simulated market: every contract's course, kept in step, from 31 days before `start` on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import numpy as np

from liqdesk.market import DAY_MS, HOUR_MS, SECOND_MS, floor_to
from liqdesk.simulator.contracts import Contract, listed
from liqdesk.simulator.course import DRIVE, Course

PAST_DAYS: Final = 31
CHUNK_S: Final = 86_400
MESSAGES: Final = 600.0  # trades a wall second at most, unless asked for otherwise


def trade_rate(contract: Contract, speed: float, asked: float | None) -> float:
    """Return into how many trades a second is split on average: fewer when time runs fast, so that a client can follow."""
    if asked is not None:
        return asked * contract.rate / 6.0 if contract.beta else asked
    share = MESSAGES if contract.beta == 0.0 else MESSAGES / 6
    return min(contract.rate, max(share / speed, 0.0 if contract.beta else 1.0))


class Market:
    """A market of known truth. The same (seed, start_ms) gives the same prices, positions and forced orders to the last digit.

    start_ms: UTC milliseconds, a whole second, when serving begins; `past_days` lie before it. `speed` and `trades_per_second` only decide
    into how many trades a second from `start_ms` on is split. The leader (BTCUSDT) is ready once `lead` returned; the others follow by
    `follow`, which another thread may call.
    """

    def __init__(
        self,
        seed: int,
        start_ms: int,
        speed: float = 1.0,
        trades_per_second: float | None = None,
        past_days: int = PAST_DAYS,
    ) -> None:
        self.seed, self.start_ms, self.speed = seed, start_ms, speed
        began_ms = floor_to(start_ms - past_days * DAY_MS, 8 * HOUR_MS)
        self._drive = np.zeros(DRIVE, np.float32)
        self.listed = listed(start_ms)
        self.contracts = {c.symbol: c for c in self.listed}
        self._rates = {c.symbol: trade_rate(c, speed, trades_per_second) for c in self.listed}
        self._began_s, self._live_s = began_ms // SECOND_MS, start_ms // SECOND_MS
        self.courses: dict[str, Course] = {}
        self.now_ms = began_ms
        self.stopping = threading.Event()
        self._making = threading.Lock()

    @property
    def leader(self) -> Course:
        return self.courses[self.listed[0].symbol]

    def lead(self, to_ms: int, alive: Callable[[], None] | None = None) -> None:
        """Live the leader's market through to `to_ms`; `alive` is called between days and may raise to stop."""
        course = self._course(self.listed[0])
        for s in range(course.now_s + CHUNK_S, to_ms // SECOND_MS, CHUNK_S):
            course.advance(s)
            if alive is not None:
                alive()
        course.advance(to_ms // SECOND_MS)
        self.courses[course.contract.symbol] = course
        self.now_ms = to_ms

    def follow(self, symbol: str) -> Course | None:
        """Return a contract's course, living through its past first where need be; None where the symbol is unknown or does not trade.

        May run in any thread; the new course joins `courses` at the leader's second.
        """
        contract = self.contracts.get(symbol)
        if contract is None or not contract.trades:
            return None
        with self._making:
            course = self.courses.get(symbol)
            if course is None:
                course = self._course(contract)
                while course.now_s < self.leader.now_s:
                    if self.stopping.is_set():
                        return None
                    course.advance(min(course.now_s + CHUNK_S, self.leader.now_s))
                self.courses[symbol] = course
        return course

    def advance(self, now_ms: int) -> None:
        """Live every ready contract through to `now_ms`; time never goes back."""
        self.now_ms = max(self.now_ms, now_ms)
        second = self.now_ms // SECOND_MS
        self.leader.advance(second)
        for course in tuple(self.courses.values()):
            course.advance(second)

    def _course(self, contract: Contract) -> Course:
        return Course(contract, self.seed, self._began_s, self._live_s, self._rates[contract.symbol], self._drive)
