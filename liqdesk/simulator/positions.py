"""The open positions of one contract: opened at a price with leverage, closed by time, stop or liquidation.

Two linked lists hold each position: by trigger price (buckets of 2 bp of log price, so that a mark that moves touches only what it
passes) and by closing second (a wheel). Each is one account's; accounts and steps are counted by side and rank of margin, sixteen ranks
to a doubling. Plain functions over plain arrays, so that the kernel can call them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liqdesk.simulator.compiled import compiled
from liqdesk.simulator.layout import ACCOUNTS, RANKS

ENTRY, LIQUIDATION, TRIGGER, BANKRUPT, RATE = range(5)
POSITION_F = 5
SIDE, STEPS, LEVERAGE, STOP, BUCKET, NEXT, PREVIOUS, SLOT, LATER, SOONER, RANK = range(11)
POSITION_I = 11

BUCKET_WIDTH = 2e-4
BUCKETS = 16_384
CAP, MMR, CUM, MAX_LEVERAGE = range(4)

# Of the integer state, what belongs to positions.
FREE, LIVE, LONG_TOP, SHORT_LOW, LONG_STEPS, SHORT_STEPS = range(6)

# A census: accounts that are long and short, and of the fifth with the most margin accounts and steps.
LONG, SHORT, TOP_LONG, TOP_SHORT, TOP_LONG_STEPS, TOP_SHORT_STEPS = range(6)
CENSUS = 6
TOP_SHARE = 0.2
RANKS_TO_DOUBLE = 16.0


@compiled
def solve_liquidation(
    side: int, entry: float, quantity: float, wallet: float, brackets: NDArray[np.float64]
) -> tuple[float, float]:
    """Return the mark price at which equity equals maintenance margin, and the rate of the bracket that holds the value there.

    Equity is wallet ± quantity·(P − entry), maintenance quantity·P·rate − cum; 0.0 when no positive price liquidates. Prices in quote
    units, quantity in base units; `brackets` has rows of cap, rate, cum, maximum leverage.
    """
    best_miss = np.inf
    best_price = 0.0
    best_rate = brackets[0, MMR]
    floor = 0.0
    for b in range(brackets.shape[0]):
        rate, cum, cap = brackets[b, MMR], brackets[b, CUM], brackets[b, CAP]
        if side == 0:
            price = (entry * quantity - wallet - cum) / (quantity * (1.0 - rate))
        else:
            price = (entry * quantity + wallet + cum) / (quantity * (1.0 + rate))
        value = price * quantity
        miss = max(floor - value, value - cap, 0.0) / max(value, 1.0)
        if miss < best_miss:
            best_miss, best_price, best_rate = miss, price, rate
            if miss == 0.0:
                break
        floor = cap
    return max(best_price, 0.0), best_rate


@compiled
def bucket_of(price: float, origin: float) -> int:
    return int(np.floor((np.log(price) - origin) / BUCKET_WIDTH))


@compiled
def insert(
    PF: NDArray[np.float64],
    PI: NDArray[np.int32],
    heads: NDArray[np.int32],
    wheel: NDArray[np.int32],
    Q: NDArray[np.int64],
    origin: float,
    until: int,
) -> int:
    """Take a free row, put it on the wheel (a power of two long) at second `until`, and return its number, or -1 when all are taken.

    The caller fills the row, then calls `place`.
    """
    n = Q[FREE]
    if n < 0:
        return -1
    Q[FREE] = PI[n, NEXT]
    Q[LIVE] += 1
    slot = until & (wheel.shape[0] - 1)
    PI[n, SLOT] = slot
    PI[n, SOONER] = -1
    PI[n, LATER] = wheel[slot]
    if wheel[slot] >= 0:
        PI[wheel[slot], SOONER] = n
    wheel[slot] = n
    return int(n)


@compiled
def place(
    n: int,
    PF: NDArray[np.float64],
    PI: NDArray[np.int32],
    heads: NDArray[np.int32],
    Q: NDArray[np.int64],
    origin: float,
) -> None:
    """Enter a filled row under its trigger price, and add it to its side's sum and to those of its rank."""
    side, steps = PI[n, SIDE], PI[n, STEPS]
    margin = abs(PF[n, ENTRY] - PF[n, BANKRUPT]) * steps
    rank = min(max(int(RANKS_TO_DOUBLE * np.log2(max(margin, 1.0))), 0), RANKS - 1)
    PI[n, RANK] = rank
    Q[LONG_STEPS + side] += steps
    Q[ACCOUNTS + 2 * side * RANKS + rank] += 1
    Q[ACCOUNTS + (2 * side + 1) * RANKS + rank] += steps
    link(n, PF, PI, heads, Q, origin)


