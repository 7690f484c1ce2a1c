"""A month of the simulated BTCUSDT as arrays, with its truth: steps, printed and true liquidations, and who stood where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from support.traded import AT_PRICE, volume_at_price

from liqdesk.market import MINUTE_MS, SECOND_MS, Side
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.model import BIN, StepBatch, bar_steps
from liqdesk.model.axis import PHASE
from liqdesk.simulator import layout as at
from liqdesk.simulator import positions as pos
from liqdesk.simulator.course import Course
from liqdesk.simulator.market import Market, Prints

START_MS: Final = 1_772_438_400_000
DAYS: Final = 31
CHUNK_S: Final = 12 * 3600

LIQUIDATION: Final = np.dtype(
    [
        ("t", np.int64),  # ms
        ("side", np.int8),  # who was liquidated
        ("quantity", np.float64),  # base units
        ("price", np.float64),  # last fill
        ("limit", np.float64),  # the order's limit, the bankruptcy price
        ("trigger", np.float64),  # the mark at which it was due
        ("entry", np.float64),
        ("leverage", np.int64),
        ("printed", np.bool_),
    ]
)


class Month:
    """`days` days of the leader before START_MS (31 at most), lived through once.

    `bars`, `mark_bars` (dtype BAR) and `interest` (dtype INTEREST, by the minute) are what the venue would answer; `steps`
    are one step a minute from them; `liquidations` (dtype LIQUIDATION) are all there were, with those that were printed
    (one a second at most) marked. `standing[i]` float64 [2 side, bins] is the truth at `moments[i]` (ms): contracts of open
    positions without a stop, by the 5 bp bin of their liquidation price, from `first_bin` on. `seconds` holds marks by the
    second, float64 [n], from `begin_ms` on, where they were asked for, and `traded` float64 [n, 2] the price at each second's
    end and the contracts traded in it. `at_price` (dtype AT_PRICE) is the volume at price by the minute, likewise.
    `look` is called with the course one second before each minute begins.
    """

    def __init__(
        self,
        seed: int,
        days: int = DAYS,
        moments: Sequence[int] = (),
        prints: Prints = "largest",
        keep_seconds: bool = False,
        keep_trades: bool = False,
        look: Callable[[Course], None] | None = None,
    ) -> None:
        self.market = Market(seed, START_MS, past_days=days, prints=prints)
        self.moments = np.array(sorted(moments), np.int64)
        self.first_bin, self.bins = round((np.log(75_000) - PHASE) / BIN) - 2_048, 4_096
        self.standing: list[NDArray[np.float64]] = []
        marks, traded, at_price = [], [], [np.zeros(0, AT_PRICE)]
        self.market.begin()
        self.begin_ms = since = self.market.leader.began_s * SECOND_MS
        for stop in self._stops():
            if look is not None:
                for minute in range(since - since % MINUTE_MS + MINUTE_MS, stop + 1, MINUTE_MS):
                    self.market.lead(minute - SECOND_MS)
                    look(self.market.leader)
            self.market.lead(stop)
            if keep_seconds:
                marks.append(self._seconds(since, stop))
                traded.append(self._traded(since, stop))
            if keep_trades:
                at_price.append(volume_at_price(self.market.leader, since // SECOND_MS, stop // SECOND_MS))
            if stop in self.moments:
                self.standing.append(self._standing())
            since = stop
        self.seconds = np.concatenate(marks) if marks else np.zeros(0)
        self.traded = np.concatenate(traded) if traded else np.zeros((0, 2))
        self.at_price = np.concatenate(at_price)
        self._minutes()
        self._events()

    def _stops(self) -> list[int]:
        times = set(range(self.begin_ms + CHUNK_S * SECOND_MS, START_MS, CHUNK_S * SECOND_MS))
        return sorted(times | set(self.moments.tolist()) | {START_MS})

    def _seconds(self, since_ms: int, stop_ms: int) -> NDArray[np.float64]:
        course = self.market.leader
        seconds = np.arange(since_ms // SECOND_MS, stop_ms // SECOND_MS)
        return course.SF[seconds % len(course.SF), at.S_MARK].copy()

    def _traded(self, since_ms: int, stop_ms: int) -> NDArray[np.float64]:
        course = self.market.leader
        rows = np.arange(since_ms // SECOND_MS, stop_ms // SECOND_MS) % len(course.SF)
        steps = course.SI[rows, at.S_VOLUME]
        return np.stack([course.SF[rows, at.S_PRICE], steps * course.contract.step], axis=1)

    def _standing(self) -> NDArray[np.float64]:
        course = self.market.leader
        held = np.zeros((2, self.bins))
        alive = np.flatnonzero(self._living() & (course.PI[:, pos.STOP] == 0))
        price = course.PF[alive, pos.LIQUIDATION]
        side = course.PI[alive, pos.SIDE]
        steps = course.PI[alive, pos.STEPS] * course.contract.step
        ok = price > 0
        bins = np.floor((np.log(price[ok]) - PHASE) / BIN).astype(np.int64) - self.first_bin
        inside = (bins >= 0) & (bins < self.bins)
        np.add.at(held, (side[ok][inside], bins[inside]), steps[ok][inside])
        return held

    def _living(self) -> NDArray[np.bool_]:
        """Return which rows hold a position: those that are not on the list of free ones."""
        course = self.market.leader
        free = np.zeros(len(course.PI), np.bool_)
        after = course.PI[:, pos.NEXT].tolist()
        n = int(course.Q[pos.FREE])
        while n >= 0:
            free[n] = True
            n = after[n]
        return ~free

    def _minutes(self) -> None:
        course = self.market.leader
        tick, step = course.contract.tick, course.contract.step
        minutes = np.arange(self.begin_ms // MINUTE_MS, START_MS // MINUTE_MS)
        whole, real = course.MI[minutes % len(course.MI)], course.MF[minutes % len(course.MF)]
        self.bars, self.mark_bars = np.zeros(len(minutes), BAR), np.zeros(len(minutes), BAR)
        self.bars["t"] = self.mark_bars["t"] = minutes * MINUTE_MS
        for name, column in (("open", at.OPEN), ("high", at.HIGH), ("low", at.LOW), ("close", at.CLOSE)):
            self.bars[name] = whole[:, column] * tick
        self.bars["volume"], self.bars["taker_buy"] = whole[:, at.VOLUME] * step, whole[:, at.BOUGHT] * step
        for name, column in (("open", at.MARK_O), ("high", at.MARK_H), ("low", at.MARK_L), ("close", at.MARK_C)):
            self.mark_bars[name] = real[:, column]
        self.interest = np.zeros(len(minutes), INTEREST)
        self.interest["t"], self.interest["contracts"] = minutes * MINUTE_MS, real[:, at.M_INTEREST]
        self.interest["usd"] = self.interest["contracts"] * self.mark_bars["open"]
        self.steps: StepBatch = bar_steps(self.bars, MINUTE_MS, self.interest, self.mark_bars)

    def _events(self) -> None:
        course = self.market.leader
        count = int(course.Q[at.EVENTS])
        assert count <= len(course.EI), "the ring of liquidations is too short for this month"
        whole, real = course.EI[:count], course.EF[:count]
        tick, step = course.contract.tick, course.contract.step
        rows = np.zeros(count, LIQUIDATION)
        rows["t"] = whole[:, at.E_SECOND] * SECOND_MS + whole[:, at.E_MS] % SECOND_MS
        rows["side"], rows["leverage"] = whole[:, at.E_SIDE], whole[:, at.E_LEVERAGE]
        rows["quantity"] = whole[:, at.E_STEPS] * step
        rows["price"], rows["limit"] = whole[:, at.E_TICKS] * tick, whole[:, at.E_LIMIT] * tick
        rows["trigger"], rows["entry"] = real[:, at.E_LIQUIDATION], real[:, at.E_ENTRY]
        rank = whole[:, at.E_MS] if self.market.prints == "latest" else whole[:, at.E_STEPS] * whole[:, at.E_TICKS]
        order = np.lexsort((-np.arange(count), rank, whole[:, at.E_SECOND]))
        seconds = whole[order, at.E_SECOND]
        rows["printed"][order[np.append(seconds[1:] != seconds[:-1], True)]] = True
        self.liquidations = rows[np.argsort(rows["t"], kind="stable")]

    @property
    def printed(self) -> NDArray[np.void]:
        return self.liquidations[self.liquidations["printed"]]

    def printed_by_minute(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return (orders, USD) printed per minute of `bars` and side, int64 and float64 [n, 2]."""
        rows = self.printed
        minute = (rows["t"] - self.begin_ms) // MINUTE_MS
        orders, usd = np.zeros((len(self.bars), 2), np.int64), np.zeros((len(self.bars), 2))
        np.add.at(orders, (minute, rows["side"]), 1)
        np.add.at(usd, (minute, rows["side"]), rows["quantity"] * rows["price"])
        return orders, usd


assert int(Side.LONG) == 0  # sides of the market's arrays are those of the program
