"""The box for somebody without a terminal: it says the sentence, and comes only where nobody reads standard error."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from support import leaks
from support.xserver import XServer

from liqdesk.ui.refusal import box, is_read

CLASS = "liqdesk"  # StartupWMClass of packaging/linux/liqdesk.desktop


def test_the_sentence_is_shown_where_nobody_reads_it_otherwise() -> None:
    """Tests run without a terminal."""
    assert not is_read({"DISPLAY": ":1"})
    assert not is_read({"WAYLAND_DISPLAY": "wayland-0", "QT_QPA_PLATFORM": "wayland"})
    assert is_read({"DISPLAY": ":1", "QT_QPA_PLATFORM": "offscreen"})
    assert is_read({"DISPLAY": ":1", "QT_QPA_PLATFORM": "minimal:x=y"})
    if sys.platform.startswith("linux"):
        assert is_read({})


def test_the_box_says_the_sentence(qtbot: QtBot) -> None:
    shown = box("notes.txt is not a recording of liqdesk.")
    qtbot.addWidget(shown)
    assert shown.text() == "notes.txt is not a recording of liqdesk."
    assert [b.text() for b in shown.buttons()] == ["Close"]


@pytest.mark.xcb
def test_who_opens_an_unfit_file_from_the_desktop_is_told_in_a_box(xserver: XServer, tmp_path: Path) -> None:
    text = tmp_path / "notes.liqdesk"
    text.write_text("hello")
    command = [sys.executable, "-m", "liqdesk", str(text), "--profile", str(tmp_path / "profile")]
    process = subprocess.Popen(
        command, env=xserver.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    leaks.lasting_children.add(process.pid)
    with process:
        try:
            answered = close_box(process, xserver, 60.0)
            out, errors = process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
            leaks.lasting_children.discard(process.pid)
    assert answered
    assert (process.returncode, out) == (2, "")
    assert errors == f"liqdesk: {text} is not a recording of liqdesk.\n"


def close_box(process: subprocess.Popen[str], server: XServer, within_s: float) -> bool:
    """Answer the program's box with Return until the program ends; return whether a box was there. A busy server may take a while to give
    a new window the keyboard."""

    def ask(*words: str) -> str:
        return subprocess.run(
            ["timeout", "5", "xdotool", *words], env=server.env, capture_output=True, text=True
        ).stdout

    found, deadline = False, time.monotonic() + within_s
    while process.poll() is None and time.monotonic() < deadline:
        for window in ask("search", "--onlyvisible", "--class", f"^{CLASS}$").split():
            found = True
            ask("windowactivate", "--sync", window)
            ask("key", "Return")
        time.sleep(0.2)
    return found
