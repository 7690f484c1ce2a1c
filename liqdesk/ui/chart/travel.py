"""Where the chart looks: it follows the market until the user takes the view elsewhere, and says so then."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from liqdesk.engine.frames import Frame
from liqdesk.errors import InputError
from liqdesk.ui import present
from liqdesk.ui.chart.follow import Sight, price_range, right_edge
from liqdesk.ui.chart.goto import GotoField, NowButton
from liqdesk.ui.chart.mapped import Mapped
from liqdesk.ui.chart.plot import Plot
from liqdesk.ui.chart.scale import UNPRICED, Lens, log_from_price
from liqdesk.ui.chart.series import Series
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.when import moment


class Travel(QObject):
    """Decides the stretch of time and price in view. `anew` asks for everything to be looked at again, `soon` for the next
    refresh, `arrived(ms)` says that the middle of the view now is a moment that was asked for."""

    anew = Signal()
    soon = Signal()
    arrived = Signal(float)

    def __init__(self, state: ChartState, plot: Plot, shown: Mapped, series: Series, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.sight = Sight(float(state.settings.window_ms))
        self.button = NowButton(parent)
        self.field = GotoField(parent)
        self._plot, self._map, self._series = plot, shown, series
        self._anew = True  # the price range owes nothing to the last one
        self._asked_ms: float | None = None
        plot.moved.connect(self.move)
        plot.reset.connect(self.reset)
        self.button.clicked.connect(self.to_now)
        self.field.entered.connect(self._go)

    @Slot()
    def reset(self) -> None:
        """Follow the market again: the whole window of time, automatic price range."""
        self.state.auto_price = self._anew = True
        self.sight.follow(float(self.state.settings.window_ms))
        self._map.due = True
        self.anew.emit()

    @Slot()
    def reset_price(self) -> None:
        """Give the price range back to its rule."""
        self.state.auto_price = self._anew = True
        self.anew.emit()

    @Slot()
    def reset_time(self) -> None:
        """Show the whole window of time up to now, and leave the price range as it is."""
        self.sight.follow(float(self.state.settings.window_ms))
        self.anew.emit()

    @Slot()
    def to_now(self) -> None:
        """Follow the market again, at the zoom there is."""
        self.sight.follow(self.sight.span_ms)
        self._anew = self.state.auto_price
        self.anew.emit()

    def show_price(self, price: float) -> None:
        """Widen the price range until it holds `price`, keeping the time in view."""
        lens = self.state.aim
        if lens.valid and price > 0 and not lens.low < price < lens.high:
            y, room = log_from_price(price), 0.04 * (lens.y1 - lens.y0)
            y0, y1 = min(lens.y0, y - room), max(lens.y1, y + room)
            self.move(Lens(lens.t0, lens.t1, y0, y1, lens.width, lens.height), True)

    def show_time(self, ms: float) -> None:
        """Bring a moment into the middle of the view, at the zoom there is, as far as there are data after it."""
        s, lens = self.state, self.state.aim
        if lens.timed and s.frame is not None:
            span = lens.t1 - lens.t0
            t1 = min(ms + span / 2, right_edge(s.frame.venue_ms, s.settings.candle_ms, span, lens.width))
            self._anew = s.auto_price
            self.move(Lens(t1 - span, t1, lens.y0, lens.y1, lens.width, lens.height), False)
            self._asked_ms = ms
            self.anew.emit()

    def oldest_ms(self) -> int | None:
        """Return the oldest moment there is a map or a candle of."""
        held = [ms for ms in (self._map.heat.oldest_ms(), self._series.oldest_ms()) if ms is not None]
        return min(held) if held else None

    @Slot()
    def ask(self) -> None:
        """Open the field for a moment."""
        s = self.state
        if s.frame is not None and s.lens.timed:
            self.field.open(present.zone_label(s.frame.venue_ms, s.zone))
            self.button.hide()  # the field may need its room

    @Slot(str)
    def _go(self, text: str) -> None:
        try:
            note = self.go(text)
        except InputError as e:
            self.field.say(e.user)
            return
        if note:
            self.field.say(note)
        else:
            self.field.close()

    def go(self, text: str) -> str:
        """Show the moment a text names; return what is to be said of it. Raises InputError with a sentence where there is none."""
        s = self.state
        frame = s.frame
        if frame is None:
            raise InputError("no frame yet", "Nothing is loaded yet.")
        found = moment(text, frame.venue_ms, s.zone)
        oldest = self.oldest_ms()
        if oldest is None or found.ms < oldest:
            back = present.stamp(oldest, s.zone) if oldest is not None else ""
            words = f"What is held begins {back}." if back else "Nothing is loaded yet."
            raise InputError(f"{text!r} is older than what is held", words)
        if text.strip().lower() == "now":
            self.to_now()
        else:
            self.show_time(float(found.ms))
        return found.note

    @Slot(object, bool)
    def move(self, lens: Lens, by_hand: bool) -> None:
        """Look through another lens; `by_hand` says that its price range is not the rule's."""
        s = self.state
        if s.frame is None:
            return
        s.auto_price = s.auto_price and not by_hand
        sight = self.sight
        sight.move(lens, s.frame.venue_ms, s.settings.candle_ms, self.oldest_ms())
        s.aim = Lens(sight.t0, sight.t1, lens.y0, lens.y1, lens.width, lens.height)
        self.soon.emit()

    def look(self, frame: Frame) -> None:
        """Decide time and price range, fetch the candles for them, and put the lens in force."""
        s = self.state
        width, height = float(self._plot.width()), float(self._plot.height())
        t0, t1 = self.sight.aim(frame.venue_ms, s.settings.candle_ms, width)
        s.candles = self._series.rows(s.settings.candle_ms, t0, t1)
        y0, y1 = s.aim.y0, s.aim.y1
        if s.auto_price:
            mark = s.mark if self.sight.following else 0.0
            found = price_range(s.candles, t0, t1, mark, None if self._anew else (y0, y1))
            self._anew = found is None
            if found is not None:
                y0, y1 = found
            elif self._series.oldest_ms() is None:  # else it looks at a stretch without candles
                y0, y1 = UNPRICED
        s.aim = Lens(t0, t1, y0, y1, width, height)
        if s.aim != s.lens or self._plot.heat.pixels.size == 0:
            self._plot.show_lens(s.aim)
        s.following = self.sight.following
        self.button.show_following(s.following or self.field.isVisible(), frame.venue_ms - t1)
        if self._asked_ms is not None:
            asked, self._asked_ms = self._asked_ms, None
            self.arrived.emit(asked)

    def place(self) -> None:
        """Put button and field where they stand on the plot."""
        for part in (self.button, self.field):
            part.place(self._plot.geometry())
            part.raise_()
