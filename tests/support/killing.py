"""Recorders killed at random instants, and what a listener of its own saw of the same market meanwhile."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import websocket
from support.exchange import Exchange

from liqdesk.history import FORCED, History
from liqdesk.market import MINUTE_MS

SYMBOL: Final = "BTCUSDT"
STREAMS: Final = "!forceOrder@arr/btcusdt@markPrice@1s/btcusdt@aggTrade"
SECOND_NS: Final = 1_000_000_000
UP_S: Final = 60.0
SPEED: Final = 20
START: Final = "2026-06-01T12:00:00+00:00"

Order = tuple[str, int, float, float]


class Truth:
    """What the market published, with the wall reading at which each message came. Ends with `close`."""

    def __init__(self, stream: str) -> None:
        self.marks: dict[int, int] = {}  # venue ms: wall
        self.forced: dict[Order, int] = {}  # (symbol, ms, quantity, limit price): wall
        self.trades: dict[int, tuple[int, float, int]] = {}  # id: (venue ms, quantity, wall)
        self._socket = websocket.create_connection(f"{stream}/market/stream?streams={STREAMS}", timeout=30)
        self._thread = threading.Thread(target=self._listen, name="truth")
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                text = self._socket.recv()
            except (websocket.WebSocketException, OSError):
                return
            if not text:
                return
            self._take(json.loads(text)["data"], time.monotonic_ns())

    def _take(self, data: dict[str, Any], wall_ns: int) -> None:
        match data["e"]:
            case "markPriceUpdate":
                self.marks[data["E"]] = wall_ns
            case "aggTrade":
                self.trades[data["a"]] = (data["T"], float(data["q"]), wall_ns)
            case "forceOrder":
                order = data["o"]
                if order.get("st") == 2:  # COIN-M contracts share the stream, and are counted in another unit
                    return
                self.forced[order["s"], order["T"], float(order["z"]), float(order["p"])] = wall_ns

    def close(self) -> None:
        self._socket.shutdown()
        self._thread.join()


def peek(path: Path, question: str) -> int:
    """Ask a file that is being written for a number, or for two bytes that are one; 0 where there is no answer."""
    if not path.exists():
        return 0
    db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        row = db.execute(question).fetchone()
    except sqlite3.OperationalError:  # no tables yet
        return 0
    finally:
        db.close()
    answer = row[0] if row else None
    return int.from_bytes(answer, "little") if isinstance(answer, bytes) else int(answer or 0)


class Killing:
    """One profile, recorded into by one process after another, each killed."""

    def __init__(self, exchange: Exchange, truth: Truth, folder: Path, seed: int) -> None:
        self._exchange, self._truth = exchange, truth
        self._profile = folder / "profile"
        self._chance = random.Random(seed)
        self._folder = folder
        self.path = self._profile / f"history-127.0.0.1_{exchange.port}.sqlite"
        self.checked = {"marks": 0, "forced orders": 0, "trades": 0}

    def start(self) -> subprocess.Popen[bytes]:
        words = ["record", "--profile", str(self._profile), "--symbol", SYMBOL]
        words += ["--rest-url", self._exchange.rest, "--stream-url", self._exchange.stream]
        with (self._folder / "recorder.txt").open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "liqdesk", *words], stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    def said(self) -> str:
        return (self._folder / "recorder.txt").read_text("utf-8", "replace")

    def newest_mark(self) -> int:
        """Return the time of the newest mark in the file, 0 where there is none."""
        minute = peek(self.path, "SELECT max(key & 0xffffffff) FROM mark")
        offset = peek(self.path, "SELECT substr(rows, -10, 2) FROM mark ORDER BY key DESC LIMIT 1")
        return minute * MINUTE_MS + offset

    @property
    def _origin(self) -> str:
        return f"127.0.0.1:{self._exchange.port}"

    def kill_once(self, blind: bool, longest_s: float) -> str:
        """Start a recorder, kill it at a random instant, and hold the file against what was published.

        `blind` kills it wherever it is, within 2.5 s of its start; else it is left up to `longest_s` after its first mark. Returns what
        was done in words.
        """
        before = self.newest_mark()
        process = self.start()
        try:
            if blind:
                delay_s = self._chance.uniform(0.0, 2.5)
            else:
                self._wait_recording(process, before)
                delay_s = self._chance.uniform(0.0, longest_s)
            time.sleep(delay_s)
            assert process.poll() is None, f"it ended by itself\n{self.said()}"
        finally:
            killed_ns = time.monotonic_ns()
            process.kill()
            process.wait()
        self.check(killed_ns, before)
        return f"killed {delay_s:.2f} s after its {'start' if blind else 'first mark'}"

    def _wait_recording(self, process: subprocess.Popen[bytes], before: int) -> None:
        deadline = time.monotonic() + UP_S
        while self.newest_mark() <= before:
            assert process.poll() is None, f"it ended by itself\n{self.said()}"
            assert time.monotonic() < deadline, f"no mark was recorded within {UP_S:g} s\n{self.said()}"
            time.sleep(0.05)

    def check(self, killed_ns: int, before: int) -> None:
        """Raise AssertionError where the file is damaged, or lacks what came more than a second before."""
        if not self.path.exists():
            return
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / self.path.name
            for end in ("", "-wal", "-shm"):
                if (part := self.path.with_name(self.path.name + end)).exists():
                    shutil.copyfile(part, copy.with_name(copy.name + end))
            db = sqlite3.connect(copy)
            try:
                assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            finally:
                db.close()
            with History.open(copy, Path(scratch) / "lock", origin=self._origin) as history:
                assert history.notices == ()
                self._hold_against_truth(history, killed_ns - SECOND_NS, before)

    def _hold_against_truth(self, history: History, until_ns: int, before: int) -> None:
        truth = self._truth
        kept = {int(t) for t in history.marks(SYMBOL, before + 1)["t"]}
        if not kept:
            return
        up_ns = truth.marks.get(min(kept), until_ns)  # what came after this recorder's first mark
        marks = {t for t, ns in list(truth.marks.items()) if up_ns <= ns <= until_ns}
        assert marks <= kept, f"marks are missing: {self._late(marks - kept, until_ns)}"
        held = {(o.symbol, o.time_ms, o.quantity, o.limit_price) for o in history.forced(None)}
        orders = {o for o, ns in list(truth.forced.items()) if up_ns <= ns <= until_ns}
        assert orders <= held, f"forced orders are missing: {sorted(orders - held)}"
        trades = {i: row for i, row in list(truth.trades.items()) if up_ns <= row[2] <= until_ns}
        self._hold_trades(history, trades)
        for name, found in (("marks", marks), ("forced orders", orders), ("trades", trades)):
            self.checked[name] += len(found)

    def _late(self, marks: set[int], until_ns: int) -> list[str]:
        return [f"{t}, which came {(until_ns - self._truth.marks[t]) / 1e9 + 1:.3f} s before" for t in sorted(marks)]

    def _hold_trades(self, history: History, trades: dict[int, tuple[int, float, int]]) -> None:
        whole = {int(t) for t in history.volume_at_price(SYMBOL)["t"]}
        parts = history.unfinished(SYMBOL)
        for number, (t, _, _) in trades.items():
            minute = t - t % MINUTE_MS
            held = minute in whole or any(p.t_ms == minute and p.first_id <= number <= p.last_id for p in parts)
            assert held, f"trade {number} of {t} is in no minute"
        for part in parts:
            ids = range(part.first_id, part.last_id + 1)
            seen = [self._truth.trades[i] for i in ids if i in self._truth.trades]
            if len(seen) == len(ids):
                quantity = sum(q for t, q, _ in seen if t - t % MINUTE_MS == part.t_ms)
                assert abs(float(part.rows["quantity"].sum()) - quantity) < 1e-6 * quantity

    def end_once(self) -> int:
        """Start a recorder on what the kills have left, ask it to end once it records, and return its exit code."""
        before = self.newest_mark()
        process = self.start()
        try:
            self._wait_recording(process, before)
            process.terminate()
            return process.wait(UP_S)
        finally:
            process.kill()
            process.wait()

    def check_coverage(self) -> tuple[int, int]:
        """Raise AssertionError where a stretch is called covered that lacks a forced order. Returns how many orders lie in covered
        stretches, and how many are missing in the others."""
        with History.open(self.path, self.path.with_suffix(".nobody"), origin=self._origin, read_only=True) as history:
            held = {(o.symbol, o.time_ms, o.quantity, o.limit_price) for o in history.forced(None)}
            covered = history.coverage(SYMBOL, FORCED)
        inside = {o for o in self._truth.forced if any(a <= o[1] < b for a, b in covered)}
        assert inside <= held, f"called covered, and missing: {sorted(inside - held)}"
        return len(inside), len(set(self._truth.forced) - held)


def run(kills: int, seed: int, longest_s: float, say: Callable[[str], None] | None = None) -> dict[str, int]:
    """Kill so many recorders, a quarter of them wherever they are after their start; returns how much was held against the truth.

    Raises AssertionError.
    """
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="liqdesk-killing-") as folder:
        exchange = Exchange(seed=seed, speed=SPEED, trades=5, start=START)
        truth = None
        try:
            truth = Truth(exchange.stream)
            killing = Killing(exchange, truth, Path(folder), seed)
            for number in range(1, kills + 1):
                words = killing.kill_once(chance.random() < 0.25, longest_s)
                if say is not None:
                    say(f"{number:3d}  {words}; checked {killing.checked}")
            inside, missing = killing.check_coverage()
            code = killing.end_once()
            assert code == 0, f"asked to end it ended with {code}\n{killing.said()}"
        finally:
            if truth is not None:
                truth.close()
            exchange.close()
    return {**killing.checked, "forced orders in covered stretches": inside, "and missing elsewhere": missing}
