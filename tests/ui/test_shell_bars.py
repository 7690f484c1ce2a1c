"""Top bar, status bar, legend, notices, toast: what they show, what they say, how they give way."""

from __future__ import annotations

import itertools
from typing import TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shell_frames import T0, fired, frame, source, streams

from liqdesk.engine.frames import Health, StreamStatus
from liqdesk.model.quality import Oddity
from liqdesk.settings import Settings
from liqdesk.ui import present
from liqdesk.ui.legend import Legend
from liqdesk.ui.levelslider import round_up, ticks
from liqdesk.ui.notices import Notice, Notices
from liqdesk.ui.statusbar import StatusBar
from liqdesk.ui.theme import apply_theme
from liqdesk.ui.toast import SHOWN_MS, Message, Toast
from liqdesk.ui.topbar import CLASSES, TopBar

W = TypeVar("W", bound=QWidget)


@pytest.fixture
def holder(qtbot: QtBot, qapp: QApplication) -> QWidget:
    apply_theme(qapp, "dark", 1.0)
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1920, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


def put(holder: QWidget, widget: W, width: int = 1920, height: int = 40) -> W:
    widget.setParent(holder)
    widget.setGeometry(0, 0, width, height)
    widget.show()
    return widget


def test_top_bar_shows_the_frame(holder: QWidget) -> None:
    bar = put(holder, TopBar(Settings()))
    assert bar.state()["venue"]["text"] == "–", "no venue is named before it is known whose data come"
    bar.show_frame(frame())
    state = bar.state()
    assert state["price.last"] == {"text": "67,081.4", "value": 67_081.4}
    assert state["price.change_24h"]["text"] == "+2.24 %"
    assert state["connection"] == {"text": "live · 84 ms", "value": "live"}
    assert state["venue"]["text"] == "Binance"
    bar.show_frame(frame(source=source("demo")))
    assert bar.state()["connection"]["value"] == "demo"
    assert bar.state()["venue"]["text"] == "Built-in market"


def test_choices_are_signals(holder: QWidget, qtbot: QtBot) -> None:
    bar = put(holder, TopBar(Settings()))
    with qtbot.waitSignal(bar.candle_chosen) as candle:
        centre = bar.candles.rect_of(60_000).center().toPoint()
        qtbot.mouseClick(bar.candles, Qt.MouseButton.LeftButton, pos=centre)
    assert candle.args == [60_000]
    bar.sides.setFocus()
    with qtbot.waitSignal(bar.side_chosen) as side:
        qtbot.keyClick(bar.sides, Qt.Key.Key_Right)
    assert side.args == ["short"]
    with qtbot.waitSignal(bar.classes_chosen) as classes:
        qtbot.mouseClick(bar.chips[0], Qt.MouseButton.LeftButton)
    assert classes.args == [(10, 25, 50, 100)]


def test_the_last_class_cannot_leave_an_empty_map(holder: QWidget, qtbot: QtBot) -> None:
    bar = put(holder, TopBar(Settings(classes=(25,))))
    with qtbot.waitSignal(bar.classes_chosen) as classes:
        qtbot.mouseClick(bar.chips[2], Qt.MouseButton.LeftButton)
    assert classes.args == [CLASSES]
    assert all(chip.isChecked() for chip in bar.chips)


@pytest.mark.parametrize(
    ("width", "scale"),
    [
        (800, 1.0),
        (1024, 1.0),
        (1280, 1.0),
        (1366, 1.0),
        (1600, 1.0),
        (1920, 1.0),
        (1366, 1.5),
        (1920, 2.0),
        (2560, 1.25),
    ],
)
def test_nothing_in_the_bars_overlaps_or_leaves(holder: QWidget, qapp: QApplication, width: int, scale: float) -> None:
    apply_theme(qapp, "dark", scale)
    bar = put(holder, TopBar(Settings()), width, round(40 * scale))
    bar.show_frame(frame())
    bar.arrange()
    status = put(holder, StatusBar(Settings()), width, round(40 * scale))
    status.show_frame(frame())
    status.arrange()
    for one, must in ((bar, (bar.pill, bar.bell, bar.symbol)), (status, (status.legend, status.clock))):
        shown = [
            c for c in one.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly) if not c.isHidden()
        ]
        boxes = sorted((c.geometry() for c in shown), key=lambda g: g.left())
        assert boxes[0].left() >= 0
        assert boxes[-1].right() < width
        assert all(a.right() < b.left() for a, b in itertools.pairwise(boxes))
        assert all(not widget.isHidden() for widget in must)
    apply_theme(qapp, "dark", 1.0)


