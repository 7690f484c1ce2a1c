"""What the watchlist asks and when; and against the exchange, that what it shows is what the exchange answers."""

from __future__ import annotations

import itertools
import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from support.exchange import Exchange
from support.watched import Watched, orders

from liqdesk.engine.asking import Handler, OnFailure
from liqdesk.engine.frames import SetSymbol
from liqdesk.engine.session import Session
from liqdesk.engine.watches import MOST_INTERESTS, InterestChange, SetWatch
from liqdesk.engine.watchlist import Watchlist, change_of
from liqdesk.errors import Refusal, VenueError
from liqdesk.market import DAY_MS, MINUTE_MS, MarkPrice
from liqdesk.market.rows import INTEREST
from liqdesk.venues.venue import Pool, Reply, Request

S = 1_000_000_000
NOW = 1_776_206_833_000
SPAN = 5 * MINUTE_MS


def record(days: float = 1.1, grow: float = 1.0) -> np.ndarray:
    times = np.arange(NOW - int(days * DAY_MS), NOW, SPAN) // SPAN * SPAN
    rows = np.zeros(times.size, INTEREST)
    rows["t"] = times
    rows["contracts"] = np.linspace(100.0, 100.0 * grow, times.size)
    return rows


class Held:
    """A session as far as the watchlist looks at one."""

    interest = record(2.0, 1.3)


SESSION = cast("Session", Held())


class Venue:
    """Keeps what is asked, to be answered by hand."""

    def __init__(self) -> None:
        self.asked: list[tuple[Request, Handler, OnFailure]] = []

    def ask(self, request: Request, handler: Handler, on_failure: OnFailure) -> None:
        self.asked.append((request, handler, on_failure))

    def names(self) -> list[str]:
        return [r.symbol or r.path for r, _, _ in self.asked]


def watching(favourites: tuple[str, ...], speed: float = 1.0) -> tuple[Watchlist, Venue]:
    venue = Venue()
    made = Watchlist("BTCUSDT", speed, venue.ask, lambda: {"ETHUSDT": 4})
    made.follow(SetWatch(favourites, True))
    return made, venue


def test_a_day_of_open_interest_is_its_first_and_last_sample() -> None:
    rows = record(2.0, 1.5)
    last = int(rows["t"][-1])
    before = float(rows["contracts"][rows["t"] == last - DAY_MS][0])
    found = change_of("X", rows)
    assert found == InterestChange("X", float(rows["contracts"][-1]) / before - 1, last - DAY_MS, last)
    assert "no record" in change_of("X", rows[:0]).why
    short = change_of("X", rows[-200:])
    assert short.change is None
    assert "less than a day" in short.why
    rows["contracts"][rows["t"] == last - DAY_MS] = 0.0
    assert "none a day ago" in change_of("X", rows).why


def test_nothing_is_asked_while_nobody_looks() -> None:
    made, venue = watching(("ETHUSDT",))
    made.follow(SetWatch(("ETHUSDT",), False))
    for beat in range(50):
        made.beat(SESSION, beat * S, NOW)
    assert not venue.asked
    assert made.view is None


