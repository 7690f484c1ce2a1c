"""The watchlist: every contract that has a map, with price, 24 h change, open interest and funding; favourites on top."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from liqdesk.ui import draw
from liqdesk.ui.blank import blank_of
from liqdesk.ui.draw import Painted
from liqdesk.ui.panels.frame import PAD, Panel
from liqdesk.ui.panels.watched import (
    COLUMNS,
    Watched,
    nearest,
    ordered,
    rows_of,
    tip_of,
    value_of,
    words_of,
    zone_words,
)
from liqdesk.ui.panels.watchrows import WatchRows
from liqdesk.ui.theme import BODY, SMALL, current, fitting, font

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window

PACE_S: Final = 2.0


class Footer(Painted):
    """One line under the rows: the nearest zone of the contract on screen."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(current().px(24))

    def say(self, words: str) -> None:
        if words != self.words:
            self.words = words
            self.setToolTip(f"{words}\nA map is made of contracts on a chart alone.")
            self.update()

    def restyle(self) -> None:
        self.setFixedHeight(current().px(24))
        super().restyle()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        draw.rule(p, 0, 0, self.width())
        room = self.width() - 2 * t.px(PAD)
        draw.put(p, t.px(PAD), 1, room, self.height() - 1, fitting(self.words, room, SMALL), t.text2, SMALL)


