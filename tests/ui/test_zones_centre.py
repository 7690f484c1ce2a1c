"""A click on a row of the zones' table brings the zone to the middle of the chart, and leaves time and zoom as they are."""

from __future__ import annotations

import math

import pytest
from chart_scene import scene, zone
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot
from shell_frames import Furnish

from liqdesk.market import Side


def test_a_click_on_a_row_centres_the_chart_on_its_zone(furnish: Furnish, qtbot: QtBot) -> None:
    market = scene()
    m = market.now.mark
    window = furnish()
    window.load_chart()
    chart = window.chart
    assert chart is not None
    qtbot.waitUntil(lambda: chart.map.heat.kernels is not None, timeout=240_000)
    chart.set_grid(market.grid)
    far = zone(Side.SHORT, m * 1.07, m * 1.08, 2e6, m)
    window.apply(market.frame(zones=(far, zone(Side.LONG, m * 0.99, m * 0.992, 1e6, m))))
    window.turns.everything()
    chart.refresh()
    before = chart.state.lens
    assert before.valid
    assert before.high < far.peak
    body = window.column.zones.content
    at = QPoint(60, round(body._tops()[0] + 8))
    qtbot.mouseClick(body, Qt.MouseButton.LeftButton, pos=at)
    chart.refresh()
    after = chart.state.lens
    assert math.sqrt(after.low * after.high) == pytest.approx(far.peak, rel=1e-4)
    assert after.y1 - after.y0 == pytest.approx(before.y1 - before.y0)
    assert (after.t0, after.t1) == (before.t0, before.t1)
    window.act.charting.centre(float("nan"))
    chart.refresh()
    assert chart.state.lens == after
    window.close()
