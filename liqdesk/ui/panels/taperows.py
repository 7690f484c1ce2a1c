"""Forced orders as the venue prints them, newest first. A bounded list in one painted widget: only rows in view become words."""

from __future__ import annotations

import math
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent

from liqdesk.ui import draw, present
from liqdesk.ui.panels import unprinted
from liqdesk.ui.panels.frame import PAD
from liqdesk.ui.panels.lookback import LookBack
from liqdesk.ui.panels.sieve import Sieve
from liqdesk.ui.theme import BODY, BOLD, MEDIUM, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.insight import Study
    from liqdesk.market import BracketTable, ForcedOrder, Instrument
    from liqdesk.settings import Settings

KEPT: Final = 1_500
BOLD_FROM_USD: Final = 250_000.0
TIP: Final = (
    "Liquidations as Binance prints them: at most one per contract and second, so their sum is a floor, never the whole.\n"
    "Price: average fill. The bar is the square root of USD. A row under the pointer tells which mark triggered it."
)


class Columns(NamedTuple):
    """Where columns stand, px: the left of side and contract, the right edges of price, quantity and USD, the widest bar; NaN where there
    is no such column."""

    side: float
    price: float
    quantity: float
    name: float
    end: float
    bar: float


class TapeRows(LookBack):
    """The rows."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._mine: deque[ForcedOrder] = deque(maxlen=KEPT)  # of the contract on screen
        self._every: deque[ForcedOrder] = deque(maxlen=KEPT)  # of all contracts
        self._shown: deque[ForcedOrder] = deque(maxlen=KEPT)  # newest first, as far as the filter lets them
        self.sieve = Sieve.of(settings)
        self._timezone = settings.timezone
        self._unit = settings.unit
        self._listed: dict[str, Instrument] = {}
        self._instrument: Instrument | None = None
        self._brackets: BracketTable | None = None
        self._study: Study | None = None
        self._biggest = BOLD_FROM_USD
        self.compact = False
        self._lines: tuple[str, str] = ("", "")
        self.setToolTip(TIP)

    @property
    def mine(self) -> tuple[ForcedOrder, ...]:
        """Return the orders held of the contract on screen, newest first, whatever the filter shows."""
        return tuple(self._mine)

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
        self._mine.clear()
        self._every.clear()
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

    def set_listed(self, instruments: tuple[Instrument, ...]) -> None:
        """Take the grids of all contracts, for rows of others than the one on screen."""
        if len(instruments) != len(self._listed):
            self._listed = {i.symbol: i for i in instruments}
            self.update()

    def _unit_of(self, order: ForcedOrder) -> Instrument | None:
        mine = self._instrument
        return mine if mine is not None and order.symbol == mine.symbol else self._listed.get(order.symbol)

    def take(self, orders: tuple[ForcedOrder, ...]) -> None:
        """Add new orders, oldest first."""
        if self._instrument is None:
            return
        added = 0
        for order in orders:
            self._every.appendleft(order)
            mine = order.symbol == self._instrument.symbol
            if mine:
                self._mine.appendleft(order)
            if self.sieve.lets(order, mine):
                self._shown.appendleft(order)
                self._biggest = max(self._biggest, order.usd)
                added += 1
        if added:
            if self._offset:
                self._offset = min(self._offset + added, self._farthest())
            self.update()

    def show_settings(self, settings: Settings) -> None:
        sieve = Sieve.of(settings)
        if settings.unit != self._unit:
            self._unit = settings.unit
            self.update()
        if (sieve, settings.timezone) != (self.sieve, self._timezone):
            self.sieve, self._timezone = sieve, settings.timezone
            self._refill()

    def _refill(self) -> None:
        source = self._every if self.sieve.everything else self._mine
        self._shown = deque((o for o in source if self.sieve.lets(o, True)), KEPT)
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

    def tip_at(self, y: float) -> str:
        """Return what is said of the place at `y` px: the head, one order, or the lines under them."""
        if self._study is not None and self._lines[0] and y >= self.height() - self._foot():
            return unprinted.tip_of(self._study)
        row = math.floor((y - self._head()) / current().px(21))
        shown = self.shown
        if self._instrument is None or not 0 <= row < len(shown):
            return TIP
        order = shown[row]
        unit = self._unit_of(order)
        if unit is None:
            return f"{order.symbol}: {order.side.word} liquidated"
        table = self._brackets if order.symbol == self._instrument.symbol else None  # of others none are at hand
        lead = f"{order.symbol} " if self.sieve.everything else ""
        return lead + unprinted.order_tip(order, table, unit)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._offset and event.position().y() < self._head():
            self._scroll(0)

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(240), self._head() + 8 * t.px(21) + self._foot())

    def minimumSizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(160), self._head() + 3 * t.px(21) + self._foot())

    def _columns(self) -> Columns:
        t = current()
        end = self.width() - t.px(PAD)
        side = t.px(PAD) + text_width("00:00:00", BODY) + t.px(7)
        if self.sieve.everything:
            name = side + text_width("short", BODY, MEDIUM) + t.px(10)
            return Columns(side, math.nan if self.compact else end - t.px(70), math.nan, name, end, t.px(56))
        if self.compact:
            return Columns(side, end - t.px(78), math.nan, math.nan, end, t.px(60))
        beside = t.px(256)  # the quiet column of sizes; it goes where the last one would run into it
        fits = end - beside >= text_width("999.9K", BODY, BOLD) + t.px(8)
        return Columns(side, t.px(186), beside if fits else math.nan, math.nan, end, t.px(84))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        w, pad, h = self.width(), t.px(PAD), t.px(21)
        at = self._columns()
        head = self._head() - 1
        draw.put(p, pad, 0, 0, head, "Time", t.text3, SMALL)
        draw.put(p, at.side, 0, 0, head, "Side", t.text3, SMALL)
        if math.isfinite(at.price):
            draw.put(p, 0, 0, at.price, head, "Price", t.text3, SMALL, align=draw.RIGHT)
        if math.isfinite(at.quantity):
            draw.put(p, 0, 0, at.quantity, head, self.units[0], t.text3, SMALL, align=draw.RIGHT)
        if math.isfinite(at.name):
            draw.put(p, at.name, 0, 0, head, "Contract", t.text3, SMALL)
        if self._offset:
            draw.put(p, 0, 0, at.end, head, f"↑ {self._offset:,} newer", t.text1, SMALL, SEMIBOLD, draw.RIGHT)
        else:
            draw.put(p, 0, 0, at.end, head, self.units[1], t.text3, SMALL, align=draw.RIGHT)
        draw.rule(p, 0, head, w)
        if not self._shown:
            words = self.sieve.nothing(self._instrument.base if self._instrument else "")
            if text_width(words, BODY) > w - 2 * pad:
                words = self.sieve.nothing("")
            draw.put(p, pad, head, w - 2 * pad, t.px(30), words, t.text3, BODY, elide=True)
        y = float(self._head()) + 1
        for order in self.shown:
            self._row(p, order, y, h, at)
            y += h
        if self._lines[0]:
            top, line = self.height() - self._foot(), t.px(16)
            draw.rule(p, 0, top, w)
            draw.put(p, pad, top + t.px(3), w - 2 * pad, line, self._lines[0], t.text1, SMALL, elide=True)
            draw.put(p, pad, top + t.px(3) + line, w - 2 * pad, line, self._lines[1], t.text2, SMALL, elide=True)
        if self.hasFocus():
            draw.outline(p, 0, 0, w, self.height(), t.focus, 0)

    def _row(self, p: QPainter, order: ForcedOrder, y: float, h: float, at: Columns) -> None:
        t = current()
        words = self.words_of(order)
        beside, size = ("usd", "quantity") if self._coins_first else ("quantity", "usd")
        ink = t.side(int(order.side))
        wide = at.bar * math.sqrt(min(1.0, order.usd / self._biggest))
        p.fillRect(QRectF(at.end - wide, y + 1, wide, h - 2), draw.colour(ink, 0.2 if t.dark else 0.16))
        draw.put(p, t.px(PAD), y, 0, h, words["time"], t.text2, BODY)
        draw.put(p, at.side, y, 0, h, words["side"], ink, BODY, MEDIUM)
        tone = t.text1 if t.dark else t.text2
        if math.isfinite(at.price):
            draw.put(p, 0, y, at.price, h, words["price"], tone, BODY, align=draw.RIGHT)
        if math.isfinite(at.quantity):
            draw.put(p, 0, y, at.quantity, h, words[beside], t.text2, BODY, align=draw.RIGHT)
        if math.isfinite(at.name):
            last = at.price - text_width(words["price"], BODY) if math.isfinite(at.price) else at.end - at.bar
            mine = self._instrument is not None and order.symbol == self._instrument.symbol
            room, weight = last - at.name - t.px(6), SEMIBOLD if mine else MEDIUM
            draw.put(p, at.name, y, room, h, words["contract"], t.text1, BODY, weight, elide=True)
        weight = BOLD if order.usd >= BOLD_FROM_USD else SEMIBOLD
        draw.put(p, 0, y, at.end - t.px(1), h, words[size], t.text1, BODY, weight, draw.RIGHT)

    @property
    def _coins_first(self) -> bool:
        """Whether sizes are the orders' own coins; of many contracts they could not be compared, so there they stay USD."""
        return self._unit == "coin" and not self.sieve.everything

    @property
    def units(self) -> tuple[str, str]:
        """Return the units over the quiet column of sizes and over the last one."""
        base = self._instrument.base if self._instrument else ""
        return ("USD", base) if self._coins_first else (base, "USD")

    def words_of(self, order: ForcedOrder) -> dict[str, str]:
        """Return one order as its row shows it."""
        unit = self._unit_of(order)
        price = present.price(order.price, unit.price_decimals) if unit else f"{order.price:,.6g}"
        return {
            "time": present.clock(order.time_ms, self._timezone),
            "side": order.side.word,
            "contract": unit.base if unit else order.symbol,
            "price": price,
            "quantity": present.quantity(order.quantity, unit.quantity_decimals if unit else 3),
            "usd": present.usd(order.usd),
        }
