import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqdesk.errors import InputError
from liqdesk.venues.binance.streams import BinanceDialect, check_symbol, expected_within_s, lower, subscriptions


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("btcusdt", "BTCUSDT"),
        (" BTCUSDT ", "BTCUSDT"),
        ("1000pepeusdt", "1000PEPEUSDT"),
        ("BTCUSDT_261225", "BTCUSDT_261225"),
        ("龙虾USDT", "龙虾USDT"),
        ("币安人生usdt", "币安人生USDT"),
    ],
)
def test_symbols_are_read_as_the_venue_writes_them(text: str, symbol: str) -> None:
    assert check_symbol(text) == symbol


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "../x",
        "BTC/USDT",
        "BTC\\USDT",
        "BTC USDT",
        "BTC\nUSDT",
        "BTCUSDT\n",
        "BTC\0",
        "BTC@aggTrade",
        "!forceOrder",
        "BTC-USDT",
        "BTC'--",
        "x" * 31,
        "ＢＴＣ",
        "İSTUSDT",
        "btc\u202eusdt",
        "%2e%2e",
    ],
)
def test_what_is_no_symbol_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InputError) as caught:
        check_symbol(text)
    assert "is not a symbol" in caught.value.user
    assert caught.value.user.isprintable()


@given(st.text(max_size=40))
def test_any_text_is_a_safe_symbol_or_refused(text: str) -> None:
    try:
        symbol = check_symbol(text)
    except InputError:
        return
    assert 1 <= len(symbol) <= 30
    assert not set(symbol) & set("/\\.:@! \n\0%?#&\"'")
    assert check_symbol(symbol) == symbol


def test_lower_case_touches_ascii_alone() -> None:
    assert lower("龙虾USDT") == "龙虾usdt"
    assert lower("İSTUSDT") == "İstusdt"


def test_a_watched_symbol_needs_these_streams() -> None:
    assert subscriptions("BTCUSDT") == {
        "market": [
            "btcusdt@markPrice@1s",
            "!forceOrder@arr",
            "btcusdt@aggTrade",
            "btcusdt@kline_1m",
            "!miniTicker@arr",
            "!contractInfo",
        ],
        "public": ["btcusdt@depth@500ms"],
    }


@pytest.mark.parametrize(
    ("stream", "seconds"),
    [
        ("btcusdt@markPrice@1s", 3),
        ("btcusdt@markPrice", 9),
        ("!markPrice@arr@1s", 3),
        ("btcusdt@bookTicker", 2),
        ("btcusdt@aggTrade", 60),
        ("btcusdt@kline_1m", 60),
        ("btcusdt@depth@500ms", 5),
        ("!miniTicker@arr", 10),
        ("!forceOrder@arr", None),
        ("btcusdt@forceOrder", None),
        ("!contractInfo", None),
    ],
)
def test_how_soon_a_stream_should_send(stream: str, seconds: float | None) -> None:
    assert expected_within_s(stream) == seconds


def test_requests_hold_at_most_200_names_and_integer_ids() -> None:
    names = [f"s{i}@aggTrade" for i in range(450)]
    messages = [json.loads(m) for m in BinanceDialect().subscribe(names, 7)]
    assert [m["id"] for m in messages] == [7, 8, 9]
    assert [len(m["params"]) for m in messages] == [200, 200, 50]
    assert [name for m in messages for name in m["params"]] == names
    assert {m["method"] for m in messages} == {"SUBSCRIBE"}
    assert json.loads(BinanceDialect().unsubscribe(["a"], 1)[0])["method"] == "UNSUBSCRIBE"
    assert "龙虾usdt@aggTrade" in BinanceDialect().subscribe(["龙虾usdt@aggTrade"], 1)[0]


def test_a_frame_tells_its_stream() -> None:
    dialect = BinanceDialect()
    assert dialect.stream_of('{"stream":"龙虾usdt@aggTrade","data":{}}'.encode()) == "龙虾usdt@aggTrade"
    assert dialect.stream_of(b'{ "stream" : "btcusdt@aggTrade", "data": {}}') == "btcusdt@aggTrade"
    assert dialect.stream_of(b'{"data":{' + b" " * 999 + b'},"stream":"a@b"}') == "a@b"
    assert dialect.stream_of(b'{"result":null,"id":1}') is None
    assert dialect.stream_of(b'{"stream":"' + b"x" * 1000) is None
    assert dialect.stream_of(b"") is None
