"""The ids of one symbol's trades, which rise by one: which of them are missing, and up to when no other can be."""

from __future__ import annotations


class Hole:
    """Trade ids [first, end) that are missing, between venue times `from_ms` and `to_ms`."""

    __slots__ = ("end", "first", "from_ms", "to_ms")

    def __init__(self, first: int, end: int, from_ms: int, to_ms: int) -> None:
        self.first, self.end, self.from_ms, self.to_ms = first, end, from_ms, to_ms


class TradeIds:
    """Which trades came. Of those before `until_ms`, none is missing but those in `holes`; of later ones nothing is known: a stream can
    fall silent on a healthy socket, and only the next trade tells."""

    def __init__(self) -> None:
        self.next_id: int | None = None  # None before the first trade
        self.until_ms = 0
        self.holes: list[Hole] = []

    def came(self, trade_id: int, time_ms: int) -> bool:
        """Take a trade; return whether it comes for the first time."""
        if self.next_id is not None and trade_id < self.next_id:
            return self._fill(trade_id)
        if self.next_id is not None and trade_id > self.next_id:
            self.holes.append(Hole(self.next_id, trade_id, self.until_ms, time_ms))
        self.next_id = trade_id + 1
        self.settle(time_ms)
        return True

    def settle(self, until_ms: int) -> None:
        """Say that every trade before a time came, but for the holes."""
        self.until_ms = max(self.until_ms, until_ms)

    def lacks(self, from_ms: int, to_ms: int) -> bool:
        """Return whether a hole reaches into [from_ms, to_ms)."""
        return any(hole.from_ms < to_ms and hole.to_ms >= from_ms for hole in self.holes)

    def never_were(self, first: int, end: int) -> None:
        """Say that the venue has nothing of the ids [first, end)."""
        self.holes = [hole for hole in self.holes if not (first <= hole.first and hole.end <= end)]

    def forget(self, from_ms: int, to_ms: int) -> None:
        """Miss nothing of [from_ms, to_ms) any longer."""
        kept = []
        for hole in self.holes:
            if from_ms <= hole.from_ms and hole.to_ms < to_ms:
                continue
            if from_ms <= hole.from_ms < to_ms:
                hole.from_ms = to_ms
            if from_ms <= hole.to_ms < to_ms:
                hole.to_ms = from_ms - 1
            if hole.from_ms <= hole.to_ms:
                kept.append(hole)
        self.holes = kept

    def _fill(self, trade_id: int) -> bool:
        for i, hole in enumerate(self.holes):
            if hole.first <= trade_id < hole.end:
                parts = ((hole.first, trade_id), (trade_id + 1, hole.end))
                self.holes[i : i + 1] = [Hole(a, b, hole.from_ms, hole.to_ms) for a, b in parts if a < b]
                return True
        return False
