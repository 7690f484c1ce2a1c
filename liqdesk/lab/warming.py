"""Compile the naive maps' kernels, or load them from numba's cache."""

from __future__ import annotations

import numpy as np

from liqdesk.lab.baselines import shipped
from liqdesk.lab.learner import ORDERS_A_MINUTE, Head
from liqdesk.market import MINUTE_MS, BracketTable
from liqdesk.model import Step, StepBatch


def warm(table: BracketTable) -> None:
    """Have every naive map take a step, and a curve learn, with the types they are used with."""
    steps = StepBatch.of([Step(0, MINUTE_MS, 30_000.0, 30_010.0, 29_990.0, 30_020.0, 1.0, 100.0)])
    for naive in shipped(table):
        naive.run(steps, np.full(1, 0.5))
    rows = np.ones(8)
    Head(ORDERS_A_MINUTE, spread=True).refit(rows, rows, np.zeros(8), rows)
