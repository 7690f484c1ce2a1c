"""Fuzz every door of the program through which bytes come in.

python tests/fuzz/fuzz.py [--seconds S] [--cases N] [--seed N] [--only NAME,...] [--out FOLDER]
python tests/fuzz/fuzz.py --replay FILE --only NAME     run one saved input again

Prints the cases of each target. An input that fails is saved in FOLDER by its target, the seed and its number; exits 1 if any did.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

import corpus
import msgspec
from mutate import case
from targets import all_targets
from worker import PROGRESS, Failure, Order, Report

from liqdesk.errors import LiqdeskError
from liqdesk.venues import Reply

HANG_S: Final = 60.0
MOST_DEATHS: Final = 2
WORDS: Final = (
    b"BTCUSDT", "龙虾USDT".encode(), b"BTCUSD_PERP", b"../x", b"https://fapi.binance.com", b"wss://fstream.binance.com/a",
    b"http://127.0.0.1:8080", b"ws://[::1]:9/x", b"https://user:pw@host/", b"Europe/Berlin", b"~/liqdesk", b"~nobody-here/x",
    b"socks5h://me:secret@host:1080", b"http://[::1]:3128", b"30", b"Thu, 01 Jan 1970 00:20:00 GMT", b"/tmp/../etc/x", b"C:\\liqdesk",
)  # fmt: skip
COMMANDS: Final = (
    b"--demo\n--seed\n7\n--speed\n20",
    b"--symbol\nETHUSDT\n--profile\nx\n--rest-url\nhttps://fapi.binance.com\n--stream-url\nwss://fstream.binance.com",
    b"exchange\n--port\n0\n--seed\n7\n--speed\n1\n--start\n2026-03-02T08:00:00+00:00\n--epoch\n1772438400000\n--trades\n20",
    b"snapshot\n--out\nx.png\n--report\nx.json\n--size\n1920x1080\n--window\n3d\n--candle\n15m\n--theme\ndark\n--settle\n2",
    b"snapshot\n--out\nx.png\n--history\n--to\n2026-04-14T12:30Z\n--timeout\n120",
    b"import\na.zip\nfolder\n--profile\nx",
    b"score\n--symbol\nBTCUSDT\n--from\n2026-04-14\n--to\n2026-04-15\n--swept\nx.csv\n--bars\n30m",
    b"--version",
    b"--help",
)


def samples(folder: Path) -> tuple[dict[str, list[bytes]], list[tuple[bytes, bytes]]]:
    """Return what each target starts from, and the histories."""
    text = os.environ.get("LIQDESK_TEST_DATA")
    heard = corpus.capture(Path(text) if text else None)
    missing = set(Reply) - set(heard.replies)
    assert not missing, f"the exchange gave no {missing}"
    files = [name.encode() + b"\n" + content for name, content in corpus.archives()]
    histories = corpus.history_files(folder)
    lines = b"".join(b"%d.%06d %s\n" % (1_772_438_400 + n, n, frame) for n, frame in enumerate(heard.frames[:40]))
    return {
        "codec": heard.frames,
        "rest": [body for bodies in heard.replies.values() for body in bodies if len(body) < 256 * 1024],
        "archive": files,
        "import": files,
        "settings": [corpus.settings_file(folder), b"{}"],
        "alerts": [corpus.alerts_file(folder)],
        "brackets": [corpus.bracket_file()],
        "words": list(WORDS),
        "command-line": list(COMMANDS),
        "recording": [lines, gzip.compress(lines)],
        "fault-plan": corpus.fault_plans(),
        "history": [main for main, _ in histories],
        "history-wal": [wal for _, wal in histories if wal],
    }, histories


class Run:
    """A worker, and another after each that dies, until the time or the cases are done."""

    def __init__(self, order: Order, home: Path) -> None:
        self.order = order
        self.failures: list[Failure] = []
        self.done: dict[str, int] = {}
        self.most: dict[str, float] = {}
        self.repeats: Counter[str] = Counter()
        self.worker = Path(__file__).with_name("worker.py")
        self._home = home

    def go(self) -> None:
        ends = time.monotonic() + self.order.seconds
        deaths: Counter[str] = Counter()
        while True:
            died = self._once()
            self.order.seconds = ends - time.monotonic()
            if died is None or self.order.seconds <= 0:
                return
            self.order.first |= {**self.done, died.target: died.number + 1}
            deaths[died.target] += 1
            if deaths[died.target] == MOST_DEATHS:
                self.order.only.remove(died.target)

    def _once(self) -> Failure | None:
        paths = {name: self._home / name for name in ("order", "progress", "report", "said")}
        paths["order"].write_bytes(msgspec.msgpack.encode(self.order))
        paths["progress"].write_bytes(PROGRESS.pack(0, 0))
        paths["report"].unlink(missing_ok=True)
        command = [sys.executable, "-X", "faulthandler", str(self.worker)]
        given = os.environ.get("PYTHONPATH")
        path = os.pathsep.join([*sys.path[:2], *([given] if given else [])])
        env = {**os.environ, "HOME": str(self._home), "PYTHONPATH": path}
        with paths["said"].open("wb") as said:
            child = subprocess.Popen(
                [*command, str(paths["order"]), str(paths["progress"]), str(paths["report"])],
                env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip
            hung = self._follow(child, paths["progress"])
        if paths["report"].exists():
            self._take(msgspec.json.decode(paths["report"].read_bytes(), type=Report))
        if not hung and child.returncode == 0:
            return None
        index, number = PROGRESS.unpack(paths["progress"].read_bytes())
        what = f"hang: longer than {HANG_S:g} s" if hung else f"crash: exit code {child.returncode}"
        target = list(self.order.corpus)[index]
        died = Failure(target, number, what, paths["said"].read_text("utf-8", "replace")[-4_000:])
        self.failures.append(died)
        return died

    @staticmethod
    def _follow(child: subprocess.Popen[bytes], progress: Path) -> bool:
        """Wait for the end; True when a case took too long, and the worker was killed."""
        last, since = b"", time.monotonic()
        while True:
            try:
                child.wait(0.5)
            except subprocess.TimeoutExpired:
                now = progress.read_bytes()
                if now != last:
                    last, since = now, time.monotonic()
                elif time.monotonic() - since > HANG_S:
                    child.kill()
                    child.wait()
                    return True
            else:
                return False

    def _take(self, report: Report) -> None:
        self.failures += report.failures
        self.done |= report.done
        self.most |= report.most
        self.repeats.update(report.repeats)


def save(run: Run, out: Path) -> None:
    for failure in run.failures:
        out.mkdir(parents=True, exist_ok=True)
        data = case(run.order.seed, failure.target, failure.number, run.order.corpus[failure.target])
        stem = f"{failure.target}-{run.order.seed}-{failure.number}"
        (out / f"{stem}.bin").write_bytes(data)
        (out / f"{stem}.txt").write_text(f"{failure.what}\n\n{failure.text}", "utf-8", "backslashreplace")
        print(f"FAILED {failure.target} seed {run.order.seed} case {failure.number}: {failure.what}")
        print(f"       saved as {out / stem}.bin")


def replay(path: Path, name: str) -> int:
    with tempfile.TemporaryDirectory() as home:
        histories = corpus.history_files(Path(home))
        target = next(t for t in all_targets(histories) if t.name == name)
        try:
            target.run(path.read_bytes(), Path(home))
        except LiqdeskError as e:
            print(f"escaped: {e!r}")
            raise
    print(f"{name}: passed")
    return 0


def main(argv: Sequence[str]) -> int:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seconds", type=float, default=120.0)
    p.add_argument("--cases", type=int, default=1 << 40, help="at most so many of each target")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--only", default="", help="names of targets")
    p.add_argument("--out", type=Path, default=Path("build/fuzz"))
    p.add_argument("--replay", type=Path)
    a = p.parse_args(argv)
    if a.replay:
        return replay(a.replay, a.only)
    memory = Path("/dev/shm")  # histories wait for the disk; here they need not
    where = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="liqdesk-fuzz-", dir=where) as name:
        home = Path(name)
        (home / "profiles").mkdir()
        found, histories = samples(home)
        only = [t for t in found if not a.only or t in a.only.split(",")]
        run = Run(Order(a.seed, only, {}, a.cases, a.seconds, str(home / "profiles"), found, histories), home)
        run.go()
        save(run, a.out)
        for target, number in run.done.items():
            share = run.most.get(target, 0.0)
            print(f"{target:13} {number:>9,} cases from {len(found[target])} samples, memory {share:.0%} of its bound")
        for signature, count in run.repeats.items():
            print(f"  {count} times {signature}")
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
