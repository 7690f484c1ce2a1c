"""When to try again, and how much to ask. Pure arithmetic: every time is passed in."""

from __future__ import annotations

import random
from collections import deque
from typing import Final

from liqdesk.venues import Pool

WEIGHT_LIMIT: Final = 2_000  # of 2,400 a minute: other programs on this address draw on the same counter
STATISTICS_LIMIT: Final = 900  # of 1,000 in five minutes
FUNDING_LIMIT: Final = 450  # of 500 in five minutes
FIVE_MINUTES_MS: Final = 300_000
MINUTE_MS: Final = 60_000


class Backoff:
    """Delays that double from `first_s` to `last_s`, each shortened at random by up to half so that clients do not
    return together.
    """

    def __init__(self, first_s: float = 1.0, last_s: float = 60.0, rng: random.Random | None = None) -> None:
        self._first_s = first_s
        self._last_s = last_s
        self._rng = rng or random.Random()
        self.attempt = 0

    def next_s(self) -> float:
        """Count an attempt and return how long to wait before the next one."""
        full = min(self._last_s, self._first_s * 2.0 ** min(self.attempt, 30))
        self.attempt += 1
        return full * (0.5 + 0.5 * self._rng.random())

    def reset(self) -> None:
        self.attempt = 0


class MinuteBudget:
    """A weight per UTC minute of the venue's clock. The venue's own count, from its answers, is the truth; ours only
    fills the time between.
    """

    def __init__(self, limit: int = WEIGHT_LIMIT) -> None:
        self.limit = limit
        self.used = 0
        self._minute = 0

    def wait_ms(self, weight: int, now_ms: int) -> int:
        """Return how long to wait before spending `weight` at venue time `now_ms`."""
        self._turn(now_ms)
        if self.used + weight <= self.limit or self.used == 0:
            return 0
        return MINUTE_MS - now_ms % MINUTE_MS

    def spend(self, weight: int, now_ms: int) -> None:
        self._turn(now_ms)
        self.used += weight

    def observe(self, used: int, now_ms: int) -> None:
        """Take the venue's count, as it came with an answer."""
        self._turn(now_ms)
        self.used = used

    def _turn(self, now_ms: int) -> None:
        minute = now_ms // MINUTE_MS
        if minute != self._minute:
            self._minute, self.used = minute, 0


class SlidingBudget:
    """A number of requests in any window of the given length."""

    def __init__(self, limit: int, window_ms: int = FIVE_MINUTES_MS) -> None:
        self.limit = limit
        self._window_ms = window_ms
        self._spent: deque[int] = deque()

    def wait_ms(self, weight: int, now_ms: int) -> int:
        while self._spent and self._spent[0] <= now_ms - self._window_ms:
            self._spent.popleft()
        excess = len(self._spent) + weight - self.limit
        if excess <= 0 or not self._spent:
            return 0
        return self._spent[min(excess, len(self._spent)) - 1] + self._window_ms - now_ms

    def spend(self, weight: int, now_ms: int) -> None:
        self._spent.extend([now_ms] * weight)


class Pacing:
    """All budgets of one address, and the time before which the venue wants nothing at all."""

    def __init__(self) -> None:
        self.weight = MinuteBudget()
        self.closed_until_ms = 0
        self._sliding = {Pool.STATISTICS: SlidingBudget(STATISTICS_LIMIT), Pool.FUNDING: SlidingBudget(FUNDING_LIMIT)}

    def wait_ms(self, pool: Pool, weight: int, now_ms: int) -> int:
        """Return how long to wait before a request; 0 when it may go now."""
        budget = self._sliding.get(pool, self.weight)
        return max(self.closed_until_ms - now_ms, budget.wait_ms(weight, now_ms), 0)

    def spend(self, pool: Pool, weight: int, now_ms: int) -> None:
        """Count a request when it is sent: refused requests cost as much as answered ones."""
        self._sliding.get(pool, self.weight).spend(weight, now_ms)

    def close(self, until_ms: int) -> None:
        """Send nothing before `until_ms`: the venue said so with a 429 or 418."""
        self.closed_until_ms = max(self.closed_until_ms, until_ms)
