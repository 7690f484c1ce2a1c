"""A run that ended badly is told once, in a calm line; its report is read, copied and forgotten on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from shell_frames import frame

from liqdesk.about import Stamp
from liqdesk.crash.reports import gather, kept, untold
from liqdesk.crash.watch import FOLDER, RUNNING
from liqdesk.ui.crashes import CRASHED
from liqdesk.ui.dialogs.crashes import NO_ISSUES, NONE, CrashCard
from liqdesk.ui.window import Window

WHEN_S = 1_795_694_600  # Thu 26 Nov 2026, 12:03:20 UTC
SENTENCE = "liqdesk ended badly on Thu 26 Nov 12:03 UTC (segmentation fault). A report was kept on this machine; nothing was sent."
ISSUES = "https://example.org/liqdesk/issues/new"


class Browser(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open_url(self, url: QUrl) -> None:
        self.opened.append(url.toString())


def crash(profile: Path, number: int = 0) -> None:
    folder = profile / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{RUNNING}20261126T120000Z-{number}"
    path.write_text(f"liqdesk: 0.1.{number}\nFatal Python error: Segmentation fault\n\nCurrent thread 0x1:\n")
    os.utime(path, (WHEN_S + number, WHEN_S + number))
    gather(profile)


def opened(window: Window) -> CrashCard:
    window.act.press("crashes")
    dialog: Any = window.act.dialog
    assert isinstance(dialog, CrashCard)
    return dialog


def test_it_is_told_once_and_the_line_leads_to_the_report(window: Window, tmp_path: Path) -> None:
    crash(tmp_path)
    window.act.crashes.tell(untold(tmp_path))
    (notice,) = window.shell.notices.shown
    assert (notice.key, notice.sentence, notice.action) == (CRASHED, SENTENCE, "Look")
    assert window.state()["notice.0"] == {"text": SENTENCE, "value": CRASHED}
    assert untold(tmp_path) == (), "the next start does not say it again"
    window.apply(frame())
    window.turns.everything()
    assert window.shell.notices.shown[0] == notice
    window.shell.notices.acted.emit(CRASHED)
    assert isinstance(window.act.dialog, CrashCard)
    assert CRASHED not in [n.key for n in window.shell.notices.shown]


def test_several_are_one_line_and_an_error_that_it_outlived_says_so(window: Window, tmp_path: Path) -> None:
    from liqdesk.ui.crashes import told_in_words

    crash(tmp_path, 1)
    crash(tmp_path, 2)
    both = untold(tmp_path)
    assert told_in_words(both, "UTC").startswith(
        "liqdesk met 2 crashes or errors that nobody foresaw, the last on Thu 26 Nov 12:03 UTC."
    )
    import msgspec

    outlived = msgspec.structs.replace(both[0], went_on=True)
    assert told_in_words([outlived], "UTC").startswith(
        "liqdesk met an error that nobody foresaw on Thu 26 Nov 12:03 UTC, and went on."
    )
    window.act.crashes.tell(())
    assert window.shell.notices.shown == ()


def test_a_report_is_read_copied_and_forgotten(window: Window, tmp_path: Path) -> None:
    crash(tmp_path, 1)
    crash(tmp_path, 2)
    card = opened(window)
    newest, older = kept(tmp_path)
    assert card.contents.isVisible()
    assert card.shown == newest
    assert card.headline.text() == "Segmentation fault, Thu 26 Nov 12:03 UTC; liqdesk ended"
    assert card.text.toPlainText() == newest.text()
    card.contents.setCurrentIndex(card.contents.model().index(1, 0))
    assert card.text.toPlainText() == older.text()
    assert "liqdesk: 0.1.1" in older.text()
    card.copy.click()
    assert QGuiApplication.clipboard().text() == older.text()
    card.drop.click()
    assert kept(tmp_path) == (newest,)
    assert card.text.toPlainText() == newest.text()
    assert not card.contents.isVisible()
    card.drop.click()
    assert kept(tmp_path) == ()
    assert not (tmp_path / FOLDER).exists()
    assert card.headline.text() == NONE
    assert not card.text.isVisible()


def test_the_issue_page_opens_only_where_one_is_known(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash(tmp_path)
    card = opened(window)
    assert not card.page.isVisible()
    assert card.promise.text().endswith(NO_ISSUES)
    monkeypatch.setattr("liqdesk.about.stamp", lambda: Stamp(issues=ISSUES))
    browser = Browser()
    for scheme in ("https", "file"):
        QDesktopServices.setUrlHandler(scheme, browser, "open_url")
    try:
        card = opened(window)
        card.page.click()
        card.folder.click()
    finally:
        for scheme in ("https", "file"):
            QDesktopServices.unsetUrlHandler(scheme)
    assert browser.opened == [ISSUES, f"file://{tmp_path / FOLDER}"]


def test_without_a_crash_the_card_says_so(window: Window) -> None:
    card = opened(window)
    assert card.headline.text() == NONE
    assert not card.copy.isVisible()
