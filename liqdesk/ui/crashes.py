"""What is kept of crashes, told once in a line under the top bar, and shown when that is wished. Nothing of it is ever sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Slot

from liqdesk.ui import present
from liqdesk.ui.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from liqdesk.crash.reports import Report
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.window import Window

CRASHED: Final = "crashed"
KEPT: Final = "A report was kept on this machine; nothing was sent."


def told_in_words(reports: Sequence[Report], zone: str) -> str:
    """Return one sentence on reports, newest first: what happened, when, and that it stayed here."""
    newest = reports[0]
    when = f"on {present.stamp(round(newest.time_s * 1000), zone)}"
    if len(reports) > 1:
        what = f"{len(reports)} crashes or errors that nobody foresaw"
        return f"liqdesk met {what}, the last {when}. Reports were kept on this machine; nothing was sent."
    if newest.went_on:
        return f"liqdesk met an error that nobody foresaw {when}, and went on. {KEPT}"
    return f"liqdesk ended badly {when} ({newest.what}). {KEPT}"


class Crashes(QObject):
    """Tells of crashes in one window."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self.notices: tuple[Notice, ...] = ()
        act.learn("crashes", self.show)

    def tell(self, reports: Sequence[Report]) -> None:
        """Say that runs ended badly, and note that it was said. Does nothing for none."""
        from liqdesk.crash.reports import told

        if not reports:
            return
        self.notices = (Notice(CRASHED, told_in_words(reports, self._window.settings.timezone), "Look"),)
        for report in reports:
            told(report)
        self._window.shell.notice_again()

    @Slot()
    def show(self) -> None:
        """Show the reports that are kept."""
        from liqdesk.about import stamp
        from liqdesk.crash.reports import kept
        from liqdesk.ui.dialogs.crashes import CrashCard

        w = self._window
        if self.notices:
            self.notices = ()
            w.shell.notice_again()
        profile = Path(w.profile_dir) if w.profile_dir else None
        found = kept(profile) if profile is not None else ()
        self._act.open_card(CrashCard(w, found, stamp().issues, w.settings.timezone))
