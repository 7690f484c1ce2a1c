"""What if price goes there, as a panel: the sheet that otherwise floats over the chart, and what is taken for granted, to be chosen."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from liqdesk.ui import draw
from liqdesk.ui.barparts import Words
from liqdesk.ui.blank import blank_of, put_blank
from liqdesk.ui.chart import whatsheet
from liqdesk.ui.chart.whatifcard import KEYS
from liqdesk.ui.chart.whatifwords import TIP, WhatText, spoken
from liqdesk.ui.controls import LinkButton
from liqdesk.ui.panels.frame import PAD, Body, Panel
from liqdesk.ui.segments import Choice, Segments
from liqdesk.ui.theme import SMALL, current

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window

EMPTY: Final = 64
BESIDE: Final = 400  # px at 100 %, for the choices side by side
NOTHING: Final = "no price is asked about"
HOW: Final = "Press F over the chart, or right-click a price; then drag the line."
REFILLS: Final = (
    Choice(0.0, "none", "The worst: nobody puts new orders into the book meanwhile"),
    Choice(0.25, "¼", "New orders take a quarter of what is forced. A guess: nothing measures it"),
    Choice(0.5, "½", "New orders take half of what is forced. A guess: nothing measures it"),
)
FOLLOWS: Final = (
    Choice(1.0, "fully", "The worst: the mark goes as far as the last price slips"),
    Choice(0.75, "¾", "The mark follows by three quarters of the slip. A guess: it is made of several venues' prices"),
    Choice(0.5, "½", "The mark follows by half of the slip. A guess: it is made of several venues' prices"),
)


class Sheet(Body):
    """The answer, laid out by the width there is. `nudged(steps)` by the arrow and page keys, `grown` when it needs another height."""

    nudged = Signal(int)
    grown = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.text: WhatText | None = None
        self.blank = blank_of(None, NOTHING, HOW)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(fill(TIP, 92))

    def show_text(self, text: WhatText | None) -> None:
        """Show an answer, or that none is asked for."""
        if text == self.text:
            return
        before = self.high()
        self.text = text
        self.setAccessibleName(f"{text.title}, {text.away}" if text is not None else "what if")
        self.setAccessibleDescription(spoken(text) if text is not None else "")
        self.update()
        if self.high() != before:
            self.updateGeometry()
            self.grown.emit()

    def _wide(self) -> float:
        return max(self.width(), current().px(240)) - 2 * current().px(PAD)

    def high(self) -> int:
        t = current()
        return whatsheet.height(self.text, self._wide()) + t.px(10) if self.text is not None else t.px(EMPTY)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()
            self.grown.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = KEYS.get(Qt.Key(event.key()))
        if self.text is None or steps is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        else:
            self.nudged.emit(steps)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.text is None:
            put_blank(p, 0, 0, self.width(), self.height(), self.blank)
        else:
            whatsheet.paint(p, self.text, t.px(PAD), t.px(8), self._wide())
        if self.hasFocus():
            draw.outline(p, 1, 1, self.width() - 2, self.height() - 2, t.focus, t.px(3))


class WhatIfBody(QWidget):
    """The sheet over two rows of choices."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.sheet = Sheet()
        self.refill = Segments(REFILLS, settings.whatif_refill, pad=8, height=22)
        self.refill.setAccessibleName("new orders take")
        self.follow = Segments(FOLLOWS, settings.whatif_follow, pad=8, height=22)
        self.follow.setAccessibleName("mark follows last")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.sheet)
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._pairs: list[QHBoxLayout] = []
        for words, choice in (("New orders take", self.refill), ("Mark follows", self.follow)):
            pair = QHBoxLayout()
            pair.addWidget(Words(words, "text2", SMALL))
            pair.addWidget(choice)
            pair.addStretch(1)
            self._pairs.append(pair)
            self._rows.addLayout(pair)
        self._rows.addStretch(1)
        column.addLayout(self._rows)
        column.addStretch(1)
        self._space()

    def _space(self) -> None:
        t = current()
        self._rows.setContentsMargins(t.px(PAD), t.px(2), t.px(PAD), t.px(8))
        self._rows.setSpacing(t.px(4) if self._narrow else t.px(16))
        for pair in self._pairs:
            pair.setSpacing(t.px(8))
        self._rows.setDirection(QBoxLayout.Direction.TopToBottom if self._narrow else QBoxLayout.Direction.LeftToRight)

    @property
    def _narrow(self) -> bool:
        return self.width() < current().px(BESIDE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._space()

    def minimumSizeHint(self) -> QSize:
        t = current()
        choices = t.px(26) * (2 if self._narrow else 1) + t.px(10)
        return QSize(t.px(160), self.sheet.high() + choices)

    def sizeHint(self) -> QSize:
        return QSize(current().px(240), self.minimumSizeHint().height())


class WhatIfPanel(Panel):
    """What if, in a dock."""

    def __init__(self, settings: Settings) -> None:
        self.content = WhatIfBody(settings)
        super().__init__("What if", "heuristic", self.content)
        self.ask = LinkButton("ask", size=SMALL)
        self.ask.setToolTip("Ask about the nearest zone, or stop asking (F)")
        self.header.add(self.ask)
        self.content.sheet.grown.connect(self._grown)

    def join(self, window: Window) -> None:
        whatifs = window.act.charting.whatifs
        whatifs.said.connect(self.show_text)
        self.ask.clicked.connect(whatifs.press)
        self.content.sheet.nudged.connect(whatifs.nudge)
        self.content.refill.chosen.connect(whatifs.choose_refill)
        self.content.follow.chosen.connect(whatifs.choose_follow)
        self.show_text(whatifs.text)

    @Slot(object)
    def show_text(self, text: WhatText | None) -> None:
        """Show an answer, None for none."""
        self.content.sheet.show_text(text)
        self.ask.setText("ask" if text is None else "stop asking")
        self.ask.updateGeometry()
        self.header.say(value="" if text is None else text.title.removeprefix("What if price goes to "))

    @Slot()
    def _grown(self) -> None:
        self.content.updateGeometry()
        self.updateGeometry()

    def set_compact(self, compact: bool) -> None:
        super().set_compact(compact)
        self.content.sheet.set_compact(compact)

    def fold(self, folded: bool) -> None:
        super().fold(folded)
        self.ask.setVisible(not folded)

    def show_frame(self, frame: Frame) -> None:
        sheet, blank = self.content.sheet, blank_of(frame, NOTHING, HOW)
        if sheet.text is None and blank != sheet.blank:
            sheet.blank = blank
            sheet.update()

    def show_settings(self, settings: Settings) -> None:
        self.content.refill.set_value(settings.whatif_refill)
        self.content.follow.set_value(settings.whatif_follow)

    def restyle(self) -> None:
        super().restyle()
        self.content._space()

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the panel shows, text and raw value by name."""
        text = self.content.sheet.text
        out: dict[str, dict[str, object]] = {
            "whatif.refill": {"text": "of the forced orders", "value": self.content.refill.value},
            "whatif.follow": {"text": "of the slip", "value": self.content.follow.value},
        }
        if text is None:
            return out
        out["whatif.target"] = {"text": text.title, "value": text.away}
        for name, words, note in text.lines:
            out[f"whatif.{name}"] = {"text": words, "value": note}
        for row in text.rows:
            for column, cell in zip(text.columns[1:], row[1:], strict=True):
                out[f"whatif.{row[0]}.{column}"] = {"text": cell, "value": cell}
        return out
