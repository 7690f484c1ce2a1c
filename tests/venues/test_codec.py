import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.errors import DecodeError
from liqdesk.market import (
    BookUpdate,
    ContractChange,
    ForcedOrder,
    Instrument,
    Kline,
    MarkPrice,
    Side,
    Tickers,
    Trade,
)
from liqdesk.venues.binance.codec import MAX_FRAME, Codec

INSTRUMENTS = {"BTCUSDT": Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001)}

AGG = {
    "e": "aggTrade",
    "E": 1791382992488,
    "a": 3477868433,
    "s": "BTCUSDT",
    "p": "83091.70",
    "q": "0.022",
    "nq": "0.022",
    "f": 8153634393,
    "l": 8153634394,
    "T": 1791382992338,
    "m": False,
    "st": 1,
}
MARK = {
    "e": "markPriceUpdate",
    "E": 1791269856000,
    "s": "BTCUSDT",
    "p": "85296.60260870",
    "ap": "85296.60260870",
    "P": "85321.91711993",
    "i": "85345.93826087",
    "r": "0.00000523",
    "T": 1791273600000,
    "st": 1,
}
ORDER = {
    "s": "AINUSDT",
    "S": "SELL",
    "o": "LIMIT",
    "f": "IOC",
    "q": "1861",
    "p": "0.0348700",
    "ap": "0.0387407",
    "X": "FILLED",
    "l": "38",
    "z": "1861",
    "T": 1791435150342,
    "ps": "AINUSDT",
    "st": 1,
}
FORCED = {"e": "forceOrder", "E": 1791435151350, "o": ORDER}
CANDLE = {
    "t": 1791382980000,
    "T": 1791383039999,
    "s": "BTCUSDT",
    "i": "1m",
    "f": 8153633367,
    "L": 8153634395,
    "o": "83084.90",
    "c": "83091.60",
    "h": "83091.70",
    "l": "83051.20",
    "v": "13.551",
    "n": 1027,
    "x": False,
    "q": "1125714.73960",
    "V": "6.426",
    "Q": "533856.66860",
    "B": "0",
}
KLINE = {"e": "kline", "E": 1791382992723, "s": "BTCUSDT", "k": CANDLE}
DEPTH = {
    "e": "depthUpdate",
    "E": 1791382994616,
    "T": 1791382994613,
    "s": "BTCUSDT",
    "ps": "BTCUSDT",
    "U": 11757092616793,
    "u": 11757092625654,
    "pu": 11757092616661,
    "b": [["83091.60", "4.215"], ["83091.50", "0.000"]],
    "a": [["83091.70", "3.768"]],
    "st": 1,
}
MINI = {
    "e": "24hrMiniTicker",
    "E": 1791382992307,
    "s": "BTCUSDT",
    "ps": "BTCUSDT",
    "c": "83091.6",
    "o": "86125.0",
    "h": "86650.0",
    "l": "82691.4",
    "v": "150000.1",
    "q": "12500000000.0",
    "st": 1,
}
INFO = {
    "e": "contractInfo",
    "E": 1669356423908,
    "s": "IOTAUSDT",
    "ct": "PERPETUAL",
    "dt": 4133404800000,
    "ot": 1569398400000,
    "cs": "TRADING",
    "bks": [
        {"bs": 2, "bnf": 5000, "bnc": 25000, "mmr": 0.025, "cf": 75, "mi": 11, "ma": 20},
        {"bs": 1, "bnf": 0, "bnc": 5000, "mmr": 0.01, "cf": 0, "mi": 21, "ma": 50},
    ],
    "st": 1,
}
ALL = [AGG, MARK, FORCED, KLINE, DEPTH, MINI, INFO]


def codec() -> Codec:
    return Codec(INSTRUMENTS)


