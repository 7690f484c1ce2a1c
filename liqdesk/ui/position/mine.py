"""The user's positions in one window: read from the profile, checked in a card, drawn on its charts, kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal, Slot

from liqdesk.errors import NewerError
from liqdesk.ui import present

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.insight.position import Position
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.chart import ChartPane
    from liqdesk.ui.position.dialog import PositionDialog
    from liqdesk.ui.window import Window

log = logging.getLogger(__name__)

PACE_S: Final = 0.1


class Mine(QObject):
    """Acts for one window. `changed(positions)` whenever one was set, moved or dropped."""

    changed = Signal(object)

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self._dialog: PositionDialog | None = None
        self.positions: Mapping[tuple[str, str], Position] = {}
        self._next = 0.0
        act.learn("position", self.open)
        window.frame_shown.connect(self._follow)

    @property
    def _path(self) -> Path:
        from liqdesk.ui.position.kept import FILE

        return Path(self._window.profile_dir) / FILE

    def load(self) -> None:
        """Read what the profile keeps. Not called for a picture: what is drawn there is nobody's position."""
        from liqdesk.ui.position import kept

        found, notice = kept.load(self._path)
        if notice:
            self._window.notify(notice)
        self.positions = found
        self.changed.emit(found)

    def serve(self, chart: ChartPane) -> None:
        """Draw positions on a chart, and do what is asked of them there."""
        pointing = chart.pointing
        self.changed.connect(pointing.show_positions)
        pointing.position_at.connect(self.open_at)
        pointing.position_asked.connect(self.open)
        pointing.show_positions(self.positions)

    # the card

    @Slot()
    def open(self) -> None:
        """Open the check of the contract on screen."""
        self._open(None)

    @Slot(float)
    def open_at(self, price: float) -> None:
        """Open the check with a price of the chart as the entry."""
        self._open(price)

    def _open(self, entry: float | None) -> None:
        frame = self._window.frame
        if frame is None or frame.brackets is None:
            self._act.say("No contract is loaded yet", "A position is checked against its brackets and the map.")
            return
        from liqdesk.ui.position.dialog import PositionDialog
        from liqdesk.ui.position.kept import FILE

        where = "no keys; nothing is sent. "
        if self._window.profile_writable:
            where += f"Kept in {FILE} of the profile, readable by you alone."
        else:
            where += "This window's profile is read-only: the position is gone when it closes."
        settings = self._window.settings
        dialog = self._dialog = PositionDialog(
            self._window, frame, self._of(frame), entry, where, settings.unit, settings.heat_map
        )
        dialog.kept.connect(self.keep)
        dialog.dropped.connect(self.drop)
        dialog.alert_wanted.connect(self._alert)
        dialog.reveal_wanted.connect(self._act.reveal)
        self._levels(dialog)
        self._act.open_card(dialog)

    def _levels(self, dialog: PositionDialog) -> None:
        chart = self._window.chart
        if chart is not None:
            dialog.show_levels(*chart.levels())

    @Slot()
    def _follow(self) -> None:
        """Bring the card up to date where it is open, at most ten times a second."""
        frame, now = self._window.frame, time.monotonic()
        if self._dialog is None or frame is None or now < self._next:
            return
        if self._act.dialog is not self._dialog:
            self._dialog = None
            return
        self._next = now + PACE_S
        self._levels(self._dialog)
        self._dialog.show_frame(frame)

    # what is kept

    def _key(self, frame: Frame) -> tuple[str, str]:
        from liqdesk.ui.position.kept import origin_of

        return origin_of(frame.source), frame.instrument.symbol

    def _of(self, frame: Frame) -> Position | None:
        return self.positions.get(self._key(frame))

    @Slot(object)
    def keep(self, position: Position) -> None:
        """Draw a position of the contract on screen, in place of one that is there, and keep it."""
        frame = self._window.frame
        if frame is not None:
            self._set({**self.positions, self._key(frame): position})

    @Slot()
    def drop(self) -> None:
        """Forget the position of the contract on screen."""
        frame = self._window.frame
        if frame is not None:
            self._set({k: p for k, p in self.positions.items() if k != self._key(frame)})

    def _set(self, positions: Mapping[tuple[str, str], Position]) -> None:
        from liqdesk.ui.position import kept

        self.positions = positions
        self.changed.emit(positions)
        if not self._window.profile_writable or not self._window.profile_dir:
            self._act.say("Not kept", "The profile is read-only here: the position is gone when this window closes.")
            return
        try:
            kept.save(self._path, positions)
        except (OSError, NewerError) as e:
            why = "the file was written by a later liqdesk" if isinstance(e, NewerError) else e.strerror
            log.info("positions could not be written: %s", why)
            self._window.notify(f"Your position could not be saved ({why}).")

    @Slot(float, object)
    def _alert(self, price: float, direction: object) -> None:
        from liqdesk.alerts.rules import Cross, PriceCrosses
        from liqdesk.engine.frames import PutRule

        frame = self._window.frame
        if frame is None:
            return
        symbol = frame.instrument.symbol
        rule = PriceCrosses(id=f"position {symbol}"[:64], symbol=symbol, price=price, direction=Cross(str(direction)))
        self._act.send(PutRule(rule))
        at = present.price(price, frame.instrument.price_decimals)
        self._act.say("Alert rule set", f"{symbol}: mark crosses {at}, 1 % before your liquidation price")
