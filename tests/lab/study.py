"""What further information would be worth: one simulated month, estimated with more and more of the truth.

Every variant gives the basis USD that it says was swept, by minute and side, from what was known before; and the density that it
shows at set moments. The laws are engine S2's throughout; what differs is what it is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from support.month import START_MS, Month
from support.witness import Witness
from walking import EXACT, HARD, NEAR, columns, memory_of, near, walk, walk_field, walk_levels

from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from liqdesk.market.rows import BAR
from liqdesk.model import Density, StepBatch, bar_steps, bins_of, quarter_steps, with_volume
from liqdesk.model.axis import BINS_PER_ROW, PHASE, display_bin_of
from liqdesk.model.bands import BANDS, hazards
from liqdesk.model.kernels import SOFT

BASE = "1 min candles"
RATE, MAX_LEVERAGE = 0.004, 125
SCORED_DAYS = 20
EVERY_MS = 6 * HOUR_MS
LIFE_S, LIFE_AT, LIFE_POWER = (
    216_000.0,
    5.0,
    -1.15,
)  # of the simulated traders: mean life at 5x, and how it falls with leverage
ORDERS_OF_PRIOR = 40.0  # the weight of the prior mix, in orders
MEMORY_DAYS = 7.0  # of learned weights
LEAST_PRINTS, FIELD_BINS, FIELD_MS = 5.0, 5, DAY_MS  # a local factor's prior in prints, its half width, its memory


class Estimate(NamedTuple):
    """`swept` float64 [minutes, 2], basis USD; `shown` float64 [moments, 2 side, 2·NEAR], contracts by 5 bp bin."""

    swept: NDArray[np.float64]
    shown: NDArray[np.float64]


def bars_of(bars: NDArray[np.void], minutes: int) -> NDArray[np.void]:
    """Return 1 min bars gathered into longer ones."""
    rows = bars.reshape(-1, minutes)
    out = rows[:, 0].copy()
    out["high"], out["low"], out["close"] = rows["high"].max(axis=1), rows["low"].min(axis=1), rows["close"][:, -1]
    out["volume"], out["taker_buy"] = rows["volume"].sum(axis=1), rows["taker_buy"].sum(axis=1)
    assert out.dtype == BAR
    return out


class Case:
    """A month with everything that can be known of it, and the estimates from parts of that."""

    def __init__(self, seed: int, days: int = 31, scored_days: int = SCORED_DAYS) -> None:
        moments = range(START_MS - scored_days * DAY_MS, START_MS, EVERY_MS)
        self.witness = Witness()
        self.month = Month(seed, days, moments, keep_seconds=True, keep_trades=True, look=self.witness.look)
        self.minutes = len(self.month.bars)
        self.at = (self.month.moments - self.month.begin_ms) // MINUTE_MS
        self.marks = self.month.mark_bars["open"][self.at]
        self.firsts = np.array([BINS_PER_ROW * (display_bin_of(float(m)) - NEAR // BINS_PER_ROW) for m in self.marks])
        self.price = self.month.steps.price_at_start()
        prints = self.month.printed
        minute = (prints["t"] - self.month.begin_ms) // MINUTE_MS
        self.prints = (minute, prints["side"].astype(np.int64), bins_of(prints["trigger"]))
        self.print_second = (prints["t"] - self.month.begin_ms) // SECOND_MS
        self.law = Density(RATE, MAX_LEVERAGE)._law
        self.prior = Density(RATE, MAX_LEVERAGE).prior

    def truth(self, i: int) -> NDArray[np.float64]:
        """Return the standing contracts at a moment, float64 [2, 2·NEAR], by 5 bp bin."""
        first = int(self.firsts[i]) - self.month.first_bin
        return self.month.standing[i][:, first : first + 2 * NEAR]

    def _walk(
        self, batch: StepBatch, turnover: NDArray[np.float64], per_slot_ms: int = MINUTE_MS, edge: float = SOFT,
        hazard: NDArray[np.float64] | None = None, print_step: NDArray[np.int64] | None = None,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
        """Return contracts swept by minute [minutes, 2, 20], those about the mark at each moment [moments, 2, 20, 2·NEAR], and
        what stood where each print happened [prints, 20]."""
        density = Density(RATE, MAX_LEVERAGE)
        law = (self.law[0] if hazard is None else hazard, *self.law[1:])
        swept = np.zeros((self.minutes, 2, BANDS))
        slot = (batch.t0 - self.month.begin_ms) // per_slot_ms
        none = np.zeros(0, np.int64)
        prints = (none, none, none) if print_step is None else (print_step, *self.prints[1:])
        evidence = np.zeros((len(prints[0]), BANDS))
        memory = memory_of(self.month.first_bin, self.month.bins, batch.start[0])
        stood, begin = [], 0
        for moment, first in zip([*self.month.moments.tolist(), START_MS], [*self.firsts.tolist(), None], strict=True):
            stop = int(np.searchsorted(batch.t0, moment))
            walk(
                density._state(),
                law,
                columns(batch),
                turnover,
                slot,
                (begin, stop),
                edge,
                swept,
                *prints,
                evidence,
                *memory,
            )
            if first is not None:
                stood.append(near(density, first))
            begin = stop
        assert density.audit().error < 1e-8
        return swept, np.array(stood), evidence

    def _read(
        self, swept: NDArray[np.float64], stood: NDArray[np.float64], weights: NDArray[np.float64] | None = None
    ) -> Estimate:
        """Weigh bands by the prior, or by `weights` [days, 20] of each day."""
        if weights is None:
            return Estimate(self.price[:, None] * (swept @ self.prior), np.einsum("k,mskb->msb", self.prior, stood))
        day = np.arange(self.minutes) // 1440
        return Estimate(
            self.price[:, None] * np.einsum("tsk,tk->ts", swept, weights[day]),
            np.einsum("mk,mskb->msb", weights[self.at // 1440], stood),
        )

    def plain(self, batch: StepBatch, edge: float = SOFT) -> Estimate:
        swept, stood, _ = self._walk(batch, batch.volume / (2 * batch.interest), edge=edge)
        span = int(batch.t1[0] - batch.t0[0]) // MINUTE_MS
        if span > 1:  # when within a longer step, it does not say
            swept = np.repeat(swept[::span] / span, span, axis=0)
        return self._read(swept, stood)

    def archive(self) -> Estimate:
        """15 min candles of the last price, with open interest and mark every 5 min."""
        return self.plain(quarter_steps(bars_of(self.month.bars, 15), self.month.interest[::5]))

    def five(self) -> Estimate:
        """5 min candles of price and mark."""
        bars, marks = bars_of(self.month.bars, 5), bars_of(self.month.mark_bars, 5)
        return self.plain(bar_steps(bars, 5 * MINUTE_MS, self.month.interest[::5], marks))

    def minute(self) -> Estimate:
        """1 min candles of price and mark: what the other estimates are held against."""
        return self.plain(self.month.steps)

    def at_price(self) -> Estimate:
        """The same, and where in each minute the volume was traded."""
        return self.plain(self.live)

    @property
    def live(self) -> StepBatch:
        return with_volume(self.month.steps, self.month.at_price)

    def seconds(self, every_second: bool) -> tuple[StepBatch, NDArray[np.float64]]:
        """Return steps of a second along the true marks, with their turnover. Volume enters at once and where it traded
        (`every_second`), or when its minute ends, as volume at price."""
        mark = np.log(self.month.seconds) - PHASE
        start = np.concatenate([mark[:1], mark[:-1]])
        t0 = self.month.begin_ms + SECOND_MS * np.arange(len(mark), dtype=np.int64)
        interest = np.repeat(self.month.steps.interest, 60)
        volume = self.month.traded[:, 1].copy()
        plain = StepBatch.plain(
            t0, t0 + SECOND_MS, start, mark, np.minimum(start, mark), np.maximum(start, mark), volume, interest
        )  # fmt: skip
        turnover = volume / (2 * interest)
        if every_second:
            n = np.arange(len(mark) + 1, dtype=np.int64)
            return msgspec.structs.replace(
                plain, at_first=n, at_bin=bins_of(self.month.traded[:, 0]), at_volume=np.ones(len(mark))
            ), turnover  # fmt: skip
        ends = np.arange(len(mark)) % 60 == 59
        total = np.where(ends, np.repeat(self.month.steps.volume, 60), 0.0)
        live = self.live
        counts = np.where(ends, np.repeat(np.diff(live.at_first), 60), 0)
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        at_end = msgspec.structs.replace(
            plain, volume=total, at_first=first, at_bin=live.at_bin, at_volume=live.at_volume
        )  # fmt: skip
        return at_end, total / (2 * interest)

    def by_second(self, edge: float, every_second: bool) -> Estimate:
        batch, turnover = self.seconds(every_second)
        swept, stood, _ = self._walk(batch, turnover, edge=edge)
        return self._read(swept, stood)

    def learned(self, use_trigger: bool) -> Estimate:
        """1 min candles; the mix of distances learned from printed orders, with or without the price that triggered each."""
        steps = self.month.steps
        swept, stood, evidence = self._walk(steps, steps.volume / (2 * steps.interest), print_step=self.prints[0])
        if not use_trigger:
            evidence = swept[self.prints[0], self.prints[1]]
        return self._read(swept, stood, self.weights(swept, evidence))

    def weights(self, swept: NDArray[np.float64], evidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mix of each day [days, 20] from the days before it: W = (n0·π + S) / (n0 / g + A) / g, with S the orders each
        band answered for, A what it had swept, both fading, g = (1 + ΣS) / Σ π·A."""
        day = self.prints[0] // 1440
        mix, orders, basis = self.prior.copy(), np.zeros(BANDS), np.zeros(BANDS)
        out = []
        for today in range(self.minutes // 1440):
            out.append(mix.copy())
            share = evidence[day == today] * mix
            total = share.sum(axis=1)
            share = share[total > 0] / total[total > 0, None]
            keep = np.exp(-1 / MEMORY_DAYS)
            orders = keep * orders + share.sum(axis=0)
            basis = keep * basis + swept[today * 1440 : (today + 1) * 1440].sum(axis=(0, 1))
            g = (1 + orders.sum()) / (self.prior @ basis)
            mix = (ORDERS_OF_PRIOR * self.prior + orders) / (ORDERS_OF_PRIOR / g + basis) / g
        return np.array(out)

    def field(self) -> Estimate:
        """1 min candles; each printed order brightens the prices about its trigger for a day, and each one missed darkens them."""
        steps = self.month.steps
        density = Density(RATE, MAX_LEVERAGE)
        found = np.zeros((self.minutes, 2))
        first, bins = self.month.first_bin, self.month.bins
        field, rate, seen = np.zeros((2, 2, bins)), np.zeros(2), np.zeros(bins)
        shown, begin = [], 0
        for moment, at in zip([*self.month.moments.tolist(), START_MS], [*self.firsts.tolist(), None], strict=True):
            stop = int(np.searchsorted(steps.t0, moment))
            walk_field(
                density._state(), self.law, columns(steps), steps.volume / (2 * steps.interest), self.prior, (begin, stop), found,
                field, first, rate, *self.prints, np.exp(-MINUTE_MS / FIELD_MS), np.exp(-MINUTE_MS / (10 * DAY_MS)), LEAST_PRINTS,
                FIELD_BINS, seen,
            )  # fmt: skip
            if at is not None:
                factor = ((LEAST_PRINTS + field[0]) / (LEAST_PRINTS + field[1]))[:, at - first : at - first + 2 * NEAR]
                shown.append(factor * np.einsum("k,skb->sb", self.prior, near(density, at)))
            begin = stop
        return Estimate(self.price[:, None] * found, np.array(shown))

    def all_live(self) -> Estimate:
        """The true path and volume by the second, and the mix learned from triggers."""
        batch, turnover = self.seconds(every_second=True)
        swept, stood, evidence = self._walk(batch, turnover, edge=EXACT, print_step=self.print_second)
        return self._read(swept, stood, self.weights(swept, evidence))

    def true_opens(self, true_lives: bool, learn: bool = False) -> Estimate:
        """1 min candles; who truly opened where, by side, instead of half the volume to each; distances under the prior.

        `true_lives`: they fade as the simulated traders do, by the clock and their leverage, instead of by turnover.
        `learn`: the mix of distances is learned from printed orders and their triggers.
        """
        opened, steps = self.witness.opened, self.month.steps
        turnover, hazard = steps.volume / (2 * steps.interest), None
        if true_lives:
            leverage = np.minimum(
                1 / (1 - np.exp(-np.exp(np.linspace(np.log(0.003), np.log(0.45), BANDS)) - RATE)), 125.0
            )
            hazard = np.repeat(((leverage / LIFE_AT) ** -LIFE_POWER / LIFE_S)[None], len(hazards()), axis=0)
            turnover = np.full(len(steps), 60.0)
        parts = []
        for side in (0, 1):
            mine = opened[opened["side"] == side]
            rows = (mine["t"] - self.month.begin_ms) // MINUTE_MS
            first = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=self.minutes))]).astype(np.int64)
            total = np.bincount(rows, weights=mine["quantity"], minlength=self.minutes)
            batch = msgspec.structs.replace(
                steps,
                volume=2 * total,
                at_first=first,
                at_bin=bins_of(mine["entry"]),
                at_volume=mine["quantity"].astype(np.float64),
            )
            parts.append(self._walk(batch, turnover, hazard=hazard, print_step=self.prints[0]))
        swept = np.stack([parts[s][0][:, s] for s in (0, 1)], axis=1)
        stood = np.stack([parts[s][1][:, s] for s in (0, 1)], axis=1)
        evidence = np.where(self.prints[1][:, None] == 0, parts[0][2], parts[1][2])
        return self._read(swept, stood, self.weights(swept, evidence) if learn else None)

    def true_levels(self) -> Estimate:
        """The true liquidation price of every open as well; only who has closed since is not known."""
        opened, steps = self.witness.opened, self.month.steps
        opened = opened[opened["liquidation"] > 0]
        leverages, kind = np.unique(opened["leverage"], return_inverse=True)
        assert len(leverages) <= BANDS
        hazard = np.zeros_like(hazards())
        hazard[:, : len(leverages)] = (leverages / LIFE_AT) ** -LIFE_POWER / LIFE_S
        density = Density(RATE, MAX_LEVERAGE)
        swept, shown, begin = np.zeros((self.minutes, 2, BANDS)), [], 0
        row = (opened["t"] - self.month.begin_ms) // MINUTE_MS
        for moment, at in zip([*self.month.moments.tolist(), START_MS], [*self.firsts.tolist(), None], strict=True):
            stop = int(np.searchsorted(steps.t0, moment))
            walk_levels(
                density._state(), hazard, columns(steps), np.full(len(steps), 60.0), (begin, stop), swept, row,
                opened["side"].astype(np.int64), kind, bins_of(opened["liquidation"]), opened["quantity"].astype(np.float64),
            )  # fmt: skip
            if at is not None:
                shown.append(near(density, at).sum(axis=1))
            begin = stop
        return Estimate(self.price[:, None] * swept.sum(axis=2), np.array(shown))

    def true_positions(self) -> Estimate:
        """Every open position without a stop, as it stands: nothing is left to know but who comes and goes within a minute."""
        return Estimate(self.witness.swept, np.array([self.truth(i) for i in range(len(self.at))]))

    def every_liquidation(self) -> Estimate:
        """Hindsight: what was truly liquidated in the minute, printed or not."""
        rows = self.month.liquidations
        usd = np.zeros((self.minutes, 2))
        np.add.at(usd, ((rows["t"] - self.month.begin_ms) // MINUTE_MS, rows["side"]), rows["quantity"] * rows["price"])
        return Estimate(usd, self.true_positions().shown)


VARIANTS: dict[str, Callable[[Case], Estimate]] = {
    "15 min candles, 5 min OI": Case.archive,
    "5 min candles": Case.five,
    BASE: Case.minute,
    "1 min, hard edge": lambda c: c.plain(c.month.steps, HARD),
    "1 min, volume at price": Case.at_price,
    "1 s path, soft edge": lambda c: c.by_second(SOFT, False),
    "1 s path, hard edge": lambda c: c.by_second(HARD, False),
    "1 s path and volume, hard edge": lambda c: c.by_second(HARD, True),
    "1 min, exact edge": lambda c: c.plain(c.month.steps, EXACT),
    "1 s path, exact edge": lambda c: c.by_second(EXACT, False),
    "1 s path and volume, exact edge": lambda c: c.by_second(EXACT, True),
    "1 min, mix from prints": lambda c: c.learned(False),
    "1 min, mix from triggers": lambda c: c.learned(True),
    "1 min, field of triggers": Case.field,
    "all of it: 1 s, exact, mix": Case.all_live,
    "true opens": lambda c: c.true_opens(False),
    "true opens and lives": lambda c: c.true_opens(True),
    "true opens and lives, mix learned": lambda c: c.true_opens(True, learn=True),
    "true levels and lives": Case.true_levels,
    "true positions": Case.true_positions,
    "hindsight: every liquidation": Case.every_liquidation,
}
