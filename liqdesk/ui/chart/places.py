"""Where the parts of the chart stand, from the sizes of the design at the theme's scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRect

from liqdesk.ui.theme import Theme

COMPACT_BELOW: Final = 1_600  # px of the whole window, at 100 %
LEAST_PLOT: Final = 200  # px, at 100 %: the panes beneath the plot fold before it is lower than that
LOWEST_PLOT: Final = 140  # and those that are folded go before it is lower than this
SLIM_PROFILE: Final = 72  # narrower than that it says nothing, and goes
SLIM_GUTTER: Final = 120  # labels without their range, which the bracket shows; every font that was met has room
HALF: Final = 0.5  # of the window is the plot's; the profile gives way first, then the words of the labels
MOST_OF_CHART: Final = 0.62  # or this much of the chart, where panels stand at both sides
HEAD: Final = 24
FOOT: Final = 22
BAND: Final = 26


@dataclass(frozen=True)
class Places:
    header: QRect
    ribbon: QRect
    plot: QRect
    gutter: QRect
    axis: QRect
    profile: QRect
    time_axis: QRect
    corner: QRect
    overlay: QRect
    panes: QRect


def room_beneath(height: int, t: Theme, ribbon: bool) -> tuple[int, int]:
    """Return how high the panes beneath the plot may be together, and how high if all of them are folded."""
    rest = height - t.px(HEAD) - t.px(FOOT) - (t.px(BAND) if ribbon else 0)
    return max(0, rest - t.px(LEAST_PLOT)), max(0, rest - t.px(LOWEST_PLOT))


def widths(width: int, window: int, t: Theme, compact: bool) -> tuple[int, int, int]:
    """Return the widths of gutter, price axis and profile (0: there is none) of a chart `width` px wide in a window of `window` px."""
    px = t.px
    gutter, axis, profile = (px(190), px(76), px(100)) if compact else (px(208), px(80), px(160))
    wanted = min(HALF * window, MOST_OF_CHART * width)
    missing = round(wanted) - (width - gutter - axis - profile)
    if missing > 0:
        profile = profile - missing if profile - missing >= px(SLIM_PROFILE) else 0
        plot = width - gutter - axis - profile
        if plot < wanted - 1:
            gutter = max(px(SLIM_GUTTER), gutter + plot - round(HALF * window))
    return gutter, axis, profile


def places(
    width: int, height: int, t: Theme, compact: bool, ribbon: bool, beneath: int = 0, window: int | None = None
) -> Places:
    """Divide `width` × `height`: header, ribbon if wanted, plot | gutter | price axis | profile, `beneath` px of panes, time axis."""
    px = t.px
    gutter, axis, profile = widths(width, width if window is None else window, t, compact)
    head, foot, band = px(HEAD), px(FOOT), px(BAND)
    top = head + (band if ribbon else 0)
    tall = max(1, height - top - foot - beneath)
    plot = max(1, width - gutter - axis - profile)
    return Places(
        QRect(0, 0, width, head),
        QRect(0, head, width, band),
        QRect(0, top, plot, tall),
        QRect(plot, top, gutter, tall),
        QRect(plot + gutter, top, axis, tall),
        QRect(plot + gutter + axis, top, profile, tall),
        QRect(0, top + tall + beneath, plot + gutter, foot),
        QRect(plot + gutter, top + tall + beneath, axis + profile, foot),
        QRect(0, top, plot + gutter + axis, tall + beneath + foot),
        QRect(0, top + tall, width, beneath),
    )
