"""Profiles of earlier versions under the program itself: its commands, its window, its recorder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import earlier_profiles
import pytest
import websocket
from pytestqt.qtbot import QtBot
from support.earlier import FRAMES, Earlier, copy_of, names, tree
from support.exchange import Exchange
from support.killing import peek
from support.program import Program
from support.waiting import pause

from liqdesk import logs, settings
from liqdesk.app.choices import Choices
from liqdesk.app.desk import Desk
from liqdesk.app.preparing import Start
from liqdesk.formats import HISTORY, marker_of
from liqdesk.history import schema
from liqdesk.ui.layouts.document import LayoutStore
from liqdesk.ui.window import Window

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
SYMBOL = earlier_profiles.SYMBOL
NEWEST = "20261126-115942"
MAP_S = 120.0
DOCUMENTS = ("settings.json", "alerts.json", "lines.json", "positions.json", "layouts.json")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "liqdesk", *words],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False, text=True, encoding="utf-8",
    )  # fmt: skip


def rows(path: Path) -> dict[str, Any]:
    """Return counts and digests of what a history held before; what version 2 and 3 brought is beside it."""
    with closing(sqlite3.connect(path)) as db:
        return {name: earlier_profiles.digest(db, name) for name in earlier_profiles.TABLES if name != "symbol"}


def held_in(earlier: Earlier) -> dict[str, Any]:
    return {name: row for name, row in earlier.held["history"]["tables"].items() if name != "symbol"}


# commands


@pytest.mark.parametrize("name", names("history"))
def test_a_snapshot_shows_the_history_of_before(tmp_path: Path, name: str) -> None:
    earlier = copy_of(name, tmp_path / "profile")
    before = {n: row for n, row in tree(earlier.folder).items() if n in DOCUMENTS}
    done = run(
        "snapshot", "--history", "--symbol", SYMBOL, "--profile", str(earlier.folder), "--settle", "0.5",
        "--out", str(tmp_path / "picture.png"), "--report", str(tmp_path / "report.json"),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    shown = json.loads((tmp_path / "report.json").read_text("utf-8"))
    path = earlier.folder / "history.sqlite"
    with closing(sqlite3.connect(path)) as db:
        (last,) = db.execute("SELECT close FROM bar WHERE span = 60000 AND mark = 0 ORDER BY t DESC LIMIT 1").fetchone()
        chosen = settings.load(earlier.folder / "settings.json").settings
        side = {"long": (0,), "short": (1,), "both": (0, 1)}[chosen.tape_side]
        forced = [
            price * quantity
            for price, quantity, of in db.execute(
                "SELECT price, quantity, side FROM forced WHERE symbol = 1 ORDER BY t DESC"
            )
            if price * quantity >= chosen.tape_min_usd and of in side
        ]
    assert shown["price.last"]["value"] == last
    assert shown["tape.count"]["value"] == len(forced) > 0
    assert shown["tape.0.usd"]["value"] == pytest.approx(forced[0])
    assert shown["funding.last"]["value"] == 0.0002
    found = rows(path)
    assert {table: found[table] for table in held_in(earlier)} == held_in(earlier)
    assert schema.VERSION == HISTORY == 3
    assert {n: row for n, row in tree(earlier.folder).items() if n in DOCUMENTS} == before


@pytest.mark.parametrize("name", names("history"))
def test_an_export_gives_the_forced_orders_of_before(tmp_path: Path, name: str) -> None:
    earlier = copy_of(name, tmp_path / "profile")
    out = tmp_path / "forced.csv"
    words = ("export", "--what", "forced", "--symbol", SYMBOL, "--out", str(out), "--profile", str(earlier.folder))
    done = run(*words)
    assert (done.returncode, done.stderr) == (0, "")
    first = out.read_bytes()
    assert len(first.splitlines()) == 15
    assert run(*words).returncode == 0
    assert out.read_bytes() == first


# the window


def documents(folder: Path) -> dict[str, Any]:
    return {name: json.loads((folder / name).read_text("utf-8")) for name in DOCUMENTS}


def test_the_window_opens_a_profile_of_before_and_leaves_it_whole(tmp_path: Path) -> None:
    earlier = copy_of(NEWEST, tmp_path / "profile")
    before = documents(earlier.folder)
    ended = []
    for _ in range(2):
        program = Program.liqdesk(["--demo", "--speed", "5"], tmp_path)
        try:
            program.wait_for(
                "day", MAP_S
            )  # frames come, and are shown: everything of the profile has been read by then
            assert program.close() == 0
            assert "Traceback" not in program.errors()
        finally:
            if program.alive():
                program.kill()
        ended.append(documents(earlier.folder))
    assert not [p.name for p in earlier.folder.iterdir() if "broken" in p.name or p.suffix == ".new"]
    for after in ended:
        for name in ("alerts.json", "lines.json", "positions.json"):
            assert after[name] == before[name], name
        mine, theirs = after["settings.json"], before["settings.json"]
        assert {name: mine[name] for name in theirs if name != "window_geometry"} == {
            name: value for name, value in theirs.items() if name != "window_geometry"
        }
        assert_layouts(before["layouts.json"], after["layouts.json"])
    assert settled(ended[0]) == settled(ended[1]), "a second start changes nothing"
    assert rows(earlier.folder / "history.sqlite") == held_in(earlier), (
        "a simulated market touches no history of the venue's"
    )


def settled(files: dict[str, Any]) -> dict[str, Any]:
    """Return documents without the place and size of the window, which a display decides each time anew."""
    out: dict[str, Any] = json.loads(json.dumps(files))
    del out["settings.json"]["window_geometry"]
    shown = next(one for one in out["layouts.json"]["layouts"] if one["name"] == out["layouts.json"]["current"])
    for what in ("state", "window", "column", "maximized"):
        shown.pop(what, None)
    return out


def assert_layouts(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Hold that every layout is there, those not on screen to the letter, and the one on screen with its panels where they were."""
    assert after["current"] == before["current"]
    theirs, mine = ({one["name"]: one for one in file["layouts"]} for file in (before, after))
    assert list(theirs) == list(mine)
    for name, one in theirs.items():
        if name != before["current"]:
            assert mine[name] == one
    shown, stood = mine[before["current"]], theirs[before["current"]]
    for what in ("closed", "folded", "group"):
        assert shown.get(what) == stood.get(what), what
    by = shown["scale"] / stood["scale"]  # the profile's text is larger than that the layout was made at
    assert by == 1.25
    assert shown["floating"] == {n: [x, y, w * by, h * by] for n, (x, y, w, h) in stood["floating"].items()}


