"""Recorded frames, served again: byte for byte, by name and path, at their own pace."""

from __future__ import annotations

import gzip
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import websocket
from binance_common.configuration import ConfigurationRestAPI
from binance_common.errors import NotFoundError
from binance_sdk_derivatives_trading_usds_futures import DerivativesTradingUsdsFutures
from support.exchange import Exchange
from support.recorded import FILES, count

from liqdesk.errors import InputError
from liqdesk.market import LinkPhase, LinkState
from liqdesk.net.link import Link
from liqdesk.simulator.recording import Recording
from liqdesk.venues import SocketPlan, venue

pytestmark = pytest.mark.e2e
START_NS = 1_791_391_081_000_000_000

MARK = b'{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"1.50","odd key": [1, 2] ,"r":""}'
FORCED = '{"e":"forceOrder","E":2,"o":{"s":"牛来USDT","S":"SELL","ap":"0.10"}}'.encode()
BOOK = b'{"e":"bookTicker","u":3,"s":"BTCUSDT","b":"1.4","a":"1.6"}'
LINES = (
    (0, b'{"stream":"btcusdt@markPrice@1s","data":' + MARK + b"}"),
    (100, b'{"data":' + FORCED + b',"stream":"!forceOrder@arr"}'),
    (200, BOOK),
    (300, b'{"lastUpdateId":4,"bids":[],"asks":[]}'),
    (400, b"{torn"),
    (3000, MARK.replace(b"1.50", b"1.75")),
)
Play = Callable[..., Exchange]


@pytest.fixture
def play() -> Iterator[Play]:
    started: list[Exchange] = []

    def start(path: Path, speed: float = 1.0) -> Exchange:
        started.append(Exchange(speed=speed, frames=path))
        return started[-1]

    yield start
    for one in started:
        one.close()


def write(path: Path, stamp: Callable[[int], bytes]) -> Path:
    body = b"".join(stamp(ms) + b" " + frame + b"\n" for ms, frame in LINES)
    path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    return path


