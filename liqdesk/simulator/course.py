"""The course of one contract through time: the kernel's state and rings, moved forward second by second, and what they hold."""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.simulator import kernel
from liqdesk.simulator import layout as at
from liqdesk.simulator import positions as pos
from liqdesk.simulator.contracts import Contract
from liqdesk.simulator.rebracket import rebracket
from liqdesk.simulator.splitting import LARGEST_SPLIT

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EVENTS: Final = 1 << 17
FUNDINGS: Final = 512
CENSUSES: Final = 32 * 86_400 // kernel.CENSUS_S
YEAR_S: Final = 31_557_600.0
FIRST_TRADE_ID: Final = 3_400_000_000


def parameters(contract: Contract, began_s: int, live_from_s: int, rate: float) -> Floats:
    """Return the kernel's constants of a contract; `rate` is trades a second from `live_from_s` on."""
    par = np.zeros(at.PARAMETERS)
    par[at.TICK], par[at.STEP] = contract.tick, contract.step
    par[at.SIGMA] = contract.sigma / np.sqrt(YEAR_S)
    par[at.BETA] = contract.beta
    par[at.PULL] = np.log(2) / (contract.halflife_days * 86_400) if contract.sigma > 0 else 0.0
    par[at.LN_ANCHOR] = np.log(contract.price)
    par[at.CHURN], par[at.OPENS] = contract.churn, contract.opens
    par[at.LN_NOTIONAL], par[at.NOTIONAL_CAP] = np.log(contract.notional), contract.notional_cap
    par[at.IMPACT], par[at.INTEREST] = contract.impact, contract.interest
    par[at.RATE_BEFORE], par[at.RATE] = min(contract.rate, 2.0), rate
    par[at.LIVE_FROM], par[at.BEGAN] = live_from_s, began_s
    par[at.FUNDING_S] = contract.funding_hours * 3600
    par[at.ORIGIN] = np.log(contract.price) - pos.BUCKETS / 2 * pos.BUCKET_WIDTH
    par[at.JUMPS], par[at.PREMIUM] = contract.jumps, 3e-4
    return par


