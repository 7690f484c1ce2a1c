"""All that opens over the window, opened and closed in turn by what a user presses: `liqdesk check` walks through it.

A command that opens something says so in `keys.KEYS`; what no command opens has its line in `openings`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QImage, QKeyEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget

from liqdesk.ui.keys import KEYS
from liqdesk.ui.trace import note

if TYPE_CHECKING:
    from liqdesk.ui.window import Window

log = logging.getLogger(__name__)

TICK_MS: Final = 30
LOOK_TICKS: Final = 3  # what has opened stands so long before it is looked at
LONGEST_S: Final = 15.0  # for an answer of the engine, on a slow machine
LEAST_COLOURS: Final = 3
BACK_MS: Final = 3_600_000


class Opening(NamedTuple):
    """Something that opens: its name, and what opens it; that returns False where there is nothing now that it could be of."""

    name: str
    open: Callable[[], object]


def openings(window: Window, files: bool) -> tuple[Opening, ...]:
    """Return all that opens over a window that shows a map. `files`: the dialogs for files too, which a desktop may lend us as its own, and
    those cannot be closed from here."""
    from liqdesk.ui.dialogs.tray import TrayNote
    from liqdesk.ui.windows.linkdot import LinkDot

    act, chart, bar, desk = window.act, window.chart, window.topbar, window.shell.desk_menu
    assert chart is not None
    dot = chart.findChild(LinkDot)
    assert dot is not None
    middle = chart.plot.rect().center()
    tape = window.column.tape
    found = [Opening(key.name, partial(act.press, key.name)) for key in KEYS if key.opens]
    found += [
        Opening("first note", act.cards.first_run),
        Opening("tray note", lambda: act.open_card(TrayNote(window))),
        Opening("smallest bubble", act.menus.layers.ask_size),
        Opening("rename layout", desk.rename),
        Opening("delete layout", desk.delete),
        Opening("menu of the connection", act.menus.pill),
        Opening("menu of a narrow bar", act.menus.more),
        Opening("menu of candles", bar.folds[0].click),
        Opening("menu of classes", bar.bands_button.click),
        Opening("menu of the legend", partial(_right_click, window.statusbar.legend)),
        Opening("menu of the chart", partial(chart.plot.menu.emit, QPointF(middle), QPointF(window.pos() + middle))),
        Opening("menu of links", dot.open),
        Opening("menu of a panel", partial(desk.open_panel, "zones", window.pos())),
        Opening("menu of sizes", tape.filter.size_button.click),
        Opening("menu of the log", partial(_log_menu, window)),
        Opening("menu of a zone", partial(_zone_menu, window)),
        Opening("refusal", partial(_refusal, window)),
    ]
    if files:
        found += [
            Opening("export layout", desk.export),
            Opening("import layout", desk.import_from),
            Opening("folder of exports", partial(_export_folder, window)),
        ]
    return tuple(found)


def _right_click(widget: QWidget) -> None:
    at = widget.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, widget.mapToGlobal(at))
    QApplication.sendEvent(widget, event)


def _zone_menu(window: Window) -> bool:
    zones = window.column.zones.content
    if not zones.zones:
        return False
    _press(zones, Qt.Key.Key_Down)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), zones.mapToGlobal(QPoint()))
    QApplication.sendEvent(zones, event)
    return True


def _log_menu(window: Window) -> None:
    window.column.show_panel("log")
    window.column.panel("log").filter.click()  # type: ignore[attr-defined]


def _refusal(window: Window) -> None:
    """Open what is else shown where there is no window."""
    from liqdesk.ui.refusal import box

    shown = box("This is only looked at.")
    shown.setParent(window, shown.windowFlags())
    shown.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    shown.open()


def _export_folder(window: Window) -> None:
    window.act.press("export")
    dialog = window.act.dialog
    assert dialog is not None
    dialog.browse.click()  # type: ignore[attr-defined]


def _press(widget: QWidget, key: Qt.Key) -> None:
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(widget, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier))


def floating(window: Window) -> set[QWidget]:
    """Return what stands over a window, or beside it, now: dialogs, menus, windows, and the cards on its chart. Not a panel that floats."""
    from liqdesk.ui.chart.floating import FloatingCard
    from liqdesk.ui.chart.goto import GotoField

    tips = (Qt.WindowType.ToolTip, Qt.WindowType.SplashScreen)
    found = {
        w
        for w in QApplication.topLevelWidgets()
        if w is not window and w.windowType() not in tips and not isinstance(w, QDockWidget)
    }
    if window.chart is not None:
        found |= {*window.chart.findChildren(FloatingCard), *window.chart.findChildren(GotoField)}
    return {w for w in found if w.isVisible()}


def is_empty(widget: QWidget) -> bool:
    """Return whether a widget shows hardly more than its ground."""
    small = widget.grab().toImage().scaled(64, 64, mode=Qt.TransformationMode.SmoothTransformation)
    pixels = memoryview(small.convertToFormat(QImage.Format.Format_RGB32).constBits()).cast("B").cast("I")
    return len(set(pixels)) < LEAST_COLOURS


class Walk(QObject):
    """Opens each thing, looks at it, closes it, from the event loop. `finished` at the end.

    Then `opened` holds the names of what opened and closed, `absent` of what was not there to open, `seen` the widgets' classes, and
    `troubles` a sentence for each that did not open, show something or close.
    """

    finished = Signal()

    def __init__(self, window: Window, what: Sequence[Opening]) -> None:
        super().__init__(window)
        self._window = window
        self._left = list(what)
        self._now: Opening | None = None
        self._before: set[QWidget] = set()
        self._ticks = 0
        self._closing = False
        self.longest_s = LONGEST_S
        self._deadline = 0.0
        self.opened: list[str] = []
        self.seen: set[type] = set()
        self.absent: list[str] = []
        self.troubles: list[str] = []
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def begin(self) -> None:
        self._timer.start()

    @Slot()
    def _tick(self) -> None:
        if self._now is None:
            self._begin_next()
            return
        here = floating(self._window) - self._before
        late = time.monotonic() > self._deadline
        if self._closing:
            self._close(here, late)
        elif here:
            self._ticks += 1
            if self._ticks > LOOK_TICKS:
                self._look(here)
        elif late:
            self.troubles.append(f"“{self._now.name}” did not open.")
            self._now = None

    def _begin_next(self) -> None:
        if not self._left:
            self._timer.stop()
            self.finished.emit()
            return
        self._now = self._left.pop(0)
        self._ticks, self._closing = 0, False
        self._deadline = time.monotonic() + self.longest_s
        self._stand_on_map()
        self._before = floating(self._window)
        try:
            there = self._now.open() is not False
        except Exception as e:
            log.exception("%s", self._now.name)
            self.troubles.append(f"“{self._now.name}” failed: {e}")
            self._now = None
        else:
            if not there:
                self.absent.append(self._now.name)
                self._now = None

    def _stand_on_map(self) -> None:
        """Put the crosshair where there is a cell to ask about."""
        chart, frame = self._window.chart, self._window.frame
        if chart is not None and frame is not None:
            chart.pointing.stand_at(frame.venue_ms - BACK_MS)

    def _look(self, here: set[QWidget]) -> None:
        assert self._now is not None
        for widget in here:
            self.seen.add(type(widget))
            if is_empty(widget):
                self.troubles.append(f"“{self._now.name}” shows nothing.")
        self._closing = True
        self._deadline = time.monotonic() + self.longest_s

    def _close(self, here: set[QWidget], late: bool) -> None:
        """Close what has opened: with Escape what has the keyboard, by its title bar what is a window."""
        assert self._now is not None
        if not here:
            self.opened.append(self._now.name)
            note("opened", name=self._now.name)
            self._now = None
            return
        if late:
            self.troubles.append(f"“{self._now.name}” did not close.")
            for widget in here:
                widget.hide()
            self._now = None
            return
        top = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if top is not None:
            _press(top.focusWidget() or top, Qt.Key.Key_Escape)
            return
        for widget in here:
            if widget.isWindow():
                widget.close()
            else:
                self._window.act.press("close")
