"""The sheet of keys: every command with its keys, by section, to be searched and changed; a change takes hold at once."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from liqdesk.ui import draw
from liqdesk.ui.controls import LinkButton
from liqdesk.ui.dialogs.card import Card, Hairline, button, label, scrolled
from liqdesk.ui.draw import Painted
from liqdesk.ui.keymap import Keymap, native, pressed, refusal
from liqdesk.ui.keys import BY_NAME, KEYS, WITH_THE_MOUSE, Key
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, SMALL, current, font, text_width

HINT: Final = "Click a row, or choose it with Tab and press Enter; then press its new key. Delete takes a key away."
WAITING: Final = "press a key"


class KeyRow(Painted):
    """One command. `wanted` when the next key press shall be its key, `pressed_key(sequence)` with that key, `cleared` when it shall
    have none, `left` when waiting for a key ended otherwise."""

    wanted = Signal()
    pressed_key = Signal(str)
    cleared = Signal()
    left = Signal()

    def __init__(self, key: Key) -> None:
        super().__init__()
        self.key = key
        self.shown: tuple[str, ...] = ()
        self.waiting = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, current().px(10), 0)
        row.addStretch(1)
        self.reset = LinkButton("default", size=SMALL)
        self.reset.setAccessibleName(f"default key of: {key.words}")
        self.reset.hide()
        row.addWidget(self.reset)

    def show_keys(self, sequences: tuple[str, ...], changed: bool) -> None:
        """Show the keys of the command, and whether they are the user's own."""
        self.shown = tuple(native(one) for one in sequences)
        self.reset.setVisible(changed)
        self.setAccessibleName(f"{self.key.words}: {' or '.join(self.shown) or 'no key'}")
        self.setAccessibleDescription(HINT)
        self.update()

    def wait(self, waiting: bool) -> None:
        """Wait for a key, or stop waiting."""
        if waiting != self.waiting:
            self.waiting = waiting
            self.update()

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(420), t.px(26))

    def event(self, event: QEvent) -> bool:
        if self.waiting and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # the key is meant for this row, whatever it does elsewhere
            return True
        if self.waiting and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            self._take(event)  # Tab too: it would move the focus
            return True
        return super().event(event)

    def _take(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.left.emit()
            return
        sequence = pressed(event.key(), event.modifiers(), event.text())
        if sequence:
            self.pressed_key.emit(sequence)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.wanted.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.cleared.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.wanted.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
        if self.waiting:
            self.left.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, h = self.width(), self.height()
        if self.waiting:
            draw.fill(p, 0, 0, w, h, t.row, radius=t.px(4))
        elif self.underMouse():
            draw.fill(p, 0, 0, w, h, t.hover, radius=t.px(4))
        x = float(t.px(8))
        keys = t.px(132)
        if self.waiting:
            draw.put(p, x, 0, keys, h, WAITING, t.text1, SMALL, SEMIBOLD)
        elif not self.shown:
            draw.put(p, x, 0, keys, h, "no key", t.text2 if self.underMouse() else t.text3, SMALL)
        else:
            for one in self.shown:
                wide = text_width(one, SMALL, SEMIBOLD) + t.px(12)
                draw.fill(p, x, t.px(4), wide, h - 2 * t.px(4), t.raised, radius=t.px(3))
                draw.outline(p, x, t.px(4), wide, h - 2 * t.px(4), t.border, t.px(3))
                draw.put(p, x, 0, wide, h, one, t.text1, SMALL, SEMIBOLD, draw.CENTRE)
                x += wide + t.px(4)
        left = max(float(t.px(8) + keys), x + t.px(8))
        right = self.reset.x() if self.reset.isVisible() else w - t.px(10)
        draw.put(p, left, 0, right - left, h, self.key.words, t.text1, BODY, MEDIUM, elide=True)
        if self.hasFocus():
            draw.outline(p, 0, 0, w, h, t.focus, t.px(4))


class KeysCard(Card):
    """Every command and its keys. `changed(tuple)` with what is to be stored, each time a key was given, taken or put back."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None, keymap: Keymap) -> None:
        super().__init__(parent, "Keys", 560)
        t = current()
        self.keymap = keymap
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search commands and keys")
        self.search.setAccessibleName("search commands and keys")
        self.search.setFont(font(BODY, MEDIUM))
        self.search.textChanged.connect(self._filter)
        self.sentence = label(HINT, "caption", 12, MEDIUM, wrap=True)
        self.sentence.setMinimumHeight(t.px(32))
        self.nothing = label("No command says that.", "caption", BODY)
        self.key_rows: dict[str, KeyRow] = {}
        self.headings: dict[str, QLabel] = {}
        self._asked = ""  # a key that belongs to another command: pressed once more, it is taken from there
        self.rows.addWidget(self.search)
        self.area = self._area_of_rows()
        self.rows.addWidget(self.area)
        self.rows.addWidget(Hairline())
        self.rows.addWidget(self.sentence)
        self.done_button = button("Done", primary=True)
        self.defaults = button("All back to default")
        self.add_buttons(self.done_button, right=self.defaults)
        self.done_button.clicked.connect(self.accept)
        self.defaults.clicked.connect(self._all_back)
        self._show()

    def _area_of_rows(self) -> QScrollArea:
        t = current()
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, t.px(8), 0)
        column.setSpacing(1)
        for key in KEYS:
            if key.section not in self.headings:
                self.headings[key.section] = self._heading(column, key.section)
            row = self.key_rows[key.name] = KeyRow(key)
            row.wanted.connect(self._wait)
            row.pressed_key.connect(self._pressed)
            row.cleared.connect(self._clear)
            row.left.connect(self._stop)
            row.reset.clicked.connect(lambda _on=False, name=key.name: self._put(self.keymap.reset(name), HINT))
            column.addWidget(row)
        self.mouse = self._heading(column, "With the mouse")
        self.mouse_rows = [label(f"{hand}: {words}", "caption", BODY) for hand, words in WITH_THE_MOUSE]
        for line in self.mouse_rows:
            line.setContentsMargins(t.px(8), t.px(3), 0, t.px(3))
            column.addWidget(line)
        column.addWidget(self.nothing)
        self.nothing.hide()
        column.addStretch(1)
        area = scrolled(inside)
        room = self.screen().availableGeometry().height() - t.px(270)
        area.setFixedHeight(max(t.px(120), min(t.px(520), room)))
        return area

    @staticmethod
    def _heading(column: QVBoxLayout, words: str) -> QLabel:
        t = current()
        heading = label(words, "", 13, SEMIBOLD)
        heading.setContentsMargins(0, t.px(10) if column.count() else 0, 0, t.px(2))
        column.addWidget(heading)
        return heading

    def first_focus(self) -> QWidget:
        return self.search

    def _show(self) -> None:
        for name, row in self.key_rows.items():
            row.show_keys(self.keymap.sequences(name), self.keymap.changed(name))
        self.defaults.setEnabled(bool(self.keymap.changes))

    @Slot(str)
    def _filter(self, text: str) -> None:
        """Leave the commands whose words, section or keys a search finds."""
        words = text.lower().split()
        sections = set()
        for row in self.key_rows.values():
            said = f"{row.key.section} {row.key.words} {' '.join(row.shown)}".lower()
            found = all(word in said for word in words)
            row.setVisible(found)
            if found:
                sections.add(row.key.section)
        for section, heading in self.headings.items():
            heading.setVisible(section in sections)
        lines = [line for line in self.mouse_rows if all(word in line.text().lower() for word in words)]
        for line in self.mouse_rows:
            line.setVisible(line in lines)
        self.mouse.setVisible(bool(lines))
        self.nothing.setVisible(not sections and not lines)

    def _say(self, words: str, wrong: bool = False) -> None:
        self.sentence.setText(words)
        role = "alert" if wrong else "caption"
        if self.sentence.property("role") != role:
            self.sentence.setProperty("role", role)
            self.sentence.style().unpolish(self.sentence)
            self.sentence.style().polish(self.sentence)

    @Slot()
    def _wait(self) -> None:
        row = self.sender()
        assert isinstance(row, KeyRow)
        self._asked = ""
        for other in self.key_rows.values():
            other.wait(other is row)
        self._say(f"Press the key for “{row.key.words}”; Esc leaves it as it is.")

    @Slot()
    def _stop(self) -> None:
        for row in self.key_rows.values():
            row.wait(False)
        self._asked = ""
        self._say(HINT)

    @Slot(str)
    def _pressed(self, sequence: str) -> None:
        row = self.sender()
        assert isinstance(row, KeyRow)
        kept, owner = refusal(sequence), self.keymap.owner(sequence)
        if kept:
            self._say(kept, wrong=True)
        elif owner and owner != row.key.name and self._asked != sequence:
            self._asked = sequence
            other = BY_NAME[owner].words
            self._say(
                f"{native(sequence)} is the key for “{other}”. Press it once more to take it from there.", wrong=True
            )
        else:
            self._put(self.keymap.give(row.key.name, sequence), f"{native(sequence)}: {row.key.words}.")

    @Slot()
    def _clear(self) -> None:
        row = self.sender()
        assert isinstance(row, KeyRow)
        self._put(self.keymap.give(row.key.name, ""), f"“{row.key.words}” has no key now.")

    @Slot()
    def _all_back(self) -> None:
        self._put(Keymap({}), "Every command has its default key.")

    def _put(self, keymap: Keymap, words: str) -> None:
        self._stop()
        self.keymap = keymap
        self._say(words)
        self._show()
        self.changed.emit(keymap.stored())
