"""The streaming side over real sockets: routing, wrapping, control messages, and what each stream says."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import websocket
from websockets.sync.client import connect as other_client

Frame = dict[str, Any]


class Client:
    """A socket that is read with a deadline."""

    def __init__(self, url: str) -> None:
        self.socket = websocket.create_connection(url, timeout=10)
        self._id = 0

    def ask(self, method: str, params: list[Any] | None = None, number: Any = None) -> Any:
        self._id += 1
        request = {"method": method, "id": self._id if number is None else number}
        self.socket.send(json.dumps(request if params is None else request | {"params": params}, ensure_ascii=False))
        return self.answer()

    def answer(self) -> Any:
        while True:
            message = self.read(10)
            assert message is not None, "no answer"
            if isinstance(message, dict) and ("result" in message or "error" in message):
                return message

    def read(self, seconds: float) -> Any:
        """Return the next text message as JSON; None when none came in time."""
        self.socket.settimeout(seconds)
        try:
            return json.loads(self.socket.recv())
        except websocket.WebSocketTimeoutException:
            return None

    def collect(self, seconds: float, enough: Callable[[list[Any]], bool] = lambda _: False) -> list[Any]:
        found: list[Any] = []
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not enough(found):
            message = self.read(left)
            if message is not None:
                found.append(message)
        return found

    def until(self, enough: Callable[[list[Any]], bool], seconds: float = 30) -> list[Any]:
        found = self.collect(seconds, enough)
        assert enough(found), f"only {len(found)} messages within {seconds:g} s"
        return found

    def close(self) -> None:
        """Close, also where the exchange closed first."""
        self.socket.close()
        self.socket.shutdown()

    def close_code(self) -> tuple[int, str]:
        """Read on to the closing frame and return its code and reason."""
        self.socket.settimeout(10)
        while True:
            opcode, data = self.socket.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big"), data[2:].decode()


@pytest.fixture
def connect(served: Any) -> Iterator[Callable[[str], Client]]:
    opened: list[Client] = []

    def open_at(path: str) -> Client:
        opened.append(Client(served.stream + path))
        return opened[-1]

    yield open_at
    for client in opened:
        client.close()


Connect = Callable[[str], Client]


def streams(messages: list[Any]) -> set[str]:
    return {m["stream"] for m in messages}


def test_the_path_decides_the_wrapper(connect: Connect) -> None:
    raw = connect("/market/ws/btcusdt@markPrice@1s/btcusdt@aggTrade").until(lambda f: len(f) >= 30)
    assert {m["e"] for m in raw} == {"markPriceUpdate", "aggTrade"}
    wrapped = connect("/market/stream?streams=btcusdt@markPrice@1s").until(lambda f: len(f) >= 3)
    assert streams(wrapped) == {"btcusdt@markPrice@1s"}
    assert all(set(m) == {"stream", "data"} for m in wrapped)


def test_an_acknowledgement_is_no_promise_of_data(connect: Connect) -> None:
    junk = ["BTCUSDT@aggTrade", "nosuch@aggTrade", "btcusdt@depth@250ms", "btcusdt@kline_1s", "omgusdt@markPrice", "x"]
    market = connect("/market/stream")
    assert market.ask("SUBSCRIBE", [*junk, "btcusdt@depth@100ms", "btcusdt@bookTicker"]) == {"result": None, "id": 1}
    assert market.ask("LIST_SUBSCRIPTIONS")["result"] == [*junk, "btcusdt@depth@100ms", "btcusdt@bookTicker"]
    assert market.collect(0.8) == []
    public = connect("/public/stream")
    assert public.ask("SUBSCRIBE", ["btcusdt@aggTrade", "!forceOrder@arr", "btcusdt@bookTicker"])["result"] is None
    assert streams(public.until(lambda f: len(f) >= 5)) == {"btcusdt@bookTicker"}


@pytest.mark.parametrize("path", ["/stream", "/ws"])
def test_the_legacy_paths_carry_the_book_alone(connect: Connect, path: str) -> None:
    client = connect(path)
    assert (
        client.ask("SUBSCRIBE", ["btcusdt@aggTrade", "btcusdt@markPrice@1s", "btcusdt@depth5@100ms"])["result"] is None
    )
    kinds = {m.get("data", m)["e"] for m in client.until(lambda f: len(f) >= 6)}
    assert kinds == {"depthUpdate"}


def test_the_private_path_is_accepted_and_silent(connect: Connect) -> None:
    client = connect("/private/stream")
    assert client.ask("SUBSCRIBE", ["btcusdt@aggTrade", "btcusdt@bookTicker"])["result"] is None
    assert client.collect(0.6) == []


def test_a_comma_between_streams_fails_the_handshake(served: Any) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(
            served.stream + "/market/stream?streams=btcusdt@aggTrade,btcusdt@markPrice", timeout=5
        )


def test_control_messages(connect: Connect) -> None:
    client = connect("/market/stream")
    assert client.ask("SUBSCRIBE", ["a@b"], "6f1b-uuid") == {"result": None, "id": "6f1b-uuid"}
    assert client.ask("UNSUBSCRIBE", ["never@there"])["result"] is None
    assert client.ask("GET_PROPERTY", ["combined"])["result"] is True
    assert client.ask("SET_PROPERTY", ["combined", False])["result"] is None
    assert client.ask("GET_PROPERTY", ["combined"])["result"] is False
    assert client.ask("SUBSCRIBE", ["btcusdt@markPrice@1s"])["result"] is None
    assert client.until(lambda f: len(f) >= 1)[0]["e"] == "markPriceUpdate"


def test_bad_control_messages_are_answered_by_code(connect: Connect) -> None:
    client = connect("/market/ws")
    assert client.ask("SUBSCRIBED", ["a@b"])["error"]["code"] == 2
    assert client.ask("SUBSCRIBE", ["a@b"], -1)["error"]["msg"].endswith("unsigned integer")
    assert client.ask("SET_PROPERTY", ["combined", "yes"])["error"]["code"] == 1
    assert client.ask("SET_PROPERTY", ["speed", True])["error"]["code"] == 0
    client.socket.send("{nonsense")
    answer = client.answer()
    assert answer["error"]["code"] == 3
    assert "id" not in answer


def test_the_1025th_stream_loses_all(connect: Connect) -> None:
    client = connect("/market/ws")
    for n in range(0, 1000, 200):
        assert client.ask("SUBSCRIBE", [f"s{n + i}@aggTrade" for i in range(200)])["result"] is None
    assert client.ask("SUBSCRIBE", [f"t{i}@aggTrade" for i in range(24)])["result"] is None
    assert client.ask("SUBSCRIBE", ["one@more"])["error"] == {"code": 4, "msg": "Too many subscriptions"}
    assert client.close_code() == (1008, "Invalid request")


def test_a_burst_of_control_messages_ends_the_connection(connect: Connect) -> None:
    client = connect("/market/ws")
    for n in range(40):
        client.socket.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": n}))
    assert client.close_code() == (1008, "Too many requests")


def test_a_ping_of_the_client_is_answered(connect: Connect) -> None:
    client = connect("/market/ws")
    client.socket.ping(b"still there")
    client.socket.settimeout(5)
    frame = client.socket.recv_frame()
    assert (frame.opcode, frame.data) == (websocket.ABNF.OPCODE_PONG, b"still there")


def test_the_server_pings_with_the_time(serve: Callable[..., Any]) -> None:
    one = serve(past_days=1, ping_s=0.2)
    client = Client(one.stream + "/market/ws")
    frame = client.socket.recv_frame()
    client.close()
    assert frame.opcode == websocket.ABNF.OPCODE_PING
    assert abs(int(frame.data) - time.time() * 1000) < 60_000


def test_who_does_not_answer_pings_is_dropped_however_much_it_says(serve: Callable[..., Any]) -> None:
    one = serve(past_days=1, ping_s=0.6)
    began = time.monotonic()
    mute, polite = (Client(one.stream + "/market/ws") for _ in range(2))
    pings: list[bytes] = []
    dropped = None
    while time.monotonic() < began + 4:
        polite.read(0.15)  # answers pings by itself
        mute.socket.settimeout(0.15)
        try:
            frame = mute.socket.recv_frame()
            if frame.opcode == websocket.ABNF.OPCODE_PING:
                pings.append(frame.data)
                mute.socket.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": len(pings)}))
        except websocket.WebSocketTimeoutException:
            continue
        except (websocket.WebSocketConnectionClosedException, ConnectionError):
            dropped = dropped or time.monotonic() - began
    assert dropped is not None
    assert 1.8 < dropped < 4, "after ten thirds of the pause between pings"
    assert all(len(ping) == 13 and ping.isdigit() for ping in pings)
    assert polite.ask("LIST_SUBSCRIPTIONS")["result"] == []
    for client in (mute, polite):
        client.close()


def test_marks_come_every_market_second_without_a_hole(connect: Connect) -> None:
    frames = connect("/market/ws/btcusdt@markPrice@1s").until(lambda f: len(f) >= 40)
    times = [f["E"] for f in frames]
    assert times == list(range(times[0], times[0] + 1000 * len(times), 1000))
    first = frames[0]
    assert set(first) == {"e", "E", "s", "p", "ap", "P", "i", "r", "T", "st"}
    assert first["ap"] == first["p"]
    assert float(first["p"]) == pytest.approx(float(first["i"]), rel=0.003)
    assert first["T"] % (8 * 3_600_000) == 0


def test_trades_are_contiguous_and_the_same_over_rest(connect: Connect, served: Any) -> None:
    frames = connect("/market/ws/btcusdt@aggTrade").until(lambda f: len(f) >= 150)
    ids = [f["a"] for f in frames]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert all(f["E"] > f["T"] for f in frames)
    params = {"symbol": "BTCUSDT", "fromId": str(ids[0]), "limit": str(len(ids))}
    with requests.get(served.rest + "/fapi/v1/aggTrades", params=params, timeout=10) as answer:
        rows = answer.json()
    keys = ("a", "p", "q", "nq", "f", "l", "T", "m")
    assert [{k: f[k] for k in keys} for f in frames] == rows


def test_continuous_candles_are_those_of_the_contract(connect: Connect) -> None:
    client = connect(
        "/market/stream?streams=btcusdt_perpetual@continuousKline_1m/btcusdt@kline_1m/btcusdt@continuousKline_1m"
    )

    def finals(found: list[Any]) -> list[list[Frame]]:
        ended = [m["data"] for m in found if m["data"]["k"]["x"]]
        return [[f for f in ended if f["e"] == kind] for kind in ("continuous_kline", "kline")]

    [continuous, own] = finals(client.until(lambda f: all(finals(f))))
    assert {key: continuous[0][key] for key in ("ps", "ct")} == {"ps": "BTCUSDT", "ct": "PERPETUAL"}
    assert continuous[0]["k"] | {"s": "BTCUSDT"} == own[0]["k"]


def test_fills_add_up_to_the_trades(connect: Connect, served: Any) -> None:
    client = connect("/public/ws/btcusdt@trade")
    frames = client.until(lambda f: len(f) >= 100)
    ids = [f["t"] for f in frames]
    assert ids == sorted(set(ids))
    sums: dict[int, float] = {}
    for f in frames[2:-2]:
        assert set(f) == {"e", "E", "T", "s", "t", "p", "q", "X", "m", "st"}
        sums[f["t"] // 2] = sums.get(f["t"] // 2, 0.0) + float(f["q"])
    params = {"symbol": "BTCUSDT", "startTime": str(frames[0]["T"]), "limit": "1000"}
    with requests.get(served.rest + "/fapi/v1/aggTrades", params=params, timeout=10) as answer:
        trades = {t["f"] // 2: float(t["q"]) for t in answer.json()}
    whole = [n for n in sums if n not in (min(sums), max(sums))]
    assert len(whole) > 40
    assert {n: sums[n] for n in whole} == pytest.approx({n: trades[n] for n in whole})
    with requests.get(
        served.rest + "/fapi/v1/trades", params={"symbol": "BTCUSDT", "limit": "1000"}, timeout=10
    ) as answer:
        rows = {row["id"]: row for row in answer.json()}
    assert len(rows) == 1000
    frames += client.until(lambda f: len(f) > 0 and f[-1]["t"] > max(rows))
    shared = [f for f in frames if f["t"] in rows]
    assert shared
    for f in shared:
        row = rows[f["t"]]
        assert (f["p"], f["q"], f["T"], f["m"]) == (row["price"], row["qty"], row["time"], row["isBuyerMaker"])


def test_final_candles_are_their_trades_and_marks(connect: Connect, served: Any) -> None:
    client = connect("/market/stream?streams=btcusdt@kline_1m/btcusdt@aggTrade/btcusdt@markPrice@1s")

    def finals(found: list[Any]) -> list[Frame]:
        return [m["data"] for m in found if m["stream"].endswith("kline_1m") and m["data"]["k"]["x"]]

    messages = client.until(lambda f: len(f) > 0 and "kline" in f[-1]["stream"] and len(finals(f)) >= 3)
    ends = [f["k"]["t"] for f in finals(messages)]
    assert ends == [ends[0], ends[0] + 60_000, ends[0] + 120_000], "each candle ends once"
    times = [m["data"]["E"] for m in messages]
    assert times == sorted(times)
    last = finals(messages)[-1]
    k = last["k"]
    assert 50 <= last["E"] - k["T"] - 1 <= 301
    assert "st" not in last
    trades = [m["data"] for m in messages if m["stream"].endswith("aggTrade")]
    trades = [t for t in trades if k["t"] <= t["T"] <= k["T"]]
    prices = [float(t["p"]) for t in trades]
    assert trades[0]["f"] == k["f"], "the minute was watched from its start"
    missing = k["L"] - trades[-1]["l"]
    assert missing <= 40, "only trades that were published after the candle may lack"
    if missing == 0:
        assert [float(k[x]) for x in "ohlc"] == [prices[0], max(prices), min(prices), prices[-1]]
        assert float(k["v"]) == pytest.approx(sum(float(t["q"]) for t in trades), abs=1e-9)
    params = {"symbol": "BTCUSDT", "interval": "1m", "startTime": str(k["t"]), "limit": "1"}
    with requests.get(served.rest + "/fapi/v1/klines", params=params, timeout=10) as answer:
        [row] = answer.json()
    assert row == [k["t"], k["o"], k["h"], k["l"], k["c"], k["v"], k["T"], k["q"], k["n"], k["V"], k["Q"], "0"]
    marks = [m["data"] for m in messages if "markPrice" in m["stream"]]
    marks = [m["p"] for m in marks if k["t"] <= m["E"] <= k["T"]]
    with requests.get(served.rest + "/fapi/v1/markPriceKlines", params=params, timeout=10) as answer:
        [row] = answer.json()
    assert len(marks) == 60
    assert row[1:5] == [marks[0], max(marks, key=float), min(marks, key=float), marks[-1]]


def test_all_marks_come_in_two_frames_with_every_kind_of_row(connect: Connect, served: Any) -> None:
    for symbol in ("XAUUSDT", "ETHUSDT"):
        with requests.get(served.rest + "/fapi/v1/premiumIndex", params={"symbol": symbol}, timeout=20) as answer:
            assert answer.ok
    client = connect("/market/ws/!markPrice@arr@1s")
    frames = client.until(lambda f: len(f) >= 4)
    assert {frame[0]["E"] % 1000 for frame in frames} == {0, 684}
    for frame in frames:
        assert {row["E"] for row in frame} == {frame[0]["E"]}
        assert (frame[0]["s"] == "XAUUSDT") == (frame[0]["E"] % 1000 == 684)
        kinds = {row["s"] in ("XAUUSDT",) for row in frame}
        assert len(kinds) == 1, "TradFi comes in a frame of its own"
    rows = {row["s"]: row for frame in frames for row in frame}
    assert {"BTCUSDT", "ETHUSDT", "OMGUSDT", "XAUUSDT"} <= set(rows)
    assert rows["OMGUSDT"]["T"] == 0


def test_forced_orders_have_the_form_of_the_venue(serve: Callable[..., Any]) -> None:
    one = serve(speed=600.0, past_days=8)
    client = Client(one.stream + "/market/stream?streams=!forceOrder@arr/btcusdt@forceOrder")
    frames = client.until(lambda f: len(f) >= 8, 60)
    client.close()
    for frame in frames:
        assert set(frame["data"]) == {"e", "E", "o"}, "one object, not an array"
        o = frame["data"]["o"]
        assert set(o) == {"s", "S", "o", "f", "q", "p", "ap", "X", "l", "z", "T", "ps", "st"}
        assert (o["o"], o["f"], o["X"], o["st"]) == ("LIMIT", "IOC", "FILLED", 1)
        assert o["q"] == o["z"]
        assert 0 < float(o["l"]) <= float(o["z"])
        assert frame["data"]["E"] - o["T"] == 1008
        gap = float(o["p"]) / float(o["ap"]) - 1
        assert gap < 0 if o["S"] == "SELL" else gap > 0
        assert 0.003 < abs(gap) < 0.6
    own = [f["data"] for f in frames if f["stream"] == "btcusdt@forceOrder"]
    assert own
    assert all(f in [g["data"] for g in frames if g["stream"] == "!forceOrder@arr"] for f in own[:-1])


def test_tickers_name_only_what_changed(connect: Connect) -> None:
    frames = connect("/market/ws/!miniTicker@arr").until(lambda f: len(f) >= 2)
    for frame in frames:
        assert isinstance(frame, list)
        for row in frame:
            assert set(row) == {"e", "E", "s", "ps", "c", "o", "h", "l", "v", "q", "st"}
            assert float(row["l"]) <= float(row["c"]) <= float(row["h"])
            assert row["s"] != "OMGUSDT"


def test_a_book_kept_from_changes_equals_a_new_snapshot(connect: Connect, served: Any) -> None:
    client = connect("/public/ws/btcusdt@depth@500ms")
    buffered = client.until(lambda f: len(f) >= 2)

    def snapshot() -> dict[str, Any]:
        params = {"symbol": "BTCUSDT", "limit": "1000"}
        with requests.get(served.rest + "/fapi/v1/depth", params=params, timeout=10) as answer:
            book: dict[str, Any] = answer.json()
            return book

    def levels(side: list[list[str]]) -> dict[str, str]:
        return {p: q for p, q in side if float(q) > 0}

    first = snapshot()
    buffered += client.until(lambda f: len(f) >= 6)
    second = snapshot()
    buffered += client.until(lambda f: f != [] and f[-1]["u"] >= second["lastUpdateId"])
    assert all(b["pu"] == a["u"] and b["U"] > b["pu"] + 1 for a, b in itertools.pairwise(buffered))
    useful = [f for f in buffered if f["u"] >= first["lastUpdateId"]]
    assert useful[0]["U"] <= first["lastUpdateId"] <= useful[0]["u"]
    book = {"b": levels(first["bids"]), "a": levels(first["asks"])}
    low, high = min(map(float, book["b"])), max(map(float, book["a"]))  # further out only what changes is told

    def inside(side: dict[str, str]) -> dict[str, str]:
        return {p: q for p, q in side.items() if low <= float(p) <= high}

    exact = None
    for frame in useful:
        for side in "ba":
            for price, quantity in frame[side]:
                if float(quantity) == 0:
                    book[side].pop(price, None)
                else:
                    book[side][price] = quantity
        if frame["u"] == second["lastUpdateId"]:
            exact = {side: dict(book[side]) for side in "ba"}
    assert len(levels(first["bids"])) == len(levels(first["asks"])) == 1000
    assert min(map(float, book["b"])) < low, "changes are told of levels that no snapshot holds"
    assert max(map(float, book["b"])) < min(map(float, book["a"]))
    if exact is not None:
        ends = min(map(float, levels(second["bids"]))), max(map(float, levels(second["asks"])))
        low, high = max(low, ends[0]), min(high, ends[1])
        assert {side: inside(exact[side]) for side in "ba"} == {
            "b": inside(levels(second["bids"])),
            "a": inside(levels(second["asks"])),
        }


def test_contract_info_brings_brackets(serve: Callable[..., Any]) -> None:
    one = serve(speed=60.0, past_days=1)
    client = Client(one.stream + "/market/ws/!contractInfo")
    [frame] = client.until(lambda f: len(f) >= 1)
    client.close()
    assert (frame["e"], frame["s"], frame["cs"], frame["ct"]) == ("contractInfo", "BTCUSDT", "TRADING", "PERPETUAL")
    brackets = frame["bks"]
    assert [b["bs"] for b in brackets] == list(range(1, 13))
    assert all(a["bnc"] == b["bnf"] for a, b in itertools.pairwise(brackets))
    for a, b in itertools.pairwise(brackets):
        assert b["cf"] == pytest.approx(a["cf"] + b["bnf"] * (b["mmr"] - a["mmr"]))
        assert a["mi"] == b["ma"] + 1


def test_symbols_beyond_ascii_are_raw_utf8_both_ways(connect: Connect) -> None:
    client = connect("/market/stream")
    assert client.ask("SUBSCRIBE", ["龙虾usdt@markPrice@1s"])["result"] is None
    frame = client.until(lambda f: len(f) >= 1)[0]
    assert (frame["stream"], frame["data"]["s"]) == ("龙虾usdt@markPrice@1s", "龙虾USDT")


def test_a_client_of_another_make_offers_compression_and_keeps_alive(served: Any) -> None:
    url = served.stream + "/market/stream?streams=btcusdt@markPrice@1s"
    with other_client(url, ping_interval=0.2, ping_timeout=2) as client:
        assert client.protocol.extensions == [], "nothing is compressed"
        client.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": "a-b-c"}))
        messages = [json.loads(client.recv(timeout=5)) for _ in range(100)]
        answers = [m for m in messages if "id" in m]
        assert answers == [{"result": ["btcusdt@markPrice@1s"], "id": "a-b-c"}], "unwrapped"
        assert {m["stream"] for m in messages if "id" not in m} == {"btcusdt@markPrice@1s"}
        assert client.latency > 0, "its own pings were answered"
    assert client.close_code == 1000
