"""One process that runs cases and reports on them: what escapes, what is touched, what memory and time are taken.

A case is its target, the seed and its number. The number under way is kept in a file, so that whoever started the process knows which
case it died of.
"""

from __future__ import annotations

import gc
import os
import struct
import sys
import time
import traceback
import tracemalloc
import warnings
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from mutate import case
from targets import Target, all_targets

SLOW_S: Final = 10.0
MOST_GROWN: Final = 256_000_000
TRACED_EVERY: Final = 5
TRACED_FROM: Final = 32 * 1024
WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGING: Final = {
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown",
    "os.utime", "shutil.rmtree", "shutil.move", "shutil.copyfile",
}  # fmt: skip
FORBIDDEN: Final = {
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "socket.connect",
    "socket.bind",
}
PROGRESS: Final = struct.Struct("<qq")


class Order(msgspec.Struct):
    """What to run: of each target the cases [first, cases), all of them or as many as can be run in `seconds`."""

    seed: int
    only: list[str]
    first: dict[str, int]
    cases: int
    seconds: float
    folder: str
    corpus: dict[str, list[bytes]]
    histories: list[tuple[bytes, bytes]]


class Failure(msgspec.Struct):
    target: str
    number: int
    what: str
    text: str


class Report(msgspec.Struct):
    done: dict[str, int]
    failures: list[Failure]
    repeats: dict[str, int]
    traced: dict[str, int]
    most: dict[str, float]


def most_held() -> int:
    """Return the most bytes that this process held so far; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


class Watch:
    """Notices files opened for writing, moved or deleted outside a folder, programs started and connections made."""

    def __init__(self, folder: Path) -> None:
        self._inside = os.path.realpath(folder) + os.sep
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in FORBIDDEN:
            self.seen.append(f"{event} {args!r}"[:300])
        elif event == "open":
            path, mode, flags = args
            if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & WRITING):
                self._hold(event, path)
        elif event in CHANGING:
            for path in args[: 2 if event in ("os.rename", "shutil.move", "shutil.copyfile") else 1]:
                self._hold(event, path)
        elif event == "sqlite3.connect" and args[0] != ":memory:":
            self._hold(event, str(args[0]).removeprefix("file://").partition("?")[0])

    def _hold(self, event: str, path: Any) -> None:
        if isinstance(path, int):
            return
        where = os.path.realpath(os.fsdecode(path))
        if not (where + os.sep).startswith(self._inside):
            self.seen.append(f"{event} {where!r}"[:300])


class Worker:
    def __init__(self, order: Order, progress: BinaryIO, out: Path) -> None:
        self._order = order
        self._progress = progress
        self._out = out
        self._folder = Path(order.folder)
        self._watch = Watch(self._folder)
        self.report = Report({}, [], {}, {}, {})
        self._signatures: Counter[str] = Counter()

    def run(self) -> None:
        order = self._order
        targets = all_targets(order.histories)
        gc.collect()
        gc.freeze()
        ends = time.monotonic() + order.seconds
        for index, target in enumerate(targets):
            if target.name not in order.only:
                continue
            size = most_held()
            share = time.monotonic() + (ends - time.monotonic()) / (len(targets) - index)
            number = order.first.get(target.name, 0)
            folder = self._folder / target.name
            folder.mkdir(exist_ok=True)
            while number < order.cases and time.monotonic() < share:
                self._progress.seek(0)
                self._progress.write(PROGRESS.pack(index, number))
                data = case(order.seed, target.name, number, order.corpus[target.name])
                number += 1
                what, text = self._one(target, data, folder, number)
                if what and not self._known(target, what, text):
                    self.report.failures.append(Failure(target.name, number - 1, what, text))
            self.report.done[target.name] = number
            grown = most_held() - size  # what libraries take without Python's knowledge included
            if grown > MOST_GROWN:
                words = f"memory: the process grew by {grown:,} bytes"
                self.report.failures.append(Failure(target.name, number - 1, words, "over all of its cases"))
            self._out.write_bytes(msgspec.json.encode(self.report))

    def _known(self, target: Target, what: str, text: str) -> bool:
        """Tell whether the same came before: the same words, digits aside, from the same line."""
        lines = [line for line in text.splitlines() if line.startswith("  File")]
        signature = f"{target.name}: {what.split(':')[0]} {lines[-1:]}"
        self._signatures[signature] += 1
        self.report.repeats[signature] = self._signatures[signature]
        return self._signatures[signature] > 1

    def _one(self, target: Target, data: bytes, folder: Path, number: int) -> tuple[str, str]:
        name = target.name
        traced = number % TRACED_EVERY == 0 or len(data) >= TRACED_FROM
        before = set(os.listdir(self._folder))
        if traced:
            gc.collect()
            tracemalloc.start()
        began = time.monotonic()
        self._watch.on = True
        try:
            target.run(data, folder)
        except BaseException as e:  # noqa: BLE001
            self._watch.on = False
            return f"{type(e).__name__}: {e}"[:300], traceback.format_exc()[-4_000:]
        finally:
            self._watch.on = False
            took = time.monotonic() - began
            peak = tracemalloc.get_traced_memory()[1] if traced else 0
            tracemalloc.stop()
            for old in folder.iterdir():
                if old.is_file() and not (name == "import" and old.name.startswith("history.sqlite")):
                    old.unlink()
        if traced:
            self.report.traced[name] = self.report.traced.get(name, 0) + 1
            share = peak / (target.multiple * len(data) + target.constant)
            self.report.most[name] = max(self.report.most.get(name, 0.0), share)
            if share > 1:
                return f"memory: {peak:,} bytes for an input of {len(data):,}", ""
        if took > SLOW_S:
            return f"time: {took:.1f} s for an input of {len(data):,} bytes", ""
        if set(os.listdir(self._folder)) != before:
            return f"touched: {sorted(set(os.listdir(self._folder)) ^ before)} beside the profile", ""
        if self._watch.seen:
            seen, self._watch.seen = self._watch.seen, []
            return f"touched: {'; '.join(seen[:3])}", ""
        return "", ""


def main() -> None:
    order = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=Order)
    warnings.simplefilter("error")
    os.chdir(order.folder)
    with open(sys.argv[2], "r+b", buffering=0) as progress:
        Worker(order, progress, Path(sys.argv[3])).run()  # type: ignore[arg-type]


if __name__ == "__main__":
    import logging

    logging.disable(logging.CRITICAL)
    sys.setrecursionlimit(1_000)
    main()
