"""What befalls the list of contracts while the exchange serves: announcements, changes of brackets and funding, a listing, a delisting."""

from __future__ import annotations

from typing import Final

import msgspec

from liqdesk.market import HOUR_MS, MINUTE_MS, floor_to
from liqdesk.simulator.contracts import Contract, Tier, leaving, listed, newcomer

ANNOUNCE_MS: Final = HOUR_MS
FIRST_ANNOUNCEMENT_MS: Final = 30_000
RAISED: Final = "SOLUSDT"
HURRIED: Final = "1000PEPEUSDT"
RAISED_TIERS: Final[tuple[Tier, ...]] = (
    (50e3, 0.0065, 75),
    (400e3, 0.01, 50),
    (1e6, 0.015, 25),
    (4e6, 0.025, 20),
    (40e6, 0.05, 10),
    (80e6, 0.1, 5),
    (100e6, 0.125, 4),
    (200e6, 0.25, 2),
    (400e6, 0.5, 1),
)


class Notice(msgspec.Struct, frozen=True):
    """The contract as it is from a moment on; what contractInfo says of it, with its brackets where these are announced, if it does."""

    at_ms: int
    contract: Contract
    brackets: bool = False
    told: bool = True

    @property
    def delisted(self) -> bool:
        return self.contract.status == "CLOSE"


class Calendar:
    """The contracts over time; a function of `start_ms` alone.

    From the minute that holds the start on: after 5 minutes a contract is listed, after 10 it trades; after 12 the end of
    another is set, after 20 it settles, after 40 it is delisted; after 15 the margin brackets of a third are raised; after 25
    a fourth pays funding every hour, which no stream announces.
    Besides, every `announce_ms` from half a minute on, the brackets of one contract are announced as they are.
    """

    def __init__(self, start_ms: int, announce_ms: int = ANNOUNCE_MS) -> None:
        self.start_ms, self.announce_ms = start_ms, announce_ms
        self.first = listed(start_ms)
        self._announced = tuple(c.symbol for c in self.first if c.funded)
        begin = floor_to(start_ms, MINUTE_MS)
        five, ten, twelve, fifteen, twenty, later, forty = (begin + n * MINUTE_MS for n in (5, 10, 12, 15, 20, 25, 40))
        new, old = newcomer(ten), leaving(start_ms)
        raised, hurried = (next(c for c in self.first if c.symbol == symbol) for symbol in (RAISED, HURRIED))
        hurried = msgspec.structs.replace(hurried, funding_hours=1, funding_since_ms=later)
        doomed = msgspec.structs.replace(old, delivery_ms=twenty)
        self.changes = (
            Notice(five, new),
            Notice(ten, msgspec.structs.replace(new, status="TRADING"), True),
            Notice(twelve, doomed),
            Notice(fifteen, msgspec.structs.replace(raised, tiers=RAISED_TIERS), True),
            Notice(twenty, msgspec.structs.replace(doomed, status="SETTLING")),
            Notice(later, hurried, told=False),
            Notice(forty, msgspec.structs.replace(doomed, status="CLOSE")),
        )

    def agenda(self, symbol: str) -> list[tuple[int, Contract | None]]:
        """Return what changes the course of a contract: (UTC second, what it is from then on, or None where it ends)."""
        found: list[tuple[int, Contract | None]] = []
        for notice in self.changes:
            if notice.contract.symbol == symbol and notice.contract.status == "SETTLING":
                found.append((notice.at_ms // 1000, None))
            elif notice.contract.symbol == symbol and symbol in (RAISED, HURRIED):
                found.append((notice.at_ms // 1000, notice.contract))
        return found

    def between(self, after_ms: int, to_ms: int) -> list[Notice]:
        """Return the notices of contractInfo with after_ms < time ≤ to_ms, by time."""
        found = [n for n in self.changes if after_ms < n.at_ms <= to_ms and n.told]
        phase = self.start_ms + FIRST_ANNOUNCEMENT_MS
        n = max(0, -(-(after_ms + 1 - phase) // self.announce_ms))
        while (at := phase + n * self.announce_ms) <= to_ms:
            contract = self._as_of(self._announced[n % len(self._announced)], at)
            if contract.trades:
                found.append(Notice(at, contract, True))
            n += 1
        return sorted(found, key=lambda notice: notice.at_ms)

    def _as_of(self, symbol: str, ms: int) -> Contract:
        states = [c for c in self.first if c.symbol == symbol]
        states += [n.contract for n in self.changes if n.contract.symbol == symbol and n.at_ms <= ms]
        return states[-1]


def onboard_s(contract: Contract, began_ms: int) -> int:
    """Return the UTC second, a whole minute, from which a contract has a past in a market that began at `began_ms`."""
    return max(began_ms, floor_to(contract.onboard_ms, MINUTE_MS)) // 1000
