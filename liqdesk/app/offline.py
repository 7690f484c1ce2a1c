"""Import: files of an archive, brought into the history without a window."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from liqdesk.app.preparing import known_profile
from liqdesk.app.progress import done, say
from liqdesk.errors import ProfileError


def import_archive(paths: Sequence[Path], profile_text: str | None) -> int:
    """Read archive files into the history; print what was taken and what was not. Returns 0, or 2 when nothing could be read."""
    from liqdesk.history import History
    from liqdesk.lab.imports import import_paths

    profile = known_profile(profile_text)
    if not profile.create():
        raise ProfileError(f"{profile.root} is not writable", f"The profile {profile.root} cannot be written.")
    history = History.open(profile.history, profile.lock, origin="binance")
    try:
        if history.read_only:
            raise ProfileError(
                f"the history is read-only: {history.notice}", f"Nothing can be imported. {history.notice}"
            )
        report = import_paths(paths, history, say)
        if history.notice:
            sys.stderr.write(f"liqdesk: {history.notice}\n")
    finally:
        history.close()
        done()
    (sys.stdout if report.taken else sys.stderr).write(report.text() + "\n")
    return 0 if report.taken else 2
