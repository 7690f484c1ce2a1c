"""What every kind of pane says: its title, unit and caveat, what it draws, and the numbers that matter."""

from __future__ import annotations

from typing import NamedTuple

from liqdesk.engine.frames import Health
from liqdesk.ui import present
from liqdesk.ui.chart.panes.course import Course
from liqdesk.ui.chart.panes.figures import Day
from liqdesk.ui.chart.series import Series
from liqdesk.ui.chart.state import ChartState


class Word(NamedTuple):
    """A number at the right of a pane: its label, its text, the raw value, the tokens of their colours. A label alone is a remark."""

    label: str
    text: str = ""
    value: float | None = None
    ink: str = "text1"
    label_ink: str = "text2"


class Hatch(NamedTuple):
    """A stretch without data, [from_ms, to_ms), and what is written into it."""

    from_ms: float
    to_ms: float
    words: str = ""


class Kind:
    """One kind of pane. Reads the chart's state and its candles, and keeps nothing that is not a cache."""

    name = ""
    title = ""
    short = ""  # the title in a compact window
    brief = ""  # and where even that has no room

    def __init__(self, state: ChartState, series: Series, day: Day) -> None:
        self.state = state
        self.series = series
        self.day = day

    @property
    def shortest(self) -> str:
        return self.brief or self.short

    @property
    def coin(self) -> bool:
        """Whether sizes are in coins of the contract's base."""
        return self.state.settings.unit == "coin" and self.state.frame is not None

    @property
    def unit(self) -> str:
        """The unit of sizes: USD, or the contract's coin."""
        frame = self.state.frame
        return frame.instrument.base if self.coin and frame is not None else present.DOLLARS.unit

    def note(self) -> str:
        """Return unit and caveat, as they stand behind the title."""
        raise NotImplementedError

    def tip(self) -> str:
        """Return what the pane shows, in which unit, over which window, from which data."""
        raise NotImplementedError

    def course(self) -> Course:
        """Return what is drawn now."""
        raise NotImplementedError

    def words(self, course: Course) -> tuple[Word, ...]:
        """Return the numbers that matter, the one a folded pane keeps first."""
        raise NotImplementedError

    def folded_words(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """Return the number that a folded pane keeps."""
        return words[:1]

    def write(self, value: float) -> str:
        """Return a value of the pane's axis in words."""
        return self.size(value)

    def tags(self, figures: tuple[float, ...]) -> tuple[str, ...]:
        """Return what the crosshair's tags say of the figures it reads."""
        return tuple(self.write(value) for value in figures)

    def scale(self, course: Course) -> tuple[tuple[float, str], ...]:
        """Return the values named on the axis, with their words, in the order in which they give way."""
        if not course.known:
            return ()
        return (course.high, self.write(course.high)), (course.low, self.write(course.low))

    def hatched(self) -> tuple[Hatch, ...]:
        """Return the stretches without data."""
        if not self.state.settings.show_gaps:
            return ()
        return tuple(Hatch(gap.from_ms, gap.to_ms) for gap in self.state.gaps)

    def waiting(self) -> str:
        """Return why nothing is drawn."""
        frame = self.state.frame
        if frame is None or frame.progress is not None or frame.connection.health is Health.LOADING:
            return "loading"
        if frame.series is None and frame.connection.health is Health.DOWN:
            return "no connection"
        return "nothing in this stretch of time"

    def size(self, value: float, signed: bool = False) -> str:
        """Return a size, given in the unit in force, in words."""
        return present.size(value, present.Measure(self.unit), signed)

    def newest_in_view(self, venue_ms: int) -> bool:
        """Whether the candle of now is in view, or nothing is."""
        candles = self.state.candles
        return not len(candles) or int(candles["t"][-1] + candles["span"][-1]) > venue_ms

    def interval(self) -> str:
        return present.span(self.state.settings.candle_ms)

    def day_word(self, long: str, short: str) -> str:
        return short if self.state.compact else long


def day_label(kind: Kind, venue_ms: int) -> str:
    """Return what a sum over the last 24 h is called: since when, where candles do not reach back that far."""
    rows = kind.day.rows(venue_ms)
    if not len(rows) or kind.day.covers(venue_ms):
        return "24 h"
    return f"since {present.hour_minute(int(rows['t'][0]), kind.state.zone)}"
