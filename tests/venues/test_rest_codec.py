import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.errors import DecodeError
from liqdesk.market import Funding, FundingInterval, Instrument, MarkPrice, OpenInterest, Trade
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.venues.binance import rest_codec

BTC = Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001)
FIRST = 1791382980000
PRICE_FILTER = {"filterType": "PRICE_FILTER", "minPrice": "556.80", "tickSize": "0.10"}
LOT_SIZE = {"filterType": "LOT_SIZE", "minQty": "0.001", "stepSize": "0.001"}
LISTED = {
    "symbol": "BTCUSDT",
    "contractType": "PERPETUAL",
    "deliveryDate": 4133404800000,
    "onboardDate": 1567965300000,
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "pricePrecision": 2,
    "filters": [{"filterType": "MAX_NUM_ORDERS", "limit": 200}, LOT_SIZE, PRICE_FILTER, {"new": 1}],
}


def kline(t: int, low: str = "99.0", high: str = "101.0") -> list[Any]:
    return [t, "100.0", high, low, "100.5", "12.5", t + 59_999, "1250.1", 17, "7.25", "700.0", "0"]


def body(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def exchange_info(*rows: Any) -> bytes:
    return body({"serverTime": 1791362591474, "symbols": list(rows), "rateLimits": [], "new": {}})


def test_the_clock() -> None:
    assert rest_codec.server_time(b'{"serverTime":1791362591474}') == 1791362591474


def test_the_grid_comes_from_the_filters() -> None:
    universe = rest_codec.universe(exchange_info(LISTED))
    assert universe.time_ms == 1791362591474
    assert universe.instruments == (
        Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001, "TRADING", "PERPETUAL", 1567965300000, 4133404800000),
    )


def test_unknown_states_are_kept_and_rows_that_cannot_be_are_left_out() -> None:
    odd = {**LISTED, "symbol": "龙虾USDT", "status": "PAUSED_BY_MOON", "contractType": "ETERNAL"}
    bad = [
        {**LISTED, "symbol": "../x"},
        {**LISTED, "filters": []},
        {**LISTED, "filters": [LOT_SIZE, {**PRICE_FILTER, "tickSize": "0"}]},
        {**LISTED, "filters": [LOT_SIZE, {**PRICE_FILTER, "tickSize": "NaN"}]},
        {**LISTED, "filters": [LOT_SIZE, {**PRICE_FILTER, "tickSize": 5e-324}]},  # no price is a whole number of these
        {**LISTED, "filters": [{**LOT_SIZE, "stepSize": 1e-300}, PRICE_FILTER]},
        {"symbol": "X"},
        7,
    ]
    universe = rest_codec.universe(exchange_info(*bad, odd))
    assert [(i.symbol, i.status, i.contract_type) for i in universe.instruments] == [
        ("龙虾USDT", "PAUSED_BY_MOON", "ETERNAL")
    ]
    with pytest.raises(DecodeError, match="none of 8"):
        rest_codec.universe(exchange_info(*bad))


@pytest.mark.data
def test_a_real_list_of_contracts(data_dir: Path) -> None:
    data = gzip.decompress((data_dir / "rest/binance_exchange_info_20260331.json.gz").read_bytes())
    universe = rest_codec.universe(data)
    assert len(universe.instruments) == 704, "one of 705 waits to be traded and has a tick of zero"
    by_symbol = {i.symbol: i for i in universe.instruments}
    assert (by_symbol["BTCUSDT"].tick, by_symbol["BTCUSDT"].step) == (0.1, 0.0001)
    assert by_symbol["BTCUSDT"].mapped
    assert sum(i.mapped for i in universe.instruments) == sum(
        i.status == "TRADING" and i.contract_type == "PERPETUAL" and i.quote in ("USDT", "USDC")
        for i in universe.instruments
    )


def test_klines_become_columns() -> None:
    rows = rest_codec.klines_columns(body([kline(FIRST), [*kline(FIRST + 60_000), "an extra column"]]))
    assert rows.dtype == BAR
    assert rows["t"].tolist() == [FIRST, FIRST + 60_000]
    assert rows[0].item() == (FIRST, 100.0, 101.0, 99.0, 100.5, 12.5, 7.25)


