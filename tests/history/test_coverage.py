"""Which stretches a history is whole over, and what takes away from them."""

from __future__ import annotations

import gzip
import math
import shutil
import sqlite3
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqdesk.history import EVERY_SYMBOL, FORCED, INTEREST, MARKS, SCORE, TRADES, Gap, History, Record, schema
from liqdesk.history.coverage import INTEREST_MS, joined, without
from liqdesk.history.lock import Lock
from liqdesk.history.pending import Pending
from liqdesk.history.records import VOLUME
from liqdesk.market import ForcedOrder, Side
from liqdesk.market.rows import INTEREST as INTEREST_ROWS

T0 = 1_776_000_000_000
MINUTE = 60_000
SECOND = 1_000
DAY = 86_400_000
OLD = Path(__file__).parent / "files" / "history-1.sqlite.gz"

Open = Callable[..., History]
Order = Callable[..., ForcedOrder]
Bars = Callable[..., np.ndarray]

stretches = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=8
)


def moments(held: list[tuple[int, int]]) -> set[int]:
    return {t for a, b in held for t in range(a, b)}


@given(stretches, stretches)
def test_stretches_add_up_and_take_away_moment_by_moment(
    held: list[tuple[int, int]], holes: list[tuple[int, int]]
) -> None:
    union, gaps = joined(held), joined(holes)
    assert moments(union) == moments(held)
    assert all(b < c for (_, b), (c, _) in pairwise(union)), "disjoint, and not even touching"
    assert moments(without(union, gaps)) == moments(held) - moments(holes)


def test_what_was_listened_to_grows_as_it_is_written_and_ends_there(open_history: Open) -> None:
    history = open_history()
    for i in range(3):
        history.add_covered(EVERY_SYMBOL, FORCED, T0 + i * SECOND, T0 + (i + 1) * SECOND)
        history.commit()
    history.add_covered(EVERY_SYMBOL, FORCED, T0 + 10 * SECOND, T0 + 12 * SECOND)
    history.add_covered(EVERY_SYMBOL, FORCED, T0 + 12 * SECOND, T0 + 13 * SECOND)
    history.close()
    history = open_history()
    assert history.coverage("BTCUSDT", FORCED) == [(T0, T0 + 3_000), (T0 + 10_000, T0 + 13_000)]
    assert history._db.execute("SELECT count(*) FROM covered").fetchone() == (2,)
    assert history.symbols() == ()
    assert history.coverage("ETHUSDT", FORCED, T0 + 1_000, T0 + 11_000) == [
        (T0 + 1_000, T0 + 3_000),
        (T0 + 10_000, T0 + 11_000),
    ]
    assert history.coverage("ETHUSDT", FORCED, T0 + 3_000, T0 + 10_000) == []


def test_a_second_session_is_another_stretch_and_the_time_between_is_not_covered(open_history: Open) -> None:
    for start in (T0, T0 + DAY):
        history = open_history()
        history.add_covered(EVERY_SYMBOL, FORCED, start, start + MINUTE)
        history.close()
    assert open_history().coverage("A", FORCED) == [(T0, T0 + MINUTE), (T0 + DAY, T0 + DAY + MINUTE)]
    assert open_history().gaps("A") == []


def test_gaps_of_one_symbol_and_of_all_are_taken_away(open_history: Open) -> None:
    history = open_history()
    history.add_covered(EVERY_SYMBOL, FORCED, T0, T0 + 100)
    history.add_gap(EVERY_SYMBOL, FORCED, T0 + 10, T0 + 20, "the link was lost")
    history.add_gap("B", FORCED, T0 + 15, T0 + 30, "only here")
    history.add_gap(EVERY_SYMBOL, MARKS, T0 + 40, T0 + 50, "another stream")
    assert history.coverage("A", FORCED) == [(T0, T0 + 10), (T0 + 20, T0 + 100)]
    assert history.coverage("B", FORCED) == [(T0, T0 + 10), (T0 + 30, T0 + 100)]
    assert history.gaps("A", T0, T0 + 12) == [Gap(EVERY_SYMBOL, FORCED, T0 + 10, T0 + 20, "the link was lost")]


