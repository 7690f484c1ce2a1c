"""The inner loops of engine S2, compiled by numba with the GIL released. The same functions run as plain Python when
jit is off.

Logs are relative to ln 30000, bins absolute (5 bp); `where[0]` is the bin of column 0 of the state. `phi` float64
[2 family, 2 side, 20 band, window] holds contracts divided by `scale` [2, 20], so that decay touches the scale alone;
`mass` float64 [2, 2, 20] is the running sum, kept by increments; `flows` float64 [4, 2, 2] adds up what came and
went.
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

INFLOW = 0
DECAYED = 1
SWEPT = 2
OFF_GRID = 3

SOFT = 4e-4  # width of the sweep's edge
REACH = 12e-4  # how far behind the start and beyond the extreme a sweep is felt
ENTRIES = 5
DRIFT = 512  # bins the price may stand off the window's centre
THIN = 1e-30  # a scale below this is multiplied into the state
DUST = 1e-60  # contracts
SHARE_A, SHARE_B = FAMILY_SHARE
LOG2_LEAST = math.log2(LEAST)
LEAST_SINGLE = LEAST * (1 - 1e-6)  # as float32 rounds it
SQRT_2 = math.sqrt(2.0)
LOG2_E = 1.0 / math.log(2.0)


@njit(cache=True, nogil=True)
def recentre(phi: Floats, scale: Floats, mass: Floats, where: Ints, flows: Floats, x: float) -> None:
    """Shift the window so that x stands at its centre, when it has drifted too far; what falls off is counted."""
    window = phi.shape[3]
    here = math.floor(x / BIN)
    shift = here - (where[0] + window // 2)
    if abs(shift) <= DRIFT:
        return
    shift -= shift % 2
    where[0] += shift
    for q in range(FAMILIES):
        for s in range(2):
            for k in range(BANDS):
                row = phi[q, s, k]
                lost = 0.0
                if shift > 0:
                    for i in range(min(shift, window)):
                        lost += row[i]
                    for i in range(window - shift):
                        row[i] = row[i + shift]
                    for i in range(max(window - shift, 0), window):
                        row[i] = 0.0
                else:
                    for i in range(max(window + shift, 0), window):
                        lost += row[i]
                    for i in range(window - 1, -shift - 1, -1):
                        row[i] = row[i + shift]
                    for i in range(min(-shift, window)):
                        row[i] = 0.0
                lost *= scale[q, k]
                left = mass[q, s, k] - lost
                if left < 0.1 * lost:  # a small difference of large sums: count what is there
                    left = 0.0
                    for i in range(window):
                        left += row[i]
                    left *= scale[q, k]
                mass[q, s, k] = left
                flows[OFF_GRID, q, s] += lost


@njit(cache=True, nogil=True)
def sweep(
    phi: Floats,
    scale: Floats,
    mass: Floats,
    where: Ints,
    flows: Floats,
    side: int,
    start: float,
    extreme: float,
    swept: Floats,
) -> None:
    """Empty one side where price passed, softly at the edge; `swept` [20] receives contracts per band."""
    window = phi.shape[3]
    if side == 1:
        first = math.ceil((start - REACH) / BIN - 0.5)
        last = math.floor((extreme + REACH) / BIN - 0.5)
    else:
        first = math.ceil((extreme - REACH) / BIN - 0.5)
        last = math.floor((start + REACH) / BIN - 0.5)
    first = max(first - where[0], 0)
    last = min(last - where[0], window - 1)
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
def decay(phi: Floats, scale: Floats, mass: Floats, flows: Floats, hazard: Floats, turnover: float) -> None:
    """Let positions close: φ ← φ·exp(−hazard·turnover), turnover = V / (2·OI)."""
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
    """Fill entry bins and their shares: volume at price where given, else five prices spread over [low, high]. Return
    how many."""
    if at_bin.shape[0] > 0:
        total = 0.0
        for i in range(at_bin.shape[0]):
            total += at_volume[i]
        if total > 0.0:
            for i in range(at_bin.shape[0]):
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
    phi: Floats,
    scale: Floats,
    mass: Floats,
    where: Ints,
    flows: Floats,
    first: Ints,
    length: Ints,
    kernel: Floats,
    reach: Floats,
    volume: float,
    end: float,
    bins: Ints,
    weights: Floats,
    count: int,
    scratch: Floats,
) -> None:
    """Place volume/2 contracts of each side by distance from their entries; only what lies beyond the end price's bin
    is kept.

    `reach` [20, longest + 1] is the running sum of `kernel` from zero.
    """
    window = phi.shape[3]
    here = math.floor(end / BIN) - where[0]
    nearest = bins[0]
    farthest = bins[0]
    for i in range(count):
        nearest = min(nearest, bins[i])
        farthest = max(farthest, bins[i])
    spread = farthest - nearest
    for s in range(2):
        for k in range(BANDS):
            n = length[k]
            if s == 0:
                low = nearest - (first[k] + n - 1) - where[0]
                begin, stop = max(low, 0), min(low + spread + n, here)
            else:
                low = nearest + first[k] - where[0]
                begin, stop = max(low, here + 1), min(low + spread + n, window)
            if s == 0:
                stop = min(stop, window)
            else:
                begin = max(begin, 0)
            kept = 0.0
            placed = 0.0
            for i in range(begin, stop):
                scratch[i] = 0.0
            for e in range(count):
                w = weights[e]
                at = low + bins[e] - nearest
                j0 = max(begin - at, 0)
                j1 = min(stop - at, n)
                if s == 0:
                    beyond = min(max(here - at, 0), n)
                    kept += w * (reach[k, n] - reach[k, n - beyond])
                    for j in range(j0, j1):
                        scratch[at + j] += w * kernel[k, n - 1 - j]
                    if j1 > j0:
                        placed += w * (reach[k, n - j0] - reach[k, n - j1])
                else:
                    beyond = min(max(here + 1 - at, 0), n)
                    kept += w * (reach[k, n] - reach[k, beyond])
                    for j in range(j0, j1):
                        scratch[at + j] += w * kernel[k, j]
                    if j1 > j0:
                        placed += w * (reach[k, j1] - reach[k, j0])
            for q in range(FAMILIES):
                amount = 0.5 * volume * (SHARE_A if q == 0 else SHARE_B)
                flows[INFLOW, q, s] += amount * kept
                flows[OFF_GRID, q, s] += amount * (kept - placed)
                mass[q, s, k] += amount * placed
                factor = amount / scale[q, k]
                row = phi[q, s, k]
                for i in range(begin, stop):
                    row[i] += factor * scratch[i]


@njit(cache=True, nogil=True)
def read_planes(
    phi: Floats,
    scale: Floats,
    where: Ints,
    classes: Floats,
    base: int,
    low: float,
    high: float,
    acc: Floats,
    out: Singles,
) -> None:
    """Write the picture of the state: out float32 [10, 800], basis USD per display bin from `base` up, plane = side·5
    + class.

    Bins whose centre price has passed (longs not below `low`, shorts not above `high`) are shown empty. `acc` float64
    [6, 800] is scratch.
    """
    window = phi.shape[3]
    for p in range(2 * CLASSES):
        for r in range(ROWS):
            out[p, r] = 0.0
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
        row1 = (last - 1 - shift) // 2 + 1
        for c in range(CLASSES):
            for r in range(row0, row1):
                acc[c, r] = 0.0
        pair = acc[CLASSES]
        for k in range(BANDS):
            a = scale[0, k]
            b = scale[1, k]
            one = phi[0, s, k]
            two = phi[1, s, k]
            for r in range(row0, row1):
                i = shift + 2 * r
                left = a * one[i] + b * two[i] if first <= i < last else 0.0
                right = a * one[i + 1] + b * two[i + 1] if first <= i + 1 < last else 0.0
                pair[r] = left + right
            for c in range(CLASSES):
                w = classes[c, k]
                line = acc[c]
                for r in range(row0, row1):
                    line[r] += w * pair[r]
        for r in range(row0, row1):
            price = math.exp(PHASE + (base + r + 0.5) * DISPLAY_BIN)
            for c in range(CLASSES):
                out[s * CLASSES + c, r] = acc[c, r] * price


@njit(cache=True, nogil=True)
def encode(values: Singles, bits: NDArray[np.int32], mantissa: Singles, codes: Codes) -> None:
    """Turn float32 values [n] into logarithmic u16 codes [n]. `bits` and `mantissa` are int32 and float32 scratch [n].

    log2 by the area tangent series on a mantissa in [1, 2); its error is below 0.01 of a code.
    """
    raw = values.view(np.int32)
    for i in range(values.shape[0]):
        bits[i] = (raw[i] & 0x007FFFFF) | 0x3F800000
    unit = bits.view(np.float32)
    for i in range(values.shape[0]):
        mantissa[i] = (unit[i] - SQRT_2) / (unit[i] + SQRT_2)
    for i in range(values.shape[0]):
        t = float(mantissa[i])
        u = t * t
        log2 = 0.5 + 2.0 * LOG2_E * t * (1.0 + u * (1.0 / 3 + u * (0.2 + u / 7)))
        code = (log2 + ((raw[i] >> 23) - 127) - LOG2_LEAST) * CODES_PER_OCTAVE + 1.5
        code = min(max(code, 1.0), 65535.0)
        codes[i] = int(code) if values[i] >= LEAST_SINGLE else 0


@njit(cache=True, nogil=True)
def write_column(
    codes: Codes,
    number: Ints,
    base: NDArray[np.int32],
    gain: Singles,
    flags: NDArray[np.uint8],
    version: Codes,
    mark: Floats,
    n: int,
    low_bin: int,
    planes: Singles,
    use_gain: Singles,
    flag: int,
    model: int,
    price: float,
    flat: Codes,
) -> int:
    """Put one column into a ring: 1 when written, 0 when the slot holds a newer column, −1 when it holds this one live.

    planes float32 [10, 800]; `flat` is uint16 scratch [8000]. The number is set last, so a slot is never published
    half filled.
    """
    slot = n % number.shape[0]
    if number[slot] > n:
        return 0
    if number[slot] == n and flags[slot] & LIVE:
        return -1
    number[slot] = -1
    line = planes.reshape(planes.shape[0] * planes.shape[1])
    bits = np.empty(line.shape[0], np.int32)
    mantissa = np.empty(line.shape[0], np.float32)
    encode(line, bits, mantissa, flat)
    turn = low_bin % ROWS
    for p in range(planes.shape[0]):
        for r in range(ROWS - turn):
            codes[slot, p, turn + r] = flat[p * ROWS + r]
        for r in range(ROWS - turn, ROWS):
            codes[slot, p, turn + r - ROWS] = flat[p * ROWS + r]
    base[slot] = low_bin
    gain[slot, 0] = use_gain[0]
    gain[slot, 1] = use_gain[1]
    flags[slot] = flag
    version[slot] = model
    mark[slot] = price
    number[slot] = n
    return 1


@njit(cache=True, nogil=True)
def run(
    state: tuple[Any, ...],
    law: tuple[Any, ...],
    steps: tuple[Any, ...],
    begin: int,
    stop: int,
    swept: Floats,
    rings: tuple[Any, ...],
    spans: Ints,
    wanted: NDArray[np.bool_],
    use_gain: Singles,
    flag: int,
    model: int,
    clock: Ints,
) -> int:
    """Advance the state by steps [begin, stop) and write the columns that end on the way. Returns how many were
    written.

    state = (phi, scale, mass, where, flows, x float64 [1]: the log price at the last step's end); law = (hazard [2,
    20], first, length, kernel, reach, classes [5, 20]); steps = (t0, t1, start, end, low, high, volume, interest,
    at_first [n + 1], at_bin, at_volume); swept float64 [n, 2, 20]; rings = (codes, number, base, gain, flags,
    version, mark), each a triple; spans int64 [3] ms, wanted bool [3]; clock int64 [1], the last step's end in ms, 0
    before the first.

    A column that no step ended on, because a gap follows, is written from the last step within it.
    """
    phi, scale, mass, where, flows, last_x = state
    hazard, first, length, kernel, reach, classes = law
    t0, t1, start, end, low, high, volume, interest, at_first, at_bin, at_volume = steps
    codes, number, bases, gains, flags, versions, marks = rings
    scratch = np.empty(phi.shape[3])
    acc = np.empty((CLASSES + 1, ROWS))
    planes = np.empty((2 * CLASSES, ROWS), np.float32)
    flat = np.empty(2 * CLASSES * ROWS, np.uint16)
    most = ENTRIES
    for i in range(begin, stop):
        most = max(most, at_first[i + 1] - at_first[i])
    bins = np.empty(most, np.int64)
    weights = np.empty(most)
    written = 0
    for i in range(begin, stop + 1):
        # Columns that ended since: exactly at the last step's end, or, once the next step is known, in the gap after
        # it.
        drawn = False
        for r in range(spans.shape[0]):
            if not wanted[r] or clock[0] <= 0:
                continue
            span = spans[r]
            n = (clock[0] - 1) // span
            whole = clock[0] % span == 0
            if whole and i == begin:
                continue
            if not whole and (i == stop or t0[i] // span <= n):
                continue
            if not drawn:
                x = last_x[0]
                here = math.floor(x / BIN)
                low_bin = here // 2 - HALF_ROWS
                read_planes(phi, scale, where, classes, low_bin, x, x, acc, planes)
                price = math.exp(PHASE + x)
                drawn = True
            done = write_column(
                codes[r], number[r], bases[r], gains[r], flags[r], versions[r], marks[r],
                n, low_bin, planes, use_gain, flag, model, price, flat,
            )  # fmt: skip
            if done > 0:
                written += 1
        if i == stop:
            break
        recentre(phi, scale, mass, where, flows, start[i])
        if high[i] > start[i]:
            sweep(phi, scale, mass, where, flows, 1, start[i], high[i], swept[i, 1])
        if low[i] < start[i]:
            sweep(phi, scale, mass, where, flows, 0, start[i], low[i], swept[i, 0])
        recentre(phi, scale, mass, where, flows, end[i])
        if volume[i] > 0.0:
            decay(phi, scale, mass, flows, hazard, volume[i] / (2.0 * interest[i]))
            a, b = at_first[i], at_first[i + 1]
            count = entries(low[i], high[i], at_bin[a:b], at_volume[a:b], bins, weights)
            deposit(
                phi, scale, mass, where, flows, first, length, kernel, reach,
                volume[i], end[i], bins, weights, count, scratch,
            )  # fmt: skip
        clock[0] = t1[i]
        last_x[0] = end[i]
    return written
