"""Squeeze setup: what speaks for a squeeze of shorts or of longs, each input beside the other, and whether that is notable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtGui import QPainter, QPaintEvent

from liqdesk.insight.squeeze import NOTABLE, nearest
from liqdesk.market import Side
from liqdesk.ui import draw, present, touched
from liqdesk.ui.blank import blank_of, put_blank, unknown
from liqdesk.ui.panels.frame import PAD, Body, Panel
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.insight.squeeze import Squeeze
    from liqdesk.settings import Settings

NOTE: Final = "Heuristic: a plain mean, held against no outcomes."
NOTE_SHORT: Final = "A plain mean, held against nothing."
SHORT: Final = {
    "funding": "Funding z",
    "map": "Map ±2 %, z",
    "interest": "OI in 24 h z",
    "zone": "Zone",
}  # where there is less room
TIP: Final = (
    "A rule of thumb, not a forecast: whether funding, the map and open interest lean the same way. Positive speaks for a squeeze of that "
    "side, in deviations; each input counts within ±3, the mean is unweighted.\n"
    "Funding: the predicted rate against the payments of 30 days; who is paid to hold leans away from a squeeze. Map: (short − long) / sum "
    "within 2 % of mark over 0.38, its deviation over six months of BTCUSDT. Open interest: its change in 24 h against those of 30 days, "
    "hour by hour.\n"
    "Notable: a mean of at least 1 with neither funding nor map against it, and a zone or rise of that side within 5 % of mark. Nothing "
    "notable is the usual answer. It has not been held against what followed."
)
SIDES: Final = (Side.SHORT, Side.LONG)


class Line(msgspec.Struct, frozen=True):
    """One input: its name, what it is now, and what speaks for each side, as shown and raw."""

    name: str
    words: str
    now: str
    terms: tuple[str, str]
    values: tuple[object, object]


def lines_of(frame: Frame, m: present.Measure = present.DOLLARS) -> tuple[Line, ...]:
    """Return the inputs of a frame as shown, none before they are known."""
    s = frame.squeeze
    if s is None:
        return ()
    change = present.percent(s.interest.change, 1)
    tilt = present.ratio(s.tilt) if s.tilt is not None else present.UNKNOWN
    inputs = (
        ("funding", f"Funding z, {s.funding.payments} paid", present.percent(frame.funding.rate, 4)),
        ("map", "Map within ±2 %, z", tilt),
        ("interest", f"OI in 24 h z, {s.interest.hours} h", change),
    )
    out = []
    for i, (name, words, now) in enumerate(inputs):
        terms = tuple(s.terms(side)[i] for side in SIDES)
        out.append(Line(name, words, now, (_z(terms[0]), _z(terms[1])), (terms[0], terms[1])))
    scores = tuple(s.score(side) for side in SIDES)
    out.append(Line("mean", "Mean", "", (_z(scores[0]), _z(scores[1])), (scores[0], scores[1])))
    near = [nearest(frame.zones, side) for side in SIDES]
    where = tuple(f"{present.percent(z.distance, 1)} {present.size(z.usd, m)}" if z else present.UNKNOWN for z in near)
    out.append(Line("zone", "Nearest zone", "", where, tuple(z.distance if z else None for z in near)))  # type: ignore[arg-type]
    odds = tuple(touched.short(z.touch) if z else present.UNKNOWN for z in near)
    raw = tuple(z.touch.odds[1] if z and z.touch else None for z in near)
    out.append(Line("touch", "Touch 4 h", "", odds, raw))  # type: ignore[arg-type]
    return tuple(out)


def _z(value: float | None) -> str:
    return present.number(value, 1, signed=True)


def verdict(frame: Frame) -> str:
    """Return the answer in words."""
    s = frame.squeeze
    if s is None or s.score(Side.SHORT) is None:
        return unknown(frame) if s is None or s.tilt is None else "funding has no deviation to go by"
    sides = [side for side in SIDES if s.notable(side, frame.zones)]
    return f"{sides[0].word} squeeze setup: mean {_z(s.score(sides[0]))}" if sides else "nothing notable"


class SqueezeBody(Body):
    """The inputs, one a line, for both sides."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: tuple[Line, ...] = ()
        self.verdict = ""
        self.unit = "usd"
        self._frame: Frame | None = None
        self.setToolTip(TIP)

    def high(self) -> int:
        t = current()
        return t.px(22) + 6 * t.px(20) + t.px(24) + t.px(20)

    def show_frame(self, frame: Frame) -> None:
        m = present.measure(self.unit, frame.instrument.base, frame.prices.mark)
        now = (lines_of(frame, m), verdict(frame))
        self._frame = frame
        if now != (self.lines, self.verdict):
            self.lines, self.verdict = now
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        w, pad, h = self.width(), t.px(PAD), t.px(20)
        if not self.lines:
            put_blank(
                p, 0, 0, w, self.height(), blank_of(self._frame, unknown(self._frame), "It needs the map and funding.")
            )
            return
        right, left = float(w - pad), w - pad - text_width("+12.0 % 99.9M", SMALL, MEDIUM) - t.px(8)
        middle = left - text_width("+12.0 % 99.9M", SMALL, MEDIUM) - t.px(8)
        for x, side in ((left, Side.SHORT), (right, Side.LONG)):
            draw.put(p, 0, 0, x, t.px(21), f"{side.word} squeeze", t.side(side), SMALL, MEDIUM, draw.RIGHT)
        draw.rule(p, 0, t.px(21), w)
        y = float(t.px(22))
        for line in self.lines:
            strong = line.name == "mean"
            if strong:
                draw.rule(p, pad, y, w - 2 * pad)
            words, weight = line.words, SEMIBOLD if strong else MEDIUM
            if pad + text_width(words, SMALL, weight) + t.px(6) > left - text_width(line.terms[0], SMALL, weight):
                words = SHORT.get(line.name, words)
            draw.put(p, pad, y, 0, h, words, t.text1 if strong else t.text2, SMALL, weight)
            x = pad + text_width(words, SMALL, MEDIUM) + t.px(8)
            if line.now and x + text_width(line.now, SMALL) < middle:
                draw.put(p, x, y, 0, h, line.now, t.text3, SMALL)
            for x, text in zip((left, right), line.terms, strict=True):
                draw.put(p, 0, y, x, h, text, t.text1, SMALL, weight, draw.RIGHT)
            y += h
        draw.rule(p, pad, y, w - 2 * pad)
        quiet = self.verdict == "nothing notable"
        words = self.verdict[:1].upper() + self.verdict[1:]
        draw.put(p, pad, y, w - 2 * pad, t.px(24), words, t.text2 if quiet else t.text1, BODY, SEMIBOLD, elide=True)
        note = NOTE if text_width(NOTE, SMALL) <= w - 2 * pad else NOTE_SHORT
        draw.put(p, pad, y + t.px(22), w - 2 * pad, t.px(18), note, t.text3, SMALL, elide=True)


