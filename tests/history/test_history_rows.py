"""What goes in comes out: each kind of row, what is turned away, what replaces what."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liqdesk.history import EVIDENCE, MARK, ODDS, PRINT, SCORE, VOLUME, Extent, Gap, History, Record
from liqdesk.history.fold import Fold
from liqdesk.history.reads import GAIN
from liqdesk.market import ForcedOrder, Funding, Side
from liqdesk.market.rows import BAR, FUNDING, INTEREST, TRADE
from liqdesk.model.axis import bins_of

T0 = 1_776_000_000_000
MINUTE = 60_000

Open = Callable[..., History]


def test_every_kind_survives_a_restart(
    open_history: Open, bars: Callable[..., np.ndarray], order: Callable[..., ForcedOrder]
) -> None:
    one = open_history()
    trades, marks = bars(), bars(3, price=66_000.0, volume=0.0)
    one.add_bars("BTCUSDT", MINUTE, False, trades)
    one.add_bars("BTCUSDT", MINUTE, True, marks)
    one.add_forced(order(1, "ETHUSDT", Side.SHORT))
    one.add_forced(order(0))
    one.add_marks("BTCUSDT", [(T0 + 1_000, 67_001.5), (T0, 67_000.25), (T0 + 61_003, 67_100.0)])
    one.add_volume_at_price("BTCUSDT", T0, np.array([7, -3, 7]), np.array([1.0, 2.5, 0.5]))
    one.add_open_interest("BTCUSDT", np.array([(T0, 80_000.0, math.nan), (T0 + 1, 80_001.0, 5.3e9)], INTEREST))
    one.add_funding([Funding("BTCUSDT", T0, -0.0001), Funding("ETHUSDT", T0, 0.0002)])
    one.add_gain("BTCUSDT", T0, 0.0083, 0.0091)
    one.add_gap("BTCUSDT", "trades", T0, T0 + 5_000, "the link was lost")
    one.close()

    two = open_history()
    assert not two.read_only
    assert two.notices == ()
    np.testing.assert_array_equal(two.bars("BTCUSDT", MINUTE, False), trades)
    np.testing.assert_array_equal(two.bars("BTCUSDT", MINUTE, True), marks)
    assert two.forced(None) == [order(0), order(1, "ETHUSDT", Side.SHORT)]
    assert two.forced("ETHUSDT") == [order(1, "ETHUSDT", Side.SHORT)]
    expected = np.array([(T0, 67_000.25), (T0 + 1_000, 67_001.5), (T0 + 61_003, 67_100.0)], MARK)
    np.testing.assert_array_equal(two.marks("BTCUSDT"), expected)
    np.testing.assert_array_equal(two.volume_at_price("BTCUSDT"), np.array([(T0, -3, 2.5), (T0, 7, 1.5)], VOLUME))
    interest = two.open_interest("BTCUSDT")
    assert interest["contracts"].tolist() == [80_000.0, 80_001.0]
    assert math.isnan(interest["usd"][0])
    assert interest["usd"][1] == 5.3e9
    np.testing.assert_array_equal(two.funding("ETHUSDT"), np.array([(T0, 0.0002)], FUNDING))
    np.testing.assert_array_equal(two.gains("BTCUSDT"), np.array([(T0, 0.0083, 0.0091)], GAIN))
    assert two.gaps("BTCUSDT") == [Gap("BTCUSDT", "trades", T0, T0 + 5_000, "the link was lost")]
    assert two.symbols() == ("BTCUSDT", "ETHUSDT")
    last = T0 + 4 * MINUTE
    assert two.extent("BTCUSDT") == (Extent(MINUTE, False, T0, last, 5), Extent(MINUTE, True, T0, T0 + 2 * MINUTE, 3))
    assert two.size_bytes > 4_096


def test_ranges_are_half_open(
    open_history: Open, bars: Callable[..., np.ndarray], order: Callable[..., ForcedOrder]
) -> None:
    history = open_history()
    history.add_bars("A", MINUTE, False, bars(4))
    history.add_marks("A", [(T0 + i * 1_000, 10.0 + i) for i in range(180)])
    history.add_forced(order(5, "A"))
    history.add_gap("A", "mark", T0 + 10, T0 + 20, "silence")
    assert history.bars("A", MINUTE, False, T0 + MINUTE, T0 + 3 * MINUTE)["t"].tolist() == [
        T0 + MINUTE,
        T0 + 2 * MINUTE,
    ]
    got = history.marks("A", T0 + 59_000, T0 + 62_000)
    assert got["t"].tolist() == [T0 + 59_000, T0 + 60_000, T0 + 61_000]
    assert got["mark"].tolist() == [69.0, 70.0, 71.0]
    assert history.forced("A", T0, T0 + 5_000) == []
    assert len(history.forced("A", T0 + 5_000, T0 + 5_001)) == 1
    assert history.gaps("A", T0 + 20) == []
    assert history.gaps("A", T0 - 5, T0 + 10) == []
    assert len(history.gaps("A", T0 + 19, T0 + 20)) == 1
    assert history.marks("A", T0 + 5, T0 + 5).size == 0
    assert history.marks("A", T0 + 9, T0 + 2).size == 0
    for empty in (
        history.bars("B", MINUTE, False),
        history.marks("B"),
        history.volume_at_price("B"),
        history.funding("B"),
    ):
        assert empty.size == 0
    assert history.bars("A", 5 * MINUTE, False).dtype == BAR


def test_the_same_forced_order_is_kept_once(open_history: Open, order: Callable[..., ForcedOrder]) -> None:
    history = open_history()
    for _ in range(2):
        history.add_forced(order())
        history.add_forced(order(side=Side.SHORT))
        history.commit()
    assert history.forced("BTCUSDT") == [order(), order(side=Side.SHORT)]


def test_marks_of_a_minute_are_joined_over_restarts(open_history: Open) -> None:
    for second in (0, 20, 40):
        history = open_history()
        history.add_marks("A", [(T0 + (second + i) * 1_000, 1.0 + second + i) for i in range(20)])
        history.close()
    assert open_history().marks("A")["mark"].tolist() == [1.0 + i for i in range(60)]


def test_newer_rows_replace_and_gaps_grow(open_history: Open, bars: Callable[..., np.ndarray]) -> None:
    history = open_history()
    history.add_bars("A", MINUTE, False, bars(2))
    history.add_bars("A", MINUTE, False, bars(1, price=5.0 + 60))
    history.add_open_interest("A", np.array([(T0, 10.0, 99.0)], INTEREST))
    history.add_open_interest("A", np.array([(T0, 11.0, math.nan)], INTEREST))
    history.add_gap("A", "mark", T0, T0 + 10, "one")
    history.add_gap("A", "mark", T0, T0 + 30, "two")
    history.add_gap("A", "mark", T0, T0 + 20, "three")
    assert history.bars("A", MINUTE, False)["open"].tolist() == [65.0, 67_001.0]
    assert history.open_interest("A").tolist() == [(T0, 11.0, 99.0)]
    assert history.gaps("A") == [Gap("A", "mark", T0, T0 + 30, "three")]


def test_nonsense_is_turned_away_and_counted(open_history: Open, bars: Callable[..., np.ndarray]) -> None:
    history = open_history()
    rows = bars(6)
    rows["open"][0], rows["high"][1], rows["low"][2], rows["volume"][3] = math.nan, math.inf, -1.0, -2.0
    rows["t"][4] = -5
    history.add_bars("A", MINUTE, False, rows)
    history.add_bars("", MINUTE, False, bars(1))
    assert history.rejected == 6
    assert history.bars("A", MINUTE, False)["t"].tolist() == [T0 + 5 * MINUTE]
    before = history.rejected
    for bad in (math.nan, math.inf, -1.0, 0.0):
        history.add_marks("A", [(T0, bad)])
    history.add_marks("A", [(-1, 5.0), (1 << 60, 5.0)])
    history.add_forced(ForcedOrder("A", Side.LONG, T0, T0, math.nan, 1.0, 1.0))
    history.add_forced(ForcedOrder("A", Side.LONG, T0, T0, 1.0, 1.0, -1.0))
    history.add_forced(ForcedOrder("A\ud800", Side.LONG, T0, T0, 1.0, 1.0, 1.0))
    history.add_open_interest("A", np.array([(T0, -1.0, 1.0), (T0, math.inf, 1.0)], INTEREST))
    history.add_funding([Funding("A", T0, math.nan)])
    history.add_gain("A", T0, math.nan, 1.0)
    history.add_gap("A", "mark", T0, T0, "empty")
    history.add_gap("A", "mark", T0, T0 + 1, "x" * 500)
    assert history.rejected == before + 15
    history.add_volume_at_price("A", T0, np.array([1, 2, 3]), np.array([math.nan, -1.0, 0.0]))
    history.add_volume_at_price("A", T0 + 1, np.array([1]), np.array([1.0]))
    assert history.rejected == before + 16
    assert history.waiting == 0
    with pytest.raises(TypeError, match="wanted"):
        history.add_bars("A", MINUTE, False, np.zeros(1, TRADE))
    with pytest.raises(ValueError, match="equally long"):
        history.add_volume_at_price("A", T0, np.array([1, 2]), np.array([1.0]))


@pytest.mark.parametrize("symbol", ["../x", "'; DROP TABLE bar; --", "币安人生USDT", "A\0B", "%", "x" * 64])
def test_hostile_symbols_are_only_names(
    open_history: Open, bars: Callable[..., np.ndarray], tmp_path: Path, symbol: str
) -> None:
    history = open_history()
    history.add_bars(symbol, MINUTE, False, bars(2))
    history.add_marks(symbol, [(T0, 5.0)])
    assert history.bars(symbol, MINUTE, False).size == 2
    assert history.symbols() == (symbol,)
    assert history.bars("x", MINUTE, False).size == 0
    assert {p.name for p in tmp_path.iterdir()} <= {
        "history.sqlite",
        "history.sqlite-wal",
        "history.sqlite-shm",
        "history.lock",
    }


def test_a_page_of_symbols_does_not_mix(open_history: Open) -> None:
    history = open_history()
    for i in range(50):
        history.add_marks(f"S{i}", [(T0, 1.0 + i), (T0 + MINUTE, 2.0 + i)])
    history.commit()
    assert all(history.marks(f"S{i}")["mark"].tolist() == [1.0 + i, 2.0 + i] for i in range(50))


def test_writes_reach_the_file_every_half_second(open_history: Open, tmp_path: Path) -> None:
    writer = open_history()

    def stored() -> int:
        db = sqlite3.connect(tmp_path / "history.sqlite")
        try:
            return int(db.execute("SELECT count(*) FROM gap").fetchone()[0])
        finally:
            db.close()

    for i, now_ns in enumerate((5_000_000_000, 5_200_000_000, 5_450_000_000, 5_500_000_000)):
        writer.add_gap("A", "mark", T0 + i, T0 + i + 1, "r")
        writer.flush(now_ns)
        assert stored() == (1, 1, 1, 4)[i]
    assert writer.waiting == 0


def test_much_is_written_at_once(open_history: Open, bars: Callable[..., np.ndarray]) -> None:
    history = open_history()
    history.add_bars("A", MINUTE, False, bars(30_000))
    assert history.waiting == 0
    assert history.bars("A", MINUTE, False).size == 30_000


def _trades(count: int, seed: int = 3) -> np.ndarray:
    chance = np.random.default_rng(seed)
    rows = np.zeros(count, TRADE)
    rows["id"] = 1_000 + np.arange(count)
    rows["t"] = T0 + np.sort(chance.integers(0, 5 * MINUTE, count))
    rows["price"] = np.round(67_000 + chance.normal(0, 120, count), 1)
    rows["quantity"] = np.round(chance.exponential(0.4, count) + 0.001, 3)
    rows["taker_buys"] = chance.random(count) < 0.4
    return rows


def test_a_record_stays_as_it_was_written(open_history: Open, order: Callable[..., ForcedOrder]) -> None:
    one = open_history()
    one.add_record("A", SCORE, T0 + MINUTE, 2, b"second")
    one.add_record("A", SCORE, T0, 2, b"first")
    one.add_record("A", SCORE, T0, 1, b"first, by an older model")
    one.add_record("A", ODDS, T0, 2, b"of another kind")
    one.add_record("B", SCORE, T0, 2, b"of another symbol")
    one.close()
    two = open_history()
    two.add_record("A", SCORE, T0, 2, b"said afterwards")
    for kind, t_ms, model, body in (
        ("", T0, 1, b"x"),
        ("k" * 41, T0, 1, b"x"),
        (SCORE, 0, 1, b"x"),
        (SCORE, T0, -1, b"x"),
        (SCORE, T0, 1 << 31, b"x"),
        (SCORE, T0, 3, b""),
        (SCORE, T0, 3, bytes((1 << 20) + 1)),
    ):
        two.add_record("A", kind, t_ms, model, body)
    assert two.rejected == 7
    expected = [
        Record(T0, 1, b"first, by an older model"),
        Record(T0, 2, b"first"),
        Record(T0 + MINUTE, 2, b"second"),
    ]
    assert two.records("A", SCORE) == expected
    assert two.records("A", SCORE, T0 + 1) == expected[2:]
    assert two.records("A", SCORE, T0, T0 + MINUTE) == expected[:2]
    assert two.records("A", EVIDENCE) == two.records("C", SCORE) == []
    two.add_marks("A", [(T0, 5.0)])
    two.add_forced(order())
    two.commit()
    while two.trim(0, 0, T0 + 1_000 * 86_400_000).more:
        pass
    assert two.marks("A").size == len(two.forced(None)) == 0
    assert two.records("A", SCORE) == expected


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 400), max_size=5))
def test_trades_fold_alike_in_any_parts(cuts: list[int]) -> None:
    rows = _trades(400)
    whole = {f.bar[0]: f for f in Fold().minutes(rows)}
    fold, parts = Fold(), {}
    for part in np.split(rows, sorted(cuts)):
        parts.update({f.bar[0]: f for f in fold.minutes(part)})
    assert parts == whole
    assert sum(f.bar[5] for f in whole.values()) == pytest.approx(rows["quantity"].sum())


def test_folded_trades_are_bars_and_volume_at_price(open_history: Open) -> None:
    history = open_history()
    rows = _trades(2_000)
    history.add_trades("A", rows[:777])
    history.commit()
    history.add_trades("A", rows[777:])
    got = history.bars("A", MINUTE, False)
    volume = history.volume_at_price("A")
    for bar in got:
        inside = rows[(rows["t"] >= bar["t"]) & (rows["t"] < bar["t"] + MINUTE)]
        assert bar["open"] == inside["price"][0]
        assert bar["close"] == inside["price"][-1]
        assert bar["high"] == inside["price"].max()
        assert bar["low"] == inside["price"].min()
        assert bar["volume"] == pytest.approx(inside["quantity"].sum())
        assert bar["taker_buy"] == pytest.approx(inside["quantity"][inside["taker_buys"]].sum())
        held = volume[volume["t"] == bar["t"]]
        assert dict(zip(held["bin"].tolist(), held["quantity"], strict=True)) == pytest.approx(
            {b: inside["quantity"][bins_of(inside["price"]) == b].sum() for b in set(bins_of(inside["price"]).tolist())}
        )
    assert got.size == 5


def test_part_of_a_minute_never_replaces_its_candle(open_history: Open, bars: Callable[..., np.ndarray]) -> None:
    history = open_history()
    rows = _trades(50)
    rows["t"] = T0 + np.arange(50)
    whole = bars(1, volume=float(rows["quantity"].sum()) + 1)
    history.add_bars("A", MINUTE, False, whole)
    history.add_trades("A", rows)
    np.testing.assert_array_equal(history.bars("A", MINUTE, False), whole)


def test_prints_are_the_amounts_of_one_contracts_orders(open_history: Open, order: Callable[..., ForcedOrder]) -> None:
    history = open_history()
    mine = [order(2, side=Side.SHORT), order(0), order(1)]
    for one in [*mine, order(3, "ETHUSDT")]:
        history.add_forced(one)
    wanted = [(o.time_ms, o.price * o.quantity, int(o.side)) for o in sorted(mine, key=lambda o: o.time_ms)]
    assert history.prints("BTCUSDT").tolist() == wanted
    assert history.prints("BTCUSDT").dtype == PRINT
    assert history.prints("BTCUSDT", T0 + 1_000, T0 + 2_000).tolist() == wanted[1:2]
    assert len(history.prints("SOLUSDT")) == 0
