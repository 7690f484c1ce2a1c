"""Where the mass of one row came from: the steps of `kernels.run` walked backward for two bins of one side, compiled like it.

Forward, a step does: shift the window to its start, sweep, shift it to its end, decay, deposit. So what step i put into bin b, family q
and band k has at the end of the last step T the standing share S·exp(−h_qk·Y), S = Π(1 − f_j) over the sweeps and Y = Σ V_j/(2·OI_j)
over the turnovers of the steps j > i. Its swept share follows W ← f + (1 − f)·W·exp(−h_qk·ΔY) from sweep to sweep, newest first. The
rest has decayed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from liqdesk.model.axis import BIN
from liqdesk.model.bands import BANDS, CLASSES, FAMILIES, FAMILY_SHARE
from liqdesk.model.kernels import DRIFT, ENTRIES, REACH, SOFT, SQRT_2, entries

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Parts = tuple[Any, ...]

PUT, SWEPT, STANDS, ENTRY, BY_CLASS = range(5)
COLUMNS = BY_CLASS + CLASSES
HALF = 0.5


@njit(cache=True, nogil=True)
def follow_window(start: Floats, end: Floats, window: int, first: int, out: Ints) -> int:
    """Write the first bin of the state's window after its shift to each step's start and to its end, out int64 [n, 2]; return the
    last. `first` is where it stood before."""
    for i in range(len(start)):
        for j in range(2):
            shift = math.floor((end[i] if j else start[i]) / BIN) - (first + window // 2)
            if abs(shift) > DRIFT:
                first += shift - shift % 2
            out[i, j] = first
    return first


@njit(cache=True, nogil=True)
def trace(
    steps: Parts, windows: Ints, stop: int, cell: Parts, law: Parts, near: Ints, classes: Floats, walk: Parts,
    least: float, rows: Floats, raw: Floats,
) -> bool:  # fmt: skip
    """Walk steps stop − 1 .. 0 backward; returns whether anything earlier can still matter.

    steps are a StepBatch, windows those of `follow_window`; cell = (side, lower bin, bins of the window); law that of `kernels.run`;
    near int64 [n, 2] the bands [from, to) that an entry n bins away reaches; classes float64 [5, 20] the prior of those that count.
    walk = (survive [2 bin], gone [2 bin, 2, 20], since [2 bin], turn [1], passed int64 [1]) is carried from one call to the next; passed
    is the end of the newest step that swept half of a bin, 0 before it is found. It ends where less than `least` survives. rows
    float64 [n, 9] receive contracts under the prior (PUT, SWEPT, STANDS), log entry price times PUT, and what stands by class; raw
    float64 [3, 2, 20, 2 bin] adds up PUT, SWEPT and STANDS without the prior.
    """
    t1, start, end, low, high = steps[1:6]
    volume, interest, at_first, at_bin, at_volume = steps[6:11]
    side, lower, window = cell
    hazard, first, _, kernel = law[:4]
    survive, gone, since, turn, passed = walk
    most = ENTRIES
    for i in range(stop):
        most = max(most, at_first[i + 1] - at_first[i])
    bins = np.empty(most, np.int64)
    weights = np.empty(most)
    prior = classes.sum(axis=0)
    share = np.zeros((2, BANDS))
    held = np.zeros(2, np.bool_)
    for i in range(stop - 1, -1, -1):
        if survive[0] < least and survive[1] < least:
            return False
        # The window begins on a row, so both bins are inside or both are out, and then whatever was here is off the grid.
        if windows[i, 1] > lower or windows[i, 1] + window <= lower:
            return False
        row = rows[i]
        if volume[i] > 0.0:
            here = math.floor(end[i] / BIN)
            for b in range(2):
                at = lower + b
                held[b] = at < here if side == 0 else at > here
            if held[0] or held[1]:
                a, z = at_first[i], at_first[i + 1]
                count = entries(low[i], high[i], at_bin[a:z], at_volume[a:z], bins, weights)
                nearest, farthest = BANDS, 0
                moment = 0.0
                for e in range(count):
                    part = 0.0
                    for b in range(2):
                        n = bins[e] - lower - b if side == 0 else lower + b - bins[e]
                        if not held[b] or n < 0 or n >= near.shape[0]:
                            continue
                        nearest, farthest = min(nearest, near[n, 0]), max(farthest, near[n, 1])
                        for k in range(near[n, 0], near[n, 1]):
                            mass = weights[e] * kernel[k, n - first[k]]
                            share[b, k] += mass
                            part += mass * prior[k]
                    moment += part * (bins[e] + 0.5) * BIN
                row[ENTRY] = 0.5 * volume[i] * moment
                for k in range(nearest, farthest):
                    stood = 0.0
                    for q in range(FAMILIES):
                        amount = 0.5 * volume[i] * FAMILY_SHARE[q]
                        left = math.exp(-hazard[q, k] * turn[0])
                        for b in range(2):
                            put = amount * share[b, k]
                            if put == 0.0:
                                continue
                            swept = 0.0
                            if gone[b, q, k] > 0.0:
                                swept = put * gone[b, q, k] * math.exp(-hazard[q, k] * (turn[0] - since[b]))
                            stands = put * survive[b] * left
                            raw[PUT, q, k, b] += put
                            raw[SWEPT, q, k, b] += swept
                            raw[STANDS, q, k, b] += stands
                            row[PUT] += put * prior[k]
                            row[SWEPT] += swept * prior[k]
                            stood += stands
                    for c in range(CLASSES):
                        row[BY_CLASS + c] += stood * classes[c, k]
                    row[STANDS] += stood * prior[k]
                    share[0, k] = share[1, k] = 0.0
            turn[0] += volume[i] / (2.0 * interest[i])
        moved = high[i] > start[i] if side == 1 else low[i] < start[i]
        if moved:
            extreme = high[i] if side == 1 else low[i]
            below, above = (start[i], extreme) if side == 1 else (extreme, start[i])
            from_bin, to_bin = math.ceil((below - REACH) / BIN - 0.5), math.floor((above + REACH) / BIN - 0.5)
            for b in range(2):
                at = lower + b
                if not from_bin <= at <= to_bin:
                    continue
                away = (at + 0.5) * BIN - extreme
                f = 0.5 * math.erfc((away if side == 1 else -away) / (SQRT_2 * SOFT))
                for q in range(FAMILIES):
                    for k in range(BANDS):
                        kept = gone[b, q, k]
                        if kept > 0.0:
                            kept *= math.exp(-hazard[q, k] * (turn[0] - since[b]))
                        gone[b, q, k] = f + (1.0 - f) * kept
                since[b] = turn[0]
                survive[b] *= 1.0 - f
                if f >= HALF and passed[0] == 0:
                    passed[0] = t1[i]
        if windows[i, 0] > lower or windows[i, 0] + window <= lower:
            return False
    return not (survive[0] < least and survive[1] < least)
