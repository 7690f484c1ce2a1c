"""The zones' table as it is painted: header, rows, and the mark row in its place; what hands do with it is in `zones`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent

from liqdesk.ui import draw, present
from liqdesk.ui.blank import blank_of
from liqdesk.ui.condition import mark_age_s
from liqdesk.ui.panels.frame import PAD, Body
from liqdesk.ui.panels.zonerows import BY_NAME, Row, columns_for, largest, order, rows_of, words_over
from liqdesk.ui.present import DOLLARS
from liqdesk.ui.theme import BODY, MEDIUM, REGULAR, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.insight.depth import InTheWay
    from liqdesk.insight.zones import Zone

CHANCE: Final = "grey may be chance (z < 2)"
PRICE: Final = "range"  # sorted by it, the mark row has its place
HEAD: Final = 24  # px
ROW: Final = 22
MARK: Final = 20


class ZonesTable(Body):
    """What the table shows, painted; `sorted_by(column, falling)` when its order is another."""

    sorted_by = Signal(str, bool)

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Row, ...] = ()
        self.zones: tuple[Zone, ...] = ()
        self.sort = (PRICE, True)
        self.most = 8
        self.unit = "usd"
        self.measure = DOLLARS
        self._frame: Frame | None = None
        self._ways: tuple[InTheWay | None, ...] = ()
        self.mark = present.UNKNOWN
        self.age = present.UNKNOWN
        self.known = False
        self._below = 0  # rows above the mark row
        self._hover = -1
        self._chosen = -1  # by the keyboard
        self._columns: dict[str, tuple[float, float]] = {}
        self._columns_key: tuple[object, ...] = ()

    def high(self) -> int:
        t = current()
        return t.px(HEAD) + self._lines(self.rows) * t.px(ROW) + t.px(MARK) + t.px(4)

    @staticmethod
    def _lines(rows: tuple[Row, ...]) -> int:
        """Return how many lines rows take, with the one that says what grey means, or that there is nothing."""
        return len(rows) + (0 if rows and all(row.significant for row in rows) else 1)

    def show_frame(self, frame: Frame) -> None:
        self._frame = frame
        m = present.measure(self.unit, frame.instrument.base, frame.prices.mark)
        shown = largest(frame.zones, self.most)
        rows = rows_of(frame, shown, m)
        place = order(rows, *self.sort)
        rows, shown = tuple(rows[i] for i in place), tuple(shown[i] for i in place)
        mark = present.price(frame.prices.mark, frame.instrument.price_decimals)
        age = present.age(mark_age_s(frame))
        below = 0
        if self.sort[0] == PRICE:
            above = sum(1 for i in shown if frame.zones[i].peak > frame.prices.mark)
            below = above if self.sort[1] else len(shown) - above
        known = frame.now is not None
        self.zones = tuple(frame.zones[i] for i in shown)
        ways = frame.in_the_way
        self._ways = tuple(ways[i] if i < len(ways) else None for i in shown)
        if (rows, mark, age, below, known, m) == (
            self.rows,
            self.mark,
            self.age,
            self._below,
            self.known,
            self.measure,
        ):
            return
        taller = self._lines(rows) != self._lines(self.rows)
        mark_only = (rows, below, known, m) == (self.rows, self._below, self.known, self.measure)
        self.rows, self.mark, self.age, self._below, self.known = rows, mark, age, below, known
        self.measure = m
        if taller:
            self.updateGeometry()
        if mark_only:
            self.update(0, math.floor(self._mark_top()), self.width(), current().px(MARK))
        else:
            self.update()

    def sort_by(self, column: str, falling: bool) -> None:
        """Sort by a column."""
        if (column, falling) != self.sort:
            self.sort = (column, falling)
            self._chosen = -1
            if self._frame is not None:
                self.show_frame(self._frame)
            self.update()
            self.sorted_by.emit(column, falling)

    def wanted(self) -> int:
        """Return the height it would take with room for all zones, in px."""
        t = current()
        zones = self._frame.zones if self._frame is not None else ()
        lines = min(len(zones), 8) + (0 if zones and all(z.significant for z in zones) else 1)
        return t.px(HEAD) + lines * t.px(ROW) + t.px(MARK) + t.px(4)

    def limit(self, height: int) -> None:
        """Show as many of the largest zones as fit a height in px, two at least and eight at most."""
        t = current()
        most = min(8, max(2, (height - t.px(HEAD + MARK + 4)) // t.px(ROW)))
        if most != self.most:
            self.most = most
            if self._frame is not None:
                self.show_frame(self._frame)

    @property
    def columns(self) -> dict[str, tuple[float, float]]:
        """The columns there is room for, (left, right) px by name."""
        key = (self.width(), self.compact, tuple(row.range for row in self.rows), current())
        if key != self._columns_key:
            self._columns_key, self._columns = key, columns_for(self.width(), self.compact, self.rows)
        return self._columns

    def _tops(self) -> list[float]:
        """Return where each zone row starts, in px; the mark row takes its place among them."""
        t = current()
        tops, y = [], float(t.px(HEAD))
        for i in range(len(self.rows)):
            if i == self._below:
                y += t.px(MARK)
            tops.append(y)
            y += t.px(ROW)
        return tops

    def _mark_top(self) -> float:
        t = current()
        if self.rows:
            return t.px(HEAD) + self._below * t.px(ROW)
        return t.px(HEAD) + t.px(ROW)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        y, h = self._mark_top(), current().px(MARK)
        if not QRect(0, math.floor(y), self.width(), h).contains(event.rect()):
            self._table(p)
        self._mark(p, y, h)
        if self.hasFocus():
            draw.outline(p, 0, 0, self.width(), self.height(), current().focus, 0)

    def _mark(self, p: QPainter, y: float, h: float) -> None:
        t = current()
        w, pad = self.width(), t.px(PAD)
        p.fillRect(QRectF(0, y, w, h - 1), draw.colour(t.raised))
        draw.put(p, pad, y, 0, h, "mark", t.text2, SMALL)
        draw.put(p, pad + t.px(34), y, 0, h, self.mark, t.text1, BODY, SEMIBOLD)
        draw.put(p, 0, y, w - pad, h, self.age, t.text2, SMALL, align=draw.RIGHT)

    def _table(self, p: QPainter) -> None:
        t = current()
        w, pad, h = self.width(), t.px(PAD), t.px(ROW)
        self._head(p, t.px(HEAD - 1))
        draw.rule(p, 0, t.px(HEAD - 1), w)
        if self._lines(self.rows) > len(self.rows):
            last = t.px(HEAD) + len(self.rows) * h + (t.px(MARK) if self.rows else 0)
            note, size = self.note, SMALL if self.rows else BODY
            if text_width(note, size) > w - 2 * pad:
                note = note.partition(":")[0]  # the rest is said by the grey itself, and by the tooltip
            draw.put(p, pad, last, w - 2 * pad, h, note, t.text2, size, elide=True)
        for i, (row, y) in enumerate(zip(self.rows, self._tops(), strict=True)):
            lit = i in (self._hover, self._chosen)
            if lit:
                p.fillRect(QRectF(0, y, w, h - 1), draw.colour(t.row if i == self._chosen else t.hover))
            if row.significant:
                p.fillRect(QRectF(0, y + t.px(3), t.px(3), h - 2 * t.px(3)), draw.colour(t.side(row.side)))
            for name, (left, right) in self.columns.items():
                self._cell(p, row, name, QRectF(left, y, right - left, h), lit)
            if i + 1 != self._below and i + 1 < len(self.rows):
                draw.rule(p, pad, y + h - 1, w - 2 * pad)

    def _head(self, p: QPainter, h: float) -> None:
        t = current()
        by, falling = self.sort
        for name, (left, right) in self.columns.items():
            words = self._word(name, right - left)
            ink = t.text1 if name == by and by != PRICE else t.text3
            at_left = BY_NAME[name].left
            wide = text_width(words, SMALL)
            x = left if at_left else right - wide
            draw.put(p, x, 0, wide, h, words, ink, SMALL)
            if name == by and (by != PRICE or not falling):
                draw.rule(p, x, h - t.px(4) if falling else t.px(4), wide, t.text2)

    def _word(self, name: str, room: float) -> str:
        """Return the word over a column; the size's is its unit."""
        if name == "side" and text_width("Side", SMALL) > room + 1:
            return ""
        return self.measure.unit if name == "usd" else words_over(name, room)

    def _cell(self, p: QPainter, row: Row, name: str, at: QRectF, lit: bool) -> None:
        t = current()
        sure = row.significant
        grey = t.text2 if lit else t.text3
        text, weight, size, ink = row.texts[name], MEDIUM, BODY, t.text2 if sure else grey
        if name in ("range", "usd"):
            weight, ink = (SEMIBOLD, t.text1) if sure else (MEDIUM, grey)
        elif name == "side":
            text = text if text_width(text, BODY, MEDIUM) <= at.width() + 1 else text[0].upper()
            ink = t.side(row.side) if sure else grey
        elif name == "band":
            size, weight, ink = SMALL, REGULAR, grey
        elif name == "cohorts":
            self._dots(p, row, at, lit)
            return
        align = draw.LEFT if BY_NAME[name].left else draw.RIGHT
        draw.put(p, at.x(), at.y(), at.width(), at.height(), text, ink, size, weight, align)

    def _dots(self, p: QPainter, row: Row, at: QRectF, lit: bool) -> None:
        """Draw a dot under each cohort's word: full in a zone of it, a ring in a rise, a point in neither."""
        t = current()
        if not row.cohorts:
            draw.put(p, at.left(), at.top(), at.width(), at.height(), present.UNKNOWN, t.text3, SMALL)
            return
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = at.left()
        for word, cohort in zip(BY_NAME["cohorts"].words.split(), row.cohorts, strict=True):
            wide = text_width(word, SMALL)
            middle = x + wide / 2, at.center().y()
            ink = t.text1 if cohort == 2 and row.significant else t.text2 if cohort or lit else t.text3
            draw.dot(p, *middle, t.px(6) if cohort else t.px(2), ink, cohort == 1)
            x += wide + text_width(" ", SMALL)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    @property
    def note(self) -> str:
        """What is said under the rows: that nothing is significant, or what grey means."""
        if not self.known:
            return blank_of(self._frame, "no estimate yet").words
        if not self.rows:
            return "no significant zone"
        return CHANCE if any(row.significant for row in self.rows) else f"none significant: {CHANCE}"

    def _at(self, y: float) -> int:
        high = current().px(ROW)
        for i, top in enumerate(self._tops()):
            if top <= y < top + high:
                return i
        return -1

    def _column_at(self, x: float, y: float) -> str:
        """Return the column whose word stands at a place, empty where none does."""
        if y >= current().px(HEAD):
            return ""
        reach = current().px(4)
        return next((name for name, (a, b) in self.columns.items() if a - reach <= x < b + reach), "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.update()
