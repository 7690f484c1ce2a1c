"""The panel of forced orders: a row of filters over the tape, and the word that it is a floor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Slot
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from liqdesk.ui.panels import unprinted
from liqdesk.ui.panels.frame import Panel
from liqdesk.ui.panels.tapefilter import TapeFilter
from liqdesk.ui.panels.taperows import TapeRows

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window

FLOOR: Final = "a floor: at most one per second is published"
FLOOR_SHORT: Final = "a floor: ≤ 1 per s"


class _Body(QWidget):
    """The filters over the rows."""

    def __init__(self, head: TapeFilter, rows: TapeRows) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(rows, 1)
        self._head, self._rows = head, rows
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        rows = self._rows.sizeHint()
        return QSize(rows.width(), rows.height() + self._head.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        rows = self._rows.minimumSizeHint()
        return QSize(rows.width(), rows.height() + self._head.sizeHint().height())


class TapePanel(Panel):
    """Forced orders of the contract on screen."""

    def __init__(self, settings: Settings) -> None:
        self.filter = TapeFilter(settings)
        self.content = TapeRows(settings)
        self._window: Window | None = None
        super().__init__("Forced orders", FLOOR, _Body(self.filter, self.content))
        self.header.short = FLOOR_SHORT
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def join(self, window: Window) -> None:
        self._window = window
        self.filter.wanted.connect(self._choose)

    @Slot(object)
    def _choose(self, fields: dict[str, object]) -> None:
        if self._window is not None:
            self._window.change(**fields)

    def set_compact(self, compact: bool) -> None:
        super().set_compact(compact)
        self.content.set_compact(compact)

    def show_settings(self, settings: Settings) -> None:
        self.filter.show_settings(settings)
        self.content.show_settings(settings)

    def fold(self, folded: bool) -> None:
        super().fold(folded)
        tall = QSizePolicy.Policy.Fixed if folded else QSizePolicy.Policy.Expanding
        self.setSizePolicy(QSizePolicy.Policy.Expanding, tall)
        count = self.content.count
        self.header.say(value=f"{count:,} shown" if count else "")

    def clear(self, frame: Frame) -> None:
        self.content.clear(frame.instrument)

    def take(self, frame: Frame) -> None:
        self.content.set_instrument(frame.instrument)
        self.content.set_brackets(frame.brackets)
        self.content.set_study(frame.study)
        if self._window is not None and self._window.universe is not None:
            self.content.set_listed(self._window.universe.instruments)
        if frame.new_forced:
            self.content.take(frame.new_forced)

    def state(self) -> dict[str, dict[str, object]]:
        """Return the rows in view, text and raw value by name."""
        out: dict[str, dict[str, object]] = {
            "tape.count": {"text": f"{self.content.count:,}", "value": self.content.count}
        }
        study = self.content.study
        if study is not None:
            told, test = study.unprinted, study.test
            out["tape.printed"] = {"text": self.content.lines[0], "value": told.printed if told else None}
            out["tape.unprinted"] = {
                "text": self.content.lines[1],
                "value": [told.hidden_usd, told.total_low, told.total_high] if told else None,
            }
            rule = test.rule.value if test.rule else "undecided"
            out["tape.rule"] = {"text": unprinted.rule_sentence(study), "value": [rule, test.prints, test.ratio]}
        for i, order in enumerate(self.content.shown):
            values: dict[str, object] = {
                "time": order.time_ms,
                "side": order.side.word,
                "contract": order.symbol,
                "price": order.price,
                "quantity": order.quantity,
                "usd": order.usd,
            }
            for name, text in self.content.words_of(order).items():
                out[f"tape.{i}.{name}"] = {"text": text, "value": values[name]}
        return out
