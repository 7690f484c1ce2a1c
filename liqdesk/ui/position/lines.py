"""The painted parts of the position check: its figures, what it advises, and the leverage strip."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip

from liqdesk.market import Side
from liqdesk.ui import draw, present
from liqdesk.ui.draw import Painted
from liqdesk.ui.ramp import FADES, SIDES, heat_table, position
from liqdesk.ui.theme import BODY, REGULAR, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.ui.position.words import Figure

HEADLINE: Final = 18
SAMPLES: Final = 220
TICKS: Final = (5, 10, 20, 50, 100, 150, 200, 500, 1000)
FIRST: Final = 5.0

Floats = NDArray[np.float64]


class FigureLines(Painted):
    """Labels at the left, values at the right, the first one as a headline."""

    def __init__(self) -> None:
        super().__init__()
        self.figures: tuple[Figure, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_figures(self, figures: tuple[Figure, ...]) -> None:
        if figures != self.figures:
            taller = len(figures) != len(self.figures)
            self.figures = figures
            self.setAccessibleName("; ".join(f"{f.label} {f.text}" for f in figures))
            if taller:
                self.updateGeometry()
            self.update()

    def _tops(self) -> list[int]:
        t = current()
        return [0, *(t.px(34) + t.px(24) * i for i in range(9))]

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(330), t.px(34) + t.px(24) * 9)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def event(self, event: QEvent) -> bool:
        return draw.tipped(self, event, self.tip_at) or super().event(event)

    def tip_at(self, y: float) -> str:
        """Return what is said of the line at `y` px."""
        for figure, top in reversed(list(zip(self.figures, self._tops(), strict=False))):
            if y >= top:
                return figure.tip
        return ""

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        for i, (figure, top) in enumerate(zip(self.figures, self._tops(), strict=False)):
            high = t.px(30) if i == 0 else t.px(24)
            ink = t.text1 if figure.side is None or figure.text == present.UNKNOWN else t.side(int(figure.side))
            size = HEADLINE if i == 0 else BODY
            draw.put(p, 0, top, 0, high, figure.label, t.text2, BODY)
            room = self.width() - text_width(figure.label, BODY) - t.px(8)
            x = self.width() - room
            draw.put(p, x, top, room, high, figure.text, ink, size, SEMIBOLD, draw.RIGHT, elide=True)


class Advice(Painted):
    """A box with what is to be said: two lines, or what is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ("", "")
        self.wrong = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def say(self, first: str, second: str = "", wrong: bool = False) -> None:
        if ((first, second), wrong) != (self.words, self.wrong):
            self.words, self.wrong = (first, second), wrong
            self.setAccessibleName(f"{first} {second}".strip())
            self.setToolTip(f"{first}\n{second}".strip())
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(current().px(300), current().px(44))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.fillRect(QRectF(self.rect()), draw.colour(t.raised))
        p.fillRect(QRectF(0, 0, t.px(3), self.height()), draw.colour(t.alert if self.wrong else t.text2))
        x, w, h = t.px(12), self.width() - t.px(20), self.height()
        first, second = self.words
        if second:
            draw.put(p, x, t.px(4), w, h / 2 - t.px(4), first, t.text1, BODY, SEMIBOLD, elide=True)
            draw.put(p, x, h / 2, w, h / 2 - t.px(4), second, t.text2, BODY, REGULAR, elide=True)
        else:
            draw.put(p, x, 0, w, h, first, t.text1, BODY, SEMIBOLD, elide=True)