def test_funding_of_all_in_one_request_twice_a_minute() -> None:
    made, venue = watching(())
    for beat in range(600):
        made.beat(SESSION, beat * S // 10, NOW)
    assert venue.names() == ["/fapi/v1/premiumIndex"] * 2
    request, handler, _ = venue.asked[0]
    assert (request.kind, request.weight, request.pool) == (Reply.MARKS, 10, Pool.WEIGHT)
    handler(
        [MarkPrice("ETHUSDT", NOW, 3_000.0, 3_001.0, 0.0002, NOW + 1), MarkPrice("XUSDT", NOW - 1, 2.0, 0.0, None, 0)],
        0,
    )
    assert made.view is not None
    assert made.view.time_ms == NOW
    assert (made.view.funding["ETHUSDT"].rate, made.view.funding["ETHUSDT"].hours) == (0.0002, 4)
    assert made.view.funding["XUSDT"].rate is None


def test_the_contract_on_screen_needs_no_request() -> None:
    made, venue = watching(("BTCUSDT",))
    made.beat(SESSION, 0, NOW)
    assert made.view is not None
    assert made.view.interest["BTCUSDT"] == change_of("BTCUSDT", Held.interest)
    assert venue.names() == ["/fapi/v1/premiumIndex"]


def test_favourites_take_turns_one_at_a_time_and_no_faster_than_one_a_second() -> None:
    favourites = tuple(f"C{i:03d}USDT" for i in range(MOST_INTERESTS + 20))
    made, venue = watching(favourites)
    stamps: list[int] = []
    for tick in range(6_000):  # ten minutes
        now = tick * S // 10
        before = len(venue.asked)
        made.beat(SESSION, now, NOW)
        for request, handler, _ in venue.asked[before:]:
            if request.kind is Reply.INTEREST_HISTORY:
                stamps.append(now)
                assert (request.pool, request.weight) == (Pool.STATISTICS, 1)
                assert request.params["period"] == "5m"
                handler(record(1.1, 1.1), 0)
    asked = [r.symbol for r, _, _ in venue.asked if r.kind is Reply.INTEREST_HISTORY]
    assert set(asked) == set(favourites[:MOST_INTERESTS])
    assert max(asked.count(s) for s in favourites) == 2
    assert min(b - a for a, b in itertools.pairwise(stamps)) >= S
    assert made.view is not None
    assert len(made.view.interest) == MOST_INTERESTS + 1


def test_one_question_waits_for_its_answer_and_a_refusal_is_told_and_tried_again() -> None:
    made, venue = watching(("ETHUSDT", "SOLUSDT"))
    for tick in range(100):
        made.beat(SESSION, tick * S // 10, NOW)
    assert venue.names() == ["/fapi/v1/premiumIndex", "ETHUSDT"]
    venue.asked[-1][2](VenueError(Refusal.SERVER, "503", "Binance is overloaded."))
    assert made.view is not None
    assert made.view.interest["ETHUSDT"].change is None
    assert "asked again" in made.view.interest["ETHUSDT"].why
    made.beat(SESSION, 11 * S, NOW)
    assert venue.names()[-1] == "SOLUSDT"
    venue.asked[-1][1](record(1.1, 0.9), 0)
    for tick in range(110, 400):
        made.beat(SESSION, tick * S // 10, NOW)
    assert "ETHUSDT" in venue.names()[3:]


def test_a_star_taken_away_takes_its_figure_along() -> None:
    made, venue = watching(("ETHUSDT",))
    made.beat(SESSION, 0, NOW)
    made.beat(SESSION, S, NOW)
    venue.asked[-1][1](record(1.1, 1.2), 0)
    assert made.view is not None
    assert set(made.view.interest) == {"BTCUSDT", "ETHUSDT"}
    made.follow(SetWatch((), True))
    assert set(made.view.interest) == {"BTCUSDT"}


# against the exchange


@pytest.fixture
def watch(qtbot: object) -> Iterator[Callable[..., Watched]]:
    opened: list[Watched] = []

    def open_on(market: Exchange, folder: Path) -> Watched:
        opened.append(Watched(orders(market.rest, market.stream, folder)))
        return opened[-1]

    yield open_on
    for one in opened:
        one.close()


def told(market: Exchange, path: str) -> Any:
    with urllib.request.urlopen(f"{market.rest}{path}", timeout=60) as answer:
        return json.load(answer)


def test_what_is_watched_is_what_the_exchange_answers(
    exchange: Callable[..., Exchange], watch: Callable[..., Watched], tmp_path: Path
) -> None:
    market = exchange(seed=11, speed=1, start="2026-03-01T00:00:00")
    engine = watch(market, tmp_path)
    engine.until_loaded()
    assert engine.last is not None
    assert engine.last.watch is None
    engine.command(SetWatch(("ETHUSDT",), True))

    def whole() -> bool:
        view = engine.last.watch if engine.last is not None else None
        return view is not None and bool(view.funding) and "ETHUSDT" in view.interest

    engine.until(whole, 60, "funding and open interest of the favourite")
    view = engine.last.watch
    assert view is not None
    rows = {r["symbol"]: r for r in told(market, "/fapi/v1/premiumIndex")}
    assert set(view.funding) == {s for s, r in rows.items() if float(r["markPrice"]) > 0}
    still = [row for s, row in view.funding.items() if float(rows[s]["markPrice"]) == row.mark]  # not moved since
    assert still
    for row in still:
        assert row.rate == (float(rows[row.symbol]["lastFundingRate"]) if row.next_ms else None)
    btc = view.funding["BTCUSDT"]
    assert btc.rate == pytest.approx(float(rows["BTCUSDT"]["lastFundingRate"]), abs=2e-6)
    assert btc.next_ms == rows["BTCUSDT"]["nextFundingTime"]
    day = view.interest["ETHUSDT"]
    page = told(market, "/futures/data/openInterestHist?symbol=ETHUSDT&period=5m&limit=500")
    by_time = {r["timestamp"]: float(r["sumOpenInterest"]) for r in page}
    assert day.change == pytest.approx(by_time[day.to_ms] / by_time[day.from_ms] - 1)
    assert day.to_ms - day.from_ms == DAY_MS
    assert view.interest["BTCUSDT"].change is not None
    engine.command(SetSymbol("ETHUSDT"))
    engine.until(
        lambda: engine.last is not None and engine.last.epoch > 1 and engine.last.progress is None,
        60,
        "the other loads",
    )
    engine.until(
        lambda: whole() and engine.last.watch.interest["ETHUSDT"].change is not None,
        30,
        "what was set is watched in the next run too",
    )
    own = engine.last.watch
    assert own is not None
    assert own.interest["ETHUSDT"].change == pytest.approx(day.change, abs=0.02)
