"""What every test stands on: an isolated home, real children and displays, and the law that any warning fails.

A test fails on any log record at WARNING or above, any Qt warning, and anything alive that it left behind. A test
that provokes a record says so: `@pytest.mark.expects_log("pattern")` where it must come, `allow_log("pattern")`
where it may.
"""

from __future__ import annotations

import gc
import logging
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from support import leaks
from support.exchange import Exchange
from support.log_watch import LogWatch
from support.xserver import XServer, missing

from liqdesk.paths import prepare_numba_cache

OFFSCREEN = (  # the offscreen platform, of any window with a least size, and of one that is brought to the front
    "This plugin does not support propagateSizeHints()",
    "This plugin does not support raise()",
)
QT_ROOMS = {"engine", "ui", "app", "e2e"}

hypothesis.settings.register_profile("steady", derandomize=True)
hypothesis.settings.register_profile("explore", print_blob=True)
hypothesis.settings.load_profile("steady")  # `make explore` asks for the other one


def _isolate() -> Path:
    """Give this run, and its children, a home of their own; compiled kernels alone are kept between runs."""
    prepare_numba_cache()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program itself
    for name in [n for n in os.environ if n.startswith("LIQDESK_") and n != "LIQDESK_TEST_DATA"]:
        del os.environ[name]
    home = Path(tempfile.mkdtemp(prefix="liqdesk-tests-"))
    os.environ["HOME"] = str(home)
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        (home / name.lower()).mkdir()
        os.environ[name] = str(home / name.lower())
    return home


_HOME = _isolate()
_WATCH = leaks.QtWatch()
_STATUS = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "expects_log(pattern): a log record at WARNING or above that must come")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what was imported and collected out of every later search for garbage and for what a test left behind."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_HOME, ignore_errors=True)
    stuck = leaks.live_threads() - {threading.main_thread()}
    if stuck:
        # The test that left it has failed; the interpreter would wait for it for ever.
        print(f"ending in spite of living threads: {', '.join(t.name for t in stuck)}", file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash.get(_STATUS, 1) or 1)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail on Qt warnings while a test is torn down, pytest-qt watches until then; and delete the widgets it has closed."""
    core = sys.modules.get("PySide6.QtCore")
    if core is None:
        return (yield)
    heard: list[str] = []
    loud = (core.QtMsgType.QtWarningMsg, core.QtMsgType.QtCriticalMsg)

    def hear(kind: Any, context: Any, text: str) -> None:
        if kind in loud and text not in OFFSCREEN:
            heard.append(text)

    previous = core.qInstallMessageHandler(hear)
    try:
        result = yield
        if core.QCoreApplication.instance() is not None:
            core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
    finally:
        core.qInstallMessageHandler(previous)
    if heard:
        pytest.fail("Qt warned while the test was torn down:\n" + "\n".join(heard), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Spell out what is no text in captured logs and output: a report goes from process to process as UTF-8."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


@pytest.fixture(autouse=True)
def log_watch(request: pytest.FixtureRequest) -> Iterator[LogWatch]:
    watch = LogWatch()
    for mark in request.node.iter_markers("expects_log"):
        watch.expected += mark.args
    root = logging.getLogger()
    root.addHandler(watch)
    yield watch
    root.removeHandler(watch)
    complaints = watch.complaints()
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


@pytest.fixture
def allow_log(log_watch: LogWatch) -> Callable[[str], None]:
    """Let records that match a pattern come without failing the test; the text matched is `LEVEL logger: message`."""
    return log_watch.allowed.append


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    threads, children = leaks.live_threads(), leaks.live_children()
    yield
    left: list[str] = []
    if {"qapp", "qtbot"} & set(request.fixturenames) or request.node.path.parent.name in QT_ROOMS:
        left += [f"living {word}" for word in _WATCH.living()]
    left += [f"living thread {t.name}" for t in leaks.wait_gone(leaks.live_threads, threads)]
    orphans = leaks.wait_gone(lambda: leaks.live_children() - leaks.lasting_children, children)
    left += [f"living child {word}" for word in leaks.end_children(orphans)]
    if left:
        pytest.fail("left behind:\n" + "\n".join(left), pytrace=False)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of real market data, or skip."""
    text = os.environ.get("LIQDESK_TEST_DATA")
    if not text:
        pytest.skip("LIQDESK_TEST_DATA is not set: no real market data here")
    folder = Path(text)
    assert folder.is_dir(), f"LIQDESK_TEST_DATA names no folder: {folder}"
    return folder


@pytest.fixture
def exchange() -> Iterator[Callable[..., Exchange]]:
    """Return a function that starts the built-in market as a child: `exchange(seed=7, speed=20, start=ISO)`."""
    started: list[Exchange] = []

    def start(**options: Any) -> Exchange:
        started.append(Exchange(**options))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture(scope="session")
def xserver() -> Iterator[XServer]:
    """Return a private X server for children of the tests marked xcb; `xserver.env` is their environment."""
    reason = missing()
    if reason:
        pytest.skip(f"no X display: {reason}")
    server = XServer()
    leaks.lasting_children.update(server.pids)
    yield server
    server.stop()
