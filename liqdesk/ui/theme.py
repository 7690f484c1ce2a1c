"""Colours, type and sizes of the window, in two themes. Every length is for a 100 % system font and scales with it.

`current()` is what is on screen now; painted widgets read it in `paintEvent` and repaint on QEvent.PaletteChange,
which `apply_theme` causes everywhere.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication

FAMILIES: Final = ("Inter", "Segoe UI Variable Text", "SF Pro Text", "Noto Sans", "DejaVu Sans")
BODY: Final = 12
SMALL: Final = 11
_LINE_AT_BODY: Final = 15.0  # line height of Inter at 12 px, which every height here was drawn for
LARGEST_SCALE: Final = 3.0
_SYSTEM_PX: Final = 13.0 if sys.platform == "darwin" else 12.0

_UNITS: Final = ("%", "s", "min", "m", "h", "d", "UTC")

REGULAR: Final = 400
MEDIUM: Final = 500
SEMIBOLD: Final = 600
BOLD: Final = 700


@dataclass(frozen=True)
class Theme:
    """The tokens of one theme, `#RRGGBB` each, and `scale`, the system font's size over 100 %."""

    name: str
    window: str
    panel: str
    chart: str
    raised: str
    hover: str
    selected: str
    line: str
    border: str
    grid: str  # with alpha in `grid_alpha`
    grid_alpha: float
    text1: str
    text2: str
    text3: str
    ink: str
    live: str
    demo: str
    alert: str
    long: str
    short: str
    focus: str
    steel: tuple[str, str, str, str, str]  # 5x 10x 25x 50x 100x
    up: str
    down: str
    down_outline: str
    halo: str
    halo_alpha: float
    halo_wick_alpha: float
    hued_up: str = "#26C6A6"
    hued_down: str = "#F0616D"
    scale: float = 1.0

    @property
    def dark(self) -> bool:
        return self.name == "dark"

    def px(self, length: float) -> int:
        """Return a length drawn for a 100 % font, in whole pixels at this scale; lengths under 3 px stay."""
        return round(length * self.scale) if length >= 3 else max(1, round(length))

    @property
    def row(self) -> str:
        """Return the fill of a selected row on the panel, which in the light theme has the colour of `selected` itself."""
        return self.selected if self.dark else self.hover

    def side(self, side: int) -> str:
        """Return the colour of a side: 0 long, 1 short."""
        return self.short if side else self.long

    def accent(self, live: bool) -> str:
        """Return the colour of what is live, or of what only looks like it."""
        return self.live if live else self.demo

    def ink_on(self, fill: str) -> str:
        """Return the text colour for a filled tag or button."""
        return self.ink if fill in (self.live, self.demo, self.text1) else self.text1


DARK: Final = Theme(
    name="dark",
    window="#07090D",
    panel="#0F131A",
    chart="#0B0E16",
    raised="#182029",
    hover="#212B37",
    selected="#273240",
    line="#1C232E",
    border="#2E3947",
    grid="#FFFFFF",
    grid_alpha=0.04,
    text1="#E8ECF2",
    text2="#A9B3C1",
    text3="#7D8896",
    ink="#07090D",
    live="#3FD68F",
    demo="#FFB020",
    alert="#FF4F8B",
    long="#FF8A75",
    short="#48C6F2",
    focus="#6EA8FF",
    steel=("#3B4C6C", "#54698B", "#7590AE", "#A0B8CF", "#DBE7F2"),
    up="#F1F4F8",
    down="#10151D",
    down_outline="#A7B0BE",
    halo="#05070B",
    halo_alpha=0.85,
    halo_wick_alpha=0.75,
)
LIGHT: Final = Theme(
    name="light",
    window="#E4E7EC",
    panel="#FFFFFF",
    chart="#FAF9FC",
    raised="#EEF1F5",
    hover="#D3DAE3",
    selected="#FFFFFF",
    line="#DDE2E9",
    border="#B9C2CE",
    grid="#000000",
    grid_alpha=0.05,
    text1="#12171F",
    text2="#465160",
    text3="#566170",
    ink="#FFFFFF",
    live="#0A7343",
    demo="#8A5200",
    alert="#C2005E",
    long="#AD3320",  # 4.5:1 on `hover` too
    short="#066690",
    focus="#1F63D6",
    steel=("#DCE4EE", "#B9C8D9", "#8FA6BF", "#617E9D", "#34516F"),
    up="#FFFFFF",
    down="#1A212B",
    down_outline="#FFFFFF",
    halo="#1A212B",
    halo_alpha=1.0,
    halo_wick_alpha=1.0,
)
THEMES: Final = {"dark": DARK, "light": LIGHT}

_current: Theme = DARK


def current() -> Theme:
    """Return the theme on screen."""
    return _current


@lru_cache(maxsize=1_024)
def colour(text: str, alpha: float = 1.0) -> QColor:
    """Return a token as QColor; treat it as read-only, it is shared."""
    c = QColor(text)
    if alpha < 1.0:
        c.setAlphaF(alpha)
    return c


@lru_cache(maxsize=256)
def _font(pixels: int, weight: int) -> QFont:
    f = QFont()
    f.setFamilies(list(FAMILIES))
    f.setPixelSize(pixels)
    f.setWeight(QFont.Weight(weight))
    if hasattr(f, "setFeature"):  # Qt 6.7
        f.setFeature(QFont.Tag("tnum"), 1)
    return f


