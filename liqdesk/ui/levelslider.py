"""The slider of the legend: two handles on the ramp, a square-root axis of USD per 10 bp, round ticks.

It is painted with the words the map's cells are painted with. Amounts are USD inside and shown in the unit of the settings.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from liqdesk.ui import draw, present
from liqdesk.ui.draw import Painted
from liqdesk.ui.present import DOLLARS, Measure
from liqdesk.ui.theme import SMALL, current, text_width

ROUND: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
HEADROOM: Final = 1.3
FLOOR_USD: Final = 100.0
TIP: Final = (
    "The colour scale: estimated {} per 10 bp of price. Below the left handle nothing is painted; from the right one on the colour "
    "is the hottest.\nThe axis is a square root, so small amounts have room; colours between the handles are linear in USD.\n"
    "Cells that lose their hue are set by the prior, the assumed distances, more than by data: mostly those beyond 5 % of price.\n"
    "Drag a handle, or choose it with Tab and move it with the arrow keys. Only the colours change, the estimate does not.\n"
    "Right click: other colours (C takes the next), and sizes in coins or USD (U)."
)
COINS: Final = "\nShown in {} at the current mark; the map itself is kept in USD."


def round_up(value: float) -> float:
    """Return the next round amount at or above a positive value."""
    power = 10.0 ** math.floor(math.log10(value))
    for digit in ROUND:
        if digit * power >= value * (1 - 1e-9):
            return digit * power
    return 10.0 * power


def two_digits(value: float) -> float:
    """Return a value rounded to two significant digits, as handles are."""
    return float(f"{value:.2g}")


def tip(m: Measure) -> str:
    """Return what the legend says of itself."""
    return TIP.format(m.unit) + (COINS.format(m.unit) if m.coin else "")


def ticks(top: float, apart: float = 0.13) -> tuple[float, ...]:
    """Return round amounts on a square-root axis from 0 to `top`, the top among them, at least `apart` of the axis between two."""
    chosen: list[float] = [top]
    power = 10.0 ** math.ceil(math.log10(top))
    while power > top * 1e-3:
        for digit in (5.0, 2.0, 1.0):
            at = math.sqrt(digit * power / top)
            if 0.1 < at <= math.sqrt(chosen[-1] / top) - apart:
                chosen.append(digit * power)
        power /= 10.0
    return tuple(reversed(chosen))


@lru_cache(maxsize=8)
def groove(heat_map: str, ground: str, wide: int, low: float, high: float, top: float) -> QImage:
    """Return what cells from 0 to `top` USD per 10 bp are painted with, on a square-root axis `wide` px long: one row, or for
    the two-sided map two, shorts over longs."""
    import numpy as np

    from liqdesk.ui import ramp

    usd = top * ((np.arange(wide) + 0.5) / wide) ** 2
    stop = np.clip((usd - low) / (high - low) * (ramp.STOPS - 1) + 0.5, 0, ramp.STOPS - 1).astype(np.int64)
    stop[usd <= low] = 0
    table = ramp.heat_table(heat_map, ground)
    rows = (table[(ramp.SIDES - 1) * ramp.FADES], table[0]) if heat_map == ramp.SIDED else (table[0],)
    words = np.ascontiguousarray(np.stack([row[stop] for row in rows]))
    return QImage(words.tobytes(), wide, len(rows), wide * 4, QImage.Format.Format_RGB32).copy()


class LevelSlider(Painted):
    """The ramp with its two handles. `levels_changed(low, high)` on a hand's move, in USD per 10 bp."""

    levels_changed = Signal(float, float)

    def __init__(self, heat_map: str) -> None:
        super().__init__()
        self.heat_map = heat_map
        self.measure = DOLLARS
        self.low = 0.0
        self.high = 1.0
        self.top = 1.5
        self._known = False
        self._held = -1  # 0 low, 1 high
        self._focused = 0
        self.wide = 320
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip(tip(DOLLARS))
        self.setAccessibleName("colour scale, USD per 10 bp")

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(self.wide), t.px(36))

    @property
    def held(self) -> bool:
        return self._held >= 0

    def show_levels(self, low: float, high: float) -> None:
        """Put the handles where the map has them, unless a hand holds one."""
        if self.held or not (math.isfinite(low) and math.isfinite(high)) or high <= 0 or high <= low:
            return
        top = self.top
        if not self._known or high > top / 1.02 or high < top / 4:
            top = self.measure.usd(round_up(self.measure.of(high * HEADROOM)))
        if (low, high, top) != (self.low, self.high, self.top) or not self._known:
            self.low, self.high, self.top, self._known = low, high, top, True
            self.update()

    def show_measure(self, m: Measure) -> None:
        """Show amounts in this unit: the end of the axis stays a round amount of it."""
        other, before = m.unit != self.measure.unit, self.measure
        self.measure = m
        if not self._known:
            return
        if other:
            self._known = False
            self.show_levels(self.low, self.high)
        else:
            self.top *= m.worth / before.worth
        self.update()

    def _groove(self) -> tuple[float, float]:
        t = current()
        return float(t.px(6)), self.width() - 2.0 * t.px(10)

    def x_of(self, usd: float) -> float:
        """Return where an amount stands, in px."""
        left, wide = self._groove()
        return left + wide * math.sqrt(min(1.0, max(0.0, usd / self.top)))

    def usd_at(self, x: float) -> float:
        left, wide = self._groove()
        share = min(1.0, max(0.0, (x - left) / wide))
        return self._round(self.top * share * share)

    def _round(self, usd: float) -> float:
        """Return USD rounded to two digits of the unit that is shown."""
        return self.measure.usd(two_digits(self.measure.of(usd)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, wide = self._groove()
        y, high = t.px(5), t.px(11)
        draw.fill(p, left, y, wide, high, t.window)
        draw.outline(p, left, y, wide, high, t.line, 0)
        if not self._known:
            draw.put(p, left, t.px(19), wide, t.px(15), "no map yet", t.text3, SMALL)
            if self.hasFocus():
                draw.outline(p, 0, 0, self.width(), self.height(), t.focus, t.px(4))
            return
        x0, x1 = self.x_of(self.low), self.x_of(self.high)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        image = groove(self.heat_map, t.chart, round(wide), self.low, self.high, self.top)
        p.drawImage(QRectF(round(x0), y, wide + left - round(x0), high), image, self._source(round(x0) - left, image))
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ticks(p, y + high)
        for at, x in ((0, x0), (1, x1)):
            edge = t.focus if self.hasFocus() and self._focused == at else t.window
            draw.fill(p, x - t.px(4), y - t.px(3), t.px(8), high + t.px(6), edge, radius=2)
            draw.fill(p, x - t.px(4) + 1, y - t.px(3) + 1, t.px(8) - 2, high + t.px(6) - 2, t.text1, radius=1.5)

    @staticmethod
    def _source(x: float, image: QImage) -> QRectF:
        return QRectF(x, 0, image.width() - x, image.height())

    def _paint_ticks(self, p: QPainter, y: int) -> None:
        t = current()
        m = self.measure
        for size in ticks(m.of(self.top), max(0.13, t.px(40) / self._groove()[1])):
            x = self.x_of(m.usd(size))
            words = present.size_round(m.usd(size), m)
            p.fillRect(round(x), y, 1, t.px(3), draw.colour(t.text3))
            w = text_width(words, SMALL)
            at = min(x - w / 2, self.width() - w - 1)
            draw.put(p, at, y + t.px(3), w, t.px(14), words, t.text2, SMALL)

    def _move(self, handle: int, usd: float) -> None:
        low, high = self.low, self.high
        if handle == 0:
            low = min(usd, self._round(high * 0.9))
            low = 0.0 if low < FLOOR_USD else low
        else:
            high = max(usd, low * 1.1, FLOOR_USD)
        if (low, high) != (self.low, self.high):
            self.low, self.high = low, high
            self.update()
            self.levels_changed.emit(low, high)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self._known:
            return
        x = event.position().x()
        x0, x1 = self.x_of(self.low), self.x_of(self.high)
        self._held = 0 if abs(x - x0) < abs(x - x1) else 1
        self._focused = self._held
        self._move(self._held, self.usd_at(x))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self.held:
            self._move(self._held, self.usd_at(x))
        near = min(abs(x - self.x_of(self.low)), abs(x - self.x_of(self.high))) < current().px(8)
        self.setCursor(Qt.CursorShape.SizeHorCursor if near or self.held else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        if self.held:
            self._held = -1
            self.show_levels(self.low, self.high)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None and self._known:
            m = self.measure
            size = m.of(max(self.high if self._focused else self.low, FLOOR_USD))
            self._move(self._focused, m.usd(two_digits(size + step * 10.0 ** (math.floor(math.log10(size)) - 1))))
            self.show_levels(self.low, self.high)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Space):
            self._focused = 1 - self._focused
            self.update()
        else:
            super().keyPressEvent(event)