@pytest.mark.parametrize("name", names("layouts"))
def test_the_panels_stand_where_they_stood(tmp_path: Path, name: str, qtbot: QtBot) -> None:
    earlier = copy_of(name, tmp_path / "profile")
    loaded = settings.load(earlier.folder / "settings.json")
    window = Window(loaded.settings, True, str(earlier.folder))
    qtbot.addWidget(window)
    window.resize(1_500, 850)
    window.show()
    window.shell.arranging.start()
    qtbot.waitUntil(lambda: window.shell.arranging.layouts.names == tuple(earlier.held["layouts"]))
    try:
        column = window.column
        assert column.dock("tape").isFloating()
        assert column.dock("funding").isFloating()
        assert column.dock("zones").closed
        assert column.imbalance.folded
        assert [d.objectName() for d in column.tabifiedDockWidgets(column.dock("alerts"))] == ["watchlist"]
        assert not window.shell.charts.places()
        window.shell.arranging.choose("Scalping")
        qtbot.wait(100)
        column.tuck(False)  # the display of tests is narrow
        qtbot.wait(100)
        assert not column.dock("tape").isFloating()
        assert {d.objectName() for d in column.tabifiedDockWidgets(column.dock("alerts"))} == {"watchlist", "tape"}
        assert len(window.shell.charts.places()) == 1
        assert window.shell.charts.group == "A"
        said = [str(shown["text"]) for key, shown in window.state().items() if key.startswith("notice.")]
        assert said == []
        assert window.act.shortcuts.keymap.owner("Ctrl+E") == "mute", (
            "a key of one's own is not lost to a newer command"
        )
        assert window.act.shortcuts.sequences("save") == ("F12", "Ctrl+S")
        assert window.act.shortcuts.sequences("copy") == ()
    finally:
        window.shell.charts.close()
        window.leaving = True
        window.close()
        pause(50)
    assert LayoutStore(earlier.folder / "layouts.json").load().names == tuple(earlier.held["layouts"])


def history_of(earlier: Earlier, port: int) -> Path:
    """Make the history of before one of the exchange at a port."""
    path = earlier.folder / f"history-127.0.0.1_{port}.sqlite"
    for end in ("", "-wal"):
        shutil.move(earlier.folder / f"history.sqlite{end}", path.with_name(path.name + end))
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE meta SET value = ? WHERE name = 'origin'", (f"127.0.0.1:{port}",))
        db.commit()
    return path


def old_rows(path: Path, until_ms: int) -> dict[str, list[Any]]:
    """Return the rows of a history that are older than a moment, of the tables that state their time."""
    with closing(sqlite3.connect(path)) as db:
        return {
            table: sorted(map(repr, db.execute(f"SELECT * FROM {table} WHERE t < ?", (until_ms,))))
            for table in ("forced", "bar", "interest", "gain", "funding")
        }


