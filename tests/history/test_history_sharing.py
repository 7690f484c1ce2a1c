"""One writer, any number of readers, over threads and processes; and the limits of size and age."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from liqdesk.errors import ProfileError
from liqdesk.history import History, Trimmed
from liqdesk.market import ForcedOrder
from liqdesk.market.rows import BAR

T0 = 1_776_000_000_000
MINUTE = 60_000
DAY = 86_400_000

Open = Callable[..., History]
Bars = Callable[..., np.ndarray]
Order = Callable[..., ForcedOrder]

HOLDER = """
import sys
from pathlib import Path
from liqdesk.history import History
path = Path(sys.argv[1])
history = History.open(path, path.with_suffix(".lock"))
print(history.read_only, history.notices, flush=True)
sys.stdin.readline()
if sys.argv[2] == "close":
    history.close()
"""


def test_a_second_opener_reads_what_the_first_writes(open_history: Open, bars: Bars, order: Order) -> None:
    first, second = open_history(), open_history()
    assert not first.read_only
    assert second.read_only
    assert second.notices == ("Another liqdesk window is recording into this profile; this one only reads it.",)
    for i in range(3):
        first.add_forced(order(i))
        first.commit()
        assert second.forced(None) == [order(j) for j in range(i + 1)]
    second.add_bars("A", MINUTE, False, bars())
    second.flush(10**12)
    assert first.bars("A", MINUTE, False).size == 0
    first.close()
    assert not open_history().read_only


def test_histories_of_two_origins_share_a_lock_within_one_program(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    one = History.open(tmp_path / "history.sqlite", lock)
    two = History.open(tmp_path / "history-127.0.0.1_80.sqlite", lock, origin="127.0.0.1:80")
    three = History.open(tmp_path / "history.sqlite", lock)
    assert (one.read_only, two.read_only, three.read_only) == (False, False, True)
    one.close()
    four = History.open(tmp_path / "history.sqlite", lock)
    assert not four.read_only
    for history in (two, three, four):
        history.close()


@pytest.mark.parametrize("end", ["close", "kill"])
def test_the_lock_holds_over_processes_and_ends_with_them(
    tmp_path: Path, open_history: Open, order: Order, end: str
) -> None:
    path = tmp_path / "history.sqlite"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), end], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    try:
        assert holder.stdout.readline() == "False ()\n"
        second = open_history()
        assert second.read_only
        second.close()
        if end == "kill":
            holder.kill()
        else:
            holder.stdin.write("\n")
            holder.stdin.flush()
        holder.wait(20)
    finally:
        if holder.poll() is None:
            holder.kill()
        holder.wait(20)
        holder.stdin.close()
        holder.stdout.close()
    third = open_history()
    assert not third.read_only
    third.add_forced(order())
    third.close()
    assert open_history(read_only=True).forced(None) == [order()]


def test_reading_while_another_thread_writes_sees_whole_transactions(open_history: Open, tmp_path: Path) -> None:
    writer = open_history()
    writer.commit()
    reader = open_history(read_only=True)
    done = threading.Event()

    def write() -> None:
        for i in range(60):
            rows = np.zeros(50, BAR)
            rows["t"] = T0 + MINUTE * (50 * i + np.arange(50))
            for name in ("open", "high", "low", "close"):
                rows[name] = 5.0
            writer.add_bars("A", MINUTE, False, rows)
            writer.commit()
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    sizes = []
    while not done.is_set():
        sizes.append(reader.bars("A", MINUTE, False).size)
    thread.join()
    assert reader.bars("A", MINUTE, False).size == 3_000
    assert all(size % 50 == 0 for size in sizes)
    assert sizes == sorted(sizes)


def test_reading_what_is_not_there_is_empty(open_history: Open, tmp_path: Path) -> None:
    history = open_history(read_only=True)
    assert history.symbols() == ()
    assert history.extent("BTCUSDT") == ()
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_came_first_finds_what_is_written_later(open_history: Open, order: Order) -> None:
    reader = open_history(read_only=True)
    assert reader.forced(None) == []
    writer = open_history()
    writer.add_forced(order())
    writer.commit()
    assert reader.forced(None) == [order()]
    reader.close()
    with pytest.raises(ProfileError, match="closed"):
        reader.forced(None)


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved there")
@pytest.mark.expects_log("was moved or deleted while in use")
def test_a_file_that_is_moved_away_is_begun_anew(open_history: Open, tmp_path: Path, order: Order) -> None:
    history = open_history()
    history.add_forced(order(0))
    history.commit()
    for name in ("history.sqlite", "history.sqlite-wal", "history.sqlite-shm"):
        (tmp_path / name).rename(tmp_path / f"kept-{name}")
    history.add_forced(order(1))
    history.flush(10**9)
    assert history.forced(None) == [order(1)]
    assert history.notices == ("The history file was moved or deleted while liqdesk ran; a new one was begun.",)
    history.close()
    (tmp_path / "kept-history.sqlite-wal").rename(tmp_path / "kept.sqlite-wal")
    (tmp_path / "kept-history.sqlite").rename(tmp_path / "kept.sqlite")
    assert open_history(tmp_path / "kept.sqlite").forced(None) == [order(0)]


def _fill(history: History, days: int) -> int:
    """Write `days` days, each with forced orders, marks of every minute, volume, and bars of one and fifteen minutes."""
    start = T0 - T0 % DAY
    for day in range(days):
        t = start + day * DAY
        for minute in range(0, 1_440, 8):
            at = t + minute * MINUTE
            history.add_marks("A", [(at + s * 1_000, 67_000.0 + s) for s in range(60)])
            history.add_volume_at_price("A", at, np.arange(40), np.ones(40))
        for span in (MINUTE, 15 * MINUTE):
            rows = np.zeros(DAY // span, BAR)
            rows["t"] = t + span * np.arange(rows.size)
            for name in ("open", "high", "low", "close"):
                rows[name] = 67_000.0
            history.add_bars("A", span, False, rows)
        history.add_forced(ForcedOrder("B", 0, t + 5, t + 6, 5.0, 5.0, 1.0))  # type: ignore[arg-type]
    history.commit()
    return start


def _trim(history: History, limit_mb: int, days: int, now_ms: int) -> list[Trimmed]:
    """Trim until nothing is left to do."""
    parts = [history.trim(limit_mb, days, now_ms)]
    while parts[-1].more:
        parts.append(history.trim(limit_mb, days, now_ms))
    return parts


def test_age_takes_marks_alone(open_history: Open) -> None:
    history = open_history()
    start = _fill(history, 6)
    size = history.size_bytes
    parts = _trim(history, 1_000, 2, start + 6 * DAY)
    assert len(parts) == 2, "little at a time"
    assert sum(p.mark_minutes for p in parts) == 4 * 180
    trimmed = parts[-1]
    assert (trimmed.volume_minutes, trimmed.bars, trimmed.forced, trimmed.over) == (0, 0, 0, False)
    assert history.marks("A")["t"].min() == start + 4 * DAY
    assert history.volume_at_price("A")["t"].min() == start
    assert len(history.forced(None)) == 6
    assert history.size_bytes < size
    assert "180 minutes of marks" in trimmed.sentence
    assert history.trim(1_000, 2, start + 6 * DAY).sentence == ""


def test_size_takes_the_oldest_and_never_young_forced_orders(open_history: Open) -> None:
    history = open_history()
    start = _fill(history, 10)
    now = start + 10 * DAY
    first = _trim(history, 2, 100, now)[-1]
    assert first.size_bytes <= 2_000_000
    assert first.volume_minutes > 0
    assert (first.bars, first.forced, first.over) == (0, 0, False)
    oldest = history.marks("A")["t"].min()
    assert (oldest - start) % DAY == 0
    assert oldest > start
    assert history.volume_at_price("A")["t"].min() == oldest
    parts = _trim(history, 0, 4, now)
    second = parts[-1]
    assert history.marks("A").size == 0
    assert history.volume_at_price("A").size == 0
    assert history.bars("A", MINUTE, False).size == 0
    assert history.bars("A", 15 * MINUTE, False).size == 10 * 96
    assert sum(p.bars for p in parts) == 10 * 1_440
    assert sum(p.forced for p in parts) == 6
    assert [o.time_ms for o in history.forced(None)] == [start + d * DAY + 5 for d in range(6, 10)]
    assert second.over
    assert "larger than its limit" in second.sentence
    assert history.size_bytes < 400_000


def test_trimming_waits_for_a_clock(open_history: Open) -> None:
    history = open_history()
    _fill(history, 2)
    assert history.trim(0, 1, 0).mark_minutes == 0
    assert history.marks("A").size > 0
