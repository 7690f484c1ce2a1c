"""The log: what goes where, how lines look, how it rotates, and what a full disk does to it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from liqdesk import logs
from liqdesk.logs import file as logfile

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO   |WARNING|DEBUG  ) [\w.]+: .*")

log = logging.getLogger("liqdesk.somewhere")


Screen = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    logs.close()


@pytest.mark.expects_log("WARNING liqdesk.somewhere: two")
def test_the_file_takes_information_and_the_screen_warnings(tmp_path: Path, capsys: Screen) -> None:
    path = tmp_path / "liqdesk.log"
    assert logs.setup(path) == ""
    log.debug("zero")
    log.info("one %d", 1)
    log.warning("two")
    logging.getLogger("other").info("not ours")
    logs.close()
    lines = path.read_text("utf-8").splitlines()
    assert [line.split(": ", 1)[1] for line in lines] == ["one 1", "two"]
    assert all(LINE.fullmatch(line) for line in lines)
    assert capsys.readouterr().err.splitlines() == lines[1:]


def test_verbose_shows_everything_of_ours(tmp_path: Path, capsys: Screen) -> None:
    logs.setup(None, verbose=True)
    log.debug("zero")
    log.info("one")
    logging.getLogger("numba").debug("noise")
    assert [line.split(": ", 1)[1] for line in capsys.readouterr().err.splitlines()] == ["zero", "one"]


def test_texts_of_others_cannot_forge_lines_or_steer_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "liqdesk.log"
    logs.setup(path)
    log.info("symbol %s", "A\n2026-01-01 forged\r\x1b[2J\x9b31m\x00\ud800 é")
    logs.close()
    (line,) = path.read_bytes().decode("utf-8").splitlines()
    assert line.endswith(r"symbol A\n2026-01-01 forged\r\x1b[2J\x9b31m\x00\ud800 é")


@pytest.mark.expects_log("WARNING liqdesk.somewhere: broken")
def test_a_traceback_follows_its_line(tmp_path: Path) -> None:
    path = tmp_path / "liqdesk.log"
    logs.setup(path)
    try:
        raise ValueError("why")
    except ValueError:
        log.warning("broken", exc_info=True)
    logs.close()
    lines = path.read_text().splitlines()
    assert lines[1] == "Traceback (most recent call last):"
    assert lines[-1] == "ValueError: why"


def test_it_rotates_and_keeps_three_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LARGEST", 5_000)
    path = tmp_path / "liqdesk.log"
    logs.setup(path)
    for i in range(1_000):
        log.info("line %d", i)
    logs.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["liqdesk.log", "liqdesk.log.1", "liqdesk.log.2"]
    assert all(p.stat().st_size <= 5_000 for p in tmp_path.iterdir())
    assert path.read_text().splitlines()[-1].endswith("line 999")


def test_setting_up_again_replaces_what_was(tmp_path: Path) -> None:
    first, second = tmp_path / "one.log", tmp_path / "two.log"
    logs.setup(first)
    logs.setup(second)
    log.info("hello")
    logs.close()
    logs.close()
    log.info("unheard")
    assert first.read_text() == ""
    assert len(second.read_text().splitlines()) == 1


def test_a_file_that_cannot_be_opened_is_a_notice(tmp_path: Path) -> None:
    assert logs.setup(tmp_path / "gone" / "liqdesk.log") == "The log cannot be written (No such file or directory)."


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_said_once_and_stops_nothing(capsys: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile.LogFile, "shouldRollover", lambda self, record: False)
    logs.setup(Path("/dev/full"))
    for i in range(5):
        log.info("line %d", i)
    assert capsys.readouterr().err.count("cannot be written") == 1
    logs.close()
    assert capsys.readouterr().err == ""


def test_without_a_screen_there_is_only_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    logs.setup(tmp_path / "liqdesk.log")
    log.info("hello")
    logs.close()
    assert "hello" in (tmp_path / "liqdesk.log").read_text()
