"""Streams: how old, how fast and how whole each is, over which connections they come, and what the requests cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from liqdesk.ui import draw, streams
from liqdesk.ui.condition import accent_token
from liqdesk.ui.dialogs.card import Card, label
from liqdesk.ui.draw import LEFT, RIGHT, Painted
from liqdesk.ui.streams import Cell
from liqdesk.ui.theme import BODY, MEDIUM, REGULAR, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame

ROW: Final = 22
GAP: Final = 18
DOT: Final = 12
PROMISE: Final = (
    "Thinned: order book updates that a newer one replaced before there was time for them. Trades and forced orders never are. "
    "Gaps: what was missed and the venue could not give back."
)


class Table(Painted):
    """Rows under a header. Words stand left, numbers right; columns grow and never shrink, so that nothing moves. Where there is no
    room for all, the last column is shortened."""

    def __init__(self, columns: tuple[str, ...], words: tuple[str, ...]) -> None:
        """`words`: the columns that hold words."""
        super().__init__()
        self.columns = columns
        self.rows: tuple[tuple[Cell, ...], ...] = ()
        self._words = words
        self._dots: tuple[tuple[str, bool], ...] = ()  # token, hollow; none where rows have no dot
        self._widest: list[float] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._measure()

    def show_rows(self, rows: tuple[tuple[Cell, ...], ...], dots: tuple[tuple[str, bool], ...] = ()) -> bool:
        """Show rows; return whether the room needed has changed."""
        if (rows, dots) == (self.rows, self._dots):
            return False
        before, widest, old = self.sizeHint(), self._widest, self.rows
        same = dots == self._dots and len(rows) == len(old)
        self.rows, self._dots = rows, dots
        self._measure()
        words = ("; ".join(f"{c}: {cell.text}" for c, cell in zip(self.columns, row, strict=True)) for row in rows)
        self.setAccessibleName("\n".join(words))
        if same and widest == self._widest:
            for i, (x, wide) in enumerate(self._columns()):
                if any(a[i] != b[i] for a, b in zip(old, rows, strict=True)):
                    self.update(math.floor(x), 0, math.ceil(wide) + 1, self.height())
        else:
            self.update()
        if before == self.sizeHint():
            return False
        self.updateGeometry()
        return True

    def restyle(self) -> None:
        self._widest = []
        self._measure()
        super().restyle()

    def _measure(self) -> None:
        found = [text_width(name, SMALL, MEDIUM) for name in self.columns]
        for row in self.rows:
            for i, cell in enumerate(row):
                found[i] = max(found[i], text_width(cell.text, BODY, self._weight(i)))
        before = self._widest or found
        self._widest = [max(a, b) for a, b in zip(before, found, strict=True)]

    @staticmethod
    def _weight(column: int) -> int:
        return SEMIBOLD if column == 0 else REGULAR

    def _left(self) -> int:
        return current().px(DOT) if self._dots else 0

    def _wide(self, last: float) -> int:
        return math.ceil(self._left() + sum(self._widest[:-1]) + current().px(GAP) * (len(self.columns) - 1) + last) + 2

    def sizeHint(self) -> QSize:
        return QSize(self._wide(self._widest[-1]), current().px(ROW) * (len(self.rows) + 1) + 1)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._wide(min(self._widest[-1], current().px(80))), self.sizeHint().height())

    def _columns(self) -> list[tuple[float, float]]:
        """Return the left edge and the width of every column."""
        out, x, gap = [], float(self._left()), current().px(GAP)
        for wide in self._widest[:-1]:
            out.append((x, wide))
            x += wide + gap
        return [*out, (x, min(self._widest[-1], self.width() - x))]

    def paintEvent(self, event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        h, region = t.px(ROW), event.region()
        draw.rule(p, 0, h - 1, self.width())
        for i, (name, (x, wide)) in enumerate(zip(self.columns, self._columns(), strict=True)):
            if not region.intersects(QRect(math.floor(x), 0, math.ceil(wide) + 1, self.height())):
                continue
            last = i == len(self.columns) - 1
            align = LEFT if name in self._words else RIGHT
            draw.put(p, x, 0, wide, h, name, t.text3, SMALL, MEDIUM, align)
            for k, row in enumerate(self.rows):
                ink = str(getattr(t, row[i].token))
                draw.put(p, x, (k + 1) * h, wide, h, row[i].text, ink, BODY, self._weight(i), align, elide=last)
        for k, (token, hollow) in enumerate(self._dots):
            draw.dot(p, t.px(3), (k + 1.5) * h, t.px(6), str(getattr(t, token)), hollow)


class Hours(Painted):
    """Twenty-four bars: how many there were in each hour of the last day, the running one at the right."""

    def __init__(self, counts: list[int]) -> None:
        super().__init__()
        self.counts = counts
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            f"How many in each of the last 24 hours, this hour at the right; the tallest bar is {max(counts):,}."
        )
        self.setAccessibleName("by the hour: " + ", ".join(str(n) for n in counts))

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(7) * len(self.counts) + t.px(60), t.px(22))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        high, most = t.px(18), max(self.counts)
        for i, count in enumerate(self.counts):
            tall = max(t.px(2), round(high * count / most)) if count else 1
            p.fillRect(i * t.px(7), t.px(20) - tall, t.px(5), tall, draw.colour(t.text2 if count else t.border))
        left = len(self.counts) * t.px(7) + t.px(6)
        draw.put(p, left, 0, self.width() - left, self.height(), "24 h", t.text3, SMALL)


def dots_of(frame: Frame) -> tuple[tuple[str, bool], ...]:
    """Return the token and whether it is hollow of each stream's dot."""
    accent = "text3" if frame.connection.health == "ended" else accent_token(frame)
    tokens = {"fresh": (accent, False), "stale": ("alert", False), "none": ("text3", True)}
    return tuple(tokens[streams.condition_of(s)] for s in frame.streams)


