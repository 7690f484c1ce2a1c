"""The painting kernels: ring columns to USD, USD to ramp positions, positions to pixels. All release the GIL.

Import only after `liqdesk.paths.prepare_numba_cache`, and never on the start path: loading takes a quarter second warm
and some seconds the very first time.
"""

from __future__ import annotations

import math

import numba
import numpy as np

ROWS = 800
PLANES = 10
FADED = 8  # highest level of the prior's share
GROUND = 0


@numba.njit(cache=True, nogil=True)
def combine(codes, slots, gains, decode, chosen, out):  # type: ignore[no-untyped-def]
    """Sum the chosen planes of ring columns into USD per 10 bp.

    codes u16 [capacity, 10, 800]; slots i64 [n]; gains f32 [capacity, 2]; decode f32 [65536]; chosen bool [10];
    out f32 [capacity, 800], whose rows at `slots` are written, in the ring's own modular row order.
    """
    for i in range(slots.size):
        slot = slots[i]
        for row in range(ROWS):
            out[slot, row] = 0.0
        for plane in range(PLANES):
            if not chosen[plane]:
                continue
            gain = gains[slot, plane // 5]
            for row in range(ROWS):
                code = codes[slot, plane, row]
                if code:
                    out[slot, row] += decode[code] * gain


@numba.njit(cache=True, nogil=True)
def combine_now(usd, base, chosen, out):  # type: ignore[no-untyped-def]
    """Sum the chosen planes of the open column, usd f32 [10, 800] with row 0 at display bin `base`, into out f32 [800],
    in modular row order."""
    for row in range(ROWS):
        total = np.float32(0.0)
        for plane in range(PLANES):
            if chosen[plane]:
                total += usd[plane, row]
        out[(base + row) % ROWS] = total


@numba.njit(cache=True, nogil=True)
def values(usd, slots, bases, places, first_bin, out):  # type: ignore[no-untyped-def]
    """Gather the view's cells: out f32 [bins, columns] at columns `places` (i64) from ring columns `slots` of usd
    f32 [capacity, 800], row j of out being display bin first_bin + j; −1 where a column does not reach."""
    bins = out.shape[0]
    for i in range(slots.size):
        slot = slots[i]
        base = bases[slot]
        place = places[i]
        for j in range(bins):
            number = first_bin + j
            if base <= number < base + ROWS:
                out[j, place] = usd[slot, number % ROWS]
            else:
                out[j, place] = -1.0


@numba.njit(cache=True, nogil=True)
def positions(usd, marks, first_bin, bin_size, low, high, out):  # type: ignore[no-untyped-def]
    """Turn the view's cells into entries of the heat table: share level · 256 + ramp position.

    usd f32 [bins, columns]; marks f64 [columns], ln(mark / 30000), NaN where unknown; out u16 [bins, columns]. The
    rules are those of `liqdesk.ui.ramp.position` and `prior_share`.
    """
    bins, columns = usd.shape
    width = high - low
    for j in range(bins):
        centre = (first_bin + j + 0.5) * bin_size
        for i in range(columns):
            value = np.float64(usd[j, i])
            if not value > low or not width > 0.0:
                out[j, i] = GROUND
                continue
            position = min(255, int((value - low) / width * 255.0 + 0.5))
            away = (abs(centre - marks[i]) - 0.05) / 0.02
            level = 0
            if away >= 1.0:
                level = FADED
            elif away > 0.0:
                level = int(away * away * (3.0 - 2.0 * away) * FADED + 0.5)
            out[j, i] = level * 256 + position


@numba.njit(cache=True, nogil=True)
def paint(entries, columns, rows, table, ground, out):  # type: ignore[no-untyped-def]
    """Draw the view: out u32 [height, width], pixel (y, x) = table[entries[rows[y], columns[x]]], or `ground` where
    either index is −1. entries u16 [bins, columns]; columns i32 [width]; rows i32 [height]; table u32 [9·256]."""
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
    bases = np.zeros(2, np.int32)
    bases.setflags(write=False)
    decode = np.zeros(65_536, np.float32)
    decode.setflags(write=False)
    chosen = np.ones(PLANES, np.bool_)
    ring = np.zeros((2, ROWS), np.float32)
    slots = np.zeros(1, np.int64)
    combine(codes, slots, gains, decode, chosen, ring)
    combine_now(np.zeros((PLANES, ROWS), np.float32), 0, chosen, ring[0])
    cells = np.zeros((4, 1), np.float32)
    values(ring, slots, bases, slots, 0, cells)
    entries = np.zeros((4, 1), np.uint16)
    positions(cells, np.full(1, math.nan), 0, 1e-3, 0.0, 1.0, entries)
    table = np.zeros(9 * 256, np.uint32)
    table.setflags(write=False)
    paint(entries, np.zeros(4, np.int32), np.zeros(4, np.int32), table, np.uint32(0), np.zeros((4, 4), np.uint32))
