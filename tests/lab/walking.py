"""Engine S2 walked by other information than it has: a harder edge, single seconds, opens of one side, levels known exactly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from liqdesk.model import BIN, Density, StepBatch
from liqdesk.model.bands import BANDS, FAMILIES, FAMILY_SHARE
from liqdesk.model.kernels import INFLOW, OFF_GRID, REACH, SOFT, SQRT_2, SWEPT, decay, deposit, entries, recentre

HARD, EXACT = 0.0, -1.0  # edges: bins go when their centre is passed; the passed part of a bin goes
NEAREST = 4  # bins from an entry to its nearest level
NEAR = 140  # 5 bp bins remembered on either side of a mark: ±7 %
assert len(FAMILY_SHARE) == FAMILIES


@njit(cache=True, nogil=True)
def emptied(away: float, edge: float) -> float:
    """Return which part of a bin goes whose centre lies `away` beyond the extreme (log); a hard edge takes what was passed."""
    if edge > 0.0:
        return 0.5 * math.erfc(away / (SQRT_2 * edge))
    return 1.0 if away <= 0.0 else 0.0


@njit(cache=True, nogil=True)
def sweep(state: Any, side: int, start: float, extreme: float, edge: float, swept: Any) -> None:
    """Empty one side where price passed, as the engine does, with an edge of another width."""
    phi, scale, mass, where, flows = state[:5]
    below, above = (start, extreme) if side == 1 else (extreme, start)
    reach = REACH if edge > 0.0 else 0.0
    first = max(math.ceil((below - reach) / BIN - 0.5) - where[0], 0)
    last = min(math.floor((above + reach) / BIN - 0.5) - where[0], phi.shape[3] - 1)
    for b in range(first, last + 1):
        away = (where[0] + b + 0.5) * BIN - extreme
        f = emptied(-away if side == 0 else away, edge)
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
def sweep_part(state: Any, side: int, start: float, extreme: float, passed: Any, origin: int, swept: Any) -> None:
    """Empty what price passed, of a bin it ended in the part that it passed first; `passed` [2, bins] is how far it has been."""
    phi, scale, mass, where, flows = state[:5]
    first, last = math.floor(min(start, extreme) / BIN), math.floor(max(start, extreme) / BIN)
    for b in range(max(first, where[0]), min(last, where[0] + phi.shape[3] - 1) + 1):
        low, high, c = b * BIN, (b + 1) * BIN, b - origin
        if side == 1:
            bottom, top = max(low, passed[1, c]), min(high, extreme)
            whole = high - bottom
        else:
            bottom, top = max(low, extreme), min(high, passed[0, c])
            whole = top - low
        if top <= bottom:
            continue
        passed[side, c] = top if side == 1 else bottom
        f = min((top - bottom) / whole, 1.0)
        for q in range(FAMILIES):
            for k in range(BANDS):
                taken = f * phi[q, side, k, b - where[0]]
                phi[q, side, k, b - where[0]] -= taken
                taken *= scale[q, k]
                swept[k] += taken
                mass[q, side, k] = max(mass[q, side, k] - taken, 0.0)
                flows[SWEPT, q, side] += taken


@njit(cache=True, nogil=True)
def forget(passed: Any, touched: Any, here: int, origin: int) -> None:
    """Take bins for whole again once price is so far from them that new levels can come into them."""
    for s in range(2):
        for b in range(touched[s, 0], touched[s, 1] + 1):
            if abs(b - here) >= NEAREST:
                passed[s, b - origin] = -np.inf if s == 1 else np.inf
        touched[s, 0], touched[s, 1] = max(touched[s, 0], here - NEAREST + 1), min(touched[s, 1], here + NEAREST - 1)
        if touched[s, 0] > touched[s, 1]:
            touched[s, 0], touched[s, 1] = here, here


@njit(cache=True, nogil=True)
def walk(
    state: Any, law: Any, steps: Any, turnover: Any, slot: Any, part: Any, edge: float, swept: Any,
    print_step: Any, print_side: Any, print_bin: Any, evidence: Any, origin: int, passed: Any, touched: Any,
) -> None:  # fmt: skip
    """Advance by steps part[0] .. part[1] − 1 and add what is swept to swept[slot[i]] [2, 20]. Decay follows `turnover` [n].

    Prints are ascending by step; evidence[j] [20] receives the contracts by band that stood in the print's bin just before it.
    `passed` [2, bins from `origin`] and `touched` [2, 2] are the memory of an exact edge.
    """
    _, t1, start, end, low, high, volume, _, at_first, at_bin, at_volume = steps
    phi, scale, where = state[0], state[1], state[3]
    scratch = np.empty(phi.shape[3])
    most = 5
    for i in range(part[0], part[1]):
        most = max(most, at_first[i + 1] - at_first[i])
    bins, weights = np.empty(most, np.int64), np.empty(most)
    j = np.searchsorted(print_step, part[0])
    for i in range(part[0], part[1]):
        recentre(state, start[i])
        while j < len(print_step) and print_step[j] == i:
            b = print_bin[j] - where[0]
            if 0 <= b < phi.shape[3]:
                for q in range(FAMILIES):
                    for k in range(BANDS):
                        evidence[j, k] += phi[q, print_side[j], k, b] * scale[q, k]
            j += 1
        for s in range(2):
            extreme = high[i] if s == 1 else low[i]
            if extreme == start[i]:
                continue
            if edge >= 0.0:
                sweep(state, s, start[i], extreme, edge, swept[slot[i], s])
                continue
            sweep_part(state, s, start[i], extreme, passed, origin, swept[slot[i], s])
            touched[s, 0] = min(touched[s, 0], math.floor(min(start[i], extreme) / BIN))
            touched[s, 1] = max(touched[s, 1], math.floor(max(start[i], extreme) / BIN))
        if edge < 0.0:
            forget(passed, touched, math.floor(end[i] / BIN), origin)
        recentre(state, end[i])
        if turnover[i] > 0.0:
            decay(state, law[0], turnover[i])
        if volume[i] > 0.0:
            a, b = at_first[i], at_first[i + 1]
            count = entries(low[i], high[i], at_bin[a:b], at_volume[a:b], bins, weights)
            deposit(state, law, volume[i], end[i], bins, weights, count, scratch)
        state[6][0] = t1[i]
        state[5][0] = end[i]


@njit(cache=True, nogil=True)
def walk_levels(
    state: Any, hazard: Any, steps: Any, turnover: Any, part: Any, swept: Any, at_step: Any, side: Any, kind: Any, level: Any, quantity: Any
) -> None:  # fmt: skip
    """Advance a state whose bands are lifetimes: position j opens at the end of step at_step[j] (ascending) with its level in bin
    level[j] and fades by hazard[:, kind[j]]; the path takes what it passed, with a hard edge."""
    t1, start, end, low, high = steps[1:6]
    phi, scale, mass, where, flows = state[:5]
    j = np.searchsorted(at_step, part[0])
    for i in range(part[0], part[1]):
        recentre(state, start[i])
        sweep(state, 1, start[i], high[i], HARD, swept[i, 1])
        sweep(state, 0, start[i], low[i], HARD, swept[i, 0])
        recentre(state, end[i])
        decay(state, hazard, turnover[i])
        while j < len(at_step) and at_step[j] == i:
            b, s, k = level[j] - where[0], side[j], kind[j]
            flows[INFLOW, 0, s] += quantity[j]
            if 0 <= b < phi.shape[3]:
                phi[0, s, k, b] += quantity[j] / scale[0, k]
                mass[0, s, k] += quantity[j]
            else:
                flows[OFF_GRID, 0, s] += quantity[j]
            j += 1
        state[6][0] = t1[i]
        state[5][0] = end[i]


@njit(cache=True, nogil=True)
def walk_field(
    state: Any, law: Any, steps: Any, turnover: Any, prior: Any, part: Any, found: Any, field: Any, first_bin: int, rate: Any,
    print_step: Any, print_side: Any, print_bin: Any, keep: float, slow: float, least: float, width: int, seen: Any,
) -> None:  # fmt: skip
    """Walk plain S2 and weigh what is swept by where prints were more or fewer than it expected.

    field [2 what, 2 side, bins]: prints that were seen and expected about each bin, fading by `keep` a step. found[i, side]
    receives Σ factor · P·swept with factor = (least + seen) / (least + expected), both spread over a hat of ±`width` bins.
    rate [2]: fading sums (by `slow` a step) of prints and of contracts swept, which scale the expectation. seen [bins]: scratch.
    """
    _, t1, start, end, low, high, volume, _, _, at_bin, at_volume = steps
    phi, scale, where = state[0], state[1], state[3]
    scratch, gone = np.empty(phi.shape[3]), np.zeros(BANDS)
    bins, weights = np.empty(5, np.int64), np.empty(5)
    j = np.searchsorted(print_step, part[0])
    for i in range(part[0], part[1]):
        recentre(state, start[i])
        field *= keep
        rate *= slow
        per_contract = rate[0] / rate[1] if rate[1] > 0.0 else 0.0
        for s in range(2):
            extreme = high[i] if s == 1 else low[i]
            if (s == 1 and extreme <= start[i]) or (s == 0 and extreme >= start[i]):
                continue
            below, above = (start[i], extreme) if s == 1 else (extreme, start[i])
            lo = max(math.ceil((below - REACH) / BIN - 0.5), where[0])
            hi = min(math.floor((above + REACH) / BIN - 0.5), where[0] + phi.shape[3] - 1)
            for b in range(lo, hi + 1):
                away = (b + 0.5) * BIN - extreme
                f = emptied(-away if s == 0 else away, SOFT)
                total = 0.0
                for q in range(FAMILIES):
                    for k in range(BANDS):
                        total += prior[k] * phi[q, s, k, b - where[0]] * scale[q, k]
                seen[b - lo] = f * total
                c = b - first_bin
                found[i, s] += seen[b - lo] * (least + field[0, s, c]) / (least + field[1, s, c])
            for b in range(lo, hi + 1):
                rate[1] += seen[b - lo]
                for d in range(-width, width + 1):
                    field[1, s, b - first_bin + d] += (1.0 - abs(d) / (width + 1)) * per_contract * seen[b - lo]
            sweep(state, s, start[i], extreme, SOFT, gone)
        while j < len(print_step) and print_step[j] == i:
            rate[0] += 1.0
            for d in range(-width, width + 1):
                field[0, print_side[j], print_bin[j] - first_bin + d] += 1.0 - abs(d) / (width + 1)
            j += 1
        recentre(state, end[i])
        if volume[i] > 0.0:
            decay(state, law[0], turnover[i])
            count = entries(low[i], high[i], at_bin[:0], at_volume[:0], bins, weights)
            deposit(state, law, volume[i], end[i], bins, weights, count, scratch)
        state[6][0] = t1[i]
        state[5][0] = end[i]


def memory_of(first_bin: int, bins: int, x: float) -> tuple[int, NDArray[np.float64], NDArray[np.int64]]:
    """Return the memory of an exact edge over bins from `first_bin` on, before anything was passed; `x` is where price starts."""
    here = math.floor(x / BIN)
    passed = np.array([[np.inf], [-np.inf]]) * np.ones(bins)
    passed[:, here - first_bin] = x
    return first_bin, passed, np.full((2, 2), here)


def near(density: Density, first: int) -> NDArray[np.float64]:
    """Return contracts by side, band and 5 bp bin, float64 [2, 20, 2·NEAR], the bins from `first` on."""
    at = first - int(density._where[0])
    cut: NDArray[np.float64] = np.einsum("qk,qskb->skb", density._scale, density._phi[..., at : at + 2 * NEAR])
    return cut


def columns(batch: StepBatch) -> tuple[Any, ...]:
    return tuple(np.require(getattr(batch, name), requirements=["C", "W"]) for name in batch.__struct_fields__)
