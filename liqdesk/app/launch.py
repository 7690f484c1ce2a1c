"""The window's start: its skeleton first; the desk, and with it everything that is slow to import, after the first paint."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from liqdesk.app.choices import Choices
from liqdesk.app.watching import Watched
from liqdesk.errors import LiqdeskError, NewerError
from liqdesk.formats import check_profile
from liqdesk.paths import Profile, profile_at

if TYPE_CHECKING:
    from liqdesk.app.desk import Desk
    from liqdesk.app.preparing import Start
    from liqdesk.crash.watch import Watch
    from liqdesk.engine.child import Child
    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window


def open_window(choices: Choices, attend: Callable[[Window], object] | None = None) -> int:
    """Open the window and run until it closes; returns the exit code. `attend` is given the window before it is shown.

    What the command line or the environment names is checked before there is a window, the settings file after its first paint. Raises
    LiqdeskError for what cannot be used.
    """
    from liqdesk.ui.application import make_application
    from liqdesk.ui.skeleton import look_of
    from liqdesk.ui.window import Window

    profile = profile_at(choices.profile)
    _refuse_newer(profile)
    writable = profile.create()
    start = _known(choices) if choices.named() or choices.recording else None
    with Watched(profile.root if writable else None) as watched:
        application = make_application()
        window = Window(look=look_of(profile.settings))
        launch = _Launch(window, choices, start, watched.watch)
        window.first_painted.connect(launch.furnish)
        if attend is not None:
            attend(window)
        window.show()
        try:
            watched.watch.running = True
            code = application.exec()
        finally:
            watched.watch.running = False
            launch.close()
    if launch.error is not None:
        raise launch.error
    return code


def _refuse_newer(profile: Profile) -> None:
    """Raise NewerError for a profile of a later version, before a byte of it is written; who reads no terminal is told in a box as well."""
    try:
        check_profile(profile.root)
    except NewerError as e:
        from liqdesk.ui.refusal import tell

        tell(e.user)
        raise


def _known(choices: Choices) -> Start:
    """Return what the window begins with. Who opened a file from the desktop reads no terminal, and is told of one that is unfit in a box
    as well.
    """
    from liqdesk.app.preparing import Start

    try:
        return Start.of(choices)
    except LiqdeskError as e:
        if choices.recording is not None:
            from liqdesk.ui.refusal import tell

            tell(e.user)
        raise


class _Launch:
    """Builds the desk when the skeleton stands, and keeps what went wrong with that for the command line to say. The built-in market,
    which takes longer to make than all else, is launched before.
    """

    def __init__(self, window: Window, choices: Choices, start: Start | None, watch: Watch | None = None) -> None:
        self._window = window
        self._choices = choices
        self._start = start
        self._watch = watch
        self._child: Child | None = None
        self._desk: Desk | None = None
        self.error: LiqdeskError | None = None

    def furnish(self) -> None:
        from liqdesk.app.preparing import Start, prepare

        try:
            prepared = self._start.prepared if self._start is not None else prepare(self._choices)
            if self._choices.demo:
                self._begin_market(prepared.settings)
            start = self._start or Start.of(self._choices, prepared)
        except LiqdeskError as e:
            self.error = e
            self._window.close()
            return
        from liqdesk.app.desk import Desk

        self._desk = Desk(self._window, start, self._choices.verbose, self._watch, self._child)
        self._window.controls_ready.connect(self._desk.join)
        self._desk.furnish()

    def _begin_market(self, settings: Settings) -> None:
        from liqdesk.engine.child import Child

        self._child = Child(settings.demo_seed, settings.demo_speed)
        self._child.launch()

    def close(self) -> None:
        if self._desk is not None:
            self._desk.close()
        if self._child is not None:
            self._child.stop()
