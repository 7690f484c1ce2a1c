"""The position check: what is typed on the left, what it means against the map on the right, the leverage strip under both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from liqdesk.alerts.rules import Cross
from liqdesk.insight.position import Check, Position, along_leverage, bracket_at_entry, check
from liqdesk.market import Side
from liqdesk.ui import present
from liqdesk.ui.condition import mark_age_s
from liqdesk.ui.dialogs.card import Card, button, label
from liqdesk.ui.position import words
from liqdesk.ui.position.form import PositionForm
from liqdesk.ui.position.lines import Advice, FigureLines, LeverageStrip
from liqdesk.ui.theme import current

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.market import BracketTable

BEFORE: Final = 0.01  # of the liquidation price, where the alert stands


class PositionDialog(Card):
    """Checks one position of the contract on screen. `kept(Position)` when it is to be drawn and kept, `dropped()` when not any more,
    `alert_wanted(price, Cross)` for a rule, `reveal_wanted(price)` to bring a price into view."""

    kept = Signal(object)
    dropped = Signal()
    alert_wanted = Signal(float, object)
    reveal_wanted = Signal(float)

    def __init__(
        self,
        parent: QWidget | None,
        frame: Frame,
        saved: Position | None,
        entry: float | None = None,
        kept_note: str = "",
        unit: str = "usd",
        heat_map: str = "ember",
    ) -> None:
        """`entry` was pointed at on the chart; `kept_note` says where it is kept, or that it is not."""
        super().__init__(parent, f"Position check · {frame.instrument.symbol}", 690)
        self.instrument = frame.instrument
        self._frame = frame
        self._levels = (0.0, 0.0)
        self._unit, self._heat_map = unit, heat_map
        self._key: tuple[object, ...] = ()
        self.check: Check | None = None
        self.form = PositionForm(frame.instrument, frame.prices.mark, saved, entry)
        self.lines, self.advice, self.strip = FigureLines(), Advice(), LeverageStrip()
        self._compose(kept_note, saved is not None)
        self._connect()
        self._recount()

    # building

    def _compose(self, kept_note: str, saved: bool) -> None:
        t = current()
        middle = QHBoxLayout()
        middle.setSpacing(t.px(28))
        middle.addWidget(self.form)
        middle.addWidget(self.lines, 1)
        self.rows.addLayout(middle)
        self.rows.addWidget(self.advice)
        self.rows.addWidget(self.strip)
        self.show_it = button("Show on chart", primary=True)
        self.alert = button("Alert 1 % before")
        self.remove = button("Remove") if saved else None
        self.add_buttons(self.show_it, self.alert, *((self.remove,) if self.remove else ()))
        self.dated = label("", "note", 11)
        note = label(kept_note or words.PRIVATE, "note", 11, wrap=True)
        self.kept_note = note.text()
        foot = QHBoxLayout()
        foot.addWidget(note, 1)
        foot.addWidget(self.dated)
        self.rows.addLayout(foot)

    def _connect(self) -> None:
        self.form.changed.connect(self._recount)
        self.show_it.clicked.connect(self._show)
        self.alert.clicked.connect(self._alert)
        if self.remove is not None:
            self.remove.clicked.connect(self._remove)

    def first_focus(self) -> QWidget:
        field = self.form.size_field if not self.form.size_field.text() else self.form.entry
        field.selectAll()
        return field

    # what it means

    def show_frame(self, frame: Frame) -> None:
        """Follow the market; another contract or source closes the card."""
        if frame.epoch != self._frame.epoch:
            self.reject()
            return
        self._frame = frame
        self._recount()

    def show_levels(self, low: float, high: float) -> None:
        """Take the colour handles of the map, USD per 10 bp."""
        if (low, high) != self._levels:
            self._levels = (low, high)
            self._key = ()
            self._recount()

    @Slot()
    def _recount(self) -> None:
        frame = self._frame
        age = mark_age_s(frame) if frame.connection.health in ("stale", "down") else None
        key = (self.form.typed_texts(), id(frame.now), frame.prices.mark, id(frame.brackets), frame.zones, age)
        if key == self._key:
            return
        self._key = key
        table = frame.brackets
        made, wrong, field = self.form.typed()
        if made is not None and table is not None:
            self.form.link(made)
            name, wrong = words.fault(made, table, self.instrument)
            field = self.form.fields.get(name)
        self.form.mark(field if wrong else None)
        if table is None or made is None or wrong:
            self._nothing(wrong, made, table)
            return
        self._count(made, table, frame)

    def _nothing(self, wrong: str, made: Position | None, table: BracketTable | None) -> None:
        self.check = None
        self.lines.show_figures(tuple(f._replace(text=present.UNKNOWN, value=None) for f in self._blank()))
        waiting = "Type size and leverage." if table is not None else "The brackets are not loaded yet."
        self.advice.say(wrong or waiting, wrong=bool(wrong))
        empty = np.zeros(0)
        self.strip.show_map(empty, empty, empty, self._levels, self.form.chosen_side, 0, self._heat_map)
        self.dated.setText(words.dated(table) if table is not None else "")
        for one in (self.show_it, self.alert):
            one.setEnabled(False)

    def _blank(self) -> tuple[words.Figure, ...]:
        side = self.form.chosen_side
        none = Check(None, None, None, None, math.nan)
        table = self._frame.brackets
        if table is None:
            return ()
        return words.figures(Position(side, 1.0, 1.0, 1.0), none, self.instrument, table)

    def _count(self, made: Position, table: BracketTable, frame: Frame) -> None:
        mark, now = frame.prices.mark, frame.now
        mark = mark if mark > 0 else math.nan
        base, usd, shares = (now.base, now.usd, now.shares) if now is not None else (0, None, None)
        found = check(made, table, mark, base, usd, shares, frame.zones, frame.spread, frame.reach, frame.odds)
        self.check = found
        m = present.measure(self._unit, self.instrument.base, mark)
        self.lines.show_figures(words.figures(made, found, self.instrument, table, m))
        if found.gone:
            self.advice.say(words.gone(made, mark, self.instrument), wrong=True)
        else:
            self.advice.say(*words.advice(made, found, self.instrument, m))
        if frame.connection.health in ("stale", "down"):
            age = present.age(mark_age_s(frame))
            self.advice.say(self.advice.words[0], f"Nothing here is current: the mark is {age} old.", wrong=True)
        self._draw_strip(made, table, mark)
        self.dated.setText(words.dated(table))
        self.dated.setToolTip(f"Maintenance-margin brackets as of {table.as_of}, {table.source}.")
        self.show_it.setEnabled(not found.gone)
        price = self.alert_price()
        self.alert.setEnabled(price is not None)
        way = "" if price is None else present.price(price, self.instrument.price_decimals)
        self.alert.setToolTip(
            f"Makes a rule: mark crosses {way}, 1 % before the liquidation price."
            if way
            else "Mark is nearer than 1 % to the liquidation price, or there is none."
        )

    def _draw_strip(self, made: Position, table: BracketTable, mark: float) -> None:
        now, bracket = self._frame.now, bracket_at_entry(made, table)
        leverages = LeverageStrip.samples(bracket.max_leverage if bracket else 0)
        if now is None or not mark > 0:
            leverages = leverages[:0]
        prices = usd = leverages
        if now is not None and leverages.size:
            prices, usd = along_leverage(made, table, leverages, mark, now.base, now.usd)
        levels = self._levels
        if not levels[1] > levels[0]:
            levels = (0.0, float(np.nanmax(usd, initial=1.0)) if np.isfinite(usd).any() else 1.0)
        self.strip.show_map(leverages, prices, usd, levels, made.side, self.instrument.price_decimals, self._heat_map)
        clearing = self.check.clearing if self.check else None
        better = float(clearing.leverage) if clearing is not None and clearing.leverage else math.nan
        self.strip.show_marks(math.nan if made.cross else made.leverage, better)

    # what is done

    def alert_price(self) -> float | None:
        """Return the price 1 % before the liquidation price, None where mark is there already or there is none."""
        found, made = self.check, self.form.typed()[0]
        if found is None or made is None or found.liquidation is None or found.away is None:
            return None
        price = found.liquidation * (1 + BEFORE if made.side is Side.LONG else 1 - BEFORE)
        price = round(price, self.instrument.price_decimals)
        mark = self._frame.prices.mark
        return price if ((price < mark) if made.side is Side.LONG else (price > mark)) else None

    @Slot()
    def _show(self) -> None:
        made = self.form.typed()[0]
        if made is None or self.check is None:
            return
        self.kept.emit(made)
        if self.check.liquidation is not None:
            self.reveal_wanted.emit(self.check.liquidation)
        self.accept()

    @Slot()
    def _alert(self) -> None:
        price, made = self.alert_price(), self.form.typed()[0]
        if price is not None and made is not None:
            self.alert_wanted.emit(price, Cross.DOWN if made.side is Side.LONG else Cross.UP)

    @Slot()
    def _remove(self) -> None:
        self.dropped.emit()
        self.accept()

    def state(self) -> dict[str, dict[str, object]]:
        """Return every figure of the card, text and raw value by name."""
        out: dict[str, dict[str, object]] = {f.name: {"text": f.text, "value": f.value} for f in self.lines.figures}
        out["advice"] = {"text": " ".join(w for w in self.advice.words if w), "value": self.advice.wrong}
        out["brackets"] = {"text": self.dated.text(), "value": None}
        return out
