"""One second's volume, split into aggregated trades. The split is a pure function of the second, so stream, REST and candles agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liqdesk.simulator.chance import begin, uniform
from liqdesk.simulator.compiled import compiled

MS, TICKS, STEPS, BUY = range(4)
STREAM = 2
LARGEST_SPLIT = 65_536


@compiled
def split(
    out: NDArray[np.int64],
    rng: NDArray[np.uint64],
    seed: np.uint64,
    second: int,
    before: float,
    after: float,
    count: int,
    volume: int,
    forced_ms: int,
    forced_ticks: int,
    forced_steps: int,
    forced_buy: int,
) -> int:
    """Write the `count` trades of one second into `out` (rows of ms within the second, ticks, steps, taker buys) and return the count.

    before, after: the price at both ends in ticks, not on the grid. volume: all of the second, in steps, at least `count`.
    A forced order of `forced_steps` > 0 is the first trade, at its own time and price. Times never fall.
    """
    if count <= 0:
        return 0
    begin(rng, seed, second, STREAM)
    move = after - before
    lean = 0.5 + 0.35 * move / (abs(move) + 12.0)
    wobble = 0.35 * abs(move) + 1.0
    left = volume
    first = 0
    base = 0
    if forced_steps > 0:
        out[0, MS], out[0, TICKS], out[0, STEPS], out[0, BUY] = forced_ms, forced_ticks, forced_steps, forced_buy
        left -= forced_steps
        first = 1
        base = forced_ms
    for j in range(first, count):
        rest = count - j
        steps = left
        if rest > 1:
            free = left - rest
            share = 1.0 - np.exp(np.log(uniform(rng)) / (rest - 1))
            steps = 1 + int(free * share)
        left -= steps
        t = (j + uniform(rng)) / count
        t = min(t, 0.9999)
        buy = uniform(rng) < lean
        mid = before + move * t + wobble * (2.0 * uniform(rng) - 1.0) * 4.0 * t * (1.0 - t)
        ticks = max(1, int(np.floor(mid)))
        out[j, MS] = base + int(t * (1000 - base))
        out[j, TICKS] = ticks + 1 if buy else ticks
        out[j, STEPS] = steps
        out[j, BUY] = 1 if buy else 0
    return count
