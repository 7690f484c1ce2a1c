"""The log panel and the streams panel: what is displayed is what happened and what the frames hold."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from shell_frames import Furnish, busy, connection, fired, frame, source

from liqdesk.ui import streams
from liqdesk.ui.journal import LONGEST, clean
from liqdesk.ui.panels.log import FILTERS, LogPanel
from liqdesk.ui.panels.streams import StreamsPanel
from liqdesk.ui.theme import BODY, text_width
from liqdesk.ui.window import Window


@pytest.fixture
def window(furnish: Furnish) -> Iterator[Window]:
    one = furnish(1_700, 900)
    logging.getLogger("liqdesk").setLevel(logging.INFO)
    yield one
    logging.getLogger("liqdesk").setLevel(logging.NOTSET)


def log_of(window: Window) -> LogPanel:
    window.column.show_panel("log")
    panel = window.column.panel("log")
    assert isinstance(panel, LogPanel)
    return panel


def words(panel: LogPanel) -> list[str]:
    return [e.words for e in panel.content.lines]


def test_what_happened_stands_newest_first_even_before_the_panel_was_made(window: Window, qtbot: QtBot) -> None:
    window.apply(frame())
    window.apply(frame(serial=2, notices=("The disk is nearly full.",), new_fired=(fired("zone"),)))
    worker = threading.Thread(target=lambda: logging.getLogger("liqdesk.net").info("poll %d failed", 7))
    worker.start()
    worker.join()
    window.apply(frame(serial=3, notices=("The disk is nearly full.",)))
    panel = log_of(window)
    assert words(panel) == [
        "poll 7 failed",
        "BTCUSDT is near a zone (zone) · short, $2.8M",
        "The disk is nearly full.",
        "BTCUSDT from Binance",
    ]
    state = window.column.state()
    assert state["log.count"] == {"text": "4 lines", "value": 4}
    assert state["log.0"]["text"].endswith("info  poll 7 failed")
    assert state["log.0"]["value"] == panel.content.lines[0].time_ms
    assert panel.content.tip_at(1) == "poll 7 failed"
    assert not panel.grab().isNull()


def test_connections_and_stale_data_are_noted_once(window: Window) -> None:
    one = busy()
    window.apply(one)
    panel = log_of(window)
    assert words(panel)[:-1] == [
        f"connection public: waiting. {one.links[1].sentence}",
        "connection market: open",
    ]
    assert [e.level for e in panel.content.lines] == ["warning", "link", "info"]
    stale = msgspec.structs.replace(one, connection=connection("stale", 8.0, "Connection reset."))
    window.apply(stale)
    window.apply(stale)
    window.apply(one)
    panel.show_frame(one)
    assert words(panel)[0] == "data are current again"
    assert words(panel)[1].endswith("Connection reset.")
    assert panel.content.lines[1].level == "warning"
    assert len(words(panel)) == 5


def test_filters_and_copy(window: Window, qtbot: QtBot) -> None:
    window.apply(frame(new_fired=(fired("up"),)))
    panel = log_of(window)
    actions = panel.menu().actions()
    assert [a.text() for a in actions] == list(FILTERS)
    actions[2].trigger()
    assert words(panel) == ["BTCUSDT is near a zone (up) · short, $2.8M"]
    assert panel.header.caption == "1 line"
    panel.copy.click()
    text = QGuiApplication.clipboard().text()
    assert text == panel.content.text()
    assert "alert" in text
    panel.show_filter("links")
    assert words(panel) == []
    assert not panel.grab().isNull()


def test_many_lines_are_bounded_and_looked_back_at(window: Window, qtbot: QtBot) -> None:
    panel = log_of(window)
    for i in range(2_500):
        window.shell.journal.put("info", f"line {i}")
    panel.content.refresh()
    assert len(panel.content.lines) == 2_000
    qtbot.keyClick(panel.content, Qt.Key.Key_PageDown)
    looked = panel.content.shown[0]
    assert looked != panel.content.lines[0]
    window.shell.journal.put("info", "newer")
    panel.content.refresh()
    qtbot.keyClick(panel.content, Qt.Key.Key_End)
    assert panel.content.shown[-1] == panel.content.lines[-1]
    qtbot.keyClick(panel.content, Qt.Key.Key_Home)
    assert panel.content.shown[0].words == "newer"


def test_a_long_line_breaks_and_is_not_shortened(window: Window) -> None:
    panel = log_of(window)
    body = panel.content
    said = (
        "The connection to the venue was lost and comes back by itself; what was missed meanwhile is asked for by REST."
    )
    window.shell.journal.put("info", "before")
    window.shell.journal.put("warning", said)
    window.shell.journal.put("info", "after")
    body.resize(380, 200)
    body.refresh()
    level, left, under = body._lefts()
    assert (level < left, under) == (True, False)
    after, long, before = body._places()[:3]
    assert len(after.lines) == len(before.lines) == 1
    assert len(long.lines) > 2
    assert " ".join(long.lines) == said
    assert all(text_width(one, BODY) <= body.width() - left for one in long.lines)
    assert after.top + after.high == long.top
    assert long.top + long.high == before.top
    assert body.tip_at(long.top + long.high - 1) == said
    body.resize(380, long.top + long.high - 1)
    assert [one.words for one in body.shown] == ["after"], "an event that has no room whole waits"
    body.resize(240, 300)
    level, left, under = body._lefts()
    assert (left < level, under) == (True, True), "with so little room the words stand under time and level"
    narrow = body._places()[1]
    assert " ".join(narrow.lines) == said
    assert narrow.top + narrow.down + len(narrow.lines) * 16 <= narrow.top + narrow.high
    body.resize(1_200, 200)
    assert [len(one.lines) for one in body._places()[:3]] == [1, 1, 1]


def test_no_secret_and_no_control_character_is_kept() -> None:
    assert clean("proxy socks5h://me:pass%20word@10.0.0.1:1080 refused") == "proxy socks5h://…@10.0.0.1:1080 refused"
    assert clean("a\nb\x1b[31m") == "a b [31m"
    assert len(clean("x" * 10_000)) == LONGEST


def test_a_closed_window_listens_no_more(window: Window) -> None:
    before = len(logging.getLogger("liqdesk").handlers)
    window.close()
    assert len(logging.getLogger("liqdesk").handlers) == before - 1


def test_the_streams_panel_shows_every_cell_of_the_frame(window: Window, qtbot: QtBot) -> None:
    one = busy()
    window.column.show_panel("streams")
    panel = window.column.panel("streams")
    assert isinstance(panel, StreamsPanel)
    window.apply(one)
    window.column.show_frame(one)
    assert [tuple(c.text for c in row) for row in panel.streams.rows] == [
        tuple(c.text for c in streams.stream_row(s)) for s in one.streams
    ]
    assert [row[0].text for row in panel.links.rows] == [link.name for link in one.links]
    assert panel.rest.rows[0][1].text == "212 of 2,400/min"
    assert panel.notes.text() == "\n".join(cell.text for cell in streams.notes(one))
    state = window.column.state()
    assert state["panel.rest.weight"]["value"] == 212
    stale = [s.name for s in one.streams if s.stale]
    assert panel.header.caption == (f"{', '.join(stale)} stale" if stale else f"{len(one.streams)} streams")
    demo = msgspec.structs.replace(one, source=source("demo"), epoch=2)
    window.column.show_frame(demo)
    assert not panel.grab().isNull()


def test_log_and_streams_share_tabs_below_the_chart(window: Window, qtbot: QtBot) -> None:
    column = window.column
    column.show_panel("log")
    column.show_panel("streams")
    log, flows = column.dock("log"), column.dock("streams")
    assert column.dockWidgetArea(log) == column.dockWidgetArea(flows) == Qt.DockWidgetArea.BottomDockWidgetArea
    assert flows in column.tabifiedDockWidgets(log)
    qtbot.waitUntil(lambda: log.covered and not flows.covered)
