"""A profile that a later version has written: every command says so in a sentence and touches nothing, and the window does too."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from support.earlier import copy_of, tree
from support.xserver import XServer
from test_formats import killed_after

from liqdesk.formats import HISTORY
from liqdesk.formats.versions import DOCUMENTS
from liqdesk.history import History

NEWEST = "20261126-115942"
NEXT = HISTORY + 1


def document(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        later = json.loads(path.read_text("utf-8")) | {"version": 2}
        path.write_text(json.dumps(later, indent=2), "utf-8")

    return change


def later_history(folder: Path) -> None:
    """Make the history one of the next version, closed in order."""
    History.open(folder / "history.sqlite", folder / "lock").close()
    with closing(sqlite3.connect(folder / "history.sqlite")) as db:
        db.execute("CREATE TABLE dream (t)")
        db.execute("UPDATE meta SET value = ? WHERE name = 'version'", (str(NEXT),))
        db.execute(f"PRAGMA user_version = {NEXT}")
        db.commit()


def later_in_the_table(folder: Path) -> None:
    """Make it one whose table alone says so."""
    History.open(folder / "history.sqlite", folder / "lock").close()
    with closing(sqlite3.connect(folder / "history.sqlite")) as db:
        db.execute("UPDATE meta SET value = ? WHERE name = 'version'", (str(NEXT),))
        db.commit()


def later_and_killed(folder: Path) -> None:
    """Make it one of a program that was killed after it had brought the file to the next version: all of that is in the log."""
    History.open(folder / "history.sqlite", folder / "lock").close()
    killed_after(
        folder / "history.sqlite",
        "BEGIN",
        "CREATE TABLE dream (t)",
        f"UPDATE meta SET value = '{NEXT}' WHERE name = 'version'",
        f"PRAGMA user_version = {NEXT}",
        "COMMIT",
    )
    assert (folder / "history.sqlite-wal").stat().st_size > 0


def another_market(folder: Path) -> None:
    """Make a history of another address, of the next version, beside one that is of today's."""
    path = folder / "history-127.0.0.1_8080.sqlite"
    History.open(path, folder / "lock", origin="127.0.0.1:8080").close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {NEXT}")


LATER: Mapping[str, tuple[str, int, str, Callable[[Path], None]]] = {
    **{name: (name, 2, "1", document(name)) for name in DOCUMENTS},
    "history": ("history.sqlite", NEXT, f"1 to {HISTORY}", later_history),
    "history's table": ("history.sqlite", NEXT, f"1 to {HISTORY}", later_in_the_table),
    "killed history": ("history.sqlite", NEXT, f"1 to {HISTORY}", later_and_killed),
    "another history": ("history-127.0.0.1_8080.sqlite", NEXT, f"1 to {HISTORY}", another_market),
}
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "snapshot": ("snapshot", "--demo", "--out", "OUT/picture.png"),
    "snapshot --history": ("snapshot", "--history", "--out", "OUT/picture.png"),
    "record": ("record", "--symbol", "BTCUSDT", "--demo", "--minutes", "0.05"),
    "import": ("import", "OUT"),
    "export": ("export", "--what", "bars", "--out", "OUT/bars.csv"),
    "score": ("score", "--symbol", "BTCUSDT"),
}
# Every file with some command, every command with some files, and all of both where nothing is like anything else.
PAIRS = [
    *((kind, command) for kind in ("settings.json", "killed history") for command in COMMANDS),
    *zip([k for k in LATER if k not in ("settings.json", "killed history")], [*COMMANDS, "export"], strict=True),
]


def profile_of_a_later_one(tmp_path: Path, kind: str) -> tuple[Path, str]:
    """Return a profile with everything in it, of which one file is of a later version, and the beginning of what is to be said."""
    folder, _ = copy_of(NEWEST, tmp_path / "profile")
    name, found, known, change = LATER[kind]
    change(folder)
    words = (
        f"{name} was written by a later liqdesk (format {found}; this one knows {known}). Nothing was changed. "
        f"Open {folder} with the later liqdesk, or name another --profile."
    )
    return folder, words


@pytest.mark.parametrize(("kind", "command"), PAIRS)
def test_a_command_refuses_and_touches_nothing(tmp_path: Path, kind: str, command: str) -> None:
    folder, words = profile_of_a_later_one(tmp_path, kind)
    out = tmp_path / "out"
    out.mkdir()
    before = tree(folder)
    arguments = [word.replace("OUT", str(out)) for word in COMMANDS[command]]
    done = subprocess.run(
        [sys.executable, "-m", "liqdesk", *arguments, "--profile", str(folder)],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, text=True, encoding="utf-8",
    )  # fmt: skip
    assert (done.stderr, done.stdout, done.returncode) == (f"liqdesk: {words}\n", "", 3)
    assert tree(folder) == before
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("options", [(), ("--symbol", "BTCUSDT"), ("--demo",)])
@pytest.mark.parametrize("kind", ["layouts.json", "history's table"])
def test_the_window_refuses_where_its_words_are_read(tmp_path: Path, kind: str, options: tuple[str, ...]) -> None:
    folder, words = profile_of_a_later_one(tmp_path, kind)
    before = tree(folder)
    done = subprocess.run(
        [sys.executable, "-m", "liqdesk", "--profile", str(folder), *options],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, text=True, encoding="utf-8",
    )  # fmt: skip
    assert (done.stderr, done.stdout, done.returncode) == (f"liqdesk: {words}\n", "", 3)
    assert tree(folder) == before


@pytest.mark.xcb
def test_started_from_a_menu_a_box_says_it_and_a_key_ends_it(tmp_path: Path, xserver: XServer) -> None:
    folder, words = profile_of_a_later_one(tmp_path, "alerts.json")
    before = tree(folder)
    process = subprocess.Popen(
        [sys.executable, "-m", "liqdesk", "--profile", str(folder)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=xserver.env,
    )  # fmt: skip
    try:
        subprocess.run(
            ["xdotool", "search", "--sync", "--onlyvisible", "--name", "liqdesk"],
            env=xserver.env, check=True, timeout=60, capture_output=True,
        )  # fmt: skip
        time.sleep(0.5)
        assert process.poll() is None
        subprocess.run(["xdotool", "key", "Return"], env=xserver.env, check=True, timeout=20)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert (said.decode(), process.returncode) == (f"liqdesk: {words}\n", 3)
    assert tree(folder) == before


def test_the_profile_opens_where_nothing_in_it_is_later(tmp_path: Path) -> None:
    """The refusals above come of the later files alone."""
    folder, _ = copy_of(NEWEST, tmp_path / "profile")
    done = subprocess.run(
        [sys.executable, "-m", "liqdesk", "export", "--what", "bars", "--symbol", "BTCUSDT",
         "--out", str(tmp_path / "bars.csv"), "--profile", str(folder)],
        capture_output=True, timeout=60, check=False, text=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "120 rows of BTCUSDT" in done.stdout
