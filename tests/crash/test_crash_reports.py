"""Reports of crashes: what they hold, how many are kept, and that a run which was killed from outside is not called a crash."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from liqdesk.crash import reports
from liqdesk.crash.reports import LONGEST_TRACE, MOST, forget, gather, kept, last_words, told, untold
from liqdesk.crash.watch import FOLDER, LOG, MOST_OF_A_RUN, MOST_WAITING, RUNNING, Watch, _make_room

SEGFAULT = (
    "Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f3ab2ffd640 (most recent call first):\n"
    '  File "/home/annabel/liqdesk/ui/chart/heat.py", line 88 in paint\n'
)
FACTS = "liqdesk: 0.1.0\nPython: 3.11.7\nSystem: Linux 6.1\nQt: 6.11.3\n"


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    """A watch that has begun, without the interpreter's own handler, which pytest has."""
    one = Watch(tmp_path)
    folder = tmp_path / FOLDER
    folder.mkdir()
    one._path = folder / f"{RUNNING}x"
    one._handle = os.open(one._path, os.O_RDWR | os.O_CREAT)
    one.describe({"liqdesk": "0.1.0", "System": "Linux 6.1"})
    yield one
    if one._handle >= 0:
        os.close(one._handle)


def dead(profile: Path, text: str, name: str = "20261126T120301Z-4711") -> Path:
    """Leave the trace of a run that is over."""
    folder = profile / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{RUNNING}{name}"
    path.write_text(text)
    return path


def fail(message: str) -> None:
    raise ValueError(message)


def raised(message: str = "no such bin") -> BaseException:
    try:
        fail(message)
    except ValueError as e:
        return e
    raise AssertionError


def report(watch: Watch, error: BaseException) -> None:
    watch.report(type(error), error, error.__traceback__, "engine")


def test_an_error_that_nobody_foresaw_is_kept_with_facts_trace_and_log(watch: Watch, tmp_path: Path) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    (tmp_path / LOG).write_text(
        f"2020-01-01T00:00:00.000Z INFO    liqdesk.old: long ago\n{stamp}.123Z INFO    liqdesk.engine: the last line\n"
    )
    watch.running = True
    report(watch, raised())
    (one,) = kept(tmp_path)
    assert (one.what, one.went_on) == ("ValueError, an error that nobody foresaw", True)
    assert abs(one.time_s - time.time()) < 60
    text = one.text()
    for part in ("liqdesk: 0.1.0", "System: Linux 6.1", "thread: engine", "Traceback (most recent call last)", "in fail", "no such bin",
                 "the last line", "then: the program went on", "nothing was sent"):  # fmt: skip
        assert part in text
    assert "long ago" not in text
    if os.name == "posix":
        assert one.path.stat().st_mode & 0o077 == 0, "readable by its owner alone"


def test_the_same_place_is_kept_once_and_a_run_keeps_few(watch: Watch, tmp_path: Path) -> None:
    for _ in range(4):
        report(watch, raised())
    assert len(kept(tmp_path)) == 1
    for number in range(MOST_OF_A_RUN + 3):
        namespace: dict[str, object] = {}
        with contextlib.suppress(KeyError):
            exec(compile("\n" * number + "raise KeyError('x')", "planted.py", "exec"), namespace)
        try:
            exec(compile("\n" * number + "raise KeyError('x')", "planted.py", "exec"), namespace)
        except KeyError as e:
            report(watch, e)
    assert len(kept(tmp_path)) == MOST_OF_A_RUN


def test_interrupts_and_exits_are_no_errors(watch: Watch, tmp_path: Path) -> None:
    for error in (KeyboardInterrupt(), SystemExit(1)):
        report(watch, error)
    assert kept(tmp_path) == ()


def test_where_an_error_passed_through_positions_no_number_of_it_is_left(watch: Watch, tmp_path: Path) -> None:
    code = compile("raise ValueError('liquidation would be 63826.4 or 7')", "/x/liqdesk/ui/position/form.py", "exec")
    try:
        exec(code, {})
    except ValueError as e:
        report(watch, e)
    text = kept(tmp_path)[0].text()
    assert "ValueError: liquidation would be [private] or [private]" in text
    assert 'ui/position/form.py", line 1' in text


def test_a_run_that_died_is_told_by_the_next(tmp_path: Path) -> None:
    path = dead(tmp_path, FACTS + SEGFAULT)
    os.utime(path, (1_795_694_600, 1_795_694_600))
    (made,) = gather(tmp_path)
    assert not path.exists()
    (one,) = untold(tmp_path)
    assert one.path == made
    assert (one.what, one.time_s, one.went_on) == ("segmentation fault", 1_795_694_600.0, False)
    text = one.text()
    for part in ("Qt: 6.11.3", "line 88 in paint", "then: the program ended", "/home/[user]/liqdesk/ui/chart/heat.py"):
        assert part in text
    assert "annabel" not in text
    assert gather(tmp_path) == ()


