"""A panel as a dock widget: its header is the title bar, which moves, floats and folds it. Floating, it says whose numbers it shows."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QSizePolicy, QWidget

from liqdesk.ui import draw
from liqdesk.ui.panels.frame import Origin, Panel
from liqdesk.ui.screens import clamped
from liqdesk.ui.theme import current

MOST: Final = 16_777_215  # as Qt has it
TIP: Final = "Click: fold or open. Drag: move, out of the window too. Double click: float or dock again. Right click: everything else."
AREAS: Final = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
    "top": Qt.DockWidgetArea.TopDockWidgetArea,
}


class DropPlace(QObject):
    """Paints where a dragged panel would be put, in place of Qt's own shade: the style sheet has no say in that."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.Paint or not isinstance(watched, QWidget):
            return False
        t = current()
        p = QPainter(watched)
        p.fillRect(watched.rect(), draw.colour(t.hover))
        draw.outline(p, 0, 0, watched.width(), watched.height(), t.text3, 0)
        return True


class Dock(QDockWidget):
    """Holds one panel. `moved` when it was put elsewhere, hidden or shown; `uncovered` when its panel comes in view."""

    moved = Signal()
    uncovered = Signal(object)

    def __init__(self, name: str, title: str, panel: Panel, parent: QMainWindow) -> None:
        super().__init__(title, parent)
        self.setObjectName(name)
        self.panel = panel
        self.title = title
        self.closed = False  # by hand or by a layout
        self.covered = False  # by another tab, or with the whole window
        self.tucked = False  # put away for want of room beside the chart
        panel.header.docked = True
        if not panel.header.toolTip():
            panel.header.setToolTip(TIP)
        panel.header.close_wanted.connect(self.close)
        self.setTitleBarWidget(panel.header)
        panel.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setWidget(panel)
        feature = QDockWidget.DockWidgetFeature
        self.setFeatures(feature.DockWidgetMovable | feature.DockWidgetFloatable | feature.DockWidgetClosable)
        self.topLevelChanged.connect(self._floated)
        self.dockLocationChanged.connect(self.moved)
        self.visibilityChanged.connect(self._seen)

    @property
    def name(self) -> str:
        return self.objectName()

    @property
    def fed(self) -> bool:
        """Whether what the panel shows can be seen."""
        return not self.closed and not self.covered and not self.tucked

    def show_closed(self, closed: bool) -> None:
        """Take it away, or bring it back to the front of where it was."""
        self.closed = closed
        self.setVisible(not closed and not self.tucked)
        if not closed:
            self.raise_to_front()
        self.moved.emit()

    def raise_to_front(self) -> None:
        """Bring it before its tabs, or its window before the others."""
        host = self.parentWidget()
        if self.isFloating() or (isinstance(host, QMainWindow) and host.tabifiedDockWidgets(self)):
            self.raise_()

    def show_origin(self, origin: Origin) -> None:
        """Say of a panel in a window of its own whose numbers it shows; docked, its title stands alone."""
        said = [self.title, origin.symbol, origin.words] if self.isFloating() else [self.title]
        words = " · ".join(part for part in said if part)
        if words != self.windowTitle():
            self.setWindowTitle(words)
        self.panel.header.show_origin(origin)

    def limit(self, least: int, most: int) -> None:
        """Let it be so high, px, header included."""
        if (self.minimumHeight(), self.maximumHeight()) != (least, most):
            self.setMinimumHeight(least)
            self.setMaximumHeight(max(least, most))

    def place(self, rect: QRect) -> None:
        """Put the floating window to a place, as far as a screen is there."""
        self.setGeometry(clamped(rect))

    @Slot(bool)
    def _floated(self, floating: bool) -> None:
        self.panel.header.set_floating(floating)
        self.show_origin(self.panel.header.origin)
        if floating:
            self.limit(0, MOST)
            self.panel.fold(False)
            self.resize(self.size().expandedTo(self.minimumSizeHint()))  # its border takes room
            self.setFocus(Qt.FocusReason.OtherFocusReason)  # else the header would wear the ring of the keyboard
        self.moved.emit()

    @Slot(bool)
    def _seen(self, visible: bool) -> None:
        covered = not visible and not self.isHidden()
        changed, self.covered = covered != self.covered, covered
        if visible:
            self.uncovered.emit(self.panel)
        if changed:
            self.moved.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed = True
        self.moved.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.fillRect(self.rect(), draw.colour(t.panel))
        if self.isFloating():
            draw.outline(p, 0, 0, self.width(), self.height(), t.border, 0)
