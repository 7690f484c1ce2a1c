"""What the user can do beyond choosing with the mouse: every command of `keys.KEYS`, learned by name, and the one card that is open.

A feature says what its command does with `window.act.learn("name", call)`, and adds the command's line to `keys.KEYS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot

from liqdesk.ui.alerting import Alerting
from liqdesk.ui.cards import Cards
from liqdesk.ui.charting import Charting
from liqdesk.ui.choosing import Choosing
from liqdesk.ui.crashes import Crashes
from liqdesk.ui.exporting import Exporting
from liqdesk.ui.informing import Informing
from liqdesk.ui.keys import BY_NAME
from liqdesk.ui.menus import Menus
from liqdesk.ui.pictures import Pictures
from liqdesk.ui.position.mine import Mine
from liqdesk.ui.replay.replaying import Replaying
from liqdesk.ui.scoring import Scoring
from liqdesk.ui.shortcuts import Shortcuts
from liqdesk.ui.shown_market import ShownMarket
from liqdesk.ui.spoken import Spoken, name_parts
from liqdesk.ui.toast import Message
from liqdesk.ui.watching import Watching

if TYPE_CHECKING:
    from liqdesk.engine.frames import Command
    from liqdesk.ui.dialogs.card import Card
    from liqdesk.ui.window import Window


class Actions(QObject):
    """Acts for one window: `press` does what was learned for a command."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._calls: dict[str, Callable[[], object]] = {}
        self.dialog: Card | None = None
        self.shortcuts = Shortcuts(window, self)
        self.alerting = Alerting(window)
        self.scoring = Scoring(window)
        self.market = ShownMarket(window, self)
        self.charting = Charting(window, self)
        self.replaying = Replaying(window, self)
        self.choosing = Choosing(window, self)
        self.cards = Cards(window, self)
        self.menus = Menus(window, self)
        self.pictures = Pictures(window, self)
        self.exporting = Exporting(window, self)
        self.informing = Informing(window, self)
        self.crashes = Crashes(window, self)
        self.spoken = Spoken(window)
        self.mine = Mine(window, self)
        self.watching = Watching(window, self)
        self.learn("alert", self.alerting.new_rule)
        self.learn("seen", self.alerting.mark_seen)
        self.learn("score", self.scoring.show)
        self.learn("full", self._full)
        self.learn("close", self._close_topmost)
        self.learn("quit", self._quit)

    # commands

    def learn(self, name: str, call: Callable[[], object]) -> None:
        """Take what a command of `keys.KEYS` does. Raises ValueError for a name that is not in the table, or is known already."""
        if name not in BY_NAME:
            raise ValueError(f"“{name}” is no command: add its line to liqdesk/ui/keys.py")
        if name in self._calls:
            raise ValueError(f"“{name}” is learned already; one command does one thing")
        self._calls[name] = call

    @property
    def learned(self) -> frozenset[str]:
        """Return the names of the commands that can be pressed now."""
        return frozenset(self._calls)

    def press(self, name: str) -> None:
        """Do what a command stands for; one whose part is not built yet says so. Raises KeyError for an unknown name."""
        call = self._calls.get(name)
        if call is None:
            self.say("Not there yet", f"“{BY_NAME[name].words}” works when everything is loaded.")
            return
        call()

    def send(self, command: Command) -> None:
        """Send a command to the engine."""
        self._window.command.emit(command)

    def say(self, headline: str, facts: str) -> None:
        """Show a plain word that is not an alert."""
        self._window.stage.toast.say(Message(headline, facts))

    def close(self) -> None:
        """End what was started: a dialog, a sound."""
        if self.dialog is not None:
            self.dialog.close()
        self.alerting.close()
        self.exporting.close()
        self.informing.close()

    # the window

    @Slot(float)
    def reveal(self, price: float) -> None:
        """Bring a price into the chart's view, at the newest time."""
        self.charting.reveal(price)

    def _full(self) -> None:
        w = self._window
        w.showNormal() if w.isFullScreen() else w.showFullScreen()

    def _quit(self) -> None:
        self._window.leaving = True
        self._window.close()

    def _close_topmost(self) -> None:
        w = self._window
        if w.chart is not None and w.chart.close_topmost():
            return
        if w.stage.toast.message:
            w.stage.toast.dismiss()
        elif w.isFullScreen():
            w.showNormal()

    # cards

    def open_card(self, dialog: Card) -> None:
        """Show a card in place of the one that is open."""
        if self.dialog is not None:
            self.dialog.close()
        self.dialog = dialog
        name_parts(dialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._dialog_gone)
        dialog.open_over()

    @Slot(int)
    def _dialog_gone(self, _result: int) -> None:
        if self.sender() is self.dialog:
            self.dialog = None
