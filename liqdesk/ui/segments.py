"""One of a few, in a well; and the same as a button with a menu, where there is no room."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from liqdesk.ui import draw, icons
from liqdesk.ui.controls import HEIGHT, TextButton
from liqdesk.ui.draw import Painted
from liqdesk.ui.popup import Menu
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, current, text_width


class Choice(msgspec.Struct, frozen=True):
    """One segment: what it stands for, its word, a tip, and which side's dot it carries (0 long, 1 short, None)."""

    value: object
    word: str
    tip: str = ""
    side: int | None = None


class Segments(Painted):
    """One of a few, in a well. Left and right move the choice. `more` stand in a menu behind the last segment, which shows the one of
    them that is chosen."""

    chosen = Signal(object)
    changed = Signal()

    def __init__(
        self,
        choices: Sequence[Choice],
        value: object,
        pad: int = 10,
        height: int = HEIGHT,
        more: Sequence[Choice] = (),
    ) -> None:
        super().__init__()
        self._choices = tuple(choices)
        self._more = tuple(more)
        self._value = value
        self._pad = pad
        self._height = height
        self._hover = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def value(self) -> object:
        return self._value

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices there are, those behind the menu among them, in the order of their values where there are such."""
        if not self._more:
            return self._choices
        return tuple(sorted((*self._choices, *self._more), key=lambda c: c.value))  # type: ignore[arg-type, return-value]

    @property
    def _behind(self) -> Choice | None:
        """The chosen one of those behind the menu."""
        return next((c for c in self._more if c.value == self._value), None)

    def set_value(self, value: object) -> None:
        """Show a choice without saying so."""
        if value != self._value:
            self._value = value
            self._show_value()

    def _show_value(self) -> None:
        if self._more:
            self.updateGeometry()
        self.update()
        self.changed.emit()

    def retell(self, change: Callable[[str], str]) -> None:
        """Change what the tips of the choices say."""
        self._choices = tuple(msgspec.structs.replace(c, tip=change(c.tip)) for c in self._choices)

    def set_pad(self, pad: int) -> None:
        if pad != self._pad:
            self._pad = pad
            self.restyle()

    def choose(self, value: object) -> None:
        """Make a choice as a click does."""
        if value == self._value or all(c.value != value for c in self.choices):
            return
        self._value = value
        self._show_value()
        self.chosen.emit(value)

    def _wide(self, choice: Choice, pad: int | None = None) -> int:
        t = current()
        extra = t.px(11) if choice.side is not None else 0
        return round(text_width(choice.word, BODY, SEMIBOLD)) + 2 * t.px(self._pad if pad is None else pad) + extra

    def width_at(self, pad: int) -> int:
        """Return how wide it would be with another padding."""
        return sum(self._wide(c, pad) for c in self._choices) + 4 + self._tail(pad)

    def _tail(self, pad: int | None = None) -> int:
        """Return the width of the segment that opens the menu."""
        if not self._more:
            return 0
        t, behind = current(), self._behind
        word = round(text_width(behind.word, BODY, SEMIBOLD)) if behind else 0
        return word + t.px(14) + t.px(self._pad if pad is None else pad)

    def sizeHint(self) -> QSize:
        return QSize(self.width_at(self._pad), current().px(self._height))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def rect_of(self, value: object) -> QRectF:
        """Return where a choice stands, for hit tests."""
        x = 2
        for c in self._choices:
            w = self._wide(c)
            if c.value == value:
                return QRectF(x, 2, w, self.height() - 4)
            x += w
        return QRectF(x, 2, self._tail(), self.height() - 4) if self._more else QRectF()

    def _at(self, x: float) -> int:
        left = 2
        for i, c in enumerate(self._choices):
            left += self._wide(c)
            if x < left:
                return i
        return len(self._choices) - (0 if self._more else 1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, h = self.width(), self.height()
        draw.fill(p, 0, 0, w, h, t.window, radius=t.px(4))
        draw.outline(p, 0, 0, w, h, t.line, t.px(4))
        x = 2.0
        for i, c in enumerate(self._choices):
            wide = self._wide(c)
            on = c.value == self._value
            if on:
                draw.fill(p, x, 2, wide, h - 4, t.selected, radius=t.px(3))
            elif i == self._hover:
                draw.fill(p, x, 2, wide, h - 4, t.hover, radius=t.px(3))
            left = x + t.px(self._pad)
            if c.side is not None:
                draw.dot(p, left + t.px(3), h / 2, t.px(6), t.side(c.side))
                left += t.px(11)
            ink = t.text1 if on else t.text2
            draw.put(p, left, 0, wide, h, c.word, ink, BODY, SEMIBOLD if on else MEDIUM)
            x += wide
        if self._more:
            self._paint_tail(p, x)
        if self.hasFocus():
            draw.outline(p, 0, 0, w, h, t.focus, t.px(4))

    def _paint_tail(self, p: QPainter, x: float) -> None:
        t, behind, h, wide = current(), self._behind, self.height(), self._tail()
        if behind or self._hover == len(self._choices):
            draw.fill(p, x, 2, wide, h - 4, t.selected if behind else t.hover, radius=t.px(3))
        if behind:
            draw.put(p, x + t.px(self._pad), 0, wide, h, behind.word, t.text1, BODY, SEMIBOLD)
        side = t.px(12)
        image = icons.pixmap("down", t.text1 if behind else t.text2, side, self.devicePixelRatioF())
        p.drawPixmap(round(x + wide - side - t.px(3)), (h - side) // 2, image)

    def menu(self) -> Menu:
        """Return a menu of every choice."""
        menu = Menu(self)
        for choice in self.choices:
            action = menu.addAction(choice.word)
            action.setCheckable(True)
            action.setChecked(choice.value == self._value)
            action.triggered.connect(lambda _on=False, value=choice.value: self.choose(value))
        return menu

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = self._at(event.position().x())
        if at < len(self._choices):
            self.choose(self._choices[at].value)
        else:
            menu = self.menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.mapToGlobal(self.rect_of(None).bottomLeft().toPoint()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._at(event.position().x())
        if at != self._hover:
            self._hover = at
            tip = self._choices[at].tip if at < len(self._choices) else "All lengths of candles"
            if tip:
                self.setToolTip(tip)
            self.update()

    def leaveEvent(self, _event: QEvent) -> None:
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        values = [c.value for c in self.choices]
        at = values.index(self._value) if self._value in values else 0
        if event.key() == Qt.Key.Key_Left and at > 0:
            self.choose(values[at - 1])
        elif event.key() == Qt.Key.Key_Right and at + 1 < len(values):
            self.choose(values[at + 1])
        else:
            super().keyPressEvent(event)


class Folded(TextButton):
    """Segments without room: a button with the choice on it and a menu behind."""

    def __init__(self, segments: Segments) -> None:
        super().__init__("", arrow=True)
        self._segments = segments
        self.setAccessibleName(segments.accessibleName())
        self.clicked.connect(self._open)
        segments.changed.connect(self._show_choice)
        self._show_choice()

    @Slot()
    def _show_choice(self) -> None:
        self.setText(next((c.word for c in self._segments.choices if c.value == self._segments.value), ""))
        self.updateGeometry()

    @Slot()
    def _open(self) -> None:
        menu = self._segments.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))