def test_what_leaves_traces_is_covered_by_them(open_history: Open, bars: Bars) -> None:
    history = open_history()
    rows = bars(6)
    history.add_bars("A", MINUTE, False, rows[[0, 1, 2, 4, 5]])
    history.add_bars("A", 5 * MINUTE, False, bars(1, start=T0 - 5 * MINUTE))
    history.add_bars("A", MINUTE, True, rows[:2])
    history.add_gap("A", MARKS, T0, T0 + MINUTE, "given up")
    end = T0 + 6 * MINUTE
    assert history.coverage("A", TRADES) == [(T0 - 5 * MINUTE, T0 + 3 * MINUTE), (T0 + 4 * MINUTE, end)]
    assert history.coverage("A", TRADES, T0 - 1, T0 + 5) == [(T0 - 1, T0 + 5)]
    assert history.coverage("A", MARKS) == [(T0 + MINUTE, T0 + 2 * MINUTE)]
    assert history.coverage("B", TRADES) == []
    times = (T0, T0 + INTEREST_MS, T0 + 2 * INTEREST_MS + 1)
    history.add_open_interest("A", np.array([(t, 5.0, math.nan) for t in times], INTEREST_ROWS))
    assert history.coverage("A", INTEREST) == [(T0, T0 + 2 * INTEREST_MS), (times[2], times[2] + INTEREST_MS)]
    with pytest.raises(ValueError, match="book"):
        history.coverage("A", "book")


def test_what_is_given_back_later_is_no_gap(open_history: Open) -> None:
    history = open_history()
    for t, stream in ((T0, TRADES), (T0 + MINUTE, TRADES), (T0, MARKS)):
        history.add_gap("A", stream, t, t + MINUTE, "the venue could not give it back")
    history.commit()
    history.fill_gaps("A", TRADES, T0 - 5 * MINUTE, T0 + MINUTE)
    assert [(g.stream, g.from_ms) for g in history.gaps("A")] == [(MARKS, T0), (TRADES, T0 + MINUTE)]


def test_parts_of_open_minutes_are_kept_until_the_minute_is_whole(open_history: Open) -> None:
    history = open_history()
    history.add_unfinished("A", T0, 100, 104, np.array([5, 5, 7]), np.array([1.0, 2.0, 4.0]))
    history.commit()
    history.add_unfinished("A", T0, 100, 110, np.array([5, 7]), np.array([3.5, 4.0]))
    history.add_unfinished("A", T0, 150, 151, np.array([9]), np.array([1.0]))
    history.add_unfinished("A", T0 + MINUTE, 152, 153, np.array([9]), np.array([1.0]))
    history.close()
    history = open_history()
    parts = history.unfinished("A")
    assert [(p.t_ms, p.first_id, p.last_id) for p in parts] == [(T0, 100, 110), (T0, 150, 151), (T0 + MINUTE, 152, 153)]
    np.testing.assert_array_equal(parts[0].rows, np.array([(T0, 5, 3.5), (T0, 7, 4.0)], VOLUME))
    history.finish_minute("A", T0)
    assert [p.t_ms for p in history.unfinished("A")] == [T0 + MINUTE]
    assert history.unfinished("B") == []


def test_where_forced_orders_were_deleted_nothing_is_covered(open_history: Open, order: Order) -> None:
    history = open_history()
    for day in range(4):
        history.add_forced(order(symbol="A", time_ms=T0 + day * DAY))
    history.add_covered(EVERY_SYMBOL, FORCED, T0 - DAY, T0 + 4 * DAY)
    history.add_covered(EVERY_SYMBOL, FORCED, T0 - 3 * DAY, T0 - 2 * DAY)
    history.commit()
    while history.trim(0, 2, T0 + 4 * DAY).more:
        pass
    first = min(o.time_ms for o in history.forced(None))
    covered = history.coverage("A", FORCED)
    assert len(covered) == 1
    assert T0 < covered[0][0] <= first
    assert covered[0][1] == T0 + 4 * DAY


