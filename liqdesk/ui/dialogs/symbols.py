"""The symbol search: type to filter, arrows and Enter choose. Contracts without a map are listed, greyed, with the reason."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from liqdesk.ui import draw, icons, present
from liqdesk.ui.draw import Painted
from liqdesk.ui.theme import BODY, MEDIUM, REGULAR, SEMIBOLD, SMALL, current, font, text_width

if TYPE_CHECKING:
    from liqdesk.market import Instrument, Ticker

ROWS: Final = 12
WIDE: Final = 460
PAD: Final = 14
STAR: Final = 22


def why_not(instrument: Instrument) -> str:
    """Return why a contract has no map; empty when it has one."""
    if instrument.mapped:
        return ""
    if instrument.status != "TRADING":
        return f"not trading: {instrument.status.lower().replace('_', ' ')}"
    if instrument.contract_type != "PERPETUAL":
        kind = instrument.contract_type.lower().replace("_", " ")
        return "stock or commodity: no map" if "tradifi" in kind or "tradfi" in kind else f"{kind}: no map"
    return f"quoted in {instrument.quote}: no map"


def matches(
    instruments: tuple[Instrument, ...], tickers: dict[str, Ticker], typed: str, favourites: Collection[str] = ()
) -> list[Instrument]:
    """Return the contracts a search finds: mapped ones first, of those the one that is named outright, then favourites, then by where the
    text matches, then by 24 h turnover."""
    wanted = typed.strip().upper().replace("/", "").replace("-", "").replace(" ", "")

    def rank(i: Instrument) -> tuple[int, int, int, int, float, str]:
        ticker = tickers.get(i.symbol)
        place = 0 if i.base == wanted or i.symbol == wanted else 1 if i.symbol.startswith(wanted) else 2
        turnover = -(ticker.quote_volume if ticker else 0.0)
        place = place if wanted else 2
        return (not i.mapped, place > 0, i.symbol not in favourites, place, turnover, i.symbol)

    return sorted((i for i in instruments if wanted in i.symbol), key=rank)


class SymbolList(Painted):
    """The rows in view, painted. `chosen(symbol)` to show a contract, `starred(symbol)` to change its star."""

    chosen = Signal(str)
    starred = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.favourites: frozenset[str] = frozenset()
        self.found: list[Instrument] = []
        self.tickers: dict[str, Ticker] = {}
        self.current_symbol = ""
        self.empty = "the list of contracts is not loaded yet"
        self._at = 0
        self._top = 0
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def at(self) -> Instrument | None:
        return self.found[self._at] if 0 <= self._at < len(self.found) else None

    def show_found(self, found: list[Instrument], keep: bool) -> None:
        before = self.at.symbol if keep and self.at else ""
        self.found = found
        self._at = next((i for i, f in enumerate(found) if f.symbol == before), 0)
        if not keep:
            self._top = 0
        self._show_at()

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(WIDE), t.px(24) + ROWS * t.px(26))

    def move_by(self, rows: int) -> None:
        self._at = min(max(0, self._at + rows), max(0, len(self.found) - 1))
        self._show_at()

    def _show_at(self) -> None:
        self._top = min(max(self._top, self._at - ROWS + 1), self._at, max(0, len(self.found) - ROWS))
        self._top = max(0, self._top)
        self.update()

    def choose(self) -> None:
        at = self.at
        if at is not None and at.mapped:
            self.chosen.emit(at.symbol)

    def star(self) -> None:
        """Change the star of the contract that the keyboard is on, if it has a map."""
        at = self.at
        if at is not None and at.mapped:
            self.starred.emit(at.symbol)

    def wheelEvent(self, event: QWheelEvent) -> None:
        most = max(0, len(self.found) - ROWS)
        self._top = min(max(0, self._top - round(event.angleDelta().y() / 40)), most)
        self._at = min(max(self._at, self._top), self._top + ROWS - 1)
        self.update()

    def _row_at(self, y: float) -> int:
        t = current()
        i = int((y - t.px(24)) // t.px(26)) + self._top
        return i if y >= t.px(24) and i < len(self.found) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().y())
        if row >= 0 and row != self._at:
            self._at = row
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().y())
        if row >= 0:
            self._at = row
            if event.position().x() < current().px(PAD + STAR):
                self.star()
            else:
                self.choose()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, pad, h = self.width(), t.px(PAD), t.px(26)
        name = pad + t.px(STAR)
        head = t.px(24)
        price, change, volume = w - t.px(182), w - t.px(96), w - pad
        for right, words in ((price, "Last"), (change, "24 h"), (volume, "24 h volume")):
            draw.put(p, 0, 0, right, head, words, t.text3, SMALL, align=draw.RIGHT)
        draw.put(p, name, 0, 0, head, "Contract", t.text3, SMALL)
        draw.rule(p, 0, head - 1, w)
        if not self.found:
            draw.put(p, pad, head, w, h, self.empty, t.text2, BODY)
        for k, one in enumerate(self.found[self._top : self._top + ROWS]):
            y = head + k * h
            on = self._top + k == self._at
            if on:
                draw.fill(p, t.px(4), y + 1, w - 2 * t.px(4), h - 2, t.hover, radius=t.px(4))
            ink = t.text1 if one.mapped else t.text2 if on else t.text3
            weight = SEMIBOLD if one.symbol == self.current_symbol else MEDIUM
            if one.mapped:
                side = t.px(14)
                star, tone = (
                    ("starred", t.text1) if one.symbol in self.favourites else ("star", t.text2 if on else t.text3)
                )
                p.drawPixmap(pad, round(y + (h - side) / 2), icons.pixmap(star, tone, side, self.devicePixelRatioF()))
            draw.put(p, name, y, 0, h, one.symbol, ink, BODY, weight)
            if one.symbol == self.current_symbol:
                side = t.px(14)
                x = name + text_width(one.symbol, BODY, weight) + t.px(6)
                p.drawPixmap(
                    round(x), round(y + (h - side) / 2), icons.pixmap("check", t.text1, side, self.devicePixelRatioF())
                )
            if not one.mapped:
                draw.put(p, 0, y, volume, h, why_not(one), t.text2 if on else t.text3, SMALL, align=draw.RIGHT)
                continue
            ticker = self.tickers.get(one.symbol)
            if ticker is None:
                continue
            move = ticker.last / ticker.open - 1 if ticker.open > 0 else float("nan")
            quiet = t.text2
            draw.put(
                p, 0, y, price, h, present.price(ticker.last, one.price_decimals), t.text1, BODY, REGULAR, draw.RIGHT
            )
            draw.put(p, 0, y, change, h, present.percent(move, 2), quiet, BODY, REGULAR, draw.RIGHT)
            draw.put(p, 0, y, volume, h, present.usd(ticker.quote_volume), quiet, BODY, REGULAR, draw.RIGHT)


class SymbolSearch(QFrame):
    """A popup under the symbol button. `chosen(symbol)` when one is taken, `starred(symbol)` when its star is pressed (Ctrl+Space)."""

    chosen = Signal(str)
    starred = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "popup")
        self._instruments: tuple[Instrument, ...] = ()
        self._tickers: dict[str, Ticker] = {}
        self.field = QLineEdit()
        self.field.setFont(font(13, MEDIUM))
        self.field.setPlaceholderText("Search contracts, such as ETH or SOLUSDT")
        self.field.setAccessibleName("search contracts")
        self.list = SymbolList()
        column = self._column = QVBoxLayout(self)
        holder = self._holder = QVBoxLayout()
        holder.addWidget(self.field)
        column.addLayout(holder)
        column.addWidget(self.list)
        self.field.textEdited.connect(self._filter)
        self.list.chosen.connect(self._take)
        self.list.starred.connect(self.starred)
        self.list.setToolTip("Star (Ctrl+Space): favourites stand on top, here and in the watchlist")

    def set_instruments(self, instruments: tuple[Instrument, ...]) -> None:
        self._instruments = instruments
        self._show(False)

    @Slot(object)
    def set_favourites(self, favourites: Collection[str]) -> None:
        """Show these starred; rows stand where they are until the search changes."""
        self.list.favourites = frozenset(favourites)
        self.list.update()

    def set_tickers(self, tickers: dict[str, Ticker]) -> None:
        """Show prices from a map the caller keeps; the order of rows changes only with the search."""
        self._tickers = tickers
        if self.isVisible():
            self.list.tickers = tickers
            self.list.update()

    def open_under(self, anchor: QWidget, symbol: str) -> None:
        """Open below a widget, with the field empty."""
        t = current()
        self.field.setFont(font(13, MEDIUM))  # anew: theme and size may be others than last time
        self._column.setContentsMargins(1, t.px(10), 1, t.px(8))
        self._column.setSpacing(t.px(6))
        self._holder.setContentsMargins(t.px(12), 0, t.px(12), 0)
        self.list.current_symbol = symbol
        self.field.clear()
        self._show(False)
        self.adjustSize()
        self.move(anchor.mapToGlobal(QPoint(0, anchor.height() + current().px(6))))
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def begin(self, typed: str) -> None:
        """Put the beginning of a name into the field, as if it had been typed there."""
        self.field.setText(typed)
        self._show(False)

    def _show(self, keep: bool) -> None:
        self.list.tickers = self._tickers
        self.list.empty = "no contract matches" if self._instruments else "the list of contracts is not loaded yet"
        self.list.show_found(matches(self._instruments, self._tickers, self.field.text(), self.list.favourites), keep)

    @Slot()
    def _filter(self) -> None:
        self._show(False)

    @Slot(str)
    def _take(self, symbol: str) -> None:
        self.hide()
        self.chosen.emit(symbol)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS, Qt.Key.Key_PageUp: -ROWS}
        step = moves.get(Qt.Key(event.key()))
        if step is not None:
            self.list.move_by(step)
        elif event.key() == Qt.Key.Key_Space and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.list.star()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.list.choose()
        elif event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        parent = self.parentWidget()
        if parent is not None:
            parent.setFocus(Qt.FocusReason.PopupFocusReason)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.fillRect(self.rect(), draw.colour(t.panel))
        draw.outline(p, 0, 0, self.width(), self.height(), t.border, 0)
