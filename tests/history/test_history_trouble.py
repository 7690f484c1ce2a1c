"""Damage, full disks, folders that cannot be written, foreign and newer files: a sentence, nothing lost, and it goes on."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from liqdesk.errors import NewerError, ProfileError
from liqdesk.history import History, schema
from liqdesk.history.pending import Pending
from liqdesk.market import ForcedOrder

T0 = 1_776_000_000_000
MINUTE = 60_000
SECOND_NS = 1_000_000_000

Open = Callable[..., History]
Bars = Callable[..., np.ndarray]
Order = Callable[..., ForcedOrder]

NOW = schema.VERSION


def _fill_disk(history: History) -> None:
    """Let SQLite find no room, as on a full disk."""
    pages = history._db.execute("PRAGMA page_count").fetchone()[0]
    history._db.execute(f"PRAGMA max_page_count = {pages}")


def _ruin(path: Path) -> None:
    """Overwrite all pages but the first."""
    size = path.stat().st_size
    with path.open("r+b") as f:
        f.seek(4_096)
        f.write(b"\xee" * (size - 4_096))


def _make_room(history: History) -> None:
    history._db.execute("PRAGMA max_page_count = 1000000")


@pytest.mark.expects_log("WARNING liqdesk.history.store: the history cannot be written")
def test_a_full_disk_delays_and_loses_nothing(open_history: Open, bars: Bars, order: Order) -> None:
    history = open_history()
    history.add_forced(order(0))
    history.commit()
    _fill_disk(history)
    history.add_bars("A", MINUTE, False, bars(500))
    for i in range(1, 40):
        history.add_forced(order(i))
        history.flush(i * SECOND_NS)
    assert history.notices == ("The disk is full: what comes is kept in memory and written when there is room.",)
    assert history.waiting == 539
    assert history.forced(None) == [order(0)]
    with pytest.raises(ProfileError, match="full"):
        history.commit()
    assert history.trim(100, 1, T0 + 10**10).bars == 0
    _make_room(history)
    history.flush(100 * SECOND_NS)
    assert history.notices == ()
    assert history.waiting == 0
    assert history.forced(None) == [order(i) for i in range(40)]
    assert history.bars("A", MINUTE, False).size == 500


@pytest.mark.expects_log("the history cannot be written")
def test_tries_become_rarer_while_the_disk_is_full(open_history: Open, bars: Bars) -> None:
    history = open_history()
    history.commit()
    _fill_disk(history)
    history.add_bars("A", MINUTE, False, bars(500))
    tried: list[int] = []
    write = history._write_once

    def count() -> None:
        tried.append(now)
        write()

    history._write_once = count  # type: ignore[method-assign]
    for now in range(100):
        history.flush(now * SECOND_NS)
    assert tried == [0, 2, 6, 14, 30, 60, 90]
    _make_room(history)


def test_a_full_queue_lets_go_of_the_least_worthy(
    caplog: pytest.LogCaptureFixture, allow_log: Callable[[str], None]
) -> None:
    allow_log("its oldest rows are let go")
    pending = Pending(limit=30)
    for minute in range(10):
        pending.put_mark("A", minute, 0, 1.0)
    pending.put("volume", "A", [(m, b"") for m in range(10)])
    pending.put("forced", "A", [(i,) for i in range(15)])
    pending.put("bar", "A", [(i,) for i in range(10)])
    pending.bound()
    assert pending.size == 30
    assert pending.let_go == 15
    assert [len(rows) for _, rows in pending._batches["forced"]] == [15]
    assert [len(rows) for _, rows in pending._batches["bar"]] == [10]
    assert [rows for _, rows in pending._batches["volume"]] == [[(m, b"") for m in range(6, 10)]]
    pending.put("forced", "A", [(i,) for i in range(15, 60)])
    pending.bound()
    assert pending.size == 30
    assert [row for _, rows in pending._batches["forced"] for row in rows] == [(i,) for i in range(31, 60)]


@pytest.mark.expects_log("the history is damaged")
@pytest.mark.parametrize("content", [b"not a database at all" * 500, b"SQLite format 3\0" + b"\xff" * 5_000, b"{}"])
def test_a_file_that_is_no_history_is_set_aside(
    open_history: Open, tmp_path: Path, order: Order, content: bytes
) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(content)
    history = open_history()
    assert history.notices == (
        "The history file was damaged; it is kept as history.sqlite.broken, and a new one was begun.",
    )
    assert (tmp_path / "history.sqlite.broken").read_bytes() == content
    history.add_forced(order())
    history.close()
    again = open_history()
    assert again.notices == ()
    assert again.forced(None) == [order()]


@pytest.mark.expects_log("the history is damaged")
def test_another_programs_database_is_set_aside_whole(open_history: Open, tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "history.sqlite")
    db.execute("CREATE TABLE songs (title)")
    db.execute("INSERT INTO songs VALUES ('one')")
    db.commit()
    db.close()
    assert open_history().notice.startswith("The history file was damaged")
    db = sqlite3.connect(tmp_path / "history.sqlite.broken")
    assert db.execute("SELECT title FROM songs").fetchall() == [("one",)]
    db.close()


@pytest.mark.expects_log("the history is damaged")
def test_torn_pages_are_found_at_the_next_start(open_history: Open, tmp_path: Path, bars: Bars) -> None:
    path = tmp_path / "history.sqlite"
    for number in range(1, 4):
        history = open_history()
        history.add_bars("A", MINUTE, False, bars(2_000))
        history.close()
        with path.open("r+b") as f:
            f.seek(8_192)
            f.write(os.urandom(60_000))
        history = open_history()
        name = "history.sqlite.broken" + (f"-{number}" if number > 1 else "")
        assert name in history.notice
        assert (tmp_path / name).exists()
        assert history.bars("A", MINUTE, False).size == 0
        history.close()


@pytest.mark.expects_log("the history is damaged")
def test_damage_while_writing_moves_on_with_what_waited(
    open_history: Open, tmp_path: Path, bars: Bars, order: Order
) -> None:
    history = open_history()
    history.add_bars("A", MINUTE, False, bars(5_000))
    history.add_marks("A", [(T0, 5.0)])
    history.commit()
    history._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    _ruin(tmp_path / "history.sqlite")
    # The pages in SQLite's own memory are still good.
    history._db.execute("PRAGMA shrink_memory")
    history._db.execute("PRAGMA cache_size = 0")
    history.add_forced(order())
    history.add_marks("A", [(T0 + 1_000, 6.0)])
    history.flush(SECOND_NS)
    assert history.waiting == 0
    assert "history.sqlite.broken" in history.notice
    assert history.forced(None) == [order()]
    assert history.marks("A")["mark"].tolist() == [5.0, 6.0]


@pytest.mark.expects_log("the history is damaged")
def test_damage_while_reading_is_a_sentence(open_history: Open, tmp_path: Path, bars: Bars) -> None:
    history = open_history()
    history.add_bars("A", MINUTE, False, bars(5_000))
    history.close()
    reader, writer = open_history(read_only=True), open_history()
    writer.bars("A", MINUTE, False)
    _ruin(tmp_path / "history.sqlite")
    for history in (reader, writer):
        history._db.execute("PRAGMA shrink_memory")
        history._db.execute("PRAGMA cache_size = 0")
    with pytest.raises(ProfileError) as e:
        reader.bars("A", MINUTE, False)
    assert e.value.user == "The history file history.sqlite is damaged."
    with pytest.raises(ProfileError) as e:
        writer.bars("A", MINUTE, False)
    assert "kept as history.sqlite.broken" in e.value.user
    writer.add_marks("A", [(T0, 5.0)])
    assert writer.marks("A").size == 1


def test_data_of_another_origin_are_refused(open_history: Open, order: Order) -> None:
    history = open_history(origin="127.0.0.1:8080")
    history.add_forced(order())
    history.close()
    for read_only in (False, True):
        with pytest.raises(ProfileError, match=r"holds 127\.0\.0\.1:8080, not binance"):
            open_history(read_only=read_only)
    assert open_history(origin="127.0.0.1:8080").forced(None) == [order()]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_a_later_version_is_left_alone(
    open_history: Open, tmp_path: Path, order: Order, read_only: bool
) -> None:
    history = open_history()
    history.add_forced(order())
    history.close()
    db = sqlite3.connect(tmp_path / "history.sqlite")
    db.execute("UPDATE meta SET value = '99' WHERE name = 'version'")
    db.commit()
    db.close()
    (tmp_path / "history.lock").unlink()
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    with pytest.raises(NewerError) as e:
        open_history(read_only=read_only)
    assert e.value.user.startswith(
        f"history.sqlite was written by a later liqdesk (format 99; this one knows 1 to {NOW}). Nothing was changed."
    )
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before


def test_an_older_file_is_brought_up_to_date(open_history: Open, monkeypatch: pytest.MonkeyPatch, order: Order) -> None:
    history = open_history()
    history.add_forced(order())
    history.close()

    def add_colour(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE colour (name TEXT)")

    monkeypatch.setattr(schema, "VERSION", NOW + 1)
    monkeypatch.setitem(schema.MIGRATIONS, NOW, add_colour)
    history = open_history()
    assert history.notices == ()
    assert history._db.execute("SELECT count(*) FROM colour").fetchone() == (0,)
    assert dict(history._db.execute("SELECT * FROM meta"))["version"] == str(NOW + 1)
    assert history.forced(None) == [order()]


def test_a_migration_that_fails_changes_nothing(
    open_history: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    open_history().close()

    def stumble(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE colour (name TEXT)")
        raise RuntimeError("half way")

    monkeypatch.setattr(schema, "VERSION", NOW + 1)
    monkeypatch.setitem(schema.MIGRATIONS, NOW, stumble)
    with pytest.raises(RuntimeError, match="half way"):
        open_history()
    monkeypatch.setattr(schema, "VERSION", NOW)
    history = open_history()
    assert not history.read_only
    assert history._db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'colour'").fetchone() == (0,)


def test_a_folder_that_cannot_be_written_is_read(unprivileged: Path, bars: Bars, open_history: Open) -> None:
    path = unprivileged / "history.sqlite"
    history = open_history(path)
    history.add_bars("A", MINUTE, False, bars(5))
    history.close()
    os.chmod(unprivileged, 0o555)
    os.chmod(path, 0o444)
    os.chmod(path.with_suffix(".lock"), 0o444)
    history = open_history(path)
    assert history.read_only
    assert history.notices[0].startswith("The profile folder cannot be written")
    assert history.bars("A", MINUTE, False).size == 5
    history.add_bars("A", MINUTE, False, bars(9))
    history.flush(SECOND_NS)
    assert history.bars("A", MINUTE, False).size == 5
    with pytest.raises(ProfileError, match="read-only"):
        history.commit()


def test_an_empty_folder_that_cannot_be_written_gives_an_empty_history(
    unprivileged: Path, open_history: Open, order: Order
) -> None:
    os.chmod(unprivileged, 0o555)
    history = open_history(unprivileged / "history.sqlite")
    assert history.read_only
    assert "nothing is recorded" in history.notice
    history.add_forced(order())
    history.flush(SECOND_NS)
    assert history.forced(None) == []
    assert history.size_bytes == 0
    assert list(unprivileged.iterdir()) == []


def test_a_file_that_cannot_be_written_is_read(unprivileged: Path, open_history: Open, order: Order) -> None:
    path = unprivileged / "history.sqlite"
    history = open_history(path)
    history.add_forced(order())
    history.close()
    os.chmod(path, 0o444)
    history = open_history(path)
    assert history.read_only
    assert "cannot be written" in history.notice
    assert history.forced(None) == [order()]


@pytest.mark.expects_log("the history cannot be (read|written)")
def test_a_folder_in_its_place_is_no_crash(open_history: Open, tmp_path: Path) -> None:
    (tmp_path / "history.sqlite").mkdir()
    history = open_history()
    assert history.read_only
    assert history.notices
    assert history.symbols() == ()


@pytest.mark.expects_log("the history cannot be written")
def test_a_locked_database_is_waited_for(
    open_history: Open, tmp_path: Path, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = open_history()
    history._db.execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    history.add_forced(order())
    history.flush(SECOND_NS)
    assert "cannot be written now (database is locked)" in history.notice
    other.execute("ROLLBACK")
    other.close()
    history.flush(10 * SECOND_NS)
    assert history.notices == ()
    assert history.forced(None) == [order()]
