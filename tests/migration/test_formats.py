"""The mark of a version: in documents, in the header of a database, and where the database's own log holds a newer header."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.earlier import tree

from liqdesk.errors import NewerError
from liqdesk.formats import HISTORY, RECORDING, check_profile, marker_of, stated_version, version_of
from liqdesk.formats.joining import joined
from liqdesk.formats.versions import DOCUMENTS
from liqdesk.history import History
from liqdesk.paths import Profile
from liqdesk.simulator.recording import Recording


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    size: float = 0.0


class Spot(msgspec.Struct, frozen=True):
    price: float


class Document(msgspec.Struct, frozen=True):
    version: int = 1
    entries: tuple[Entry, ...] = ()
    spots: dict[str, tuple[Spot, ...]] = {}
    mood: str = "calm"


# documents


@pytest.mark.parametrize(
    ("raw", "version"),
    [
        (b'{"version": 7}', 7),
        (b'{"rules": [], "version": 2, "x": 1}', 2),
        (b"{}", 1),
        (b"", 1),
        (b"[]", 1),
        (b"{", 1),
        (b'{"version": "2"}', 1),
        (b'{"version": null}', 1),
        (b'{"version": 1e99}', 1),
        (b"\xff\xfe", 1),
        (b"[" * 100_000, 1),
    ],
)
def test_a_document_without_a_number_is_of_version_1(raw: bytes, version: int) -> None:
    assert version_of(raw) == version


def test_what_is_not_known_stays_where_it_belongs(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_text(
        json.dumps(
            {
                "theme of a later one": {"a": [1, None]},
                "entries": [
                    {"id": "a", "size": 1.0, "colour": "red"},
                    {"id": "gone", "colour": "blue"},
                    {"id": "c", "new": 5},
                ],
                "spots": {"X": [{"price": 1.0, "slope": 2}, {"price": 3.0}], "gone": [{"price": 1.0, "slope": 9}]},
                "mood": 17,
            }
        )
    )
    document = Document(
        entries=(Entry("c"), Entry("a", 2.0), Entry("b")), spots={"X": (Spot(3.0), Spot(1.0)), "Y": (Spot(1.0),)}
    )
    assert json.loads(joined(path, document, 1)) == {
        "version": 1,
        "entries": [{"id": "c", "new": 5}, {"id": "a", "size": 2.0, "colour": "red"}, {"id": "b"}],
        "spots": {"X": [{"price": 3.0}, {"price": 1.0, "slope": 2}], "Y": [{"price": 1.0}]},
        "mood": "calm",
        "theme of a later one": {"a": [1, None]},
    }


@given(st.binary(max_size=200) | st.text(max_size=60).map(lambda t: json.dumps({"x": t, "mood": t}).encode()))
def test_nothing_that_lies_there_spoils_what_is_written(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any-document.json"
    path.write_bytes(raw)
    document = Document(entries=(Entry("a", 0.5),))
    assert msgspec.json.decode(joined(path, document, 10**9), type=Document) == document


def test_a_document_of_a_later_version_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_bytes(b'{"version": 3}')
    with pytest.raises(NewerError) as e:
        joined(path, Document(), 2)
    assert (e.value.path, e.value.found, e.value.known) == (path, 3, 2)
    assert e.value.user == (
        f"document.json was written by a later liqdesk (format 3; this one knows 1 to 2). Nothing was changed. Open {tmp_path} with the "
        "later liqdesk, or name another --profile."
    )


# databases


def written(folder: Path) -> Path:
    path = folder / "history.sqlite"
    History.open(path, folder / "lock").close()
    return path


def test_the_header_of_a_history_states_its_version(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert marker_of(path) == stated_version(path) == HISTORY
    assert marker_of(tmp_path / "none.sqlite") == stated_version(tmp_path / "none.sqlite") == 0
    assert marker_of(tmp_path) == 0
    for content in (b"", b"SQLite format 3\0", os.urandom(4_096), path.read_bytes().replace(b"liqd", b"abcd", 1)):
        other = tmp_path / "other.sqlite"
        other.write_bytes(content)
        assert marker_of(other) == 0


def test_a_file_of_before_the_mark_gains_it_when_it_is_written(tmp_path: Path) -> None:
    path = written(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 0")
    assert (marker_of(path), stated_version(path)) == (0, HISTORY)
    History.open(path, tmp_path / "lock", read_only=True).close()
    assert marker_of(path) == 0, "a reader writes nothing"
    History.open(path, tmp_path / "lock").close()
    assert marker_of(path) == HISTORY


KILLED = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA wal_autocheckpoint = 0")
for statement in sys.argv[2:]:
    db.execute(statement)
os._exit(0)
"""


