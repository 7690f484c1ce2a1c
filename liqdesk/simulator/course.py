"""The course of one contract through time: the kernel's state and rings, moved forward second by second, and what they hold."""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.simulator import kernel as k
from liqdesk.simulator import positions as pos
from liqdesk.simulator.contracts import Contract
from liqdesk.simulator.splitting import LARGEST_SPLIT

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SECONDS: Final = 49 * 3600  # the venue answers aggTrades of the last 48 h
MINUTES: Final = 65_536
EVENTS: Final = 1 << 17
FUNDINGS: Final = 512
DRIVE: Final = 1 << 22
YEAR_S: Final = 31_557_600.0
FIRST_TRADE_ID: Final = 3_400_000_000


def parameters(contract: Contract, began_s: int, live_from_s: int, rate: float) -> Floats:
    """Return the kernel's constants of a contract; `rate` is trades a second from `live_from_s` on."""
    par = np.zeros(k.PARAMETERS)
    par[k.TICK], par[k.STEP] = contract.tick, contract.step
    par[k.SIGMA] = contract.sigma / np.sqrt(YEAR_S)
    par[k.BETA] = contract.beta
    par[k.PULL] = np.log(2) / (contract.halflife_days * 86_400) if contract.sigma > 0 else 0.0
    par[k.LN_ANCHOR] = np.log(contract.price)
    par[k.CHURN], par[k.OPENS] = contract.churn, contract.opens
    par[k.LN_NOTIONAL], par[k.NOTIONAL_CAP] = np.log(contract.notional), contract.notional_cap
    par[k.IMPACT], par[k.INTEREST] = contract.impact, contract.interest
    par[k.RATE_BEFORE], par[k.RATE] = min(contract.rate, 2.0), rate
    par[k.LIVE_FROM], par[k.BEGAN] = live_from_s, began_s
    par[k.FUNDING_S] = contract.funding_hours * 3600
    par[k.ORIGIN] = np.log(contract.price) - pos.BUCKETS / 2 * pos.BUCKET_WIDTH
    par[k.JUMPS], par[k.PREMIUM] = contract.jumps, 3e-4
    return par


class Course:
    """One contract's market from `began_s` (UTC seconds, a multiple of eight hours) to `now_s`, the last second lived through.

    Rings keep the last 49 hours by the second and 45 days by the minute. `drive` is the leader's ring of log returns.
    """

    def __init__(
        self, contract: Contract, seed: int, began_s: int, live_from_s: int, rate: float, drive: NDArray[np.float32]
    ) -> None:
        self.contract = contract
        self.began_s = began_s
        self.now_s = began_s - 1
        self.drive = drive
        self.leads = contract.beta == 0.0
        self.key = np.uint64((seed << 32) ^ zlib.crc32(contract.symbol[:7].encode()))
        self.par = parameters(contract, began_s, live_from_s, rate)
        crowd = 1 << 18 if self.leads else 1 << 13 if contract.opens else 1
        self.F: Floats = np.zeros(k.STATE_F)
        self.I: Ints = np.zeros(k.STATE_I, np.int64)
        self.SF: Floats = np.zeros((SECONDS, k.SECOND_F))
        self.SI: Ints = np.zeros((SECONDS, k.SECOND_I), np.int64)
        self.MF: Floats = np.zeros((MINUTES, k.MINUTE_F))
        self.MI: Ints = np.zeros((MINUTES, k.MINUTE_I), np.int64)
        self.PF: Floats = np.zeros((crowd, pos.POSITION_F))
        self.PI: Ints = np.zeros((crowd, pos.POSITION_I), np.int64)
        self.PI[:, pos.NEXT] = np.arange(1, crowd + 1)
        self.PI[-1, pos.NEXT] = -1
        self.heads = np.full((2, pos.BUCKETS), -1, np.int32)
        self.wheel = np.full(1 << (21 if self.leads else 20 if contract.opens else 4), -1, np.int32)
        self.brackets = contract.brackets()
        self.EF: Floats = np.zeros((EVENTS, k.EVENT_F))
        self.EI: Ints = np.zeros((EVENTS, k.EVENT_I), np.int64)
        self.FU: Floats = np.zeros((FUNDINGS, k.FUNDING_F))
        self._scratch: Ints = np.zeros((LARGEST_SPLIT, 4), np.int64)
        self._rng = np.zeros(1, np.uint64)
        self._begin()

    def _begin(self) -> None:
        ln = self.par[k.LN_ANCHOR] + 0.03 * np.sin(float(int(self.key) % 6283) / 1000) * self.leads
        for i in (k.FAIR, k.MARK_LN, k.TREND, k.LAST_LN):
            self.F[i] = ln
        self.F[k.HEDGE] = self.contract.interest
        self.I[pos.LONG_TOP], self.I[pos.SHORT_LOW] = 0, pos.BUCKETS - 1
        self.I[k.NEXT_TRADE] = FIRST_TRADE_ID
        self.SF[(self.began_s - 1) % SECONDS, k.S_PRICE] = np.exp(ln)
        self.I[k.CLOSE_TICKS] = round(float(np.exp(ln)) / self.contract.tick)

    def advance(self, to_s: int) -> None:
        """Live through every second up to and including `to_s`; releases the interpreter while at it."""
        if to_s <= self.now_s:
            return
        k.advance(
            self.now_s + 1, to_s, self.par, self.key, self.F, self.I, self.SF, self.SI, self.MF, self.MI, self.PF, self.PI, self.heads,
            self.wheel, self.brackets, self.EF, self.EI, self.FU, self.drive, self.leads, self._scratch,
        )  # fmt: skip
        self.now_s = to_s

    @property
    def oldest_s(self) -> int:
        """The oldest second whose trades can still be made."""
        return max(self.began_s, self.now_s - SECONDS + 2)

    @property
    def oldest_minute(self) -> int:
        return max(self.began_s // 60, self.now_s // 60 - MINUTES + 2)

    def second(self, s: int) -> tuple[Floats, Ints]:
        """Return the rows (price, mark, index, interest) and (first trade id, count, steps, print) of a second in the ring."""
        return self.SF[s % SECONDS], self.SI[s % SECONDS]

    def split(self, s: int) -> Ints:
        """Return the trades of second `s` as rows of ms within the second, ticks, steps, taker buys. The array is reused by the next call."""
        n = k.trades_of(s, self.par, self.key, self.SF, self.SI, self.EI, self._scratch, self._rng)
        return self._scratch[:n]
