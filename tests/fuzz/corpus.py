"""What fuzzing starts from: what the simulated exchange really sent, recorded frames where there are any, and whole files."""

from __future__ import annotations

import gzip
import io
import json
import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, get_args

import msgspec
import numpy as np
from support.exchange import Exchange

from liqdesk.alerts import ForcedBurst, FundingBeyond, ImbalanceBeyond, PriceCrosses, ZoneNear
from liqdesk.alerts.store import AlertStore
from liqdesk.errors import VenueError
from liqdesk.history import FORCED, SCORE, History
from liqdesk.market import ForcedOrder, Funding, Side
from liqdesk.market.rows import BAR, INTEREST, TRADE
from liqdesk.net.channel import Channel
from liqdesk.net.rest import Rest
from liqdesk.paths import resource
from liqdesk.settings import Settings, save
from liqdesk.simulator.faults.plan import AnyFault
from liqdesk.venues import Reply, Request, venue
from liqdesk.venues.binance import backfill
from liqdesk.venues.binance.brackets import FILE

SYMBOL: Final = "BTCUSDT"
START: Final = "2026-03-02T08:00:00+00:00"
T0: Final = 1_772_438_400_000
MINUTE: Final = 60_000
PER_KIND: Final = 6
LONGEST_SAMPLE: Final = 48 * 1024
SOCKETS_S: Final = 2.5

# What a quiet market does not send in two seconds, as the venue documents it or was seen to send it.
SELDOM: Final = (
    b'{"e":"forceOrder","E":1791435151350,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910",'
    b'"ap":"9910","X":"FILLED","l":"0.014","z":"0.014","T":1791435150342,"st":1}}',
    b'{"e":"contractInfo","E":1669356423908,"s":"IOTAUSDT","ct":"PERPETUAL","dt":4133404800000,"ot":1569398400000,'
    b'"cs":"TRADING","bks":[{"bs":1,"bnf":0,"bnc":5000,"mmr":0.01,"cf":0,"mi":21,"ma":50},{"bs":2,"bnf":5000,'
    b'"bnc":25000,"mmr":0.025,"cf":75,"mi":11,"ma":20}],"st":1}',
    b'{"stream":"!forceOrder@arr","data":[{"e":"forceOrder","E":1791435151350,"o":{"s":"BTCUSD_PERP","S":"BUY",'
    b'"p":"9910","ap":"9910","z":"14","T":1791435150342,"st":2}}]}',
    b'{"result":null,"id":7}',
    b'{"id":7,"error":{"code":2,"msg":"Invalid request: property name must be a string"}}',
    b'{"code":-1121,"msg":"Invalid symbol."}',
)


class Captured(msgspec.Struct, frozen=True):
    """Frames of the sockets, and bodies of the REST side by what they answer."""

    frames: list[bytes]
    replies: dict[Reply, list[bytes]]


def capture(recorded: Path | None = None) -> Captured:
    """Let the simulated exchange speak for some seconds. `recorded` is the folder of real frames."""
    exchange = Exchange(seed=7, speed=20.0, start=START, trades=20.0)
    try:
        replies = _replies(exchange.rest)
        frames = [*SELDOM, *_chosen(_frames(exchange.rest, exchange.stream))]
    finally:
        exchange.close()
    if recorded is not None:
        frames += _chosen(_recorded(recorded))
    return Captured(frames, replies)


def _requests(now_ms: int) -> Iterator[Request]:
    yield from (backfill.clock(), backfill.universe(), backfill.tickers(), backfill.funding_intervals())
    yield from (
        backfill.interest(SYMBOL),
        backfill.mark(SYMBOL),
        backfill.marks(),
        backfill.funding(SYMBOL),
        backfill.book(SYMBOL),
    )
    yield from backfill.bars(SYMBOL, 15 * MINUTE, now_ms - 40 * 15 * MINUTE, now_ms)
    yield next(backfill.interest_pages(SYMBOL, now_ms, 3_600_000))
    yield Request("/fapi/v1/aggTrades", {"symbol": SYMBOL, "limit": "40"}, 20, Reply.TRADES, "", symbol=SYMBOL)


