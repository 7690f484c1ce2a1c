"""The watchlist's rows, painted: only those in view become words. Heads sort, the star is a click, Enter or a double click switches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip

from liqdesk.ui import draw, icons, present
from liqdesk.ui.blank import Blank, put_blank
from liqdesk.ui.draw import Painted
from liqdesk.ui.panels.frame import PAD
from liqdesk.ui.panels.watched import COLUMNS, Watched, words_of
from liqdesk.ui.theme import BODY, MEDIUM, REGULAR, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD: Final = 24
ROW: Final = 22
STAR: Final = 20
GAP: Final = 10
SAMPLES: Final = {  # of what a column must hold
    "price": "0.012345",
    "change": "−12.34",
    "interest": "−12.3",
    "funding": "−0.0123",
    "zone": "−12.3",
    "volume": "999.9M",
}
DROPPED: Final = ("volume", "zone", "interest", "funding")  # first what goes first where there is no room
CONTRACT: Final = 46


def width_of(name: str) -> int:
    """Return how wide a column is in the program's font, px."""
    head = text_width(COLUMNS[name][0], SMALL, MEDIUM)
    return round(max(text_width(SAMPLES[name], BODY), head)) + current().px(GAP)


class WatchRows(Painted):
    """`chosen(symbol)` to show a contract, `starred(symbol)` to change its star, `sorted_by(column)` when a head is pressed, `typed(text)`
    when letters come that belong into the filter."""

    chosen = Signal(str)
    starred = Signal(str)
    sorted_by = Signal(str)
    typed = Signal(str)

    def __init__(self, tip_of: Callable[[Watched], str]) -> None:
        super().__init__()
        self.rows: list[Watched] = []
        self.blank = Blank("starting")
        self.shown_symbol = ""
        self.by, self.down = "volume", True
        self._tip_of = tip_of
        self._top = 0
        self._at = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("watchlist")

    # what is shown

    def show_rows(self, rows: list[Watched], shown_symbol: str, by: str, down: bool, blank: Blank) -> None:
        """Take sorted rows; the row that the keyboard is on stays on its contract."""
        at = self.at
        same = (rows, shown_symbol, by, down, blank) == (self.rows, self.shown_symbol, self.by, self.down, self.blank)
        self.rows, self.shown_symbol, self.by, self.down, self.blank = rows, shown_symbol, by, down, blank
        if at is not None:
            self._at = next((i for i, r in enumerate(rows) if r.symbol == at.symbol), min(self._at, len(rows) - 1))
        self._top = min(self._top, self._farthest())
        if not same:
            self.update()

    @property
    def at(self) -> Watched | None:
        """Return the row that the keyboard is on."""
        return self.rows[self._at] if 0 <= self._at < len(self.rows) else None

    @property
    def in_view(self) -> list[Watched]:
        return self.rows[self._top : self._top + self.rows_in_view()]

    def rows_in_view(self) -> int:
        return max(0, (self.height() - current().px(HEAD)) // current().px(ROW))

    def columns(self) -> list[tuple[str, float]]:
        """Return the columns there is room for, each with its right edge in px."""
        t = current()
        left = list(SAMPLES)
        room = self.width() - 2 * t.px(PAD) - t.px(STAR) - t.px(CONTRACT)
        for name in DROPPED:
            if sum(map(width_of, left)) > room:
                left.remove(name)
        edges, right = [], float(self.width() - t.px(PAD))
        for name in reversed(left):
            edges.append((name, right))
            right -= width_of(name)
        return edges[::-1]

    def _farthest(self) -> int:
        return max(0, len(self.rows) - max(1, self.rows_in_view()))

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(280), t.px(HEAD) + 10 * t.px(ROW))

    def minimumSizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(180), t.px(HEAD) + 3 * t.px(ROW))

    # the pointer

    def _row_at(self, y: float) -> int:
        t = current()
        i = int((y - t.px(HEAD)) // t.px(ROW)) + self._top
        return i if t.px(HEAD) <= y and i < min(len(self.rows), self._top + self.rows_in_view()) else -1

    def _head_at(self, x: float) -> str:
        for name, right in self.columns():
            if right - width_of(name) < x <= right:
                return name
        return "contract" if x >= current().px(PAD + STAR) else ""

    def _on_star(self, x: float) -> bool:
        return x < current().px(PAD + STAR)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x, y = event.position().x(), event.position().y()
        row = self._row_at(y)
        if y < current().px(HEAD):
            name = self._head_at(x)
            if name:
                self.sorted_by.emit(name)
        elif row >= 0:
            self._at = row
            self.update()
            if self._on_star(x):
                self.starred.emit(self.rows[row].symbol)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        x, y = event.position().x(), event.position().y()
        row = self._row_at(y)
        if row >= 0 and not self._on_star(x):
            self.chosen.emit(self.rows[row].symbol)
        else:
            self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        top = min(max(0, self._top - round(event.angleDelta().y() / 40)), self._farthest())
        if top != self._top:
            self._top = top
            self.update()
        event.accept()

    # the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        page = max(1, self.rows_in_view() - 1)
        last = len(self.rows) - 1
        moves = {
            Qt.Key.Key_Up: self._at - 1,
            Qt.Key.Key_Down: self._at + 1,
            Qt.Key.Key_PageUp: self._at - page,
            Qt.Key.Key_PageDown: self._at + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        move, at = moves.get(Qt.Key(event.key())), self.at
        if move is not None:
            self.go_to(move)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and at is not None:
            self.chosen.emit(at.symbol)
        elif event.key() == Qt.Key.Key_Space and at is not None:
            self.starred.emit(at.symbol)
        else:
            super().keyPressEvent(event)

    def go_to(self, row: int) -> None:
        """Put the keyboard on a row, and bring it into view."""
        self._at = min(max(0, row), len(self.rows) - 1)
        seen = max(1, self.rows_in_view())
        self._top = max(0, min(max(self._top, self._at - seen + 1), self._at, self._farthest()))
        at = self.at
        if at is not None:
            self.setAccessibleDescription(f"{at.symbol} {words_of(at, 'price')}, {words_of(at, 'change')} % over 24 h")
        self.update()

    def event(self, event: QEvent) -> bool:
        if draw.keeps(event, Qt.Key.Key_Home, Qt.Key.Key_End):
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos().x(), event.pos().y()), self)
            return True
        return super().event(event)

    def tip_at(self, x: float, y: float) -> str:
        """Return what is said of a head, a star or a row."""
        row = self._row_at(y)
        if row >= 0:
            if self._on_star(x):
                return "Favourite: stands on top, here and in the search of contracts (Space)"
            return self._tip_of(self.rows[row]) + "\nDouble click or Enter: show it"
        name = self._head_at(x) if y < current().px(HEAD) else ""
        return f"{COLUMNS[name][1]}\nClick: sort by it" if name else ""

    # the paint

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, head, high = self.width(), t.px(HEAD), t.px(ROW)
        columns = self.columns()
        x = t.px(PAD + STAR)
        self._head(p, "contract", x, text_width(COLUMNS["contract"][0], SMALL, MEDIUM), head - 1)
        for name, right in columns:
            wide = text_width(COLUMNS[name][0], SMALL, MEDIUM)
            self._head(p, name, right - wide, wide, head - 1)
        draw.rule(p, 0, head - 1, w)
        if not self.rows:
            put_blank(p, 0, head, w, self.height() - head, self.blank)
        for k, row in enumerate(self.in_view):
            self._row(p, row, head + k * high, high, columns, self._top + k == self._at)
        if self.hasFocus():
            draw.outline(p, 0, 0, w, self.height(), t.focus, 0)

    def _head(self, p: QPainter, name: str, x: float, wide: float, high: float) -> None:
        t = current()
        on = name == self.by
        draw.put(p, x, 0, wide, high, COLUMNS[name][0], t.text1 if on else t.text3, SMALL, MEDIUM if on else REGULAR)
        if on:
            left = x - t.px(9) if name != "contract" else x + wide + t.px(4)
            y, s = high / 2, t.px(3)
            tip, foot = (y + s, y - s) if self.down else (y - s, y + s)
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(draw.colour(t.text1))
            p.drawPolygon(QPolygonF([QPointF(left, foot), QPointF(left + 2 * s, foot), QPointF(left + s, tip)]))

    def _row(
        self, p: QPainter, row: Watched, y: float, high: float, columns: list[tuple[str, float]], at: bool
    ) -> None:
        t = current()
        on = row.symbol == self.shown_symbol
        if at or on:
            draw.fill(p, t.px(3), y, self.width() - 2 * t.px(3), high, t.hover if at else t.row, radius=t.px(4))
        quiet = t.text2 if at or on else t.text3
        side = t.px(14)
        name, ink = ("starred", t.text1) if row.star else ("star", quiet)
        star = icons.pixmap(name, ink, side, self.devicePixelRatioF())
        p.drawPixmap(t.px(PAD) - t.px(2), round(y + (high - side) / 2), star)
        x = t.px(PAD + STAR)
        first = columns[0][1] - width_of(columns[0][0]) if columns else self.width()
        room = first - x
        wide = text_width(row.base, BODY, SEMIBOLD)
        draw.put(p, x, y, room, high, row.base, t.text1, BODY, SEMIBOLD if on else MEDIUM, elide=True)
        if wide + text_width(row.quote, SMALL) + t.px(4) <= room:
            draw.put(p, x + wide + t.px(4), y, room, high, row.quote, quiet, SMALL)
        for column, right in columns:
            words = words_of(row, column)
            tone = t.text1 if column == "price" else t.text2
            tone = quiet if words == present.UNKNOWN else tone
            if column == "zone" and row.zone is not None:
                tone = t.side(int(row.zone.side))
            draw.put(p, 0, y, right, high, words, tone, BODY, REGULAR, draw.RIGHT)
