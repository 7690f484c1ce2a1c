"""Compile the kernels, or load them from numba's cache, before anybody waits for them."""

from __future__ import annotations

from liqdesk.model.ages import AgeWalk
from liqdesk.model.batch import StepBatch
from liqdesk.model.codes import encode
from liqdesk.model.density import Density
from liqdesk.model.grid import DensityGrid
from liqdesk.model.record import StepRecord
from liqdesk.model.step import Step


def warm() -> None:
    """Run every kernel once, with the types they are used with. Takes seconds the first time, a fraction of one with
    a warm cache.

    Numba reads NUMBA_CACHE_DIR when it is first imported, which happens here at the latest.
    """
    density = Density(0.004, 125)
    grid = DensityGrid(((60_000, 2), (300_000, 2), (1_800_000, 2)))
    steps = StepBatch.of([Step(0, 60_000, 30_000.0, 30_010.0, 29_990.0, 30_020.0, 1.0, 100.0)])
    density.run(steps, grid)
    record = StepRecord(0.004, 125)
    record.add(steps)
    record.explain(-9, 0, 60_000)
    AgeWalk(record, 30_000.0, 0.01, (0.0, 0.0)).go_on()
    base, basis = density.planes()
    grid.rings[0].write(1, base, basis, grid.rings[0].gains[0], 1, density.mark)
    encode(basis)