class LeverageStrip(Painted):
    """The map's density at the liquidation price of every leverage from 5x to the highest, in the map's colours."""

    def __init__(self) -> None:
        super().__init__()
        self.leverages: Floats = np.zeros(0)
        self.prices: Floats = np.zeros(0)
        self.usd: Floats = np.zeros(0)
        self.mine = self.better = math.nan
        self.side, self.decimals, self.heat_map = Side.LONG, 1, "ember"
        self._levels = (0.0, 0.0)
        self._image: QImage | None = None
        self._pixels: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @staticmethod
    def samples(most: int) -> Floats:
        """Return the leverages the strip shows, evenly in their logarithm, float64; none where the highest is 5x or less."""
        if most <= FIRST:
            return np.zeros(0)
        return np.exp(np.linspace(math.log(FIRST), math.log(most), SAMPLES))

    def show_map(
        self,
        leverages: Floats,
        prices: Floats,
        usd: Floats,
        levels: tuple[float, float],
        side: Side,
        decimals: int,
        heat_map: str,
    ) -> None:
        """Take what the map holds: liquidation prices and USD per 10 bp [n] at `leverages`; `levels` are the map's colour handles."""
        same = (self.side, self._levels, self.heat_map) == (side, levels, heat_map) and np.array_equal(
            self.usd, usd, equal_nan=True
        )
        if same and np.array_equal(self.leverages, leverages):
            return
        self.leverages, self.prices, self.usd = leverages, prices, usd
        self._levels, self.side, self.decimals, self.heat_map = levels, side, decimals, heat_map
        self._image = None
        self.update()

    def show_marks(self, mine: float, better: float) -> None:
        """Mark a leverage, and one that is clear of zones; NaN for none."""
        if repr((mine, better)) != repr((self.mine, self.better)):
            self.mine, self.better = mine, better
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(current().px(400), current().px(56))

    def minimumSizeHint(self) -> QSize:
        return QSize(current().px(200), current().px(56))

    def restyle(self) -> None:
        self._image = None
        super().restyle()

    def x_of(self, leverage: float) -> float:
        """Return where a leverage stands, in px; NaN outside."""
        if not self.leverages.size or not FIRST <= leverage <= self.leverages[-1] * 1.0001:
            return math.nan
        return math.log(leverage / FIRST) / math.log(self.leverages[-1] / FIRST) * (self.width() - 1)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos().x()), self)
            return True
        return super().event(event)

    def tip_at(self, x: float) -> str:
        """Return what is said of the leverage at `x` px."""
        if not self.leverages.size:
            return "Nothing to show: the size, its bracket or the map is not known."
        i = min(self.leverages.size - 1, max(0, round(x / max(1, self.width() - 1) * (self.leverages.size - 1))))
        price, usd = self.prices[i], self.usd[i]
        at = present.price(float(price), self.decimals)
        held = (
            f"{present.usd(float(usd))} {self.side.word} per 10 bp there"
            if math.isfinite(usd)
            else "beyond mark or the map"
        )
        return f"{self.leverages[i]:.3g}x would be liquidated at {at}: {held}. Isolated, the map of now."

    def _colours(self) -> NDArray[np.uint32]:
        level = (SIDES - 1) * FADES if self.side is Side.SHORT else 0
        row: NDArray[np.uint32] = heat_table(self.heat_map, current().chart)[level]
        return row

    def _picture(self) -> QImage:
        if self._image is None:
            t = current()
            low, high = self._levels
            table = self._colours()
            void = 0xFF000000 | int(t.window[1:], 16)
            row = [int(table[position(v, low, high)]) if math.isfinite(v) else void for v in self.usd.tolist()]
            self._pixels = np.array([row], np.uint32)
            self._image = QImage(self._pixels.data, len(row), 1, 4 * len(row), QImage.Format.Format_RGB32)
        return self._image

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, head, bar = self.width(), t.px(18), t.px(20)
        title, note = "Leverage against the map now", f"{self.side.word} USD per 10 bp at the liquidation price"
        draw.put(p, 0, 0, w, head, title, t.text2, SMALL)
        if text_width(title, SMALL) + text_width(note, SMALL) + t.px(10) < w:
            draw.put(p, 0, 0, w, head, note, t.text3, SMALL, align=draw.RIGHT)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        p.fillRect(QRectF(0, head, w, bar), draw.colour(t.window))
        if self.leverages.size:
            p.drawImage(QRectF(0, head, w, bar), self._picture())
        draw.outline(p, 0, head, w, bar, t.border, 0)
        for at, hollow in ((self.better, True), (self.mine, False)):
            x = self.x_of(at) if math.isfinite(at) else math.nan
            if math.isfinite(x):
                self._mark(p, round(x), head, bar, hollow)
        taken = -math.inf
        for tick in (*TICKS, int(self.leverages[-1]) if self.leverages.size else 0):
            x = self.x_of(tick)
            wide = text_width(f"{tick}x", SMALL)
            left = min(max(0.0, x - wide / 2), w - wide)
            if math.isfinite(x) and left > taken + t.px(8):
                draw.put(p, left, head + bar, wide, t.px(18), f"{tick}x", t.text2, SMALL)
                taken = left + wide

    def _mark(self, p: QPainter, x: int, top: int, high: int, hollow: bool) -> None:
        """Draw a leverage's place: a line with a dark ring, hollow for the one that is advised."""
        t = current()
        half = t.px(3) if hollow else 1
        p.fillRect(QRectF(x - half - 1, top - 2, 2 * half + 3, high + 4), draw.colour(t.halo, 0.9))
        ink = draw.colour("#FFFFFF")
        p.fillRect(QRectF(x - half, top - 1, 2 * half + 1, high + 2), ink)
        if hollow:
            table = self._colours()
            i = int(np.abs(self.leverages - self.better).argmin())
            usd = float(self.usd[i])
            word = int(table[position(usd, *self._levels)]) if math.isfinite(usd) else 0xFF000000
            p.fillRect(QRectF(x - half + 1, top, 2 * half - 1, high), draw.colour(f"#{word & 0xFFFFFF:06X}"))
