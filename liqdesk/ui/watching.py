"""Favourites, and what the engine is to watch beside the contract on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

if TYPE_CHECKING:
    from liqdesk.engine.frames import Source
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.window import Window


class Watching(QObject):
    """Acts for one window. `changed(favourites)` when a star came or went. Prices of another source than the shown one are let go."""

    changed = Signal(object)

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self._lookers: set[int] = set()
        self._told: object = None
        self._starred: tuple[str, ...] = ()
        self._source: Source | None = None
        act.learn("watchlist", self.open)
        window.frame_shown.connect(self._see)
        window.settings_changed.connect(self._tell)

    @property
    def favourites(self) -> tuple[str, ...]:
        return self._window.settings.favourites

    def open(self) -> None:
        """Bring the watchlist to the front, the keyboard in its filter."""
        column = self._window.column
        column.show_panel("watchlist")
        content = column.panel("watchlist").content  # type: ignore[attr-defined]
        content.filter.setFocus()
        content.filter.selectAll()

    @Slot(str)
    def toggle(self, symbol: str) -> None:
        """Star a contract, or take its star away; kept in the settings."""
        from liqdesk.engine.watches import MOST_FAVOURITES

        mine = self.favourites
        if symbol in mine:
            self._window.change(favourites=tuple(s for s in mine if s != symbol))
        elif len(mine) >= MOST_FAVOURITES:
            self._act.say("No more favourites", f"There can be {MOST_FAVOURITES}; take a star away first.")
        else:
            self._window.change(favourites=(*mine, symbol))

    def look(self, looker: QObject, looking: bool) -> None:
        """Take the word that a watchlist is in view, or is not."""
        if looking:
            self._lookers.add(id(looker))
        else:
            self._lookers.discard(id(looker))
        self._tell()

    @Slot()
    def _tell(self) -> None:
        """Tell the engine what changed."""
        from liqdesk.engine.watches import SetWatch

        if self.favourites != self._starred:
            self._starred = self.favourites
            self.changed.emit(self.favourites)
        if self._window.frame is None:
            return  # nobody listens yet
        wanted = SetWatch(self.favourites, bool(self._lookers))
        if wanted != self._told and (wanted.looking or self._told is not None):
            self._told = wanted
            self._act.send(wanted)

    @Slot()
    def _see(self) -> None:
        frame = self._window.frame
        if frame is None or frame.source == self._source:
            return
        if self._source is not None:
            self._window.tickers.clear()
        self._source = frame.source
        self._tell()
