"""A picture says on its face what it shows: contract, source, time with its zone, engine; however narrow the window was."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from shell_frames import connection, frame, source

from liqdesk.ui.picture import file_name, stamp_parts, stamped
from liqdesk.ui.theme import apply_theme, current


def test_the_strip_names_contract_source_time_and_engine() -> None:
    words = [part[0] for part in stamp_parts(frame(), "Europe/Vienna")]
    assert words[:4] == ["BTCUSDT", "Binance, live", "Wed 15 Apr 2026 00:47:13 CEST", "engine S2, an estimate"]
    demo = stamp_parts(frame(source=source("demo", 20.0)), "UTC")
    assert demo[1][:2] == ("DEMO: simulated market, seed 7, not Binance", "demo")
    custom = stamp_parts(frame(source=source("custom")), "UTC")
    assert custom[1][:2] == ("NOT BINANCE: proxy.example.net", "demo")
    stale = stamp_parts(frame(connection=connection("stale")), "UTC")
    assert stale[2][:2] == ("stale 0.3 s", "alert")
    early = frame(venue_ms=0)
    assert stamp_parts(early, "UTC")[2][0] == "no data yet"
    assert file_name(early) == "liqdesk-BTCUSDT.png"
    assert [part[0].split()[0] for part in stamp_parts(None, "UTC")] == ["liqdesk"]


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("wide", [1920, 760])
@pytest.mark.parametrize("ratio", [1.0, 1.5])
def test_the_strip_is_painted_under_the_picture_and_inside_its_width(
    qapp: QApplication, scale: float, wide: int, ratio: float
) -> None:
    apply_theme(qapp, "dark", scale)
    image = QImage(round(wide * ratio), round(400 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(0xFF123456)
    out = stamped(image, frame(source=source("demo", 20.0)), "UTC")
    panel = QImage(1, 1, QImage.Format.Format_RGB32)
    panel.fill(0)
    p = QPainter(panel)
    p.fillRect(0, 0, 1, 1, current().panel)
    p.end()
    ground = panel.pixel(0, 0)
    assert out.width() == image.width()
    assert out.pixel(5, image.height() - 5) == 0xFF123456
    strip = range(image.height() + 3, out.height())
    inked = [x for x in range(out.width()) if any(out.pixel(x, y) != ground for y in strip)]
    apply_theme(qapp, "dark", 1.0)
    assert inked
    assert min(inked) >= 8 * ratio * scale
    assert max(inked) <= out.width() - 8 * ratio * scale
