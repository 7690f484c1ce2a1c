"""The long form of what the insight tests ask of simulated months: ten seeds of 31 days (`make trials`).

Prints a line per seed and fails where a statement of the methodology does not hold.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from insight.magnets import benched
from insight.records import DAY_MS, Record
from support.month import Month

from liqdesk.insight.throttle import Rule
from liqdesk.insight.touch import calibrate, cases_of, stated, ticks_of
from liqdesk.insight.unprinted import study
from liqdesk.insight.volatility import MarkPath
from liqdesk.market import HOUR_MS, MINUTE_MS

SEEDS = range(1, 11)
RECORD_DAYS = 7


def throttled(months: dict[int, Month]) -> list[str]:
    """Tell both rules apart on every seed, and hold what was not printed against the truth; return what does not hold."""
    wrong = []
    print(
        "one-a-second rule: verdict on 31 d, on each 7 d and 1 d; estimate / truth of the unprinted USD, month and days"
    )
    for seed, month in months.items():
        record = Record(month)
        begin, end = record.begin_ms, record.end_ms
        for rule in Rule:
            whole = study(record.prints(rule, begin, end), end, end - begin)
            assert whole.unprinted is not None
            true = record.usd_between(begin, end) - whole.unprinted.printed_usd
            weeks, days, ratios, covered = [], [], [], 0
            for t1 in range(begin + RECORD_DAYS * DAY_MS, end + 1, DAY_MS):
                week = study(record.prints(rule, t1 - RECORD_DAYS * DAY_MS, t1), t1)
                weeks.append(week.test.rule)
                days.append(study(record.prints(rule, t1 - DAY_MS, t1), t1).test.rule)
                told = week.unprinted
                assert told is not None
                rest = record.usd_between(t1 - DAY_MS, t1) - told.printed_usd
                ratios.append(told.hidden_usd / rest)
                covered += told.total_low <= rest <= told.total_high
            ratio = whole.unprinted.hidden_usd / true
            q = np.quantile(ratios, (0.1, 0.5, 0.9))
            test = whole.test
            print(
                f"seed {seed:2} {rule:8} {test.rule or 'undecided':9} {test.ratio:+6.0f} nats [{test.low:+.0f}, {test.high:+.0f}]",
                f"n {test.prints:,}; 7 d {_share(weeks, rule)}; 1 d {_share(days, rule)}; month {ratio:.2f},",
                f"days {q[0]:.2f} {q[1]:.2f} {q[2]:.2f}, 80 % interval holds {covered}/{len(ratios)}; k {whole.clumping:g}",
            )
            if whole.test.rule is not rule:
                wrong.append(f"seed {seed}: a month under {rule} is called {whole.test.rule}")
            if any(w not in (rule, None) for w in weeks):
                wrong.append(f"seed {seed}: a week under {rule} is called otherwise")
            if rule is Rule.LARGEST and not 0.8 < ratio < 1.2:
                wrong.append(f"seed {seed}: the estimate is {ratio:.2f} of the truth")
    return wrong


def _share(found: list[Rule | None], rule: Rule) -> str:
    right, open_ = found.count(rule), found.count(None)
    return f"{right} right {open_} undecided {len(found) - right - open_} wrong"


def touched(months: dict[int, Month]) -> list[str]:
    """Hold half-hourly touch odds against what came on every seed; return what does not hold."""
    wrong = []
    gaps = []
    print(
        "touch odds: what the law said of 0.5, 1, 1.5 and 2 σ√T and how often it came; Brier score and skill over climatology"
    )
    for seed, month in months.items():
        bars = month.mark_bars
        t, end, low, high = bars["t"], *(np.log(bars[name]) for name in ("close", "low", "high"))
        path = MarkPath.of(t, t + MINUTE_MS, end, low, high)
        for curve in calibrate(cases_of(stated(path, ticks_of(path), True), path)):
            pairs = " ".join(f"{curve.law[k]:.2f}→{curve.came[k]:.2f}" for k in (1, 3, 4, 5))
            gap = float(np.abs(np.array(curve.law) - np.array(curve.came)).max())
            gaps.append((curve.horizon_ms // HOUR_MS, gap, curve.skill))
            print(
                f"seed {seed:2} {curve.horizon_ms // HOUR_MS:2} h: {pairs}; farthest {gap:.3f}; n {curve.cases:,}",
                f"Brier {curve.brier:.4f} skill {curve.skill:+.2f}",
            )
            if gap > (0.12 if curve.horizon_ms > 4 * HOUR_MS else 0.07):
                wrong.append(f"seed {seed}: odds of {curve.horizon_ms // HOUR_MS} h are off by {gap:.3f}")
    for hours in (1, 4, 24):
        rows = np.array([(gap, skill) for h, gap, skill in gaps if h == hours])
        print(f"{hours:2} h: farthest gap {rows[:, 0].mean():.3f} on average, skill {rows[:, 1].mean():+.3f}")
        if hours < 24 and rows[:, 1].mean() <= 0:
            wrong.append(f"odds of {hours} h are no better than climatology")
    return wrong


def drawn(months: dict[int, Month]) -> list[str]:
    """Put the score of a pull to the bench in a market that has none; return what does not hold."""
    print(
        "magnet score: share of races won by the side of the larger pull, less one half, in a market without magnetism"
    )
    for seed, month in months.items():
        one = benched([month])
        print(
            f"seed {seed:2} {one.edge:+.3f} [{one.edge_low:+.3f}, {one.edge_high:+.3f}]",
            f"slope {one.slope:+.2f} [{one.slope_low:+.2f}, {one.slope_high:+.2f}] n {one.races}",
        )
    whole = benched(list(months.values()))
    print(f"all {whole.sentence}; slope {whole.slope:+.2f} [{whole.slope_low:+.2f}, {whole.slope_high:+.2f}]")
    return ["a magnet is found where there is none"] if whole.edge_low > 0 or whole.edge_high < 0 else []


def main() -> int:
    months = {seed: Month(seed) for seed in SEEDS}
    wrong = throttled(months) + touched(months) + drawn(months)
    for line in wrong:
        print("does not hold:", line)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