def font(size: int = BODY, weight: int = REGULAR) -> QFont:
    """Return the program's font with tabular digits: `size` in px at 100 %, never below 11."""
    return _font(max(SMALL, round(size * _current.scale)), weight)


@lru_cache(maxsize=256)
def _metrics(pixels: int, weight: int) -> QFontMetricsF:
    return QFontMetricsF(_font(pixels, weight))


@lru_cache(maxsize=1_024)
def _width(text: str, size: int, weight: int, scale: float) -> float:
    return _metrics(max(SMALL, round(size * scale)), weight).horizontalAdvance(text)


def text_width(text: str, size: int = BODY, weight: int = REGULAR) -> float:
    """Return how wide a text is in the program's font, in px."""
    return _width(text, size, weight, _current.scale)


def line_height(size: int = BODY, weight: int = REGULAR) -> float:
    """Return how high a line of text is in the program's font, in px."""
    return _metrics(max(SMALL, round(size * _current.scale)), weight).height()


def elide(text: str, width: float, size: int = BODY, weight: int = REGULAR) -> str:
    """Return a text that fits `width` px, cut with an ellipsis at its end where it must be."""
    from PySide6.QtCore import Qt  # its enumerations take 11 ms to make; the first paint needs none

    metrics = _metrics(max(SMALL, round(size * _current.scale)), weight)
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


def lines(text: str, width: float, size: int = BODY, weight: int = REGULAR) -> list[str]:
    """Return a text in lines that fit `width` px, broken between words, never between a number and its unit; a word longer than that is
    cut with an ellipsis."""
    out: list[str] = []
    for word in _unbroken(text):
        longer = f"{out[-1]} {word}" if out else word
        if out and text_width(longer, size, weight) <= width:
            out[-1] = longer
        else:
            out.append(elide(word, width, size, weight))
    return out


def _unbroken(text: str) -> list[str]:
    """Return a text's words, a number with its unit and with what compares it as one."""
    out: list[str] = []
    for word in text.split():
        unit = word.rstrip(",.;:") in _UNITS and out and out[-1][-1].isdigit()
        if unit or (out and out[-1][-1] in "≥≤<>"):
            out[-1] += f" {word}"
        else:
            out.append(word)
    return out


def fitting(text: str, width: float, size: int = BODY, weight: int = REGULAR) -> str:
    """Return a text of parts between dots without as many of the last as have no room in `width` px."""
    while text_width(text, size, weight) > width and " · " in text:
        text = text.rpartition(" · ")[0]
    return elide(text, width, size, weight)


def system_scale(app: QApplication) -> float:
    """Return the system font's size over 100 %, 1 to 2 in eighths, more where the font found has taller lines."""
    size = QFontInfo(app.font()).pixelSize() / _SYSTEM_PX
    taller = QFontMetricsF(_font(BODY, REGULAR)).height() / _LINE_AT_BODY
    return min(2.0, max(1.0, round(max(size, size * taller) * 8) / 8))


def apply_theme(
    app: QApplication, theme: Theme | str, scale: float | None = None, text_percent: int | None = None
) -> Theme:
    """Put a theme on every widget, unless it is worn, and return it, sized to the system font (measured once) or to `scale`, times the
    user's own `text_percent`, which holds until another is given."""
    global _current
    chosen = THEMES.get(theme, DARK) if isinstance(theme, str) else theme
    if scale is None:
        stored = app.property("liqdesk_scale")
        scale = float(stored) if stored is not None else system_scale(app)
    if text_percent is None:
        text_percent = int(app.property("liqdesk_text") or 100)
    app.setProperty("liqdesk_scale", scale)
    app.setProperty("liqdesk_text", text_percent)
    chosen = replace(chosen, scale=min(LARGEST_SCALE, scale * text_percent / 100))
    if chosen == _current and app.styleSheet():
        return chosen
    _current = chosen
    app.setStyle("Fusion")
    app.setFont(font())
    app.setPalette(_palette(chosen))
    from liqdesk.ui.style import style_sheet

    app.setStyleSheet(style_sheet(chosen))
    return chosen


def follow(theme: str, text_percent: int) -> None:
    """Put theme and text size of the settings on the program."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        apply_theme(app, theme, text_percent=text_percent)


def _palette(t: Theme) -> QPalette:
    p = QPalette()
    role = QPalette.ColorRole
    for r, c in (
        (role.Window, t.panel),
        (role.Base, t.window),
        (role.AlternateBase, t.panel),
        (role.Button, t.raised),
        (role.ToolTipBase, t.raised),
        (role.WindowText, t.text1),
        (role.Text, t.text1),
        (role.ButtonText, t.text1),
        (role.ToolTipText, t.text1),
        (role.BrightText, t.text1),
        (role.PlaceholderText, t.text3),
        (role.Highlight, t.border),
        (role.HighlightedText, t.text1),
        (role.Link, t.focus),
        (role.LinkVisited, t.focus),
    ):
        p.setColor(r, QColor(c))
    for r in (role.WindowText, role.Text, role.ButtonText):
        p.setColor(QPalette.ColorGroup.Disabled, r, QColor(t.text3))
    return p
