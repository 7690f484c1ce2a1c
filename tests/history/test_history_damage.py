"""Damage that SQLite itself does not see: values of other types, a list of tables that is gone, a description changed by a bit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from liqdesk.errors import ProfileError
from liqdesk.history import FORCED, SCORE, TRADES, History
from liqdesk.market import ForcedOrder, Funding
from liqdesk.market.rows import INTEREST, TRADE

T0 = 1_776_000_000_000
MINUTE = 60_000

Open = Callable[..., History]
Bars = Callable[..., np.ndarray]
Order = Callable[..., ForcedOrder]
READS: dict[str, Callable[[History], object]] = {
    "bar": lambda h: (h.bars("A", MINUTE, False), h.extent("A"), h.coverage("A", TRADES)),
    "covered": lambda h: h.coverage("A", FORCED),
    "unfinished": lambda h: h.unfinished("A"),
    "interest": lambda h: h.open_interest("A"),
    "mark": lambda h: h.marks("A"),
    "volume": lambda h: h.volume_at_price("A"),
    "funding": lambda h: h.funding("A"),
    "gain": lambda h: h.gains("A"),
    "gap": lambda h: h.gaps("A"),
    "record": lambda h: h.records("A", SCORE),
    "forced": lambda h: h.forced(None),
    "symbol": lambda h: h.symbols(),
}
VALUES = [
    ("bar", "t", "CAST(t AS BLOB)"),
    ("bar", "open", "'many'"),
    ("bar", "volume", "x'0102'"),
    ("interest", "contracts", "'many'"),
    ("interest", "usd", "x''"),
    ("mark", "rows", "x'010203'"),
    ("mark", "rows", "'text'"),
    ("mark", "rows", "7"),
    ("volume", "rows", "x'01'"),
    ("volume", "rows", "1.5"),
    ("funding", "rate", "'many'"),
    ("gain", "short", "'many'"),
    ("record", "t", "t + 0.5"),
    ("record", "model", "'many'"),
    ("record", "body", "'text'"),
    ("gap", "to_ms", "'9999999999999999999999'"),
    ("gap", "reason", "x'ff'"),
    ("bar", "span", "'many'"),
    ("covered", "to_ms", "'many'"),
    ("unfinished", "rows", "x'01'"),
    ("unfinished", "last_id", "'many'"),
    ("forced", "side", "5"),
    ("forced", "price", "'many'"),
    ("symbol", "name", "CAST(name AS BLOB)"),
    ("symbol", "name", "CAST(x'ff' || name AS TEXT)"),
]


@contextmanager
def editing(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as db:
        yield db
        db.commit()


@pytest.fixture
def path(tmp_path: Path, open_history: Open, bars: Bars, order: Order) -> Path:
    """Return a closed history that holds some of everything."""
    history = open_history()
    history.add_bars("A", MINUTE, False, bars())
    history.add_open_interest("A", np.array([(T0, 5.0, 6.0)], INTEREST))
    history.add_marks("A", [(T0, 5.0)])
    history.add_trades("A", np.array([(1, T0, 67_000.0, 1.0, True)], TRADE))
    history.add_funding([Funding("A", T0, 1e-4)])
    history.add_gain("A", T0, 0.1, 0.2)
    history.add_record("A", SCORE, T0, 1, b"said")
    history.add_gap("A", "forced", T0, T0 + 5, "cut")
    history.add_covered("A", FORCED, T0, T0 + 5_000)
    history.add_unfinished("A", T0, 1, 9, np.arange(3), np.ones(3))
    history.add_forced(order())
    history.close()
    return tmp_path / "history.sqlite"


@pytest.mark.parametrize(("table", "column", "value"), VALUES)
def test_a_value_of_another_type_is_damage_in_words(
    open_history: Open, path: Path, allow_log: Callable[[str], None], table: str, column: str, value: str
) -> None:
    allow_log("the history is damaged")
    with editing(path) as db:
        db.execute(f"UPDATE {table} SET {column} = {value}")
    before = path.read_bytes()
    broken = path.with_name("history.sqlite.broken")
    reader = open_history(read_only=True)
    if not reader.notices:  # newer SQLites find some of these when the file is opened
        with pytest.raises(ProfileError) as e:
            READS[table](reader)
        assert e.value.user == "The history file history.sqlite is damaged."
    reader.close()
    assert path.read_bytes() == before
    writer = open_history()
    if not writer.notices:
        with pytest.raises(ProfileError) as e:
            READS[table](writer)
        assert "kept as history.sqlite.broken" in e.value.user
    assert broken.exists()
    writer.add_marks("A", [(T0, 7.0)])
    assert writer.marks("A")["mark"].tolist() == [7.0]
    with closing(sqlite3.connect(broken)) as db:
        assert db.execute("SELECT count(*) FROM bar").fetchone()[0] >= 5


@pytest.mark.expects_log("the history is damaged")
def test_a_minute_that_cannot_be_joined_while_writing_moves_on(open_history: Open, path: Path) -> None:
    with editing(path) as db:
        db.execute("UPDATE mark SET rows = x'010203'")
    history = open_history()
    history.add_marks("A", [(T0 + 1_000, 6.0)])
    history.commit()
    assert "kept as history.sqlite.broken" in history.notice
    assert history.marks("A")["mark"].tolist() == [6.0]


def test_numbers_that_could_never_enter_are_not_given_out(open_history: Open, path: Path) -> None:
    with editing(path) as db:
        db.execute("UPDATE bar SET low = -5.0 WHERE t = ?", (T0,))
        db.execute("UPDATE bar SET volume = 9e999 WHERE t = ?", (T0 + MINUTE,))
        db.execute("UPDATE interest SET contracts = -9e999")
        db.execute("UPDATE funding SET rate = 9e999")
        db.execute("UPDATE forced SET price = -1.0")
        db.execute("UPDATE mark SET rows = ?", (np.array([(5, np.nan), (9, 3.0)], "<u2,<f8").tobytes(),))
    history = open_history()
    assert history.bars("A", MINUTE, False)["t"].tolist() == [T0 + n * MINUTE for n in (2, 3, 4)]
    assert history.open_interest("A").size == history.funding("A").size == len(history.forced(None)) == 0
    assert history.marks("A")["mark"].tolist() == [3.0]
    assert history.notices == ()


@pytest.mark.expects_log("the history is damaged")
@pytest.mark.parametrize("version", ["0", "-3", "x", "", "1.5"])
def test_a_version_that_never_was_is_damage(open_history: Open, path: Path, version: str) -> None:
    with editing(path) as db:
        db.execute("UPDATE meta SET value = ? WHERE name = 'version'", (version,))
    assert "kept as history.sqlite.broken" in open_history().notice


@pytest.mark.expects_log("the history (is damaged|cannot be read)")
def test_a_file_that_lost_the_list_of_its_tables_is_not_begun_anew(open_history: Open, path: Path) -> None:
    with path.open("r+b") as f:
        f.seek(100 + 3)  # how many rows the list has, on the first page
        f.write(b"\0\0")
    before = path.read_bytes()
    assert "cannot be read" in open_history(read_only=True).notice
    writer = open_history()
    assert "kept as history.sqlite.broken" in writer.notice
    assert path.with_name("history.sqlite.broken").read_bytes() == before


def test_a_file_that_was_begun_and_never_written_to_is_used(open_history: Open, tmp_path: Path, order: Order) -> None:
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as db:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("PRAGMA journal_mode = WAL")
    assert (tmp_path / "history.sqlite").stat().st_size > 0
    history = open_history()
    history.add_forced(order())
    history.commit()
    assert history.notices == ()


@pytest.mark.expects_log("the history (is damaged|cannot be read)")
def test_a_name_of_a_table_that_is_no_text_is_damage(open_history: Open, path: Path) -> None:
    """SQLite repeats the bytes in its message, which Python then cannot read."""
    content = path.read_bytes()
    assert content.count(b"CREATE TABLE funding") == 1
    path.write_bytes(content.replace(b"CREATE TABLE funding", b"CREATE TABL\xff fu\xfeding"))
    assert "cannot be read" in open_history(read_only=True).notice
    assert "kept as history.sqlite.broken" in open_history().notice


@pytest.mark.expects_log("the history is damaged")
def test_a_time_that_is_no_number_does_not_end_a_trim(open_history: Open, path: Path) -> None:
    with editing(path) as db:
        db.execute("UPDATE bar SET t = CAST(t AS BLOB)")
        db.execute("DELETE FROM mark")
        db.execute("DELETE FROM volume")
    history = open_history()
    history.trim(0, 400, T0)
    assert "kept as history.sqlite.broken" in history.notice


@pytest.mark.expects_log("the history is damaged")
@pytest.mark.parametrize("use", ["read", "write"])
def test_symbols_without_a_number_are_damage(open_history: Open, path: Path, use: str) -> None:
    """With one letter changed a number is no longer the row's own, and SQLite finds the file whole."""
    content = path.read_bytes()
    assert content.count(b"id INTEGER PRIMARY KEY") == 1
    path.write_bytes(content.replace(b"id INTEGER PRIMARY KEY", b"id INTEGER PRIMARX KEY"))
    history = open_history()
    assert history.notices == ()
    if use == "read":
        with pytest.raises(ProfileError) as e:
            history.bars("A", MINUTE, False)
        assert "kept as history.sqlite.broken" in e.value.user
    history.add_marks("A", [(T0, 7.0)])
    history.commit()
    assert "kept as history.sqlite.broken" in history.notice
    assert history.marks("A")["mark"].tolist() == [7.0]
