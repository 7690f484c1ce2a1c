"""The program examined by itself, for whoever packs it or reports a fault: what it stands on, whether all of it loads, and whether
everything that can be opened opens and closes. It leaves nothing behind but compiled kernels."""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import os
import pkgutil
import platform
import ssl
import sys
import tempfile
import time
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QMessageLogContext, QObject, QTimer, QtMsgType, Slot, qInstallMessageHandler, qVersion

import liqdesk
from liqdesk.app.choices import Choices
from liqdesk.errors import LiqdeskError
from liqdesk.net.sockets import tls_context
from liqdesk.paths import default_profile, prepare_numba_cache, resource

if TYPE_CHECKING:
    from liqdesk.ui.walk import Walk
    from liqdesk.ui.window import Window

STANDS_ON: Final = {
    "PySide6": "PySide6-Essentials",
    "pyqtgraph": "pyqtgraph",
    "numpy": "numpy",
    "numba": "numba",
    "llvmlite": "llvmlite",
    "msgspec": "msgspec",
    "aiohttp": "aiohttp",
    "requests": "requests",
    "websocket": "websocket-client",
    "python_socks": "python-socks",
}
"""Packages by the name they are imported by, with the name they are installed by."""
OURS: Final = ("brackets-binance.json", "logo.svg", "icons/help.svg", "methodology.md")
LOUD: Final = (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
OFFSCREEN: Final = (
    "This plugin does not support "  # so begins what that platform says of sizes, of windows in front, of menus
)
POLL_MS: Final = 100
SEED: Final = 7


def check(on_screen: bool, timeout_s: float) -> int:
    """Print what is found, a line each; return 0, or 1 where there is trouble."""
    report = _Report()
    before = qInstallMessageHandler(report.hear)
    root = logging.getLogger()
    root.addHandler(report)
    try:
        _facts(report)
        _load_all(report)
        _own_files(report)
        _windows(report, on_screen, timeout_s)
    finally:
        root.removeHandler(report)
        qInstallMessageHandler(before)
    report.say("trouble", "none" if not report.troubles else f"{len(report.troubles)}, see above")
    return 1 if report.troubles else 0


class _Report(logging.Handler):
    """Takes lines to print and counts what is trouble: what the examination finds, what the log and Qt warn of meanwhile."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.troubles: list[str] = []

    def say(self, name: str, text: str) -> None:
        home = str(Path.home())
        words = text.replace(home, "~") if len(home) > 1 else text  # the text may go to others
        if sys.stdout is not None:
            sys.stdout.write(f"{name}: {words}\n")
            sys.stdout.flush()

    def find(self, trouble: str) -> None:
        self.troubles.append(trouble)
        self.say("TROUBLE", trouble)

    def emit(self, record: logging.LogRecord) -> None:
        self.find(f"the log says: {record.levelname} {record.name}: {record.getMessage()}")

    def hear(self, kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        offscreen = os.environ.get("QT_QPA_PLATFORM") == "offscreen"
        if kind in LOUD and not (offscreen and text.startswith(OFFSCREEN)):
            self.find(f"Qt says: {text}")


def _facts(report: _Report) -> None:
    how = "frozen" if getattr(sys, "frozen", False) else "under Python"
    report.say("liqdesk", f"{liqdesk.__version__}, {how}, {sys.executable}")
    report.say("Python", f"{platform.python_version()}, {platform.machine()}, {sys.maxsize.bit_length() + 1} bit")
    report.say("system", platform.platform())
    prepare_numba_cache()
    report.say("kernels", os.environ["NUMBA_CACHE_DIR"])
    report.say("profile", str(default_profile().root))


def _version(module: str, package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # a frozen program may carry no metadata
        return str(getattr(sys.modules.get(module), "__version__", "of unknown version"))


def _modules() -> Iterator[str]:
    for found in pkgutil.walk_packages(liqdesk.__path__, "liqdesk.", onerror=lambda name: None):
        if not found.name.endswith("__main__"):
            yield found.name


def _load_all(report: _Report) -> None:
    """Load every module of the program, so that one a package has forgotten shows."""
    count = 0
    for name in _modules():
        count += 1
        try:
            importlib.import_module(name)
        except Exception as e:
            report.find(f"{name} cannot be loaded: {type(e).__name__}: {e}")
            logging.getLogger(__name__).debug("%s", name, exc_info=True)
    report.say("modules", f"{count} of the program's own")
    if not count:
        report.find("none of the program's own modules is found")
    for module, package in STANDS_ON.items():
        if module not in sys.modules:
            report.find(f"{package} is not there")
    report.say("libraries", ", ".join(f"{p} {_version(m, p)}" for m, p in STANDS_ON.items()))
    report.say("Qt", qVersion())
    sqlite = getattr(sys.modules.get("sqlite3"), "sqlite_version", "none")
    authorities = len(tls_context().get_ca_certs())
    report.say("others", f"SQLite {sqlite}, {ssl.OPENSSL_VERSION} with {authorities} authorities")


def _own_files(report: _Report) -> None:
    """Open what is no code: brackets, drawings, sounds, texts, time zones."""
    from liqdesk.ui.sound import SOUNDS
    from liqdesk.venues.binance.brackets import shipped_brackets

    for name in (*OURS, *(f"sounds/{sound}.wav" for sound in SOUNDS)):
        try:
            if not resource(name).read_bytes():
                report.find(f"the file {name} is empty")
        except (LiqdeskError, OSError) as e:
            report.find(f"the file {name} cannot be read: {e}")
    report.say("brackets", f"of {shipped_brackets().as_of}")
    try:
        zones = len(zoneinfo.available_timezones())
        zoneinfo.ZoneInfo("America/New_York")
        report.say("time zones", str(zones))
    except zoneinfo.ZoneInfoNotFoundError as e:
        report.find(f"there are no time zones: {e}")


def _windows(report: _Report, on_screen: bool, timeout_s: float) -> None:
    """Open the window as a start on the built-in market does, on a profile of its own, and walk through all that opens over it."""
    from liqdesk.app.desk import use_offscreen
    from liqdesk.app.launch import open_window

    if not on_screen:
        use_offscreen()
    with tempfile.TemporaryDirectory(prefix="liqdesk-check-") as folder:
        visits: list[_Visit] = []
        code = open_window(
            Choices(profile=folder, demo=True, seed=SEED), lambda w: visits.append(_Visit(w, report, timeout_s))
        )
    if code:
        report.find(f"the window ended with {code}")
    if not all(visit.ended for visit in visits):
        report.find("the window was closed before everything had been opened")


class _Visit(QObject):
    """Waits for a whole map, has everything opened and closed, and closes the window."""

    def __init__(self, window: Window, report: _Report, timeout_s: float) -> None:
        super().__init__(window)
        self._window = window
        self._report = report
        self._walk: Walk | None = None
        self.ended = False
        self._began = time.monotonic()
        self._timeout_s = timeout_s
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)
        window.chart_ready.connect(self._timer.start)

    @Slot()
    def _look(self) -> None:
        window, waited = self._window, time.monotonic() - self._began
        frame = window.frame
        if frame is not None and frame.progress is None and frame.now is not None and window.chart_painted:
            self._timer.stop()
            self._report.say("map", f"whole after {waited:.1f} s")
            self._begin_walk()
        elif waited > self._timeout_s:
            said = frame.progress.text if frame is not None and frame.progress is not None else "nothing came"
            self._report.find(f"there was no whole map within {self._timeout_s:g} s: {said}")
            self._leave()

    def _begin_walk(self) -> None:
        from liqdesk.ui.application import platform_name
        from liqdesk.ui.walk import Walk, openings

        act = self._window.act
        if act.dialog is None:
            self._report.find("the note of a first start did not open")
        else:
            act.dialog.reject()
        self._report.say("shown on", platform_name())
        self._walk = Walk(self._window, openings(self._window, platform_name() == "offscreen"))
        self._walk.finished.connect(self._walked)
        self._walk.begin()

    @Slot()
    def _walked(self) -> None:
        assert self._walk is not None
        for trouble in self._walk.troubles:
            self._report.find(trouble)
        if self._walk.absent:
            self._report.say("not there to open", ", ".join(self._walk.absent))
        self._report.say("opened and closed", f"{len(self._walk.opened)}: {', '.join(self._walk.opened)}")
        self._leave()

    def _leave(self) -> None:
        self.ended = True
        self._window.leaving = True
        self._window.close()
