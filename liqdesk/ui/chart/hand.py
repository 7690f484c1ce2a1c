"""What the hand does on the plot beyond moving it: the ruler, and the lines that stay."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from liqdesk.ui import present
from liqdesk.ui.chart.kept import kept_at
from liqdesk.ui.chart.plot import Plot
from liqdesk.ui.chart.state import ChartState, Ruler
from liqdesk.ui.chart.whatif import WhatIf
from liqdesk.ui.keptlines import MOST_LINES, KeptLine, Key, Lines


class Hand(QObject):
    """Takes drags before the plot does. `lines_changed(key, lines)` when the user changed the lines of a contract, `redraw` when
    something here is to be painted."""

    lines_changed = Signal(object, object)
    redraw = Signal()

    def __init__(self, state: ChartState, plot: Plot, whatif: WhatIf, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self._whatif = whatif
        self.armed = False  # the next drag is the ruler's
        self._plot = plot
        self._from: tuple[float, float] | None = None  # time and price where the ruler begins
        self._held: KeptLine | None = None
        self._before: tuple[KeptLine, ...] = ()
        self._held_key: Key | None = None
        plot.view.hand, plot.view.tap = self.take, self.tap
        plot.pointed.connect(self._point)

    # drags

    def take(self, ev: Any) -> bool:
        """Take a left drag of the view (a pyqtgraph MouseDragEvent); return whether it was one for the ruler or for a line."""
        s = self.state
        if not s.lens.valid or s.frame is None:
            return False
        if self._whatif.drag(ev):
            return True
        down, at = ev.buttonDownPos(), ev.pos()
        if ev.isStart():
            self._from = self._held = None
            if self.armed or ev.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._from = s.lens.time(down.x()), s.lens.price(down.y())
            else:
                self._held, self._before, self._held_key = kept_at(s, down.y()), s.kept, s.kept_key
        if self._from is not None:
            x, y = self._inside(at.x(), at.y())
            s.ruler = Ruler(*self._from, s.lens.time(x), s.lens.price(y))
            s.ruling = not ev.isFinish()
            self.armed = self.armed and s.ruling
        elif self._held is not None:
            self._drag_line(at.y(), bool(ev.isFinish()))
        else:
            return False
        self.redraw.emit()
        return True

    def _inside(self, x: float, y: float) -> tuple[float, float]:
        lens = self.state.lens
        return min(max(x, 0.0), lens.width), min(max(y, 0.0), lens.height)

    def _drag_line(self, y: float, done: bool) -> None:
        held = self._held
        if held is None or self._held_key != self.state.kept_key:  # another contract came meanwhile
            self._held = None
            return
        moved = KeptLine(self.rounded(self.state.lens.price(self._inside(0.0, y)[1])))
        rest = tuple(line for line in self._before if line not in (held, moved))
        self._put((*rest, moved), say=done)
        if done:
            self._held = None

    def rounded(self, price: float) -> float:
        """Return a price with no more digits than the view can tell apart."""
        lens, decimals = self.state.lens, self.state.decimals
        step = price * (lens.y1 - lens.y0) / lens.height
        return round(price, present.range_decimals(0, step * 10, decimals)) if step > 0 else round(price, decimals)

    # the ruler

    def arm(self) -> None:
        """Let the next drag, or the next two clicks, be the ruler's."""
        self.armed = True

    def tap(self, x: float, y: float) -> bool:
        """Take a left click while the ruler is wanted: the first sets one corner, the second the other; return whether it was for it."""
        s = self.state
        if not self.armed or not s.lens.valid:
            return False
        at = s.lens.time(x), s.lens.price(y)
        if self._from is not None and s.ruling:
            s.ruler = Ruler(*self._from, *at)
            s.ruling = self.armed = False
        else:
            self._from, s.ruler, s.ruling = at, Ruler(*at, *at), True
        self.redraw.emit()
        return True

    def close(self) -> bool:
        """Take the ruler away; return whether there was one."""
        was = self.state.ruler is not None or self.armed
        self.state.ruler, self.state.ruling, self.armed = None, False, False
        if was:
            self.redraw.emit()
        return was

    # lines that stay

    @Slot(object)
    def show_lines(self, lines: Lines) -> None:
        """Draw these lines, those of the contract on the chart."""
        self.state.kept_lines = lines
        self.redraw.emit()

    def add_line(self, price: float) -> bool:
        """Keep a line at a price; return whether there was room for it."""
        s = self.state
        if s.kept_key is None or len(s.kept) >= MOST_LINES or not (math.isfinite(price) and price > 0):
            return False
        line = KeptLine(self.rounded(price))
        self._put((*(one for one in s.kept if one != line), line))
        return True

    def remove_line(self, line: KeptLine) -> None:
        self._put(tuple(one for one in self.state.kept if one != line))

    def pointed_price(self) -> float | None:
        """Return the price under the crosshair."""
        s = self.state
        return s.lens.price(s.hover[1]) if s.hover is not None and s.lens.valid else None

    def pointed_line(self) -> KeptLine | None:
        """Return the line under the crosshair."""
        return kept_at(self.state, self.state.hover[1]) if self.state.hover is not None else None

    def _put(self, lines: tuple[KeptLine, ...], say: bool = True) -> None:
        key: Key | None = self.state.kept_key
        if key is None:
            return
        self.state.kept_lines = {**self.state.kept_lines, key: lines}
        self.redraw.emit()
        if say:
            self.lines_changed.emit(key, lines)

    @Slot(object)
    def _point(self, at: tuple[float, float] | None) -> None:
        """Draw the ruler on between its two clicks; show the hand that a line can be moved by."""
        s = self.state
        if at is not None and self.armed and s.ruling and self._from is not None:
            x, y = self._inside(*at)
            s.ruler = Ruler(*self._from, s.lens.time(x), s.lens.price(y))
            self.redraw.emit()
        over = at is not None and (self._whatif.near(at[1]) or kept_at(self.state, at[1]) is not None)
        shape = Qt.CursorShape.SizeVerCursor if over else Qt.CursorShape.CrossCursor
        if self._plot.cursor().shape() != shape:
            self._plot.setCursor(shape)
