"""The market, one second at a time: price, mark, traders who open, close, stop out and are liquidated, volume, open interest, funding.

A second s covers [s, s + 1). Its mark is struck at its start; the mark sweeps the positions; what they lose moves the price; then the
second trades from the price before to the price after. Bars are built from the very trades that are published.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liqdesk.simulator import positions as pos
from liqdesk.simulator.chance import begin, normal, poisson, uniform
from liqdesk.simulator.compiled import compiled
from liqdesk.simulator.crowd import sweep, trader
from liqdesk.simulator.layout import (
    BASIS,
    BASIS_COUNT,
    BASIS_SUM,
    BEGAN,
    BETA,
    BOUGHT,
    BUSY,
    CALM,
    CHURN,
    CLOSE,
    CLOSE_TICKS,
    COUNT,
    DRIVE,
    E_MS,
    E_SIDE,
    E_STEPS,
    E_TICKS,
    EVENTS,
    EXCITED,
    F_MARK,
    F_RATE,
    F_SECOND,
    FAIR,
    FIRST_ID,
    FUNDING,
    FUNDING_S,
    FUNDINGS,
    HEDGE,
    HEDGE_RATE,
    HIGH,
    IMPACT,
    INDEX_C,
    INDEX_H,
    INDEX_L,
    INDEX_O,
    INTEREST,
    JUMPS,
    LAST_LN,
    LATEST,
    LIVE_FROM,
    LN_ANCHOR,
    LOW,
    M_INTEREST,
    MARK_C,
    MARK_H,
    MARK_L,
    MARK_LN,
    MARK_O,
    MINUTES,
    MOOD,
    NEXT_TRADE,
    NO_TRADER,
    OPEN,
    OPENS,
    ORIGIN,
    PREMIUM,
    PULL,
    QUOTE,
    QUOTE_BOUGHT,
    RATE,
    RATE_BEFORE,
    ROOT,
    S_COUNT,
    S_FIRST_ID,
    S_INDEX,
    S_INTEREST,
    S_MARK,
    S_PRICE,
    S_PRINT,
    S_RATE,
    S_VOLUME,
    SECONDS,
    SHOCK,
    SIGMA,
    STEP,
    TICK,
    TRANSIENT,
    TREND,
    VOL,
    VOLUME,
)
from liqdesk.simulator.splitting import BUY, TICKS, split
from liqdesk.simulator.splitting import STEPS as TRADE_STEPS

MINUTE = 60
DAY = 86_400
CENSUS_S = 300
VOL_KEEP = np.exp(-60.0 / 21_600.0)
VOL_KICK = 0.55 * np.sqrt(1.0 - VOL_KEEP**2)
MOOD_KEEP = np.exp(-60.0 / 28_800.0)
MOOD_KICK = 0.35 * np.sqrt(1.0 - MOOD_KEEP**2)
BASIS_KEEP = np.exp(-60.0 / 21_600.0)
BASIS_KICK = np.sqrt(1.0 - BASIS_KEEP**2)
TRANSIENT_KEEP = np.exp(-1.0 / 240.0)
EXCITED_KEEP = np.exp(-1.0 / 1800.0)
TREND_GAIN = 1.0 / 7200.0


@compiled
def funding_rate(premium: float) -> float:
    """Return the rate of a mean premium: premium + clamp(0.01 % − premium, ±0.05 %), within ±0.3 %, to eight decimals."""
    rate = premium + min(max(1e-4 - premium, -5e-4), 5e-4)
    return float(np.floor(min(max(rate, -3e-3), 3e-3) * 1e8 + 0.5) * 1e-8)


@compiled
def season(second: int) -> float:
    """Return the time-of-day factor of activity, 1 on average, highest at 14:30 UTC."""
    hour = (second % DAY) / 3600.0
    return float(1.0 + 0.32 * np.cos((hour - 14.5) * np.pi / 12.0))


@compiled
def fold(
    s: int, par: NDArray[np.float64], seed: np.uint64, Q: NDArray[np.int64], SF: NDArray[np.float64], SI: NDArray[np.int64],
    MI: NDArray[np.int64], EI: NDArray[np.int64], T: NDArray[np.int64], rng: NDArray[np.uint64],
) -> None:  # fmt: skip
    """Add second `s`, now over, to its minute's bar."""
    minute = s // MINUTE
    m = minute % MINUTES
    r = s % SECONDS
    if s % MINUTE == 0:
        MI[m, :] = 0
        MI[m, OPEN:VOLUME] = Q[CLOSE_TICKS]
        MI[m, FIRST_ID] = SI[r, S_FIRST_ID]
    n = trades_of(s, par, seed, SF, SI, EI, T, rng)
    for j in range(n):
        ticks, steps = T[j, TICKS], T[j, TRADE_STEPS]
        if MI[m, COUNT] == 0:
            MI[m, OPEN:VOLUME] = ticks
        MI[m, HIGH] = max(MI[m, HIGH], ticks)
        MI[m, LOW] = min(MI[m, LOW], ticks)
        MI[m, CLOSE] = ticks
        MI[m, VOLUME] += steps
        MI[m, QUOTE] += steps * ticks
        if T[j, BUY] == 1:
            MI[m, BOUGHT] += steps
            MI[m, QUOTE_BOUGHT] += steps * ticks
        MI[m, COUNT] += 1
    Q[CLOSE_TICKS] = MI[m, CLOSE]


