"""What stands on the plot while one travels: the way back to now, and the field for a moment."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QVBoxLayout, QWidget

from liqdesk.ui import draw, present
from liqdesk.ui.controls import TextButton
from liqdesk.ui.theme import BODY, MEDIUM, SMALL, current, font
from liqdesk.ui.when import EXAMPLES

WIDE: Final = 330
EDGE: Final = 12


class NowButton(TextButton):
    """At the plot's lower right while the chart does not follow the market."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Back to now", "not following")
        self.setParent(parent)
        self.setToolTip(
            "The chart stands still since you moved it. Follow the market again, at this zoom (End); Home resets the view"
        )
        self.setAccessibleName("back to now")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._room = QRect()
        self.hide()

    def show_following(self, following: bool, behind_ms: float) -> None:
        """Show the button while the chart does not follow, and how far before now the view ends."""
        note = f"{present.length(round(behind_ms))} behind" if behind_ms >= 60_000 else "not following"
        if note != self.note:
            self.note = note
            self._stand()
            self.update()
        if following != self.isHidden():
            self.setVisible(not following)
            if not following:
                self.raise_()

    def place(self, room: QRect) -> None:
        self._room = room
        self._stand()

    def _stand(self) -> None:
        size, edge = self.sizeHint(), current().px(EDGE)
        right, bottom = self._room.right() + 1 - edge, self._room.bottom() + 1 - edge
        self.setGeometry(right - size.width(), bottom - size.height(), size.width(), size.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw.outline(p, 0, 0, self.width(), self.height(), current().border, current().px(4))


class GotoField(QFrame):
    """A small field over the time axis. `entered(text)` on Enter; it stays open with a sentence where there is one to say."""

    entered = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        t = current()
        self.edit = QLineEdit()
        self.edit.setAccessibleName("go to a moment")
        self.words = QLabel(EXAMPLES)
        self.words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(t.px(10), t.px(10), t.px(10), t.px(8))
        column.setSpacing(t.px(6))
        column.addWidget(self.edit)
        column.addWidget(self.words)
        self.edit.textEdited.connect(self._calm)
        self.edit.returnPressed.connect(self._enter)
        self._room = QRect()
        self.hide()

    def open(self, zone: str) -> None:
        """Show the field, empty, and take the keyboard."""
        self.edit.setFont(font(BODY, MEDIUM))  # anew: theme and size may be others than last time
        self.words.setFont(font(SMALL, MEDIUM))
        self.edit.clear()
        self.edit.setPlaceholderText(f"Go to a moment, {zone}")
        self._calm()
        self.show()
        self.raise_()
        self._stand()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def say(self, sentence: str) -> None:
        """Say what is wrong with the moment, or what is to be known of it."""
        self._put(sentence, current().text1)

    def close(self) -> bool:
        """Hide the field and give the keyboard back; return whether it was open."""
        was = self.isVisible()
        held = self.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
        self.hide()
        parent = self.parentWidget()
        if (was or held) and parent is not None:
            parent.setFocus(Qt.FocusReason.OtherFocusReason)
        return was

    def place(self, room: QRect) -> None:
        self._room = room
        self._stand()

    def _put(self, words: str, ink: str) -> None:
        self.words.setText(words)
        self.words.setStyleSheet(f"color: {ink}; background: transparent")
        self._stand()

    def _calm(self) -> None:
        self._put(EXAMPLES, current().text3)

    def _enter(self) -> None:
        self.entered.emit(self.edit.text())

    def _stand(self) -> None:
        t = current()
        wide = min(t.px(WIDE), max(t.px(160), self._room.width() - 2 * t.px(EDGE)))
        self.setFixedWidth(wide)
        self.words.setFixedWidth(wide - 2 * t.px(10))
        high = self.sizeHint().height()
        self.setGeometry(self._room.center().x() - wide // 2, self._room.bottom() + 1 - high - t.px(EDGE), wide, high)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw.fill(p, 0, 0, self.width(), self.height(), t.panel, radius=t.px(6))
        draw.outline(p, 0, 0, self.width(), self.height(), t.border, t.px(6))
