"""Price axis with its tags, time axis, and the two corner cells that say which scale and which zone."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from liqdesk.ui import present, theme
from liqdesk.ui.chart.paint import guarded, tag, write
from liqdesk.ui.chart.placement import spread_around
from liqdesk.ui.chart.scale import GRID_X_PX, GRID_Y_PX, price_ticks, tick_decimals, time_ticks
from liqdesk.ui.chart.state import ChartState

PULL: Final = 3.0  # a drag over the whole axis scales by e to this
CLEAR_PX: Final = 15  # a round price nearer than this to a tag is left out


Tag = tuple[float, str, str, str, str | None]  # centre row, text, fill, ink, border


SHORT: Final = {"mark": "mk", "index": "ix"}


def zone_name(s: ChartState) -> str:
    """Return the name of the time zone in force at the newest frame, empty before one with a time came."""
    return present.zone_label(s.frame.venue_ms, s.zone) if s.frame is not None and s.frame.venue_ms else ""


class Axis(QWidget):
    """What both axes do under the hand: a drag, with the left or the middle button, scales; a double click gives the axis back
    to its rule."""

    zoomed = Signal(float, float)  # factor, pixel row or column that stays
    reset = Signal()
    upright = False

    def __init__(self, state: ChartState, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self._grip: QPointF | None = None

    def _still(self) -> float:
        """Return the pixel that stays where it is while the axis is dragged."""
        return self.state.lens.height / 2 if self.upright else self.state.lens.width

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._grip = event.position()
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        lens = self.state.lens
        if self._grip is None or not lens.valid:
            return
        by, self._grip = event.position() - self._grip, event.position()
        share = by.y() / lens.height if self.upright else by.x() / lens.width
        if share:
            self.zoomed.emit(math.exp(PULL * share), self._still())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset.emit()


class PriceAxis(Axis):
    """Round prices, and tags for the last price (never moves), mark, alerts and the user's own (give way). The wheel stretches price, a
    drag down widens its range."""

    upright = True

    def __init__(self, state: ChartState, parent: QWidget) -> None:
        super().__init__(state, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._key: tuple[object, ...] = ()
        self._tags: list[Tag] = []
        self.setToolTip("Price, logarithmic. Wheel or drag: stretch · double click: automatic range")
        self.setCursor(Qt.CursorShape.SizeVerCursor)

    def sync(self) -> None:
        """Repaint when the range or a tag changed."""
        s = self.state
        tags = self.tags() if s.lens.valid else []
        key = (s.lens, s.theme)
        if key != self._key or len(tags) != len(self._tags):
            self.update()
        else:
            reach = s.theme.px(24)  # a tag, and the round prices it hides
            for old, new in zip(self._tags, tags, strict=True):
                for row in {old[0], new[0]} if old != new else ():
                    self.update(0, round(row) - reach, self.width(), 2 * reach)
        self._key, self._tags = key, tags

    def tags(self) -> list[Tag]:
        """Return (centre row, text, fill, ink, border) of every tag, the last price first."""
        s = self.state
        t, lens = s.theme, s.lens
        h = self.height()
        found: list[Tag] = []
        fixed: float | None = None
        if s.last > 0 and 0 <= lens.y(s.last) <= h:
            fixed = min(max(lens.y(s.last), t.px(9)), h - t.px(9))
            fill = t.text3 if s.stale else t.accent(s.live)
            found.append((fixed, present.price(s.last, s.decimals), fill, t.ink, None))
        others: list[tuple[float, str, str]] = []
        if s.mark > 0 and 0 <= lens.y(s.mark) <= h:
            others.append((self._beside(s.mark, fixed, 0.01), self._named("mark", s.mark), t.text2))
        if s.settings.show_index and s.index > 0 and 0 <= lens.y(s.index) <= h:
            others.append((self._beside(s.index, fixed, 0.02), self._named("index", s.index), t.text2))
        for named in s.named_prices:
            if 0 <= lens.y(named) <= h:
                others.append((lens.y(named), present.price(named, s.decimals), t.text1))
        others.sort()
        rows = spread_around([y for y, _, _ in others], fixed, t.px(18), 1, 1, h - 1)
        half = t.px(9)  # those that find no room are left out: what they name is in view all the same
        room = [(y, tag) for y, tag in zip(rows, others, strict=True) if half <= y <= h - half]
        return found + [(y, text, t.raised, ink, t.border) for y, (_, text, ink) in room]

    def _beside(self, price: float, fixed: float | None, after: float) -> float:
        """Return the row of a price; on the last price itself its tag stands below, mark before index, so that none changes sides."""
        y = self.state.lens.y(price)
        return fixed + after if fixed is not None and abs(y - fixed) < self.state.theme.px(9) else y

    def _named(self, name: str, value: float) -> str:
        """Return a tag's words. All names are whole, or all are short."""
        s = self.state
        longest = "index" if s.settings.show_index else "mark"
        price = present.price(value, s.decimals if s.decimals > 2 else max(0, s.decimals - 1))
        whole = theme.text_width(f"{longest} {price}", theme.SMALL, theme.SEMIBOLD) <= self.width() - s.theme.px(10)
        return f"{name if whole and not s.compact else SHORT[name]} {price}"

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        s = self.state
        t, lens = s.theme, s.lens
        w, h = self.width(), self.height()
        p.fillRect(self.rect(), theme.colour(t.panel))
        p.fillRect(QRectF(0, 0, 1, h), theme.colour(t.line))
        p.fillRect(QRectF(w - 1, 0, 1, h), theme.colour(t.line))
        if not lens.valid:
            return
        tags, region, clear = self._tags, event.region(), t.px(CLEAR_PX)
        rows = [row for row, *_ in tags]
        ticks = price_ticks(lens, t.px(GRID_Y_PX))
        decimals = tick_decimals(ticks[1] - ticks[0], s.decimals) if len(ticks) > 1 else s.decimals
        for price in ticks:
            y = lens.y(price)
            if not region.intersects(QRect(0, round(y) - t.px(9), w, t.px(18))):
                continue
            if y < t.px(8) or y > h - t.px(8) or any(abs(y - row) < clear for row in rows):
                continue
            p.fillRect(QRectF(1, round(y), t.px(4), 1), theme.colour(t.border))
            row = QRectF(t.px(9), round(y) - t.px(8), w - t.px(12), t.px(17))
            write(p, row, present.price(price, decimals), t.text2, 11, 500)
        for y, text, fill, ink, border in reversed(tags):
            rect = QRectF(1, round(y - t.px(18) / 2), w - 2, t.px(18))
            if not region.intersects(rect.toAlignedRect()):
                continue
            tag(p, rect, text, fill, ink, border, t, 700 if border is None else 600)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoomed.emit(0.9985 ** event.angleDelta().y(), event.position().y())
        event.accept()


