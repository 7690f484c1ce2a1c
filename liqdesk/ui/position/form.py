"""What is typed of a position: side, entry, size, and what margin stands behind it."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from liqdesk.insight.position import Position
from liqdesk.market import Instrument, Side
from liqdesk.ui.dialogs.card import label
from liqdesk.ui.dialogs.fields import NumberField, Picker, number_from, plain
from liqdesk.ui.segments import Choice, Segments
from liqdesk.ui.theme import BODY, MEDIUM, current

MODES: Final = (("isolated", False), ("cross", True))


class PositionForm(QWidget):
    """The fields; leverage and own margin are two ways to say one thing. `changed` whenever a hand changed one."""

    changed = Signal()

    def __init__(self, instrument: Instrument, mark: float, saved: Position | None, entry: float | None) -> None:
        super().__init__()
        i = self.instrument = instrument
        start = entry if entry is not None else saved.entry if saved else mark if mark > 0 else math.nan
        choices = (Choice(Side.LONG, "Long", side=0), Choice(Side.SHORT, "Short", side=1))
        self.side = Segments(choices, saved.side if saved else Side.LONG, height=28)
        self.entry = NumberField(i.quote, plain(start, i.price_decimals) if math.isfinite(start) else "", 140)
        self.size_field = NumberField(i.base, plain(saved.quantity) if saved else "", 140)
        self.mode = Picker(MODES, saved.cross if saved else False, 140)
        self.leverage = NumberField("x", plain(saved.leverage) if saved else "10", 140)
        self.own = NumberField(i.quote, plain(saved.wallet) if saved and saved.cross else "", 140)
        self.extra = NumberField(i.quote, plain(saved.extra) if saved else "0", 140)
        self.fields = {
            "entry": self.entry,
            "size": self.size_field,
            "leverage": self.leverage,
            "margin": self.own,
            "extra": self.extra,
        }
        self._own_name = label("Own margin", "caption", BODY, MEDIUM)
        self._lead = self.own if self.cross else self.leverage
        self._compose()
        self._connect()

    def _compose(self) -> None:
        t = current()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(t.px(10))
        grid.setVerticalSpacing(t.px(10))
        rows: tuple[tuple[str | QLabel, QWidget], ...] = (
            ("Side", self.side),
            ("Entry", self.entry),
            ("Size", self.size_field),
            ("Margin", self.mode),
            ("Leverage", self.leverage),
            (self._own_name, self.own),
            ("Extra margin", self.extra),
        )
        for row, (name, widget) in enumerate(rows):
            grid.addWidget(label(name, "caption", BODY, MEDIUM) if isinstance(name, str) else name, row, 0)
            grid.addWidget(widget, row, 1)
            widget.setAccessibleName(f"{name if isinstance(name, str) else 'margin or wallet'}")
        grid.setColumnMinimumWidth(0, t.px(96))
        grid.setRowStretch(7, 1)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.extra.setEnabled(not self.cross)
        self.mode.setToolTip(
            "Isolated: its own margin stands behind it. Cross: the whole wallet does; other positions on it are not known here."
        )
        self.own.setToolTip("Entry × size / leverage: type either this or the leverage. Of cross: the whole wallet.")

    def _connect(self) -> None:
        self.side.chosen.connect(self._tell)
        self.mode.currentIndexChanged.connect(self._mode_chosen)
        for field in (self.entry, self.size_field, self.extra):
            field.textEdited.connect(self._tell)
        self.leverage.textEdited.connect(self._leverage_typed)
        self.own.textEdited.connect(self._own_typed)

    @Slot()
    def _tell(self) -> None:
        self.extra.setEnabled(not self.cross)
        self._own_name.setText("Wallet" if self.cross else "Own margin")
        self.changed.emit()

    def typed_texts(self) -> tuple[object, ...]:
        """Return everything that stands in the fields."""
        return (*(f.text() for f in self.fields.values()), self.side.value, self.cross)

    def mark(self, wrong: NumberField | None) -> None:
        """Outline the field that is wrong, and no other."""
        for field in self.fields.values():
            field.mark(field is wrong)

    @property
    def chosen_side(self) -> Side:
        return Side.SHORT if self.side.value is Side.SHORT else Side.LONG

    @property
    def cross(self) -> bool:
        return bool(self.mode.value)

    @Slot()
    def _mode_chosen(self) -> None:
        self._lead = self.own if self.cross else self.leverage
        if self.cross:
            self.own.setText("")
        self._tell()

    @Slot()
    def _leverage_typed(self) -> None:
        if not self.cross:
            self._lead = self.leverage
        self._tell()

    @Slot()
    def _own_typed(self) -> None:
        self._lead = self.own
        self._tell()

    def typed(self) -> tuple[Position | None, str, NumberField | None]:
        """Return the position that is typed, or why there is none and the field it hangs on; "" while something is still to be typed."""
        wanted: list[tuple[NumberField, str]] = [(self.entry, "The entry"), (self.size_field, "The size")]
        by_margin = not self.cross and self._lead is self.own
        wanted.append((self.own, "The margin") if by_margin else (self.leverage, "The leverage"))
        wanted.append((self.own, "The wallet") if self.cross else (self.extra, "The extra margin"))
        values: list[float] = []
        for field, name in wanted:
            text = field.text().strip().rstrip("xX×")
            value = number_from(text) if text else 0.0 if field is self.extra else None
            if value is None:
                return None, f"{name} “{text}” is not a number." if text else "", field
            values.append(value)
        entry, quantity, third, last = values
        leverage = third
        if by_margin:
            if third <= 0:
                return None, f"The margin must be an amount of {self.instrument.quote} above zero.", self.own
            leverage = entry * quantity / third
        made = Position(
            self.chosen_side,
            entry,
            quantity,
            leverage,
            self.cross,
            last if self.cross else 0.0,
            0.0 if self.cross else last,
        )
        return made, "", None

    def link(self, made: Position) -> None:
        """Show the other of leverage and margin, of which one was typed."""
        if self.cross or not (made.value > 0 and made.leverage > 0):
            return
        if self._lead is self.leverage:
            self.own.setText(plain(round(made.value / made.leverage, 2)))
        else:
            self.leverage.setText(plain(round(made.leverage, 2)))
