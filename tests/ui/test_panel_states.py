"""Every panel says how it stands while it starts, loads, has no connection, or shows what is not current any more."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot
from shell_frames import EMPTY, Furnish, connection, frame, source, streams

from liqdesk.engine.frames import Frame, FundingView, Progress
from liqdesk.ui.window import Window

REFUSED = "Binance refuses this region (451). Use the built-in market, or set a proxy."


@pytest.fixture
def window(furnish: Furnish) -> Window:
    return furnish()


def show(window: Window, one: Frame) -> None:
    window.apply(one)
    window.turns.everything()


def test_before_the_first_frame_it_is_starting(window: Window) -> None:
    column = window.column
    assert column.imbalance.content.blank.words == "starting"
    assert column.funding.content.blank.words == "starting"
    assert column.zones.content.note == "starting"


def test_while_it_loads_it_says_what(window: Window) -> None:
    show(window, frame(progress=Progress(3, 12, "page 3 of 12"), connection=connection("loading"), **EMPTY))
    column = window.column
    assert column.imbalance.content.blank[:2] == ("loading", "page 3 of 12")
    assert column.funding.content.blank[:2] == ("loading", "page 3 of 12")
    assert window.state()["zones.note"]["text"] == "loading"  # type: ignore[index]
    assert {panel.header.trouble for panel in column.panels} == {""}


def test_without_a_connection_every_panel_says_so_with_the_way_out(window: Window) -> None:
    show(window, frame(connection=connection("down", 8.0, REFUSED), **EMPTY))
    column = window.column
    assert column.imbalance.content.blank == ("no connection", REFUSED, True)
    assert column.funding.content.blank == ("no connection", REFUSED, True)
    assert window.state()["zones.note"]["text"] == "no connection"  # type: ignore[index]
    assert {panel.header.trouble for panel in column.panels} == {"no connection"}


@pytest.mark.parametrize("kind", ["live", "demo", "custom"])
def test_what_is_not_current_says_since_when_and_stops_saying_so(window: Window, kind: str) -> None:
    stale = frame(source=source(kind), connection=connection("stale", 8.0), streams=streams(41.0))
    show(window, stale)
    assert {panel.header.trouble for panel in window.column.panels} == {"stale 41 s"}
    assert window.state()["imbalance.±1%.long"]["text"] == "2.9M", "what was known stays, with its age"  # type: ignore[index]
    show(window, frame(source=source(kind), serial=2))
    assert {panel.header.trouble for panel in window.column.panels} == {""}


def test_nothing_to_show_is_said_in_the_panel_s_own_words(window: Window) -> None:
    show(window, frame(zones=(), imbalance=(), funding=FundingView(None, 8, 0, ())))
    column = window.column
    assert column.imbalance.content.blank.words == "no estimate yet"
    assert column.funding.content.blank.words == "no funding on this contract"
    assert column.zones.content.note == "no significant zone"


def test_another_theme_reaches_every_pane_though_no_frame_comes(window: Window, qtbot: QtBot) -> None:
    window.load_chart()
    show(window, frame(connection=connection("stale", 8.0), streams=streams(41.0)))
    chart = window.chart
    assert chart is not None
    qtbot.waitUntil(lambda: all(not p.picture.pixmap.isNull() for p in chart.panes.shown_panes if not p.folded))

    def grounds() -> set[str]:
        open_ = [pane for pane in chart.panes.shown_panes if not pane.folded]  # type: ignore[union-attr]
        return {pane.picture.pixmap.toImage().pixelColor(1, 1).name() for pane in open_}

    dark = grounds()
    window.change(theme="light")
    qtbot.waitUntil(lambda: all(QColor(one).lightness() > 128 for one in grounds()), timeout=3_000)
    assert all(QColor(one).lightness() < 128 for one in dark)
    window.change(theme="dark")
