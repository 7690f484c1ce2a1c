"""How much the venue lets one address ask: request weight by the UTC minute of the wall clock, and counts per five minutes."""

from __future__ import annotations

from typing import Final

WEIGHT_LIMIT: Final = 2400
REFUSALS_TO_BAN: Final = 10
BAN_MS: Final = 120_000
LONGEST_BAN_MS: Final = 3 * 86_400_000
MINUTE_MS: Final = 60_000
POOL_MS: Final = 300_000
POOLS: Final = {"funding": 500, "statistics": 1000}
ADDRESS: Final = "127.0.0.1"


class Limits:
    """The counters of one address. Refused requests cost as well; who goes on after a 429 is banned, each time for twice as long."""

    def __init__(self) -> None:
        self.used = 0
        self._minute = 0
        self._refused = 0
        self._banned_until = 0
        self._bans = 0
        self._pools: dict[str, tuple[int, int]] = {}

    def charge(self, weight: int, wall_ms: int) -> tuple[int, int, str] | None:
        """Count a request; return None when it may pass, else (status, seconds to wait, message)."""
        minute = wall_ms // MINUTE_MS
        if minute != self._minute:
            self._minute, self.used, self._refused = minute, 0, 0
        self.used += weight
        if wall_ms < self._banned_until:
            return self._ban(wall_ms)
        if self.used <= WEIGHT_LIMIT:
            return None
        self._refused += 1
        if self._refused > REFUSALS_TO_BAN:
            self._banned_until = wall_ms + min(BAN_MS << self._bans, LONGEST_BAN_MS)
            self._bans = min(self._bans + 1, 16)
            return self._ban(wall_ms)
        wait = -(-((minute + 1) * MINUTE_MS - wall_ms) // 1000)
        return 429, wait, (
            f"Too many requests; current limit of IP({ADDRESS}) is {WEIGHT_LIMIT} requests per minute. "
            "Please use the websocket for live updates to avoid polling the API."
        )  # fmt: skip

    def charge_pool(self, pool: str, wall_ms: int) -> tuple[int, int, str] | None:
        """Count a request of a pool that has no weight but a number of requests per five minutes."""
        window = wall_ms // POOL_MS
        before, count = self._pools.get(pool, (window, 0))
        count = count + 1 if before == window else 1
        self._pools[pool] = window, count
        if wall_ms < self._banned_until:
            return self._ban(wall_ms)
        if count <= POOLS[pool]:
            return None
        wait = -(-((window + 1) * POOL_MS - wall_ms) // 1000)
        return 429, wait, f"Too many requests; current limit of IP({ADDRESS}) is {POOLS[pool]} requests per 5 minutes."

    def _ban(self, wall_ms: int) -> tuple[int, int, str]:
        wait = -(-(self._banned_until - wall_ms) // 1000)
        return 418, wait, (
            f"Way too many requests; IP({ADDRESS}) banned until {self._banned_until}. "
            "Please use the websocket for live updates to avoid bans."
        )  # fmt: skip
