"""What the live ledger costs: the naive maps warmed beside the map, and one minute foreseen, scored and learned from by all of them."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import report
from support.led import Led
from support.month import Month

from liqdesk.engine.scales import ScoreStage
from liqdesk.lab.baselines import shipped
from liqdesk.lab.learner import ORDERS_A_MINUTE, Head
from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.venues.binance.brackets import shipped_brackets

MINUTES = 14 * 60


def ledger() -> None:
    """Lead a map with 29 days of back-fill through 14 hours over a midnight, at which all curves are fitted anew."""
    month = Month(8)
    for naive in shipped(shipped_brackets().table("BTCUSDT")):
        naive.run(month.steps.select(month.steps.t0 < month.steps.t0[2]))
    Head(ORDERS_A_MINUTE, spread=True).refit(*np.ones((4, 9)))
    start = -(-(month.begin_ms + 29 * DAY_MS) // DAY_MS) * DAY_MS - 8 * 60 * MINUTE_MS
    pieces, beats, closes = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        desk = Led(month, Path(folder), start)
        while desk.scoring.score_view().stage is ScoreStage.WARMING:
            pieces.append(_timed(lambda: desk.scoring.beat(lambda: True)))
        close, beat = desk.map.close, desk.scoring.beat
        desk.map.close = lambda *rows: closes.append(_timed(lambda: close(*rows)))  # type: ignore[method-assign]
        desk.scoring.beat = lambda budget: beats.append(_timed(lambda: (beat(budget), desk.scoring.score_view())))  # type: ignore[method-assign]
        desk.lead(start + MINUTES * MINUTE_MS)
        assert desk.scoring.ledger.totals.minutes > 300, "too few minutes were scored"
        desk.close()
    step = report.percentile(closes, 0.99)
    report.line(
        "ledger",
        f"a minute p50 {report.percentile(beats, 0.5):.2f}, p99 {report.percentile(beats, 0.99):.2f} ms, the map's step p99 {step:.2f} ms",
        f"29 days for 7 naive maps {sum(pieces) / 1000:.2f} s in {len(pieces)} beats, the longest {max(pieces):.1f} ms",
        f"p99 {report.aim(report.percentile(beats, 0.99), 3, 'ms')}",
    )


def _timed(work) -> float:  # type: ignore[no-untyped-def]
    began = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - began) / 1e6
