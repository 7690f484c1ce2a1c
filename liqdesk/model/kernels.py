"""The inner loops of engine S2, compiled by numba with the GIL released; they also run as plain Python.

Logs are relative to ln 30000, bins absolute (5 bp); `where[0]` is the bin of column 0 of the state. `phi` float64
[2 family, 2 side, 20 band, window] holds contracts divided by `scale` [2, 20], so that decay touches the scale alone;
`mass` float64 [2, 2, 20] is the running sum, kept by increments; `flows` float64 [4, 2, 2] adds up what came and went.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from liqdesk.model.axis import BIN
from liqdesk.model.bands import BANDS, FAMILIES, FAMILY_SHARE
from liqdesk.model.columns import write_columns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Parts = tuple[Any, ...]

INFLOW, DECAYED, SWEPT, OFF_GRID = range(4)

SOFT = 4e-4  # width of the sweep's edge
REACH = 12e-4  # how far behind the start and beyond the extreme a sweep is felt
ENTRIES = 5
DRIFT = 512  # bins the price may stand off the window's centre
THIN = 1e-30  # a scale below this is multiplied into the state
DUST = 1e-60  # contracts
SQRT_2 = math.sqrt(2.0)


@njit(cache=True, nogil=True)
def recentre(state: Parts, x: float) -> None:
    """Shift the window so that x stands at its centre, when it has drifted too far; what falls off is counted."""
    phi, scale, mass, where, flows = state[:5]
    window = phi.shape[3]
    here = math.floor(x / BIN)
    shift = here - (where[0] + window // 2)
    if abs(shift) <= DRIFT:
        return
    shift -= shift % 2
    where[0] += shift
    moved = np.empty(window)
    for q in range(FAMILIES):
        for s in range(2):
            for k in range(BANDS):
                row = phi[q, s, k]
                total = kept = 0.0
                for i in range(window):
                    total += row[i]
                    moved[i] = row[i + shift] if 0 <= i + shift < window else 0.0
                    kept += moved[i]
                for i in range(window):
                    row[i] = moved[i]
                # What stays may be little beside what goes, so it is counted rather than subtracted.
                flows[OFF_GRID, q, s] += (total - kept) * scale[q, k]
                mass[q, s, k] = kept * scale[q, k]


@njit(cache=True, nogil=True)
def sweep(state: Parts, side: int, start: float, extreme: float, swept: Floats) -> None:
    """Empty one side where price passed, softly at the edge; `swept` [20] receives contracts per band."""
    phi, scale, mass, where, flows = state[:5]
    window = phi.shape[3]
    below, above = (start, extreme) if side == 1 else (extreme, start)
    first = max(math.ceil((below - REACH) / BIN - 0.5) - where[0], 0)
    last = min(math.floor((above + REACH) / BIN - 0.5) - where[0], window - 1)
    for b in range(first, last + 1):
        away = (where[0] + b + 0.5) * BIN - extreme
        if side == 0:
            away = -away
        f = 0.5 * math.erfc(away / (SQRT_2 * SOFT))
        for q in range(FAMILIES):
            gone = 0.0
            for k in range(BANDS):
                held = phi[q, side, k, b]
                if held > 0.0:
                    taken = f * held
                    phi[q, side, k, b] = held - taken
                    taken *= scale[q, k]
                    swept[k] += taken
                    mass[q, side, k] = max(mass[q, side, k] - taken, 0.0)  # rounding leaves a little less than nothing
                    gone += taken
            flows[SWEPT, q, side] += gone


@njit(cache=True, nogil=True)
def decay(state: Parts, hazard: Floats, turnover: float) -> None:
    """Let positions close: φ ← φ·exp(−hazard·turnover), turnover = V / (2·OI)."""
    phi, scale, mass, _, flows = state[:5]
    for q in range(FAMILIES):
        for k in range(BANDS):
            left = math.exp(-hazard[q, k] * turnover)
            scale[q, k] *= left
            for s in range(2):
                flows[DECAYED, q, s] += mass[q, s, k] * (1.0 - left)
                mass[q, s, k] *= left
            if scale[q, k] < THIN:
                for s in range(2):
                    row = phi[q, s, k]
                    for i in range(row.shape[0]):
                        kept = row[i] * scale[q, k]
                        row[i] = kept if kept > DUST else 0.0
                scale[q, k] = 1.0


@njit(cache=True, nogil=True)
def entries(low: float, high: float, at_bin: Ints, at_volume: Floats, bins: Ints, weights: Floats) -> int:
    """Fill entry bins and shares from volume at price, else five prices spread over [low, high]; return how many."""
    total = 0.0
    for i in range(len(at_bin)):
        total += at_volume[i]
    if total > 0.0:
        for i in range(len(at_bin)):
            bins[i] = at_bin[i]
            weights[i] = at_volume[i] / total
        return len(at_bin)
    count = 0
    for j in range(ENTRIES):
        b = math.floor((low + (j + 0.5) / ENTRIES * (high - low)) / BIN)
        if count > 0 and bins[count - 1] == b:
            weights[count - 1] += 1.0 / ENTRIES
        else:
            bins[count] = b
            weights[count] = 1.0 / ENTRIES
            count += 1
    return count


@njit(cache=True, nogil=True)
def deposit(
    state: Parts, law: Parts, volume: float, end: float, bins: Ints, weights: Floats, count: int, scratch: Floats
) -> None:
    """Place volume/2 contracts of each side by distance from their entries; what the end price has passed is dropped.

    `reach` [20, longest + 1] is the running sum of `kernel` from zero.
    """
    phi, scale, mass, where, flows = state[:5]
    first, length, kernel, reach = law[1:5]
    window = phi.shape[3]
    here = math.floor(end / BIN) - where[0]
    nearest = farthest = bins[0]
    for i in range(count):
        nearest, farthest = min(nearest, bins[i]), max(farthest, bins[i])
    spread = farthest - nearest
    for s in range(2):
        for k in range(BANDS):
            n = length[k]
            if s == 0:
                low = nearest - (first[k] + n - 1) - where[0]
                begin, stop = max(low, 0), min(low + spread + n, here, window)
            else:
                low = nearest + first[k] - where[0]
                begin, stop = max(low, here + 1, 0), min(low + spread + n, window)
            kept = placed = 0.0
            # Slices, so that the inner loops count from zero: only then does the compiler make vectors of them.
            stop = max(begin, stop)
            part = scratch[begin:stop]
            part[:] = 0.0
            for e in range(count):
                w = weights[e]
                at = low + bins[e] - nearest
                j0 = min(max(begin - at, 0), n)
                j1 = max(min(stop - at, n), j0)
                onto = scratch[at + j0 : at + j1]
                if s == 0:
                    beyond = min(max(here - at, 0), n)
                    kept += w * (reach[k, n] - reach[k, n - beyond])
                    placed += w * (reach[k, n - j0] - reach[k, n - j1])
                    hat = kernel[k, n - j1 : n - j0]
                    last = j1 - j0 - 1
                    for j in range(j1 - j0):
                        onto[j] += w * hat[last - j]
                else:
                    beyond = min(max(here + 1 - at, 0), n)
                    kept += w * (reach[k, n] - reach[k, beyond])
                    placed += w * (reach[k, j1] - reach[k, j0])
                    hat = kernel[k, j0:j1]
                    for j in range(j1 - j0):
                        onto[j] += w * hat[j]
            for q in range(FAMILIES):
                amount = 0.5 * volume * FAMILY_SHARE[q]
                flows[INFLOW, q, s] += amount * kept
                flows[OFF_GRID, q, s] += amount * (kept - placed)
                mass[q, s, k] += amount * placed
                factor = amount / scale[q, k]
                row = phi[q, s, k, begin:stop]
                for i in range(stop - begin):
                    row[i] += factor * part[i]


@njit(cache=True, nogil=True)
def run(
    state: Parts, law: Parts, steps: Parts, part: Parts, swept: Floats, rings: Parts, spans: Ints, wanted: Flags, stamp: Parts
) -> None:  # fmt: skip
    """Advance the state by steps part[0] .. part[1] − 1 and write the columns that end on the way.

    state = (phi, scale, mass, where, flows, x [1] and clock [1]: log price and time in ms of the last step's end); law =
    (hazard [2, 20], first, length, kernel, reach, classes [5, 20]); steps are a StepBatch; swept float64 [n, 2, 20].
    A column that no step ended on, because a gap follows, is written from the last step within it.
    """
    last_x, clock = state[5], state[6]
    t0, t1, start, end, low, high, volume, interest, at_first, at_bin, at_volume = steps
    scratch = np.empty(state[0].shape[3])
    most = ENTRIES
    for i in range(part[0], part[1]):
        most = max(most, at_first[i + 1] - at_first[i])
    bins = np.empty(most, np.int64)
    weights = np.empty(most)
    for i in range(part[0], part[1]):
        if 0 < clock[0] < t0[i]:
            write_columns(state, law, rings, wanted, clock[0], t0[i], spans, stamp)
        recentre(state, start[i])
        if high[i] > start[i]:
            sweep(state, 1, start[i], high[i], swept[i, 1])
        if low[i] < start[i]:
            sweep(state, 0, start[i], low[i], swept[i, 0])
        recentre(state, end[i])
        if volume[i] > 0.0:
            decay(state, law[0], volume[i] / (2.0 * interest[i]))
            a, b = at_first[i], at_first[i + 1]
            count = entries(low[i], high[i], at_bin[a:b], at_volume[a:b], bins, weights)
            deposit(state, law, volume[i], end[i], bins, weights, count, scratch)
        clock[0] = t1[i]
        last_x[0] = end[i]
        write_columns(state, law, rings, wanted, t1[i], t1[i], spans, stamp)
