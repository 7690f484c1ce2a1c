"""The line above the plot, the ribbon of a market that is not live, and the card of a feed that is not current."""

from __future__ import annotations

import math
import re
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QPushButton, QWidget

from liqdesk.engine.frames import Frame, Health, SourceKind
from liqdesk.market import DAY_MS
from liqdesk.ui import present, ramp, theme
from liqdesk.ui.chart.paint import box, guarded, write
from liqdesk.ui.chart.state import ChartState, source_text

VENUE = "Binance"
FONTS: Final = ((12, 700), (11, 500))  # of the card's sentence, and of its cause
DIGIT: Final = re.compile(r"\d")
NOT_CURRENT = "Nothing below is current."


def title(s: ChartState) -> str:
    """Return symbol, kind of contract, venue and candle: BTCUSDT perp · Binance · 15m."""
    if s.frame is None:
        return ""
    venue = VENUE if s.live else s.frame.source.host or "simulated"
    if s.frame.source.kind is SourceKind.DEMO:
        venue = "simulated"
    elif s.frame.source.replayed:
        venue = "replay"
    elif s.frame.source.kind is SourceKind.HISTORY:
        venue = "recording" if s.frame.source.file else "history"
    kind = " perp" if s.frame.instrument.contract_type == "PERPETUAL" else ""
    since = " from 00:00 UTC" if s.settings.candle_ms >= DAY_MS // 2 and s.zone != "UTC" else ""
    return f"{s.frame.instrument.symbol}{kind} · {venue} · {present.span(s.settings.candle_ms)}{since}"


def candle_words(s: ChartState) -> list[tuple[str, str]]:
    """Return (letter, price) of the candle under the pointer, else of the newest."""
    if not len(s.candles):
        return []
    row = s.candles[-1]
    if s.hover is not None and s.hover[0] < s.lens.width:
        at = s.lens.time(s.hover[0])
        found = s.candles[(s.candles["t"] <= at) & (s.candles["t"] + s.candles["span"] > at)]
        row = found[0] if len(found) else row
    names = (("O", "open"), ("H", "high"), ("L", "low"), ("C", "close"))
    return [(letter, present.price(float(row[name]), s.decimals)) for letter, name in names]


