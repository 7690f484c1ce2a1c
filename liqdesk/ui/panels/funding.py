"""Funding: what is predicted for the next payment, who pays whom, what that is a year, when it is paid, and thirty days of payments."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent

from liqdesk.market import DAY_MS, HOUR_MS
from liqdesk.ui import draw, present
from liqdesk.ui.blank import Blank, blank_of, put_blank, unknown
from liqdesk.ui.panels.frame import PAD, Body, Panel
from liqdesk.ui.theme import MEDIUM, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.insight import FundingRecord

DAYS: Final = 30
HOURS_A_YEAR: Final = 8_760
TOP: Final = 6
RATE_PX: Final = 24  # of the row with rate and countdown
NOTABLE: Final = 2.0  # deviations from the mean, from which z stands out
TIP: Final = (
    "Large: the rate predicted for the next payment, from the mark price stream, for the interval named beside it. Positive: longs pay "
    "shorts. A year is the rate times the intervals in a year, not compounded.\n"
    "Bars: payments settled in the last 30 days, oldest left, and the predicted one brightest; where there are more payments than "
    "pixels, each stands for the largest of its time.\n"
    "z: how many deviations the predicted rate is from the mean of those n payments, all taken as rates an hour."
)


class Shown(msgspec.Struct, frozen=True):
    """The panel's words, and the raw values behind them."""

    rate: str
    per: str
    payer: str
    year: str
    countdown: str
    interval: str
    scale: str
    z: str
    last: str
    bars: tuple[float, ...]
    values: tuple[float | None, float | None, int | None, float | None]  # rate, a year, ms to payment, last paid
    record: FundingRecord | None


@lru_cache(maxsize=8)
def _record(
    history: tuple[tuple[int, float], ...], rate: float | None, interval_h: int, hour_ms: int
) -> FundingRecord | None:
    from liqdesk.insight import funding_record

    return funding_record(history, rate, interval_h, hour_ms)