def frame(payload: Any, stream: str | None = None) -> bytes:
    body = payload if stream is None else {"stream": stream, "data": payload}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def changed(payload: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {**payload, **keys}


def only(payload: Any) -> Any:
    events = codec().decode_frame(frame(payload))
    assert len(events) == 1
    return events[0]


@pytest.mark.parametrize("payload", ALL, ids=lambda p: p["e"])
def test_wrapped_and_raw_frames_say_the_same(payload: dict[str, Any]) -> None:
    raw = codec().decode(frame(payload))
    wrapped = codec().decode(frame(payload, "x@y"))
    as_text = codec().decode(frame(payload, "x@y").decode())
    reordered = codec().decode(frame({"data": payload, "stream": "x@y"}))
    assert raw == wrapped == as_text == reordered
    assert raw.event_ms == payload["E"]
    assert len(raw.events) == 1


def test_a_trade_is_in_whole_ticks_and_told_by_its_taker() -> None:
    assert only(AGG) == Trade("BTCUSDT", 3477868433, 1791382992338, 830917, 0.022, True)
    assert only(changed(AGG, m=True)).taker_buys is False


def test_a_mark_takes_p_and_never_ap() -> None:
    event = only(changed(MARK, ap="1.0"))
    assert event == MarkPrice("BTCUSDT", 1791269856000, 85296.6026087, 85345.93826087, 5.23e-06, 1791273600000)


@pytest.mark.parametrize("keys", [{"r": ""}, {"T": 0}, {"r": "", "T": 0}])
def test_a_contract_without_funding_has_no_rate(keys: dict[str, Any]) -> None:
    event = only(changed(MARK, **keys))
    assert event.funding_rate is None
    assert event.next_funding_ms == keys.get("T", MARK["T"])


@pytest.mark.parametrize(("order_side", "side"), [("SELL", Side.LONG), ("BUY", Side.SHORT)])
def test_a_forced_order_names_who_is_liquidated_its_fill_and_the_time_of_the_fill(order_side: str, side: Side) -> None:
    event = only(changed(FORCED, o=changed(ORDER, S=order_side)))
    assert event == ForcedOrder("AINUSDT", side, 1791435150342, 1791435151350, 0.0387407, 0.03487, 1861.0)


def test_forced_orders_come_as_one_object_or_as_a_list() -> None:
    assert codec().decode(frame([FORCED, FORCED], "!forceOrder@arr")).events == [only(FORCED), only(FORCED)]


@pytest.mark.parametrize("keys", [{"z": "0"}, {"z": "0.000"}, {"ap": "0"}])
def test_a_forced_order_that_filled_nothing_is_dropped(keys: dict[str, Any]) -> None:
    decoded = codec().decode(frame(changed(FORCED, o=changed(ORDER, **keys))))
    assert (decoded.kind, decoded.events, decoded.dropped) == ("forced", [], 1)


def without(payload: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {k: v for k, v in payload.items() if k not in keys}


@pytest.mark.parametrize(
    "payload",
    [
        changed(FORCED, o=changed(ORDER, st=2)),
        changed(FORCED, st=2, o=without(ORDER, "st")),
        changed(FORCED, o=changed(without(ORDER, "st"), s="BTCUSD_PERP")),
        changed(MARK, st=2),
        changed(without(MARK, "st"), s="BTCUSD_PERP"),
        changed(MINI, st=2, s="BTCUSD_PERP"),
        changed(INFO, st=2),
        changed(KLINE, s="BTCUSD_PERP"),
        changed(AGG, st=3),
    ],
    ids=lambda p: p["e"],
)
def test_coin_margined_contracts_are_dropped_everywhere(payload: dict[str, Any]) -> None:
    decoded = codec().decode(frame(payload))
    assert (decoded.events, decoded.dropped) == ([], 1)


@pytest.mark.parametrize(
    "payload",
    [
        changed(FORCED, o=without(ORDER, "st", "ps")),
        changed(FORCED, st=1, o=without(ORDER, "st")),
        without(MARK, "st", "ap"),
        without(AGG, "nq", "st"),
        without(DEPTH, "ps", "st"),
        changed(MARK, s="BTCUSDT_261225"),
    ],
    ids=lambda p: p["e"],
)
def test_older_forms_without_the_new_keys_are_read(payload: dict[str, Any]) -> None:
    assert len(codec().decode_frame(frame(payload))) == 1


def test_a_candle_is_read_with_its_taker_volume() -> None:
    assert only(KLINE) == Kline(
        "BTCUSDT", False, 1791382980000, 60_000, 83084.9, 83091.7, 83051.2, 83091.6, 13.551, 6.426, False
    )
    assert only(changed(KLINE, k=changed(CANDLE, x=True))).closed is True


def test_a_candle_of_an_unknown_width_is_dropped() -> None:
    decoded = codec().decode(frame(changed(KLINE, k=changed(CANDLE, i="7m"))))
    assert (decoded.kind, decoded.events, decoded.dropped) == ("kline", [], 1)


def test_a_book_update_keeps_zeros_because_they_delete() -> None:
    event = only(DEPTH)
    assert event == BookUpdate(
        "BTCUSDT",
        1791382994616,
        11757092616793,
        11757092625654,
        11757092616661,
        ((830916, 4.215), (830915, 0.0)),
        ((830917, 3.768),),
    )


def test_tickers_of_a_frame_come_together() -> None:
    coin = changed(MINI, s="BTCUSD_PERP", st=2)
    eth = changed(MINI, s="ETHUSDT", E=1791382992309)
    decoded = codec().decode(frame([MINI, coin, eth], "!miniTicker@arr"))
    assert decoded.kind == "ticker"
    assert (decoded.dropped, decoded.event_ms) == (1, 1791382992309)
    (tickers,) = decoded.events
    assert isinstance(tickers, Tickers)
    assert [t.symbol for t in tickers.rows] == ["BTCUSDT", "ETHUSDT"]
    assert (tickers.rows[0].last, tickers.rows[0].open, tickers.rows[0].quote_volume) == (83091.6, 86125.0, 12.5e9)


def test_a_full_ticker_says_what_a_mini_one_says() -> None:
    full = changed(MINI, e="24hrTicker", w="1", P="-3.2")
    assert codec().decode_frame(frame([full])) == codec().decode_frame(frame([MINI]))


def test_contract_news_bring_sorted_brackets_with_their_date() -> None:
    event = only(INFO)
    assert isinstance(event, ContractChange)
    assert event.brackets is not None
    assert (event.symbol, event.status, event.brackets.as_of) == ("IOTAUSDT", "TRADING", "2022-11-25")
    assert [(b.floor, b.cap, b.rate, b.cum, b.max_leverage) for b in event.brackets.brackets] == [
        (0, 5000, 0.01, 0, 50),
        (5000, 25000, 0.025, 75, 20),
    ]
    assert only(without(INFO, "bks")).brackets is None
    assert only(changed(INFO, bks=None, cs="SOMETHING_NEW")).status == "SOMETHING_NEW"


def test_brackets_that_overlap_are_refused() -> None:
    tiers = [dict(INFO["bks"][0], bnf=4000), INFO["bks"][1]]  # type: ignore[index]
    with pytest.raises(DecodeError, match="overlap"):
        codec().decode(frame(changed(INFO, bks=tiers)))


@pytest.mark.parametrize(
    ("reply", "identity", "code", "error"),
    [
        ({"result": None, "id": 1}, 1, 0, ""),
        ({"result": ["btcusdt@aggTrade"], "id": 3}, 3, 0, ""),
        ({"result": True, "id": "a-b"}, "a-b", 0, ""),
        ({"error": {"code": 4, "msg": "Too many subscriptions"}, "id": 9}, 9, 4, "Too many subscriptions"),
        ({"error": {"code": 3, "msg": "Invalid JSON"}}, None, 3, "Invalid JSON"),
        ({"code": 2, "msg": "Invalid request"}, None, 2, "Invalid request"),
    ],
)
def test_control_replies_are_told_apart(reply: dict[str, Any], identity: Any, code: int, error: str) -> None:
    decoded = codec().decode(frame(reply))
    assert (decoded.kind, decoded.events) == ("control", [])
    assert decoded.control is not None
    assert (decoded.control.id, decoded.control.code, decoded.control.error) == (identity, code, error)


@pytest.mark.parametrize(
    "payload",
    [
        {"e": "bookTicker", "u": 1, "s": "BTCUSDT", "b": "1"},
        {"e": "trade", "p": "1"},
        {"e": "EquityUpdate", "E": 1, "S": "REGULAR"},
        [{"e": "assetIndexUpdate"}, {"e": "assetIndexUpdate"}],
        [],
    ],
)
def test_unknown_kinds_are_no_error(payload: Any) -> None:
    for stream in (None, "x"):
        decoded = codec().decode(frame(payload, stream))
        assert (decoded.kind, decoded.events, decoded.rejected) == ("other", [], 0)


def test_trades_of_unknown_symbols_are_counted() -> None:
    c = codec()
    for _ in range(3):
        assert c.decode(frame(changed(AGG, s="ETHUSDT"))).dropped == 1
    assert c.unknown == {"ETHUSDT": 3}
    c.instruments = {"ETHUSDT": Instrument("ETHUSDT", "ETH", "USDT", 0.01, 0.001)}
    assert len(c.decode_frame(frame(changed(AGG, s="ETHUSDT")))) == 1


def test_an_array_with_bad_rows_keeps_the_good_ones() -> None:
    rows = [MARK, changed(MARK, p="x"), changed(MARK, s="../x"), 7, {"e": "new"}, changed(MARK, s="ETHUSDT")]
    decoded = codec().decode(frame(rows, "!markPrice@arr@1s"))
    assert [e.symbol for e in decoded.events] == ["BTCUSDT", "ETHUSDT"]  # type: ignore[union-attr]
    assert decoded.rejected == 3


def test_times_and_numbers_may_come_as_either() -> None:
    assert only(changed(AGG, T=str(AGG["T"]), a=str(AGG["a"]), p=83091.7, q=0.022)) == only(AGG)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"{",
        b"[",
        b"null",
        b"7",
        b'"text"',
        b"{}",
        b"[1]",
        b"[[]]",
        b"<html>busy</html>",
        b"\xff\xfe",
        b'{"stream":"x"}',
        b'{"stream":"x","data":null}',
        b'{"stream":"x","data":{}}',
        frame(AGG)[:-1],
        frame(AGG, "x")[:-9],
        frame(changed(AGG, p="NaN")),
        frame(changed(AGG, p="Infinity")),
        frame(changed(AGG, p="-1")),
        frame(changed(AGG, q="-0.5")),
        frame(changed(AGG, q="")),
        frame(changed(AGG, q=None)),
        frame(changed(AGG, m="maybe")),
        frame(changed(AGG, a=-1)),
        frame(changed(AGG, a=10**40)),
        frame(changed(AGG, T=10**17)),
        frame(changed(AGG, s="../x")),
        frame(changed(AGG, s="BTC USDT")),
        frame(changed(AGG, s="")),
        frame(changed(AGG, s=7)),
        frame(without(AGG, "p")),
        frame(changed(MARK, r="nan")),
        frame(changed(MARK, r="abc")),
        frame(changed(MARK, i="1e300")),
        frame(changed(FORCED, o=changed(ORDER, S="HOLD"))),
        frame(changed(FORCED, o=[])),
        frame(changed(KLINE, k=changed(CANDLE, h="1.0"))),
        frame(changed(KLINE, k=changed(CANDLE, l="0"))),
        frame(changed(DEPTH, b=[["1"]])),
        frame(changed(DEPTH, b="x")),
        frame([changed(MARK, p="x")]),
        b'{"stream":"x","data":' + frame(AGG).replace(b"BTCUSDT", b"BTC\xffUSDT") + b"}",
        b'{"b":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b" " * (MAX_FRAME + 1),
        '{"e":"aggTrade","s":"\ud800"}',
    ],
    ids=lambda d: repr(d[:40]),
)
def test_garbage_is_a_decode_error(data: bytes | str) -> None:
    with pytest.raises(DecodeError):
        codec().decode(data)


