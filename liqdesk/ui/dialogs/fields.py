"""Fields with their unit inside, and the reading of what is typed into them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from liqdesk.ui import draw, icons
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, current, font, text_width

_NUMBER = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d{1,3}))?\s*([KMBkmb]?)")
_SCALE = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}


def number_from(text: str) -> float | None:
    """Read a number as people type it: grouping commas and spaces, a true minus, K, M or B behind; None when it is not one."""
    plain = (
        text.strip()
        .replace("−", "-")
        .replace(",", "")
        .replace("\u202f", "")
        .replace("\u00a0", "")
        .replace(" ", "")
        .replace("$", "")
    )
    match = _NUMBER.fullmatch(plain)
    if match is None:
        return None
    sign, digits, power, scale = match.groups()
    value = float(f"{sign}{digits}e{power or 0}") * _SCALE[scale.lower()]
    return value if math.isfinite(value) else None


def plain(value: float, decimals: int | None = None) -> str:
    """Return a number as a field is filled with it: grouped, no needless digits, true minus."""
    text = f"{abs(value):,.{decimals}f}" if decimals is not None else f"{abs(value):,.10g}"
    if "e" in text:
        text = f"{abs(value):.10g}"
    return ("−" if value < 0 else "") + text


class NumberField(QLineEdit):
    """A line for one number, with its unit on the right."""

    def __init__(self, unit: str, text: str = "", wide: int = 104) -> None:
        super().__init__(text)
        t = current()
        self.unit = unit
        self._wide = wide
        self.setFont(font(BODY, SEMIBOLD))
        self.setFixedWidth(t.px(wide))
        self.setTextMargins(0, 0, round(text_width(unit, BODY)) + t.px(4) if unit else 0, 0)

    def number(self) -> float | None:
        return number_from(self.text())

    def mark(self, wrong: bool) -> None:
        """Outline the field as wrong, or not."""
        word = "true" if wrong else "false"
        if self.property("invalid") != word:
            self.setProperty("invalid", word)
            self.style().unpolish(self)
            self.style().polish(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.unit:
            t = current()
            p = QPainter(self)
            draw.put(p, 0, 0, self.width() - t.px(9), self.height(), self.unit, t.text3, BODY, align=draw.RIGHT)


class Dropdown(QComboBox):
    """A combo box with the program's own arrow."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        t = current()
        side = t.px(14)
        arrow = icons.pixmap("down", t.text2, side, self.devicePixelRatioF())
        QPainter(self).drawPixmap(self.width() - side - t.px(6), (self.height() - side) // 2, arrow)


class Picker(Dropdown):
    """A list of choices, each a word and what it stands for."""

    def __init__(self, choices: Sequence[tuple[str, object]], value: object = None, wide: int = 0) -> None:
        super().__init__()
        self.setFont(font(BODY, SEMIBOLD))
        for words, data in choices:
            self.addItem(words, data)
        if wide:
            self.setFixedWidth(current().px(wide))
        self.choose(value)

    def choose(self, value: object) -> None:
        for i in range(self.count()):
            if self.itemData(i) == value:
                self.setCurrentIndex(i)
                return

    @property
    def value(self) -> object:
        return self.currentData()


class Tick(QCheckBox):
    """A check box with a drawn tick."""

    def __init__(self, text: str, on: bool, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setFont(font(BODY, MEDIUM))
        self.setChecked(on)

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(round(text_width(self.text(), BODY, MEDIUM)) + t.px(26), t.px(24))

    def hitButton(self, pos: object) -> bool:
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setOpacity(1.0 if self.isEnabled() else 0.45)
        side = t.px(16)
        y = (self.height() - side) / 2
        on = self.isChecked()
        draw.fill(p, 0, y, side, side, t.text1 if on else t.window, radius=t.px(3))
        draw.outline(p, 0, y, side, side, t.focus if self.hasFocus() else t.text1 if on else t.border, t.px(3))
        if on:
            p.drawPixmap(0, round(y), icons.pixmap("check", t.ink, side, self.devicePixelRatioF()))
        draw.put(p, side + t.px(7), 0, self.width(), self.height(), self.text(), t.text1, BODY, MEDIUM)