def _replies(address: str) -> dict[Reply, list[bytes]]:
    rest = Rest(address)
    found: dict[Reply, list[bytes]] = {}
    try:
        now_ms = json.loads(rest.get("/fapi/v1/time").data)["serverTime"]
        for request in _requests(now_ms):
            body = rest.get(request.path, request.params).data
            found.setdefault(request.kind, []).append(body)
        found[Reply.CLOCK].append(b'{"code":-1121,"msg":"Invalid symbol."}')
    finally:
        rest.close()
    return found


def _frames(rest: str, stream: str) -> Iterator[bytes]:
    binance = venue("binance")
    for plan in binance.sockets(binance.endpoints(rest, stream), SYMBOL):
        channel = Channel(plan.url, lambda: False)
        channel.open(10.0)
        try:
            for message in binance.dialect.subscribe(plan.streams, 1):
                channel.send(message)
            ends = time.monotonic() + SOCKETS_S / 2
            while time.monotonic() < ends:
                try:
                    data = channel.receive(0.1)
                except VenueError:
                    break
                if data is not None:
                    yield data
        finally:
            channel.close()


def _recorded(folder: Path) -> Iterator[bytes]:
    for path in sorted((folder / "frames").iterdir()):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rb") as lines:
            for _, line in zip(range(3_000), lines, strict=False):
                start = line.find(b"{")
                if start >= 0:
                    yield line[start:].rstrip()


def _chosen(frames: Iterable[bytes]) -> list[bytes]:
    """Keep a few of each kind, told by what the first letters say."""
    kinds: dict[bytes, list[bytes]] = {}
    for frame in frames:
        kind = frame[:40] if frame.startswith(b'{"stream":') else frame[:16]
        kept = kinds.setdefault(kind, [])
        if len(kept) < PER_KIND and len(frame) <= LONGEST_SAMPLE:
            kept.append(frame)
    return [frame for kept in kinds.values() for frame in kept][:300]


