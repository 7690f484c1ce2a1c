"""Contracts that come, change and go while the exchange serves; afterwards streams, REST and the market agree."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import websocket

from liqdesk.errors import InputError
from liqdesk.simulator import feeds, wire
from liqdesk.simulator import layout as at
from liqdesk.simulator import positions as pos
from liqdesk.simulator.answers import Answers
from liqdesk.simulator.calendar import RAISED_TIERS
from liqdesk.simulator.candles import candles
from liqdesk.simulator.contracts import brackets_of
from liqdesk.simulator.market import Market
from liqdesk.simulator.trades import between, true_liquidations
from liqdesk.simulator.truth import TruthLog

START_MS = 1_772_438_400_000
MINUTE = 60_000


@pytest.fixture(scope="module")
def hour() -> Market:
    """An hour in which contracts came and went."""
    market = Market(3, START_MS, past_days=2, announce_ms=5 * MINUTE)
    market.lead(START_MS)
    market.follow("SOLUSDT")
    market.follow("WANEUSDT")
    market.follow("BTCUSD_PERP")
    market.follow("1000PEPEUSDT")
    for minute in range(61):
        market.advance(START_MS + minute * MINUTE + 500)
    return market


def test_a_listed_contract_has_no_past_before_it_trades(hour: Market) -> None:
    course = hour.courses["DAWNUSDT"]
    onboard = START_MS + 10 * MINUTE
    assert course.contract.onboard_ms == onboard
    assert course.contract.trades
    minutes = candles(course, "1m", hour.now_ms, None, None, 1500)
    assert [c.open_ms for c in minutes] == list(range(onboard, hour.now_ms, MINUTE))
    for interval in ("15m", "1h", "1d", "1w"):
        whole = candles(course, interval, hour.now_ms, 1, None, 1500)
        assert sum(c.volume for c in whole) == sum(c.volume for c in minutes)
        assert (whole[0].open, whole[-1].close) == (minutes[0].open, minutes[-1].close)
    trades = between(course, 0, hour.now_ms)
    assert len(trades) > 500
    assert trades[0].time_ms >= onboard


def test_a_contract_that_settles_ends_there_and_keeps_its_last_mark(hour: Market) -> None:
    stepped = Market(3, START_MS, past_days=2)
    stepped.lead(START_MS + 25 * MINUTE)
    assert stepped.contracts["WANEUSDT"].status == "SETTLING"
    assert "WANEUSDT" not in stepped.courses
    assert stepped.follow("WANEUSDT") is None
    price = stepped.contracts["WANEUSDT"].price
    assert price != stepped.calendar.first[-2].price
    whole = Market(3, START_MS, past_days=2)
    whole.lead(START_MS)
    course = whole.follow("WANEUSDT")
    assert course is not None
    whole.advance(START_MS + 25 * MINUTE)
    assert course.now_s == (START_MS + 20 * MINUTE) // 1000 - 1
    assert whole.contracts["WANEUSDT"].price == price == course.second(course.now_s)[0][at.S_MARK]
    assert "WANEUSDT" not in hour.contracts


def test_raised_brackets_hold_for_every_open_position_and_for_every_later_order(hour: Market) -> None:
    course = hour.courses["SOLUSDT"]
    np.testing.assert_array_equal(course.brackets, brackets_of(RAISED_TIERS))
    assert course.contract.tiers == RAISED_TIERS
    live = np.flatnonzero(course.PI[:, pos.STEPS] > 0)
    assert len(live) == course.Q[pos.LIVE] > 100
    total = [0, 0]
    for n in live.tolist():
        side, quantity = int(course.PI[n, pos.SIDE]), int(course.PI[n, pos.STEPS]) * course.contract.step
        entry, bankrupt = course.PF[n, pos.ENTRY], course.PF[n, pos.BANKRUPT]
        price, rate = pos.solve_liquidation(side, entry, quantity, abs(entry - bankrupt) * quantity, course.brackets)
        assert (course.PF[n, pos.LIQUIDATION], course.PF[n, pos.RATE]) == pytest.approx((price, rate), rel=1e-9)
        if course.PI[n, pos.STOP] == 0:
            assert course.PF[n, pos.TRIGGER] == course.PF[n, pos.LIQUIDATION]
        total[side] += int(course.PI[n, pos.STEPS])
    assert total == [course.Q[pos.LONG_STEPS], course.Q[pos.SHORT_STEPS]]
    listed = [n for head in course.heads.ravel().tolist() for n in chain(course.PI, head)]
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(live.tolist())
    rates = {rate for _, rate, _ in RAISED_TIERS}
    after = true_liquidations(course, START_MS + 15 * MINUTE, hour.now_ms)
    assert all(e.rate in rates for e in after)


def test_a_funding_interval_that_changed_holds_from_then_on(hour: Market) -> None:
    course = hour.courses["1000PEPEUSDT"]
    assert course.contract.funding_hours == 1
    count = int(course.Q[at.FUNDINGS])
    settled = [int(course.FU[n % len(course.FU)][0]) for n in range(count - 3, count)]
    nine = START_MS // 1000 + 3600
    assert settled == [nine - 5 * 3600, nine - 3600, nine]
    changed = next(row for row in Answers(hour).funding_info({}, hour.now_ms) if row["symbol"] == "1000PEPEUSDT")
    assert (changed["fundingIntervalHours"], changed["updateTime"]) == (1, START_MS + 25 * MINUTE)
    assert wire.next_funding(course.contract, START_MS + 61 * MINUTE) == START_MS + 120 * MINUTE
    assert all(n.contract.symbol != "1000PEPEUSDT" or n.brackets for n in hour.calendar.between(START_MS, hour.now_ms))


def chain(rows: Any, head: int) -> Iterator[int]:
    while head >= 0:
        yield head
        head = int(rows[head, pos.NEXT])


def test_the_market_is_the_same_however_it_is_stepped_over_the_changes(hour: Market) -> None:
    once = Market(3, START_MS, past_days=2)
    once.lead(hour.now_ms)
    for symbol in ("SOLUSDT", "DAWNUSDT", "1000PEPEUSDT"):
        course = once.follow(symbol)
        assert course is not None
        for name in ("F", "Q", "SF", "MF", "MI", "EF", "EI", "FU", "PF", "PI"):
            np.testing.assert_array_equal(getattr(course, name), getattr(hour.courses[symbol], name), err_msg=name)
    assert {c.symbol: c.status for c in once.listed} == {c.symbol: c.status for c in hour.listed}


def test_coin_margined_rows_stand_in_every_stream_of_the_whole_market(hour: Market) -> None:
    def types(name: str, after_ms: int, to_ms: int) -> set[int]:
        said = [json.loads(payload) for _, payload in feeds.whole_market(hour, name).say(after_ms, to_ms)]
        rows = [row for frame in said for row in (frame if isinstance(frame, list) else [frame])]
        return {row.get("st") or row["o"]["st"] for row in rows}

    now = hour.now_ms
    for name in ("!markPrice@arr@1s", "!markPrice@arr", "!miniTicker@arr", "!ticker@arr", "!bookTicker"):
        assert types(name, now - 6000, now) == {1, 2}, name
    assert types("!contractInfo", START_MS, now) == {1, 2}
    later = Market(3, START_MS, past_days=5)
    later.lead(START_MS)
    course = later.follow("BTCUSD_PERP")
    assert course is not None
    assert [e for e in true_liquidations(course, 0, START_MS) if e.steps >= 1]
    frames = [json.loads(p) for _, p in feeds.Forced(later, course).say(START_MS - 48 * 3_600_000, START_MS)]
    assert frames
    assert {f["o"]["st"] for f in frames} == {2}
    assert {f["o"]["ps"] for f in frames} == {"BTCUSD"}
    assert all(f["o"]["q"].isdecimal() for f in frames), "whole contracts"


def test_the_latest_of_a_second_is_printed_where_that_is_the_rule() -> None:
    markets = [Market(64, START_MS, past_days=5, prints=rule) for rule in ("largest", "latest")]
    for market in markets:
        market.lead(START_MS + 60 * MINUTE)
    largest, latest = (true_liquidations(m.leader, START_MS, m.now_ms) for m in markets)
    assert len(largest) > 200
    key = [(e.time_ms, e.steps, e.ticks) for e in largest]
    assert key == [(e.time_ms, e.steps, e.ticks) for e in latest], "the rule moves nobody"
    seconds: dict[int, list[Any]] = {}
    for e in latest:
        seconds.setdefault(e.time_ms // 1000, []).append(e)
    for rows in seconds.values():
        [shown] = [e for e in rows if e.printed]
        assert shown.time_ms == max(e.time_ms for e in rows)
    assert [e.number for e in latest if e.printed] != [e.number for e in largest if e.printed]
    np.testing.assert_array_equal(markets[0].leader.SF, markets[1].leader.SF)


def test_a_truth_file_that_cannot_be_written_is_a_sentence(hour: Market, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        TruthLog(tmp_path / "no folder" / "truth.jsonl", hour)
    assert "cannot be written" in caught.value.user


@pytest.mark.e2e
def test_a_client_sees_a_listing_a_change_a_settlement_and_a_delisting(serve: Callable[..., Any]) -> None:
    one = serve(speed=600.0, past_days=1)
    names = "!contractInfo/dawnusdt@markPrice@1s/waneusdt@markPrice@1s/dawnusdt@aggTrade"
    client = websocket.create_connection(f"{one.stream}/market/stream?streams={names}", timeout=20)

    def get(path: str, **params: Any) -> Any:
        with requests.get(one.rest + path, params=params, timeout=20) as answer:
            return answer.json()

    def status(symbol: str) -> str | None:
        rows = {row["symbol"]: row["status"] for row in get("/fapi/v1/exchangeInfo")["symbols"]}
        return rows.get(symbol)

    seen: list[tuple[str, str]] = []
    marks: dict[str, list[int]] = {"DAWNUSDT": [], "WANEUSDT": []}
    trades = 0
    end = time.monotonic() + 30
    while ("WANEUSDT", "CLOSE") not in seen:
        assert time.monotonic() < end, seen
        data = json.loads(client.recv())["data"]
        if data["e"] == "markPriceUpdate":
            marks[data["s"]].append(data["E"])
        elif data["e"] == "aggTrade":
            trades += 1
        elif data["s"] in marks or "bks" not in data or data["s"] == "SOLUSDT":
            seen.append((data["s"], data["cs"]))
            assert status(data["s"]) == (None if data["cs"] == "CLOSE" else data["cs"])
            code = get("/fapi/v1/klines", symbol=data["s"], interval="1m")
            if data["cs"] == "TRADING":
                assert code[-1][0] >= data["E"] // MINUTE * MINUTE - MINUTE
            else:
                assert code["code"] == (-1121 if data["cs"] == "CLOSE" else -1122)
            if data["cs"] == "SETTLING":
                premium = get("/fapi/v1/premiumIndex", symbol="WANEUSDT")
                assert premium["nextFundingTime"] == 0
    client.close()
    client.shutdown()
    assert seen == [
        ("DAWNUSDT", "PENDING_TRADING"), ("DAWNUSDT", "TRADING"), ("WANEUSDT", "TRADING"), ("SOLUSDT", "TRADING"),
        ("WANEUSDT", "SETTLING"), ("WANEUSDT", "CLOSE"),
    ]  # fmt: skip
    assert min(marks["DAWNUSDT"]) >= START_MS + 10 * MINUTE
    assert max(marks["WANEUSDT"]) < START_MS + 20 * MINUTE
    assert trades > 100
