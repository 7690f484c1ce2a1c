"""An upgrade that is killed at any point leaves the old file or the new one, whole, and the next start finds everything."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import earlier_profiles
import pytest
from support.earlier import copy_of, names

from liqdesk import settings
from liqdesk.alerts import AlertStore
from liqdesk.formats import HISTORY
from liqdesk.history import History, schema
from liqdesk.settings import Settings

# A child that says what it is about to do, line by line, and waits for leave before each.
UPGRADE = """
import sys
from pathlib import Path
from liqdesk.history import History, opening

def halt(words):
    print(" ".join(words.split())[:60], flush=True)
    assert sys.stdin.readline()

connect = opening.connect
def traced(target, *, uri=False):
    db = connect(target, uri=uri)
    if not uri and target != ":memory:":
        db.set_trace_callback(halt)
    return db
opening.connect = traced
folder = Path(sys.argv[1])
History.open(folder / "history.sqlite", folder / "lock").close()
halt("closed")
"""
WRITE = """
import os, sys
from pathlib import Path
import msgspec
from liqdesk import settings
from liqdesk.alerts import AlertStore

path = Path(sys.argv[1])
busy = False
def halt(event, arguments):
    global busy
    names = [os.fspath(a) for a in arguments if isinstance(a, (str, os.PathLike))]
    if busy or event not in ("open", "os.rename", "os.remove", "tempfile.mkstemp") or not any(path.name in n for n in names):
        return
    busy = True
    print(event, flush=True)
    assert sys.stdin.readline()
    busy = False
if path.name == "settings.json":
    new = msgspec.structs.replace(settings.load(path).settings, symbol="SOLUSDT")
    sys.addaudithook(halt)
    settings.save(path, new)
else:
    store = AlertStore(path)
    rules = store.load()
    sys.addaudithook(halt)
    assert store.save(rules[:3])
print("done", flush=True)
assert sys.stdin.readline()
"""


class Stepped:
    """A child that is let go step by step, and killed."""

    def __init__(self, text: str, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", text, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.steps: list[str] = []

    def go(self) -> bool:
        """Let it go to its next step; returns whether there is one."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self.steps:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline().strip()
        if line:
            self.steps.append(line)
        return bool(line)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


def steps_of(text: str, path: Path) -> list[str]:
    """Return every step that a child takes to its end."""
    child = Stepped(text, path)
    try:
        while child.go():
            continue
    finally:
        child.kill()
    return child.steps


def killed_at(text: str, path: Path, number: int) -> str:
    """Let a child go until it is about to take a step, kill it there, and return the step."""
    child = Stepped(text, path)
    try:
        for _ in range(number + 1):
            assert child.go(), child.steps
    finally:
        child.kill()
    return child.steps[-1]


def tables(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def state(path: Path, held: dict[str, Any]) -> int:
    """Return the version of a history that was killed, after holding that it is whole: its tables, its rows and its pages."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        version = int(dict(db.execute("SELECT name, value FROM meta"))["version"])
        have = {name for name, _, since in schema.ROW_TABLES if since <= version}
        assert tables(db) == have | {"meta", "symbol"}
        assert db.execute("PRAGMA user_version").fetchone()[0] in ((0,) if version < HISTORY else (0, HISTORY))
        for table, rows in held["tables"].items():
            if table != "symbol":
                assert earlier_profiles.digest(db, table) == rows, table
    return version


@pytest.mark.parametrize("name", [n for n in names("history") if n < "20261126-13"])  # later ones are of today's form
def test_a_history_is_old_or_new_wherever_the_upgrade_is_killed(tmp_path: Path, name: str) -> None:
    folder, held = copy_of(name, tmp_path / "whole")
    steps = steps_of(UPGRADE, folder)
    begin, end = (next(i for i, step in enumerate(steps) if step.startswith(word)) for word in ("BEGIN", "COMMIT"))
    assert 1 <= begin < end < len(steps) - 1
    assert steps[-1] == "closed"
    seen = set()
    for number in range(begin - 1, len(steps)):
        folder, _ = copy_of(name, tmp_path / f"killed-{number}")
        step = killed_at(UPGRADE, folder, number)
        assert step == steps[number]
        shutil.copytree(folder, tmp_path / f"looked-at-{number}")
        version = state(tmp_path / f"looked-at-{number}" / "history.sqlite", held["history"])
        assert version == (held["history"]["version"] if number <= end else HISTORY), f"killed before {step}"
        seen.add(version)
        with History.open(folder / "history.sqlite", folder / "lock") as history:
            assert history.notices == ()
            assert len(history.forced(None)) == 40
        assert state(folder / "history.sqlite", held["history"]) == HISTORY
    assert seen == {held["history"]["version"], HISTORY}


@pytest.mark.parametrize("file", ["settings.json", "alerts.json"])
def test_a_document_is_old_or_new_wherever_its_writing_is_killed(tmp_path: Path, file: str) -> None:
    folder, _ = copy_of("20261120-164256", tmp_path / "whole")
    old = (folder / file).read_bytes()
    steps = steps_of(WRITE, folder / file)
    new = (folder / file).read_bytes()
    assert new != old
    assert "os.rename" in steps
    assert steps[-1] == "done"
    for number in range(len(steps)):
        folder, _ = copy_of("20261120-164256", tmp_path / f"killed-{number}")
        killed_at(WRITE, folder / file, number)
        found = (folder / file).read_bytes()
        assert found == (old if number <= steps.index("os.rename") else new)
        if file == "settings.json":
            loaded = settings.load(folder / file)
            assert loaded.notices == ()
            assert loaded.settings.theme == "light" != Settings().theme
        else:
            store = AlertStore(folder / file)
            assert len(store.load()) in (3, 9)
            assert store.notices == ()


def test_what_a_kill_left_lying_is_the_only_trace(tmp_path: Path) -> None:
    folder, _ = copy_of("20261120-164256", tmp_path / "profile")
    steps = steps_of(WRITE, copy_of("20261120-164256", tmp_path / "other").folder / "settings.json")
    killed_at(WRITE, folder / "settings.json", steps.index("os.rename"))
    left = [p for p in folder.iterdir() if p.suffix == ".new"]
    assert len(left) == 1
    assert json.loads(left[0].read_text("utf-8"))["symbol"] == "SOLUSDT"
    settings.save(folder / "settings.json", Settings())
    assert settings.load(folder / "settings.json").settings == Settings()