def test_klines_are_closed_when_their_span_has_ended() -> None:
    page = body([kline(FIRST), kline(FIRST + 60_000)])
    events = rest_codec.klines(page, "BTCUSDT", 60_000, False, FIRST + 60_000)
    assert [(k.open_ms, k.closed) for k in events] == [(FIRST, True), (FIRST + 60_000, False)]
    assert (events[0].volume, events[0].taker_buy, events[0].mark) == (12.5, 7.25, False)


def test_pages_come_out_ascending_and_empty_ones_stay_empty() -> None:
    rows = rest_codec.klines_columns(body([kline(FIRST + 60_000), kline(FIRST)]))
    assert rows["t"].tolist() == [FIRST, FIRST + 60_000]
    assert len(rest_codec.klines_columns(b"[]")) == 0
    assert rest_codec.interest_columns(b"[]").dtype == INTEREST


@pytest.mark.parametrize(
    "page",
    [
        [kline(FIRST), kline(FIRST)],
        [kline(FIRST, low="100.4")],
        [kline(FIRST, high="100.4")],
        [kline(FIRST, low="0")],
        [kline(FIRST, low="NaN")],
        [[FIRST, "1"]],
        {"code": -1121, "msg": "Invalid symbol."},
        [None],
    ],
)
def test_a_page_of_klines_that_cannot_be_is_refused(page: Any) -> None:
    with pytest.raises(DecodeError):
        rest_codec.klines_columns(body(page))


@pytest.mark.parametrize("stamp", [1583127900000, "1583127900000"])
def test_open_interest_history_takes_stamps_as_number_or_text(stamp: int | str) -> None:
    row = {
        "symbol": "BTCUSDT",
        "sumOpenInterest": "20403.637",
        "sumOpenInterestValue": "150570784.07",
        "timestamp": stamp,
    }
    rows = rest_codec.interest_columns(body([row]))
    assert rows[0].item() == (1583127900000, 20403.637, 150570784.07)


def test_an_open_interest_without_a_value_has_none() -> None:
    row = {"symbol": "X", "sumOpenInterest": "2", "sumOpenInterestValue": "0", "timestamp": 1}
    assert math.isnan(rest_codec.interest_columns(body([row]))["usd"][0])


def test_live_open_interest() -> None:
    data = b'{"symbol":"BTCUSDT","openInterest":"95744.938","time":1791382984119}'
    assert rest_codec.open_interest(data) == OpenInterest("BTCUSDT", 1791382984119, 95744.938)


PREMIUM = {
    "symbol": "BTCUSDT",
    "markPrice": "83067.30000000",
    "indexPrice": "83114.69956522",
    "estimatedSettlePrice": "83195.99445417",
    "lastFundingRate": "0.00000078",
    "interestRate": "0.00010000",
    "nextFundingTime": 1791388800000,
    "time": 1791382985000,
}


def test_mark_prices() -> None:
    mark = MarkPrice("BTCUSDT", 1791382985000, 83067.3, 83114.69956522, 7.8e-07, 1791388800000)
    assert rest_codec.mark_price(body(PREMIUM)) == mark
    delisted = {**PREMIUM, "symbol": "OMGUSDT", "lastFundingRate": "", "nextFundingTime": 0}
    gone = {**PREMIUM, "markPrice": "0.0"}
    marks = rest_codec.mark_prices(body([PREMIUM, delisted, gone, {"symbol": "X"}, {**PREMIUM, "symbol": "../x"}]))
    assert marks[0] == mark
    assert [(m.symbol, m.funding_rate) for m in marks[1:]] == [("OMGUSDT", None)]
    with pytest.raises(DecodeError):
        rest_codec.mark_price(body(gone))


