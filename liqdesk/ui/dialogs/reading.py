"""The methodology as it stands in docs/, to be read inside the program: nothing is fetched and no browser is needed."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QStringListModel, Qt, Slot
from PySide6.QtGui import QTextBlock, QTextCharFormat, QTextCursor, QTextFrameFormat, QTextTable
from PySide6.QtWidgets import QHBoxLayout, QListView, QTextBrowser, QWidget

from liqdesk.errors import InputError
from liqdesk.paths import resource
from liqdesk.ui.dialogs.card import Card
from liqdesk.ui.draw import colour
from liqdesk.ui.theme import REGULAR, SEMIBOLD, current, font

NAME = "methodology.md"


class ReadingCard(Card):
    """A long text with its headings beside it; a click on one goes there."""

    def __init__(self, parent: QWidget, name: str = NAME) -> None:
        super().__init__(parent, "How the map is made, and how far it can be trusted", 900)
        t = current()
        self.text = QTextBrowser()
        self.text.setOpenLinks(False)  # nothing is opened or fetched from a text
        self.text.setFont(font(13, REGULAR))
        self.text.document().setDefaultFont(font(13, REGULAR))
        self.text.document().setDocumentMargin(t.px(6))
        try:
            self.text.setMarkdown(resource(name).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, InputError) as e:
            words = e.user if isinstance(e, InputError) else f"The text cannot be read: {e}. Install the program again."
            self.text.setPlainText(words)
        self._dress()
        self._headings = [b for b in self._blocks() if b.blockFormat().headingLevel() in (1, 2)]
        self.contents = QListView()
        self.contents.setModel(QStringListModel([b.text() for b in self._headings], self.contents))
        self.contents.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.contents.setFont(font(12, REGULAR))
        self.contents.setWordWrap(True)
        self.contents.setSpacing(t.px(2))
        self.contents.setFixedWidth(t.px(210))
        self.contents.setAccessibleName("contents")
        self.contents.clicked.connect(self._go)
        self.contents.activated.connect(self._go)
        row = QHBoxLayout()
        row.setSpacing(t.px(14))
        row.addWidget(self.contents)
        row.addWidget(self.text, 1)
        self.rows.addLayout(row)
        tall = parent.window().height() if parent is not None else t.px(700)
        self.text.setMinimumHeight(max(t.px(300), min(t.px(820), tall - t.px(140))))

    def first_focus(self) -> QWidget:
        return self.text

    @Slot(QModelIndex)
    def _go(self, index: QModelIndex) -> None:
        block = self._headings[index.row()]
        layout = self.text.document().documentLayout()
        self.text.verticalScrollBar().setValue(round(layout.blockBoundingRect(block).top()))

    def _blocks(self) -> list[QTextBlock]:
        out, block = [], self.text.document().begin()
        while block.isValid():
            out.append(block)
            block = block.next()
        return out

    def _dress(self) -> None:
        """Give headings, code and tables the look of the window."""
        t = current()
        for block in self._blocks():
            cursor = QTextCursor(block)
            level = block.blockFormat().headingLevel()
            if level:
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                look = QTextCharFormat()
                look.setFont(font({1: 18, 2: 15}.get(level, 13), SEMIBOLD))
                cursor.mergeCharFormat(look)
            shape = block.blockFormat()
            if not QTextCursor(block).currentTable():
                shape.setTopMargin(t.px({1: 2, 2: 16, 3: 10}.get(level, 3)))
                shape.setBottomMargin(t.px(5))
                shape.setLineHeight(118, 1)
                QTextCursor(block).setBlockFormat(shape)
        for part in self.text.document().rootFrame().childFrames():
            if isinstance(part, QTextTable):
                table = part.format().toTableFormat()
                table.setBorder(1)
                table.setBorderBrush(colour(t.line))
                table.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
                table.setBorderCollapse(True)
                table.setCellPadding(t.px(4))
                table.setTopMargin(t.px(4))
                table.setBottomMargin(t.px(8))
                part.setFormat(table)
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        self.text.setAccessibleName("text")
        self.text.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
