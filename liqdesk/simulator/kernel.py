"""The market, one second at a time: price, mark, traders who open, close, stop out and are liquidated, volume, open interest, funding.

A second s covers [s, s + 1). Its mark is struck at its start; the mark sweeps the positions; what they lose moves the price; then the
second trades from the price before to the price after. Bars are built from the very trades that are published.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from liqdesk.simulator import positions as pos
from liqdesk.simulator.chance import begin, normal, poisson, uniform
from liqdesk.simulator.splitting import BUY, TICKS, split
from liqdesk.simulator.splitting import STEPS as TRADE_STEPS

# Constants of a contract.
(
    TICK,
    STEP,
    SIGMA,
    BETA,
    PULL,
    LN_ANCHOR,
    CHURN,
    OPENS,
    LN_NOTIONAL,
    NOTIONAL_CAP,
    IMPACT,
    INTEREST,
    RATE_BEFORE,
    RATE,
    LIVE_FROM,
    FUNDING_S,
    ORIGIN,
    JUMPS,
    PREMIUM,
    BEGAN,
) = range(20)
PARAMETERS = 20

# Float state.
FAIR, TRANSIENT, MARK_LN, VOL, EXCITED, MOOD, TREND, BASIS, HEDGE, HEDGE_RATE, BASIS_SUM, BASIS_COUNT, LAST_LN = range(
    13
)
# Constant over a minute: activity, depth, volatility of a second, e to the minus traders a second.
BUSY, CALM, SHOCK, NO_TRADER, ROOT, FUNDING = range(13, 19)
STATE_F = 19
# Integer state, after the six of `positions`.
NEXT_TRADE, EVENTS, FUNDINGS, CLOSE_TICKS = range(6, 10)
STATE_I = 10

# Rings: seconds (float, integer), minutes (float, integer), forced orders, fundings.
S_PRICE, S_MARK, S_INDEX, S_INTEREST, S_RATE = range(5)
SECOND_F = 5
S_FIRST_ID, S_COUNT, S_VOLUME, S_PRINT = range(4)
SECOND_I = 4
MARK_O, MARK_H, MARK_L, MARK_C, INDEX_O, INDEX_H, INDEX_L, INDEX_C, M_INTEREST = range(9)
MINUTE_F = 9
OPEN, HIGH, LOW, CLOSE, VOLUME, BOUGHT, QUOTE, QUOTE_BOUGHT, COUNT, FIRST_ID = range(10)
MINUTE_I = 10
E_LIQUIDATION, E_ENTRY, E_BANKRUPT, E_RATE = range(4)
EVENT_F = 4
E_SECOND, E_MS, E_SIDE, E_STEPS, E_LAST_FILL, E_TICKS, E_LIMIT, E_LEVERAGE = range(8)
EVENT_I = 8
F_SECOND, F_RATE, F_MARK = range(3)
FUNDING_F = 3

MINUTE = 60
DAY = 86_400
MIX_LEVERAGE = np.array([2, 3, 5, 10, 15, 20, 25, 50, 75, 100, 125])
MIX_CUMULATIVE = np.cumsum(np.array([0.06, 0.08, 0.15, 0.22, 0.06, 0.17, 0.09, 0.08, 0.03, 0.04, 0.02]))
VOL_KEEP = np.exp(-60.0 / 21_600.0)
VOL_KICK = 0.55 * np.sqrt(1.0 - VOL_KEEP**2)
MOOD_KEEP = np.exp(-60.0 / 28_800.0)
MOOD_KICK = 0.35 * np.sqrt(1.0 - MOOD_KEEP**2)
BASIS_KEEP = np.exp(-60.0 / 21_600.0)
BASIS_KICK = np.sqrt(1.0 - BASIS_KEEP**2)
TRANSIENT_KEEP = np.exp(-1.0 / 240.0)
EXCITED_KEEP = np.exp(-1.0 / 1800.0)
TREND_GAIN = 1.0 / 7200.0
STOPS_TO_BOOK = 0.6
ORDER_CAP = 100_000.0


@njit(cache=True, nogil=True)
def funding_rate(premium: float) -> float:
    """Return the rate of a mean premium: premium + clamp(0.01 % − premium, ±0.05 %), within ±0.3 %, to eight decimals."""
    rate = premium + min(max(1e-4 - premium, -5e-4), 5e-4)
    return np.round(min(max(rate, -3e-3), 3e-3) * 1e8) * 1e-8


@njit(cache=True, nogil=True)
def season(second: int) -> float:
    """Return the time-of-day factor of activity, 1 on average, highest at 14:30 UTC."""
    hour = (second % DAY) / 3600.0
    return 1.0 + 0.32 * np.cos((hour - 14.5) * np.pi / 12.0)


@njit(cache=True, nogil=True)
def fold(
    s: int, par: NDArray[np.float64], seed: np.uint64, I: NDArray[np.int64], SF: NDArray[np.float64], SI: NDArray[np.int64],
    MI: NDArray[np.int64], EI: NDArray[np.int64], T: NDArray[np.int64], rng: NDArray[np.uint64],
) -> None:  # fmt: skip
    """Add second `s`, now over, to its minute's bar."""
    minute = s // MINUTE
    row = MI[minute % MI.shape[0]]
    r = s % SF.shape[0]
    if s % MINUTE == 0:
        row[:] = 0
        row[OPEN:VOLUME] = I[CLOSE_TICKS]
        row[FIRST_ID] = SI[r, S_FIRST_ID]
    n = trades_of(s, par, seed, SF, SI, EI, T, rng)
    for j in range(n):
        ticks, steps = T[j, TICKS], T[j, TRADE_STEPS]
        if row[COUNT] == 0:
            row[OPEN:VOLUME] = ticks
        row[HIGH] = max(row[HIGH], ticks)
        row[LOW] = min(row[LOW], ticks)
        row[CLOSE] = ticks
        row[VOLUME] += steps
        row[QUOTE] += steps * ticks
        if T[j, BUY] == 1:
            row[BOUGHT] += steps
            row[QUOTE_BOUGHT] += steps * ticks
        row[COUNT] += 1
    I[CLOSE_TICKS] = row[CLOSE]


