"""One pane beneath the chart: its title row, its picture, the extremes on the price axis, the numbers under the profile."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from liqdesk.ui import icons, present, theme
from liqdesk.ui.chart.paint import guarded, write
from liqdesk.ui.chart.panes.course import Course
from liqdesk.ui.chart.panes.kind import Kind, Word
from liqdesk.ui.chart.panes.picture import HEAD_PX, Picture
from liqdesk.ui.chart.state import ChartState

OPEN_PX: Final = 60
OPEN_COMPACT_PX: Final = 54
FOLDED_PX: Final = 20
PACE_NS: Final = 400_000_000
FOLDED_PACE_NS: Final = 1_000_000_000


class SubPane(QWidget):
    """Shows one kind across plot, gutter, axis and profile. It asks to be folded, for its menu, and for the chart to move with it."""

    fold_asked = Signal(str)
    menu_asked = Signal(str, QPoint)
    pointed = Signal(object)  # (x, y) in its own pixels, None when the pointer left
    zoomed = Signal(float, float)  # factor, pixel column
    dragged = Signal(float)  # px since the last event
    reset = Signal()

    def __init__(self, state: ChartState, kind: Kind, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.kind = kind
        self.folded = False
        self.picture = Picture(state)
        self.course = Course()
        self.words: tuple[Word, ...] = ()
        self.scale: tuple[tuple[float, str], ...] = ()
        self.axis_left = self.profile_left = 0
        self.numbers = (
            0,
            0,
        )  # the columns from and to which they stand in: under the profile, or under the labels where there is none
        self.note = ""
        self._taken_ns = 0
        self._view: tuple[object, ...] = ()
        self._head: tuple[object, ...] = ()
        self._pressed: QPoint | None = None
        self._moved = False
        self._title_right = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setAccessibleName(kind.title)

    @property
    def height_wanted(self) -> int:
        px = self.state.theme.px
        return px(FOLDED_PX) if self.folded else px(OPEN_COMPACT_PX if self.state.compact else OPEN_PX)

    def set_columns(self, plot: int, axis: int, profile: int, width: int) -> None:
        """Take where the plot ends, where price axis and profile begin, and where all ends."""
        numbers = (profile, width) if profile < width else (plot, axis)
        if (axis, profile, numbers) != (self.axis_left, self.profile_left, self.numbers):
            self.axis_left, self.profile_left, self.numbers = axis, profile, numbers
            self.update()

    def set_folded(self, folded: bool) -> None:
        if folded != self.folded:
            self.folded = folded
            self._head = ()
            self.update()

    # what it shows

    @property
    def behind(self) -> bool:
        """Whether the view has moved in time, or the theme is another, since the last look: no frame need come after that."""
        return self._view != self._look()

    def _look(self) -> tuple[object, ...]:
        lens = self.state.lens
        return lens.t0, lens.t1, lens.width, self.state.theme

    def due(self, beat_ns: int) -> bool:
        """Whether it is time to look again."""
        pace = FOLDED_PACE_NS if self.folded else PACE_NS
        return (self.behind and not self.folded) or beat_ns - self._taken_ns >= pace

    def sync(self) -> None:
        """Look at the newest frame, and repaint what of it changed."""
        s = self.state
        self._taken_ns, self._view = time.monotonic_ns(), self._look()
        self.course = self.kind.course() if s.lens.timed else Course()
        self._say()
        if self.folded or not s.lens.timed:
            return
        frame = s.frame
        ranged = (frame.epoch if frame else 0, s.settings.candle_ms, self.kind.unit)
        before = self.picture.range
        size = QSize(round(s.lens.width), self.height())
        changed = self.picture.show(self.course, self.kind.hatched(), size, self.devicePixelRatioF(), ranged)
        if not changed.isEmpty():
            self.update(changed)
        scale = self.kind.scale(self.course)
        if scale != self.scale or self.picture.range != before:
            self.scale = scale
            self.update(self.axis_left, 0, self.profile_left - self.axis_left, self.height())

    def _say(self) -> None:
        s = self.state
        words, note = self.kind.words(self.course), self.kind.note()
        if words != self.words:
            if [w[:2] for w in words] != [w[:2] for w in self.words]:
                self.update(self.numbers[0], 0, self.numbers[1] - self.numbers[0], self.height())
            self.words = words
        waiting = "" if self.course.known else self.kind.waiting()
        head = (note, waiting, s.theme, s.compact, self.folded)
        if head != self._head:
            self._head, self.note = head, note
            self.update()
            self.setAccessibleDescription(note)

    def tag_rows(self, time_ms: float) -> list[tuple[float, str]]:
        """Return what the crosshair's tags say of a time, each with its row in this pane; none where it is folded."""
        if self.folded:
            return []
        figures = self.course.reads.at(time_ms)
        texts = self.kind.tags(figures) if figures is not None else (present.UNKNOWN,)
        step = self.height() / (len(texts) + 1) if len(texts) > 1 else self.height() / 2
        return [(step * (i + 1) if len(texts) > 1 else step, text) for i, text in enumerate(texts)]

    def shown(self) -> dict[str, object]:
        """Return what is on screen, as words and raw values."""
        return {
            "folded": self.folded,
            "note": self.note,
            "low": self.course.low,
            "high": self.course.high,
            "scale": [text for _, text in self.scale],
            "words": {w.label: {"text": w.text, "value": w.value} for w in self.words},
        }

    # painting

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        s = self.state
        t, region = s.theme, event.region()
        w, h = self.width(), self.height()
        body = QRect(0, 0, self.axis_left, h)
        if region.intersects(body):
            p.setClipRect(body)
            p.fillRect(body, theme.colour(t.chart))
            if not self.folded and not self.picture.pixmap.isNull():
                p.drawPixmap(0, 0, self.picture.pixmap)
            p.setClipping(False)
            if region.boundingRect().left() <= self._title_right:
                self._title(p)
        axis = QRect(self.axis_left, 0, self.profile_left - self.axis_left, h)
        if region.intersects(axis):
            p.fillRect(axis, theme.colour(t.panel))
            p.fillRect(QRect(axis.left(), 0, 1, h), theme.colour(t.line))
            p.fillRect(QRect(axis.right(), 0, 1, h), theme.colour(t.line))
            if not self.folded:
                self._axis(p, axis)
        right = QRect(self.numbers[0], 0, self.numbers[1] - self.numbers[0], h)
        if region.intersects(right):
            p.fillRect(right, theme.colour(t.panel))
            self._numbers(p, right)
        p.fillRect(QRect(0, 0, w, 1), theme.colour(t.line))

    def _title(self, p: QPainter) -> None:
        s = self.state
        t = s.theme
        side, high = t.px(12), t.px(FOLDED_PX if self.folded else HEAD_PX)
        arrow = icons.pixmap("right" if self.folded else "down", t.text2, side, self.devicePixelRatioF())
        p.drawPixmap(t.px(6), (high - side) // 2 + 1, arrow)
        x = float(t.px(22))
        room = min(self.axis_left, self.numbers[0]) - x
        name = self.kind.short if s.compact else self.kind.title
        if theme.text_width(name, 11, 600) > room:
            name = self.kind.shortest
        write(p, QRectF(x, 1, room, high), name, t.text1, 11, 600)
        x += theme.text_width(name, 11, 600) + t.px(8)
        room = min(self.axis_left, self.numbers[0]) - x
        note = self.note
        if self.folded and theme.text_width(note, 11, 500) > room:
            note = ""  # it is said when the pane is open
        self._title_right = x + theme.text_width(note, 11, 500)
        write(p, QRectF(x, 1, room, high), theme.elide(note, room, 11, 500), t.text3, 11, 500)
        if not self.folded:
            waiting = self._head[1] if self._head else ""
            if waiting:
                self._title_right = s.lens.width
                row = QRectF(0, high, s.lens.width, self.height() - high)
                write(p, row, str(waiting), t.text3, 11, 500, "centre")

    def _axis(self, p: QPainter, axis: QRect) -> None:
        t, half = self.state.theme, self.state.theme.px(7)
        taken: list[float] = []
        for value, text in self.scale:
            row = min(max(self.picture.row(value, self.height()), half + 1), self.height() - half)
            if any(abs(row - other) < t.px(12) for other in taken):
                continue
            taken.append(row)
            rect = QRectF(axis.left() + t.px(9), round(row) - half, axis.width() - t.px(12), 2 * half)
            write(p, rect, text, t.text3, 11, 500)

    def _numbers(self, p: QPainter, right: QRect) -> None:
        s = self.state
        t, pad = s.theme, s.theme.px(6 if s.compact else 10)
        words = self.kind.folded_words(self.words) if self.folded and self.words else self.words
        line = t.px(16 if len(words) > 2 else 20)
        top = (self.height() - line * len(words)) / 2 + 0.5
        for i, word in enumerate(words):
            row = QRectF(right.left() + pad, round(top + i * line), right.width() - 2 * pad, line)
            room = row.width() - (theme.text_width(word.text, 11, 600) + t.px(4) if word.text else 0)
            if theme.text_width(word.label, 11, 500) <= room:
                write(p, row, word.label, getattr(t, word.label_ink), 11, 500)
            if word.text:
                write(p, row, word.text, getattr(t, word.ink), 11, 600, "right")

    # the pointer

    def _on_title(self, at: QPoint) -> bool:
        return at.y() < self.state.theme.px(FOLDED_PX if self.folded else HEAD_PX) and at.x() < self.axis_left

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed, self._moved = event.position().toPoint(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._pressed is not None:
            if self._moved or abs(at.x() - self._pressed.x()) >= QApplication.startDragDistance():
                self._moved = True
                self.dragged.emit(float(at.x() - self._pressed.x()))
                self._pressed = at
        elif self._on_title(at):
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.setCursor(Qt.CursorShape.CrossCursor if at.x() < self.axis_left else Qt.CursorShape.ArrowCursor)
        self.pointed.emit((float(at.x()), float(at.y())) if at.x() < self.axis_left else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._pressed is not None and not self._moved and event.button() == Qt.MouseButton.LeftButton
        if clicked and self._on_title(event.position().toPoint()):
            self.fold_asked.emit(self.kind.name)
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._on_title(event.position().toPoint()):
            self._pressed, self._moved = event.position().toPoint(), False  # two clicks fold and unfold
        elif event.button() == Qt.MouseButton.LeftButton:
            self.reset.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoomed.emit(0.9985 ** event.angleDelta().y(), min(event.position().x(), self.state.lens.width))
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(self.kind.name, event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = event.pos()
            if (self._on_title(at) and at.x() < self._title_right) or at.x() >= min(self.axis_left, self.numbers[0]):
                more = "Click: open" if self.folded else "Click on the title: fold"
                QToolTip.showText(event.globalPos(), f"{self.kind.tip()}\n{more} · right click: choose panes", self)
            return True
        return super().event(event)
