"""What lies between the sockets and the model: the inbox, the meters of the status bar, and what is kept of it all."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from liqdesk.engine.inbox import BOOK_LIMIT, Arrival, Inbox
from liqdesk.engine.meters import STREAMS, Meters
from liqdesk.engine.minute import Minute
from liqdesk.engine.recorder import Recorder
from liqdesk.history import History
from liqdesk.market import MINUTE_MS, ForcedOrder, Instrument, MarkPrice, Side, Trade
from liqdesk.model import bins_of

T0 = 1_780_000_020_000 - 1_780_000_020_000 % MINUTE_MS
SECOND = 1_000_000_000
BTC = Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001)


def arrival(kind: str, number: int = 0) -> Arrival:
    return Arrival("market", kind, number, None, (Trade("BTCUSDT", number, T0, 600_000, 1.0, True),))


def test_only_book_updates_are_dropped_and_every_one_is_counted() -> None:
    inbox = Inbox()
    for i in range(BOOK_LIMIT + 1):
        inbox.put(arrival("trade", i))
    for i in range(50):
        inbox.put(arrival("book", i))
    inbox.put(arrival("trade", BOOK_LIMIT + 1))
    inbox.put(arrival("forced", 0))
    assert inbox.dropped_book == 50
    assert len(inbox) == BOOK_LIMIT + 3
    taken = [m for m in inbox.drain(10**6) if isinstance(m, Arrival)]
    assert [m.recv_ns for m in taken if m.kind == "trade"] == list(range(BOOK_LIMIT + 2))
    assert taken[-1].kind == "forced"
    inbox.put(arrival("book"))
    assert len(inbox) == 1, "with room again a book update is taken"


def test_many_writers_lose_nothing_and_keep_their_own_order() -> None:
    inbox = Inbox()
    each = 2_000

    def write(name: str) -> None:
        for i in range(each):
            inbox.put(Arrival(name, "trade", i, None, ()))

    writers = [threading.Thread(target=write, args=(str(n),)) for n in range(4)]
    taken: list[Arrival] = []
    for writer in writers:
        writer.start()
    while any(w.is_alive() for w in writers) or len(inbox):
        part = inbox.drain(100)
        assert len(part) <= 100
        taken += [m for m in part if isinstance(m, Arrival)]
    for writer in writers:
        writer.join()
    assert len(taken) == 4 * each
    for n in range(4):
        assert [m.recv_ns for m in taken if m.link == str(n)] == list(range(each))


def test_ages_count_from_the_newest_event_and_staleness_by_each_streams_own_limit() -> None:
    meters = Meters()
    assert [s.name for s in meters.statuses(T0, 0, 0)] == [name for name, *_ in STREAMS]
    assert all(s.age_s is None and not s.stale for s in meters.statuses(T0, 0, 0))
    meters.note("mark", T0, 0)
    meters.note("mark", T0 - 9_000, 0)
    meters.note("forced", T0, 0)
    meters.note("no such stream", T0, 0)
    rows = {s.name: s for s in meters.statuses(T0 + 6_000, 0, 7)}
    assert rows["mark"].age_s == 6.0
    assert rows["mark"].stale
    assert not rows["forced"].stale, "forced orders may be silent"
    assert (rows["book"].dropped, rows["mark"].dropped) == (7, 0)
    assert meters.age_s("mark", T0 - 1) == 0.0, "a clock that is behind makes nothing younger than now"
    fast = Meters(speed=20.0)
    fast.note("mark", T0, 0)
    assert not {s.name: s for s in fast.statuses(T0 + 90_000, 0, 0)}["mark"].stale


def test_rates_are_of_the_last_five_seconds() -> None:
    meters = Meters()
    for tenth in range(100):
        meters.note("trade", T0, tenth * SECOND // 10, events=3)
    row = {s.name: s for s in meters.statuses(T0, 10 * SECOND, 0)}["trades"]
    assert row.rate == pytest.approx(30.0, rel=0.02)
    assert {s.name: s for s in meters.statuses(T0, 20 * SECOND, 0)}["trades"].rate == 0.0


def test_what_is_recorded_comes_back(tmp_path: Path) -> None:
    ticks = np.array([599_990, 600_000, 600_400], np.int64)
    quantity = np.array([1.0, 2.0, 4.0])
    minute = Minute(T0, np.array([60_000.0, 60_010.0]), 59_990.0, 60_020.0, 60_010.0, 7.0, 3.0, ticks, quantity, True)
    order = ForcedOrder("ETHUSDT", Side.LONG, T0 + 500, T0 + 900, 3_000.0, 2_990.0, 1.5)
    with History.open(tmp_path / "history.sqlite", tmp_path / "lock") as history:
        recorder = Recorder(history)
        for second in range(5):
            recorder.mark(MarkPrice("BTCUSDT", T0 + second * 1000, 60_000.0 + second, 60_000.0, 0.0001, T0))
        recorder.mark(MarkPrice("ETHUSDT", T0, 3_000.0, 3_000.0, 0.0001, T0))
        recorder.forced(order)
        recorder.minute(BTC, minute)
        recorder.gap("BTCUSDT", "trades", T0, T0 + MINUTE_MS, "the venue could not give it back")
        recorder.gain("BTCUSDT", T0, np.array([0.0083, 0.0083], np.float32))
        recorder.flush(10 * SECOND, T0)
    with History.open(tmp_path / "history.sqlite", tmp_path / "lock", read_only=True) as kept:
        assert kept.marks("BTCUSDT")["mark"].tolist() == pytest.approx([60_000.0 + s for s in range(5)])
        assert len(kept.marks("ETHUSDT")) == 1
        assert kept.forced(None) == [order]
        bar = kept.bars("BTCUSDT", MINUTE_MS, True)[0]
        assert (bar["t"], bar["open"], bar["high"], bar["low"], bar["close"]) == (T0, 60_000, 60_020, 59_990, 60_010)
        rows = kept.volume_at_price("BTCUSDT")
        assert rows["quantity"].sum() == pytest.approx(7.0)
        assert set(rows["bin"].tolist()) == set(bins_of(ticks * 0.1).tolist())
        assert [(g.from_ms, g.to_ms) for g in kept.gaps("BTCUSDT")] == [(T0, T0 + MINUTE_MS)]
        assert len(kept.gains("BTCUSDT")) == 1


def test_without_a_history_nothing_is_recorded(tmp_path: Path) -> None:
    recorder = Recorder(None)
    recorder.mark(MarkPrice("BTCUSDT", T0, 1.0, 1.0, 0.0, T0))
    recorder.gap("BTCUSDT", "trades", T0, T0 + 1, "")
    recorder.flush(10 * SECOND, T0)
    assert not list(tmp_path.iterdir())
