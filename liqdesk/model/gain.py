"""What share of the swept basis the venue prints as liquidations: the scale of every figure shown in USD.

Per side gain = (K + Σ w·printed) / (K / g₀ + Σ w·swept), USD, with w = exp(−age / 10 days): the ratio of what was printed to what was
swept, shrunk to the shipped constant g₀ as if that had been seen over K USD of prints, which is the size of 300 printed orders of this
market. Only time over which forced orders were listened to without a gap may be added: there is no exposure while blind.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.market import DAY_MS, HOUR_MS

Floats = NDArray[np.float64]

# Printed USD over swept basis USD of engine S2 on Binance BTCUSDT, the real week 2026-02-24 .. 2026-03-03. Three
# venues together printed 0.0363 of the basis over 2026-02-21 .. 2026-04-14.
DEFAULT_GAIN: Final = 0.0083
ALL_VENUES_FACTOR: Final = 4.4
MODEL_VERSION: Final = 1
MODEL_NAME: Final = "S2"

FOLD_MS: Final = 10 * DAY_MS
KEPT_MS: Final = 60 * DAY_MS  # a block that old weighs e⁻⁶
PRIOR_ORDERS: Final = 300.0
ORDER_USD: Final = 10_200.0  # mean printed order of that week: 115 million USD in 11,280 orders
ORDER_WORTH: Final = 20.0  # orders that this mean counts as, beside the market's own
PRIOR_SPREAD: Final = math.log(2) / 1.2816  # the shipped constant is right within a factor of 2, in four cases of five
Q80: Final = 1.2816  # half-width of the middle 80 % of a normal law, in standard deviations
LAGS: Final = 24  # hours over which residuals are held to hang together
LOCAL_MS: Final = DAY_MS


class Block(msgspec.Struct, frozen=True):
    """One stretch within one hour, by side (long, short): basis USD swept, USD and orders printed, and how many minutes it is of."""

    t_ms: int
    swept: tuple[float, float]
    printed: tuple[float, float]
    orders: tuple[float, float]
    minutes: int

    @classmethod
    def of(cls, t_ms: int, rows: Floats, minutes: int) -> Block:
        """Build a block from [3, 2]: swept, printed, orders by side."""
        swept, printed, orders = (_pair(row) for row in rows)
        return cls(t_ms, swept, printed, orders, minutes)


class GainEstimate(msgspec.Struct, frozen=True):
    """The gain by side (long, short) with its 80 % interval, `learned` the share of it that is this market's own (the rest is the
    shipped constant's), `local` the factor of the last 24 h, and what it was learned from: orders, USD and minutes as they are
    remembered (each weighs less by age), from `since_ms` on (0: nothing yet)."""

    value: tuple[float, float]
    low: tuple[float, float]
    high: tuple[float, float]
    learned: tuple[float, float]
    local: tuple[float, float]
    orders: float
    printed_usd: float
    minutes: float
    since_ms: int

    @property
    def default(self) -> bool:
        """Whether most of it is the shipped constant."""
        return sum(self.learned) / 2 < 0.5


def default_gain() -> NDArray[np.float32]:
    """Return the shipped gain per side, float32 [2] (long, short)."""
    return np.full(2, DEFAULT_GAIN, dtype=np.float32)


class OnlineGain:
    """The gain of one symbol, learned as minutes are added. Pure: the same minutes in any parts give the same gain."""

    def __init__(self, prior: float = DEFAULT_GAIN) -> None:
        self.prior = prior
        self._hours: dict[int, Floats] = {}  # swept, printed, orders [3, 2] and the minutes, by hour since 1970

    def add(self, t_ms: int, swept: Floats, printed: Floats, orders: Floats, minutes: int = 1) -> None:
        """Add a minute, or a longer stretch within one hour, in any order; all [2] by side. Raises ValueError for what is negative or
        not finite."""
        row = np.concatenate([swept, printed, orders, [minutes]]).astype(np.float64)
        if row.shape != (7,) or not (np.isfinite(row).all() and (row >= 0).all()):
            raise ValueError(f"impossible exposure at {t_ms}: {row}")
        hour = t_ms // HOUR_MS
        self._hours[hour] = self._hours.get(hour, np.zeros(7)) + row

    def add_blocks(self, blocks: Iterable[Block]) -> None:
        """Add stretches that an earlier session kept."""
        for b in blocks:
            self.add(b.t_ms, np.array(b.swept), np.array(b.printed), np.array(b.orders), b.minutes)

    def forget(self, now_ms: int) -> None:
        """Let go of what is too old to weigh anything."""
        oldest = (now_ms - KEPT_MS) // HOUR_MS
        self._hours = {hour: row for hour, row in self._hours.items() if hour >= oldest}

    def _rows(self, at_ms: int) -> tuple[NDArray[np.int64], Floats]:
        hours = np.array(sorted(h for h in self._hours if h * HOUR_MS <= at_ms), dtype=np.int64)
        rows = np.array([self._hours[h] for h in hours.tolist()]).reshape(-1, 7)
        return hours, rows

    def estimate(self, at_ms: int, *, local: bool = False) -> GainEstimate:
        """Return the gain as it stands at a time, from what was added of the time before it.

        The interval is that of a log-normal law. Its spread joins the prior's own (a factor of 2 either way), weighed by the share
        that is not learned, with that of the ratio: hourly residuals printed − gain·swept, weighed by age and taken to hang together
        over 24 h (Newey & West 1987), at least those of single orders.
        """
        hours, rows = self._rows(at_ms)
        weight = np.exp((hours * HOUR_MS - at_ms) / FOLD_MS)
        swept, printed, orders = (weight @ rows[:, i : i + 2] for i in (0, 2, 4))
        order_usd = self._order_usd(float(printed.sum()), float(orders.sum()))
        worth = PRIOR_ORDERS * order_usd
        value = (worth + printed) / (worth / self.prior + swept)
        learned = swept / (worth / self.prior + swept)
        low, high = np.empty(2), np.empty(2)
        for side in range(2):
            spread = self._spread(hours, weight, rows[:, side], rows[:, 2 + side], float(orders[side]), order_usd)
            both = math.hypot((1 - learned[side]) * PRIOR_SPREAD, learned[side] * spread)
            low[side], high[side] = value[side] * math.exp(-Q80 * both), value[side] * math.exp(Q80 * both)
        factor = self._local(at_ms, value, worth) if local else np.ones(2)
        return GainEstimate(
            _pair(value),
            _pair(low),
            _pair(high),
            _pair(learned),
            _pair(factor),
            float(orders.sum()),
            float(printed.sum()),
            float(weight @ rows[:, 6]),
            int(hours[0]) * HOUR_MS if hours.size else 0,
        )

    def _order_usd(self, printed: float, orders: float) -> float:
        return (ORDER_WORTH * ORDER_USD + printed) / (ORDER_WORTH + orders)

    def _spread(
        self, hours: NDArray[np.int64], weight: Floats, swept: Floats, printed: Floats, orders: float, order_usd: float
    ) -> float:
        """Return the standard deviation of ln(printed / swept) of one side."""
        total = float(weight @ swept)
        if total <= 0:
            return PRIOR_SPREAD
        ratio = float(weight @ printed) / total
        if ratio <= 0:
            return PRIOR_SPREAD
        residual = np.zeros(int(hours[-1] - hours[0]) + 1)
        residual[hours - hours[0]] = weight * (printed - ratio * swept)
        runs = np.convolve(residual, np.ones(LAGS)) / math.sqrt(LAGS)  # the Bartlett kernel, as sums over every 24 h
        own = (order_usd**2) * max(float(orders), 1.0) / 2  # were every order alone: Σw² ≈ Σw / 2
        return math.sqrt(max(float(runs @ runs), own)) / (ratio * total)

    def _local(self, at_ms: int, value: Floats, worth: float) -> Floats:
        """Return printed over predicted of the last 24 whole hours by side, shrunk to one as the gain is to its constant."""
        hours, rows = self._rows(at_ms - 1)
        last = rows[hours * HOUR_MS >= at_ms - LOCAL_MS]
        factor: Floats = (worth + last[:, 2:4].sum(axis=0)) / (worth + value * last[:, :2].sum(axis=0))
        return factor


def _pair(values: Floats) -> tuple[float, float]:
    return float(values[0]), float(values[1])
