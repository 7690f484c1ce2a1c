"""Squeeze setup: funding against the side of the map that stands nearer. A rule of thumb, held against no outcomes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.insight.funding import FundingRecord
from liqdesk.insight.imbalance import Imbalance
from liqdesk.insight.zones import Zone
from liqdesk.market import HOUR_MS, Side

RADIUS: Final = 0.02
TILT: Final = 0.38  # deviation over time of the imbalance within 2 %, BTCUSDT, Dec 2025 to May 2026: it swings that wide by geometry
WITHIN: Final = 0.05  # of mark, in which a zone counts as near
CLIP: Final = 3.0
NOTABLE: Final = 1.0
DAYS: Final = 30
LEAST_HOURS: Final = 72
FRESH_MS: Final = 2 * HOUR_MS  # of a sample that stands for an hour


class InterestRecord(msgspec.Struct, frozen=True):
    """How open interest changed within the last 24 h (ln of the ratio, NaN where not known), and how many deviations that is from the mean
    of such changes over the last 30 days, of which there are `hours`, hour by hour and overlapping (None for fewer than 72)."""

    change: float
    z: float | None
    hours: int


def interest_record(t_ms: NDArray[np.int64], contracts: NDArray[np.float64], now_ms: int) -> InterestRecord:
    """Hold the last day's change of open interest against those of 30 days; samples ascending, contracts."""
    none = InterestRecord(math.nan, None, 0)
    hours = now_ms - np.arange((DAYS + 1) * 24, -1, -1, dtype=np.int64) * HOUR_MS
    at = np.searchsorted(t_ms, hours, side="right") - 1
    if not len(t_ms) or at[-1] < 0:
        return none
    known = (at >= 0) & (hours - t_ms[np.maximum(at, 0)] <= FRESH_MS) & (contracts[np.maximum(at, 0)] > 0)
    values = np.where(known, np.log(np.where(known, contracts[np.maximum(at, 0)], 1.0)), np.nan)
    changes = values[24:] - values[:-24]
    past = changes[:-1][np.isfinite(changes[:-1])]
    change = float(changes[-1])
    if past.size < LEAST_HOURS or not math.isfinite(change):
        return InterestRecord(change, None, past.size)
    deviation = float(past.std(ddof=1))
    return InterestRecord(change, (change - float(past.mean())) / deviation if deviation > 1e-9 else None, past.size)


class Squeeze(msgspec.Struct, frozen=True):
    """What a squeeze is judged by: funding and open interest against their last 30 days, and the tilt of the map within 2 % of mark,
    (short − long) / sum, None where nothing stands there."""

    funding: FundingRecord
    interest: InterestRecord
    tilt: float | None

    @property
    def tilt_z(self) -> float | None:
        """The tilt in the deviations that it has over time."""
        return None if self.tilt is None else self.tilt / TILT

    def terms(self, side: Side) -> tuple[float | None, float | None, float | None]:
        """Return what speaks for a squeeze of one side: funding, map, open interest; each positive for it, within ±3."""
        sign = 1.0 if side is Side.SHORT else -1.0
        raw = (
            None if self.funding.z is None else -sign * self.funding.z,
            None if self.tilt_z is None else sign * self.tilt_z,
            self.interest.z,
        )
        return tuple(None if v is None else max(-CLIP, min(CLIP, v)) for v in raw)  # type: ignore[return-value]

    def score(self, side: Side) -> float | None:
        """Return the plain mean of the terms known; None without both funding and map."""
        terms = self.terms(side)
        if terms[0] is None or terms[1] is None:
            return None
        known = [v for v in terms if v is not None]
        return sum(known) / len(known)

    def notable(self, side: Side, zones: Sequence[Zone]) -> bool:
        """Say whether one side looks set up: a mean of at least 1, neither funding nor map against it, and a zone of that side, or a rise,
        within 5 % of mark."""
        score, terms = self.score(side), self.terms(side)
        if score is None or terms[0] is None or terms[1] is None:
            return False
        return score >= NOTABLE and min(terms[0], terms[1]) > 0 and nearest(zones, side) is not None


def nearest(zones: Sequence[Zone], side: Side) -> Zone | None:
    """Return the zone or rise of a side nearest to mark, None beyond 5 %."""
    found = [z for z in zones if z.side is side and abs(z.distance) <= WITHIN]
    return min(found, key=lambda z: abs(z.distance), default=None)


def squeeze_of(funding: FundingRecord, interest: InterestRecord, imbalance: Sequence[Imbalance]) -> Squeeze:
    """Return what a squeeze is judged by at this moment."""
    here = next((i for i in imbalance if abs(i.radius - RADIUS) < 1e-9), None)
    stands = here is not None and here.long_usd + here.short_usd > 0
    return Squeeze(funding, interest, here.ratio if here is not None and stands else None)
