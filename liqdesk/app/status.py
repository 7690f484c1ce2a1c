"""What a recording says of itself, in lines. No Qt: reports in, words out."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from typing import TYPE_CHECKING, Final, TextIO

from liqdesk.logs import CONTROLS

if TYPE_CHECKING:
    from liqdesk.engine.recording import Report, SymbolReport

EVERY_S: Final = 60.0
WRITTEN: Final = {"forced": "forced orders", "mark": "marks", "bar": "candles", "volume": "minutes", "interest": "OI"}


def _age(seconds: float | None) -> str:
    if seconds is None:
        return "none yet"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3_600 else f"{seconds / 3_600:.1f} h"


def _symbol(row: SymbolReport) -> str:
    if row.sentence:
        wait = "" if row.retry_in_s is None else f" Trying again in {max(row.retry_in_s, 0):.0f} s."
        return f"{row.symbol}: {row.sentence}{wait}"
    ages = ", ".join(f"{name} {_age(row.ages_s.get(name))}" for name in ("mark", "trades", "OI") if name in row.ages_s)
    return f"{row.symbol} {ages}{'' if row.loaded else ' (loading)'}" if ages else f"{row.symbol} starting"


def troubles(report: Report) -> tuple[str, ...]:
    """Return the sentences that a person should read at once."""
    return (*(f"{row.symbol}: {row.sentence}" for row in report.symbols if row.sentence), *report.notices)


def recorded(report: Report) -> int:
    """Return how many rows of a market have been written."""
    return sum(count for kind, count in report.written.items() if kind in WRITTEN or kind in ("funding", "gain"))


def line(report: Report, now: dt.datetime) -> str:
    """Return a report as one line: ages, what was written, what is missing, size."""
    written = ", ".join(f"{report.written.get(kind, 0):,} {name}" for kind, name in WRITTEN.items())
    gaps = "no gaps"
    if report.gaps:
        gaps = f"{report.gaps:,} gap{'' if report.gaps == 1 else 's'}"
        if report.gap_ms:
            gaps += f" (forced orders missing for {_age(report.gap_ms / 1000)})"
    parts = [
        f"{now:%Y-%m-%d %H:%M:%S} UTC",
        *(_symbol(row) for row in report.symbols),
        f"last forced order {_age(report.forced_age_s)}",
        f"written {written}",
        gaps,
        f"{report.size_bytes / 1e6:.1f} MB",
        *((f"{report.garbled:,} unreadable",) if report.garbled else ()),
        *report.notices,
    ]
    return " | ".join(parts)


class Printer:
    """Writes lines: on a terminal one that is kept up to date, elsewhere one a minute, and one at once when something goes wrong or is
    well again. A reader that goes away does not end the recording."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = sys.stdout if out is None else out
        self._in_place = self._out.isatty()
        self._next_s = 0.0
        self._troubles: tuple[str, ...] = ()
        self._silent = False

    def say(self, text: str) -> None:
        """Write a line that stays."""
        text = text.translate(CONTROLS)  # what a venue says may not steer a terminal
        self._write(f"\r\033[K{text}\n" if self._in_place else f"{text}\n")

    def show(self, report: Report, now: dt.datetime, wall_s: float) -> None:
        """Show a report. `wall_s` is a monotonic reading."""
        news = troubles(report)
        changed, self._troubles = news != self._troubles, news
        if self._in_place:
            if changed and news:
                self.say(" ".join(news))
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r\033[K{line(report, now).translate(CONTROLS)[:width]}")
        elif changed or wall_s >= self._next_s:
            self._next_s = wall_s + EVERY_S
            self.say(line(report, now))

    def end(self, report: Report, now: dt.datetime) -> None:
        """Write the last report for good."""
        self.say(line(report, now))

    def _write(self, text: str) -> None:
        if self._silent:
            return
        try:
            self._out.write(text)
            self._out.flush()
        except OSError:
            self._silent = True
