"""What the user can do beyond choosing a view: keys, dialogs, menus, pictures. Dialogs are imported when they are first opened."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtWidgets import QMenu, QWidget

from liqdesk.errors import LiqdeskError
from liqdesk.ui import present
from liqdesk.ui.alerting import Alerting
from liqdesk.ui.notices import Notice
from liqdesk.ui.scoring import Scoring
from liqdesk.ui.theme import current
from liqdesk.ui.toast import Message
from liqdesk.ui.topbar import CANDLES, WINDOWS

if TYPE_CHECKING:
    from liqdesk.engine.frames import Command, Frame
    from liqdesk.ui.chart import ChartPane
    from liqdesk.ui.dialogs.card import Card
    from liqdesk.ui.dialogs.streams import StreamsDialog
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


class Actions(QObject):
    """Acts for one window."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._search: SymbolSearch | None = None
        self.dialog: Card | None = None
        self._streams: StreamsDialog | None = None
        self.alerting = Alerting(window)
        self.scoring = Scoring(window)

    def close(self) -> None:
        """End what was started: a dialog, a sound."""
        if self.dialog is not None:
            self.dialog.close()
        self.alerting.close()

    # keys

    def press(self, name: str, index: int) -> None:
        """Do what a key of `keys.KEYS` stands for."""
        w = self._window
        match name:
            case "candle":
                w.choose_candle(CANDLES[index])
            case "window":
                w.choose_window(WINDOWS[index])
            case "class":
                w.topbar.chips[index].click()
            case "long" | "both" | "short":
                w.choose_side(name)
            case "levels":
                switch = w.statusbar.legend.switch
                switch.choose(not switch.value)
            case "reset":
                if w.chart is not None:
                    w.chart.reset_view()
            case "mute":
                w.change(sounds=not w.settings.sounds)
                self.say("Sounds are on" if w.settings.sounds else "Sounds are off", "Press M to change it back.")
            case "full":
                w.showNormal() if w.isFullScreen() else w.showFullScreen()
            case "quit":
                w.leaving = True
                w.close()
            case "close":
                self._close_topmost()
            case _:
                self._press_other(name)

    def _close_topmost(self) -> None:
        w = self._window
        if w.chart is not None and w.chart.pointing.why.open:
            w.chart.pointing.why.close()
        elif w.stage.toast.message:
            w.stage.toast.dismiss()
        elif w.isFullScreen():
            w.showNormal()

    def _press_other(self, name: str) -> None:
        calls = {
            "search": self.search,
            "why": self.why,
            "alert": self.alerting.new_rule,
            "seen": self.alerting.mark_seen,
            "save": self.save_picture,
            "copy": self.copy_picture,
            "retry": self.retry,
            "market": self.switch_market,
            "theme": self.switch_theme,
            "settings": self.edit_settings,
            "streams": self.streams,
            "score": self.scoring.show,
            "method": self.method,
            "help": self.help,
        }
        calls[name]()

    # the market

    def send(self, command: Command) -> None:
        self._window.command.emit(command)

    @Slot()
    def retry(self) -> None:
        from liqdesk.engine.frames import RetryNow

        self.send(RetryNow())

    @Slot()
    def switch_market(self) -> None:
        """Go to the built-in market, or back to the venue."""
        from liqdesk.engine.frames import UseDemo, UseLive

        frame = self._window.frame
        if frame is not None and frame.source.kind != "history":
            self.send(UseLive() if frame.source.kind == "demo" else UseDemo())

    @Slot(str)
    def notice_acted(self, _key: str) -> None:
        from liqdesk.engine.frames import UseLive

        self.send(UseLive())

    @Slot()
    def search(self) -> None:
        """Open the symbol search under its button."""
        w = self._window
        if self._search is None:
            from liqdesk.ui.dialogs.symbols import SymbolSearch

            self._search = SymbolSearch(w)
            self._search.chosen.connect(self._symbol_chosen)
        self._search.set_tickers(w.tickers)
        self._search.set_instruments(w.universe.instruments if w.universe is not None else ())
        self._search.open_under(w.topbar.symbol, w.frame.instrument.symbol if w.frame else w.settings.symbol)

    @Slot(str)
    def _symbol_chosen(self, symbol: str) -> None:
        from liqdesk.engine.frames import SetSymbol

        self._window.topbar.show_symbol(symbol, "perp")
        self._window.change(symbol=symbol)
        self.send(SetSymbol(symbol))

    def universe_changed(self) -> None:
        if self._search is not None and self._window.universe is not None:
            self._search.set_instruments(self._window.universe.instruments)

    def tickers_changed(self) -> None:
        if self._search is not None:
            self._search.set_tickers(self._window.tickers)

    # menus

    @Slot()
    def pill(self) -> None:
        """Open what can be done about the connection."""
        from liqdesk.engine.frames import RetryNow, UseDemo, UseLive

        frame = self._window.frame
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if frame is None:
            menu.addAction("Starting").setEnabled(False)
        else:
            words = frame.connection.sentence or self._window.topbar.pill.toolTip().split("\n")[0]
            menu.addAction(words).setEnabled(False)
            menu.addSeparator()
            if frame.source.kind == "demo":
                menu.addAction("Use the venue\tCtrl+D").triggered.connect(lambda: self.send(UseLive()))
            elif frame.source.kind != "history":
                menu.addAction("Reconnect now\tR").triggered.connect(lambda: self.send(RetryNow()))
                menu.addAction("Use the built-in market\tCtrl+D").triggered.connect(lambda: self.send(UseDemo()))
        self._under(menu, self._window.topbar.pill)

    @Slot()
    def more(self) -> None:
        """Open what a narrow bar has no room for."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, call in (
            ("Settings…\tCtrl+,", self.edit_settings),
            ("Light or dark\tT", self.switch_theme),
            ("Save a picture\tCtrl+S", self.save_picture),
            ("Copy a picture\tCtrl+Shift+C", self.copy_picture),
            ("Keys and help\t?", self.help),
        ):
            menu.addAction(words).triggered.connect(call)
        self._under(menu, self._window.topbar.sliders)

    def _under(self, menu: QMenu, anchor: QWidget) -> None:
        right = anchor.mapToGlobal(QPoint(anchor.width(), anchor.height() + current().px(6)))
        menu.popup(QPoint(right.x() - menu.sizeHint().width(), right.y()))

    # dialogs

    def open_card(self, dialog: Card) -> None:
        """Show a card in place of the one that is open."""
        if self.dialog is not None:
            self.dialog.close()
        self.dialog = dialog
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._dialog_gone)
        dialog.open_over()

    @Slot(int)
    def _dialog_gone(self, _result: int) -> None:
        if self.sender() is self.dialog:
            self.dialog = None

    @Slot()
    def help(self) -> None:
        from liqdesk.ui.dialogs.help import HelpDialog

        frame = self._window.frame
        version, brackets = (frame.model_version, frame.brackets_as_of) if frame else ("S2", "the shipped file")
        dialog = HelpDialog(self._window, version, brackets, self._window.profile_dir)
        dialog.method.clicked.connect(self.method)
        self.open_card(dialog)

    @Slot()
    def method(self) -> None:
        """Show how the map is made and how it was scored."""
        from liqdesk.ui.dialogs.reading import ReadingCard

        self.open_card(ReadingCard(self._window))

    @Slot()
    def streams(self) -> None:
        """Show how whole and how fast the streams are."""
        from liqdesk.ui.dialogs.streams import StreamsDialog

        self._streams = StreamsDialog(self._window, self._window.frame)
        self.open_card(self._streams)

    def show_streams(self, frame: Frame) -> None:
        """Bring the card of the streams up to date where it is open."""
        if self._streams is not None and self.dialog is self._streams:
            self._streams.show_frame(frame)

    def first_run(self) -> None:
        """Show the note of the first start."""
        from liqdesk.ui.dialogs.help import FirstRun

        note = FirstRun(self._window, self._window.profile_dir)
        note.begun.connect(self._begun)
        self.open_card(note)

    @Slot()
    def _begun(self) -> None:
        self._window.change(first_run_done=True)

    @Slot()
    def edit_settings(self) -> None:
        from liqdesk.ui.dialogs.settings import SettingsDialog
        from liqdesk.ui.tray import Keeping, has_tray

        w = self._window
        brackets = w.frame.brackets_as_of if w.frame else "the shipped file"
        dialog = SettingsDialog(
            w, w.settings, w.profile_writable, brackets, Keeping(True, has_tray(), True).unavailable
        )
        dialog.saved.connect(self._settings_saved)
        self.open_card(dialog)

    @Slot(object)
    def _settings_saved(self, new: object) -> None:
        import msgspec

        self._window.change(**msgspec.structs.asdict(new))  # type: ignore[arg-type]

    @Slot()
    def switch_theme(self) -> None:
        self._window.change(theme="light" if self._window.settings.theme == "dark" else "dark")

    # the chart

    def serve(self, chart: ChartPane) -> None:
        """Do what is asked on the chart."""
        chart.alert_price.connect(self.alerting.alert_price)
        chart.alert_zone.connect(self.alerting.alert_zone)
        chart.retry.connect(self.retry)
        chart.pointing.why.asked.connect(self._window.command)

    def why(self) -> None:
        """Ask why the cell under the crosshair is hot."""
        chart = self._window.chart
        if chart is not None and not chart.pointing.why.at_pointer():
            self.say("No cell is pointed at", "Move the pointer over the map, then press W.")

    @Slot(float)
    def reveal(self, price: float) -> None:
        """Bring a price into the chart's view, at the newest time."""
        chart = self._window.chart
        if chart is None or not (math.isfinite(price) and price > 0):
            return
        chart.show_price(price)

    # pictures

    @Slot()
    def save_picture(self) -> None:
        from liqdesk.ui import picture

        w = self._window
        image = w.grab_picture()
        try:
            path = picture.save(image, picture.pictures_folder(), picture.file_name(w.frame))
        except LiqdeskError as e:
            self.say("No picture was saved", e.user)
            return
        self.say("Picture saved", str(path))

    @Slot()
    def copy_picture(self) -> None:
        from liqdesk.ui import picture

        picture.copy(self._window.grab_picture())
        frame = self._window.frame
        when = f", {present.stamp(frame.venue_ms, self._window.settings.timezone)}" if frame else ""
        self.say("Picture copied", f"The window as it stands{when}")

    def say(self, headline: str, facts: str) -> None:
        """Show a plain word that is not an alert."""
        self._window.stage.toast.say(Message(headline, facts))
