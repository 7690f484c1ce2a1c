"""The REST side over real sockets: shapes, paging, errors, weights."""

from __future__ import annotations

import datetime as dt
import itertools
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from liqdesk.simulator.limits import BAN_MS, POOLS, REFUSALS_TO_BAN, WEIGHT_LIMIT, Limits
from liqdesk.simulator.sessions import PLACES, sessions

DAY_MS = 86_400_000
Get = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def get(served: Any) -> Get:
    def ask(path: str, **params: Any) -> requests.Response:
        with requests.get(served.rest + path, params=params, timeout=20) as answer:
            answer.content  # noqa: B018
            return answer

    return ask


def fault(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


def test_it_listens_on_loopback_alone(served: Any) -> None:
    assert served.rest.startswith("http://127.0.0.1:")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.2", served.port))  # free: the exchange has not taken every address
    with socket.create_connection(("127.0.0.1", served.port), timeout=5):
        pass


def test_the_first_line_says_where_and_which_market(served: Any) -> None:
    line = served.line
    assert set(line) == {"rest", "stream", "seed", "speed", "start", "epoch"}
    assert line["stream"] == line["rest"].replace("http", "ws")
    assert (line["seed"], line["speed"], line["start"]) == (1, 60.0, "2026-03-02T08:00:00Z")
    assert abs(line["epoch"] - time.time() * 1000) < 120_000


def test_time_runs_at_the_given_speed(get: Get, served: Any) -> None:
    before = time.time() * 1000
    ms = get("/fapi/v1/time").json()["serverTime"]
    after = time.time() * 1000
    start = 1_772_438_400_000
    assert start + (before - served.line["epoch"]) * 60 - 2 <= ms <= start + (after - served.line["epoch"]) * 60 + 62


def test_listed_contracts_are_described_by_grids_not_precisions(get: Get) -> None:
    info = get("/fapi/v1/exchangeInfo").json()
    rows = {row["symbol"]: row for row in info["symbols"]}
    filters = {f["filterType"]: f for f in rows["BTCUSDT"]["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.10"
    assert filters["LOT_SIZE"]["stepSize"] == "0.001"
    assert rows["BTCUSDT"]["pricePrecision"] == 2
    assert rows["BTCUSDT"]["deliveryDate"] == 4_133_404_800_000
    assert rows["OMGUSDT"]["status"] == "SETTLING"
    assert rows["XAUUSDT"]["contractType"] == "TRADIFI_PERPETUAL"
    assert rows["BTCUSDT_260626"]["contractType"] == "NEXT_QUARTER"
    assert "龙虾USDT" in rows
    assert "BTCUSD_PERP" not in rows
    assert rows["NEXTUSDT"]["status"] not in ("TRADING", "SETTLING")
    assert {limit["limit"] for limit in info["rateLimits"]} == {2400, 1200, 300}


def test_klines_have_twelve_columns_of_the_venue(get: Get) -> None:
    rows = get("/fapi/v1/klines", symbol="BTCUSDT", interval="1m", limit=3).json()
    assert len(rows) == 3
    for row in rows:
        assert len(row) == 12
        assert row[6] == row[0] + 59_999
        low, high = float(row[3]), float(row[2])
        assert low <= min(float(row[1]), float(row[4])) <= max(float(row[1]), float(row[4])) <= high
        assert float(row[9]) <= float(row[5])
        assert float(row[5]) * low <= float(row[7]) <= float(row[5]) * high
    assert get("/fapi/v1/klines", symbol="btcusdt", interval="1m", limit=1).json()[0][0] >= rows[-1][0]


def test_klines_over_rest_are_the_trades_over_rest(get: Get) -> None:
    open_ms = 1_772_438_400_000 - 2 * 60_000
    [row] = get("/fapi/v1/klines", symbol="BTCUSDT", interval="1m", startTime=open_ms, limit=1).json()
    trades = get("/fapi/v1/aggTrades", symbol="BTCUSDT", startTime=open_ms, endTime=open_ms + 59_999, limit=1000).json()
    prices = [float(t["p"]) for t in trades]
    assert [float(v) for v in row[1:5]] == [prices[0], max(prices), min(prices), prices[-1]]
    assert float(row[5]) == pytest.approx(sum(float(t["q"]) for t in trades), abs=1e-9)
    assert float(row[9]) == pytest.approx(sum(float(t["q"]) for t in trades if not t["m"]), abs=1e-9)
    assert row[8] == sum(t["l"] - t["f"] + 1 for t in trades)
    again = get("/fapi/v1/aggTrades", symbol="BTCUSDT", fromId=trades[5]["a"], limit=7).json()
    assert again == trades[5:12]


def test_mark_and_index_klines_have_no_volume(get: Get) -> None:
    now = get("/fapi/v1/time").json()["serverTime"]
    [mark] = get("/fapi/v1/markPriceKlines", symbol="BTCUSDT", interval="5m", endTime=now - 300_000, limit=1).json()
    [index] = get("/fapi/v1/indexPriceKlines", pair="BTCUSDT", interval="5m", endTime=now - 300_000, limit=1).json()
    for row in (mark, index):
        assert row[5] == row[7] == row[9] == row[10] == "0"
        assert row[8] == 300
        assert all(len(v.split(".")[1]) == 8 for v in row[1:5])
    assert float(mark[4]) == pytest.approx(float(index[4]), rel=0.003)


def test_premium_klines_are_mark_over_index_less_one(get: Get) -> None:
    now = get("/fapi/v1/time").json()["serverTime"]
    params = {"interval": "15m", "endTime": now - 900_000, "limit": 4}
    premiums = get("/fapi/v1/premiumIndexKlines", symbol="BTCUSDT", **params).json()
    marks = get("/fapi/v1/markPriceKlines", symbol="BTCUSDT", **params).json()
    indices = get("/fapi/v1/indexPriceKlines", pair="BTCUSDT", **params).json()
    assert len(premiums) == 4
    for premium, mark, index in zip(premiums, marks, indices, strict=True):
        assert premium[0] == mark[0]
        assert float(premium[1]) == pytest.approx(float(mark[1]) / float(index[1]) - 1, abs=2e-8)
        assert float(premium[3]) <= min(float(premium[1]), float(premium[4]))
        assert float(premium[2]) >= max(float(premium[1]), float(premium[4]))


def test_continuous_klines_are_those_of_the_contract(get: Get) -> None:
    now = get("/fapi/v1/time").json()["serverTime"]
    params = {"interval": "1h", "endTime": now - 3_600_000, "limit": 3}
    for kind, symbol in (("PERPETUAL", "BTCUSDT"), ("NEXT_QUARTER", "BTCUSDT_260626")):
        rows = get("/fapi/v1/continuousKlines", pair="BTCUSDT", contractType=kind, **params).json()
        assert len(rows) == 3
        assert rows == get("/fapi/v1/klines", symbol=symbol, **params).json()
    assert fault(get("/fapi/v1/continuousKlines", pair="BTCUSDT", contractType="WEEKLY", **params)) == (400, -1121)


def test_what_takers_bought_and_sold_is_that_of_the_candles(get: Get) -> None:
    now = get("/fapi/v1/time").json()["serverTime"]
    rows = get("/futures/data/takerlongshortRatio", symbol="BTCUSDT", period="15m", limit=3).json()
    assert rows[-1]["timestamp"] == now // 900_000 * 900_000 - 900_000, "the start of the last whole period"
    start = rows[0]["timestamp"]
    bars = get("/fapi/v1/klines", symbol="BTCUSDT", interval="15m", startTime=start, limit=3).json()
    for row, bar in zip(rows, bars, strict=True):
        assert float(row["buyVol"]) == pytest.approx(float(bar[9]), abs=1e-3)
        assert float(row["sellVol"]) == pytest.approx(float(bar[5]) - float(bar[9]), abs=1e-3)
        assert float(row["buySellRatio"]) == pytest.approx(float(row["buyVol"]) / float(row["sellVol"]), abs=1e-3)


@pytest.mark.parametrize("path", ["/fapi/v1/leverageBracket", "/fapi/v1/forceOrders", "/fapi/v1/historicalTrades"])
def test_what_needs_a_key_is_refused(get: Get, path: str) -> None:
    assert fault(get(path, symbol="BTCUSDT")) == (401, -2014)


def test_open_interest_history_gives_the_latest_rows_up_to_its_wall(get: Get) -> None:
    now = get("/fapi/v1/time").json()["serverTime"]
    path = "/futures/data/openInterestHist"
    rows = get(path, symbol="BTCUSDT", period="5m", limit=10, endTime=now - 3_600_000).json()
    assert [b["timestamp"] - a["timestamp"] for a, b in itertools.pairwise(rows)] == [300_000] * 9
    assert rows[-1]["timestamp"] == (now - 3_600_000) // 300_000 * 300_000
    wide = get(path, symbol="BTCUSDT", period="5m", limit=4, startTime=now - DAY_MS, endTime=now - 3_600_000).json()
    assert wide == rows[-4:]
    assert float(rows[0]["sumOpenInterestValue"]) / float(rows[0]["sumOpenInterest"]) == pytest.approx(75_000, rel=0.3)
    assert get(path, symbol="NOSUCHUSDT", period="5m").json() == []
    assert fault(get(path, symbol="BTCUSDT", period="5m", startTime=now - 31 * DAY_MS)) == (400, -1130)
    assert fault(get(path, symbol="BTCUSDT", period="5m", limit=501)) == (400, -1130)
    assert "X-MBX-USED-WEIGHT-1M" not in get(path, symbol="BTCUSDT", period="5m").headers


RATIOS = ("globalLongShortAccountRatio", "topLongShortAccountRatio", "topLongShortPositionRatio", "takerlongshortRatio")


@pytest.mark.parametrize("name", [*RATIOS, "basis"])
def test_statistics_give_the_latest_rows_of_thirty_days(get: Get, name: str) -> None:
    path = f"/futures/data/{name}"
    who = {"pair": "BTCUSDT", "contractType": "PERPETUAL"} if name == "basis" else {"symbol": "BTCUSDT"}
    now = get("/fapi/v1/time").json()["serverTime"]
    assert len(get(path, period="5m", **who).json()) == 30
    rows = get(path, period="15m", limit=10, endTime=now - 3_600_000, **who).json()
    assert [b["timestamp"] - a["timestamp"] for a, b in itertools.pairwise(rows)] == [900_000] * 9
    assert rows[-1]["timestamp"] == (now - 3_600_000) // 900_000 * 900_000
    times = {"startTime": now - DAY_MS, "endTime": now - 3_600_000}
    assert get(path, period="15m", limit=4, **times, **who).json() == rows[-4:]
    first = rows[-1]["timestamp"]
    assert get(path, period="15m", startTime=first, endTime=first, **who).json() == rows[-1:]
    stranger = {"pair": "NOSUCHUSDT", "contractType": "PERPETUAL"} if name == "basis" else {"symbol": "NOSUCHUSDT"}
    assert get(path, period="5m", **stranger).json() == []
    assert fault(get(path, period="5m", startTime=now - 31 * DAY_MS, **who)) == (400, -1130)
    assert fault(get(path, period="5m", limit=501, **who)) == (400, -1130)
    assert fault(get(path, period="7m", **who)) == (400, -1130)
    assert fault(get(path, **who)) == (400, -1102)
    assert "X-MBX-USED-WEIGHT-1M" not in get(path, period="5m", **who).headers


@pytest.mark.parametrize("name", RATIOS[:3])
def test_a_contract_without_traders_of_its_own_has_no_ratios(get: Get, name: str) -> None:
    assert get(f"/futures/data/{name}", symbol="XAUUSDT", period="5m").json() == []


def test_sessions_follow_the_clocks_of_their_places() -> None:
    """Two days around the start of summer time in New York, which is not that of Seoul."""
    kinds = {
        place.name: {s.start_ms: s.kind for s in sessions(place, utc_ms("2026-03-07") // DAY_MS)} for place in PLACES
    }
    for name, start, kind in (
        ("EQUITY", "2026-03-06T14:30", "REGULAR"), ("EQUITY", "2026-03-06T21:00", "AFTER_MARKET"),
        ("EQUITY", "2026-03-07T01:00", "NO_TRADING"), ("EQUITY", "2026-03-09T00:00", "OVERNIGHT"),
        ("EQUITY", "2026-03-09T08:00", "PRE_MARKET"), ("EQUITY", "2026-03-09T13:30", "REGULAR"),
        ("COMMODITY", "2026-03-05T22:00", "NO_TRADING"), ("COMMODITY", "2026-03-05T23:00", "REGULAR"),
        ("COMMODITY", "2026-03-06T22:00", "NO_TRADING"), ("COMMODITY", "2026-03-08T22:00", "REGULAR"),
        ("KR_EQUITY", "2026-03-09T00:00", "REGULAR"), ("KR_EQUITY", "2026-03-09T06:30", "NO_TRADING"),
        ("HK_EQUITY", "2026-03-09T05:00", "REGULAR"), ("CN_EQUITY", "2026-03-09T03:30", "NO_TRADING"),
        ("FX", "2026-03-06T22:00", "NO_TRADING"), ("FX", "2026-03-08T21:00", "REGULAR"),
    ):  # fmt: skip
        assert kinds[name].get(utc_ms(start)) == kind, (name, start)


def utc_ms(text: str) -> int:
    return round(
        dt.datetime.fromisoformat(f"{text}+00:00" if "T" in text else f"{text}T00:00+00:00").timestamp() * 1000
    )


def test_history_and_present_of_open_interest_agree(get: Get) -> None:
    present = get("/fapi/v1/openInterest", symbol="BTCUSDT").json()
    [row] = get("/futures/data/openInterestHist", symbol="BTCUSDT", period="5m", limit=1).json()
    assert float(present["openInterest"]) == pytest.approx(float(row["sumOpenInterest"]), rel=0.01)
    assert len(present["openInterest"].split(".")[1]) == 3


def test_funding_and_premium(get: Get) -> None:
    row = get("/fapi/v1/premiumIndex", symbol="BTCUSDT").json()
    assert row["nextFundingTime"] % (8 * 3_600_000) == 0
    assert 0 < row["nextFundingTime"] - row["time"] <= 8 * 3_600_000
    rows = get("/fapi/v1/fundingRate", symbol="BTCUSDT", limit=3).json()
    assert len(rows) == 3
    assert all(r["fundingTime"] % 1000 == 2 and r["rateType"] == "Regular" for r in rows)
    everything = {r["symbol"]: r for r in get("/fapi/v1/premiumIndex").json()}
    assert everything["OMGUSDT"]["nextFundingTime"] == 0
    assert "BTCUSD_PERP" not in everything
    intervals = {r["symbol"]: r["fundingIntervalHours"] for r in get("/fapi/v1/fundingInfo").json()}
    assert intervals["1000PEPEUSDT"] == 4
    assert intervals["BTCUSD_PERP"] == 8


def test_tickers_and_book(get: Get) -> None:
    day = get("/fapi/v1/ticker/24hr", symbol="BTCUSDT").json()
    assert float(day["lowPrice"]) <= float(day["lastPrice"]) <= float(day["highPrice"])
    assert float(day["quoteVolume"]) == pytest.approx(float(day["volume"]) * float(day["weightedAvgPrice"]), rel=1e-4)
    last = get("/fapi/v1/ticker/price", symbol="BTCUSDT").json()
    best = get("/fapi/v1/ticker/bookTicker", symbol="BTCUSDT").json()
    assert float(best["askPrice"]) - float(best["bidPrice"]) == pytest.approx(0.1)
    assert float(last["price"]) == pytest.approx(float(best["bidPrice"]), rel=0.01)
    book = get("/fapi/v1/depth", symbol="BTCUSDT", limit=50).json()
    bids, asks = [float(p) for p, _ in book["bids"]], [float(p) for p, _ in book["asks"]]
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]
    assert len(bids) == len(asks) == 50


def test_symbols_in_chinese_and_those_that_settled(get: Get) -> None:
    rows = get("/fapi/v1/klines", symbol="龙虾USDT", interval="1h", limit=2).json()
    assert len(rows) == 2
    assert fault(get("/fapi/v1/klines", symbol="OMGUSDT", interval="1h")) == (400, -1122)


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("/fapi/v1/klines", {"symbol": "NOSUCH", "interval": "1m"}, -1121),
        ("/fapi/v1/klines", {"symbol": "BTCUSD_PERP", "interval": "1m"}, -1121),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1s"}, -1120),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": 1501}, -1130),
        ("/fapi/v1/klines", {"interval": "1m"}, -1102),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT"}, -1102),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": "soon"}, -1102),
        ("/fapi/v1/depth", {"symbol": "BTCUSDT", "limit": 7}, -4021),
        ("/fapi/v1/aggTrades", {"symbol": "BTCUSDT", "limit": 1001}, -1130),
        ("/fapi/v1/aggTrades", {"symbol": "BTCUSDT", "startTime": 1_772_438_400_000 - 3 * DAY_MS}, -4166),
        ("/fapi/v1/openInterest", {}, -1102),
        ("/futures/data/openInterestHist", {"period": "5m"}, -1102),
        ("/futures/data/openInterestHist", {"symbol": "BTCUSDT"}, -1102),
        ("/futures/data/openInterestHist", {"symbol": "BTCUSDT", "period": "7m"}, -1130),
        ("/futures/data/basis", {"pair": "BTCUSDT", "period": "5m"}, -1102),
        ("/futures/data/basis", {"contractType": "PERPETUAL", "period": "5m"}, -1102),
        ("/fapi/v1/rpiDepth", {"symbol": "BTCUSDT", "limit": 500}, -4021),
        ("/fapi/v1/constituents", {}, -1102),
        ("/fapi/v1/constituents", {"symbol": "BTCUSD_PERP"}, -1121),
        ("/fapi/v1/assetIndex", {"symbol": "BTCUSDT"}, -1121),
        ("/fapi/v1/insuranceBalance", {"symbol": "NOSUCHUSDT"}, -1121),
        ("/fapi/v1/symbolAdlRisk", {"symbol": "OMGUSDT"}, -1122),
    ],
)
def test_refusals(get: Get, path: str, params: dict[str, Any], code: int) -> None:
    answer = get(path, **params)
    assert fault(answer) == (400, code)
    assert answer.json()["msg"]


