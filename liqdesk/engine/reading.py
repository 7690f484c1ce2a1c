"""What is read from the map of one symbol: the density now, its zones with their age and growth, imbalance, and confluence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from liqdesk.engine.frames import NowPlanes
from liqdesk.engine.market_map import MarketMap
from liqdesk.insight import (
    REACH,
    Confluence,
    FundingRecord,
    Imbalance,
    Zone,
    confluence_of,
    funding_record,
    imbalance_of,
    zones_of,
)
from liqdesk.insight.squeeze import InterestRecord, Squeeze, interest_record, squeeze_of
from liqdesk.market import HOUR_MS, MINUTE_MS
from liqdesk.model import COHORTS_MS, Ages, AgeWalk, row_prices
from liqdesk.model.axis import ROWS

if TYPE_CHECKING:
    from liqdesk.engine.session import Session

PASS_NS: Final = 5_000_000_000  # between the starts of two passes over the record
SPARE: Final = 0.02  # beyond where zones are looked for, so that the mark may move until the next pass


class Reading:
    """Reads one map. `view` is cheap and called often; `go_on` walks a piece of the record, whenever there is time."""

    def __init__(self, market_map: MarketMap) -> None:
        self.map = market_map
        self.ages: Ages | None = None
        self.confluence: Confluence | None = None
        self._records: tuple[object, FundingRecord, InterestRecord] | None = None
        self._walk: AgeWalk | None = None
        self._walked_mark = 0.0
        self._next_pass_ns = 0
        self._hour: tuple[int, int, NDArray[np.float64]] | None = None  # end ms, base, basis USD [2 side, rows]

    def view(self, time_ms: int, mark: float) -> tuple[NowPlanes | None, tuple[Zone, ...], tuple[Imbalance, ...]]:
        """Return the density at `mark`, its zones and its imbalance; nothing before the first step."""
        now = self.map.now(time_ms, mark)
        if now is None:
            return None, (), ()
        spread = self.map.shown_spread
        found = zones_of(now.base, now.usd, mark, now.shares, spread)
        zones = tuple(self._told(zone, time_ms) for zone in found)
        return now, zones, imbalance_of(now.base, now.usd, mark, shares=now.shares, spread=spread)

    def go_on(self, now_ns: int, mark: float) -> None:
        """Walk one piece of the record back, or begin a pass where minutes have closed since the last one."""
        record, density = self.map.record, self.map.density
        if record is None or not len(record):
            return
        if self._walk is not None and self._walk.stale:
            self._walk = None
        if self._walk is None:
            done = self.ages is not None and self.ages.until_ms >= density.time_ms
            if done or now_ns < self._next_pass_ns:
                return
            self._next_pass_ns = now_ns + PASS_NS
            self._walk = AgeWalk(record, mark, REACH + SPARE, density.passed(mark))
            self._walked_mark = mark
        ages = self._walk.go_on()
        if ages is not None:
            self._walk, self.ages = None, ages
            self.confluence = self._confluence(ages)

    def _confluence(self, ages: Ages) -> Confluence:
        scale = row_prices(ages.base, ages.rows) * (self.map.gain * np.float32(self.map.factor))[:, None]
        cohorts = [ages.cohort(age) * scale for age in COHORTS_MS]
        return confluence_of(ages.until_ms, ages.base, cohorts, self._walked_mark, self.map.shown_spread)

    def squeeze(self, session: Session, now_ms: int) -> Squeeze:
        """Return what a squeeze is judged by: the session's funding, open interest and imbalance."""
        f, minute = session.funding, now_ms // MINUTE_MS * MINUTE_MS
        held = (minute, len(session.interest), f)
        if self._records is None or self._records[0] != held:
            interest = session.interest
            contracts = interest["contracts"].astype(np.float64)
            records = (
                funding_record(f.history, f.rate, f.interval_h, now_ms),
                interest_record(interest["t"].astype(np.int64), contracts, now_ms),
            )
            self._records = (held, *records)
        return squeeze_of(self._records[1], self._records[2], session.imbalance)

    def _told(self, zone: Zone, time_ms: int) -> Zone:
        """Return a zone with its age, what it held an hour ago, and where else it is hot."""
        confluence, row = self.confluence, zone.peak_row
        return replace(
            zone,
            age_ms=self._age_ms(zone, time_ms),
            hour_usd=self._hour_usd(zone),
            cohorts=() if confluence is None else confluence.cohorts_at(row),
            score=None if confluence is None else confluence.at(row)[2],
        )

    def _age_ms(self, zone: Zone, time_ms: int) -> float | None:
        if self.ages is None:
            return None
        prices = row_prices(zone.first_row, zone.last_row + 1 - zone.first_row)
        age = self.ages.median_ms(int(zone.side), prices, zone.first_row)
        return None if age is None else age + max(0, time_ms - self.ages.until_ms)

    def _hour_usd(self, zone: Zone) -> float | None:
        """Return what stood in a zone's bins an hour before the newest closed minute, in USD at today's gain."""
        end_ms = self.map.density.time_ms - HOUR_MS
        if self._hour is None or self._hour[0] != end_ms:
            column = self.map.grid.ring(MINUTE_MS).read(end_ms // MINUTE_MS - 1)
            if column is None:
                return None
            self._hour = (end_ms, column.base, column.basis.astype(np.float64).reshape(2, -1, ROWS).sum(axis=1))
        _, base, basis = self._hour
        first, last = zone.first_row - base, zone.last_row - base
        if first < 0 or last >= ROWS:
            return None
        gain = float(self.map.gain[zone.side]) * self.map.factor
        return float(basis[zone.side, first : last + 1].sum()) * gain