def test_a_changing_number_moves_nothing(holder: QWidget) -> None:
    bar, status = put(holder, TopBar(Settings())), put(holder, StatusBar(Settings()))
    places = []
    for last, age in ((67_081.4, 0.3), (61_111.1, 0.9), (68_888.8, 0.0)):
        prices = msgspec.structs.replace(frame().prices, last=last)
        bar.show_frame(frame(prices=prices, venue_ms=T0 + int(age * 1000)))
        status.show_frame(frame(streams=streams(age), venue_ms=T0 + int(age * 1000)))
        places.append([w.geometry() for w in (bar.candles, bar.windows, bar.sides, status.streams, status.clock)])
    assert places[0] == places[1] == places[2]


def test_a_figure_of_one_digit_less_leaves_its_room_as_it_is(holder: QWidget) -> None:
    bar = put(holder, TopBar(Settings()))

    def shown(last: float, change: float, latency: float, health: Health = Health.FRESH) -> tuple[QRect, QRect, QRect]:
        one = frame()
        bar.show_frame(
            frame(
                prices=msgspec.structs.replace(one.prices, last=last, change_24h=change),
                connection=msgspec.structs.replace(one.connection, latency_ms=latency, health=health),
            )
        )
        return bar.price.geometry(), bar.candles.geometry(), bar.pill.geometry()

    wide = shown(100_000.0, 0.01, 100.0)
    for last, change, latency in ((99_999.9, 0.01, 99.0), (100_000.1, 0.0, 101.0), (99_999.8, -0.0001, 98.0)):
        assert shown(last, change, latency) == wide
    assert shown(6_500.0, 0.0, 5.0)[0].width() < wide[0].width(), "what is far too much room is given back"
    assert shown(100_000.0, 0.01, 5.0)[0] == wide[0]
    down = shown(100_000.0, 0.01, 5.0, Health.DOWN)[2]
    assert down.left() < wide[2].left()
    assert down.right() == wide[2].right()


def test_impossible_data_is_said_in_the_bar_while_it_is_new(holder: QWidget) -> None:
    status = put(holder, StatusBar(Settings()))
    hours = (0,) * 23 + (4,)
    status.show_frame(frame(quality=(Oddity("mark leap", 4, hours, T0 - 60_000, False),)))
    assert "impossible data 4" in status.dropped.text
    assert status.state()["dropped"] == {"text": "3", "value": 3}
    assert status.state()["quality.mark_leap"]["value"] == list(hours)
    assert "the mark price leapt and came back, 4 in 24 h, left out" in status.state()["quality.mark_leap"]["text"]
    status.show_frame(frame(quality=(Oddity("mark leap", 4, hours, T0 - 3_600_000, False),)))
    assert "impossible" not in status.dropped.text


def test_status_bar_shows_ages_drops_model_and_clock(holder: QWidget) -> None:
    status = put(holder, StatusBar(Settings(timezone="Europe/Vienna")))
    status.show_frame(frame())
    state = status.state()
    assert state["stream.mark"] == {"text": "0.3 s", "value": 0.3}
    assert state["stream.forced"] == {"text": present.UNKNOWN, "value": None}
    assert state["dropped"] == {"text": "3", "value": 3}
    assert state["model"]["text"] == "model S2 · scale default ×0.0083 · not scored yet"
    assert state["clock"]["text"] == "Wed 15 Apr  00:47:13 CEST"
    assert "0.0083" in status.model.toolTip()
    assert "2 Jul 2026" in status.model.toolTip()


def test_a_stale_stream_is_never_left_out_for_room(holder: QWidget) -> None:
    status = put(holder, StatusBar(Settings()), 900)
    stale = (*streams()[:5], StreamStatus("funding", 99.0, 30.0, 0.0, 0))
    status.show_frame(frame())
    calm = [cell[2] for cell in status.streams._cells()]
    status.show_frame(frame(streams=stale))
    status.arrange()
    assert "funding" not in calm
    assert "funding" in [cell[2] for cell in status.streams._cells()]


def test_legend_handles_move_by_hand_and_lock(holder: QWidget, qtbot: QtBot) -> None:
    legend = put(holder, Legend(Settings()), 600)
    legend.show_levels(41_000.0, 190_000.0)
    assert legend.auto
    slider = legend.slider
    said: list[tuple[bool, float, float]] = []
    legend.levels_chosen.connect(lambda *what: said.append(what))
    start = legend.handle_centre(1).toPoint()
    target = QPoint(round(slider.x_of(120_000.0)), start.y())
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(slider, target)
    legend.show_levels(1.0, 2.0)  # the map's own levels must not pull a handle that is held
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=target)
    assert not legend.auto
    auto, low, high = said[-1]
    assert (auto, low) == (False, 41_000.0)
    assert high == pytest.approx(120_000.0, rel=0.03)
    assert legend.state()["legend.mode"]["text"] == "locked"
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert said[-1][2] < high
    legend.switch.choose(True)
    assert said[-1][0] is True


