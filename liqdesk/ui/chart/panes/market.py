"""Panes of what the venue says of positions: printed liquidations, open interest, funding."""

from __future__ import annotations

import math

import numpy as np

from liqdesk.market import DAY_MS
from liqdesk.ui import present
from liqdesk.ui.chart.panes.course import Bars, Course, Curve, Reads, extremes
from liqdesk.ui.chart.panes.figures import HOLE_MS, broken, open_interest, payments, per_candle, thinned
from liqdesk.ui.chart.panes.kind import Hatch, Kind, Word

HOURS_A_YEAR = 8_760


class Liquidations(Kind):
    """Printed liquidations per candle: shorts upward, longs downward."""

    name = "liquidations"
    title = short = "Realised liquidations"
    brief = "Realised"

    def note(self) -> str:
        caveat = "a floor" if self.state.compact else "a floor: the venue prints one order per second"
        return f"{self.unit} per {self.interval()}, {caveat}"

    def size(self, value: float, signed: bool = False) -> str:
        """Return USD in the unit in force: coins at the mark of now."""
        s = self.state
        base = s.frame.instrument.base if s.frame else ""
        return present.size(value, present.measure(s.settings.unit, base, s.mark), signed)

    def tip(self) -> str:
        return (
            "Liquidations as the venue printed them, at their fill price (coins: at the mark of now), summed per candle: shorts upward, "
            "longs downward.\n"
            "A floor: at most one order per symbol and second is printed, and none is ever given back. Hatched: not recorded, because "
            "the program was not running or its link was down.\n"
            "From the stream of forced orders and what this profile recorded of it, at most 32 days."
        )

    def course(self) -> Course:
        s = self.state
        series = s.frame.series if s.frame else None
        if series is None or series.forced_from_ms is None or not len(s.candles):
            return Course()
        candles = s.candles
        long, short = per_candle(candles, series.liquidations)
        start, span = candles["t"].astype(np.float64), candles["span"].astype(np.float64)
        zero = np.zeros(len(candles))
        marks = (Bars(start, span, zero, short, "short"), Bars(start, span, zero, -long, "long"))
        recorded = start + span > series.forced_from_ms
        reads = Reads(start[recorded], (start + span)[recorded], np.stack([short, long])[:, recorded])
        return Course(
            marks,
            -float(long.max()),
            float(short.max()),
            rules=((0.0, "border", 1.0),),
            reads=reads,
            zero=True,
        )

    def scale(self, course: Course) -> tuple[tuple[float, str], ...]:
        if not course.known or course.high == course.low == 0.0:
            return ()
        ends = [(value, self.write(abs(value))) for value in (course.high, course.low) if value]
        return *ends, (0.0, "0")

    def words(self, course: Course) -> tuple[Word, ...]:
        frame = self.state.frame
        series = frame.series if frame else None
        short, long = self.day_word("24 h short", "short"), self.day_word("24 h long", "long")
        if frame is None or series is None or series.day.from_ms is None:
            return (
                Word(short, present.UNKNOWN),
                Word(long, present.UNKNOWN),
                Word("not recorded yet", label_ink="text3"),
            )
        day = series.day
        if day.from_ms is not None and day.from_ms > frame.venue_ms - DAY_MS:
            since = f"since {present.hour_minute(day.from_ms, self.state.zone)}"
            remark = self.day_word(f"a floor {since}", since)
        elif day.missing_ms:
            remark = f"{present.length(day.missing_ms)} missing"
        else:
            remark = self.day_word("a floor", "24 h, a floor")
        return (
            Word(short, self.size(day.short_usd), day.short_usd, "short"),
            Word(long, self.size(day.long_usd), day.long_usd, "long"),
            Word(remark, label_ink="text3"),
        )

    def folded_words(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        return (words[0]._replace(label=words[1].text, label_ink=words[1].ink),)

    def hatched(self) -> tuple[Hatch, ...]:
        s = self.state
        series = s.frame.series if s.frame else None
        found = list(super().hatched())
        if series is None or s.frame is None:
            return tuple(found)
        since = series.forced_from_ms
        if since is None:
            found.append(Hatch(-math.inf, s.frame.venue_ms, "not recorded yet"))
        else:
            found.append(Hatch(-math.inf, since, f"not recorded before {present.date(since, s.zone)}"))
        found += [Hatch(a, b, f"{present.length(b - a)} not recorded") for a, b in series.forced_gaps]
        return tuple(found)

    def waiting(self) -> str:
        series = self.state.frame.series if self.state.frame else None
        if series is not None and series.forced_from_ms is None:
            return ""  # said on the hatching
        return super().waiting()


class OpenInterest(Kind):
    """Open positions, each long and short pair counted once."""

    name = "interest"
    title = short = "Open interest"
    brief = "OI"

    def note(self) -> str:
        return self.unit

    def tip(self) -> str:
        return (
            f"Open contracts, each long and short pair counted once, in {self.unit}; USD are at the price of their time.\n"
            "Every five minutes as the venue recorded it over 30 days, then polled every ten seconds and valued at the mark. "
            "24 h: the change of that value."
        )

    def course(self) -> Course:
        s = self.state
        series = s.frame.series if s.frame else None
        if series is None or not len(series.interest):
            return Course()
        rows, lens = series.interest, s.lens
        first = max(int(np.searchsorted(rows["t"], lens.t0)) - 1, 0)
        last = int(np.searchsorted(rows["t"], lens.t1, side="right")) + 1
        rows = rows[first:last]
        if not len(rows):
            return Course()
        t, y = rows["t"].astype(np.float64), open_interest(rows, s.candles, self.coin)
        ends = np.minimum(np.append(t[1:], math.inf), t + HOLE_MS)
        low, high = extremes(y)
        dot = (float(t[-1]), float(y[-1])) if t[-1] < lens.t1 and math.isfinite(y[-1]) else None
        drawn = thinned(*broken(t, y, HOLE_MS), lens.t0, lens.ms_per_px)
        return Course((Curve(*drawn, "text1"),), low, high, dot, reads=Reads(t, ends, y[None, :]))

    def words(self, course: Course) -> tuple[Word, ...]:
        s = self.state
        series = s.frame.series if s.frame else None
        if series is None or not len(series.interest):
            return Word("now", present.UNKNOWN), Word("24 h", present.UNKNOWN)
        rows = series.interest
        now = float(open_interest(rows[-1:], s.candles, self.coin)[0])
        at = int(np.searchsorted(rows["t"], rows["t"][-1] - DAY_MS, side="right")) - 1
        then = math.nan
        if at >= 0 and rows["t"][-1] - DAY_MS - rows["t"][at] <= HOLE_MS:
            then = float(open_interest(rows[at : at + 1], s.candles, self.coin)[0])
        change = now / then - 1 if then > 0 else math.nan
        return Word("now", self.size(now), now), Word("24 h", present.percent(change, 1), change)


class FundingRates(Kind):
    """What longs paid shorts: settled, and as predicted while the program ran."""

    name = "funding"
    title = short = "Funding"

    def note(self) -> str:
        frame = self.state.frame
        hours = frame.funding.interval_h if frame else 8
        return f"settled and predicted, % per {hours} h"

    def tip(self) -> str:
        return (
            "What longs pay shorts each interval, in % of the position; below zero shorts pay. Faint: the settled rate, drawn over "
            "the interval it was paid for. Strong: the predicted rate of the running interval, as it stood while this program ran; "
            "its past is not given back.\nA year is the predicted rate times the intervals in a year, not compounded."
        )

    def course(self) -> Course:
        s = self.state
        if s.frame is None:
            return Course()
        lens, f = s.lens, s.frame.funding
        start, end, rate = payments(f.history, f.interval_h)
        seen = (end > lens.t0) & (start < lens.t1)
        start, end, rate = start[seen], end[seen], rate[seen]
        steps_t, steps_y = np.repeat(start, 2), np.repeat(rate, 2)
        steps_t[1::2] = end
        rows = s.frame.series.rates if s.frame.series else np.zeros(0, [("t", np.int64), ("rate", np.float64)])
        first = max(int(np.searchsorted(rows["t"], lens.t0)) - 1, 0)
        last = int(np.searchsorted(rows["t"], lens.t1, side="right")) + 1
        t, y = rows["t"][first:last].astype(np.float64), rows["rate"][first:last].astype(np.float64)
        low, high = extremes(rate, y)
        dot = (float(t[-1]), float(y[-1])) if t.size and t[-1] < lens.t1 else None
        paid = broken(steps_t, steps_y, DAY_MS)
        drawn = thinned(*broken(t, y, HOLE_MS), lens.t0, lens.ms_per_px) if t.size else (t, y)
        after = t >= (end[-1] if end.size else -math.inf)
        ends = np.minimum(np.append(t[1:], math.inf), t + HOLE_MS)[after] if t.size else t
        reads = Reads(
            np.concatenate([start, t[after]]),
            np.concatenate([np.minimum(end, np.append(start[1:], math.inf)), ends]),
            np.concatenate([rate, y[after]])[None, :],
        )
        marks = (Curve(*paid, "text3"), Curve(*drawn, "text1"))
        return Course(marks, low, high, dot, ((0.0, "border", 1.0),), reads, zero=True)

    def write(self, value: float) -> str:
        return present.percent(value, 4)

    def words(self, course: Course) -> tuple[Word, ...]:
        frame = self.state.frame
        rate = frame.funding.rate if frame else None
        if frame is None or rate is None:
            return Word("now", present.UNKNOWN), Word("year", present.UNKNOWN)
        hours = frame.funding.interval_h
        year = rate * HOURS_A_YEAR / hours if hours > 0 else math.nan
        return Word("now", self.write(rate), rate), Word("year", present.percent(year, 1), year)

    def waiting(self) -> str:
        frame = self.state.frame
        if frame is not None and frame.funding.rate is None and frame.funding.next_ms == 0 and frame.prices.mark_ms > 0:
            return "no funding on this contract"
        return super().waiting()
