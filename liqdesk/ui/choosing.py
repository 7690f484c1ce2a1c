"""The commands that choose what is shown: candles, stretch of time, classes, sides, colour scale, theme, sounds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from liqdesk.ui import present
from liqdesk.ui.spans import CANDLES
from liqdesk.ui.topbar import WINDOWS

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
        act.learn("colours", self._next_colours)
        act.learn("unit", self._switch_unit)
        act.learn("mute", self._mute)
        act.learn("theme", self.switch_theme)

    def _switch_class(self, leverage: int) -> None:
        next(chip for chip in self._window.topbar.chips if chip.leverage == leverage).click()

    def _switch_levels(self) -> None:
        switch = self._window.statusbar.legend.switch
        switch.choose(not switch.value)

    @Slot(str)
    def choose_colours(self, heat_map: str) -> None:
        self._window.change(heat_map=heat_map)

    def _next_colours(self) -> None:
        from liqdesk.ui.ramp import MAPS, WORDS

        chosen = MAPS[(MAPS.index(self._window.settings.heat_map) + 1) % len(MAPS)]
        self.choose_colours(chosen)
        self._act.say(WORDS[chosen], "The colours of the map; the same key takes the next.")

    def _switch_unit(self) -> None:
        self.choose_unit("coin" if self._window.settings.unit == "usd" else "usd")

    @Slot(str)
    def choose_unit(self, unit: str) -> None:
        """Show sizes in this unit, usd or coin, and say at what mark."""
        w = self._window
        w.change(unit=unit)
        if w.frame is None:
            return
        one, mark = w.frame.instrument, present.price(w.frame.prices.mark, w.frame.instrument.price_decimals)
        if w.settings.unit == "coin":
            self._act.say(f"Sizes in {one.base}", f"At the mark as it is now: 1 {one.base} is {mark} {one.quote}.")
        else:
            self._act.say("Sizes in USD", "As the model holds them.")

    def _mute(self) -> None:
        w = self._window
        w.change(sounds=not w.settings.sounds)
        self._act.say("Sounds are on" if w.settings.sounds else "Sounds are off", "The same key changes it back.")

    @Slot()
    def switch_theme(self) -> None:
        self._window.change(theme="light" if self._window.settings.theme == "dark" else "dark")
