"""The card every dialog is: a title with a cross, a body, a row of buttons. It floats over the window and never blocks the event loop."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

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


def scrolled(inside: QWidget) -> QScrollArea:
    """Return a bare area that scrolls `inside` up and down, and shows the ground behind it."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidgetResizable(True)
    area.setWidget(inside)
    inside.setAutoFillBackground(False)
    area.viewport().setAutoFillBackground(False)
    return area


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
        self.title = label(title, "", 14, BOLD, wrap=True)
        head.addWidget(self.title, 1)
        cross = IconButton("cross", 24)
        cross.setToolTip("Close (Esc)")
        cross.setAccessibleName("close")
        cross.clicked.connect(self.reject)
        head.addWidget(cross)
        outer.addLayout(head)
        outer.addWidget(Hairline())
        self._body = QWidget()
        self.rows = QVBoxLayout(self._body)
        self.rows.setContentsMargins(t.px(16), t.px(14), t.px(16), t.px(16))
        self.rows.setSpacing(t.px(10))
        self._area = scrolled(self._body)
        outer.addWidget(self._area)
        self.setMinimumWidth(min(t.px(wide), self.screen().availableGeometry().width()))

    def fit(self) -> None:
        """Take the size of the body, as far as the screen has room; the rest scrolls."""
        self._body.ensurePolished()
        self.rows.invalidate()
        self.rows.activate()
        wide = max(self.minimumWidth() - 2, self._body.sizeHint().width())
        high = self.rows.totalHeightForWidth(wide) if self.rows.hasHeightForWidth() else self._body.sizeHint().height()
        screen = self.screen().availableGeometry()
        narrow = wide > screen.width() - 2  # large text on a small screen: the rest is scrolled to
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if narrow else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self._area.setHorizontalScrollBarPolicy(policy)
        if narrow:
            self._body.setMinimumWidth(self._body.minimumSizeHint().width())
            high += self._area.horizontalScrollBar().sizeHint().height()
        least = self.title.sizeHint().height() + current().px(60)
        self._area.setFixedHeight(max(current().px(80), min(high, screen.height() - least)))
        bar = self._area.verticalScrollBar().sizeHint().width() if high > self._area.height() else 0
        self._area.setMinimumWidth(min(wide + bar, screen.width() - 2))
        outer = self.layout()
        assert outer is not None
        outer.activate()
        self.resize(outer.sizeHint().expandedTo(self.minimumSize()).boundedTo(screen.size()))

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
        self.fit()
        parent = self.parentWidget()
        if parent is not None:
            wanted = QRect(QPoint(), self.size())
            wanted.moveCenter(parent.window().frameGeometry().center())
            screen = parent.screen().availableGeometry()
            x = max(screen.left(), min(wanted.left(), screen.right() - wanted.width()))
            self.move(x, max(screen.top(), min(wanted.top(), screen.bottom() - wanted.height())))
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
            if not widget.accessibleName() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
                widget.setAccessibleName(words)
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