@compiled
def trades_of(
    s: int, par: NDArray[np.float64], seed: np.uint64, SF: NDArray[np.float64], SI: NDArray[np.int64],
    EI: NDArray[np.int64], T: NDArray[np.int64], rng: NDArray[np.uint64],
) -> int:  # fmt: skip
    """Write the trades of a second that the ring holds (with the one before) into `T`; return their number."""
    r, b = s % SECONDS, (s - 1) % SECONDS
    event = SI[r, S_PRINT]
    ms = ticks = steps = buy = 0
    if event >= 0:
        e = event % EI.shape[0]
        ms, ticks, steps, buy = EI[e, E_MS], EI[e, E_TICKS], EI[e, E_STEPS], EI[e, E_SIDE]
    before, after = SF[b, S_PRICE] / par[TICK], SF[r, S_PRICE] / par[TICK]
    return int(split(T, rng, seed, s, before, after, SI[r, S_COUNT], SI[r, S_VOLUME], ms, ticks, steps, buy))


@compiled
def advance(
    first: int, last: int, par: NDArray[np.float64], seed: np.uint64, F: NDArray[np.float64], Q: NDArray[np.int64],
    SF: NDArray[np.float64], SI: NDArray[np.int64], MF: NDArray[np.float64], MI: NDArray[np.int64],
    PF: NDArray[np.float64], PI: NDArray[np.int32], heads: NDArray[np.int32], wheel: NDArray[np.int32],
    brackets: NDArray[np.float64], EF: NDArray[np.float64], EI: NDArray[np.int64], FU: NDArray[np.float64],
    drive: NDArray[np.float32], leads: bool, T: NDArray[np.int64], rng: NDArray[np.uint64],
    CE: NDArray[np.int64],
) -> None:  # fmt: skip
    """Live through the seconds `first` to `last`, both included, from the state that `first - 1` left.

    drive: ring of the leading contract's log returns; the leader writes it, the others read it, scaled by BETA.
    """
    for s in range(first, last + 1):
        if s > par[BEGAN]:
            fold(s - 1, par, seed, Q, SF, SI, MI, EI, T, rng)
        if s % CENSUS_S == 0 and par[OPENS] > 0.0:
            pos.census(Q, CE[s // CENSUS_S % CE.shape[0]])
        begin(rng, seed, s, 1)
        r = s % SECONDS
        minute = s // MINUTE
        if s % MINUTE == 0:
            F[VOL] = F[VOL] * VOL_KEEP + VOL_KICK * normal(rng)
            F[MOOD] = F[MOOD] * MOOD_KEEP + MOOD_KICK * normal(rng)
            F[BASIS] = F[BASIS] * BASIS_KEEP + par[PREMIUM] * BASIS_KICK * normal(rng)
            oi = max(Q[pos.LONG_STEPS], Q[pos.SHORT_STEPS]) * par[STEP] + F[HEDGE]
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
        mark = np.floor(np.exp(F[MARK_LN]) * 1e8 + 0.5) * 1e-8
        price = SF[(s - 1) % SECONDS, S_PRICE]
        index = np.floor(mark * F[ROOT] * 1e8 + 0.5) * 1e-8
        here = min(max(int((F[MARK_LN] - par[ORIGIN]) / pos.BUCKET_WIDTH), 0), pos.BUCKETS - 1)
        m = minute % MINUTES
        oi = max(Q[pos.LONG_STEPS], Q[pos.SHORT_STEPS]) * par[STEP] + F[HEDGE]
        if s % MINUTE == 0 or s == par[BEGAN]:
            MF[m, MARK_O] = MF[m, MARK_H] = MF[m, MARK_L] = mark
            MF[m, INDEX_O] = MF[m, INDEX_H] = MF[m, INDEX_L] = index
            MF[m, M_INTEREST] = oi
        MF[m, MARK_H], MF[m, MARK_L], MF[m, MARK_C] = max(MF[m, MARK_H], mark), min(MF[m, MARK_L], mark), mark
        MF[m, INDEX_H], MF[m, INDEX_L], MF[m, INDEX_C] = max(MF[m, INDEX_H], index), min(MF[m, INDEX_L], index), index

        events = Q[EVENTS]
        long_out = long_stop = short_out = short_stop = 0
        long_book = short_book = 0.0
        if Q[pos.LONG_TOP] > here or heads[0, here] >= 0:
            long_out, long_stop, long_book = sweep(
                s, 0, here, mark, price, calm, par, Q, PF, PI, heads, wheel, EF, EI, rng
            )
        if Q[pos.SHORT_LOW] < here or heads[1, here] >= 0:
            short_out, short_stop, short_book = sweep(
                s, 1, here, mark, price, calm, par, Q, PF, PI, heads, wheel, EF, EI, rng
            )
        # One print a second at most: the largest by value, or the latest.
        printed, most = -1, -1.0
        for e in range(events, Q[EVENTS]):
            value = float(EI[e % EI.shape[0], E_STEPS]) * EI[e % EI.shape[0], E_TICKS]
            if par[LATEST] > 0.0:
                value = float(EI[e % EI.shape[0], E_MS])
            if value > most:
                printed, most = e, value
        push = (short_book - long_book) * par[STEP] * price * par[IMPACT] * calm
        push = min(max(push, -0.03), 0.03)

        # Those whose time has come.
        volume = long_out + short_out + long_stop + short_stop
        slot = s & (wheel.shape[0] - 1)
        while wheel[slot] >= 0:
            n = int(wheel[slot])
            volume += PI[n, pos.STEPS]
            pos.remove(n, PI, heads, wheel, Q)
        for _ in range(poisson(rng, F[NO_TRADER])):
            volume += trader(s, par, Q, F, PF, PI, heads, wheel, brackets, rng, price)

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
            F[FAIR] += par[BETA] * drive[s % DRIVE]
        before = F[LAST_LN]
        F[LAST_LN] = F[FAIR] + F[TRANSIENT]
        if leads:
            drive[s % DRIVE] = F[LAST_LN] - before
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
        crowd = min(0.5 + 0.5 * busy, 2.0) if rate < 50.0 else 1.0
        count = int(rate * crowd * (0.5 + uniform(rng)) + uniform(rng))
        forced_steps = EI[printed % EI.shape[0], E_STEPS] if printed >= 0 else 0
        if s >= par[LIVE_FROM] and rate >= 50.0:
            volume = max(volume, count + forced_steps)
        if rate <= 1.0:
            count = min(count, 1)
        count = min(count, volume - forced_steps)
        if printed >= 0:
            count = 1 + max(count, 1 if volume > forced_steps else 0)
        elif rate >= 1.0:
            count = max(count, 1 if volume > 0 else 0)
        elif count > 0:
            volume = int(volume / min(rate * crowd, 1.0))
        else:
            volume = 0
        count = min(count, T.shape[0])

        SF[r, S_PRICE], SF[r, S_MARK], SF[r, S_INDEX], SF[r, S_INTEREST] = np.exp(F[LAST_LN]), mark, index, oi
        SF[r, S_RATE] = F[FUNDING]
        SI[r, S_FIRST_ID], SI[r, S_COUNT], SI[r, S_VOLUME], SI[r, S_PRINT] = Q[NEXT_TRADE], count, volume, printed
        Q[NEXT_TRADE] += count

        if s % int(par[FUNDING_S]) == 0:
            f = Q[FUNDINGS] % FU.shape[0]
            FU[f, F_SECOND], FU[f, F_RATE], FU[f, F_MARK] = s, F[FUNDING], mark
            Q[FUNDINGS] += 1
            F[BASIS_SUM] = F[BASIS_COUNT] = 0.0
