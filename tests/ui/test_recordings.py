"""A recording is chosen in the window and opened by the same program anew; what cannot be opened is said here."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot
from shell_frames import frame

from liqdesk import paths
from liqdesk.history import History
from liqdesk.market import MINUTE_MS
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.settings import Settings
from liqdesk.ui.keys import BY_NAME
from liqdesk.ui.theme import apply_theme
from liqdesk.ui.window import Window

WRITE = "import json, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(json.dumps(sys.argv[2:]))"
T0 = 1_776_204_000_000


def recording(folder: Path, interest: bool = True) -> Path:
    """Return a file that holds two candles, and open interest if wanted."""
    path = folder / "history.sqlite"
    with History.open(path, folder / "lock") as history:
        bars = np.array([(T0 + i * MINUTE_MS, 1.0, 2.0, 0.5, 1.5, 10.0, 5.0) for i in range(2)], BAR)
        history.add_bars("BTCUSDT", MINUTE_MS, False, bars)
        if interest:
            history.add_open_interest("BTCUSDT", np.array([(T0, 100.0, 150.0)], INTEREST))
        history.commit()
    return path


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Window]:
    apply_theme(qapp, "dark", 1.0)
    one = Window(Settings(first_run_done=True, sounds=False), True, str(tmp_path))
    one._painted = True
    qtbot.addWidget(one)
    one.shell.show()
    one.apply(frame())
    yield one
    one.close()


def test_it_is_opened_by_the_program_anew(window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tmp_path / "said.json"
    monkeypatch.setattr(paths, "command", lambda: [sys.executable, "-c", WRITE, str(said)])
    file = recording(tmp_path)
    window.act.menus.recordings.open(str(file))
    assert "history.sqlite, in a window of its own" in str(window.stage.toast.message)
    until = time.monotonic() + 30
    while not (said.exists() and said.stat().st_size) and time.monotonic() < until:
        time.sleep(0.02)
    assert json.loads(said.read_text()) == ["open", str(file), "--profile", str(tmp_path)]


def test_what_is_no_recording_is_said_and_nothing_starts(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "command", lambda: pytest.fail("nothing is to be started"))
    other = tmp_path / "notes.txt"
    other.write_text("no recording")
    window.act.menus.recordings.open(str(other))
    assert "is not a recording of liqdesk" in str(window.stage.toast.message)
    window.act.menus.recordings.open(str(tmp_path / "gone.liqdesk"))
    assert "does not exist" in str(window.stage.toast.message)
    empty = recording(tmp_path, interest=False)
    window.act.menus.recordings.open(str(empty))
    assert "nothing that a map can be made of" in str(window.stage.toast.message)


@pytest.mark.expects_log("cannot be opened: .* does not start")
def test_a_program_that_does_not_start_is_told(window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "command", lambda: [str(tmp_path / "nowhere")])
    window.act.menus.recordings.open(str(recording(tmp_path)))
    assert "could not be started again" in str(window.stage.toast.message)


def test_the_command_asks_for_a_file(window: Window, qtbot: QtBot) -> None:
    assert BY_NAME["recording"].sequences == ("Ctrl+O",)
    window.act.press("recording")
    (dialog,) = window.findChildren(QFileDialog)
    assert dialog.windowTitle() == "Open a recording"
    with qtbot.waitSignal(dialog.destroyed):
        dialog.reject()