@compiled
def link(
    n: int,
    PF: NDArray[np.float64],
    PI: NDArray[np.int32],
    heads: NDArray[np.int32],
    Q: NDArray[np.int64],
    origin: float,
) -> None:
    """Put a row into the list of its trigger price."""
    side = PI[n, SIDE]
    bucket = -1
    if PF[n, TRIGGER] > 0.0:
        bucket = bucket_of(PF[n, TRIGGER], origin)
        if bucket < 0 or bucket >= BUCKETS:
            bucket = -1
    PI[n, BUCKET] = bucket
    PI[n, PREVIOUS] = -1
    PI[n, NEXT] = -1
    if bucket >= 0:
        head = heads[side, bucket]
        PI[n, NEXT] = head
        if head >= 0:
            PI[head, PREVIOUS] = n
        heads[side, bucket] = n
        if side == 0:
            Q[LONG_TOP] = max(Q[LONG_TOP], bucket)
        else:
            Q[SHORT_LOW] = min(Q[SHORT_LOW], bucket)


@compiled
def remove(
    n: int, PI: NDArray[np.int32], heads: NDArray[np.int32], wheel: NDArray[np.int32], Q: NDArray[np.int64]
) -> None:
    """Close a position: unlink it from both lists, take it from its side's sum and its rank's, and free its row."""
    side, bucket, rank = PI[n, SIDE], PI[n, BUCKET], PI[n, RANK]
    Q[LONG_STEPS + side] -= PI[n, STEPS]
    Q[ACCOUNTS + 2 * side * RANKS + rank] -= 1
    Q[ACCOUNTS + (2 * side + 1) * RANKS + rank] -= PI[n, STEPS]
    if bucket >= 0:
        if PI[n, PREVIOUS] >= 0:
            PI[PI[n, PREVIOUS], NEXT] = PI[n, NEXT]
        else:
            heads[side, bucket] = PI[n, NEXT]
        if PI[n, NEXT] >= 0:
            PI[PI[n, NEXT], PREVIOUS] = PI[n, PREVIOUS]
    if PI[n, SOONER] >= 0:
        PI[PI[n, SOONER], LATER] = PI[n, LATER]
    else:
        wheel[PI[n, SLOT]] = PI[n, LATER]
    if PI[n, LATER] >= 0:
        PI[PI[n, LATER], SOONER] = PI[n, SOONER]
    PI[n, NEXT] = Q[FREE]
    Q[FREE] = n
    Q[LIVE] -= 1
    PI[n, STEPS] = 0


@compiled
def census(Q: NDArray[np.int64], row: NDArray[np.int64]) -> None:
    """Count the accounts into `row`. The top traders are the ranks from the highest down to the one that fills a fifth of all."""
    row[:] = 0
    for side in range(2):
        for rank in range(RANKS):
            row[LONG + side] += Q[ACCOUNTS + 2 * side * RANKS + rank]
    rank = RANKS - 1
    while rank >= 0 and row[TOP_LONG] + row[TOP_SHORT] < TOP_SHARE * (row[LONG] + row[SHORT]):
        for side in range(2):
            row[TOP_LONG + side] += Q[ACCOUNTS + 2 * side * RANKS + rank]
            row[TOP_LONG_STEPS + side] += Q[ACCOUNTS + (2 * side + 1) * RANKS + rank]
        rank -= 1
