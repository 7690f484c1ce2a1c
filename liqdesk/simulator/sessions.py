"""When the markets under the TradFi contracts trade, by the clocks of their own places; without holidays.

Source: the venue's description of `GET /fapi/v1/tradingSchedule` and of the stream `tradingSession` (2026).
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from liqdesk.market import DAY_MS

Day = tuple[tuple[str, str], ...]  # from when on (local time) which session holds
CLOSED: Final[Day] = (("00:00", "NO_TRADING"),)
NEW_YORK: Final = "America/New_York"


class Session(msgspec.Struct, frozen=True):
    start_ms: int
    end_ms: int
    kind: str


class Place(msgspec.Struct, frozen=True):
    """A market: its name in REST, its stream's event, its clock, and what a Monday to a Sunday look like."""

    name: str
    event: str
    zone: str
    week: tuple[Day, ...]


def _asian(*hours: str) -> tuple[Day, ...]:
    """Return a week that trades on working days from the first hour to the second, from the third to the fourth."""
    day = (*CLOSED, *((hour, "NO_TRADING" if n % 2 else "REGULAR") for n, hour in enumerate(hours)))
    return (day,) * 5 + (CLOSED,) * 2


def _round_the_clock(closing: str, opening: str, daily: Day) -> tuple[Day, ...]:
    """Return a week of `daily` days that ends on Friday at `closing` and begins on Sunday at `opening`, New York time."""
    friday = (*(row for row in daily if row[0] < closing), (closing, "NO_TRADING"))
    return (daily,) * 4 + (friday, CLOSED, (*CLOSED, (opening, daily[-1][1])))


SHARES: Final[Day] = (
    ("00:00", "OVERNIGHT"), ("04:00", "PRE_MARKET"), ("09:30", "REGULAR"), ("16:00", "AFTER_MARKET"), ("20:00", "OVERNIGHT"),
)  # fmt: skip
METALS: Final[Day] = (("00:00", "REGULAR"), ("17:00", "NO_TRADING"), ("18:00", "REGULAR"))
PLACES: Final = (
    Place("EQUITY", "EquityUpdate", NEW_YORK, _round_the_clock("20:00", "20:00", SHARES)),
    Place("COMMODITY", "CommodityUpdate", NEW_YORK, _round_the_clock("17:00", "18:00", METALS)),
    Place("KR_EQUITY", "KR_EquityUpdate", "Asia/Seoul", _asian("09:00", "15:30")),
    Place("HK_EQUITY", "HK_EquityUpdate", "Asia/Hong_Kong", _asian("09:30", "12:00", "13:00", "16:00")),
    Place("CN_EQUITY", "CN_EquityUpdate", "Asia/Shanghai", _asian("09:30", "11:30", "13:00", "15:00")),
    Place("FX", "FXUpdate", NEW_YORK, _round_the_clock("17:00", "17:00", (("00:00", "REGULAR"),))),
)


@functools.lru_cache(64)
def sessions(place: Place, day: int) -> tuple[Session, ...]:
    """Return the sessions of a place, one after another without a hole, that touch the week before and the one after UTC day `day`."""
    zone = ZoneInfo(place.zone)
    marks: list[tuple[int, str]] = []
    first = dt.date(1970, 1, 1) + dt.timedelta(days=day - 11)
    for n in range(23):
        local = first + dt.timedelta(days=n)
        for clock, kind in place.week[local.weekday()]:
            at = dt.datetime.combine(local, dt.time.fromisoformat(clock), zone)
            if not marks or marks[-1][1] != kind:
                marks.append((round(at.timestamp() * 1000), kind))
    spans = [Session(a[0], b[0], a[1]) for a, b in itertools.pairwise(marks)]
    return tuple(s for s in spans if s.end_ms > (day - 7) * DAY_MS and s.start_ms < (day + 7) * DAY_MS)


def schedule(now_ms: int) -> dict[str, Any]:
    """Return the sessions of the week before and the week after the day before `now_ms`."""
    day = now_ms // DAY_MS - 1
    return {
        "updateTime": now_ms // DAY_MS * DAY_MS,
        "marketSchedules": {
            place.name: {
                "sessions": [
                    {"startTime": s.start_ms, "endTime": s.end_ms, "type": s.kind} for s in sessions(place, day)
                ]
            }
            for place in PLACES
        },
    }


def session_event(place: Place, ms: int) -> dict[str, Any]:
    """Return what the stream says of a place: the session that holds `ms`."""
    held = next(s for s in sessions(place, ms // DAY_MS) if s.start_ms <= ms < s.end_ms)
    return {"e": place.event, "E": ms, "t": held.start_ms, "T": held.end_ms, "S": held.kind}
