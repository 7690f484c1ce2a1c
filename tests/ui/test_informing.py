"""About, licences, updates: every version and place shown is what runs; nobody is asked before that is wished; pages open outside."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from shell_frames import frame
from support.releases import HOST, TRUSTED, Releases, answer

from liqdesk import __version__
from liqdesk.about.works import gathered
from liqdesk.net.latest import request_lines
from liqdesk.ui.dialogs.about import AboutCard
from liqdesk.ui.dialogs.help import HelpDialog
from liqdesk.ui.dialogs.licences import NOTHING, LicencesCard
from liqdesk.ui.dialogs.updates import UpdatesCard
from liqdesk.ui.theme import apply_theme
from liqdesk.ui.window import Window
from liqdesk.venues.binance.brackets import shipped_brackets

PAGE = "https://example.org/liqdesk/releases/tag/v9.9.9"


class Outside(QObject):
    """Stands where the system's browser and file manager do, and keeps what it was asked to open."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        for scheme in ("file", "https"):
            QDesktopServices.setUrlHandler(scheme, self, "open_url")

    @Slot(QUrl)
    def open_url(self, url: QUrl) -> None:
        self.opened.append(url.toString())

    def close(self) -> None:
        for scheme in ("file", "https"):
            QDesktopServices.unsetUrlHandler(scheme)


@pytest.fixture
def outside(qapp: QApplication) -> Iterator[Outside]:
    one = Outside()
    yield one
    one.close()


def card(window: Window, kind: type, name: str) -> Any:
    window.act.press(name)
    assert isinstance(window.act.dialog, kind)
    return window.act.dialog


def test_about_shows_what_runs_what_the_map_stands_on_and_where_things_lie(window: Window, tmp_path: Path) -> None:
    one = frame()
    window.apply(one)
    about = card(window, AboutCard, "about")
    state = about.state()
    for name, value in {
        "liqdesk": __version__,
        "Runs from": "its source",
        "Model": one.model_version,
        "Brackets in use": one.brackets_as_of,
        "Brackets shipped": f"{shipped_brackets().as_of}, {shipped_brackets().source}",
        "Qt": qVersion(),
        "Display by": "offscreen",
    }.items():
        assert state[name] == {"text": value, "value": value}
    for name in ("Python", "PySide6", "pyqtgraph", "NumPy", "numba", "msgspec", "SQLite", "System"):
        assert state[name]["text"] not in ("", "–")
    assert {p.name: p.path for p in about.places}["Profile"] == tmp_path
    assert {p.name for p in about.places} == {"Profile", "Log", "Cache"}


def test_before_the_first_frame_what_only_it_knows_is_unknown(window: Window) -> None:
    assert card(window, AboutCard, "about").state()["Model"]["text"] == "–"


