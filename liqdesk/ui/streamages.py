"""Stream ages: one dot, name and age per stream, for the status bar."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRect, QSize
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip

from liqdesk.ui import draw, present, streams
from liqdesk.ui.condition import accent_token
from liqdesk.ui.draw import Pressed
from liqdesk.ui.theme import BODY, REGULAR, SEMIBOLD, current, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame, StreamStatus

MEANING: Final = {
    "mark": "Mark price, the price that triggers liquidations",
    "trades": "Trades of this contract, which place the map",
    "book": "Order book",
    "forced": "Forced orders of all contracts, at most one per contract and second; silence is normal",
    "OI": "Open interest, which sets the map's total",
    "funding": "Funding rate and the time of its next settlement",
}
LEAVE_FIRST: Final = ("funding", "forced", "book", "OI")
Cell = tuple[float, float, str, str, str]  # left, width, name, age, condition


def _end(cells: list[Cell]) -> int:
    return round(cells[-1][0] + cells[-1][1]) + 2 if cells else 0


class StreamAges(Pressed):
    """One dot, name and age per stream; the dot is the accent while fresh, rose when stale, a ring before the first event.

    `pressed` asks for the rest.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("streams")
        self._rows: tuple[tuple[str, str, str], ...] = ()  # name, age, condition
        self._streams: tuple[StreamStatus, ...] = ()
        self._widest: dict[str, float] = {}
        self._token = "live"  # nosec B105  # a colour's name
        self.left_out = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_frame(self, frame: Frame) -> bool:
        """Show the streams; return whether the room needed has changed."""
        rows = []
        self._streams = tuple(s for s in frame.streams if not s.minor)
        for s in self._streams:
            rows.append((s.name, present.age(s.age_s), streams.condition_of(s)))
        token = accent_token(frame)
        if frame.connection.health == "ended":
            token = "text3"  # nosec B105  # a colour's name
        if (tuple(rows), token) == (self._rows, self._token):
            return False
        before = self._cells()
        whole = token != self._token
        self._rows, self._token = tuple(rows), token
        for name, words, _ in rows:
            self._widest[name] = max(self._widest.get(name, 0.0), text_width(words, BODY, SEMIBOLD))
        now = self._cells()
        if whole or [cell[:3] for cell in before] != [cell[:3] for cell in now]:
            self.update()
            return len(before) != len(now) or _end(before) != _end(now)
        for old, cell in zip(before, now, strict=True):
            if old != cell:
                self.update(math.floor(cell[0]), 0, math.ceil(cell[1]) + 2, self.height())
        return False

    def restyle(self) -> None:
        self._widest = {name: text_width(words, BODY, SEMIBOLD) for name, words, _ in self._rows}
        super().restyle()

    def _cells(self, left_out: int | None = None) -> list[Cell]:
        t = current()
        gone = LEAVE_FIRST[: self.left_out if left_out is None else left_out]
        cells, x = [], 0.0
        for name, words, condition in self._rows:
            if name in gone and condition != "stale":
                continue
            wide = t.px(11) + text_width(name, BODY) + t.px(4) + self._widest.get(name, 0.0)
            cells.append((x, wide, name, words, condition))
            x += wide + t.px(12)
        return cells

    def width_at(self, left_out: int) -> int:
        return _end(self._cells(left_out))

    def sizeHint(self) -> QSize:
        return QSize(self.width_at(self.left_out), current().px(26))

    def paintEvent(self, event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        h, region = self.height(), event.region()
        if self.hasFocus():
            draw.outline(p, 0, 0, self.width(), h, t.focus, t.px(4))
        for x, wide, name, words, condition in self._cells():
            if not region.intersects(QRect(math.floor(x), 0, math.ceil(wide) + 2, h)):
                continue
            ink = {"fresh": str(getattr(t, self._token)), "stale": t.alert}.get(condition, t.text3)
            draw.dot(p, x + t.px(3), h / 2, t.px(6), ink, condition == "none")
            left = x + t.px(11)
            draw.put(p, left, 0, 0, h, name, t.text1 if self.underMouse() else t.text2, BODY, REGULAR)
            left += text_width(name, BODY) + t.px(4)
            draw.put(p, left, 0, 0, h, words, t.alert if condition == "stale" else t.text1, BODY, SEMIBOLD)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(event.pos().x()), self)
            return True
        return super().event(event)

    def _tip(self, x: float) -> str:
        under = [name for left, wide, name, _, _ in self._cells() if left <= x < left + wide]
        lines = []
        for s in self._streams:
            if under and s.name not in under:
                continue
            limit = "" if s.limit_s is None else f", stale after {present.age(s.limit_s)}"
            lines.append(
                f"{MEANING.get(s.name, s.name)}\n{s.name}: {present.age(s.age_s)} old, {present.rate(s.rate)}{limit}"
            )
        lines.append("Click, or D: rates, gaps and connections")
        return "\n".join(lines)

    def state(self) -> dict[str, dict[str, object]]:
        by_name = {s.name: s for s in self._streams}
        return {f"stream.{name}": {"text": words, "value": by_name[name].age_s} for name, words, _ in self._rows}
