"""When faults come: a stream of occurrences in order of time, a function of the plan alone."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator

from liqdesk.simulator.faults.plan import AnyFault, Plan


class Occurrence:
    """One coming of a fault, [from_s, to_s) in wall seconds since the exchange began to serve, with chances of its own."""

    __slots__ = ("fault", "from_s", "number", "rng", "serial", "to_s", "told")

    def __init__(
        self, fault: AnyFault, number: int, serial: int, from_s: float, to_s: float, rng: random.Random
    ) -> None:
        self.fault, self.number, self.serial = fault, number, serial
        self.from_s, self.to_s, self.rng = from_s, to_s, rng
        self.told: set[object] = set()  # whom the log has named


def occurrences(plan: Plan, speed: float) -> Iterator[Occurrence]:
    """Yield every occurrence in order of time; faults that come by chance may never end. Faults are numbered from 1."""
    streams = (_of(plan.seed, number, fault, speed) for number, fault in enumerate(plan.fault, 1))
    return heapq.merge(*streams, key=lambda o: (o.from_s, o.number))


def _of(seed: int, number: int, fault: AnyFault, speed: float) -> Iterator[Occurrence]:
    pace = speed if fault.clock == "market" else 1.0
    for serial, at in enumerate(_times(seed, number, fault), 1):
        rng = random.Random(f"{seed}/{number}/{serial}")
        yield Occurrence(fault, number, serial, at / pace, (at + fault.for_s) / pace, rng)


def _times(seed: int, number: int, fault: AnyFault) -> Iterator[float]:
    if fault.at_s is not None:
        yield fault.at_s
        return
    assert fault.per_minute is not None
    rng = random.Random(f"{seed}/{number}")
    at, until = fault.from_s, math.inf if fault.until_s is None else fault.until_s
    left = math.inf if fault.times is None else fault.times
    while left > 0:
        at += rng.expovariate(fault.per_minute / 60)
        if at >= until:
            return
        left -= 1
        yield at