def test_the_last_word_of_qt_is_kept(tmp_path: Path) -> None:
    dead(
        tmp_path, FACTS + "\nQt: This application failed to start\nFatal Python error: Aborted\n\nCurrent thread 0x1\n"
    )
    gather(tmp_path)
    (one,) = kept(tmp_path)
    assert one.what == "aborted, asked for by Qt"
    assert "This application failed to start" in one.text()


@pytest.mark.parametrize(
    "text", ["", FACTS, FACTS + "\n", FACTS + "\nWindows fatal exception: code 0x8001010d\n\nThread 0x1\n"]
)
def test_a_run_that_was_killed_from_outside_is_no_crash(tmp_path: Path, text: str) -> None:
    path = dead(tmp_path, text)
    assert gather(tmp_path) == ()
    assert kept(tmp_path) == ()
    assert not path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there an open file guards itself")
def test_a_run_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    import fcntl

    path = dead(tmp_path, FACTS + SEGFAULT)
    with path.open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert gather(tmp_path) == ()
        assert path.exists()
    assert len(gather(tmp_path)) == 1


def test_few_and_small_are_kept_the_newest_of_them(tmp_path: Path) -> None:
    for number in range(MOST + 5):
        path = dead(tmp_path, FACTS + SEGFAULT + '  File "x.py", line 7 in deep\n' * 5_000 + f"number {number}\n")
        os.utime(path, (1_795_694_600 + number, 1_795_694_600 + number))
        gather(tmp_path)
    found = kept(tmp_path)
    assert [one.time_s for one in found] == [1_795_694_600.0 + n for n in range(MOST + 4, 4, -1)]
    assert all(one.path.stat().st_size < 2 * LONGEST_TRACE for one in found)
    assert all("[…]" in one.text() and "number" in one.text() for one in found)


def test_two_in_one_second_stand_beside_each_other(tmp_path: Path) -> None:
    for name in ("20261126T120301Z-1", "20261126T120301Z-2"):
        os.utime(dead(tmp_path, FACTS + SEGFAULT, name), (1_795_694_600, 1_795_694_600))
    assert len(gather(tmp_path)) == 2
    assert len(kept(tmp_path)) == 2


def test_what_was_told_is_not_told_again_and_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    dead(tmp_path, FACTS + SEGFAULT)
    gather(tmp_path)
    (one,) = untold(tmp_path)
    after = told(one)
    assert after.path.exists()
    assert untold(tmp_path) == ()
    assert kept(tmp_path) == (after,)
    forget(after)
    assert not (tmp_path / FOLDER).exists()
    forget(after)
    assert kept(tmp_path) == ()


def test_what_is_no_report_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    for name, content in (
        ("crash-1.txt", b""),
        ("crash-2.new.txt", b"\xff\x00"),
        ("other.txt", b"what: x\nwhen: now\n"),
    ):
        (tmp_path / FOLDER / name).write_bytes(content)
    assert kept(tmp_path) == ()
    assert gather(tmp_path) == ()


def test_facts_stand_before_what_a_dying_interpreter_wrote() -> None:
    facts, words = last_words(FACTS + SEGFAULT)
    assert facts == {"liqdesk": "0.1.0", "Python": "3.11.7", "System": "Linux 6.1", "Qt": "6.11.3"}
    assert words == SEGFAULT.strip()


@pytest.mark.expects_log("ERROR liqdesk.crash.watch: no crash report could be written")
def test_an_error_in_here_hides_nothing(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(reports, "of_error", broken)
    report(watch, raised())


def test_traces_that_nothing_takes_up_do_not_pile_up(tmp_path: Path) -> None:
    for number in range(MOST_WAITING + 5):
        dead(tmp_path, FACTS + SEGFAULT, f"20261126T12{number:02}00Z-1")
    _make_room(tmp_path / FOLDER)
    left = sorted(path.name for path in (tmp_path / FOLDER).iterdir())
    assert left == [f"{RUNNING}20261126T12{n:02}00Z-1" for n in range(5, MOST_WAITING + 5)]
    assert len(gather(tmp_path)) == MOST_WAITING
    assert len(kept(tmp_path)) == MOST


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    one = Watch(None)
    one.begin()
    report(one, raised())
    one.note("x")
    one.end()
    assert list(tmp_path.iterdir()) == []
