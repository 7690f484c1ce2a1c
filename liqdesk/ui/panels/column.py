"""The panels as docks around the chart: by default a column at the right, one over the other, 3 px apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QTabBar, QTabWidget, QWidget

from liqdesk.ui import draw
from liqdesk.ui.condition import condition, genuine
from liqdesk.ui.panels.catalogue import CATALOGUE, entry
from liqdesk.ui.panels.dock import AREAS, MOST, Dock
from liqdesk.ui.panels.frame import Origin, Panel
from liqdesk.ui.panels.sharing import share
from liqdesk.ui.theme import current

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings
    from liqdesk.ui.panels.alerts import AlertsPanel
    from liqdesk.ui.panels.funding import FundingPanel
    from liqdesk.ui.panels.imbalance import ImbalancePanel
    from liqdesk.ui.panels.tape import TapePanel
    from liqdesk.ui.panels.zones import ZonesPanel

WIDE: Final = 348
NARROW: Final = 276
RIGHT: Final = AREAS["right"]
UPRIGHT: Final = (AREAS["right"], AREAS["left"])


class Column(QMainWindow):
    """Holds the panels in docks, and in the middle what they stand around. Passes frames and settings on, to hidden panels only what comes
    once.

    `panel_made(panel)` when one that was not there is made, `menu_wanted(name, QPoint)` where a panel's menu is asked for, `arranged` when
    something stands elsewhere than before.
    """

    panel_made = Signal(object)
    menu_wanted = Signal(str, QPoint)
    arranged = Signal()

    def __init__(self, settings: Settings, middle: QWidget | None = None) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setMinimumSize(1, 1)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setDocumentMode(True)
        for corner in (Qt.Corner.TopRightCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, RIGHT)
        for corner in (Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner):
            self.setCorner(corner, AREAS["left"])
        if middle is not None:
            self.setCentralWidget(middle)
        self.compact = False
        self._settings = settings
        self._frame: Frame | None = None
        self._docks: dict[str, Dock] = {}
        self._opened: list[Panel] = []
        self._epoch: int | None = None
        self._heights: tuple[object, ...] = ()
        self._pending = False
        for one in CATALOGUE:
            if one.shown:
                self.panel(one.name)

    # the panels that other parts of the window speak of by name

    @property
    def imbalance(self) -> ImbalancePanel:
        return cast("ImbalancePanel", self.panel("imbalance"))

    @property
    def funding(self) -> FundingPanel:
        return cast("FundingPanel", self.panel("funding"))

    @property
    def zones(self) -> ZonesPanel:
        return cast("ZonesPanel", self.panel("zones"))

    @property
    def alerts(self) -> AlertsPanel:
        return cast("AlertsPanel", self.panel("alerts"))

    @property
    def tape(self) -> TapePanel:
        return cast("TapePanel", self.panel("tape"))

    @property
    def docks(self) -> tuple[Dock, ...]:
        """Return the docks made so far, in the order of the catalogue."""
        return tuple(self._docks[one.name] for one in CATALOGUE if one.name in self._docks)

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Return the panels made so far, in the order of the catalogue."""
        return tuple(dock.panel for dock in self.docks)

    def dock(self, name: str) -> Dock:
        """Return the dock of a panel by its name in the catalogue; made and shown at the first use. KeyError where there is none."""
        if name not in self._docks:
            self._make(name)
        return self._docks[name]

    def panel(self, name: str) -> Panel:
        """Return a panel by its name in the catalogue; made and shown at the first use. KeyError where there is none."""
        return self.dock(name).panel

    def is_shown(self, name: str) -> bool:
        return name in self._docks and not self._docks[name].closed

    def show_panel(self, name: str, shown: bool = True) -> None:
        """Show a panel, open and before its tabs, or hide it."""
        if not shown and name not in self._docks:
            return
        dock = self.dock(name)
        if shown:
            dock.panel.open_by_hand()
        dock.show_closed(not shown)

    def _make(self, name: str) -> None:
        one = entry(name)
        panel = one.factory(self._settings)
        panel.wide = self._default_width()
        panel.set_compact(self.compact)
        dock = self._docks[name] = Dock(name, one.title, panel, self)
        panel.folded_changed.connect(self._folded)
        panel.header.menu_wanted.connect(lambda at: self.menu_wanted.emit(name, at))
        self.put_first(dock)
        dock.moved.connect(self._rearranged)
        dock.uncovered.connect(self._uncovered)
        if self._frame is not None:
            panel.clear(self._frame)
            panel.take(self._frame)
            panel.show_frame(self._frame)
        self.panel_made.emit(panel)
        self._rearranged()

    def put_first(self, dock: Dock) -> None:
        """Put a dock where its panel stands when it is first shown."""
        where = entry(dock.name).where
        area = AREAS["right"] if where in ("column", "tab") else AREAS[where]
        names = [one.name for one in CATALOGUE]
        before = [
            d
            for d in self.docks[: names.index(dock.name)]
            if d is not dock and not d.closed and not d.isFloating() and self.dockWidgetArea(d) == area
        ]
        tape = self._docks.get("tape")
        if where == "tab" and tape is not None and tape is not dock and self.dockWidgetArea(tape) == RIGHT:
            self.tabifyDockWidget(tape, dock)
        elif where == "column" and [d for d in before if entry(d.name).where == "column"]:
            above = [d for d in before if entry(d.name).where == "column"][-1]
            self.splitDockWidget(above, dock, Qt.Orientation.Vertical)
        else:
            self.addDockWidget(area, dock, Qt.Orientation.Vertical)

    # sizes

    def _default_width(self) -> int:
        return current().px(NARROW if self.compact else WIDE)

    def width_of(self, area: Qt.DockWidgetArea = RIGHT) -> int:
        """Return the width of an area, in px; 0 where nothing stands."""
        return max((d.width() for d in self._standing(area) if not d.covered), default=0)

    def set_compact(self, compact: bool) -> None:
        """Take the width and the folds of a compact or a wide window; a width that a hand chose stays."""
        before = self._default_width()
        self.compact = compact
        for panel in self.panels:
            panel.set_compact(compact)
        self._widen(before)
        self._share()

    def _widen(self, before: int) -> None:
        wanted = self._default_width()
        for panel in self.panels:
            panel.wide = wanted
            panel.updateGeometry()
        standing = self._standing(RIGHT)
        if standing and before != wanted and abs(self.width_of() - before) <= 2:
            self.resizeDocks([standing[0]], [wanted], Qt.Orientation.Horizontal)
            layout = self.layout()
            assert layout is not None
            layout.activate()  # a change of scale asks twice, and the second asks what the first has made

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in draw.RESTYLED and hasattr(self, "_docks"):
            self.restyle()

    def restyle(self) -> None:
        """Follow another theme or scale."""
        wanted = self._default_width()
        before = self.panels[0].wide if self.panels else wanted
        self._widen(before)
        self._share()

    def sizeHint(self) -> QSize:
        return QSize(self._default_width(), 400)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._share()

    def _standing(self, area: Qt.DockWidgetArea) -> list[Dock]:
        """Return the docks that stand in an area, from top to bottom."""
        found = [d for d in self.docks if not d.closed and not d.isFloating() and self.dockWidgetArea(d) == area]
        return sorted(found, key=lambda d: d.y()) if self.isVisible() else found

    def _stacked(self, area: Qt.DockWidgetArea) -> list[Dock]:
        """Return the docks of an area if all stand over one another, one for each set of tabs; else none."""
        found = [d for d in self._standing(area) if not d.covered]
        side_by_side = any(a.geometry().right() < b.x() or b.geometry().right() < a.x() for a in found for b in found)
        return [] if side_by_side else found

    @Slot()
    def _share(self) -> None:
        """Give every dock the heights it may have."""
        self._pending = False
        upright = []
        for area in UPRIGHT:
            stack = self._stacked(area)
            tabs = [d for d in stack if self._mates(d)]
            bars = sum(bar.height() for bar in self._bars()) if tabs and area == RIGHT else 0
            alone = [d for d in stack if d not in tabs]
            for dock in tabs:
                dock.panel.fold(False)
            taken = sum(d.minimumHeight() + 3 for d in tabs)
            share(alone, self.height() - bars - taken, self.compact, self._opened)
            if tabs and alone:
                alone[-1].limit(alone[-1].minimumHeight(), alone[-1].minimumHeight())
            upright += alone
        for dock in self.docks:
            dock.panel.header.set_tabbed(bool(self._mates(dock)))
            if dock not in upright and not dock.closed:
                dock.limit(0, MOST)

    def _mates(self, dock: Dock) -> list[Dock]:
        """Return those that share tabs with a dock and are shown."""
        if dock.closed or dock.isFloating():
            return []
        return [d for d in self.tabifiedDockWidgets(dock) if isinstance(d, Dock) and not d.closed]

    def _bars(self) -> list[QTabBar]:
        found = self.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [bar for bar in found if bar.isVisible()]

    @Slot(bool)
    def _folded(self, folded: bool) -> None:
        panel = self.sender()
        if isinstance(panel, Panel):
            self._opened = [p for p in self._opened if p is not panel] + ([] if folded else [panel])
        self._share()
        self.arranged.emit()

    @Slot()
    def _rearranged(self) -> None:
        """Divide the heights anew when Qt is done with what it does."""
        if not self._pending:
            self._pending = True
            QTimer.singleShot(0, self, self._settle)

    @Slot()
    def _settle(self) -> None:
        self._share()
        for bar in self._bars():
            bar.setExpanding(False)
            bar.setDrawBase(False)
        self.arranged.emit()

    # frames

    def take(self, frame: Frame) -> None:
        """Have what a frame brings only once kept: forced orders, firings. A new epoch forgets the old market's."""
        self._frame = frame
        anew = frame.epoch != self._epoch
        self._epoch = frame.epoch
        origin = origin_of(frame)
        for panel in self.panels:
            if anew:
                panel.clear(frame)
            panel.take(frame)
            panel.header.show_origin(origin)

    def show_frame(self, frame: Frame) -> None:
        """Show a frame in every panel that can be seen."""
        self.show_upper(frame)
        self.show_lower(frame)

    def show_upper(self, frame: Frame) -> None:
        """Show a frame in the upper half of the panels."""
        self._show(frame, self.docks[: len(self._docks) // 2])

    def show_lower(self, frame: Frame) -> None:
        """Show a frame in the lower half of the panels."""
        self._show(frame, self.docks[len(self._docks) // 2 :])

    def _show(self, frame: Frame, docks: tuple[Dock, ...]) -> None:
        for dock in docks:
            if dock.fed:
                dock.panel.show_frame(frame)
        self._fit()

    @Slot(object)
    def _uncovered(self, panel: Panel) -> None:
        if self._frame is not None:
            panel.show_frame(self._frame)

    def _fit(self) -> None:
        heights = (self.zones.content.wanted(), self.alerts.content.high(), *(p.needed() for p in self.panels))
        if heights != self._heights:
            self._heights = heights
            self._share()

    def show_settings(self, settings: Settings) -> None:
        self._settings = settings
        for panel in self.panels:
            panel.show_settings(settings)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), draw.colour(current().window))

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the panels on screen show, text and raw value by name."""
        out: dict[str, dict[str, object]] = {}
        for dock in self.docks:
            if dock.fed:
                out |= dock.panel.state()
        return out


def origin_of(frame: Frame) -> Origin:
    """Return what a window of its own says of its source: nothing but the symbol while it is live and fresh."""
    now = condition(frame)
    plain = genuine(frame) and frame.connection.health == "fresh"
    return Origin(frame.instrument.symbol, "" if plain else now.text, now.token)
