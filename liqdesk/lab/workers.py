"""Tasks handed to other processes, or to a Dask cluster, and their results brought back in order."""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, TypeVar

from liqdesk import __version__
from liqdesk.errors import InputError, LiqdeskError
from liqdesk.paths import frozen, prepare_numba_cache

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")
R = TypeVar("R")
Say = Callable[[int, int], None]

CONNECT_S: Final = 10
PATIENCE_S: Final = 5.0  # between looks at whether any worker is left


def _silent(done: int, total: int) -> None:
    """Say nothing of progress."""


def _apply(task: Callable[[T], R], item: T) -> R:
    """Run a task in a process that may be a new one: kernels are looked up in the user's cache."""
    prepare_numba_cache()
    return task(item)


def run_here(task: Callable[[T], R], items: Sequence[T], workers: int | None = None, say: Say = _silent) -> list[R]:
    """Run `task` over all items on this machine, in as many processes as there are processors, or in this one when that is
    enough. `task` is a function of a module."""
    count = min(workers or os.cpu_count() or 1, len(items))
    if count <= 1:
        out = []
        for number, item in enumerate(items, start=1):
            out.append(_apply(task, item))
            say(number, len(items))
        return out
    # Spawned, not forked: threads and kernels of this process are no concern of the others.
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))
    try:
        futures = [pool.submit(_apply, task, item) for item in items]
        for number, done in enumerate(as_completed(futures), start=1):
            done.result()
            say(number, len(items))
        return [future.result() for future in futures]
    except BrokenProcessPool as e:
        raise LiqdeskError(
            f"a worker process ended: {e}",
            "A process that computed a part of the score ended unexpectedly, perhaps for want of memory; try --workers 1.",
        ) from e
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def run_on_cluster(task: Callable[[T], R], items: Sequence[T], address: str, say: Say = _silent) -> list[R]:
    """Run `task` over all items on the workers of the Dask scheduler at `address`, which have the same liqdesk installed.

    Raises InputError when Dask is not installed here, the scheduler cannot be reached, or its workers are not fit for it;
    LiqdeskError when they are lost on the way.
    """
    try:
        from distributed import Client, KilledWorker
        from distributed.comm import CommClosedError
    except ImportError as e:
        how = (
            "this package of liqdesk does not bring; install it with pip as"
            if frozen()
            else "is not installed: pip install"
        )
        raise InputError(f"no distributed: {e}", f"--dask needs Dask, which {how} 'liqdesk[cluster]'.") from e
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, CommClosedError) as e:
        raise InputError(f"{address}: {e}", f"No Dask scheduler can be reached at {address}.") from e
    with client:
        fit = _fit_workers(client, address)
        try:
            futures = [client.submit(_apply, task, item, pure=False, workers=fit) for item in items]
            _wait(client, futures, fit, say)
            results: list[R] = client.gather(futures)
        except (KilledWorker, CommClosedError, CancelledError, OSError) as e:
            raise LiqdeskError(f"{address}: {e!r}", f"The cluster at {address} was lost before it was done.") from e
    return results


def _fit_workers(client: Client, address: str) -> list[str]:
    """Return the addresses of all workers, after they and the scheduler were asked whether they have this very program: a
    worker that has not would die of the first task and leave everybody waiting, and the scheduler reads tasks too."""
    asked = (pkgutil.resolve_name, "liqdesk:__version__")
    try:
        versions: dict[str, str] = client.run(*asked)
        known = {*versions.values(), client.run_on_scheduler(*asked)}
    except ModuleNotFoundError as e:
        raise InputError(
            f"{address}: {e}", f"The scheduler at {address} or a worker of it does not have liqdesk installed ({e})."
        ) from e
    if not versions:
        raise InputError(f"{address}: no workers", f"The Dask scheduler at {address} has no workers.")
    other = sorted(known - {__version__})
    if other:
        raise InputError(
            f"{address}: liqdesk {other} there, {__version__} here",
            f"The cluster at {address} runs liqdesk {', '.join(other)}, this is {__version__}: install the same.",
        )
    return list(versions)


def _wait(client: Client, futures: list[Any], workers: list[str], say: Say) -> None:
    """Wait until every task is done; raise a task's error when it comes, ConnectionError once no worker is left."""
    arrived: SimpleQueue[Any] = SimpleQueue()
    for future in futures:
        future.add_done_callback(arrived.put)
    done = 0
    while done < len(futures):
        try:
            future = arrived.get(timeout=PATIENCE_S)
        except Empty:
            if not set(workers) & set(client.scheduler_info(n_workers=-1).get("workers", ())):
                raise ConnectionError("no worker is left") from None
            continue
        if future.status != "finished":
            future.result()
        done += 1
        say(done, len(futures))
