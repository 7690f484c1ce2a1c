"""One history seen at several spans at once: which bars to use where, and the steps they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.market import MINUTE_MS
from liqdesk.model.batch import FIVE_MS, QUARTER_MS, StepBatch, bar_steps, joined, quarter_steps, with_volume

STEP_SPANS: Final = (MINUTE_MS, FIVE_MS, QUARTER_MS)


def tile(starts: Mapping[int, NDArray[np.int64]]) -> dict[int, NDArray[np.bool_]]:
    """Choose bars that do not overlap: `starts` maps a span in ms to its bars' starts; returns a mask per span.

    The finest bars are used wherever they fill the next coarser bar entirely, or where there is no coarser one.
    """
    chosen: dict[int, NDArray[np.bool_]] = {}
    for span in sorted(starts):
        at = starts[span]
        slots = at // span
        covered: NDArray[np.int64] = np.zeros(len(at), dtype=np.int64)
        for finer, mask in chosen.items():
            inside, filled = np.unique(starts[finer][mask] // span, return_counts=True)
            if len(inside) and len(at):
                found = np.minimum(np.searchsorted(inside, slots), len(inside) - 1)
                covered += np.where(inside[found] == slots, filled[found] * finer, 0)
        chosen[span] = covered < span
        taken = slots[chosen[span]]
        for finer in (f for f in chosen if f < span):
            chosen[finer] &= ~np.isin(starts[finer] // span, taken)
    return chosen


def best_steps(
    bars: Mapping[int, NDArray[np.void]],
    interest: NDArray[np.void],
    marks: Mapping[int, NDArray[np.void]] | None = None,
    volume: NDArray[np.void] | None = None,
) -> StepBatch:
    """Make steps from the finest bars there are at each time, in time order, from the first open interest on.

    `bars` and `marks` (mark klines, optional) map a span of 1, 5 or 15 min in ms to rows of dtype BAR, ascending;
    `interest` has dtype INTEREST; `volume` (optional) is volume at price of minutes, see `with_volume`. Volatility of 15
    min bars is taken over all of them, used or not. Raises ValueError for bars of another span.
    """
    unknown = set(bars) - set(STEP_SPANS)
    if unknown:
        raise ValueError(f"no steps are made of bars of {sorted(unknown)} ms")
    mask = tile({span: rows["t"].astype(np.int64) for span, rows in bars.items()})
    parts = []
    for span, rows in bars.items():
        mark_rows = None if marks is None else marks.get(span)
        if span == QUARTER_MS:
            batch = quarter_steps(rows, interest, mark_rows)
            used = np.isin(batch.t0 // QUARTER_MS * QUARTER_MS, rows["t"][mask[span]])
            parts.append(batch.select(used))
        else:
            parts.append(bar_steps(rows[mask[span]], span, interest, mark_rows))
    steps = joined(parts)
    return steps if volume is None else with_volume(steps, volume)
