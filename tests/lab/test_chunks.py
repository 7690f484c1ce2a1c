"""A history cut into chunks: the same numbers, in this process, in others and on a cluster."""

import os
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from support.scored import BAR_MS, T0, quotient, steps, where

from liqdesk import __version__
from liqdesk.errors import InputError
from liqdesk.lab.chunks import cut, put_together, run_chunk
from liqdesk.lab.workers import run_here, run_on_cluster
from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.venues.binance.brackets import shipped_brackets

TABLE = shipped_brackets().table("BTCUSDT")


def chunks(batch, days):
    bought = batch.volume * np.random.default_rng(1).uniform(0.3, 0.7, len(batch))
    return cut("BTCUSDT", TABLE, BAR_MS, batch, bought, days)


def assert_same(parts, whole):
    assert parts.names == whole.names
    np.testing.assert_array_equal(parts.slots, whole.slots)
    np.testing.assert_array_equal(parts.held_ms, whole.held_ms)
    scale = whole.usd.mean(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(parts.usd / scale, whole.usd / scale, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("seed", "days"), [(1, 8), (2, 13)])
def test_chunks_come_out_as_the_whole(seed, days):
    batch = steps(60, seed, 15 * MINUTE_MS)
    hole = batch.select((batch.t0 < T0 + 31 * DAY_MS + 15 * MINUTE_MS) | (batch.t0 > T0 + 33 * DAY_MS))
    whole = run_chunk(chunks(hole, 99)[0])
    cuts = chunks(hole, days)
    assert len(cuts) >= 4
    assert_same(put_together([run_chunk(c) for c in reversed(cuts)]), whole)


def test_only_what_is_needed_precedes_a_chunk():
    batch = steps(200, 3)
    cuts = chunks(batch, 10)
    assert len(cuts) == 20
    sizes = [len(c.steps) for c in cuts]
    assert min(sizes[10:]) < 0.5 * len(batch), "no chunk begins late: nothing is gained by cutting"
    for chunk in cuts:
        first = int(np.searchsorted(chunk.steps.t0, chunk.from_ms))
        if chunk.steps.t0[0] > T0:
            assert chunk.steps.low[:first].min() < chunk.steps.low[first:].min()
            assert chunk.steps.high[:first].max() > chunk.steps.high[first:].max()
            assert chunk.steps.t0[0] <= chunk.from_ms - 31 * DAY_MS
        assert chunk.from_ms % DAY_MS == 0
    assert len(cut("BTCUSDT", TABLE, BAR_MS, batch, batch.volume / 2)) == 2  # of twenty thousand steps and more
    assert len(cut("BTCUSDT", TABLE, BAR_MS, steps(30), steps(30).volume / 2)) == 1


def run_script(script, *words):
    """Run a script apart: what processes and clusters leave behind until their interpreter ends is not this one's."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-c", script, *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


ALIKE = """
import os, sys
import numpy as np
from liqdesk.lab.chunks import cut, run_chunk
from liqdesk.lab.workers import run_here, run_on_cluster
from liqdesk.paths import prepare_numba_cache
from liqdesk.venues.binance.brackets import shipped_brackets
from support.scored import BAR_MS, quotient, steps, where

def check(run):
    batch = steps(12, 5)
    cuts = cut("BTCUSDT", shipped_brackets().table("BTCUSDT"), BAR_MS, batch, batch.volume / 2, 4)
    said = []
    apart = run(run_chunk, cuts, lambda *n: said.append(n))
    assert said == [(1, 3), (2, 3), (3, 3)], said
    for ours, theirs in zip((run_chunk(c) for c in cuts), apart, strict=True):
        np.testing.assert_array_equal(theirs.usd, ours.usd)
    pids = set(run(where, [0.2] * 4, lambda *n: None))
    try:
        run(quotient, [1, 0, 2], lambda *n: None)
    except ZeroDivisionError:
        print("alike in", len(pids - {os.getpid()}), "processes; errors arrive")
"""
LOCAL = (
    ALIKE
    + """
if __name__ == "__main__":
    prepare_numba_cache()
    check(lambda task, items, say: run_here(task, items, 2, say))
"""
)
CLUSTER = (
    ALIKE
    + """
from distributed import Client
from liqdesk.errors import LiqdeskError
from liqdesk.lab import workers
prepare_numba_cache()
with Client(sys.argv[1], timeout=30, set_as_default=False) as client:
    client.wait_for_workers(2, timeout=60)
check(lambda task, items, say: run_on_cluster(task, items, sys.argv[1], say))
workers.PATIENCE_S = 0.5
for version, task in ((workers.__version__ + ".1", where), (workers.__version__, os._exit)):
    workers.__version__ = version
    try:
        run_on_cluster(task, [1.0 if task is where else 1], sys.argv[1])
    except LiqdeskError as e:
        print(e.user.replace(sys.argv[1], "it"))
"""
)


def test_one_process_is_enough_for_one():
    said: list[tuple[int, int]] = []
    assert run_here(quotient, [1, 2, 4], 1, lambda *n: said.append(n)) == [1.0, 0.5, 0.25]
    assert said == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(ZeroDivisionError):
        run_here(quotient, [0])
    assert run_here(where, [0.0]) == [os.getpid()]


@pytest.mark.e2e
def test_other_processes_give_the_same():
    assert run_script(LOCAL) == "alike in 2 processes; errors arrive\n"


@pytest.fixture
def cluster(tmp_path):
    """A real scheduler with two workers, each a process of its own, on loopback."""
    quiet = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "DASK_LOGGING__DISTRIBUTED": "error",
    }

    def start(name, *words):
        with (tmp_path / f"{name}.log").open("wb") as log:
            return subprocess.Popen([sys.executable, "-m", *words], env=quiet, stdout=log, stderr=log, cwd=tmp_path)

    file = tmp_path / "scheduler.json"
    here = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
    processes = [
        start("scheduler", "distributed.cli.dask_scheduler", *here, "--port", "0", "--scheduler-file", str(file))
    ]
    try:
        processes += [
            start(f"w{n}", "distributed.cli.dask_worker", "--scheduler-file", str(file), *here, "--no-nanny", "--nthreads", "1")
            for n in range(2)
        ]  # fmt: skip
        end = time.monotonic() + 60
        while not file.exists() or not (found := re.search(r"tcp://[^\"]+", file.read_text())):
            assert time.monotonic() < end, (tmp_path / "scheduler.log").read_text()
            time.sleep(0.1)
        yield found.group()
    finally:
        for process in reversed(processes):
            process.kill()  # asked to end, a worker waits for its scheduler
            process.wait(30)


@pytest.mark.e2e
def test_a_cluster_gives_the_same(cluster):
    said = run_script(CLUSTER, cluster).splitlines()
    assert said == [
        "alike in 2 processes; errors arrive",
        f"The cluster at it runs liqdesk {__version__}, this is {__version__}.1: install the same.",
        "The cluster at it was lost before it was done.",
    ]


def test_without_dask_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError) as error:
        run_on_cluster(quotient, [1], "tcp://127.0.0.1:1")
    assert "pip install 'liqdesk[cluster]'" in error.value.user
