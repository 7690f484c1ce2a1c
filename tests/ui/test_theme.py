"""Themes: tokens, contrast, fonts and scale."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from liqdesk.ui import style, theme
from liqdesk.ui.theme import DARK, LIGHT, Theme


def contrast(a: str, b: str) -> float:
    def luminance(text: str) -> float:
        parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("t", [DARK, LIGHT])
def test_text_reads_on_every_fill(t: Theme) -> None:
    fills = (t.window, t.panel, t.chart, t.raised, t.hover, t.selected)
    assert min(contrast(t.text1, f) for f in fills) >= 10.9
    assert min(contrast(t.text2, f) for f in fills) >= 5.2
    assert min(contrast(t.text3, f) for f in (t.window, t.panel, t.chart, t.raised)) >= 4.5
    for fill in (t.live, t.demo, t.text1):
        assert contrast(t.ink_on(fill), fill) >= 4.5


def test_demo_takes_the_place_of_live() -> None:
    assert DARK.accent(True) == DARK.live
    assert DARK.accent(False) == DARK.demo
    assert (DARK.side(0), DARK.side(1)) == (DARK.long, DARK.short)


def test_apply_theme_reaches_widgets_and_scales(qapp: QApplication) -> None:
    try:
        t = theme.apply_theme(qapp, "light", 1.5)
        assert theme.current() is t
        assert t.px(26) == 39
        assert t.px(1) == 1
        assert theme.font(12).pixelSize() == 18
        label = QLabel("x")
        label.ensurePolished()
        assert label.palette().windowText().color().name().upper() == LIGHT.text1
        label.deleteLater()
        assert theme.apply_theme(qapp, "no such theme", 1.0).name == "dark"
    finally:
        theme.apply_theme(qapp, "dark", 1.0)


def test_digits_are_tabular(qapp: QApplication) -> None:
    theme.apply_theme(qapp, "dark", 1.0)
    assert theme.text_width("111.11") == theme.text_width("000.00") == theme.text_width("847.36")
    assert theme.text_width("1111", 11, 700) == theme.text_width("8888", 11, 700)


def test_no_text_is_smaller_than_eleven(qapp: QApplication) -> None:
    theme.apply_theme(qapp, "dark", 1.0)
    assert theme.font(9).pixelSize() == 11


def test_elide_keeps_what_fits(qapp: QApplication) -> None:
    theme.apply_theme(qapp, "dark", 1.0)
    assert theme.elide("short", 200) == "short"
    cut = theme.elide("a sentence that is far too long for its room", 90)
    assert cut.endswith("…")
    assert theme.text_width(cut) <= 90


@pytest.mark.parametrize("t", [DARK, LIGHT])
def test_style_sheet_names_only_colours_of_the_theme(t: Theme) -> None:
    import re

    tokens = {v for v in vars(t).values() if isinstance(v, str) and v.startswith("#")}
    assert set(re.findall(r"#[0-9A-Fa-f]{6}", style.style_sheet(t))) <= tokens


def test_theme_ramp_and_words_load_without_pyqtgraph_or_numba() -> None:
    code = (
        "import sys; from liqdesk.ui import present, ramp, style, theme; import liqdesk.ui; "
        "print([m for m in ('pyqtgraph', 'numba', 'requests', 'aiohttp') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_theme_that_is_worn_is_not_put_on_again(qtbot: QtBot, qapp: QApplication) -> None:
    class Told(QWidget):
        times = 0

        def changeEvent(self, event: QEvent) -> None:
            self.times += event.type() == QEvent.Type.StyleChange

    worn = theme.apply_theme(qapp, "dark", 1.0, 100)
    one = Told()
    qtbot.addWidget(one)
    one.show()
    one.times = 0
    assert theme.apply_theme(qapp, "dark", 1.0, 100) == worn
    assert one.times == 0
    for name, percent in (("light", 100), ("light", 150), ("dark", 150), ("dark", 100)):
        before = one.times
        theme.apply_theme(qapp, name, 1.0, percent)
        assert one.times > before
