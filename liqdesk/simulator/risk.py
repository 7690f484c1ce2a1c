"""The insurance fund and the danger of deleveraging, from the liquidations that truly were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from liqdesk.market import HOUR_MS
from liqdesk.simulator import layout as at
from liqdesk.simulator.course import EVENTS, Course

ENDOWMENT: Final = 1.2e9  # USDT that the fund began with
RATED_EVERY_MS: Final = HOUR_MS // 2
RATINGS: Final = ((1e-3, "high"), (2e-4, "medium"))  # share of open interest liquidated in half an hour


def gains(course: Course) -> float:
    """Return what the last 131,072 liquidations brought the fund, in quote units: fills better than bankruptcy, less worse ones."""
    count = int(course.Q[at.EVENTS])
    rows = np.arange(max(0, count - EVENTS), count) % EVENTS
    fills = course.EI[rows, at.E_TICKS] * course.contract.tick - course.EF[rows, at.E_BANKRUPT]
    signs = np.where(course.EI[rows, at.E_SIDE] == 0, 1.0, -1.0)
    return float((signs * fills * course.EI[rows, at.E_STEPS]).sum() * course.contract.step)


def fund(courses: Iterable[Course], now_ms: int) -> dict[str, Any]:
    """Return the fund that all contracts share."""
    insured = tuple(courses)
    balance = ENDOWMENT + sum(gains(course) for course in insured)
    return {
        "symbols": sorted(course.contract.symbol for course in insured),
        "assets": [{"asset": "USDT", "marginBalance": f"{balance:.8f}", "updateTime": now_ms}],
    }


def rating(course: Course, now_ms: int) -> dict[str, Any]:
    """Return how much of the open interest was liquidated in the half hour before the rating, in a word."""
    rated = now_ms // RATED_EVERY_MS * RATED_EVERY_MS
    count = int(course.Q[at.EVENTS])
    rows = course.EI[np.arange(max(0, count - EVENTS), count) % EVENTS]
    age_s = rated // 1000 - rows[:, at.E_SECOND]
    steps = rows[(age_s > 0) & (age_s <= RATED_EVERY_MS // 1000), at.E_STEPS].sum()
    interest = float(course.second(course.now_s)[0][at.S_INTEREST])
    share = float(steps) * course.contract.step / interest if interest else 0.0
    word = next((word for least, word in RATINGS if share >= least), "low")
    return {"symbol": course.contract.symbol, "adlRisk": word, "updateTime": rated}
