"""Minutes put together from a live stream, whole or mended, are the same minutes."""

from __future__ import annotations

import math
import random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.engine.minute import GRACE_MS, LONGEST_TRADE_HOLE, TAIL, Assembler, Minute, Need
from liqdesk.market import MINUTE_MS, Kline, MarkPrice, Trade

T0 = 1_780_000_020_000 - 1_780_000_020_000 % MINUTE_MS


def marks(minutes: int, seed: int = 0) -> list[MarkPrice]:
    rng = random.Random(seed)
    price, out = 60_000.0, []
    for second in range(minutes * 60):
        price *= math.exp(rng.gauss(0, 1e-4))
        out.append(MarkPrice("BTCUSDT", T0 + second * 1000, price, price, 0.0001, T0 + 8 * 3_600_000))
    return out


def trades(minutes: int, seed: int = 0) -> list[Trade]:
    rng = random.Random(seed + 1)
    stamps = sorted(rng.randrange(minutes * MINUTE_MS) for _ in range(minutes * 40))
    return [
        Trade(
            "BTCUSDT",
            5_000 + i,
            T0 + t,
            600_000 + rng.randrange(-50, 50),
            rng.randrange(1, 99) / 1000,
            rng.random() < 0.5,
        )
        for i, t in enumerate(stamps)
    ]


def klines(events: list[MarkPrice] | list[Trade], minutes: int, mark: bool) -> list[Kline]:
    out = []
    for m in range(minutes):
        t0 = T0 + m * MINUTE_MS
        inside = [e for e in events if t0 <= e.time_ms < t0 + MINUTE_MS]
        path = [e.mark if isinstance(e, MarkPrice) else e.price_ticks * 0.1 for e in inside]
        volume = 0.0 if mark else sum(e.quantity for e in inside if isinstance(e, Trade))
        buy = 0.0 if mark else sum(e.quantity for e in inside if isinstance(e, Trade) and e.taker_buys)
        out.append(
            Kline("BTCUSDT", mark, t0, MINUTE_MS, path[0], max(path), min(path), path[-1], volume, buy, closed=True)
        )
    return out


def merged(all_marks: list[MarkPrice], all_trades: list[Trade]) -> list[MarkPrice | Trade]:
    return sorted([*all_marks, *all_trades], key=lambda e: e.time_ms)


def feed(assembler: Assembler, events: list[MarkPrice | Trade]) -> list[Minute]:
    out = []
    for event in events:
        if isinstance(event, MarkPrice):
            assembler.mark(event)
        else:
            assembler.trade(event)
        while (minute := assembler.take()) is not None:
            out.append(minute)
    return out


def given_back(all_trades: list[Trade], need: Need, now_ms: int) -> list[Trade]:
    """What REST has of a need of trades or of their tail by then."""
    ids = range(need.first, need.first + TAIL if need.kind == "tail" else need.end)
    return [t for t in all_trades if t.id in ids and t.time_ms <= now_ms]


def same(a: Minute, b: Minute) -> None:
    assert a.t0_ms == b.t0_ms
    assert (a.low, a.high, a.end) == (b.low, b.high, b.end)
    assert a.volume == pytest.approx(b.volume, rel=1e-12)
    assert a.taker_buy == pytest.approx(b.taker_buy, rel=1e-12)
    assert a.ticks is not None
    assert b.ticks is not None
    assert a.quantity is not None
    assert b.quantity is not None
    np.testing.assert_array_equal(a.ticks, b.ticks)
    np.testing.assert_allclose(a.quantity, b.quantity, rtol=1e-12)


