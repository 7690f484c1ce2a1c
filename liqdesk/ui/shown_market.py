"""Which market is shown: another contract, the venue or the built-in one, and trying again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from liqdesk.ui.notices import Notice
from liqdesk.ui.typeahead import TypeAhead

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.dialogs.symbols import SymbolSearch
    from liqdesk.ui.window import Window


def offers(frame: Frame) -> tuple[Notice, ...]:
    """Return the notice of a built-in market that stands in for the venue, with the click that goes back."""
    offer, why = frame.live_offer, frame.source.note
    if offer is None:
        return (Notice("why not live", why),) if why else ()
    if offer.reachable:
        return (Notice("live again", offer.sentence, "Back to Binance"),)
    words = why or offer.sentence
    if offer.retry_in_s is not None:
        words += f" Showing the built-in market; trying again in {math.ceil(offer.retry_in_s)} s."
    else:
        words += " Showing the built-in market; trying again now."
    return (Notice("not live", words, "Try now"),)


class ShownMarket(QObject):
    """Acts for one window."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self.symbols: SymbolSearch | None = None
        act.learn("search", self.search)
        act.learn("retry", self.retry)
        act.learn("market", self.switch)
        self._ahead = TypeAhead(window, self.search)

    @Slot()
    def retry(self) -> None:
        from liqdesk.engine.frames import RetryNow

        self._act.send(RetryNow())

    @Slot()
    def use_live(self) -> None:
        from liqdesk.engine.frames import UseLive

        self._act.send(UseLive())

    @Slot()
    def use_demo(self) -> None:
        from liqdesk.engine.frames import UseDemo

        self._act.send(UseDemo())

    @Slot()
    def switch(self) -> None:
        """Go to the built-in market, or back to the venue."""
        frame = self._window.frame
        if frame is not None and frame.source.origin != "history":
            self.use_live() if frame.source.origin == "demo" else self.use_demo()

    @Slot(str)
    def notice_acted(self, _key: str) -> None:
        self.use_live()

    @Slot()
    def search(self) -> SymbolSearch:
        """Open the symbol search under its button, and return it."""
        w = self._window
        if self.symbols is None:
            from liqdesk.ui.dialogs.symbols import SymbolSearch

            self.symbols = SymbolSearch(w)
            self.symbols.chosen.connect(self.choose_symbol)
            self.symbols.starred.connect(self._act.watching.toggle)
            self._act.watching.changed.connect(self.symbols.set_favourites)
        self.symbols.set_favourites(w.settings.favourites)
        self.symbols.set_tickers(w.tickers)
        self.symbols.set_instruments(w.universe.instruments if w.universe is not None else ())
        self.symbols.open_under(w.topbar.symbol, w.frame.instrument.symbol if w.frame else w.settings.symbol)
        return self.symbols

    @Slot(str)
    def choose_symbol(self, symbol: str) -> None:
        """Show another contract."""
        from liqdesk.engine.frames import SetSymbol

        self._window.topbar.show_symbol(symbol, "perp")
        self._window.change(symbol=symbol)
        self._act.send(SetSymbol(symbol))

    def universe_changed(self) -> None:
        if self.symbols is not None and self._window.universe is not None:
            self.symbols.set_instruments(self._window.universe.instruments)

    def tickers_changed(self) -> None:
        if self.symbols is not None:
            self.symbols.set_tickers(self._window.tickers)