def killed_after(path: Path, *statements: str) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(path), *statements], check=True)


def test_a_newer_header_in_the_log_of_a_killed_program_counts(tmp_path: Path) -> None:
    path = written(tmp_path)
    killed_after(path, "CREATE TABLE other (a)", "PRAGMA user_version = 9", "CREATE TABLE more (a)")
    assert path.with_name("history.sqlite-wal").stat().st_size > 0
    before = tree(tmp_path)
    assert marker_of(path) == 9
    with pytest.raises(NewerError, match="format 9"):
        History.open(path, tmp_path / "lock")
    assert tree(tmp_path) == before


def test_a_header_that_was_not_committed_does_not_count(tmp_path: Path) -> None:
    path = written(tmp_path)
    spill = (
        "PRAGMA cache_size = 1",
        "PRAGMA cache_spill = 1",
        "BEGIN",
        "PRAGMA user_version = 9",
        "CREATE TABLE other (a)",
    )
    rows = ["INSERT INTO other SELECT randomblob(3000) FROM pragma_function_list LIMIT 200"] * 3
    killed_after(path, "CREATE TABLE first (a)", *spill, *rows)
    log = path.with_name("history.sqlite-wal").read_bytes()
    assert b"randomblob" not in log
    assert len(log) > 500_000, "pages of the transaction were written before its end"
    assert marker_of(path) == HISTORY
    history = History.open(path, tmp_path / "lock")
    assert history.notices == ()
    assert not history.read_only
    history.close()


# a whole profile


def test_the_files_that_are_looked_at_are_those_of_the_profile(tmp_path: Path) -> None:
    from liqdesk.ui import keptlines
    from liqdesk.ui.layouts import arranging
    from liqdesk.ui.position import kept

    profile = Profile(tmp_path)
    assert set(DOCUMENTS) == {
        profile.settings.name, profile.alerts.name, keptlines.FILE, arranging.FILE, kept.FILE,
    }  # fmt: skip
    assert profile.history.match("history*.sqlite")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_profile_with_a_later_document_is_refused(tmp_path: Path, name: str) -> None:
    for one in DOCUMENTS:
        (tmp_path / one).write_text('{"version": 1}')
    written(tmp_path)
    check_profile(tmp_path)
    (tmp_path / name).write_text('{"version": 2}')
    before = tree(tmp_path)
    with pytest.raises(NewerError, match=name.replace(".", r"\.")):
        check_profile(tmp_path)
    assert tree(tmp_path) == before


def test_a_profile_that_is_not_there_or_holds_something_else_is_not_refused(tmp_path: Path) -> None:
    check_profile(tmp_path / "none")
    (tmp_path / "settings.json").mkdir()
    (tmp_path / "alerts.json").write_bytes(b"\xff")
    (tmp_path / "lines.json").write_text('{"version": 99}' + " " * 9_000_000)
    (tmp_path / "history-x.sqlite").mkdir()
    check_profile(tmp_path)


def test_the_page_on_the_profile_names_every_file_and_its_version() -> None:
    page = (Path(__file__).parents[2] / "docs" / "profile.md").read_text("utf-8")
    table = {row.split("|")[1].strip(" `"): row.split("|")[4] for row in page.splitlines() if row.startswith("| `")}
    for name, version in DOCUMENTS.items():
        assert table[name].startswith(f" {version}, field `version`"), name
    assert next(said for name, said in table.items() if name.startswith("history.sqlite")).startswith(f" {HISTORY}, ")
    assert f"`# liqdesk frames {RECORDING}`" in page


# recorded frames


def test_frames_may_state_their_version(tmp_path: Path) -> None:
    from liqdesk.errors import InputError

    path = tmp_path / "frames.txt"
    frame = '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","s":"BTCUSDT"}}'
    path.write_text(f"# liqdesk frames {RECORDING}\n1780315200000 {frame}\n")
    assert [one.name for one in Recording(path)] == ["btcusdt@aggTrade"]
    path.write_text(f"# liqdesk frames {RECORDING + 1}\n1780315200000 {frame}\n")
    with pytest.raises(InputError) as e:
        Recording(path)
    assert e.value.user.endswith("was written by a later liqdesk (format 2; this one knows 1). Play it with that one.")
