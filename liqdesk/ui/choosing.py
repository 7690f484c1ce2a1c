"""The commands that choose what is shown: candles, stretch of time, classes, sides, colour scale, theme, sounds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from liqdesk.ui import present
from liqdesk.ui.topbar import CANDLES, WINDOWS

if TYPE_CHECKING:
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.window import Window


class Choosing(QObject):
    """Chooses for one window."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        for ms in CANDLES:
            act.learn(f"candle_{present.span(ms)}", partial(window.choose_candle, ms))
        for ms in WINDOWS:
            act.learn(f"window_{present.span(ms)}", partial(window.choose_window, ms))
        for leverage in (5, 10, 25, 50, 100):
            act.learn(f"class_{leverage}x", partial(self._switch_class, leverage))
        for side in ("long", "both", "short"):
            act.learn(side, partial(window.choose_side, side))
        act.learn("levels", self._switch_levels)
        act.learn("mute", self._mute)
        act.learn("theme", self.switch_theme)

    def _switch_class(self, leverage: int) -> None:
        next(chip for chip in self._window.topbar.chips if chip.leverage == leverage).click()

    def _switch_levels(self) -> None:
        switch = self._window.statusbar.legend.switch
        switch.choose(not switch.value)

    def _mute(self) -> None:
        w = self._window
        w.change(sounds=not w.settings.sounds)
        self._act.say("Sounds are on" if w.settings.sounds else "Sounds are off", "The same key changes it back.")

    @Slot()
    def switch_theme(self) -> None:
        self._window.change(theme="light" if self._window.settings.theme == "dark" else "dark")