def zipped(member: str, text: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as z:
        z.writestr(zipfile.ZipInfo(member), text, compress_type=method)
    return made.getvalue()


def archives() -> list[tuple[str, bytes]]:
    """Return files of every kind the archive has, by name."""
    bars = b"open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n"
    bars += b"".join(
        b"%d,90320.5,90396.9,88807.2,88887.7,15090.853,%d,1349315788.62,274426,5979.450,534558165.0,0\n"
        % (t, t + 899_999)
        for t in range(T0, T0 + 20 * 900_000, 900_000)
    )
    trades = b"agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
    trades += b"".join(b"%d,83091.7,0.022,%d,%d,%d,%s\n" % (n, n, n, T0 + n, b"true") for n in range(5, 25))
    metrics = b"create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio\n"
    metrics += b"".join(b"2026-03-02 08:%02d:00,BTCUSDT,90000,8064963864.4,\n" % m for m in range(0, 60, 5))
    funding = b"calc_time,funding_interval_hours,last_funding_rate\n%d,8,0.0001\n%d,8,-0.00002\n" % (
        T0,
        T0 + 28_800_003,
    )
    kinds = (("15m", bars), ("aggTrades", trades), ("metrics", metrics), ("fundingRate", funding))
    found: list[tuple[str, bytes]] = []
    for what, text in kinds:
        stem = f"BTCUSDT-{what}-2026-03"
        found.append((f"{stem}.csv", text))
        found.append((f"{stem}.csv", text.partition(b"\n")[2]))
        found.append((f"{stem}.zip", zipped(f"{stem}.csv", text)))
    found.append(("BTCUSDT-15m-2026-03.zip", zipped("BTCUSDT-15m-2026-03.csv", bars, zipfile.ZIP_STORED)))
    return found


def settings_file(folder: Path) -> bytes:
    path = folder / "settings.json"
    save(path, Settings(symbol="ETHUSDT", timezone="Europe/Berlin", window_geometry="AdnQywAD"))
    return path.read_bytes()


def alerts_file(folder: Path) -> bytes:
    path = folder / "alerts.json"
    store = AlertStore(path)
    assert store.save(
        [
            PriceCrosses(id="a", symbol=SYMBOL, price=67_000.0),
            ZoneNear(id="b", symbol=SYMBOL, within=0.02, min_usd=1e7),
            ImbalanceBeyond(id="c", symbol=SYMBOL, radius=0.05, threshold=0.5),
            FundingBeyond(id="d", symbol=SYMBOL, rate=0.001),
            ForcedBurst(id="e", symbol=SYMBOL, usd=1e6, seconds=60.0),
        ]
    )
    return path.read_bytes()


def bracket_file() -> bytes:
    """Return the shipped brackets of a few symbols, which is the form of all of them."""
    whole = json.loads(resource(FILE).read_bytes())
    names = [SYMBOL, "ETHUSDT", *list(whole["symbols"])[:6]]
    rows = sorted({whole["generic"], *(whole["symbols"][n] for n in names)})
    whole["tables"] = [whole["tables"][row] for row in rows]
    whole["symbols"] = {n: rows.index(whole["symbols"][n]) for n in names}
    whole["generic"] = rows.index(whole["generic"])
    return json.dumps(whole).encode()


def fault_plans() -> list[bytes]:
    """Return the plan of the documents, and one with every kind there is."""
    text = (Path(__file__).parents[2] / "docs" / "faults.md").read_text("utf-8")
    every = ["seed = 7"]
    for kind in get_args(AnyFault):
        tag = str(kind.__struct_config__.tag)
        more = {"clock": "shift_s = -1.5", "refuse": "status = 429"}.get(tag, "")
        every.append(f"[[fault]]\nkind = '{tag}'\nper_minute = 30.5\nfrom_s = 1.0\nuntil_s = 600.0\ntimes = 9\n{more}")
    return [text.partition("```toml\n")[2].partition("```")[0].encode(), "\n".join(every).encode()]


def write_history(path: Path, bars: int = 60) -> History:
    """Return an open history that holds some of everything."""
    history = History.open(path, path.with_suffix(".lock"))
    rows = np.zeros(bars, BAR)
    rows["t"] = T0 + MINUTE * np.arange(bars)
    rows["open"] = rows["close"] = 67_000.0 + np.arange(bars)
    rows["high"], rows["low"], rows["volume"] = rows["open"] + 5, rows["open"] - 5, 2.0
    history.add_bars(SYMBOL, MINUTE, False, rows)
    history.add_bars(SYMBOL, MINUTE, True, rows)
    history.add_marks(SYMBOL, [(T0 + 1_000 * n, 67_000.0 + n) for n in range(300)])
    trades = np.zeros(200, TRADE)
    trades["id"], trades["t"] = np.arange(200), T0 + 700 * np.arange(200)
    trades["price"], trades["quantity"] = 67_000.0 + 10 * np.arange(200), 0.5
    history.add_trades("ETHUSDT", trades)
    interest = np.array([(T0 + 300_000 * n, 9e4, np.nan if n % 3 else 6e9) for n in range(20)], INTEREST)
    history.add_open_interest(SYMBOL, interest)
    history.add_funding([Funding(SYMBOL, T0 + 28_800_000 * n, 1e-4) for n in range(5)])
    history.add_gain(SYMBOL, T0, 0.3, 0.4)
    history.add_record(SYMBOL, SCORE, T0, 1, bytes(2_000))
    history.add_gap(SYMBOL, "forced", T0, T0 + 5_000, "the connection was cut")
    history.add_covered(SYMBOL, FORCED, T0, T0 + 60_000)
    history.add_unfinished(SYMBOL, T0 + bars * MINUTE, 1, 9, np.arange(3), np.ones(3))
    for n in range(40):
        history.add_forced(ForcedOrder(SYMBOL, Side(n % 2), T0 + 500 * n, T0 + 500 * n + 9, 66_900.0, 66_950.0, 0.5))
    history.commit()
    return history


def history_files(folder: Path) -> list[tuple[bytes, bytes]]:
    """Return (file, WAL) pairs: a file at rest, and one whose newest rows are in its WAL alone."""
    path = folder / "history.sqlite"
    write_history(path).close()
    pairs = [(path.read_bytes(), b"")]
    history = write_history(path, 90)
    try:
        wal = path.with_name(path.name + "-wal")
        pairs.append((path.read_bytes(), wal.read_bytes()))
    finally:
        history.close()
    for extra in folder.glob("history.*"):
        extra.unlink()
    assert pairs[1][1], "the second file has no WAL"
    return pairs
