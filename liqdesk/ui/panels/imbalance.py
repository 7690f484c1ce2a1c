"""Imbalance: estimated USD to each side of mark within three radii, and what share of open interest the estimate covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QRect
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent

from liqdesk.ui import draw, present, scores
from liqdesk.ui.blank import blank_of, put_blank, unknown
from liqdesk.ui.controls import Badge
from liqdesk.ui.panels.frame import PAD, Body, Panel
from liqdesk.ui.present import DOLLARS, Measure
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame, SideLedger
    from liqdesk.insight.imbalance import Imbalance
    from liqdesk.settings import Settings

TIP: Final = (
    "Estimated liquidations standing within each distance of the mark price: longs below it, shorts above it.\n"
    "The ratio is (short − long) / (short + long); the bracket on the bar is its 80 % interval. It says where liquidation prices "
    "stand; it cannot say who is long, since open longs always equal open shorts."
)
WIDE: Final = "est. {} around mark"
NARROW: Final = "est. {}"
BALANCE: Final = (
    "Open longs and open shorts are always as much as open interest. Liquidatable: what the map holds of a side over all prices, as "
    "this venue would print it. Not liquidatable: the rest of open interest, which is hedged, closes before price comes, or is never "
    "printed. The two add up to open interest."
)
WHERE: Final = "Where they lie, not who is long: longs = shorts in size"
WHERE_SHORT: Final = "Where they lie: longs = shorts in size"
WHERE_PX: Final = 16
NUMBERS_FROM: Final = 400  # px of width, from which the interval is written out beside its bracket
CONFLICT: Final = "scale conflict: the map holds more than open interest"
CONFLICT_TIP: Final = (
    "The estimate of a side is more than all its open interest, which cannot be: the scale is too high. It is held at open interest, "
    "and nothing is left that is not liquidatable."
)


class Row(msgspec.Struct, frozen=True):
    """One radius as shown, with the raw values behind the words."""

    name: str
    long: str
    short: str
    ratio: str
    values: tuple[float, float, float]
    share: float  # of long in both, for the bar
    ends: tuple[float, float]  # of the ratio's 80 % interval
    tip: str

    @property
    def interval(self) -> str:
        """The ratio's 80 % interval in numbers."""
        if self.ratio == present.UNKNOWN:
            return ""
        low, high = (present.ratio(end) for end in self.ends)
        return f"{low.removesuffix(' %')} … {high}"


class Ledger(msgspec.Struct, frozen=True):
    """One side of the balance as shown."""

    word: str
    inside: str
    share: str
    outside: str
    values: tuple[float, float, float]


def rows_of(frame: Frame, m: Measure = DOLLARS) -> tuple[Row, ...]:
    """Return the radii of a frame as shown."""
    rows = []
    for i in frame.imbalance:
        total = i.long_usd + i.short_usd
        ratio = present.ratio(i.ratio) if total > 0 else present.UNKNOWN
        name = "±" + present.percent(i.radius, 0 if i.radius * 100 % 1 < 1e-9 else 1, signed=False)
        share = i.long_usd / total if total > 0 else 0.5
        rows.append(
            Row(
                name,
                present.size(i.long_usd, m),
                present.size(i.short_usd, m),
                ratio,
                (i.long_usd, i.short_usd, i.ratio),
                share,
                (i.low, i.high),
                sentence(name, i, ratio, m),
            )
        )
    return tuple(rows)


def sentence(name: str, i: Imbalance, ratio: str, m: Measure = DOLLARS) -> str:
    """Return what a row's tool tip says."""
    return (
        f"Within {name.removeprefix('±')} of mark, estimated {m.unit} with 80 % bands:\n"
        f"longs {present.size(i.long_usd, m)} ({present.size_band(*i.long_band, m)}), "
        f"shorts {present.size(i.short_usd, m)} ({present.size_band(*i.short_band, m)}).\n"
        f"Ratio {ratio}, 80 % interval {present.ratio(i.low)} to {present.ratio(i.high)}."
    )