class Header(QWidget):
    """Names what is shown, the candle under the pointer, and what the map's marks mean; while loading, what is loaded."""

    def __init__(self, state: ChartState, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.profile_width = 0
        self.lead = 0  # px left free before the words, at 100 %
        self._key: tuple[object, ...] = ()
        self._prices: list[tuple[str, str]] = []
        self._left = 0.0
        self._from = self._to = 0  # where the prices stand
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @Slot()
    def sync(self) -> None:
        """Repaint where the words changed."""
        s = self.state
        progress = s.frame.progress if s.frame else None
        prices = candle_words(s)
        key = (
            title(s),
            progress,
            s.rule_ms,
            s.zone,
            s.theme,
            s.settings.heat_map,
            s.measure.unit,
            [len(price) for _, price in prices],
        )
        if key != self._key:
            self.update()
        elif prices != self._prices:
            self.update(self._from, 0, self._to - self._from, self.height())
        self._key, self._prices = key, prices

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        s = self.state
        t = s.theme
        w, h = self.width(), self.height()
        p.fillRect(self.rect(), theme.colour(t.panel))
        p.fillRect(QRectF(0, h - 1, w, 1), theme.colour(t.line))
        edge = w - self.profile_width
        p.fillRect(QRectF(edge, 0, 1, h), theme.colour(t.line))
        if self.profile_width and event.rect().right() >= edge:
            self._profile(p, edge)
        x: float = self._left
        if event.rect().left() < self._from or not self._from:
            x = self._piece(p, t.px(10.0 + self.lead), edge, title(s), t.text2, 600) + t.px(14)
        self._left, self._from = x, round(x)
        for letter, price in self._prices:
            room = theme.text_width(
                DIGIT.sub("0", price), 11, 600
            )  # of any price as long, so what follows stands still
            if x + theme.text_width(f"{letter} ", 11, 600) + room + t.px(6) > edge:
                break
            x = self._piece(p, x, edge, letter, t.text3, 500) + t.px(5)
            self._piece(p, x, edge, price, t.text1, 600)
            x += room + t.px(10)
        self._to = round(x)
        if event.rect().right() < self._to and event.rect().left() >= self._from:
            return
        x += t.px(8)
        progress = s.frame.progress if s.frame else None
        if progress is not None:
            self._piece(p, x, edge, progress.text, t.text2, 500)
            done = progress.done / progress.total if progress.total else 0.0
            p.fillRect(QRectF(0, h - 2, edge * min(1.0, done), 2), theme.colour(t.text2))
            return
        unit = s.measure.unit
        words = f"Map: est. {unit} per 10 bp" if s.compact else f"Map: estimated liquidations, {unit} per 10 bp"
        x = self._piece(p, x, edge, words, t.text3, 500) + t.px(16)
        if s.compact:
            return
        if s.rule_ms is not None:
            text = f"back-computed until {present.date(s.rule_ms, s.zone)}"
            if x + t.px(22) + theme.text_width(text, 11, 500) < edge - t.px(8):
                p.fillRect(QRectF(x, round(h / 2) - 1, t.px(14), 2), theme.colour(t.text2))
                x = self._piece(p, x + t.px(20), edge, text, t.text3, 500) + t.px(16)
        lost = "dimmed" if s.settings.heat_map == "grey" else "greyed"
        text = f"{lost}: set by the prior, not by data (mostly beyond 5 %)"
        if s.rule_ms is not None and x + t.px(22) + theme.text_width(text, 11, 500) < edge - t.px(8):
            swatch = ramp.heat_table(s.settings.heat_map, t.chart)[ramp.FADES - 1, 150]
            p.fillRect(
                QRectF(x, round(h / 2) - t.px(4), t.px(14), t.px(9)), theme.colour(f"#{int(swatch) & 0xFFFFFF:06X}")
            )
            self._piece(p, x + t.px(20), edge, text, t.text3, 500)

    def _profile(self, p: QPainter, edge: float) -> float:
        t = self.state.theme
        x = self._piece(
            p, edge + t.px(8), self.width(), "Profile" if self.state.compact else "Profile now", t.text2, 600
        )
        room = self.width() - 4 - (x + t.px(8))
        unit = self.state.measure.unit
        offered = (f"{unit} per 10 bp", f"{unit}/10 bp", unit)
        words = [words for words in offered if theme.text_width(words, 11, 500) <= room]
        self._piece(p, x + t.px(8), self.width(), words[0] if words else "", t.text3, 500)
        return x

    def _piece(self, p: QPainter, x: float, edge: float, text: str, colour: str, weight: int) -> float:
        """Write a piece of text at x if it ends before `edge`; return where it ends."""
        width = theme.text_width(text, 11, weight)
        if text and x + width <= edge - 4:
            write(p, QRectF(x, 0, width + 4, self.height() - 1), text, colour, 11, weight)
        return x + width


class Ribbon(QWidget):
    """One row in amber with dark stripes, for every source that is not Binance live. It takes room and covers nothing."""

    def __init__(self, state: ChartState, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

        self._key: tuple[object, ...] = ()

    @property
    def text(self) -> str:
        return source_text(self.state.frame) if self.state.frame else ""

    def sync(self) -> None:
        key = (self.text, self.state.theme)
        if key != self._key:
            self._key = key
            self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        t = self.state.theme
        w, h = self.width(), self.height()
        p.fillRect(self.rect(), theme.colour(t.demo))
        text = self.text
        width = theme.text_width(text, 12, 700) + t.px(36)
        left, right = (w - width) / 2, (w + width) / 2
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(theme.colour(t.ink, 0.22))
        stripe = t.px(11.0)
        x = -float(h)
        while x < w:
            corners = (QPointF(x, h), QPointF(x + stripe, h), QPointF(x + stripe + h, 0), QPointF(x + h, 0))
            if x + stripe + h < left or x > right:
                p.drawPolygon(QPolygonF(corners))
            x += 2 * stripe
        write(p, QRectF(0, 0, w, h), text, t.ink, 12, 700, "centre")


class Banner(QWidget):
    """Says that nothing is current, why, and offers one button."""

    retry = Signal()

    def __init__(self, state: ChartState, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.button = QPushButton("Retry now", self)
        self.button.clicked.connect(self.retry)
        self._key: tuple[object, ...] = ()
        self._rows: list[tuple[str, bool]] = []  # lines, and whether of the first sentence
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.hide()

    def words(self) -> tuple[str, str]:
        frame = self.state.frame
        return stale_words(frame) if frame else ("", "")

    def place(self, room: int, x: int, y: int) -> None:
        """Stand at (x, y) in `room` px of width, and repaint if the words changed."""
        words = self.words()
        key = (words, room, x, y, self.state.theme)
        if key == self._key:
            return
        self._key = key
        px = self.state.theme.px
        self.button.setFont(theme.font(theme.BODY, theme.SEMIBOLD))
        button = self.button.sizeHint()
        want = max(theme.text_width(words[0], 12, 700), theme.text_width(words[1], 11, 500))
        width = min(room, round(want) + button.width() + px(58))
        left, line = width - button.width() - px(12), width - button.width() - px(54)
        head, tail = (theme.lines(text, line, *font) for text, font in zip(words, FONTS, strict=True))
        self._rows = [(text, i < len(head)) for i, text in enumerate([*head, *tail])]
        high = px(16) + len(head) * px(18) + len(tail) * px(16)
        self.setGeometry(x, y, width, max(px(50), high))
        self.button.setGeometry(left, round((self.height() - button.height()) / 2), button.width(), button.height())
        self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        t = self.state.theme
        box(p, QRectF(self.rect()), t.panel, t.alert, t.px(4), 0.97)
        p.fillRect(QRectF(0, 2, 4, self.height() - 4), theme.colour(t.alert))
        y, room = t.px(8), self.button.x() - t.px(18)
        for text, is_head in self._rows:
            high = t.px(18 if is_head else 16)
            write(p, QRectF(t.px(18), y, room, high), text, t.text1 if is_head else t.text2, *FONTS[not is_head])
            y += high


def stale_words(frame: Frame) -> tuple[str, str]:
    """Return the two lines of the card: how long without mark price, and cause, attempt and countdown."""
    ages = {s.name: s.age_s for s in frame.streams}
    since = ages.get("mark")
    head = f"No mark price {f'for {present.age(since)}' if since is not None else 'yet'}. {NOT_CURRENT}"
    link = frame.connection
    tail = link.sentence.rpartition(NOT_CURRENT)[2].strip()  # the card has said it in its first line
    if link.retry_in_s is not None and link.retry_in_s > 0:
        attempt = f"Attempt {link.attempt + 1}" if link.attempt else "Next attempt"
        tail = f"{tail} {attempt} in {present.length(math.ceil(link.retry_in_s) * 1_000)}.".strip()
    if link.health is Health.DOWN and not tail:
        tail = "The connection is lost."
    return head, tail