def test_whole_minutes_leave_in_order_once_marks_pass_them() -> None:
    all_marks, all_trades = marks(5), trades(5)
    minutes = feed(Assembler(T0), merged(all_marks, all_trades))
    assert [m.t0_ms for m in minutes] == [T0 + i * MINUTE_MS for i in range(4)]
    assert all(m.live for m in minutes)
    for minute in minutes:
        inside = [m.mark for m in all_marks if minute.t0_ms <= m.time_ms < minute.t0_ms + MINUTE_MS]
        assert (minute.low, minute.high, minute.end) == (min(inside), max(inside), inside[-1])
        volume = sum(t.quantity for t in all_trades if minute.t0_ms <= t.time_ms < minute.t0_ms + MINUTE_MS)
        assert minute.volume == pytest.approx(volume)
        assert minute.quantity is not None
        assert minute.quantity.sum() == pytest.approx(volume)


def test_a_minute_waits_for_its_late_trades() -> None:
    assembler = Assembler(T0)
    events = merged(marks(2), trades(2))
    cut = T0 + MINUTE_MS + GRACE_MS
    assert feed(assembler, [e for e in events if e.time_ms < cut]) == []
    assert len(feed(assembler, [e for e in events if e.time_ms >= cut])) == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(30, 200), st.integers(1, 130))
def test_an_outage_mended_by_rest_equals_no_outage(seed: int, start_s: int, length_s: int) -> None:
    all_marks, all_trades = marks(6, seed), trades(6, seed)
    twin = feed(Assembler(T0), merged(all_marks, all_trades))
    a, b = T0 + start_s * 1000, T0 + (start_s + length_s) * 1000
    assembler = Assembler(T0)
    events = merged(all_marks, all_trades)
    out = feed(assembler, [e for e in events if e.time_ms < a])
    assembler.link_lost()
    mark_klines = klines(all_marks, 6, mark=True)
    for event in (e for e in events if e.time_ms >= b):
        out += feed(assembler, [event])
        for need in assembler.needs():
            if need.kind in ("trades", "tail"):
                assembler.fill_trades(given_back(all_trades, need, event.time_ms), need)
            else:
                assert need.kind == "marks"
                assembler.fill_klines([k for k in mark_klines if need.first <= k.open_ms < need.end], mark=True)
        while (minute := assembler.take()) is not None:
            out.append(minute)
    assert len(out) == len(twin)
    for mine, theirs in zip(out, twin, strict=True):
        same(mine, theirs)


def test_joining_inside_a_minute_takes_that_minute_from_klines() -> None:
    all_marks, all_trades = marks(4), trades(4)
    joined = T0 + 31_000
    assembler = Assembler(T0)
    out = feed(assembler, [e for e in merged(all_marks, all_trades) if e.time_ms >= joined])
    assert out == []
    wanted = {n.kind: n for n in assembler.needs()}
    assert wanted == {
        "klines": Need("klines", T0, T0 + MINUTE_MS),
        "marks": Need("marks", T0, T0 + MINUTE_MS),
    }
    assembler.fill_klines(klines(all_trades, 1, mark=False), mark=False)
    assembler.fill_klines(klines(all_marks, 1, mark=True), mark=True)
    first = assembler.take()
    assert first is not None
    assert not first.live
    assert first.ticks is None
    assert first.volume == pytest.approx(sum(t.quantity for t in all_trades if t.time_ms < T0 + MINUTE_MS))
    second = assembler.take()
    assert second is not None
    assert second.live


def test_duplicates_and_reordered_trades_change_nothing() -> None:
    all_marks, all_trades = marks(3), trades(3)
    twin = feed(Assembler(T0), merged(all_marks, all_trades))
    rng = random.Random(4)
    shaken = sorted(
        [*all_marks, *all_trades, *rng.sample(all_trades, 30)],
        key=lambda e: e.time_ms + (0 if isinstance(e, MarkPrice) else rng.randrange(1500)),
    )
    assembler = Assembler(T0)
    out = feed(assembler, shaken)
    assert assembler.duplicates == 30
    assert len(out) == len(twin)
    for mine, theirs in zip(out, twin, strict=True):
        same(mine, theirs)


