"""Who opened where in the simulated market, and what standing positions the mark passed: what no outsider can know."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from liqdesk.market import MINUTE_MS
from liqdesk.simulator import layout as at
from liqdesk.simulator import positions as pos
from liqdesk.simulator.compiled import compiled
from liqdesk.simulator.course import Course

OPENED = np.dtype(
    [
        ("t", np.int64),  # ms, start of the minute
        ("side", np.int8),
        ("quantity", np.float64),  # base units
        ("entry", np.float64),
        ("liquidation", np.float64),  # 0 where no price liquidates
        ("leverage", np.int64),
        ("stop", np.bool_),
    ]
)
LEVEL, OPEN_AT = range(2)
WHOSE, HELD, STOPPED, CLOSES = range(4)


@compiled
def compare(
    PF: Any, PI: Any, top: int, step: float, low: float, high: float, real: Any, whole: Any, opened: Any, swept: Any
) -> int:
    """Add to `swept` [2] the USD of remembered positions without a stop whose price lies in [low, high]'s reach, write the rows
    that were opened since into `opened` and remember the present ones; return how many were opened."""
    count = 0
    for n in range(top):
        if whole[n, HELD] > 0 and whole[n, STOPPED] == 0 and real[n, LEVEL] > 0.0:
            side, level = whole[n, WHOSE], real[n, LEVEL]
            if (side == 0 and level >= low) or (side == 1 and level <= high):
                swept[side] += whole[n, HELD] * step * level
        if PI[n, pos.STEPS] > 0 and (
            whole[n, HELD] == 0 or whole[n, CLOSES] != PI[n, pos.SLOT] or real[n, OPEN_AT] != PF[n, pos.ENTRY]
        ):
            opened[count] = n
            count += 1
        real[n, LEVEL], real[n, OPEN_AT] = PF[n, pos.LIQUIDATION], PF[n, pos.ENTRY]
        whole[n, WHOSE], whole[n, HELD] = PI[n, pos.SIDE], PI[n, pos.STEPS]
        whole[n, STOPPED], whole[n, CLOSES] = PI[n, pos.STOP], PI[n, pos.SLOT]
    return count


class Witness:
    """Give `look` to a Month. Afterwards `opened` (dtype OPENED) are the positions that lived past the minute they were opened in,
    and `swept` float64 [minutes, 2 side] the USD of positions without a stop that stood when a minute began and that the mark
    passed within it."""

    def __init__(self) -> None:
        self._rows = [np.zeros(0, OPENED)]
        self._swept: list[NDArray[np.float64]] = []
        self._top = 0
        self._real, self._whole, self._new = np.zeros((0, 2)), np.zeros((0, 4), np.int64), np.zeros(0, np.int64)

    def look(self, course: Course) -> None:
        if not len(self._real):
            crowd = len(course.PI)
            self._real, self._whole, self._new = (
                np.zeros((crowd, 2)),
                np.zeros((crowd, 4), np.int64),
                np.zeros(crowd, np.int64),
            )
        self._top = min(
            max(self._top, int(course.Q[pos.LIVE]) + 2_048), len(course.PI)
        )  # free rows are taken lowest first
        minute = course.now_s // 60
        low, high = course.MF[minute % len(course.MF), [at.MARK_L, at.MARK_H]]
        swept = np.zeros(2)
        count = compare(
            course.PF, course.PI, self._top, course.contract.step, low, high, self._real, self._whole, self._new, swept
        )  # fmt: skip
        self._swept.append(swept)
        new = self._new[:count]
        rows = np.zeros(count, OPENED)
        rows["t"], rows["side"] = minute * MINUTE_MS, course.PI[new, pos.SIDE]
        rows["quantity"] = course.PI[new, pos.STEPS] * course.contract.step
        rows["entry"], rows["liquidation"] = course.PF[new, pos.ENTRY], course.PF[new, pos.LIQUIDATION]
        rows["leverage"], rows["stop"] = course.PI[new, pos.LEVERAGE], course.PI[new, pos.STOP] > 0
        self._rows.append(rows)

    @property
    def opened(self) -> NDArray[np.void]:
        return np.concatenate(self._rows)

    @property
    def swept(self) -> NDArray[np.float64]:
        return np.array(self._swept)
