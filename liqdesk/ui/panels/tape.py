"""Forced orders as the venue prints them, newest first. A bounded list in one painted widget: only rows in view become words."""

from __future__ import annotations

import math
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy

from liqdesk.ui import draw, present
from liqdesk.ui.draw import Painted
from liqdesk.ui.panels import unprinted
from liqdesk.ui.panels.frame import PAD, Panel
from liqdesk.ui.theme import BODY, BOLD, MEDIUM, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.insight import Study
    from liqdesk.market import BracketTable, ForcedOrder, Instrument
    from liqdesk.settings import Settings

KEPT: Final = 4_000
BOLD_FROM_USD: Final = 250_000.0
TIP: Final = (
    "Liquidations of this contract as Binance prints them: at most one per second, so their sum is a floor, never the whole.\n"
    "Price: average fill. The bar is the square root of USD. A row under the pointer tells which mark triggered it."
)


class TapeBody(Painted):
    """The rows. Wheel, Page Up and Page Down look back; Home returns to the newest."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._all: deque[ForcedOrder] = deque(maxlen=KEPT)
        self._shown: deque[ForcedOrder] = deque(maxlen=KEPT)  # newest first, at least the minimum
        self._least = settings.tape_min_usd
        self._timezone = settings.timezone
        self._instrument: Instrument | None = None
        self._brackets: BracketTable | None = None
        self._study: Study | None = None
        self._biggest = BOLD_FROM_USD
        self._offset = 0
        self.compact = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._lines: tuple[str, str] = ("", "")
        self.setToolTip(TIP)

    @property
    def least_usd(self) -> float:
        return self._least

    @property
    def shown(self) -> tuple[ForcedOrder, ...]:
        """Return the orders in view, newest first."""
        return tuple(islice(self._shown, self._offset, self._offset + self.rows_in_view()))

    @property
    def count(self) -> int:
        return len(self._shown)

    def clear(self, instrument: Instrument) -> None:
        """Forget all orders: another contract or source."""
        self._instrument = instrument
        self._all.clear()
        self._refill()

    def set_compact(self, compact: bool) -> None:
        self.compact = compact
        study, self._study = self._study, None
        self.set_study(study)
        self.update()

    @property
    def study(self) -> Study | None:
        return self._study

    def set_study(self, study: Study | None) -> None:
        """Take what the record of prints says of the rest."""
        if study is self._study and study is not None:
            return
        lines = unprinted.lines_of(study, self.compact) if study is not None else ("", "")
        self._study = study
        if lines != self._lines:
            self._lines = lines
            self._offset = min(self._offset, self._farthest())
            self.update()

    @property
    def lines(self) -> tuple[str, str]:
        """What stands under the rows: two lines, empty where no record is kept."""
        return self._lines

    def set_brackets(self, brackets: BracketTable | None) -> None:
        """Take the margin brackets that triggers are reconstructed with."""
        self._brackets = brackets

    def set_instrument(self, instrument: Instrument) -> None:
        """Take the contract's grid and names as the venue has listed them by now."""
        if instrument != self._instrument:
            self._instrument = instrument
            self.update()

    def take(self, orders: tuple[ForcedOrder, ...]) -> None:
        """Add new orders of this contract, oldest first."""
        if self._instrument is None:
            return
        added = 0
        for order in orders:
            if order.symbol != self._instrument.symbol:
                continue
            self._all.appendleft(order)
            if order.usd >= self._least:
                self._shown.appendleft(order)
                self._biggest = max(self._biggest, order.usd)
                added += 1
        if added:
            if self._offset:
                self._offset = min(self._offset + added, self._farthest())
            self.update()

    def show_settings(self, settings: Settings) -> None:
        if (settings.tape_min_usd, settings.timezone) != (self._least, self._timezone):
            self._least, self._timezone = settings.tape_min_usd, settings.timezone
            self._refill()

    def _refill(self) -> None:
        self._shown = deque((o for o in self._all if o.usd >= self._least), KEPT)
        self._biggest = max((o.usd for o in self._shown), default=0.0)
        self._biggest = max(self._biggest, BOLD_FROM_USD)
        self._offset = 0
        self.update()

    def _head(self) -> int:
        return current().px(24)

    def _foot(self) -> int:
        return current().px(38) if self._lines[0] else 0

    def rows_in_view(self) -> int:
        return max(0, (self.height() - self._head() - self._foot()) // current().px(21))

    def event(self, event: QEvent) -> bool:
        return draw.tipped(self, event, self.tip_at) or super().event(event)

    def tip_at(self, y: float) -> str:
        """Return what is said of the place at `y` px: the head, one order, or the lines under them."""
        if self._study is not None and self._lines[0] and y >= self.height() - self._foot():
            return unprinted.tip_of(self._study)
        row = math.floor((y - self._head()) / current().px(21))
        shown = self.shown
        if self._instrument is None or not 0 <= row < len(shown):
            return TIP
        return unprinted.order_tip(shown[row], self._brackets, self._instrument)

    def _farthest(self) -> int:
        return max(0, len(self._shown) - max(1, self.rows_in_view()))

    def _scroll(self, offset: int) -> None:
        offset = min(max(0, offset), self._farthest())
        if offset != self._offset:
            self._offset = offset
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._scroll(self._offset - round(event.angleDelta().y() / 40))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        page = max(1, self.rows_in_view() - 1)
        moves = {
            Qt.Key.Key_Up: self._offset - 1,
            Qt.Key.Key_Down: self._offset + 1,
            Qt.Key.Key_PageUp: self._offset - page,
            Qt.Key.Key_PageDown: self._offset + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(self._shown),
        }
        move = moves.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
        else:
            self._scroll(move)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._offset and event.position().y() < self._head():
            self._scroll(0)

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(240), self._head() + 8 * t.px(21) + self._foot())

    def minimumSizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(160), self._head() + 3 * t.px(21) + self._foot())

    def _columns(self) -> tuple[float, float, float, float, float]:
        """Return the left of the side and the right edges of price, quantity and USD, and the widest bar, in px."""
        t = current()
        end = self.width() - t.px(PAD)
        side = t.px(PAD) + text_width("00:00:00", BODY) + t.px(7)
        if self.compact:
            return side, end - t.px(78), math.nan, end, t.px(60)
        return side, t.px(186), t.px(256), end, t.px(84)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        w, pad, h = self.width(), t.px(PAD), t.px(21)
        side, price, quantity, end, bar = self._columns()
        head = self._head() - 1
        draw.put(p, pad, 0, 0, head, "Time", t.text3, SMALL)
        draw.put(p, side, 0, 0, head, "Side", t.text3, SMALL)
        draw.put(p, 0, 0, price, head, "Price", t.text3, SMALL, align=draw.RIGHT)
        if not self.compact:
            base = self._instrument.base if self._instrument else ""
            draw.put(p, 0, 0, quantity, head, base, t.text3, SMALL, align=draw.RIGHT)
        if self._offset:
            draw.put(p, 0, 0, end, head, f"↑ {self._offset:,} newer", t.text1, SMALL, SEMIBOLD, draw.RIGHT)
        else:
            draw.put(p, 0, 0, end, head, "USD", t.text3, SMALL, align=draw.RIGHT)
        draw.rule(p, 0, head, w)
        if not self._shown:
            words = f"none of ${present.usd_round(self._least)} or more printed yet"
            draw.put(p, pad, head, w - 2 * pad, t.px(30), words, t.text3, BODY)
        y = float(self._head()) + 1
        for order in self.shown:
            self._row(p, order, y, h, side, price, quantity, end, bar)
            y += h
        if self._lines[0]:
            top, line = self.height() - self._foot(), t.px(16)
            draw.rule(p, 0, top, w)
            draw.put(p, pad, top + t.px(3), w - 2 * pad, line, self._lines[0], t.text1, SMALL, elide=True)
            draw.put(p, pad, top + t.px(3) + line, w - 2 * pad, line, self._lines[1], t.text2, SMALL, elide=True)
        if self.hasFocus():
            draw.outline(p, 0, 0, w, self.height(), t.focus, 0)

    def _row(
        self,
        p: QPainter,
        order: ForcedOrder,
        y: float,
        h: float,
        side: float,
        price: float,
        quantity: float,
        end: float,
        bar: float,
    ) -> None:
        t = current()
        words = self.words_of(order)
        ink = t.side(int(order.side))
        draw.put(p, t.px(PAD), y, 0, h, words["time"], t.text2, BODY)
        draw.put(p, side, y, 0, h, words["side"], ink, BODY, MEDIUM)
        draw.put(p, 0, y, price, h, words["price"], t.text1 if t.dark else t.text2, BODY, align=draw.RIGHT)
        if not self.compact:
            draw.put(p, 0, y, quantity, h, words["quantity"], t.text2, BODY, align=draw.RIGHT)
        wide = bar * math.sqrt(min(1.0, order.usd / self._biggest))
        p.fillRect(QRectF(end - wide, y + 1, wide, h - 2), draw.colour(ink, 0.2 if t.dark else 0.16))
        weight = BOLD if order.usd >= BOLD_FROM_USD else SEMIBOLD
        draw.put(p, 0, y, end - t.px(1), h, words["usd"], t.text1, BODY, weight, draw.RIGHT)

    def words_of(self, order: ForcedOrder) -> dict[str, str]:
        """Return one order as its row shows it."""
        unit = self._instrument
        assert unit is not None
        return {
            "time": present.clock(order.time_ms, self._timezone),
            "side": order.side.word,
            "price": present.price(order.price, unit.price_decimals),
            "quantity": present.quantity(order.quantity, unit.quantity_decimals),
            "usd": present.usd(order.usd),
        }


class TapePanel(Panel):
    """Forced orders of the contract on screen."""

    def __init__(self, settings: Settings) -> None:
        self.content = TapeBody(settings)
        super().__init__("Forced orders", "", self.content)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._say()

    def _say(self) -> None:
        self.header.say(caption=f"≥ ${present.usd_round(self.content.least_usd)} · a floor: ≤ 1 per s")

    def set_compact(self, compact: bool) -> None:
        super().set_compact(compact)
        self.content.set_compact(compact)

    def show_settings(self, settings: Settings) -> None:
        self.content.show_settings(settings)
        self._say()

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
                "price": order.price,
                "quantity": order.quantity,
                "usd": order.usd,
            }
            for name, text in self.content.words_of(order).items():
                out[f"tape.{i}.{name}"] = {"text": text, "value": values[name]}
        return out
