"""A history cut into chunks of days that can be computed apart, in other processes or on other machines, and give the same.

What was entered long ago matters only where price has not been since. So a chunk is preceded by as much history as it takes
for price to have been beyond every price of the chunk: all that is older was swept on the way there, whatever it was.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.lab.baselines import EARLIER, EngineMap, merged, shipped
from liqdesk.market import DAY_MS, BracketTable
from liqdesk.model import StepBatch

Floats = NDArray[np.float64]

BEYOND: Final = 5e-3  # log price: the soft edge of a sweep is felt within 12 bp and has taken all but 1e-9 by 24 bp
LEAST_STEPS: Final = 20_000  # of a chunk, where nobody asks for shorter ones


class Chunk(msgspec.Struct, frozen=True):
    """Steps of one symbol, of which those that start at or after `from_ms` are wanted; `taker_buy` float64 [n] base units."""

    symbol: str
    table: BracketTable
    bar_ms: int
    from_ms: int
    steps: StepBatch
    taker_buy: Floats


class SweptBars(msgspec.Struct, frozen=True):
    """Swept basis USD per bar: `slots` int64 [n] are bar numbers (t // bar_ms) of bars with steps, `usd` float64
    [map, n, 2 side] in the order of `names`, `held_ms` int64 [n] how much of a bar its steps cover."""

    names: tuple[str, ...]
    titles: tuple[str, ...]
    slots: NDArray[np.int64]
    usd: Floats
    held_ms: NDArray[np.int64]


def cut(
    symbol: str, table: BracketTable, bar_ms: int, steps: StepBatch, taker_buy: Floats, days: int | None = None
) -> list[Chunk]:
    """Cut a history into chunks of `days` days, by default of some twenty thousand steps or more, each with what has to
    precede it."""
    unit = math.lcm(DAY_MS, bar_ms)
    span = -(-(days * DAY_MS if days else _span(steps)) // unit) * unit
    edges = np.flatnonzero(np.diff((steps.t0 - int(steps.t0[0]) // unit * unit) // span, prepend=-1))
    chunks = []
    for a, b in zip(edges.tolist(), [*edges[1:].tolist(), len(steps)], strict=True):
        first = _before(steps, a, b)
        taken = np.zeros(len(steps), np.bool_)
        taken[first:b] = True
        chunks.append(
            Chunk(
                symbol, table, bar_ms, int(steps.t0[a]), steps.select(taken), np.ascontiguousarray(taker_buy[first:b])
            )
        )
    return chunks


def _span(steps: StepBatch) -> int:
    """Return the length of a chunk in ms, such that each holds enough steps, were they as dense everywhere."""
    whole = int(steps.t1[-1] - steps.t0[0]) + 2 * DAY_MS
    return whole // max(len(steps) // LEAST_STEPS, 1)


def _before(steps: StepBatch, a: int, b: int) -> int:
    """Return the step with which to begin, so that steps a .. b − 1 come out as they would from the whole history."""
    if a == 0:
        return 0
    low = np.minimum.accumulate(steps.low[:a][::-1]) <= steps.low[a:b].min() - BEYOND
    high = np.maximum.accumulate(steps.high[:a][::-1]) >= steps.high[a:b].max() + BEYOND
    both = np.flatnonzero(low & high)
    if not len(both):
        return 0
    # The shuffled map draws among the days before: they must all be there for every day that counts.
    t = int(steps.t0[a - 1 - both[0]]) // DAY_MS * DAY_MS - (EARLIER + 1) * DAY_MS
    return int(np.searchsorted(steps.t0, t))


def run_chunk(chunk: Chunk) -> SweptBars:
    """Run the engine and every naive map over a chunk; the first is the engine."""
    maps = (EngineMap(chunk.table), *shipped(chunk.table))
    wanted = chunk.steps.t0 >= chunk.from_ms
    slots, at = np.unique(chunk.steps.t0[wanted] // chunk.bar_ms, return_inverse=True)
    usd = np.zeros((len(maps), len(slots), 2))
    for i, each in enumerate(maps):
        if each.whole_bars:
            bars = merged(chunk.steps.select(wanted), chunk.bar_ms)
            usd[i, np.searchsorted(slots, bars.t0 // chunk.bar_ms)] = each.run(bars)
        else:
            np.add.at(usd[i], at, each.run(chunk.steps, chunk.taker_buy)[wanted])
    held = np.zeros(len(slots), np.int64)
    np.add.at(held, at, (chunk.steps.t1 - chunk.steps.t0)[wanted])
    names, titles = tuple(m.name for m in maps), tuple(m.title for m in maps)
    return SweptBars(names, titles, slots, usd, held)


def put_together(parts: list[SweptBars]) -> SweptBars:
    """Join the results of all chunks of one symbol, in any order."""
    parts = sorted(parts, key=lambda p: int(p.slots[0]))
    first = parts[0]
    return SweptBars(
        first.names,
        first.titles,
        np.concatenate([p.slots for p in parts]),
        np.concatenate([p.usd for p in parts], axis=1),
        np.concatenate([p.held_ms for p in parts]),
    )
