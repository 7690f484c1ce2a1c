"""The window: it shows what frames say and says what the user chose. It owns no data beyond what it shows and decides nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QImage, QKeySequence, QPaintEvent, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from liqdesk.ui import icons, picture, present
from liqdesk.ui.actions import Actions, offers
from liqdesk.ui.condition import condition, genuine
from liqdesk.ui.keys import KEYS
from liqdesk.ui.notices import Notice, Notices
from liqdesk.ui.panels import Column
from liqdesk.ui.sound import Player
from liqdesk.ui.stage import Stage
from liqdesk.ui.statusbar import StatusBar
from liqdesk.ui.theme import apply_theme, current
from liqdesk.ui.topbar import COMPACT_BELOW, TopBar
from liqdesk.ui.trace import Trace, note

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.market import Ticker, Tickers, Universe
    from liqdesk.model.grid import DensityGrid
    from liqdesk.settings import Settings
    from liqdesk.ui.chart import ChartPane

PANELS_NS: Final = 100_000_000
GAP: Final = 3


class Window(QMainWindow):
    """Top bar, chart, panels and status bar.

    `command` carries engine commands, `settings_changed` new settings to be kept, `frame_taken` the word that the next frame may come,
    `chart_ready` that the chart took its place, `closing` that the window goes. Slots: `apply`, `set_grid`, `set_universe`,
    `set_tickers`.
    """

    command = Signal(object)
    settings_changed = Signal(object)
    chart_ready = Signal()
    frame_taken = Signal()
    closing = Signal()

    def __init__(self, settings: Settings, profile_writable: bool, profile_dir: str = "") -> None:
        super().__init__()
        app = QApplication.instance()
        if isinstance(app, QApplication) and (
            current().name != settings.theme or app.property("liqdesk_scale") is None
        ):
            apply_theme(app, settings.theme)
        self.settings = settings
        self.profile_dir = profile_dir
        self.profile_writable = profile_writable
        self.frame: Frame | None = None
        self.chart: ChartPane | None = None
        self.tickers: dict[str, Ticker] = {}
        self.universe: Universe | None = None
        self._grid: DensityGrid | None = None
        self.act = Actions(self)
        self._painted = False
        self._when_painted: list[Callable[[], None]] = []
        self._early: list[Frame] = []
        self._said: tuple[str, ...] = ()
        self._closed = False
        self._map_noted = False
        self._shown_ns = 0
        self._compact: bool | None = None
        self.player = Player(self)
        self._compose()
        self._connect()
        self._panels = QTimer(self)
        self._panels.setSingleShot(True)
        self._panels.timeout.connect(self._show_panels)
        self._shortcuts = self._bind_keys()
        self._notice()
        if settings.window_geometry:
            self.restoreGeometry(QByteArray.fromBase64(settings.window_geometry.encode("ascii", "ignore")))

    # building

    def _compose(self) -> None:
        self.setWindowTitle(f"{self.settings.symbol} · liqdesk")
        self.setWindowIcon(icons.window_icon())
        self.setMinimumSize(760, 480)
        self.resize(1600, 900)
        self.topbar = TopBar(self.settings)
        self.notices = Notices()
        self.stage = Stage()
        self.column = Column(self.settings)
        self.statusbar = StatusBar(self.settings)
        self.stage.toast.timezone = self.settings.timezone
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(GAP)
        middle.addWidget(self.stage, 1)
        middle.addWidget(self.column)
        outer = QVBoxLayout()
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(GAP)
        outer.addWidget(self.topbar)
        outer.addWidget(self.notices)
        outer.addLayout(middle, 1)
        outer.addWidget(self.statusbar)
        centre = QWidget()
        centre.setLayout(outer)
        centre.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCentralWidget(centre)
        centre.setFocus(Qt.FocusReason.OtherFocusReason)  # else the first control would wear the keyboard's ring

    def _connect(self) -> None:
        bar, act = self.topbar, self.act
        bar.symbol_asked.connect(act.search)
        bar.candle_chosen.connect(self.choose_candle)
        bar.window_chosen.connect(self.choose_window)
        bar.classes_chosen.connect(self.choose_classes)
        bar.side_chosen.connect(self.choose_side)
        bar.bell_pressed.connect(act.show_alerts)
        bar.picture_pressed.connect(act.save_picture)
        bar.help_pressed.connect(act.help)
        bar.theme_pressed.connect(act.switch_theme)
        bar.settings_pressed.connect(act.edit_settings)
        bar.more_pressed.connect(act.more)
        bar.pill_pressed.connect(act.pill)
        self.statusbar.legend.levels_chosen.connect(self.choose_levels)
        self.notices.acted.connect(act.notice_acted)
        alerts = self.column.alerts
        alerts.new_wanted.connect(act.new_rule)
        alerts.unseen_changed.connect(bar.bell.set_count)
        alerts.content.switched.connect(act.put_rule)
        alerts.content.edit_wanted.connect(act.edit_rule)
        alerts.content.drop_wanted.connect(act.drop_rule)
        alerts.content.show_price.connect(act.reveal)
        self.column.zones.content.show_price.connect(act.reveal)
        self.column.zones.content.alert_wanted.connect(act.alert_zone)
        self.stage.toast.show_wanted.connect(act.show_fired)
        self.stage.toast.rule_wanted.connect(act.edit_by_id)

    def _bind_keys(self) -> list[QShortcut]:
        made = []
        for key in KEYS:
            for i, sequence in enumerate(key.sequences):
                shortcut = QShortcut(QKeySequence(sequence), self)
                shortcut.setAutoRepeat(False)
                shortcut.activated.connect(lambda name=key.name, i=i: self.act.press(name, i))
                made.append(shortcut)
        return made

    # the first paint, then the chart

    def when_painted(self, call: Callable[[], None]) -> None:
        """Call once the skeleton has been painted; at once when it has."""
        if self._painted:
            call()
        else:
            self._when_painted.append(call)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            note("first_paint")
            QTimer.singleShot(0, self, self._after_paint)

    @Slot()
    def _after_paint(self) -> None:
        calls, self._when_painted = self._when_painted, []
        for call in calls:
            call()
        self.load_chart()
        if not self.settings.first_run_done:
            self.act.first_run()

    @Slot()
    def load_chart(self) -> None:
        """Import the chart and put it in its place; does nothing when it stands."""
        if self.chart is not None or self._closed:
            return
        from liqdesk.ui.chart import ChartPane

        chart = ChartPane(self.settings)
        chart.levels_changed.connect(self._levels_moved)
        chart.alert_price.connect(self.act.alert_price)
        chart.alert_zone.connect(self.act.alert_zone)
        chart.retry.connect(self.act.retry)
        self.chart = chart
        self.stage.put_chart(chart)
        if self._grid is not None:
            chart.set_grid(self._grid)
        for frame in self._early:
            chart.apply(frame)
        self._early.clear()
        self.chart_ready.emit()

    @property
    def chart_painted(self) -> bool:
        """Whether the map has been painted from the grid."""
        chart, frame = self.chart, self.frame
        return (
            chart is not None and frame is not None and chart.cell_value(frame.venue_ms, frame.prices.mark) is not None
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.centralWidget() is not None:
            self._compact = None
            self._fit()

    def _fit(self) -> None:
        compact = self.width() < COMPACT_BELOW * current().scale
        if compact != self._compact:
            self._compact = compact
            self.column.set_compact(compact)

    # what the engine says

    @Slot(object)
    def apply(self, frame: Frame) -> None:
        """Take a frame: the chart at once, the panels at most ten times a second, what comes only once never missed."""
        if self.frame is not None and frame.epoch != self.frame.epoch:
            self.stage.toast.clear()
            self._early.clear()
        self.frame = frame
        self.column.take(frame)
        if self.chart is not None:
            self.chart.apply(frame)
        else:
            self._early.append(frame)
        for fired in frame.new_fired:
            self.act.announce(fired)
        wait_ns = self._shown_ns + PANELS_NS - time.monotonic_ns()
        if wait_ns <= 0:
            self._show_panels()
        elif not self._panels.isActive():
            self._panels.start(math.ceil(wait_ns / 1e6))
        self._measure(frame)
        self.frame_taken.emit()

    def _measure(self, frame: Frame) -> None:
        if Trace.current is None:
            return
        Trace.current.frame(frame.venue_ms)
        if not self._map_noted and frame.progress is None and frame.now is not None and self.chart_painted:
            self._map_noted = True
            note("map_ready")

    @Slot()
    def _show_panels(self) -> None:
        frame = self.frame
        if frame is None:
            return
        self._shown_ns = time.monotonic_ns()
        self.topbar.show_frame(frame)
        self.column.show_frame(frame)
        self.statusbar.show_frame(frame)
        self._notice()
        last = present.price(frame.prices.last, frame.instrument.price_decimals)
        origin = "" if genuine(frame) else f" · {condition(frame).text}"
        self.setWindowTitle(f"{frame.instrument.symbol} {last}{origin} · liqdesk")

    def notify(self, sentence: str) -> None:
        """Show a sentence in the strip until it is dismissed."""
        if sentence not in self._said:
            self._said += (sentence,)
            self._notice()

    def _notice(self) -> None:
        """Bring the strip up to date: the profile, what was said, and what the newest frame brings."""
        notices = [Notice(words, words) for words in self._said]
        frame = self.frame
        if frame is not None:
            notices = [*offers(frame), *notices]
            notices += [Notice(words, words) for words in frame.notices if words not in self._said]
        self.notices.show_notices(tuple(notices))

    @Slot(object)
    def set_grid(self, grid: DensityGrid) -> None:
        """Show another grid: a new symbol or source."""
        self._grid = grid
        if self.chart is not None:
            self.chart.set_grid(grid)

    @Slot(object)
    def set_universe(self, universe: Universe) -> None:
        """Take the contracts that can be searched."""
        self.universe = universe
        self.act.universe_changed()

    @Slot(object)
    def set_tickers(self, tickers: Tickers) -> None:
        """Take last prices and 24 h changes for the search."""
        for row in tickers.rows:
            self.tickers[row.symbol] = row
        self.act.tickers_changed()

    # what the user says

    def change(self, **fields: object) -> None:
        """Change settings, show them, and say so."""
        new: Settings = msgspec.structs.replace(self.settings, **fields)
        if new == self.settings:
            return
        old, self.settings = self.settings, new
        app = QApplication.instance()
        if new.theme != old.theme and isinstance(app, QApplication):
            apply_theme(app, new.theme)
        self.topbar.show_settings(new)
        self.column.show_settings(new)
        self.statusbar.show_settings(new)
        self.stage.toast.timezone = new.timezone
        if self.chart is not None:
            self._tell_chart(old, new)
        self.settings_changed.emit(new)

    def _tell_chart(self, old: Settings, new: Settings) -> None:
        chart = self.chart
        assert chart is not None
        if new.candle_ms != old.candle_ms:
            chart.set_interval(new.candle_ms)
        if new.window_ms != old.window_ms:
            chart.set_window(new.window_ms)
        if (new.classes, new.side) != (old.classes, old.side):
            chart.set_selection(set(new.classes), new.side)
        levels = (new.heat_auto, new.heat_low_usd, new.heat_high_usd)
        if levels != (old.heat_auto, old.heat_low_usd, old.heat_high_usd):
            chart.set_levels(*levels)
        chart.set_settings(new)

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

    @Slot(float, float)
    def _levels_moved(self, low: float, high: float) -> None:
        self.statusbar.legend.show_levels(low, high)

    # going

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._closed:
            self._closed = True
            self._panels.stop()
            self.change(window_geometry=bytes(self.saveGeometry().toBase64().data()).decode("ascii"))
            self.closing.emit()
            self.stage.toast.clear()
            self.player.close()
            if self.chart is not None:
                self.chart.close_threads()
        super().closeEvent(event)

    def grab_picture(self) -> QImage:
        """Return the window as it stands, with symbol, venue, time and model noted inside."""
        return picture.take(self, self.frame)

    def state(self) -> dict[str, object]:
        """Return every number on screen by name, each as {"text": what is shown, "value": the raw value}, and the frame's own marks."""
        out: dict[str, object] = {**self.topbar.state(), **self.column.state(), **self.statusbar.state()}
        for i, notice in enumerate(self.notices.shown):
            out[f"notice.{i}"] = {"text": notice.sentence, "value": notice.key}
        if self.chart is not None:
            for name, value in self.chart.shown().items():
                out[f"chart.{name}"] = {"text": str(value), "value": value}
        if self.frame is not None:
            out["frame"] = marks(self.frame)
        return out


def marks(frame: Frame) -> dict[str, object]:
    """Return what says which moment of which market a frame is."""
    return {
        "epoch": frame.epoch,
        "serial": frame.serial,
        "venue_ms": frame.venue_ms,
        "source": frame.source.kind.value,
        "host": frame.source.host,
        "model_version": frame.model_version,
        "gain": frame.gain,
        "brackets_as_of": frame.brackets_as_of,
        "mark": frame.prices.mark,
        "open_interest": frame.open_interest,
        "audit_error": frame.ledger.audit_error if frame.ledger else None,
    }