class StreamsDialog(Card):
    """Three tables that follow the frames, and what is to say beside them."""

    def __init__(self, parent: QWidget | None, frame: Frame | None) -> None:
        super().__init__(parent, "Streams", 620)
        t = current()
        self.streams = Table(streams.STREAM_COLUMNS, ("Stream", "Brought by"))
        self.links = Table(streams.LINK_COLUMNS, ("Connection", "State", "Endpoint"))
        self.rest = Table(streams.REST_COLUMNS, ("Requests", "Endpoint"))
        self.rows.setSpacing(t.px(16))
        for table in (self.streams, self.links, self.rest):
            self.rows.addWidget(table)
        self._notes = QVBoxLayout()
        self._notes.setSpacing(t.px(4))
        self._labels: list[QWidget] = []
        self.notes: tuple[Cell, ...] = ()
        self.rows.addLayout(self._notes)
        self.promise = label(PROMISE, "note", SMALL, wrap=True)
        self.rows.addWidget(self.promise)
        if frame is not None:
            self.show_frame(frame)

    def show_frame(self, frame: Frame) -> None:
        moved = self.streams.show_rows(tuple(map(streams.stream_row, frame.streams)), dots_of(frame))
        moved |= self.links.show_rows(tuple(map(streams.link_row, frame.links)))
        moved |= self.rest.show_rows((streams.rest_row(frame.rest),) if frame.rest is not None else ())
        self.links.setVisible(bool(frame.links))
        self.rest.setVisible(frame.rest is not None)
        moved |= self._show_notes(streams.notes(frame))
        if moved and self.isVisible():
            self.fit()

    def _show_notes(self, said: tuple[Cell, ...]) -> bool:
        if said == self.notes:
            return False
        self.notes = said
        for old in self._labels:
            self._notes.removeWidget(old)
            old.deleteLater()
        self._labels = []
        for cell in said:
            line = label(cell.text, "", BODY, MEDIUM if cell.token == "alert" else REGULAR, wrap=True)  # nosec B105  # a colour's name
            line.setStyleSheet(f"color: {getattr(current(), cell.token)}")
            self._notes.addWidget(line)
            self._labels.append(line)
            if isinstance(cell.value, list):
                hours = Hours(cell.value)
                self._notes.addWidget(hours)
                self._labels.append(hours)
        return True
