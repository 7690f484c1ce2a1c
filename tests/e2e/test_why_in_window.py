"""A click on the map of a real window on a real stream: the card's sums are the model's cell, and its figure the one that is read there."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.desk import Desk
from support.exchange import Exchange
from support.waiting import pause

from liqdesk.engine.frames import Frame
from liqdesk.engine.whys import Why
from liqdesk.ui import present, theme
from liqdesk.ui.chart import ChartPane

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
START = "2026-03-11T15:00:00+00:00"


class Asking(Desk):
    """Holds the engine's frames back from the one that brings an answer on."""

    @Slot(object)
    def on_frame(self, frame: Frame) -> None:
        self.held = self.held or frame.why is not None
        super().on_frame(frame)


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, exchange: Callable[..., Exchange], tmp_path: Path) -> Iterator[Asking]:
    theme.apply_theme(qapp, "dark", 1.0)
    one = Asking(exchange(seed=17, speed=20, start=START), tmp_path)
    yield one
    one.close()


def chart_of(desk: Desk) -> ChartPane:
    chart = desk.window.chart
    assert chart is not None
    return chart


def click(desk: Asking, qtbot: QtBot, x: float, y: float) -> None:
    qtbot.mouseClick(chart_of(desk).plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))


def answered(desk: Asking) -> Why:
    """Wait for the card, and return what it says once the window stands still."""
    why = chart_of(desk).pointing.why
    desk.until(lambda: why.open, 10, "the card opens")
    chart_of(desk).refresh()
    assert why.answer is not None
    return why.answer


def hold(desk: Asking, why: Why, x: float, y: float) -> bool:
    """Hold the card against the model's cell and against what is read under the pointer; return whether anything stood there."""
    chart = chart_of(desk)
    assert desk.frame is not None
    assert desk.grid is not None
    if why.ask.number is None:
        now = desk.frame.now
        assert now is not None
        column, base, mark = now.usd, now.base, now.mark
    else:
        frozen = desk.grid.ring(why.ask.span_ms or 0).read(why.ask.number)
        assert frozen is not None
        column, base, mark = frozen.usd, frozen.base, frozen.mark
    chosen = [leverage in why.ask.classes for leverage in (5, 10, 25, 50, 100)]
    model = float(column.reshape(2, 5, -1)[why.side, chosen, why.ask.row - base].sum())
    assert why.mark == mark
    assert why.usd == pytest.approx(model, rel=1e-5)
    assert why.stands_usd == pytest.approx(model, rel=6e-4, abs=0.05)
    assert sum(why.by_class) == pytest.approx(why.stands_usd)
    assert sum(why.by_age) == pytest.approx(why.stands_usd)
    assert why.put_usd == pytest.approx(why.decayed_usd + why.swept_usd + why.stands_usd)
    state = desk.window.state()["chart.why"]["value"]  # type: ignore[index]
    assert state["usd"] == why.usd
    assert state["says"].startswith(f"est. ${present.usd(why.usd)} ")
    assert sum(state["listed"]) <= why.stands_usd * 1.0001
    chart.pointing.point((x, y + 1e-6))
    chart.pointing.read()
    reading = chart.overlay.reading
    assert reading is not None
    assert (reading.short if why.side else reading.long) == present.usd(why.usd), "as it is read under the pointer"
    return bool(why.causes)


def test_a_click_explains_the_cell_it_points_at(desk: Asking, qtbot: QtBot) -> None:
    desk.until(
        lambda: desk.frame is not None and desk.frame.progress is None and desk.window.chart_painted,
        60,
        "the map is whole",
    )
    chart, rng = chart_of(desk), random.Random(3)
    why = chart.pointing.why
    hot, spans = 0, set()
    for i in range(8):
        lens = chart.state.lens
        x = lens.x(desk.frame.venue_ms) - 1 if i % 4 == 0 else rng.uniform(0.05, 0.9) * lens.width  # type: ignore[union-attr]
        y = lens.y(desk.frame.prices.mark * rng.choice((0.975, 0.985, 0.993, 1.008, 1.02)))  # type: ignore[union-attr]
        if not 2 < y < lens.height - 2:
            continue
        click(desk, qtbot, x, y)
        answer = answered(desk)
        spans.add(answer.ask.number is None)
        hot += hold(desk, answer, round(x), round(y))
        if i % 2:
            qtbot.keyClick(desk.window, Qt.Key.Key_Escape)
        else:
            click(desk, qtbot, 5, 5)
        assert not why.open
        assert desk.window.state()["chart.why"]["value"] is None  # type: ignore[index]
        desk.go_on()
        pause(60)
    assert hot >= 4
    assert spans == {True, False}, "cells of now and of the past"
    desk.window.choose_classes((25, 50))
    x, y = 0.5 * chart.state.lens.width, chart.state.lens.y(desk.frame.prices.mark * 0.98)  # type: ignore[union-attr]
    chart.pointing.point((x, y))
    qtbot.keyClick(desk.window, Qt.Key.Key_W)
    answer = answered(desk)
    assert answer.ask.classes == (25, 50)
    assert hold(desk, answer, x, y)
    assert [value > 0 for value in answer.by_class] == [False, False, True, True, False]
