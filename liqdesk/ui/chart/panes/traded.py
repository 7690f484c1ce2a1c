"""Panes of what traded: the cumulative delta, the volume, the relative strength index."""

from __future__ import annotations

import math

import numpy as np

from liqdesk.insight.rsi import HIGH, LOW, PERIOD
from liqdesk.ui import present
from liqdesk.ui.chart.panes.course import Bars, Course, Curve, Reads, extremes
from liqdesk.ui.chart.panes.figures import Day, Index, delta, turnover
from liqdesk.ui.chart.panes.kind import Kind, Word, day_label
from liqdesk.ui.chart.series import Series
from liqdesk.ui.chart.state import ChartState


class CumulativeDelta(Kind):
    """Taker buys minus taker sells, summed from the left edge of the view."""

    name = "cvd"
    title = short = "CVD"

    def note(self) -> str:
        return f"taker buys − sells since the left edge, {self.unit}"

    def tip(self) -> str:
        valued = "" if self.coin else ", each candle valued at its mean price"
        return (
            f"Cumulative volume delta: what takers bought minus what they sold, in {self.unit}{valued}, summed over the candles in view "
            "from the left edge on. Panning moves where it begins. 24 h: the sum over the last 24 hours.\n"
            "From the candles of the venue, which carry the takers' part."
        )

    def course(self) -> Course:
        s = self.state
        candles = s.candles
        if not len(candles):
            return Course()
        start, span = candles["t"].astype(np.float64), candles["span"].astype(np.float64)
        sums = np.cumsum(delta(candles, self.coin))
        middle = start + span / 2
        low, high = extremes(np.append(sums, 0.0))
        reads = Reads(start, start + span, sums[None, :])
        dot = (float(middle[-1]), float(sums[-1])) if middle[-1] < s.lens.t1 else None
        return Course((Curve(middle, sums, "text1"),), low, high, dot, ((0.0, "border", 1.0),), reads=reads, zero=True)

    def write(self, value: float) -> str:
        return self.size(value, signed=True)

    def words(self, course: Course) -> tuple[Word, ...]:
        s = self.state
        now = float(course.reads.figures[0, -1]) if course.reads.figures.size else math.nan
        venue_ms = s.frame.venue_ms if s.frame else 0
        rows = self.day.rows(venue_ms)
        day = float(delta(rows, self.coin).sum()) if len(rows) else math.nan
        label = "now" if self.newest_in_view(venue_ms) else "in view"
        return Word(label, self.write(now), now), Word(day_label(self, venue_ms), self.write(day), day)


class Volume(Kind):
    """What traded per candle, the takers' buys at its foot."""

    name = "volume"
    title = short = "Volume"

    def note(self) -> str:
        return f"{self.unit} per {self.interval()}, at the foot: taker buys"

    def tip(self) -> str:
        valued = "" if self.coin else ", valued at the candle's mean price"
        return (
            f"What traded in each candle, in {self.unit}{valued}; the part at the foot is what takers bought. 24 h: the sum over the last "
            "24 hours.\nFrom the candles of the venue."
        )

    def course(self) -> Course:
        s = self.state
        candles = s.candles
        if not len(candles):
            return Course()
        start, span = candles["t"].astype(np.float64), candles["span"].astype(np.float64)
        volume, bought = turnover(candles, self.coin)
        zero = np.zeros(len(candles))
        marks = (Bars(start, span, bought, volume, "text3", 0.7), Bars(start, span, zero, bought, "text2"))
        reads = Reads(start, start + span, volume[None, :])
        return Course(marks, 0.0, float(volume.max()), reads=reads, zero=True)

    def scale(self, course: Course) -> tuple[tuple[float, str], ...]:
        return ((course.high, self.write(course.high)), (0.0, "0")) if course.known else ()

    def words(self, course: Course) -> tuple[Word, ...]:
        s = self.state
        venue_ms, span = s.frame.venue_ms if s.frame else 0, s.settings.candle_ms
        start = venue_ms // span * span
        newest = s.candles[-1:] if self.newest_in_view(venue_ms) else self.series.book.series(span, start, start + span)
        now = float(turnover(newest, self.coin)[0].sum()) if len(newest) else math.nan
        rows = self.day.rows(venue_ms)
        day = float(turnover(rows, self.coin)[0].sum()) if len(rows) else math.nan
        return Word(self.interval(), self.size(now), now), Word(day_label(self, venue_ms), self.size(day), day)


class Strength(Kind):
    """The relative strength index of closes, after Wilder."""

    name = "rsi"
    title = short = "RSI"

    def __init__(self, state: ChartState, series: Series, day: Day) -> None:
        super().__init__(state, series, day)
        self._index = Index(series)

    def note(self) -> str:
        return f"{PERIOD} candles of {self.interval()}, Wilder; lines at {LOW:.0f} and {HIGH:.0f}"

    def tip(self) -> str:
        return (
            f"Relative strength index of closes over {PERIOD} candles, 0 to 100, smoothed as Wilder does (1978): 100 − 100 / (1 + average "
            "gain / average loss). Now: with the open candle as it stands; closed: at the last one that is over.\n"
            "From all candles of this length that are held, so it does not depend on the view."
        )

    def course(self) -> Course:
        s = self.state
        interval = s.settings.candle_ms
        self._index.take(interval, s.candles)
        t, values, lens = self._index.t, self._index.values, s.lens
        first = max(int(np.searchsorted(t, lens.t0)) - 2, 0)
        last = int(np.searchsorted(t, lens.t1)) + 1
        t, y = t[first:last], values[first:last]
        if not np.isfinite(y).any():
            return Course()
        gaps = np.flatnonzero(np.diff(t) > interval) + 1
        y_drawn = np.insert(y, gaps, math.nan)
        middle = np.insert(t, gaps, t[gaps - 1] + 1) + interval / 2
        low, high = extremes(y)
        dot = (float(t[-1]) + interval / 2, float(y[-1])) if math.isfinite(y[-1]) and t[-1] < lens.t1 else None
        rules = ((HIGH, "border", 1.0), (LOW, "border", 1.0))
        reads = Reads(t, t + interval, y[None, :])
        return Course((Curve(middle, y_drawn, "text1"),), low, high, dot, rules, reads, fixed=(0.0, 100.0))

    def write(self, value: float) -> str:
        return present.number(value, 1)

    def scale(self, course: Course) -> tuple[tuple[float, str], ...]:
        return ((HIGH, f"{HIGH:.0f}"), (LOW, f"{LOW:.0f}")) if course.known else ()

    def words(self, course: Course) -> tuple[Word, ...]:
        values = self._index.values
        now = float(values[-1]) if values.size else math.nan
        closed = float(values[-2]) if values.size > 1 else math.nan
        return Word("now", self.write(now), now), Word("closed", self.write(closed), closed)
