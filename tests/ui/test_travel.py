"""Where the chart looks: following, letting go, going to a moment and back, candles of every length, axes under the hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from chart_scene import NOW, Scene, panes, scene, settings
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from liqdesk.errors import InputError
from liqdesk.market import MINUTE_MS
from liqdesk.model.candles import SPANS
from liqdesk.ui import present
from liqdesk.ui.chart import ChartPane
from liqdesk.ui.chart.follow import newest_edge
from liqdesk.ui.chart.header import title
from liqdesk.ui.chart.scale import time_ticks
from liqdesk.ui.spans import candle_tip

HOUR = 60 * MINUTE_MS
DAY = 24 * HOUR
WINDOWS = (12 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY)


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


@pytest.fixture
def make(qtbot: QtBot, market: Scene) -> Iterator[Callable[..., ChartPane]]:
    yield from panes(qtbot, market)


def drag(qtbot: QtBot, widget: QWidget, start: QPoint, by: QPoint, button: Qt.MouseButton) -> None:
    qtbot.mousePress(widget, button, pos=start)
    for step in range(1, 6):
        at = start + by * step / 5
        QApplication.processEvents()
        move(widget, at, button)
    qtbot.mouseRelease(widget, button, pos=start + by)


def move(widget: QWidget, at: QPoint, button: Qt.MouseButton) -> None:
    """Move the pointer with a button held, which qtbot cannot."""
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent

    where = QPointF(at)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        where,
        QPointF(widget.mapToGlobal(at)),
        Qt.MouseButton.NoButton,
        button,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)


def test_the_chart_lets_go_when_it_is_moved_and_says_so(make: Callable[..., ChartPane], qtbot: QtBot) -> None:
    pane = make()
    button = pane.travel.button
    assert pane.state.following
    assert pane.shown()["following"] is True
    assert button.isHidden()
    before = pane.state.lens
    pane.plot.zoom_time(0.5, 300.0)
    pane.refresh()
    assert pane.state.following
    pane.plot.pan(200.0, 0.0)
    pane.refresh()
    assert not pane.state.following
    assert pane.shown()["following"] is False
    assert button.isVisible()
    behind = NOW - pane.state.lens.t1
    assert button.note == f"{present.length(round(behind))} behind"
    assert pane.plot.geometry().contains(button.geometry())
    zoom = pane.state.lens.t1 - pane.state.lens.t0
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    pane.refresh()
    assert pane.state.following
    assert button.isHidden()
    assert pane.state.lens.t1 - pane.state.lens.t0 == pytest.approx(zoom)
    assert pane.state.lens.t1 > NOW
    assert zoom < before.t1 - before.t0
    pane.reset_view()
    pane.refresh()
    assert pane.state.lens == before


def test_going_to_a_moment_centres_it_and_reads_it(make: Callable[..., ChartPane]) -> None:
    pane = make()
    assert pane.travel.go("2026-02-27 17:30") == ""
    pane.refresh()
    lens = pane.state.lens
    asked = NOW - 18 * HOUR - 47 * MINUTE_MS
    assert (lens.t0 + lens.t1) / 2 == pytest.approx(asked)
    assert lens.t1 - lens.t0 == 12 * HOUR
    assert not pane.state.following
    assert pane.state.hover is not None
    assert lens.time(pane.state.hover[0]) == pytest.approx(asked, abs=1)
    held = pane.state.candles[pane.state.candles["t"] == asked]
    assert lens.price(pane.state.hover[1]) == pytest.approx(float(held["close"][0]))
    assert pane.overlay.reading is not None
    assert lens.low < pane.state.candles["low"].min()
    pane.travel.go("-3h")  # within half a view of now: there is nothing to show after it
    pane.refresh()
    assert pane.state.following
    assert pane.state.lens.t1 > NOW
    pane.travel.go("yesterday")
    pane.refresh()
    assert not pane.state.following
    pane.travel.go("now")
    pane.refresh()
    assert pane.state.following


def test_moments_outside_what_is_held_are_a_sentence(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    pane.refresh()
    before = pane.state.lens
    oldest = market.grid.rings[2].first * market.grid.rings[2].span_ms
    assert pane.travel.oldest_ms() == oldest
    with pytest.raises(InputError) as caught:
        pane.travel.go("1 jan")
    assert caught.value.user == f"What is held begins {present.stamp(oldest, 'UTC')}."
    with pytest.raises(InputError, match="after now"):
        pane.travel.go("2026-03-01")
    pane.refresh()
    assert pane.state.lens == before


def test_the_field_takes_a_moment_in_the_chosen_zone(make: Callable[..., ChartPane], qtbot: QtBot) -> None:
    pane = make()
    pane.set_settings(settings(timezone="Europe/Berlin"))
    field = pane.travel.field
    pane.travel.ask()
    assert field.isVisible()
    assert field.edit.placeholderText() == "Go to a moment, CET"
    assert pane.plot.geometry().contains(field.geometry())
    field.edit.setText("soon")
    qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    assert field.isVisible()
    assert field.words.text().startswith("“soon” is not a moment.")
    field.edit.clear()
    qtbot.keyClicks(field.edit, "27 feb 17:30")
    assert field.words.text().startswith("2026-02-27")
    qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    assert field.isHidden()
    pane.refresh()
    middle = (pane.state.lens.t0 + pane.state.lens.t1) / 2
    assert present.stamp(round(middle), "Europe/Berlin") == "Fri 27 Feb 17:30 CET"
    assert pane.travel.button.isVisible()
    pane.travel.ask()
    pane.refresh()
    assert pane.travel.button.isHidden(), "the field may need its room"
    qtbot.keyClick(field.edit, Qt.Key.Key_Escape)
    assert field.isHidden()
    pane.refresh()
    assert pane.travel.button.isVisible()


@pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton])
def test_a_drag_on_an_axis_scales_it_and_a_double_click_resets(
    make: Callable[..., ChartPane], qtbot: QtBot, button: Qt.MouseButton
) -> None:
    pane = make()
    before = pane.state.lens
    drag(qtbot, pane.axis, QPoint(30, 200), QPoint(0, 100), button)
    pane.refresh()
    after = pane.state.lens
    share = 100 / before.height
    assert (after.y1 - after.y0) / (before.y1 - before.y0) == pytest.approx(math.exp(3 * share))
    assert after.y0 + after.y1 == pytest.approx(before.y0 + before.y1)
    assert (after.t0, after.t1) == (before.t0, before.t1)
    assert not pane.state.auto_price
    qtbot.mouseDClick(pane.axis, Qt.MouseButton.LeftButton, pos=QPoint(30, 200))
    pane.refresh()
    assert pane.state.auto_price
    assert pane.state.lens == before
    drag(qtbot, pane.time_axis, QPoint(500, 10), QPoint(-200, 0), button)
    pane.refresh()
    after = pane.state.lens
    assert (after.t1 - after.t0) / (12 * HOUR) == pytest.approx(math.exp(-3 * 200 / before.width))
    assert pane.state.following
    qtbot.mouseDClick(pane.time_axis, Qt.MouseButton.LeftButton, pos=QPoint(500, 10))
    pane.refresh()
    assert pane.state.lens.t1 - pane.state.lens.t0 == 12 * HOUR


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("candle", SPANS)
def test_every_candle_is_drawn_in_every_window(make: Callable[..., ChartPane], candle: int, window: int) -> None:
    pane = make()
    pane.set_interval(candle)
    pane.set_window(window)
    pane.refresh()
    s = pane.state
    assert s.lens.t1 - s.lens.t0 == window
    assert NOW < newest_edge(NOW, candle, window) < s.lens.t1
    assert len(s.candles)
    newest = s.candles[-1]
    assert newest["t"] == NOW // candle * candle  # counted from midnight UTC
    shapes = pane.plot.candles
    pane.plot.grab()
    closed, opened = shapes._shapes
    assert opened is not None
    assert closed is not None
    assert 0 <= opened.centre[0] < s.lens.width, "the open candle's wick is out of sight"
    assert math.floor(s.lens.x(float(newest["t"]))) <= opened.centre[0]
    pitch = candle / s.lens.ms_per_px
    assert closed.pitch == pytest.approx(pitch)
    bodies = len(shapes._blocks[1]) > 3
    assert bodies == (pitch >= 3)
    own = s.candles[s.candles["span"] == candle]
    assert len(np.unique(own["t"])) == len(own)


def test_candles_of_a_day_begin_at_midnight_utc_and_say_so_in_another_zone(make: Callable[..., ChartPane]) -> None:
    pane = make()
    pane.set_interval(DAY)
    pane.set_window(7 * DAY)
    assert title(pane.state) == "BTCUSDT perp · Binance · 1d"
    pane.set_settings(settings(timezone="Europe/Berlin"))
    pane.refresh()
    assert title(pane.state) == "BTCUSDT perp · Binance · 1d from 00:00 UTC"
    assert all(int(t) % DAY == 0 for t in pane.state.candles["t"])
    midnights = [ms for ms, midnight in time_ticks(pane.state.lens, 110, "Europe/Berlin") if midnight]
    assert midnights
    assert all(ms % DAY == 23 * HOUR for ms in midnights)
    assert "midnight UTC" in candle_tip(DAY)
    assert "midnight UTC and noon" in candle_tip(12 * HOUR)
    assert "UTC" not in candle_tip(HOUR)
