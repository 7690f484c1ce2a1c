"""Fills on the chart: cut so low that the painter needs no other thread, and the same picture."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QRegion
from PySide6.QtWidgets import QApplication

from liqdesk.settings import Settings
from liqdesk.ui.chart.layers import HeatItem
from liqdesk.ui.chart.paint import LOW, Rects, pieces
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.theme import DARK

POOL = """
import os
import sys

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QRegion
from PySide6.QtWidgets import QApplication

from liqdesk.settings import Settings
from liqdesk.ui.chart.layers import HeatItem
from liqdesk.ui.chart.paint import Rects
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.theme import DARK


def pool():
    names = [open(f"/proc/self/task/{task}/comm").read().strip() for task in os.listdir("/proc/self/task")]
    return sum("pooled" in name for name in names)


app = QApplication([])
ratio = float(sys.argv[1])
picture = QImage(round(300 * ratio), round(700 * ratio), QImage.Format.Format_RGB32)
picture.setDevicePixelRatio(ratio)
ink = QColor(200, 180, 40, 60)
state = ChartState(DARK, Settings())
item = HeatItem(state)
item.resize(300, 700, ratio, 0xFF000000)
state.exposed = np.array([(250.0, 0.0, 289.0, 699.0), (0.0, 120.0, 249.0, 122.0)])
p = QPainter(picture)
Rects(np.array([10.0, 30.0]), np.zeros(2), np.array([1.0, 12.0]), np.array([690.0, 300.0])).fill(p, ink)
p.setClipRegion(QRegion(250, 0, 40, 700) + QRegion(0, 120, 250, 3))
item.paint(p, None)
ours = pool()
p.setClipping(False)
p.fillRect(QRectF(10, 0, 1, 690), ink)
p.end()
print(ours, pool(), flush=True)
os._exit(0)
"""

heights = st.lists(st.integers(0, 900).map(float), min_size=1, max_size=12)


@given(heights)
def test_pieces_are_low_and_cover_what_they_were_cut_from(tall: list[float]) -> None:
    h = np.array(tall)
    n = np.arange(len(h), dtype=np.float64)
    x, y, w, cut = pieces(n, 10 * n, n + 1, h)
    assert cut.max() <= LOW
    for i in range(len(h)):
        mine = x == i
        assert cut[mine].sum() == h[i]
        assert y[mine][0] == 10 * i
        assert np.array_equal(y[mine][1:], (y[mine] + cut[mine])[:-1])
        assert (w[mine] == i + 1).all()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists the threads of a process as files")
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_no_other_thread_is_asked_for_help(ratio: float) -> None:
    env = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    words = [sys.executable, "-c", POOL, str(ratio)]
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    ours, plain = map(int, done.stdout.split())
    assert ours == 0
    assert plain > 0, "Qt fills by itself what it was expected to hand on: nothing need be cut any more"


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_a_tall_translucent_fill_in_pieces_is_the_fill_in_one(qapp: QApplication, ratio: float) -> None:
    ink = QColor(200, 180, 40, 60)
    pictures = []
    for whole in (True, False):
        picture = QImage(round(60 * ratio), round(700 * ratio), QImage.Format.Format_RGB32)
        picture.setDevicePixelRatio(ratio)
        picture.fill(0xFF203040)
        p = QPainter(picture)
        if whole:
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(ink)
            p.drawRect(QRectF(10, 3, 1, 690))
            p.drawRect(QRectF(30, 0, 12, 300))
        else:
            Rects(np.array([10.0, 30.0]), np.array([3.0, 0.0]), np.array([1.0, 12.0]), np.array([690.0, 300.0])).fill(
                p, ink
            )
        p.end()
        pictures.append(picture)
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_the_map_under_a_clip_of_several_rectangles_is_the_map(qapp: QApplication, ratio: float) -> None:
    state = ChartState(DARK, Settings())
    item = HeatItem(state)
    item.resize(300, 400, ratio, 0xFF000000)
    item.pixels[:] = np.random.default_rng(1).integers(0, 1 << 24, item.pixels.shape, dtype=np.uint32) | 0xFF000000
    whole = QImage(item.pixels.data, *item.pixels.shape[::-1], item.pixels.shape[1] * 4, QImage.Format.Format_RGB32)
    picture = QImage(whole.size(), QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(ratio)
    picture.fill(0)
    exposed = [(250.0, 0.0, 289.0, 399.0), (0.0, 120.0, 249.0, 122.0)]
    state.exposed = np.array(exposed)
    clip = QRegion()
    for left, top, right, bottom in exposed:
        clip += QRegion(int(left), int(top), int(right - left) + 1, int(bottom - top) + 1)
    p = QPainter(picture)
    p.setClipRegion(clip)
    item.paint(p, None)
    p.end()
    painted, kept = (
        np.frombuffer(i.constBits(), np.uint32).reshape(whole.height(), whole.width()) for i in (picture, whole)
    )
    seen = painted & 0xFFFFFF != 0
    assert np.array_equal(painted[seen], kept[seen])
    for left, top, right, bottom in exposed:
        rows, columns = (
            slice(round(top * ratio), round((bottom + 1) * ratio)),
            slice(round(left * ratio), round((right + 1) * ratio)),
        )
        assert np.array_equal(painted[rows, columns], kept[rows, columns])
