"""The legend is the intensity slider: two handles on the ramp, a square-root axis of USD per 10 bp, round ticks, auto or lock."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from liqdesk.ui import draw, present
from liqdesk.ui.draw import Painted
from liqdesk.ui.segments import Choice, Segments
from liqdesk.ui.theme import MEDIUM, REGULAR, SMALL, current, text_width

ROUND: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
HEADROOM: Final = 1.3
FLOOR_USD: Final = 100.0
TIP: Final = (
    "The colour scale: estimated USD per 10 bp of price. Below the left handle nothing is painted; from the right one on the colour "
    "is the hottest.\nThe axis is a square root, so small amounts have room; colours between the handles are linear in USD.\n"
    "Cells that lose their hue are set by the prior, the assumed distances, more than by data: mostly those beyond 5 % of price.\n"
    "Drag a handle, or choose it with Tab and move it with the arrow keys. Only the colours change, the estimate does not."
)


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


@lru_cache(maxsize=4)
def ramp_image(name: str) -> QImage:
    """Return the ramp as a 256 x 1 picture."""
    from liqdesk.ui import ramp

    words = ramp.pack(ramp.stops(name)).tobytes()
    return QImage(words, 256, 1, QImage.Format.Format_RGB32).copy()


class LevelSlider(Painted):
    """The ramp with its two handles. `levels_changed(low, high)` on a hand's move, in USD per 10 bp."""

    levels_changed = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
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
        self.setToolTip(TIP)
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
            top = round_up(high * HEADROOM)
        if (low, high, top) != (self.low, self.high, self.top) or not self._known:
            self.low, self.high, self.top, self._known = low, high, top, True
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
        return two_digits(self.top * share * share)

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
            return
        x0, x1 = self.x_of(self.low), self.x_of(self.high)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_ramp(p, x0, x1, y, high)
        end = left + wide
        if x1 < end:
            p.fillRect(round(x1), y, round(end - x1), high, draw.colour(_hottest()))
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ticks(p, y + high)
        for at, x in ((0, x0), (1, x1)):
            edge = t.focus if self.hasFocus() and self._focused == at else t.window
            draw.fill(p, x - t.px(4), y - t.px(3), t.px(8), high + t.px(6), edge, radius=2)
            draw.fill(p, x - t.px(4) + 1, y - t.px(3) + 1, t.px(8) - 2, high + t.px(6) - 2, t.text1, radius=1.5)

    def _paint_ramp(self, p: QPainter, x0: float, x1: float, y: int, high: int) -> None:
        """Colours are linear in USD between the handles, while the axis is a root: each pixel takes its own amount's colour."""
        image = ramp_image(current().ramp)
        left, wide = self._groove()
        span = self.high - self.low
        for x in range(round(x0), round(x1)):
            usd = self.top * ((x + 0.5 - left) / wide) ** 2
            stop = min(255, max(0, int((usd - self.low) / span * 255 + 0.5)))
            p.fillRect(x, y, 1, high, image.pixelColor(stop, 0))

    def _paint_ticks(self, p: QPainter, y: int) -> None:
        t = current()
        for usd in ticks(self.top, max(0.13, t.px(40) / self._groove()[1])):
            x = self.x_of(usd)
            words = present.usd_round(usd)
            p.fillRect(round(x), y, 1, t.px(3), draw.colour(t.text3))
            w = text_width(words, SMALL)
            at = min(x - w / 2, self.width() - w - 1)
            draw.put(p, at, y + t.px(3), w, t.px(14), words, t.text2, SMALL)

    def _move(self, handle: int, usd: float) -> None:
        low, high = self.low, self.high
        if handle == 0:
            low = min(usd, two_digits(high * 0.9))
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
            usd = max(self.high if self._focused else self.low, FLOOR_USD)
            self._move(self._focused, two_digits(usd + step * 10.0 ** (math.floor(math.log10(usd)) - 1)))
            self.show_levels(self.low, self.high)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Space):
            self._focused = 1 - self._focused
            self.update()
        else:
            super().keyPressEvent(event)


def _hottest() -> str:
    return ramp_image(current().ramp).pixelColor(255, 0).name()


class LegendWords(Painted):
    """The unit, and whether the handles are held by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.mode = "auto"
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip(TIP)

    def sizeHint(self) -> QSize:
        return QSize(round(text_width("USD per 10 bp", SMALL, MEDIUM)) + 2, current().px(36))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        draw.put(p, 0, t.px(3), 0, t.px(15), "USD per 10 bp", t.text2, SMALL, MEDIUM)
        draw.put(p, 0, t.px(18), 0, t.px(15), self.mode, t.text3, SMALL, REGULAR)


class Legend(Painted):
    """Slider, unit and the auto or lock choice. `levels_chosen(auto, low, high)` when a hand changed anything."""

    levels_chosen = Signal(bool, float, float)

    def __init__(self, auto: bool, low: float, high: float) -> None:
        super().__init__()
        self.words = LegendWords()
        self.slider = LevelSlider()
        self.switch = Segments(
            [
                Choice(
                    True,
                    "auto",
                    "Set the handles by the map in view: 40th and 99.5th percentile of its cells, two digits",
                ),
                Choice(False, "lock", "Keep the handles where they are"),
            ],
            auto,
            pad=8,
            height=24,
        )
        self.switch.setAccessibleName("colour scale mode")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._row = row
        row.addWidget(self.words)
        row.addSpacing(current().px(8))
        row.addWidget(self.slider)
        row.addSpacing(current().px(4))
        row.addWidget(self.switch)
        self.slider.levels_changed.connect(self._moved)
        self.switch.chosen.connect(self._switched)
        if not auto and high > low:
            self.slider.show_levels(low, high)
        self._say()

    @property
    def auto(self) -> bool:
        return bool(self.switch.value)

    def set_compact(self, wide: int, words: bool) -> None:
        """Give the slider a width, in px at 100 %, and show or drop the unit's words."""
        if (wide, words) == (self.slider.wide, not self.words.isHidden()):
            return
        self.slider.wide = wide
        self.words.setVisible(words)
        self.slider.restyle()

    def show_levels(self, low: float, high: float) -> None:
        """Show what the map uses."""
        self.slider.show_levels(low, high)

    def set_auto(self, auto: bool) -> None:
        self.switch.set_value(auto)
        self._say()

    def _say(self) -> None:
        mode = "auto" if self.auto else "locked"
        if mode != self.words.mode:
            self.words.mode = mode
            self.words.update()

    @Slot(float, float)
    def _moved(self, low: float, high: float) -> None:
        self.switch.set_value(False)
        self._say()
        self.levels_chosen.emit(False, low, high)

    @Slot(object)
    def _switched(self, _value: object) -> None:
        self._say()
        self.levels_chosen.emit(self.auto, self.slider.low, self.slider.high)

    def handle_centre(self, handle: int) -> QPointF:
        """Return a handle's centre in the slider's coordinates: 0 low, 1 high."""
        x = self.slider.x_of(self.slider.high if handle else self.slider.low)
        return QPointF(x, current().px(10))

    def state(self) -> dict[str, dict[str, object]]:
        s = self.slider
        return {
            "legend.low": {"text": present.usd_round(s.low), "value": s.low},
            "legend.high": {"text": present.usd_round(s.high), "value": s.high},
            "legend.mode": {"text": self.words.mode, "value": self.auto},
        }
