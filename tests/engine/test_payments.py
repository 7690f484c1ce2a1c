"""The payments of a month, page after page, from the built-in market's own answers."""

from __future__ import annotations

import time

from liqdesk.clock import VenueClock
from liqdesk.engine.asking import Handler, OnFailure
from liqdesk.engine.payments import DEPTH_MS, Payments
from liqdesk.market import DAY_MS, HOUR_MS, Funding
from liqdesk.venues.venue import Request

NOW = 1_776_206_833_000


class Venue:
    """Answers as the venue does: from `startTime` on, oldest first, at most `limit`."""

    def __init__(self, rows: list[Funding]) -> None:
        self.rows = rows
        self.asked: list[dict[str, str]] = []

    def ask(self, request: Request, handler: Handler, on_failure: OnFailure | None = None) -> None:
        self.asked.append(dict(request.params))
        since, limit = int(request.params["startTime"]), int(request.params["limit"])
        handler([row for row in self.rows if row.time_ms >= since][:limit], time.monotonic_ns())


def clock() -> VenueClock:
    made = VenueClock(1.0)
    made.observe(NOW, time.monotonic_ns())
    return made


def hourly(days: int) -> list[Funding]:
    return [Funding("X", NOW - k * HOUR_MS, 1e-5 * k) for k in range(24 * days, 0, -1)]


def test_a_month_of_hourly_payments_comes_on_one_page() -> None:
    venue = Venue(hourly(60))
    told: list[list[Funding]] = []
    Payments("X", clock(), venue.ask, told.append).go(time.monotonic_ns())
    assert [(one["symbol"], one["limit"]) for one in venue.asked] == [("X", "1000")]
    (rows,) = told
    assert 720 <= len(rows) <= 722
    assert rows[0].time_ms >= NOW - DEPTH_MS - 1_000
    assert rows[0].time_ms <= NOW - 30 * DAY_MS


def test_full_pages_are_followed_by_the_next() -> None:
    venue = Venue(hourly(60))
    told: list[list[Funding]] = []
    Payments("X", clock(), venue.ask, told.append, page=100).go(time.monotonic_ns())
    assert len(venue.asked) == 8
    (rows,) = told
    wanted = [row for row in venue.rows if row.time_ms >= int(venue.asked[0]["startTime"])]
    assert rows == wanted
    starts = [int(one["startTime"]) for one in venue.asked]
    assert starts == sorted(set(starts))


def test_a_contract_without_payments_has_none() -> None:
    venue = Venue([])
    told: list[list[Funding]] = []
    Payments("X", clock(), venue.ask, told.append).go(time.monotonic_ns())
    assert told == [[]]
