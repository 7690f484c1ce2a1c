"""New margin brackets for positions that are open: each gets another liquidation price, and its place among the triggers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liqdesk.simulator import layout as at
from liqdesk.simulator import positions as pos


def rebracket(
    step: float, par: NDArray[np.float64], Q: NDArray[np.int64], PF: NDArray[np.float64], PI: NDArray[np.int32],
    heads: NDArray[np.int32], brackets: NDArray[np.float64],
) -> None:  # fmt: skip
    """Solve every open position again under `brackets`; a stop stays where it was placed."""
    for n in np.flatnonzero(PI[:, pos.STEPS] > 0).tolist():
        side, steps = int(PI[n, pos.SIDE]), int(PI[n, pos.STEPS])
        entry, bankrupt = PF[n, pos.ENTRY], PF[n, pos.BANKRUPT]
        quantity = steps * step
        wallet = abs(entry - bankrupt) * quantity
        PF[n, pos.LIQUIDATION], PF[n, pos.RATE] = pos.solve_liquidation(side, entry, quantity, wallet, brackets)
        if PI[n, pos.STOP] == 0:
            unlink(n, side, PI, heads)
            PF[n, pos.TRIGGER] = PF[n, pos.LIQUIDATION]
            pos.link(n, PF, PI, heads, Q, par[at.ORIGIN])


def unlink(n: int, side: int, PI: NDArray[np.int32], heads: NDArray[np.int32]) -> None:
    """Take a position out of the list of its trigger's bucket."""
    bucket, before, after = (int(PI[n, column]) for column in (pos.BUCKET, pos.PREVIOUS, pos.NEXT))
    if bucket < 0:
        return
    if before >= 0:
        PI[before, pos.NEXT] = after
    else:
        heads[side, bucket] = after
    if after >= 0:
        PI[after, pos.PREVIOUS] = before