class SqueezePanel(Panel):
    """Squeeze setup, with the answer in its header while folded."""

    def __init__(self) -> None:
        self.content = SqueezeBody()
        super().__init__("Squeeze setup", "heuristic", self.content)

    def set_compact(self, compact: bool) -> None:
        super().set_compact(compact)
        self.content.set_compact(compact)

    def show_settings(self, settings: Settings) -> None:
        self.content.unit = settings.unit
        if self.content._frame is not None:
            self.content.show_frame(self.content._frame)

    def show_frame(self, frame: Frame) -> None:
        self.content.show_frame(frame)
        self.header.say(value=self.content.verdict)

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the panel shows, text and raw value by name."""
        frame = self.content._frame
        squeeze: Squeeze | None = frame.squeeze if frame is not None else None
        out: dict[str, dict[str, object]] = {}
        for line in self.content.lines:
            for side, text, value in zip(SIDES, line.terms, line.values, strict=True):
                out[f"squeeze.{line.name}.{side.word}"] = {"text": text, "value": value}
            if line.now:
                out[f"squeeze.{line.name}.now"] = {"text": line.now, "value": line.now}
        notable = [
            side.word
            for side in SIDES
            if squeeze is not None and frame is not None and squeeze.notable(side, frame.zones)
        ]
        out["squeeze.verdict"] = {"text": self.content.verdict, "value": notable}
        out["squeeze.from"] = {"text": present.number(NOTABLE, 1), "value": NOTABLE}
        return out
