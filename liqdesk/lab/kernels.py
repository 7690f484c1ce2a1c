"""The inner loops of the naive maps and of the learner, compiled by numba with the GIL released; they also run as plain
Python.

Logs are relative to ln 30000, bins absolute (5 bp). `held` float64 [2 side, window] holds contracts divided by `scale`
[1], so that decay touches the scale alone; `where` int64 [1] is the bin of column 0, `clock` int64 [1] the time in ms
of the last step's end.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from liqdesk.model.axis import BIN
from liqdesk.model.kernels import DRIFT, ENTRIES, REACH, SOFT, SQRT_2, entries

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Parts = tuple[Any, ...]

THIN = 1e-100  # a scale below this is multiplied into the state
LEAST = (
    0.01  # of a bin: a smaller share is not taken, and no smaller share is left; dust would rank as if it were a map
)


@njit(cache=True, nogil=True)
def recentre(held: Floats, where: Ints, x: float) -> None:
    """Shift the window so that x stands at its centre, when it has drifted too far; what falls off is lost."""
    window = held.shape[1]
    shift = math.floor(x / BIN) - (where[0] + window // 2)
    if abs(shift) <= DRIFT:
        return
    where[0] += shift
    for s in range(2):
        moved = np.zeros(window)
        for i in range(max(shift, 0), min(window, window + shift)):
            moved[i - shift] = held[s, i]
        held[s] = moved


@njit(cache=True, nogil=True)
def take(row: Floats, origin: int, side: int, start: float, extreme: float) -> float:
    """Empty one side where price passed from `start` to `extreme`, with the engine's soft edge; returns what was taken."""
    below, above = (start, extreme) if side == 1 else (extreme, start)
    first = max(math.ceil((below - REACH) / BIN - 0.5) - origin, 0)
    last = min(math.floor((above + REACH) / BIN - 0.5) - origin, len(row) - 1)
    total = 0.0
    for b in range(first, last + 1):
        if row[b] > 0.0:
            away = (origin + b + 0.5) * BIN - extreme
            if side == 0:
                away = -away
            f = 0.5 * math.erfc(away / (SQRT_2 * SOFT))
            if f >= LEAST:
                taken = row[b] if f > 1.0 - LEAST else f * row[b]
                row[b] -= taken
                total += taken
    return total


@njit(cache=True, nogil=True)
def fade(held: Floats, scale: Floats, left: float) -> None:
    """Multiply what is held by `left`."""
    scale[0] *= left
    if scale[0] < THIN:
        held *= scale[0]
        scale[0] = 1.0


@njit(cache=True, nogil=True)
def pass_through(held: Floats, scale: Floats, where: Ints, path: Parts, swept: Floats) -> None:
    """Empty what a step's path = (start, low, high, end) passed; swept float64 [2] receives contracts."""
    start, low, high, end = path
    recentre(held, where, start)
    if high > start:
        swept[1] = take(held[1], where[0], 1, start, high) * scale[0]
    if low < start:
        swept[0] = take(held[0], where[0], 0, start, low) * scale[0]
    recentre(held, where, end)


@njit(cache=True, nogil=True)
def run_uniform(state: Parts, law: Parts, steps: Parts, swept: Floats) -> None:
    """Advance a flat map that refills at a constant rate; swept float64 [n, 2] receives contracts.

    law = (reach: bins on either side that refill, rate: contracts per bin and ms, decay_ms: e-folding).
    """
    held, scale, where, clock = state
    reach, rate, decay_ms = law
    t0, t1, start, end, low, high = steps[:6]
    window = held.shape[1]
    for i in range(len(t0)):
        pass_through(held, scale, where, (start[i], low[i], high[i], end[i]), swept[i])
        since = clock[0] if clock[0] > 0 else t0[i]
        left = math.exp(-(t1[i] - since) / decay_ms)
        fade(held, scale, left)
        here = math.floor(end[i] / BIN) - where[0]
        more = rate * decay_ms * (1.0 - left) / scale[0]
        for b in range(max(here - reach, 0), here):
            held[0, b] += more
        for b in range(here + 1, min(here + reach + 1, window)):
            held[1, b] += more
        clock[0] = t1[i]


@njit(cache=True, nogil=True)
def run_lines(state: Parts, law: Parts, steps: Parts, inflow: Floats, swept: Floats) -> None:
    """Advance a map of leverage lines that stand until touched; swept float64 [n, 2] receives contracts.

    Each step's inflow float64 [n, 2] (contracts) is placed at fixed log distances from where it was traded: law =
    (distance float64 [2, m], decay_ms: e-folding or inf).
    """
    held, scale, where, clock = state
    distance, decay_ms = law
    t0, t1, start, end, low, high, _, _, at_first, at_bin, at_volume = steps
    window, lines = held.shape[1], distance.shape[1]
    most = ENTRIES
    for i in range(len(t0)):
        most = max(most, at_first[i + 1] - at_first[i])
    bins = np.empty(most, np.int64)
    weights = np.empty(most)
    for i in range(len(t0)):
        pass_through(held, scale, where, (start[i], low[i], high[i], end[i]), swept[i])
        since = clock[0] if clock[0] > 0 else t0[i]
        fade(held, scale, math.exp(-(t1[i] - since) / decay_ms))
        clock[0] = t1[i]
        here = math.floor(end[i] / BIN) - where[0]
        a, b = at_first[i], at_first[i + 1]
        count = entries(low[i], high[i], at_bin[a:b], at_volume[a:b], bins, weights)
        for s in range(2):
            amount = inflow[i, s] / lines / scale[0]
            if amount <= 0.0:
                continue
            for j in range(lines):
                away = distance[s, j] / BIN
                for e in range(count):
                    centre = bins[e] + 0.5
                    at = math.floor(centre - away if s == 0 else centre + away) - where[0]
                    if 0 <= at < window and (at < here if s == 0 else at > here):
                        held[s, at] += amount * weights[e]


@njit(cache=True, nogil=True)
def fit(terms: Floats, y: Floats, age: Floats, weights: Floats, pull: float, floor: float, rounds: int) -> None:
    """Refine `weights` [k] so that terms [n, k] @ weights explains y [n], all of them non-negative, by EM.

    Rows weigh `age` [n]. What a row's terms do not explain is left to a background of `floor`, in the unit of y; `pull`
    is the weight, as a share of all that is explained, of a prior in which every term explains alike.
    """
    n, k = terms.shape
    exposure = np.zeros(k)
    seen = explained = 0.0
    for i in range(n):
        mean = 0.0
        for j in range(k):
            exposure[j] += age[i] * terms[i, j]
            mean += terms[i, j]
        seen += age[i] * y[i]
        explained += age[i] * max(mean / k, 1e-9)
    gain = seen / explained if explained > 0.0 else 0.0
    if gain <= 0.0:
        weights[:] = 0.0
        return
    total = 0.0
    for j in range(k):
        total += weights[j]
    if total <= 0.0:
        weights[:] = gain / k
    share = np.empty(k)
    for _ in range(rounds):
        share[:] = 0.0
        for i in range(n):
            if y[i] > 0.0:
                rate = 0.0
                for j in range(k):
                    rate += terms[i, j] * weights[j]
                ratio = age[i] * y[i] / (max(rate, 1e-4 * floor) + floor)
                for j in range(k):
                    share[j] += terms[i, j] * ratio
        total = 0.0
        for j in range(k):
            share[j] *= weights[j]
            total += share[j]
        for j in range(k):
            below = exposure[j] + pull * total / gain
            weights[j] = (share[j] + pull * total / k) / below if below > 0.0 else 0.0