def stamps(ns: int) -> Callable[[int], bytes]:
    """Return how to write a moment, `ns` nanoseconds a unit."""
    return lambda ms: str((START_NS + ms * 1_000_000) // ns).encode()


class Listener:
    """A socket whose text messages are taken as bytes, with the time of each."""

    def __init__(self, url: str) -> None:
        self.socket = websocket.create_connection(url, timeout=10, skip_utf8_validation=True)
        self.times: list[float] = []

    def take(self, number: int, seconds: float = 10) -> list[bytes]:
        self.socket.settimeout(seconds)
        found = []
        for _ in range(number):
            try:
                found.append(self.socket.recv_data()[1])
            except websocket.WebSocketTimeoutException:
                break
            self.times.append(time.monotonic())
        return found

    def close(self) -> None:
        self.socket.close()
        self.socket.shutdown()


def test_frames_come_as_they_were_by_name_path_and_pace(tmp_path: Path, play: Play) -> None:
    market = play(write(tmp_path / "tape.jsonl.gz", stamps(1000)), speed=2.0)
    assert (market.line["seed"], market.line["start"]) == (None, "2026-10-07T16:38:01Z")
    names = "btcusdt@markPrice@1s/!forceOrder@arr/btcusdt@bookTicker/btcusdt@markPrice"
    wrapped = Listener(f"{market.stream}/market/stream?streams={names}")
    raw = Listener(f"{market.stream}/market/ws/{names}")
    public = Listener(f"{market.stream}/public/stream?streams={names}")
    frames = [frame for _, frame in LINES]
    assert wrapped.take(5) == [
        frames[0], frames[1], frames[3], frames[4], b'{"stream":"btcusdt@markPrice@1s","data":' + frames[5] + b"}",
    ]  # fmt: skip
    assert raw.take(5) == [MARK, FORCED, frames[3], frames[4], frames[5]]
    assert public.take(3) == [b'{"stream":"btcusdt@bookTicker","data":' + BOOK + b"}", frames[3], frames[4]]
    assert 1.3 < wrapped.times[-1] - wrapped.times[0] < 2.7, "3 s at double speed"
    with requests.get(market.rest + "/fapi/v1/time", timeout=5) as answer:
        assert answer.json()["serverTime"] >= START_NS // 1_000_000 + 3000
    with requests.get(market.rest + "/fapi/v1/klines", timeout=5) as answer:
        assert (answer.status_code, answer.json()["code"]) == (404, -5000)
    for listener in (wrapped, raw, public):
        listener.close()
    late = Listener(f"{market.stream}/public/ws")
    late.socket.send(json.dumps({"method": "SUBSCRIBE", "params": ["btcusdt@bookTicker"], "id": "later"}))
    assert late.take(2) == [b'{"result":null,"id":"later"}', BOOK], "from the start again, since all had left"
    late.close()


def test_contracts_and_their_grids_are_read_off_the_frames(tmp_path: Path, play: Play) -> None:
    """As the official SDK reads them: many prices show the tick, few no more than their decimals, and marks none."""
    quotes = [
        f'{{"e":"bookTicker","s":"BTCUSDT","b":"{83000 + n / 2:.2f}","B":"{n * 4}.000","a":"{83000.5 + n / 2:.2f}","A":"8.000","st":1}}'
        for n in range(1, 40)
    ]
    others = [
        '{"e":"depthUpdate","s":"1000PEPEUSDT","b":[["0.0061200","0"],["0.0061100","17"]],"a":[]}',
        '{"e":"aggTrade","s":"BTCUSD_PERP","p":"83000.1","q":"5","st":2}',
        '{"e":"kline","s":"BTCUSDT_260626","k":{"o":"1.5","h":"1.5","l":"1.5","c":"1.5","v":"2"}}',
        '{"e":"forceOrder","o":{"s":"牛来USDT","p":"0.050","q":"3.5","st":1}}',
        '{"e":"markPriceUpdate","s":"ETHUSDT","p":"2650.12345678"}',
        '{"e":"forceOrder","o":"torn"}', '{"e":"aggTrade","s":"XUSDT","p":"-1","q":"1e9"}', "[1]",
    ]  # fmt: skip
    path = tmp_path / "frames.jsonl"
    path.write_text("\n".join([*quotes, *others]), "utf-8")
    market = play(path)
    client = DerivativesTradingUsdsFutures(config_rest_api=ConfigurationRestAPI(base_path=market.rest, timeout=20_000))
    info = client.rest_api.exchange_information().data()
    rows = {row.symbol: row for row in info.symbols}
    grids = {name: (row.filters[0].tick_size, row.filters[1].step_size) for name, row in rows.items()}
    assert grids == {
        "BTCUSDT": ("0.50", "4.000"), "1000PEPEUSDT": ("0.0000001", "1"), "BTCUSDT_260626": ("0.1", "1"), "牛来USDT": ("0.001", "0.1"),
    }  # fmt: skip
    assert (rows["1000PEPEUSDT"].base_asset, rows["1000PEPEUSDT"].quote_asset) == ("1000PEPE", "USDT")
    assert {row.contract_type for name, row in rows.items() if "_" not in name} == {"PERPETUAL"}
    with pytest.raises(NotFoundError, match="Path /fapi/v1/klines, Method GET is invalid"):
        client.rest_api.kline_candlestick_data(symbol="BTCUSDT", interval="1m")


@pytest.mark.parametrize("unit", [1, 1000, 1_000_000])
def test_receive_times_are_read_in_any_unit(tmp_path: Path, unit: int) -> None:
    recording = Recording(write(tmp_path / "tape", stamps(unit)))
    assert [frame.ns for frame in recording] == [START_NS + ms * 1_000_000 for ms, _ in LINES]


def test_times_in_seconds_headers_and_frames_without_a_time(tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    old.write_bytes(
        b"wss://somewhere/stream?streams=a\n1626992741.25: " + BOOK + b"\n\nno frame\n1626992740.5: " + MARK
    )
    frames = list(Recording(old))
    assert [frame.ns for frame in frames] == [1_626_992_741_250_000_000] * 2, "times never fall"
    assert [frame.name for frame in frames] == ["btcusdt@bookTicker", "btcusdt@markPrice@1s"]
    bare = tmp_path / "bare.jsonl"
    bare.write_bytes(b"[" + MARK + b"]\n" + FORCED + b"\n[]\n")
    frames = list(Recording(bare))
    assert [frame.name for frame in frames] == ["!markPrice@arr@1s", "牛来usdt@forceOrder", None]
    assert [b.ns - a.ns for a, b in itertools.pairwise(frames)] == [100_000_000] * 2


def test_a_file_cut_short_plays_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = write(tmp_path / "tape.gz", stamps(1000)).read_bytes()
    cut = tmp_path / "cut.gz"
    cut.write_bytes(whole[:-12])
    assert 0 < len(list(Recording(cut))) <= len(LINES)


@pytest.mark.parametrize("body", [None, b"", b"nothing here\n", b"\x1f\x8bnot gzip"])
def test_a_file_without_frames_is_a_sentence(tmp_path: Path, body: bytes | None) -> None:
    path = tmp_path / "tape"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(InputError) as caught:
        Recording(path)
    assert str(path) in caught.value.user


@pytest.mark.data
@pytest.mark.parametrize("name", FILES)
def test_our_client_decodes_a_whole_recording_over_sockets(data_dir: Path, play: Play, name: str) -> None:
    expected = FILES[name]
    path = data_dir / "frames" / name
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    names = sorted(set(re.findall(rb'{"stream":"([^"]+)"', text)))
    plans: dict[str, list[str]] = {}
    for stream in (n.decode() for n in names):
        book = stream.split("@")[1].startswith(("depth", "bookTicker", "trade"))
        plans.setdefault("public" if book else "market", []).append(stream)
    market = play(path, speed=600.0)
    dialect = venue("binance").dialect
    bodies: list[bytes] = []
    states: list[LinkState] = []
    whole = threading.Event()
    total = sum(expected.kinds.values()) + expected.rejected

    def take(data: bytes, recv_ns: int) -> None:
        if dialect.reply_of(data) is None:  # what a link asks of its subscriptions is answered, too
            bodies.append(data)
        if len(bodies) >= total:
            whole.set()

    links = [
        Link(
            SocketPlan(route, f"{market.stream}/{route}/stream", tuple(streams)), dialect, on_frame=take,
            on_state=states.append,
        )
        for route, streams in plans.items()
    ]  # fmt: skip
    threads = [threading.Thread(target=link.run, name=f"link-{link.plan.name}") for link in links]
    for thread in threads:
        thread.start()
    in_time = whole.wait(60)
    for link in links:
        link.stop()
    for thread in threads:
        thread.join(5)
    assert in_time, f"{len(bodies)} of {total} frames"
    assert {state.phase for state in states} == {LinkPhase.CONNECTING, LinkPhase.OPEN, LinkPhase.CLOSED}
    assert len(bodies) == total
    assert count(bodies) == expected
