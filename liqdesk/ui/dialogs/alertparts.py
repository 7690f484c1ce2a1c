"""The parts of the dialog for an alert rule: the fields of one kind, what the rule will say, and how often it would have fired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from liqdesk.ui import draw, pastwords
from liqdesk.ui.controls import LinkButton
from liqdesk.ui.dialogs.card import label
from liqdesk.ui.dialogs.fields import NumberField, Picker, Tick
from liqdesk.ui.draw import Painted
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, SMALL, current, font, text_width

if TYPE_CHECKING:
    from liqdesk.engine.pasts import RulePast

WRAP: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
HEAD: Final = 20
LINE: Final = 18
NOTE: Final = 32  # two lines
INCOMPLETE: Final = "How often it would have fired is told when the rule is complete."


class Page(QWidget):
    """The fields of one kind."""

    changed = Signal()

    def __init__(self, *rows: tuple[str | QWidget, ...]) -> None:
        super().__init__()
        t = current()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(t.px(10))
        self.fields: list[NumberField] = []
        for name, *parts in rows:
            row = QHBoxLayout()
            row.setSpacing(t.px(10))
            head = label(str(name), "caption", 12, MEDIUM)
            head.setFixedWidth(t.px(96))
            row.addWidget(head)
            for part in parts:
                widget = label(part, "caption", 12, MEDIUM) if isinstance(part, str) else part
                row.addWidget(widget)
                if not widget.accessibleName() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
                    widget.setAccessibleName(f"{name} {getattr(widget, 'unit', '')}".strip())
                self._watch(widget)
            row.addStretch(1)
            column.addLayout(row)
        column.addStretch(1)

    def _watch(self, part: QWidget) -> None:
        if isinstance(part, NumberField):
            self.fields.append(part)
            part.textEdited.connect(self.changed)
        elif isinstance(part, Picker):
            part.currentIndexChanged.connect(self.changed)
        elif isinstance(part, Tick):
            part.toggled.connect(self.changed)


class Preview(QWidget):
    """What the rule will say, or why it cannot be."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.wrong = False
        self.setFixedHeight(current().px(34))

    def say(self, words: str, wrong: bool) -> None:
        self.words, self.wrong = words, wrong
        self.setAccessibleName(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(current().px(300), current().px(34))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        ink = t.alert if self.wrong else t.text2
        p.fillRect(QRectF(self.rect()), draw.colour(t.raised))
        p.fillRect(QRectF(0, 0, t.px(3), self.height()), draw.colour(ink))
        draw.put(
            p, t.px(12), 0, self.width() - t.px(20), self.height(), self.words, t.text1, BODY, SEMIBOLD, elide=True
        )


class PastBlock(Painted):
    """How often the rule would have fired in the last seven days, from what that is told, and on request when. `grown` when it needs
    another height."""

    grown = Signal()

    def __init__(self, timezone: str = "UTC") -> None:
        super().__init__()
        self.timezone = timezone
        self.past: RulePast | None = None
        self.words = INCOMPLETE
        self.note = ""
        self.listed: tuple[tuple[str, str], ...] = ()
        self._open = False
        self.link = LinkButton("when", size=SMALL)
        self.link.setParent(self)
        self.link.setToolTip("List the newest of them, with what each would have said")
        self.link.clicked.connect(self._toggle)
        self.link.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(pastwords.TIP)

    def show_past(self, past: RulePast | None) -> None:
        """Show what is told; None while the rule is not complete."""
        before = self.sizeHint().height()
        self.past = past
        self.words, self.note = INCOMPLETE, ""
        if past is not None:
            newest = pastwords.newest(past, self.timezone)
            self.words = pastwords.headline(past) + (f", {newest}" if newest else "")
            self.note = pastwords.coverage(past)
        self.listed = pastwords.moments(past, self.timezone) if past is not None else ()
        self.link.setVisible(bool(self.listed))
        times = [f"{when}: {what}" for when, what in self.listed] if self._open else []
        self.setAccessibleName(". ".join([self.words, *([self.note] if self.note else []), *times]))
        self.update()
        if self.sizeHint().height() != before:
            self.updateGeometry()
            self.grown.emit()

    @Slot()
    def _toggle(self) -> None:
        self._open = not self._open
        self.link.setText("hide" if self._open else "when")
        self._place()
        self.show_past(self.past)
        self.updateGeometry()
        self.grown.emit()

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Return the firings that are listed now."""
        return self.listed if self._open else ()

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(300), t.px(HEAD) + t.px(NOTE) + len(self.rows) * t.px(LINE))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        size = self.link.sizeHint()
        self.link.setGeometry(self.width() - size.width(), 0, size.width(), size.height())

    def restyle(self) -> None:
        self._place()
        super().restyle()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        wide, head = self.width(), t.px(HEAD)
        room = wide - (self.link.width() + t.px(8) if self.listed else 0)
        told = self.past is not None and not self.past.why and self.past.share >= 1
        draw.put(
            p,
            0,
            0,
            room,
            head,
            self.words,
            t.text1 if told else t.text2,
            BODY,
            SEMIBOLD if told else MEDIUM,
            elide=True,
        )
        p.setFont(font(SMALL))
        p.setPen(draw.colour(t.text3))
        p.drawText(QRectF(0, head, wide, t.px(NOTE)), WRAP, self.note)
        y, high = float(head + t.px(NOTE)), t.px(LINE)
        column = max((text_width(when, SMALL, MEDIUM) for when, _ in self.rows), default=0.0) + t.px(12)
        for when, what in self.rows:
            draw.put(p, 0, y, column, high, when, t.text2, SMALL, MEDIUM)
            draw.put(p, column, y, wide - column, high, what, t.text1, SMALL, elide=True)
            y += high
