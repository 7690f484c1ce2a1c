"""A chart in a window of its own: its own candles, stretch of time, classes, side and colour handles."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QKeySequence,
    QMoveEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import QVBoxLayout, QWidget

from liqdesk.ui import draw, icons, present
from liqdesk.ui.chart import ChartPane
from liqdesk.ui.condition import condition, genuine
from liqdesk.ui.layouts.document import ChartPlace
from liqdesk.ui.screens import clamped
from liqdesk.ui.stage import tell
from liqdesk.ui.statusbar import StatusBar
from liqdesk.ui.theme import current
from liqdesk.ui.topbar import TopBar
from liqdesk.ui.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from liqdesk.engine.frames import Frame
    from liqdesk.model.grid import DensityGrid
    from liqdesk.settings import Settings
    from liqdesk.ui.windows.linking import Link

GAP: Final = 3
OWN: Final = ("candle_ms", "window_ms", "classes", "side", "heat_auto", "heat_low_usd", "heat_high_usd")
MOVED_MS: Final = 300
LEAST: Final = (610, 360)  # px at 100 %
BARS_MS: Final = 110  # to the next turn of top bar or foot


class ChartWindow(QWidget):
    """Shows the frames of one contract.

    `gone` when it was closed, `changed` when it stands or shows something else, `symbol_asked` when another contract is to be chosen.
    """

    gone = Signal()
    changed = Signal()
    symbol_asked = Signal()

    def __init__(self, settings: Settings, place: ChartPlace) -> None:
        super().__init__(None, Qt.WindowType.Window)
        own = {name: getattr(place, name) for name in OWN}
        self.settings: Settings = msgspec.structs.replace(settings, **own)
        self.symbol = place.symbol  # empty: the main window's, whatever that is
        self.fed = ""  # by which session
        self.frame: Frame | None = None
        self.link: Link | None = None
        self._grid: DensityGrid | None = None
        self._closed = False
        self._keys: list[QShortcut] = []
        self.bar = TopBar(self.settings)
        self.bar.keep_to_the_chart()
        self.chart = ChartPane(self.settings)
        self.chart.turn.beside = True
        self.foot = StatusBar(self.settings)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.bar)
        column.addWidget(self.chart, 1)
        column.addWidget(self.foot)
        self._limit()
        self.setWindowIcon(icons.window_icon())
        self.setWindowTitle("chart · liqdesk")
        self._turns = Turns(self, self._show_part, self.chart.map.take_worked, 2, BARS_MS)
        self._moved = QTimer(self)
        self._moved.setSingleShot(True)
        self._moved.setInterval(MOVED_MS)
        self._moved.timeout.connect(self.changed)
        self._connect()
        if not self.settings.heat_auto:
            self.chart.set_levels(False, self.settings.heat_low_usd, self.settings.heat_high_usd)

    def _connect(self) -> None:
        bar = self.bar
        bar.symbol_asked.connect(self.symbol_asked)
        bar.candle_chosen.connect(lambda ms: self.change(candle_ms=ms))
        bar.window_chosen.connect(self.choose_window)
        bar.classes_chosen.connect(lambda classes: self.change(classes=classes))
        bar.side_chosen.connect(lambda side: self.change(side=side))
        legend = self.foot.legend
        legend.levels_chosen.connect(
            lambda auto, low, high: self.change(heat_auto=auto, heat_low_usd=low, heat_high_usd=high)
        )
        self.chart.levels_changed.connect(legend.show_levels)

    # what it shows

    def begin(self, frame: Frame, grid: DensityGrid | None, other: ChartPane) -> None:
        """Show another source from its newest frame on, with what another chart of it has gathered."""
        self.set_grid(grid)
        self.apply(frame)
        self.chart.series.clear()
        self.chart.series.book = copy.deepcopy(other.series.book)
        self.chart.state.orders = other.state.orders.copy()

    def set_grid(self, grid: DensityGrid | None) -> None:
        """Show another grid, if it is another."""
        if grid is not self._grid:
            self._grid = grid
            self.chart.set_grid(grid)

    @Slot(object)
    def apply(self, frame: Frame) -> None:
        """Take a frame: the chart at once, the bars each at most five times a second."""
        if self._closed:
            return
        anew = self.frame is None or frame.epoch != self.frame.epoch
        self.frame = frame
        self.chart.apply(frame)
        if self.isVisible() and not self.isMinimized():
            self._turns.frame(anew)

    def _show_part(self, part: int) -> None:
        frame = self.frame
        if frame is None:
            return
        if part == 0:
            self.bar.show_frame(frame)
            self.setWindowTitle(title(frame))
        else:
            self.foot.show_frame(frame)

    def follow(self, settings: Settings) -> None:
        """Take changed settings of the program; what is this window's own stays."""
        own = {name: getattr(self.settings, name) for name in OWN}
        self._use(msgspec.structs.replace(settings, **own))

    def change(self, **fields: object) -> None:
        """Choose something of this window's own."""
        before = self.settings
        self._use(msgspec.structs.replace(self.settings, **fields))
        if before != self.settings:
            self.changed.emit()

    @Slot(object)
    def choose_window(self, ms: int) -> None:
        self.change(window_ms=ms)
        if self.link is not None:
            self.link.later()

    def _use(self, new: Settings) -> None:
        if new == self.settings:
            return
        old, self.settings = self.settings, new
        self.bar.show_settings(new)
        self.foot.show_settings(new)
        tell(self.chart, old, new)

    # keys

    def bind(self, calls: Mapping[str, object], sequences: Mapping[str, tuple[str, ...]]) -> None:
        """Bind commands to key sequences in this window, in place of those that were bound."""
        for old in self._keys:
            old.setEnabled(False)
            old.deleteLater()
        self._keys = []
        for name, call in calls.items():
            for sequence in sequences.get(name, ()):
                shortcut = QShortcut(QKeySequence(sequence), self)
                shortcut.setAutoRepeat(False)
                shortcut.activated.connect(call)
                self._keys.append(shortcut)

    # place

    def place(self) -> ChartPlace:
        """Return where it stands and what it shows."""
        rect = self.normalGeometry() if self.isMaximized() else self.geometry()
        own = {name: getattr(self.settings, name) for name in OWN}
        return ChartPlace(
            (rect.x(), rect.y(), rect.width(), rect.height()),
            symbol=self.symbol,
            group=self.link.group if self.link is not None else "",
            maximized=self.isMaximized(),
            **own,
        )

    def stand(self, rect: QRect, maximized: bool) -> None:
        """Show it at a place, as far as a screen is there."""
        self.setGeometry(clamped(rect))
        self.showMaximized() if maximized else self.show()
        self.chart.setFocus(Qt.FocusReason.OtherFocusReason)  # else a control would wear the ring of the keyboard

    def sizeHint(self) -> QSize:
        return QSize(current().px(1_000), current().px(680))

    def _limit(self) -> None:
        """Let it be no smaller than its bar has room in, nor than a small screen."""
        self.setMinimumSize(min(current().px(LEAST[0]), 1_200), min(current().px(LEAST[1]), 640))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in draw.RESTYLED:
            self._limit()
        if event.type() == QEvent.Type.ActivationChange:
            self.chart.turn.beside = not self.isActiveWindow()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._turns.everything()  # what came meanwhile

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._moved.start()

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self._moved.start()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), draw.colour(current().window))

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        if not self._closed:
            self._closed = True
            self._moved.stop()
            self._turns.stop()
            self.chart.close_threads()
            self.gone.emit()

    def state(self) -> dict[str, object]:
        """Return every number on screen by name, text and raw value."""
        out: dict[str, object] = {**self.bar.state(), **self.foot.state()}
        for name, value in self.chart.shown().items():
            out[f"chart.{name}"] = {"text": str(value), "value": value}
        out["title"] = {"text": self.windowTitle(), "value": self.windowTitle()}
        return out


def title(frame: Frame) -> str:
    """Return a window's title: contract, last price, and what is not live."""
    last = present.price(frame.prices.last, frame.instrument.price_decimals)
    origin = "" if genuine(frame) else f" · {condition(frame).text}"
    return f"{frame.instrument.symbol} {last}{origin} · liqdesk"