def test_marks_that_were_overtaken_stay_in_their_minute() -> None:
    all_marks, all_trades = marks(4), trades(4)
    twin = feed(Assembler(T0), merged(all_marks, all_trades))
    rng = random.Random(8)
    late = {m.time_ms: rng.randrange(GRACE_MS) for m in rng.sample(all_marks[1:], 80)}
    shaken = sorted([*all_marks, *all_trades, *all_marks[::7]], key=lambda e: e.time_ms + late.get(e.time_ms, 0))
    assembler = Assembler(T0)
    out = feed(assembler, shaken)
    assert len(out) == len(twin)
    for mine, theirs in zip(out, twin, strict=True):
        same(mine, theirs)
        assert mine.marks.tolist() == theirs.marks.tolist()


@pytest.mark.parametrize(("lost", "unreadable", "asked"), [(1, False, False), (1, True, True), (2, False, True)])
def test_seconds_without_a_mark_are_asked_for_where_they_mean_something(
    lost: int, unreadable: bool, asked: bool
) -> None:
    """The venue skips a second now and then; two in a row, or one beside a frame that could not be read, are a loss."""
    assembler = Assembler(T0)
    for mark in marks(2):
        if T0 + 20_000 <= mark.time_ms < T0 + 20_000 + lost * 1000:
            if unreadable:
                assembler.link_lost()
        else:
            assembler.mark(mark)
    wanted = [need for need in assembler.needs() if need.kind == "marks"]
    assert wanted == ([Need("marks", T0, T0 + MINUTE_MS)] if asked else [])


def test_trades_that_fall_silent_on_a_healthy_socket_are_not_left_out() -> None:
    """Marks go on, and the trades across a minute's end come by REST."""
    all_marks, all_trades = marks(4), trades(4)
    twin = feed(Assembler(T0), merged(all_marks, all_trades))
    silent = range(T0 + 45_000, T0 + 100_000)
    heard = merged(all_marks, [t for t in all_trades if t.time_ms not in silent])
    newest = max(t.id for t in all_trades if t.time_ms < silent.start)
    late = T0 + MINUTE_MS + 20_000
    assembler = Assembler(T0)
    out = feed(assembler, [e for e in heard if e.time_ms < late])
    assert out == []
    assert assembler.needs() == [Need("tail", newest + 1, T0 + MINUTE_MS)]
    assembler.fill_trades(given_back(all_trades, assembler.needs()[0], late), assembler.needs()[0])
    out += feed(assembler, [e for e in heard if e.time_ms >= late])
    for need in assembler.needs():
        assembler.fill_trades(given_back(all_trades, need, T0 + 4 * MINUTE_MS), need)
    while (minute := assembler.take()) is not None:
        out.append(minute)
    assert [m.live for m in out] == [False, False, True]
    for mine, theirs in zip(out, twin, strict=True):
        same(mine, theirs)


@pytest.mark.parametrize("told_by", ["candle", "tail", "two tails"])
def test_a_minute_whose_last_trades_are_long_past_is_closed_once_that_is_known(told_by: str) -> None:
    count = TAIL + 2 if told_by == "two tails" else 2
    few = [Trade("BTCUSDT", 7 + i, T0 + 5_000 + i, 600_000, 0.1, True) for i in range(count)]
    heard = few[:1] if told_by == "two tails" else few
    assembler = Assembler(T0)
    assert feed(assembler, merged(marks(2), heard)) == []
    if told_by == "candle":
        final = klines(few, 1, mark=False)[0]
        assembler.candle(msgspec.structs.replace(final, volume=final.volume + 0.1))
        assert assembler.take() is None, "the candle knows of a trade that did not come"
        assembler.candle(final)
        assert assembler.needs() == []
    else:
        for first in (8, 8 + TAIL) if told_by == "two tails" else (9,):
            assert assembler.take() is None
            need = Need("tail", first, T0 + MINUTE_MS)
            assert assembler.needs() == [need]
            assembler.fill_trades(given_back(few, need, T0 + 2 * MINUTE_MS), need)
    minute = assembler.take()
    assert minute is not None
    assert minute.volume == pytest.approx(0.1 * count)
    assert minute.live == (told_by != "two tails")


