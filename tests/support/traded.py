"""Where the simulated market traded, by the minute, from the very trades that it would publish."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liqdesk.market import MINUTE_MS
from liqdesk.model import BIN
from liqdesk.model.axis import PHASE
from liqdesk.simulator.compiled import compiled
from liqdesk.simulator.course import Course
from liqdesk.simulator.kernel import trades_of
from liqdesk.simulator.layout import LN_ANCHOR, STEP, TICK
from liqdesk.simulator.splitting import STEPS, TICKS

AT_PRICE = np.dtype([("t", np.int64), ("bin", np.int32), ("quantity", np.float64)])
WIDTH = 4_096


@compiled
def gather(
    first_s: int, stop_s: int, par: Any, key: Any, SF: Any, SI: Any, EI: Any, T: Any, rng: Any, first_bin: int, out: Any
) -> None:
    """Add the contracts traded in each second to `out` [minutes, WIDTH], by 5 bp bin from `first_bin` on."""
    for s in range(first_s, stop_s):
        n = trades_of(s, par, key, SF, SI, EI, T, rng)
        minute = s // 60 - first_s // 60
        for j in range(n):
            b = math.floor((math.log(T[j, TICKS] * par[TICK]) - PHASE) / BIN) - first_bin
            out[minute, b] += T[j, STEPS] * par[STEP]


def volume_at_price(course: Course, first_s: int, stop_s: int) -> NDArray[np.void]:
    """Return dtype AT_PRICE, ascending: what traded in the seconds [first_s, stop_s), all of them in the ring of the last 49 h."""
    out = np.zeros((-(-stop_s // 60) - first_s // 60, WIDTH))
    first_bin = math.floor((course.par[LN_ANCHOR] - PHASE) / BIN) - WIDTH // 2  # about the contract's anchor
    gather(
        first_s, stop_s, course.par, course.key, course.SF, course.SI, course.EI, course._scratch, course._rng, first_bin, out
    )  # fmt: skip
    minute, b = np.nonzero(out)
    rows = np.zeros(len(minute), AT_PRICE)
    rows["t"], rows["bin"], rows["quantity"] = (first_s // 60 + minute) * MINUTE_MS, first_bin + b, out[minute, b]
    return rows
