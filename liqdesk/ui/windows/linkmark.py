"""Where the pointer of a linked chart stands, drawn over another chart: a thin cross with its time and price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from liqdesk.ui import draw, present
from liqdesk.ui.theme import SEMIBOLD, SMALL, text_width

if TYPE_CHECKING:
    from liqdesk.ui.chart import ChartPane


class LinkMark(QWidget):
    """A sheet over one chart that takes no events and repaints only where its cross was and is."""

    def __init__(self, chart: ChartPane) -> None:
        super().__init__(chart)
        self._chart = chart
        self._at: tuple[float, float | None] | None = None
        self._covered: list[QRect] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.hide()

    @property
    def at(self) -> tuple[float, float | None] | None:
        """Return the moment (ms) and price that are marked, the price None where another contract is shown; None while nothing is."""
        return self._at

    def show_at(self, at: tuple[float, float | None] | None) -> None:
        """Mark a moment and, on a chart of the same contract, a price."""
        if at == self._at:
            return
        self._at = at
        over = self._chart.overlay
        if at is not None and (self.isHidden() or self.geometry() != over.geometry()):
            self.setGeometry(over.geometry())
            self.show()
            self.stackUnder(over)
        dirty = self._covered
        self._covered = self._parts()
        for rect in (*dirty, *self._covered):
            self.update(rect)
        if at is None:
            self.hide()

    def _cross(self) -> tuple[int | None, int | None]:
        """Return the pixel column and row, None where they are out of view."""
        lens = self._chart.state.lens
        if self._at is None or not lens.valid:
            return None, None
        time_ms, price = self._at
        x = lens.x(time_ms)
        y = lens.y(price) if price is not None and price > 0 else -1.0
        return round(x) if 0 <= x < lens.width else None, round(y) if 0 <= y < lens.height else None

    def _foot(self) -> int:
        """Return the row where the time axis begins."""
        return self.height() - self._chart.time_axis.height()

    def _time_tag(self, x: int) -> QRect:
        t = self._chart.state.theme
        wide = round(text_width(self._stamp(), SMALL, SEMIBOLD)) + t.px(14)
        left = min(max(x - wide // 2, 0), round(self._chart.state.lens.width) - wide)
        return QRect(left, self._foot() + t.px(2), wide, t.px(18))

    def _price_tag(self, y: int) -> QRect:
        t = self._chart.state.theme
        over = self._chart.overlay
        return QRect(round(self._chart.state.lens.width) + over.gutter + 1, y - t.px(9), over.axis - 2, t.px(18))

    def _stamp(self) -> str:
        assert self._at is not None
        zone = self._chart.state.zone
        return f"{present.day(int(self._at[0]), zone)}  {present.hour_minute(int(self._at[0]), zone)}"

    def _parts(self) -> list[QRect]:
        x, y = self._cross()
        parts = []
        if x is not None:
            parts += [QRect(x, 0, 1, self._foot()), self._time_tag(x)]
        if y is not None:
            parts += [QRect(0, y, round(self._chart.state.lens.width), 1), self._price_tag(y)]
        return parts

    def paintEvent(self, _event: QPaintEvent) -> None:
        x, y = self._cross()
        s = self._chart.state
        t = s.theme
        p = QPainter(self)
        line = draw.colour(t.text1, 0.35)
        if y is not None and self._at is not None and self._at[1] is not None:
            p.fillRect(QRect(0, y, round(s.lens.width), 1), line)
            self._tag(p, self._price_tag(y), present.price(self._at[1], s.decimals))
        if x is not None:
            p.fillRect(QRect(x, 0, 1, self._foot()), line)
            self._tag(p, self._time_tag(x), self._stamp())

    def _tag(self, p: QPainter, rect: QRect, words: str) -> None:
        t = self._chart.state.theme
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(rect)
        draw.fill(p, box.x(), box.y(), box.width(), box.height(), t.raised, radius=t.px(3))
        draw.outline(p, box.x(), box.y(), box.width(), box.height(), t.border, t.px(3))
        draw.put(p, box.x(), box.y(), box.width(), box.height(), words, t.text1, SMALL, SEMIBOLD, draw.CENTRE)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