@pytest.mark.parametrize("streamed", [True, False])
def test_a_symbol_that_never_trades_has_minutes_too(streamed: bool) -> None:
    assembler = Assembler(T0)
    assert feed(assembler, list(marks(2))) == []
    assert assembler.needs() == [Need("klines", T0, T0 + MINUTE_MS)]
    empty = Kline("BTCUSDT", False, T0, MINUTE_MS, 60_000.0, 60_000.0, 60_000.0, 60_000.0, 0.0, 0.0, closed=True)
    if streamed:
        assembler.candle(empty)
    else:
        assembler.fill_klines([empty], mark=False)
    assert assembler.needs() == []
    minute = assembler.take()
    assert minute is not None
    assert (minute.volume, minute.live) == (0.0, streamed)


def test_minutes_up_to_a_first_trade_that_comes_late_are_taken_from_klines() -> None:
    assembler = Assembler(T0)
    all_marks, all_trades = marks(4), trades(4)
    late = [t for t in all_trades if t.time_ms >= T0 + 80_000]
    assert feed(assembler, merged(all_marks, late)) == []
    assert assembler.needs() == [Need("klines", T0, T0 + 2 * MINUTE_MS)]
    assembler.fill_klines(klines(all_trades, 2, mark=False), mark=False)
    assert assembler.needs() == []
    for minutes, is_live in ((0, False), (1, False), (2, True)):
        minute = assembler.take()
        assert minute is not None
        assert minute.live == is_live
        inside = [t.quantity for t in all_trades if (t.time_ms - T0) // MINUTE_MS == minutes]
        assert minute.volume == pytest.approx(sum(inside))


def test_a_first_trade_that_is_the_first_of_its_minute_is_told_by_the_candle() -> None:
    assembler = Assembler(T0)
    late = [t for t in trades(3) if t.time_ms >= T0 + MINUTE_MS]
    feed(assembler, merged(marks(3), late))
    assert assembler.needs() == [Need("klines", T0, T0 + 2 * MINUTE_MS)]
    assembler.candle(klines(trades(3), 2, mark=False)[1])
    assert assembler.needs() == [Need("klines", T0, T0 + MINUTE_MS)]


def test_a_trade_that_comes_again_does_not_say_that_none_is_missing() -> None:
    all_trades = trades(2)
    before = [t for t in all_trades if t.time_ms < T0 + MINUTE_MS]
    assembler = Assembler(T0)
    feed(assembler, merged(marks(2), [*before, before[-1]]))
    assert assembler.needs() == [Need("tail", before[-1].id + 1, T0 + MINUTE_MS)]
    assembler.trade(all_trades[len(before)])
    assert assembler.needs() == []


def test_a_hole_too_long_to_fetch_is_asked_as_klines() -> None:
    assembler = Assembler(T0)
    first = Trade("BTCUSDT", 1, T0 + 1_000, 600_000, 1.0, True)
    late = Trade("BTCUSDT", LONGEST_TRADE_HOLE + 10, T0 + 200_000, 600_000, 1.0, True)
    assert feed(assembler, merged(marks(5), [first, late])) == []
    assert assembler.needs() == [Need("klines", T0, T0 + 4 * MINUTE_MS)]


def test_what_cannot_be_had_is_given_up_and_named() -> None:
    all_marks = marks(6)
    hole = [m for m in all_marks if not T0 + 70_000 <= m.time_ms < T0 + 150_000]
    assembler = Assembler(T0)
    out = feed(assembler, merged(hole, trades(6)))
    assert [m.t0_ms for m in out] == [T0]
    need = next(n for n in assembler.needs() if n.kind == "marks")
    assert assembler.give_up(need.end) == (T0 + MINUTE_MS, T0 + 3 * MINUTE_MS)
    rest = []
    while (minute := assembler.take()) is not None:
        rest.append(minute.t0_ms)
    assert rest == [T0 + 3 * MINUTE_MS, T0 + 4 * MINUTE_MS]
