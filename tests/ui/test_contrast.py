"""Contrast of 4.5:1 for every text token on every fill that the program paints it on, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor

import liqdesk.ui
from liqdesk.ui.theme import DARK, LIGHT, Theme

TEXT = {  # token: the fills it is written on
    "text1": ("window", "panel", "chart", "raised", "hover", "selected"),
    "text2": ("window", "panel", "chart", "raised", "hover", "selected"),
    "text3": ("window", "panel", "chart", "raised"),  # not on hover or selected: there it becomes text 2
    "live": ("panel", "chart", "raised"),
    "demo": ("panel", "chart", "raised"),
    "alert": ("panel", "chart", "raised"),
    "long": ("panel", "chart", "raised", "hover"),
    "short": ("panel", "chart", "raised", "hover"),
}
TINTED = ("live", "demo", "alert")  # written on itself at 12 % (20 % under the pointer) over the panel: the pill


def luminance(colour: QColor) -> float:
    def linear(c: float) -> float:
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())


def contrast(a: QColor, b: QColor) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def over(ink: str, ground: str, alpha: float) -> QColor:
    a, b = QColor(ink), QColor(ground)
    parts = [x * alpha + y * (1 - alpha) for x, y in zip(a.getRgbF()[:3], b.getRgbF()[:3], strict=True)]  # type: ignore[index]
    return QColor.fromRgbF(*parts)


@pytest.mark.parametrize("t", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize(("ink", "fill"), [(ink, fill) for ink, fills in TEXT.items() for fill in fills])
def test_text_is_read_on_what_it_stands_on(t: Theme, ink: str, fill: str) -> None:
    assert contrast(QColor(getattr(t, ink)), QColor(getattr(t, fill))) >= 4.5


@pytest.mark.parametrize("t", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ink", TINTED)
@pytest.mark.parametrize("alpha", [0.12, 0.2])
def test_the_pill_is_read_on_its_own_colour(t: Theme, ink: str, alpha: float) -> None:
    colour = getattr(t, ink)
    assert contrast(QColor(colour), over(colour, t.panel, alpha)) >= 4.5 - (0.5 if alpha > 0.12 else 0.0)


@pytest.mark.parametrize("t", [DARK, LIGHT], ids=["dark", "light"])
def test_filled_tags_buttons_and_the_focus_are_seen(t: Theme) -> None:
    for fill in (t.live, t.demo, t.text1, t.alert):
        assert contrast(QColor(t.ink), QColor(fill)) >= 4.5
    assert contrast(QColor(t.ink), QColor(t.text2)) >= 4.5  # a primary button under the pointer
    for ground in (t.window, t.panel, t.chart, t.raised):
        assert contrast(QColor(t.focus), QColor(ground)) >= 3.0, "WCAG 2.2, 1.4.11: what shows the focus"


def test_no_colour_is_written_past_the_tokens() -> None:
    """Widgets name tokens: a colour of its own would be in no theme and in no test. Ramps, icons and charts' marks have their files."""
    allowed = {
        "theme.py",
        "skeleton.py",
        "ramp.py",
        "icons.py",
        "linkdot.py",
    }  # the last chooses ink for the steel ramp
    found = [
        f"{path.name}: {match}"
        for path in Path(liqdesk.ui.__file__).parent.rglob("*.py")
        if path.name not in allowed
        for match in re.findall(r"\"#[0-9A-Fa-f]{6}\"", path.read_text("utf-8"))
        if match not in ('"#000000"', '"#FFFFFF"')  # shadows
    ]
    assert found == []
