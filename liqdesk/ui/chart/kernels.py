"""The painting kernels: ring columns to USD, USD to ramp positions, positions to pixels. All release the GIL.

Import only after `liqdesk.paths.prepare_numba_cache`, and never on the start path: loading takes a quarter second warm
and some seconds the very first time.
"""

from __future__ import annotations

import numba
import numpy as np

ROWS = 800
PLANES = 10
SHORTS = 5  # the first plane of shorts
EIGHTHS = np.float32(8.0)
HALF = np.float32(0.5)
LEAST = np.float32(1e-30)  # USD
GROUND = 0


@numba.njit(cache=True, nogil=True, error_model="numpy")  # a check for zero would keep the loop from vectors
def level(prior, long, usd, levels):  # type: ignore[no-untyped-def]
    """Write the level of every cell into levels u8 [800]: 9 · the shorts' share + the prior's share of `usd`, both in eighths,
    rounded. prior, long and usd are f32 [800]; 0 where there is nothing."""
    for row in range(ROWS):
        whole = max(usd[row], LEAST)
        share = prior[row] / whole * EIGHTHS + HALF
        short = (usd[row] - long[row]) / whole * EIGHTHS + HALF
        levels[row] = np.uint8(np.int32(short) * np.int32(9) + np.int32(share))


@numba.njit(cache=True, nogil=True)
def combine(codes, slots, gains, shares, decode, chosen, out, levels):  # type: ignore[no-untyped-def]
    """Sum the chosen planes of ring columns into USD per 10 bp, and find how much of each sum is prior and how much shorts.

    codes u16 [capacity, 10, 800]; slots i64 [n]; gains f32 [capacity, 2]; shares f32 [capacity, 5]; decode f32 [65536];
    chosen bool [10]; out f32 and levels u8 [capacity, 800], whose rows at `slots` are written, in the ring's own modular
    row order. The prior's share is Σ plane·share / Σ plane; for the level see `level`.
    """
    prior = np.empty(ROWS, np.float32)
    long = np.empty(ROWS, np.float32)
    for i in range(slots.size):
        slot = slots[i]
        for row in range(ROWS):
            out[slot, row] = 0.0
            prior[row] = 0.0
        for plane in range(PLANES):
            if plane == SHORTS:
                for row in range(ROWS):
                    long[row] = out[slot, row]
            if not chosen[plane]:
                continue
            gain = gains[slot, plane // 5]
            share = shares[slot, plane % 5]
            for row in range(ROWS):
                code = codes[slot, plane, row]
                if code:
                    usd = decode[code] * gain
                    out[slot, row] += usd
                    prior[row] += usd * share
        level(prior, long, out[slot], levels[slot])


@numba.njit(cache=True, nogil=True)
def combine_now(usd, base, shares, chosen, out, levels):  # type: ignore[no-untyped-def]
    """Sum the chosen planes of the open column, usd f32 [10, 800] with row 0 at display bin `base`, into out f32 [800] and
    its levels u8 [800], in modular row order; shares f32 [5]."""
    total = np.zeros(ROWS, np.float32)
    prior = np.zeros(ROWS, np.float32)
    long = np.zeros(ROWS, np.float32)
    for plane in range(PLANES):
        if plane == SHORTS:
            long[:] = total
        if chosen[plane]:
            share = shares[plane % 5]
            for row in range(ROWS):
                total[row] += usd[plane, row]
                prior[row] += usd[plane, row] * share
    found = np.empty(ROWS, np.uint8)
    level(prior, long, total, found)
    for row in range(ROWS):
        out[(base + row) % ROWS] = total[row]
        levels[(base + row) % ROWS] = found[row]


@numba.njit(cache=True, nogil=True)
def values(usd, ring_levels, slots, bases, places, first_bin, out, levels):  # type: ignore[no-untyped-def]
    """Gather the view's cells: out f32 and levels u8 [bins, columns] at columns `places` (i64) from ring columns `slots`
    of usd f32 and ring_levels u8 [capacity, 800], row j being display bin first_bin + j; −1 and 0 where a column does not
    reach."""
    bins = out.shape[0]
    for i in range(slots.size):
        slot = slots[i]
        base = bases[slot]
        place = places[i]
        for j in range(bins):
            number = first_bin + j
            if base <= number < base + ROWS:
                out[j, place] = usd[slot, number % ROWS]
                levels[j, place] = ring_levels[slot, number % ROWS]
            else:
                out[j, place] = -1.0
                levels[j, place] = 0


@numba.njit(cache=True, nogil=True)
def positions(usd, levels, low, high, out):  # type: ignore[no-untyped-def]
    """Turn the view's cells into entries of the heat table: level · 256 + ramp position.

    usd f32, levels u8 and out u16 [bins, columns]. The rule of the position is that of `liqdesk.ui.ramp.position`.
    """
    bins, columns = usd.shape
    width = high - low
    for j in range(bins):
        for i in range(columns):
            value = np.float64(usd[j, i])
            if not value > low or not width > 0.0:
                out[j, i] = GROUND
                continue
            position = min(255, int((value - low) / width * 255.0 + 0.5))
            out[j, i] = np.int64(levels[j, i]) * 256 + position


@numba.njit(cache=True, nogil=True)
def paint(entries, columns, rows, table, ground, out):  # type: ignore[no-untyped-def]
    """Draw the view: out u32 [height, width], pixel (y, x) = table[entries[rows[y], columns[x]]], or `ground` where
    either index is −1. entries u16 [bins, columns]; columns i32 [width]; rows i32 [height]; table u32 [81·256]."""
    height, width = out.shape
    for y in range(height):
        row = rows[y]
        if y > 0 and row == rows[y - 1]:
            for x in range(width):
                out[y, x] = out[y - 1, x]
            continue
        if row < 0:
            for x in range(width):
                out[y, x] = ground
            continue
        for x in range(width):
            column = columns[x]
            if column < 0:
                out[y, x] = ground
            else:
                out[y, x] = table[entries[row, column]]


def warm() -> None:
    """Compile every kernel, or load it from the cache, by calling it once on arrays of the real types."""
    codes = np.zeros((2, PLANES, ROWS), np.uint16)
    codes.setflags(write=False)
    gains = np.ones((2, 2), np.float32)
    gains.setflags(write=False)
    shares = np.ones((2, 5), np.float32)
    shares.setflags(write=False)
    bases = np.zeros(2, np.int32)
    bases.setflags(write=False)
    decode = np.zeros(65_536, np.float32)
    decode.setflags(write=False)
    chosen = np.ones(PLANES, np.bool_)
    ring, faded = np.zeros((2, ROWS), np.float32), np.zeros((2, ROWS), np.uint8)
    slots = np.zeros(1, np.int64)
    combine(codes, slots, gains, shares, decode, chosen, ring, faded)
    combine_now(np.zeros((PLANES, ROWS), np.float32), 0, np.ones(5, np.float32), chosen, ring[0], faded[0])
    cells, levels = np.zeros((4, 1), np.float32), np.zeros((4, 1), np.uint8)
    values(ring, faded, slots, bases, slots, 0, cells, levels)
    entries = np.zeros((4, 1), np.uint16)
    positions(cells, levels, 0.0, 1.0, entries)
    table = np.zeros(81 * 256, np.uint32)
    table.setflags(write=False)
    paint(entries, np.zeros(4, np.int32), np.zeros(4, np.int32), table, np.uint32(0), np.zeros((4, 4), np.uint32))
