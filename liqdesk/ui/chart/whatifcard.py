"""The card that says what would follow if price went somewhere. It floats over the chart until it is closed."""

from __future__ import annotations

from textwrap import fill
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from liqdesk.ui import draw
from liqdesk.ui.chart.floating import SHADOW, FloatingCard
from liqdesk.ui.chart.whatifwords import TIP, WhatText
from liqdesk.ui.theme import BODY, MEDIUM, REGULAR, SEMIBOLD, SMALL, current, font, text_width

ROW: Final = 20
GAP: Final = 12
SIDE: Final = 14
LEAST: Final = 430
WRAP: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
KEYS: Final = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 20, Qt.Key.Key_PageDown: -20}


class WhatCard(FloatingCard):
    """Painted once per answer. `closed` when the cross is pressed, `nudged(steps)` by the arrow and page keys."""

    nudged = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text: WhatText | None = None
        self._low = False
        self._rows: list[float] = []
        self._room = QRect()
        self._widest = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(fill(TIP, 92))

    def show_text(self, text: WhatText, room: QRect, rows: list[float], low: bool) -> None:
        """Show an answer in the upper left corner of `room`, or in the lower one: away from price (`low` says which that is), unless the
        other one covers fewer of the pixel `rows`."""
        if not self.isVisible():
            self._widest = 0  # while it is open it grows and does not shrink
        anew = text != self.text
        self.text, self._room, self._rows, self._low = text, room, rows, low
        self._place()
        if anew:
            self.setAccessibleName(f"{text.title}, {text.away}")
            lines = [f"{label} {value}, {note}" for label, value, note in text.lines]
            table = [", ".join(f"{a} {b}" for a, b in zip(text.columns, row, strict=True)) for row in text.rows]
            self.setAccessibleDescription("\n".join([*lines, *table, *text.sentences]))
            self.update()
        self.show()
        self.raise_()

    def _place(self) -> None:
        size, room = self._size(), self._room
        x = min(room.left(), max(room.left(), room.right() - size.width()))
        corners = [float(room.top()), float(max(room.top(), room.bottom() - size.height()))]
        covered = [sum(y <= row <= y + size.height() for row in self._rows) for y in corners]
        low = self._low if covered[self._low] <= covered[not self._low] else not self._low
        self.setGeometry(x, round(corners[low]), size.width(), size.height())
        side = current().px(20)
        self._cross.setGeometry(size.width() - SHADOW - side - current().px(8), current().px(8), side, side)

    def restyle(self) -> None:
        if self.isVisible():
            self._widest = 0
            self._place()
        super().restyle()

    def _widths(self) -> list[float]:
        text = self.text
        assert text is not None
        wide = [text_width(name, SMALL, MEDIUM) for name in text.columns]
        for row in text.rows:
            for i, words in enumerate(row):
                wide[i] = max(wide[i], text_width(words, BODY, SEMIBOLD if i == 1 else REGULAR))
        return wide

    def _inner(self) -> int:
        t, text = current(), self.text
        assert text is not None
        lines = max(
            text_width(a, BODY) + text_width(b, BODY, SEMIBOLD) + text_width(c, SMALL) + t.px(2 * GAP)
            for a, b, c in text.lines
        )
        title = text_width(text.title, 14, 700) + text_width(text.away, SMALL, MEDIUM) + t.px(60)
        table = sum(self._widths()) + t.px(GAP) * (len(text.columns) - 1) if text.rows else 0
        self._widest = max(self._widest, t.px(LEAST), round(max(lines, title, table)) + 1)
        return self._widest

    def _high(self, words: str, wide: int) -> int:
        """Return the height of a wrapped sentence."""
        return round(QFontMetricsF(font(SMALL)).boundingRect(QRectF(0, 0, wide, 1_000), WRAP, words).height())

    def _size(self) -> QSize:
        t, text = current(), self.text
        assert text is not None
        wide = self._inner()
        high = t.px(34) + t.px(ROW) * len(text.lines) + t.px(6)
        high += t.px(ROW) * (len(text.rows) + 1) + t.px(8) if text.rows else 0
        high += sum(self._high(words, wide) + t.px(4) for words in text.sentences) + t.px(SIDE)
        return QSize(wide + 2 * t.px(SIDE) + SHADOW, high + SHADOW)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # not a click on the map beneath

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = KEYS.get(Qt.Key(event.key()))
        if steps is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        else:
            self.nudged.emit(steps)

    def said(self) -> WhatText | None:
        return self.text

    def paint_said(self, p: QPainter) -> None:
        t, text = current(), self.text
        assert text is not None
        x, wide, y = t.px(SIDE), self._inner(), float(t.px(34))
        draw.dot(p, x + t.px(4), t.px(18), t.px(7), t.side(int(text.side)))
        draw.put(p, x + t.px(14), t.px(8), wide, t.px(20), text.title, t.text1, 14, 700)
        after = text_width(text.title, 14, 700) + t.px(24)
        draw.put(p, x + after, t.px(9), wide, t.px(20), text.away, t.text2, SMALL, MEDIUM)
        notes = max(text_width(note, SMALL) for *_, note in text.lines)
        for i, (label, value, note) in enumerate(text.lines):
            high = t.px(ROW)
            draw.put(p, x, y, wide, high, label, t.text2, BODY)
            ink = t.side(int(text.side)) if i == 0 else t.text1
            draw.put(p, x, y, wide - notes - t.px(GAP), high, value, ink, BODY, SEMIBOLD, draw.RIGHT)
            draw.put(p, x + wide - notes, y, notes, high, note, t.text3, SMALL)
            y += high
        y += t.px(6)
        if text.rows:
            y = self._table(p, text, x, wide, y)
        p.setFont(font(SMALL))
        for i, words in enumerate(text.sentences):
            high = self._high(words, wide)
            p.setPen(draw.colour(t.text3 if i == len(text.sentences) - 1 else t.text2))
            p.drawText(QRectF(x, y, wide, high), WRAP, words)
            y += high + t.px(4)

    def _table(self, p: QPainter, text: WhatText, x: float, wide: float, y: float) -> float:
        t, h = current(), current().px(ROW)
        draw.rule(p, x, y - t.px(2), wide, t.line)
        widths = self._widths()
        spare = (wide - sum(widths)) / (len(widths) - 1)
        left = x
        for i, name in enumerate(text.columns):
            align = draw.LEFT if i == 0 else draw.RIGHT
            draw.put(p, left, y, widths[i], h, name, t.text3, SMALL, MEDIUM, align)
            for k, row in enumerate(text.rows):
                weight, ink = (SEMIBOLD, t.text1) if i == 1 else (REGULAR, t.text1 if i in (0, 4) else t.text2)
                draw.put(p, left, y + (k + 1) * h, widths[i], h, row[i], ink, BODY, weight, align)
            left += widths[i] + spare
        return y + h * (len(text.rows) + 1) + t.px(8)
