"""Ledgers kept over simulated months: every map fed the same minutes, scored against what was printed.

    python tests/lab/ledgers.py [--seeds 10] [--warm 14]

leads the true engine, the engine with the volume of other days (at today's prices), and the engine with the trades of other days (at those
days' own prices) through 30 days for each seed, and prints what the ledger says of them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from liqdesk.paths import prepare_numba_cache

prepare_numba_cache()

from support.month import Month

from liqdesk.lab.baselines import EARLIER, SEED, EngineMap, shipped
from liqdesk.lab.ledger import Ledger, Minutes
from liqdesk.lab.verdict import LEAST_DAYS, Headline, Verdict, headline
from liqdesk.market import DAY_MS
from liqdesk.model import BIN, StepBatch
from liqdesk.model.kernels import ENTRIES
from liqdesk.venues.binance.brackets import shipped_brackets

SHUFFLED: Final = "shuffled_days"
MOVED: Final = "other_days"


class OtherDays(EngineMap):
    """The engine with its days shuffled: each minute's entries are those of the same minute of an earlier day, one of the last 30
    drawn by a fixed seed, with that day's volume at that day's prices. The path is the true one."""

    name = MOVED

    def run(self, batch: StepBatch, taker_buy: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        source = np.arange(len(batch))
        days = batch.t0 // DAY_MS
        for day in range(int(days[0]) + 1, int(days[-1]) + 1):
            drawn = day - 1 - int(np.random.default_rng((SEED, day)).integers(min(EARLIER, day - int(days[0]))))
            here = np.flatnonzero(days == day)
            wanted = batch.t0[here] - (day - drawn) * DAY_MS
            found = np.minimum(np.searchsorted(batch.t0, wanted), len(batch) - 1)
            known = batch.t0[found] == wanted
            source[here[known]] = found[known]
        low, high = batch.low[source, None], batch.high[source, None]
        bins = np.floor((low + (np.arange(ENTRIES) + 0.5) / ENTRIES * (high - low)) / BIN).astype(np.int64)
        moved = msgspec.structs.replace(
            batch,
            volume=batch.volume[source],
            at_first=np.arange(len(batch) + 1, dtype=np.int64) * ENTRIES,
            at_bin=bins.ravel(),
            at_volume=np.ones(bins.size),
        )
        return super().run(moved)


class Scored:
    """A simulated month's minutes as all maps saw them, from its first midnight after `warm` days on."""

    def __init__(self, seed: int, warm: int) -> None:
        month = Month(seed)
        table = shipped_brackets().table("BTCUSDT")
        maps = (EngineMap(table), *shipped(table), OtherDays(table))
        self.names = tuple(each.name for each in maps)
        steps = month.steps
        assert len(steps) == len(month.bars)
        mass = np.stack([each.run(steps, month.bars["taker_buy"]) for each in maps], axis=1)
        span = np.stack([steps.start - steps.low, steps.high - steps.start], axis=1)
        orders, usd = month.printed_by_minute()
        first = -(-(int(steps.t0[0]) + warm * DAY_MS) // DAY_MS) * DAY_MS
        self.minutes = [
            Minutes(steps.t0[day], *(rows[day].astype(np.float32) for rows in (mass, span, orders, usd)))
            for start in range(first, int(steps.t0[-1]), DAY_MS)
            if len(day := np.flatnonzero((steps.t0 >= start) & (steps.t0 < start + DAY_MS)))
        ]

    def ledger(self, ours: str, left_out: tuple[str, ...] = (), days: int | None = None) -> Ledger:
        """Return a ledger with one map in place of ours, held against all shipped ones but those left out, until it has scored `days`."""
        order = [ours, *(name for name in self.names if name not in (ours, MOVED, *left_out))]
        which = [self.names.index(name) for name in order]
        ledger = Ledger(order)
        for m in self.minutes:
            if days is not None and len(ledger.days) >= days:
                break
            while not ledger.prepare(int(m.t[0])):
                pass
            ledger.observe(Minutes(m.t, m.mass[:, which], m.span, m.orders, m.usd))
        return ledger


def _words(score: Headline) -> str:
    best = score.best
    assert best is not None
    lead = f"{best.value:+.3f} [{best.low:+.3f}, {best.high:+.3f}] over {best.name}"
    return f"{score.verdict.value}: {lead}, {score.orders:,} orders, {score.days} days"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--warm", type=int, default=14, help="days of back-fill before the ledger begins")
    asked = parser.parse_args(arguments)
    counts = {"ours": 0, "shuffled": 0, "naive": 0, "moved": 0}
    for seed in range(1, asked.seeds + 1):
        month = Scored(seed, asked.warm)
        true = headline(month.ledger("engine", days=LEAST_DAYS))
        shuffled = headline(month.ledger(SHUFFLED, days=LEAST_DAYS))
        naive = headline(month.ledger(SHUFFLED, ("engine",), days=LEAST_DAYS))
        moved = headline(month.ledger(MOVED, ("engine",), days=LEAST_DAYS))
        counts["moved"] += moved.verdict is Verdict.WORSE
        counts["ours"] += true.verdict is Verdict.WORSE
        counts["shuffled"] += shuffled.verdict is Verdict.WORSE
        counts["naive"] += naive.verdict is Verdict.WORSE
        print(f"seed {seed}")
        print(f"  engine                                   {_words(true)}; over each map:")
        print(f"      {', '.join(f'{lead.name} {lead.value:+.3f}' for lead in true.leads)}")
        print(f"  trades of other days, among naive maps   {_words(moved)}")
        print(f"  volume of other days, among all maps     {_words(shuffled)}")
        print(f"  the same among naive maps                {_words(naive)}", flush=True)
    print(
        f"called worse after {LEAST_DAYS} scored days, of {asked.seeds}: the engine {counts['ours']}; with the trades of other days "
        f"{counts['moved']}; with the volume of other days {counts['shuffled']} (the engine among the maps that it is held against), "
        f"{counts['naive']} (naive maps alone)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
