"""What would follow if price went somewhere: a line to drag over the chart, the stops it leads to, and the card that says it."""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import msgspec
from PySide6.QtCore import QObject, QPointF, QRectF, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from liqdesk.engine.frames import Frame, NowPlanes
from liqdesk.insight.cascade import Assumed, Cascade, cascade
from liqdesk.model.book import Depth
from liqdesk.ui import theme
from liqdesk.ui.chart.layers import Layer
from liqdesk.ui.chart.paint import dashed, solid
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.chart.whatifcard import WhatCard
from liqdesk.ui.chart.whatifwords import WhatText, what_lines, what_text

if TYPE_CHECKING:
    from liqdesk.ui.chart.overlay import Overlay
    from liqdesk.ui.chart.plot import Plot

NEAR_PX: Final = 5  # a pointer this near to the line means it
PACE_NS: Final = 250_000_000
NUDGE: Final = 0.0005  # of price, an arrow key
MARGIN: Final = 8
STOP_DASH: Final = (4, 4)


class WhatLayer(Layer):
    """Paints the target as a full line, the stops dashed in the side's colour, and what the map's band means for the first of them."""

    def __init__(self, state: ChartState, z: float) -> None:
        super().__init__(state, z)
        self._key: tuple[object, ...] = ()

    def sync(self) -> bool:
        """Return whether lines or their tags stand elsewhere, or say something else, than at the last call."""
        s = self.state
        key = tuple((round(s.lens.y(line.price)), line.text) for line in what_lines(s))
        changed, self._key = key != self._key, key
        return changed

    def draw(self, p: QPainter) -> None:
        s = self.state
        t, lens = s.theme, s.lens
        ground = theme.colour(t.halo if t.dark else t.chart, 0.6)
        for line in what_lines(s):
            y = round(lens.y(line.price))
            if not 0 <= y <= lens.height:
                continue
            ink = theme.colour(t.text1 if line.target else t.side(int(line.side)))
            for colour, width in ((ground, 3.0), (ink, 1.0)):
                p.setPen(solid(colour, width) if line.target else dashed(colour, STOP_DASH, width))
                p.drawLine(QPointF(0, y + 0.5), QPointF(lens.width, y + 0.5))
        self._band(p)

    def _band(self, p: QPainter) -> None:
        """Draw from where to where the 80 % band of the map moves the stop with all of the book, at the right end."""
        s, found = self.state, self.state.what
        if found is None or not found.stops:
            return
        stop, lens = found.stops[0], s.lens
        ends = [lens.y(v) if math.isfinite(v) else math.nan for v in (stop.near, stop.far)]
        if not all(map(math.isfinite, ends)) or abs(ends[0] - ends[1]) < 3:
            return
        top, bottom = max(min(ends), 0.0), min(max(ends), lens.height)
        if bottom > top:
            wide = s.theme.px(3)
            p.fillRect(
                round(lens.width) - wide,
                round(top),
                wide,
                round(bottom - top),
                theme.colour(s.theme.side(int(found.side))),
            )