def test_funding() -> None:
    rows = [
        {
            "symbol": "BTCUSDT",
            "fundingTime": 1791331200002,
            "fundingRate": "-0.00000743",
            "markPrice": "",
            "rateType": "R",
        },
        {"symbol": "BTCUSDT", "fundingTime": 1791302400000, "fundingRate": "0.0001", "markPrice": "85516.5"},
    ]
    assert rest_codec.funding(body(rows)) == [
        Funding("BTCUSDT", 1791302400000, 0.0001),
        Funding("BTCUSDT", 1791331200002, -7.43e-06),
    ]


def test_funding_intervals() -> None:
    rows = [
        {"symbol": "XAUUSDT", "fundingIntervalHours": 4, "updateTime": 1769796333728},
        {"symbol": "BTCUSDT", "fundingIntervalHours": 8, "updateTime": None},
    ]
    assert rest_codec.funding_intervals(body(rows)) == [FundingInterval("XAUUSDT", 4), FundingInterval("BTCUSDT", 8)]


def test_trades() -> None:
    row = {"a": 3477868381, "p": "83084.40", "q": "0.014", "nq": "0", "f": 1, "l": 1, "T": 1791382990794, "m": False}
    later = {**row, "a": 3477868382, "m": True}
    assert rest_codec.trades(body([later, row]), BTC) == [
        Trade("BTCUSDT", 3477868381, 1791382990794, 830844, 0.014, True),
        Trade("BTCUSDT", 3477868382, 1791382990794, 830844, 0.014, False),
    ]


def test_the_book() -> None:
    data = body({"lastUpdateId": 1027024, "E": 5, "T": 4, "bids": [["4.0", "431.0"]], "asks": [["4.2", "12.0"]]})
    book = rest_codec.book(data, BTC)
    assert (book.last_id, book.time_ms, book.bids, book.asks) == (1027024, 5, ((40, 431.0),), ((42, 12.0),))


def test_day_tickers() -> None:
    row = {
        "symbol": "BTCUSDT",
        "lastPrice": "4",
        "openPrice": "5",
        "highPrice": "6",
        "lowPrice": "3",
        "volume": "10",
        "quoteVolume": "45",
        "closeTime": 7,
    }
    (ticker,) = rest_codec.tickers(body([row, {**row, "lastPrice": "0"}])).rows
    assert (ticker.symbol, ticker.last, ticker.quote_volume) == ("BTCUSDT", 4.0, 45.0)


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (b'{"code":-1121,"msg":"Invalid symbol."}', (-1121, "Invalid symbol.")),
        (b"<html>403 Forbidden</html>", (0, "")),
        (b"", (0, "")),
        (b"\xff", (0, "")),
        (b"[]", (0, "")),
    ],
)
def test_error_bodies(data: bytes, result: tuple[int, str]) -> None:
    assert rest_codec.fault(data) == result


PARSERS: list[Callable[[bytes], object]] = [
    rest_codec.server_time,
    rest_codec.universe,
    rest_codec.klines_columns,
    rest_codec.interest_columns,
    rest_codec.open_interest,
    rest_codec.mark_price,
    rest_codec.mark_prices,
    rest_codec.funding,
    rest_codec.funding_intervals,
    rest_codec.tickers,
    lambda data: rest_codec.trades(data, BTC),
    lambda data: rest_codec.book(data, BTC),
]


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("data", [b"", b"{", b"<html></html>", b"\xff", b"null", b'{"code":0,"msg":"x"}', b"7"])
def test_any_answer_that_means_nothing_is_a_decode_error(parser: Callable[[bytes], object], data: bytes) -> None:
    with pytest.raises(DecodeError):
        parser(data)


@settings(deadline=None)
@given(st.sampled_from(PARSERS), st.data())
def test_a_damaged_page_is_decoded_or_refused(parser: Callable[[bytes], object], data: st.DataObject) -> None:
    samples = [
        body([kline(FIRST + 60_000 * i) for i in range(3)]),
        exchange_info(LISTED),
        body([PREMIUM]),
        body(PREMIUM),
    ]
    raw = bytearray(data.draw(st.sampled_from(samples)))
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        result = parser(bytes(raw))
    except DecodeError:
        return
    if isinstance(result, np.ndarray) and result.dtype == BAR:
        assert np.all(np.diff(result["t"]) > 0)
        assert np.all(np.isfinite(result["high"]))