def test_the_stream_goes_on_after_garbage() -> None:
    c = codec()
    with pytest.raises(DecodeError):
        c.decode(b"{")
    assert len(c.decode_frame(frame(AGG))) == 1


@settings(max_examples=400)
@given(st.sampled_from(ALL), st.booleans(), st.data())
def test_any_damage_is_decoded_or_refused(payload: dict[str, Any], wrapped: bool, data: st.DataObject) -> None:
    body = bytearray(frame(payload, "s@t" if wrapped else None))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "drop", "insert"])):
            case "flip":
                body[at] = data.draw(st.integers(0, 255))
            case "cut":
                del body[max(at, 1) :]
            case "drop":
                if len(body) > 1:
                    del body[at]
            case "insert":
                body[at:at] = data.draw(st.binary(min_size=1, max_size=4))
    c = codec()
    try:
        decoded = c.decode(bytes(body))
    except DecodeError:
        return
    assert decoded.kind in {"mark", "trade", "forced", "kline", "ticker", "contract", "book", "control", "other"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=12,
)


@given(st.sampled_from(ALL), st.data(), json_values)
def test_any_value_in_any_key_is_decoded_or_refused(payload: dict[str, Any], data: st.DataObject, value: Any) -> None:
    key = data.draw(st.sampled_from(sorted(payload)))
    body = json.dumps(changed(payload, **{key: value})).encode()
    try:
        events = codec().decode_frame(body)
    except DecodeError:
        return
    assert len(events) <= 1


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(body: bytes) -> None:
    try:
        codec().decode(body)
    except DecodeError:
        return


def test_the_last_bracket_may_end_as_high_as_numbers_go() -> None:
    tiers = [INFO["bks"][1], dict(INFO["bks"][0], bnc=9223372036854775807)]  # type: ignore[index]
    assert only(changed(INFO, bks=tiers)).brackets.brackets[-1].cap == 2.0**63


def test_what_a_frame_holds_does_not_fill_the_log() -> None:
    with pytest.raises(DecodeError) as error:
        codec().decode(frame(changed(MARK, i="9" * 100_000)))
    assert len(str(error.value)) < 200
    for reply in ({"id": 1, "error": {"code": 2, "msg": "x" * 100_000}}, {"code": 2, "msg": "x" * 100_000}):
        control = codec().decode(frame(reply)).control
        assert control is not None
        assert control.error == "x" * 400


def test_an_absurd_number_of_rows_is_refused_at_once() -> None:
    rows = b"[" + b"0," * 2_000_000 + b"0]"
    began = time.process_time()
    for data in (rows, b'{"stream":"x@y","data":' + rows + b"}"):
        with pytest.raises(DecodeError, match="2000001 rows"):
            codec().decode(data)
    assert time.process_time() - began < 5
