"""The user's own position on the chart: two dashed lines, their names at the left edge, their places on the price axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QPainter

from liqdesk.insight.position import Position, solve
from liqdesk.market import BracketTable
from liqdesk.ui import theme
from liqdesk.ui.chart.layers import Layer
from liqdesk.ui.chart.marks import LineTag, line_tags
from liqdesk.ui.chart.paint import dashed
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.position.kept import origin_of
from liqdesk.ui.position.words import entry_tag, liquidation_tag

NEAR_PX: Final = 5  # a pointer this near to a line means it
DASHES: Final = ((2, 4), (8, 4))  # entry, liquidation


@dataclass(frozen=True)
class MyLine:
    """One line: its price, its dash in px, its name now."""

    price: float
    dash: tuple[int, int]
    text: str


@lru_cache(maxsize=16)
def _liquidation(position: Position, table: BracketTable) -> float | None:
    solved = solve(position, table)
    return solved[0] if solved else None


def position_of(s: ChartState) -> Position | None:
    """Return the user's position in the contract that the chart shows."""
    frame = s.frame
    if frame is None or not s.positions:
        return None
    return s.positions.get((origin_of(frame.source), frame.instrument.symbol))


def my_lines(s: ChartState) -> tuple[MyLine, ...]:
    """Return the lines of the position in the contract on the chart: the entry, and where it is liquidated."""
    position, frame = position_of(s), s.frame
    if position is None or frame is None or not (s.settings.show_position and s.mark > 0):
        return ()  # before there is a mark the axis stands anywhere
    mark = math.nan if s.replay else s.mark  # what it gains or how far it is says nothing of a moment before it
    lines = [MyLine(position.entry, DASHES[0], entry_tag(position, mark, frame.instrument))]
    at = _liquidation(position, frame.brackets) if frame.brackets is not None else None
    if at is not None:
        lines.append(MyLine(at, DASHES[1], liquidation_tag(at, mark)))
    return tuple(lines)


def my_line_at(s: ChartState, y: float) -> bool:
    """Return whether one of the lines passes by a pixel row."""
    return s.lens.valid and any(abs(s.lens.y(line.price) - y) <= NEAR_PX for line in s.mine)


class MyLines(Layer):
    """Paints the lines; their names are with those of the alerts."""

    def __init__(self, state: ChartState, z: float) -> None:
        super().__init__(state, z)
        self.tags: tuple[LineTag, ...] = ()
        self._prices: tuple[float, ...] = ()

    def sync(self) -> tuple[bool, list[QRect]]:
        """Take the position and the mark of the newest frame; return whether lines moved, else which places show other words."""
        s = self.state
        s.my_lines = (s.frame.epoch if s.frame is not None else -1, my_lines(s))
        prices = tuple(line.price for line in s.mine)
        moved, self._prices = prices != self._prices, prices
        before, self.tags = self.tags, tuple(line_tags(s)) if (s.mine or s.kept) and s.lens.valid else ()
        if moved or len(before) != len(self.tags):
            return True, []
        changed = [(a, b) for a, b in zip(before, self.tags, strict=True) if a != b]
        return False, [tag.rect.toAlignedRect().adjusted(-1, -1, 1, 1) for pair in changed for tag in pair]

    def draw(self, p: QPainter) -> None:
        s = self.state
        for line in s.mine:
            y = round(s.lens.y(line.price))
            if 0 <= y <= s.lens.height:
                p.setPen(dashed(theme.colour(s.theme.halo if s.theme.dark else s.theme.chart, 0.55), line.dash, 3.0))
                p.drawLine(QPointF(0, y + 0.5), QPointF(s.lens.width, y + 0.5))
                p.setPen(dashed(theme.colour(s.theme.text1), line.dash))
                p.drawLine(QPointF(0, y + 0.5), QPointF(s.lens.width, y + 0.5))


def tagged(tags: tuple[LineTag, ...], x: float, y: float) -> bool:
    """Return whether a place lies on the name of one of the user's own lines."""
    return any(tag.mine and QRectF(tag.rect).contains(QPointF(x, y)) for tag in tags)
