"""The venue's official SDK, pointed at the simulated exchange: what it reads equals the market's truth file."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_common.errors import BadRequestError
from binance_sdk_derivatives_trading_usds_futures import DerivativesTradingUsdsFutures
from truth_reader import Truth

pytestmark = pytest.mark.e2e
ENOUGH = 100
TIMEOUT_MS = 20_000
STREAMS = ("mark", "trade", "kline", "forced", "all_forced", "depth", "contract", "all_marks", "asset", "session")
MINUTE_MS = 60_000


class Judged:
    """An exchange in a busy hour, all that the SDK heard of its streams, and the truth."""

    def __init__(self, served: Any, truth: Path) -> None:
        self.truth = Truth(truth)
        self.client = DerivativesTradingUsdsFutures(
            config_rest_api=ConfigurationRestAPI(base_path=served.rest, timeout=TIMEOUT_MS),
            config_ws_streams=ConfigurationWebSocketStreams(stream_url=served.stream),
        )
        self.heard: dict[str, list[Any]] = defaultdict(list)
        self.errors: list[Any] = []
        self.snapshots: list[Any] = []
        self.retail: list[Any] = []
        self.plain: list[Any] = []
        self.listed: Any = None
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        streams = await self.client.websocket_streams.create_connection()
        streams.on_connection("error", self.errors.append)
        calls = (
            streams.diff_book_depth_streams(symbol="btcusdt", update_speed="100ms"),
            streams.contract_info_stream(),
            streams.mark_price_stream(symbol="btcusdt", update_speed="1s"),
            streams.aggregate_trade_streams(symbol="btcusdt"),
            streams.kline_candlestick_streams(symbol="btcusdt", interval="1m"),
            streams.liquidation_order_streams(symbol="btcusdt"),
            streams.all_market_liquidation_order_streams(),
            streams.mark_price_stream_for_all_market(update_speed="1s"),
            streams.asset_index(),
            streams.trading_session_stream(),
            streams.rpi_diff_book_depth_streams(symbol="btcusdt"),
        )
        names = (
            "depth",
            "contract",
            "mark",
            "trade",
            "kline",
            "forced",
            "all_forced",
            "all_marks",
            "asset",
            "session",
            "retail",
        )
        handles = []
        for name, call in zip(names, calls, strict=True):
            handles.append(await call)
            handles[-1].on("message", self.heard[name].append)
        await self._until(lambda: len(self.heard["depth"]) >= 3, 20)
        while not self.snapshots or self.snapshots[-1].last_update_id < self.heard["depth"][0].U:
            self.snapshots.append(await asyncio.to_thread(self._snapshot))
            await asyncio.sleep(0.25)
        self.listed = await streams.list_subscribe()
        await self._until(lambda: len(self.heard["retail"]) >= 3, 20)
        await asyncio.to_thread(self._retail_snapshots)
        await self._until(lambda: all(len(self.heard[name]) >= ENOUGH for name in STREAMS), 90)
        for handle in handles:
            await handle.unsubscribe()
        await streams.close_connection(close_session=True)

    def _snapshot(self) -> Any:
        return self.client.rest_api.order_book(symbol="BTCUSDT", limit=1000).data()

    def _retail_snapshots(self) -> None:
        """Ask for the book with retail orders until two answers end where frames do, and one stands beside one without them."""
        while len(self.met()) < 2 or not self.same_moment():
            self.retail.append(self.client.rest_api.rpi_order_book(symbol="BTCUSDT", limit=1000).data())
            self.plain.append(self._snapshot())
            time.sleep(0.03)

    def same_moment(self) -> list[tuple[Any, Any]]:
        """Return pairs of books with and without retail orders that are of one moment."""
        plain = {s.last_update_id: s for s in self.plain}
        return [(s, plain[s.last_update_id]) for s in self.retail if s.last_update_id in plain]

    def met(self) -> list[Any]:
        """Return the books with retail orders that end where a frame of their stream does, each moment once, by time."""
        ends = {frame.u for frame in self.heard["retail"]}
        found = {s.last_update_id: s for s in self.retail if s.last_update_id in ends}
        return [found[number] for number in sorted(found)]

    async def _until(self, enough: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not enough():
            counts = {name: len(frames) for name, frames in self.heard.items()}
            assert time.monotonic() < end, f"only {counts}; {self.errors[:1]}"
            await asyncio.sleep(0.1)

    def known(self, name: str, when: Callable[[Any], int] = lambda frame: int(frame.E)) -> list[Any]:
        """Return what was heard on a stream, once the truth of that time is told."""
        frames = self.heard[name]
        self.truth.until(max(when(frame) for frame in frames) + 2 * MINUTE_MS)
        return frames

    def rest(self, method: str, **params: Any) -> Any:
        return getattr(self.client.rest_api, method)(**params).data()


@pytest.fixture(scope="module")
def judged(serve_on: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Judged:
    truth = tmp_path_factory.mktemp("truth") / "truth.jsonl"
    return Judged(serve_on(seed=64, past_days=5, speed=300.0, announce_s=30.0, truth=str(truth)), truth)


def test_every_stream_was_heard_and_nothing_failed(judged: Judged) -> None:
    assert judged.errors == []
    assert {name: len(judged.heard[name]) >= ENOUGH for name in STREAMS} == dict.fromkeys(STREAMS, True)
    assert isinstance(judged.listed["id"], str)
    assert "!contractInfo" in judged.listed["result"]


def test_marks(judged: Judged) -> None:
    frames = judged.known("mark")
    assert [f.E for f in frames] == list(range(frames[0].E, frames[0].E + 1000 * len(frames), 1000))
    for f in frames:
        truth = [judged.truth.second("BTCUSDT", f.E, what) for what in ("mark", "index", "fundingRate")]
        assert [f.p, f.i, f.r] == truth
        assert (f.ap, f.P, f.st, f.T % 28_800_000) == (f.p, f.i, 1, 0)


def test_marks_of_all_come_in_two_frames_of_a_second(judged: Judged) -> None:
    seconds: dict[int, list[Any]] = defaultdict(list)
    for rows in judged.known("all_marks", lambda frame: int(frame[0].E)):
        assert {row.E % 1000 for row in rows} == ({684} if rows[0].s == "XAUUSDT" else {0})
        seconds[rows[0].E // 1000 * 1000].append(rows)
    kinds: Counter[str] = Counter()
    for ms, frames in seconds.items():
        symbols = [{row.s for row in rows} for rows in frames]
        assert len(frames) <= 2
        assert not set.intersection(*symbols) or len(frames) == 1
        for row in itertools.chain(*frames):
            kinds["coin-margined"] += row.st == 2
            kinds["unfunded"] += row.T == 0
            kinds["TradFi"] += row.s == "XAUUSDT"
            kinds["settled"] += row.s == "OMGUSDT"
            if ms // MINUTE_MS * MINUTE_MS in judged.truth.minutes[row.s]:
                assert row.p == judged.truth.second(row.s, ms, "mark")
    assert all(kinds[kind] > 10 for kind in ("coin-margined", "unfunded", "TradFi", "settled")), kinds


def test_trades(judged: Judged) -> None:
    frames = judged.known("trade")
    assert [f.a for f in frames] == list(range(frames[0].a, frames[0].a + len(frames)))
    for f in frames:
        assert [f.a, f.T, f.p, f.q, "SELL" if f.m else "BUY"] == judged.truth.trades["BTCUSDT"][f.a]
        assert 0 < float(f.nq) <= float(f.q)
    assert 0.02 < sum(f.nq != f.q for f in frames) / len(frames) < 0.3, "some met retail orders"


def test_candles(judged: Judged) -> None:
    frames = judged.known("kline")
    finals = [f for f in frames if f.k.x]
    assert [f.k.t for f in finals] == list(range(finals[0].k.t, finals[-1].k.t + 1, MINUTE_MS))
    for f in frames:
        k, minute = f.k, judged.truth.minutes["BTCUSDT"][f.k.t]
        row = minute["kline"]
        if k.x:
            assert 50 <= f.E - k.T - 1 <= 300
            assert [k.t, k.o, k.h, k.l, k.c, k.v, k.T, k.q, k.n, k.V, k.Q, k.B] == row
        else:
            trades = [t for t in minute["trades"] if t[1] <= f.E]
            prices = [float(t[2]) for t in trades]
            assert [float(k.o), float(k.h), float(k.l), float(k.c)] == [prices[0], max(prices), min(prices), prices[-1]]
            assert float(k.v) == pytest.approx(sum(float(t[3]) for t in trades), abs=1e-9)


@pytest.mark.parametrize("name", ["forced", "all_forced"])
def test_forced_orders(judged: Judged, name: str) -> None:
    frames = judged.known(name)
    seen = {(f.o.s, f.E): f for f in frames}
    assert len(seen) == len(frames)
    since = dict(sorted(seen, key=lambda key: -key[1]))  # contracts come to life one by one
    told = [
        e
        for e in judged.truth.liquidations
        if e["printed"] and since.get(e["symbol"], frames[-1].E + 1) <= e["pushed"] <= frames[-1].E
    ]
    assert set(seen) == {(e["symbol"], e["pushed"]) for e in told}
    info = judged.rest("exchange_information").symbols
    ticks = {row.symbol: float(f.tick_size) for row in info for f in row.filters if f.filter_type == "PRICE_FILTER"}
    for e in told:
        o = seen[e["symbol"], e["pushed"]].o
        assert [o.S, o.p, o.ap, o.z, o.l, o.T] == [
            "SELL" if e["side"] == "LONG" else "BUY", e["limitPrice"], e["price"], e["quantity"], e["lastFill"], e["time"],
        ]  # fmt: skip
        assert o.q == o.z
        sign = -1 if o.S == "SELL" else 1
        tick = ticks.get(e["symbol"], 10.0 ** -len(o.p.partition(".")[2]))  # coin-margined ones are listed elsewhere
        bankrupt, worse = float(e["bankruptcyPrice"]), float(o.ap) + sign * tick
        due = min(bankrupt, worse) if o.S == "SELL" else max(bankrupt, worse)
        assert float(o.p) == pytest.approx(due, abs=0.51 * tick)


def test_forced_orders_show_the_largest_of_a_second_and_hide_the_others(judged: Judged) -> None:
    frames = judged.known("forced")
    shown = {f.o.T // 1000: float(f.o.ap) * float(f.o.z) for f in frames}
    true: dict[int, list[float]] = defaultdict(list)
    for e in judged.truth.liquidations:
        if e["symbol"] == "BTCUSDT" and e["time"] // 1000 in shown:
            true[e["time"] // 1000].append(float(e["price"]) * float(e["quantity"]))
    assert shown == pytest.approx({second: max(values) for second, values in true.items()})
    assert sum(map(sum, true.values())) > 1.05 * sum(shown.values())


def test_depth(judged: Judged) -> None:
    frames = judged.known("depth")
    assert all(b.pu == a.u and b.pu + 1 < b.U for a, b in itertools.pairwise(frames))
    assert any(float(q) == 0 and q == "0.000" for f in frames for _, q in f.b)
    snapshot = judged.snapshots[-1]
    useful = [f for f in frames if f.u >= snapshot.last_update_id]
    assert useful[0].U <= snapshot.last_update_id <= useful[0].u
    book = [dict(snapshot.bids), dict(snapshot.asks)]
    told = _known(snapshot)
    compared = 0
    for f in useful:
        for side, changes in zip(book, (f.b, f.a), strict=True):
            side.update(dict(changes))
            told.update(p for p, _ in changes)
            for p, q in changes:
                if float(q) == 0:
                    del side[p]
        truth = judged.truth.books.get(("BTCUSDT", f.u))
        if truth is not None:
            compared += _agree(book, truth["bids"], truth["asks"], told)
    assert compared >= 60


def _known(snapshot: Any) -> set[str]:
    """Return the prices a snapshot tells of, each level between its ends: further out only what changes is told."""
    low, high = float(snapshot.bids[-1][0]), float(snapshot.asks[-1][0])
    return {f"{tick / 10:.2f}" for tick in range(round(low * 10), round(high * 10) + 1)}


def _agree(book: list[dict[str, str]], bids: Any, asks: Any, told: set[str]) -> int:
    """Hold a kept book against levels that are true, where it was told of them; return how many were compared."""
    compared = 0
    for mine, true in zip(book, (dict(bids), dict(asks)), strict=True):
        ends = float(min(true, key=float)), float(max(true, key=float))
        inside = {p: q for p, q in mine.items() if ends[0] <= float(p) <= ends[1]}
        assert inside == {p: q for p, q in true.items() if p in told}
        compared += len(inside)
    return compared


def test_contracts(judged: Judged) -> None:
    frames = judged.known("contract")
    told = [c for c in judged.truth.contracts if frames[0].E <= c["E"] <= frames[-1].E]
    assert [f.to_dict() for f in frames] == told
    assert any(c["s"] == "SOLUSDT" and c["bks"][0]["mmr"] == 0.0065 for c in told if "bks" in c)


@pytest.mark.parametrize(
    ("method", "what"), [("kline_candlestick_data", "kline"), ("mark_price_kline_candlestick_data", "mark")]
)
def test_candles_over_rest(judged: Judged, method: str, what: str) -> None:
    judged.truth.read()
    times = sorted(judged.truth.minutes["BTCUSDT"])
    rows = judged.rest(method, symbol="BTCUSDT", interval="1m", start_time=times[0], limit=len(times))
    assert [row[0] for row in rows] == times
    assert len(rows) >= 30
    for row in rows:
        minute = judged.truth.minutes["BTCUSDT"][row[0]]
        if what == "kline":
            assert row == minute["kline"]
        else:
            marks = minute["mark"]
            assert row[1:5] == [marks[0], max(marks, key=float), min(marks, key=float), marks[-1]]


def test_trades_over_rest(judged: Judged) -> None:
    first = judged.heard["trade"][0].a
    rows = judged.rest("compressed_aggregate_trades_list", symbol="BTCUSDT", from_id=first, limit=500)
    assert len(rows) == 500
    judged.truth.until(rows[-1].T)
    told = {f.a: f.nq for f in judged.heard["trade"]}
    both = [row for row in rows if row.a in told]
    assert both
    assert all(row.nq == told[row.a] for row in both)
    fills = judged.rest("recent_trades_list", symbol="BTCUSDT", limit=1000)
    assert 0 < sum(fill.is_rpi_trade for fill in fills) < len(fills) / 4
    for row in rows:
        assert [row.a, row.T, row.p, row.q, "SELL" if row.m else "BUY"] == judged.truth.trades["BTCUSDT"][row.a]


def test_open_interest_and_its_history(judged: Judged) -> None:
    now = judged.rest("open_interest", symbol="BTCUSDT")
    judged.truth.until(now.time)
    truth = judged.truth.second("BTCUSDT", now.time // 1000 * 1000, "openInterest")
    assert float(now.open_interest) == pytest.approx(float(truth), abs=0.001)
    rows = judged.rest("open_interest_statistics", symbol="BTCUSDT", period="5m", limit=500)
    known = [row for row in rows if row.timestamp in judged.truth.minutes["BTCUSDT"]]
    assert len(known) >= 5
    for row in known:
        assert row.sum_open_interest == judged.truth.second("BTCUSDT", row.timestamp, "openInterest")
        mark = float(judged.truth.second("BTCUSDT", row.timestamp, "mark"))
        assert float(row.sum_open_interest_value) == pytest.approx(float(row.sum_open_interest) * mark)


def test_premium_and_funding(judged: Judged) -> None:
    row = judged.rest("mark_price", symbol="BTCUSDT").actual_instance
    judged.truth.until(row.time)
    truth = [judged.truth.second("BTCUSDT", row.time, what) for what in ("mark", "index", "fundingRate")]
    assert [row.mark_price, row.index_price, row.last_funding_rate] == truth
    rows = judged.rest("get_funding_rate_history", symbol="BTCUSDT", limit=10)
    assert len(rows) == 10
    for row in rows:
        true = judged.truth.fundings["BTCUSDT", row.funding_time - 2]
        assert [row.funding_rate, row.mark_price] == [true["fundingRate"], true["markPrice"]]


def test_contracts_that_came_and_went_are_listed_so(judged: Judged) -> None:
    info = {row.symbol: row for row in judged.rest("exchange_information").symbols}
    judged.truth.read()
    last = {c["s"]: c for c in judged.truth.contracts}
    assert {"DAWNUSDT", "WANEUSDT", "SOLUSDT"} <= last.keys()
    for symbol, contract in last.items():
        if contract["cs"] == "CLOSE" or contract["st"] == 2:
            assert symbol not in info
        else:
            row = info[symbol]
            assert [row.status, row.contract_type] == [contract["cs"], contract["ct"]]
            assert [row.delivery_date, row.onboard_date] == [contract["dt"], contract["ot"]]
    assert last["WANEUSDT"]["cs"] == "CLOSE"
    with pytest.raises(BadRequestError, match="Invalid symbol"):
        judged.rest("kline_candlestick_data", symbol="WANEUSDT", interval="1m")
    first = judged.rest("kline_candlestick_data", symbol="DAWNUSDT", interval="1m", start_time=1)[0]
    assert first[0] == last["DAWNUSDT"]["ot"]
    assert first == judged.truth.minutes["DAWNUSDT"][first[0]]["kline"]


def test_the_book_over_rest(judged: Judged) -> None:
    compared = 0
    end = time.monotonic() + 20
    while compared < 2 and time.monotonic() < end:
        book = judged.rest("order_book", symbol="BTCUSDT", limit=20)
        time.sleep(0.15)
        judged.truth.read()
        truth = judged.truth.books.get(("BTCUSDT", book.last_update_id))
        if truth is not None:
            assert [book.bids, book.asks] == [truth["bids"], truth["asks"]]
            compared += 1
    assert compared == 2


@pytest.mark.parametrize(
    ("method", "long", "short"),
    [
        ("long_short_ratio", "long", "short"),
        ("top_trader_long_short_ratio_accounts", "topLong", "topShort"),
        ("top_trader_long_short_ratio_positions", "topLongSteps", "topShortSteps"),
    ],
)
def test_who_is_long_and_who_is_short(judged: Judged, method: str, long: str, short: str) -> None:
    for symbol in ("BTCUSDT", "ETHUSDT"):
        rows = judged.rest(method, symbol=symbol, period="5m", limit=500)
        judged.truth.until(rows[-1].timestamp + MINUTE_MS)
        known = [(row, judged.truth.accounts.get((symbol, row.timestamp))) for row in rows]
        told = [(row, truth) for row, truth in known if truth is not None]
        assert len(told) >= 5
        assert len({row.long_short_ratio for row in rows}) > 20
        for row, truth in told:
            longs, shorts = truth[long], truth[short]
            assert (row.symbol, row.long_short_ratio) == (symbol, f"{longs / shorts:.4f}")
            assert float(row.long_account) == pytest.approx(longs / (longs + shorts), abs=5e-5)
            assert float(row.short_account) == pytest.approx(shorts / (longs + shorts), abs=5e-5)


def test_what_takers_bought(judged: Judged) -> None:
    judged.truth.read()
    minutes = judged.truth.minutes["BTCUSDT"]
    told = 0
    for row in judged.rest("taker_buy_sell_volume", symbol="BTCUSDT", period="5m", limit=500):
        held = [minutes.get(row.timestamp + n * MINUTE_MS) for n in range(5)]
        if all(held):
            bought, volume = (sum(float(m["kline"][i]) for m in held) for i in (9, 5))
            assert [float(row.buy_vol), float(row.sell_vol)] == pytest.approx([bought, volume - bought], abs=1e-3)
            assert float(row.buy_sell_ratio) == pytest.approx(bought / (volume - bought), abs=1e-4)
            told += 1
    assert told >= 5


def test_the_basis(judged: Judged) -> None:
    judged.truth.read()
    told = 0
    for kind in ("PERPETUAL", "NEXT_QUARTER"):
        for row in judged.rest("basis", pair="BTCUSDT", contract_type=kind, period="5m", limit=500):
            assert (row.pair, row.contract_type, row.annualized_basis_rate == "") == (
                "BTCUSDT",
                kind,
                kind == "PERPETUAL",
            )
            price, index = float(row.futures_price), float(row.index_price)
            assert float(row.basis) == pytest.approx(price - index, abs=1e-6)
            assert float(row.basis_rate) == pytest.approx(price / index - 1, abs=5e-5)
            minute = judged.truth.minutes["BTCUSDT"].get(row.timestamp)
            if minute is not None and kind == "PERPETUAL":
                assert (row.futures_price, row.index_price) == (minute["kline"][1], minute["index"][0])
                told += 1
    assert told >= 5


def test_the_book_with_retail_orders(judged: Judged) -> None:
    """The stream goes on from a snapshot to the next, and holds more than the book without these orders."""
    frames = judged.heard["retail"]
    assert all(b.pu == a.u for a, b in itertools.pairwise(frames))
    first, *later = judged.met()
    book = [dict(first.bids), dict(first.asks)]
    told = _known(first)
    compared = 0
    for f in frames:
        if f.u <= first.last_update_id:
            continue
        for side, changes in zip(book, (f.b, f.a), strict=True):
            side.update(dict(changes))
            told.update(p for p, _ in changes)
            for p in [p for p, q in changes if float(q) == 0]:
                del side[p]
        for other in (s for s in later if s.last_update_id == f.u):
            assert _agree(book, other.bids, other.asks, told) > 100
            compared += 1
    for full, plain in judged.same_moment():
        for side in ("bids", "asks"):
            with_them, without = dict(getattr(full, side)), dict(getattr(plain, side))
            added = {p: float(with_them[p]) - float(q) for p, q in without.items()}
            assert with_them.keys() == without.keys()
            assert min(added.values()) == 0 < max(added.values())
    assert compared == len(later) >= 1


def test_constituents_make_the_index(judged: Judged) -> None:
    made = judged.rest("query_index_price_constituents", symbol="BTCUSDT")
    judged.truth.until(made.time)
    index = float(judged.truth.second("BTCUSDT", made.time, "index"))
    assert sum(float(c.weight) for c in made.constituents) == pytest.approx(1)
    assert sum(float(c.weight) * float(c.price) for c in made.constituents) == pytest.approx(index, abs=1e-6)
    assert len({c.price for c in made.constituents}) == len(made.constituents) > 2
    hidden = judged.rest("query_index_price_constituents", symbol="XAUUSDT")
    assert {c.price for c in hidden.constituents} == {"-1"}


def test_asset_indices(judged: Judged) -> None:
    frames = judged.known("asset", lambda frame: int(frame[0].E))
    last = {row.s: row for row in frames[-1]}
    assert {"BTCUSD", "ETHUSD", "USDTUSD"} <= set(last)
    assert [f[0].E % 1000 for f in frames] == [0] * len(frames)
    usdt = {f[0].E: float(next(row.i for row in f if row.s == "USDTUSD")) for f in frames}
    assert 0 < max(abs(value - 1) for value in usdt.values()) < 1e-3
    told = 0
    for row in itertools.chain(*frames):
        i, b, a, q, g = (float(v) for v in (row.i, row.b, row.a, row.q, row.g))
        rates = [i * (1 - b), i * (1 + a), i * (1 - q), i * (1 + g)]
        assert [float(v) for v in (row.B, row.A, row.Q, row.G)] == pytest.approx(rates, rel=1e-6)
        if row.s == "BTCUSD" and row.E // MINUTE_MS * MINUTE_MS in judged.truth.minutes["BTCUSDT"]:
            assert i == pytest.approx(float(judged.truth.second("BTCUSDT", row.E, "index")) * usdt[row.E], rel=1e-7)
            told += 1
    assert told >= ENOUGH // 2
    every = {r.symbol: r for r in judged.rest("asset_index").actual_instance}
    one = judged.rest("asset_index", symbol="ETHUSD").actual_instance
    assert set(every) == set(last)
    assert (one.symbol, one.bid_buffer) == ("ETHUSD", every["ETHUSD"].bid_buffer)


def test_sessions_of_the_markets_under_tradfi_contracts(judged: Judged) -> None:
    made = judged.rest("trading_schedule")
    schedules = {name: one["sessions"] for name, one in made.market_schedules.to_dict().items()}
    assert set(schedules) == {"EQUITY", "COMMODITY", "KR_EQUITY", "HK_EQUITY", "CN_EQUITY", "FX"}
    for rows in schedules.values():
        assert all(a["endTime"] == b["startTime"] and a["type"] != b["type"] for a, b in itertools.pairwise(rows))
        assert rows[-1]["endTime"] - rows[0]["startTime"] >= 13 * 86_400_000
    frames = judged.heard["session"]
    for f in frames:
        name = f.e.removesuffix("Update").replace("Equity", "EQUITY").replace("Commodity", "COMMODITY")
        assert {"startTime": f.t, "endTime": f.T, "type": f.S} in schedules[name]
        assert f.t <= f.E < f.T
    seconds = Counter(f.E for f in frames)
    assert set(list(seconds.values())[1:-1]) == {6}, "a message for each market"


def test_risk(judged: Judged) -> None:
    [pool] = judged.rest("query_insurance_fund_balance_snapshot").actual_instance
    assert "BTCUSDT" in pool.symbols
    one = judged.rest("query_insurance_fund_balance_snapshot", symbol="BTCUSDT").actual_instance
    assert [a.asset for a in one.assets] == ["USDT"]
    assert float(one.assets[0].margin_balance) != 1.2e9
    risks = {r.symbol: r.adl_risk for r in judged.rest("adl_risk").actual_instance}
    assert set(risks.values()) <= {"low", "medium", "high"}
    assert judged.rest("adl_risk", symbol="BTCUSDT").actual_instance.symbol == "BTCUSDT"
