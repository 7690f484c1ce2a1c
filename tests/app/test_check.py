"""`liqdesk check` finds what an installation lacks, and says nothing that is nobody's business."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QtMsgType, qInstallMessageHandler, qWarning

from liqdesk.app import check
from liqdesk.venues.binance.brackets import shipped_brackets


@pytest.fixture
def report() -> check._Report:
    return check._Report()


def test_a_whole_installation_has_no_trouble(report: check._Report, capsys: pytest.CaptureFixture[str]) -> None:
    check._facts(report)
    check._load_all(report)
    check._own_files(report)
    assert report.troubles == []
    said = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert int(said["modules"].split()[0]) > 300
    assert re.search(r"PySide6-Essentials 6\.\d+.*numba 0\.\d+.*python-socks 3", said["libraries"])
    assert said["brackets"] == f"of {shipped_brackets().as_of}"
    assert int(said["time zones"]) > 400
    authorities = re.search(r"with (\d+) authorities", said["others"])
    assert authorities is not None
    assert int(authorities[1]) > 50


def test_what_is_missing_is_trouble(report: check._Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "STANDS_ON", {**check.STANDS_ON, "nowhere": "Nowhere-Essentials"})
    monkeypatch.setattr(check, "OURS", ("nothing.svg",))
    monkeypatch.setattr(check, "_modules", lambda: iter(["liqdesk.nothing"]))
    check._load_all(report)
    check._own_files(report)
    assert report.troubles[0].startswith("liqdesk.nothing cannot be loaded: ModuleNotFoundError")
    assert report.troubles[1] == "Nowhere-Essentials is not there"
    assert report.troubles[2].startswith("the file nothing.svg cannot be read")
    assert len(report.troubles) == 3


@pytest.mark.expects_log("a thing to know of")
def test_what_log_and_qt_warn_of_is_trouble(report: check._Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    before = qInstallMessageHandler(report.hear)
    logging.getLogger().addHandler(report)
    try:
        qWarning("a plugin is not there")
        qWarning("This plugin does not support raise()")
        logging.getLogger("liqdesk.any").warning("%s", "a thing to know of")
        logging.getLogger("liqdesk.any").info("a thing to forget")
    finally:
        logging.getLogger().removeHandler(report)
        qInstallMessageHandler(before)
    assert report.troubles == [
        "Qt says: a plugin is not there",
        "the log says: WARNING liqdesk.any: a thing to know of",
    ]
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    report.hear(QtMsgType.QtWarningMsg, None, "This plugin does not support raise()")  # type: ignore[arg-type]
    assert len(report.troubles) == 3


def test_the_name_of_the_home_stays_at_home(report: check._Report, capsys: pytest.CaptureFixture[str]) -> None:
    report.say("profile", str(Path.home() / "liqdesk"))
    assert capsys.readouterr().out == "profile: ~/liqdesk\n".replace("/", str(Path("/"))[0])
