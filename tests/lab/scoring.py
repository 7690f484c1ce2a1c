"""What an estimate is worth: deviance and log score of what was printed, and recovery of the true density."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from study import Case, Estimate

from liqdesk.lab.learner import ORDERS_A_MINUTE, USD_A_BAR, Head, prequential
from liqdesk.lab.recovery import Recovery, compare, correlation, mean_of, near_rows, ranks

BAR = 30  # minutes
BARS_A_DAY = 48
MEMORY_BARS = 480.0  # ten days
Floats = NDArray[np.float64]


def by_bar(minutes: Floats) -> Floats:
    """Return sums of [minutes, 2] per half hour."""
    return minutes[: len(minutes) // BAR * BAR].reshape(-1, BAR, 2).sum(axis=1)


def local_gain(mass: Floats, y: Floats) -> Floats:
    """Return float64 [n, 2]: per side, what was printed in the 24 h before each bar over what was expected of its swept mass
    under the gain of the last ten days, as if one more day had gone as expected."""
    out = np.ones_like(mass)
    total = np.zeros(3)  # fading: mass, printed, bars, of both sides
    sums_m, sums_y = (np.concatenate([np.zeros((1, 2)), np.cumsum(a, axis=0)]) for a in (mass, y))
    for i in range(len(mass)):
        if total[1] > 0:
            gain, day = total[1] / total[0], total[1] / total[2] * BARS_A_DAY
            since = max(0, i - BARS_A_DAY)
            expected = gain * (sums_m[i] - sums_m[since])
            out[i] = (sums_y[i] - sums_y[since] + day) / (expected + day)
        total = np.exp(-1 / MEMORY_BARS) * total + [mass[i].sum(), y[i].sum(), 2.0]
    return out


def tweedie(y: Floats, mean: Floats) -> Floats:
    """Return the deviance of power 1.5 (Jørgensen 1997), summed over sides."""
    return (2 * (-4 * np.sqrt(y) + 2 * y / np.sqrt(mean) + 2 * np.sqrt(mean))).sum(axis=1)


def expected(
    mass: Floats, y: Floats, floor: float, day: NDArray[np.int64], bare: bool = False, span: Floats | None = None
) -> Floats:  # fmt: skip
    """Return what the shared learner expects, each day from the days before it; with `span` its background follows the range."""
    return prequential(Head.null(floor) if bare else Head(floor, spread=span is not None), mass, y, day, span)


def days_of(count: int, per_day: int) -> NDArray[np.int64]:
    return np.arange(count, dtype=np.int64) // per_day


class Printed:
    """What was printed in a case, and what the learner makes of it without any map."""

    def __init__(self, case: Case, scored_days: int) -> None:
        orders, usd = case.month.printed_by_minute()
        self.orders, self.usd, self.by_minute = orders.astype(np.float64), by_bar(usd), usd
        steps = case.month.steps
        self.span = np.stack([steps.start - steps.low, steps.high - steps.start], axis=1)
        self.bars, self.minutes = -scored_days * BARS_A_DAY, -scored_days * 1440
        null = expected(self.usd, self.usd, USD_A_BAR, days_of(len(self.usd), BARS_A_DAY), bare=True)
        self.null = float(tweedie(self.usd, null)[self.bars :].sum())
        self.day = days_of(len(usd), 1440)
        null = expected(usd, usd, USD_A_BAR / BAR, self.day, bare=True)
        self.null_by_minute = float(tweedie(usd, null)[self.minutes :].sum())

    def measure(self, case: Case, estimate: Estimate, local: bool = False) -> dict[str, float]:
        """Return D2 and Spearman of USD per half hour, D2 of USD per minute, the Poisson log score of orders per minute in nats
        per order (no meaning alone: compare), and the means of the recovery measures."""
        swept, mass = estimate.swept, by_bar(estimate.swept)
        per_minute = per_order = swept
        if local:
            gain = local_gain(mass, self.usd)
            mass, per_minute = mass * gain, swept * np.repeat(gain, BAR, axis=0)
            per_order = swept * np.repeat(local_gain(by_bar(swept), by_bar(self.orders)), BAR, axis=0)
        mean = expected(mass, self.usd, USD_A_BAR, days_of(len(mass), BARS_A_DAY))
        fine = expected(per_minute, self.by_minute, USD_A_BAR / BAR, self.day)
        rate = expected(per_order, self.orders, ORDERS_A_MINUTE, self.day, span=self.span)
        y, rate = self.orders[self.minutes :], rate[self.minutes :]
        found = recover(case, estimate)
        return {
            "D2": 1 - float(tweedie(self.usd, mean)[self.bars :].sum()) / self.null,
            "D2 1 min": 1 - float(tweedie(self.by_minute, fine)[self.minutes :].sum()) / self.null_by_minute,
            "rho": correlation(ranks(mass[self.bars :].ravel()), ranks(self.usd[self.bars :].ravel())),
            "nats": float((y * np.log(rate) - rate).sum() / y.sum()),
            "pearson": found.pearson,
            "spearman": found.spearman,
            "distance": found.distance,
            "recall": found.recall,
            "ceiling": found.ceiling,
            "scale": found.scale,
        }


def recover(case: Case, estimate: Estimate) -> Recovery:
    """Return the mean recovery over the moments; scale is gain × shown over true, the gain being printed over swept USD before."""
    usd = np.cumsum(case.month.printed_by_minute()[1].sum(axis=1))
    basis = np.cumsum(estimate.swept.sum(axis=1))
    found = []
    for i, (first, mark, minute) in enumerate(
        zip(case.firsts.tolist(), case.marks.tolist(), case.at.tolist(), strict=True)
    ):
        gain = usd[minute - 1] / basis[minute - 1]
        shown = near_rows(gain * estimate.shown[i], first, mark)
        found.append(compare(shown, near_rows(case.truth(i), first, mark)))
    return mean_of(found)
