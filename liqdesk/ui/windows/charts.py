"""All chart windows of the program: opened, fed, linked with the main chart, kept in layouts, closed with the main window."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QRect, Signal, Slot
from PySide6.QtWidgets import QApplication

from liqdesk.ui import present
from liqdesk.ui.keys import KEYS
from liqdesk.ui.layouts.document import MOST_CHARTS, ChartPlace
from liqdesk.ui.spans import CANDLES
from liqdesk.ui.theme import current
from liqdesk.ui.topbar import CLASSES, WINDOWS
from liqdesk.ui.windows.serving import Serving

if TYPE_CHECKING:
    from liqdesk.engine.beside import Beside
    from liqdesk.model.grid import DensityGrid
    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window
    from liqdesk.ui.windows.chartwindow import ChartWindow
    from liqdesk.ui.windows.linking import Link, Links

MAIN: Final = "main"  # no contract is called so
SHIFT: Final = 32  # px between a window and the next that is opened


class Charts(QObject):
    """Chart windows beside one main window. `changed` when one stands or shows something else, or is there no more."""

    changed = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.windows: list[ChartWindow] = []
        self._links: Links | None = None
        self._link: Link | None = None
        self._group = ""
        self._waiting: tuple[ChartPlace, ...] = ()  # until the main chart is there
        self._epoch: int | None = None
        self._beside: dict[str, DensityGrid | None] = {}  # contracts followed beside the main one, with their grids
        self.served = Serving(window, self)
        window.frame_shown.connect(self._taken)
        window.settings_changed.connect(self._follow)
        window.chart_ready.connect(self._begin)
        window.closing.connect(self.close)
        window.installEventFilter(self)

    # links

    @property
    def group(self) -> str:
        """The group of the main chart; empty: none."""
        return self._link.group if self._link is not None else self._group

    @Slot()
    def _begin(self) -> None:
        """Link the main chart, and open what a layout asked for before it was there."""
        from liqdesk.ui.windows.linking import Links

        chart = self._window.chart
        if chart is None or self._links is not None:
            return
        self._links = Links()
        self._link = self._links.add(chart)
        self._link.dot.chosen.connect(self.link_main)
        self._link.set_group(self._group)
        self._window.shell.topbar.window_chosen.connect(self._link.later)
        waiting, self._waiting = self._waiting, ()
        for place in waiting:
            self._open(place)

    @Slot(str)
    def link_main(self, group: str) -> None:
        """Put the main chart into a group."""
        self._group = group
        for one in self.windows:
            if one in self._of(group):
                one.symbol = ""
            elif not one.symbol:
                one.symbol = self.shown
        if self._link is not None and self._links is not None:
            self._links.join(self._link, group)
        self._sort()
        self.changed.emit()

    def _of(self, group: str) -> list[ChartWindow]:
        """Return the windows of a group."""
        return [w for w in self.windows if group and w.link is not None and w.link.group == group]

    def link(self, one: ChartWindow, group: str) -> None:
        """Put a chart window into a group, whose contract it shows then; without one it keeps what it shows."""
        assert self._links is not None
        assert one.link is not None
        if group and group == self.group:
            one.symbol = ""
        else:
            mates = [w for w in self._of(group) if w is not one]
            one.symbol = mates[0].symbol if mates else one.symbol or self.shown
        self._links.join(one.link, group)
        self._sort()
        self.changed.emit()

    # windows

    @Slot()
    def open(self) -> None:
        """Open a chart window that shows what the main chart shows."""
        w = self._window
        if len(self.windows) >= MOST_CHARTS:
            w.act.say("No further chart window", f"{MOST_CHARTS} are open; close one first.")
            return
        if w.chart is None:
            w.act.say("Not yet", "A chart window can be opened when the chart has loaded.")
            return
        s, at = w.settings, self._free_place()
        group = self.group or "A"
        if not self.group:
            self.link_main(group)
        self._open(
            ChartPlace(
                (at.x(), at.y(), at.width(), at.height()),
                group=group,
                candle_ms=s.candle_ms,
                window_ms=s.window_ms,
                classes=s.classes,
                side=s.side,
            )
        )
        self.changed.emit()

    def _free_place(self) -> QRect:
        t, last = current(), (self.windows[-1] if self.windows else self._window)
        corner = last.geometry().topLeft()
        return QRect(corner.x() + SHIFT, corner.y() + SHIFT, t.px(1_000), t.px(680))

    def _open(self, place: ChartPlace) -> ChartWindow:
        from liqdesk.ui.windows.chartwindow import ChartWindow

        w = self._window
        assert self._links is not None
        assert w.chart is not None
        one = ChartWindow(w.settings, place)
        one.chart.turn.beats = w.chart.turn.beats
        one.link = self._links.add(one.chart)
        one.link.dot.chosen.connect(partial(self.link, one))
        one.gone.connect(self._gone)
        one.changed.connect(self.changed)
        self.served.serve(one)
        one.symbol_asked.connect(partial(self.served.search, one))
        self.windows.append(one)
        self._bind(one)
        self._sort()
        one.stand(QRect(*place.rect), place.maximized)
        if place.group:
            self._links.join(one.link, place.group)
        return one

    @Slot()
    def _gone(self) -> None:
        one = self.sender()
        found = next((w for w in self.windows if w is one), None)
        if found is not None:
            self._drop(found)
            self.changed.emit()

    def _drop(self, one: ChartWindow) -> None:
        self.windows.remove(one)
        if one.link is not None and self._links is not None:
            self._links.remove(one.link)
        one.deleteLater()
        self._sort()

    @Slot()
    def close(self) -> None:
        """Close every chart window."""
        for one in tuple(self.windows):
            one.gone.disconnect(self._gone)
            one.close()
            self._drop(one)

    # what comes

    @property
    def shown(self) -> str:
        """Return the contract of the main chart; empty before the first frame."""
        frame = self._window.frame
        return frame.instrument.symbol if frame is not None else ""

    @property
    def beside(self) -> tuple[str, ...]:
        """Return the contracts that are followed beside the main one."""
        return tuple(self._beside)

    @Slot()
    def _taken(self) -> None:
        frame, grid = self._window.frame, self._window.grid
        if frame is None:
            return
        if frame.epoch != self._epoch:
            self._epoch = frame.epoch
            self._sort()
        for one in self.windows:
            if one.fed == MAIN:
                one.set_grid(grid)
                one.apply(frame)

    @Slot(object)
    def take_beside(self, beside: Beside) -> None:
        """Take what a session beside the main one says."""
        from liqdesk.engine.beside import TellBeside

        if beside.symbol in self._beside:
            grid = beside.grid or self._beside[beside.symbol]
            self._beside[beside.symbol] = grid
            for one in self.windows:
                if one.fed == beside.symbol:
                    one.set_grid(grid)
                    one.apply(beside.frame)
        self._window.command.emit(TellBeside(beside.symbol))

    def _sort(self) -> None:
        """Let every window be fed by the session of its contract; have those opened that are not there, and closed that nobody needs."""
        from liqdesk.engine.beside import MOST, CloseBeside, OpenBeside

        main = self.shown
        if not main:
            return
        wanted = dict.fromkeys(w.symbol for w in self.windows if w.symbol and w.symbol != main)
        for symbol in [s for s in self._beside if s not in wanted]:
            del self._beside[symbol]
            self._window.command.emit(CloseBeside(symbol))
        for symbol in wanted:
            if symbol not in self._beside and len(self._beside) < MOST:
                self._beside[symbol] = None
                self._window.command.emit(OpenBeside(symbol))
        for one in self.windows:
            self._feed(one, MAIN if not one.symbol or one.symbol == main else one.symbol)

    def _feed(self, one: ChartWindow, source: str) -> None:
        """Let a window be fed by a source; what another chart of it has gathered is taken over."""
        if one.fed == source:
            return
        from liqdesk.engine.beside import waiting

        other = next((w for w in self.windows if w is not one and w.fed == source and w.frame is not None), None)
        one.fed = source
        frame, chart = self._window.frame, self._window.chart
        if source == MAIN and frame is not None and chart is not None:
            one.begin(frame, self._window.grid, chart)
        elif other is not None and other.frame is not None:
            one.begin(other.frame, self._beside.get(source), other.chart)
        elif frame is not None:
            one.set_grid(None)
            one.apply(waiting(frame, source))

    def choose(self, one: ChartWindow, symbol: str) -> None:
        """Show another contract in a window, and in all of its group."""
        if one.link is not None and one.link.group and one.link.group == self.group:
            self._window.act.market.choose_symbol(symbol)
            return
        for other in (one, *self._of(one.link.group if one.link is not None else "")):
            other.symbol = symbol
        self._sort()
        self.changed.emit()

    @Slot(object)
    def _follow(self, settings: Settings) -> None:
        for one in self.windows:
            one.follow(settings)
            self._bind(one)

    def _bind(self, one: ChartWindow) -> None:
        """Bind every command in a chart window: to itself where it is about a chart, else to the main window."""
        act = self._window.act
        calls: dict[str, object] = {key.name: partial(act.press, key.name) for key in KEYS}
        for ms in CANDLES:
            calls[f"candle_{present.span(ms)}"] = partial(one.change, candle_ms=ms)
        for ms in WINDOWS:
            calls[f"window_{present.span(ms)}"] = partial(one.choose_window, ms)
        for leverage, chip in zip(CLASSES, one.bar.chips, strict=True):
            calls[f"class_{leverage}x"] = chip.click
        for side in ("long", "both", "short"):
            calls[side] = partial(one.change, side=side)
        calls |= {
            "levels": lambda: one.foot.legend.switch.choose(not one.foot.legend.switch.value),
            "reset": one.chart.reset_view,
            "why": one.chart.pointing.why.at_pointer,
            "search": one.symbol_asked.emit,
            "full": lambda: one.showNormal() if one.isFullScreen() else one.showFullScreen(),
            "hide": one.close,
            "close": one.chart.close_topmost,
            "now": one.chart.travel.to_now,
            "goto": one.chart.travel.ask,
        }
        calls |= {name: partial(do, one.chart) for name, do in act.charting.lining.on_chart.items()}
        one.bind(calls, {key.name: act.shortcuts.sequences(key.name) for key in KEYS})

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hide the chart windows with the main window, and bring them back with it."""
        if event.type() in (QEvent.Type.Hide, QEvent.Type.Show) and not event.spontaneous():
            for one in self.windows:
                one.setVisible(event.type() == QEvent.Type.Show)
        return super().eventFilter(watched, event)

    # layouts

    def places(self) -> tuple[ChartPlace, ...]:
        """Return where every chart window stands."""
        return self._waiting or tuple(one.place() for one in self.windows)

    def give(self, places: Sequence[ChartPlace], group: str, by: float) -> None:
        """Let exactly these chart windows be there, their sizes scaled `by`."""
        self.close()
        wanted = tuple(_scaled(place, by) for place in places)
        self.link_main(group)
        if self._links is None:
            self._waiting = wanted
            return
        for place in wanted:
            self._open(place)
        if wanted and QApplication.activeWindow() is not None:
            self._window.activateWindow()


def _scaled(place: ChartPlace, by: float) -> ChartPlace:
    import msgspec

    x, y, wide, high = place.rect
    return msgspec.structs.replace(place, rect=(x, y, round(wide * by), round(high * by)))
