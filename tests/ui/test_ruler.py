"""The ruler's figures by hand, and how it is drawn out and taken away."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from chart_scene import NOW, Scene, panes, scene, settings
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from liqdesk.engine.frames import NowPlanes
from liqdesk.market import MINUTE_MS
from liqdesk.model.axis import DISPLAY_BIN, PHASE, ROWS, price_of_display_bin
from liqdesk.ui import present
from liqdesk.ui.chart import ChartPane
from liqdesk.ui.chart.ruler import between, measured, words
from liqdesk.ui.chart.state import Ruler

HOUR = 60 * MINUTE_MS


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


@pytest.fixture
def make(qtbot: QtBot, market: Scene) -> Iterator[Callable[..., ChartPane]]:
    yield from panes(qtbot, market)


def drag(pane: ChartPane, start: QPoint, end: QPoint, modifiers: Qt.KeyboardModifier) -> None:
    """Drag with the left button, in steps, as a hand does."""
    viewport = pane.plot.viewport()
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

    def send(kind: QEvent.Type, at: QPoint, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        time.sleep(0.012)  # the plot's library takes a hundred moves a second and leaves the rest
        where = QPointF(at)
        there = QPointF(viewport.mapToGlobal(at))
        QApplication.sendEvent(viewport, QMouseEvent(kind, where, there, button, held, modifiers))

    send(QEvent.Type.MouseMove, start, none, none)
    send(QEvent.Type.MouseButtonPress, start, left, left)
    for step in range(1, 9):
        send(QEvent.Type.MouseMove, start + (end - start) * step / 8, none, left)
    send(QEvent.Type.MouseButtonRelease, end, left, none)
    pane.refresh()


def test_usd_between_two_prices_counts_cut_bins_by_their_part() -> None:
    base = 40
    usd = np.zeros((10, ROWS), np.float32)
    usd[1, 10], usd[3, 11], usd[7, 12], usd[9, 13] = 100.0, 40.0, 7.0, 1_000.0
    now = NowPlanes(0, base, 30_000.0, usd, np.zeros(5, np.float32))
    every = np.ones(10, np.bool_)

    def at(row: float) -> float:
        return math.exp(PHASE + (base + row) * DISPLAY_BIN)

    assert at(10) == pytest.approx(price_of_display_bin(base + 10), rel=2e-3)
    assert between(now, at(10), at(13), every) == pytest.approx((140.0, 7.0))
    assert between(now, at(10.25), at(11.5), every) == pytest.approx((75.0 + 20.0, 0.0))
    assert between(now, at(11), at(14), np.arange(10) >= 5) == pytest.approx((0.0, 1_007.0))
    assert between(now, at(-500), at(5_000), every) == pytest.approx((140.0, 1_007.0))
    assert between(now, at(12), at(12), every) == (0.0, 0.0)


def test_shift_and_a_drag_measure_what_lies_between(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    before = pane.state.lens
    drag(pane, QPoint(300, 420), QPoint(520, 180), Qt.KeyboardModifier.ShiftModifier)
    r = pane.state.ruler
    assert r is not None
    lens = pane.state.lens
    assert (lens.t0, lens.t1, lens.y0, lens.y1) == (before.t0, before.t1, before.y0, before.y1)
    assert r == Ruler(lens.time(300), lens.price(420), lens.time(520), lens.price(180))
    m = measured(pane.state)
    assert m is not None
    assert m.price == pytest.approx(lens.price(180) - lens.price(420))
    assert m.share == pytest.approx(math.exp((lens.y1 - lens.y0) * 240 / lens.height) - 1)
    assert m.ms == pytest.approx(220 * lens.ms_per_px, abs=1)
    assert m.candles == int(lens.time(520) // (5 * MINUTE_MS)) - int(lens.time(300) // (5 * MINUTE_MS))
    edges = PHASE + (market.now.base + np.arange(ROWS + 1)) * DISPLAY_BIN
    a, b = math.log(r.price0), math.log(r.price1)
    part = np.clip(np.minimum(b, edges[1:]) - np.maximum(a, edges[:-1]), 0, None) / DISPLAY_BIN
    assert m.usd == pytest.approx(
        (float((market.now.usd[:5] * part).sum()), float((market.now.usd[5:] * part).sum())), rel=1e-6
    )
    shown = pane.shown()["ruler"]
    assert shown == words(pane.state)
    assert shown[0] == (present.number(m.price, 1, signed=True), present.percent(m.share, 2))
    assert shown[1] == (present.length(m.ms), f"{m.candles} candles of 5m")
    assert shown[2:] == (("short USD", present.usd(m.usd[1])), ("long USD", present.usd(m.usd[0])))
    pane.plot.pan(120.0, 0.0)
    pane.refresh()
    assert pane.state.ruler == r, "it stays where it was drawn"


def test_backwards_is_signed_and_one_side_is_off(make: Callable[..., ChartPane]) -> None:
    pane = make()
    pane.set_selection({5, 10, 25, 50, 100}, "long")
    drag(pane, QPoint(520, 180), QPoint(300, 420), Qt.KeyboardModifier.ShiftModifier)
    rows = words(pane.state)
    assert rows[0][0].startswith(present.MINUS)
    assert rows[0][1].startswith(present.MINUS)
    assert rows[1][0].startswith(present.MINUS)
    assert rows[2] == ("short USD", "off")
    assert rows[3][1] != "off"
    pane.set_settings(settings(unit="coin"))
    pane.refresh()
    m = measured(pane.state)
    assert m is not None
    assert m.usd is not None
    coin = present.measure("coin", "BTC", pane.state.mark)
    assert words(pane.state)[3] == ("long BTC", present.size(m.usd[0], coin))


def test_the_ruler_follows_the_estimate_and_ends_with_escape(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    pane.hand.arm()
    drag(pane, QPoint(300, 420), QPoint(520, 60), Qt.KeyboardModifier.NoModifier)
    assert not pane.hand.armed
    before = measured(pane.state)
    assert before is not None
    assert before.usd is not None
    card = pane.plot.ruler.card()
    assert inside(card, pane)
    now = market.now
    doubled = NowPlanes(NOW + 500, now.base, now.mark, now.usd * 2, now.shares)
    pane.apply(market.frame(serial=2, now=doubled, new_bars=()))
    pane.refresh()
    after = measured(pane.state)
    assert after is not None
    assert after.usd == pytest.approx((2 * before.usd[0], 2 * before.usd[1]), rel=1e-5)
    lens = pane.state.lens
    drag(pane, QPoint(300, 300), QPoint(340, 300), Qt.KeyboardModifier.NoModifier)
    assert pane.state.lens.t0 < lens.t0, "without Shift a drag moves the chart"
    assert pane.hand.close()
    assert pane.state.ruler is None
    assert not pane.hand.close()
    pane.refresh()
    assert pane.shown()["ruler"] == ()


def test_two_clicks_measure_too_and_another_contract_ends_it(
    make: Callable[..., ChartPane], market: Scene, qtbot: QtBot
) -> None:
    pane = make()
    asked: list[object] = []
    pane.pointing.why.asked.connect(asked.append)
    pane.hand.arm()
    viewport = pane.plot.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(300, 420))
    pane.plot.pointed.emit((420.0, 300.0))
    pane.refresh()
    lens = pane.state.lens
    assert pane.state.ruling
    assert pane.state.ruler == Ruler(lens.time(300), lens.price(420), lens.time(420), lens.price(300))
    time.sleep(0.3)
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(520, 180))
    pane.refresh()
    assert pane.state.ruler == Ruler(lens.time(300), lens.price(420), lens.time(520), lens.price(180))
    assert not pane.state.ruling
    assert not pane.hand.armed
    pane.plot.pointed.emit((100.0, 100.0))
    assert pane.state.ruler.price1 == lens.price(180)
    qtbot.wait(350)
    assert asked == [], "the clicks were the ruler's, not questions about a cell"
    pane.apply(market.frame(epoch=2, new_bars=()))
    assert pane.state.ruler is None


@pytest.mark.parametrize("end", [QPoint(1_040, 8), QPoint(4, 4), QPoint(4, 700), QPoint(1_040, 700)])
def test_the_card_stays_on_the_plot(make: Callable[..., ChartPane], end: QPoint) -> None:
    pane = make()
    drag(pane, QPoint(500, 350), end, Qt.KeyboardModifier.ShiftModifier)
    assert inside(pane.plot.ruler.card(), pane)


def inside(rect, pane: ChartPane) -> bool:  # type: ignore[no-untyped-def]
    lens = pane.state.lens
    return bool(rect.left() >= 0 and rect.top() >= 0 and rect.right() <= lens.width and rect.bottom() <= lens.height)
