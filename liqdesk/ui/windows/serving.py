"""What is asked in a chart window: answered for the contract it shows, or said to belong to the main window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from liqdesk.ui.typeahead import TypeAhead

if TYPE_CHECKING:
    from liqdesk.engine.whys import AskWhy
    from liqdesk.ui.dialogs.symbols import SymbolSearch
    from liqdesk.ui.window import Window
    from liqdesk.ui.windows.charts import Charts
    from liqdesk.ui.windows.chartwindow import ChartWindow


class Serving(QObject):
    """Serves the chart windows of one main window."""

    def __init__(self, window: Window, charts: Charts) -> None:
        super().__init__(window)
        self._window = window
        self._charts = charts

    def serve(self, one: ChartWindow) -> None:
        """Do what is asked on the chart of a window."""
        act, chart = self._window.act, one.chart
        act.charting.lining.serve(chart)
        TypeAhead(one, partial(self.search, one))
        legend = one.foot.legend  # colours and unit are the whole program's
        legend.map_chosen.connect(act.choosing.choose_colours)
        legend.unit_chosen.connect(act.choosing.choose_unit)
        act.mine.changed.connect(chart.pointing.show_positions)
        chart.pointing.show_positions(act.mine.positions)
        chart.pointing.position_at.connect(partial(self._for_main, one, act.mine.open_at))
        chart.pointing.position_asked.connect(partial(self._for_main, one, act.mine.open))
        chart.alert_price.connect(partial(self._for_main, one, act.alerting.alert_price))
        chart.alert_zone.connect(partial(self._for_main, one, act.alerting.alert_zone))
        chart.panes.chosen.connect(lambda fields: self._window.change(**fields))
        chart.retry.connect(partial(self._retry, one))
        chart.pointing.why.asked.connect(partial(self._why, one))

    def _about_main(self, one: ChartWindow) -> bool:
        return one.frame is None or one.frame.instrument.symbol == self._charts.shown

    def _for_main(self, one: ChartWindow, call: Callable[..., object], *values: object) -> None:
        """Do what is about the main window's contract; of another, say where it can be done."""
        if self._about_main(one):
            self._window.activateWindow()
            call(*values)
            return
        symbol = one.frame.instrument.symbol if one.frame is not None else ""
        self._window.act.say(
            f"{symbol} is not the main window's contract", "Alerts and positions are set there: show it there first."
        )

    def _retry(self, one: ChartWindow) -> None:
        from liqdesk.engine.beside import TellBeside
        from liqdesk.engine.frames import RetryNow

        self._window.command.emit(RetryNow() if self._about_main(one) else TellBeside(one.symbol, RetryNow()))

    def _why(self, one: ChartWindow, question: AskWhy) -> None:
        from liqdesk.engine.beside import TellBeside

        self._window.command.emit(question if self._about_main(one) else TellBeside(one.symbol, question))

    # another contract

    def search(self, one: ChartWindow) -> SymbolSearch:
        """Open the search of contracts under a window's button, and return it."""
        from liqdesk.ui.dialogs.symbols import SymbolSearch

        w, found = self._window, one.findChild(SymbolSearch)
        if found is None:
            found = SymbolSearch(one)
            found.chosen.connect(partial(self.ask, one))
            found.starred.connect(w.act.watching.toggle)
            w.act.watching.changed.connect(found.set_favourites)
        found.set_tickers(w.tickers)
        found.set_favourites(w.settings.favourites)
        found.set_instruments(w.universe.instruments if w.universe is not None else ())
        found.open_under(one.bar.symbol, one.frame.instrument.symbol if one.frame is not None else "")
        return found

    def ask(self, one: ChartWindow, symbol: str) -> None:
        """Show another contract in a window; where that takes an engine of its own, say what it costs before."""
        from liqdesk.engine.beside import MEMORY_MB, MOST
        from liqdesk.ui.dialogs.naming import SureCard

        w, charts = self._window, self._charts
        linked = one.link is not None and bool(one.link.group)
        with_main = linked and one.link is not None and one.link.group == charts.group
        if with_main or symbol == charts.shown or symbol in charts.beside:
            charts.choose(one, symbol)
            return
        if w.frame is not None and w.frame.source.origin == "history":
            w.act.say(
                "A history holds one contract", "Open the live market or the built-in one to see others beside it."
            )
            return
        mine = [o for o in charts.windows if o is not one and o.symbol == one.symbol]
        if len(charts.beside) >= MOST and (mine or one.symbol not in charts.beside):
            w.act.say(f"{MOST + 1} contracts are followed already", "Close one of their chart windows first.")
            return
        words = (
            f"{symbol} beside {charts.shown} takes an engine of its own: about {MEMORY_MB} MB of memory, and connections of its own. "
            f"{len(charts.beside) + 1} of {MOST + 1} contracts are followed now."
        )
        card = SureCard(one, f"Follow {symbol} too", words, "Follow it")
        card.accepted.connect(partial(charts.choose, one, symbol))
        w.act.open_card(card)