def shown_of(frame: Frame) -> Shown:
    """Return the funding of a frame as shown."""
    f = frame.funding
    interval = f"every {f.interval_h} h"
    if f.rate is None:
        has_none = f.next_ms == 0 and frame.prices.mark_ms > 0
        word = "no funding on this contract" if has_none else unknown(frame)
        none = "" if has_none else interval
        return Shown(present.UNKNOWN, "", word, "", present.UNKNOWN, none, "", "", "", (), (None,) * 4, None)
    payer = "longs pay shorts" if f.rate > 0 else "shorts pay longs" if f.rate < 0 else "nobody pays"
    year = f.rate * HOURS_A_YEAR / f.interval_h if f.interval_h > 0 else float("nan")
    left = max(0, f.next_ms - frame.venue_ms) if f.next_ms else None
    bars = tuple(rate for at, rate in f.history if at >= frame.venue_ms - DAYS * DAY_MS)
    last = f.history[-1][1] if f.history else None
    record = _record(f.history, f.rate, f.interval_h, -(-frame.venue_ms // HOUR_MS) * HOUR_MS)
    return Shown(
        present.percent(f.rate, 4),
        f"per {f.interval_h} h",
        payer,
        f"{present.percent(year, 1)} a year",
        present.countdown(left),
        interval,
        _scale(bars, f.rate),
        _z(record),
        f"last paid {present.percent(last, 4)}" if last is not None else "",
        bars,
        (f.rate, year, left, last),
        record,
    )


def _scale(bars: tuple[float, ...], rate: float) -> str:
    if not bars:
        return "no payments known yet"
    extreme = max(abs(one) for one in (*bars, rate))
    count = f"{len(bars):,} payment{'s' if len(bars) != 1 else ''}"
    return f"{DAYS} d, {count}, ±{present.percent(extreme, 4, signed=False)}"


def _z(record: FundingRecord | None) -> str:
    if record is None or record.z is None:
        return f"z {present.UNKNOWN}"
    return f"z {present.number(record.z, 1, signed=True)}"


class FundingBody(Body):
    """Rate on the left, countdown on the right, the payments of a month under both."""

    def __init__(self) -> None:
        super().__init__()
        self.blank = blank_of(None, "")
        self.shown: Shown | None = None
        self.setToolTip(TIP)

    def high(self) -> int:
        t = current()
        none = self.shown is not None and self.shown.values[0] is None
        return t.px(48) if none else t.px(100)

    def show_frame(self, frame: Frame) -> None:
        now = shown_of(frame)
        before, self.shown = self.shown, now
        blank = (
            Blank(now.payer)
            if now.payer and now.values[0] is None and not now.interval
            else blank_of(frame, unknown(frame))
        )
        if now.values[0] is None and blank != self.blank:
            self.update()
        self.blank = blank
        if before is None or (before.values[0] is None) != (now.values[0] is None):
            self.updateGeometry()
        if before is None or _words(now) != _words(before):
            self.update()
        elif now.countdown != before.countdown:
            t = current()
            self.update(0, t.px(TOP), self.width(), t.px(RATE_PX))

    def paintEvent(self, event: QPaintEvent) -> None:
        t = current()
        s = self.shown
        p = QPainter(self)
        w, pad = self.width(), t.px(PAD)
        if s is None or s.values[0] is None:
            put_blank(p, 0, 0, w, self.height(), self.blank)
            return
        size = 16 if self.compact else 18
        top, high, line = t.px(TOP), t.px(RATE_PX), t.px(16)
        draw.put(p, pad, top, 0, high, s.rate, t.text1, size, SEMIBOLD)
        draw.put(p, pad + text_width(s.rate, size, SEMIBOLD) + t.px(6), top + t.px(2), 0, high, s.per, t.text3, SMALL)
        draw.put(p, pad, top, w - 2 * pad, high, s.countdown, t.text1, size, SEMIBOLD, draw.RIGHT)
        if s.values[2] is not None:
            right = w - 2 * pad - text_width(s.countdown, size, SEMIBOLD) - t.px(6)
            draw.put(p, pad, top + t.px(2), right, high, "paid in", t.text3, SMALL, align=draw.RIGHT)
        y = float(top + high)
        if event.rect().bottom() < y:
            return  # the countdown alone
        draw.put(p, pad, y, 0, line, s.payer, t.text1, SMALL, MEDIUM)
        x = pad + text_width(s.payer, SMALL, MEDIUM)
        draw.put(p, x, y, 0, line, f" · {s.year}", t.text2, SMALL)
        x += text_width(f" · {s.year}", SMALL) + t.px(10)
        if s.last and x + text_width(s.last, SMALL) <= w - pad:
            draw.put(p, pad, y, w - 2 * pad, line, s.last, t.text3, SMALL, align=draw.RIGHT)
        y += line + t.px(3)
        self._bars(p, s, y, t.px(30))
        y += t.px(30) + t.px(2)
        draw.put(p, pad, y, w - 2 * pad, line, s.scale, t.text3, SMALL)
        loud = s.record is not None and s.record.z is not None and abs(s.record.z) >= NOTABLE
        draw.put(
            p,
            pad,
            y,
            w - 2 * pad,
            line,
            s.z,
            t.text1 if loud else t.text2,
            SMALL,
            SEMIBOLD if loud else MEDIUM,
            draw.RIGHT,
        )

    def _bars(self, p: QPainter, s: Shown, top: float, high: float) -> None:
        t = current()
        left, right = t.px(PAD), self.width() - t.px(PAD)
        values = columns([*s.bars, s.values[0] or 0.0], max(1, (right - left) // 2))
        biggest = max(abs(v) for v in values) or 1.0
        zero = top + high / 2
        step = min(float(t.px(12)), (right - left) / len(values))
        x = right - step * len(values)
        draw.rule(p, x, round(zero), step * len(values), t.border)
        for i, v in enumerate(values):
            tall = max(1.0, abs(v) / biggest * (high / 2 - 1))
            bar = QRectF(round(x), zero - tall if v > 0 else zero + 1, max(1.0, round(x + step) - round(x) - 1), tall)
            p.fillRect(bar, draw.colour(t.text1 if i == len(values) - 1 else t.text3))
            x += step


def columns(values: list[float], most: int) -> list[float]:
    """Return at most `most` values, the last one always: of those that share a place, the one farthest from zero."""
    *paid, last = values
    if len(values) <= most:
        return values
    places = max(1, most - 1)
    out = []
    for i in range(places):
        part = paid[i * len(paid) // places : (i + 1) * len(paid) // places]
        if part:
            out.append(max(part, key=abs))
    return [*out, last]


def _words(s: Shown) -> tuple[object, ...]:
    """Return all that is painted but the countdown, which changes each second."""
    return (s.rate, s.payer, s.year, s.interval, s.scale, s.z, s.last, s.bars)


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
            self.header.say(caption=s.interval, value=value if s.values[0] is not None else s.payer)

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the panel shows, text and raw value by name."""
        s = self.content.shown
        if s is None:
            return {}
        out: dict[str, dict[str, object]] = {
            "funding.rate": {"text": s.rate, "value": s.values[0]},
            "funding.payer": {"text": s.payer, "value": s.payer},
            "funding.year": {"text": s.year, "value": s.values[1]},
            "funding.countdown": {"text": s.countdown, "value": s.values[2]},
            "funding.interval": {"text": s.interval, "value": s.interval},
            "funding.history": {"text": s.scale, "value": list(s.bars)},
            "funding.last": {"text": s.last, "value": s.values[3]},
        }
        if s.record is not None:
            held = [s.record.payments, s.record.mean, s.record.deviation, s.record.z]
            out["funding.z"] = {"text": s.z, "value": held}
        return out