class Course:
    """One contract's market from `began_s` (UTC seconds, a multiple of eight hours) to `now_s`, the last second lived through.

    Rings keep the last 49 hours by the second, and 32 days by the minute and (censuses) by five minutes. `drive` is the leader's ring of
    log returns. `agenda`: from which seconds on other brackets or funding hours hold, or (None) the contract no longer lives.
    """

    def __init__(
        self, contract: Contract, seed: int, began_s: int, live_from_s: int, rate: float, drive: NDArray[np.float32]
    ) -> None:
        self.contract = contract
        self.began_s = began_s
        self.now_s = began_s - 1
        self.drive = drive
        self.agenda: list[tuple[int, Contract | None]] = []
        self.leads = contract.beta == 0.0
        self.key = np.uint64((seed << 32) ^ zlib.crc32(contract.symbol.encode()))
        self.par = parameters(contract, began_s, live_from_s, rate)
        crowd = 1 << 17 if self.leads else 1 << 13 if contract.opens else 1
        self.F: Floats = np.zeros(at.STATE_F)
        self.Q: Ints = np.zeros(at.STATE_I, np.int64)
        self.SF: Floats = np.zeros((at.SECONDS, at.SECOND_F))
        self.SI: Ints = np.zeros((at.SECONDS, at.SECOND_I), np.int64)
        self.MF: Floats = np.zeros((at.MINUTES, at.MINUTE_F))
        self.MI: Ints = np.zeros((at.MINUTES, at.MINUTE_I), np.int64)
        self.PF: Floats = np.zeros((crowd, pos.POSITION_F))
        self.PI = np.zeros((crowd, pos.POSITION_I), np.int32)
        self.PI[:, pos.NEXT] = np.arange(1, crowd + 1)
        self.PI[-1, pos.NEXT] = -1
        self.heads = np.full((2, pos.BUCKETS), -1, np.int32)
        self.wheel = np.full(1 << (21 if self.leads else 20 if contract.opens else 4), -1, np.int32)
        self.brackets = contract.brackets()
        self.EF: Floats = np.zeros((EVENTS, at.EVENT_F))
        self.EI: Ints = np.zeros((EVENTS, at.EVENT_I), np.int64)
        self.FU: Floats = np.zeros((FUNDINGS, at.FUNDING_F))
        self.CE: Ints = np.zeros((CENSUSES, pos.CENSUS), np.int64)
        self._scratch: Ints = np.zeros((LARGEST_SPLIT, 4), np.int64)
        self._rng = np.zeros(1, np.uint64)
        self._begin()

    def _begin(self) -> None:
        ln = self.par[at.LN_ANCHOR] + 0.03 * np.sin(float(int(self.key) % 6283) / 1000) * self.leads
        for i in (at.FAIR, at.MARK_LN, at.TREND, at.LAST_LN):
            self.F[i] = ln
        self.F[at.HEDGE] = self.contract.interest
        self.Q[pos.LONG_TOP], self.Q[pos.SHORT_LOW] = 0, pos.BUCKETS - 1
        self.Q[at.NEXT_TRADE] = FIRST_TRADE_ID
        self.SF[(self.began_s - 1) % at.SECONDS, at.S_PRICE] = np.exp(ln)
        self.Q[at.CLOSE_TICKS] = round(float(np.exp(ln)) / self.contract.tick)

    def advance(self, to_s: int) -> None:
        """Live through every second up to and including `to_s`; releases the interpreter while at it."""
        while self.agenda and self.agenda[0][0] <= to_s:
            second, contract = self.agenda[0]
            self._live(second - 1)
            if contract is None:
                return
            self.par[at.FUNDING_S] = contract.funding_hours * 3600
            if not np.array_equal(self.brackets, contract.brackets()):
                self.brackets = contract.brackets()
                rebracket(contract.step, self.par, self.Q, self.PF, self.PI, self.heads, self.brackets)
            self.agenda.pop(0)
        self._live(to_s)

    def _live(self, to_s: int) -> None:
        if to_s <= self.now_s:
            return
        kernel.advance(
            self.now_s + 1, to_s, self.par, self.key, self.F, self.Q, self.SF, self.SI, self.MF, self.MI, self.PF, self.PI, self.heads,
            self.wheel, self.brackets, self.EF, self.EI, self.FU, self.drive, self.leads, self._scratch, self._rng, self.CE,
        )  # fmt: skip
        self.now_s = to_s

    @property
    def crowded(self) -> bool:
        """Whether the contract has traders of its own, and not hedgers alone."""
        return self.contract.opens > 0.0

    def census(self, s: int) -> list[int]:
        """Return who held what when second `s`, a multiple of CENSUS_S in the ring, began: a census as `positions` lays it out."""
        row: list[int] = self.CE[s // kernel.CENSUS_S % CENSUSES].tolist()
        return row

    @property
    def oldest_s(self) -> int:
        """The oldest second whose trades can still be made."""
        return max(self.began_s, self.now_s - at.SECONDS + 2)

    @property
    def oldest_minute(self) -> int:
        return max(self.began_s // 60, self.now_s // 60 - at.MINUTES + 2)

    @property
    def whole(self) -> bool:
        """Whether the rings hold everything since the contract was listed."""
        return self.contract.onboard_ms >= self.began_s * 1000 and self.oldest_minute == self.began_s // 60

    def second(self, s: int) -> tuple[Floats, Ints]:
        """Return the rows (price, mark, index, interest) and (first trade id, count, steps, print) of a second in the ring."""
        return self.SF[s % at.SECONDS], self.SI[s % at.SECONDS]

    def split(self, s: int) -> Ints:
        """Return the trades of a second as rows of ms within it, ticks, steps, taker buys; the next call reuses the array."""
        n = kernel.trades_of(s, self.par, self.key, self.SF, self.SI, self.EI, self._scratch, self._rng)
        return self._scratch[:n]
