"""The status bar: the legend, which model speaks and on what scale, how old each stream is, what was dropped, and the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from liqdesk.ui import draw, present, scores, streams
from liqdesk.ui.barparts import Divider, Line, PressedLine
from liqdesk.ui.draw import Painted
from liqdesk.ui.legend import Legend
from liqdesk.ui.skeleton import COMPACT_BELOW
from liqdesk.ui.streamages import StreamAges
from liqdesk.ui.theme import MEDIUM, REGULAR, SEMIBOLD, current

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings

# How the parts give way as room shrinks: the slider's width, whether its unit has words, how many stream ages go, how short the model's
# line is, whether the clock has a date.
FORMS: Final = (
    (0, 320, True, 0, 0, True),
    (0, 230, True, 0, 0, True),
    (0, 230, True, 0, 1, True),
    (1, 230, True, 0, 1, True),
    (1, 150, True, 0, 1, True),
    (1, 150, True, 0, 2, True),
    (2, 150, True, 0, 3, True),
    (3, 150, True, 2, 3, True),
    (3, 150, True, 2, 3, False),
    (3, 150, True, 2, 4, False),
    (4, 120, True, 2, 4, False),
    (4, 120, True, 3, 4, False),
    (4, 90, True, 4, 4, False),
    (4, 90, True, 4, 5, False),
    (5, 90, True, 4, 5, False),
    (5, 90, False, 4, 5, False),
)


class StatusBar(Painted):
    """Holds the legend on the left, the model beside it, streams and clock on the right; gives way in levels as room shrinks."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.legend = Legend(settings)
        self.divider = Divider()
        self.model = PressedLine("scale and score")
        self.streams = StreamAges()
        self.dropped = Line()
        self.dropped.setToolTip(
            "Order book updates left out because a newer one replaced them. Trades and forced orders are never dropped.\n"
            "Unreadable: messages of the venue that mean nothing; the rest went on.\n"
            "Impossible data: marks or open interest of the last ten minutes that cannot be, left out or clipped. Click the ages for more."
        )
        self.clock_divider = Divider()
        self.clock = Line()
        self._timezone, self._unit = settings.timezone, settings.unit
        self._frame: Frame | None = None
        self._odd = 0  # impossible inputs a short while ago
        self.level = -1
        self._length = 0
        self._dated = True
        for widget in self._widgets():
            widget.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._say_model()
        self.clock.set_parts(("–", "text1", SEMIBOLD))

    def _widgets(self) -> tuple[Painted, ...]:
        return (self.legend, self.divider, self.model, self.streams, self.dropped, self.clock_divider, self.clock)

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(640), t.px(36 if self.width() < COMPACT_BELOW * t.scale else 40))

    def minimumSizeHint(self) -> QSize:
        return QSize(current().px(480), self.sizeHint().height())

    def show_settings(self, settings: Settings) -> None:
        self._timezone = settings.timezone
        self.legend.show_settings(settings)
        self._unit = settings.unit
        if self._frame is not None:
            self.show_frame(self._frame)

    def _say_model(self) -> bool:
        if self._frame is None:
            return self.model.set_parts(("model S2", "text3", REGULAR))
        return self.model.set_parts(*scores.line(self._frame, self._length))

    def show_frame(self, frame: Frame) -> None:
        """Show which model speaks, stream ages, drops and venue time."""
        self._frame = frame
        self.legend.coin = frame.instrument.base
        moved = self.legend.show_measure(present.measure(self._unit, frame.instrument.base, frame.prices.mark))
        moved |= self._say_model()
        draw.tip(self.model, scores.tip(frame))
        moved |= self.streams.show_frame(frame)
        dropped = sum(s.dropped for s in frame.streams)
        parts = [("dropped ", "text3", REGULAR), (f"{dropped:,}", "text2", MEDIUM)]
        if frame.garbled:
            parts += [("  unreadable ", "text3", REGULAR), (f"{frame.garbled:,}", "alert", MEDIUM)]
        self._odd = streams.fresh_oddities(frame)
        if self._odd:
            parts += [("  impossible data ", "demo", SEMIBOLD), (f"{self._odd:,}", "text2", MEDIUM)]
        moved |= self.dropped.set_parts(*parts)
        if frame.venue_ms > 0:
            moved |= self._say_clock()
            draw.tip(self.clock, f"Venue time, in {self._timezone}")
        if moved:
            self.arrange()

    def _say_clock(self) -> bool:
        if self._frame is None or self._frame.venue_ms <= 0:
            return False
        at, zone = self._frame.venue_ms, self._timezone
        day = ((f"{present.day(at, zone)}  ", "text2", REGULAR),) if self._dated else ()
        return self.clock.set_parts(
            *day,
            (present.clock(at, zone), "text1", SEMIBOLD),
            (f" {present.zone_label(at, zone)}", "text3", REGULAR),
        )

    def arrange(self) -> None:
        """Place what fits: the drop count goes first, then the quietest stream ages and the date; unit and score last."""
        t = current()
        width, pad, gap = self.width(), t.px(10), t.px(16)
        level = 0 if width >= COMPACT_BELOW * t.scale else 1
        for form, wide, words, left_out, length, self._dated in FORMS:
            if form < level:
                continue
            self.level, self._length = form, length
            self.legend.set_compact(wide, words)
            self.streams.left_out = left_out
            self._say_model()
            self._say_clock()
            self.dropped.setVisible(form == 0 or (self._odd > 0 and form < 4))
            self.model.setVisible(form < 5)
            self.divider.setVisible(form < 5)
            shown = [w for w in self._widgets() if not w.isHidden()]
            if sum(self._wide(w) for w in shown) + gap * (len(shown) - 1) + 2 * pad <= width:
                break
        x = pad
        for widget in (self.legend, self.divider, self.model):
            if not widget.isHidden():
                x = self._place(widget, x) + gap
        right = width - pad
        for part in (self.clock, self.clock_divider, self.dropped, self.streams):
            if not part.isHidden():
                right -= self._wide(part)
                self._place(part, right)
                right -= gap

    def _wide(self, widget: Painted) -> int:
        if widget is self.legend:
            layout = self.legend.layout()
            return layout.sizeHint().width() if layout is not None else 0
        return widget.sizeHint().width()

    def _place(self, widget: Painted, x: int) -> int:
        wide = self._wide(widget)
        high = widget.sizeHint().height() if widget is not self.legend else current().px(36)
        widget.setGeometry(x, (self.height() - high) // 2, wide, high)
        return x + wide

    def restyle(self) -> None:
        super().restyle()
        self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()
        self.arrange()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(QRectF(self.rect()), draw.colour(current().panel))

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the bar shows, text and raw value by name."""
        frame = self._frame
        return {
            **self.legend.state(),
            **({} if frame is None else streams.numbers(frame)),
            **self.streams.state(),
            "model": {"text": self.model.text, "value": None if frame is None else frame.model_version},
            **({} if frame is None else scores.numbers(frame)),
            "garbled": {
                "text": "" if frame is None else f"{frame.garbled:,}",
                "value": None if frame is None else frame.garbled,
            },
            "dropped": {
                "text": "" if frame is None else f"{sum(s.dropped for s in frame.streams):,}",
                "value": None if frame is None else sum(s.dropped for s in frame.streams),
            },
            "clock": {"text": self.clock.text, "value": None if frame is None else frame.venue_ms},
        }
