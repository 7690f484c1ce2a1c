"""Recordings opened by name: read from any folder, left as they are, and refused in a sentence where they are none."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from liqdesk.errors import InputError
from liqdesk.history import History
from liqdesk.history.schema import VERSION
from liqdesk.market.rows import BAR, INTEREST

T0 = 1_780_315_200_000


def bars(count: int = 30) -> np.ndarray:
    return np.array([(T0 + 60_000 * n, 100.0, 102.0, 99.0, 101.0, 5.0, 2.0) for n in range(count)], BAR)


def interest(count: int = 6) -> np.ndarray:
    return np.array([(T0 + 300_000 * n, 1_000.0 + n, np.nan) for n in range(count)], INTEREST)


def record(path: Path, origin: str = "binance") -> None:
    history = History.open(path, path.with_name("lock"), origin=origin)
    history.add_bars("BTCUSDT", 60_000, False, bars())
    history.add_open_interest("BTCUSDT", interest())
    history.add_bars("ETHUSDT", 60_000, False, bars())
    history.commit()
    history.close()
    path.with_name("lock").unlink()


def listing(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder with an umlaut ü"
    folder.mkdir()
    record(folder / "mine.liqdesk")
    return folder / "mine.liqdesk"


def test_a_recording_is_read_and_nothing_is_left_beside_it(tape: Path) -> None:
    before = listing(tape.parent)
    history = History.of_file(tape)
    assert history.origin == "binance"
    assert history.read_only
    assert history.mapped() == ("BTCUSDT",), "of the other there is no open interest"
    assert history.bars("BTCUSDT", 60_000, False).tolist() == bars().tolist()
    history.add_bars("BTCUSDT", 60_000, False, bars(40))
    history.close()
    assert listing(tape.parent) == before


def test_a_recording_in_a_folder_that_cannot_be_written_is_read(tape: Path) -> None:
    tape.chmod(0o444)
    tape.parent.chmod(0o555)
    try:
        history = History.of_file(tape)
        assert len(history.bars("BTCUSDT", 60_000, False)) == 30
        history.close()
    finally:
        tape.parent.chmod(0o755)


def test_what_another_process_is_still_writing_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    writer = History.open(path, tmp_path / "lock")
    writer.add_bars("BTCUSDT", 60_000, False, bars())
    writer.add_open_interest("BTCUSDT", interest())
    writer.commit()
    assert path.with_name("history.sqlite-wal").stat().st_size > 0
    reader = History.of_file(path)
    assert len(reader.bars("BTCUSDT", 60_000, False)) == 30
    reader.close()
    writer.add_bars("BTCUSDT", 60_000, False, bars(60)[30:])
    writer.commit()
    assert len(writer.bars("BTCUSDT", 60_000, False)) == 60
    writer.close()


def test_a_simulated_recording_says_whose_it_is(tmp_path: Path) -> None:
    record(tmp_path / "x.sqlite", origin="simulated market 7 2026-06-01")
    history = History.of_file(tmp_path / "x.sqlite")
    assert history.origin == "simulated market 7 2026-06-01"
    history.close()


def test_one_of_an_earlier_version_is_brought_up_to_date_in_a_copy(tape: Path) -> None:
    db = sqlite3.connect(tape)
    db.execute("DROP TABLE record")
    db.execute("UPDATE meta SET value = '2' WHERE name = 'version'")
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    before = listing(tape.parent)
    history = History.of_file(tape)
    assert history.mapped() == ("BTCUSDT",)
    assert history.records("BTCUSDT", "score") == []
    history.close()
    assert listing(tape.parent) == before


def test_what_is_no_recording_is_refused_in_a_sentence(tape: Path) -> None:
    folder = tape.parent

    def sentence(path: Path) -> str:
        with pytest.raises(InputError) as refused:
            History.of_file(path)
        assert "\n" not in refused.value.user
        return refused.value.user

    assert sentence(folder / "none") == f"{folder / 'none'} does not exist."
    assert sentence(folder) == f"{folder} is a folder, not a recording."
    text = folder / "text.liqdesk"
    text.write_text("hello")
    assert sentence(text) == f"{text} is not a recording of liqdesk."
    (folder / "empty").touch()
    assert sentence(folder / "empty").endswith("is not a recording of liqdesk.")
    other = folder / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE t (x)")
    db.close()
    assert sentence(other) == f"{other} is not a recording of liqdesk."
    for name, data in (
        ("a.jsonl", b'{"stream":"x","data":{}}\n'),
        ("b.jsonl", b'1680000000000000 {"stream":"x","data":{}}\n'),
        ("c.gz", gzip.compress(b'1680000000000000 {"stream":"x"}\n')),
    ):
        (folder / name).write_bytes(data)
        assert f"liqdesk exchange --frames {folder / name} serves them" in sentence(folder / name)


def test_a_damaged_or_later_one_is_refused_and_left_alone(tape: Path) -> None:
    later = tape.with_name("later.liqdesk")
    shutil.copy(tape, later)
    with sqlite3.connect(later) as db:
        db.execute("UPDATE meta SET value = ? WHERE name = 'version'", (str(VERSION + 1),))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    with pytest.raises(InputError) as refused:
        History.of_file(later)
    assert refused.value.user == (
        f"{later} was recorded by a later liqdesk (format {VERSION + 1}; this one knows 1 to {VERSION}); update this one to open it."
    )
    whole = tape.read_bytes()
    for cut in (120, 4096, len(whole) // 2):
        damaged = tape.with_name(f"cut-{cut}.liqdesk")
        damaged.write_bytes(whole[:cut])
        with pytest.raises(InputError) as refused:
            History.of_file(damaged)
        assert refused.value.user == f"{damaged} is damaged and cannot be read."
        assert damaged.read_bytes() == whole[:cut]
    assert not [name for name in os.listdir(tape.parent) if "broken" in name]
