"""What would follow if price went somewhere, as a sheet: the same words in a card over the chart and in a panel, laid out by its width."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from liqdesk.ui import draw, present
from liqdesk.ui.chart.whatifwords import WhatText
from liqdesk.ui.theme import BODY, MEDIUM, REGULAR, SEMIBOLD, SMALL, current, font, text_width

ROW: Final = 20
GAP: Final = 12
TITLE: Final = 26
NOTE: Final = 16
LEAST: Final = 300  # px at 100 %, for the interval of a narrow sheet
ZONE: Final = {"reached": "yes", "not reached": "no"}  # where there is little room
WRAP: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)


def needed(text: WhatText) -> int:
    """Return how wide a sheet is that breaks nothing, px."""
    t = current()
    title = text_width(text.title, 14, 700) + text_width(text.away, SMALL, MEDIUM) + t.px(60)
    return round(max(_lines_wide(text), title, _table_wide(text))) + 1


def _lines_wide(text: WhatText) -> float:
    names, values, notes = zip(*text.lines, strict=True)
    wide = max(text_width(a, BODY) for a in names) + max(text_width(b, BODY, SEMIBOLD) for b in values)
    return wide + max(text_width(c, SMALL) for c in notes) + current().px(2 * GAP)


def _table_wide(text: WhatText) -> float:
    return sum(widths(text)) + current().px(GAP) * (len(text.columns) - 1) if text.rows else 0.0


def widths(text: WhatText) -> list[float]:
    """Return how wide each column of the table is, px."""
    wide = [text_width(name, SMALL, MEDIUM) for name in text.columns]
    for row in text.rows:
        for i, words in enumerate(row):
            wide[i] = max(wide[i], text_width(words, BODY, SEMIBOLD if i == 1 else REGULAR))
    return wide


def _is_narrow(text: WhatText, wide: float) -> bool:
    return wide < needed(text)


def _is_broad(text: WhatText, wide: float) -> bool:
    """Whether the table has room beside the lines."""
    return bool(text.rows) and wide >= _lines_wide(text) + _table_wide(text) + current().px(4 * GAP)


@lru_cache(maxsize=256)
def _height_of(words: str, wide: int, scale: float) -> int:
    return round(QFontMetricsF(font(SMALL)).boundingRect(QRectF(0, 0, wide, 1_000), WRAP, words).height())


def _sentence(words: str, wide: float) -> int:
    """Return the height of a wrapped sentence."""
    return _height_of(words, int(wide), current().scale)


def _turned(text: WhatText, wide: float) -> tuple[tuple[str, ...], ...]:
    """Return the table with a row for each of its columns, the names first; an interval that is too long for its column in two rows."""
    book, stops, band, beyond, forced, zone = zip(text.columns, *text.rows, strict=True)
    reached = ("Zone hit", *(ZONE.get(words, words) for words in zone[1:]))
    rest = (beyond, forced, reached)
    if wide < current().px(LEAST):
        return (book, stops, *rest)
    room = _column(wide, (book, stops, band, *rest)) - current().px(6)
    if max(text_width(words, SMALL) for words in band[1:]) <= room:
        return (book, stops, band, *rest)
    ends = [words.partition("–") for words in band[1:]]
    low = ("80 % from", *(a or present.UNKNOWN for a, _, _ in ends))
    high = ("80 % to", *(b or present.UNKNOWN for _, _, b in ends))
    return (book, stops, low, high, *rest)


def _column(wide: float, rows: tuple[tuple[str, ...], ...]) -> float:
    """Return how wide each column but the first is, px."""
    names = max(text_width(row[0], SMALL, MEDIUM) for row in rows) + current().px(4)
    return (wide - names) / max(1, len(rows[0]) - 1)


def height(text: WhatText, wide: float) -> int:
    """Return how high a sheet of a width is, px."""
    t = current()
    row, lines = t.px(ROW), len(text.lines)
    end = sum(_sentence(words, wide) + t.px(4) for words in text.sentences)
    if _is_narrow(text, wide):
        head = t.px(TITLE) + (t.px(NOTE) if _title_breaks(text, wide) else 0)
        table = row * len(_turned(text, wide)) + t.px(8) if text.rows else 0
        return head + (row + t.px(NOTE)) * lines + t.px(6) + table + end
    table = row * (len(text.rows) + 1) if text.rows else 0
    if _is_broad(text, wide):
        return t.px(TITLE) + max(row * lines, table) + t.px(8) + end
    return t.px(TITLE) + row * lines + t.px(6) + (table + t.px(8) if text.rows else 0) + end


def _title_breaks(text: WhatText, wide: float) -> bool:
    return text_width(text.title, 14, 700) + text_width(text.away, SMALL, MEDIUM) + current().px(26) > wide


def paint(p: QPainter, text: WhatText, x: float, y: float, wide: float) -> None:
    """Paint a sheet of a width at a place."""
    t = current()
    narrow, broad = _is_narrow(text, wide), _is_broad(text, wide)
    draw.dot(p, x + t.px(4), y + t.px(10), t.px(7), t.side(int(text.side)))
    draw.put(p, x + t.px(14), y, wide - t.px(14), t.px(20), text.title, t.text1, 14, 700, elide=True)
    if narrow and _title_breaks(text, wide):
        draw.put(p, x + t.px(14), y + t.px(20), wide, t.px(NOTE), text.away, t.text2, SMALL, MEDIUM)
        y += t.px(NOTE)
    else:
        after = text_width(text.title, 14, 700) + t.px(24)
        draw.put(p, x + after, y + t.px(1), wide, t.px(20), text.away, t.text2, SMALL, MEDIUM)
    y += t.px(TITLE)
    if narrow:
        y = _stacked(p, text, x, y, wide)
        y = _table_turned(p, text, x, y, wide) if text.rows else y
    elif broad:
        left = _lines_wide(text)
        gap = t.px(4 * GAP)
        most = min(wide - left - gap, _table_wide(text) + t.px(10 * GAP))
        low = _table(p, text, x + left + gap, y, most)
        y = max(_lines(p, text, x, y, left), low) + t.px(8)
    else:
        y = _lines(p, text, x, y, wide) + t.px(6)
        if text.rows:
            draw.rule(p, x, y - t.px(2), wide, t.line)
            y = _table(p, text, x, y, wide) + t.px(8)
    p.setFont(font(SMALL))
    for i, words in enumerate(text.sentences):
        high = _sentence(words, wide)
        p.setPen(draw.colour(t.text3 if i == len(text.sentences) - 1 else t.text2))
        p.drawText(QRectF(x, y, wide, high), WRAP, words)
        y += high + t.px(4)


def _lines(p: QPainter, text: WhatText, x: float, y: float, wide: float) -> float:
    t = current()
    high, notes = t.px(ROW), max(text_width(note, SMALL) for *_, note in text.lines)
    for i, (name, value, note) in enumerate(text.lines):
        draw.put(p, x, y, wide, high, name, t.text2, BODY)
        ink = t.side(int(text.side)) if i == 0 else t.text1
        draw.put(p, x, y, wide - notes - t.px(GAP), high, value, ink, BODY, SEMIBOLD, draw.RIGHT)
        draw.put(p, x + wide - notes, y, notes, high, note, t.text3, SMALL)
        y += high
    return y


def _stacked(p: QPainter, text: WhatText, x: float, y: float, wide: float) -> float:
    """Paint the lines with their notes beneath them."""
    t = current()
    high, note_high = t.px(ROW), t.px(NOTE)
    for i, (name, value, note) in enumerate(text.lines):
        draw.put(p, x, y, wide, high, name, t.text2, BODY)
        ink = t.side(int(text.side)) if i == 0 else t.text1
        draw.put(p, x, y, wide, high, value, ink, BODY, SEMIBOLD, draw.RIGHT)
        draw.put(p, x, y + high - t.px(2), wide, note_high, note, t.text3, SMALL, align=draw.RIGHT, elide=True)
        y += high + note_high
    return y + t.px(6)


def _table(p: QPainter, text: WhatText, x: float, y: float, wide: float) -> float:
    t, h = current(), current().px(ROW)
    columns = widths(text)
    spare = (wide - sum(columns)) / (len(columns) - 1)
    left = x
    for i, name in enumerate(text.columns):
        align = draw.LEFT if i == 0 else draw.RIGHT
        draw.put(p, left, y, columns[i], h, name, t.text3, SMALL, MEDIUM, align)
        for k, row in enumerate(text.rows):
            weight, ink = (SEMIBOLD, t.text1) if i == 1 else (REGULAR, t.text1 if i in (0, 4) else t.text2)
            draw.put(p, left, y + (k + 1) * h, columns[i], h, row[i], ink, BODY, weight, align)
        left += columns[i] + spare
    return y + h * (len(text.rows) + 1)


def _table_turned(p: QPainter, text: WhatText, x: float, y: float, wide: float) -> float:
    t, h = current(), current().px(ROW)
    draw.rule(p, x, y - t.px(3), wide, t.line)
    rows = _turned(text, wide)
    each = _column(wide, rows)
    names = wide - each * len(text.rows)
    for k, row in enumerate(rows):
        draw.put(p, x, y, names, h, row[0], t.text3, SMALL, MEDIUM)
        for i, words in enumerate(row[1:]):
            weight, ink = (
                (SEMIBOLD, t.text1) if k == 1 else (MEDIUM if k == 0 else REGULAR, t.text1 if k == 0 else t.text2)
            )
            draw.put(p, x + names + i * each, y, each, h, words, ink, SMALL, weight, draw.RIGHT, elide=True)
        y += h
    return y + t.px(8)
