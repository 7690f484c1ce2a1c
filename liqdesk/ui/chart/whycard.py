"""The card that says where a cell's estimate comes from. It floats over the chart until it is closed."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from liqdesk.ui import draw
from liqdesk.ui.chart.floating import SHADOW, FloatingCard
from liqdesk.ui.chart.whywords import TIP, WhyText
from liqdesk.ui.theme import BODY, MEDIUM, REGULAR, SEMIBOLD, SMALL, current, font, text_width

ROW: Final = 20
GAP: Final = 12
SIDE: Final = 16
BAR: Final = 7
LEAST: Final = 420
WRAP: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)


class WhyCard(FloatingCard):
    """Painted once per answer, whatever moves beneath it; `closed` when the cross is pressed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text: WhyText | None = None
        self._wide: list[float] = []
        self._where: tuple[tuple[float, float], QRect] = ((0.0, 0.0), QRect())
        self.setToolTip(TIP)

    def show_text(self, text: WhyText, at: tuple[float, float], room: QRect) -> None:
        """Show an answer beside a point, inside `room` where it is large enough, both in the parent's pixels. It covers the point only
        where it fits on no side of it."""
        self.text = text
        self._where = (at, room)
        self._place()
        self.setAccessibleName(" ".join(part for part in (text.title, text.says) if part) or text.sentences[0])
        lines = [", ".join(f"{a} {b}" for a, b in zip(text.columns, row, strict=True)) for row in text.rows]
        self.setAccessibleDescription("\n".join([*lines, text.facts, *text.sentences]))
        self.show()
        self.raise_()
        self.update()

    def _place(self) -> None:
        at, room = self._where
        self._measure()
        size, parent = self._size(), self.parentWidget()
        if parent is not None and (size.width() > room.width() or size.height() > room.height()):
            room = parent.rect()
        gap, w, h = current().px(20), size.width(), size.height()
        free = (
            (at[0] - room.left() - w, at[0] - gap - w, at[1] - h / 2),
            (room.right() - at[0] - w, at[0] + gap, at[1] - h / 2),
            (room.bottom() - at[1] - h, at[0] - w / 2, at[1] + gap),
            (at[1] - room.top() - h, at[0] - w / 2, at[1] - gap - h),
        )
        _, x, y = next((place for place in free if place[0] >= gap), max(free))
        x = min(max(x, room.left()), room.right() + 1 - w)
        y = min(max(y, room.top()), room.bottom() + 1 - h)
        self.setGeometry(round(x), round(y), w, h)
        side = current().px(20)
        self._cross.setGeometry(size.width() - SHADOW - side - current().px(8), current().px(8), side, side)

    def restyle(self) -> None:
        if self.isVisible():
            self._place()
        super().restyle()

    def _measure(self) -> None:
        text = self.text
        assert text is not None
        rows = (*text.rows, text.whole) if text.rows else ()
        self._wide = [text_width(name, SMALL, MEDIUM) for name in text.columns] if rows else []
        for row in rows:
            for i, words in enumerate(row):
                weight = SEMIBOLD if i in (0, len(row) - 1) else REGULAR
                self._wide[i] = max(self._wide[i], text_width(words, BODY, weight))

    def _inner(self) -> int:
        t = current()
        table = sum(self._wide) + t.px(GAP) * (len(self._wide) - 1) if self._wide else 0
        return max(t.px(LEAST), round(table) + 1)

    def _lines(self, words: str) -> int:
        """Return the height of a wrapped sentence."""
        return round(QFontMetricsF(font(BODY)).boundingRect(QRectF(0, 0, self._inner(), 1_000), WRAP, words).height())

    def _size(self) -> QSize:
        t, text = current(), self.text
        assert text is not None
        high = t.px(SIDE) * 2 - t.px(8) + sum(self._lines(words) + t.px(3) for words in text.sentences)
        high += t.px(66) if text.title else t.px(10)
        if text.rows:
            high += t.px(ROW) * (len(text.rows) + 2) + t.px(ROW + 12)
        high += sum(t.px(34) for shares in (text.classes, text.ages) if shares)
        return QSize(self._inner() + 2 * t.px(SIDE) + SHADOW, high + SHADOW)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # not a click on the map beneath

    def said(self) -> WhyText | None:
        return self.text

    def paint_said(self, p: QPainter) -> None:
        t, text = current(), self.text
        assert text is not None
        x, wide, y = t.px(SIDE), self._inner(), float(t.px(SIDE - 4))
        if text.title:
            y = self._head(p, text, x, wide, y)
        if text.rows:
            y = self._table(p, text, x, wide, y)
        steel = t.steel
        for caption, shares, words, inks in (
            ("by class", text.classes, text.class_words, steel),
            ("by age", text.ages, text.age_words, tuple(reversed(steel[1:]))),
        ):
            if shares:
                y = self._split(p, (caption, words), shares, inks, x, wide, y)
        p.setFont(font(BODY))
        for words in text.sentences:
            high = self._lines(words)
            p.setPen(draw.colour(t.text3 if words == text.sentences[-1] and len(text.sentences) > 1 else t.text1))
            p.drawText(QRectF(x, y, wide, high), WRAP, words)
            y += high + t.px(3)

    def _head(self, p: QPainter, text: WhyText, x: float, wide: float, y: float) -> float:
        t = current()
        draw.dot(p, x + t.px(4), y + t.px(10), t.px(7), t.side(text.side))
        draw.put(p, x + t.px(14), y, wide, t.px(20), text.title, t.text1, 14, 700)
        away = text_width(text.title, 14, 700) + t.px(26)
        draw.put(p, x + away, y + 1, wide, t.px(20), text.away, t.text2, SMALL, MEDIUM)
        draw.put(p, x, y + t.px(21), wide, t.px(18), text.says, t.text1, BODY, SEMIBOLD)
        draw.put(p, x, y + t.px(39), wide, t.px(16), text.when, t.text3, SMALL, MEDIUM)
        draw.rule(p, x, y + t.px(59), wide, t.line)
        return y + t.px(66)

    def _table(self, p: QPainter, text: WhyText, x: float, wide: float, y: float) -> float:
        t, h = current(), current().px(ROW)
        spare = (wide - sum(self._wide)) / max(1, len(self._wide) - 1)
        rows = (*text.rows, text.whole)
        for i, name in enumerate(text.columns):
            align = draw.LEFT if i == 0 else draw.RIGHT
            draw.put(p, x, y, self._wide[i], h, name, t.text3, SMALL, MEDIUM, align)
            for k, row in enumerate(rows):
                weight = SEMIBOLD if i in (0, len(row) - 1) else REGULAR
                ink = t.text1 if i in (0, len(row) - 1) else t.text2
                draw.put(p, x, y + (k + 1) * h, self._wide[i], h, row[i], ink, BODY, weight, align)
            x += self._wide[i] + spare
        left = t.px(SIDE)
        draw.rule(p, left, y + h - 1, wide, t.line)
        draw.rule(p, left, y + len(rows) * h - 1, wide, t.line)
        y += (len(rows) + 1) * h
        draw.put(p, left, y, wide, h, text.facts, t.text3, SMALL, MEDIUM)
        return y + h + t.px(12)

    def _split(
        self,
        p: QPainter,
        words: tuple[str, str],
        shares: tuple[float, ...],
        inks: tuple[str, ...],
        x: float,
        wide: float,
        y: float,
    ) -> float:
        t = current()
        draw.put(p, x, y, wide, t.px(16), words[0], t.text3, SMALL, MEDIUM)
        draw.put(p, x, y, wide, t.px(16), words[1], t.text2, SMALL, MEDIUM, draw.RIGHT)
        draw.fill(p, x, y + t.px(18), wide, t.px(BAR), t.line)
        at = x
        for share, ink in zip(shares, inks, strict=True):
            part = share * wide
            if part >= 0.5:
                draw.fill(p, at, y + t.px(18), max(1.0, part - (1 if part > 3 else 0)), t.px(BAR), ink)
            at += part
        return y + t.px(34)