class TimeAxis(Axis):
    """Round local times; midnights carry the date. The wheel stretches time, a drag to the right lengthens the stretch in view."""

    def __init__(self, state: ChartState, parent: QWidget) -> None:
        super().__init__(state, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setToolTip(
            "Time in the zone named at the right. Wheel or drag: stretch · double click: the whole window, to now"
        )
        self._key: tuple[object, ...] = ()
        self.names_zone = False  # there is no room for that under a profile

    def sync(self) -> None:
        s = self.state
        key = (s.lens.t0, s.lens.t1, s.lens.width, s.zone, s.theme, self._zone())
        if key != self._key:
            self._key = key
            self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        s = self.state
        t, lens = s.theme, s.lens
        p.fillRect(self.rect(), theme.colour(t.panel))
        p.fillRect(QRectF(0, 0, self.width(), 1), theme.colour(t.line))
        for ms, midnight in time_ticks(lens, t.px(GRID_X_PX), s.zone):
            text = present.day(ms, s.zone) if midnight else present.hour_minute(ms, s.zone)
            weight = 600 if midnight else 500
            half = theme.text_width(text, 11, weight) / 2
            x = lens.x(ms)
            if x - half < 4 or x + half > lens.width - 4:
                continue
            row = QRectF(x - half - 4, 1, 2 * half + 8, self.height() - 1)
            write(p, row, text, t.text1 if midnight else t.text2, 11, weight, "centre")
        rest = QRectF(lens.width, 1, self.width() - lens.width - t.px(10), self.height() - 1)
        write(p, rest, self._zone(), t.text2, 11, 600, "right")

    def _zone(self) -> str:
        return zone_name(self.state) if self.names_zone else ""

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoomed.emit(0.9985 ** event.angleDelta().y(), min(event.position().x(), self.state.lens.width))
        event.accept()


class Corner(QWidget):
    """Below the axis: `auto` (a click returns the price range to its rule) and `log`. Below the profile: the zone."""

    clicked = Signal()

    def __init__(self, state: ChartState, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.axis_width = 0
        self._key: tuple[object, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sync(self) -> None:
        s = self.state
        key = (s.auto_price, zone_name(s), s.theme, self.axis_width, self.width())
        if key != self._key:
            self._key = key
            self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        s = self.state
        t = s.theme
        p.fillRect(self.rect(), theme.colour(t.panel))
        p.fillRect(QRectF(0, 0, self.width(), 1), theme.colour(t.line))
        p.fillRect(QRectF(0, 0, 1, self.height()), theme.colour(t.line))
        p.fillRect(QRectF(self.axis_width - 1, 0, 1, self.height()), theme.colour(t.line))
        row = QRectF(t.px(9), 1, self.axis_width, self.height() - 1)
        write(p, row, "auto", t.text1 if s.auto_price else t.text3, 11, 600 if s.auto_price else 500)
        shift = theme.text_width("auto", 11, 600) + t.px(7)
        write(p, row.adjusted(shift, 0, 0, 0), "log", t.text2, 11, 500)
        if self.width() > self.axis_width:
            rest = QRectF(self.axis_width, 1, self.width() - self.axis_width - t.px(10), self.height() - 1)
            write(p, rest, zone_name(s), t.text2, 11, 600, "right")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.position().x() < self.axis_width:
            self.clicked.emit()