def test_handles_never_cross(holder: QWidget, qtbot: QtBot) -> None:
    legend = put(holder, Legend(Settings()), 600)
    legend.show_levels(41_000.0, 190_000.0)
    slider = legend.slider
    start = legend.handle_centre(0).toPoint()
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(slider, QPoint(slider.width(), start.y()))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width(), start.y()))
    assert slider.low < slider.high


@given(st.floats(min_value=1.0, max_value=1e12))
def test_ticks_are_round_rising_and_apart(top: float) -> None:
    top = round_up(top)
    found = ticks(top)
    assert found[-1] == top
    assert list(found) == sorted(set(found))
    assert 2 <= len(found) <= 8
    places = [(v / top) ** 0.5 for v in found]
    assert all(b - a >= 0.129 for a, b in itertools.pairwise(places))


def test_notices_stay_away_once_dismissed_and_come_back_when_true_again(holder: QWidget, qtbot: QtBot) -> None:
    strip = put(holder, Notices(), 900, 90)
    full = Notice("disk", "The disk is full.")
    strip.show_notices((full, Notice("live", "Binance answers again.", "Back to Binance")))
    assert [n.key for n in strip.shown] == ["disk", "live"]
    row = strip._rows["live"]
    with qtbot.waitSignal(strip.acted) as acted:
        qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    assert acted.args == ["live"]
    qtbot.mouseClick(strip._rows["disk"].cross, Qt.MouseButton.LeftButton)
    assert [n.key for n in strip.shown] == ["live"]
    strip.show_notices((Notice("disk", "The disk is still full."),))
    assert strip.shown == ()
    assert strip.isHidden()
    strip.show_notices(())
    strip.show_notices((full,))
    assert strip.shown == (full,)


def test_a_countdown_in_a_notice_keeps_its_row(holder: QWidget) -> None:
    strip = put(holder, Notices(), 900, 90)
    strip.show_notices((Notice("live", "Trying again in 12 s.", "Try now"),))
    row = strip._rows["live"]
    strip.show_notices((Notice("live", "Trying again in 11 s.", "Try now"),))
    assert strip._rows["live"] is row
    assert strip.shown[0].sentence == "Trying again in 11 s."


def alert(rule: str) -> Message:
    one = fired(rule)
    return Message(one.headline, one.facts, one.time_ms, one)


def test_toasts_come_one_at_a_time_and_the_rest_wait(holder: QWidget, qtbot: QtBot) -> None:
    toast = Toast(holder)
    for rule in ("a", "b", "c"):
        toast.say(alert(rule))
    assert toast.isVisible()
    assert toast.waiting == 2
    shown = toast.message
    assert shown is not None
    assert shown.fired == fired("a")
    with qtbot.waitSignal(toast.show_wanted) as wanted:
        qtbot.mouseClick(toast._show, Qt.MouseButton.LeftButton)
    assert wanted.args == [fired("a")]
    assert toast.waiting == 1
    with qtbot.waitSignal(toast.rule_wanted) as rule_wanted:
        qtbot.mouseClick(toast._rule, Qt.MouseButton.LeftButton)
    assert rule_wanted.args == ["b"]
    qtbot.mouseClick(toast._close, Qt.MouseButton.LeftButton)
    assert toast.isHidden()


def test_a_toast_stays_while_the_pointer_is_on_it(holder: QWidget, qtbot: QtBot) -> None:
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QEnterEvent

    toast = Toast(holder)
    toast.say(alert("a"))
    assert toast._timer.isActive()
    assert toast._timer.interval() == SHOWN_MS
    QApplication.sendEvent(toast, QEnterEvent(QPointF(5, 5), QPointF(5, 5), QPointF(5, 5)))
    assert not toast._timer.isActive()
    QApplication.sendEvent(toast, QEvent(QEvent.Type.Leave))
    assert toast._timer.isActive()
    toast.clear()
    assert toast.isHidden()
    assert not toast._timer.isActive()


def test_a_plain_word_never_covers_an_alert(holder: QWidget) -> None:
    toast = Toast(holder)
    toast.say(alert("a"))
    toast.say(Message("Picture saved", "somewhere"))
    assert toast.message == alert("a")
    assert toast.waiting == 0
    toast.clear()
    toast.say(Message("Picture saved", "somewhere"))
    toast.say(alert("b"))
    assert toast.message == alert("b")
    toast.clear()
