"""`liqdesk record`: what it keeps, what it says, how it ends."""

from __future__ import annotations

import datetime as dt
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from commands import liqdesk, sentence
from support.exchange import Exchange
from support.killing import peek

from liqdesk.app.status import Printer, line, troubles
from liqdesk.engine.recording import Report, SymbolReport
from liqdesk.history import EVERY_SYMBOL, FORCED, INTEREST, MARKS, TRADES, History
from liqdesk.market import MINUTE_MS

pytestmark = pytest.mark.timeout(180)
NOWHERE = ("--rest-url", "http://127.0.0.1:1", "--stream-url", "ws://127.0.0.1:1")
START = "2026-06-01T12:00:00+00:00"

# Runs a command line and then says which parts of Qt it has loaded.
LOADED = """
import sys
from liqdesk.cli import main
code = main(sys.argv[1:])
print(sorted(n for n in sys.modules if n.startswith("PySide6.Qt")), file=sys.stderr)
sys.exit(code)
"""


class Recorder:
    """One `liqdesk record` under way."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.out, self.err = folder / "out.txt", folder / "err.txt"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-c", LOADED, "--profile", str(folder / "profile"), "record", *words],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            )  # fmt: skip

    def until(self, holds: Callable[[], object], what: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert self.process.poll() is None, f"{what}: it ended\n{self.out.read_text()}{self.err.read_text()}"
            assert time.monotonic() < deadline, f"{what}\n{self.out.read_text()}{self.err.read_text()}"
            time.sleep(0.05)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Callable[..., Recorder]]:
    started: list[Recorder] = []

    def start(*words: str) -> Recorder:
        started.append(Recorder(tmp_path, *words))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def test_an_outage_is_given_back_but_for_the_forced_orders(
    exchange: Callable[..., Exchange], recorder: Callable[..., Recorder], tmp_path: Path
) -> None:
    market = exchange(seed=3, speed=40, trades=1, start=START)
    where = ("--rest-url", market.rest, "--stream-url", market.stream)
    one = recorder(*where, "--symbol", "btcusdt", "ETHUSDT", "--symbol", "NOUSDT")
    path = tmp_path / "profile" / f"history-127.0.0.1_{market.port}.sqlite"

    def newest(stream: str) -> int:
        """Return how far a stream has come, trades of whichever symbol is behind."""
        last = "SELECT max(key & 0xffffffff) AS minute FROM volume GROUP BY key >> 32"
        words = "SELECT max(to_ms) FROM covered" if stream == FORCED else f"SELECT min(minute) * 60000 FROM ({last})"
        return peek(path, words)

    one.until(lambda: newest(TRADES) > 0, "minutes are recorded")
    one.until(lambda: peek(path, "SELECT count(DISTINCT key >> 32) FROM mark") == 2, "both symbols are recorded")
    second = liqdesk("record", "--profile", tmp_path / "profile", *NOWHERE)
    assert sentence(second, 3).startswith(f"Another liqdesk is using the profile {tmp_path / 'profile'}")
    before = newest(FORCED)
    market.kill()
    time.sleep(1)
    market.restart()
    one.until(lambda: newest(FORCED) > before + 20_000, "the stream is back")
    back = newest(FORCED)
    one.until(lambda: newest(TRADES) > back + MINUTE_MS, "minutes go on")
    # Each symbol's own stream comes back in its own time; of three minutes that have marks, the middle one is whole.
    minutes = (
        "SELECT min(n) FROM (SELECT count(*) AS n FROM mark WHERE (key & 0xffffffff) * 60000 > {} GROUP BY key >> 32)"
    )
    both = "SELECT count(DISTINCT key >> 32) FROM mark WHERE (key & 0xffffffff) * 60000 > {}"
    one.until(
        lambda: peek(path, both.format(back)) == 2 and peek(path, minutes.format(back)) > 2, "marks of both go on"
    )

    def given_back() -> bool:
        """Say whether candles and open interest, which are asked for one by one, are whole."""
        with History.open(path, tmp_path / "nobody", origin=f"127.0.0.1:{market.port}", read_only=True) as held:
            start, end = held.coverage("BTCUSDT", FORCED)[0][0], newest(TRADES)
            whole = [held.coverage("BTCUSDT", stream, start, end) for stream in (TRADES, MARKS, INTEREST)]
            return whole == [[(start, end)]] * 3

    one.until(given_back, "all but the forced orders is given back")
    assert one.end(signal.SIGINT) == 0
    with History.open(path, tmp_path / "nobody", origin=f"127.0.0.1:{market.port}", read_only=True) as held:
        gaps = [g for g in held.gaps("BTCUSDT") if g.to_ms > before]
        assert {(g.symbol, g.stream) for g in gaps} == {(EVERY_SYMBOL, FORCED)}
        # What is covered is written every half second: 20 s of this market, more on a busy machine.
        assert any(g.from_ms < before + 60_000 and g.to_ms - g.from_ms > 30_000 for g in gaps)
        covered = held.coverage("BTCUSDT", FORCED)
        assert all(not (a < g.to_ms and g.from_ms < b) for a, b in covered for g in gaps)
        start, end = covered[0][0], newest(TRADES)
        for stream in (TRADES, MARKS, INTEREST):
            assert held.coverage("BTCUSDT", stream, start, end) == [(start, end)], f"{stream} has been given back"
        assert len(held.marks("ETHUSDT")) > 60
        assert len(held.marks("BTCUSDT")) > 60
    said = one.out.read_text().splitlines()
    assert said[0].startswith("Recording BTCUSDT, ETHUSDT, NOUSDT from 127.0.0.1:")
    assert any("NOUSDT is not listed" in words for words in said), "one that is not there does not stop the others"
    assert any("BTCUSDT: " in words and f"127.0.0.1:{market.port}" in words for words in said[1:]), (
        "a lost link is said at once"
    )
    assert "Traceback" not in one.err.read_text()
    loaded = one.err.read_text().strip().splitlines()[-1]
    assert loaded == "['PySide6.QtCore']"

    unlisted = liqdesk("record", "--profile", tmp_path / "other", *where, "--symbol", "NOUSDT")
    assert unlisted.returncode == 2
    assert "NOUSDT is not listed" in unlisted.stderr


def test_a_venue_that_does_not_answer_is_asked_again_and_never_replaced(
    recorder: Callable[..., Recorder], tmp_path: Path
) -> None:
    one = recorder(*NOWHERE, "--minutes", "0.1")
    children: set[int] = set()
    while one.process.poll() is None:
        children |= {child.pid for child in psutil.Process(one.process.pid).children()}
        time.sleep(0.05)
    assert one.process.returncode == 5
    assert children == set(), "no built-in market takes its place"
    assert "127.0.0.1:1" in one.out.read_text()
    assert "Trying again in" in one.out.read_text()
    assert "Nothing was recorded" in one.err.read_text()
    assert [f.name for f in (tmp_path / "profile").glob("history*.sqlite")] == ["history-127.0.0.1_1.sqlite"]


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["--symbol", "no/such"], 2, "is not a symbol"),
        (["--symbol", *(f"A{i}USDT" for i in range(11))], 2, "At most 10 symbols"),
        (["--demo", "--symbol", "BTCUSDT", "ETHUSDT"], 2, "one symbol"),
        (["--minutes", "0"], 2, "number from 0.01"),
        (["--rest-url", "http://example.org"], 2, "this machine alone"),
    ],
)
def test_what_cannot_be_recorded_is_said_at_once(tmp_path: Path, words: list[str], code: int, why: str) -> None:
    done = liqdesk("record", "--profile", tmp_path / "profile", *words)
    assert why in sentence(done, code)


def test_a_profile_that_is_no_folder_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "is a file" in sentence(liqdesk("record", "--profile", tmp_path / "file"), 3)


# -- words


def report(sentence: str = "", notices: tuple[str, ...] = (), **over: object) -> Report:
    ages = {"mark": 0.4, "trades": 12.0, "OI": 200.0}
    row = SymbolReport("BTCUSDT", True, ages, sentence, 12.0 if sentence else None)
    values: dict[str, object] = {
        "written": {"forced": 1_234, "mark": 5},
        "forced_age_s": 7_200.0, "gaps": 0, "gap_ms": 0, "size_bytes": 12_300_000, "garbled": 0,
    } | over  # fmt: skip
    return Report(symbols=(row,), notices=notices, **values)  # type: ignore[arg-type]


NOW = dt.datetime(2026, 11, 25, 12, 0, 5, tzinfo=dt.UTC)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_report_is_one_line() -> None:
    words = line(report(), NOW)
    assert words.startswith(
        "2026-11-25 12:00:05 UTC | BTCUSDT mark 0 s, trades 12 s, OI 3 min | last forced order 2.0 h"
    )
    assert "1,234 forced orders, 5 marks" in words
    assert words.endswith("no gaps | 12.3 MB")
    words = line(report("The venue sends nothing.", ("The disk is full.",), gaps=2, gap_ms=90_000, garbled=3), NOW)
    assert "BTCUSDT: The venue sends nothing. Trying again in 12 s." in words
    assert "2 gaps (forced orders missing for 2 min)" in words
    assert words.endswith("3 unreadable | The disk is full.")
    assert troubles(report("Down.", ("Full.",))) == ("BTCUSDT: Down.", "Full.")


def test_a_pipe_gets_a_line_a_minute_and_one_when_something_changes() -> None:
    out = io.StringIO()
    printer = Printer(out)
    for second in range(125):
        printer.show(report("Down.\x1b[2J" if 20 <= second < 30 else ""), NOW, 1_000.0 + second)
    lines = out.getvalue().splitlines()
    assert ["Down." in words for words in lines] == [False, True, False, False]
    assert "\x1b" not in out.getvalue(), "what a venue says steers no terminal"


def test_a_terminal_is_kept_up_to_date_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "20")
    out = Terminal()
    printer = Printer(out)
    for second in range(3):
        printer.show(report("Down." if second == 2 else ""), NOW, 1_000.0 + second)
    assert out.getvalue().count("\n") == 1
    shown = out.getvalue().replace("\n", "\r\x1b[K").split("\r\x1b[K")
    assert max(map(len, shown)) < 60
    assert "BTCUSDT: Down." in shown


def test_a_reader_that_goes_away_does_not_end_the_recording() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    out = os.fdopen(writing, "w")
    printer = Printer(out)
    for second in range(3):
        printer.show(report(), NOW, 1_000.0 + 100 * second)
    with pytest.raises(BrokenPipeError):
        out.close()
