"""The traders: how one opens a position, and whom a mark that moved closes, by stop or by force."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liqdesk.simulator import positions as pos
from liqdesk.simulator.chance import normal, uniform
from liqdesk.simulator.compiled import compiled
from liqdesk.simulator.layout import (
    E_BANKRUPT,
    E_ENTRY,
    E_LAST_FILL,
    E_LEVERAGE,
    E_LIMIT,
    E_LIQUIDATION,
    E_MS,
    E_RATE,
    E_SECOND,
    E_SIDE,
    E_STEPS,
    E_TICKS,
    EVENTS,
    IMPACT,
    LAST_LN,
    LN_NOTIONAL,
    MOOD,
    NOTIONAL_CAP,
    ORIGIN,
    STEP,
    TICK,
    TREND,
)

MIX_LEVERAGE = np.array([2, 3, 5, 10, 15, 20, 25, 50, 75, 100, 125])
MIX_CUMULATIVE = np.cumsum(np.array([0.06, 0.08, 0.15, 0.22, 0.06, 0.17, 0.09, 0.08, 0.03, 0.04, 0.02]))
STOPS_TO_BOOK = 0.6
ORDER_CAP = 60_000.0


@compiled
def trader(
    s: int, par: NDArray[np.float64], Q: NDArray[np.int64], F: NDArray[np.float64], PF: NDArray[np.float64],
    PI: NDArray[np.int32], heads: NDArray[np.int32], wheel: NDArray[np.int32], brackets: NDArray[np.float64],
    rng: NDArray[np.uint64], price: float,
) -> int:  # fmt: skip
    """Open one position at `price` and return its steps; 0 when no row is free."""
    pull = 0.35 * (F[LAST_LN] - F[TREND]) / 0.01
    lean = F[MOOD] + (pull if uniform(rng) < 0.65 else -1.2 * pull)
    side = 0 if uniform(rng) < 1.0 / (1.0 + np.exp(-lean)) else 1
    notional = min(np.exp(par[LN_NOTIONAL] + 1.6 * normal(rng)), par[NOTIONAL_CAP])
    u = uniform(rng)
    k = 0
    while k < MIX_CUMULATIVE.size - 1 and u > MIX_CUMULATIVE[k]:
        k += 1
    leverage = MIX_LEVERAGE[k]
    if notional > 200_000.0 and uniform(rng) < 0.5:
        leverage = max(2, leverage // 2)
    b = 0
    while b < brackets.shape[0] - 1 and notional > brackets[b, pos.CAP]:
        b += 1
    leverage = min(leverage, max(2, int(brackets[b, pos.MAX_LEVERAGE])))
    added = -0.8 * np.log(uniform(rng)) if uniform(rng) < 0.3 else 0.0
    life = -np.log(uniform(rng)) * 216_000.0 * (leverage / 5.0) ** -1.15
    stop = uniform(rng) < 0.4
    way = 0.15 + 0.8 * uniform(rng)
    steps = max(1, int(notional / price / par[STEP]))
    until = s + 1 + min(int(life), wheel.shape[0] - 2)
    n = pos.insert(PF, PI, heads, wheel, Q, par[ORIGIN], until)
    if n < 0:
        return 0
    quantity = steps * par[STEP]
    wallet = price * quantity * (1.0 + added) / leverage
    liquidation, rate = pos.solve_liquidation(side, price, quantity, wallet, brackets)
    PF[n, pos.ENTRY], PF[n, pos.LIQUIDATION], PF[n, pos.RATE] = price, liquidation, rate
    PF[n, pos.BANKRUPT] = price - wallet / quantity if side == 0 else price + wallet / quantity
    stopped = stop and liquidation > 0.0
    PF[n, pos.TRIGGER] = price + way * (liquidation - price) if stopped else liquidation
    PI[n, pos.SIDE], PI[n, pos.STEPS], PI[n, pos.LEVERAGE], PI[n, pos.STOP] = side, steps, leverage, int(stopped)
    pos.place(n, PF, PI, heads, Q, par[ORIGIN])
    return steps


@compiled
def sweep(
    s: int, side: int, here: int, mark: float, price: float, calm: float, par: NDArray[np.float64], Q: NDArray[np.int64],
    PF: NDArray[np.float64], PI: NDArray[np.int32], heads: NDArray[np.int32], wheel: NDArray[np.int32],
    EF: NDArray[np.float64], EI: NDArray[np.int64], rng: NDArray[np.uint64],
) -> tuple[int, int, float]:  # fmt: skip
    """Close every position of a side that `mark` has passed. Returns (steps liquidated, steps stopped, steps that hit the book).

    Every liquidation is appended to the true log; the fill is worse than `price` by half of what the orders before it moved.
    """
    stopped = liquidated = 0
    book = 0.0
    first, last, way = (Q[pos.LONG_TOP], here, -1) if side == 0 else (Q[pos.SHORT_LOW], here, 1)
    sign = 1.0 if side == 0 else -1.0
    kept = 0 if side == 0 else pos.BUCKETS - 1
    b = first
    while (b - last) * way <= 0:
        n = heads[side, b]
        while n >= 0:
            after = PI[n, pos.NEXT]
            if (PF[n, pos.TRIGGER] - mark) * sign < 0.0:
                kept = max(kept, b) if side == 0 else min(kept, b)
                n = after
                continue
            steps = PI[n, pos.STEPS]
            if PI[n, pos.STOP] == 1 and (PF[n, pos.LIQUIDATION] - mark) * sign < 0.0:
                stopped += steps
                book += STOPS_TO_BOOK * steps
                pos.remove(n, PI, heads, wheel, Q)
                n = after
                continue
            # A large position is closed by several orders.
            largest = max(1, int(ORDER_CAP / (price * par[STEP])))
            leverage = PI[n, pos.LEVERAGE]
            left = steps
            while left > 0:
                steps = min(left, largest)
                left -= steps
                slide = par[IMPACT] * calm * (book + 0.5 * steps) * par[STEP] * price
                fill = price * np.exp(-sign * min(slide, 0.03))
                ticks = max(1, round(fill / par[TICK]))
                # The limit is the bankruptcy price; what nobody would fill there the fund takes, and the print says a tick beyond.
                limit = round(PF[n, pos.BANKRUPT] / par[TICK])
                limit = min(limit, ticks - 1) if side == 0 else max(limit, ticks + 1)
                e = Q[EVENTS] % EI.shape[0]
                EF[e, E_LIQUIDATION], EF[e, E_ENTRY] = PF[n, pos.LIQUIDATION], PF[n, pos.ENTRY]
                EF[e, E_BANKRUPT], EF[e, E_RATE] = PF[n, pos.BANKRUPT], PF[n, pos.RATE]
                EI[e, E_SECOND], EI[e, E_SIDE], EI[e, E_STEPS] = s, side, steps
                EI[e, E_MS] = 20 + int(60 * uniform(rng))
                EI[e, E_LAST_FILL] = max(1, int(np.ceil(steps * uniform(rng))))
                EI[e, E_TICKS], EI[e, E_LIMIT], EI[e, E_LEVERAGE] = ticks, max(1, limit), leverage
                Q[EVENTS] += 1
                liquidated += steps
                book += steps
            pos.remove(n, PI, heads, wheel, Q)
            n = after
        b += way
    if side == 0:
        Q[pos.LONG_TOP] = max(kept, here)
    else:
        Q[pos.SHORT_LOW] = min(kept, here)
    return liquidated, stopped, book
