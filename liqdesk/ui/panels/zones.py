"""Zones: where the estimate stands out, by price, with the mark price in its place between them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QEvent, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu

from liqdesk.market import HOUR_MS
from liqdesk.ui import draw, present, touched
from liqdesk.ui.condition import mark_age_s
from liqdesk.ui.panels.frame import PAD, Body, Panel
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, SMALL, current

if TYPE_CHECKING:
    from collections.abc import Sequence

    from liqdesk.engine.frames import Frame
    from liqdesk.insight import Calibration
    from liqdesk.insight.zones import Zone
    from liqdesk.ui.window import Window

TIP: Final = (
    "Stretches of price where the estimate stands out from its surroundings, the largest, listed by price.\n"
    "Range: half-prominence extent. USD: all of that side's estimate within it, what this venue is expected to print if price swept "
    "it now, and half the width of the 80 % band. Distance: nearest edge to the mark price.\n"
    "Touch 4 h: how likely the mark reaches that edge within four hours, from distance and volatility alone.\n"
    "It is a zone when it stands above its surroundings by more than twice what lumpy orders make by chance (z ≥ 2). Below that it is "
    "a rise, in grey: in simulated months, where the truth is known, rises held no more than their surroundings."
)
WIDE: Final = "est. USD, largest, by price"
NARROW: Final = "est. USD, touch in 4 h"
CHANCE: Final = "grey may be chance (z < 2)"


class Row(msgspec.Struct, frozen=True):
    """One zone as shown."""

    side: int
    range: str
    usd: str
    band: str
    distance: str
    touch: str
    significant: bool


def largest(zones: tuple[Zone, ...], most: int) -> tuple[Zone, ...]:
    """Return the largest zones by USD, in the order they came."""
    if len(zones) <= most:
        return zones
    least = sorted((z.usd for z in zones), reverse=True)[most - 1]
    return tuple(z for z in zones if z.usd >= least)[:most]


def rows_of(frame: Frame, zones: tuple[Zone, ...]) -> tuple[Row, ...]:
    """Return zones as shown, in the order they come."""
    rows = []
    for z in zones:
        decimals = present.range_decimals(z.low, z.high, frame.instrument.price_decimals)
        rows.append(
            Row(
                int(z.side),
                present.price_range(z.low, z.high, decimals),
                present.usd(z.usd),
                present.half_width(z.low_usd, z.high_usd),
                present.percent(z.distance, 1),
                touched.short(z.touch),
                z.significant,
            )
        )
    return tuple(rows)


def sentence(zone: Zone, row: Row, curves: Sequence[Calibration] = ()) -> str:
    """Return what a row's tool tip says; `curves` is how touch odds have held."""
    kind = "zone" if zone.significant else "rise, which may be chance"
    return (
        f"{zone.side.word.capitalize()} {row.range}: {kind}\n"
        f"${row.usd} expected to be printed if price swept it now, 80 % band ${present.usd_band(zone.low_usd, zone.high_usd)}.\n"
        f"${present.usd(zone.prominence_usd)} of it stands above the surroundings, {present.number(zone.z, 1)} times what lumpy orders "
        f"make by chance (z; a zone from 2).\n"
        f"{present.percent(zone.prior, 0, signed=False)} of it is set by the assumed distances, not by data.\n"
        f"{touched.tip(zone.touch, curves)}"
    )