def test_all_of_it_is_copied_without_the_name_of_the_home_folder(
    window: Window, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    about = card(window, AboutCard, "about")
    about.copy.click()
    copied = QGuiApplication.clipboard().text()
    for name, shown in about.state().items():
        assert f"{name}: {shown['text']}" in copied
    assert "Profile: ~" in copied
    assert "Log: ~/liqdesk.log" in copied
    assert str(tmp_path) not in copied
    assert about.said.text() == "Copied."


def test_folders_are_opened_by_the_system(window: Window, outside: Outside, tmp_path: Path) -> None:
    about = card(window, AboutCard, "about")
    about.opens["Profile"].click()
    about.opens["Log"].click()
    assert outside.opened == [f"file://{tmp_path}"] * 2
    about.opens["Profile"].click()


def test_licences_are_searched_by_name_licence_and_text(window: Window, qtbot: QtBot) -> None:
    licences = card(window, LicencesCard, "licences")
    all_ = gathered()
    assert licences.shown == all_
    assert licences.count.text() == f"{len(all_)} of {len(all_)} works"
    assert licences.text.toPlainText() == all_[0].text
    qtbot.keyClicks(licences.search, "openblas")
    assert [w.name for w in licences.shown] == ["OpenBLAS"]
    assert licences.name.text() == "OpenBLAS"
    assert licences.terms.text().startswith("BSD-3-Clause · part of NumPy")
    licences.search.setText("mpl-2.0")
    assert [w.name for w in licences.shown] == ["certifi"]
    licences.search.setText("may you do good")
    assert [w.name for w in licences.shown] == ["SQLite"]
    licences.search.setText("no licence says this xyzzy")
    assert licences.shown == ()
    assert licences.text.toPlainText() == NOTHING
    licences.search.setText("")
    qtbot.keyClick(licences.search, Qt.Key.Key_Down)
    assert licences.name.text() == f"{all_[1].name} {all_[1].version}"
    licences.contents.setCurrentIndex(licences.contents.model().index(2, 0))
    assert licences.name.text() == f"{all_[2].name} {all_[2].version}"
    assert licences.text.toPlainText() == all_[2].text


def test_a_build_without_an_address_says_so_and_where_to_give_one(window: Window) -> None:
    updates = card(window, UpdatesCard, "updates")
    assert updates.headline.text() == "This build has no address to ask for newer releases."
    assert "under Connection, Updates" in updates.words.text()
    assert not updates.sent.isVisible()
    updates.settings.click()
    assert window.act.dialog is not updates
    dialog: Any = window.act.dialog
    assert "update_url" in dialog.lines


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], Releases]]:
    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: look_up("127.0.0.1" if host == HOST else host, *a, **k)
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(TRUSTED))
    for name in ("https_proxy", "http_proxy", "all_proxy", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made: list[Releases] = []

    def start(raw: bytes) -> Releases:
        made.append(Releases(raw))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_a_newer_release_is_told_and_its_page_opened_outside(
    window: Window, serve: Callable[[bytes], Releases], outside: Outside, qtbot: QtBot
) -> None:
    server = serve(answer(json.dumps({"tag_name": "v9.9.9", "html_url": PAGE}).encode()))
    window.change(update_url=server.address)
    updates = card(window, UpdatesCard, "updates")
    assert updates.sent.toPlainText().split("\n") == list(request_lines(server.address))
    qtbot.wait(200)
    assert server.told == [], "nobody is asked before that is wished"
    updates.ask.click()
    assert updates.headline.text() == f"Asking {HOST}:{server.port} …"
    qtbot.waitUntil(lambda: not updates.stop.isVisible(), timeout=20_000)
    assert updates.state()["sentence"]["text"] == f"liqdesk 9.9.9 is out. This is {__version__}."
    assert updates.page.text() == "Open its page at example.org"
    assert outside.opened == []
    updates.page.click()
    assert outside.opened == [PAGE]
    assert len(server.told) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            json.dumps({"tag_name": __version__, "html_url": PAGE}),
            f"This is the newest release: liqdesk {__version__}.",
        ),
        (json.dumps({"tag_name": "0.0.1", "html_url": PAGE}), "newer than the newest release, 0.0.1."),
        ("<html>", "answered something that is no release of liqdesk."),
    ],
)
def test_other_answers_offer_no_page(
    window: Window, serve: Callable[[bytes], Releases], qtbot: QtBot, body: str, says: str
) -> None:
    window.change(update_url=serve(answer(body.encode())).address)
    updates = card(window, UpdatesCard, "updates")
    updates.ask.click()
    qtbot.waitUntil(lambda: not updates.stop.isVisible(), timeout=20_000)
    assert updates.headline.text().endswith(says)
    assert not updates.page.isVisible()
    assert updates.ask.text() == "Ask again"


def test_asking_is_stopped_by_the_button_the_card_and_the_window(
    window: Window, serve: Callable[[bytes], Releases], qtbot: QtBot
) -> None:
    server = serve(b"")
    window.change(update_url=server.address)
    updates = card(window, UpdatesCard, "updates")
    updates.ask.click()
    qtbot.waitUntil(server.heard.is_set, timeout=20_000)
    updates.stop.click()
    qtbot.waitUntil(lambda: updates.ask.isVisible(), timeout=5_000)
    assert updates.headline.text() == f"Stopped. This is liqdesk {__version__}."
    server.heard.clear()
    updates.ask.click()
    qtbot.waitUntil(server.heard.is_set, timeout=20_000)
    updates.reject()
    qtbot.waitUntil(lambda: window.act.informing._thread is None, timeout=5_000)
    server.heard.clear()
    updates = card(window, UpdatesCard, "updates")
    updates.ask.click()
    qtbot.waitUntil(server.heard.is_set, timeout=20_000)
    window.close()
    thread = window.act.informing._thread
    assert thread is None or thread.isFinished()
    qtbot.waitUntil(lambda: window.act.informing._thread is None, timeout=5_000)


def test_the_proxy_is_named_without_its_password(window: Window) -> None:
    window.change(update_url="https://example.org/latest", proxy_url="http://me:secret@10.0.0.1:3128")
    updates = card(window, UpdatesCard, "updates")
    assert updates.way.text() == "Through the proxy http://me@10.0.0.1:3128."
    assert updates.way.isVisible()
    said = " ".join(one.text() for one in updates.findChildren(QLabel))
    assert "secret" not in said


def test_help_leads_to_both(window: Window) -> None:
    help_ = card(window, HelpDialog, "help")
    assert help_.about.text().endswith("(Shift+F1)")
    help_.about.click()
    assert isinstance(window.act.dialog, AboutCard)
    window.act.dialog.updates.click()
    assert isinstance(window.act.dialog, UpdatesCard)


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("name", ["about", "licences", "updates", "crashes"])
def test_the_cards_fit_their_screen_at_any_text_size(
    window: Window, qapp: QApplication, name: str, scale: float
) -> None:
    apply_theme(qapp, "light", scale)
    window.act.press(name)
    dialog: Any = window.act.dialog
    screen = dialog.screen().availableGeometry()
    assert dialog.width() <= screen.width()
    assert dialog.height() <= screen.height()
    assert not dialog.grab().isNull()
    dialog.reject()
    apply_theme(qapp, "dark", 1.0)
