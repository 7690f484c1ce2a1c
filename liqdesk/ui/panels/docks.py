"""Panels in docks around what stands in the middle: made when they are wanted, placed, sized and folded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QChildEvent, QEvent, QPoint, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QRubberBand, QTabBar, QTabWidget, QWidget

from liqdesk.ui import draw
from liqdesk.ui.panels.catalogue import CATALOGUE, entry
from liqdesk.ui.panels.dock import AREAS, MOST, Dock, DropPlace
from liqdesk.ui.panels.frame import Panel
from liqdesk.ui.panels.sharing import share
from liqdesk.ui.theme import current

if TYPE_CHECKING:
    from liqdesk.settings import Settings

WIDE: Final = 348
NARROW: Final = 276
RIGHT: Final = AREAS["right"]
UPRIGHT: Final = (AREAS["right"], AREAS["left"])


class Docks(QMainWindow):
    """Holds the panels in docks, and in the middle what they stand around.

    `panel_made(panel)` when one that was not there is made, `menu_wanted(name, QPoint)` where a panel's menu is asked for, `arranged` when
    something stands elsewhere than before, `tucking` when those beside the middle were put away or brought back.
    """

    panel_made = Signal(object)
    menu_wanted = Signal(str, QPoint)
    arranged = Signal()
    tucking = Signal()

    def __init__(self, settings: Settings, middle: QWidget | None = None) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setMinimumSize(1, 1)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setDocumentMode(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # Qt's own hides docks and tells nobody
        for corner in (Qt.Corner.TopRightCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, RIGHT)
        for corner in (Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner):
            self.setCorner(corner, AREAS["left"])
        if middle is not None:
            self.setCentralWidget(middle)
        self.compact = False
        self.tucked = False
        self._width_before = 0
        self._wanted = 0  # the width last asked for, px
        self._on_its_way = False  # it comes with the next turn of events
        self._drop_place = DropPlace(self)
        self._settings = settings
        self._docks: dict[str, Dock] = {}
        self._opened: list[Panel] = []
        self._pending = False
        for one in CATALOGUE:
            if one.shown:
                self.panel(one.name)

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
            if dock in self.beside():
                self.tuck(False)
            if not dock.isFloating() and self.dockWidgetArea(dock) == Qt.DockWidgetArea.NoDockWidgetArea:
                self.put_first(dock)
            dock.panel.open_by_hand()
        dock.show_closed(not shown)

    def _make(self, name: str) -> None:
        one = entry(name)
        panel = one.factory(self._settings)
        panel.show_settings(self._settings)
        panel.wide = self._default_width()
        panel.set_compact(self.compact)
        dock = self._docks[name] = Dock(name, one.title, panel, self)
        panel.folded_changed.connect(self._folded)
        panel.reflowed.connect(self._share, Qt.ConnectionType.QueuedConnection)
        panel.header.menu_wanted.connect(lambda at: self.menu_wanted.emit(name, at))
        self.put_first(dock)
        dock.moved.connect(self._rearranged)
        dock.uncovered.connect(self._uncovered)
        self._begin(panel)
        self.panel_made.emit(panel)
        self._rearranged()

    def _begin(self, panel: Panel) -> None:
        """Bring a panel that was made just now up to date."""

    @Slot(object)
    def _uncovered(self, panel: Panel) -> None:
        """Bring a panel that comes in view up to date."""

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
            there = self._standing(area)
            self.addDockWidget(area, dock, Qt.Orientation.Vertical)
            if where == "bottom" and [d for d in there if d is not dock]:
                self.tabifyDockWidget(next(d for d in there if d is not dock), dock)

    # put away

    def beside(self) -> list[Dock]:
        """Return the docks to the left and to the right of the middle, those of the right from top to bottom first."""
        found = [d for d in self.docks if not d.isFloating()]
        return [d for area in UPRIGHT for d in found if self.dockWidgetArea(d) == area]

    def tuck(self, tucked: bool) -> None:
        """Put away what stands beside the middle, or bring it back as it stood. Layouts know nothing of it."""
        if tucked == self.tucked:
            return
        if tucked:
            self._width_before = self.width_of() if self.isVisible() else 0
        self.tucked = tucked
        beside = self.beside()
        for dock in self.docks:
            dock.tucked = tucked and dock in beside
            dock.setVisible(not dock.closed and not dock.tucked)
        if not tucked:
            self.set_width(self._width_before or self._default_width())
        self._share()
        self.tucking.emit()

    def forget_hands(self, opened: Sequence[str] = ()) -> None:
        """Take it that a hand opened only these."""
        self._opened = [self.panel(name) for name in opened]
        self._rearranged()

    # sizes

    def _default_width(self) -> int:
        return current().px(NARROW if self.compact else WIDE)

    def _asked_width(self) -> int:
        """Return the width last asked for: scale and compactness change one after the other, in either order."""
        return next((panel.wide for panel in self.panels if panel.wide), self._default_width())

    def width_of(self, area: Qt.DockWidgetArea = RIGHT) -> int:
        """Return the width of an area, in px; 0 where nothing stands. Of what is put away, that which it had."""
        if self.tucked and area == RIGHT:
            return self._width_before
        return max((d.width() for d in self._standing(area) if not d.covered), default=0)

    def set_width(self, width: int, again: bool = True) -> None:
        """Let the right area be so wide, px; once more later where least widths of a larger text still stand in the way."""
        standing = self._standing(RIGHT)
        self._wanted, self._on_its_way = width, False
        if standing:
            self.resizeDocks([standing[0]], [width], Qt.Orientation.Horizontal)
            layout = self.layout()
            assert layout is not None
            layout.activate()  # a change of scale asks twice, and the second asks what the first has made
            if again and self.width_of() > width + 2:
                self._on_its_way = True
                QTimer.singleShot(0, self, lambda: self.set_width(self._wanted, again=False))

    def set_compact(self, compact: bool) -> None:
        """Take the width and the folds of a compact or a wide window; a width that a hand chose stays."""
        before = self._asked_width()
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
        if before != wanted and (self._on_its_way or abs(self.width_of() - before) <= current().px(8)):
            self._width_before = wanted
            if not self.tucked:
                self.set_width(wanted)

    def childEvent(self, event: QChildEvent) -> None:
        super().childEvent(event)
        if event.type() == QEvent.Type.ChildPolished and isinstance(event.child(), QRubberBand):
            event.child().installEventFilter(self._drop_place)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in draw.RESTYLED and hasattr(self, "_docks"):
            self.restyle()

    def restyle(self) -> None:
        """Follow another theme or scale."""
        self._widen(self._asked_width())
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
        if self.tucked:
            return
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

    def _clear_bars(self) -> None:
        """Hide the bars of tabs that are no more: Qt keeps one on screen after its panels have gone elsewhere."""
        groups = [
            sorted(d.windowTitle() for d in (dock, *self._mates(dock))) for dock in self.docks if self._mates(dock)
        ]
        kept: list[list[str]] = []
        for bar in sorted(self._bars(), key=lambda bar: bar.count(), reverse=True):
            titles = sorted(bar.tabText(i) for i in range(bar.count()))
            if titles in groups and titles not in kept and self._heads(bar):
                kept.append(titles)
            else:
                bar.hide()

    def _heads(self, bar: QTabBar) -> bool:
        """Return whether a bar stands over a dock that shares it."""
        titles = {bar.tabText(i) for i in range(bar.count())}
        seen = [d for d in self.docks if d.fed and not d.isFloating() and d.windowTitle() in titles]
        return any(
            abs(d.y() - bar.geometry().bottom()) <= bar.height() and d.x() <= bar.x() <= d.geometry().right()
            for d in seen
        )

    @Slot()
    def _settle(self) -> None:
        self._clear_bars()
        self._share()
        for bar in self._bars():
            bar.setExpanding(False)
            bar.setDrawBase(False)
        self.arranged.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), draw.colour(current().window))