@pytest.mark.parametrize("name", [n for n in names("history") if n < "20261126"])
def test_a_recorder_goes_on_with_the_history_of_before(
    tmp_path: Path, exchange: Callable[..., Exchange], name: str
) -> None:
    market = exchange(seed=3, speed=20, start="2026-07-15T12:00:00+00:00", trades=5)  # more than thirty days later
    earlier = copy_of(name, tmp_path / "profile")
    path = history_of(earlier, market.port)
    until = earlier_profiles.T0 + earlier_profiles.BARS * earlier_profiles.MINUTE
    before = old_rows(path, until)
    newer, marks = f"SELECT count(*) FROM bar WHERE t >= {until}", "SELECT count(*) FROM mark"
    out, err = tmp_path / "out.txt", tmp_path / "err.txt"
    with out.open("wb") as said_to, err.open("wb") as errors_to:
        process = subprocess.Popen(
            [sys.executable, "-m", "liqdesk", "record", "--symbol", SYMBOL, "--profile", str(earlier.folder),
             "--rest-url", market.rest, "--stream-url", market.stream],
            stdin=subprocess.DEVNULL, stdout=said_to, stderr=errors_to,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 150
        while "Recording " not in out.read_text("utf-8") or peek(path, newer) <= 1_000 or peek(path, marks) <= 4:
            assert process.poll() is None, err.read_text("utf-8")
            assert time.monotonic() < deadline, out.read_text("utf-8")
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        code = process.wait(30)
    finally:
        process.kill()
        process.wait()
    said = out.read_text("utf-8")
    assert (code, err.read_text("utf-8")) == (0, "")
    version = earlier.held["history"]["version"]
    notice = f"{path.name} is brought from format {version} to {HISTORY}; an older liqdesk will not open it after that. No row is lost."
    assert (notice in said.splitlines()) is (version < HISTORY)
    brought = f"{path.name} is brought from version {version} to {HISTORY}, in "
    assert (brought in (earlier.folder / "liqdesk.log").read_text("utf-8")) is (version < HISTORY)
    assert marker_of(path) == HISTORY
    assert old_rows(path, until) == before
    assert len(before["bar"]) == 264
    with closing(sqlite3.connect(path)) as db:
        assert db.execute(newer).fetchone()[0] > 1_000
        assert db.execute(marks).fetchone()[0] > 4
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_window_says_that_a_history_is_brought_up_to_date_and_does_not_stand_still(
    tmp_path: Path, exchange: Callable[..., Exchange], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = exchange(seed=3, speed=20, trades=5)
    earlier = copy_of(names("history")[0], tmp_path / "profile")
    path = history_of(earlier, market.port)
    slow_s, step = 3.0, schema.MIGRATIONS[1]
    began: list[float] = []

    def slowly(db: sqlite3.Connection) -> None:
        began.append(time.monotonic())
        db.create_function("a_while", 0, lambda: time.sleep(slow_s))
        db.execute("SELECT a_while()")
        step(db)

    monkeypatch.setitem(schema.MIGRATIONS, 1, slowly)
    choices = Choices(
        profile=str(earlier.folder), symbol=SYMBOL, rest_url=market.rest, stream_url=market.stream, proxy_url=""
    )
    window = Window()
    desk = Desk(window, Start.of(choices))
    longest = last = 0.0
    try:
        desk.furnish()
        window.show()
        desk.join()
        last = time.monotonic()
        deadline = last + 60
        while not began or time.monotonic() < began[0] + slow_s:
            pause(5)
            now = time.monotonic()
            if began and last > began[0]:
                longest = max(longest, now - last)
            last = now
            assert now < deadline
        said = [str(shown["text"]) for key, shown in window.state().items() if key.startswith("notice.")]
        assert any(f"{path.name} is brought from format 1 to {HISTORY}" in words for words in said), said
        qtbot.waitUntil(lambda: window.frame is not None, timeout=60_000)
    finally:
        desk.close()
        logs.close()
    assert longest < slow_s / 3, f"the window stood still for {longest:.2f} s of {slow_s:g}"
    assert marker_of(path) == HISTORY
    assert len(old_rows(path, earlier_profiles.T0 * 2)["forced"]) >= 40


# recorded frames


@pytest.mark.parametrize("name", ["nanoseconds.jsonl", "seconds.txt.gz", "untimed.jsonl.gz"])
def test_recorded_frames_of_every_form_are_served(name: str, exchange: Callable[..., Exchange]) -> None:
    market = exchange(frames=FRAMES / name, speed=20)
    held = json.loads((FRAMES / "manifest.json").read_text("utf-8"))[name]["streams"]
    socket = websocket.create_connection(f"{market.stream}/market/stream?streams={'/'.join(held)}", timeout=30)
    try:
        frames = [json.loads(socket.recv()) for _ in range(sum(held.values()))]
    finally:
        socket.close()
    assert {stream: sum(f["stream"] == stream for f in frames) for stream in held} == held
