"""A feed: what one stream says between two moments of the market. It is shared by every socket that asked for its name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from liqdesk.simulator.market import Market

Said = tuple[int, str]  # market time in ms, payload
FRAMES: Final = 5.0  # frames a wall second of what only the newest counts of


class Feed(ABC):
    """One stream. `say` returns its payloads with after_ms < time ≤ to_ms, by time."""

    @abstractmethod
    def say(self, after_ms: int, to_ms: int) -> list[Said]: ...


class Paced(Feed):
    """A feed that speaks every `every_ms` of market time, and less often where time runs so fast that nobody could follow."""

    def __init__(self, market: Market, every_ms: int) -> None:
        self.market = market
        least = int(market.speed * 1000 / FRAMES)
        self.every_ms = max(every_ms, -(-least // every_ms) * every_ms)

    def say(self, after_ms: int, to_ms: int) -> list[Said]:
        beat = to_ms // self.every_ms
        if beat <= after_ms // self.every_ms:
            return []
        return [(beat * self.every_ms, t) for t in self.frame(to_ms)]

    @abstractmethod
    def frame(self, now_ms: int) -> list[str]: ...
