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

from liqdesk.model.axis import BIN, DISPLAY_BIN, HALF_ROWS, PHASE, ROWS
from liqdesk.model.bands import BANDS, CLASSES, FAMILIES, FAMILY_SHARE
from liqdesk.model.codes import CODES_PER_OCTAVE, LEAST
from liqdesk.model.flags import LIVE

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Codes = NDArray[np.uint16]
Flags = NDArray[np.bool_]
Parts = tuple[Any, ...]

INFLOW, DECAYED, SWEPT, OFF_GRID = range(4)

SOFT = 4e-4  # width of the sweep's edge
REACH = 12e-4  # how far behind the start and beyond the extreme a sweep is felt
ENTRIES = 5
DRIFT = 512  # bins the price may stand off the window's centre
THIN = 1e-30  # a scale below this is multiplied into the state
DUST = 1e-60  # contracts
LOG2_LEAST = math.log2(LEAST)
LEAST_SINGLE = LEAST * (1 - 1e-6)  # as float32 rounds it
SQRT_2 = math.sqrt(2.0)
LOG2_E = 1.0 / math.log(2.0)
RISE = np.exp(np.arange(ROWS) * DISPLAY_BIN)  # price of a row over that of the first


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
                    mass[q, side, k] -= taken
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
def read_planes(state: Parts, classes: Floats, base: int, low: float, high: float, acc: Floats, out: Singles) -> None:
    """Write the picture of the state: out float32 [10, 800], basis USD per display bin from `base` up, plane = side·5
    + class.

    Bins whose centre price has passed (longs not below `low`, shorts not above `high`) are shown empty. `acc` float64
    [6, 800] is scratch.
    """
    phi, scale, _, where = state[:4]
    window = phi.shape[3]
    out[:] = 0.0
    shift = 2 * base - where[0]
    for s in range(2):
        if s == 0:
            first = max(shift, 0)
            last = min(min(shift + 2 * ROWS, window), math.ceil(low / BIN - 0.5) - where[0])
        else:
            first = max(max(shift, 0), math.floor(high / BIN - 0.5) + 1 - where[0])
            last = min(shift + 2 * ROWS, window)
        if last <= first:
            continue
        row0 = (first - shift) // 2
        rows = (last - 1 - shift) // 2 + 1 - row0
        # The window begins on a row, so only the outer bins of the first and the last row can be out.
        odd_first, odd_last = (first - shift) % 2, (last - shift) % 2
        acc[:] = 0.0
        # One array a class, in one loop: it runs in a quarter of the time of a loop over classes.
        c5, c10, c25, c50, c100 = acc[0, :rows], acc[1, :rows], acc[2, :rows], acc[3, :rows], acc[4, :rows]
        pair = acc[CLASSES, :rows]
        at = shift + 2 * row0
        for k in range(BANDS):
            a = scale[0, k]
            b = scale[1, k]
            one = phi[0, s, k, at : at + 2 * rows]
            two = phi[1, s, k, at : at + 2 * rows]
            for r in range(rows):
                pair[r] = a * (one[2 * r] + one[2 * r + 1]) + b * (two[2 * r] + two[2 * r + 1])
            if odd_first:
                pair[0] = a * one[1] + b * two[1]
            if odd_last:
                pair[rows - 1] = a * one[2 * rows - 2] + b * two[2 * rows - 2]
            w5, w10, w25, w50, w100 = classes[0, k], classes[1, k], classes[2, k], classes[3, k], classes[4, k]
            for r in range(rows):
                c5[r] += w5 * pair[r]
                c10[r] += w10 * pair[r]
                c25[r] += w25 * pair[r]
                c50[r] += w50 * pair[r]
                c100[r] += w100 * pair[r]
        lowest = math.exp(PHASE + (base + row0 + 0.5) * DISPLAY_BIN)
        for c in range(CLASSES):
            line = acc[c, :rows]
            plane = out[s * CLASSES + c, row0 : row0 + rows]
            for r in range(rows):
                plane[r] = line[r] * (lowest * RISE[r])


@njit(cache=True, nogil=True)
def encode(values: Singles, codes: Codes) -> None:
    """Turn float32 values [n] into logarithmic u16 codes [n].

    log2 by the area tangent series on a mantissa in [1, 2); its error is below 0.01 of a code.
    """
    raw = values.view(np.int32)
    bits = np.empty(values.shape[0], np.int32)
    for i in range(values.shape[0]):
        bits[i] = (raw[i] & 0x007FFFFF) | 0x3F800000
    unit = bits.view(np.float32)
    for i in range(values.shape[0]):
        t = float((unit[i] - SQRT_2) / (unit[i] + SQRT_2))
        u = t * t
        log2 = 0.5 + 2.0 * LOG2_E * t * (1.0 + u * (1.0 / 3 + u * (0.2 + u / 7)))
        code = (log2 + ((raw[i] >> 23) - 127) - LOG2_LEAST) * CODES_PER_OCTAVE + 1.5
        code = min(max(code, 1.0), 65535.0)
        codes[i] = int(code) if values[i] >= LEAST_SINGLE else 0


@njit(cache=True, nogil=True)
def write_column(ring: Parts, n: int, low_bin: int, planes: Singles, stamp: Parts, price: float) -> int:
    """Put one column into a ring: 1 when written, 0 when the slot holds a newer column, −1 when it holds this one live.

    ring = (codes, number, base, gain, flags, version, mark); planes float32 [10, 800]; stamp = (gain float32 [2], flag,
    version). The number is set last, so a slot is never published half filled.
    """
    codes, number, base, gain, flags, version, mark = ring
    slot = n % number.shape[0]
    if number[slot] > n:
        return 0
    if number[slot] == n and flags[slot] & LIVE:
        return -1
    number[slot] = -1
    turn = low_bin % ROWS
    for p in range(planes.shape[0]):
        plane, row = planes[p], codes[slot, p]
        row[:] = 0
        first, last = 0, ROWS
        while first < last and plane[first] == 0.0:
            first += 1
        while last > first and plane[last - 1] == 0.0:
            last -= 1
        # The rows are a ring: what reaches over its end goes on at its start.
        seam = min(max(ROWS - turn, first), last)
        encode(plane[first:seam], row[turn + first : turn + seam])
        encode(plane[seam:last], row[turn + seam - ROWS : turn + last - ROWS])
    base[slot] = low_bin
    gain[slot, 0], gain[slot, 1] = stamp[0][0], stamp[0][1]
    flags[slot] = stamp[1]
    version[slot] = stamp[2]
    mark[slot] = price
    number[slot] = n
    return 1


@njit(cache=True, nogil=True)
def write_columns(
    state: Parts, law: Parts, rings: Parts, wanted: Flags, last_ms: int, next_ms: int, spans: Ints, stamp: Parts
) -> None:
    """Write the state at `last_ms` into the wanted rings: the columns that end there when next_ms = last_ms, else those
    that were open then and that a step at `next_ms` leaves behind.
    """
    x = state[5][0]
    low_bin = math.floor(x / BIN) // 2 - HALF_ROWS
    planes = np.empty((2 * CLASSES, ROWS), np.float32)
    drawn = False
    for r in range(spans.shape[0]):
        n = (last_ms - 1) // spans[r]
        if not wanted[r] or next_ms // spans[r] <= n or (last_ms % spans[r] == 0) != (next_ms == last_ms):
            continue
        if not drawn:
            read_planes(state, law[5], low_bin, x, x, np.empty((CLASSES + 1, ROWS)), planes)
            drawn = True
        write_column(rings[r], n, low_bin, planes, stamp, math.exp(PHASE + x))


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
