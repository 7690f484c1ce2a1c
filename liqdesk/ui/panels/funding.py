"""Funding: the predicted rate, who pays whom, what that is a year, when it settles, and the last seven days of payments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent

from liqdesk.ui import draw, present
from liqdesk.ui.panels.frame import PAD, Body, Panel
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame

WEEK_MS: Final = 7 * 86_400_000
HOURS_A_YEAR: Final = 8_760
TIP: Final = (
    "Predicted funding rate of the running interval, from the mark price stream. Positive: longs pay shorts.\n"
    "A year is the rate times the intervals in a year, not compounded. Bars: payments settled in the last 7 days, and the predicted one "
    "brightest."
)


class Shown(msgspec.Struct, frozen=True):
    """The panel's words, and the raw values behind them."""

    rate: str
    payer: str
    year: str
    countdown: str
    interval: str
    scale: str
    bars: tuple[float, ...]
    values: tuple[float | None, float | None, int]  # rate, a year, milliseconds to settlement


def shown_of(frame: Frame) -> Shown:
    """Return the funding of a frame as shown."""
    f = frame.funding
    interval = f"every {f.interval_h} h"
    if f.rate is None:
        has_none = f.next_ms == 0 and frame.prices.mark_ms > 0
        word = "no funding on this contract" if has_none else "not known yet"
        return Shown(present.UNKNOWN, word, "", present.UNKNOWN, interval, "", (), (None, None, 0))
    payer = "longs pay shorts" if f.rate > 0 else "shorts pay longs" if f.rate < 0 else "nobody pays"
    year = f.rate * HOURS_A_YEAR / f.interval_h if f.interval_h > 0 else float("nan")
    left = max(0, f.next_ms - frame.venue_ms)
    bars = tuple(rate for at, rate in f.history if at >= frame.venue_ms - WEEK_MS)
    extreme = max((abs(rate) for rate in (*bars, f.rate)), default=0.0)
    scale = f"7 d, ±{present.percent(extreme, 4, signed=False)}" if bars else "no payments known yet"
    year_words = f"{present.percent(year, 1)} a year"
    return Shown(
        present.percent(f.rate, 4),
        payer,
        year_words,
        present.countdown(left),
        interval,
        scale,
        bars,
        (f.rate, year, left),
    )


class FundingBody(Body):
    """Rate on the left, bars in the middle, countdown on the right."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: Shown | None = None
        self.setToolTip(TIP)

    def high(self) -> int:
        return current().px(76)

    def show_frame(self, frame: Frame) -> None:
        now = shown_of(frame)
        if self.shown is None or _words(now) != _words(self.shown):
            self.update()
        self.shown = now

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        s = self.shown
        p = QPainter(self)
        w, pad = self.width(), t.px(PAD)
        if s is None:
            draw.put(p, pad, 0, w - 2 * pad, self.height(), "not known yet", t.text3, BODY, align=draw.CENTRE)
            return
        size = 16 if self.compact else 18
        top, line = t.px(8), t.px(18)
        draw.put(p, pad, top, 0, t.px(24), s.rate, t.text1, size, SEMIBOLD)
        draw.put(p, pad, top + t.px(25), 0, line, s.payer, t.text1, BODY if not self.compact else SMALL, MEDIUM)
        draw.put(p, pad, top + t.px(25) + line, 0, line, s.year, t.text2, SMALL)
        draw.put(p, pad, top, w - 2 * pad, t.px(24), s.countdown, t.text1, size, SEMIBOLD, draw.RIGHT)
        if s.countdown != present.UNKNOWN:
            draw.put(p, pad, top + t.px(25), w - 2 * pad, line, "to settlement", t.text2, SMALL, align=draw.RIGHT)
        if s.bars:
            near, far = (t.px(122), w - t.px(98)) if not self.compact else (t.px(108), w - t.px(84))
            # a wide font takes its room from the bars
            left = max(near, pad + text_width(s.rate, size, SEMIBOLD) + t.px(8))
            right = min(far, w - pad - text_width(s.countdown, size, SEMIBOLD) - t.px(8))
            self._bars(p, s, left, right, top)

    def _bars(self, p: QPainter, s: Shown, left: float, right: float, top: float) -> None:
        t = current()
        values = [*s.bars, s.values[0] or 0.0]
        biggest = max(abs(v) for v in values) or 1.0
        high = float(t.px(42))
        zero = top + high / 2
        step = min(float(t.px(7)), (right - left) / len(values))
        x = (left + right) / 2 - step * len(values) / 2
        draw.rule(p, x - t.px(2), zero, step * len(values) + t.px(4), t.border)
        for i, v in enumerate(values):
            ink = t.text1 if i == len(values) - 1 else t.text3
            tall = max(1.0, abs(v) / biggest * (high / 2 - 1))
            bar = QRectF(round(x), zero - tall if v > 0 else zero + 1, max(1.0, round(step) - 2), tall)
            p.fillRect(bar, draw.colour(ink))
            x += step
        draw.put(p, left, top + high + t.px(2), right - left, t.px(16), s.scale, t.text3, SMALL, align=draw.CENTRE)


def _words(s: Shown) -> tuple[object, ...]:
    return (s.rate, s.payer, s.year, s.countdown, s.interval, s.scale, s.bars)


class FundingPanel(Panel):
    """Funding; folds to its header in a compact window."""

    def __init__(self) -> None:
        self.content = FundingBody()
        super().__init__("Funding", "", self.content)

    def set_compact(self, compact: bool) -> None:
        super().set_compact(compact)
        self.content.set_compact(compact)

    def show_frame(self, frame: Frame) -> None:
        self.content.show_frame(frame)
        s = self.content.shown
        if s is not None:
            value = s.rate if s.countdown == present.UNKNOWN else f"{s.rate}   {s.countdown}"
            self.header.say(caption=s.interval, value=value)

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the panel shows, text and raw value by name."""
        s = self.content.shown
        if s is None:
            return {}
        return {
            "funding.rate": {"text": s.rate, "value": s.values[0]},
            "funding.payer": {"text": s.payer, "value": s.payer},
            "funding.year": {"text": s.year, "value": s.values[1]},
            "funding.countdown": {"text": s.countdown, "value": s.values[2]},
            "funding.interval": {"text": s.interval, "value": s.interval},
            "funding.history": {"text": s.scale, "value": list(s.bars)},
        }
