"""Text that is laid out once and kept stands where Qt itself would put it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from liqdesk.ui import draw, theme
from liqdesk.ui.chart.paint import FEW, Rects

WORDS = ("64,320.5", "Σ $11.1M", "+0.0100 %", "BTCUSDT perp", "80 % ±1.2M", "<b>AVAT</b>")
SINGLE = int(Qt.TextFlag.TextSingleLine) | int(Qt.TextFlag.TextDontClip)


def painted(ratio: float, paint: Callable[[QPainter], None]) -> np.ndarray:
    image = QImage(round(200 * ratio), round(40 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(0xFF101418)
    p = QPainter(image)
    paint(p)
    p.end()
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)[:, : image.width()].copy()


def both(ratio: float, words: str, rect: QRectF, size: int, weight: int, align: Qt.AlignmentFlag) -> list[np.ndarray]:
    def ours(p: QPainter) -> None:
        p.setPen(theme.colour("#ffffff"))
        draw.set_line(p, rect, words, size, weight, align)

    def qts(p: QPainter) -> None:
        p.setPen(theme.colour("#ffffff"))
        p.setFont(theme.font(size, weight))
        p.drawText(rect, int(align) | SINGLE, words)

    return [painted(ratio, ours), painted(ratio, qts)]


@pytest.mark.parametrize("align", [draw.LEFT, draw.RIGHT, draw.CENTRE])
@pytest.mark.parametrize("words", WORDS)
def test_it_is_the_same_to_the_pixel_at_100_percent(qapp: QApplication, words: str, align: Qt.AlignmentFlag) -> None:
    for size, weight in ((11, 500), (11, 600), (13, 500), (16, 700)):
        for rect in (QRectF(3, 2, 150, 20), QRectF(7.5, 3.3, 151.5, 17)):
            mine, qts = both(1.0, words, rect, size, weight, align)
            assert np.array_equal(mine, qts)
            assert (mine != 0xFF101418).sum() > 20


@pytest.mark.parametrize("ratio", [1.25, 1.5, 2.0])
def test_it_is_at_most_a_device_pixel_off_at_others(qapp: QApplication, ratio: float) -> None:
    for words in WORDS:
        for align in (draw.LEFT, draw.RIGHT, draw.CENTRE):
            for rect in (QRectF(3, 2, 150, 20), QRectF(7.5, 3.3, 151.5, 17)):
                edges = []
                for pixels in both(ratio, words, rect, 11, 500, align):
                    ink = pixels != 0xFF101418
                    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
                    edges.append([rows[0], rows[-1], columns[0], columns[-1]])
                assert np.abs(np.subtract(*edges)).max() <= 1


def test_few_rectangles_and_many_are_filled_alike(qapp: QApplication) -> None:
    for alpha in (1.0, 0.4):
        for count in (1, FEW, FEW + 1):
            x = np.arange(count) * 12.0

            def ours(p: QPainter, x: np.ndarray = x, alpha: float = alpha) -> None:
                Rects(x, x % 7 + 2, 9, x % 5 + 4).fill(p, theme.colour("#ffaa00", alpha))

            def plain(p: QPainter, x: np.ndarray = x, alpha: float = alpha) -> None:
                for left in x.tolist():
                    p.fillRect(QRectF(left, left % 7 + 2, 9, left % 5 + 4), theme.colour("#ffaa00", alpha))

            assert np.array_equal(painted(1.0, ours), painted(1.0, plain))
