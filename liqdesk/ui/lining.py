"""Ruler and kept lines in one window: their commands, and the file the lines are kept in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from liqdesk.errors import NewerError
from liqdesk.ui import present

if TYPE_CHECKING:
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.chart import ChartPane
    from liqdesk.ui.keptlines import KeptLine, Key, Lines
    from liqdesk.ui.window import Window

log = logging.getLogger(__name__)


class Lining(QObject):
    """Acts for one window. `changed(lines)` whenever the user added, moved or dropped one."""

    changed = Signal(object)

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self.lines: Lines = {}
        for name, do in self.on_chart.items():
            act.learn(name, partial(self._on_main, do))

    def load(self) -> None:
        """Read what the profile keeps. Not called for a picture: nobody drew anything there."""
        from liqdesk.ui import keptlines

        found, notice = keptlines.load(Path(self._window.profile_dir) / keptlines.FILE)
        if notice:
            self._window.notify(notice)
        self.lines = found
        self.changed.emit(found)

    def serve(self, chart: ChartPane) -> None:
        """Draw lines on a chart, and keep those that are changed there."""
        self.changed.connect(chart.hand.show_lines)
        chart.hand.lines_changed.connect(self._take)
        chart.hand.show_lines(self.lines)

    @Slot(object, object)
    def _take(self, key: Key, lines: tuple[KeptLine, ...]) -> None:
        self.lines = {**self.lines, key: lines}
        self.changed.emit(self.lines)
        self._save()

    def _save(self) -> None:
        from liqdesk.ui import keptlines

        if not (self._window.profile_writable and self._window.profile_dir):
            return
        try:
            keptlines.save(Path(self._window.profile_dir) / keptlines.FILE, self.lines)
        except (OSError, NewerError) as e:
            log.info("lines are not saved: %s", e)
            why = "The file was written by a later liqdesk" if isinstance(e, NewerError) else e.strerror
            self._act.say("The lines could not be saved", f"{why}; they hold until liqdesk is closed.")

    @property
    def on_chart(self) -> dict[str, Callable[[ChartPane], None]]:
        """Return what the commands do to a chart."""
        return {"ruler": self._ruler, "line": self._add, "line_delete": self._delete}

    def _on_main(self, do: Callable[[ChartPane], None]) -> None:
        if self._window.chart is not None:
            do(self._window.chart)

    def _ruler(self, chart: ChartPane) -> None:
        chart.hand.arm()
        self._act.say("Ruler", "Drag, or click twice. Shift+drag does it at any time.")

    def _add(self, chart: ChartPane) -> None:
        price = chart.hand.pointed_price()
        if price is None:
            self._act.say("No price is pointed at", "Move the pointer over the chart, then press the key again.")
        elif not chart.hand.add_line(price):
            self._act.say("No room for another line", "Point at one and press Delete to drop it.")

    def _delete(self, chart: ChartPane) -> None:
        line = chart.hand.pointed_line()
        if line is None:
            self._act.say("No line is pointed at", "Move the pointer to a line of yours, then press the key again.")
            return
        chart.hand.remove_line(line)
        self._act.say("Line dropped", present.price(line.price, chart.state.decimals))
