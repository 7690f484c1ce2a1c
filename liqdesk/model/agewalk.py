"""The inner loop of `ages`: a record's steps walked backward over a stretch of bins, compiled like `provenance`, whose law it shares."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from liqdesk.model.axis import BIN
from liqdesk.model.bands import BANDS, FAMILIES, FAMILY_SHARE
from liqdesk.model.kernels import ENTRIES, REACH, SOFT, SQRT_2, entries

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Parts = tuple[Any, ...]


@njit(cache=True, nogil=True)
def cut(survive: Floats, first: int, window: int) -> None:
    """Let nothing survive outside the state's window, whose first bin is the frame's bin `first`: it was off the grid."""
    size = survive.shape[1]
    if first > 0:
        survive[:, : min(first, size)] = 0.0
    if first + window < size:
        survive[:, max(first + window, 0) :] = 0.0


@njit(cache=True, nogil=True)
def gather(
    steps: Parts, windows: Ints, stop: int, frame: Parts, law: Parts, prior: Floats, walk: Parts, age: Ints, out: Floats
) -> None:
    """Walk steps stop − 1 .. 0 backward and add what stands of each to `out`, float64 [2 side, ages, bins], at its age [n].

    steps are a StepBatch, windows those of `follow_window`; frame = (first bin, bins of the window, ends int64 [2 side, 2]: the bins
    from .. to of the frame where a side can stand); law that of `kernels.run`. walk = (survive [2 side, bins], turn [1]) is carried
    from one call to the next.
    """
    start, end, low, high, volume, interest, at_first, at_bin, at_volume = steps[2:11]
    base, window, ends = frame
    hazard, first, length, kernel = law[:4]
    survive, turn = walk
    size = survive.shape[1]
    most = ENTRIES
    for i in range(stop):
        most = max(most, at_first[i + 1] - at_first[i])
    bins = np.empty(most, np.int64)
    weights = np.empty(most)
    placed = np.empty(size)
    stands = np.empty(BANDS)
    for i in range(stop - 1, -1, -1):
        cut(survive, windows[i, 1] - base, window)
        if volume[i] > 0.0:
            here = math.floor(end[i] / BIN) - base
            a, z = at_first[i], at_first[i + 1]
            count = entries(low[i], high[i], at_bin[a:z], at_volume[a:z], bins, weights)
            for k in range(BANDS):
                left = 0.0
                for q in range(FAMILIES):
                    left += FAMILY_SHARE[q] * math.exp(-hazard[q, k] * turn[0])
                stands[k] = 0.5 * volume[i] * prior[k] * left
            for s in range(2):
                begin, until = ends[s, 0], ends[s, 1]
                if s == 0:
                    until = min(until, here)
                else:
                    begin = max(begin, here + 1)
                if until <= begin:
                    continue
                placed[begin:until] = 0.0
                for k in range(BANDS):
                    n = length[k]
                    for e in range(count):
                        # Of the deposit's bins, the lowest.
                        at = bins[e] - base + (first[k] if s == 1 else 1 - first[k] - n)
                        j0, j1 = max(begin - at, 0), min(until - at, n)
                        if j1 <= j0:
                            continue
                        amount = stands[k] * weights[e]
                        onto = placed[at + j0 : at + j1]
                        if s == 0:
                            hat = kernel[k, n - j1 : n - j0]
                            last = j1 - j0 - 1
                            for b in range(j1 - j0):
                                onto[b] += amount * hat[last - b]
                        else:
                            hat = kernel[k, j0:j1]
                            for b in range(j1 - j0):
                                onto[b] += amount * hat[b]
                row = out[s, age[i]]
                for b in range(begin, until):
                    row[b] += placed[b] * survive[s, b]
            turn[0] += volume[i] / (2.0 * interest[i])
        for s in range(2):
            extreme = high[i] if s == 1 else low[i]
            if (extreme <= start[i]) if s == 1 else (extreme >= start[i]):
                continue
            below, above = (start[i], extreme) if s == 1 else (extreme, start[i])
            begin = max(math.ceil((below - REACH) / BIN - 0.5) - base, 0)
            until = min(math.floor((above + REACH) / BIN - 0.5) - base + 1, size)
            for b in range(begin, until):
                away = (base + b + 0.5) * BIN - extreme
                survive[s, b] *= 1.0 - 0.5 * math.erfc((away if s == 1 else -away) / (SQRT_2 * SOFT))
        cut(survive, windows[i, 0] - base, window)
