"""The first compilation of the kernels, in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from support.family import children, words

from liqdesk import paths
from liqdesk.engine import compiling as compiling_room
from liqdesk.engine.compiling import Compiler, marker


def compiling() -> list[psutil.Process]:
    return [p for p in children() if "kernels" in words(p)]


@pytest.fixture
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_kernels_that_are_there_are_not_compiled(no_cache: Path) -> None:
    no_cache.mkdir()
    marker().touch()
    began = time.monotonic()
    assert Compiler().ready(lambda: False)
    assert not compiling()
    assert time.monotonic() - began < 1.0


def test_the_same_sources_installed_elsewhere_or_again_are_compiled_anew(
    no_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As numba does, which keeps what it compiled by place, time and size of the source."""
    here = marker()
    assert here == marker()
    copies = [tmp_path / source.name for source in paths.kernel_sources()[:3]]
    for copy, source in zip(copies, paths.kernel_sources(), strict=False):
        shutil.copy2(source, copy)
    monkeypatch.setattr(compiling_room, "kernel_sources", lambda: copies)
    there = marker()
    assert there != here
    os.utime(copies[0], (1_700_000_000, 1_700_000_000))
    assert marker() not in (here, there)


def test_the_last_that_waits_ends_the_compilation(no_cache: Path) -> None:
    compiler = Compiler()
    gone = [threading.Event(), threading.Event()]
    answers: list[bool] = []
    waiting = [threading.Thread(target=lambda e=e: answers.append(compiler.ready(e.is_set))) for e in gone]
    for thread in waiting:
        thread.start()
    deadline = time.monotonic() + 60
    while not (compiling() and compiler._waiting == 2) and time.monotonic() < deadline:
        time.sleep(0.02)
    gone[0].set()
    waiting[0].join(10)
    assert len(compiling()) == 1
    gone[1].set()
    waiting[1].join(10)
    assert answers == [False, False]
    assert not compiling()
    assert not marker().exists()


@pytest.mark.expects_log("not compiled apart, exit code 2: liqdesk: The compiled kernels cannot be kept")
def test_where_nothing_can_be_kept_the_log_says_so(no_cache: Path) -> None:
    no_cache.write_text("a file where the folder should be")
    assert Compiler().ready(lambda: False)
    assert not compiling()


REFUSED = """
import sys
from liqdesk.app.kernels import compile_kernels
from liqdesk.errors import InputError
try:
    compile_kernels()
except InputError as e:
    print(e.user, "numba" in sys.modules)
"""


def test_where_nothing_can_be_kept_nothing_is_compiled(no_cache: Path) -> None:
    no_cache.write_text("a file where the folder should be")
    run = subprocess.run([sys.executable, "-c", REFUSED], check=True, capture_output=True, text=True, timeout=60)
    assert run.stdout == f"The compiled kernels cannot be kept in {no_cache} (File exists). False\n"
