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


def _checked(choices: Choices) -> Start:
    from liqdesk.app.preparing import Start

    return Start.of(choices)


def _known(choices: Choices) -> Start:
    """Return `_checked`. Who opened a file from the desktop reads no terminal, and is told of one that is unfit in a box as well."""
    try:
        return _checked(choices)
    except LiqdeskError as e:
        if choices.recording is not None:
            from liqdesk.ui.refusal import tell

            tell(e.user)
        raise


class _Launch:
    """Builds the desk when the skeleton stands, and keeps what went wrong with that for the command line to say."""

    def __init__(self, window: Window, choices: Choices, start: Start | None, watch: Watch | None = None) -> None:
        self._window = window
        self._choices = choices
        self._start = start
        self._watch = watch
        self._desk: Desk | None = None
        self.error: LiqdeskError | None = None

    def furnish(self) -> None:
        from liqdesk.app.desk import Desk

        try:
            start = self._start or _checked(self._choices)
        except LiqdeskError as e:
            self.error = e
            self._window.close()
            return
        self._desk = Desk(self._window, start, self._choices.verbose, self._watch)
        self._window.controls_ready.connect(self._desk.join)
        self._desk.furnish()

    def close(self) -> None:
        if self._desk is not None:
            self._desk.close()