class WhatIf(QObject):
    """One question at a time. `redraw` when something on the chart is to be painted anew, `said(WhatText)` when there is another answer,
    None when there is none any more."""

    redraw = Signal()
    said = Signal(object)
    changed = Signal(bool)  # opened or closed

    def __init__(self, state: ChartState, plot: Plot, overlay: Overlay, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self._overlay = overlay
        self.card = WhatCard(parent)
        self.text: WhatText | None = None
        self.target: float | None = None
        self._plot = plot
        self.in_panel = False  # a panel says it: the card stays away
        self._epoch = -1
        self._held = False
        self._seen: tuple[NowPlanes | None, Depth | None, float] = (None, None, math.nan)
        self._taken_ns = 0
        self._by: tuple[object, ...] = ()
        self.card.closed.connect(self.close)
        self.card.nudged.connect(self.nudge)

    @property
    def open(self) -> bool:
        return self.target is not None

    @Slot(float)
    def show(self, price: float) -> bool:
        """Ask what would follow if price went there; return whether there is a map to ask."""
        frame = self.state.frame
        if frame is None or frame.now is None or not (math.isfinite(price) and price > 0):
            return False
        anew = not self.open
        self.target = price
        self._compute(frame)
        if anew:
            self.changed.emit(True)
        return True

    @Slot()
    def close(self) -> bool:
        """Take line and card away; return whether there were any."""
        if not self.open:
            return False
        self.target, self.text, self.state.what = None, None, None
        self._held = False
        self.card.hide()
        self._overlay.taken = None
        self.redraw.emit()
        self.said.emit(None)
        self.changed.emit(False)
        return True

    def show_in_panel(self, in_panel: bool) -> None:
        """Leave the words to a panel, or say them in a card over the chart."""
        if in_panel != self.in_panel:
            self.in_panel = in_panel
            if self.open:
                self._place()

    @Slot(int)
    def nudge(self, steps: int) -> None:
        """Move the target by so many steps of 5 bp."""
        if self.target is not None:
            self.show(self._rounded(self.target * math.exp(steps * NUDGE)))

    def take(self, frame: Frame) -> None:
        """Follow the map, the book and the mark, four times a second; another symbol or source closes it."""
        if frame.epoch != self._epoch:
            self._epoch = frame.epoch
            self.close()
        if not self.open:
            return
        if not self._held and time.monotonic_ns() - self._taken_ns >= PACE_NS and not self._is_current(frame):
            self._compute(frame)

    def _is_current(self, frame: Frame) -> bool:
        now, depth, mark = self._seen
        return frame.now is now and frame.book.depth is depth and frame.prices.mark == mark

    # the line

    def near(self, y: float) -> bool:
        """Whether the line passes by a pixel row."""
        return self.target is not None and self.state.lens.valid and abs(self.state.lens.y(self.target) - y) <= NEAR_PX

    def drag(self, ev: Any) -> bool:
        """Take a left drag of the view that began on the line; return whether it did."""
        s = self.state
        if ev.isStart():
            self._held = self.near(ev.buttonDownPos().y())
        if not self._held or s.frame is None or not s.lens.valid:
            return False
        y = min(max(ev.pos().y(), 0.0), s.lens.height)
        self._held = not ev.isFinish()
        self.show(self._rounded(s.lens.price(y)))
        return True

    def _rounded(self, price: float) -> float:
        """Return a price on the contract's grid."""
        frame = self.state.frame
        tick = frame.instrument.tick if frame is not None else 0.0
        return round(round(price / tick) * tick, self.state.decimals) if tick > 0 else price

    # the answer

    def _compute(self, frame: Frame) -> None:
        now, s, target = frame.now, self.state, self.target
        mark = frame.prices.mark
        if now is None or target is None or not mark > 0:
            return
        self._taken_ns = time.monotonic_ns()
        self._by = self._settings()
        self._seen = (now, frame.book.depth, frame.prices.mark)
        zones = tuple(z for z in frame.zones if z.significant) or frame.zones
        assumed = Assumed(s.settings.whatif_refill, s.settings.whatif_follow)
        depth, spread = frame.book.depth, frame.spread
        found: Cascade = cascade(now.base, now.usd, mark, target, depth, zones, now.shares, spread, assumed)
        if not found.stops and frame.book.why:
            found = msgspec.structs.replace(found, why=frame.book.why)
        s.what = found
        self.text = what_text(s, found)
        self._place()
        self.redraw.emit()
        self.said.emit(self.text)

    def _place(self) -> None:
        if self.text is None or self.state.what is None:
            return
        if self.in_panel:
            self.card.hide()
            self._overlay.taken = None
            return
        plot = self._plot.geometry()
        room = plot.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        rows = [plot.top() + self.state.lens.y(line.price) for line in what_lines(self.state)]
        self.card.show_text(self.text, room, rows, low=self.state.what.target > self.state.what.mark)
        self._overlay.taken = QRectF(self.card.geometry().translated(-self._overlay.pos()))

    def follow(self) -> None:
        """Stand where the plot stands, after it was laid out anew, and follow the settings."""
        if self.open and self.state.frame is not None and self._by != self._settings():
            self._compute(self.state.frame)
        elif self.open:
            self._place()

    def _settings(self) -> tuple[object, ...]:
        """Return the settings that an answer depends on."""
        s = self.state.settings
        return s.unit, s.whatif_refill, s.whatif_follow

    def shown(self) -> dict[str, object] | None:
        """Return what the card says, with the numbers behind it; None while it is closed."""
        if self.text is None or self.state.what is None:
            return None
        found = self.state.what
        return {
            **asdict(self.text),
            "target": found.target,
            "answer": found,
            "drawn": [(x.price, x.text) for x in what_lines(self.state)],
        }