def test_forced_orders_that_memory_could_not_hold_are_a_gap(
    open_history: Open, order: Order, allow_log: Callable[[str], None]
) -> None:
    allow_log("the history cannot be written|its oldest rows are let go")
    history = open_history()
    history.add_covered(EVERY_SYMBOL, FORCED, T0, T0 + MINUTE)
    history.commit()
    history._db.execute(f"PRAGMA max_page_count = {history._db.execute('PRAGMA page_count').fetchone()[0]}")
    history._pending = Pending(limit=2_000)
    for i in range(2_500):
        history.add_forced(order(i, time_ms=T0 - 3_000 * SECOND))
        if i == 1_000:
            history.flush(10**10)
    history._db.execute("PRAGMA max_page_count = 1000000")
    history.commit()
    kept = [o.time_ms for o in history.forced(None)]
    gaps = history.gaps("A")
    assert len(kept) < 2_500
    assert [g.symbol for g in gaps] == [EVERY_SYMBOL]
    assert gaps[0].from_ms == T0 - 3_000 * SECOND
    assert gaps[0].to_ms <= kept[0]


def _old(tmp_path: Path) -> Path:
    path = tmp_path / "history.sqlite"
    with gzip.open(OLD) as packed, path.open("wb") as plain:
        shutil.copyfileobj(packed, plain)
    return path


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_version_1_is_brought_up_to_date(
    tmp_path: Path, open_history: Open, bars: Bars, read_only: bool
) -> None:
    path = _old(tmp_path)
    history = open_history(read_only=read_only)
    assert history.notices == ()
    assert dict(history._db.execute("SELECT * FROM meta")) == {"origin": "binance", "version": str(schema.VERSION)}
    np.testing.assert_array_equal(history.bars("BTCUSDT", MINUTE, False), bars())
    assert [(o.symbol, o.side) for o in history.forced(None)] == [
        ("BTCUSDT", Side.LONG), ("ETHUSDT", Side.SHORT), ("币安人生USDT", Side.LONG),
    ]  # fmt: skip
    assert history.marks("BTCUSDT")["mark"].tolist() == [67_000.25, 67_001.5, 67_100.0]
    assert history.gaps("BTCUSDT") == [Gap("BTCUSDT", TRADES, T0, T0 + 5_000, "the link was lost")]
    assert history.coverage("BTCUSDT", FORCED) == [], "of what an older version recorded nobody knows how whole it is"
    assert history.symbols() == ("BTCUSDT", "ETHUSDT", "币安人生USDT")
    if not read_only:
        history.add_covered(EVERY_SYMBOL, FORCED, T0, T0 + 1)
        assert history.coverage("ETHUSDT", FORCED) == [(T0, T0 + 1)]
    history.close()
    fresh = History.open(tmp_path / "fresh.sqlite", tmp_path / "fresh.lock")
    fresh.close()
    layouts = []
    for file in (path, tmp_path / "fresh.sqlite"):
        db = sqlite3.connect(file)
        layouts.append(
            db.execute(
                "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
            ).fetchall()
        )
        db.close()
    assert layouts[0] == layouts[1]


def test_a_file_of_version_2_gains_the_table_of_records(tmp_path: Path, open_history: Open, order: Order) -> None:
    history = open_history()
    history.add_covered(EVERY_SYMBOL, FORCED, T0, T0 + 1)
    history.add_forced(order())
    history.close()
    db = sqlite3.connect(tmp_path / "history.sqlite")
    db.execute("DROP TABLE record")
    db.execute("UPDATE meta SET value = '2' WHERE name = 'version'")
    db.commit()
    db.close()
    history = open_history()
    assert history.notices == ()
    assert history.forced(None) == [order()]
    assert history.coverage("BTCUSDT", FORCED) == [(T0, T0 + 1)]
    history.add_record("BTCUSDT", SCORE, T0, 1, b"said")
    assert history.records("BTCUSDT", SCORE) == [Record(T0, 1, b"said")]


@pytest.mark.expects_log("the history cannot be read: version 1 is older")
def test_an_older_file_that_another_program_writes_is_left_alone(tmp_path: Path, open_history: Open) -> None:
    path = _old(tmp_path)
    lock = Lock(path.with_suffix(".lock"), path)
    try:
        history = open_history(read_only=True)
        assert "older" in history.notice
        assert history.forced(None) == []
    finally:
        lock.release()
