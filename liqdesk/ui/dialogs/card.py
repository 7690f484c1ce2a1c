"""The card every dialog is: a title with a cross, a body, a row of buttons. It floats over the window and never blocks the event loop."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from liqdesk.ui import draw
from liqdesk.ui.controls import IconButton
from liqdesk.ui.theme import BOLD, MEDIUM, REGULAR, SEMIBOLD, current, font


def label(text: str, role: str = "caption", size: int = 12, weight: int = REGULAR, wrap: bool = False) -> QLabel:
    """Return text in a role of the style sheet: title, caption, note, or none of them for plain text 1."""
    out = QLabel(text)
    out.setProperty("role", role)
    out.setFont(font(size, weight))
    out.setWordWrap(wrap)
    out.setTextFormat(Qt.TextFormat.PlainText)
    return out


def button(text: str, primary: bool = False) -> QPushButton:
    out = QPushButton(text)
    out.setFont(font(12, SEMIBOLD))
    out.setAutoDefault(False)
    if primary:
        out.setProperty("role", "primary")
        out.setDefault(True)
    return out


class Hairline(QWidget):
    """A rule across a dialog."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), draw.colour(current().line))


class Card(QDialog):
    """A dialog with its own title row, which moves it. Escape and the cross reject."""

    def __init__(self, parent: QWidget | None, title: str, wide: int) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        t = current()
        self.setWindowTitle(title)
        self.setModal(True)
        self._drag: QPoint | None = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(t.px(16), t.px(9), t.px(10), t.px(9))
        self.title = label(title, "", 14, BOLD)
        head.addWidget(self.title, 1)
        cross = IconButton("cross", 24)
        cross.setToolTip("Close (Esc)")
        cross.setAccessibleName("close")
        cross.clicked.connect(self.reject)
        head.addWidget(cross)
        outer.addLayout(head)
        outer.addWidget(Hairline())
        self.rows = QVBoxLayout()
        self.rows.setContentsMargins(t.px(16), t.px(14), t.px(16), t.px(16))
        self.rows.setSpacing(t.px(10))
        outer.addLayout(self.rows)
        self.setMinimumWidth(t.px(wide))

    def add_buttons(self, *buttons: QPushButton, right: QPushButton | None = None) -> None:
        """Add the row of buttons, first on the left."""
        t = current()
        row = QHBoxLayout()
        row.setSpacing(t.px(10))
        for one in buttons:
            row.addWidget(one)
        row.addStretch(1)
        if right is not None:
            row.addWidget(right)
        self.rows.addSpacing(t.px(2))
        self.rows.addLayout(row)

    def open_over(self) -> None:
        """Show the card over the middle of its window, window-modal, without waiting for it."""
        self.adjustSize()
        parent = self.parentWidget()
        if parent is not None:
            centre = parent.window().frameGeometry().center()
            self.move(centre - self.rect().center())
        self.open()
        first = self.first_focus()
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def first_focus(self) -> QWidget:
        """Return what the keyboard works first; the card itself unless a dialog says otherwise."""
        return self

    def field_row(self, words: str, *widgets: QWidget, wide: int = 96) -> QHBoxLayout:
        """Add a row: a label in a column of its own, then controls."""
        t = current()
        row = QHBoxLayout()
        row.setSpacing(t.px(10))
        name = label(words, "caption", 12, MEDIUM)
        name.setMinimumWidth(t.px(wide))
        name.setMaximumWidth(t.px(wide))
        row.addWidget(name)
        for widget in widgets:
            row.addWidget(widget)
        row.addStretch(1)
        return row

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = self.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focused, QPushButton):
            focused.click()
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and event.position().y() < current().px(42):
            handle = self.windowHandle()
            if handle is None or not handle.startSystemMove():
                self._drag = event.globalPosition().toPoint() - self.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            self.move(event.globalPosition().toPoint() - self._drag)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._drag = None

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.fillRect(self.rect(), draw.colour(t.panel))
        p.setPen(draw.colour(t.border))
        p.drawRect(self.rect().adjusted(0, 0, -1, -1))
