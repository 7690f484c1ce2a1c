"""The window and its engine, joined."""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QCoreApplication, QSettings

from liqdesk import logs
from liqdesk import settings as stored
from liqdesk.app.interrupts import Interrupts
from liqdesk.app.preparing import Start, another, upgrade_notice
from liqdesk.engine.opening import history_file, venue_source
from liqdesk.errors import NewerError
from liqdesk.history.lock import Lock, LockTakenError
from liqdesk.paths import prepare_numba_cache
from liqdesk.settings import Settings

if TYPE_CHECKING:
    from liqdesk.crash.watch import Watch
    from liqdesk.engine.child import Child
    from liqdesk.engine.host import Host
    from liqdesk.engine.opening import Orders
    from liqdesk.ui.window import Window

log = logging.getLogger(__name__)


class Desk:
    """Holds window and engine together from the first paint on, for as long as the window is open. Used in the GUI thread alone."""

    def __init__(
        self,
        window: Window,
        start: Start,
        verbose: bool = False,
        watch: Watch | None = None,
        child: Child | None = None,
    ) -> None:
        """`child`: the built-in market, where that was launched ahead."""
        self._window = window
        self._prepared = start.prepared
        self._orders = start.orders
        self._settings = start.prepared.settings
        self._verbose = verbose
        self._watch = watch
        self._open = contextlib.ExitStack()
        self._lock: Lock | None = None
        self._child = child
        self.host: Host | None = None

    def furnish(self) -> None:
        """Give the window its settings."""
        logs.setup(None, self._verbose)
        self._open.callback(logs.close)
        self._open.enter_context(Interrupts()).asked.connect(self.leave)
        root = str(self._prepared.profile.root)
        # Where a dialog for files keeps the folders it was used in; on Linux that was ~/.config/QtProject.conf.
        QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, root)
        self._window.furnish(self._settings, self._prepared.writable, root)

    def join(self) -> None:
        """Make the profile ours, build the engine and connect it to the window. Does nothing when that is done."""
        if self.host is not None:
            return
        prepare_numba_cache()
        from liqdesk.engine.host import Host  # a third of a second of imports
        from liqdesk.ui.tray import TrayKeeper

        window, orders = self._window, self._orders
        if self._prepared.writable:
            self._take_profile()
        window.profile_writable = self._prepared.writable
        if not self._prepared.writable:
            orders = msgspec.structs.replace(orders, record=False)
        window.act.mine.load()
        window.act.charting.lining.load()
        self._tell_of_crashes()
        log_notice = logs.setup(self._prepared.profile.log if self._prepared.writable else None, self._verbose)
        self.host = host = Host(orders, self._child)
        host.grid.connect(window.set_grid)
        host.frame.connect(window.apply)
        host.universe.connect(window.set_universe)
        host.tickers.connect(window.set_tickers)
        host.beside.connect(window.shell.charts.take_beside)
        window.frame_taken.connect(host.taken)
        window.command.connect(host.command)
        window.settings_changed.connect(self.keep)
        TrayKeeper(window).quit_asked.connect(self.leave)
        for notice in (*self._prepared.notices, log_notice, self._upgrade(orders)):
            if notice:
                window.notify(notice)
        # Not beside the engine's thread, which imports numba: two threads that import at once can lose a shared package, colorama, under
        # one of them (seen once, CPython 3.11).
        window.load_chart()
        self._describe_run()
        host.start()

    def _tell_of_crashes(self) -> None:
        """Say which runs ended badly, once. The log still ends where they did."""
        if self._watch is None or self._watch.profile is None:
            return
        from liqdesk.crash import reports

        try:
            reports.gather(self._watch.profile)
            self._window.act.crashes.tell(reports.untold(self._watch.profile))
        except Exception:  # the program starts, whatever is left of another run
            log.exception("reports of crashes cannot be told")

    def _describe_run(self) -> None:
        """Note for a crash report what this run stands on."""
        if self._watch is not None:
            from liqdesk.about.facts import described

            self._watch.describe(described())

    def _upgrade(self, orders: Orders) -> str:
        if orders.demo or not orders.record:
            return ""
        return upgrade_notice(history_file(venue_source(orders.endpoints), orders.folder)[0])

    def _take_profile(self) -> None:
        """Take the profile's lock; where another window has it, this one keeps nothing, and says so."""
        profile = self._prepared.profile
        try:
            self._lock = Lock(profile.lock, profile.settings)
        except LockTakenError as e:
            log.info("the profile is another's: %s", e)
            self._lose(
                f"{another(profile)}: settings, alerts and history of this window are not kept. Close it, or name another "
                "--profile."
            )
        except OSError as e:
            self._lose(f"The profile {profile.root} cannot be locked ({e.strerror}): nothing of this run is kept.")

    def _lose(self, notice: str) -> None:
        prepared = self._prepared
        self._prepared = msgspec.structs.replace(prepared, writable=False, notices=(*prepared.notices, notice))

    def leave(self) -> None:
        """Close the window, whatever it is showing, and end the event loop."""
        self._window.leaving = True
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
        except NewerError as e:
            self._window.notify(e.user)
        except OSError as e:
            self._window.notify(f"The settings could not be saved ({e.strerror}).")

    def close(self) -> None:
        """Stop the engine, then let the window go."""
        if self.host is not None:
            self.host.stop()
        self._window.leaving = True
        self._window.close()
        self._window.deleteLater()
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        self._open.close()


def use_offscreen() -> None:
    """Render without a screen; must run before Qt starts."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with contextlib.suppress(KeyError):
        del os.environ["QT_SCALE_FACTOR"]
