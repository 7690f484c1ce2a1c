import json
import os
import subprocess
import sys

import numpy as np
from walks import T0, walk

from liqdesk.market import MINUTE_MS
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.model import (
    BACK,
    Density,
    DensityGrid,
    StepBatch,
    StepRecord,
    best_steps,
    columns,
    default_gain,
    kernels,
    provenance,
    warm,
)


def test_the_room_opens_without_numba():
    code = "import sys, json, liqdesk.model, liqdesk.lab; print(json.dumps([m for m in sys.modules if m in ('numba', 'PySide6')]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert json.loads(done.stdout) == []


def test_warm_kernels_are_never_compiled_again():
    warm()
    watched = [kernels.run, columns.read_planes, columns.write_column, columns.encode]
    watched += [provenance.trace, provenance.follow_window]
    before = [len(one.signatures) for one in watched]
    assert all(before)
    rows = np.array([(T0 + i * MINUTE_MS, 9e4, 9.01e4, 8.99e4, 9e4, 5.0, 1.0) for i in range(4)], dtype=BAR)
    rows.flags.writeable = False
    steps = best_steps({MINUTE_MS: rows}, np.array([(T0, 9e4, np.nan)], dtype=INTEREST))
    for column in (steps.t0, steps.start, steps.volume):
        column.flags.writeable = False
    gain = default_gain()
    gain.flags.writeable = False
    grid = DensityGrid()
    density = Density(0.004, 125)
    density.run(steps, grid, gain=gain)
    density.run(StepBatch.of(walk(3, t0=T0 + 4 * MINUTE_MS).steps()), grid)
    record = StepRecord(0.004, 125)
    record.add(steps)
    record.add(StepBatch.of(walk(80, t0=T0 + 4 * MINUTE_MS).steps()))
    record.add(StepBatch.of(walk(3, t0=T0 + 84 * MINUTE_MS).steps()))
    record.explain(1_000, 1, T0 + 90 * MINUTE_MS, np.ones(5, np.bool_), (1.0, 1.1))
    base, basis = density.planes(9e4)
    basis.flags.writeable = False
    grid.ring(MINUTE_MS).write(T0 // MINUTE_MS + 50, base, basis[:, ::-1], gain, BACK, 9e4)
    assert [len(one.signatures) for one in watched] == before


def test_provisional_marks_of_a_long_outage_stay_few_and_all_count():
    density = Density(0.004, 125)
    density.run(walk(300))
    mark = density.mark
    for i in range(500):
        density.mark_provisional(mark * (1.02 if i == 3 else 1.0), density.time_ms + i * MINUTE_MS)
    base, planes = density.planes(mark)
    assert not planes[5:, : 400 + 19].any()
    assert planes[5:, 400 + 25 :].any()
    assert len(density._provisional) <= 60
    assert base > 0