def test_unknown_paths_and_methods(get: Get, served: Any) -> None:
    assert fault(get("/fapi/v1/nothing")) == (404, -5000)
    with requests.post(served.rest + "/fapi/v1/klines", timeout=10) as answer:
        assert fault(answer) == (404, -5000)
        assert answer.json()["msg"] == "Path /fapi/v1/klines, Method POST is invalid"


def test_gzip_only_when_asked(served: Any) -> None:
    url = served.rest + "/fapi/v1/exchangeInfo"
    with requests.get(url, headers={"Accept-Encoding": "gzip"}, timeout=10) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.json()["futuresType"] == "U_MARGINED"
    with requests.get(url, headers={"Accept-Encoding": "identity"}, timeout=10) as plain:
        assert "Content-Encoding" not in plain.headers


def test_weights_are_those_measured_and_refused_requests_cost_as_well(get: Get) -> None:
    def spent(path: str, **params: Any) -> int:
        while True:
            minute = time.time() // 60
            before = int(get("/fapi/v1/ping").headers["X-MBX-USED-WEIGHT-1M"])
            get(path, **params)
            after = int(get("/fapi/v1/ping").headers["X-MBX-USED-WEIGHT-1M"])
            if time.time() // 60 == minute:
                return after - before - 1

    klines = {"symbol": "BTCUSDT", "interval": "1m"}
    assert spent("/fapi/v1/klines", **klines) == 5
    assert [spent("/fapi/v1/klines", limit=n, **klines) for n in (100, 500, 1000, 1500)] == [1, 2, 5, 10]
    assert spent("/fapi/v1/klines", limit=9999, **klines) == 10
    assert spent("/fapi/v1/depth", symbol="BTCUSDT") == 1
    assert spent("/fapi/v1/depth", symbol="BTCUSDT", limit=1000) == 20
    assert spent("/fapi/v1/aggTrades", symbol="BTCUSDT", limit=10) == 20
    assert spent("/fapi/v1/ticker/24hr") == 40
    assert spent("/fapi/v1/premiumIndex") == 10
    assert spent("/fapi/v1/premiumIndex", symbol="BTCUSDT") == 1
    assert spent("/fapi/v1/markPriceKlines", limit=1500, **klines) == 10
    assert spent("/fapi/v1/trades", symbol="BTCUSDT", limit=1) == 5
    assert spent("/fapi/v1/exchangeInfo") == spent("/fapi/v1/openInterest", symbol="BTCUSDT") == 1
    assert [spent(f"/fapi/v1/ticker/{name}") for name in ("price", "bookTicker")] == [2, 5]
    assert [spent(f"/fapi/v1/ticker/{name}", symbol="BTCUSDT") for name in ("24hr", "price", "bookTicker")] == [1, 1, 2]
    btc = {"symbol": "BTCUSDT"}
    assert spent("/fapi/v1/rpiDepth", **btc) == spent("/fapi/v1/rpiDepth", limit=1000, **btc) == 20
    assert [spent("/fapi/v1/assetIndex"), spent("/fapi/v1/assetIndex", symbol="BTCUSD")] == [10, 1]
    assert [spent("/fapi/v1/constituents", **btc), spent("/fapi/v1/tradingSchedule")] == [2, 5]
    assert spent("/fapi/v1/insuranceBalance", **btc) == spent("/fapi/v1/symbolAdlRisk", **btc) == 1
    assert spent("/fapi/v1/fundingRate", symbol="BTCUSDT") == spent("/fapi/v1/nothing") == 0


