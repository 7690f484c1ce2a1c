"""The dialog for an alert rule: five kinds, their numbers with units, and in one line what the rule will say."""

from __future__ import annotations

import math
import uuid
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from liqdesk.alerts.rules import (
    AnyRule,
    Cross,
    ForcedBurst,
    FundingBeyond,
    ImbalanceBeyond,
    PriceCrosses,
    Which,
    ZoneNear,
)
from liqdesk.engine.pasts import RulePast
from liqdesk.market import Instrument, Side
from liqdesk.ui.dialogs.alertparts import Page, PastBlock, Preview
from liqdesk.ui.dialogs.card import Card, button, label
from liqdesk.ui.dialogs.fields import NumberField, Picker, Tick, plain
from liqdesk.ui.theme import MEDIUM

if TYPE_CHECKING:
    from liqdesk.engine.pasts import PastView
    from liqdesk.insight.zones import Zone

KINDS: Final = (
    ("the mark price crosses", PriceCrosses),
    ("price comes near a zone", ZoneNear),
    ("the imbalance goes beyond", ImbalanceBeyond),
    ("funding goes beyond", FundingBeyond),
    ("forced orders sum to", ForcedBurst),
)
COOLDOWNS: Final = (
    ("1 min", 60.0),
    ("5 min", 300.0),
    ("15 min", 900.0),
    ("30 min", 1800.0),
    ("1 h", 3600.0),
    ("4 h", 14400.0),
    ("1 day", 86400.0),
)
SIDES: Final = (("both", Which.BOTH), ("long", Which.LONG), ("short", Which.SHORT))
RADII: Final = (("±1 %", 0.01), ("±2 %", 0.02), ("±5 %", 0.05))
PAUSE_MS: Final = 150  # of typing, before the past is asked
AGAIN_MS: Final = 30_000  # while nothing is typed