def _ledger(word: str, side: SideLedger, interest: float, m: Measure) -> Ledger:
    share = side.liquidatable_usd / interest if interest > 0 else float("nan")
    return Ledger(
        word,
        present.size(side.liquidatable_usd, m),
        present.percent(share, 1, signed=False),
        present.size(side.not_liquidatable_usd, m),
        (side.liquidatable_usd, share, side.not_liquidatable_usd),
    )


def ledger_of(frame: Frame, m: Measure = DOLLARS) -> tuple[Ledger, ...]:
    """Return both sides of a frame's mass balance as shown; empty before the first."""
    if frame.ledger is None:
        return ()
    interest = frame.ledger.open_interest_usd
    return (_ledger("long", frame.ledger.long, interest, m), _ledger("short", frame.ledger.short, interest, m))


class ImbalanceBody(Body):
    """Three bars and the balance line."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Row, ...] = ()
        self.ledger: tuple[Ledger, ...] = ()
        self.none = ""  # what is said without a ledger
        self.interest = present.UNKNOWN
        self.clamped = False
        self.blank = blank_of(None, "")
        self.unit = "usd"
        self.measure = DOLLARS
        self.setMouseTracking(True)
        self.setToolTip(TIP)

    def show_frame(self, frame: Frame) -> None:
        m = self.measure = present.measure(self.unit, frame.instrument.base, frame.prices.mark)
        interest = present.size(frame.ledger.open_interest_usd, m) if frame.ledger is not None else present.UNKNOWN
        clamped = frame.ledger is not None and frame.ledger.clamped
        now = (rows_of(frame, m), ledger_of(frame, m), interest, clamped)
        blank = blank_of(frame, "no estimate yet")
        self.none = f"share of open interest {unknown(frame)}"
        if not now[0] and blank != self.blank:
            self.update(0, 0, self.width(), self.height())
        self.blank = blank
        before = (self.rows, self.ledger, self.interest, self.clamped)
        if now != before:
            self.rows, self.ledger, self.interest, self.clamped = now
            if len(now[0]) != len(before[0]) or clamped != before[3]:
                self.updateGeometry()
                self.update()
                return
            for i, (row, old) in enumerate(zip(now[0], before[0], strict=True)):
                if row != old:
                    self.update(self._row_rect(i))
            if now[1:] != before[1:]:
                self.update(0, self._balance_top, self.width(), self.height() - self._balance_top)

    @property
    def _step(self) -> int:
        return current().px(22 if self.compact else 24)

    def _row_rect(self, i: int) -> QRect:
        return QRect(0, current().px(5) + i * self._step, self.width(), self._step)

    @property
    def _key_top(self) -> int:
        return current().px(5) + max(3, len(self.rows)) * self._step

    @property
    def _balance_top(self) -> int:
        t = current()
        return self._key_top + t.px(18) + t.px(WHERE_PX) + t.px(4)

    def high(self) -> int:
        t = current()
        return self._balance_top + t.px(25 if self.compact else 67) + (t.px(19) if self.clamped else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, pad, region = self.width(), t.px(PAD), event.region()
        if not self.rows:
            put_blank(p, 0, t.px(5), w, 3 * self._step, self.blank)
        for i, row in enumerate(self.rows):
            rect = self._row_rect(i)
            if region.intersects(rect):
                self._row(p, row, rect.y(), rect.height())
        top, below = self._key_top, self._balance_top
        if region.intersects(QRect(0, top, w, below - top)):
            self._key(p, top)
            words = WHERE if text_width(WHERE, SMALL) <= w - 2 * pad else WHERE_SHORT
            draw.put(p, pad, top + t.px(18), w - 2 * pad, t.px(WHERE_PX), words, t.text3, SMALL, elide=True)
        if region.intersects(QRect(0, below, w, self.height() - below)):
            draw.rule(p, pad, below, w - 2 * pad)
            self._balance(p, below + t.px(2))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        t, step = current(), self._step
        y = event.position().y() - t.px(5)
        at = int(y // step)
        lines = len(self.rows) or 3
        if 0 <= at < len(self.rows):
            draw.tip(self, self.rows[at].tip)
        elif y < lines * step + t.px(22 + WHERE_PX):
            draw.tip(self, TIP)
        else:
            draw.tip(self, f"{CONFLICT_TIP}\n{BALANCE}" if self.clamped else BALANCE)

    def _row(self, p: QPainter, row: Row, y: float, h: float) -> None:
        t = current()
        w, pad = self.width(), t.px(PAD)
        draw.put(p, pad, y, 0, h, row.name, t.text2, BODY, MEDIUM)
        amount = text_width("999.9M", BODY, SEMIBOLD)
        left = pad + text_width("±1 %", BODY, MEDIUM) + t.px(8)
        draw.put(p, left, y, amount, h, row.long, t.text1, BODY, SEMIBOLD, draw.RIGHT)
        bar = left + amount + t.px(9)
        ratio = text_width("−100 %", BODY, SEMIBOLD)
        interval = text_width("−100 … +100 %", SMALL) + t.px(8) if w >= t.px(NUMBERS_FROM) else 0.0
        end = w - pad - interval - ratio - t.px(4) - amount - t.px(9)
        high = t.px(8)
        top = y + (h - high) / 2
        split = bar + (end - bar) * row.share
        draw.fill(p, bar, top, max(0.0, split - bar - 1), high, t.long, radius=1)
        draw.fill(p, split + 1, top, max(0.0, end - split - 1), high, t.short, radius=1)
        p.fillRect(round((bar + end) / 2), round(top - t.px(3)), 1, high + 2 * t.px(3), draw.colour(t.text1))
        self._whisker(p, row, bar, end, round(top + high + t.px(1)))
        draw.put(p, end + t.px(9), y, amount, h, row.short, t.text1, BODY, SEMIBOLD)
        draw.put(p, w - pad - interval - ratio, y, ratio, h, row.ratio, t.text1, BODY, SEMIBOLD, draw.RIGHT)
        if interval:
            draw.put(p, 0, y, w - pad, h, row.interval, t.text3, SMALL, align=draw.RIGHT)

    def _whisker(self, p: QPainter, row: Row, bar: float, end: float, y: int) -> None:
        """Draw the interval of the ratio under the bar: where the split may be."""
        if row.ratio == present.UNKNOWN:
            return
        t = current()
        left, right = (round(bar + (end - bar) * (1 - ratio) / 2) for ratio in reversed(row.ends))
        ink = draw.colour(t.text2)
        p.fillRect(left, y + 1, max(1, right - left), 1, ink)
        p.fillRect(left, y - 1, 1, 3, ink)
        p.fillRect(max(left, right - 1), y - 1, 1, 3, ink)

    def _key(self, p: QPainter, y: float) -> None:
        t = current()
        w, pad, h = self.width(), t.px(PAD), t.px(18)
        x = float(pad)
        for side, words in ((0, "longs below"), (1, "shorts above")):
            draw.dot(p, x + t.px(3), y + h / 2, t.px(6), t.side(side))
            draw.put(p, x + t.px(10), y, 0, h, words, t.text2, SMALL)
            x += t.px(10) + text_width(words, SMALL) + t.px(12)
        formula = "(short − long) / sum"
        if x + text_width(formula, SMALL) < w - pad:
            draw.put(p, pad, y, w - 2 * pad, h, formula, t.text3, SMALL, align=draw.RIGHT)

    def _balance(self, p: QPainter, y: float) -> None:
        t = current()
        w, pad, h = self.width(), t.px(PAD), t.px(19)
        if not self.ledger:
            draw.put(p, pad, y, w - 2 * pad, h, self.none, t.text3, SMALL)
            return
        if self.clamped:
            draw.put(p, pad, y, w - 2 * pad, h, CONFLICT, t.alert, SMALL, MEDIUM, elide=True)
            y += h
        if self.compact:
            words = "liquidatable " + " · ".join(f"{side.word} {side.share}" for side in self.ledger) + " of OI"
            draw.put(p, pad, y, w - 2 * pad, h, words, t.text2, SMALL)
            return
        inside, outside = t.px(170), w - pad
        draw.put(p, pad, y, 0, h, f"of {self.interest} OI", t.text3, SMALL)
        draw.put(p, 0, y, inside, h, "liquidatable", t.text3, SMALL, align=draw.RIGHT)
        draw.put(p, 0, y, outside, h, "not liquidatable", t.text3, SMALL, align=draw.RIGHT)
        for side, row in enumerate(self.ledger):
            y += h
            draw.put(p, pad, y, 0, h, row.word, t.side(side), SMALL, MEDIUM)
            draw.put(p, 0, y, inside, h, row.inside, t.text1, SMALL, SEMIBOLD, draw.RIGHT)
            draw.put(p, inside + t.px(10), y, 0, h, row.share, t.text2, SMALL, MEDIUM)
            draw.put(p, 0, y, outside, h, row.outside, t.text2, SMALL, MEDIUM, draw.RIGHT)


class ImbalancePanel(Panel):
    """Imbalance with the badge that names its scale."""

    def __init__(self) -> None:
        self.content = ImbalanceBody()
        super().__init__("Imbalance", WIDE.format(DOLLARS.unit), self.content)
        self.badge = Badge("scale: default")
        self.header.add(self.badge)
        self.header.short = NARROW.format(DOLLARS.unit)
        self._frame: Frame | None = None
        self.gain = float("nan")

    def set_compact(self, compact: bool) -> None:
        super().set_compact(compact)
        self.content.set_compact(compact)
        self._caption()

    def _caption(self) -> None:
        unit = self.content.measure.unit
        self.header.short = NARROW.format(unit)
        self.header.say(caption=self.header.short if self.header.compact else WIDE.format(unit))

    def show_settings(self, settings: Settings) -> None:
        if settings.unit != self.content.unit:
            self.content.unit = settings.unit
            if self._frame is not None:
                self.show_frame(self._frame)

    def show_frame(self, frame: Frame) -> None:
        self._frame = frame
        self.content.show_frame(frame)
        self._caption()
        self.gain = frame.gain
        self.badge.set_text(scores.badge(frame, short=self.header.compact))
        draw.tip(self.badge, scores.tip(frame))
        nearest = self.content.rows[0] if self.content.rows else None
        self.header.say(value="" if nearest is None else f"{nearest.name}  {nearest.ratio}")

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the panel shows, text and raw value by name."""
        out: dict[str, dict[str, object]] = {"scale": {"text": self.badge.text, "value": self.gain}}
        for row in self.content.rows:
            for name, text, value in zip(
                ("long", "short", "ratio"), (row.long, row.short, row.ratio), row.values, strict=True
            ):
                out[f"imbalance.{row.name.replace(' ', '')}.{name}"] = {"text": text, "value": value}
            interval = f"{present.ratio(row.ends[0])} to {present.ratio(row.ends[1])}"
            out[f"imbalance.{row.name.replace(' ', '')}.interval"] = {"text": interval, "value": list(row.ends)}
        if self.content.clamped:
            out["ledger.conflict"] = {"text": CONFLICT, "value": True}
        for side in self.content.ledger:
            for name, text, value in zip(
                ("liquidatable", "share", "not_liquidatable"),
                (side.inside, side.share, side.outside),
                side.values,
                strict=True,
            ):
                out[f"ledger.{side.word}.{name}"] = {"text": text, "value": value}
        return out