def test_the_truth_and_the_state_are_told_to_who_asks(get: Get) -> None:
    rows = get("/sim/truth/liquidations", symbol="BTCUSDT", startTime=1_772_438_400_000 - DAY_MS).json()
    assert len(rows) > 50
    assert {r["side"] for r in rows} == {"LONG", "SHORT"}
    assert any(r["printed"] for r in rows)
    assert not all(r["printed"] for r in rows)
    state = get("/sim/state").json()
    assert state["contracts"]["BTCUSDT"]["positions"] > 1000


def test_who_goes_on_after_429_is_banned() -> None:
    limits = Limits()
    wall = 1_795_000_030_000
    assert all(limits.charge(20, wall) is None for _ in range(WEIGHT_LIMIT // 20))
    status, wait, message = limits.charge(1, wall) or (0, 0, "")
    assert (status, wait) == (429, 60 - wall // 1000 % 60)
    assert "2400 requests per minute" in message
    for _ in range(REFUSALS_TO_BAN - 1):
        assert (limits.charge(1, wall) or (0,))[0] == 429
    status, wait, message = limits.charge(1, wall) or (0, 0, "")
    assert (status, wait) == (418, BAN_MS // 1000)
    assert f"banned until {wall + BAN_MS}" in message
    assert (limits.charge(1, wall + 60_000) or (0,))[0] == 418, "a new minute does not lift a ban"
    assert limits.charge(1, wall + BAN_MS) is None


def test_a_client_that_asks_on_is_refused_then_banned(serve: Callable[..., Any]) -> None:
    one = serve(past_days=1)
    statuses: list[int] = []
    with requests.Session() as session:

        def ask(path: str) -> requests.Response:
            with session.get(one.rest + path, timeout=10) as answer:
                statuses.append(answer.status_code)
                return answer

        while (answer := ask("/fapi/v1/historicalTrades")).status_code == 401:
            assert len(statuses) < 40
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert int(answer.headers["X-MBX-USED-WEIGHT-1M"]) > WEIGHT_LIMIT
        assert answer.json()["code"] == -1003
        while (answer := ask("/fapi/v1/historicalTrades")).status_code in (401, 429):
            assert len(statuses) < 80
        assert answer.status_code == 418
        until = int(answer.json()["msg"].split("banned until ")[1].split(".")[0])
        assert 0 < until - time.time() * 1000 <= BAN_MS
        assert abs(int(answer.headers["Retry-After"]) * 1000 - BAN_MS) < 2000
        assert ask("/fapi/v1/fundingRate?symbol=BTCUSDT").status_code == 418, "the ban is for every path"
        assert ask("/futures/data/openInterestHist?symbol=BTCUSDT&period=5m").status_code == 418


def test_bans_grow_from_two_minutes_to_three_days() -> None:
    limits = Limits()
    wall, lengths = 1_795_000_020_000, []
    for _ in range(14):
        limits.charge(WEIGHT_LIMIT, wall)
        while (refusal := limits.charge(1, wall) or (0, 0, ""))[0] != 418:
            pass
        lengths.append(refusal[1])
        wall += refusal[1] * 1000
    assert lengths == [min(120 << n, 3 * 86_400) for n in range(14)]


def test_a_new_minute_of_the_wall_clock_begins_from_zero() -> None:
    limits = Limits()
    assert limits.charge(WEIGHT_LIMIT, 59_999) is None
    assert limits.charge(1, 59_999) is not None
    assert limits.charge(1, 60_000) is None
    assert limits.used == 1


@pytest.mark.parametrize("pool", ["funding", "statistics"])
def test_pools_count_requests_of_five_minutes(pool: str) -> None:
    limits = Limits()
    assert all(limits.charge_pool(pool, 1000) is None for _ in range(POOLS[pool]))
    assert (limits.charge_pool(pool, 1000) or (0,))[0] == 429
    assert limits.charge_pool(pool, 300_000) is None
    assert limits.used == 0
