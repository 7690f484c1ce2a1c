"""A panel without content says why: starting, loading, no connection, or that there is none; and what it writes stays inside."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from shell_frames import connection, frame

from liqdesk.engine.frames import Progress
from liqdesk.ui.blank import Blank, blank_of, put_blank
from liqdesk.ui.theme import apply_theme, current


def test_the_market_s_state_comes_before_the_panel_s_own_words() -> None:
    none = ("no zone", "Nothing stands out.")
    assert blank_of(None, *none) == Blank("starting")
    assert blank_of(frame(progress=Progress(3, 12, "page 3 of 12")), *none) == Blank("loading", "page 3 of 12")
    down = connection("down", 8.0, "Binance refuses this region (451).")
    assert blank_of(frame(connection=down), *none) == Blank("no connection", "Binance refuses this region (451).", True)
    stale = blank_of(frame(connection=connection("stale")), *none)
    assert (stale.words, stale.troubled) == ("no zone", True)
    assert stale.why == "Nothing has come for 0.3 s. Nothing stands out."
    assert blank_of(frame(), *none) == Blank(*none)


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("size", [(348, 90), (276, 24), (200, 60), (120, 40)])
def test_nothing_is_written_outside_its_rectangle(qapp: QApplication, scale: float, size: tuple[int, int]) -> None:
    apply_theme(qapp, "dark", scale)
    wide, high = (round(side * scale) for side in size)
    image = QImage(wide + 40, high + 40, QImage.Format.Format_RGB32)
    image.fill(0)
    p = QPainter(image)
    put_blank(p, 20, 20, wide, high, Blank("no connection", "Binance refuses this region (451). " * 4, True))
    p.end()
    outside = [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if not (20 <= x < 20 + wide and 20 <= y < 20 + high) and image.pixel(x, y) != 0xFF000000
    ]
    inside = any(image.pixel(x, y) != 0xFF000000 for x in range(20, 20 + wide) for y in range(20, 20 + high))
    apply_theme(qapp, "dark", 1.0)
    assert current().scale == 1.0
    assert inside
    assert outside == []
