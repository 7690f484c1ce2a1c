"""The window and its engine, joined. The skeleton is painted before anything heavy is imported."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec

from liqdesk import settings as stored
from liqdesk.app.choices import Choices, Prepared, orders_for, prepare
from liqdesk.engine.opening import child_of
from liqdesk.paths import prepare_numba_cache
from liqdesk.settings import Settings

if TYPE_CHECKING:
    from liqdesk.engine.child import Child
    from liqdesk.engine.host import Host
    from liqdesk.engine.opening import Orders
    from liqdesk.history.lock import Lock
    from liqdesk.ui.window import Window

log = logging.getLogger(__name__)


def open_window(choices: Choices) -> int:
    """Open the window and run until it closes; returns the exit code."""
    prepared = prepare(choices)
    orders = orders_for(prepared, choices, record=True)
    child = child_of(orders) if orders.demo else None
    if child is not None:
        child.launch()  # the market takes longer to make than the window
    try:
        return _run_window(choices, prepared, orders, child)
    finally:
        if child is not None:
            child.stop()


def _run_window(choices: Choices, prepared: Prepared, orders: Orders, child: Child | None) -> int:
    from liqdesk import logs
    from liqdesk.app.interrupts import Interrupts
    from liqdesk.ui.application import make_application
    from liqdesk.ui.window import Window

    logs.setup(None, choices.verbose)
    application = make_application()
    sys.excepthook = _log_uncaught
    window = Window(prepared.settings, profile_writable=prepared.writable, profile_dir=str(prepared.profile.root))
    desk = Desk(window, prepared, choices.verbose)
    with Interrupts() as interrupts:
        interrupts.asked.connect(desk.leave)
        window.show()
        window.when_painted(lambda: desk.join(orders, child))
        try:
            return application.exec()
        finally:
            desk.close()
            logs.close()


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    # An exception in a slot must not end the program, nor pass unseen.
    log.error("uncaught", exc_info=(kind, error, trace))


class Desk:
    """Holds window and engine together for as long as the window is open. Used in the GUI thread alone."""

    def __init__(self, window: Window, prepared: Prepared, verbose: bool = False) -> None:
        self._window = window
        self._prepared = prepared
        self._settings = prepared.settings
        self._verbose = verbose
        self._lock: Lock | None = None
        self.host: Host | None = None

    def join(self, orders: Orders, child: Child | None = None) -> None:
        """Make the profile ours, build the engine and connect it to the painted window. Does nothing when that is done."""
        prepare_numba_cache()
        from liqdesk import logs
        from liqdesk.engine.host import Host

        if self.host is not None:
            return
        window = self._window
        if self._prepared.writable:
            self._take_profile()
        window.profile_writable = self._prepared.writable
        if not self._prepared.writable:
            orders = msgspec.structs.replace(orders, record=False)
        log_notice = logs.setup(self._prepared.profile.log if self._prepared.writable else None, self._verbose)
        self.host = host = Host(orders, child)
        host.grid.connect(window.set_grid)
        host.frame.connect(window.apply)
        host.universe.connect(window.set_universe)
        host.tickers.connect(window.set_tickers)
        window.frame_taken.connect(host.taken)
        window.command.connect(host.command)
        window.settings_changed.connect(self.keep)
        for notice in (*self._prepared.notices, log_notice):
            if notice:
                window.notify(notice)
        window.load_chart()
        host.start()

    def _take_profile(self) -> None:
        """Take the profile's lock; where another window has it, this one keeps nothing, and says so."""
        from liqdesk.history.lock import Lock, LockTakenError

        profile = self._prepared.profile
        try:
            self._lock = Lock(profile.lock, profile.settings)
        except LockTakenError as e:
            log.info("the profile is another's: %s", e)
            self._lose(
                f"Another liqdesk is using the profile {profile.root}: settings, alerts and history of this window are "
                "not kept. Close it, or name another --profile."
            )
        except OSError as e:
            self._lose(f"The profile {profile.root} cannot be locked ({e.strerror}): nothing of this run is kept.")

    def _lose(self, notice: str) -> None:
        prepared = self._prepared
        self._prepared = msgspec.structs.replace(prepared, writable=False, notices=(*prepared.notices, notice))

    def leave(self) -> None:
        """Close the window, whatever it is showing, and end the event loop."""
        from PySide6.QtCore import QCoreApplication

        self._window.close()
        application = QCoreApplication.instance()
        if application is not None:
            application.exit(0)

    def keep(self, settings: Settings) -> None:
        """Save changed settings. What came from the command line or the environment alone is not written."""
        saved, running = self._prepared.saved, self._prepared.settings
        fields = [f.name for f in msgspec.structs.fields(Settings)]
        mine = {n: getattr(saved, n) for n in fields if getattr(settings, n) == getattr(running, n)}
        self._settings = settings
        if not self._prepared.writable:
            return
        try:
            stored.save(self._prepared.profile.settings, msgspec.structs.replace(settings, **mine))
        except OSError as e:
            self._window.notify(f"The settings could not be saved ({e.strerror}).")

    def close(self) -> None:
        """Stop the engine, then let the window go."""
        if self.host is not None:
            self.host.stop()
        self._window.close()
        self._window.deleteLater()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def use_offscreen() -> None:
    """Render without a screen; must run before Qt starts."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with contextlib.suppress(KeyError):
        del os.environ["QT_SCALE_FACTOR"]
