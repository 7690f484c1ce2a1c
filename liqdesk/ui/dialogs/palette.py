"""The palette: type a few letters of a command and press Enter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from liqdesk.ui import draw
from liqdesk.ui.dialogs.card import Card
from liqdesk.ui.keys import BY_NAME, KEYS, Key
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, SMALL, current, font

ROWS: Final = 12
NOT_HERE: Final = ("palette", "close")


def matches(keys: tuple[Key, ...], text: str) -> list[Key]:
    """Return the commands that have every word of a search, those whose words begin with it first."""
    words = text.lower().split()
    found = [key for key in keys if all(word in f"{key.section} {key.words}".lower() for word in words)]
    return sorted(found, key=lambda key: not key.words.lower().startswith(text.lower().strip()))


class Rows(QStyledItemDelegate):
    """Draws a command: its words at the left, its key at the right, its section between."""

    def __init__(self, parent: QObject, key_of: Callable[[str], str]) -> None:
        super().__init__(parent)
        self._key_of = key_of

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:  # type: ignore[override]
        return QSize(0, current().px(26))

    def paint(self, p: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]
        t = current()
        r = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        key = BY_NAME[index.data(Qt.ItemDataRole.UserRole)]
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            draw.fill(p, r.x(), r.y(), r.width(), r.height(), t.hover, radius=t.px(4))
        pad, right = t.px(8), t.px(110)
        draw.put(p, r.x() + pad, r.y(), r.width() - 2 * right, r.height(), key.words, t.text1, BODY, MEDIUM, elide=True)
        draw.put(p, r.x(), r.y(), r.width() - right, r.height(), key.section, t.text2, SMALL, align=draw.RIGHT)
        draw.put(
            p, r.x(), r.y(), r.width() - pad, r.height(), self._key_of(key.name), t.text1, SMALL, SEMIBOLD, draw.RIGHT
        )


class PaletteCard(Card):
    """`chosen(name)` when a command was taken; the card is closed by then."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None, names: frozenset[str], key_of: Callable[[str], str]) -> None:
        """`names` can be pressed now; `key_of` says how the key of a command is written."""
        super().__init__(parent, "Do", 520)
        self._keys = tuple(key for key in KEYS if key.name in names and key.name not in NOT_HERE)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Type a command")
        self.search.setAccessibleName("type a command")
        self.search.setFont(font(13, MEDIUM))
        self.list = QListWidget()
        self.list.setAccessibleName("commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # the arrows move it from the field too
        self.list.setItemDelegate(Rows(self.list, key_of))
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFixedHeight(ROWS * current().px(26) + 4)
        self.rows.addWidget(self.search)
        self.rows.addWidget(self.list)
        self.search.textChanged.connect(self._filter)
        self.list.itemClicked.connect(self._take)
        self._filter("")

    def first_focus(self) -> QWidget:
        return self.search

    @property
    def found(self) -> list[str]:
        """Return the names of the commands that are listed."""
        return [self.list.item(i).data(Qt.ItemDataRole.UserRole) for i in range(self.list.count())]

    @Slot(str)
    def _filter(self, text: str) -> None:
        self.list.clear()
        for key in matches(self._keys, text):
            self.list.addItem(key.words)
            self.list.item(self.list.count() - 1).setData(Qt.ItemDataRole.UserRole, key.name)
        self.list.setCurrentRow(0)

    @Slot()
    def _take(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            name = item.data(Qt.ItemDataRole.UserRole)
            self.accept()
            self.chosen.emit(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS, Qt.Key.Key_PageUp: -ROWS}
        step = moves.get(Qt.Key(event.key()))
        if step is not None:
            at = min(max(0, self.list.currentRow() + step), self.list.count() - 1)
            self.list.setCurrentRow(at)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()
        else:
            super().keyPressEvent(event)
