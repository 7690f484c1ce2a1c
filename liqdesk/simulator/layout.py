"""Where things stand in the kernel's arrays: a contract's constants, its state, and the columns of its rings."""

from __future__ import annotations

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
    LATEST,
) = range(21)
PARAMETERS = 21

# Float state.
FAIR, TRANSIENT, MARK_LN, VOL, EXCITED, MOOD, TREND, BASIS, HEDGE, HEDGE_RATE, BASIS_SUM, BASIS_COUNT, LAST_LN = range(
    13
)
# Constant over a minute: activity, depth, volatility of a second, e to the minus traders a second.
BUSY, CALM, SHOCK, NO_TRADER, ROOT, FUNDING = range(13, 19)
STATE_F = 19
# Integer state, after the six of `positions`. From ACCOUNTS on, by rank of margin: long accounts, their steps, short ones, theirs.
NEXT_TRADE, EVENTS, FUNDINGS, CLOSE_TICKS, ACCOUNTS = range(6, 11)
RANKS = 640
STATE_I = ACCOUNTS + 4 * RANKS

# Rings: seconds (float, integer), minutes (float, integer), forced orders, fundings. The lengths are constants of the kernel: a remainder
# by one of them is no division.
SECONDS = 49 * 3600  # the venue answers aggTrades of the last 48 h
MINUTES = 32 * 1440
DRIVE = 33 * 86_400
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
