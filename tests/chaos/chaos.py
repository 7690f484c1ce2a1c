"""Chaos: the engine on an exchange where everything goes wrong, beside an unbroken twin of the same market.

python tests/chaos/chaos.py [--events 2000] [--seed 7]     about a quarter of an hour; exits 1 when something is amiss

The exchange crashes, and comes back with the faults of a plan. While they come, the engine has to answer and may not gather threads or
descriptors. Afterwards its map, its candles and its volumes have to equal the twin's, and every forced order that the twin heard has to be
in the history or inside one of its gaps.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import logging
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
import requests
from plans import faults_of, toml_of
from PySide6.QtCore import QCoreApplication
from support.exchange import Exchange
from support.waiting import pause
from support.watched import Watched, joined, orders
from twins import compare_histories, compare_maps

from liqdesk.clock import utc_ms
from liqdesk.engine.frames import Health, RetryNow
from liqdesk.market import LinkPhase

START = "2026-03-02T08:00:00+00:00"
LEAD_S = 1.0
ANSWER_S = 5.0
MEND_S = 60.0
THREADS, FILES = 6, 12  # more than at first, of whatever is just ending


class Chaos:
    """One run. Raises AssertionError with what is amiss."""

    def __init__(self, seed: int, events: int, speed: float, per_second: float, folder: Path) -> None:
        self.seed, self.folder = seed, folder
        self.plan, self.log = folder / "plan.toml", folder / "faults.jsonl"
        self.faults = faults_of(seed, events, LEAD_S, per_second)
        self.plan.write_text(toml_of(seed, self.faults), "utf-8")
        self.speed = speed
        self._serial, self._answered = -1, 0.0
        self._next_retry = 0.0
        self._most = (0, 0)
        self._next_look = 0.0
        self._printing: dict[str, int] = {}  # since when (venue ms) the broken exchange prints orders of each symbol

    def run(self) -> None:
        with ExitStack() as stack:
            broken, twin = self._exchanges(stack)
            engines = mine, theirs = self._engines(broken, twin, stack)
            start = max(mine.last_number(), theirs.last_number())
            broken.kill()
            broken.restart(faults=self.plan, fault_log=self.log)
            self._endure(mine, broken, time.monotonic())
            wanted = self._mend(mine, theirs)
            for engine in engines:
                engine.close()
            wrong = [
                *compare_histories(
                    self.folder / "broken", self.folder / "twin", start * 60_000, wanted * 60_000, self._printing
                ),
                *compare_maps(mine, theirs, start - 30, wanted),
            ]
            assert not wrong, "\n".join(wrong)
            assert broken.alive, broken.errors()

    def _exchanges(self, stack: ExitStack) -> tuple[Exchange, Exchange]:
        """Start one market twice; both stand at the same moment of it."""
        common: dict[str, Any] = {"seed": self.seed, "speed": self.speed, "start": START, "epoch": utc_ms()}
        with ThreadPoolExecutor() as pool:
            twin = pool.submit(Exchange, **common)
            broken = Exchange(**common)
            stack.callback(broken.close)
            stack.callback(twin.result().close)
        return broken, twin.result()

    def _engines(self, broken: Exchange, twin: Exchange, stack: ExitStack) -> tuple[Watched, Watched]:
        """Open an engine on each exchange; both anew until they joined alike."""

        def opened(name: str, exchange: Exchange) -> Watched:
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir()
            engine = Watched(orders(exchange.rest, exchange.stream, self.folder / name))
            stack.callback(engine.close)
            return engine

        return joined(lambda: (opened("broken", broken), opened("twin", twin)))

    def _endure(self, engine: Watched, exchange: Exchange, began: float) -> None:
        """Wait out all faults, watching."""
        self._most = self._counts()
        self._answered = began
        ends = began + self.faults[-1]["at_s"] + 3.0
        counted = 0
        while (now := time.monotonic()) < ends:
            pause(50)
            self._watch(engine, now)
            self._look(exchange, now)
            done = sum(fault["at_s"] < now - began for fault in self.faults)
            if done // 100 > counted:
                counted = done // 100
                self._count(done)
        self._count(len(self.faults))

    def _watch(self, engine: Watched, now: float) -> None:
        """Hold the engine to its beat, and click “retry now” as somebody would who sees it wait."""
        frame = engine.last
        assert frame is not None
        if frame.serial != self._serial:
            self._serial, self._answered = frame.serial, now
        assert now - self._answered < ANSWER_S, f"the engine has not answered for {ANSWER_S:g} s"
        waits = any(s.phase in (LinkPhase.WAITING, LinkPhase.REFUSED) for s in frame.connection.links)
        if waits and now > self._next_retry:
            self._next_retry = now + 2.0
            engine.command(RetryNow())

    def _look(self, exchange: Exchange, now: float) -> None:
        """Note which markets came back: they do one after another, and no forced order is printed of one that has not."""
        if now < self._next_look:
            return
        self._next_look = now + 1.0
        try:
            state = requests.get(f"{exchange.rest}/sim/state", timeout=2).json()
        except (requests.ConnectionError, requests.Timeout):
            return  # a fault: nobody listens
        since = state["now"] if self._printing else 0  # the first was there all along
        for symbol in state["contracts"]:
            self._printing.setdefault(symbol, since)

    def _counts(self) -> tuple[int, int]:
        me = psutil.Process()
        return me.num_threads(), me.num_fds() if hasattr(me, "num_fds") else 0

    def _count(self, done: int) -> None:
        threads, files = self._counts()
        print(f"{done:5d} faults  {threads} threads  {files} descriptors", flush=True)
        assert threads <= self._most[0] + THREADS, f"{threads} threads, {self._most[0]} at first"
        assert files <= self._most[1] + FILES, f"{files} descriptors, {self._most[1]} at first"

    def _mend(self, mine: Watched, theirs: Watched) -> int:
        """Wait until all repairs are done; return the newest column that both have."""
        wanted = theirs.last_number() + 1
        deadline = time.monotonic() + MEND_S
        while mine.last_number() < wanted or theirs.last_number() < wanted:
            pause(50)
            self._watch(mine, time.monotonic())
            assert time.monotonic() < deadline, (
                f"not mended in {MEND_S:g} s: {mine.last_number() - wanted} of {wanted} {mine.last and mine.last.connection}"
            )
        assert mine.last is not None
        assert mine.last.connection.health in (Health.FRESH, Health.DOWN)
        return wanted

    def last_faults(self) -> list[str]:
        """Return a line for each of the last twenty faults that touched something."""
        lines = self.log.read_text("utf-8").splitlines() if self.log.exists() else []
        last: dict[int, str] = {}
        for row in map(json.loads, lines):
            words = f"  {row['after_s']:9.3f} s  fault {row['fault']:4d} {row['kind']}  {row['target']}  {row['parameters']}"
            last.setdefault(row["fault"], words)
        return list(last.values())[-20:]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--per-second", type=float, default=2.5)
    parser.add_argument("--folder", type=Path, help="keep plan, log and histories here")
    a = parser.parse_args(argv)
    faulthandler.enable()
    application = QCoreApplication([])
    with tempfile.TemporaryDirectory(prefix="liqdesk-chaos-") as made:
        folder = a.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(
            filename=folder / "engine.log",
            level=logging.INFO,
            format="%(asctime)s %(threadName)s %(name)s: %(message)s",
        )
        chaos = Chaos(a.seed, a.events, a.speed, a.per_second, folder)
        print(f"seed {a.seed}, {a.events} faults in {chaos.faults[-1]['at_s']:.0f} s", flush=True)
        try:
            chaos.run()
        except Exception:  # noqa: BLE001
            traceback.print_exc()
            print(f"FAILED: seed {a.seed}, {a.events} faults, speed {a.speed:g}; the last of them:", file=sys.stderr)
            print("\n".join(chaos.last_faults()), file=sys.stderr)
            return 1
    del application
    print("the map, the history and the process are whole")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
