"""Compile the kernels of the naive maps and the learner, or load them from numba's cache, before anybody waits for them."""

from __future__ import annotations

import numpy as np

from liqdesk.lab.baselines import shipped
from liqdesk.lab.learner import ORDERS_A_MINUTE, Head
from liqdesk.market import Bracket, BracketTable
from liqdesk.model import Step, StepBatch


def warm() -> None:
    """Run every kernel once, with the types they are used with."""
    batch = StepBatch.of([Step(0, 60_000, 30_000.0, 30_010.0, 29_990.0, 30_020.0, 1.0, 100.0)])
    for naive in shipped(BracketTable("", (Bracket(0.0, 300_000.0, 0.004, 0.0, 125),), "", "")):
        naive.run(batch)
    Head(ORDERS_A_MINUTE).refit(np.ones(1), np.ones(1), np.zeros(1))