class AlertDialog(Card):
    """Makes or edits one rule. `saved(rule)` or `dropped(rule_id)`; nothing is changed until a button says so. `asked(serial, rule)` when
    it wants to know how often the rule would have fired."""

    saved = Signal(object)
    dropped = Signal(str)
    asked = Signal(int, object)

    def __init__(
        self,
        parent: QWidget | None,
        instrument: Instrument,
        mark: float,
        rule: AnyRule | None = None,
        timezone: str = "UTC",
    ) -> None:
        super().__init__(parent, "Edit alert rule" if rule else f"New alert rule · {instrument.symbol}", 520)
        self.symbol = rule.symbol if rule else instrument.symbol
        if rule:
            self.title.setText(f"Edit alert rule · {rule.symbol}")
        self._id = rule.id if rule else uuid.uuid4().hex[:12]
        self._make_fields(instrument, mark)
        self.kind = Picker(KINDS, PriceCrosses, 236)
        self.stack = QStackedWidget()
        self.pages = self._pages(instrument)
        for page in self.pages:
            page.changed.connect(self._check)
            self.stack.addWidget(page)
        self.cooldown = Picker(COOLDOWNS, 1800.0, 104)
        self.sound = Tick("play a sound", True)
        self.preview = Preview()
        self.rows.addLayout(self.field_row("Tell me when", self.kind))
        self.rows.addWidget(self.stack)
        self.rows.addLayout(self.field_row("then", label("show it in the window", "", 12, MEDIUM), self.sound))
        self.rows.addLayout(self.field_row("again after", self.cooldown, label("at the earliest", "caption")))
        self.rows.addWidget(self.preview)
        self.past = PastBlock(timezone)
        self.past.grown.connect(self.fit)
        self.rows.addWidget(self.past)
        self._serial = 0
        self._pause = QTimer(self)
        self._pause.timeout.connect(self._ask)
        self.save_on = button("Save, switched on", primary=True)
        self.save_off = button("Save, off")
        cancel = button("Cancel")
        delete = button("Delete") if rule else None
        self.add_buttons(self.save_on, self.save_off, cancel, right=delete)
        self.kind.currentIndexChanged.connect(self._kind_chosen)
        self.cooldown.currentIndexChanged.connect(self._check)
        self.save_on.clicked.connect(self._save_on)
        self.save_off.clicked.connect(self._save_off)
        cancel.clicked.connect(self.reject)
        if delete is not None:
            delete.clicked.connect(self._delete)
        if rule is not None:
            self._fill(rule)
        self._kind_chosen()

    def _make_fields(self, instrument: Instrument, mark: float) -> None:
        known = math.isfinite(mark) and mark > 0
        self.price = NumberField(instrument.quote, plain(mark, instrument.price_decimals) if known else "", 150)
        self.direction = Picker(
            (("either way", Cross.EITHER), ("upwards", Cross.UP), ("downwards", Cross.DOWN)), None, 116
        )
        self.within = NumberField("%", "1.0", 84)
        self.zone_side = Picker(SIDES, Which.BOTH, 84)
        self.measure = Picker((("× the median zone", "medians"), ("USD", "usd")), "medians", 150)
        self.amount = NumberField("", "3", 104)
        self.radius = Picker(RADII, 0.02, 84)
        self.threshold = NumberField("%", "60", 84)
        self.either = Tick("to either side", True)
        self.rate = NumberField(f"% per {instrument.funding_hours} h", "0.05", 130)
        self.rate_either = Tick("to either side", True)
        self.total = NumberField("USD", "5M", 116)
        self.seconds = NumberField("s", "60", 84)
        self.burst_side = Picker(SIDES, Which.BOTH, 84)

    def _pages(self, instrument: Instrument) -> tuple[Page, ...]:
        return (
            Page(("price", self.price, self.direction)),
            Page(("within", self.within, "of a zone, side", self.zone_side), ("that holds", self.amount, self.measure)),
            Page(("within", self.radius, "of mark, beyond", self.threshold, self.either)),
            Page(("rate", self.rate, self.rate_either)),
            Page(("at least", self.total, "within", self.seconds), ("side", self.burst_side)),
        )

    def first_focus(self) -> QWidget:
        fields = self.pages[self.stack.currentIndex()].fields
        fields[0].selectAll()
        return fields[0]

    def start_price(self, price: float, decimals: int) -> None:
        """Begin with a price, as asked for on the chart."""
        self.kind.choose(PriceCrosses)
        self.price.setText(plain(price, decimals))
        self._check()

    def start_zone(self, zone: Zone) -> None:
        """Begin with a zone, as asked for on the chart or in the table: its side, and four fifths of its size."""
        self.kind.choose(ZoneNear)
        self.measure.choose("usd")
        self.amount.setText(plain(float(f"{zone.usd * 0.8:.2g}")))
        self.zone_side.choose(Which.LONG if zone.side is Side.LONG else Which.SHORT)
        self._check()

    def _fill(self, rule: AnyRule) -> None:
        self.kind.choose(type(rule))
        if all(seconds != rule.cooldown_s for _, seconds in COOLDOWNS):
            self.cooldown.addItem(f"{rule.cooldown_s:g} s", rule.cooldown_s)
        self.cooldown.choose(rule.cooldown_s)
        self.sound.setChecked(rule.sound)
        match rule:
            case PriceCrosses():
                self.price.setText(plain(rule.price))
                self.direction.choose(rule.direction)
            case ZoneNear():
                self.within.setText(plain(rule.within * 100))
                self.zone_side.choose(rule.which)
                self.measure.choose("usd" if rule.min_usd is not None else "medians")
                self.amount.setText(plain(rule.min_usd if rule.min_usd is not None else rule.min_medians or 0.0))
            case ImbalanceBeyond():
                if all(radius != rule.radius for _, radius in RADII):
                    self.radius.addItem(f"±{rule.radius * 100:g} %", rule.radius)
                self.radius.choose(rule.radius)
                self.threshold.setText(plain(rule.threshold * 100))
                self.either.setChecked(rule.either)
            case FundingBeyond():
                self.rate.setText(plain(rule.rate * 100))
                self.rate_either.setChecked(rule.either)
            case ForcedBurst():
                self.total.setText(plain(rule.usd))
                self.seconds.setText(plain(rule.seconds))
                self.burst_side.choose(rule.which)

    def _number(self, field: NumberField, missing: list[NumberField], per: float = 1.0) -> float:
        value = field.number()
        field.mark(value is None)
        if value is None:
            missing.append(field)
            return math.nan
        return value / per

    def rule(self, enabled: bool = True) -> tuple[AnyRule | None, str]:
        """Return the rule as typed, and the sentence on what is wrong with it; the rule is None when a field holds no number."""
        from liqdesk.alerts import check

        missing: list[NumberField] = []
        number = self._number
        common: dict[str, Any] = {
            "id": self._id,
            "symbol": self.symbol,
            "enabled": enabled,
            "cooldown_s": float(str(self.cooldown.value)),
            "sound": self.sound.isChecked(),
        }
        made: AnyRule
        kind = self.kind.value
        if kind is PriceCrosses:
            made = PriceCrosses(**common, price=number(self.price, missing), direction=Cross(str(self.direction.value)))
        elif kind is ZoneNear:
            amount = number(self.amount, missing)
            in_usd = self.measure.value == "usd"
            made = ZoneNear(
                **common,
                within=number(self.within, missing, 100),
                min_usd=amount if in_usd else None,
                min_medians=None if in_usd else amount,
                which=Which(str(self.zone_side.value)),
            )
        elif kind is ImbalanceBeyond:
            made = ImbalanceBeyond(
                **common,
                radius=float(str(self.radius.value)),
                threshold=number(self.threshold, missing, 100),
                either=self.either.isChecked(),
            )
        elif kind is FundingBeyond:
            made = FundingBeyond(**common, rate=number(self.rate, missing, 100), either=self.rate_either.isChecked())
        else:
            made = ForcedBurst(
                **common,
                usd=number(self.total, missing),
                seconds=number(self.seconds, missing),
                which=Which(str(self.burst_side.value)),
            )
        if missing:
            typed = missing[0].text().strip()
            return None, f"“{typed}” is not a number." if typed else "A number is missing."
        return made, check(made) or ""

    @Slot()
    def _kind_chosen(self) -> None:
        self.stack.setCurrentIndex(max(0, self.kind.currentIndex()))
        for i, page in enumerate(self.pages):
            policy = page.sizePolicy()
            shown = i == self.stack.currentIndex()
            policy.setVerticalPolicy(policy.Policy.Preferred if shown else policy.Policy.Ignored)
            page.setSizePolicy(policy)
        self.stack.adjustSize()
        self._check()
        self.fit()

    @Slot()
    def _check(self) -> None:
        from liqdesk.alerts import describe

        made, wrong = self.rule()
        good = made is not None and not wrong
        self.preview.say(describe(made) if good and made is not None else wrong, not good)
        self.save_on.setEnabled(good)
        self.save_off.setEnabled(good)
        self._serial += 1  # what is still told of the rule as it was is not for this one
        self._pause.start(PAUSE_MS)
        shown = self.past.past
        if not good or made is None:
            self._pause.stop()
            self.past.show_past(None)
        elif shown is None or shown.rule != made:
            self.past.show_past(RulePast(made, share=0.0))

    @Slot()
    def _ask(self) -> None:
        made, wrong = self.rule()
        if made is not None and not wrong:
            self._serial += 1
            self.asked.emit(self._serial, made)
            self._pause.start(AGAIN_MS)

    def show_past(self, view: PastView | None) -> None:
        """Show how often the rule would have fired, where that is what was asked last."""
        past = view.asked if view is not None else None
        if past is not None and past.serial == self._serial and past is not self.past.past:
            known = self.past.past
            if past.share < 1 and known is not None and known.share == 1 and known.rule == past.rule:
                return  # told again: the old answer stands until the new one is there
            self.past.show_past(past)

    def _save(self, enabled: bool) -> None:
        made, wrong = self.rule(enabled)
        if made is None or wrong:
            self._check()
            return
        self.saved.emit(made)
        self.accept()

    @Slot()
    def _save_on(self) -> None:
        self._save(True)

    @Slot()
    def _save_off(self) -> None:
        self._save(False)

    @Slot()
    def _delete(self) -> None:
        self.dropped.emit(self._id)
        self.accept()
