"""Confluence beside the last column: a bar where a price stands out in two (2 px) or three (4 px) cohorts of entries."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from liqdesk.insight.confluence import COHORTS, Confluence
from liqdesk.model.axis import DISPLAY_BIN, display_bin_of
from liqdesk.ui import theme
from liqdesk.ui.chart.state import ChartState

LEAST: Final = 2  # cohorts
LEFT_PX: Final = 1
STEP_PX: Final = 2


class Run(NamedTuple):
    """Display bins first .. last that stand out in so many cohorts; `sure`: in a zone of each of them, not in a rise that may be
    chance."""

    first: int
    last: int
    cohorts: int
    sure: bool


def newest(s: ChartState) -> Confluence | None:
    """Return what is to be drawn, None where there is none or it is switched off."""
    return s.frame.confluence if s.frame is not None and s.settings.show_confluence else None


def runs(s: ChartState) -> list[Run]:
    """Return the stretches of the chosen side that stand out in two cohorts or more, lowest first."""
    found = newest(s)
    if found is None or not s.mark > 0:
        return []
    here = display_bin_of(s.mark)
    out: list[Run] = []
    for i, (sure, risen) in enumerate(zip(found.sure, found.risen, strict=True)):
        row = found.base + i
        if (s.side == "long" and row > here) or (s.side == "short" and row < here):
            continue
        certain, either = sure.bit_count(), (sure | risen).bit_count()
        count, is_sure = (certain, True) if certain >= LEAST else (either, False)
        if count < LEAST:
            continue
        if out and out[-1].last == row - 1 and out[-1][2:] == (count, is_sure):
            out[-1] = out[-1]._replace(last=row)
        else:
            out.append(Run(row, row, count, is_sure))
    return out


def draw_runs(p: QPainter, s: ChartState) -> None:
    """Draw them at the left edge of the gutter."""
    t, lens = s.theme, s.lens
    scale = lens.height / (lens.y1 - lens.y0)
    for run in runs(s):
        top, bottom = (round((lens.y1 - row * DISPLAY_BIN) * scale) for row in (run.last + 1, run.first))
        if bottom < 0 or top > lens.height:
            continue
        rect = QRectF(t.px(LEFT_PX), top, t.px(STEP_PX) * (run.cohorts - 1), max(1, bottom - top))
        p.fillRect(rect, theme.colour(t.text1 if run.sure else t.text3, 0.85))


def words_at(s: ChartState, y: float) -> str:
    """Return what is said of a row of pixels, empty where no bar stands."""
    found = newest(s)
    if found is None or not s.lens.valid:
        return ""
    row = display_bin_of(s.lens.price(y))
    if not any(run.first <= row <= run.last for run in runs(s)):
        return ""
    held = found.cohorts_at(row)
    zones = [name for name, c in zip(COHORTS, held, strict=True) if c == 2]
    rises = [name for name, c in zip(COHORTS, held, strict=True) if c == 1]
    parts = [f"a zone of what was opened within {' and '.join(zones)}"] if zones else []
    parts += [f"a rise, which may be chance, of what was opened within {' and '.join(rises)}"] if rises else []
    return f"Confluence: this price lies in {'; in '.join(parts)}. {found.at(row)[2]} of 100."
