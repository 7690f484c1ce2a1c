"""Words on the plot: names of lines at its left edge, and what an empty plot waits for."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from liqdesk.ui import theme
from liqdesk.ui.chart.paint import bell, box, write
from liqdesk.ui.chart.placement import spread
from liqdesk.ui.chart.state import ChartState, alert_text


def draw_line_tags(p: QPainter, s: ChartState) -> None:
    """Name each alert line in a small box at the left edge, apart from one another."""
    t, lens = s.theme, s.lens
    rules = [r for r in s.alerts if 0 <= lens.y(r.price) <= lens.height]
    rules.sort(key=lambda r: -r.price)
    height = t.px(18)
    rows = spread([lens.y(r.price) for r in rules], [height] * len(rules), 2, 2, lens.height - 2)
    for rule, y in zip(rules, rows, strict=True):
        text = alert_text(rule, s.decimals)
        width = theme.text_width(text, 11, 600) + t.px(32)
        rect = QRectF(t.px(8), round(y - height / 2), round(width), height)
        box(p, rect, t.chart, t.border, t.px(3), 0.92)
        bell(p, QPointF(rect.left() + t.px(11), rect.center().y()), t.px(11), t.text1)
        write(p, rect.adjusted(t.px(22), 0, 0, 0), text, t.text1, 11, 600)


def draw_note(p: QPainter, s: ChartState) -> None:
    """Say in the middle of the plot what it waits for."""
    if not s.note:
        return
    t, lens = s.theme, s.lens
    width = theme.text_width(s.note, 12, 500) + t.px(28)
    rect = QRectF(round((lens.width - width) / 2), round(lens.height / 2 - t.px(15)), round(width), t.px(30))
    box(p, rect, t.panel, t.border, t.px(4))
    write(p, rect, s.note, t.text2, 12, 500, "centre")
