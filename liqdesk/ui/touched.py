"""Touch odds in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from liqdesk.market import HOUR_MS
from liqdesk.ui import present

if TYPE_CHECKING:
    from collections.abc import Sequence

    from liqdesk.insight import Calibration, Chance

SHOWN: Final = 1  # of the horizons, the one in tables and tags
NEAR: Final = 3  # of the record's distances, the one that a sentence names: one σ√T
UNDER: Final = "Touch odds come from distance and volatility alone: no drift, and the map has no part in them. An estimate, not advice."


def percent(odds: float) -> str:
    """Return odds as a trader reads them: 31 %, <1 %, >99 %, 100 % only where price is there."""
    if not math.isfinite(odds):
        return present.UNKNOWN
    if odds < 0.005:
        return "<1 %"
    if 0.995 <= odds < 1:
        return ">99 %"
    return present.percent(odds, 0, signed=False)


def short(chance: Chance | None) -> str:
    """Return the odds within four hours, as a table shows them."""
    return present.UNKNOWN if chance is None else percent(chance.odds[SHOWN])


def tag(chance: Chance | None, hours: bool = True) -> str:
    """Return the odds within four hours, as a tag shows them: touch 4 h 31 %; without the hours where those have no room, and nothing
    while the odds are not known."""
    if chance is None or not math.isfinite(chance.odds[SHOWN]):
        return ""
    return f"touch {'4 h ' if hours else ''}{percent(chance.odds[SHOWN])}"


def tip(chance: Chance | None, curves: Sequence[Calibration]) -> str:
    """Return the odds of all horizons with their interval, where they come from, and how they have held."""
    if chance is None or not curves:
        return "Touch odds: not known yet"
    parts = []
    for curve, odds, low, high in zip(curves, chance.odds, chance.low, chance.high, strict=True):
        band = "" if odds >= 1 else f" [{_bare(low)}–{percent(high)}]"
        parts.append(f"{curve.horizon_ms // HOUR_MS} h {percent(odds)}{band}")
    return f"Mark touches the nearest edge within {' · '.join(parts)} (80 % interval)\n{UNDER}\n{record(curves[SHOWN])}"


def record(curve: Calibration) -> str:
    """Return how odds of a horizon have held: on how many cases, what was said and what came, and the error beside climatology."""
    hours = f"{curve.horizon_ms // HOUR_MS} h"
    if not curve.cases:
        return f"No record yet of how {hours} odds have held."
    back = "all" if curve.back == curve.cases else f"{curve.back:,} of them" if curve.back else "none"
    days = f"{curve.days} day{'s' if curve.days != 1 else ''}"
    said, came = percent(curve.law[NEAR]), percent(curve.came[NEAR])
    cases = f"{curve.cases:,} half hours in {days}, {back} computed afterwards from candles"
    words = f"Record: {cases}. {hours} odds of {said} came {came} of the time"
    if math.isfinite(curve.skill):
        words += f"; squared error {curve.brier:.3f}, always the average {curve.climate:.3f}"
    return f"{words}.\nWhat is said now is bent to that record."


def _bare(odds: float) -> str:
    return percent(odds).removesuffix(" %")
