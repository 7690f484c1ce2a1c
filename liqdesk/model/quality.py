"""Inputs that cannot be: told apart, held back or clipped, and counted by the hour.

Every trade changes open interest by at most its own size, so over an interval |ΔOI| ≤ V (Giagkiozis and Said 2024 find
venues that report otherwise). A mark or an open interest that leaps alone is not believed; a second one that agrees with
it is.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
HOURS: Final = 24
LEAP_OF_MARK: Final = 0.10  # in ln price, from one mark to the next
LEAP_OF_INTEREST: Final = 0.40  # in ln contracts, from one sample to the next
MARKS_APART_MS: Final = 5 * MINUTE_MS  # values farther apart than this are not compared
SAMPLES_APART_MS: Final = HOUR_MS
LEAST_EXCESS: Final = 1e-6  # of open interest: venues round
KEPT_MINUTES: Final = 180
REPEATS: Final = 3  # samples that keep to a level before it is believed against the volume

VOLUME: Final = "interest beyond volume"
INTEREST: Final = "interest leap"
MARK: Final = "mark leap"


class Oddity(msgspec.Struct, frozen=True):
    """One kind of impossible input: how many in the last 24 h and by the hour (oldest first, the running hour last), and
    when the last one came, venue ms. `clipped` says that the value was brought back to what can be, else it was left out."""

    kind: str
    count: int
    by_hour: tuple[int, ...]
    last_ms: int
    clipped: bool


class Believing:
    """Lets a series pass except for a value that leaps and is not confirmed by the next one of another time."""

    def __init__(self, leap: float, apart_ms: int) -> None:
        self._leap, self._apart_ms = leap, apart_ms
        self._value = self._doubted = 0.0
        self._time_ms = self._doubted_ms = 0

    def begin(self, time_ms: int, value: float) -> None:
        """Believe a value that is known from elsewhere, whatever was believed before."""
        self._value, self._doubted, self._time_ms = value, 0.0, time_ms

    def take(self, time_ms: int, value: float) -> bool:
        """Return whether to believe a positive value."""
        near = time_ms - self._time_ms <= self._apart_ms and self._value > 0
        if near and abs(math.log(value / self._value)) > self._leap:
            agreed = self._doubted > 0 and abs(math.log(value / self._doubted)) <= self._leap
            if not (agreed and time_ms > self._doubted_ms):
                self._doubted, self._doubted_ms = value, time_ms
                return False
        self._value, self._doubted, self._time_ms = value, 0.0, max(time_ms, self._time_ms)
        return True


class Quality:
    """What was impossible in one symbol's inputs. Times are venue ms."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[int, int]] = {}
        self._last: dict[str, int] = {}
        self._mark = Believing(LEAP_OF_MARK, MARKS_APART_MS)
        self._interest = Believing(LEAP_OF_INTEREST, SAMPLES_APART_MS)
        self._held: tuple[int, float] | None = None  # when sampled, contracts
        self._volumes: deque[tuple[int, float]] = deque(maxlen=KEPT_MINUTES)
        self._beyond: list[float] = []

    def mark(self, time_ms: int, mark: float) -> bool:
        """Return whether to believe a mark."""
        return self._mark.take(time_ms, mark) or self._odd(MARK, time_ms)

    def interest(self, time_ms: int, contracts: float) -> bool:
        """Return whether to believe a sample of open interest."""
        return contracts > 0 and (self._interest.take(time_ms, contracts) or self._odd(INTEREST, time_ms))

    def known(self, interest: NDArray[np.void]) -> None:
        """Hold later samples of open interest against the newest of a record (dtype INTEREST), so that the first one sampled
        cannot leap unseen."""
        if len(interest):
            self._interest.begin(int(interest["t"][-1]), float(interest["contracts"][-1]))

    def minute(self, t0_ms: int, volume: float, sample_ms: int, contracts: float) -> float:
        """Return the open interest to use at the start of a whole minute in which `volume` was traded; `contracts` were last
        sampled at `sample_ms`.

        It cannot have changed since the sample before by more than was traded from the minute before that one on, as stamps lag.
        More is clipped. Three samples that keep to one level are believed: then what came before was wrong. Minutes after a gap are
        not compared with those before it.
        """
        if self._volumes and t0_ms - self._volumes[-1][0] != MINUTE_MS:
            self._volumes.clear()
            self._held = None
        held, used = self._held, contracts
        if held is not None and sample_ms <= held[0]:
            used, sample_ms = held[1], held[0]
        elif held is not None:
            most = sum(traded for t, traded in self._volumes if t > held[0] - 2 * MINUTE_MS)
            slack = most + LEAST_EXCESS * max(held[1], contracts)
            if abs(contracts - held[1]) > slack:
                self._odd(VOLUME, t0_ms)
                self._beyond = [*(b for b in self._beyond if abs(contracts - b) <= slack), contracts]
                used = min(max(contracts, held[1] - most), held[1] + most)
                if len(self._beyond) >= REPEATS:
                    used, self._beyond = contracts, []
            else:
                self._beyond = []
        self._held = (sample_ms, used)
        self._volumes.append((t0_ms, volume))
        return used

    def _odd(self, kind: str, time_ms: int) -> bool:
        hours = self._counts.setdefault(kind, {})
        hour = time_ms // HOUR_MS
        hours[hour] = hours.get(hour, 0) + 1
        for old in [h for h in hours if h <= hour - HOURS]:
            del hours[old]
        self._last[kind] = time_ms
        return False

    def oddities(self, now_ms: int) -> tuple[Oddity, ...]:
        """Return what was impossible in the 24 hours up to now, by kind; nothing where nothing was."""
        last = now_ms // HOUR_MS
        found = []
        for kind, hours in self._counts.items():
            by_hour = tuple(hours.get(h, 0) for h in range(last - HOURS + 1, last + 1))
            if any(by_hour):
                found.append(Oddity(kind, sum(by_hour), by_hour, self._last[kind], kind == VOLUME))
        return tuple(found)
