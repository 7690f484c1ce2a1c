"""The window: it shows what frames say and says what the user chose. It owns no data beyond what it shows and decides nothing.

Only QtWidgets is imported here. The first paint is a skeleton of plain fills; the controls are built after it, the chart after them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QSize, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow

from liqdesk.ui.skeleton import Look, paint_skeleton
from liqdesk.ui.theme import follow
from liqdesk.ui.trace import Trace, note
from liqdesk.ui.turns import Turns

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from liqdesk.engine.frames import Frame
    from liqdesk.market import Ticker, Tickers, Universe
    from liqdesk.model.grid import DensityGrid
    from liqdesk.settings import Settings
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.chart import ChartPane
    from liqdesk.ui.panels import Column
    from liqdesk.ui.shell import Shell
    from liqdesk.ui.stage import Stage
    from liqdesk.ui.statusbar import StatusBar
    from liqdesk.ui.topbar import TopBar


class Window(QMainWindow):
    """Top bar, chart, panels and status bar.

    `command` carries engine commands, `settings_changed` new settings to be kept, `frame_taken` the word that the next frame may come,
    `frame_shown` that another one is shown, `first_painted` that the skeleton stands and `furnish` may be called, `controls_ready` and
    `chart_ready` that those took their places, `closing` that the window goes. Slots: `apply`, `set_grid`, `set_universe`, `set_tickers`.
    """

    command = Signal(object)
    settings_changed = Signal(object)
    first_painted = Signal()
    controls_ready = Signal()
    chart_ready = Signal()
    frame_taken = Signal()
    frame_shown = Signal()
    closing = Signal()

    settings: Settings
    leaving = False  # closing ends the program, whatever the settings say

    def __init__(
        self,
        settings: Settings | None = None,
        profile_writable: bool = False,
        profile_dir: str = "",
        look: Look | None = None,
    ) -> None:
        """With settings the window is furnished at once; with a `look` alone it shows its skeleton, and waits for them."""
        super().__init__()
        self.profile_dir = profile_dir
        self.profile_writable = profile_writable
        self.frame: Frame | None = None
        self.chart: ChartPane | None = None
        self.tickers: dict[str, Ticker] = {}
        self.universe: Universe | None = None
        self.grid: DensityGrid | None = None
        self._shell: Shell | None = None
        self._actions: Actions | None = None
        self._painted = False
        self._furnished = False
        self._early: list[Frame] = []
        self._said: tuple[str, ...] = ()
        self._closed = False
        self.turns = Turns(self, self._show_part, self._chart_worked)
        self._look = look or (Look() if settings is None else Look(settings.theme, settings.window_geometry))
        self.setWindowTitle("liqdesk")
        self.setMinimumSize(760, 480)
        self.resize(QSize(1920, 1080).boundedTo(self.screen().availableSize() - QSize(8, 40)))  # title bar and edges
        if self._look.geometry:
            self.restoreGeometry(QByteArray.fromBase64(self._look.geometry.encode("ascii", "ignore")))
        if settings is not None:
            self.furnish(settings, profile_writable, profile_dir)

    # the first paint, the controls, then the chart

    def furnish(self, settings: Settings, profile_writable: bool, profile_dir: str) -> None:
        """Take the settings that the controls and the chart are built from. Once, before the first frame."""
        self.settings = settings
        self.profile_writable = profile_writable
        self.profile_dir = profile_dir
        self._furnished = True
        self.setWindowTitle(f"{settings.symbol} · liqdesk")

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._shell is not None:
            super().paintEvent(event)
            return
        paint_skeleton(self, self._look.theme)
        if not self._painted:
            self._painted = True
            note("first_paint")
            QTimer.singleShot(0, self, self._after_paint)

    @Slot()
    def _after_paint(self) -> None:
        if not self._closed:
            self.first_painted.emit()
        if self._closed or not self._furnished:
            return
        self.shell.begin()
        self.controls_ready.emit()
        self.load_chart()
        if not self.settings.first_run_done:
            self.act.cards.first_run()

    @property
    def shell(self) -> Shell:
        """Return the controls; built at the first use."""
        if self._shell is None:
            follow(self.settings.theme, self.settings.text_scale)
            from liqdesk.ui import icons
            from liqdesk.ui.shell import Shell

            self._shell = Shell(self)
            self._shell.join(self)
            self.setWindowIcon(icons.window_icon())
            self.setCentralWidget(self._shell)
            self._notice()
            self._shell.fit(self.width())
        return self._shell

    @property
    def act(self) -> Actions:
        """Return what acts on keys and opens dialogs; built at the first use."""
        if self._actions is None:
            from liqdesk.ui.actions import Actions

            self._actions = Actions(self)
        return self._actions

    @property
    def topbar(self) -> TopBar:
        return self.shell.topbar

    @property
    def stage(self) -> Stage:
        return self.shell.stage

    @property
    def column(self) -> Column:
        return self.shell.column

    @property
    def statusbar(self) -> StatusBar:
        return self.shell.statusbar

    @Slot()
    def load_chart(self) -> None:
        """Import the chart and put it in its place; does nothing when it stands."""
        if self.chart is not None or self._closed:
            return
        from liqdesk.ui.chart import ChartPane

        chart = ChartPane(self.settings)
        chart.levels_changed.connect(self.statusbar.legend.show_levels)
        self.act.charting.serve(chart)
        self.chart = chart
        self.stage.put_chart(chart)
        if self.grid is not None:
            chart.set_grid(self.grid)
        for frame in self._early:
            chart.apply(frame)
        self._early.clear()
        self.chart_ready.emit()

    @property
    def chart_painted(self) -> bool:
        """Whether the map has been painted from the grid."""
        chart, now = self.chart, self.frame
        return chart is not None and now is not None and chart.cell_value(now.venue_ms, now.prices.mark) is not None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._shell is not None:
            self._shell.fit(self.width())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._shell is not None:
            self._shell.fit(self.width())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if self._shell is None:
            return
        from liqdesk.ui.draw import RESTYLED  # the controls have imported it; the first paint must not

        if event.type() in RESTYLED:
            self._shell.fit(self.width(), again=True)

    # what the engine says

    @Slot(object)
    def apply(self, frame: Frame) -> None:
        """Take the engine's newest frame, and show it or the moment that is replayed."""
        self.show_frame(self.act.replaying.take(frame))
        self.frame_taken.emit()

    def show_frame(self, frame: Frame) -> None:
        """Show a frame: the chart at once, the panels one after another, each at most five times a second; none misses what comes once."""
        anew = self.frame is None or frame.epoch != self.frame.epoch
        if anew and self.frame is not None:
            self.stage.toast.clear()
            self._early.clear()
        self.frame = frame
        self.column.take(frame)
        if self.chart is not None:
            self.chart.apply(frame)
        else:
            self._early.append(frame)
        for fired in frame.new_fired:
            self.act.alerting.announce(fired)
        self.turns.frame(anew)
        self._measure(frame)
        self.frame_shown.emit()

    def _measure(self, frame: Frame) -> None:
        if Trace.current is not None:
            whole = frame.progress is None and frame.now is not None
            Trace.current.frame(frame.venue_ms, lambda: whole and self.chart_painted)

    def _show_part(self, part: int) -> None:
        frame = self.frame
        if frame is None:
            return
        self.shell.show_frame(frame, part)
        if part == 0:
            self._notice()
            self.setWindowTitle(self.shell.title(frame))

    def _chart_worked(self) -> bool:
        chart = self.chart
        return chart is not None and (chart.map.take_worked() or not chart.turn.beats.free)

    def notify(self, sentence: str) -> None:
        """Show a sentence in the strip until it is dismissed."""
        if sentence not in self._said:
            self._said += (sentence,)
            self._notice()

    def _notice(self) -> None:
        """Bring the strip up to date: what was said, and what the newest frame brings."""
        if self._shell is not None:
            self._shell.show_notices(self._said, self.frame)

    @Slot(object)
    def set_grid(self, grid: DensityGrid) -> None:
        """Show another grid: a new symbol or source."""
        self.grid = grid
        if self.chart is not None:
            self.chart.set_grid(grid)

    @Slot(object)
    def set_universe(self, universe: Universe) -> None:
        """Take the contracts that can be searched."""
        self.universe = universe
        if self._actions is not None:
            self._actions.market.universe_changed()

    @Slot(object)
    def set_tickers(self, tickers: Tickers) -> None:
        """Take last prices and 24 h changes for the search."""
        for row in tickers.rows:
            self.tickers[row.symbol] = row
        if self._actions is not None:
            self._actions.market.tickers_changed()

    # what the user says

    def change(self, **fields: object) -> None:
        """Change settings, show them, and say so."""
        import msgspec  # not before the first paint

        new: Settings = msgspec.structs.replace(self.settings, **fields)
        if new == self.settings:
            return
        old, self.settings = self.settings, new
        follow(new.theme, new.text_scale)
        self.shell.show_settings(new)
        if self.chart is not None:
            self.stage.tell_chart(old, new)
        self.settings_changed.emit(new)

    @Slot(object)
    def choose_candle(self, ms: int) -> None:
        self.change(candle_ms=ms)

    @Slot(object)
    def choose_window(self, ms: int) -> None:
        self.change(window_ms=ms)

    @Slot(object)
    def choose_classes(self, classes: tuple[int, ...]) -> None:
        self.change(classes=classes)

    @Slot(object)
    def choose_side(self, side: str) -> None:
        self.change(side=side)

    @Slot(bool, float, float)
    def choose_levels(self, auto: bool, low: float, high: float) -> None:
        self.change(heat_auto=auto, heat_low_usd=low, heat_high_usd=high)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._closed:
            self._closed = True
            self.turns.stop()
            if self._furnished:
                self.shell.arranging.close()
                self.change(window_geometry=bytes(self.saveGeometry().toBase64().data()).decode("ascii"))
            self.closing.emit()
            if self._shell is not None:
                self._shell.stage.toast.clear()
            if self._actions is not None:
                self._actions.close()
            if self.chart is not None:
                self.chart.close_threads()
        super().closeEvent(event)

    def grab_picture(self) -> QImage:
        """Return the window as it stands, with symbol, venue, time and model noted inside."""
        from liqdesk.ui import picture

        return picture.take(self, self.frame)

    def state(self) -> dict[str, object]:
        """Return every number on screen by name, each as {"text": what is shown, "value": the raw value}, and the frame's own marks."""
        out: dict[str, object] = dict(self.shell.state())
        if self.chart is not None:
            for name, value in self.chart.shown().items():
                out[f"chart.{name}"] = {"text": str(value), "value": value}
        if self.frame is not None:
            from liqdesk.ui.condition import moment

            out["frame"] = moment(self.frame)
        return out
