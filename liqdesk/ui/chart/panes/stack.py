"""The panes beneath the chart, one under the other: which are shown, in which order, which are folded."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QPoint, QRect, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from liqdesk.settings import PANES, Settings
from liqdesk.ui.chart.overlay import Overlay
from liqdesk.ui.chart.panes.figures import Day
from liqdesk.ui.chart.panes.kind import Kind
from liqdesk.ui.chart.panes.market import FundingRates, Liquidations, OpenInterest
from liqdesk.ui.chart.panes.subpane import SubPane
from liqdesk.ui.chart.panes.traded import CumulativeDelta, Strength, Volume
from liqdesk.ui.chart.plot import Plot
from liqdesk.ui.chart.pointing import Pointing
from liqdesk.ui.chart.series import Series
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.popup import Menu

KINDS: Final[tuple[type[Kind], ...]] = (Liquidations, OpenInterest, CumulativeDelta, FundingRates, Volume, Strength)


class Panes(QWidget):
    """Holds a pane of every kind. What a user chose comes from the settings and goes back through `chosen`, as fields of them."""

    chosen = Signal(object)  # dict of settings
    pointed = Signal(object)  # (x, y) in plot pixels, the panes beneath it, None when the pointer left
    zoomed = Signal(float, float)
    reset = Signal()

    def __init__(self, state: ChartState, series: Series, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        day = Day(series)
        self.panes: dict[str, SubPane] = {}
        for make in KINDS:
            kind = make(state, series, day)
            pane = self.panes[kind.name] = SubPane(state, kind, self)
            pane.fold_asked.connect(self.toggle)
            pane.menu_asked.connect(self.open_menu)
            pane.pointed.connect(self._pointed)
            pane.zoomed.connect(self.zoomed)
            pane.dragged.connect(self._drag)
            pane.reset.connect(self.reset)
            pane.hide()
        self._next = 0
        self._left_out = 0  # of the last, for want of room
        self._plot: Plot | None = None

    def join(self, plot: Plot, pointing: Pointing, overlay: Overlay) -> None:
        """Move the chart's time and its crosshair from here too."""
        self._plot = plot
        self.pointed.connect(pointing.point)
        self.zoomed.connect(plot.zoom_time)
        overlay.panes = self

    @property
    def shown_panes(self) -> list[SubPane]:
        """The panes on screen, from the top down."""
        names = self.state.settings.panes
        return [self.panes[name] for name in names[: len(names) - self._left_out]]

    @property
    def _folds(self) -> str:
        """The setting that says which are folded: a compact window has its own."""
        return "folded_compact" if self.state.compact else "folded"

    # layout

    def fit(self, room: int, most: int) -> int:
        """Fold what the settings say, and from the bottom up what `room` px have no place for; leave out, from the bottom up, those that
        have none in `most` px even so. Return the height of all."""
        self._left_out = 0
        folded = set(getattr(self.state.settings, self._folds))
        chosen = self.shown_panes
        for pane in chosen:
            pane.set_folded(pane.kind.name in folded)
        for pane in reversed(chosen):
            if sum(one.height_wanted for one in chosen) <= room:
                break
            pane.set_folded(True)
        while chosen and sum(pane.height_wanted for pane in chosen) > most:
            chosen.pop()
            self._left_out += 1
        return sum(pane.height_wanted for pane in chosen)

    def lay_out(self, at: QRect, plot: int, axis: int, profile: int) -> None:
        """Take a place, with the columns where the plot ends, and where price axis and profile begin."""
        self.setGeometry(at)
        chosen = self.shown_panes
        y = 0
        for pane in chosen:
            pane.set_columns(plot, axis, profile, at.width())
            pane.setGeometry(0, y, at.width(), pane.height_wanted)
            y += pane.height_wanted
        for pane in self.panes.values():
            pane.setVisible(pane in chosen)

    # frames

    def sync(self, paced: bool = False, busy: bool = False) -> bool:
        """Bring the panes up to date: all where the view has moved, else, when `paced`, one that is due, and none in a beat that is `busy`
        with the map. Return whether another is due."""
        panes = self.shown_panes
        if not paced or any(pane.behind and not pane.folded for pane in panes):
            for pane in panes:
                pane.sync()
            return False
        beat = time.monotonic_ns()
        due = [pane for pane in panes if pane.due(beat)]
        if busy:
            return bool(due)
        if due:
            self._next += 1
            due[self._next % len(due)].sync()
        return len(due) > 1

    def tags(self, time_ms: float) -> list[tuple[QRect, list[tuple[float, str]]]]:
        """Return what the crosshair's tags say at a time: the place of each open pane, and (row in it, text)."""
        return [(pane.geometry(), pane.tag_rows(time_ms)) for pane in self.shown_panes if not pane.folded]

    def shown(self) -> dict[str, object]:
        """Return what every pane says, from the top down, by name."""
        return {pane.kind.name: pane.shown() for pane in self.shown_panes}

    # what the user says

    @Slot(str)
    def toggle(self, name: str) -> None:
        """Fold a pane or open it; one that is not shown is shown, open."""
        settings = self.state.settings
        folded = [n for n in getattr(settings, self._folds) if n != name]
        if name not in settings.panes:
            self.chosen.emit({"panes": (*settings.panes, name), self._folds: tuple(folded)})
            return
        if not self.panes[name].folded:
            folded.append(name)
        self.chosen.emit({self._folds: tuple(folded)})

    @Slot(str)
    def show_or_hide(self, name: str) -> None:
        """Take a pane away, or put it at its usual place among the others."""
        held = self.state.settings.panes
        if name in held:
            self._choose(n for n in held if n != name)
            return
        before = PANES[: PANES.index(name)]
        at = max((i + 1 for i, n in enumerate(held) if n in before), default=0)
        self._choose((*held[:at], name, *held[at:]))

    def shift(self, name: str, step: int) -> None:
        """Move a pane up (−1) or down (1) by one."""
        held = list(self.state.settings.panes)
        at = held.index(name)
        to = min(max(at + step, 0), len(held) - 1)
        held.insert(to, held.pop(at))
        self._choose(held)

    def _choose(self, names: Iterable[str]) -> None:
        self.chosen.emit({"panes": tuple(names)})

    def menu(self, name: str = "") -> Menu:
        """Return the menu that chooses panes; of one pane, with what can be done to it first."""
        settings = self.state.settings
        menu = Menu(self)
        if name in settings.panes:
            pane, title = self.panes[name], self.panes[name].kind.title
            menu.addAction(f"{'Open' if pane.folded else 'Fold'} {title}").triggered.connect(lambda: self.toggle(name))
            at = settings.panes.index(name)
            for words, step, can in (
                ("Move up", -1, at > 0),
                ("Move down", 1, at < len(settings.panes) - 1),
            ):
                action = menu.addAction(words)
                action.setEnabled(can)
                action.triggered.connect(lambda _=False, step=step: self.shift(name, step))
            menu.addSeparator()
        self.fill(menu)
        if settings.panes != Settings().panes:
            menu.addSeparator()
            menu.addAction("The usual panes").triggered.connect(lambda: self._choose(Settings().panes))
        return menu

    def fill(self, menu: Menu) -> None:
        """Add a switch for every pane to a menu."""
        for name in PANES:
            action = menu.addAction(self.panes[name].kind.title)
            action.setCheckable(True)
            action.setChecked(name in self.state.settings.panes)
            action.triggered.connect(lambda _=False, name=name: self.show_or_hide(name))

    @Slot(str, QPoint)
    def open_menu(self, name: str, at: QPoint) -> None:
        """Open the menu at a place on the screen."""
        menu = self.menu(name)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    @Slot(float)
    def _drag(self, dx: float) -> None:
        if self._plot is not None and self.state.aim.valid:
            self._plot.pan(dx, 0.0)

    @Slot(object)
    def _pointed(self, at: tuple[float, float] | None) -> None:
        pane = self.sender()
        if at is None or not isinstance(pane, SubPane):
            self.pointed.emit(None)
        else:
            self.pointed.emit((at[0], self.state.lens.height + pane.y() + at[1]))