class WatchBody(QWidget):
    """Filter, rows, footer. What is looked at is asked for: the engine is told when the body comes and goes."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter, or * for favourites")
        self.filter.setAccessibleName("filter the watchlist")
        self.filter.setClearButtonEnabled(True)
        self.rows = WatchRows(self._tip)
        self.footer = Footer()
        self._settings = settings
        self._window: Window | None = None
        self._frame: Frame | None = None
        self._next = 0.0
        self.all: list[Watched] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        holder = self._holder = QHBoxLayout()
        holder.addWidget(self.filter)
        self._space()
        column.addLayout(holder)
        column.addWidget(self.rows, 1)
        column.addWidget(self.footer)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.filter.textEdited.connect(self._refilter)
        self.filter.textChanged.connect(self._cleared)
        self.filter.installEventFilter(self)
        self.rows.sorted_by.connect(self._sort)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in draw.RESTYLED and hasattr(self, "_holder"):
            self._space()
        super().changeEvent(event)

    def _space(self) -> None:
        t = current()
        self._holder.setContentsMargins(t.px(PAD), t.px(6), t.px(PAD), t.px(4))
        wanted = font(BODY)
        if self.filter.font() != wanted:  # a font that is set is a change of style itself
            self.filter.setFont(wanted)

    def join(self, window: Window) -> None:
        self._window = window
        self.rows.chosen.connect(self._choose)
        self.rows.starred.connect(window.act.watching.toggle)
        self._look()

    @Slot(str)
    def _choose(self, symbol: str) -> None:
        """Show a contract; the one that is shown already is not loaded anew."""
        if self._window is not None and symbol != self.rows.shown_symbol:
            self._window.act.market.choose_symbol(symbol)

    # what is looked at

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()
        self._next = 0.0

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._look()

    def _look(self) -> None:
        if self._window is not None:
            self._window.act.watching.look(self, self.isVisible())

    # rows

    def clear(self) -> None:
        """Forget the figures of another market."""
        self.all = []
        self._next = 0.0

    def show_frame(self, frame: Frame) -> None:
        """Take figures anew every two seconds, and at once what the user changed; rows hold still under the pointer."""
        self._frame = frame
        near = nearest(frame.zones)
        symbol, decimals = frame.instrument.symbol, frame.instrument.price_decimals
        words = "not known yet" if frame.now is None else zone_words(near, decimals) if near else "none significant"
        self.footer.say(f"{symbol} nearest zone: {words}")
        now = time.monotonic()
        if now >= self._next:
            self._next = now + PACE_S
            self.refresh(keep_order=self.rows.underMouse() and bool(self.rows.rows))

    def show_settings(self, settings: Settings) -> None:
        before, self._settings = self._settings, settings
        names = ("favourites", "watch_by", "watch_down", "timezone")
        if any(getattr(before, n) != getattr(settings, n) for n in names):
            self.refresh()

    def refresh(self, keep_order: bool = False) -> None:
        """Build and sort the rows; with `keep_order` they stand where they stood, with new figures."""
        w, frame, s = self._window, self._frame, self._settings
        if w is None or frame is None:
            return
        listed = w.universe.instruments if w.universe is not None else ()
        shown = frame.instrument.symbol
        zones = {
            one.frame.instrument.symbol: one.frame.zones for one in w.shell.charts.windows if one.frame is not None
        }
        zones[shown] = frame.zones
        self.all = rows_of(listed, w.tickers, frame.watch, s.favourites, shown, zones, frame.prices.last)
        if keep_order:
            fresh = {row.symbol: row for row in self.all}
            found = [fresh[row.symbol] for row in self.rows.rows if row.symbol in fresh]
        else:
            found = ordered(self.all, s.watch_by, s.watch_down, self.filter.text())
        if self.all:
            blank = blank_of(None, "")._replace(words="no contract matches", why="Clear the filter to see all.")
        else:
            blank = blank_of(frame, "no list of contracts", "It comes from the venue, not from a recording.")
        self.rows.show_rows(found, shown, s.watch_by, s.watch_down, blank)

    def _tip(self, row: Watched) -> str:
        assert self._frame is not None
        watch = self._frame.watch
        return tip_of(row, self._frame.venue_ms, self._settings.timezone, watch.time_ms if watch is not None else None)

    @Slot()
    def _refilter(self) -> None:
        self.refresh()

    @Slot(str)
    def _cleared(self, text: str) -> None:
        if not text:
            self.refresh()

    @Slot(str)
    def _sort(self, by: str) -> None:
        s = self._settings
        down = not s.watch_down if by == s.watch_by else by != "contract"
        if self._window is not None:
            self._window.change(watch_by=by, watch_down=down)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.filter and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            rows = self.rows
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                rows.setFocus(Qt.FocusReason.TabFocusReason)
                rows.go_to(0 if rows.at is None else rows.rows.index(rows.at))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and rows.rows:
                rows.chosen.emit((rows.at or rows.rows[0]).symbol)
                return True
            if event.key() == Qt.Key.Key_Escape and self.filter.text():
                self.filter.clear()
                return True
        return super().eventFilter(watched, event)

    @property
    def by(self) -> str:
        return self._settings.watch_by

    def high(self) -> int:
        """Return the height it wants, in px."""
        return self.sizeHint().height()


class WatchPanel(Panel):
    """All contracts, and the favourites among them."""

    def __init__(self, settings: Settings) -> None:
        self.content = WatchBody(settings)
        super().__init__("Watchlist", "", self.content)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def join(self, window: Window) -> None:
        self.content.join(window)

    def clear(self, frame: Frame) -> None:
        self.content.clear()

    def show_frame(self, frame: Frame) -> None:
        self.content.show_frame(frame)
        shown, starred = len(self.content.rows.rows), sum(r.star for r in self.content.all)
        head = COLUMNS[self.content.by][0].removesuffix(" %")
        self.header.say(caption=f"{shown} of {len(self.content.all)} contracts · {starred} starred · by {head}")

    def show_settings(self, settings: Settings) -> None:
        self.content.show_settings(settings)

    def state(self) -> dict[str, dict[str, object]]:
        """Return the rows in view, text and raw value by name."""
        body = self.content
        out: dict[str, dict[str, object]] = {
            "watch.count": {"text": str(len(body.rows.rows)), "value": len(body.rows.rows)},
            "watch.zone": {"text": body.footer.words, "value": None},
        }
        for i, row in enumerate(body.rows.in_view):
            for by in COLUMNS:
                value = row.symbol if by == "contract" else value_of(row, by)
                out[f"watch.{i}.{by}"] = {"text": words_of(row, by), "value": value}
            out[f"watch.{i}.star"] = {"text": "★" if row.star else "☆", "value": row.star}
        return out
