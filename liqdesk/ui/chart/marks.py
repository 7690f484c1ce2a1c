"""The line of the last price, names of lines at the plot's left edge, and what an empty plot waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from liqdesk.ui import present, theme
from liqdesk.ui.chart.paint import bell, box, dashed, write
from liqdesk.ui.chart.placement import spread
from liqdesk.ui.chart.state import ChartState, alert_text
from liqdesk.ui.chart.whatifwords import what_lines
from liqdesk.ui.keptlines import KeptLine
from liqdesk.ui.theme import Theme


def last_row(s: ChartState) -> int:
    """Return the pixel row of the last price, −1 where there is none in view."""
    if not (s.lens.valid and s.last > 0):
        return -1
    row = round(s.lens.y(s.last))
    return row if 0 <= row <= s.lens.height else -1


def draw_last(p: QPainter, s: ChartState, width: float, row: int, clear: Sequence[QRectF] = ()) -> None:
    """Draw the dashed line of the last price over `width` px, on the row that the painter's owner last asked to be repainted: a newer
    price, drawn in whatever part is being painted, would leave a piece of itself behind. It passes by the words in `clear`."""
    if row >= 0:
        t = s.theme
        p.setPen(dashed(theme.colour(t.text3 if s.stale else t.accent(s.live)), (3, 3)))
        x = 0.0
        for words in sorted((r for r in clear if r.top() <= row <= r.bottom()), key=lambda r: r.left()):
            if words.left() > x:
                p.drawLine(QPointF(x, row + 0.5), QPointF(words.left(), row + 0.5))
            x = max(x, words.right())
        if x < width:
            p.drawLine(QPointF(x, row + 0.5), QPointF(width, row + 0.5))


@dataclass(frozen=True)
class LineTag:
    """The name of a line in a box at the plot's left edge; `mine` for the user's position, an alert has its bell."""

    text: str
    rect: QRectF
    mine: bool
    bell: bool = False


def kept_tag(line: KeptLine, mark: float) -> str:
    """Return what a line's tag says: line · +1.9 %."""
    return f"line · {present.percent(line.price / mark - 1, 1)}" if mark > 0 else "line"


def line_tags(s: ChartState) -> list[LineTag]:
    """Place the names of alert lines, of the user's position and of the lines kept in view, highest price first, apart from one
    another."""
    t, lens = s.theme, s.lens
    named = [(rule.price, alert_text(rule, s.decimals), False, True) for rule in s.alerts]
    named += [(line.price, line.text, True, False) for line in s.mine]
    named += [(line.price, kept_tag(line, s.mark), False, False) for line in s.kept]
    named += [(line.price, line.text, False, False) for line in what_lines(s)]
    seen = sorted((n for n in named if 0 <= lens.y(n[0]) <= lens.height), key=lambda n: -n[0])
    height = t.px(18)
    rows = spread([lens.y(price) for price, *_ in seen], [height] * len(seen), 2, 2, lens.height - 2)
    tags = []
    for (_, text, mine, bell_on), y in zip(seen, rows, strict=True):
        around = t.px(32 if bell_on else 16)
        text = theme.fitting(text, lens.width - 2 * t.px(8) - around, 11, 600)
        wide = round(theme.text_width(text, 11, 600) + around)
        tags.append(LineTag(text, QRectF(t.px(8), round(y - height / 2), wide, height), mine, bell_on))
    return tags


def draw_line_tags(p: QPainter, s: ChartState) -> None:
    """Name alert lines and the user's own in small boxes at the left edge."""
    ratio = p.device().devicePixelRatioF()
    for tag in line_tags(s):
        p.drawPixmap(tag.rect.topLeft(), _line_tag(tag.text, tag.rect.width(), tag.bell, s.theme, ratio))


@lru_cache(maxsize=64)
def _line_tag(text: str, wide: float, bell_on: bool, t: Theme, ratio: float) -> QPixmap:
    rect = QRectF(0, 0, wide, t.px(18))
    picture = QPixmap(round(rect.width() * ratio), round(rect.height() * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    box(painter, rect, t.chart, t.border, t.px(3), 0.92)
    if bell_on:
        bell(painter, QPointF(t.px(11), rect.center().y()), t.px(11), t.text1)
    write(painter, rect.adjusted(t.px(22 if bell_on else 8), 0, 0, 0), text, t.text1, 11, 600)
    painter.end()
    return picture


def draw_note(p: QPainter, s: ChartState) -> None:
    """Say in the middle of the plot what it waits for."""
    if not s.note:
        return
    t, lens = s.theme, s.lens
    width = theme.text_width(s.note, 12, 500) + t.px(28)
    rect = QRectF(round((lens.width - width) / 2), round(lens.height / 2 - t.px(15)), round(width), t.px(30))
    box(p, rect, t.panel, t.border, t.px(4))
    write(p, rect, s.note, t.text2, 12, 500, "centre")