class ZonesBody(Body):
    """The table. `show_price(float)` and `alert_wanted(Zone)` when a hand asks for it on a row."""

    show_price = Signal(float)
    alert_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Row, ...] = ()
        self.zones: tuple[Zone, ...] = ()
        self.most = 8
        self._frame: Frame | None = None
        self.mark = present.UNKNOWN
        self.age = present.UNKNOWN
        self.known = False
        self._below = 0  # rows above the mark row
        self._hover = -1
        self.setMouseTracking(True)
        self.setToolTip(TIP)

    def high(self) -> int:
        t = current()
        return t.px(24) + self._lines(self.rows) * t.px(22) + t.px(20) + t.px(4)

    @staticmethod
    def _lines(rows: tuple[Row, ...]) -> int:
        """Return how many lines rows take, with the one that says what grey means, or that there is nothing."""
        return len(rows) + (0 if rows and all(row.significant for row in rows) else 1)

    def show_frame(self, frame: Frame) -> None:
        self._frame = frame
        shown = largest(frame.zones, self.most)
        rows = rows_of(frame, shown)
        mark = present.price(frame.prices.mark, frame.instrument.price_decimals)
        age = present.age(mark_age_s(frame))
        below = sum(1 for z in shown if z.peak > frame.prices.mark)
        known = frame.now is not None
        self.zones = shown
        if (rows, mark, age, below, known) == (self.rows, self.mark, self.age, self._below, self.known):
            return
        taller = self._lines(rows) != self._lines(self.rows)
        mark_only = (rows, below, known) == (self.rows, self._below, self.known)
        self.rows, self.mark, self.age, self._below, self.known = rows, mark, age, below, known
        if taller:
            self.updateGeometry()
        if mark_only:
            self.update(0, math.floor(self._mark_top()), self.width(), current().px(20))
        else:
            self.update()

    def wanted(self) -> int:
        """Return the height it would take with room for all zones, in px."""
        t = current()
        zones = self._frame.zones if self._frame is not None else ()
        lines = min(len(zones), 8) + (0 if zones and all(z.significant for z in zones) else 1)
        return t.px(24) + lines * t.px(22) + t.px(20) + t.px(4)

    def limit(self, height: int) -> None:
        """Show as many of the largest zones as fit a height in px, two at least and eight at most."""
        t = current()
        most = min(8, max(2, (height - t.px(48)) // t.px(22)))
        if most != self.most:
            self.most = most
            if self._frame is not None:
                self.show_frame(self._frame)

    def _tops(self) -> list[float]:
        """Return where each zone row starts, in px; the mark row takes its place among them."""
        t = current()
        tops, y = [], float(t.px(24))
        for i in range(len(self.rows)):
            if i == self._below:
                y += t.px(20)
            tops.append(y)
            y += t.px(22)
        return tops

    def _mark_top(self) -> float:
        t = current()
        return t.px(24) + (self._below if self.rows else 1) * t.px(22)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        y, h = self._mark_top(), current().px(20)
        if not QRect(0, math.floor(y), self.width(), h).contains(event.rect()):
            self._table(p)
        self._mark(p, y, h)

    def _mark(self, p: QPainter, y: float, h: float) -> None:
        t = current()
        w, pad = self.width(), t.px(PAD)
        p.fillRect(QRectF(0, y, w, h - 1), draw.colour(t.raised))
        draw.put(p, pad, y, 0, h, "mark", t.text2, SMALL)
        draw.put(p, pad + t.px(34), y, 0, h, self.mark, t.text1, BODY, SEMIBOLD)
        draw.put(p, 0, y, w - pad, h, self.age, t.text2, SMALL, align=draw.RIGHT)

    def _table(self, p: QPainter) -> None:
        t = current()
        w, pad = self.width(), t.px(PAD)
        distance = w - pad - t.px(40 if self.compact else 56)
        usd = distance - t.px(52 if self.compact else 96)
        side = t.px(112 if self.compact else 118)
        head = t.px(23)
        draw.put(p, pad, 0, 0, head, "Range", t.text3, SMALL)
        draw.put(p, side, 0, 0, head, "Side", t.text3, SMALL)
        draw.put(p, 0, 0, usd, head, "USD", t.text3, SMALL, align=draw.RIGHT)
        if not self.compact:
            draw.put(p, usd + t.px(6), 0, 0, head, "± 80 %", t.text3, SMALL)
        draw.put(p, 0, 0, distance, head, "Dist.", t.text3, SMALL, align=draw.RIGHT)
        draw.put(p, 0, 0, w - pad, head, "Touch" if self.compact else "Touch 4 h", t.text3, SMALL, align=draw.RIGHT)
        draw.rule(p, 0, head, w)
        h = t.px(22)
        if self._lines(self.rows) > len(self.rows):
            last = t.px(24) + len(self.rows) * h + (t.px(20) if self.rows else 0)
            draw.put(p, pad, last, w - 2 * pad, h, self.note, t.text2, SMALL if self.rows else BODY, elide=True)
        for i, (row, y) in enumerate(zip(self.rows, self._tops(), strict=True)):
            if i == self._hover:
                p.fillRect(QRectF(0, y, w, h - 1), draw.colour(t.hover))
            ink, text, quiet = t.side(row.side), t.text1, t.text2
            if not row.significant:
                ink = text = quiet = t.text2 if i == self._hover else t.text3
            weight = SEMIBOLD if row.significant else MEDIUM
            if row.significant:
                p.fillRect(QRectF(0, y + t.px(3), t.px(3), h - 2 * t.px(3)), draw.colour(ink))
            draw.put(p, pad, y, 0, h, row.range, text, BODY, weight)
            word = "short" if row.side else "long"
            draw.put(p, side, y, 0, h, word[0].upper() if self.compact else word, ink, BODY, MEDIUM)
            draw.put(p, 0, y, usd, h, row.usd, text, BODY, weight, draw.RIGHT)
            if not self.compact:
                draw.put(p, usd + t.px(6), y, 0, h, row.band, t.text3 if i != self._hover else t.text2, SMALL)
            draw.put(p, 0, y, distance, h, row.distance, quiet, BODY, MEDIUM, draw.RIGHT)
            draw.put(p, 0, y, w - pad, h, row.touch, quiet, BODY, MEDIUM, draw.RIGHT)
            if i + 1 != self._below and i + 1 < len(self.rows):
                draw.rule(p, pad, y + h - 1, w - 2 * pad)

    def _at(self, y: float) -> int:
        high = current().px(22)
        for i, top in enumerate(self._tops()):
            if top <= y < top + high:
                return i
        return -1

    @property
    def note(self) -> str:
        """What is said under the rows: that nothing is significant, or what grey means."""
        if not self.known:
            return "no estimate yet"
        if not self.rows:
            return "no significant zone"
        return CHANCE if any(row.significant for row in self.rows) else f"none significant: {CHANCE}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._at(event.position().y())
        if at != self._hover:
            self._hover = at
            draw.tip(self, self._sentence(at) if at >= 0 else TIP)
            self.setCursor(Qt.CursorShape.PointingHandCursor if at >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def _sentence(self, at: int) -> str:
        return sentence(self.zones[at], self.rows[at], self.curves)

    @property
    def curves(self) -> tuple[Calibration, ...]:
        """How touch odds have held, by horizon."""
        return self._frame.odds if self._frame is not None else ()

    def leaveEvent(self, _event: QEvent) -> None:
        self._hover = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and 0 <= at < len(self.zones):
            self.show_price.emit(self.zones[at].peak)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = self._at(event.pos().y())
        if not 0 <= at < len(self.zones):
            return
        zone = self.zones[at]
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Show on chart").triggered.connect(lambda: self.show_price.emit(zone.peak))
        menu.addAction("Alert near this zone…").triggered.connect(lambda: self.alert_wanted.emit(zone))
        menu.popup(event.globalPos())


class ZonesPanel(Panel):
    """Zones, by price."""

    def __init__(self) -> None:
        self.content = ZonesBody()
        super().__init__("Zones", WIDE, self.content)

    def join(self, window: Window) -> None:
        self.content.show_price.connect(window.act.reveal)
        self.content.alert_wanted.connect(window.act.alerting.alert_zone)

    def set_compact(self, compact: bool) -> None:
        super().set_compact(compact)
        self.content.set_compact(compact)
        self.header.say(caption=NARROW if compact else WIDE)

    def show_frame(self, frame: Frame) -> None:
        self.content.show_frame(frame)
        count = sum(row.significant for row in self.content.rows)
        self.header.say(value=f"{count} zone{'s' if count != 1 else ''}" if count else "none significant")

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the panel shows, text and raw value by name."""
        body = self.content
        out: dict[str, dict[str, object]] = {
            "zones.mark": {"text": body.mark, "value": body.mark},
            "zones.count": {"text": str(len(body.rows)), "value": len(body.rows)},
            "zones.note": {"text": body.note, "value": sum(row.significant for row in body.rows)},
        }
        for i, (row, zone) in enumerate(zip(body.rows, body.zones, strict=True)):
            out[f"zones.{i}.range"] = {"text": row.range, "value": [zone.low, zone.high]}
            out[f"zones.{i}.side"] = {"text": "short" if row.side else "long", "value": zone.side.word}
            out[f"zones.{i}.usd"] = {"text": row.usd, "value": zone.usd}
            out[f"zones.{i}.band"] = {"text": row.band, "value": [zone.low_usd, zone.high_usd]}
            out[f"zones.{i}.z"] = {"text": present.number(zone.z, 1), "value": zone.z}
            out[f"zones.{i}.prior"] = {"text": present.percent(zone.prior, 0, signed=False), "value": zone.prior}
            if zone.touch is not None:
                chance = zone.touch
                values = [list(row) for row in (chance.odds, chance.low, chance.high)]
                out[f"zones.{i}.touch"] = {"text": row.touch, "value": values}
            out[f"zones.{i}.distance"] = {"text": row.distance, "value": zone.distance}
        for curve in body.curves:
            held = [curve.cases, curve.days, curve.back, curve.brier, curve.climate]
            out[f"touch.{curve.horizon_ms // HOUR_MS}h.record"] = {"text": touched.record(curve), "value": held}
        return out
