"""Asking why a cell is hot: from a click or a key to the card that answers."""

from __future__ import annotations

import math
from dataclasses import asdict
from itertools import count
from typing import Final

from PySide6.QtCore import QObject, QRectF, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget

from liqdesk.engine.frames import Frame
from liqdesk.engine.whys import AskWhy, Why
from liqdesk.model.axis import display_bin_of, price_of_display_bin
from liqdesk.ui.chart.heat import OPEN, Heat
from liqdesk.ui.chart.overlay import Overlay
from liqdesk.ui.chart.plot import Plot
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.chart.whycard import WhyCard
from liqdesk.ui.chart.whywords import WhyText, why_text

DOUBLE_MS: Final = 250  # a second click within this means the view, not the cell
SIDES: Final = {"long": 0, "short": 1}
MARGIN: Final = 8
SERIALS: Final = count(1)  # no two charts ask alike


class Whys(QObject):
    """One question at a time. `asked(AskWhy)` goes to the engine; `take` looks for its answer in each frame."""

    asked = Signal(object)

    def __init__(self, state: ChartState, plot: Plot, heat: Heat, overlay: Overlay, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.card = WhyCard(parent)
        self.answer: Why | None = None
        self.text: WhyText | None = None
        self._plot, self._heat, self._overlay = plot, heat, overlay
        self._serial = 0
        self._epoch = -1
        self._waiting = False
        self._at = (0.0, 0.0)
        self._held: Why | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._show_held)
        plot.clicked.connect(self.click)
        plot.reset.connect(self.close)
        self.card.closed.connect(self.close)

    @property
    def open(self) -> bool:
        return self.text is not None

    @Slot(float, float)
    def click(self, x: float, y: float) -> None:
        """Ask about the cell at a place in plot pixels, or close the card that is open."""
        if self.open:
            self.close()
        elif self._ask_at(x, y):
            self._timer.start(min(DOUBLE_MS, QApplication.doubleClickInterval()))

    def at_pointer(self) -> bool:
        """Ask about the cell under the crosshair, without one about the largest zone; return whether there was either."""
        s = self.state
        if s.hover is not None and s.hover[0] < s.lens.width and s.hover[1] < s.lens.height:
            return self._ask_at(*s.hover)
        zone = max(s.zones, key=lambda z: z.usd, default=None)
        if zone is None or not s.lens.valid:
            return False
        self._at = (s.lens.width, s.lens.y(zone.peak))
        self._ask(display_bin_of(zone.peak), int(zone.side), None, None)
        return True

    def take(self, frame: Frame) -> None:
        """Take a frame's answer, if it is the one waited for; another symbol or source closes the card."""
        if frame.epoch != self._epoch:
            self._epoch = frame.epoch
            self.close()
        why = frame.why
        if why is None or not self._waiting or why.ask.serial != self._serial:
            return
        self._waiting = False
        if self._timer.isActive():
            self._held = why
        else:
            self._show(why)

    @Slot()
    def close(self) -> None:
        """Take the card away, and forget a question that is under way."""
        self._timer.stop()
        self._waiting = False
        self._held = self.answer = self.text = None
        self.card.hide()
        self._overlay.taken = None

    def shown(self) -> dict[str, object] | None:
        """Return what the card says, with the numbers behind it; None while it is closed."""
        if self.text is None or self.answer is None:
            return None
        why = self.answer
        numbers = {
            name: getattr(why, name)
            for name in ("usd", "put_usd", "decayed_usd", "swept_usd", "stands_usd", "by_class", "by_age", "as_of_ms")
        }
        return {**asdict(self.text), **numbers, "row": why.ask.row, "listed": [c.stands_usd for c in why.causes]}

    def _ask_at(self, x: float, y: float) -> bool:
        s, heat = self.state, self._heat
        if (
            s.frame is None
            or not s.lens.valid
            or not heat.ready
            or not (0 <= x < s.lens.width and 0 <= y < s.lens.height)
        ):
            return False
        price = s.lens.price(round(y) + 0.5)
        column = math.floor(x / s.lens.width * heat.columns.size)
        run, cell = heat.run_at(column), heat.cell(column, price)
        if run is None or cell is None:
            return False
        self._at = (x, y)
        side = SIDES.get(s.side)
        if side is None and display_bin_of(cell.mark) != cell.bin:
            side = int(price_of_display_bin(cell.bin) > cell.mark)
        now = run[0] == OPEN
        self._ask(cell.bin, side, None if now else cell.span_ms, None if now else run[1])
        return True

    def _ask(self, row: int, side: int | None, span_ms: int | None, number: int | None) -> None:
        frame = self.state.frame
        if frame is None:
            return
        self._serial = next(SERIALS)
        self._waiting = True
        self._held = None
        self.asked.emit(
            AskWhy(self._serial, frame.epoch, row, side, tuple(sorted(self.state.classes)), span_ms, number)
        )

    @Slot()
    def _show_held(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._show(held)

    def _show(self, why: Why) -> None:
        self.answer = why
        self.text = why_text(self.state, why)
        plot = self._plot.geometry()
        room = plot.adjusted(MARGIN, MARGIN, self._overlay.gutter - MARGIN, -MARGIN)
        self.card.show_text(self.text, (plot.left() + self._at[0], plot.top() + self._at[1]), room)
        self._overlay.taken = QRectF(self.card.geometry().translated(-self._overlay.pos()))
        self._overlay.show_reading(self._overlay.reading)