@njit(cache=True, nogil=True)
def trades_of(
    s: int, par: NDArray[np.float64], seed: np.uint64, SF: NDArray[np.float64], SI: NDArray[np.int64],
    EI: NDArray[np.int64], T: NDArray[np.int64], rng: NDArray[np.uint64],
) -> int:  # fmt: skip
    """Write the trades of a second that the ring holds (with the one before) into `T`; return their number."""
    r, b = s % SF.shape[0], (s - 1) % SF.shape[0]
    event = SI[r, S_PRINT]
    ms = ticks = steps = buy = 0
    if event >= 0:
        e = EI[event % EI.shape[0]]
        ms, ticks, steps, buy = e[E_MS], e[E_TICKS], e[E_STEPS], e[E_SIDE]
    before, after = SF[b, S_PRICE] / par[TICK], SF[r, S_PRICE] / par[TICK]
    return int(split(T, rng, seed, s, before, after, SI[r, S_COUNT], SI[r, S_VOLUME], ms, ticks, steps, buy))


@njit(cache=True, nogil=True)
def trader(
    s: int, par: NDArray[np.float64], I: NDArray[np.int64], F: NDArray[np.float64], PF: NDArray[np.float64],
    PI: NDArray[np.int64], heads: NDArray[np.int32], wheel: NDArray[np.int32], brackets: NDArray[np.float64],
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
    n = pos.insert(PF, PI, heads, wheel, I, par[ORIGIN], until)
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
    pos.place(n, PF, PI, heads, I, par[ORIGIN])
    return steps


@njit(cache=True, nogil=True)
def sweep(
    s: int, side: int, here: int, mark: float, price: float, calm: float, par: NDArray[np.float64], I: NDArray[np.int64],
    PF: NDArray[np.float64], PI: NDArray[np.int64], heads: NDArray[np.int32], wheel: NDArray[np.int32],
    EF: NDArray[np.float64], EI: NDArray[np.int64], rng: NDArray[np.uint64],
) -> tuple[int, int, float]:  # fmt: skip
    """Close every position of a side that `mark` has passed. Returns (steps liquidated, steps stopped, steps that hit the book).

    Every liquidation is appended to the true log; the fill is worse than `price` by half of what the orders before it moved.
    """
    stopped = liquidated = 0
    book = 0.0
    first, last, way = (I[pos.LONG_TOP], here, -1) if side == 0 else (I[pos.SHORT_LOW], here, 1)
    first = min(max(first, 0), pos.BUCKETS - 1)
    last = min(max(last, 0), pos.BUCKETS - 1)
    sign = 1.0 if side == 0 else -1.0
    worst = 0 if side == 0 else pos.BUCKETS - 1
    kept = worst
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
                pos.remove(n, PI, heads, wheel, I)
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
                ticks = max(1, int(round(fill / par[TICK])))
                limit = int(round(ticks * (1.0 - sign * PF[n, pos.RATE])))
                limit = min(limit, ticks - 1) if side == 0 else max(limit, ticks + 1)
                e = I[EVENTS] % EI.shape[0]
                EF[e, E_LIQUIDATION], EF[e, E_ENTRY] = PF[n, pos.LIQUIDATION], PF[n, pos.ENTRY]
                EF[e, E_BANKRUPT], EF[e, E_RATE] = PF[n, pos.BANKRUPT], PF[n, pos.RATE]
                EI[e, E_SECOND], EI[e, E_SIDE], EI[e, E_STEPS] = s, side, steps
                EI[e, E_MS] = 20 + int(60 * uniform(rng))
                EI[e, E_LAST_FILL] = max(1, int(np.ceil(steps * uniform(rng))))
                EI[e, E_TICKS], EI[e, E_LIMIT], EI[e, E_LEVERAGE] = ticks, max(1, limit), leverage
                I[EVENTS] += 1
                liquidated += steps
                book += steps
            pos.remove(n, PI, heads, wheel, I)
            n = after
        b += way
    if side == 0:
        I[pos.LONG_TOP] = max(kept, min(here, pos.BUCKETS - 1))
    else:
        I[pos.SHORT_LOW] = min(kept, max(here, 0))
    return liquidated, stopped, book


@njit(cache=True, nogil=True)
def advance(
    first: int, last: int, par: NDArray[np.float64], seed: np.uint64, F: NDArray[np.float64], I: NDArray[np.int64],
    SF: NDArray[np.float64], SI: NDArray[np.int64], MF: NDArray[np.float64], MI: NDArray[np.int64],
    PF: NDArray[np.float64], PI: NDArray[np.int64], heads: NDArray[np.int32], wheel: NDArray[np.int32],
    brackets: NDArray[np.float64], EF: NDArray[np.float64], EI: NDArray[np.int64], FU: NDArray[np.float64],
    drive: NDArray[np.float32], leads: bool, T: NDArray[np.int64],
) -> None:  # fmt: skip
    """Live through the seconds `first` to `last`, both included, from the state that `first - 1` left.

    drive: ring of the leading contract's log returns; the leader writes it, the others read it, scaled by BETA.
    """
    rng = np.zeros(1, dtype=np.uint64)
    for s in range(first, last + 1):
        if s > par[BEGAN]:
            fold(s - 1, par, seed, I, SF, SI, MI, EI, T, rng)
        begin(rng, seed, s, 1)
        r = s % SF.shape[0]
        minute = s // MINUTE
        if s % MINUTE == 0:
            F[VOL] = F[VOL] * VOL_KEEP + VOL_KICK * normal(rng)
            F[MOOD] = F[MOOD] * MOOD_KEEP + MOOD_KICK * normal(rng)
            F[BASIS] = F[BASIS] * BASIS_KEEP + par[PREMIUM] * BASIS_KICK * normal(rng)
            oi = max(I[pos.LONG_STEPS], I[pos.SHORT_STEPS]) * par[STEP] + F[HEDGE]
            F[HEDGE_RATE] = (par[INTEREST] - oi) / 43_200.0 + par[INTEREST] * 6e-6 * normal(rng)
            F[BASIS_SUM] += F[BASIS]
            F[BASIS_COUNT] += 1.0
            day = season(s)
            F[BUSY], F[CALM] = day * np.exp(0.9 * F[VOL]), np.exp(0.5 * F[VOL])
            F[SHOCK] = par[SIGMA] * np.exp(F[VOL] - 0.3) * np.sqrt(day)
            F[NO_TRADER] = np.exp(-par[OPENS] * F[BUSY])
            F[ROOT] = 1.0 / (1.0 + F[BASIS])
            F[FUNDING] = funding_rate(F[BASIS_SUM] / F[BASIS_COUNT])
        busy, calm = F[BUSY], F[CALM]

        # The mark, and whom it liquidates.
        F[MARK_LN] += 0.35 * (F[LAST_LN] - F[MARK_LN])
        mark = np.round(np.exp(F[MARK_LN]) * 1e8) * 1e-8
        price = SF[(s - 1) % SF.shape[0], S_PRICE]
        index = np.round(mark * F[ROOT] * 1e8) * 1e-8
        here = int((F[MARK_LN] - par[ORIGIN]) / pos.BUCKET_WIDTH)
        row = MF[minute % MF.shape[0]]
        oi = max(I[pos.LONG_STEPS], I[pos.SHORT_STEPS]) * par[STEP] + F[HEDGE]
        if s % MINUTE == 0 or s == par[BEGAN]:
            row[MARK_O] = row[MARK_H] = row[MARK_L] = mark
            row[INDEX_O] = row[INDEX_H] = row[INDEX_L] = index
            row[M_INTEREST] = oi
        row[MARK_H], row[MARK_L], row[MARK_C] = max(row[MARK_H], mark), min(row[MARK_L], mark), mark
        row[INDEX_H], row[INDEX_L], row[INDEX_C] = max(row[INDEX_H], index), min(row[INDEX_L], index), index

        events = I[EVENTS]
        long_out, long_stop, long_book = sweep(s, 0, here, mark, price, calm, par, I, PF, PI, heads, wheel, EF, EI, rng)
        short_out, short_stop, short_book = sweep(
            s, 1, here, mark, price, calm, par, I, PF, PI, heads, wheel, EF, EI, rng
        )
        # One print a second at most: the largest by value.
        printed, most = -1, -1.0
        for e in range(events, I[EVENTS]):
            value = float(EI[e % EI.shape[0], E_STEPS]) * EI[e % EI.shape[0], E_TICKS]
            if value > most:
                printed, most = e, value
        push = (short_book - long_book) * par[STEP] * price * par[IMPACT] * calm
        push = min(max(push, -0.03), 0.03)

        # Those whose time has come.
        volume = long_out + short_out + long_stop + short_stop
        slot = s % wheel.shape[0]
        while wheel[slot] >= 0:
            n = int(wheel[slot])
            volume += PI[n, pos.STEPS]
            pos.remove(n, PI, heads, wheel, I)
        for _ in range(poisson(rng, F[NO_TRADER])):
            volume += trader(s, par, I, F, PF, PI, heads, wheel, brackets, rng, price)

        # Price.
        F[EXCITED] *= EXCITED_KEEP
        z = normal(rng)
        step = F[SHOCK] * z
        if par[JUMPS] > 0.0 and uniform(rng) < par[JUMPS] * (1.2 / DAY + F[EXCITED]):
            a, b, c = normal(rng), normal(rng), normal(rng)
            leap = 0.0035 * normal(rng) / np.sqrt((a * a + b * b + c * c) / 3.0 + 1e-6)
            step += min(max(leap, -0.04), 0.04)
            F[EXCITED] += 1.25e-4
        F[FAIR] += step + par[PULL] * (par[LN_ANCHOR] - F[FAIR]) + 0.25 * push
        F[TRANSIENT] = F[TRANSIENT] * TRANSIENT_KEEP + 0.75 * push
        if par[BETA] != 0.0:
            F[FAIR] += par[BETA] * drive[s % drive.shape[0]]
        before = F[LAST_LN]
        F[LAST_LN] = F[FAIR] + F[TRANSIENT]
        if leads:
            drive[s % drive.shape[0]] = F[LAST_LN] - before
        F[TREND] += TREND_GAIN * (F[LAST_LN] - F[TREND])

        # Volume, open interest, and how many trades it takes.
        churn = par[CHURN] * busy / 1.13 * (0.3 - 0.35 * np.log(uniform(rng)) + 0.45 * abs(z))
        churn *= 1.0 + 900.0 * abs(push + step - F[SHOCK] * z)
        churn_steps = int(churn / par[STEP])
        hedge = F[HEDGE_RATE]
        bound = 0.4 * churn_steps * par[STEP]
        F[HEDGE] += min(max(hedge, -bound), bound)
        volume += churn_steps
        rate = par[RATE] if s >= par[LIVE_FROM] else par[RATE_BEFORE]
        crowd = 0.5 + 0.5 * busy if rate < 50.0 else 1.0
        count = int(rate * crowd * (0.5 + uniform(rng)) + uniform(rng))
        forced_steps = EI[printed % EI.shape[0], E_STEPS] if printed >= 0 else 0
        if s >= par[LIVE_FROM] and rate >= 50.0:
            volume = max(volume, count + forced_steps)
        count = min(count, volume - forced_steps)
        if printed >= 0:
            count = 1 + max(count, 1 if volume > forced_steps else 0)
        elif volume > 0:
            count = max(count, 1)
        count = min(count, T.shape[0])

        SF[r, S_PRICE], SF[r, S_MARK], SF[r, S_INDEX], SF[r, S_INTEREST] = np.exp(F[LAST_LN]), mark, index, oi
        SF[r, S_RATE] = F[FUNDING]
        SI[r, S_FIRST_ID], SI[r, S_COUNT], SI[r, S_VOLUME], SI[r, S_PRINT] = I[NEXT_TRADE], count, volume, printed
        I[NEXT_TRADE] += count

        if s % int(par[FUNDING_S]) == 0:
            f = I[FUNDINGS] % FU.shape[0]
            FU[f, F_SECOND], FU[f, F_RATE], FU[f, F_MARK] = s, F[FUNDING], mark
            I[FUNDINGS] += 1
            F[BASIS_SUM] = F[BASIS_COUNT] = 0.0
