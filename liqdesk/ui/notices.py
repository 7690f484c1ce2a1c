"""The strip under the top bar: sentences that stay true until they are dismissed, one row each, with a way out where there is one."""

from __future__ import annotations

from typing import Final

import msgspec
from PySide6.QtCore import QRectF, QSize, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from liqdesk.ui import draw, icons
from liqdesk.ui.controls import IconButton, LinkButton
from liqdesk.ui.draw import Painted
from liqdesk.ui.theme import BODY, MEDIUM, current, text_width

MOST: Final = 3


class Notice(msgspec.Struct, frozen=True):
    """A sentence; `key` names it when its words change, `action` is the word on its button."""

    key: str
    sentence: str
    action: str = ""


class NoticeRow(Painted):
    """One sentence with its button and a cross."""

    dismissed = Signal(str)
    acted = Signal(str)

    def __init__(self, notice: Notice) -> None:
        super().__init__()
        self.notice = notice
        self.button = LinkButton(notice.action, strong=True)
        self.button.setParent(self)
        self.button.setVisible(bool(notice.action))
        self.cross = IconButton("cross", 20)
        self.cross.setParent(self)
        self.cross.setToolTip("Dismiss")
        self.cross.setAccessibleName("dismiss notice")
        self.button.clicked.connect(self._act)
        self.cross.clicked.connect(self._dismiss)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_notice(self, notice: Notice) -> None:
        if notice != self.notice:
            self.notice = notice
            self.button.setText(notice.action)
            self.button.setVisible(bool(notice.action))
            self._place()
            self.update()

    @Slot()
    def _act(self) -> None:
        self.acted.emit(self.notice.key)

    @Slot()
    def _dismiss(self) -> None:
        self.dismissed.emit(self.notice.key)

    def sizeHint(self) -> QSize:
        return QSize(current().px(300), current().px(27))

    def minimumSizeHint(self) -> QSize:
        return QSize(current().px(200), current().px(27))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def restyle(self) -> None:
        super().restyle()
        self._place()

    def _place(self) -> None:
        t = current()
        side = t.px(20)
        y = (self.height() - side) // 2
        self.cross.setGeometry(self.width() - side - t.px(10), y, side, side)
        words = text_width(self.notice.sentence, BODY, MEDIUM)
        size = self.button.sizeHint()
        x = min(t.px(36) + words + t.px(16), self.width() - t.px(44) - size.width())
        self.button.setGeometry(round(x), (self.height() - size.height()) // 2, size.width(), size.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        w, h = self.width(), self.height()
        p.fillRect(QRectF(self.rect()), draw.colour(t.raised))
        p.fillRect(QRectF(0, 0, t.px(4), h), draw.colour(t.text2))
        side = t.px(16)
        p.drawPixmap(t.px(13), (h - side) // 2, icons.pixmap("info", t.text1, side, self.devicePixelRatioF()))
        room = (self.button.x() if not self.button.isHidden() else w - t.px(36)) - t.px(36) - t.px(8)
        draw.put(p, t.px(36), 0, max(room, t.px(40)), h, self.notice.sentence, t.text1, BODY, MEDIUM, elide=True)
        self.setToolTip(self.notice.sentence)


class Notices(Painted):
    """At most three rows; a dismissed sentence stays away for as long as it goes on being true."""

    acted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, NoticeRow] = {}
        self._gone: set[str] = set()
        self._wanted: tuple[Notice, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    @property
    def shown(self) -> tuple[Notice, ...]:
        return tuple(row.notice for row in self._rows.values())

    def show_notices(self, notices: tuple[Notice, ...]) -> None:
        """Show these sentences, less the dismissed ones."""
        if notices == self._wanted:
            return
        self._wanted = notices
        keys = {n.key for n in notices}
        self._gone &= keys  # what comes back is said again
        self._refresh()

    def _refresh(self) -> None:
        shown = [n for n in self._wanted if n.key not in self._gone][:MOST]
        keys = [n.key for n in shown]
        for key in [k for k in self._rows if k not in keys]:
            gone = self._rows.pop(key)
            gone.hide()
            gone.deleteLater()
        for notice in shown:
            row = self._rows.get(notice.key)
            if row is None:
                row = self._rows[notice.key] = NoticeRow(notice)
                row.setParent(self)
                row.dismissed.connect(self._dismiss)
                row.acted.connect(self.acted)
            else:
                row.show_notice(notice)
        self._rows = {key: self._rows[key] for key in keys}
        self._place()
        self.setVisible(bool(self._rows))
        self.updateGeometry()

    @Slot(str)
    def _dismiss(self, key: str) -> None:
        self._gone.add(key)
        self._refresh()

    def _place(self) -> None:
        y = 0
        for row in self._rows.values():
            high = row.sizeHint().height()
            row.setGeometry(0, y, self.width(), high)
            row.show()
            y += high + 1
        self.update()

    def sizeHint(self) -> QSize:
        high = sum(row.sizeHint().height() + 1 for row in self._rows.values())
        return QSize(current().px(300), high)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
