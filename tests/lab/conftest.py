import numpy as np
import pytest

from liqdesk.lab.baselines import shipped
from liqdesk.lab.learner import ORDERS_A_MINUTE, Head
from liqdesk.market import Bracket, BracketTable
from liqdesk.model import Step, StepBatch


@pytest.fixture(scope="session", autouse=True)
def _kernels() -> None:
    """Compile before hypothesis starts its clocks."""
    batch = StepBatch.of([Step(0, 60_000, 30_000.0, 30_010.0, 29_990.0, 30_020.0, 1.0, 100.0)])
    for naive in shipped(BracketTable("", (Bracket(0.0, 300_000.0, 0.004, 0.0, 125),), "", "")):
        naive.run(batch)
    Head(ORDERS_A_MINUTE).refit(np.ones(1), np.ones(1), np.zeros(1))
